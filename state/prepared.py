"""Statements of ours made ready for the driver of SQLite once, and carried out without SQLAlchemy's own way there.

SQLAlchemy looks up what it has compiled, binds, wraps cursor and rows anew for each execution: 45 µs where SQLite
itself takes 4, of questions of which a pass asks some fifty (docs/decisions/0013). Its compiler and the types of our
tables say what a statement is here too; only the execution is ours. On a server the way there takes longer than all of
that, and what SQLAlchemy knows about lost connections is needed: there everything goes through it.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import ExpandedState, SQLCompiler
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


class Prepared:
    """A statement as SQLite's driver takes it, for one set of names and one length of each list among their values."""

    def __init__(self, statement: Any, compiled: SQLCompiler, state: ExpandedState, dialect: Dialect) -> None:
        self.sql = state.statement
        self._rows: Callable[[Sequence[Any]], Any] | None = None
        # By place: what makes of SQLite's values those of our columns. Most are what they are.
        columns = [_processor("result", column.type, dialect) for column in statement.exported_columns]
        self._converts = [(place, convert) for place, convert in enumerate(columns) if convert is not None]
        listed = {one: (name, at) for name, ones in state.parameter_expansion.items() for at, one in enumerate(ones)}
        self._fixed: list[Any] = []  # what is written into the statement itself is bound once, the rest each time
        self._single: list[tuple[int, str, Convert | None]] = []
        self._listed: list[tuple[int, str, int, Convert | None]] = []
        for place, one in enumerate(state.positiontup or ()):
            name, at = listed.get(one, (one, None))
            bind = _processor("bind", compiled.binds[name].type, dialect)
            given = compiled.binds[name].required
            value = None if given else state.parameters[one]
            self._fixed.append(bind(value) if bind and not given else value)
            if given and at is None:
                self._single.append((place, name, bind))
            elif given and at is not None:
                self._listed.append((place, name, at, bind))

    def arguments(self, values: Values) -> tuple[Any, ...]:
        """The values in the order in which the statement wants them."""
        found = self._fixed.copy()
        for place, name, bind in self._single:
            found[place] = bind(values[name]) if bind else values[name]
        for place, name, at, bind in self._listed:
            found[place] = bind(values[name][at]) if bind else values[name][at]
        return tuple(found)

    def rows(self, cursor: sqlite3.Cursor) -> list[Any]:
        """What it found, as records with the names of its columns."""
        found = cursor.fetchall()
        if not found:
            return []
        if self._rows is None:
            names = [column[0] for column in cursor.description]
            # Known only when it is asked.
            kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024
            self._rows = kind._make
        if not self._converts:
            return list(map(self._rows, found))
        made = []
        for row in found:
            values = list(row)
            for place, convert in self._converts:
                values[place] = convert(values[place])
            made.append(self._rows(values))
        return made


class _Ways:
    """Every way in which one statement has been asked so far."""

    def __init__(self) -> None:
        self.lists: dict[tuple[Any, ...], tuple[str, ...]] = {}  # which of the names stand for lists
        self.ready: dict[tuple[Any, ...], Prepared | None] = {}


_KNOWN: Final[WeakKeyDictionary[Executable, _Ways]] = WeakKeyDictionary()


def prepared(connection: Connection, statement: Executable, values: Values, *, many: bool = False) -> Prepared | None:
    """The statement made ready for values of these names; None where it must go through SQLAlchemy.

    Lists among the values must have a length that `padded` gives, lest each length be a statement of its own.
    """
    ways = _KNOWN.get(statement)
    if ways is None:
        ways = _KNOWN[statement] = _Ways()
    names = (many, *values)
    lists = ways.lists.get(names)
    if lists is not None:
        shape = (*names, *[len(values[name]) for name in lists]) if lists else names
        if shape in ways.ready:
            return ways.ready[shape]
    return _prepare(connection.dialect, statement, values, ways, many=many)


def _prepare(dialect: Dialect, statement: Any, values: Values, ways: _Ways, *, many: bool) -> Prepared | None:
    names = (many, *values)
    # As SQLAlchemy does it: the names of the values say which columns an insert fills.
    compiled = statement.compile(dialect=dialect, column_keys=sorted(values), for_executemany=many)
    lists = tuple(sorted(one.key for one in compiled.post_compile_params if one.required))
    ways.lists[names] = lists
    shape = (*names, *[len(values[name]) for name in lists])
    by_code = compiled.insert_prefetch or compiled.update_prefetch  # columns that Python would fill in
    state = compiled.construct_expanded_state(values)
    ways.ready[shape] = None if by_code else Prepared(statement, compiled, state, dialect)
    return ways.ready[shape]


def _processor(way: str, kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    made = kind.dialect_impl(dialect)
    return made.bind_processor(dialect) if way == "bind" else made.result_processor(dialect, None)


def padded(values: Collection[Any]) -> list[Any]:
    """A list to look among, of 1, 2, 4, 8... values: the last is named again, which changes nothing.

    So that a statement comes in ten lengths and not in five hundred, each compiled and kept by itself.
    """
    found = list(values)
    return found + found[-1:] * ((1 << max(len(found) - 1, 0).bit_length()) - len(found))


def execute(connection: Connection, ready: Prepared, values: Sequence[Values], *, many: bool = False) -> sqlite3.Cursor:
    """Carry it out for the first of the values, or for `many`. Whoever listens to the engine hears of it as of any."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101  narrows the driver's type
    given: Any = [ready.arguments(one) for one in values] if many else ready.arguments(values[0])
    for hear in connection.engine.dispatch.before_cursor_execute:
        hear(connection, None, ready.sql, given, None, many)
    try:
        return driver.executemany(ready.sql, given) if many else driver.execute(ready.sql, given)
    except sqlite3.Error as error:
        raise DBAPIError.instance(ready.sql, given, error, sqlite3.Error, dialect=connection.dialect) from error
