"""What can go wrong between a client and its world, by order of a test or of a simulator's seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Crash(BaseException):
    """The process dies here. Not an `Exception`, so that no handler of the program can survive it by accident."""


class FaultKind(StrEnum):
    """What happens to one call. A read that loses its answer is `Transient`: nothing was done that could be doubled."""

    FAIL_BEFORE = "fail_before"  # never reaches the service: Transient
    LOSE_ANSWER = "lose_answer"  # carried out, answer lost: Uncertain
    NEVER_COMMIT = "never_commit"  # reaches the service, is not carried out, no answer: Uncertain
    COMMIT_LATE = "commit_late"  # carried out some time after the caller gave up: Uncertain
    THROTTLE = "throttle"  # Throttled
    REFUSE = "refuse"  # a permanent no to this one call: Rejected
    DEAD = "dead"  # the connection or key is refused: NeedsReauthorisation
    CRASH_BEFORE = "crash_before"  # we die before the call leaves
    CRASH_AFTER = "crash_after"  # we die after it was carried out, before anything is written down


_ONLY_WRITES = frozenset((FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT, FaultKind.COMMIT_LATE))


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `seconds` is how late a late commit comes, None for the usual delay of that port."""

    kind: FaultKind
    seconds: float | None = None


Decide = Callable[[str, str, tuple[Any, ...]], FaultKind | Fault | None]


@dataclass(slots=True)
class _Order:
    """A programmed fault and which calls it waits for."""

    fault: Fault
    method: str | None
    times: int
    skip: int

    def takes(self, method: str, *, writing: bool) -> bool:
        if self.times <= 0 or (self.method is not None and self.method != method):
            return False
        if self.method is None and self.fault.kind in _ONLY_WRITES and not writing:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """The faults of one port object. Programmed ones come first, then `decide` is asked.

    Args:
        lag_seconds: How long a fresh write is missing from *lists*; reads by id are always fresh.
        late_seconds: The usual delay of a late commit. 90 s is past every time-out of ours (30 s) and past a
            second look after a minute.
        retry_after_seconds: What a throttled call says to wait.
    """

    def __init__(
        self, *, lag_seconds: float = 0.0, late_seconds: float = 90.0, retry_after_seconds: float = 30.0
    ) -> None:
        self.lag_seconds = lag_seconds
        self.lag_of: dict[str, float] = {}  # method -> seconds, also for methods that do not lag otherwise
        self.late_seconds = late_seconds
        self.retry_after_seconds = retry_after_seconds
        self.revoked = False  # every call answers NeedsReauthorisation until set back
        self.decide: Decide | None = None
        self.between: Callable[[str, str], None] | None = None  # (method, step): inside calls that are several requests
        self._orders: list[_Order] = []

    def program(
        self, kind: FaultKind, method: str | None = None, *, times: int = 1, skip: int = 0, seconds: float | None = None
    ) -> None:
        """Let the next `times` matching calls, after `skip` of them, meet this fault.

        Without a method any call matches; a fault that only means something to a write waits for a write.
        """
        self._orders.append(_Order(Fault(kind, seconds), method, times, skip))

    def clear(self) -> None:
        """Nothing goes wrong any more; what was committed late still arrives."""
        self._orders.clear()
        self.lag_of.clear()
        self.lag_seconds = 0.0
        self.revoked = False
        self.decide = None
        self.between = None

    def draw(self, port: str, method: str, args: tuple[Any, ...], *, writing: bool) -> Fault | None:
        """The fault of this call, if any; counts the programmed ones down."""
        if self.revoked:
            return Fault(FaultKind.DEAD)
        order = next((order for order in self._orders if order.takes(method, writing=writing)), None)
        if order is not None:
            return order.fault
        chosen = self.decide(port, method, args) if self.decide else None
        return Fault(chosen) if isinstance(chosen, FaultKind) else chosen

    def lag(self, method: str, *, lists: bool) -> timedelta:
        """How old the picture is that this method shows."""
        return timedelta(seconds=self.lag_of.get(method, self.lag_seconds if lists else 0.0))

    def lateness(self, fault: Fault) -> timedelta:
        """How long after the call a late commit happens."""
        return timedelta(seconds=self.late_seconds if fault.seconds is None else fault.seconds)

    def step(self, method: str, step: str) -> None:
        """A place between two requests of one call, where the world may move or the process may die."""
        if self.between is not None:
            self.between(method, step)
