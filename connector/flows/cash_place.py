"""How far the balance was read for fees and payouts, and what of it is still to be asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connector.domain.calendar import start_of_day

Day = date | None


@dataclass(frozen=True, slots=True)
class Place:
    """`since`: movements made before it were read, all of them. Times are UTC.

    `page`: where a reading of many movements goes on that began at `begun`; None between two readings.
    `fees_from`, `payouts_from`: the company's first day of which they are booked; None: they are not.
    `waiting`: payouts that were not paid when they were asked for, each with its movement, the longest unasked first.
    """

    since: datetime | None = None
    page: str | None = None
    begun: datetime | None = None
    fees_from: Day = None
    payouts_from: Day = None
    waiting: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Place:
        """What `text` wrote."""
        held = json.loads(text)
        return cls(
            since=_moment(held["since"]),
            page=held["page"],
            begun=_moment(held["begun"]),
            fees_from=_day(held["fees_from"]),
            payouts_from=_day(held["payouts_from"]),
            waiting=held["waiting"],
        )

    @property
    def text(self) -> str:
        """To be remembered."""
        return json.dumps(
            {
                "since": _said(self.since),
                "page": self.page,
                "begun": _said(self.begun),
                "fees_from": _said(self.fees_from),
                "payouts_from": _said(self.payouts_from),
                "waiting": dict(self.waiting),
            }
        )

    def for_rules(self, *, fees: bool, payouts: bool, book_from: Day, today: date, zone: ZoneInfo) -> Place:
        """The place from which what the owner wants now is read.

        `book_from` is his first day; None: today, where something was not wanted so far. What was wanted later, or not
        at all, may lie before this place, which then goes back to the beginning of its first day.
        """
        fees_from = (book_from or self.fees_from or today) if fees else None
        payouts_from = (book_from or self.payouts_from or today) if payouts else None
        pairs = ((fees_from, self.fees_from), (payouts_from, self.payouts_from))
        back = [start_of_day(one, zone) for one, before in pairs if one and (before is None or one < before)]
        found = replace(self, fees_from=fees_from, payouts_from=payouts_from)
        if not back:
            return found
        since = min([*back, *([self.since] if self.since else [])])
        return replace(found, since=since, page=None, begun=None)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> Day:
    return date.fromisoformat(text) if text else None


def _said(one: date | None) -> str | None:
    return one.isoformat() if one else None
