"""A database on a PostgreSQL server: its address, what is asked of every session, and who alone may write.

The rules are those of the file: a fact is durable when it returns, one fact is written at a time, and one daemon works
on it. There they come with SQLite and with a lock in the state folder; here the server is asked for them.
"""

from __future__ import annotations

import importlib.util
import json
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from connector.errors import AlreadyRunning, ConfigProblem, DatabaseTrouble
from state.place import BUSY_TIMEOUT_MS

DRIVER: Final = "postgresql+psycopg"
# As people write it for `psql` and `pg_dump`: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
WRITTEN: Final = frozenset({"postgresql", "postgres", DRIVER})
EXAMPLE: Final = "postgresql://duebird:PASSWORD@localhost/duebird"

CONNECT_TIMEOUT: Final = 10  # seconds; a server in the same house answers in milliseconds, a far one in one or two
# A question over a whole installation takes less than a second; what takes longer than this hangs.
STATEMENT_TIMEOUT_MS: Final = 30_000
# A fact is over in milliseconds. A program that vanished in the middle of one must not keep the others from writing.
ABANDONED_MS: Final = 30_000
# The network may lose a server without a word; half a minute later a waiting program hears of it.
UNHEARD_MS: Final = 30_000

# The two locks, of one class (the letters DUEB), told apart by the schema's name: installations in several schemas
# of one database do not stand in each other's way. A made-up number that no other program is likely to use.
LOCK_CLASS: Final = 0x44554542
_WRITER: Final = text("SELECT pg_advisory_xact_lock(:class, hashtext('writer/' || current_schema()))")
_DAEMON: Final = text("SELECT pg_try_advisory_lock(:class, hashtext('daemon/' || current_schema()))")
_HOLDER: Final = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = :class "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND l.objid::bigint = hashtext('daemon/' || current_schema())::bigint & 4294967295"
)


def server_url(written: str) -> str:
    """The address as SQLAlchemy wants it, from what a person wrote. No error repeats it: it holds a password.

    Raises:
        ConfigProblem: it is no address of a PostgreSQL database, or the driver is not installed.
    """
    try:
        url = make_url(written.strip())
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in WRITTEN or not url.database:
        raise ConfigProblem(
            "DUEBIRD_DATABASE_URL is not the address of a PostgreSQL database. Nothing was started.",
            advice=f"Write it as {EXAMPLE}, with signs such as @ or / in the password written as %40 or %2F. "
            "To keep the records in a file of the state folder, unset it.",
        )
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigProblem(
            "DUEBIRD_DATABASE_URL names a PostgreSQL database, and what speaks to it is not installed. "
            "Nothing was started.",
            advice='Install it beside Duebird: pipx inject duebird "psycopg[binary]"',
        )
    return url.set(drivername=DRIVER).render_as_string(hide_password=False)


def shown(url: str) -> str:
    """The address as it may be shown: without user and password."""
    parsed = make_url(url)
    host = parsed.host or parsed.query.get("host") or "this machine"
    return f'"{parsed.database}" on {host}'


def server_engine(url: str, *, pooled: bool = True) -> Engine:
    """Connections whose every wait has an end, and whose commits are durable whatever the server's own rule is."""
    patience = {
        "connect_timeout": CONNECT_TIMEOUT,
        "keepalives": 1,
        "keepalives_idle": UNHEARD_MS // 1000 // 2,
        "keepalives_interval": 5,
        "tcp_user_timeout": UNHEARD_MS,
    }
    more: dict[str, Any] = {"pool_pre_ping": True} if pooled else {"poolclass": NullPool}
    engine = create_engine(url, connect_args=patience, **more)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        # "off" may lose the last commits when the power goes; every other value waits for a disk.
        # https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
            for name, value in (
                ("lock_timeout", BUSY_TIMEOUT_MS),
                ("statement_timeout", STATEMENT_TIMEOUT_MS),
                ("idle_in_transaction_session_timeout", ABANDONED_MS),
            ):
                cursor.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
        connection.commit()

    return engine


def server_trouble(error: BaseException) -> DatabaseTrouble:
    """What the server or its absence means, as one of ours."""
    if getattr(error, "sqlstate", None) == "55P03":  # lock_not_available: our lock_timeout
        return DatabaseTrouble(
            f"Another program was writing to the database for {BUSY_TIMEOUT_MS // 1000} seconds. Nothing was recorded.",
            code="busy",
            advice="Try again in a moment.",
        )
    said = " ".join(str(error).split())
    return DatabaseTrouble(
        f"The PostgreSQL database cannot be used ({said}). Nothing is sent while that is so.",
        advice="Look whether the server runs and lets this user in: psql \"$DUEBIRD_DATABASE_URL\" -c 'select 1'",
    )


def one_writer(connection: Connection) -> None:
    """Be the only one who writes until this database transaction ends.

    Facts look and then write ("is it there? else add it"). Two at a time would each see the other's row missing.
    """
    connection.execute(_WRITER, {"class": LOCK_CLASS})


def be_the_daemon(connection: Connection, pid: int, host: str) -> None:
    """Make this session the only daemon's. The server ends that with the session, however it ends.

    Raises:
        AlreadyRunning: another session is; says which process on what machine.
    """
    # The server keeps 63 bytes of a name; 40 characters tell machines apart.
    name = json.dumps({"duebird": pid, "host": host[:40]}, ensure_ascii=True)
    connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name})
    if not connection.execute(_DAEMON, {"class": LOCK_CLASS}).scalar():
        found = daemon_of(connection) or {}
        who = f"process {found['pid']} on {found['host']}" if found else "a process that is just starting or ending"
        raise AlreadyRunning(
            f"Duebird is already running on this PostgreSQL database: {who}. Nothing was started.",
            advice="Stop that one first, or look at it with `duebird status`.",
        )


def daemon_of(connection: Connection) -> dict[str, object] | None:
    """Which process on what machine is the daemon now; None where none is."""
    name = connection.execute(_HOLDER, {"class": LOCK_CLASS}).scalar()
    if name is None:
        return None
    try:
        said = json.loads(name)
        return {"pid": said["duebird"], "host": said["host"]}
    except (ValueError, KeyError, TypeError):
        return {}
