"""Where it is night now, so that the play can show a text that waits for the morning, at whatever hour it is played.

A business texts in a window of each customer's own time. Its window here is as wide as the hour of the play lets it be,
and shut where one customer is. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

# Places all around the world with one zone each, by country and, where that has several, state.
PLACES: Final = (
    ("US", "HI", "Pacific/Honolulu", "Honolulu"),
    ("NZ", "", "Pacific/Auckland", "Auckland"),
    ("JP", "", "Asia/Tokyo", "Tokyo"),
    ("TH", "", "Asia/Bangkok", "Bangkok"),
    ("IN", "", "Asia/Kolkata", "Delhi"),
    ("AE", "", "Asia/Dubai", "Dubai"),
    ("KE", "", "Africa/Nairobi", "Nairobi"),
    ("GB", "", "Europe/London", "London"),
    ("AR", "", "America/Argentina/Buenos_Aires", "Buenos Aires"),
    ("BO", "", "America/La_Paz", "La Paz"),
)
SIX: Final = 6 * 60  # before six in the morning at the business the evening is shut, after it the small hours are
SHUT_UNTIL, SHUT_FROM = 5 * 60, 19 * 60  # minutes of the day
MARGIN: Final = 15  # minutes for which it goes on being night there: a play takes one
DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Night:
    """A place where it is night, and the window of a business that keeps it quiet there. Minutes of the day."""

    country: str
    region: str
    city: str
    opens: int
    closes: int


def night(now: datetime, zone: ZoneInfo) -> Night:
    """The window for a business in `zone` that is open there now and shut somewhere else.

    Raises:
        LookupError: it is night nowhere; a test says that there is no such hour.
    """
    opens, closes = (SHUT_UNTIL, DAY) if _minute(now, zone) >= SIX else (0, SHUT_FROM)
    for country, region, name, city in PLACES:
        there = _minute(now, ZoneInfo(name))
        if there < opens - MARGIN or closes <= there < DAY - MARGIN:
            return Night(country, region, city, opens, closes)
    raise LookupError("no place of the list is in the dark")


def _minute(now: datetime, zone: ZoneInfo) -> int:
    local = now.astimezone(zone)
    return local.hour * 60 + local.minute
