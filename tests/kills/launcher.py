"""Starts the installed program again and again, each time in a process of its own, to be killed at a point.

Reads one order a line: {"arguments": [...], "log": PATH, "point": NAME or null, "hit": NUMBER}; answers with the
process's id, and once it has ended with its status as `waitpid` gives it. What the first life had loaded is loaded
once for all that follow, which makes a start five times as fast; everything else is as from the command line.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from connector.cli.main import main
from connector.failpoints import armed


def _load(modules: Path) -> None:
    """Load what a life had loaded that came to a clean end; the lives that follow need not."""
    with suppress(FileNotFoundError):
        for name in modules.read_text(encoding="utf-8").split():
            with suppress(ImportError):  # some are made up by the libraries that hold them
                import_module(name)
        modules.unlink()
        gc.freeze()


class Trap:
    """Kills the process when a point is reached for the n-th time."""

    def __init__(self, point: str, hit: int) -> None:
        self.point, self.left = point, hit

    def __call__(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _live(order: dict[str, Any]) -> int:
    """Be the program, until it ends or dies."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["duebird", *order["arguments"]]
    with ExitStack() as set_up:
        if order["point"]:
            set_up.enter_context(armed(Trap(order["point"], order["hit"])))
        try:
            main()
        except SystemExit as end:
            if end.code:
                return end.code if isinstance(end.code, int) else 1
    _modules(order).write_text("\n".join(sys.modules), encoding="utf-8")
    return 0


def _modules(order: dict[str, Any]) -> Path:
    return Path(order["log"]).with_suffix(".modules")


def _obey(order: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = _live(order)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)  # what the launcher itself wants done at its end is not this process's business
    print(pid, flush=True)
    status = os.waitpid(pid, 0)[1]
    _load(_modules(order))
    print(status, flush=True)


if __name__ == "__main__":
    for line in sys.stdin:
        _obey(json.loads(line))
