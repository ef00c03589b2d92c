"""(a) texted invoices and (b) booked payments, each a second, beside a client that remembers nothing.

Every round has fresh stand-ins, a fresh database on disk, and each side in turn with the machine to itself. The
clock stands still, so that nothing that is due later (asking how far a text has come) mixes in.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from adapters.clock import ManualClock
from bench import names
from bench.bare import Bare
from bench.ours import Ours, installation
from bench.raw import Raw
from bench.report import Found, Line, Say
from bench.world import World
from connector.worker import Status

TARGET = 0.5
COMPANY = names.company_of(0)


@dataclass
class Sides:
    """Seconds and calls of the three sides of one job, round by round."""

    jobs: int = 0
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"ours": [], "bare": [], "raw": []})
    calls: dict[str, Counter[str]] = field(default_factory=lambda: {"ours": Counter(), "bare": Counter()})

    def time(self, side: str, work: Callable[[], object]) -> object:
        start = time.perf_counter()
        result = work()
        self.seconds[side].append(time.perf_counter() - start)
        return result

    def ratio(self, side: str) -> float:
        """Our speed, with that side's as one; the median of the rounds."""
        return median(theirs / ours for ours, theirs in zip(self.seconds["ours"], self.seconds[side], strict=True))

    def rate(self, side: str) -> float:
        """Jobs a second over all rounds."""
        return self.jobs / sum(self.seconds[side])

    def differences(self) -> dict[str, tuple[int, int]]:
        """Kinds of calls that were not made equally often: (ours, bare)."""
        ours, bare = self.calls["ours"], self.calls["bare"]
        return {kind: (ours[kind], bare[kind]) for kind in sorted(ours | bare) if ours[kind] != bare[kind]}


def run(say: Say, *, rounds: int, size: int) -> list[Found]:
    """Both benches; each payment of (b) is on a link of (a)."""
    texts, bookings = Sides(), Sides()
    for number in range(rounds):
        say(f"(a) (b) round {number + 1} of {rounds}: {size} invoices on each side")
        _round(texts, bookings, size, ours_first=number % 2 == 0)
    return [
        _found("a", "texted invoices a second, every commit durable", texts, size, rounds),
        _found("b", "booked payments a second, likewise", bookings, size, rounds),
    ]


def _round(texts: Sides, bookings: Sides, size: int, *, ours_first: bool) -> None:
    with ExitStack() as stack:
        worlds = {side: stack.enter_context(World()) for side in ("ours", "bare", "raw")}
        clock = ManualClock(datetime.now(UTC))
        ours = stack.enter_context(installation(worlds["ours"], clock))
        _check(ours.worker.once(COMPANY))  # the baseline of empty books
        bare, raw = Bare(worlds["bare"], clock), Raw(worlds["raw"])
        ours.agree(size)
        issued = {side: world.issue(size) for side, world in worlds.items()}
        recipients = [(invoice, names.mobile_of(one)) for one, (_, invoice) in enumerate(issued["raw"])]
        work: dict[str, Callable[[], object]] = {
            "ours": lambda: _check(ours.worker.once(COMPANY)),
            "bare": bare.text_what_is_new,
            "raw": lambda: raw.text(recipients),
        }
        _race(texts, worlds, work, size, ours_first=ours_first)
        for side, world in worlds.items():
            assert world.texts_sent() == size, f"{side} sent {world.texts_sent()} texts for {size} invoices"
            for link in world.live_links():
                world.pay(link)
        work |= {"ours": lambda: _until_booked(ours, size), "bare": bare.book_what_is_paid, "raw": raw.book}
        _race(bookings, worlds, work, size, ours_first=ours_first)
        for side, world in worlds.items():
            assert world.payments_booked() == size, f"{side} booked {world.payments_booked()} of {size} payments"


def _race(
    sides: Sides, worlds: dict[str, World], work: dict[str, Callable[[], object]], size: int, *, ours_first: bool
) -> None:
    for side in ("ours", "bare", "raw") if ours_first else ("raw", "bare", "ours"):
        worlds[side].forget_requests()
        sides.time(side, work[side])
        if side in sides.calls:
            sides.calls[side] += worlds[side].calls()
    sides.jobs += size


def _until_booked(ours: Ours, size: int) -> None:
    """Passes as the daemon makes them: one works on 500 events, and each payment has two. Only the first one looks."""
    _check(ours.worker.once(COMPANY))
    for _ in range(10):
        if ours.state.queries.counts(COMPANY)["booked"] == size:
            return
        ours.worker.work(COMPANY)
        _check(ours.worker.statuses[COMPANY])


def _check(status: Status) -> Status:
    assert not status.troubles, status.troubles
    return status


def _found(key: str, title: str, sides: Sides, size: int, rounds: int) -> Found:
    ratio = sides.ratio("bare")
    different = sides.differences()
    calls = sum(sides.calls["ours"].values())
    lines = [
        Line("ours / bare client with the same SDKs", f"{ratio:.2f}", f">= {TARGET}", ratio >= TARGET),
        Line("ours / raw HTTP", f"{sides.ratio('raw'):.2f}"),
        Line("ours, bare, raw", ", ".join(f"{sides.rate(one):.1f}/s" for one in ("ours", "bare", "raw"))),
        Line("calls to services, ours and bare", f"{calls}, {sum(sides.calls['bare'].values())}"),
        *(Line(f"differs: {kind}", f"{ours}, {bare}") for kind, (ours, bare) in different.items()),
    ]
    figures = {
        "ratio_bare": ratio,
        "ratio_raw": sides.ratio("raw"),
        "per_second": {side: sides.rate(side) for side in sides.seconds},
        "seconds": sides.seconds,
        "rounds": rounds,
        "size": size,
        "calls": {side: dict(counted) for side, counted in sides.calls.items()},
        "different_calls": different,
    }
    return Found(key, f"{title}: {rounds} rounds of {size}", lines, figures)
