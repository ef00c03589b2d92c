"""What the steps of a rebuild share: what they found, how far back a service can be read, invoices by their ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from connector.domain.receivable import Receivable
from connector.errors import DuebirdError, Rejected, RejectedBecause, Uncertain
from connector.flows.company import Company
from connector.flows.poll import store_reread

T = TypeVar("T")

GROUP: Final = 100  # invoices asked for at once, and stored together


class Unfinished(Exception):
    """A step could not be finished now, through nobody's fault."""


class Findings:
    """What a step found, and what it could not find or read, in words for a person."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.missing: list[str] = []

    def count(self, what: str, by: int) -> None:
        """Count."""
        self.counts[what] = self.counts.get(what, 0) + by

    def miss(self, sentence: str) -> None:
        """Say what could not be found or read."""
        self.missing.append(sentence)


def go_on(company: Company) -> None:
    """Between two pieces of work.

    Raises:
        Unfinished: Duebird was told to stop.
    """
    if company.stop_asked():
        raise Unfinished("Duebird was told to stop")


def far_back(
    company: Company,
    what: str,
    reaches: Sequence[timedelta],
    read: Callable[[datetime], T],
    findings: Findings,
) -> T:
    """Read as far back as the service lets itself be read in one go; where that is less than wanted, say so.

    Raises:
        DuebirdError: it cannot be read at all, or even the shortest time holds more than is read at once.
    """
    now = company.clock.now() - company.clock_error()  # ahead of the services' clocks it would ask for a day to come
    for reach in reaches[:-1]:
        try:
            return read(now - reach)
        except (Rejected, Uncertain) as refusal:
            if not _is_too_much(refusal):
                raise
            findings.miss(f"There are more {what} of the last {reach.days} days than are read at once.")
    return read(now - reaches[-1])


def _is_too_much(refusal: DuebirdError) -> bool:
    return isinstance(refusal, Uncertain) or (
        isinstance(refusal, Rejected) and refusal.because is RejectedBecause.BUSINESS_RULE
    )


def standings(company: Company, ledger_ids: Sequence[str], findings: Findings) -> dict[str, Receivable]:
    """Those receivables as the ledger has them now, stored; what it has no more is stored as gone.

    One that cannot be read must not stop the others: it is left out, and said.

    Raises:
        DuebirdError: the ledger could not be asked.
    """
    found: dict[str, Receivable] = {}
    wanted = list(dict.fromkeys(ledger_ids))
    for start in range(0, len(wanted), GROUP):
        go_on(company)
        group = wanted[start : start + GROUP]
        unreadable: list[str] = []
        read = _read(company, group, unreadable)
        company.store.receivables_read(company.id, read, company.clock.now())
        found |= {one.ledger_id: one for one in read}
        for ledger_id in group:
            if ledger_id not in found and ledger_id not in unreadable:
                store_reread(company, ledger_id, None)
        for ledger_id in unreadable:
            findings.miss(f"Invoice {ledger_id} of the ledger could not be read. Look at it there.")
    return found


def _read(company: Company, group: Sequence[str], unreadable: list[str]) -> list[Receivable]:
    """A group, in halves where one of it cannot be read: some fourteen calls for one in a hundred."""
    try:
        return list(company.ledger.receivables(group))
    except Rejected:
        if len(group) == 1:
            unreadable += group
            return []
    half = len(group) // 2
    return [*_read(company, group[:half], unreadable), *_read(company, group[half:], unreadable)]


__all__ = ["GROUP", "Findings", "Unfinished", "far_back", "go_on", "standings"]
