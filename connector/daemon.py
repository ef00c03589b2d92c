"""The daemon: one process, a job a company, stopped and reloaded by signals, watched by systemd where there is one."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING, Final

from connector import assemble
from connector.allocator import give_memory_back
from connector.config import Loaded, load
from connector.errors import ConfigProblem, DatabaseTrouble, DuebirdError
from connector.lock import only_daemon
from connector.mailing import Mailman, company_of, job_of
from connector.schedule import Schedule
from connector.setting_aside import open_or_set_aside
from connector.worker import Status, Worker
from state.database import DAMAGED

if TYPE_CHECKING:
    from connector.web.front import Front

log = logging.getLogger(__name__)

CHECKED_EVERY: Final = timedelta(hours=24)  # SQLite's own look at every page: seconds for a small office's file
SET_ASIDE_AT_MOST: Final = 3  # a disk that spoils a third fresh file spoils the fourth
HEARTBEAT: Final = 30.0  # seconds between signs of life where nobody asks for more; a signal is heard at once
BEATS: Final = 3  # signs of life within the watchdog's time: one may be late, and one lost


class Daemon:
    """Runs until told to stop. `stop` and `reload` may be called from a signal handler."""

    def __init__(
        self, loaded: Loaded, state: assemble.State, *, read_again: Callable[[], Loaded] | None = None
    ) -> None:
        self._loaded = loaded
        self._state = state
        self._read_again = read_again or (lambda: load(loaded.path, os.environ))
        self._clock = assemble.system_clock()
        self._worker = Worker(loaded, state, self._clock)
        self._mailman = Mailman(loaded, state, self._clock, self._worker.is_elsewhere)
        self._schedule = Schedule(self._turn, self._clock, jitter=loaded.settings.daemon.jitter)
        # Plain flags and a byte on a socket: a signal handler may interrupt anything, so it must wait for no lock.
        self._stopping = False
        self._reloading = False
        self._bell: socket.socket | None = None
        self._front: Front | None = None

    @property
    def front(self) -> Front | None:
        """What can be reached over the network; None where the settings ask for nothing of the kind."""
        return self._front

    @property
    def worker(self) -> Worker:
        """Who does the passes."""
        return self._worker

    def stop(self, *_: object) -> None:
        """Finish what is in hand and end."""
        self._stopping = True
        self._worker.stop()
        self._mailman.stop()
        self._ring()

    def reload(self, *_: object) -> None:
        """Read the configuration again, all of it or nothing."""
        self._reloading = True
        self._ring()

    def _ring(self) -> None:
        bell = self._bell
        with contextlib.suppress(OSError):  # full of rings nobody has heard yet, or closed: then nobody needs another
            if bell is not None:
                bell.send(b"!")

    def _turn(self, job: str) -> timedelta:
        mailed = company_of(job)
        return self._worker.work(job) if mailed is None else self._mailman.work(mailed)

    def poke(self, company_id: str) -> None:
        """Look at a company now."""
        self._worker.poke(company_id)
        self._schedule.poke(company_id)

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Work until stopped, as the only daemon of this state.

        Raises:
            AlreadyRunning: another daemon works on this state.
            ConfigProblem: an address to listen on cannot be had.
            DatabaseTrouble: the daily check found damage; code DAMAGED.
        """
        with only_daemon_of(self._state), _line() as (self._bell, ear), self._web():
            now = self._clock.now()
            for job in self._jobs():
                self._schedule.add(job, first=now)
            self._schedule.start()
            notify("READY=1")
            if ready is not None:
                ready()
            try:
                self._watch(ear)
            finally:
                notify("STOPPING=1")
                self._schedule.stop()
                self._worker.let_go()

    @contextlib.contextmanager
    def _web(self) -> Iterator[None]:
        """Webhooks and health while inside, where the settings ask for them."""
        try:
            self._open_web()
            yield
        finally:
            if self._front is not None:
                self._front.close()

    def _open_web(self) -> None:
        wanted = self._loaded.settings.daemon
        if self._front is None and (wanted.webhook_listen or wanted.dashboard_listen):
            # a web server is loaded by those who use one
            from connector.web.front import Front
            from connector.web.intake import Nudges

            self._front = Front(
                self._state.store,
                self._state.queries,
                assemble.system_clock(),
                Nudges(work=self._schedule.poke, look=self.poke),
                lambda: self._worker.statuses,
            )
        if self._front is not None:
            self._front.open(self._loaded)

    def _reopen_web(self) -> None:
        try:
            self._open_web()
        except ConfigProblem as problem:  # webhooks only save seconds: trouble with them stops nothing that runs
            log.error("the web addresses were not all taken over: %s", problem)  # noqa: TRY400  for people

    def _companies(self) -> list[str]:
        return [one.id for one in self._loaded.settings.companies if one.enabled]

    def _jobs(self) -> list[str]:
        return [*self._companies(), *(job_of(one) for one in self._mailman.companies())]

    def _watch(self, ear: socket.socket) -> None:
        pause = heartbeat()
        checked_at = self._clock.elapsed()
        while not self._stopping:
            notify("WATCHDOG=1")
            if self._clock.elapsed() - checked_at >= CHECKED_EVERY.total_seconds():
                checked_at = self._clock.elapsed()
                self._state.database.check()
            if select.select([ear], [], [], pause)[0]:
                ear.recv(1024)
            if self._reloading:
                self._reloading = False
                self._reload()

    def _reload(self) -> None:
        notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            loaded = self._read_again()
        except DuebirdError as error:
            log.error("the configuration was not taken over, the one before stays: %s", error)  # noqa: TRY400  for people
            notify("READY=1")
            return
        before = set(self._jobs())
        self._loaded = loaded
        self._worker.reload(loaded)
        self._mailman.reload(loaded)
        now = self._clock.now()
        for gone in before - set(self._jobs()):
            self._schedule.remove(gone)
        for job in self._jobs():
            self._schedule.add(job, first=now + timedelta(seconds=1))
        self._reopen_web()
        log.info("the configuration was read again: %d companies", len(self._companies()))
        notify("READY=1")


def run(loaded: Loaded, *, ready: Callable[[], None] | None = None) -> None:
    """`duebird run`: open the state, run until SIGTERM or Ctrl-C.

    Raises:
        DuebirdError: it cannot start; nothing was sent.
    """
    give_memory_back()
    for _ in range(SET_ASIDE_AT_MOST):
        state = open_or_set_aside(loaded)
        try:
            daemon = Daemon(loaded, state)
            with signals(daemon):
                daemon.run(ready=ready)
        except DatabaseTrouble as trouble:
            if trouble.code != DAMAGED:
                raise
            log.error("%s", trouble)  # noqa: TRY400  for people; what follows sets it aside
        else:
            return
        finally:
            state.close()
    raise DatabaseTrouble(
        f"The database in {loaded.state_dir} was damaged {SET_ASIDE_AT_MOST} times. Nothing more was started.",
        advice="The disk is most likely failing. Move the state folder to another disk, then: duebird run",
    )


@contextlib.contextmanager
def only_daemon_of(state: assemble.State) -> Iterator[None]:
    """Be the only daemon in the state folder, and of a database that several machines can reach.

    Raises:
        AlreadyRunning: another one is; says which process on what machine.
    """
    with only_daemon(state.folder), state.database.claimed(os.getpid(), socket.gethostname()):
        yield


@contextlib.contextmanager
def signals(daemon: Daemon) -> Iterator[None]:
    """SIGTERM and Ctrl-C stop, SIGHUP reloads; the handlers before are put back."""
    wanted: dict[int, Callable[..., None]] = {signal.SIGTERM: daemon.stop, signal.SIGINT: daemon.stop}
    if hasattr(signal, "SIGHUP"):
        wanted[signal.SIGHUP] = daemon.reload
    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    for number, handler in wanted.items():
        before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextlib.contextmanager
def _line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a line: a byte sent at the first wakes whoever waits at the second."""
    bell, ear = socket.socketpair()
    with bell, ear:
        bell.setblocking(False)  # noqa: FBT003  the library's own signature
        yield bell, ear


def heartbeat() -> float:
    """Seconds between two signs of life, from what systemd asks for (WatchdogSec=, sd_watchdog_enabled(3))."""
    asked = os.environ.get("WATCHDOG_USEC", "")
    return min(HEARTBEAT, int(asked) / 1_000_000 / BEATS) if asked.isdigit() and int(asked) else HEARTBEAT


def notify(message: str) -> None:
    """Tell systemd (sd_notify(3)); nothing happens where there is none."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.sendall(message.encode())


def run_once(loaded: Loaded) -> dict[str, Status]:
    """`duebird run --once`: one pass over every company, what it did and what stood in its way."""
    state = open_or_set_aside(loaded)
    try:
        with only_daemon_of(state):
            clock = assemble.system_clock()
            worker = Worker(loaded, state, clock)
            mailman = Mailman(loaded, state, clock, worker.is_elsewhere)
            try:
                done = {one.id: worker.once(one.id) for one in loaded.settings.companies if one.enabled}
                for company in mailman.companies():
                    done[company].counts.merge(mailman.once(company))
                return done
            finally:
                worker.let_go()
    finally:
        state.close()
