"""A PostgreSQL server for tests, where DUEBIRD_TEST_POSTGRES_URL names one: each test has a schema of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

POSTGRES = os.environ.get("DUEBIRD_TEST_POSTGRES_URL")


@contextmanager
def own_schema() -> Iterator[str]:
    """The address of an empty database, gone afterwards."""
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
