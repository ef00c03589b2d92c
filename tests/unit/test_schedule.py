"""The job table must end while a pass is under way, as it is whenever a busy daemon is stopped."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from adapters.clock import SystemClock
from connector.schedule import Schedule

PATIENCE = 60.0  # seconds; everything here takes milliseconds, on a machine that does nothing else


def test_stopping_waits_for_the_pass_under_way_and_then_ends() -> None:
    begun, may_end = threading.Event(), threading.Event()
    ended: list[str] = []

    def work(company: str) -> timedelta:
        begun.set()
        assert may_end.wait(PATIENCE)
        ended.append(company)
        return timedelta(seconds=1)

    schedule = Schedule(work, SystemClock(), jitter=0)
    schedule.add("acme", first=datetime.now(UTC))
    schedule.start()
    assert begun.wait(PATIENCE)
    stopping = threading.Thread(target=schedule.stop, daemon=True)
    stopping.start()
    stopping.join(0.2)
    assert stopping.is_alive(), "it did not wait for the pass"
    may_end.set()
    stopping.join(PATIENCE)
    assert not stopping.is_alive(), "the pass and the end of the job table wait for each other"
    assert ended == ["acme"]


def test_a_pass_says_itself_when_the_next_one_is_wanted() -> None:
    again = threading.Event()
    passes: list[str] = []

    def work(company: str) -> timedelta:
        passes.append(company)
        if len(passes) == 2:
            again.set()
        return timedelta()

    schedule = Schedule(work, SystemClock(), jitter=0)
    schedule.add("acme", first=datetime.now(UTC))
    schedule.start()
    try:
        assert again.wait(PATIENCE), "the second pass did not come a second after the first"
    finally:
        schedule.stop()


def test_companies_that_hang_hold_up_nobody_however_many_they_are() -> None:
    hanging, other = threading.Semaphore(0), threading.Event()
    may_end = threading.Event()

    def work(company: str) -> timedelta:
        if company == "acme":
            other.set()
        else:
            hanging.release()
            assert may_end.wait(PATIENCE)
        return timedelta(hours=1)

    schedule = Schedule(work, SystemClock(), jitter=0)
    for number in range(60):
        schedule.add(f"hangs-{number}", first=datetime.now(UTC))
    schedule.start()
    try:
        assert all(hanging.acquire(timeout=PATIENCE) for _ in range(60)), "they wait for each other"
        schedule.add("acme", first=datetime.now(UTC))
        assert other.wait(PATIENCE), "a company waits for others whose services hang"
    finally:
        may_end.set()
        schedule.stop()
