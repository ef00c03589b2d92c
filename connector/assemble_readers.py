"""A company's services as an audit gets them: to be read, and counted; nothing with which it could write."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from connector import assemble
from connector.companies import company_settings
from connector.config import Loaded
from connector.ports.calls import CallKind, CallMeter, CallSeen, Clock
from connector.ports.records import LedgerReader, MessengerReader, ProcessorReader


class CallCounter:
    """Counts the calls of one command by service, and asks the company's budget first where there is one."""

    def __init__(self, budget: CallMeter | None) -> None:
        self.made: Counter[str] = Counter()
        self._budget = budget

    def before(self, service: str, kind: CallKind) -> None:
        """Go ahead, or raise `Throttled` where the budget has none left for reading."""
        if self._budget is not None:
            self._budget.before(service, kind)

    def after(self, call: CallSeen) -> None:
        """Count it."""
        self.made[call.service] += 1
        if self._budget is not None:
            self._budget.after(call)

    def pause(self, service: str, until: datetime) -> None:
        """The service asked for a pause."""
        if self._budget is not None:
            self._budget.pause(service, until)


@dataclass(frozen=True, slots=True)
class Readers:
    """A company's services, to be read."""

    ledger_kind: str
    tenant_id: str
    ledger: LedgerReader
    processor: ProcessorReader
    messenger: MessengerReader


def readers(loaded: Loaded, company_id: str, clock: Clock, meter: CallMeter) -> Readers:
    """A company's readers. Makes no call.

    Raises:
        ConfigProblem: there is no such company.
        NeedsReauthorisation: it is not connected yet.
    """
    found = assemble.adapters_of(loaded, company_id, clock, meter)
    return Readers(
        ledger_kind=company_settings(loaded, company_id).ledger.kind,
        tenant_id=found.tenant_id,
        ledger=found.ledger,
        processor=found.processor,
        messenger=found.messenger,
    )
