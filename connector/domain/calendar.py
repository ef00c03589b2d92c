"""When a text may go out: windows in the recipient's own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.domain.phone import Phone

DAYS_AHEAD = 9  # a window of one weekday a week opens again within 8 days; one more for the zone's edge
MINUTES_A_DAY = 24 * 60
ALL_WEEK = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the local day between which a text may be sent, on weekdays 0 (Monday) to 6.

    `closes` is exclusive; 0 and 1440 mean the whole day.
    """

    opens: int = 8 * 60
    closes: int = 20 * 60
    days: frozenset[int] = ALL_WEEK

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY or not self.days <= ALL_WEEK or not self.days:
            raise ValueError("a sending window needs an opening before its closing, and at least one day")

    def is_open(self, now: datetime, zones: Sequence[ZoneInfo]) -> bool:
        """Whether `now` lies inside the window in *every* one of `zones` (all places the recipient may be)."""
        return all(self._inside(now.astimezone(zone)) for zone in zones)

    def _inside(self, local: datetime) -> bool:
        minute = local.hour * 60 + local.minute
        return local.weekday() in self.days and self.opens <= minute < self.closes

    def next_opening(self, now: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
        """The first instant at or after `now` inside the window in all zones; None if there is none in nine days."""
        if self.is_open(now, zones):
            return now
        candidates = sorted(
            opening
            for zone in zones
            for days in range(DAYS_AHEAD)
            if (opening := self._opening(now.astimezone(zone).date() + timedelta(days=days), zone)) > now
        )
        return next((one for one in candidates if self.is_open(one, zones)), None)

    def _opening(self, day: date, zone: ZoneInfo) -> datetime:
        # A local time that a clock change skips resolves to the instant after the gap; one that it repeats, to the
        # first. Going through UTC and back does both.
        return datetime.combine(day, time(self.opens // 60, self.opens % 60), zone).astimezone(UTC)

    def time_left(self, now: datetime, zones: Sequence[ZoneInfo]) -> timedelta:
        """How long until the window closes in the first zone in which it does; zero when it is not open."""
        if not self.is_open(now, zones):
            return timedelta()
        left = []
        for zone in zones:
            local = now.astimezone(zone)
            midnight = datetime.combine(local.date(), time(0), zone)
            end = (midnight + timedelta(minutes=self.closes)).astimezone(UTC)
            if self.closes == MINUTES_A_DAY and self.opens == 0 and (local.weekday() + 1) % 7 in self.days:
                end += timedelta(days=1)  # open all day: midnight is no end
            left.append(end - now)
        return min(left)


@lru_cache(maxsize=4096)  # a decision asks some six times, and parsing a number costs more than the rest of it
def zones_of(phone: Phone, home: ZoneInfo) -> tuple[ZoneInfo, ...]:
    """Every zone the number's area lies in; `home` (the company's) where the number does not tell.

    Area codes lie for people who moved; an address in the ledger is better and comes first where there is one.
    """
    import phonenumbers
    from phonenumbers import timezone as number_zones

    try:
        names = number_zones.time_zones_for_number(phonenumbers.parse(phone.e164, None))
    except phonenumbers.NumberParseException:  # of no plan: an owner's number with a slip in it
        names = ()
    zones = tuple(ZoneInfo(name) for name in names if name != "Etc/Unknown")
    # A country-wide answer ("any zone of the United States") tells nothing: the company's own zone is the better guess
    # only if it is one of them; else all must be inside.
    if len(zones) > MANY_ZONES and any(_alike(home, zone) for zone in zones):
        return (home,)
    return zones or (home,)


def _alike(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether two names stand for the same time: number plans know Sydney and not Melbourne."""
    days = (datetime(2026, 1, 1), datetime(2026, 7, 1))  # noqa: DTZ001  wall clocks, in winter and in summer
    return all(day.replace(tzinfo=one).utcoffset() == day.replace(tzinfo=other).utcoffset() for day in days)


MANY_ZONES = 4  # an area code spans at most two zones; more means that only the country is known


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """The civil date in that zone."""
    return now.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a civil day there, in UTC."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)
