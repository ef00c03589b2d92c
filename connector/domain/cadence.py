"""How often to look: quick while something is afoot, slow otherwise, always inside the budget of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

AFOOT_FOR: Final = timedelta(minutes=30)  # most who pay after a text do so within half an hour; then it is slow again
WRITES_KEPT: Final = 0.2  # share of a budget that reads may not touch: a booking must never wait for a poll


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between looks: while something is afoot, while links are out, while nothing is."""

    quick: float
    slow: float
    idle: float
    sweep: float


@dataclass(frozen=True, slots=True)
class Activity:
    """What is afoot in one company. `last_event_at`: a text, a payment under way, a page opened."""

    last_event_at: datetime | None
    links_out: bool


@dataclass(frozen=True, slots=True)
class Allowance:
    """Calls still allowed until the window of a budget ends."""

    left: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """What a service allows one company: calls in a rolling window; `writes_count` where writes are metered too."""

    service: str
    calls: int
    window: timedelta
    writes_count: bool


def wanted(intervals: Intervals, activity: Activity, now: datetime) -> timedelta:
    """The interval without a thought for budgets."""
    if activity.last_event_at is not None and now - activity.last_event_at < AFOOT_FOR:
        return timedelta(seconds=intervals.quick)
    return timedelta(seconds=intervals.slow if activity.links_out else intervals.idle)


def affordable(interval: timedelta, calls_a_look: int, allowance: Allowance | None, now: datetime) -> timedelta:
    """The interval stretched so that the reads left last until the budget's window ends."""
    if allowance is None:
        return interval
    rest = max(allowance.until - now, timedelta())
    looks = int(allowance.left * (1 - WRITES_KEPT)) // max(calls_a_look, 1)
    if looks <= 0:
        return max(interval, rest)
    return max(interval, rest / looks) if rest / looks > interval else interval
