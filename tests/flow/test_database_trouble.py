"""A database that cannot be written to: nothing is sent; what was sent is looked up once it can be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import event

from connector.failpoints import armed
from state.place import DATABASE_NAME
from tests.flow.office import DOLLARS, MOBILE, Office


def _failing_writes(office: Office, fails: Callable[[str], bool]) -> Callable[[], None]:
    """Statements for which `fails` says so end as on a full disk. Returns how to mend it."""

    def execute(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if fails(statement):
            raise sqlite3.OperationalError("database or disk is full")

    event.listen(office.database.engine, "before_cursor_execute", execute)
    return lambda: event.remove(office.database.engine, "before_cursor_execute", execute)


def test_nothing_is_sent_while_nothing_can_be_written(office: Office) -> None:
    office.issue()
    mend = _failing_writes(office, lambda statement: statement.startswith(("INSERT", "UPDATE")))
    report = office.run()
    assert any("broken off" in trouble for trouble in report.troubles)
    assert office.texts() == []
    assert office.stripe_world.links == {}
    mend()
    office.run(2)
    assert len(office.texts()) == 1


@pytest.mark.parametrize("outage", [1, 30])
def test_a_text_that_could_not_be_recorded_is_found_and_not_sent_again(office: Office, outage: int) -> None:
    office.issue()
    mend = _failing_writes(
        office, lambda statement: bool(office.texts()) and statement.startswith(("INSERT", "UPDATE", "DELETE"))
    )
    for _ in range(outage):
        office.run()
        office.wait(minutes=2)
    mend()
    for _ in range(4):
        office.run()
        office.wait(minutes=2)
    assert len(office.texts()) == 1
    counts = office.company.queries.counts("acme")
    assert (counts["texts"], counts["uncertain"], counts["planned"]) == (1, 0, 0)


def test_a_booking_that_could_not_be_recorded_is_found_and_not_made_again(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts(MOBILE)[0]))
    office.wait(minutes=1)
    mend = _failing_writes(
        office,
        lambda statement: bool(office.bookings(invoice)) and statement.startswith(("INSERT", "UPDATE", "DELETE")),
    )
    for _ in range(3):
        office.run()
        office.wait(minutes=2)
    mend()
    for _ in range(4):
        office.run()
        office.wait(minutes=5)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.company.queries.counts("acme")["booked"] == 1


@pytest.mark.parametrize(("point", "sent"), [("notice.asked", 0), ("notice.answered", 1)])
def test_another_program_that_holds_the_file_for_longer_than_we_wait_stops_the_text_before_its_call(
    office: Office, point: str, sent: int
) -> None:
    with closing(
        sqlite3.connect(office.folder / DATABASE_NAME, check_same_thread=False, isolation_level=None)
    ) as other:

        def take_it(reached: str) -> None:
            if reached == point:
                other.execute("BEGIN EXCLUSIVE")

        office.issue()
        with armed(take_it):
            report = office.run()
        assert any("broken off" in trouble for trouble in report.troubles)
        assert len(office.texts()) == sent
        office.wait(minutes=5)
        assert any("broken off" in trouble for trouble in office.run().troubles)
        assert len(office.texts()) == sent
        other.execute("ROLLBACK")
    for _ in range(4):
        office.run()
        office.wait(minutes=5)
    assert len(office.texts()) == 1
    assert office.company.queries.counts("acme")["uncertain"] == 0
