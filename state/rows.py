"""Rows without the ORM's bookkeeping, for the facts and questions that every single text and payment needs.

Loading an object, tracking it and writing it back costs some five times what the statement itself does. Here the
statement is built once, its rows come as plain records, and a change says what it changes. Written with SQLAlchemy's
own expressions: the same on SQLite and PostgreSQL, and with the tables' own types. On SQLite a statement is compiled
once and then handed to the driver (`state.prepared`): so give statements here that are built once, not per call.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Executable, Select, Table, bindparam, inspect, select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

from state.prepared import execute, padded, prepared

Row = TypeVar("Row", bound=SQLModel)


def table_of(model: type[SQLModel]) -> Table:
    """The table itself."""
    return cast("Table", inspect(model).local_table)


def select_of(model: type[SQLModel], *more: ColumnElement[bool]) -> Select[Any]:
    """A question for rows of `company`, which is bound when it is asked."""
    table = table_of(model)
    return select(table).where(table.c.company == bindparam("company"), *more)


@dataclass(frozen=True, slots=True)
class Some:
    """A question for the rows of `company` whose column is one of some values; they are bound when it is asked."""

    one: Select[Any]  # a list that SQLAlchemy must spell out costs half as much again
    many: Select[Any]


def select_some(model: type[SQLModel], column: str, *more: ColumnElement[bool], only: str = "") -> Some:
    """That question for a column; `more` narrows it, `only` names the columns that are wanted where not all are."""
    table = table_of(model)
    columns = [table.c[name] for name in only.split()] or list(table.c)
    wanted = table.c[column]
    return Some(
        select_of(model, wanted == bindparam("wanted"), *more).with_only_columns(*columns),
        select_of(model, wanted.in_(bindparam("wanted", expanding=True)), *more).with_only_columns(*columns),
    )


def found(connection: Connection, statement: Executable, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a question, or what a change returns, as plain records with the names of the columns."""
    if connection.dialect.name == "sqlite" and (ready := prepared(connection, statement, values)) is not None:
        return ready.rows(execute(connection, ready, [values]))
    return list(connection.execute(statement, values).all())


def first(connection: Connection, statement: Executable, **values: object) -> Any:
    """The first of them, None where there is none."""
    rows = found(connection, statement, values)
    return rows[0] if rows else None


def column(connection: Connection, statement: Executable, **values: object) -> list[Any]:
    """The first column of each of them."""
    return [row[0] for row in found(connection, statement, values)]


def scalar(connection: Connection, statement: Executable, **values: object) -> Any:
    """The first column of the first of them, None where there is none."""
    rows = found(connection, statement, values)
    return rows[0][0] if rows else None


def records(connection: Connection, model: type[Row], statement: Executable, **values: object) -> list[Row]:
    """The rows as plain records with the columns of `model`: to read, never to change."""
    del model  # says what the records look like
    return cast("list[Row]", found(connection, statement, values))


def records_of(
    connection: Connection, model: type[Row], some: Some, company: str, wanted: Collection[str], **more: object
) -> list[Row]:
    """The same for some values of a column."""
    if not wanted:
        return []
    if len(wanted) == 1:
        return records(connection, model, some.one, company=company, wanted=next(iter(wanted)), **more)
    return records(connection, model, some.many, company=company, wanted=padded(wanted), **more)


def change(
    connection: Connection, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> int:
    """Carry out an insert or update at once; how many rows it concerned."""
    if not values:
        return 0
    if connection.dialect.name == "sqlite":
        each = [values] if isinstance(values, Mapping) else values
        many = len(each) > 1
        if (ready := prepared(connection, statement, each[0], many=many)) is not None:
            return execute(connection, ready, each, many=many).rowcount
    return connection.execute(statement, values).rowcount
