"""One company as the flows see it: its rules, its services behind ports, and what is remembered of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity
from connector.domain.lease import TEXTS_WAIT, Claim
from connector.domain.plan import Words
from connector.ports.anchor import Anchor
from connector.ports.calls import Clock, CutOff
from connector.ports.ledger import Ledger
from connector.ports.records import WholeLedger, WholeMessenger, WholeProcessor
from connector.ports.treasury import Treasury
from state.books import receivable_of
from state.journal import Journal
from state.queries import Queries
from state.store import Store


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Answers:
    """When each service last carried out a call of ours, and one that changes something; UTC, by service."""

    answered: Mapping[str, datetime] = field(default_factory=dict)
    wrote: Mapping[str, datetime] = field(default_factory=dict)
    clock_agreed_at: datetime | None = None  # when the services' time and the machine's were last the same


class Turns:
    """Leave to read whole books, for a few companies at a time: such a reading is what takes memory.

    Who has to wait goes on with everything else and asks again later, so that a company whose ledger hangs in the
    middle of a reading holds up nobody.
    """

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    @contextmanager
    def take(self) -> Iterator[bool]:
        """Whether it is ours, while inside. Never waits."""
        ours = self._free.acquire(blocking=False)
        try:
            yield ours
        finally:
            if ours:
                self._free.release()


class ClosingDate:
    """Through which day the books are closed, read once a pass: by its first entry, for all of them.

    `lock`: entries are made side by side, and the others wait for the first one's answer. A simulation, in which only
    one thread goes on at a time, gives one that holds up nobody.
    """

    def __init__(self, lock: AbstractContextManager[object] | None = None) -> None:
        self._lock = lock if lock is not None else threading.Lock()
        self._known: tuple[date | None] | None = None  # the inner None: nothing is closed

    def as_known(self, ledger: Ledger) -> date | None:
        """As it was read in this pass.

        Raises:
            DuebirdError: the ledger could not be asked; nothing is known then, and the next entry asks.
        """
        with self._lock:
            known = self._known if self._known is not None else self._read(ledger)
            return known[0]

    def anew(self, ledger: Ledger) -> date | None:
        """As it is now, which is what is known from now on.

        Raises:
            DuebirdError: the ledger could not be asked; nothing is known then.
        """
        with self._lock:
            return self._read(ledger)[0]

    def _read(self, ledger: Ledger) -> tuple[date | None]:
        self._known = None
        known = (ledger.closed_through(),)
        self._known = known
        return known

    def forget(self) -> None:
        """A new pass begins."""
        with self._lock:
            self._known = None


@dataclass(slots=True)
class SenderLooks:
    """When the company's sender is looked at next, as the running process knows; None: it was not looked at yet."""

    next_at: datetime | None = None

    def are_due(self, now: datetime) -> bool:
        """Whether it is time. More than a day ahead is an hour of before the clock was set back."""
        return self.next_at is None or not timedelta() < self.next_at - now <= timedelta(hours=24)


@dataclass(slots=True)
class Lease:
    """What this process knows of the claim on a company. Only the flow of that name changes it, between effects.

    `instance`: this start of the program. `host`: this computer's name, shown to people. Seconds are `Clock.elapsed`.
    """

    anchor: Anchor
    journal: Journal
    instance: str
    host: str
    new_id: Callable[[], str]  # an id that nobody else has
    takeover_wait: float = TEXTS_WAIT  # how long texts wait after a start that follows a crash
    standing: Claim | None = None  # ours, as last seen to stand
    renewed_at: float | None = None  # when it was looked at before it was last written
    texts_from: float = 0.0  # no texts before: whoever had the claim may still be about to send
    lost: bool = False  # another installation works on the company

    def forget(self) -> None:
        """Nothing is claimed any more."""
        self.standing, self.renewed_at, self.lost = None, None, False

    def carry_on(self, before: Lease) -> None:
        """Take over what the same process knew before its settings were read anew."""
        self.standing, self.renewed_at = before.standing, before.renewed_at
        self.texts_from, self.lost = before.texts_from, before.lost


@dataclass(frozen=True, slots=True)
class Cash:
    """Where fees, payouts and exchange differences are booked; the owner's choice, resolved in the ledger.

    `fees_account_id` is set where fees are booked, `bank_account_id` where payouts are, `exchange_account_id` where
    differences of rates are. `book_from`: the company's first day of which that is done; None: the day on which it was
    switched on.
    """

    treasury: Treasury
    currency: str  # of the clearing account
    account_id: str  # the clearing account
    fees_account_id: str | None = None
    bank_account_id: str | None = None
    exchange_account_id: str | None = None
    book_from: date | None = None
    tax_code: str | None = None  # the ledger's own word
    payee: str | None = None
    every: timedelta = timedelta(hours=1)  # nobody waits for a fee in the books, and each look is a call

    @property
    def reads_balance(self) -> bool:
        """Whether the balance is read for fees or payouts."""
        return self.fees_account_id is not None or self.bank_account_id is not None


@dataclass(frozen=True, slots=True)
class Company:
    """Everything a flow needs. `workers`: how many effects may be performed side by side.

    More than the calls a service gets at once (`Wire.lane`): while some wait for the disk, others call.
    """

    id: str
    identity: BooksIdentity
    policy: Policy
    words: Words
    ledger: WholeLedger
    processor: WholeProcessor
    messenger: WholeMessenger
    store: Store
    queries: Queries
    clock: Clock
    lease: Lease
    cash: Cash | None = None  # None: neither fees, payouts nor exchange differences are booked
    treasury: Treasury | None = None  # the balance, where it may be read; None: foreign entries are not exchanged by it
    apart_from: Mapping[str, str] = field(default_factory=dict)  # what each other company sends from that it may not
    sender_looks: SenderLooks = field(default_factory=SenderLooks)
    closing: ClosingDate = field(default_factory=ClosingDate)
    cut_off: CutOff = field(default_factory=CutOff)  # that of its adapters: what a write may leave by
    workers: int = 8
    # What works on `workers` things side by side; a simulation gives one whose order it chooses itself.
    threads: Callable[[int], Executor] = ThreadPoolExecutor
    # A full reading of everything open closes the ledgers' documented blind spots; one call per 1,000 receivables.
    sweep_every: timedelta = timedelta(hours=24)
    turns: Turns = field(default_factory=lambda: Turns(1))  # shared by all companies of a daemon
    # By how much the machine's clock is wrong, as far as the services tell: no text goes out on a wrong clock.
    clock_error: Callable[[], timedelta] = timedelta
    answers: Callable[[], Answers] = Answers
    owner: str = "duebird"  # who claims effects: host and pid, shown when one is left in flight
    # Asked between two pieces of work: what is in hand is finished, nothing new is begun.
    stop_asked: Callable[[], bool] = _never

    def label(self, ledger_id: str) -> str:
        """An invoice as people know it; its id in the ledger where it is on no record."""
        known = self.queries.receivable(self.id, ledger_id)
        return receivable_of(known).label if known else ledger_id


@dataclass(slots=True)
class Counts:
    """What a flow did in one run; printed by `run --once` and kept by `status`."""

    names: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, by: int = 1) -> None:
        """Count."""
        if by:
            self.names[name] = self.names.get(name, 0) + by

    def merge(self, other: Counts) -> None:
        """Add another run's figures."""
        for name, by in other.names.items():
            self.add(name, by)

    def __getitem__(self, name: str) -> int:
        return self.names.get(name, 0)
