"""The database: opening it, one short database transaction at a time, durable when a fact returns."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel

from connector.errors import AlreadyRunning, ConfigProblem, DatabaseTrouble
from state import server
from state.place import BUSY_TIMEOUT_MS, trouble

# Seconds a fact may wait for others to share its commit, whatever a slow disk takes for one.
LONGEST_GATHERING: Final = 0.02
# Seconds after which a fact that left its commit to the next in the line looks whether that one was interrupted.
LONGEST_LINE: Final = 1.0
COPIED_AT_ONCE: Final = 1_000  # rows in memory at a time; a row has some 500 bytes
# Statements that SQLite keeps parsed: a pass asks some hundred and fifty different ones, a few kB each. Parsing one
# takes longer than answering it.
STATEMENTS_KEPT: Final = 512
DAMAGED: Final = "damaged"  # the code of the error that says so


class _Troubles:
    """Locked, full, unreadable, damaged, out of reach: one error of ours. A broken constraint stays what it is."""

    def __init__(self, said: Callable[[BaseException], DatabaseTrouble]) -> None:
        self._said = said

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError | ProgrammingError):
            raise self._said(error.orig or error) from error
        if isinstance(error, sqlite3.Error):  # from our own BEGIN and COMMIT
            raise trouble(error) from error


# Not a generator: every question and every fact goes through it.
_OF_THE_FILE: Final = _Troubles(trouble)
_OF_THE_SERVER: Final = _Troubles(server.server_trouble)


class _Group:
    """Facts of several threads that become durable in one commit. Each of them waits for it."""

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.over = threading.Event()
        self.error: BaseException | None = None


class Database:
    """An engine and the rule that a fact is one short transaction.

    On SQLite a single connection serves all threads behind one lock: one writer, and no reader that could stand in
    its way. A commit there waits for the disk several times, so threads that have a fact to store at the same moment
    share one: each fact is a savepoint, the last in the line commits, and nobody returns before that. See
    docs/decisions/0006. On PostgreSQL each fact is a database transaction of the server's, one at a time there too;
    the daemon's go through the very session that makes it the only one (docs/decisions/0007).
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else server.server_engine(url)
        self._claim: tuple[int, str] | None = None  # on a server: the process and host that claimed to be the daemon
        self._session: Connection | None = None  # on a server: the session that holds the claim; guarded by `_lock`
        self._connection: Connection | None = None  # SQLite's only one; guarded by `_lock`, as the group is
        self._driver: sqlite3.Connection | None = None  # the same, as SQLite's driver has it
        self._lock = threading.RLock()
        self._line = 0  # writers that want the lock; counted before they ask for it
        self._line_lock = threading.Lock()
        self._group: _Group | None = None  # facts that are complete and not yet committed
        self._before: tuple[set[int], set[int]] = (set(), set())  # whose facts the last two commits carried
        self._commit_took = 0.0  # seconds

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One fact: everything inside becomes durable together, or not at all, before this returns."""
        # A savepoint of its own: what fails while the ORM writes must not take back other threads' facts.
        with self.record() as connection:
            _begun(connection)
            with _session(connection, join_transaction_mode="create_savepoint") as session:
                yield session
                session.commit()

    @contextmanager
    def record(self) -> Iterator[Connection]:
        """One fact as `write`, for statements of `state.rows`: without a Session, which costs more than they do."""
        if not self.is_sqlite:
            with _OF_THE_SERVER, self._server_fact() as connection:
                yield connection
            return
        group, gathers = None, False
        with _OF_THE_FILE, self._in_line():
            try:
                with self._open(writes=True) as connection:
                    yield connection
                group = self._group = self._group or _Group()
                group.threads.add(threading.get_ident())
                gathers = self._expects_more(group)
            finally:
                if self._line == 0 and not gathers:  # else the next in the line takes this along
                    self._commit_group()
        if group is not None:
            self._see_through(group, min(self._commit_took, LONGEST_GATHERING) if gathers else LONGEST_LINE)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One question."""
        with self.ask() as connection:
            _begun(connection)
            with _session(connection) as session:
                yield session

    @contextmanager
    def ask(self) -> Iterator[Connection]:
        """One question, for statements of `state.rows`.

        It may see a fact of another thread that waits for its commit. Whatever is done upon it is recorded first, in
        that commit or a later one, so nothing outside can depend on a fact that a crash takes back.
        """
        if not self.is_sqlite:
            with _OF_THE_SERVER, self.engine.connect() as connection:
                yield connection
            return
        with _OF_THE_FILE, self._lock, self._open(writes=False) as connection:
            yield connection

    # ------------------------------------------------------------------------------------ PostgreSQL: one at a time

    @contextmanager
    def claimed(self, pid: int, host: str) -> Iterator[None]:
        """Be the only daemon of a database on a server; on SQLite the lock in the state folder says that.

        While inside, facts are written through the session that holds the claim and through no other: where the
        server has ended it, and with it the claim, nothing is recorded, and so nothing is sent, until it is had again.

        Raises:
            AlreadyRunning: another is; says which process on what machine.
            DatabaseTrouble: the server cannot be reached.
        """
        if self.is_sqlite:
            yield
            return
        with _OF_THE_SERVER, self._lock:
            self._claim = pid, host
            try:
                self._daemons_session()
            except BaseException:
                self._claim = None
                raise
        try:
            yield
        finally:
            with self._lock:
                self._claim = None
                self._end_session()

    def daemon(self) -> dict[str, object] | None:
        """On a server: the process and host of the daemon that works on it now; None where none does, and on SQLite."""
        if self.is_sqlite:
            return None
        with self.ask() as connection:
            return server.daemon_of(connection)

    @contextmanager
    def _server_fact(self) -> Iterator[Connection]:
        if self._claim is None:
            with self.engine.begin() as connection:
                server.one_writer(connection)
                yield connection
            return
        with self._lock:
            try:
                connection = self._daemons_session()
            except AlreadyRunning as error:
                raise DatabaseTrouble(
                    f"The PostgreSQL server had ended the connection, and meanwhile another took over. {error.message} "
                    "Nothing was recorded or sent here.",
                    advice="Stop one of the two.",
                ) from error
            try:
                with connection.begin():
                    server.one_writer(connection)
                    yield connection
            finally:
                if connection.invalidated:  # SQLAlchemy would quietly connect again, without the claim
                    self._end_session()

    def _daemons_session(self) -> Connection:
        """The session that holds the claim, made where there is none. Called with the lock held."""
        if self._session is None and self._claim is not None:
            session = self.engine.connect()
            try:
                session.detach()  # the pool would keep it open, and the claim with it
                server.be_the_daemon(session, *self._claim)
                session.commit()
            except BaseException:
                session.close()
                raise
            self._session = session
        assert self._session is not None  # noqa: S101  only asked for while claimed
        return self._session

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(DBAPIError):  # it may be gone already
                session.close()

    # --------------------------------------------------------------------------------------- SQLite: one for all

    @contextmanager
    def _open(self, *, writes: bool) -> Iterator[Connection]:
        """A part of the group's database transaction. Called with the lock held.

        A fact that joins others is a savepoint in it, so that what fails takes back nothing but itself.
        """
        connection, driver = self._sqlite()
        joins = driver.in_transaction
        if not joins:
            # IMMEDIATE: two processes that both read and then write cannot deadlock half way. Straight to the driver:
            # SQLAlchemy's own way, a listener, makes every statement dearer, also those that follow. It learns of the
            # database transaction with the first statement that goes through it, or at the commit.
            driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")
        elif writes:
            driver.execute("SAVEPOINT fact")
        done = False
        try:
            yield connection
            if joins and writes:
                driver.execute("RELEASE fact")
            done = writes
        except BaseException as error:
            if not driver.in_transaction:
                self._fail_group(error)
            elif joins and writes:
                driver.execute("ROLLBACK TO fact")
                driver.execute("RELEASE fact")
            raise
        finally:
            if not (done or joins) or not driver.in_transaction:
                _take_back(connection, driver)

    def _sqlite(self) -> tuple[Connection, sqlite3.Connection]:
        if self._connection is None or self._driver is None:
            self._connection = self.engine.connect()
            driver = self._connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)  # noqa: S101  narrows the driver's type
            self._driver = driver
        return self._connection, self._driver

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        with self._line_lock:
            self._line += 1
        try:
            self._lock.acquire()
        finally:
            with self._line_lock:
                self._line -= 1
        try:
            yield
        finally:
            self._lock.release()

    def _expects_more(self, group: _Group) -> bool:
        """Whether the threads of the last two commits will be back with facts in about the time that one takes.

        Without that, the first of four threads to come back commits alone, while the other three queue.
        """
        return self._line == 0 and len(group.threads) < len(self._before[0] | self._before[1])

    def _see_through(self, group: _Group, patience: float) -> None:
        """Wait until the group is durable; where nobody has made it so in time, do it."""
        if not group.over.wait(patience):
            with self._lock:
                if self._group is group:
                    self._commit_group()
            group.over.wait()
        if group.error is not None:
            raise trouble(group.error) from group.error

    def _fail_group(self, error: BaseException) -> None:
        """SQLite has rolled back everything since the last commit (disk full, say): nobody may believe otherwise."""
        group, self._group = self._group, None
        if group is not None:
            group.error = error
            group.over.set()

    def _commit_group(self) -> None:
        """Make the complete facts durable. Called with the lock held."""
        group, self._group = self._group, None
        connection, driver = self._sqlite()
        if group is None:
            _take_back(connection, driver)
            return
        begin = time.monotonic()
        try:
            _begun(connection)
            connection.commit()
        except BaseException as error:
            group.error = error
            _take_back(connection, driver)
            if not isinstance(error, (DBAPIError, sqlite3.Error)):
                raise
        finally:
            self._commit_took = time.monotonic() - begin
            self._before = (self._before[1], group.threads)
            group.over.set()

    def check(self) -> None:
        """Refuse a damaged file.

        Raises:
            DatabaseTrouble: SQLite's own check found damage; the file is left as it is.
        """
        if not self.is_sqlite:
            return
        try:
            with self._lock, self._open(writes=False) as connection:
                answer = connection.execute(text("PRAGMA quick_check(1)")).scalar()
        except (OperationalError, sqlite3.OperationalError) as error:
            raise DatabaseTrouble(
                f"The database {self.url.database} cannot be read ({getattr(error, 'orig', error)}). Nothing was sent.",
                advice="Look whether another program holds the file, and at free disk space.",
            ) from error
        except (DatabaseError, sqlite3.DatabaseError) as error:
            answer = str(getattr(error, "orig", error))
        if answer != "ok":
            raise DatabaseTrouble(
                f"The database {self.url.database} is damaged ({answer}). Nothing was sent, and it was left as it is.",
                code=DAMAGED,
                advice="Type: duebird recover (it sets the file aside, and rebuilds what is known from your services). "
                "Or go back to a backup as in docs/how-to/backup-and-restore.md",
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
                advice='Use its own backups, or: pg_dump --format=custom --file=FILE "$DUEBIRD_DATABASE_URL"',
            )
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            with self._lock, contextlib.closing(sqlite3.connect(target)) as copy:
                self._commit_group()  # the copy must not start inside a database transaction
                self._sqlite()[1].backup(copy)
        except (OSError, sqlite3.Error) as error:
            target.unlink(missing_ok=True)
            raise DatabaseTrouble(f"The copy could not be written: {error}.") from error
        return target.stat().st_size

    def copy_rows_to(self, target: Database) -> None:
        """Copy every row, as of one moment, into an empty database of the same schema. Writes nothing here."""
        one_moment = self.engine.execution_options(isolation_level="REPEATABLE READ", yield_per=COPIED_AT_ONCE)
        with _OF_THE_SERVER, one_moment.connect() as here, target.record() as there:
            for table in SQLModel.metadata.sorted_tables:
                for some in here.execute(table.select()).mappings().partitions():
                    there.execute(table.insert(), [dict(row) for row in some])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = self._driver = None
            self._end_session()
            self.engine.dispose()


def _begun(connection: Connection) -> None:
    """Let SQLAlchemy know that a database transaction is open: it lets sessions join it, and tells of its commit."""
    if connection.get_transaction() is None:
        connection.begin()


def _take_back(connection: Connection, driver: sqlite3.Connection) -> None:
    """End the database transaction without its facts, for SQLAlchemy as well where it knows of it."""
    if connection.get_transaction() is not None:
        connection.rollback()
    driver.rollback()  # a commit that was refused leaves it open, unseen by SQLAlchemy


def _session(connection: Connection, **more: Any) -> Session:
    return Session(connection, expire_on_commit=False, autoflush=False, **more)


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        poolclass=StaticPool,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "cached_statements": STATEMENTS_KEPT,
        },
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # docs/decisions/0001 and 0006: a rollback journal with EXTRA survives a power cut at any point.
        for pragma in ("journal_mode=PERSIST", "synchronous=EXTRA", "foreign_keys=ON", "fullfsync=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
