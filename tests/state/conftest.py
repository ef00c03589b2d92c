"""A migrated database: on SQLite always, on PostgreSQL too where DUEBIRD_TEST_POSTGRES_URL names a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from state.database import Database
from state.place import sqlite_url
from state.queries import Queries
from state.store import Store
from tests.migrated import prepare
from tests.postgres import POSTGRES, own_schema
from tests.state.house import House

KINDS = ["sqlite", "postgresql"] if POSTGRES else ["sqlite"]
collect_ignore = [] if POSTGRES else ["test_server.py"]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "state")
        return
    with own_schema() as address:
        yield address


@pytest.fixture
def on_server() -> Iterator[str]:
    """The same, on PostgreSQL only."""
    with own_schema() as address:
        yield address


@pytest.fixture
def house(url: str) -> Iterator[House]:
    prepare(url)
    database = Database(url)
    yield House(database, Store(database), Queries(database))
    database.close()
