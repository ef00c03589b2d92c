"""What the three worlds share: the provider's own time, its request log, idempotency keys and late commits."""

from __future__ import annotations

import heapq
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from connector.errors import Rejected, RejectedBecause
from connector.ports.calls import Clock

T = TypeVar("T")

DONE = "done"


@dataclass(frozen=True, slots=True)
class SeenCall:
    """One call as the world's log keeps it. `fate` is "done", the fault's name, or the error's.

    Calls that failed before they reached the world are kept too: the log is what two runs are compared by.
    """

    number: int
    at: datetime
    port: str
    method: str
    args: tuple[Any, ...]
    fate: str = DONE


@dataclass(frozen=True, slots=True)
class _Known:
    """An idempotency key with what it was used for."""

    values: object
    answer: object
    until: datetime


@dataclass(order=True, slots=True)
class _Due:
    """Something that will happen at the service by itself."""

    due: datetime
    number: int
    act: Callable[[], object] = field(compare=False)
    commit: bool = field(compare=False)  # a write whose caller gave up


class History(Generic[T]):
    """Every state a record ever had, so that a lagging list can show an old one."""

    __slots__ = ("_times", "_values")

    def __init__(self, at: datetime, value: T) -> None:
        self._times = [at]
        self._values = [value]

    @property
    def latest(self) -> T:
        """As it stands."""
        return self._values[-1]

    def add(self, at: datetime, value: T) -> None:
        """Record a new state."""
        self._times.append(at)
        self._values.append(value)

    def states(self) -> Iterator[tuple[datetime, T]]:
        """Every state with the moment from which it stood so, oldest first."""
        return zip(self._times, self._values, strict=True)

    def as_of(self, moment: datetime) -> T | None:
        """As it stood then, None where it did not exist yet."""
        found = bisect_right(self._times, moment)
        return self._values[found - 1] if found else None


class World:
    """A provider's side. It outlives the daemon, may be shared by several, and keeps time of its own.

    The provider's time follows `elapsed` of the clock: it passes as ours does but does not jump when ours is set.
    """

    def __init__(self, clock: Clock, *, key_memory: timedelta) -> None:
        self.lock = threading.RLock()
        self.requests: list[SeenCall] = []
        self.key_memory = key_memory  # how long an idempotency key is remembered
        self._clock = clock
        self._epoch = clock.now()
        self._epoch_elapsed = clock.elapsed()
        self._replaying: datetime | None = None
        self._keys: dict[str, _Known] = {}
        self._coming: list[_Due] = []
        self._counters: Counter[str] = Counter()

    def now(self) -> datetime:
        """The provider's time, UTC; while something due earlier is caught up with, the moment of that."""
        if self._replaying is not None:
            return self._replaying
        return self._epoch + timedelta(seconds=self._clock.elapsed() - self._epoch_elapsed)

    @contextmanager
    def moment(self) -> Iterator[datetime]:
        """Act on the world: everything that was due before has happened, and nobody else acts meanwhile."""
        with self.lock:
            self._catch_up()
            yield self.now()

    def later(self, after: timedelta, act: Callable[[], object], *, commit: bool = False) -> None:
        """Let `act` happen that much later. A refusal then has nobody to tell: nothing happens."""
        heapq.heappush(self._coming, _Due(self.now() + after, self._next("later"), act, commit))

    @property
    def outstanding(self) -> int:
        """Late commits that have not happened yet."""
        with self.moment():
            return sum(1 for one in self._coming if one.commit)

    def once(self, key: str, values: object, act: Callable[[], T]) -> T:
        """Carry out, or repeat the answer of the same key. Only success is remembered, as validation comes first.

        Raises:
            Rejected: KEY_REUSED, the key came with other values.
        """
        known = self._keys.get(key)
        if known is not None and known.until > self.now():
            if known.values != values:
                raise Rejected(
                    "An idempotency key came back with other values. Nothing was done.",
                    because=RejectedBecause.KEY_REUSED,
                )
            return cast("T", known.answer)
        answer = act()
        self._keys[key] = _Known(values, answer, self.now() + self.key_memory)
        return answer

    def see(self, port: str, method: str, args: tuple[Any, ...]) -> int:
        """Log a call as it arrives; returns its number, for `conclude`."""
        number = len(self.requests)
        self.requests.append(SeenCall(number, self.now(), port, method, args))
        return number

    def conclude(self, number: int, fate: str) -> None:
        """Write down how a logged call ended."""
        self.requests[number] = replace(self.requests[number], fate=fate)

    def new_id(self, prefix: str) -> str:
        """The next id of a kind: a plain counter, so that two runs make the same ones."""
        return f"{prefix}{self._next(prefix)}"

    def _next(self, name: str) -> int:
        self._counters[name] += 1
        return self._counters[name]

    def _catch_up(self) -> None:
        if self._replaying is not None:
            return
        now = self.now()
        try:
            while self._coming and self._coming[0].due <= now:
                one = heapq.heappop(self._coming)
                self._replaying = one.due
                with suppress(Rejected):
                    one.act()
        finally:
            self._replaying = None
