"""What an owner who has invoices paid in instalments may ask, by the ledger's own figures, and how often he did."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from connector.domain.joint import parts_in
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from tests.simulation.abroad import HOME
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.subjects import LINK_HOST
from tests.simulation.town import Town

_ALL: Final = 100  # per cent


def may_be_asked(town: Town, standing: Receivable) -> Iterator[Money]:
    """All that is owed; where the invoice is divided also what is lacking of its first shares together."""
    owed, total, purse = standing.balance, standing.total, town.purse
    yield owed
    if standing.due_on is None or total.currency != HOME or total.amount < purse.instalments_from:
        return
    for percent in list(accumulate(purse.instalments))[:-1]:
        mark = (2 * total.minor * percent + _ALL) // (2 * _ALL)  # half a cent is rounded up
        lacking = mark - (total.minor - owed.minor)
        if 0 < lacking < owed.minor:
            yield Money.from_minor(lacking, total.currency)


def count(town: Town, tally: Tally) -> None:
    """Texts that asked a share, and invoices on which a share and then more was paid."""
    links = {one.latest.link.url: one.latest for one in town.processor.links.values()}
    asked = set()
    for record in (one.latest for one in town.carrier.texts.values()):
        body = record.text.body
        link = links.get(body[body.index(LINK_HOST) :].split(maxsplit=1)[0]) if LINK_HOST in body else None
        if link is not None and not parts_in(link.link.metadata) and "duebird_instalment" in link.link.metadata:
            asked.add(link.link.metadata["duebird_invoice"])
    tally.reached[Sometimes.SHARE_ASKED] += len(asked)
    booked = [one.booking.ledger_id for one in town.ledger.all_entries() if not one.by_hand]
    tally.reached[Sometimes.PAID_IN_SHARES] += sum(booked.count(one) > 1 for one in asked)
