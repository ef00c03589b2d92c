"""Rows without the ORM's bookkeeping, for the facts and questions that every single text and payment needs.

Loading an object, tracking it and writing it back costs some five times what the statement itself does. Here the
statement is built once, its rows come as plain records, and a change says what it changes. Written with SQLAlchemy's
own expressions: the same on SQLite and PostgreSQL, and with the tables' own types.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Executable, Select, Table, bindparam, inspect, select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SQLModel

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


def records(connection: Connection, model: type[Row], statement: Executable, **values: object) -> list[Row]:
    """The rows as plain records with the columns of `model`: to read, never to change."""
    del model  # says what the records look like
    return cast("list[Row]", connection.execute(statement, values).all())


def records_of(
    connection: Connection, model: type[Row], some: Some, company: str, wanted: Collection[str], **more: object
) -> list[Row]:
    """The same for some values of a column."""
    if not wanted:
        return []
    if len(wanted) == 1:
        return records(connection, model, some.one, company=company, wanted=next(iter(wanted)), **more)
    return records(connection, model, some.many, company=company, wanted=list(wanted), **more)


def change(
    connection: Connection, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> int:
    """Carry out an insert or update at once; how many rows it concerned."""
    return connection.execute(statement, values).rowcount if values else 0
