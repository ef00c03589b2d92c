"""`python -m bench`: every bench, one table, figures of one run. See docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from rich.console import Console

from bench import idle, latency, memory, pipeline, startup
from bench.report import Found, Say, as_json, machine, show


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="How fast Duebird is, in ratios from one run.")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run, and what about")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure there")
    parser.add_argument("--only", default="abcdef", metavar="LETTERS", help="some of a to f (a and b run together)")
    given = parser.parse_args()
    console = Console()
    begin = time.perf_counter()

    def say(what: str) -> None:
        console.print(f"[dim]{time.perf_counter() - begin:5.0f} s  {what}", highlight=False)

    where = machine()
    found = _run(say, given.only, quick=given.quick)
    show(console, found, where)
    if given.json:
        given.json.write_text(json.dumps(as_json(found, where, quick=given.quick), indent=1, default=str))


def _run(say: Say, wanted: str, *, quick: bool) -> list[Found]:
    found: list[Found] = []
    if set(wanted) & set("ab"):
        found += pipeline.run(say, rounds=1 if quick else 4, size=30 if quick else 500)
    if "c" in wanted:
        found += idle.run(say, sizes=(100, 1_000) if quick else (1_000, 10_000, 100_000), passes=5 if quick else 40)
    if "d" in wanted:
        found += memory.run(say, companies=3 if quick else 40, receivables=300 if quick else 100_000)
    if "e" in wanted:
        found += latency.run(say, payments=20 if quick else 400)
    if "f" in wanted:
        found += startup.run(say)
    return found


if __name__ == "__main__":
    main()
