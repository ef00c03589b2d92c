"""A damaged database is kept under another name, and the empty one in its place knows that it knows nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from connector.errors import DatabaseTrouble
from state.damaged import set_aside
from state.database import Database
from state.migrate import migrate
from state.place import DATABASE_NAME, sqlite_url
from state.queries import Queries
from state.store import Store
from tests.state.house import NOW, receivable


def damaged(folder: Path) -> Path:
    migrate(sqlite_url(folder))
    file = folder / DATABASE_NAME
    database = Database(f"sqlite:///{file}")
    Store(database).receivables_read("acme", [receivable(f"inv{number}") for number in range(500)], NOW)
    database.close()
    whole = bytearray(file.read_bytes())
    whole[100:3000] = os.urandom(2900)
    file.write_bytes(whole)
    return file


def test_the_damaged_file_is_kept_and_the_empty_one_waits_for_the_recovery(tmp_path: Path) -> None:
    file = damaged(tmp_path / "state")
    before = file.read_bytes()
    (file.parent / f"{DATABASE_NAME}-journal").write_bytes(b"pages of before")

    kept = set_aside(file, ["acme", "other"], NOW)

    assert kept.read_bytes() == before
    assert kept.name.startswith(f"{DATABASE_NAME}.damaged-2026")
    assert kept.with_name(f"{kept.name}-journal").read_bytes() == b"pages of before"
    assert file.stat().st_mode & 0o777 == 0o600
    database = Database(sqlite_url(file.parent))
    database.check()
    for company in ("acme", "other"):
        hold = Queries(database).recovering(company)
        assert hold is not None
        assert kept.name in hold.why
    database.close()
    assert not list(file.parent.glob("*.fresh*"))


def test_where_it_cannot_be_set_aside_the_damaged_file_stays_where_it_was(tmp_path: Path) -> None:
    file = damaged(tmp_path / "state")
    before = file.read_bytes()
    (file.parent / f"{DATABASE_NAME}.fresh").mkdir()  # in the way of the empty one
    with pytest.raises(DatabaseTrouble, match="could not be set aside"):
        set_aside(file, ["acme"], NOW)
    assert file.read_bytes() == before


def test_a_second_damage_is_kept_beside_the_first(tmp_path: Path) -> None:
    file = damaged(tmp_path / "state")
    first = set_aside(file, ["acme"], NOW)
    file.write_bytes(b"this is no database\n" * 400)
    second = set_aside(file, ["acme"], NOW + timedelta(seconds=1))
    assert first != second
    assert first.exists()
    assert second.read_bytes().startswith(b"this is no database")
