"""A bookkeeper or another tool that books payments before Duebird does, and whether each is in the books just once.

Some of these entries name their payment, some look like any other. What the owner is asked about he answers rightly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from adapters.memory.ledger_world import CLEARING, LedgerEntry
from adapters.memory.world import History
from connector.domain.already import ASKED
from connector.domain.joint import Part, parts_in
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Rejected
from connector.flows.already import may_be_answered
from connector.ports.ledger import BookingState
from state.tables import EffectRow
from tests.simulation.cells import Sometimes

if TYPE_CHECKING:
    from tests.simulation.cleared import Line
    from tests.simulation.town import Town

_FIRST: Final = 0.4  # of the payments of a company that has such help
_NAMES: Final = 0.5  # of these entries
_SOON: Final = (0.001, 0.3)  # hours after the payment
# From Duebird's last look at the invoice to its entry, where that is carried out late: it cannot know of what was
# entered since. No ledger has a condition to write under.
_SEEN_WITHIN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Theirs:
    """An entry of somebody else's: the payment, or the part of one, that it stands for."""

    entry_id: str
    payment_id: str
    ledger_id: str


class Others:
    """All of one town, from the seed."""

    def __init__(self, seed: str, town: Town) -> None:
        self._dice = Random(f"{seed}/others/town")
        self._town = town
        self.entries: dict[str, Theirs] = {}

    def look(self, payment_id: str) -> None:
        """A payment has succeeded: who books it, and when?"""
        town, dice = self._town, self._dice
        if not town.purse.others or dice.random() >= _FIRST:
            return
        moment = town.clock.now() + timedelta(hours=dice.uniform(*_SOON))
        if moment < town.peace:
            town.at(moment, partial(self._books, payment_id, names=dice.random() < _NAMES))

    def _books(self, payment_id: str, *, names: bool) -> None:
        """On each of its invoices that owes it, unless it is there already, or some of it went back."""
        town = self._town
        payment = town.processor.payments[payment_id].latest
        if not town.dealings.is_whole(payment_id) or _is_ours(town, payment_id):
            return
        parts = parts_in(payment.metadata) or (Part(payment.metadata["duebird_invoice"], payment.amount),)
        note = self._dice.choice((f"Stripe {payment_id}", f"card, {payment_id}")) if names else "card"
        for part in parts:
            try:
                entry_id = town.ledger.pay_by_hand(part.ledger_id, part.amount, note=note)
            except Rejected:
                continue  # it owes less by now
            self.entries[entry_id] = Theirs(entry_id, payment_id, part.ledger_id)

    def answer(self, row: EffectRow) -> str | None:
        """Which of the entries that the owner is asked about is the payment; None where he is not asked, or none is."""
        payment_id = json.loads(row.request).get("payment_id")
        mine = [one for one in self.entries.values() if (one.payment_id, one.ledger_id) == (payment_id, row.subject)]
        found = [one.entry_id for one in mine if may_be_answered(row, one.entry_id) and self.stands(one)]
        if json.loads(row.request).get(ASKED):
            self._town.tally.reached[Sometimes.WAS_THAT_ENTRY if found else Sometimes.WAS_ANOTHER_MATTER] += 1
        return found[0] if found else None

    def stands(self, one: Theirs, at: datetime | None = None) -> bool:
        """Whether it is on its invoice, now or then."""
        history: History[LedgerEntry] = self._town.ledger.entries[one.entry_id]
        entry = history.latest if at is None else history.as_of(at)
        return (
            entry is not None and entry.booking.state is BookingState.LIVE and entry.booking.ledger_id == one.ledger_id
        )


def _is_ours(town: Town, payment_id: str) -> bool:
    booked = any(payment_id in one.booking.note for one in town.ledger.all_entries() if not one.by_hand)
    return booked or any(payment_id in one.entry.note for one in town.cash.all_entries())


def in_their_name(town: Town, lines: list[Line]) -> dict[str, Money]:
    """What stands in the clearing account by others' entries, by payment; not what is there twice."""
    found: dict[str, Money] = {}
    for one in town.others.entries.values():
        entry = town.ledger.entries[one.entry_id].latest
        if entry.booking.state is BookingState.LIVE and entry.account_id == CLEARING.account_id:
            there = entry.booking.applied + entry.booking.unapplied
            found[one.payment_id] = found[one.payment_id] + there if one.payment_id in found else there
    for payment_id, theirs in found.items():
        whole = town.processor.payments[payment_id].latest.amount
        ours = sum((one.amount for one in _live(lines, payment_id)), Money.zero(whole.currency))
        found[payment_id] = min(theirs, max(whole - ours, Money.zero(whole.currency)))
    return found


def _live(lines: list[Line], payment_id: str) -> Iterator[Line]:
    kinds = {EntryKind.PAYMENT, EntryKind.CREDIT}
    return (one for one in lines if one.live and one.subject == payment_id and one.kind in kinds)


def booked_once(town: Town, lines: list[Line]) -> Iterator[str]:
    """What Duebird booked of a payment although the entry of somebody else had long stood on the invoice."""
    for one in town.others.entries.values():
        if town.ledger.entries[one.entry_id].latest.booking.state is not BookingState.LIVE:
            continue
        whole = town.processor.payments[one.payment_id].latest.amount
        ours = list(_live(lines, one.payment_id))
        theirs = town.ledger.entries[one.entry_id].latest.booking
        total = sum((line.amount for line in ours), theirs.applied + theirs.unapplied)
        late = [line for line in ours if _knew(town, one, line)]
        if late and whole < total:
            yield f"{one.payment_id} was booked on {late[0].made_at:%m-%d %H:%M} though {one.entry_id} stood for it"


def _knew(town: Town, one: Theirs, line: Line) -> bool:
    since = line.made_at - _SEEN_WITHIN
    return town.others.stands(one, since) and town.others.stands(one, line.made_at)
