"""A damaged database is set aside, never deleted: something may still be saved from it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connector.errors import DatabaseTrouble
from state.database import Database
from state.migrate import migrate
from state.store import Store

FRESH: Final = ".fresh"  # the empty database while it is made
JOURNAL: Final = "-journal"  # SQLite's own, which belongs to one database and would spoil another


def set_aside(file: Path, companies: Sequence[str], now: datetime) -> Path:
    """Put an empty database in the place of a damaged one; returns where that is now.

    The empty one orders the recovery of every company before it takes the place: whatever happens in between, nobody
    ever works with one that knows nothing and does not know that. Called by whoever alone works on the state.

    Raises:
        DatabaseTrouble: it could not be done; the damaged file is where it was.
    """
    target = file.with_name(f"{file.name}.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    fresh = file.with_name(f"{file.name}{FRESH}")
    try:
        _remove(fresh)
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        migrate(f"sqlite:///{fresh}")
        database = Database(f"sqlite:///{fresh}")
        try:
            for company in companies:
                why = f"the database was damaged and is set aside as {target.name}"
                Store(database).recovery_needed(company, why, now)
        finally:
            database.close()
        fresh.with_name(fresh.name + JOURNAL).unlink(missing_ok=True)
        _keep(file, target)
        fresh.replace(file)
        _flush_folder(file.parent)
    except OSError as error:
        raise DatabaseTrouble(
            f"The damaged database {file} could not be set aside ({error.strerror}). Nothing was started.",
            advice="Make room on that disk, or make the folder writable; then type the same again.",
        ) from error
    return target


def _keep(file: Path, target: Path) -> None:
    """A second name for the file. SQLite's journal goes along first: beside the new one it would be played into it."""
    journal = file.with_name(file.name + JOURNAL)
    if journal.exists():
        journal.replace(target.with_name(target.name + JOURNAL))
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without second names
        shutil.copy2(file, target)


def _remove(fresh: Path) -> None:
    for leftover in (fresh, fresh.with_name(fresh.name + JOURNAL)):
        leftover.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    with suppress(OSError):  # the names are right already; only a power cut in this very second could undo them
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
