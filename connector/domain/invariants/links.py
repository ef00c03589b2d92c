"""Invariants 10 and 18: one link at most is open for an invoice, asks what is owed or an instalment, stands in texts.

A link that says it asks an instalment of the invoice may ask less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from connector.domain.instalments import asked_in
from connector.domain.invariants.finding import Finding, NotCheckable, Violation, counted, of_invoice, of_link, of_text
from connector.domain.invariants.reading import Notice, Reading, addresses_in
from connector.domain.receivable import Receivable
from connector.domain.records import InvoiceRecord, LinkRecord

OPEN_LINKS: Final = 10
LINKS_IN_TEXTS: Final = 18
TWO_OPEN: Final = "The customer can pay the same invoice twice."
STALE: Final = "The customer can pay something that is not owed."
MISLED: Final = "The customer cannot pay from this text, or pays somewhere else."
# Deactivating one link and making the next are two effects, each of some calls of at most 30 s.
CHANGING: Final = timedelta(minutes=5)
# A change in the ledger is seen at the next look (at most some minutes while links are out, with a budget that is
# nearly used up an hour) and acted on in the same pass.
SEEN_WITHIN: Final = timedelta(hours=2)
# A text is decided on and sent within a few calls.
CARRIED_WITHIN: Final = timedelta(minutes=2)


def check_open(reading: Reading) -> Iterator[Finding]:
    """Two links open at once; links that ask neither what is owed nor an instalment, or anything where nothing is."""
    untimed = []
    for ledger_id in sorted(reading.links_of):
        links = reading.links_of[ledger_id]
        untimed += [one for one in links if not one.active and (one.made_at is None or one.retired_at is None)]
        if pair := _open_together(reading, links):
            label = reading.invoices[ledger_id].label if ledger_id in reading.invoices else ledger_id
            sentence = f"Two payment links of invoice {label} were open at once."
            yield Violation(OPEN_LINKS, sentence, tuple(of_link(one) for one in pair), TWO_OPEN)
        if reading.healthy:
            for link in links:
                if link.active:
                    yield from _against_invoice(reading, link)
    if untimed:
        why = f"Of {counted(len(untimed), 'closed link')} it is not told when it was open; open ones were compared."
        yield NotCheckable(OPEN_LINKS, why)


def _open_together(reading: Reading, links: Sequence[LinkRecord]) -> tuple[LinkRecord, LinkRecord] | None:
    """Two links that were both open for longer than a change takes."""
    now = reading.records.at
    for place, one in enumerate(links):
        for other in links[place + 1 :]:
            if one.active and other.active and (one.made_at is None or other.made_at is None):
                return one, other
            spans = [_span(each, now) for each in (one, other)]
            if all(spans):
                begins = max(span[0] for span in spans if span)
                ends = min(span[1] for span in spans if span)
                if ends - begins > CHANGING:
                    return one, other
    return None


def _span(link: LinkRecord, now: datetime) -> tuple[datetime, datetime] | None:
    ends = now if link.active else link.retired_at
    return (link.made_at, ends) if link.made_at and ends else None


def _against_invoice(reading: Reading, link: LinkRecord) -> Iterator[Finding]:
    """An open link and what its invoice has been owing for a while."""
    invoice = reading.invoices.get(link.ledger_id)
    if invoice is None:
        if reading.records.since is None:
            sentence = "A payment link is open for an invoice that the ledger does not have."
            yield Violation(OPEN_LINKS, sentence, (of_link(link),), STALE)
        else:
            why = f"The invoice of an open payment link ({link.ledger_id}) was not read."
            yield NotCheckable(OPEN_LINKS, why, (of_link(link),))
        return
    states = _lately(reading, invoice)
    if any(_asks_rightly(reading, link, one) for one in states):
        return
    shown = (of_link(link), of_invoice(invoice))
    if not invoice.standings.whole and not invoice.standings.knows(reading.records.at - SEEN_WITHIN):
        why = (
            f"The payment link of invoice {invoice.label} does not fit what is owed now, and the invoice was changed "
            "less than two hours ago. Duebird should be changing the link: audit again later."
        )
        yield NotCheckable(OPEN_LINKS, why, shown)
        return
    if not any(one.is_owed for one in states):
        sentence = f"The payment link of invoice {invoice.label} is open, and nothing is owed on it."
    else:
        sentence = (
            f"The payment link of invoice {invoice.label} asks another amount than is owed, and no instalment of it."
        )
    yield Violation(OPEN_LINKS, sentence, shown, STALE)


def _lately(reading: Reading, invoice: InvoiceRecord) -> tuple[Receivable, ...]:
    """Every state that Duebird may go by: how it stands, and what it was since the last look but one."""
    begin = reading.records.at - SEEN_WITHIN
    return invoice.standings.during(begin, reading.records.at) or invoice.standings.states


def _asks_rightly(reading: Reading, link: LinkRecord, standing: Receivable) -> bool:
    if not standing.is_owed:
        return False
    if link.amount is not None:
        return link.amount == standing.balance or _asks_an_instalment(link, standing)
    return reading.key_of(link, standing.balance) == link.reference  # the amount is part of the reference


def _asks_an_instalment(link: LinkRecord, standing: Receivable) -> bool:
    """Whether it says that it asks so much of just this total, and no more than is owed of it."""
    asked, total = asked_in(link.metadata) or (None, None)
    return asked is not None and (asked, total) == (link.amount, standing.total) and asked <= standing.balance


def check_texts(reading: Reading) -> Iterator[Finding]:
    """Texts with an address that is not exactly one link of ours that was open when they went out."""
    carrying = {one.text.text_id: one for one in reading.notices}
    untimed = 0
    for text in reading.our_texts:
        found = addresses_in(text.body)
        strange = [one for one in found if one not in reading.link_at]
        notice = carrying.get(text.text_id)
        if strange or len(found) > 1:
            sentence = f"A text to {text.to} carries {len(found)} addresses" + (
                f", {len(strange)} of which are no payment link of this company." if strange else "."
            )
            shown = (of_text(text), *((of_link(notice.link),) if notice else ()))
            yield Violation(LINKS_IN_TEXTS, sentence, shown, MISLED)
        elif notice is not None:
            known = _was_open(notice)
            untimed += known is None
            if known is False:
                sentence = f"A text to {text.to} carries a payment link that was not open when it went out."
                yield Violation(LINKS_IN_TEXTS, sentence, (of_text(text), of_link(notice.link)), MISLED)
    if untimed:
        why = f"Of {counted(untimed, 'text')} it is not told whether the link in it was open when it went out."
        yield NotCheckable(LINKS_IN_TEXTS, why)


def _was_open(notice: Notice) -> bool | None:
    """Whether the link was open at some moment while the text was decided on and sent; None: nobody can tell."""
    link, moment = notice.link, notice.text.moment
    if link.made_at is not None and link.made_at > moment:
        return False
    if link.active:
        return True
    return link.retired_at > moment - CARRIED_WITHIN if link.retired_at else None
