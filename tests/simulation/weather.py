"""What goes wrong, from the seed: calls, outages, crashes at commits, full disks, wrong clocks, long sleeps."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final

from adapters.memory.faults import Fault, FaultKind
from connector.flows.returned import KINDS
from connector.ports.processor import Hint
from tests.simulation.cells import By, Hit, Sometimes, Tally
from tests.simulation.subjects import WRITES, evidence_of, what

LONGEST_LAG: Final = 90.0  # seconds by which lists may lag; the messaging service's users report minutes at worst
LATEST_COMMIT: Final = 500.0  # seconds after we gave up; far past every time-out
# Nothing else tells of these: late, but never lost.
NEWS_OF_MONEY: Final = KINDS
OFFICE_HOURS: Final = (13, 15, 17, 19)  # UTC at which computers are opened: 8 to 15 o'clock in the companies' zone

# Weights: a crash costs a restart of some simulated minutes and hides what would follow, so it is not most of them.
_WRITE_FAULTS: Final = (
    (FaultKind.LOSE_ANSWER, 5, By.LOSE_ANSWER),
    (FaultKind.COMMIT_LATE, 5, By.COMMIT_LATE),
    (FaultKind.NEVER_COMMIT, 4, By.NEVER_COMMIT),
    (FaultKind.FAIL_BEFORE, 3, By.FAIL_BEFORE),
    (FaultKind.THROTTLE, 2, By.THROTTLE),
    (FaultKind.CRASH_BEFORE, 3, By.CRASH_BEFORE),
    (FaultKind.CRASH_AFTER, 4, By.CRASH_AFTER),
    (FaultKind.REFUSE, 2, By.REFUSE),
    (FaultKind.DEAD, 2, By.DEAD),
)
_READ_FAULTS: Final = (
    (FaultKind.FAIL_BEFORE, 8),
    (FaultKind.THROTTLE, 3),
    (FaultKind.CRASH_BEFORE, 1),
    (FaultKind.CRASH_AFTER, 1),
    (FaultKind.DEAD, 1),
)
_BEFALLS: Final = {kind: by for kind, _, by in _WRITE_FAULTS}


class Season(StrEnum):
    """How bad a run is: no two kinds of trouble should always come together."""

    CALM = "calm"  # nothing goes wrong by itself; the world's own turns are enough
    CALLS = "calls"  # only answers and connections
    CRASHES = "crashes"  # only we ourselves
    STORM = "storm"  # everything


_SEASONS: Final = ((Season.CALM, 1), (Season.CALLS, 4), (Season.CRASHES, 3), (Season.STORM, 6))
_STORMY: Final = frozenset({Season.CALLS, Season.STORM})  # answers are lost, and writes carried out late


@dataclass(frozen=True, slots=True)
class Outage:
    """A service is out of reach for a while."""

    port: str
    kind: FaultKind
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Sleep:
    """The machine is shut for a while."""

    start: datetime
    length: timedelta


@dataclass(frozen=True, slots=True)
class WrongClock:
    """The machine's clock is wrong by `by` for a while."""

    start: datetime
    end: datetime
    by: timedelta


def _pick(dice: Random, weighted: Sequence[tuple[Any, int]]) -> Any:
    return dice.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]


def _plan(seed: str) -> tuple[Random, Season]:
    """The season of a seed, and the dice for the rest of its weather."""
    dice = Random(f"{seed}/weather")
    return dice, _pick(dice, _SEASONS)


def loses_answers(seed: str) -> bool:
    """Whether in the weather of a seed a write may be carried out though nobody hears of it, or only later."""
    return _plan(seed)[1] in _STORMY


class _Seen(threading.local):
    """Per thread, for each carries out one effect at a time: how old the last lists were."""

    lag = 0.0
    of_text = 0.0


class Weather:
    """Everything that goes wrong in one run until `calm_from`; after that nothing does.

    Each kind of trouble has dice of its own, so that a change in one does not shift all others.
    """

    def __init__(self, seed: str, start: datetime, calm_from: datetime, tally: Tally) -> None:
        plan, self.season = _plan(seed)
        self.tally = tally
        self.calm_from = calm_from
        self.conditions: set[By] = set()  # what holds for the whole pass
        self.broken = False  # the faults are over
        self._calls = Random(f"{seed}/calls")
        self._commits = Random(f"{seed}/commits")
        self._lags = Random(f"{seed}/lags")
        self._seen = _Seen()
        self._events = Random(f"{seed}/events")
        stormy = self.season in _STORMY
        crashy = self.season in {Season.CRASHES, Season.STORM}
        self.write_rate = plan.choice((0.15, 0.3, 0.45)) if stormy else 0.12 if crashy else 0.0
        self.read_rate = plan.choice((0.02, 0.05, 0.12)) if stormy else 0.01 if crashy else 0.0
        self.commit_rate = plan.choice((0.01, 0.03, 0.06)) if crashy else 0.0
        self.disk_rate = plan.choice((0.0, 0.002, 0.01)) if self.season is Season.STORM else 0.0
        self._points = Random(f"{seed}/points")
        self.point_rate = self._points.choice((0.0, 0.002, 0.006)) if crashy else 0.0
        self.lag_rate = 0.0 if self.season is Season.CALM else plan.choice((0.1, 0.5))
        self._only_crashes = self.season is Season.CRASHES
        length = calm_from - start
        self.outages = self._outages(plan, start, length) if stormy else []
        sleeps = self._sleeps(plan, start, length) if self.season is not Season.CALLS else []
        opens = Random(f"{seed}/opened")
        self.sleeps = [self._opened(opens, one) for one in sleeps]
        self.wrong_clocks = self._wrong_clocks(plan, start, length) if crashy else []

    @staticmethod
    def _outages(plan: Random, start: datetime, length: timedelta) -> list[Outage]:
        found = []
        for _ in range(plan.randrange(4)):
            begin = start + length * plan.random()
            kind = plan.choice((FaultKind.FAIL_BEFORE, FaultKind.FAIL_BEFORE, FaultKind.DEAD))
            lasts = timedelta(hours=plan.choice((1, 5, 26)))
            found.append(Outage(plan.choice(("ledger", "processor", "messenger")), kind, begin, begin + lasts))
        return found

    @staticmethod
    def _sleeps(plan: Random, start: datetime, length: timedelta) -> list[Sleep]:
        found = [
            Sleep(start + length * plan.random(), timedelta(hours=plan.choice((3, 14, 60, 24 * 8))))
            for _ in range(plan.randrange(1, 4))
        ]
        if plan.random() < 0.03:
            # Longer than the ledger's changes and the processor's events reach back.
            found = [Sleep(start + timedelta(days=plan.randrange(1, 8)), timedelta(days=32))]
        return found

    @staticmethod
    def _opened(dice: Random, sleep: Sleep) -> Sleep:
        """Most computers are opened when people come to work, and then what must wait for the day goes out at once."""
        hour = dice.choice((None, *OFFICE_HOURS))
        if hour is None:
            return sleep
        wakes = (sleep.start + sleep.length).replace(hour=hour)
        wakes += timedelta(days=1) if wakes <= sleep.start else timedelta()
        return Sleep(sleep.start, wakes - sleep.start)

    @staticmethod
    def _wrong_clocks(plan: Random, start: datetime, length: timedelta) -> list[WrongClock]:
        found = []
        for _ in range(plan.randrange(4)):
            begin = start + length * plan.random()
            by = timedelta(minutes=plan.choice((-2880, -90, -1, 1, 30, 2880, 60 * 24 * 365)))
            found.append(WrongClock(begin, begin + timedelta(hours=plan.choice((1, 30, 100))), by))
        return found

    # ------------------------------------------------------------------------------------------------- of calls

    def over(self, now: datetime) -> bool:
        return self.broken or now >= self.calm_from

    def draw_lag(self, now: datetime) -> float:
        """How many seconds old the picture is that a list shows to the call about to be made."""
        lags = not self.over(now) and self._lags.random() < self.lag_rate
        self._seen.lag = self._lags.uniform(1, LONGEST_LAG) if lags else 0.0
        return self._seen.lag

    def decide(self, now: datetime, port: str, method: str, args: tuple[Any, ...]) -> Fault | None:
        """The fault of a call."""
        hit = what(port, method, args)
        if hit is not None:
            for condition in sorted(self.conditions):
                self.tally.hit(hit, condition)
        self._count_lag(hit, port, method, args)
        if self.over(now):
            return None
        fault = self._outage(now, port) or self._drawn(port, method)
        if fault is not None:
            self.tally.figures[f"fault {fault.kind}"] += 1
            if hit is not None:
                self.tally.hit(hit, _BEFALLS[fault.kind])
        return fault

    def _count_lag(self, hit: Hit | None, port: str, method: str, args: tuple[Any, ...]) -> None:
        """Texts are looked for by number, so that only the send that follows tells which of them it was."""
        if (port, method) == ("messenger", "sent_to"):
            self._seen.of_text = self._seen.lag
        elif port == "messenger" and hit is not None and self._seen.of_text:
            self.tally.hit(hit, By.LAG)
        elif self._seen.lag and (evidence := evidence_of(port, method, args)) is not None:
            self.tally.hit(evidence, By.LAG)

    def _outage(self, now: datetime, port: str) -> Fault | None:
        return next((Fault(one.kind) for one in self.outages if one.port == port and one.start <= now < one.end), None)

    def _drawn(self, port: str, method: str) -> Fault | None:
        dice = self._calls
        writes = (port, method) in WRITES
        if dice.random() >= (self.write_rate if writes else self.read_rate):
            return None
        weighted = [(kind, weight) for kind, weight, _ in _WRITE_FAULTS] if writes else list(_READ_FAULTS)
        if self._only_crashes:
            weighted = [(kind, weight) for kind, weight in weighted if kind.startswith("crash")]
        kind: FaultKind = _pick(dice, weighted)
        return Fault(kind, dice.uniform(1, LATEST_COMMIT) if kind is FaultKind.COMMIT_LATE else None)

    def meddles(self, now: datetime) -> bool:
        """Whether somebody does something at this very moment; also in calm seasons, for the world needs no fault."""
        return not self.over(now) and self._calls.random() < 0.08

    # ------------------------------------------------------------------------------------- of the machine itself

    def crashes_at_commit(self, now: datetime) -> bool:
        return not self.over(now) and self._commits.random() < self.commit_rate

    def dies_at_point(self, now: datetime) -> bool:
        """At a named failure point that was just reached."""
        return not self.over(now) and self.point_rate > 0 and self._points.random() < self.point_rate

    def disk_fails(self, now: datetime) -> bool:
        return not self.over(now) and self.disk_rate > 0 and self._commits.random() < self.disk_rate

    def asleep_until(self, now: datetime) -> datetime | None:
        """Until when the machine is shut, if it is."""
        ends = [one.start + one.length for one in self.sleeps if one.start <= now < one.start + one.length]
        return min(max(ends), self.calm_from) if ends and not self.over(now) else None

    def clock_error(self, now: datetime) -> timedelta:
        found = next((one.by for one in self.wrong_clocks if one.start <= now < one.end), timedelta())
        return timedelta() if self.over(now) else found

    def event_delay(self, hint: Hint) -> float | None:
        """Seconds until lists show an event; None where it never comes."""
        if self.season in {Season.CALM, Season.CRASHES} or hint.occurred_at >= self.calm_from:
            return 0.0
        kind = self._events.random()
        if kind < 0.1 and hint.kind not in NEWS_OF_MONEY:
            if hint.kind.startswith("checkout.session.") and hint.kind != "checkout.session.expired":
                self.tally.reached[Sometimes.EVENT_LOST] += 1
            return None
        return self._events.uniform(0, 90) if kind < 0.6 else self._events.uniform(90, 40_000) if kind < 0.7 else 0.0
