"""Invariants 15 to 17: work ends, a lost memory is rebuilt to the same, and faults change nothing in the end.

The last two need two sets of records and are asked for by name; a single account cannot show them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from connector.domain.invariants.finding import Finding, LookAt, NotCheckable, Violation
from connector.domain.invariants.reading import Reading, reference_of
from connector.domain.records import Records, Service
from connector.domain.wordings import BUILT_IN

ENDS: Final = 15
REBUILT: Final = 16
CONFLUENT: Final = 17
Done = tuple[Service, str, str, str]  # service, what, what it is known by, amount or step


def check(reading: Reading) -> Iterator[Finding]:
    """Effects of which nobody knows whether they happened, and of which the owner has not been told."""
    if not reading.healthy:
        return
    shown = reading.records.shown
    if shown is None:
        why = "What Duebird itself is in doubt about stands at none of the services: see `duebird attention`."
        yield NotCheckable(ENDS, why)
        return
    for one in shown.in_doubt:
        sentence = f"It is still not known whether this happened, and nobody has been told: {one}."
        harm = "Something that was begun was never finished, and nobody knows."
        yield Violation(ENDS, sentence, (), harm)


def done(records: Records, *, by_invoice: bool = False) -> Counter[Done]:
    """Everything of lasting effect that was done, each with what names it for ever.

    Links count by invoice and amount that are open in the end; how often they were replaced on the way does not matter.
    `by_invoice`: bookings are named by it, and not by our reference, which is made from the processor's id of a
    payment: in two lives of the services the same payment has two.
    """
    reading = Reading(records, healthy=True)
    found: Counter[Done] = Counter()
    for entry in reading.bookings:
        if entry.live:
            name = entry.ledger_id or "" if by_invoice else reference_of(entry)
            found[Service.LEDGER, "booking", name, str(entry.amount)] += 1
    for link in reading.links:
        if link.active:
            found[Service.PROCESSOR, "open link", link.ledger_id, str(link.amount or "")] += 1
    for notice in reading.notices:
        if notice.text.counts:
            found[Service.MESSENGER, "notice", notice.link.ledger_id, ""] += 1
    for text, invoice in reading.courtesies:
        if text.counts:
            found[Service.MESSENGER, "courtesy", invoice.ledger_id if invoice else "", _said(text.body)] += 1
    return found


def _said(body: str) -> str:
    """Without how to stop: whether a text says it hangs on how many that number had before."""
    for words in BUILT_IN.values():
        body = body.replace(words.opt_out, "")
    return body.strip()


def rebuilt(before: Records, after: Records) -> Iterator[Finding]:
    """What differs between an installation and itself after its memory was lost and rebuilt."""
    yield from _differing(REBUILT, done(before), done(after), allowed=frozenset())


def confluent(calm: Records, faulty: Records, *, may_differ: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """What differs between a run without faults and the same run with them.

    `may_differ` names kinds ("notice") that may rightly be missing where they came too late; more of them than in the
    calm run is never right.
    """
    yield from _differing(CONFLUENT, done(calm, by_invoice=True), done(faulty, by_invoice=True), allowed=may_differ)


def _differing(
    number: int, expected: Counter[Done], found: Counter[Done], *, allowed: frozenset[str]
) -> Iterator[Finding]:
    for one in sorted(expected.keys() | found.keys()):
        service, what, name, amount = one
        look_at = (LookAt(service, what, name, amount),)
        if found[one] > expected[one]:
            sentence = f"Done {found[one]} times and not {expected[one]}: {what} of {name}."
            yield Violation(number, sentence, look_at, "Something was done more often than it should have been.")
        elif found[one] < expected[one] and what not in allowed:
            sentence = f"Done {found[one]} times and not {expected[one]}: {what} of {name}."
            yield Violation(number, sentence, look_at, "Something that should have been done was lost.")
