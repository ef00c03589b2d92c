"""A poke is never lost, and a stop never waits for a pass that waits for it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from adapters.clock import SystemClock
from connector.schedule import Schedule

PATIENCE = 30.0  # seconds; for a machine that is busy with other things
HOUR = timedelta(hours=1)


class Passes:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.schedule = Schedule(self.work, SystemClock(), jitter=0)

    def work(self, company: str) -> timedelta:
        del company
        self.begun.release()
        assert self.go_on.acquire(timeout=PATIENCE)
        return HOUR

    def start(self) -> None:
        self.schedule.add("acme", first=datetime.now(UTC))
        self.schedule.start()


def test_a_poke_between_passes_brings_the_next_one_forward() -> None:
    passes = Passes()
    passes.go_on.release(2)
    passes.start()
    assert passes.begun.acquire(timeout=PATIENCE)
    passes.schedule.poke("acme")
    assert passes.begun.acquire(timeout=PATIENCE)
    passes.schedule.stop()


def test_a_poke_during_a_pass_leads_to_another_one() -> None:
    passes = Passes()
    passes.start()
    assert passes.begun.acquire(timeout=PATIENCE)
    passes.schedule.poke("acme")  # what it is about came too late for this pass
    passes.go_on.release(2)
    assert passes.begun.acquire(timeout=PATIENCE)
    passes.schedule.stop()


def test_a_stop_during_a_pass_waits_for_it_and_then_ends() -> None:
    passes = Passes()
    passes.start()
    assert passes.begun.acquire(timeout=PATIENCE)
    stopping = threading.Thread(target=passes.schedule.stop, daemon=True)
    stopping.start()
    while not passes.schedule._stopping:
        time.sleep(0.001)
    passes.schedule.poke("acme")
    passes.go_on.release()
    stopping.join(PATIENCE)
    assert not stopping.is_alive()
    passes.schedule.poke("acme")
    assert not passes.begun.acquire(blocking=False)


def test_a_poke_for_an_unknown_company_does_nothing() -> None:
    passes = Passes()
    passes.schedule.poke("nobody")
    passes.schedule.start()
    passes.schedule.poke("nobody")
    passes.schedule.stop()
    assert not passes.begun.acquire(blocking=False)
