"""One life of the daemon after another, each in a process of its own that a test may kill or let kill itself."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.e2e.house import ROOT, House

PATIENCE: Final = 60.0  # seconds; what is waited for takes one, on a busy machine some ten
KILLED: Final = -signal.SIGKILL
MOMENT: Final = 0.5  # seconds between two looks


class Stuck(AssertionError):
    """A life did not do in time what it was started for."""


class Launcher:
    """The process that starts lives; see `tests/kills/launcher.py`."""

    def __init__(self, house: House, patience: float = PATIENCE) -> None:
        self.house, self.patience = house, patience
        self._lives = 0
        self._life: Life | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.launcher"],
            env=house.env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def start(self, point: str | None = None, hit: int = 1) -> Life:
        """`duebird run`, which dies at that point where one is named."""
        self._lives += 1
        log = self.house.folder / f"life-{self._lives}.log"
        order = {"arguments": ["run", "--config", str(self.house.config)], "log": str(log), "point": point, "hit": hit}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._life = Life(self, int(self.answer(self.patience)), log)
        return self._life

    def answer(self, patience: float) -> str:
        """Its next line.

        Raises:
            Stuck: it says nothing in time.
        """
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], patience)[0]:
            raise Stuck("the launcher says nothing")
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """End it, and the life that may still be going on."""
        if self._life is not None and self._life.ended() is None:
            self._life.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


class Life:
    """A running daemon."""

    def __init__(self, launcher: Launcher, pid: int, log: Path) -> None:
        self._launcher, self._pid, self._log = launcher, pid, log
        self._patience = launcher.patience
        self._code: int | None = None

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def ended(self, patience: float = 0.0) -> int | None:
        """Its exit code, negative for a signal; None while it lives, after that many seconds."""
        if self._code is None:
            try:
                status = self._launcher.answer(patience)
            except Stuck:
                return None
            self._code = os.waitstatus_to_exitcode(int(status))
        return self._code

    def dies(self, what: str, meanwhile: Callable[[], None]) -> None:
        """Wait until it has killed itself; `meanwhile` is done again and again."""
        deadline = time.monotonic() + self._patience
        while (code := self.ended(MOMENT)) is None and time.monotonic() < deadline:
            meanwhile()
        if code is None:
            self.kill()
            raise Stuck(f"it never came to {what}:\n{self.log[-3000:]}")
        if code != KILLED:
            raise Stuck(f"it was to die at {what}, and ended with {code}:\n{self.log[-3000:]}")

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something is true, as long as it lives."""
        deadline = time.monotonic() + self._patience
        while not holds():
            if self.ended(0.05) is not None:
                raise Stuck(f"it ended with {self._code} before {what}:\n{self.log[-3000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise Stuck(f"not within {self._patience:.0f} s: {what}\n{self.log[-3000:]}")

    def ready(self) -> Life:
        self.until(lambda: "Duebird is running" in self.log, "it says that it runs")
        return self

    def kill(self) -> None:
        """SIGKILL, now."""
        os.kill(self._pid, signal.SIGKILL)
        self.ended(PATIENCE)

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        os.kill(self._pid, signal.SIGTERM)

    def stop(self) -> None:
        """SIGTERM, and a clean end."""
        self.ask_to_stop()
        code = self.ended(self._patience)
        if code != 0:
            raise Stuck(f"told to stop it ended with {code}:\n{self.log[-3000:]}")
