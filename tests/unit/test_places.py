"""A company whose service hangs holds up nobody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connector.places import Places

LONG = 60.0  # seconds nobody waits here
SOON = 0.05


def test_no_more_work_at_once_than_there_are_places() -> None:
    places = Places(2, LONG)
    gate = threading.Barrier(2)
    most, inside, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal most, inside
        with places.taken():
            with lock:
                inside += 1
                most = max(most, inside)
            gate.wait(LONG)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert most == 2


def test_whoever_waits_for_those_that_hang_goes_in_after_a_while() -> None:
    places = Places(1, SOON)
    with places.taken(), ThreadPoolExecutor(1) as pool:

        def work() -> str:
            with places.taken():
                return "done"

        assert pool.submit(work).result(LONG) == "done"


def test_one_that_is_known_to_hang_takes_no_place() -> None:
    places = Places(1, LONG)
    with places.taken(apart=True), places.taken():
        pass


def test_one_that_is_known_to_hang_waits_for_none() -> None:
    places = Places(1, LONG)
    with places.taken(), places.taken(apart=True):
        pass


def test_a_place_is_free_again_after_a_surprise() -> None:
    places = Places(1, LONG)
    for _ in range(2):
        with pytest.raises(KeyError), places.taken():
            raise KeyError
