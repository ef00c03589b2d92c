"""The file itself: private, whole, refused when damaged, copied while in use; one daemon a folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from connector.assemble import open_state
from connector.errors import AlreadyRunning, ConfigProblem, DatabaseTrouble
from connector.lock import only_daemon, running
from state.database import Database
from state.migrate import current_revision, migrate
from state.place import DATABASE_NAME, private_folder, sqlite_url
from state.queries import Queries
from state.store import Store
from state.views import Sought
from tests.state.house import NOW, receivable


def _migrated(folder: Path) -> Path:
    migrate(sqlite_url(folder))
    return folder / DATABASE_NAME


def test_folder_and_file_are_their_owners_alone(tmp_path: Path) -> None:
    file = _migrated(tmp_path / "state")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_others_can_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(ConfigProblem, match="chmod 700"):
        private_folder(folder)


def test_a_file_others_can_read_is_refused(tmp_path: Path) -> None:
    file = _migrated(tmp_path / "state")
    file.chmod(0o644)
    with pytest.raises(ConfigProblem, match="chmod 600"):
        sqlite_url(file.parent)


def test_what_is_only_looked_at_is_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with pytest.raises(DatabaseTrouble, match="nothing on record"):
        sqlite_url(folder, create=False)
    assert not folder.exists()


@pytest.mark.parametrize("damage", ["head", "middle", "no database"])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    file = _migrated(tmp_path / "state")
    database = Database(f"sqlite:///{file}")
    Store(database).receivables_read("acme", [receivable(f"inv{number}") for number in range(500)], NOW)
    database.close()
    whole = bytearray(file.read_bytes())
    if damage == "head":
        whole[100:3000] = os.urandom(2900)
    elif damage == "middle":
        whole[len(whole) // 2 : len(whole) // 2 + 20_000] = b"\xff" * 20_000
    else:
        whole = bytearray(b"this is a letter, not a database\n" * 400)
    file.write_bytes(whole)
    with pytest.raises(DatabaseTrouble, match="damaged"):
        migrate(sqlite_url(file.parent))
    assert file.read_bytes() == bytes(whole)


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = _migrated(tmp_path / "state")
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = file.read_bytes()
    with pytest.raises(DatabaseTrouble, match="newer version"):
        migrate(sqlite_url(file.parent))
    assert file.read_bytes() == before


def test_a_database_is_not_changed_under_a_daemon_that_works_on_it(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "state")
    with only_daemon(folder), pytest.raises(AlreadyRunning, match="already running"):
        open_state(folder)
    assert current_revision(sqlite_url(folder)) is None
    state = open_state(folder)
    state.close()
    with only_daemon(folder):  # nothing is to be changed any more: commands may work beside the daemon
        open_state(folder).close()


def test_an_older_database_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    """Today's only revision stands for a newer one: the database is set back to one that knows no tables of it."""
    from alembic.script import ScriptDirectory

    from state.migrate import _backup, configuration

    file = _migrated(tmp_path / "state")
    url = sqlite_url(file.parent)
    head = ScriptDirectory.from_config(configuration(url)).get_current_head()
    assert head is not None
    target = _backup(url, head)
    assert target == f"{file}.revision-{head}"
    copy = Path(target)
    assert copy.stat().st_mode & 0o777 == 0o600
    first = copy.read_bytes()
    with closing(Database(url)) as database:
        Store(database).receivables_read("acme", [receivable()], NOW)
    assert _backup(url, head) == target
    assert copy.read_bytes() == first  # the copy of before stays what it was


def test_a_copy_made_while_others_write_is_whole(tmp_path: Path) -> None:
    file = _migrated(tmp_path / "state")
    database = Database(f"sqlite:///{file}")
    store = Store(database)
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        number = 0
        while not stop.is_set() and number < 500:
            number += 1
            store.receivables_read("acme", [receivable(f"a{number}"), receivable(f"b{number}")], NOW)
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    copies = []
    for number in range(3):
        target = tmp_path / f"copy{number}"
        assert database.copy_to(target) > 0
        copies.append(target)
    stop.set()
    writer.join()
    database.close()
    assert written
    for target in copies:
        assert target.stat().st_mode & 0o777 == 0o600
        copy = Database(f"sqlite:///{target}")
        copy.check()
        rows = Queries(copy).receivables("acme", Sought(), limit=2000)
        names = {row.ledger_id for row in rows}
        assert {name[1:] for name in names if name[0] == "a"} == {name[1:] for name in names if name[0] == "b"}
        copy.close()


def test_a_copy_never_replaces_a_file(tmp_path: Path) -> None:
    file = _migrated(tmp_path / "state")
    (tmp_path / "there").write_text("mine")
    with closing(Database(f"sqlite:///{file}")) as database, pytest.raises(FileExistsError):
        database.copy_to(tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"


def test_a_locked_database_is_trouble_not_a_surprise(tmp_path: Path) -> None:
    file = _migrated(tmp_path / "state")
    database = Database(f"sqlite:///{file}")
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseTrouble, match="writing to the database"):
        Store(database).set_cursor("acme", "x", "y", NOW)
    other.rollback()
    other.close()
    Store(database).set_cursor("acme", "x", "y", NOW)
    database.close()


def test_a_full_disk_is_trouble_and_leaves_what_was_there(tmp_path: Path) -> None:
    file = _migrated(tmp_path / "state")
    database = Database(f"sqlite:///{file}")
    store = Store(database)
    store.receivables_read("acme", [receivable()], NOW)
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        [(pages,)] = raw.execute("PRAGMA page_count").fetchall()
        raw.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseTrouble, match="full"):
        store.receivables_read("acme", [receivable(f"inv{number}") for number in range(2000)], NOW)
    assert len(Queries(database).receivables("acme", Sought(), limit=9)) == 1
    database.check()
    database.close()


# ------------------------------------------------------------------------------------------------------------- lock

HOLD = """
import sys, time
from pathlib import Path
from connector.lock import only_daemon
with only_daemon(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_daemon_is_refused_by_name_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as holder:  # noqa: S603  our own
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as refused, only_daemon(tmp_path):
            pass
        assert f"process {holder.pid} on {socket.gethostname()}" in str(refused.value)
        assert running(tmp_path) == {"pid": holder.pid, "host": socket.gethostname()}
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert running(tmp_path) is None
    with only_daemon(tmp_path):
        assert json.loads((tmp_path / "daemon.lock").read_text())["pid"] == os.getpid()
