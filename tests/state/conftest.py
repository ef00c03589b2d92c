"""A migrated database: on SQLite always, on PostgreSQL too where DUEBIRD_TEST_POSTGRES_URL names a server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from state.database import Database
from state.migrate import migrate
from state.place import sqlite_url
from state.queries import Queries
from state.store import Store
from tests.state.house import House

POSTGRES = os.environ.get("DUEBIRD_TEST_POSTGRES_URL")
KINDS = ["sqlite", "postgresql"] if POSTGRES else ["sqlite"]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "state")
        return
    assert POSTGRES is not None
    schema = f"test_{secrets.token_hex(6)}"
    server = create_engine(POSTGRES)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        joint = "&" if "?" in POSTGRES else "?"
        yield f"{POSTGRES}{joint}options=-csearch_path%3D{schema}"
    finally:
        with server.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        server.dispose()


@pytest.fixture
def house(url: str) -> Iterator[House]:
    migrate(url)
    database = Database(url)
    yield House(database, Store(database), Queries(database))
    database.close()
