"""The budget of calls: counted, shown, and kept below what each service allows."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from connector.domain.cadence import WRITES_KEPT, Allowance, Limit
from connector.errors import DuebirdError, Throttled
from connector.flows.company import Answers
from connector.ports.calls import CallKind, CallSeen, Clock
from state.names import CLOCK_SKEW
from state.queries import Queries
from state.store import Store

# A booking at Xero takes three calls: a hundred kept are some thirty bookings, more than a small office has in a day.
KEPT_FOR_WRITES: Final = 100
OVER_BUDGET: Final = "budget"  # the code of a refusal by ourselves
BAD_REQUEST: Final = 400  # the first HTTP status that says no
DAY_LEFT_HOLDS: Final = 3600.0  # seconds for which a service's own word on what is left is taken
SKEW_SHOWN: Final = timedelta(minutes=2)  # beyond it the machine's clock cannot be trusted with sending windows


class Budget:
    """A `CallMeter` that remembers across restarts. Counts are kept in memory and stored after each pass.

    A crash forgets the counts of one pass: a few dozen calls of thousands, on the side of calling too often by less
    than one percent.
    """

    def __init__(self, company: str, limits: tuple[Limit, ...], queries: Queries, store: Store, clock: Clock) -> None:
        self._company = company
        self._limits = {limit.service: limit for limit in limits}
        self._queries, self._store, self._clock = queries, store, clock
        self._lock = threading.Lock()
        self._fresh: defaultdict[tuple[str, datetime], list[int]] = defaultdict(lambda: [0, 0])
        self._used: dict[str, int] = {}
        self._used_at: datetime | None = None
        # Both by `Clock.elapsed`: a wall clock that was a year ahead and is set right must not make a pause of a year.
        self._day_left: dict[str, tuple[int, float]] = {}
        self._paused: dict[str, float] = {}
        self.skew: dict[str, timedelta] = {}
        self._skew_at: dict[str, datetime] = {}
        self._told_off: bool | None = None  # whether it is on record that the clock is wrong; nobody else writes that
        self._answered: dict[CallKind, dict[str, datetime]] = {kind: {} for kind in CallKind}

    def clock_error(self) -> timedelta:
        """By how much this machine's clock is wrong, by the services that told their time in the last hour.

        The least of their differences: where one of them agrees with us, it is the others that are wrong.
        """
        now = self._clock.now()
        with self._lock:
            recent = [by for name, by in self.skew.items() if abs(now - self._skew_at[name]) < timedelta(hours=1)]
        return min(recent, default=timedelta())

    def answers(self) -> Answers:
        """What has worked since the start, and when last."""
        agrees = self.clock_error() <= SKEW_SHOWN
        with self._lock:
            reads, wrote = (dict(self._answered[kind]) for kind in (CallKind.READ, CallKind.WRITE))
            told = max(self._skew_at.values(), default=None)
        answered = {name: max(at, wrote.get(name, at)) for name, at in {**wrote, **reads}.items()}
        return Answers(answered, wrote, told if agrees else None)

    def before(self, service: str, kind: CallKind) -> None:
        """Go ahead, or say how long to wait. Writes may use what reads may not."""
        with self._lock:
            left = timedelta(seconds=self._paused.get(service, 0.0) - self._clock.elapsed())
        if left > timedelta():
            raise Throttled(
                f"{service} asked for a pause until {self._clock.now() + left:%H:%M:%S} UTC; the call was not made.",
                service=service,
                code="pause",
                retry_after=left,
            )
        allowance = self.allowance(service)
        if allowance is None:
            return
        limit = self._limits[service].calls
        kept = 0 if kind is CallKind.WRITE else min(int(limit * WRITES_KEPT), KEPT_FOR_WRITES)
        if allowance.left <= kept:
            raise Throttled(
                f"The budget of calls to {service} is used up: {allowance.left} are left of {limit} in "
                f"{_days(self._limits[service].window)}, and {kept} are kept for bookings; the call was not made.",
                service=service,
                code=OVER_BUDGET,
                advice="It frees up by itself. See `duebird status` for the figures.",
                retry_after=timedelta(minutes=15),
            )

    def after(self, call: CallSeen) -> None:
        """Count a call that was made; learn what the service says of its own limits and of the time."""
        now = self._clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._fresh[call.service, hour][0 if call.kind is CallKind.READ else 1] += 1
            if call.day_remaining is not None:
                self._day_left[call.service] = (call.day_remaining, self._clock.elapsed())
            if call.status is not None and call.status < BAD_REQUEST:
                self._answered[call.kind][call.service] = now
            if call.server_time is not None:
                self.skew[call.service] = abs(call.server_time - now)
                self._skew_at[call.service] = now

    def pause(self, service: str, until: datetime) -> None:
        """Everything of this company on that service waits."""
        ends = self._clock.elapsed() + (until - self._clock.now()).total_seconds()
        with self._lock:
            self._paused[service] = max(ends, self._paused.get(service, ends))

    def allowance(self, service: str) -> Allowance | None:
        """What is left of a service's budget; None where it has none."""
        limit = self._limits.get(service)
        if limit is None:
            return None
        now = self._clock.now()
        with self._lock:
            stored = self._stored(limit, now)
            fresh = sum(
                reads + (writes if limit.writes_count else 0)
                for (name, _), (reads, writes) in self._fresh.items()
                if name == service
            )
            left = limit.calls - stored - fresh
            said = self._day_left.get(service)
        if said is not None and self._clock.elapsed() - said[1] < DAY_LEFT_HOLDS:
            left = min(left, said[0])
        # Calls leave a rolling window as evenly as they came: half a window from now is when half is free again.
        return Allowance(max(left, 0), now + limit.window / 2)

    def _stored(self, limit: Limit, now: datetime) -> int:
        if self._used_at is None or not timedelta() <= now - self._used_at <= timedelta(minutes=10):
            self._used.clear()
            self._used_at = now
        if limit.service not in self._used:
            # Counts are kept by whole hours: the one the window starts in counts in full, on the safe side.
            since = (now - limit.window).replace(minute=0, second=0, microsecond=0)
            reads, writes = self._queries.calls_since(self._company, limit.service, since)
            self._used[limit.service] = reads + (writes if limit.writes_count else 0)
        return self._used[limit.service]

    def flush(self) -> None:
        """Store what was counted since the last time, and whether the machine's clock can be trusted."""
        self._store_skew()
        with self._lock:
            taken = dict(self._fresh)
            self._fresh.clear()
            self._used_at = None
        if not taken:
            return
        try:
            self._store.calls_made(
                (self._company, service, hour, reads, writes) for (service, hour), (reads, writes) in taken.items()
            )
        except DuebirdError:
            with self._lock:
                for key, (reads, writes) in taken.items():  # counted again with the next flush
                    self._fresh[key][0] += reads
                    self._fresh[key][1] += writes
            raise

    def _store_skew(self) -> None:
        error = self.clock_error()
        off = int(error.total_seconds()) if error > SKEW_SHOWN else 0
        if self._told_off is None:
            known = self._queries.cursor(self._company, CLOCK_SKEW)
            self._told_off = known is not None and known.value != "0"
        # written when it begins and when it ends, not with every second by which it changes
        if bool(off) != self._told_off:
            self._store.set_cursor(self._company, CLOCK_SKEW, str(off), self._clock.now())
            self._told_off = bool(off)


def _days(window: timedelta) -> str:
    return "a day" if window <= timedelta(days=1) else f"{window.days} days"
