"""A company's services as an audit or a reconciliation gets them: to be read, and counted; nothing that could write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.registry import LEDGERS, imported
from adapters.settings_base import ServiceSettings
from connector import assemble
from connector.companies import company_settings
from connector.config import Loaded
from connector.ports.calls import CallKind, CallMeter, CallSeen, Clock, Pauses, Wire
from connector.ports.entries import AccountReader
from connector.ports.records import LedgerReader, MessengerReader, ProcessorReader
from connector.ports.treasury import Treasury
from connector.signin.company import custody_of, open_connection

PAUSES: Final = 5  # of one command; whoever is asked for more is not alone there, and had better come later
_TITLES: Final = {"quickbooks": "QuickBooks", "xero": "Xero", "stripe": "Stripe", "twilio": "Twilio"}
LONGEST_PAUSE: Final = timedelta(minutes=2)  # the services ask for up to a minute; what is longer is a day's limit


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


def patience(say: Callable[[str], None]) -> Pauses:
    """For a command that only reads, at which a person waits. `say` is told of each pause, before it."""
    pauses = Pauses(PAUSES, LONGEST_PAUSE)
    pauses.say = lambda service, seconds: say(
        f"{_TITLES.get(service, service)} asks for a pause of {seconds:.0f} seconds; it goes on after that"
    )
    return pauses


def readers(loaded: Loaded, company_id: str, clock: Clock, meter: CallMeter, pauses: Pauses | None = None) -> Readers:
    """A company's readers. Makes no call. `pauses`: what they wait out.

    Raises:
        ConfigProblem: there is no such company.
        NeedsReauthorisation: it is not connected yet.
    """
    found = assemble.adapters_of(loaded, company_id, clock, meter, pauses)
    return Readers(
        ledger_kind=company_settings(loaded, company_id).ledger.kind,
        tenant_id=found.tenant_id,
        ledger=found.ledger,
        processor=found.processor,
        messenger=found.messenger,
    )


@dataclass(frozen=True, slots=True)
class MoneyReaders:
    """Where a company's card money stands, to be read: its accounts in the ledger, and its balance at the processor."""

    ledger_kind: str
    tenant_id: str
    ledger: AccountReader
    processor: ProcessorReader
    treasury: Treasury


def money_readers(loaded: Loaded, company_id: str, clock: Clock, meter: CallMeter, pauses: Pauses) -> MoneyReaders:
    """A company's readers of money; the messenger is left alone. Makes no call. `pauses`: what they wait out.

    Raises:
        ConfigProblem: there is no such company.
        NeedsReauthorisation: it is not connected yet.
    """
    settings = company_settings(loaded, company_id)

    def wire(service: ServiceSettings) -> Wire:
        return Wire(settings.id, clock, meter, service.connect_timeout, service.read_timeout, pauses=pauses)

    company, custody = assemble.sign_in_company(loaded, company_id), custody_of(loaded.state_dir)
    opened = open_connection(company, custody, wire(settings.ledger))
    build_ledger = imported(LEDGERS[settings.ledger.kind])
    from adapters.stripe.records import StripeRecords
    from adapters.stripe.treasury import StripeTreasury

    key, stripe_wire = loaded.secrets.value(settings.stripe.key), wire(settings.stripe)
    return MoneyReaders(
        ledger_kind=settings.ledger.kind,
        tenant_id=opened.entry.tenant_id,
        ledger=build_ledger(settings.ledger, opened.entry.tenant_id, opened.tokens, wire(settings.ledger)),
        processor=StripeRecords(settings.stripe, key, stripe_wire),
        treasury=StripeTreasury(settings.stripe, key, stripe_wire),
    )
