"""(f) the whole process of a command, from start to end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from adapters.clock import SystemClock
from bench.ours import environ, installation
from bench.report import Found, Line, Say
from bench.world import ROOT, World

TIMES = 7
COMMANDS = {"--help": 0.3, "status": 0.6}  # seconds


def run(say: Say) -> list[Found]:
    """`duebird --help` and `duebird status` on an installation with one company that has been run."""
    say("(f) start-up")
    with TemporaryDirectory() as compiled, World() as world, installation(world, SystemClock()) as ours:
        ours.worker.once("company-0")
        seconds = partial(_seconds, environment=_environment(Path(compiled)))
        arguments = {"--help": ["--help"], "status": ["status", "--config", str(ours.loaded.path)]}
        for given in arguments.values():
            seconds(given)  # compiles
        taken = {name: [seconds(given) for _ in range(TIMES)] for name, given in arguments.items()}
    lines = [
        Line(
            f"duebird {name}, median of {TIMES}",
            f"{median(taken[name]):.2f} s",
            f"< {limit} s",
            median(taken[name]) < limit,
        )
        for name, limit in COMMANDS.items()
    ]
    return [Found("f", "start-up", lines, {"seconds": taken})]


def _environment(compiled: Path) -> Mapping[str, str]:
    """That of an installed Duebird, whose modules pip has compiled: a clone may be told to compile none."""
    here = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**here, **environ(1), "PYTHONPYCACHEPREFIX": str(compiled)}


def _seconds(given: list[str], environment: Mapping[str, str]) -> float:
    command = [sys.executable, "-c", "from connector.cli.main import main; main()", *given]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    taken = time.perf_counter() - start
    assert done.returncode == 0, f"duebird {' '.join(given)}: {done.stderr}"
    return taken
