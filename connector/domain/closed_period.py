"""The day on which an entry is made where the books are closed for its own day."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum


class ClosedPeriod(StrEnum):
    """What becomes of an entry whose own day the books are closed for; the owner's choice."""

    ASK = "ask"  # it is left alone, and a person decides
    FIRST_OPEN_DAY = "first_open_day"  # it is made on the first open day, says so, and the owner is told


def day_of_entry(own: date, closed_through: date | None, today: date, *, may_move: bool) -> date | None:
    """The day to make an entry of `own` on; None: a person must decide. All are civil days of the company's zone.

    `closed_through`: the last day that may not be written to, as the ledger says it. `may_move`: by the owner's setting
    or word it may stand on the first open day. It never stands on a day that is still to come: a closing date ahead of
    today is a slip or a stop of all entries, and money that is there already is no entry of the future.
    """
    if closed_through is None or own > closed_through:
        return own
    first_open = first_open_day(closed_through)
    return first_open if may_move and first_open <= today else None


def first_open_day(closed_through: date) -> date:
    """The day after the books were closed through."""
    return closed_through + timedelta(days=1)


def moved_in_words(own: date, closed_through: date) -> str:
    """What the note of an entry says that does not stand on its own day."""
    return f"of {own}, books closed through {closed_through}"
