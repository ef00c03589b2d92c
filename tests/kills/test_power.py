"""At every outside call the last commit is on the disk; a power cut or a failing disk at any operation harms nobody.

SQLite is the real one, the files are real; what is played is a disk that forgets what was not synced (`tests/disk.py`).
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import text

from connector.failpoints import STEPS
from state.place import DATABASE_NAME
from tests.disk import is_possible
from tests.kills.power import ACTS, FAILURES, Cell, cut, fail, operations, window

# Here nobody is paid too much, undoes anything or gives it back, and no fee, payout or difference is booked.
PLAYED = [what for what in STEPS if what not in {"credit", "reversal", "refund", "fee", "payout", "exchange"}]
CUTS = 24  # of the two thousand of `python -m tests.kills.power --cuts 2000`
EVERY_TH = 48  # operation of each effect's life fails here, from another one for each; with `--faults`, all of them


@pytest.fixture(autouse=True)
def _reachable() -> None:
    if not is_possible():
        pytest.skip("this Python hides the SQLite it was linked with")


class Witness(Cell):
    """Looks, at every outside call, at what a disk would hold if the power went off just then."""

    def __init__(self, folder: Path, looks_in: Path, **more: Any) -> None:
        super().__init__(folder, **more)
        self._looks_in = looks_in
        self.unsynced: list[str] = []
        self.without_intent: list[str] = []
        self.calls_seen = 0

    def calls(self, port: str, method: str, args: tuple[Any, ...]) -> None:
        super().calls(port, method, args)
        self.calls_seen += 1
        self.unsynced += [f"{port}.{method}: {name}" for name in self.disk.pending()]
        if method in ACTS and not any(_means(one, method, args) for one in self._in_flight()):
            self.without_intent.append(f"{port}.{method}")

    def _in_flight(self) -> list[tuple[str, str, int, dict[str, Any]]]:
        """Effects under way, as a start after the worst of power cuts would find them."""
        with TemporaryDirectory(dir=self._looks_in) as folder:
            for name, content in self.disk.image().items():
                (Path(folder) / name).write_bytes(content)
            with closing(sqlite3.connect(Path(folder) / DATABASE_NAME)) as database:
                rows = database.execute("SELECT kind, key, slot, request FROM effects WHERE status = 'in_flight'")
                return [(kind, key, slot, json.loads(request)) for kind, key, slot, request in rows]


def _means(effect: tuple[str, str, int, dict[str, Any]], method: str, args: tuple[Any, ...]) -> bool:
    """Whether a call is what that effect announces."""
    kind, key, slot, request = effect
    if kind != ACTS[method]:
        return False
    if method == "send":
        return bool((request["to"], request["body"]) == (args[0].to.e164, args[0].body))
    return bool(
        request["link_id"] == args[0] if method == "retire_link" else args[0].idempotency_key == f"{key}-{slot}"
    )


def test_at_every_outside_call_all_that_was_committed_is_on_the_disk(tmp_path: Path) -> None:
    cell = Witness(tmp_path / "state", tmp_path)
    with cell.running() as office:
        assert cell.finish(office.issue()) == []
    assert cell.calls_seen > 20
    assert set(cell.acted) == set(ACTS)
    assert cell.unsynced == []
    assert cell.without_intent == []


def test_where_eight_threads_share_commits_no_call_goes_out_before_its_own_intent_is_on_the_disk(
    tmp_path: Path,
) -> None:
    cell = Witness(tmp_path / "state", tmp_path)
    with cell.running() as office:
        for number in range(12):
            office.issue(office.customer(f"Customer {number}", mobile=f"+121255501{number:02}"))
        office.company = replace(office.company, workers=8)
        office.run(2)
    assert cell.acted.count("send") == cell.acted.count("create_link") == 12
    assert cell.without_intent == []


def test_a_disk_that_is_told_to_forget_does_forget(tmp_path: Path) -> None:
    """Without `synchronous` a commit is not on the disk when it returns, and the witness sees that."""
    cell = Witness(tmp_path / "state", tmp_path)
    with cell.running() as office:
        office.database._sqlite()[1].execute("PRAGMA synchronous=OFF")
        office.issue()
        office.run()
    assert cell.unsynced
    assert cell.without_intent == ["processor.create_link", "messenger.send"]


def test_every_connection_that_writes_waits_for_the_disk(tmp_path: Path) -> None:
    cell = Cell(tmp_path / "state")
    with cell.running() as office:
        for _ in range(2):
            with office.database.ask() as connection:
                values = [
                    connection.execute(text(f"PRAGMA {name}")).scalar()
                    for name in ("synchronous", "journal_mode", "foreign_keys")
                ]
            assert values == [3, "persist", 1]  # 3 is EXTRA
            office.restart()


# --------------------------------------------------------------------------------- the power goes off, the disk fails


@cache
def _most() -> int:
    with TemporaryDirectory(prefix="duebird-power-") as folder:
        return operations(Path(folder) / "state")


@cache
def _window(what: str) -> int:
    with TemporaryDirectory(prefix="duebird-disk-") as folder:
        return window(what, Path(folder) / "state")


@pytest.mark.parametrize("number", range(CUTS))
def test_a_power_cut_at_any_operation_of_the_disk_leaves_one_of_each(number: int, tmp_path: Path) -> None:
    assert cut(number, _most(), tmp_path / "state") == []


@pytest.mark.parametrize(("what", "how"), list(product(PLAYED, FAILURES)))
def test_a_disk_that_fails_in_an_effects_life_stops_it_before_the_call_and_leaves_one_of_each(
    what: str, how: str, tmp_path: Path
) -> None:
    count = _window(what)
    first = Random(f"{what}/{how}").randint(1, EVERY_TH)
    wrong = [one for at in range(first, count + 1, EVERY_TH) for one in fail(what, at, how, tmp_path / str(at))]
    assert wrong == []


def test_the_disk_under_sqlite_holds_what_the_files_hold(tmp_path: Path) -> None:
    cell = Cell(tmp_path / "state")
    with cell.running() as office:
        cell.finish(office.issue())
    image = cell.disk.image()
    assert DATABASE_NAME in image
    assert {name: (tmp_path / "state" / name).read_bytes() for name in image} == image
