"""Invariant 4: texts are sent, and can arrive, only within the hours for texts, wherever the recipient may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from enum import Enum
from typing import Final

from connector.domain.dunning import Policy
from connector.domain.hours import Hours, courtesy_hours, hours_of
from connector.domain.invariants.finding import Finding, NotCheckable, Violation, counted, of_text
from connector.domain.invariants.reading import Reading
from connector.domain.phone import Phone
from connector.domain.receivable import Customer
from connector.domain.records import InvoiceRecord, TextRecord

NUMBER: Final = 4
HARM: Final = "A phone rang at night: in many places texts outside of set hours are against the law."
# A text is asked for within the hours; the service writes its time when it has it. A call takes 30 s at most.
ON_THE_WAY: Final = timedelta(minutes=1)
# What a service accepts after we gave up comes within ten minutes; its queue's time counts from then.
ACCEPTED_LATE: Final = timedelta(minutes=10)


def check(reading: Reading) -> Iterator[Finding]:
    """Texts that were sent, or might have arrived, outside of the owner's window, the law's hours, or on a holiday."""
    about = {one.text.text_id: one.invoice for one in reading.notices} | {
        text.text_id: invoice for text, invoice in reading.courtesies
    }
    asked = {one.text_id for one in reading.requests}
    by_window = {one.text.text_id for one in reading.notices} | asked
    untold = 0
    for text in reading.our_texts:
        invoice = about.get(text.text_id)
        # A request for consent names no invoice: it went to whoever had that number.
        theirs = _of_number(reading, text.to) if text.text_id in asked else [invoice] if invoice else []
        rule = hours_of if text.text_id in by_window else courtesy_hours
        found = [_look(text, rule(reading.records.rules, text.to, one)) for one in _addresses(theirs, text.to)]
        if _Look.GOOD in found:
            continue
        if _Look.UNTOLD in found:
            untold += text.counts
            continue
        if any(not one.phones_whole for one in theirs) and _moved(reading, text, rule):
            why = f"A text to {text.to} would have been outside of the hours for texts at the address as it is now."
            yield NotCheckable(
                NUMBER, f"{why} It may have been another then: the ledger does not tell.", (of_text(text),)
            )
            continue
        yield Violation(NUMBER, f"A text to {text.to} {_SENTENCES[found[0]]}", (of_text(text),), HARM)
    if untold:
        why = f"Of {counted(untold, 'text')} it is not told until when it might have arrived."
        yield NotCheckable(NUMBER, why)


class _Look(Enum):
    GOOD = 1
    UNTOLD = 2
    SENT = 3
    QUEUED = 4
    HANDED_ON = 5


_SENTENCES: Final = {
    _Look.SENT: "was sent outside of the hours for texts.",
    _Look.QUEUED: "might have waited in a queue until after the hours for texts.",
    _Look.HANDED_ON: "went to the carrier outside of the hours for texts.",
}


def _look(text: TextRecord, hours: Hours) -> _Look:
    opened = next((at for at in (text.moment, text.moment - ON_THE_WAY) if hours.is_open(at)), None)
    if opened is None:
        return _Look.SENT
    left = hours.time_left(opened)
    if text.valid_for is not None:
        return _Look.QUEUED if text.valid_for > left + ACCEPTED_LATE else _Look.GOOD
    if text.handed_on_at is None:
        return _Look.UNTOLD
    return _Look.HANDED_ON if text.handed_on_at > opened + left + ACCEPTED_LATE else _Look.GOOD


def _of_number(reading: Reading, to: Phone) -> list[InvoiceRecord]:
    return [one for one in reading.invoices.values() if to in (one.phones or ())]


def _addresses(theirs: Sequence[InvoiceRecord], to: Phone) -> Sequence[Customer | None]:
    """Every address that its recipient has or had; the number alone where there is none, or it is the owner's."""
    found = [customer for one in theirs if to in (one.phones or ()) for customer in one.customers]
    return found or (None,)


def _moved(reading: Reading, text: TextRecord, rule: Callable[[Policy, Phone, Customer | None], Hours]) -> bool:
    """Whether the text was in order by its number alone, so that an older address may explain it."""
    return _look(text, rule(reading.records.rules, text.to, None)) in {_Look.GOOD, _Look.UNTOLD}
