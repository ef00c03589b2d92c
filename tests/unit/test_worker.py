"""A company that cannot be worked on neither ends its job nor stays unseen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import ManualClock
from connector.assemble import State
from connector.errors import NeedsReauthorisation, Transient
from connector.worker import RETRY_BUILD, Worker
from state.database import Database
from state.place import sqlite_url
from state.queries import Queries
from state.store import Store
from tests.migrated import prepare

START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


class _Broken:
    """Settings that cannot be read: whatever is asked of them ends in this error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        raise self._error


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    url = sqlite_url(tmp_path / "state")
    prepare(url)
    database = Database(url)
    yield State(tmp_path / "state", database, Store(database), Queries(database))
    database.close()


def _work(state: State, error: Exception) -> tuple[timedelta, list[str]]:
    settings: Any = _Broken(error)
    worker = Worker(settings, state, ManualClock(START))
    wait = worker.work("acme")
    return wait, worker.statuses["acme"].troubles


def test_a_surprise_is_shown_and_tried_again_in_a_while(state: State) -> None:
    wait, troubles = _work(state, KeyError("secret detail"))
    assert wait == RETRY_BUILD
    assert troubles == ["cannot start: an unexpected error (KeyError); the log has the details"]


def test_a_service_out_of_reach_is_shown_in_its_own_words(state: State) -> None:
    wait, troubles = _work(state, Transient("Stripe could not be reached."))
    assert wait == RETRY_BUILD
    assert troubles == ["cannot start: Stripe could not be reached."]


def test_a_connection_that_has_ended_is_put_before_a_person(state: State) -> None:
    _work(state, NeedsReauthorisation("The connection has ended.", service="xero", advice="duebird connect acme"))
    [item] = state.queries.attention("acme")
    assert "The connection has ended." in item.happened
    assert item.command == "duebird connect acme"
