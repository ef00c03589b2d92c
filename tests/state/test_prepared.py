"""Statements that go straight to SQLite's driver say and do what they do through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, bindparam, delete, event, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from connector.errors import DatabaseTrouble
from state.prepared import padded, prepared
from state.rows import change, column, first, found, scalar, table_of
from state.tables import CursorRow, ReceivableRow
from tests.state.house import NOW, House, receivable

CURSORS = table_of(CursorRow)
NAMED = select(CURSORS).where(CURSORS.c.name.in_(bindparam("names", expanding=True))).order_by(CURSORS.c.name)
NEW = insert(CURSORS)


@contextmanager
def heard(house: House) -> Iterator[list[tuple[str, Any, bool]]]:
    """What a listener to the statements of the engine is told."""
    told: list[tuple[str, Any, bool]] = []

    def hear(_c: Connection, _k: Any, statement: str, given: Any, _x: Any, many: bool) -> None:  # noqa: FBT001
        told.append((statement, given, many))

    event.listen(house.database.engine, "before_cursor_execute", hear)
    try:
        yield told
    finally:
        event.remove(house.database.engine, "before_cursor_execute", hear)


def cursors(house: House, *names: str) -> None:
    with house.database.record() as connection:
        change(connection, NEW, [{"company": "acme", "name": one, "value": "x", "moved_at": NOW} for one in names])


@pytest.mark.parametrize("many", range(1, 18))
def test_as_many_are_found_as_are_looked_for(house: House, many: int) -> None:
    cursors(house, *(f"list-{number:02}" for number in range(20)))
    wanted = [f"list-{number:02}" for number in range(many)]
    with house.database.ask() as connection:
        assert [row.name for row in found(connection, NAMED, {"names": padded(wanted)})] == wanted
        assert [row.name for row in found(connection, NAMED, {"names": wanted})] == wanted


def test_nothing_is_found_among_no_values(house: House) -> None:
    cursors(house, "list")
    with house.database.ask() as connection:
        assert found(connection, NAMED, {"names": padded([])}) == []
        assert first(connection, NAMED, names=[]) is None
        assert scalar(connection, NAMED, names=[]) is None
        assert column(connection, NAMED, names=[]) == []


def test_a_list_to_look_among_comes_in_few_lengths_and_says_the_same() -> None:
    lengths = set()
    for many in range(1, 501):
        values = [str(number) for number in range(many)]
        assert set(padded(values)) == set(values)
        assert padded(values)[:many] == values
        lengths.add(len(padded(values)))
    assert lengths == {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}


def test_values_come_back_as_they_were(house: House) -> None:
    house.store.receivables_read("acme", [receivable(due_on=date(2026, 12, 24), promised_on=None)], NOW)
    rows = table_of(ReceivableRow)
    with house.database.ask() as connection:
        row = first(connection, select(rows).where(rows.c.company == bindparam("whose")), whose="acme")
    assert row._fields == tuple(one.name for one in rows.columns)
    assert (row.due_on, row.promised_on) == (date(2026, 12, 24), None)
    assert row.read_at == NOW
    assert row.read_at.utcoffset() == timedelta()
    assert row.admitted is False
    assert isinstance(row.total, int)


def test_one_statement_serves_values_of_other_names(house: House) -> None:
    house.store.receivables_read("acme", [receivable()], NOW)
    rows = table_of(ReceivableRow)
    with house.database.ask() as connection:
        known = first(connection, select(rows))._asdict()
    less = {name: value for name, value in known.items() if value is not None}
    statement = insert(rows)
    with house.database.record() as connection:
        change(connection, statement, {**known, "ledger_id": "2"})
        change(connection, statement, [{**less, "ledger_id": str(number)} for number in (3, 4)])
    with house.database.ask() as connection:
        assert sorted(column(connection, select(rows.c.ledger_id)))[:3] == ["2", "3", "4"]


def test_a_broken_constraint_is_told_as_by_sqlalchemy(house: House) -> None:
    cursors(house, "list")
    with pytest.raises(IntegrityError):
        cursors(house, "other", "list")
    with house.database.ask() as connection:
        assert column(connection, select(CURSORS.c.name)) == ["list"]


def test_whoever_listens_hears_of_each(house: House) -> None:
    with heard(house) as told:
        cursors(house, "one")
        cursors(house, "two", "three")
        house.queries.cursor("acme", "one")
    ours = [one for one in told if "cursors" in one[0]]
    assert [(statement.split()[0], many) for statement, _, many in ours] == [
        ("INSERT", False),
        ("INSERT", True),
        ("SELECT", False),
    ]
    assert [len(ours[0][1]), len(ours[1][1])] == [4, 2]


def test_a_listener_can_refuse_and_nothing_is_done(house: House) -> None:
    def refuse(_c: Connection, _k: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT"):
            raise OperationalError(statement, (), Exception("the disk is full"))

    event.listen(house.database.engine, "before_cursor_execute", refuse)
    with pytest.raises(DatabaseTrouble):
        cursors(house, "one")
    event.remove(house.database.engine, "before_cursor_execute", refuse)
    assert house.queries.cursor("acme", "one") is None


def test_a_column_that_code_fills_in_is_left_to_sqlalchemy(house: House) -> None:
    table = Table("counted", MetaData(), Column("name", String, primary_key=True), Column("seen", Integer, default=7))
    with house.database.record() as connection:
        table.create(connection)
        statement = insert(table)
        if house.database.is_sqlite:
            assert prepared(connection, statement, {"name": "one"}) is None
        change(connection, statement, {"name": "one"})
        assert scalar(connection, select(table.c.seen)) == 7
        assert change(connection, delete(table).where(table.c.seen == bindparam("seven")), {"seven": 7}) == 1


def test_a_question_within_a_fact_takes_nothing_back(house: House) -> None:
    with house.database.record() as connection:
        change(connection, NEW, {"company": "acme", "name": "list", "value": "x", "moved_at": NOW})
        if house.database.is_sqlite:  # one connection serves all; on a server a question has its own
            assert house.queries.cursor("acme", "list") is not None
    assert house.queries.cursor("acme", "list") is not None
