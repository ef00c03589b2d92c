"""Ends of the world in the simulator: each kind is lived through, and counted as a state that must be reached."""

from __future__ import annotations

import pytest

from tests.simulation.cells import AFTER_AN_END, End, Sometimes, Tally
from tests.simulation.run import Run, simulate

DAYS = 15  # enough for a backup of a week to be put back; the thousand seeds of `make simulate` take 45
# Of each kind one seed that draws it, with what it must lead to.
SEEDS = {
    "3": End.BACKUP_HOUR,
    "8": End.DAMAGED,
    "15": End.CLONE,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_broken_by_an_end_of_the_world(seed: str) -> None:
    outcome = simulate(Run(seed, DAYS, worlds_end=True))
    assert outcome.tally.reached[SEEDS[seed]] == 1
    assert outcome.broken == []


def test_ends_must_be_reached_only_where_they_can_be() -> None:
    tally = Tally()
    assert set(tally.unreached()) == set(Sometimes) - AFTER_AN_END
    tally.figures["runs that may see a world's end"] += 1
    assert set(tally.unreached()) == {*Sometimes, *End}
