"""The daemon: one process, a job a company, stopped and reloaded by signals, watched by systemd where there is one."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Final

from connector import assemble
from connector.config import Loaded, load
from connector.errors import DuebirdError
from connector.lock import only_daemon
from connector.schedule import Schedule
from connector.worker import Status, Worker

log = logging.getLogger(__name__)

HEARTBEAT: Final = (
    5.0  # seconds between looks at signals and the watchdog; systemd's shortest sensible watchdog is 10 s
)


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
        threads = max(loaded.settings.daemon.workers, 1)
        self._schedule = Schedule(self._worker.work, self._clock, threads=threads, jitter=loaded.settings.daemon.jitter)
        self._stopping = threading.Event()
        self._reloading = threading.Event()
        self._wake = threading.Event()

    @property
    def worker(self) -> Worker:
        """Who does the passes."""
        return self._worker

    def stop(self, *_: object) -> None:
        """Finish the calls in hand and end."""
        self._stopping.set()
        self._worker.stop()
        self._wake.set()

    def reload(self, *_: object) -> None:
        """Read the configuration again, all of it or nothing."""
        self._reloading.set()
        self._wake.set()

    def poke(self, company_id: str) -> None:
        """Look at a company now."""
        self._worker.poke(company_id)
        self._schedule.poke(company_id)

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Work until stopped. Holds the lock of the state folder.

        Raises:
            AlreadyRunning: another daemon works on this state.
        """
        with only_daemon(self._state.folder):
            now = self._clock.now()
            for company in self._companies():
                self._schedule.add(company, first=now)
            self._schedule.start()
            notify("READY=1")
            if ready is not None:
                ready()
            try:
                self._watch()
            finally:
                notify("STOPPING=1")
                self._schedule.stop()

    def _companies(self) -> list[str]:
        return [one.id for one in self._loaded.settings.companies if one.enabled]

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(HEARTBEAT)
            self._wake.clear()
            notify("WATCHDOG=1")
            if self._reloading.is_set():
                self._reloading.clear()
                self._reload()

    def _reload(self) -> None:
        notify("RELOADING=1")
        try:
            loaded = self._read_again()
        except DuebirdError as error:
            log.error("the configuration was not taken over, the one before stays: %s", error)  # noqa: TRY400  for people
            notify("READY=1")
            return
        before = set(self._companies())
        self._loaded = loaded
        self._worker.reload(loaded)
        now = self._clock.now()
        for gone in before - set(self._companies()):
            self._schedule.remove(gone)
        for company in self._companies():
            self._schedule.add(company, first=now + timedelta(seconds=1))
        log.info("the configuration was read again: %d companies", len(self._companies()))
        notify("READY=1")


def run(loaded: Loaded, *, ready: Callable[[], None] | None = None) -> None:
    """`duebird run`: open the state, run until SIGTERM or Ctrl-C.

    Raises:
        DuebirdError: it cannot start; nothing was sent.
    """
    state = assemble.open_state(loaded.state_dir)
    try:
        state.database.check()
        daemon = Daemon(loaded, state)
        with signals(daemon):
            daemon.run(ready=ready)
    finally:
        state.close()


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
    state = assemble.open_state(loaded.state_dir)
    try:
        with only_daemon(Path(state.folder)):
            worker = Worker(loaded, state, assemble.system_clock())
            return {one.id: worker.once(one.id) for one in loaded.settings.companies if one.enabled}
    finally:
        state.close()
