"""`duebird go-live`: what will happen in the next days, in numbers, once a company sends by itself. Sends nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
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
    wanted: datetime | None
    had: int = 0  # texts so far that it was in
    due: datetime | None = None  # when it is looked at next; None: not again
    why: str = ""  # why there is no text about it, where there is none


def forecast(loaded: Loaded, company_id: str, limit: int) -> Forecast:
    """What a live company would send in the next days, by today's books and by the real decision.

    Raises:
        DuebirdError: the ledger could not be read, or the company is not connected.
    """
    with rehearsing(loaded, company_id, limit + 1) as scene:
        live = [replace(one, draft=False) for one in scene.situations[:limit]]
        found = forecast_of(scene.company, live, scene.now, Rehearsal(scene.company, scene.now, scene.account.name))
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
    week = _Week(found, rehearsal, pace, policy.zone, end)
    for situation in live:
        first = rehearsal.one(situation, until=end)
        if situation.phone is None:
            found.withheld[first.why] += 1
        else:
            week.enter(_Course(situation, situation.phone.e164, first, first.when, why=first.why))
    week.live_through()
    found.floods = _floods(found, queries.noticed_between(company.id, now - LOOK_BACK, now), policy.zone)
    return found


class _Week:
    """The days to come, in the order of time."""

    def __init__(self, found: Forecast, rehearsal: Rehearsal, pace: Pace, zone: ZoneInfo, end: datetime) -> None:
        self._found, self._rehearsal, self._pace, self._zone, self._end = found, rehearsal, pace, zone, end
        self._courses: list[_Course] = []
        self._of_customer: defaultdict[str, list[int]] = defaultdict(list)
        self._waiting: list[tuple[datetime, int]] = []

    def enter(self, course: _Course) -> None:
        """One more invoice."""
        which = len(self._courses)
        self._courses.append(course)
        self._of_customer[course.situation.receivable.customer_id].append(which)
        self._comes(which, course.next.when)

    def _comes(self, which: int, when: datetime | None) -> None:
        self._courses[which].due = when
        if when is not None:
            heappush(self._waiting, (when, which))

    def live_through(self) -> None:
        """Count every text, and whatever gets none."""
        for _ in range(len(self._courses) * (TEXTS_OF_ONE + DAYS_MOVED) * 2):  # an invoice that joined comes up twice
            if not self._waiting:
                break
            when, which = heappop(self._waiting)
            if self._courses[which].due == when:
                self._comes(which, self._step(which, when))
        for course in self._courses:
            if not course.had:
                self._found.withheld[course.why] += 1

    def _step(self, which: int, when: datetime) -> datetime | None:
        """Count the next text of an invoice or put it off; when to come back to it, None: never."""
        course, free = self._courses[which], self._pace.first(when)
        if free > when:
            # The hours for texts may be over by then, or the step, or the number may have had its text of the day.
            self._rehearsal.withdraw(course.number, when)
            course.next = self._rehearsal.one(course.situation, start=free, until=self._end)
            if course.next.when is None:
                course.why = NO_ROOM
                return None
            if course.next.when > free:
                return course.next.when
        self._count(which)
        return course.next.when

    def _count(self, which: int) -> None:
        course = self._courses[which]
        one, when, found = course.next, course.next.when, self._found
        assert when is not None and course.wanted is not None, "counted is what has its time"  # noqa: S101, PT018
        others = [self._courses[other] for other in self._of_customer[course.situation.receivable.customer_id]]
        beside = [other.situation for other in others if other is not course]
        joined, size = self._rehearsal.joined(course.situation, beside, when)
        found.texts.setdefault(local_day(when, self._zone), Counter())[one.step] += 1
        found.numbers.add(course.number)
        found.segments += size or one.segments
        found.asks += one.waits_for_approval
        found.later += when > course.wanted
        self._pace.count(when)
        ids = {other.receivable.ledger_id for other in joined}
        for other in self._of_customer[course.situation.receivable.customer_id]:
            if self._courses[other].situation.receivable.ledger_id in ids:
                if (planned := self._courses[other].next.when) is not None:
                    self._rehearsal.withdraw(self._courses[other].number, planned)
                self._told(self._courses[other], Step(one.step), when)
                self._comes(other, self._courses[other].next.when)
        self._told(course, Step(one.step), when)

    def _told(self, course: _Course, step: Step, when: datetime) -> None:
        """It was in a text then; what comes next about it."""
        situation = course.situation
        done = situation.steps_done | {step}
        course.had += 1
        course.situation = replace(situation, steps_done=done, texts_had=situation.texts_had + 1)
        course.next = self._rehearsal.one(course.situation, start=when, until=self._end)
        if course.next.when is not None:
            course.wanted = course.next.when


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
