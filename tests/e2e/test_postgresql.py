"""The installed program with its records on a PostgreSQL server, as somebody runs it who followed the guide."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.sandbox.world import SandboxWorld
from state.views import Sought
from tests.e2e.house import NORTH, SHOPS, Daemon, House, open_effects
from tests.e2e.test_daemon import assert_one_of_each, bill, finish, settled, texted
from tests.postgres import own_schema

pytestmark = pytest.mark.slow
Start = Callable[..., Daemon]
URL = "DUEBIRD_DATABASE_URL"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Both companies signed in, with empty books, and a database of their own on the server."""
    with own_schema() as address, SandboxWorld() as sandbox:
        written = address.replace("postgresql+psycopg", "postgresql")  # as psql takes it, and people write it
        monkeypatch.setenv(URL, written)
        here = House(tmp_path, sandbox)
        here.env[URL] = written
        here.connect()
        yield here
        here.doors.close()


def test_an_invoice_is_texted_paid_and_booked_once_and_a_restart_repeats_nothing(house: House, start: Start) -> None:
    billed = [bill(house, shop) for shop in SHOPS]
    daemon = start().ready()
    for _, mobile in billed:
        texted(daemon, house, mobile)
        house.doors.pay(house.link_to(mobile), "card")
    for invoice, mobile in billed:
        settled(daemon, house, invoice, mobile)
    assert daemon.stop() == 0, daemon.log
    assert open_effects(house) == []
    again = start().ready()
    again.passes()
    for invoice, mobile in billed:
        assert_one_of_each(house, invoice, mobile)
    assert not (house.state / "duebird.sqlite3").exists()


def test_killed_after_the_service_sent_the_text_it_sends_no_second(house: House, start: Start) -> None:
    from adapters.sandbox.base import Fault

    invoice, mobile = bill(house, NORTH)
    house.sandbox.twilio.faults.append(Fault("delay_after", method="POST", path="Messages", seconds=30))
    daemon = start().ready()
    daemon.until(lambda: house.notices(mobile), "the text is out, the answer is not")
    daemon.kill()
    assert open_effects(house) == ["send_text"]
    again = start().ready()
    again.until(lambda: open_effects(house) == [], "it is found")
    finish(again, house, invoice, mobile)
    assert_one_of_each(house, invoice, mobile)


def test_a_second_daemon_with_a_state_folder_of_its_own_is_refused(house: House, start: Start, tmp_path: Path) -> None:
    daemon = start().ready()
    house.write_config(lambda text: text.replace('state_dir = "state"', 'state_dir = "another"'))
    for more in ((), ("--once",)):
        refused = house.run("run", *more)
        assert refused.returncode == 1, refused.stderr
        assert f"process {daemon.process.pid} on {socket.gethostname()}" in refused.stderr
        assert "Nothing was started." in refused.stderr
    status = house.run("status", "--json")
    assert json.loads(status.stdout)["running"] == {"pid": daemon.process.pid, "host": socket.gethostname()}
    assert daemon.process.poll() is None
    del tmp_path


def test_a_preview_shows_the_very_words_that_are_then_sent_and_writes_nothing(house: House) -> None:
    assert house.run("preview").returncode == 0  # nothing is on record yet, and nothing has to be
    _, mobile = bill(house, NORTH)
    with house.opened() as state:
        before = state.queries.receivables(NORTH.id, Sought(), limit=10)
    seen = house.run("preview", "--company", NORTH.id, "--json")
    assert seen.returncode == 0, seen.stderr
    [shown] = json.loads(seen.stdout)[NORTH.id]
    with house.opened() as state:
        assert state.queries.receivables(NORTH.id, Sought(), limit=10) == before
    assert house.texts(mobile) == []
    assert house.run("run", "--once").returncode == 0
    [sent] = house.notices(mobile)
    assert shown["body"].rsplit(maxsplit=1)[0] == sent.rsplit(maxsplit=1)[0]


def test_a_backup_says_what_to_use_instead_and_writes_nothing(house: House, tmp_path: Path) -> None:
    bill(house, NORTH)
    refused = house.run("backup", str(tmp_path / "copy"))
    assert refused.returncode == 78
    assert "pg_dump" in refused.stderr
    assert not (tmp_path / "copy").exists()


def test_a_command_typed_where_the_database_is_not_named_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bill(house, NORTH)
    del house.env[URL]
    monkeypatch.delenv(URL)
    for command in (("status",), ("attention",), ("run", "--once"), ("preview",), ("pause",)):
        refused = house.run(*command)
        assert refused.returncode != 0, command
        assert "DUEBIRD_DATABASE_URL is not set here" in refused.stderr, command
        assert "Traceback" not in refused.stderr
    assert not (house.state / "duebird.sqlite3").exists()


def test_a_server_out_of_reach_is_said_in_words(house: House) -> None:
    house.env[URL] = "postgresql://me:hunter2@127.0.0.1:1/duebird?connect_timeout=2"
    for command in (("status",), ("run", "--once"), ("run",)):
        refused = house.run(*command)
        assert refused.returncode != 0
        assert "The PostgreSQL database cannot be used" in refused.stderr, refused.stderr
        assert "hunter2" not in refused.stderr
        assert "fault of Duebird" not in refused.stderr
