"""When a text may go out: windows in the recipient's own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
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


@lru_cache(maxsize=4096)  # a decision asks some six times, and parsing a number costs more than the rest of it
def zones_of(phone: Phone, home: ZoneInfo) -> tuple[ZoneInfo, ...]:
    """Every zone the number may be in by its area, or by its country; `home` (the company's) where it tells nothing.

    Area codes lie for people who moved; an address in the ledger is better and comes first where there is one.
    """
    import phonenumbers
    from phonenumbers import timezone as number_zones

    try:
        names = number_zones.time_zones_for_number(phonenumbers.parse(phone.e164, None))
    except phonenumbers.NumberParseException:  # of no plan: an owner's number with a slip in it
        names = ()
    return tuple(ZoneInfo(name) for name in names if name != "Etc/Unknown") or (home,)


@lru_cache(maxsize=4096)
def alike(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether two names stand for the same time: number plans know Sydney and not Melbourne."""
    days = (datetime(2026, 1, 1), datetime(2026, 7, 1))  # noqa: DTZ001  wall clocks, in winter and in summer
    return all(day.replace(tzinfo=one).utcoffset() == day.replace(tzinfo=other).utcoffset() for day in days)


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """The civil date in that zone."""
    return now.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a civil day there, in UTC."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)
