from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from adapters.xero.cursor import OTHERS_EVERY, OVERLAP, PAGE_SIZE, Cursor, Kind, SweepPlace, next_from
from connector.errors import CursorExpired, Transient

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def test_a_cursor_survives_being_written_down() -> None:
    cursor = Cursor.starting_at(NOW).after(NOW, full=False)
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
            cursor = cursor.after(NOW, full=False)
    assert [len(kinds) for kinds in read] == [3, 1, 1, 1, 3, 1, 1, 1]
    assert all(kinds[0] is Kind.INVOICES for kinds in read)


def test_a_full_page_keeps_its_list_pending() -> None:
    cursor = Cursor.starting_at(NOW).after(NOW, full=True)
    assert cursor.pending[0] is Kind.INVOICES
    assert cursor.begun() == cursor


def test_while_rows_may_still_arrive_the_next_question_starts_before_them() -> None:
    newest = NOW - timedelta(seconds=10)
    assert next_from(NOW - timedelta(hours=1), newest, NOW, full=False) == NOW - OVERLAP


def test_once_all_is_quiet_the_next_question_starts_at_the_newest_row() -> None:
    newest = NOW - timedelta(hours=1)
    assert next_from(NOW - timedelta(hours=2), newest, NOW, full=False) == newest - timedelta(seconds=1)


def test_without_xeros_clock_the_newest_row_counts_as_now() -> None:
    assert next_from(NOW - timedelta(hours=1), NOW, None, full=False) == NOW - OVERLAP


def test_the_place_never_goes_back_and_stays_when_nothing_came() -> None:
    assert next_from(NOW, None, NOW + timedelta(days=1), full=False) == NOW
    assert next_from(NOW, NOW - timedelta(minutes=1), NOW, full=False) == NOW


def test_a_full_page_goes_on_just_before_its_last_row() -> None:
    last = NOW + timedelta(seconds=30, milliseconds=900)
    assert next_from(NOW, last, NOW + timedelta(minutes=1), full=True) == NOW + timedelta(seconds=29)


@pytest.mark.parametrize("newest", [None, NOW, NOW + timedelta(milliseconds=1500)])
def test_a_full_page_that_does_not_advance_is_an_alarm(newest: datetime | None) -> None:
    with pytest.raises(CursorExpired, match="more changes for one second"):
        next_from(NOW, newest, NOW, full=True)


# -------------------------------------------------------------------------------------------------------- sweeps


def _sweep(rows: list[str], vanish: int, seed: int = 7) -> list[str]:
    """Read a list of which rows vanish between pages, as the ledger does."""
    chance = random.Random(seed)  # noqa: S311 -- reproducible, not secret
    place, seen = SweepPlace(), list[str]()
    for _ in range(1000):
        page, size = place.window()
        shown = rows[(page - 1) * size : page * size]
        if not place.joins(shown):
            place = place.again()
            continue
        seen += shown
        if page * size >= len(rows):
            return seen
        place = SweepPlace.read(str(place.after(shown)))
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
        page, size = SweepPlace(rows_read=read).window()
        assert PAGE_SIZE // 2 <= size <= PAGE_SIZE or read < PAGE_SIZE
        assert read - 50 - page <= (page - 1) * size <= read - 50


def test_a_list_that_shrinks_faster_than_it_is_read_is_given_up_after_some_tries() -> None:
    place = SweepPlace(2000, ("gone",))
    assert not place.joins(["other"])
    for _ in range(3):
        place = place.again()
    with pytest.raises(Transient, match="faster than it can be read"):
        place.again()
