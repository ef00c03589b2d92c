"""When the world looks wrong: far more texts than this company ever sends, or its open invoices gone all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.calendar import local_day

# Most small businesses bill once a month: the busiest day of five weeks is a billing day.
LOOK_BACK: Final = timedelta(days=35)
# A good month has twice the invoices of a poor one. What is five times the busiest day is an import, a changed due
# date on everything, or a setting that went wrong.
TIMES: Final = 5
# Fewer invoices than these are settled on one good afternoon.
GONE_TOGETHER: Final = 10
# Of every ten that were open, at least nine are not any more.
GONE_OF_TEN: Final = 9


def busiest_day(texted_at: Sequence[datetime], zone: ZoneInfo) -> int:
    """The most notices of any day of the company's own calendar. Instants are UTC."""
    return max(Counter(local_day(at, zone) for at in texted_at).values(), default=0)


def is_flood(today: int, busiest: int, usual: int) -> bool:
    """Whether so many notices in a day need a word of the owner.

    Args:
        today: notices of the last 24 hours, and those that are about to go.
        busiest: the most on any day of `LOOK_BACK` before that.
        usual: so many are nothing unusual for any company of its size.
    """
    return today > max(usual, TIMES * busiest)


def all_gone(before: int, now: int) -> bool:
    """Whether so many fewer invoices are open than at the full reading before that something may be wrong with it."""
    return before >= GONE_TOGETHER and (before - now) * 10 >= before * GONE_OF_TEN
