"""Letters to the owner: their words, and when there is one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.domain.letters import (
    GIVEN_UP_AFTER,
    LONGEST_SUBJECT,
    SHOWN,
    URGENT_GAP,
    Matter,
    Said,
    digest,
    digest_is_due,
    is_given_up,
    line,
    next_try,
    of_reply,
    urgent_letter,
)

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # a Tuesday, 09:00 in New York
NEW_YORK = ZoneInfo("America/New_York")


def matter(kind: str = "connection", number: int = 1, **more: object) -> Matter:
    values = {
        "key": f"acme/{kind}/{number}",
        "opened_at": NOW,
        "happened": f"Acme: {kind} {number} happened.",
        "not_done": "Nothing was done.",
        "command": "duebird check acme",
    } | more
    return Matter(**values)  # type: ignore[arg-type]  # of a test


def said(**more: object) -> Said:
    values: dict[str, object] = {
        "text_id": "SM1",
        "who": "Dana Reed",
        "number": "+12125550123",
        "words": "I'll pay Friday",
        "at": NOW.astimezone(NEW_YORK),
        "about": "INV-7",
        "not_done": "Nobody has answered it.",
        "command": "duebird show 7",
    }
    return Said(**(values | more))  # type: ignore[arg-type]  # of a test


def test_a_reply_is_told_with_who_when_about_what_and_what_to_type() -> None:
    letter = of_reply("Acme", said())
    assert letter.key == "reply/SM1"
    assert letter.subject == "Dana Reed replied: I'll pay Friday"
    for part in (
        "Dana Reed (+12125550123) wrote to Acme on Tuesday, 24 November 2026, 09:00 (EST):",
        "\n> I'll pay Friday\n",
        "about invoice INV-7",
        "Nobody has answered it.",
        "\nduebird show 7\n",
    ):
        assert part in letter.body


def test_who_is_not_known_is_told_by_number_and_an_empty_reply_as_one() -> None:
    letter = of_reply("Acme", said(who="", words=" ", about=""))
    assert letter.subject == "+12125550123 replied:"
    assert "+12125550123 wrote to Acme" in letter.body
    assert "> (no words)" in letter.body
    assert "last text" not in letter.body


@pytest.mark.parametrize("nasty", ["a\r\nBcc: x@y.example", "a\u202eb", "a\x00b\x1b[2J", "a\u2028b", "\ud800"])
def test_nothing_that_steers_a_program_comes_into_a_letter(nasty: str) -> None:
    letter = of_reply(nasty, said(words=nasty, who=nasty, about=nasty))
    assert "\n" not in letter.subject
    for text in (letter.subject, letter.body.replace("\n", "")):
        assert text.isprintable()
        text.encode()


def test_a_long_line_is_cut_with_a_mark() -> None:
    assert line("x" * 500) == "x" * (LONGEST_SUBJECT - 1) + "…"
    assert line("x" * LONGEST_SUBJECT) == "x" * LONGEST_SUBJECT


def test_what_is_urgent_comes_in_one_letter_and_nothing_twice() -> None:
    items = [matter(), matter("payment", 2), matter("reply", 3)]
    letter = urgent_letter("Acme", items, frozenset(), None, NOW)
    assert letter is not None
    assert letter.subject == "Acme needs you (and 1 more): connection 1 happened."
    assert "1. Acme: connection 1 happened.\n   Nothing was done.\n   duebird check acme\n" in letter.body
    assert "reply 3" not in letter.body
    told = frozenset(one.mark for one in items)
    assert urgent_letter("Acme", items, told, None, NOW) is None
    again = [matter(opened_at=NOW + timedelta(hours=1))]
    opened_again = urgent_letter("Acme", again, told, None, NOW)
    assert opened_again is not None
    assert opened_again.subject == "Acme needs you: connection 1 happened."
    assert urgent_letter("Acme", [matter("reply")], frozenset(), None, NOW) is None
    assert urgent_letter("Acme", [Matter("odd", NOW, "", "", "")], frozenset(), None, NOW) is None


def test_urgent_letters_keep_a_distance_unless_the_clock_was_set_back() -> None:
    items = [matter()]
    assert urgent_letter("Acme", items, frozenset(), NOW - URGENT_GAP / 2, NOW) is None
    assert urgent_letter("Acme", items, frozenset(), NOW - URGENT_GAP, NOW) is not None
    assert urgent_letter("Acme", items, frozenset(), NOW + timedelta(days=9), NOW) is not None


def test_the_daily_letter_is_thought_of_once_a_day_from_its_hour_on() -> None:
    here = NOW.astimezone(NEW_YORK)
    assert digest_is_due(None, here, 540)
    assert not digest_is_due(None, here, 541)
    assert not digest_is_due(here.date(), here, 540)
    assert digest_is_due(here.date() - timedelta(days=1), here, 540)


def test_the_daily_letter_tells_what_is_new_and_counts_the_rest() -> None:
    items = [matter("reply", number) for number in range(3)]
    told = frozenset(one.mark for one in items[1:])
    letter = digest("Acme", items, told, date(2026, 11, 24))
    assert letter is not None
    assert letter.subject == "Acme: 1 new, 3 open for you"
    assert "reply 0" in letter.body
    assert "reply 1" not in letter.body
    assert "2 more wait for you." in letter.body
    assert digest("Acme", items, frozenset(one.mark for one in items), date(2026, 11, 24)) is None
    assert digest("Acme", [], frozenset(), date(2026, 11, 23)) is None


def test_on_mondays_what_is_still_open_is_told_again() -> None:
    items = [matter("reply")]
    letter = digest("Acme", items, frozenset([items[0].mark]), date(2026, 11, 23))
    assert letter is not None
    assert letter.subject == "Acme: 1 open"
    assert "more wait" not in letter.body


def test_a_letter_never_grows_without_end() -> None:
    letter = digest("Acme", [matter("reply", number) for number in range(200)], frozenset(), date(2026, 11, 24))
    assert letter is not None
    assert f"{200 - SHOWN} more wait for you." in letter.body
    assert len(letter.body) < 10_000


def test_tries_come_at_growing_distances_for_three_days() -> None:
    waits = [next_try(tries, NOW) - NOW for tries in (1, 2, 3, 4, 50)]
    assert waits == [timedelta(minutes=one) for one in (1, 5, 15, 60, 60)]
    assert not is_given_up(NOW - GIVEN_UP_AFTER, NOW)
    assert is_given_up(NOW - GIVEN_UP_AFTER - timedelta(seconds=1), NOW)
