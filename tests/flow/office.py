"""A whole company in one process: worlds in memory, the real flows, the real database, a clock moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.clock import ManualClock
from adapters.memory.anchor import MemoryAnchor
from adapters.memory.budget import MemoryMeter
from adapters.memory.carrier_world import CarrierWorld
from adapters.memory.cash_world import BANK, FEES, CashWorld
from adapters.memory.faults import Faults
from adapters.memory.ledger_world import CLEARING, LedgerWorld
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.reading import MemoryLedgerReader, MemoryMessengerReader, MemoryProcessorReader
from adapters.memory.records import records_of
from adapters.memory.treasury import MemoryTreasury
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.dunning import DUE_RULE, ISSUED_RULE, Policy
from connector.domain.effect import BooksIdentity
from connector.domain.invariants import broken, check
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.records import Agreement, EntryKind, Records, Shown
from connector.flows.cash import switched_off
from connector.flows.company import Cash, Company, Lease
from connector.flows.lease import let_go
from connector.flows.passes import Report, run_pass
from connector.ports.calls import CallKind, CutOff
from connector.words import Wording
from state.consent_journal import ConsentJournal
from state.database import Database
from state.journal import Journal
from state.journal import beside as journal_beside
from state.place import sqlite_url
from state.queries import Queries
from state.store import Store
from tests.migrated import prepare

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday, 12:00 in New York
MOBILE = Phone("+12125550123")
DOLLARS = Money.of("120.00", "USD")


class Line(MemoryMeter):
    """What stands between a decision to call and the call: `held` may let time pass there."""

    held: Callable[[str, CallKind], None] | None = None

    def before(self, service: str, kind: CallKind) -> None:
        super().before(service, kind)
        if self.held is not None:
            self.held(service, kind)


# What an owner may want of fees and payouts; the office puts in its own treasury.
WANTED = Cash(
    MemoryTreasury(StripeLikeWorld(ManualClock(NOON))),
    "USD",
    CLEARING.account_id,
    FEES.account_id,
    BANK.account_id,
    book_from=date(2026, 11, 1),
)


class Office:
    """One company and the worlds around it. `restart` ends the program and starts it again on the same files."""

    wanted: Cash | None = None  # what of fees and payouts is booked; taken up by the next start
    page_size = 1000  # of the balance

    def __init__(
        self,
        folder: Path,
        *,
        start: datetime = NOON,
        baseline: bool = True,
        url: str | None = None,
        host: str = "till",
        beside: Office | None = None,
        **policy: Any,
    ) -> None:
        """`beside`: another installation of the same company, in whose world this one works too."""
        self.clock: ManualClock = beside.clock if beside else ManualClock(start)
        self.ledger_world: LedgerWorld = beside.ledger_world if beside else LedgerWorld(self.clock)
        self.cash: CashWorld = beside.cash if beside else CashWorld(self.ledger_world)
        self.stripe_world: StripeLikeWorld = beside.stripe_world if beside else StripeLikeWorld(self.clock)
        self.carrier: CarrierWorld = beside.carrier if beside else CarrierWorld(self.clock)
        self.ledger_faults, self.stripe_faults, self.carrier_faults = Faults(), Faults(), Faults()
        self.anchor_faults = Faults()
        self.line = Line(self.clock)
        self.folder, self.host = folder, host
        self.started = self.ids = 0
        self.policy = Policy(
            business="Acme Plumbing",
            zone=ZoneInfo("America/New_York"),
            country="US",
            start_on=date(2026, 11, 1),
            by_law=False,  # most tests are about something else than the law of a place, or a day's many steps
            keep_holidays=False,
            steps=(ISSUED_RULE, DUE_RULE),
            payment_account_id=self.ledger_world.accounts[0].account_id,
            clearing_currency=self.ledger_world.profile.base_currency,
            live=False,
        )
        if policy:
            self.policy = replace(self.policy, **policy)
        self.agreements: list[Agreement] = []
        self.spoilt: set[str] = set()  # numbers of invariants that a test breaks on purpose, by other hands than ours
        self._url = url or sqlite_url(folder)
        self.journal = journal_beside(folder)
        prepare(self._url)
        self.company = self.open()
        if baseline and beside is None:
            self.run()

    def open(self) -> Company:
        self.database = Database(self._url)
        ledger = MemoryLedgerReader(self.ledger_world, cash=self.cash, faults=self.ledger_faults, meter=self.line)
        processor = MemoryProcessorReader(self.stripe_world, faults=self.stripe_faults, meter=self.line)
        messenger = MemoryMessengerReader(self.carrier, faults=self.carrier_faults, meter=self.line)
        cut_off = CutOff()
        for client in (ledger, processor, messenger):
            client.cut_off = cut_off
        treasury = MemoryTreasury(self.stripe_world, faults=self.stripe_faults)
        treasury.page_size = self.page_size
        company = Company(
            id="acme",
            identity=BooksIdentity("memory", self.ledger_world.profile.tenant_id, "acct_memory"),
            policy=self.policy,
            words=Wording(),
            ledger=ledger,
            processor=processor,
            messenger=messenger,
            cut_off=cut_off,
            store=Store(self.database, ConsentJournal(self.journal)),
            queries=Queries(self.database),
            clock=self.clock,
            lease=self._lease(),
            cash=replace(self.wanted, treasury=treasury) if self.wanted else None,
            treasury=treasury,
            workers=1,
        )
        if self.wanted is None:
            switched_off(company.store, company.queries, company.id, self.clock.now())
        return company

    def close(self) -> None:
        """Let go of the database it has now: a restart opens another."""
        self.database.close()

    def _lease(self) -> Lease:
        self.started += 1
        instance = f"{self.host}-{self.started}"
        anchor = MemoryAnchor(self.stripe_world, faults=self.anchor_faults)
        return Lease(anchor, Journal(self.journal), instance, self.host, self._new_id)

    def _new_id(self) -> str:
        self.ids += 1
        return f"{self.host}-lineage-{self.ids}"

    def restart(self, *, crashed: bool = False) -> None:
        """After a crash nobody has let go, and the next start waits before it texts."""
        if not crashed:
            let_go(self.company)
        self.database.close()
        self.company = self.open()

    def run(self, times: int = 1) -> Report:
        report = Report()
        for _ in range(times):
            report = run_pass(self.company)
        return report

    def wait(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))

    def customer(self, name: str = "Dana Reed", *, mobile: str | None = MOBILE.e164, agrees: bool = True) -> str:
        customer_id = self.ledger_world.add_customer(name, mobile=mobile)
        if agrees and mobile:
            self.agree(Phone(mobile))
        return customer_id

    def agree(self, phone: Phone, state: ConsentState = ConsentState.GRANTED) -> None:
        record = ConsentRecord(
            phone=phone,
            state=state,
            wording="I agree to texts about my invoices.",
            method=ConsentMethod.FORM,
            recorded_at=self.clock.now(),
            recorded_by="owner",
            evidence="form 12",
            source=f"test:{phone.e164}:{state}:{self.clock.now().isoformat()}",
        )
        self.company.store.consents_recorded("acme", [record], self.clock.now())
        if state is ConsentState.GRANTED:
            self.agreements.append(Agreement(phone, self.clock.now()))

    def issue(
        self, customer_id: str | None = None, amount: Money = DOLLARS, *, due_in: int | None = 14, **fields: Any
    ) -> str:
        due = self.ledger_world.today() + timedelta(days=due_in) if due_in is not None else None
        return self.ledger_world.issue(customer_id or self.customer(), amount, due_on=due, **fields)

    def texts(self, phone: Phone = MOBILE) -> list[str]:
        return [text.body for text in self.carrier.texts_to(phone)]

    def link_in(self, body: str) -> str:
        return body.rsplit(maxsplit=1)[-1]

    def reason(self, ledger_id: str) -> str:
        row = self.company.queries.receivable("acme", ledger_id)
        assert row is not None
        return row.reason

    def attention(self) -> list[str]:
        return [item.happened for item in self.company.queries.attention("acme")]

    def owed(self, ledger_id: str) -> Money:
        return self.ledger_world.standing(ledger_id).balance

    def bookings(self, ledger_id: str) -> list[Money]:
        return [entry.booking.applied for entry in self.ledger_world.entries_on(ledger_id)]

    def credits(self, customer_id: str | None = None) -> list[Money]:
        """What customers have as credits in the books, or that one."""
        found = [one for one in self.cash.all_entries() if one.entry.kind is EntryKind.CREDIT]
        return [one.entry.amount for one in found if customer_id in {None, one.customer_id}]

    def clearing(self) -> Money:
        """What stands in the clearing account."""
        return self.cash.balance()

    def records(self) -> Records:
        """What the worlds hold, with what the owner has been told of payments that wait for him."""
        waiting = " ".join(item.happened for item in self.company.queries.attention("acme"))
        held = frozenset(one.payment_id for one in self.stripe_world.all_payments() if one.payment_id in waiting)
        return records_of(
            "acme",
            self.company.identity,
            self.policy,
            self.ledger_world,
            self.stripe_world,
            self.carrier,
            shown=Shown(held=held),
            agreements=tuple(self.agreements),
            cash=self.cash,
        )

    def broken(self, *, healthy: bool = True) -> list[str]:
        """What does not hold of what the services hold: by number and sentence."""
        return [f"{one.number}: {one.sentence}" for one in broken(check(self.records(), healthy=healthy))]
