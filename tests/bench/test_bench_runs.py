from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT


@pytest.mark.slow
def test_the_quick_bench_runs_and_tells_what_it_found(tmp_path: Path) -> None:
    told = tmp_path / "found.json"
    done = subprocess.run(  # noqa: S603  our own interpreter, on our own package
        [sys.executable, "-m", "bench", "--quick", "--json", str(told)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(told.read_text())
    assert list(found["benches"]) == ["a", "b", "c", "d", "e", "f"]
    assert found["machine"]["date"]
    for key in "ab":
        figures = found["benches"][key]["figures"]
        assert figures["different_calls"] == {}, "the sides did not make the same calls"
        assert figures["ratio_bare"] > 0
    assert found["benches"]["c"]["figures"]["calls"]
    assert found["benches"]["d"]["figures"]["peak_mb"] > 0
    assert found["benches"]["e"]["figures"]["p99"] > 0
