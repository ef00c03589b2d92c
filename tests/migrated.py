"""A migrated database for a test that is about something else than migrations."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from state.migrate import migrate
from state.place import DATABASE_NAME, sqlite_url


def prepare(url: str) -> None:
    """Leave at the address what `migrate` leaves there: a copy of its work where there is only an empty file.

    A database that holds something already, or is on a server, is migrated in place.
    """
    parsed = make_url(url)
    file = Path(parsed.database or "")
    if parsed.get_backend_name() == "sqlite" and file.stat().st_size == 0:
        file.write_bytes(empty_database())
    else:
        migrate(url)


@cache
def empty_database() -> bytes:
    """The file of a new installation; made once a process: that takes longer than many a test."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "state"
        migrate(sqlite_url(folder))
        return (folder / DATABASE_NAME).read_bytes()
