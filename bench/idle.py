"""(c) a pass over a company in which nothing happened, whatever is on record of it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from statistics import median

from adapters.clock import ManualClock
from bench import names
from bench.ours import Ours, installation
from bench.report import Found, Line, Say
from bench.seeding import remember
from bench.world import World

TARGET = 1.2
COMPANY = names.company_of(0)
STEP = timedelta(minutes=1)  # between passes; all of them stay within the day between two full readings


def run(say: Say, *, sizes: tuple[int, ...], passes: int) -> list[Found]:
    """Passes over installations of several sizes in turn, on the real adapters over HTTP."""
    with ExitStack() as stack:
        halls: dict[int, tuple[World, Ours, ManualClock]] = {}
        for size in sizes:
            say(f"(c) {size:,} receivables on record")
            world = stack.enter_context(World())  # two installations in one would claim the company from each other
            clock = ManualClock(datetime.now(UTC))
            ours = stack.enter_context(installation(world, clock))
            ours.worker.once(COMPANY)  # the baseline, before anything is on record
            remember(ours.state, COMPANY, size)
            ours.worker.once(COMPANY)
            halls[size] = (world, ours, clock)
        say(f"(c) {passes} idle passes over each")
        cpu: dict[int, list[float]] = {size: [] for size in sizes}
        calls: dict[int, set[int]] = {size: set() for size in sizes}
        for _ in range(passes):
            for size, (world, ours, clock) in halls.items():
                world.forget_requests()
                clock.advance(STEP)
                start = time.process_time()
                status = ours.worker.once(COMPANY)
                cpu[size].append((time.process_time() - start) * 1000)
                assert not status.troubles, status.troubles
                calls[size].add(sum(world.calls().values()))
    return [_found(sizes, cpu, calls)]


def _found(sizes: tuple[int, ...], cpu: dict[int, list[float]], calls: dict[int, set[int]]) -> Found:
    typical = {size: median(cpu[size]) for size in sizes}
    ratio = typical[sizes[-1]] / typical[sizes[0]]
    constant = len({frozenset(found) for found in calls.values()}) == 1
    figures = ", ".join(f"{typical[size]:.1f}" for size in sizes)
    names_of_sizes = ", ".join(f"{size:,}" for size in sizes)
    lines = [
        Line(f"CPU ms a pass with {names_of_sizes}", figures),
        Line("the largest / the smallest", f"{ratio:.2f}", f"<= {TARGET}", ratio <= TARGET),
        Line(
            "calls a pass",
            ", ".join("-".join(str(one) for one in sorted({min(found), max(found)})) for found in calls.values()),
            "the same",
            constant,
        ),
    ]
    return Found(
        "c",
        "idle pass over one company",
        lines,
        {"cpu_ms": typical, "ratio": ratio, "calls": {size: sorted(found) for size, found in calls.items()}},
    )
