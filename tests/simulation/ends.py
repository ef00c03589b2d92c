"""The ends of the world: an old backup put back, a database lost, a copy started on a second computer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

from tests.simulation.cells import Tally
from tests.simulation.machine import Machine
from tests.simulation.town import START, Town

# As old as backups are: of an hour ago, of yesterday, of last week, and of before the services' lists reach back.
AGES: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=30))
# Two in three runs lose or copy something once; the rest shows that the others' failures come from that.
KINDS: Final = ("restore", "restore", "wipe", "clone", "clone", "none")


def plan_end(
    seed: str, machine: Machine, town: Town, tally: Tally, folder: Path, second: Callable[[Path], None]
) -> None:
    """Let one of them happen in this run. `second` starts another machine on a copy of that file."""
    dice = Random(f"{seed}/ends")
    kind, age = dice.choice(KINDS), dice.choice(AGES)
    moment = START + age + (town.peace - START - age) * dice.uniform(0.1, 0.95)
    backup = folder / "backup.sqlite3"

    def happens() -> None:
        tally.figures[f"world's end: {kind}"] += 1
        if kind == "wipe":
            machine.wipe()
        elif kind == "restore" and backup.exists():
            machine.restore(backup)
        elif kind == "clone" and machine.alive:
            machine.copy_to(backup)
            second(backup)

    if kind == "restore":
        town.at(moment - age, lambda: machine.copy_to(backup) if machine.alive else None)
    if kind != "none":
        town.at(moment, happens)
