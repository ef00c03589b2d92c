"""`duebird go-live`: what will happen in the next days, in numbers, once a company sends by itself. Sends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import Final
from zoneinfo import ZoneInfo

from connector.config import Loaded
from connector.domain.calendar import local_day
from connector.domain.dunning import Step
from connector.domain.pace import A_DAY, Pace
from connector.domain.situation import Situation
from connector.domain.unusual import LOOK_BACK, busiest_day, is_flood
from connector.flows.company import Company
from connector.rehearsal import Rehearsal, Rehearsed, rehearsing

DAYS: Final = 7  # further away too much changes: invoices are paid, new ones come
TEXTS_OF_ONE: Final = len(Step)  # more than its steps no invoice has
DAYS_MOVED: Final = 4 * DAYS  # how often caps can put one off: to another day, and a few times within one
NO_ROOM: Final = "the caps leave no room for it in these days"


@dataclass(slots=True)
class Forecast:
    """What would go out from `now` on within `DAYS` days. Days are those of the company's zone.

    `texts`: how many of each step on each day. `withheld`: invoices without a text in that time, by the reason.
    `asks`: how many of the texts would still wait for the owner. `later`: how many the caps put off. `floods`: days on
    which Duebird would stop and ask, for so many are more than usual. `more`: there are more open invoices than were
    looked at. `draft`: the company is in draft.
    """

    now: datetime
    draft: bool
    per_hour: int | None = None
    per_day: int | None = None
    usual_day: int | None = None
    more: bool = False
    texts: dict[date, Counter[str]] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    numbers: set[str] = field(default_factory=set)
    segments: int = 0
    asks: int = 0
    later: int = 0
    floods: tuple[date, ...] = ()

    @property
    def total(self) -> int:
        """Texts in all."""
        return sum(sum(steps.values()) for steps in self.texts.values())

    def facts(self) -> Mapping[str, object]:
        """For programs."""
        return {
            "days": [{"day": day, "texts": dict(steps)} for day, steps in sorted(self.texts.items())],
            "texts": self.total,
            "people": len(self.numbers),
            "segments": self.segments,
            "wait_for_approval": self.asks,
            "caps": {"texts_per_hour": self.per_hour, "texts_per_day": self.per_day, "usual_day": self.usual_day},
            "put_off_by_caps": self.later,
            "days_with_a_question": list(self.floods),
            "withheld": dict(self.withheld),
            "more_invoices": self.more,
        }


@dataclass(slots=True)
class _Course:
    """One invoice and its next text. `wanted`: when that would go if there were no caps."""

    situation: Situation
    number: str
    next: Rehearsed
    wanted: datetime
    had: int = 0  # texts counted so far


def forecast(loaded: Loaded, company_id: str, limit: int) -> Forecast:
    """What a live company would send in the next days, by today's books and by the real decision.

    Raises:
        DuebirdError: the ledger could not be read, or the company is not connected.
    """
    with rehearsing(loaded, company_id, limit + 1) as scene:
        live = [replace(one, draft=False) for one in scene.situations[:limit]]
        found = forecast_of(scene.company, live, scene.now, Rehearsal(scene.company, scene.now, scene.account))
        found.draft, found.more = scene.draft, len(scene.situations) > limit
        return found


def forecast_of(company: Company, live: Sequence[Situation], now: datetime, rehearsal: Rehearsal) -> Forecast:
    """The same for a company and its situations. In the order of time, for the caps are shared by all invoices."""
    policy, queries = company.policy, company.queries
    found = Forecast(now, draft=False, per_hour=policy.texts_per_hour, per_day=policy.texts_per_day)
    found.usual_day = policy.usual_day
    until_now = now + timedelta.resolution  # what was attempted at this very instant counts
    pace = Pace(found.per_hour, found.per_day, queries.noticed_between(company.id, now - A_DAY, until_now))
    end = now + timedelta(days=DAYS)
    waiting: list[tuple[datetime, int]] = []
    courses: list[_Course] = []
    for situation in live:
        first = rehearsal.one(situation, until=end)
        if first.when is None or situation.phone is None:
            found.withheld[first.why] += 1
            continue
        heappush(waiting, (first.when, len(courses)))
        courses.append(_Course(situation, situation.phone.e164, first, first.when))
    for _ in range(len(courses) * (TEXTS_OF_ONE + DAYS_MOVED)):
        if not waiting:
            break
        when, which = heappop(waiting)
        again = _step(found, rehearsal, pace, courses[which], when, policy.zone)
        if again is not None:
            heappush(waiting, (again, which))
    found.floods = _floods(found, queries.noticed_between(company.id, now - LOOK_BACK, now), policy.zone)
    return found


def _step(
    found: Forecast, rehearsal: Rehearsal, pace: Pace, course: _Course, when: datetime, zone: ZoneInfo
) -> datetime | None:
    """Count the next text of an invoice or put it off; when to come back to it, None: never."""
    end = found.now + timedelta(days=DAYS)
    free = pace.first(when)
    if free > when:
        # The hours for texts may be over by then, or the step, or the number may have had its text of the day.
        rehearsal.withdraw(course.number, when)
        course.next = rehearsal.one(course.situation, start=free, until=end)
        if course.next.when is None:
            found.withheld[NO_ROOM] += not course.had
            return None
        if course.next.when > free:
            return course.next.when
    _count(found, course, zone)
    assert course.next.when is not None, "counted is what has its time"  # noqa: S101
    pace.count(course.next.when)
    done = course.situation.steps_done | {Step(course.next.step)}
    course.situation = replace(course.situation, steps_done=done, texts_had=course.situation.texts_had + 1)
    course.next = rehearsal.one(course.situation, start=course.next.when, until=end)
    if course.next.when is not None:
        course.wanted = course.next.when
    return course.next.when


def _count(found: Forecast, course: _Course, zone: ZoneInfo) -> None:
    one = course.next
    assert one.when is not None, "counted is what has its time"  # noqa: S101
    course.had += 1
    found.texts.setdefault(local_day(one.when, zone), Counter())[one.step] += 1
    found.numbers.add(course.number)
    found.segments += one.segments
    found.asks += one.waits_for_approval
    found.later += one.when > course.wanted


def _floods(found: Forecast, had: Sequence[datetime], zone: ZoneInfo) -> tuple[date, ...]:
    usual = found.usual_day
    if usual is None:
        return ()
    busiest = busiest_day(had, zone)
    days = []
    for day, steps in sorted(found.texts.items()):
        count = sum(steps.values())
        if is_flood(count, busiest, usual):
            days.append(day)
        busiest = max(busiest, count)
    return tuple(days)
