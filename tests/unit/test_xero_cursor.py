from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from adapters.xero.cursor import OTHERS_EVERY, OVERLAP, Cursor, Kind
from adapters.xero.place import PAGE_SIZE, ListPlace
from connector.errors import CursorExpired

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def test_a_cursor_survives_being_written_down() -> None:
    cursor = Cursor.starting_at(NOW).after_last(NOW, NOW)
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"from": {"invoices": "2026-01-01T00:00:00"}}', "null"])
def test_a_cursor_that_is_not_ours_asks_for_a_sweep(text: str) -> None:
    with pytest.raises(CursorExpired):
        Cursor.read(text)


def test_the_first_poll_reads_every_list_and_then_one_in_four_does() -> None:
    cursor = Cursor.starting_at(NOW)
    read: list[list[Kind]] = []
    for _ in range(2 * OTHERS_EVERY):
        cursor = cursor.begun()
        read.append(list(cursor.pending))
        while cursor.pending:
            cursor = cursor.after_last(NOW, NOW)
    assert [len(kinds) for kinds in read] == [3, 1, 1, 1, 3, 1, 1, 1]
    assert all(kinds[0] is Kind.INVOICES for kinds in read)


def _asked(newest: datetime | None, now: datetime | None, start: datetime = NOW) -> datetime:
    cursor = Cursor(dict.fromkeys(Kind, start), tuple(Kind))
    return cursor.after_last(newest, now).asked_from[Kind.INVOICES]


def test_while_rows_may_still_arrive_the_next_question_starts_before_them() -> None:
    assert _asked(NOW - timedelta(seconds=10), NOW, NOW - timedelta(hours=1)) == NOW - OVERLAP


def test_once_all_is_quiet_the_next_question_starts_at_the_newest_row() -> None:
    newest = NOW - timedelta(hours=1)
    assert _asked(newest, NOW, NOW - timedelta(hours=2)) == newest - timedelta(seconds=1)


def test_without_xeros_clock_the_newest_row_counts_as_now() -> None:
    assert _asked(NOW, None, NOW - timedelta(hours=1)) == NOW - OVERLAP


def test_the_place_never_goes_back_and_stays_when_nothing_came() -> None:
    assert _asked(None, NOW + timedelta(days=1)) == NOW
    assert _asked(NOW - timedelta(minutes=1), NOW) == NOW


def test_a_full_page_goes_on_just_before_its_last_row_with_page_one() -> None:
    cursor = Cursor(dict.fromkeys(Kind, NOW), tuple(Kind))
    after = cursor.after_full(NOW + timedelta(seconds=30, milliseconds=900), ["a"])
    assert after.asked_from[Kind.INVOICES] == NOW + timedelta(seconds=29)
    assert after.window == ListPlace()
    assert after.pending == tuple(Kind)
    assert after.begun() == after


@pytest.mark.parametrize("newest", [None, NOW, NOW + timedelta(milliseconds=1500)])
def test_a_full_page_of_one_second_goes_on_within_that_second(newest: datetime | None) -> None:
    cursor = Cursor(dict.fromkeys(Kind, NOW), tuple(Kind))
    after = cursor.after_full(newest, [str(n) for n in range(PAGE_SIZE)])
    assert after.asked_from == cursor.asked_from
    assert after.window.window() == (2, 950)
    assert Cursor.read(str(after)) == after
    assert after.after_last(NOW, NOW).window == ListPlace()


def test_a_second_that_moves_faster_than_it_is_read_asks_for_a_sweep() -> None:
    cursor = Cursor(dict.fromkeys(Kind, NOW), tuple(Kind), window=ListPlace(1000, ("a",)))
    for _ in range(3):
        cursor = cursor.after_gap()
        assert cursor.window.window() == (1, PAGE_SIZE)
    with pytest.raises(CursorExpired, match="faster than it can be read"):
        cursor.after_gap()


# -------------------------------------------------------------------------------------------------------- sweeps


def _sweep(rows: list[str], vanish: int, seed: int = 7) -> list[str]:
    """Read a list of which rows vanish between pages, as the ledger does."""
    chance = random.Random(seed)  # noqa: S311 -- reproducible, not secret
    place, seen = ListPlace(), list[str]()
    for _ in range(1000):
        page, size = place.window()
        shown = rows[(page - 1) * size : page * size]
        if not place.joins(shown):
            place = place.again() or ListPlace()
            continue
        seen += shown
        if page * size >= len(rows):
            return seen
        place = ListPlace.of(place.after(shown).as_json())
        for row in chance.sample(rows, min(vanish, len(rows))):
            rows.remove(row)
    raise AssertionError("the sweep did not end")


@pytest.mark.parametrize("count", [0, 1, 50, 999, 1000, 1001, 1950, 12_345])
def test_a_sweep_of_a_quiet_list_sees_every_row(count: int) -> None:
    rows = [f"{n:06}" for n in range(count)]
    assert set(_sweep(list(rows), vanish=0)) == set(rows)


@pytest.mark.parametrize("seed", range(10))
def test_a_sweep_misses_no_row_that_stays_while_others_vanish(seed: int) -> None:
    rows = [f"{n:06}" for n in range(8_000)]
    seen = set(_sweep(rows, vanish=30, seed=seed))
    assert len(rows) < 8_000
    assert seen >= set(rows)


def test_windows_are_never_larger_than_xero_allows_nor_much_smaller() -> None:
    for read in range(PAGE_SIZE, 200_000, 333):
        page, size = ListPlace(rows_read=read).window()
        assert PAGE_SIZE // 2 <= size <= PAGE_SIZE or read < PAGE_SIZE
        assert read - 50 - page <= (page - 1) * size <= read - 50


def test_a_list_that_shrinks_faster_than_it_is_read_is_given_up_after_some_tries() -> None:
    place: ListPlace | None = ListPlace(2000, ("gone",))
    assert place is not None
    assert not place.joins(["other"])
    for _ in range(3):
        assert place is not None
        place = place.again()
    assert place is not None
    assert place.again() is None
