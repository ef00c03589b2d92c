"""The budget of calls: counted by rolling windows, kept through restarts and failures, writes before reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from adapters.clock import ManualClock
from connector.domain.cadence import Limit
from connector.errors import DatabaseTrouble, Throttled
from connector.flows.budget import Budget
from connector.flows.company import Answers
from connector.ports.calls import CallKind, CallSeen
from state.database import Database
from state.place import sqlite_url
from state.queries import Queries
from state.store import Store
from tests.migrated import prepare

START = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
READ, WRITE = CallKind.READ, CallKind.WRITE


class Desk:
    """A budget of 1,000 calls a day at Xero, on a database of its own."""

    def __init__(self, folder: Path) -> None:
        url = sqlite_url(folder)
        prepare(url)
        self.database = Database(url)
        self.clock = ManualClock(START)
        self.budget = self.anew()

    def anew(self) -> Budget:
        limits = (Limit("xero", 1000, timedelta(days=1), writes_count=True),)
        return Budget("acme", limits, Queries(self.database), Store(self.database), self.clock)

    def call(
        self, times: int = 1, kind: CallKind = READ, *, off_by: timedelta | None = None, service: str = "xero"
    ) -> None:
        told = self.clock.now() + off_by if off_by is not None else None
        for _ in range(times):
            self.budget.after(CallSeen(service, kind, 200, told))

    def left(self) -> int:
        allowance = self.budget.allowance("xero")
        assert allowance is not None
        return allowance.left


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "state")
    yield made
    made.database.close()


def test_calls_are_counted_before_and_after_they_are_stored(desk: Desk) -> None:
    desk.call(10)
    desk.call(5, WRITE)
    assert desk.left() == 985
    desk.budget.flush()
    assert desk.left() == 985
    desk.budget = desk.anew()
    assert desk.left() == 985


def test_calls_leave_the_window_only_after_a_whole_day(desk: Desk) -> None:
    desk.call(100)
    desk.budget.flush()
    desk.clock.advance(timedelta(hours=23, minutes=55))
    desk.budget = desk.anew()
    assert desk.left() == 900
    desk.clock.advance(timedelta(hours=1))
    desk.budget = desk.anew()
    assert desk.left() == 1000


def test_reads_stop_before_writes_do(desk: Desk) -> None:
    desk.call(899)
    desk.budget.before("xero", READ)
    desk.call()
    with pytest.raises(Throttled):
        desk.budget.before("xero", READ)
    desk.budget.before("xero", WRITE)
    desk.call(100)
    with pytest.raises(Throttled):
        desk.budget.before("xero", WRITE)


def test_a_service_without_a_budget_is_never_refused(desk: Desk) -> None:
    desk.call(5000, service="twilio")
    desk.budget.before("twilio", READ)
    assert desk.budget.allowance("twilio") is None


def test_a_pause_lasts_until_its_end_and_a_shorter_one_does_not_end_it(desk: Desk) -> None:
    desk.budget.pause("xero", START + timedelta(minutes=5))
    desk.budget.pause("xero", START + timedelta(minutes=1))
    desk.clock.advance(timedelta(minutes=4))
    with pytest.raises(Throttled) as waiting:
        desk.budget.before("xero", WRITE)
    assert waiting.value.retry_after == timedelta(minutes=1)
    desk.clock.advance(timedelta(minutes=1))
    desk.budget.before("xero", WRITE)


def test_counts_that_could_not_be_stored_are_not_lost(desk: Desk) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    desk.call(7)
    event.listen(desk.database.engine, "before_cursor_execute", refuse)
    with pytest.raises(DatabaseTrouble):
        desk.budget.flush()
    event.remove(desk.database.engine, "before_cursor_execute", refuse)
    desk.call(1)
    desk.budget.flush()
    desk.budget = desk.anew()
    assert desk.left() == 992


def test_the_clock_is_wrong_only_where_every_service_says_so(desk: Desk) -> None:
    assert desk.budget.clock_error() == timedelta()
    desk.call(off_by=timedelta(hours=3))
    assert desk.budget.clock_error() == timedelta(hours=3)
    desk.call(off_by=timedelta(seconds=1), service="stripe")
    assert desk.budget.clock_error() == timedelta(seconds=1)
    desk.clock.advance(timedelta(hours=2))
    assert desk.budget.clock_error() == timedelta()


def test_what_answered_and_what_was_written_are_told_apart(desk: Desk) -> None:
    desk.call()
    read_at = desk.clock.now()
    assert desk.budget.answers() == Answers({"xero": read_at}, {}, None)
    desk.clock.advance(timedelta(minutes=1))
    desk.budget.after(CallSeen("xero", WRITE, 403))
    desk.budget.after(CallSeen("xero", WRITE, None))
    assert desk.budget.answers() == Answers({"xero": read_at}, {}, None)
    desk.call(kind=WRITE, off_by=timedelta(seconds=1))
    wrote_at = desk.clock.now()
    assert desk.budget.answers() == Answers({"xero": wrote_at}, {"xero": wrote_at}, wrote_at)


def test_a_clock_that_is_wrong_agrees_with_nobody(desk: Desk) -> None:
    desk.call(off_by=timedelta(hours=3))
    assert desk.budget.answers().clock_agreed_at is None


def test_a_pause_that_began_on_a_clock_a_year_ahead_ends_when_it_was_to_end(desk: Desk) -> None:
    desk.clock.jump(START + timedelta(days=365))
    desk.budget.pause("xero", desk.clock.now() + timedelta(seconds=45))
    desk.clock.jump(START)  # somebody sets it right
    with pytest.raises(Throttled) as refused:
        desk.budget.before("xero", READ)
    assert refused.value.retry_after == timedelta(seconds=45)
    desk.clock.advance(timedelta(seconds=45))
    desk.budget.before("xero", READ)


def test_what_a_service_said_is_left_is_forgotten_in_an_hour_whatever_the_wall_clock_says(desk: Desk) -> None:
    desk.clock.jump(START + timedelta(days=365))
    desk.budget.after(CallSeen("xero", READ, 200, day_remaining=3))
    desk.clock.jump(START)
    assert desk.left() == 3
    desk.clock.advance(timedelta(hours=1))
    assert desk.left() > 900
