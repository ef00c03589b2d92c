"""`make simulate`: many seeds, the grid of what befell which effect, and the one command that replays a failure."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests.simulation.mutants import MUTANTS, seeds_to_find
from tests.simulation.report import Report
from tests.simulation.run import DAYS, Outcome, Run, simulate

SEEDS, DEEP_SEEDS = 1000, 10_000
# Within so many that can show it a planted defect must be found. The rarest takes a booking that is carried out minutes
# late in books that take more than is owed, on a machine that tries again within those minutes: one in thirty of the
# seeds that can show it; or an invoice that is changed while more than it owes is divided: one seed in a hundred.
MUTANT_SEEDS = 200
MOST_SEEDS = 20 * MUTANT_SEEDS  # of which those are taken; the rarest can show in one town of eleven


def _one(seed: str, days: int, ends: bool) -> Outcome:  # noqa: FBT001  positional for the pool
    return simulate(Run(seed, days=days, worlds_end=ends))


def _outcomes(seeds: Sequence[str], jobs: int, days: int, *, ends: bool) -> Iterator[Outcome]:
    play = partial(_one, days=days, ends=ends)
    if jobs <= 1:
        yield from map(play, seeds)
        return
    with _pool(jobs) as pool:
        yield from pool.map(play, seeds, chunksize=4)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Processes that begin with everything imported, which their collectors of garbage need not walk again."""
    gc.collect()
    gc.freeze()
    return ProcessPoolExecutor(jobs)


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


def _mutants(jobs: int, target: Path | None, about: str) -> int:
    """Every planted defect must be found; `about`: of those whose name holds that."""
    planted = [name for name in MUTANTS if about in name]
    find = partial(seeds_to_find, seeds=[str(number) for number in range(MOST_SEEDS)], most=MUTANT_SEEDS)
    lost, told = [], {}
    with _pool(jobs) as pool:
        for name, (tried, why) in zip(planted, pool.map(find, planted), strict=True):
            print(f"{name:<44} " + (f"found by seed {tried}: {why}" if why else "NOT FOUND"), flush=True)
            lost += [] if why else [name]
            told[name] = {"seed": tried, "saw": why} if why else None
    print(f"{len(planted) - len(lost)} of {len(planted)} planted defects found")
    if target is not None:
        found = {"planted": len(planted), "found": len(planted) - len(lost), "by": told}
        target.write_text(json.dumps(found, indent=1) + "\n")
    return bool(lost)


def main() -> int:
    """Returns 1 where a promise was broken, a cell never hit, or a planted defect not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=0, help="number of the first seed")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes; one a core")
    parser.add_argument("--deep", action="store_true", help=f"{DEEP_SEEDS} seeds")
    parser.add_argument("--seed", help="play one seed again and tell what befell")
    parser.add_argument("--worlds-end", action="store_true", help="also restores, lost databases and clones")
    parser.add_argument("--mutants", action="store_true", help="look for the planted defects instead")
    parser.add_argument("--about", default="", metavar="WORDS", help="with --mutants: only those named so")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    asked = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what was found is seen although it is stopped
    if asked.seed is not None:
        return _replay(asked.seed, asked.days, ends=asked.worlds_end)
    if asked.mutants:
        return _mutants(asked.jobs, asked.json, asked.about)
    count = DEEP_SEEDS if asked.deep else asked.seeds
    seeds = [str(number) for number in range(asked.first, asked.first + count)]
    report = Report(count, asked.days)
    with suppress(KeyboardInterrupt):  # what was played until then is told
        for outcome in _outcomes(seeds, asked.jobs, asked.days, ends=asked.worlds_end):
            report.add(outcome.seed, outcome.tally, outcome.broken)
            if outcome.broken:
                _tell(outcome, asked.days, ends=asked.worlds_end)
    print(report.words())
    wrong = report.shortcomings()
    for one in wrong:
        print(one)
    if asked.json is not None:
        report.write(asked.json)
    return bool(report.broken or wrong or report.played < count)


if __name__ == "__main__":
    sys.exit(main())
