"""Which kills there are to be, from a seed: every point in turn, with kills at any moment strewn between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Final

from connector.failpoints import POINTS, STEPS, Boundary

MOMENT: Final = "any moment"
ONE_IN: Final = 7  # kills come at any moment
CHAIN: Final = 24  # kills over one state folder; then everything is judged, and a fresh one begun
LATER: Final = frozenset(f"{what}.{step}" for what in STEPS for step in (Boundary.DOUBTED, Boundary.FOUND)) & POINTS


@dataclass(frozen=True)
class Kill:
    """One: at a point, or at a moment that dice choose; with the one before it that it needs, if any."""

    at: str
    after: str = ""

    @property
    def count(self) -> int:
        return 2 if self.after else 1


def kills(seed: str, number: int, about: str = "") -> list[Kill]:
    """So many, and one more where the last needs another before it. `about`: only at points that begin so."""
    chosen = sorted(point for point in POINTS if point.startswith(about))
    if not chosen:
        raise ValueError(f"no failure point begins with {about}")
    dice = Random(f"{seed}/kills")
    points: list[Kill] = []
    while sum(one.count for one in points) < number:
        whole = [Kill(point, _before(point) if point in LATER else "") for point in chosen]
        dice.shuffle(whole)
        points += whole
    every = cycle([False] * (ONE_IN - 1) + [True])
    source = iter(points)
    found: list[Kill] = []
    for moment in every:
        if sum(one.count for one in found) >= number:
            return found
        found.append(Kill(MOMENT) if moment else next(source))
    raise AssertionError("a cycle has no end")


def _before(point: str) -> str:
    """Where the life before is killed, so that there is something to look into."""
    return f"{point.partition('.')[0]}.{Boundary.ANSWERED}"


def chains(seed: str, number: int, about: str = "") -> list[Sequence[Kill]]:
    """The kills of a run, each list over one state folder."""
    found: list[list[Kill]] = [[]]
    for kill in kills(seed, number, about):
        if sum(one.count for one in found[-1]) >= CHAIN:
            found.append([])
        found[-1].append(kill)
    return [tuple(one) for one in found if one]
