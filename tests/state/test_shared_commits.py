"""Facts of several threads share a commit: each is durable when it returns, and none takes another one along."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from connector.errors import DatabaseTrouble
from state.database import Database
from state.migrate import migrate
from state.place import DATABASE_NAME, sqlite_url
from state.store import Store
from state.tables import CursorRow
from tests.state.house import NOW


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = sqlite_url(tmp_path / "state")
    migrate(url)
    database = Database(url)
    yield Store(database)
    database.close()


@contextmanager
def _all_in_line(store: Store, works: list[Callable[[], None]]) -> Iterator[list[Future[None]]]:
    """Holds the database with a fact of its own until every other one waits behind it."""
    with ThreadPoolExecutor(len(works)) as pool:
        with store.database.write() as session:
            session.add(CursorRow(company="acme", name="first", value="", moved_at=NOW))
            waiting = [pool.submit(work) for work in works]
            deadline = time.monotonic() + 10
            while store.database._line < len(works):
                assert time.monotonic() < deadline, "not all of them came"
                time.sleep(0.001)
        yield waiting


def _names(folder: Path) -> set[str]:
    """What another program sees in the file, which is what was committed."""
    with closing(sqlite3.connect(folder / "state" / DATABASE_NAME)) as other:
        return {name for (name,) in other.execute("SELECT name FROM cursors")}


def test_facts_that_wait_for_the_same_disk_share_one_commit(store: Store, tmp_path: Path) -> None:
    commits: list[set[str]] = []
    event.listen(store.database.engine, "commit", lambda _connection: commits.append(_names(tmp_path)))
    works = [lambda name=name: store.set_cursor("acme", name, "", NOW) for name in "abcd"]
    with _all_in_line(store, works) as waiting:  # type: ignore[arg-type]  # each lambda carries its own name
        for one in waiting:
            one.result()
    assert commits == [set()], "one commit, and nothing to be seen before it"
    assert _names(tmp_path) == {"first", *"abcd"}


def test_no_fact_returns_before_its_commit(store: Store) -> None:
    returned: list[str] = []
    seen: list[list[str]] = []
    event.listen(store.database.engine, "commit", lambda _connection: seen.append(list(returned)))

    def work(name: str) -> None:
        store.set_cursor("acme", name, "", NOW)
        returned.append(name)

    with _all_in_line(store, [lambda: work("a"), lambda: work("b")]) as waiting:
        for one in waiting:
            one.result()
    assert seen == [[]]
    assert sorted(returned) == ["a", "b"]


def test_a_fact_that_fails_takes_no_other_along(store: Store, tmp_path: Path) -> None:
    def fail() -> None:
        with store.database.write() as session:
            session.add(CursorRow(company="acme", name="twice", value="", moved_at=NOW))
            session.flush()
            session.add(CursorRow(company="acme", name="first", value="taken", moved_at=NOW))

    works = [lambda: store.set_cursor("acme", "a", "", NOW), fail, lambda: store.set_cursor("acme", "b", "", NOW)]
    with _all_in_line(store, works) as (before, failing, after):
        before.result()
        after.result()
        with pytest.raises(IntegrityError):
            failing.result()
    assert _names(tmp_path) == {"first", "a", "b"}


def test_a_refused_commit_is_told_to_everybody_it_carried(store: Store, tmp_path: Path) -> None:
    told: list[str] = []

    def work(name: str) -> None:
        try:
            store.set_cursor("acme", name, "", NOW)
        except DatabaseTrouble:
            told.append(name)

    with store.database.ask() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(tmp_path / "state" / DATABASE_NAME)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM cursors").fetchall()  # holds a reader's lock until it ends
        with pytest.raises(DatabaseTrouble), _all_in_line(store, [lambda: work("a"), lambda: work("b")]):
            pass
        other.rollback()
    assert sorted(told) == ["a", "b"]
    assert _names(tmp_path) == set()
    store.set_cursor("acme", "later", "", NOW)
    assert _names(tmp_path) == {"later"}


def test_one_thread_alone_waits_for_nobody(store: Store, tmp_path: Path) -> None:
    threads = threading.active_count()
    for name in "abc":
        store.set_cursor("acme", name, "", NOW)
        assert name in _names(tmp_path)
    assert threading.active_count() == threads
