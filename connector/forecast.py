"""`duebird go-live`: what will happen in the next days, in numbers, once a company sends by itself. Sends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from connector.config import Loaded
from connector.domain.calendar import local_day
from connector.domain.dunning import Step
from connector.domain.situation import Situation
from connector.rehearsal import Rehearsal, Rehearsed, rehearsing

DAYS: Final = 7  # further away too much changes: invoices are paid, new ones come
TEXTS_OF_ONE: Final = len(Step)  # more than its steps no invoice has


@dataclass(slots=True)
class Forecast:
    """What would go out from `now` on within `DAYS` days. Days are those of the company's zone.

    `texts`: how many of each step on each day. `withheld`: invoices without a text in that time, by the reason.
    `asks`: how many of the texts would still wait for the owner. `more`: there are more open invoices than were looked
    at. `draft`: the company is in draft.
    """

    now: datetime
    draft: bool
    more: bool = False
    texts: dict[date, Counter[str]] = field(default_factory=dict)
    withheld: Counter[str] = field(default_factory=Counter)
    numbers: set[str] = field(default_factory=set)
    segments: int = 0
    asks: int = 0

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
            "withheld": dict(self.withheld),
            "more_invoices": self.more,
        }


def forecast(loaded: Loaded, company_id: str, limit: int) -> Forecast:
    """What a live company would send in the next days, by today's books and by the real decision.

    Raises:
        DuebirdError: the ledger could not be read, or the company is not connected.
    """
    with rehearsing(loaded, company_id, limit + 1) as scene:
        found = Forecast(scene.now, scene.draft, more=len(scene.situations) > limit)
        rehearsal = Rehearsal(scene.company, scene.now, scene.account)
        for situation in scene.situations[:limit]:
            _follow(found, rehearsal, replace(situation, draft=False), scene.company.policy.zone.key)
        return found


def _follow(found: Forecast, rehearsal: Rehearsal, situation: Situation, zone: str) -> None:
    """One invoice, text by text."""
    end = found.now + timedelta(days=DAYS)
    first = one = rehearsal.one(situation, until=end)
    for _ in range(TEXTS_OF_ONE):
        if one.when is None or situation.phone is None:
            break
        _count(found, one, situation.phone.e164, zone)
        done = situation.steps_done | {Step(one.step)}
        situation = replace(situation, steps_done=done, texts_had=situation.texts_had + 1)
        one = rehearsal.one(situation, start=one.when, until=end)
    if first.when is None:
        found.withheld[first.why] += 1


def _count(found: Forecast, one: Rehearsed, number: str, zone: str) -> None:
    from zoneinfo import ZoneInfo

    assert one.when is not None, "counted is what has its time"  # noqa: S101
    day = local_day(one.when, ZoneInfo(zone))
    found.texts.setdefault(day, Counter())[one.step] += 1
    found.numbers.add(number)
    found.segments += one.segments
    found.asks += one.waits_for_approval
