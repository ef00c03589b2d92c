"""The figures on the page are those of the runs, and a run that broke a promise does not get there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.proof.page import BEGIN, END, FIGURES, PAGE, PARTS, block, with_block


def test_the_page_shows_the_figures_that_are_kept_beside_it() -> None:
    known = json.loads(FIGURES.read_text("utf-8"))
    assert set(known) <= {part.name for part in PARTS}
    page = PAGE.read_text("utf-8")
    assert with_block(page, known) == page


def test_no_run_on_the_page_broke_a_promise_or_missed_a_planted_defect() -> None:
    known = json.loads(FIGURES.read_text("utf-8"))
    assert not [name for name, figures in known.items() if figures.get("broken") or figures.get("shortcomings")]
    if "mutants" in known:
        assert known["mutants"]["found"] == known["mutants"]["planted"] >= 20


def test_a_run_that_broke_a_promise_is_not_published(tmp_path: Path) -> None:
    before = PAGE.read_bytes(), FIGURES.read_bytes()
    run = tmp_path / "kills.json"
    run.write_text(json.dumps({"kills": {}, "figures": {}, "broken": ["2 texts as notice"]}), "utf-8")
    done = subprocess.run(  # noqa: S603  our own interpreter, on our own code
        [sys.executable, "-m", "tests.proof", "--kills", str(run)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Nothing was written" in done.stderr
    assert (PAGE.read_bytes(), FIGURES.read_bytes()) == before


def test_what_was_not_run_is_said_to_be_so() -> None:
    assert block({}).count("Not run yet.") == len(PARTS)


def test_a_page_without_a_place_for_figures_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_block("no markers here", {})
    assert with_block(f"a {BEGIN} old {END} b", {}).startswith(f"a {BEGIN}")
