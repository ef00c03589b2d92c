"""The invariants: what must be true of what the services hold, whatever happened to Duebird meanwhile.

Pure functions from `connector.domain.records.Records` to findings. The same ones judge the live accounts
(`duebird audit`), the tests of flows and every simulation. The numbers are fixed: reports and tests quote them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connector.domain.invariants import (
    corrections,
    endings,
    flood,
    hours,
    links,
    manners,
    money,
    once,
    optout,
    paid,
    scope,
    secrecy,
)
from connector.domain.invariants.finding import Check, Finding, LookAt, NotCheckable, Violation, broken
from connector.domain.invariants.reading import Reading
from connector.domain.records import Records

__all__ = ["INVARIANTS", "Finding", "Invariant", "LookAt", "NotCheckable", "Violation", "broken", "check"]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One of them: its fixed number, the sentence that must be true, and the function that looks."""

    number: int
    sentence: str
    look: Check


# Two more need two sets of records, and are asked of `endings`: 16, that a lost memory is rebuilt to the same, and 17,
# that faults change nothing in the end.
INVARIANTS: Final = (
    Invariant(1, "Nobody was texted twice for the same reason.", once.check),
    Invariant(
        2, "Nobody got more texts in a day or a week than the settings allow, and the company's caps held.", flood.check
    ),
    Invariant(3, "Nobody was texted after asking for no more texts.", optout.check),
    Invariant(4, "Every text was sent, and could arrive, only within the hours for texts.", hours.check),
    Invariant(5, "Nobody was reminded of what was paid, voided, or being paid.", paid.check),
    Invariant(6, "Every payment that came is in the ledger once, in full; nothing else is.", money.check_bijection),
    Invariant(7, "No invoice was overpaid by what Duebird booked.", money.check_overshoot),
    Invariant(8, "No refund stands in the ledger more often than it should.", corrections.check_refunds),
    Invariant(9, "No fee or payout stands in the ledger more often than it should.", corrections.check_fees),
    Invariant(
        10,
        "At most one payment link is open for an invoice, and it asks what is owed, or an instalment of it.",
        links.check_open,
    ),
    Invariant(11, "Only what carries our reference was made or changed.", scope.check_only_ours),
    Invariant(12, "Everything belongs to the company, account, mode and person it names.", scope.check_crossing),
    Invariant(13, "Nothing was tried without end.", manners.check),
    Invariant(14, "No key or token can be read in anything that a service shows.", secrecy.check),
    Invariant(15, "What was begun was finished, or a person was told.", endings.check),
    Invariant(18, "A text carries exactly one address: an open payment link of this company.", links.check_texts),
)


def check(records: Records, *, healthy: bool) -> tuple[Finding, ...]:
    """Everything that does not hold, or cannot be told from these records, by the invariants' order.

    `healthy`: all faults ended long ago, so that what was begun must be finished: payments booked, links taken down.
    """
    reading = Reading(records, healthy=healthy)
    return tuple(finding for one in INVARIANTS for finding in one.look(reading))
