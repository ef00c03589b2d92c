"""`make simulate`: many seeds, the grid of what befell which effect, and the one command that replays a failure."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.cells import Tally
from tests.simulation.mutants import MUTANTS, seeds_to_find
from tests.simulation.run import DAYS, Outcome, Run, simulate

SEEDS, DEEP_SEEDS = 1000, 10_000
ENOUGH = 1000  # seeds from which on every live cell and every state must have been reached
MUTANT_SEEDS = 60  # within so many a planted defect must be found


def _one(seed: str, days: int, ends: bool) -> Outcome:  # noqa: FBT001  positional for the pool
    return simulate(Run(seed, days=days, worlds_end=ends))


def _outcomes(seeds: Sequence[str], jobs: int, days: int, *, ends: bool) -> Iterator[Outcome]:
    play = partial(_one, days=days, ends=ends)
    if jobs <= 1:
        yield from map(play, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(play, seeds, chunksize=4)


def _tell(outcome: Outcome, days: int, *, ends: bool) -> None:
    print(f"\nseed {outcome.seed} ({outcome.season}) breaks a promise:")
    for one in outcome.broken:
        print(f"  - {one}")
    more = " --worlds-end" if ends else ""
    print(f"  again: python -m tests.simulation --seed {outcome.seed} --days {days}{more}")


def _replay(seed: str, days: int, *, ends: bool) -> int:
    outcome = _one(seed, days, ends)
    print(f"seed {seed}: {outcome.season}, request log {outcome.digest}")
    print(outcome.tally.table())
    for name, count in sorted(outcome.tally.figures.items()):
        print(f"{count:>8} {name}")
    if outcome.broken:
        _tell(outcome, days, ends=ends)
    return bool(outcome.broken)


def _report(tally: Tally, seeds: int, took: float) -> list[str]:
    print("\n" + tally.table())
    for name, count in sorted(tally.figures.items()):
        print(f"{count:>10,} {name}")
    for state, count in sorted(tally.reached.items()):
        print(f"{count:>10,} times {state}")
    print(f"{took:.0f} s, {seeds / took:.1f} seeds a second")
    wrong = [] if sum(n for name, n in tally.figures.items() if name.startswith("fault")) else ["no fault was injected"]
    if seeds >= ENOUGH:
        wrong += [f"never hit: {hit} x {by}" for hit, by in tally.unhit()]
        wrong += [f"never reached: {state}" for state in tally.unreached()]
    return wrong


def _mutants(jobs: int) -> int:
    """Every planted defect must be found."""
    seeds = [str(number) for number in range(MUTANT_SEEDS)]
    find = partial(seeds_to_find, seeds=seeds)
    lost = []
    with ProcessPoolExecutor(jobs) as pool:
        for name, (tried, why) in zip(MUTANTS, pool.map(find, MUTANTS), strict=True):
            print(f"{name:<44} " + (f"found by seed {tried}: {why}" if why else "NOT FOUND"), flush=True)
            lost += [] if why else [name]
    print(f"{len(MUTANTS) - len(lost)} of {len(MUTANTS)} planted defects found")
    return bool(lost)


def main() -> int:
    """Returns 1 where a promise was broken, a cell never hit, or a planted defect not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=0, help="number of the first seed")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--deep", action="store_true", help=f"{DEEP_SEEDS} seeds")
    parser.add_argument("--seed", help="play one seed again and tell what befell")
    parser.add_argument("--worlds-end", action="store_true", help="also restores, lost databases and clones")
    parser.add_argument("--mutants", action="store_true", help="look for the planted defects instead")
    asked = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what was found is seen although it is stopped
    if asked.seed is not None:
        return _replay(asked.seed, asked.days, ends=asked.worlds_end)
    if asked.mutants:
        return _mutants(asked.jobs)
    count = DEEP_SEEDS if asked.deep else asked.seeds
    seeds = [str(number) for number in range(asked.first, asked.first + count)]
    tally, broken, start = Tally(), 0, time.monotonic()
    for outcome in _outcomes(seeds, asked.jobs, asked.days, ends=asked.worlds_end):
        tally.add(outcome.tally)
        if outcome.broken:
            broken += 1
            _tell(outcome, asked.days, ends=asked.worlds_end)
    wrong = _report(tally, count, time.monotonic() - start)
    for one in wrong:
        print(one)
    print(f"{count} seeds, {broken} with a broken promise")
    return bool(broken or wrong)


if __name__ == "__main__":
    sys.exit(main())
