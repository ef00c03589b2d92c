"""Replies about money, in seven languages: what they are about, and which day a promise names."""

from __future__ import annotations

from datetime import date

import pytest

from connector.domain.answer import Answer, Topic, answer
from connector.domain.answer_words import ANSWER_LANGUAGES, AnswerWords
from tests.unit.replies.answers import DISPUTES, MISREAD, NEITHER, PAID, PROMISES

MONDAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(("day", "body"), PROMISES, ids=[body for _, body in PROMISES])
def test_a_promise_is_heard_with_its_day(day: str, body: str) -> None:
    assert answer(body, MONDAY) == Answer(Topic.PROMISE, date.fromisoformat(day) if day else None)
    assert answer(f"{body.upper()} \U0001f64f", MONDAY).topic is Topic.PROMISE


@pytest.mark.parametrize("body", PAID)
def test_who_says_it_is_paid_is_heard(body: str) -> None:
    assert answer(body, MONDAY) == Answer(Topic.PAID)


@pytest.mark.parametrize("body", DISPUTES)
def test_who_says_something_is_wrong_is_heard(body: str) -> None:
    assert answer(body, MONDAY) == Answer(Topic.DISPUTE)


@pytest.mark.parametrize("body", NEITHER)
def test_what_is_none_of_these_is_none(body: str) -> None:
    assert answer(body, MONDAY) == Answer(Topic.OTHER)


@pytest.mark.parametrize("body", MISREAD)
def test_what_is_known_to_be_misread_still_is(body: str) -> None:
    meant, read = MISREAD[body]
    assert answer(body, MONDAY).topic == read
    assert meant != read


@pytest.mark.parametrize(
    ("today", "body", "day"),
    [
        # A weekday is the next one, never today.
        (FRIDAY, "I'll pay Friday", date(2026, 12, 4)),
        (FRIDAY, "I'll pay saturday", date(2026, 11, 28)),
        (date(2026, 12, 31), "I'll pay tomorrow", date(2027, 1, 1)),
        (MONDAY, "not today, I'll pay tomorrow", date(2026, 11, 24)),
        # A bare day: of this month if it is to come, else of the next month that has it.
        (MONDAY, "I'll pay on the 23rd", MONDAY),
        (MONDAY, "I'll pay on the 22nd", date(2026, 12, 22)),
        (date(2027, 1, 31), "I'll pay on the 30th", date(2027, 3, 30)),
        (MONDAY, "I'll pay on the 32nd", None),
        (MONDAY, "I'll pay Friday the 4th", date(2026, 12, 4)),
        # The ends of weeks and months.
        (MONDAY, "I'll pay by the end of the week", FRIDAY),
        (date(2026, 11, 28), "I'll pay this weekend", date(2026, 11, 29)),
        (FRIDAY, "I'll pay by the end of this week", FRIDAY),
        (date(2026, 11, 29), "I'll pay next week", date(2026, 12, 4)),
        (date(2026, 11, 30), "I'll pay at the end of the month", date(2026, 11, 30)),
        (date(2027, 1, 31), "I'll pay next month", date(2027, 2, 28)),
        (MONDAY, "I'll pay in 10 days", date(2026, 12, 3)),
        (MONDAY, "I'll pay in a month", date(2026, 12, 23)),
        (MONDAY, "I'll pay in several weeks", None),
        # Written days.
        (MONDAY, "I'll pay on December 4th", date(2026, 12, 4)),
        (MONDAY, "I'll pay 4 January", date(2027, 1, 4)),
        (MONDAY, "I'll pay what you sent on november 20", None),
        (MONDAY, "I'll pay february 30", None),
        (MONDAY, "I'll pay 2026-12-04", date(2026, 12, 4)),
        (MONDAY, "I'll pay 2026-11-22", None),
        (MONDAY, "I'll pay 24/12", date(2026, 12, 24)),
        (MONDAY, "I'll pay 12/24", date(2026, 12, 24)),
        (MONDAY, "I'll pay 12/12", date(2026, 12, 12)),
        (MONDAY, "I'll pay 4/12", None),  # April or December: nobody can know
        (MONDAY, "I'll pay 13/13", None),
        (MONDAY, "Ich zahle bis 4.12.", date(2026, 12, 4)),
        (MONDAY, "I'll pay 120.50", None),
        (MONDAY, "I'll pay the 15th dollars", None),
    ],
)
def test_a_day_is_understood_from_the_day_of_the_reply(today: date, body: str, day: date | None) -> None:
    assert answer(body, today) == Answer(Topic.PROMISE, day)


def test_the_weightiest_clause_decides() -> None:
    assert answer("I'll pay Friday. But the amount is wrong.", MONDAY).topic is Topic.DISPUTE
    assert answer("I'll pay Friday... no wait, I already paid", MONDAY).topic is Topic.PAID
    assert answer("", MONDAY).topic is Topic.OTHER


@pytest.mark.parametrize("table", ANSWER_LANGUAGES, ids=[table.code for table in ANSWER_LANGUAGES])
def test_each_language_has_its_words_for_days(table: AnswerWords) -> None:
    assert (len(table.weekdays), len(table.months)) == (7, 12)
    assert set(table.days.values()) == {0, 1, 2}
    assert all(days in {1, 7, 30} for days in table.units.values())


@pytest.mark.parametrize(
    "filler", ["the ", "i will ", "ich ", "je ", "no ", "in 2 ", "a", "non ", "nao ", "niet ", "1."]
)
def test_no_pattern_takes_long_over_a_text_that_almost_matches(filler: str) -> None:
    for start in ("i will pay ", "the work ", "le travail ", "die lieferung ", "ho ", "hice ", "heb ", "werde "):
        assert answer(start + filler * 400, MONDAY).topic in Topic
