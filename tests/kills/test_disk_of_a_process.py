"""The daemon as a process whose disk takes no more, or whose file another program holds: it waits, and harms nobody."""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from adapters.sandbox.world import SandboxWorld
from state.place import BUSY_TIMEOUT_MS, DATABASE_NAME
from tests.e2e.house import NORTH, Daemon, House
from tests.e2e.test_daemon import assert_one_of_each, bill

pytestmark = pytest.mark.slow
Trouble = Callable[[House, Daemon], AbstractContextManager[None]]

LONGER = BUSY_TIMEOUT_MS / 1000 + 3  # seconds: nobody waits for the file as long as that


@contextmanager
def no_room(house: House, daemon: Daemon) -> Iterator[None]:
    """No file of the daemon's may grow or be written beyond its first page, as on a disk that is full."""
    del house
    before = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def held(house: House, daemon: Daemon) -> Iterator[None]:
    """Another program holds the file."""
    del daemon
    with closing(sqlite3.connect(house.state / DATABASE_NAME, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("trouble", [no_room, held])
def test_while_nothing_can_be_recorded_nothing_is_done_and_afterwards_all_of_it_once(
    tmp_path: Path, trouble: Trouble
) -> None:
    with SandboxWorld() as sandbox:
        house = House(tmp_path, sandbox)
        house.connect()
        invoice, mobile = bill(house, NORTH)
        customer = house.customer(NORTH, NORTH.mobiles[1])
        daemon = Daemon(house).ready()
        try:
            daemon.until(lambda: house.notices(mobile), "a first text")
            daemon.passes()
            with trouble(house, daemon):
                before = _acts(house)
                late = house.issue(NORTH, customer, "75.00")
                house.doors.pay(house.link_to(mobile), "card")
                time.sleep(LONGER)
                assert _acts(house) == before
                assert daemon.process.poll() is None, daemon.log
            daemon.hang_up()  # it would try again in a minute by itself
            daemon.until(lambda: house.notices(NORTH.mobiles[1]), "the text that had to wait")
            daemon.until(lambda: house.receipts(mobile), "the booking that had to wait, and its receipt")
            daemon.until(lambda: not house.link_is_active(house.link_to(mobile)), "the link is down")
            assert_one_of_each(house, invoice, mobile)
            assert house.bookings(late) == []
            assert daemon.stop() == 0
        finally:
            if daemon.process.poll() is None:
                daemon.kill()
            house.doors.close()


def _acts(house: House) -> tuple[int, int, int]:
    """Texts, bookings and links there are."""
    accounts = house.doors.get("stripe", "records")["accounts"].values()
    return (
        len(house.doors.get("twilio", "records")["messages"]),
        len(house.doors.get("quickbooks", "records")["payments"]),
        sum(len(one["test"]["links"]) for one in accounts),
    )
