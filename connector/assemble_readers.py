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
from connector.errors import Throttled
from connector.flows.budget import OVER_BUDGET
from connector.ports.calls import CallKind, CallMeter, CallSeen, Clock, Patience, Wire
from connector.ports.entries import AccountReader
from connector.ports.records import LedgerReader, MessengerReader, ProcessorReader
from connector.ports.treasury import Treasury
from connector.signin.company import custody_of, open_connection

LONGEST_PAUSE: Final = timedelta(minutes=2)  # QuickBooks and Xero count calls by the minute
MOST_PAUSES: Final = 5  # of one command: who meets more shares the limit with somebody who takes it all
_TITLES: Final = {"quickbooks": "QuickBooks", "xero": "Xero", "stripe": "Stripe", "twilio": "Twilio"}


class SitsOut:
    """Sits out short pauses that a service asks a command for, a few in all, and says for what it waits.

    `say` is told of each; a command with a line of progress puts its own there.
    """

    def __init__(self, clock: Clock) -> None:
        self.say: Callable[[str], None] = lambda _: None
        self._clock = clock
        self._left = MOST_PAUSES

    def sits_out(self, told: Throttled) -> bool:
        """Wait as long as the service said; False where that is long, or was too often, or our own budget is used up.

        A budget frees up in hours, and waiting would only keep the person before the screen.
        """
        wait = told.retry_after
        if told.code == OVER_BUDGET or wait is None or wait > LONGEST_PAUSE or self._left == 0:
            return False
        self._left -= 1
        seconds = int(wait.total_seconds()) + 1  # a fraction of a second early would be refused again
        service = _TITLES.get(told.service, told.service)
        until = self._clock.now() + timedelta(seconds=seconds)
        self.say(f"{service} asks for a pause of {seconds} seconds; going on then, at {until:%H:%M:%S} UTC.")
        self._clock.sleep(seconds)
        return True


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


def readers(
    loaded: Loaded, company_id: str, clock: Clock, meter: CallMeter, patience: Patience | None = None
) -> Readers:
    """A company's readers. Makes no call. `patience`: who sits out a pause, where the command may.

    Raises:
        ConfigProblem: there is no such company.
        NeedsReauthorisation: it is not connected yet.
    """
    found = assemble.adapters_of(loaded, company_id, clock, meter, patience)
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


def money_readers(
    loaded: Loaded, company_id: str, clock: Clock, meter: CallMeter, patience: Patience | None = None
) -> MoneyReaders:
    """A company's readers of money; the messenger is left alone. Makes no call.

    Raises:
        ConfigProblem: there is no such company.
        NeedsReauthorisation: it is not connected yet.
    """
    settings = company_settings(loaded, company_id)

    def wire(service: ServiceSettings) -> Wire:
        return Wire(settings.id, clock, meter, service.connect_timeout, service.read_timeout, patience=patience)

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
