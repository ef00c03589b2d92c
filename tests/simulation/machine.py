"""One installation: a computer with a database file, on which the daemon runs, dies, and is started again."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import Dialect, event

from adapters.clock import ManualClock
from adapters.memory.anchor import MemoryAnchor
from adapters.memory.faults import Crash, Fault, FaultKind, Faults
from adapters.memory.reading import MemoryLedgerReader, MemoryMessengerReader, MemoryProcessorReader
from adapters.memory.treasury import MemoryTreasury
from connector import assemble
from connector.companies import company_settings
from connector.config import Loaded
from connector.config.load import load_text
from connector.domain.calendar import start_of_day
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.effect import BooksIdentity
from connector.domain.settlement import Refunds
from connector.errors import DatabaseTrouble
from connector.flows import cash, refunded
from connector.flows.budget import Budget
from connector.flows.company import ClosingDate, Company, Lease
from connector.ports.calls import CallKind, CallSeen, Clock, CutOff
from connector.worker import Assembled, Worker
from state.consent_check import verify
from state.consent_journal import ConsentJournal
from state.damaged import set_aside
from state.database import DAMAGED, Database
from state.journal import Journal, beside
from state.place import DATABASE_NAME, sqlite_url
from state.queries import Queries
from state.store import Store
from tests.migrated import empty_database
from tests.simulation.abroad import HOME
from tests.simulation.baton import Baton, BatonExecutor
from tests.simulation.cells import By, Hit, Sometimes
from tests.simulation.clocks import MachineClock
from tests.simulation.manners import OWN_SPANISH, Manners
from tests.simulation.purse import Purse
from tests.simulation.subjects import LINK_HOST, OWNER, what
from tests.simulation.town import START, ZONE, Town
from tests.simulation.verdict import Rules
from tests.simulation.weather import Season, Weather

COMPANY: Final = "acme"
TIMEOUT: Final = 30.0  # seconds until we give up on an answer
LOST_LOOKS: Final = timedelta(hours=6)  # it looks every half minute whether it was ordered back, and calls nobody
# How long a lid is closed in the middle of something: a blink, longer than a claim lasts, than a processor's memory of
# a key here, a night, a weekend. Seconds.
NAPS: Final = (20.0, 100.0, 400.0, 3600.0, 9 * 3600.0, 60 * 3600.0)
PAGE: Final = 3  # changes of the balance at once: a run has a dozen
MOST_TURNS: Final = 3000  # of the others meanwhile
Mutate = Callable[[Company], Company]

_SETTINGS: Final = """
[[company]]
id = "acme"
name = "Acme Plumbing"
country = "US"
timezone = "America/New_York"
currency = "USD"
start_on = 2026-10-05
[company.ledger]
kind = "quickbooks"
client_id = "env:ID"
client_secret = "env:SECRET"
redirect_uri = "https://www.acme.example/duebird"
payment_account = "Card clearing"
[company.stripe]
key = "env:STRIPE"
link_host = "pay.example"
[company.twilio]
account_sid = "AC00000000000000000000000000000000"
api_key_sid = "SK00000000000000000000000000000000"
api_key_secret = "env:TWILIO"
from_number = "+12125550100"
[company.consent]
ask = {ask}
[company.approval]
draft_first = {drafts}
ask_always = {ask_always}
[company.replies]
take_promises = {takes_promises}
{words}
[company.notices]
minimum_amount = "1"
owner_notice = "{owner}"
{notices}
{instalments}
[company.caps]
texts_per_hour = {per_hour}
texts_per_day = {per_day}
catch_up = {catch_up}
[company.polling]
quick = {quick}
slow = {slow}
idle = {idle}
{payments}
"""
# Looks are far apart, and whatever somebody does brings one about soon after, as a webhook would: a run then costs
# some hundred passes where a daemon makes ten thousand, of which nearly all find nothing.
_LONG: Final = """
window_start = "08:00"
window_end = "20:00"
days = ["mon", "tue", "wed", "thu", "fri", "sat"]
overdue_2 = true
overdue_3 = true
handover = true
"""
_SHORT: Final = """
window_start = "07:00"
window_end = "22:00"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
public_holidays = true
max_texts_per_number_per_day = 2
upcoming_days = 4
overdue_days = 2
overdue_2 = true
overdue_2_days = 5
handover = true
handover_days = 9
joint = false
"""
_USUAL: Final = ""
SETTINGS: Final = (
    {
        "per_hour": 60,
        "per_day": 200,
        "catch_up": 25,
        "quick": 86_400,
        "slow": 259_200,
        "idle": 432_000,
        "notices": _LONG,
    },
    {"per_hour": 2, "per_day": 3, "catch_up": 2, "quick": 43_200, "slow": 345_600, "idle": 604_800, "notices": _SHORT},
    {"per_hour": 60, "per_day": 200, "catch_up": 1, "quick": 7200, "slow": 345_600, "idle": 345_600, "notices": _USUAL},
)


_OWN_WORDS: Final = f"""
[company.words.es]
issued = "[Hola {{first_name}}, ]{OWN_SPANISH} {{business}}: factura[ {{invoice}}], {{amount}}. Pagar: {{link}}"
"""


@cache
def loaded(which: int, *, ask: bool, manners: Manners = Manners(), purse: Purse = Purse()) -> Loaded:  # noqa: B008  neither can be changed
    """Settings as an installation has them."""
    text = _SETTINGS.format(
        owner=OWNER.e164,
        ask=str(ask).lower(),
        drafts=str(manners.drafts).lower(),
        ask_always=list(manners.ask_always),
        takes_promises=str(manners.takes_promises).lower(),
        words=_OWN_WORDS if manners.own_words else "",
        payments=purse.settings,
        instalments=purse.notices,
        **SETTINGS[which],
    )
    return load_text(text, Path("duebird.toml"), {}, with_secrets=False)


# Statements compiled once for all databases of this process. They are kept by dialect, so that it is shared as well.
_COMPILED: Final[dict[Any, Any]] = {}

_DIALECT: Final[dict[str, Dialect]] = {}

_MOVES: Final = {
    "planned": By.CRASH_PLANNING,
    "in_flight": By.CRASH_CLAIMING,
    "done": By.CRASH_CONCLUDING,
}


def least_of(seed: str) -> int:
    """Seconds from one pass to the next at least."""
    return Random(f"{seed}/least").choice((20, 3600, 6 * 3600, 11 * 3600))


class Machine:
    """The daemon on one computer. `turn` makes one pass; `next_at` says when the next one is wanted, in true time."""

    def __init__(
        self,
        folder: Path,
        name: str,
        clock: ManualClock,
        *,
        seed: str,
        town: Town,
        weather: Weather,
        baton: Baton,
        mutate: Mutate | None,
        host: str = "",
    ) -> None:
        self.name, self.host = name, host or name
        self.retired = False  # its owner has put it away for good
        self.town, self.weather, self.tally = town, weather, weather.tally
        self.clock = MachineClock(clock)
        self.true = clock
        self.folder = folder
        self.next_at = clock.now()
        self.alive = False
        self.open_across_a_call: list[str] = []
        self.surprises: list[str] = []
        self.dice = Random(f"{seed}/{name}/machine")
        self.settings = Random(f"{seed}/settings").randrange(len(SETTINGS))
        self._workers = Random(f"{seed}/workers").choice((1, 1, 2, 4))
        # A laptop that is open now and then has few passes, far apart.
        self._least = least_of(seed)
        self._baton, self._mutate = baton, mutate
        self._commanded = self._spoilt = self.napping = False
        self.neighbours: Sequence[Machine] = ()  # what others do while this one is shut in the middle of something
        self._lid = Random(f"{seed}/{name}/lid")
        # Some ten times in a run that has it.
        self._lid_rate = (
            self._lid.choice((0.0, 0.01, 0.03)) if weather.season in {Season.CRASHES, Season.STORM} else 0.0
        )
        self._agreed = 0
        self._written: list[tuple[str, By]] = []
        self._told: dict[str, str] = {}
        sqlite_url(folder)
        (folder / DATABASE_NAME).write_bytes(empty_database())
        self.start()

    # ------------------------------------------------------------------------------------------------ its life

    def start(self) -> None:
        """Start the program on whatever the file holds."""
        self._written.clear()
        if self._spoilt:
            self._set_aside()
        self.alive = True
        self.database = Database(sqlite_url(self.folder))
        engine = self.database.engine
        engine.dialect = _DIALECT.setdefault(engine.name, engine.dialect)
        engine.update_execution_options(compiled_cache=_COMPILED)
        event.listen(engine, "connect", _without_a_disk)
        event.listen(engine, "commit", self._on_commit)
        event.listen(engine, "before_cursor_execute", self._on_statement)
        store = Store(self.database, ConsentJournal(beside(self.folder)))
        self.state = assemble.State(self.folder, self.database, store, Queries(self.database))
        self.worker = Worker(self._loaded(), self.state, self.clock, self._assemble, instance=self._new_id())

    def _loaded(self) -> Loaded:
        return loaded(self.settings, ask=self.town.asks, manners=self.town.manners, purse=self.town.purse)

    def _new_id(self) -> str:
        return f"{self.name}-{self.dice.getrandbits(64):016x}"

    def die(self) -> None:
        """Lose everything but the file."""
        self.alive = False
        with suppress(sqlite3.Error):
            self.database.close()

    def on_record(self, question: str, *values: str) -> list[tuple[str, ...]]:
        """What the database holds, asked in its own words, also while the program does not run; nothing if damaged."""
        if self._spoilt:
            return []
        if self.alive:
            with self.database.ask() as connection:
                driver: Any = connection.connection.driver_connection
                return list(driver.execute(question, values))
        with closing(sqlite3.connect(self.folder / DATABASE_NAME)) as reader:
            return list(reader.execute(question, values))

    def turn(self) -> None:
        """One pass, or the death of the program on the way."""
        now = self.true.now()
        asleep = self.weather.asleep_until(now)
        if asleep is not None:
            self.next_at = asleep
            self.weather.conditions.add(By.SLEEP)
            return
        self.clock.offset = self.weather.clock_error(now)
        if self.clock.offset:
            self.weather.conditions.add(By.CLOCK)
        try:
            if not self.alive:
                self.start()
            delay = self.worker.work(COMPANY)
            self._note_status()
            self.tally.figures["passes"] += 1
            # A laptop that is shut through every window can end nothing: in the last days it is open by the hour.
            peace = self.true.now() >= self.town.peace
            waits = max(delay, timedelta(seconds=min(self._least, 3600) if peace else self._least))
            if any("another computer works" in one for one in self.worker.statuses[COMPANY].troubles):
                waits = max(waits, LOST_LOOKS)
        except Crash:
            self.die()
            self.tally.figures["crashes"] += 1
            waits = timedelta(seconds=self.dice.choice((2, 30, 300, 4000)))
        self.weather.conditions.clear()
        self.next_at = self.true.now() + waits

    def poke(self) -> None:
        """Something happened outside: look soon."""
        if self.retired:
            return
        if self.alive:
            self.worker.poke(COMPANY)
        soon = timedelta(seconds=self.dice.choice((5, 900, 5400, 6 * 3600)))
        if self.weather.asleep_until(self.true.now()) is not None:
            return  # it is shut, and looks when it is opened
        self.next_at = min(self.next_at, self.true.now() + soon)

    def _note_status(self) -> None:
        status = self.worker.statuses[COMPANY]
        self.surprises += [one for one in status.troubles if "unexpected error" in one]
        if any("broken off" in one for one in status.troubles):
            self.tally.reached[Sometimes.PASS_BROKEN_OFF] += 1

    # ----------------------------------------------------------------------------------------------- put together

    @property
    def rules(self) -> Rules:
        """The settings as the owner wrote them, whatever defect is planted."""
        policy = assemble.policy_of(
            company_settings(self._loaded(), COMPANY),
            payment_account_id=self.town.ledger.accounts[0].account_id,
            live=False,
            clearing_currency=HOME,
            refund_account_id=self.town.purse.refund_account_id,
        )
        profile, account = self.town.ledger.profile, self.town.processor.account
        return Rules(COMPANY, BooksIdentity("quickbooks", profile.tenant_id, account.account_id), policy)

    def _refunds_from(self) -> datetime | None:
        purse = self.town.purse
        if purse.refunds is not Refunds.BOOK:
            return None
        return start_of_day(purse.book_from, ZONE) if purse.book_from else self.clock.now()

    def _assemble(
        self, settings: Loaded, company_id: str, state: assemble.State, clock: Clock, instance: str
    ) -> Assembled:
        ours, identity = company_settings(settings, company_id), self.rules.identity
        state.store.bind_company(company_id, identity, "books", clock.now(), draft=self.town.manners.drafts)
        budget = Budget(company_id, (), state.queries, state.store, clock)
        meter = _Meter(self, budget)
        town, town_faults = self.town, _Faults(self)
        ledger = MemoryLedgerReader(town.ledger, cash=town.cash, faults=town_faults, meter=meter)
        processor = MemoryProcessorReader(town.processor, faults=town_faults, meter=meter)
        messenger = MemoryMessengerReader(town.carrier, faults=town_faults, meter=meter)
        treasury = MemoryTreasury(town.processor, faults=town_faults, meter=meter)
        treasury.page_size = PAGE
        where = town.purse.cash(treasury)
        if where is None:
            cash.switched_off(state.store, state.queries, company_id, clock.now())
        refunded.begin(state.store, state.queries, company_id, clock.now(), self._refunds_from())
        cut_off = CutOff()
        for client in (ledger, processor, messenger):
            client.cut_off = cut_off
        company = Company(
            id=company_id,
            identity=identity,
            policy=self.rules.policy,
            words=assemble.wording(ours),
            ledger=ledger,
            processor=processor,
            messenger=messenger,
            cut_off=cut_off,
            store=state.store,
            queries=state.queries,
            clock=clock,
            lease=Lease(
                MemoryAnchor(town.processor, faults=town_faults, meter=meter),
                Journal(beside(self.folder)),
                instance,
                self.host,
                self._new_id,
            ),
            cash=where,
            treasury=treasury,
            workers=self._workers,
            threads=lambda workers: BatonExecutor(self._baton, workers),
            closing=ClosingDate(nullcontext()),
            owner=self.name,
            sweep_every=timedelta(seconds=assemble.intervals_of(settings, ours).sweep),
        )
        company = self._mutate(company) if self._mutate else company
        return Assembled(company, budget, assemble.intervals_of(settings, ours), "quickbooks")

    # -------------------------------------------------------------------------------------------- what befalls it

    def must_live(self) -> None:
        if not self.alive:
            raise Crash

    def crash(self) -> None:
        self.alive = False
        raise Crash

    def at_point(self) -> None:
        """A named failure point is reached (`connector.failpoints`)."""
        if self.alive and not self._commanded and self.weather.dies_at_point(self.true.now()):
            self.tally.reached[Sometimes.DIED_AT_POINT] += 1
            self.crash()

    def before_call(self) -> None:
        """Between two calls: time passes, the world moves, another thread goes first, or all is over."""
        self.must_live()
        connection = self.database._connection
        if connection is not None and connection.in_transaction():
            self.open_across_a_call.append(f"{self.true.now()}: a call while a database transaction is open")
        self.true.advance(timedelta(seconds=self.dice.uniform(0.05, 1.5)))
        if self.town.next_at() <= self.true.now():
            self.town.take_turns()
        self._baton.pause()
        self._nap()
        self.must_live()

    def after_call(self, *, answered: bool) -> None:
        if not answered:
            self.true.advance(timedelta(seconds=self.dice.uniform(1, TIMEOUT)))
        self._nap()
        self.must_live()

    def _nap(self) -> None:
        """Now and then the lid is closed in the middle of something, and life goes on around it."""
        now = self.true.now()
        if self._lid.random() >= self._lid_rate or self.weather.over(now) or self._baton.waiting:
            return
        wakes = min(now + timedelta(seconds=self._lid.choice(NAPS)), self.weather.calm_from)
        self.tally.reached[Sometimes.SHUT_MIDWAY] += 1
        self.napping = True
        for _ in range(MOST_TURNS):
            others = [one for one in self.neighbours if not one.napping and not one.retired]
            moment = min(self.town.next_at(), wakes, *(one.next_at for one in others))
            self.true.advance(max(moment - self.true.now(), timedelta()))
            if self.true.now() >= wakes:
                break
            self.town.take_turns()
            for one in others:
                if one.next_at <= self.true.now():
                    one.turn()
        self.town.take_turns()
        self.napping = False

    def side_by_side(self) -> bool:
        """Whether another thread is between two calls of its own right now."""
        return bool(self._baton.waiting)

    def _on_commit(self, _connection: object) -> None:
        written, self._written = self._written, []
        if self._commanded:
            return
        self.must_live()
        if written and self.weather.crashes_at_commit(self.true.now()):
            for key, by in written:
                hit = self.kind_of(key)
                if hit is not None:
                    self.tally.hit(hit, by)
            self.tally.figures["crashes at commits"] += 1
            self.crash()

    def _on_statement(
        self, _connection: object, _cursor: object, statement: str, parameters: Any, _context: object, *many: bool
    ) -> None:
        if self._commanded:
            return
        self.must_live()
        writes = statement.startswith(("INSERT", "UPDATE"))
        if not writes:
            return
        rows = _by_row(statement, parameters) if many[0] else [parameters]
        if statement.startswith("INSERT INTO effects "):
            self._remember(statement, rows)
        if statement.startswith("INSERT INTO effect_events"):
            self._written += [(key, by) for row in rows for key, by in _moves(statement, row)]
        if self.weather.disk_fails(self.true.now()):
            for hit in {self.kind_of(value) for row in rows for value in row if isinstance(value, str)}:
                if hit is not None:
                    self.tally.hit(hit, By.DISK)
            self._written.clear()
            self.tally.figures["disk faults"] += 1
            raise sqlite3.OperationalError(self.dice.choice(("database or disk is full", "database is locked")))

    def _remember(self, statement: str, rows: Any) -> None:
        names = _columns(statement)
        for row in rows:
            values = dict(zip(names, row, strict=False)) if not isinstance(row, dict) else row
            self._told[values["key"]] = f"{values['kind']}/{values['purpose']}"

    def kind_of(self, key: str) -> Hit | None:
        """Which effect a key names."""
        return {
            "create_link/None": Hit.LINK,
            "retire_link/None": Hit.RETIRE,
            "send_text/notice": Hit.NOTICE,
            "send_text/receipt": Hit.RECEIPT,
            "send_text/owner": Hit.OWNER,
            "book_payment/None": Hit.BOOKING,
            "book_credit/None": Hit.CREDIT,
            "reverse_booking/None": Hit.REVERSAL,
            "book_refund/None": Hit.REFUND,
            "book_fee/None": Hit.FEE,
            "book_payout/None": Hit.PAYOUT,
            "book_exchange/None": Hit.EXCHANGE,
        }.get(self._told.get(key, ""))

    # -------------------------------------------------------------------------------------------- the owner's part

    @contextmanager
    def command(self) -> Iterator[assemble.State]:
        """A command typed beside the daemon: nothing befalls that."""
        before, self._commanded = self._commanded, True
        try:
            yield self.state
        finally:
            self._commanded = before

    def agree(self) -> None:
        """The owner enters who has agreed since he last did."""
        agreed = sum(one.agreed_at is not None for one in self.town.people)
        if not self.alive or agreed == self._agreed:
            return
        self._agreed = agreed
        records = [
            ConsentRecord(
                phone=person.phone,
                state=ConsentState.GRANTED,
                method=ConsentMethod.FORM,
                recorded_at=START,
                recorded_by="owner",
                wording="I agree to texts about my invoices.",
                source=f"form {person.phone.e164}",
            )
            for person in self.town.people
            if person.phone is not None and person.agreed_at is not None
        ]
        with self.command() as state:
            state.store.consents_recorded(COMPANY, records, self.clock.now())

    def copy_to(self, target: Path) -> None:
        """A backup, as people make them."""
        target.unlink(missing_ok=True)
        self.database.copy_to(target)

    def restore(self, backup: Path) -> None:
        """Put an old file in the place of the present one."""
        self.die()
        self._end_journal()
        shutil.copyfile(backup, self.folder / DATABASE_NAME)

    def wipe(self, *, journal_too: bool) -> None:
        """Lose the state folder, or the whole disk."""
        self.die()
        self._end_journal()
        (self.folder / DATABASE_NAME).write_bytes(empty_database())
        if journal_too:
            shutil.rmtree(beside(self.folder), ignore_errors=True)
            self._agreed = 0  # what the owner knows, he enters again

    def spoil(self) -> None:
        """Damage the file in its middle; the next start sets it aside, as `connector.setting_aside` does."""
        self.die()
        self._end_journal()
        file = self.folder / DATABASE_NAME
        size = file.stat().st_size
        with file.open("r+b") as handle:
            handle.seek(size // 2)
            handle.write(b"\xff" * (size // 4))
        self._spoilt = True

    def flaws(self) -> list[str]:
        """What does not hold in the chain of the consent register, where this computer is the one that is at work."""
        if self.retired or not self.alive:
            return []
        found = verify(self.database, ConsentJournal(beside(self.folder)), COMPANY).flaws
        return [f"consent register: {one.sentence}" for one in found]

    def retire(self) -> None:
        """Put the computer away for good."""
        self.die()
        self.retired, self.next_at = True, self.town.end

    def _end_journal(self) -> None:
        """SQLite's own: it belongs to the file that goes."""
        (self.folder / f"{DATABASE_NAME}-journal").unlink(missing_ok=True)

    def _set_aside(self) -> None:
        file = self.folder / DATABASE_NAME
        damaged = Database(sqlite_url(self.folder))
        try:
            damaged.check()
        except DatabaseTrouble as trouble:
            if trouble.code != DAMAGED:
                raise
            set_aside(file, [COMPANY], self.clock.now())
        finally:
            damaged.close()
        self._spoilt = False


def _without_a_disk(connection: Any, _record: object) -> None:
    """No power cut can befall this file, only the death of the program: what was committed stays, the rest is gone.

    Nor does anybody else open it meanwhile, so that its locks need not be asked of the system for each question.
    """
    for pragma in ("synchronous=OFF", "journal_mode=MEMORY", "locking_mode=EXCLUSIVE"):
        connection.execute(f"PRAGMA {pragma}")


def _columns(statement: str) -> list[str]:
    return [name.strip(' "') for name in statement[statement.index("(") + 1 : statement.index(")")].split(",")]


def _by_row(statement: str, parameters: Any) -> Any:
    """Several rows inserted by one statement come as one long row."""
    if not isinstance(parameters, tuple) or isinstance(parameters[0], tuple | dict):
        return parameters
    width = len(_columns(statement))
    return [parameters[at : at + width] for at in range(0, len(parameters), width)]


def _moves(statement: str, row: Any) -> list[tuple[str, By]]:
    names = _columns(statement)
    values = row if isinstance(row, dict) else dict(zip(names, row, strict=False))
    by = _MOVES.get(str(values["after"]))
    return [(values["key"], by)] if by is not None else []


class _Meter:
    """The company's budget, with the machine's fate between the calls."""

    def __init__(self, machine: Machine, budget: Budget) -> None:
        self._machine, self._budget = machine, budget

    def before(self, service: str, kind: CallKind) -> None:
        self._machine.before_call()
        self._budget.before(service, kind)

    def after(self, call: CallSeen) -> None:
        told = self._machine.true.now() if call.status is not None else None
        self._budget.after(replace(call, server_time=told))
        self._machine.after_call(answered=call.status is not None)

    def pause(self, service: str, until: datetime) -> None:
        self._budget.pause(service, until + self._machine.clock.offset)


class _Faults(Faults):
    """Faults drawn from the weather, and people who act just then."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(retry_after_seconds=45)
        self._machine = machine

    def draw(self, port: str, method: str, args: tuple[Any, ...], *, writing: bool) -> Fault | None:
        machine = self._machine
        weather, now = machine.weather, machine.true.now()
        fault = weather.decide(now, port, method, args)
        if writing:
            self._count_company(port, method, args)
            if weather.meddles(now):
                self._meddle(method, args)
        if fault is not None and fault.kind in {FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER}:
            machine.alive = False
        return fault

    def _count_company(self, port: str, method: str, args: tuple[Any, ...]) -> None:
        hit = what(port, method, args)
        if hit is not None:
            self._machine.tally.figures[f"calls {hit}"] += 1
            if self._machine.side_by_side():
                self._machine.tally.hit(hit, By.SIDE_BY_SIDE)

    def _meddle(self, method: str, args: tuple[Any, ...]) -> None:
        town, tally = self._machine.town, self._machine.tally
        if method == "book" and town.meddle_with_invoice(args[0].ledger_id):
            tally.hit(Hit.BOOKING, By.MEDDLED)
        elif method == "create_link" and town.meddle_with_invoice(args[0].metadata["duebird_invoice"]):
            tally.hit(Hit.LINK, By.MEDDLED)
        elif method == "retire_link" and town.meddle_with_link(args[0]):
            tally.hit(Hit.RETIRE, By.MEDDLED)
        elif method in {"reverse", "make_transfer"} and town.dealings.meddle(args[0].note):
            town.restless = True
            hit = what("ledger", method, args)
            if hit is not None:
                tally.hit(hit, By.MEDDLED)
        elif method == "send" and LINK_HOST in args[0].body:
            url = args[0].body[args[0].body.index(LINK_HOST) :].split()[0]
            if town.meddle_with_text(url, args[0].to):
                tally.hit(Hit.NOTICE, By.MEDDLED)

    def lag(self, method: str, *, lists: bool) -> timedelta:
        del method
        return timedelta(seconds=self._machine.weather.draw_lag(self._machine.true.now()) if lists else 0.0)
