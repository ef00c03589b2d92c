"""The database: opening it, one short database transaction at a time, durable when a fact returns."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from connector.errors import ConfigProblem, DatabaseTrouble

# Another process (the CLI beside the daemon) holds the file for milliseconds; five seconds mean that it hangs.
BUSY_TIMEOUT_MS: Final = 5_000
DATABASE_NAME: Final = "duebird.sqlite3"


@contextmanager
def _as_trouble() -> Iterator[None]:
    """Locked, full, unreadable, damaged, out of reach: one error of ours. A broken constraint stays what it is."""
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError):
        raise
    except DBAPIError as error:
        if "locked" in str(error.orig):
            raise DatabaseTrouble(
                f"Another program was writing to the database for {BUSY_TIMEOUT_MS // 1000} seconds. Nothing was "
                "recorded.",
                code="busy",
                advice="Try again in a moment.",
            ) from error
        raise DatabaseTrouble(
            f"The database cannot be used ({error.orig}). Nothing is sent while that is so.",
            advice="Look at free disk space and at other programs that hold the file; see the log.",
        ) from error


class Database:
    """An engine and the rule that a fact is one short transaction.

    On SQLite a single connection serves all threads behind one lock: one writer, and no reader that could stand in
    its way. On PostgreSQL the pool does.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock = threading.RLock()
        self.engine = _sqlite_engine(url) if self.is_sqlite else create_engine(url, pool_pre_ping=True)
        self._reader = self.engine.execution_options(duebird_begin="DEFERRED")

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One fact: everything inside becomes durable together, or not at all."""
        with (
            _as_trouble(),
            self._one_at_a_time(),
            Session(self.engine, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One question."""
        with (
            _as_trouble(),
            self._one_at_a_time(),
            Session(self._reader, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        with self._lock:
            yield

    def check(self) -> None:
        """Refuse a damaged file.

        Raises:
            DatabaseTrouble: SQLite's own check found damage; the file is left as it is.
        """
        if not self.is_sqlite:
            return
        try:
            with self._one_at_a_time(), Session(self._reader) as session:
                answer = session.connection().execute(text("PRAGMA quick_check(1)")).scalar()
        except OperationalError as error:
            raise DatabaseTrouble(
                f"The database {self.url.database} cannot be read ({error.orig}). Nothing was sent.",
                advice="Look whether another program holds the file, and at free disk space.",
            ) from error
        except DatabaseError as error:
            answer = str(error.orig)
        if answer != "ok":
            raise DatabaseTrouble(
                f"The database {self.url.database} is damaged ({answer}). Nothing was sent, and it was left as it is.",
                advice="Stop Duebird, keep a copy of the file, and go back to a backup as in "
                "docs/how-to/backup-and-restore.md",
            )

    def copy_to(self, target: Path) -> int:
        """Write a whole copy through SQLite itself (never by copying the file), 0600; returns its size in bytes.

        Raises:
            ConfigProblem: the database is on a server, which has backups of its own.
            DatabaseTrouble: the copy could not be written; an unfinished one is removed.
        """
        if not self.is_sqlite:
            raise ConfigProblem(
                "The database is on a PostgreSQL server. Nothing was written.",
                advice="Use pg_dump, or its own backups.",
            )
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            with self._one_at_a_time(), self.engine.connect() as connection:
                source = connection.connection.driver_connection
                assert isinstance(source, sqlite3.Connection)  # noqa: S101  narrows the driver's type
                with contextlib.closing(sqlite3.connect(target)) as copy:
                    source.rollback()  # the copy must not start inside a database transaction
                    source.backup(copy)
        except (OSError, sqlite3.Error) as error:
            target.unlink(missing_ok=True)
            raise DatabaseTrouble(f"The copy could not be written: {error}.") from error
        return target.stat().st_size

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=StaticPool,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # docs/decisions/0001: rollback journal and EXTRA survive a power cut at any point, also of the folder entry.
        for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "foreign_keys=ON", "fullfsync=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # IMMEDIATE for facts: two processes that both read and then write cannot deadlock half way.
        mode = connection.get_execution_options().get("duebird_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def private_folder(folder: Path) -> Path:
    """Make the state folder 0700, or refuse one that others can look into.

    Raises:
        ConfigProblem: the folder is open to others or belongs to somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise ConfigProblem(
                f"The state folder {folder} belongs to another user. Nothing was started.",
                advice=f"Give it to the user Duebird runs as: chown {os.geteuid()} {folder}",
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise ConfigProblem(
                f"The state folder {folder} can be read by other users. Nothing was started.",
                advice=f"Close it: chmod 700 {folder}",
            )
    return folder


def sqlite_url(folder: Path, *, create: bool = True) -> str:
    """The address of the database in a state folder. The file is made 0600 before SQLite opens it.

    Raises:
        ConfigProblem: the folder or the file is open to others.
        DatabaseTrouble: there is no database yet, and `create` is False.
    """
    if not create and not (folder / DATABASE_NAME).exists():
        raise DatabaseTrouble(
            f"There is nothing on record yet: {folder / DATABASE_NAME} does not exist.",
            advice="Connect a company and start Duebird: duebird connect COMPANY, then duebird run",
        )
    path = private_folder(folder) / DATABASE_NAME
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigProblem(
            f"The database {path} can be read by other users. Nothing was started.",
            advice=f"Close it: chmod 600 {path}",
        )
    return f"sqlite:///{path}"
