"""Which day an entry is made on."""

from __future__ import annotations

from datetime import date

import pytest

from connector.domain.closed_period import day_of_entry, moved_in_words

OWN, TODAY = date(2026, 10, 30), date(2026, 11, 3)


@pytest.mark.parametrize("may_move", [True, False])
@pytest.mark.parametrize("closed", [None, date(2026, 10, 29)])
def test_an_entry_of_an_open_day_is_on_it(closed: date | None, *, may_move: bool) -> None:
    assert day_of_entry(OWN, closed, TODAY, may_move=may_move) == OWN


@pytest.mark.parametrize("closed", [OWN, date(2026, 10, 31), date(2026, 11, 2)])
def test_of_a_closed_day_it_is_on_the_day_after_the_closing_date_where_it_may(closed: date) -> None:
    day = day_of_entry(OWN, closed, TODAY, may_move=True)
    assert day is not None
    assert (day - closed).days == 1
    assert day_of_entry(OWN, closed, TODAY, may_move=False) is None


def test_it_is_never_on_a_day_to_come() -> None:
    assert day_of_entry(OWN, TODAY, TODAY, may_move=True) is None


def test_its_note_says_its_own_day_and_why() -> None:
    assert moved_in_words(OWN, date(2026, 10, 31)) == "of 2026-10-30, books closed through 2026-10-31"
