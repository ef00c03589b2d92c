"""A database on a PostgreSQL server keeps the promises of the file: durable, one fact at a time, one daemon."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from connector.assemble import open_state
from connector.domain.phone import Phone
from connector.errors import AlreadyRunning, ConfigProblem, DatabaseTrouble
from connector.ports.messenger import InboundText
from state.database import Database
from state.elsewhere import database_url
from state.migrate import current_revision, migrate
from state.place import sqlite_url
from state.queries import Queries
from state.server import LOCK_CLASS, server_url
from state.store import Store
from tests.state.house import NOW, PHONE, attention, consent, payment, receivable

ROOT = Path(__file__).parents[2]
ME, OTHER = (4711, "here"), (4712, "elsewhere")
SENDER = Phone("+12125550177")


@pytest.fixture
def database(on_server: str) -> Iterator[Database]:
    migrate(on_server)
    with closing(Database(on_server)) as opened:
        yield opened


@pytest.fixture
def another(on_server: str, database: Database) -> Iterator[Database]:
    """What a program on another machine opens."""
    del database
    with closing(Database(on_server)) as opened:
        yield opened


def _end_sessions(url: str) -> None:
    """What a restart of the server does to the daemon: its session is ended."""
    of_the_daemon = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = :class "
        "AND objid::bigint = hashtext('daemon/' || current_schema())::bigint & 4294967295"
    )
    server = create_engine(url)
    with server.connect() as connection:
        assert connection.execute(of_the_daemon, {"class": LOCK_CLASS}).all(), "nobody claims to be the daemon"
    server.dispose()


# ----------------------------------------------------------------------------------------------------- durability


def test_a_commit_waits_for_the_disk_even_where_the_server_would_not(database: Database) -> None:
    with database.ask() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"])
def test_no_wait_is_without_end(database: Database, setting: str) -> None:
    with database.ask() as connection:
        assert connection.execute(text(f"SHOW {setting}")).scalar() != "0"


# --------------------------------------------------------------------------------------------- one fact at a time


def test_the_same_reply_by_webhook_and_by_a_look_is_stored_once_and_breaks_neither(
    database: Database, another: Database
) -> None:
    stores = [Store(database), Store(another)] * 4
    start = threading.Barrier(len(stores))

    def hear(store: Store) -> None:
        for number in range(20):
            start.wait(timeout=30)
            reply = InboundText(f"SM{number}", SENDER, "STOP", NOW)
            store.inbound_read("acme", [(reply, "stop")], [], None, NOW)

    with ThreadPoolExecutor(len(stores)) as pool:
        for done in [pool.submit(hear, store) for store in stores]:
            done.result()
    assert len(Queries(database).replies_from("acme", SENDER.e164)) == 20


def test_calls_that_two_programs_count_at_the_same_moment_are_all_counted(
    database: Database, another: Database
) -> None:
    stores = [Store(database), Store(another)]
    start = threading.Barrier(len(stores))

    def count(store: Store) -> None:
        for _ in range(50):
            start.wait(timeout=30)
            store.calls_made([("acme", "xero", NOW, 1, 0)])

    with ThreadPoolExecutor(len(stores)) as pool:
        for done in [pool.submit(count, store) for store in stores]:
            done.result()
    assert Queries(database).calls_since("acme", "xero", NOW) == (100, 0)


def test_two_programs_that_find_an_empty_database_make_its_tables_once(on_server: str) -> None:
    program = [sys.executable, "-c", "import sys; from state.migrate import migrate; migrate(sys.argv[1])", on_server]
    at_once = [subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]  # noqa: S603
    said = [one.communicate(timeout=60)[1] for one in at_once]
    assert [one.returncode for one in at_once] == [0, 0, 0], said
    assert current_revision(on_server) is not None


def test_a_writer_that_hangs_makes_others_busy_and_not_stuck(database: Database, another: Database) -> None:
    with database.record(), pytest.raises(DatabaseTrouble) as busy:
        Store(another).set_cursor("acme", "x", "y", NOW)
    assert busy.value.code == "busy"
    Store(another).set_cursor("acme", "x", "y", NOW)


# ----------------------------------------------------------------------------------------------------- one daemon


def test_a_second_daemon_on_another_machine_is_refused_with_the_process_and_host_of_the_first(
    database: Database, another: Database
) -> None:
    with database.claimed(*ME):
        assert another.daemon() == {"pid": 4711, "host": "here"}
        with pytest.raises(AlreadyRunning, match="process 4711 on here"), another.claimed(*OTHER):
            pass
    assert another.daemon() is None
    with another.claimed(*OTHER):
        assert database.daemon() == {"pid": 4712, "host": "elsewhere"}


def test_installations_in_other_schemas_of_one_server_are_not_in_the_way(database: Database, tmp_path: Path) -> None:
    from tests.postgres import own_schema

    del tmp_path
    with own_schema() as elsewhere, closing(Database(elsewhere)) as other:
        migrate(elsewhere)
        with database.claimed(*ME), other.claimed(*OTHER):
            assert other.daemon() == {"pid": 4712, "host": "elsewhere"}


def test_a_daemon_whose_session_the_server_ended_claims_again_before_it_records_anything(
    database: Database, on_server: str
) -> None:
    store = Store(database)
    with database.claimed(*ME):
        store.set_cursor("acme", "before", "1", NOW)
        _end_sessions(on_server)
        with pytest.raises(DatabaseTrouble, match="cannot be used"):
            store.set_cursor("acme", "meanwhile", "1", NOW)
        store.set_cursor("acme", "after", "1", NOW)
        assert database.daemon() == {"pid": 4711, "host": "here"}
    queries = Queries(database)
    assert [name for name in ("before", "meanwhile", "after") if queries.cursor("acme", name)] == ["before", "after"]


def test_a_daemon_that_lost_the_database_to_another_records_nothing_until_that_one_is_gone(
    database: Database, another: Database, on_server: str
) -> None:
    store = Store(database)
    with database.claimed(*ME):
        _end_sessions(on_server)
        with another.claimed(*OTHER):
            for _ in range(2):
                with pytest.raises(DatabaseTrouble):
                    store.set_cursor("acme", "x", "1", NOW)
            with pytest.raises(DatabaseTrouble, match=r"another took over.*process 4712 on elsewhere"):
                store.set_cursor("acme", "x", "1", NOW)
            Store(another).set_cursor("acme", "theirs", "1", NOW)
        store.set_cursor("acme", "x", "2", NOW)
    assert Queries(database).cursor("acme", "x") is not None


def test_tables_are_not_changed_under_a_daemon_that_works_on_them_elsewhere(
    on_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUEBIRD_DATABASE_URL", on_server)
    with closing(Database(on_server)) as theirs, theirs.claimed(*OTHER):
        with pytest.raises(AlreadyRunning, match="process 4712 on elsewhere"):
            open_state(tmp_path / "state")
        assert current_revision(on_server) is None
    open_state(tmp_path / "state").close()
    assert current_revision(on_server) is not None


def test_a_command_beside_the_daemon_can_write(database: Database, another: Database) -> None:
    with database.claimed(*ME):
        Store(another).pause("acme", "holiday", NOW)
        assert Queries(database).paused("acme") is not None


# ------------------------------------------------------------------------------------------------- a copy of it all


def test_a_copy_has_every_row_and_changes_nothing_on_the_server(database: Database, tmp_path: Path) -> None:
    store = Store(database)
    store.receivables_read("acme", [receivable(f"inv{number}") for number in range(2500)], NOW)
    store.consents_recorded("acme", [consent()], NOW)
    store.payment_read("acme", payment(), "inv1", NOW)
    store.attend("acme", attention(), NOW)
    migrate(sqlite_url(tmp_path / "copy"))
    with closing(Database(sqlite_url(tmp_path / "copy"))) as copy:
        database.copy_rows_to(copy)
        here, there = Queries(database), Queries(copy)
        assert there.counts("acme") == here.counts("acme")
        assert there.receivable("acme", "inv7") == here.receivable("acme", "inv7")
        assert [one.key for one in there.attention("acme")] == [attention().key]
        assert len(there.consent("acme", PHONE.e164)) == 1
        Store(copy).set_cursor("acme", "only in the copy", "1", NOW)
        assert here.cursor("acme", "only in the copy") is None


# ------------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "written",
    ["sqlite:///x.sqlite3", "mysql://a:hunter2@b/c", "postgresql://a:hunter2@b", "hunter2", "http://[hunter2"],
)
def test_an_address_that_is_none_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ConfigProblem) as refused:
        server_url(written)
    assert "hunter2" not in str(refused.value)
    assert "postgresql://" in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_an_address_as_psql_takes_it_is_understood(scheme: str) -> None:
    assert server_url(f"{scheme}://me:p%40ss@db.example/books?sslmode=require") == (
        "postgresql+psycopg://me:p%40ss@db.example/books?sslmode=require"
    )


def test_a_server_out_of_reach_is_trouble_that_names_no_password(tmp_path: Path) -> None:
    nobody = f"postgresql://me:hunter2@/books?host={tmp_path}"
    with pytest.raises(DatabaseTrouble) as trouble:
        database_url(tmp_path / "state", nobody, create=True)
    assert "hunter2" not in str(trouble.value)
    assert "psql" in trouble.value.advice


def test_an_empty_database_is_nothing_on_record(on_server: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseTrouble, match="nothing on record yet"):
        database_url(tmp_path / "state", on_server, create=False)


def test_whoever_forgets_to_name_the_server_does_not_begin_anew_in_a_file(on_server: str, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    migrate(database_url(folder, on_server, create=True))
    assert current_revision(database_url(folder, on_server, create=False)) is not None
    for create in (True, False):
        with pytest.raises(ConfigProblem, match="DUEBIRD_DATABASE_URL is not set here"):
            database_url(folder, "", create=create)
    assert not (folder / "duebird.sqlite3").exists()


def test_an_installation_with_a_file_does_not_begin_anew_on_a_server(on_server: str, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    migrate(sqlite_url(folder))
    with pytest.raises(ConfigProblem, match="not carried over"):
        database_url(folder, on_server, create=True)
    assert current_revision(on_server) is None
