"""What a run of many seeds came to: for people while it goes on and at its end, and as figures for a page."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.simulation.cells import LIVE, NOT_LIVE, Hit, Tally

# Seeds from which on every live cell and every state must have been reached: the rarest was met twice in 450.
ENOUGH: Final = 500
TOLD_EVERY: Final = 15.0  # seconds between two lines of progress: a log that stands still longer looks dead
DAYS_A_MONTH: Final = 30
FAULT: Final = "fault "
CALLS: Final = "calls "


@dataclass
class Report:
    """Figures that grow with every seed. `days`: how long each seed lives."""

    seeds: int
    days: int
    tally: Tally = field(default_factory=Tally)
    played: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)

    def add(self, seed: str, tally: Tally, broken: list[str]) -> None:
        """One more seed is played."""
        self.played += 1
        self.tally.add(tally)
        if broken:
            self.broken[seed] = broken
        if time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            print(f"{self.played:>6,} of {self.seeds:,} seeds, {self.speed:.1f} a second", flush=True)

    @property
    def took(self) -> float:
        """Seconds so far."""
        return max(time.monotonic() - self.began, 0.001)

    @property
    def speed(self) -> float:
        """Seeds a second."""
        return self.played / self.took

    @property
    def effects(self) -> dict[str, int]:
        """Calls that carry out an effect, by kind; a call that was repeated counts each time."""
        return {hit.value: self.tally.figures[f"{CALLS}{hit}"] for hit in Hit}

    @property
    def faults(self) -> dict[str, int]:
        """Injected faults, by kind."""
        figures = self.tally.figures
        found = {name.removeprefix(FAULT): count for name, count in figures.items() if name.startswith(FAULT)}
        more = {name: figures[name] for name in ("crashes at commits", "disk faults") if figures[name]}
        return dict(sorted({**found, **more}.items()))

    def shortcomings(self) -> list[str]:
        """What makes a run worthless, or unfinished, although no promise was broken."""
        wrong = [] if self.faults else ["no fault was injected"]
        if self.played >= ENOUGH:
            wrong += [f"never hit: {hit} x {by}" for hit, by in self.tally.unhit()]
            wrong += [f"never reached: {state}" for state in self.tally.unreached()]
        return wrong

    def words(self) -> str:
        """The whole, for people."""
        tally = self.tally
        lines = ["", tally.table()]
        lines += [f"{count:>10,} {name}" for name, count in sorted(tally.figures.items())]
        lines += [f"{count:>10,} times {state}" for state, count in sorted(tally.reached.items())]
        months = self.played * self.days // DAYS_A_MONTH
        hits = sum(1 for cell in LIVE if tally.cells[cell])
        lines += [
            "",
            f"{self.played:,} seeds, {months:,} simulated months, {sum(self.effects.values()):,} effects",
            f"{sum(self.faults.values()):,} faults, {hits} of {len(LIVE)} live cells hit",
            f"{self.took:.0f} s, {self.speed:.1f} seeds a second",
            f"seeds with a broken promise: {len(self.broken)}",
        ]
        return "\n".join(lines)

    def figures(self) -> Mapping[str, Any]:
        """The whole, for programs."""
        tally = self.tally
        grid: dict[str, dict[str, int]] = {}
        for (hit, by), count in sorted(tally.cells.items()):
            grid.setdefault(by.value, {})[hit.value] = count
        return {
            "seeds": self.played,
            "days_a_seed": self.days,
            "simulated_months": self.played * self.days // DAYS_A_MONTH,
            "effects": self.effects,
            "faults": self.faults,
            "crashes": tally.figures["crashes"],
            "passes": tally.figures["passes"],
            "grid": grid,
            "not_live": sorted([hit.value, by.value] for hit, by in NOT_LIVE),
            "states": {state.value: count for state, count in sorted(tally.reached.items())},
            "figures": dict(sorted(tally.figures.items())),
            "seconds": round(self.took, 1),
            "seeds_a_second": round(self.speed, 2),
            "broken": self.broken,
            "shortcomings": self.shortcomings(),
        }

    def write(self, target: Path) -> None:
        """The figures as JSON."""
        target.write_text(json.dumps(self.figures(), indent=1) + "\n")
