"""(f) the whole process of a command, from start to end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from adapters.clock import SystemClock
from bench.ours import environ, installation
from bench.report import Found, Line, Say
from bench.world import ROOT, World

TIMES = 7
COMMANDS = {"--help": 0.3, "status": 0.6}  # seconds


def run(say: Say) -> list[Found]:
    """`duebird --help` and `duebird status` on an installation with one company that has been run."""
    say("(f) start-up")
    broken = _broken()
    if broken:
        return [Found("f", "start-up", [Line(f"not measured, the command line does not start: {broken}", "")])]
    with World() as world, installation(world, SystemClock()) as ours:
        ours.worker.once("company-0")
        config = str(ours.loaded.path)
        arguments = {"--help": ["--help"], "status": ["status", "--config", config]}
        taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for _ in range(TIMES):
            for name, given in arguments.items():
                taken[name].append(_seconds(given))
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


def _command(given: list[str]) -> list[str]:
    return [sys.executable, "-c", "from connector.cli.main import main; main()", *given]


def _broken() -> str:
    done = _run(_command(["--help"]))
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["?"])[-1]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environ(1)}
    )


def _seconds(given: list[str]) -> float:
    start = time.perf_counter()
    done = _run(_command(given))
    taken = time.perf_counter() - start
    assert done.returncode == 0, f"duebird {' '.join(given)}: {done.stderr}"
    return taken
