"""The daemon beside the play.

It is a program of its own, `duebird run` with nothing added: so the play shows the very thing that runs in
production, from its reading of the configuration to its end on SIGTERM, and nothing of the play can leak into it.
Its start costs a second, during which the play introduces itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import connector
from connector.errors import DuebirdError

START_LIMIT: Final = 20.0  # seconds; a start takes one or two, a busy old machine five
STOP_LIMIT: Final = 15.0  # seconds for the calls in hand; on loopback they take milliseconds
READY: Final = b"Duebird is running"
LOG_TAIL: Final = 12  # lines shown when it ends by itself: enough to hold a traceback's end

# What must not reach a program that plays: the database, the credentials and the supervisor of a real one; and a
# company's proxy, which cannot reach stand-ins on this machine.
_NOT_FOR_PLAY: Final = frozenset(
    {
        "DUEBIRD_DATABASE_URL",
        "CREDENTIALS_DIRECTORY",
        "NOTIFY_SOCKET",
        "STATE_DIRECTORY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    }
)


def keep_to_the_play() -> None:
    """Forget, for this program and what it starts, where a real installation keeps its things, and any proxy."""
    for name in list(os.environ):
        if name.upper() in _NOT_FOR_PLAY:
            del os.environ[name]


class Engine:
    """`duebird run` for one configuration, started and stopped."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config, self._log = config, log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `wait_ready` waits until it works."""
        # -P: nothing in the folder one stands in may pass for one of our libraries; the path: the very code that runs.
        command = [sys.executable, "-P", "-m", "connector.cli.main", "run", "--config", str(self._config)]
        paths = [str(Path(connector.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        with self._log.open("wb") as log:
            self._running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)  # noqa: S603 - ourselves

    def wait_ready(self) -> None:
        """Return once it says that it runs.

        Raises:
            DuebirdError: it ended, or did not start in time; with the end of what it wrote.
        """
        deadline = time.monotonic() + START_LIMIT
        while READY not in self._log.read_bytes():
            self.check()
            if time.monotonic() > deadline:
                raise DuebirdError(f"The daemon did not start within {START_LIMIT:.0f} s.\n{self.tail()}")
            time.sleep(0.02)

    def check(self) -> None:
        """Complain when it ended by itself.

        Raises:
            DuebirdError: it did; with the end of what it wrote.
        """
        if self._running is not None and not self.is_running:
            raise DuebirdError(f"The daemon ended by itself ({self._running.returncode}).\n{self.tail()}")

    @property
    def is_running(self) -> bool:
        """Whether the one that was started goes on."""
        return self._running is not None and self._running.poll() is None

    def tail(self) -> str:
        """The last lines it wrote."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL:])

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._running.pid if self._running is not None else None

    def stop(self) -> None:
        """End it as a service manager does, and by force only when it does not listen."""
        running, self._running = self._running, None
        if running is None:
            return
        running.terminate()
        try:
            running.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(STOP_LIMIT)
