"""One language's words for what people answer to a request for money, as data; `connector.domain.answer` reads it.

Patterns are regular expressions of whole words, over text as `consent` makes it plain: small letters, no accents, no
apostrophes ("I'll" is "ill"), "ss" for the German sharp s, single spaces. None may take longer than the square of a
text's length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.domain.reply_words.language import whole_words

__all__ = ["AnswerWords", "whole_words"]


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """One language. What `harmless` matches is taken out before `dispute` and `paid` are looked for.

    `promise`: a promise even without a day; `pay`: words that make one together with a day. `days`: words for a day,
    by how many days it lies ahead. `weekdays`: Monday first. `months`: January first. `within`: "in 3 weeks", with
    groups `n` and `unit`; `units`: how many days the unit stands for; `numbers`: words for numbers. `the_day`: "the
    15th", with a group `d`, which may also stand before a month.
    """

    code: str  # ISO 639-1
    promise: tuple[str, ...]
    pay: tuple[str, ...]
    paid: tuple[str, ...]
    dispute: tuple[str, ...]
    harmless: tuple[str, ...]
    days: Mapping[str, int]
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    week_end: tuple[str, ...]  # of this week
    next_week: tuple[str, ...]
    month_end: tuple[str, ...]
    next_month: tuple[str, ...]
    within: str
    units: Mapping[str, int]
    numbers: Mapping[str, int]
    the_day: str
