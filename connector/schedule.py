"""The job table: one job a company, run again at a time that follows from what is afoot. Nothing else.

The effect log is durable, the timer is not: a job that was missed is run at the next opportunity.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from connector.ports.calls import Clock

log = logging.getLogger(__name__)

Work = Callable[[str], timedelta]  # does one pass over a company; says in how long the next is wanted

SOONEST: Final = timedelta(seconds=1)
# Passes at the same time, made as they are needed: a thread for each company of the largest office we can think of, so
# that one whose service hangs in a time-out holds up nobody. How many work at once is for the worker to say.
THREADS: Final = 200
# A pass that was due while the machine slept is run once when it wakes, however late.
GRACE_SECONDS: Final = None


class Schedule:
    """Jobs declared in code. Companies are independent: one that hangs in a time-out holds up only its own thread."""

    def __init__(self, work: Work, clock: Clock, *, jitter: float) -> None:
        self._work = work
        self._clock = clock
        self._jitter = jitter
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
            timezone="UTC",
        )
        # Spread, not secret: many companies must not all call at the same second.
        self._spread = random.Random()  # noqa: S311
        self._lock = threading.Condition()
        self._stopping = False
        self._busy: set[str] = set()
        self._again: set[str] = set()  # poked during a pass, which may have been past the place where it matters

    def add(self, company: str, *, first: datetime | None = None) -> None:
        """Run passes over this company from now on."""
        extra: dict[str, Any] = {"next_run_time": first} if first is not None else {}
        self._scheduler.add_job(
            self._run,
            IntervalTrigger(seconds=60, timezone="UTC"),
            args=[company],
            id=company,
            replace_existing=True,
            **extra,
        )

    def remove(self, company: str) -> None:
        """No more passes over this company; one under way is finished."""
        if self._scheduler.get_job(company) is not None:
            self._scheduler.remove_job(company)

    def poke(self, company: str) -> None:
        """Run a pass as soon as possible, after the one under way: a webhook said that something happened."""
        with self._lock:
            if company in self._busy:
                self._again.add(company)
            if company in self._busy or self._stopping:
                return
            job = self._scheduler.get_job(company)
            if job is not None:
                job.modify(next_run_time=self._clock.now())

    def _run(self, company: str) -> None:
        with self._lock:
            if self._stopping:
                return
            self._busy.add(company)
        wait: timedelta | None = None
        try:
            wait = self._work(company)
        finally:
            self._again_after(company, wait)

    def _again_after(self, company: str, wait: timedelta | None) -> None:
        """Plan the next pass. `wait` None: the pass broke off, and the plan before it stands."""
        spread = 1 + self._spread.uniform(-self._jitter, self._jitter)
        with self._lock:
            self._busy.discard(company)
            self._lock.notify_all()
            if self._stopping:
                return
            if company in self._again:
                self._again.discard(company)
                wait = SOONEST
            if wait is not None and self._scheduler.get_job(company) is not None:
                seconds = max(wait.total_seconds() * spread, SOONEST.total_seconds())
                self._scheduler.reschedule_job(company, trigger=IntervalTrigger(seconds=seconds, timezone="UTC"))

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing new; wait for the passes in hand to end.

        The scheduler waits for its threads while it holds a lock of its own, which a pass needs at its end to be
        planned anew: so none may be under way when it is shut down, and none may ask it for anything from here on.
        """
        with self._lock:
            self._stopping = True
            self._lock.wait_for(lambda: not self._busy)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
