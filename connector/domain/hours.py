"""When one recipient may be texted: within the owner's window, within the law, on no holiday, wherever they may be."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from connector.domain.calendar import ALL_WEEK, DAYS_AHEAD, MINUTES_A_DAY, Window, start_of_day
from connector.domain.dunning import Policy
from connector.domain.laws import LAWS, Span, lawful, meet
from connector.domain.phone import Phone
from connector.domain.places import Home, Place, places_of
from connector.domain.receivable import Customer

# The texts that waited go out over the first three quarters of the window: the rest is for what needs a second try. In
# three hours any small business has texted everybody, and an owner with a wide window wants them out in the morning.
SPREAD = 0.75
LONGEST_SPREAD = timedelta(hours=3)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of one recipient. Open only when open in every one of `places`.

    `by_law`: the hours of the law of each place bind as well. `keep_holidays`: its public holidays are closed.
    """

    window: Window
    places: tuple[Place, ...]
    by_law: bool
    keep_holidays: bool

    def is_open(self, now: datetime) -> bool:
        """Whether a text may go out at this instant."""
        return all(self._closing(now, place) is not None for place in self.places)

    def next_opening(self, now: datetime) -> datetime | None:
        """The first instant at or after `now` at which it is open; None if there is none in nine days."""
        if self.is_open(now):
            return now
        found = sorted(
            opening
            for place in self.places
            for days in range(DAYS_AHEAD)
            if (opening := self._opening(now.astimezone(place.zone).date() + timedelta(days=days), place)) is not None
            and opening > now
        )
        return next((one for one in found if self.is_open(one)), None)

    def time_left(self, now: datetime) -> timedelta:
        """How long it stays open from now on; zero when it is not."""
        ends = [self._closing(now, place) for place in self.places]
        known = [end for end in ends if end is not None]
        return min(known) - now if len(known) == len(ends) else timedelta()

    def turn(self, now: datetime, key: str) -> datetime | None:
        """When the text of that key goes out that waits for the next opening; None if there is none in nine days.

        Those that waited together are spread over the window, each by its key and the same whenever it is asked.
        """
        opening = self.next_opening(now)
        if opening is None or opening == now:
            return opening
        share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32
        over = min(self.time_left(opening) * SPREAD, LONGEST_SPREAD)
        return opening + timedelta(minutes=int(over / MINUTE * share))

    def _span(self, day: date, place: Place) -> Span | None:
        """Between which minutes of that local day it is open there."""
        mine: Span | None = (self.window.opens, self.window.closes) if day.weekday() in self.window.days else None
        if not place.likely:
            mine = (0, MINUTES_A_DAY)
        if not self.by_law:
            return None if self.keep_holidays and _is_holiday(day, place) else mine
        law = lawful(place.country, place.region)
        if (self.keep_holidays or law.holidays) and _is_holiday(day, place):
            return None
        return meet(mine, law.week[day.weekday()])

    def _opening(self, day: date, place: Place) -> datetime | None:
        span = self._span(day, place)
        # A local time that a clock change skips resolves to the instant after the gap; one that it repeats, to the
        # first. Going through UTC and back does both.
        return _instant(day, span[0], place) if span else None

    def _closing(self, now: datetime, place: Place) -> datetime | None:
        """When it closes there, given that it is open now."""
        local = now.astimezone(place.zone)
        span = self._span(local.date(), place)
        if span is None or not span[0] <= local.hour * 60 + local.minute < span[1]:
            return None
        end = _end(local.date(), span[1], place)
        if end <= now:
            return None  # the hour is repeated, and the window closed the first time round
        tomorrow = local.date() + timedelta(days=1)
        if span[1] == MINUTES_A_DAY and (following := self._span(tomorrow, place)) and following[0] == 0:
            return _end(tomorrow, following[1], place)  # open all day: midnight is no end
        return end


def _instant(day: date, minute: int, place: Place) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), place.zone).astimezone(UTC)


def _end(day: date, minute: int, place: Place) -> datetime:
    """The instant before which the local day has not reached that minute; in a gap, that of the change."""
    if minute == MINUTES_A_DAY:
        return start_of_day(day + timedelta(days=1), place.zone)
    end = _instant(day, minute, place)
    local = end.astimezone(place.zone)
    skipped = local.replace(tzinfo=None) - datetime.combine(day, time(minute // 60, minute % 60))
    since = end - skipped
    # Where nothing is skipped there is nothing to look for.
    changed = bisect_left(
        range(skipped // MINUTE),
        True,  # noqa: FBT003  from the first minute of which it is true
        key=lambda later: (since + later * MINUTE).astimezone(place.zone).utcoffset() == local.utcoffset(),
    )
    return since + changed * MINUTE


def _is_holiday(day: date, place: Place) -> bool:
    return place.country is not None and day in _holidays(place.country, place.region, day.year)


@lru_cache(maxsize=1024)
def _holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    """Public holidays, with the days on which they are kept when they fall on a weekend; none where none are known."""
    import holidays  # half a second for the first country, which most commands need not spend

    known = holidays.list_supported_countries().get(country)
    if known is None:
        return frozenset()
    subdivision = region if region in known else None
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


# Receipts and words to the owner answer what somebody has just done: they go out by day, not only in the best hours.
_BY_DAY = Window(8 * 60, 20 * 60, ALL_WEEK)


def home_of(policy: Policy) -> Home:
    """Where the company is."""
    return Home(policy.zone, policy.country)


def hours_of(policy: Policy, phone: Phone, customer: Customer | None) -> Hours:
    """When a notice may go to that number. `customer`: whose it is, for the address; None where it is nobody's."""
    places = places_of(phone, customer, home_of(policy))
    return Hours(policy.window, places, policy.by_law, policy.keep_holidays)


def courtesy_hours(policy: Policy, phone: Phone, customer: Customer | None) -> Hours:
    """When a receipt or a word to the owner may: by day, within the law, and in the owner's window if that is wider."""
    mine = policy.window
    window = Window(min(mine.opens, _BY_DAY.opens), max(mine.closes, _BY_DAY.closes), ALL_WEEK)
    places = places_of(phone, customer, home_of(policy))
    return Hours(window, places, policy.by_law, keep_holidays=False)


def shut_by_law(window: Window, country: str) -> Iterator[str | None]:
    """Regions of a country (None: where the region is not known) in which the law leaves nothing of that window."""
    for region in dict.fromkeys((None, *(law.region for law in LAWS if law.country == country))):
        if _shuts(window, country, region):
            yield region


def shut_by_every_law(window: Window, country: str) -> bool:
    """Whether the law leaves nothing of that window anywhere in the country, by the law of the country alone."""
    return _shuts(window, country, "")


def _shuts(window: Window, country: str, region: str | None) -> bool:
    week = lawful(country, region).week
    return all(meet((window.opens, window.closes), week[day]) is None for day in window.days)
