"""What a reply says about the money: a promise and for which day, that it is paid, that something is wrong.

Only for people to read sooner, and to hold reminders back: nothing is booked or forgiven on it. Whether the person
wants texts at all is decided before, by `consent.meaning`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Final

from connector.domain.answer_words import ANSWER_LANGUAGES, AnswerWords
from connector.domain.consent import LONGEST, clauses_of, plain

# "By 20 November", said on the 23rd, speaks of what was, not of a day in a year.
HALF_A_YEAR: Final = timedelta(days=183)
FRIDAY: Final = 4


class Topic(StrEnum):
    """What a reply is about."""

    DISPUTE = "dispute"  # the amount, the work or the order is wrong
    PAID = "paid"  # they say it is paid
    PROMISE = "promise"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply says about the money. `day`: of a promise, where one was understood; a civil day of the sender."""

    topic: Topic
    day: date | None = None


def answer(body: str, today: date, languages: Iterable[AnswerWords] = ANSWER_LANGUAGES) -> Answer:
    """Read a reply that was written on `today`, the sender's day.

    The weightiest clause decides: dispute, paid, promise. A promise needs words that promise, or a word for paying
    with a day.
    """
    text = plain(body[:LONGEST])
    tables = tuple(languages)
    day = _promised_day(text, today, tables)
    found = {_of_clause(clause, table, dated=day is not None) for clause in clauses_of(text) for table in tables}
    topic = next((one for one in Topic if one in found), Topic.OTHER)
    return Answer(topic, day if topic is Topic.PROMISE else None)


def _of_clause(clause: str, table: AnswerWords, *, dated: bool) -> Topic:
    rest = clause
    for harmless in table.harmless:
        rest = _compiled(harmless).sub(" ", rest)
    rest = " ".join(rest.split())
    if _any(table.dispute, rest):
        return Topic.DISPUTE
    if _any(table.paid, rest) and not _any(table.promise, clause):
        return Topic.PAID
    if _any(table.promise, clause) or (dated and _any(table.pay, rest)):
        return Topic.PROMISE
    return Topic.OTHER


def _any(patterns: tuple[str, ...], text: str) -> bool:
    return any(_compiled(pattern).search(text) for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first asked for: most commands never read a reply."""
    return re.compile(pattern)


# ----------------------------------------------------------------------------------------------------------- days

_ISO: Final = r"(?<!\d)(20\d\d)-(\d{1,2})-(\d{1,2})(?!\d)"
_NUMERIC: Final = r"(?<![\d.,/])(\d{1,2})([./])(\d{1,2})(?:\2(?:20)?\d\d|\.)?(?![\d/%])"


def _promised_day(text: str, today: date, tables: tuple[AnswerWords, ...]) -> date | None:
    """The day a text names, None where it names none, or only one that is over.

    Written dates come before words for days, and those before a bare "the 15th"; of several of a kind the latest is
    meant ("not today, tomorrow"). A bare day that falls on a named weekday is that weekday's date.
    """
    words = " ".join(clauses_of(text))
    for table in tables:
        for harmless in table.harmless:
            words = _compiled(harmless).sub(" ", words)
    written = [*_numeric(text, today), *(day for table in tables for day in _named_months(words, today, table))]
    if written:
        return max(written)
    spoken = [day for table in tables for day in _spoken(words, today, table)]
    bare = [day for table in tables for day in _bare(words, today, table)]
    agreed = [day for day in bare if day.weekday() in {one.weekday() for one in spoken}]
    return max(agreed or spoken or bare, default=None)


def _numeric(text: str, today: date) -> Iterator[date]:
    """2026-12-04, and 4.12. or 24/12; 4/12 is two different days on two sides of the Atlantic, and no day here."""
    for found in _compiled(_ISO).finditer(text):
        yield from _ahead(today, int(found[1]), int(found[2]), int(found[3]))
    for found in _compiled(_NUMERIC).finditer(text):
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or first > 12 or first == second:  # noqa: PLR2004  there is no month 13
            yield from _next_of(today, second, first)
        elif second > 12:  # noqa: PLR2004
            yield from _next_of(today, first, second)


def _named_months(words: str, today: date, table: AnswerWords) -> Iterator[date]:
    for month, names in enumerate(table.months, start=1):
        for pattern in (
            rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|ste|ten|te|de|e)?(?: of| de| di)? (?:{names})\b",
            rf"\b(?:{names}) (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b",
        ):
            for found in _compiled(pattern).finditer(words):
                yield from _next_of(today, month, int(found["d"]))


def _spoken(words: str, today: date, table: AnswerWords) -> Iterator[date]:
    for pattern, ahead in table.days.items():
        if _has(pattern, words):
            yield today + timedelta(days=ahead)
    for weekday, names in enumerate(table.weekdays):
        if _has(names, words):
            yield today + timedelta(days=(weekday - today.weekday()) % 7 or 7)
    for found in _compiled(rf"\b{table.within}\b").finditer(words):
        count = int(found["n"]) if found["n"].isdecimal() else table.numbers.get(found["n"])
        if count is not None:
            yield today + timedelta(days=count * table.units[found["unit"]])
    yield from _ends(words, today, table)


def _ends(words: str, today: date, table: AnswerWords) -> Iterator[date]:
    """The end of a week is its Friday, of a month its last day."""
    monday = today - timedelta(days=today.weekday())
    if _any_of(table.next_week, words):
        yield monday + timedelta(days=7 + FRIDAY)
    elif _any_of(table.week_end, words):
        # From Saturday on the week that is meant ends on Sunday.
        yield max(monday + timedelta(days=FRIDAY), today if today.weekday() <= FRIDAY else monday + timedelta(days=6))
    if _any_of(table.next_month, words):
        yield _month_end(_month_end(today) + timedelta(days=1))
    elif _any_of(table.month_end, words):
        yield _month_end(today)


def _bare(words: str, today: date, table: AnswerWords) -> Iterator[date]:
    """The 15th: of this month, or of the next one that has such a day."""
    for found in _compiled(rf"\b{table.the_day}\b(?! (?:euros?|dollars?|usd|eur|percent|hours?))").finditer(words):
        yield from _day_of_month(today, int(found["d"]))


def _day_of_month(today: date, day: int) -> Iterator[date]:
    first = today.replace(day=1)
    for _ in range(3):  # two months in a row may lack a day, no three
        if 1 <= day <= _month_end(first).day and first.replace(day=day) >= today:
            yield first.replace(day=day)
            return
        first = _month_end(first) + timedelta(days=1)


def _next_of(today: date, month: int, day: int) -> Iterator[date]:
    """That day of the year, this year or next; nothing where it is no day, or was only lately."""
    for year in (today.year, today.year + 1):
        found = list(_ahead(today, year, month, day))
        if found and found[0] - today <= HALF_A_YEAR:
            yield found[0]
            return


def _ahead(today: date, year: int, month: int, day: int) -> Iterator[date]:
    try:
        found = date(year, month, day)
    except ValueError:
        return
    if found >= today:
        yield found


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _has(pattern: str, words: str) -> bool:
    return _compiled(rf"\b(?:{pattern})\b").search(words) is not None


def _any_of(patterns: tuple[str, ...], words: str) -> bool:
    return any(_has(pattern, words) for pattern in patterns)
