"""Real-life replies in seven languages: what each asks of us, and how often the tables are wrong."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from connector.domain.consent import ReplyMeaning, meaning
from connector.domain.reply_words import LANGUAGES, ReplyWords
from tests.architecture.tree import ROOT
from tests.unit.replies.phrasings import MISREAD, NOTHING, PHRASINGS, READ, REVOKES, WRONG

ROWS = [(body, means) for by in PHRASINGS.values() for means, bodies in by.items() for body in bodies]
WHOLE_MESSAGES = [(word, table) for table in LANGUAGES for word in sorted(table.stop_alone)]


@pytest.mark.parametrize(("body", "means"), ROWS, ids=[body for body, _ in ROWS])
def test_a_reply_means_what_a_reasonable_person_understands(body: str, means: ReplyMeaning) -> None:
    assert meaning(body) is means


@pytest.mark.parametrize(("body", "means"), ROWS, ids=[body for body, _ in ROWS])
def test_it_means_the_same_shouted_and_with_an_emoji(body: str, means: ReplyMeaning) -> None:
    assert meaning(f"{body.upper()} \U0001f64f") is means


@pytest.mark.parametrize("body", MISREAD)
def test_what_is_known_to_be_misread_still_is(body: str) -> None:
    meant, read = MISREAD[body]
    assert meaning(body) is read
    assert meant is not read


@pytest.mark.parametrize(("word", "table"), WHOLE_MESSAGES, ids=[word for word, _ in WHOLE_MESSAGES])
def test_a_word_of_any_language_alone_revokes(word: str, table: ReplyWords) -> None:
    assert meaning(word) in {REVOKES, ReplyMeaning.STOP}, table.code


@pytest.mark.parametrize("body", ["Aide", "ayuda", "Hilfe!", "aiuto", "ajuda", "hulp"])
def test_a_call_for_help_that_the_service_does_not_answer_reaches_the_owner(body: str) -> None:
    assert meaning(body) is NOTHING


def test_no_wish_to_stop_that_is_known_is_taken_for_nothing() -> None:
    assert not [body for body, (meant, read) in MISREAD.items() if meant in {REVOKES, READ} and read is NOTHING]


def test_more_than_three_hundred_replies_are_known_in_seven_languages() -> None:
    assert len(ROWS) > 300
    assert {table.code for table in LANGUAGES} == set(PHRASINGS)
    for by in PHRASINGS.values():
        bodies = [body for some in by.values() for body in some]
        assert len(set(bodies)) == len(bodies)


@pytest.mark.parametrize("table", LANGUAGES, ids=[table.code for table in LANGUAGES])
def test_no_pattern_takes_long_over_a_text_that_almost_matches(table: ReplyWords) -> None:
    """An exponential one would not end; 1,600 characters are the longest text there is."""
    for start in (
        "stop ",
        "stop the ",
        "non voglio piu ",
        "ne plus ",
        "no quiero recibir ",
        "bitte keine ",
        "graag geen ",
        "nao quero mais ",
    ):
        for filler in ("de ", "please ", "bitte ", "sie ", "me ", "por favor ", "aub ", "svp ", "a"):
            assert meaning(start + filler * 400) in ReplyMeaning
    assert table.revocation


def test_the_page_tells_how_many_are_known_and_misread() -> None:
    page = (ROOT / "docs" / "explanation" / "replies.md").read_text(encoding="utf-8")
    for code, by in PHRASINGS.items():
        counts = Counter({means: len(bodies) for means, bodies in by.items()})
        line = f"| {code} | {counts[REVOKES]} | {counts[WRONG]} | {counts[READ]} | {counts[NOTHING]} |"
        assert line in page, line
    assert re.search(rf"\b{len(MISREAD)} more\b", page)
