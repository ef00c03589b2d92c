"""What a run of many seeds says of itself, and what it does not let pass."""

from __future__ import annotations

import json
from pathlib import Path

from tests.simulation.cells import LIVE, By, Hit, Sometimes, Tally
from tests.simulation.report import ENOUGH, Report


def _whole() -> Tally:
    """A tally in which everything was hit and reached."""
    tally = Tally()
    tally.figures["fault dead"] = 3
    tally.figures[f"calls {Hit.BOOKING}"] = 7
    for hit, by in LIVE:
        tally.hit(hit, by)
    for state in Sometimes:
        tally.reached[state] += 1
    return tally


def _report(tally: Tally, *, played: int, broken: list[str] | None = None) -> Report:
    report = Report(seeds=played, days=45)
    report.add("0", tally, broken or [])
    report.played = played
    return report


def test_a_run_without_a_fault_is_worth_nothing() -> None:
    assert _report(Tally(), played=1).shortcomings() == ["no fault was injected"]


def test_from_enough_seeds_on_a_live_cell_or_a_state_that_was_never_seen_is_told() -> None:
    tally = _whole()
    del tally.cells[Hit.BOOKING, By.COMMIT_LATE]
    del tally.reached[Sometimes.PAID_TWICE]
    assert _report(tally, played=ENOUGH - 1).shortcomings() == []
    assert _report(tally, played=ENOUGH).shortcomings() == [
        f"never hit: {Hit.BOOKING} x {By.COMMIT_LATE}",
        f"never reached: {Sometimes.PAID_TWICE}",
    ]


def test_a_run_that_saw_everything_lacks_nothing() -> None:
    assert _report(_whole(), played=ENOUGH).shortcomings() == []


def test_the_figures_are_written_for_programs(tmp_path: Path) -> None:
    report = _report(_whole(), played=200, broken=["payment pi_1 is booked 2 times"])
    report.write(tmp_path / "figures.json")
    told = json.loads((tmp_path / "figures.json").read_text())
    assert told["seeds"] == 200
    assert told["simulated_months"] == 300
    assert told["effects"]["booking"] == 7
    assert told["faults"] == {"dead": 3}
    assert told["grid"][By.COMMIT_LATE.value]["booking"] == 1
    assert told["states"][Sometimes.PAID_TWICE.value] == 1
    assert told["broken"] == {"0": ["payment pi_1 is booked 2 times"]}


def test_people_are_told_how_many_seeds_broke_a_promise_and_how_fast_it_went() -> None:
    words = _report(_whole(), played=200, broken=["no"]).words()
    assert "200 seeds, 300 simulated months, 7 effects" in words
    assert f"{len(LIVE)} of {len(LIVE)} live cells hit" in words
    assert "seeds with a broken promise: 1" in words
    assert "seeds a second" in words
