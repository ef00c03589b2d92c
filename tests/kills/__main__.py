"""`make kills`: the installed program killed at every failure point and at any moment, then audited."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.failpoints import POINTS
from tests.kills.chain import Result, play
from tests.kills.plan import MOMENT, Kill, chains, kills

KILLS, DEEP_KILLS = 180, 600  # so many come to every point once


def _one(numbered: tuple[int, Sequence[Kill]], seed: str, folder: Path) -> Result:
    number, plan = numbered
    here = folder / f"chain-{number}"
    here.mkdir(mode=0o700)
    return play(seed, number, plan, here)


def _results(seed: str, chosen: list[tuple[int, Sequence[Kill]]], jobs: int, folder: Path) -> Iterator[Result]:
    one = partial(_one, seed=seed, folder=folder)
    if jobs <= 1:
        yield from map(one, chosen)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(one, chosen)


def main() -> int:
    """Returns 1 where a promise was broken, or a point never reached that was to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=int, help=f"how many, {KILLS} where nothing is said")
    parser.add_argument("--deep", action="store_true", help=f"{DEEP_KILLS} kills")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--about", default="", metavar="BEGINNING", help="only at points that begin so: 'notice.'")
    parser.add_argument("--chain", type=int, help="only the chain of that number, as a failure names it")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="leave what the lives wrote there")
    asked = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what was found is seen although it is stopped
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # told to stop, it takes what it started along
    number = asked.kills or (DEEP_KILLS if asked.deep else KILLS)
    numbered = list(enumerate(chains(asked.seed, number, asked.about)))
    chosen = [one for one in numbered if asked.chain in {None, one[0]}]
    begin, whole = time.monotonic(), Result(-1)
    with TemporaryDirectory(prefix="duebird-kills-") as folder:
        for one in _results(asked.seed, chosen, asked.jobs, asked.keep or Path(folder)):
            whole.kills += one.kills
            whole.figures += one.figures
            whole.broken += _told(
                one, f"--seed {asked.seed} --kills {number}" + f" --about {asked.about}" * bool(asked.about)
            )
    took = time.monotonic() - begin
    planned = {kill.at for kill in kills(asked.seed, number, asked.about)}
    if asked.chain is None:
        whole.broken += [f"never killed at {point}" for point in sorted(planned - set(whole.kills))]
    _print(whole.kills, whole.figures, took)
    if asked.json:
        words = {"kills": dict(whole.kills), "figures": dict(whole.figures), "seconds": round(took, 1)}
        asked.json.write_text(json.dumps(words | {"seed": asked.seed, "broken": whole.broken}, indent=2) + "\n")
    print(f"{whole.kills.total()} kills in {took:.0f} s, {len(whole.broken)} promises broken")
    return bool(whole.broken)


def _told(one: Result, run: str) -> list[str]:
    state = "breaks a promise:" if one.broken else "holds"
    print(f"chain {one.chain}: {one.kills.total()} kills in {one.seconds:.0f} s, {state}")
    for broken in one.broken:
        print(f"  - {broken}")
    if one.broken:
        print(f"  again: python -m tests.kills {run} --chain {one.chain}")
    return one.broken


def _print(done: Counter[str], figures: Counter[str], took: float) -> None:
    print(f"\n{len(POINTS & set(done))} of {len(POINTS)} points, {done[MOMENT]} kills at any moment")
    for point in sorted(POINTS):
        print(f"{done[point]:>6} {point}")
    for name, count in sorted(figures.items()):
        print(f"{count:>6,} {name}")
    print(f"{done.total() / took:.2f} kills a second")


if __name__ == "__main__":
    sys.exit(main())
