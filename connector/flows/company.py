"""One company as the flows see it: its rules, its services behind ports, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity
from connector.domain.plan import Words
from connector.ports import Clock, Ledger, Messenger, PaymentProcessor
from state.queries import Queries
from state.store import Store


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Company:
    """Everything a flow needs. `workers`: how many effects may be performed side by side.

    More than the calls a service gets at once (`Wire.lane`): while some wait for the disk, others call.
    """

    id: str
    identity: BooksIdentity
    policy: Policy
    words: Words
    ledger: Ledger
    processor: PaymentProcessor
    messenger: Messenger
    store: Store
    queries: Queries
    clock: Clock
    workers: int = 8
    # What works on `workers` things side by side; a simulation gives one whose order it chooses itself.
    threads: Callable[[int], Executor] = ThreadPoolExecutor
    # A full reading of everything open closes the ledgers' documented blind spots; one call per 1,000 receivables.
    sweep_every: timedelta = timedelta(hours=24)
    # By how much the machine's clock is wrong, as far as the services tell: no text goes out on a wrong clock.
    clock_error: Callable[[], timedelta] = timedelta
    owner: str = "duebird"  # who claims effects: host and pid, shown when one is left in flight
    # Asked between two pieces of work: what is in hand is finished, nothing new is begun.
    stop_asked: Callable[[], bool] = _never


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
