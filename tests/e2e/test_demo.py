"""`duebird demo` as a newcomer runs it: a program, whose output is all there is to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMISED = 60.0  # seconds; on this class of machine it takes ten

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Shown:
    code: int
    out: str
    err: str
    seconds: float


def demo(scratch: Path, *options: str, **environment: str) -> Shown:
    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "FORCE_COLOR"}}
    env |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "PYTHONUTF8": "1"} | environment
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-m", "connector.cli.main", "demo", *options],
        cwd=scratch,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=2 * PROMISED,
        check=False,
    )
    return Shown(done.returncode, done.stdout, done.stderr, time.monotonic() - began)


def test_the_demo_shows_texts_and_books_in_agreement_within_a_minute(tmp_path: Path) -> None:
    shown = demo(tmp_path, DUEBIRD_DATABASE_URL=f"sqlite:///{tmp_path}/a-real-one.sqlite3")
    assert shown.code == 0, shown.out + shown.err
    assert shown.seconds < PROMISED
    assert shown.err == ""
    assert "doubles: 0" in shown.out
    assert "NO " not in shown.out
    assert "INV-2102 from Saltbush: ¥48,000" in " ".join(shown.out.split())
    assert "\x1b" not in shown.out, "colours without a terminal"
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    assert not (tmp_path / "a-real-one.sqlite3").exists(), "the demo wrote into the database of a real installation"
    assert list(tmp_path.glob("duebird-demo-*/*")) == [], "the demo left something behind"


def test_every_invoice_of_the_demo_ends_as_its_customer_deserves(tmp_path: Path) -> None:
    shown = demo(tmp_path, "--json", "--folder", "kept")
    assert shown.code == 0, shown.err
    told: dict[str, Any] = json.loads(shown.out)
    ends = {one["invoice"]: (one["texts"], one["paid"], one["ledger_says"]) for one in told["invoices"]}
    assert ends == {
        "N-1041": (1, "$480.00 card", "paid"),
        "N-1027": (1, "$1,250.00 card", "paid"),
        "N-1025": (1, "$310.00 card", "paid"),
        "N-1038": (1, "$400.00 cheque, $500.00 bank", "paid"),
        "N-1040": (1, "EUR 640.00 card", "paid"),
        "N-1042": (0, "$220.00 cheque", "paid"),
        "N-1043": (0, None, "$95.00 owed"),
        "N-1044": (0, None, "$150.00 owed"),
        "N-1033": (0, "$75.00 cheque", "paid"),
        "N-1034": (0, None, "voided"),
        "INV-2101": (1, "AUD 86.40 card", "paid"),
        "INV-2102": (1, "¥48,000 card", "paid"),
        "INV-2103": (1, None, "AUD 132.00 owed"),
        "INV-2104": (0, None, "AUD 58.00 owed"),
        "INV-2068": (0, None, "AUD 410.00 owed"),
        "INV-2105": (0, None, "AUD 45.00 owed"),
    }
    why = {one["invoice"]: one["why_no_text"] for one in told["invoices"]}
    assert why["INV-2105"] == why["INV-2104"] == "this number has opted out"
    assert why["N-1042"] == "already paid in the ledger"
    assert why["N-1043"] == "the customer has no mobile number in the ledger"
    assert why["N-1044"] == "no consent on record for this number"
    assert all(one["thanked"] for one in told["invoices"] if one["texts"] and one["ledger_says"] == "paid")
    assert told["doubles"] == 0
    assert told["agrees"] is True
    assert all(one["reads"] > 0 and one["writes"] > 0 for one in told["calls"].values())
    assert (tmp_path / "kept" / "duebird.toml").is_file(), "a folder that was named stays"


def test_a_folder_with_a_configuration_in_it_is_left_as_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "duebird.toml").write_text("# mine\n", encoding="utf-8")
    shown = demo(tmp_path, "--folder", str(home))
    assert shown.code == 78
    assert "Nothing was changed" in shown.err
    assert [one.name for one in home.iterdir()] == ["duebird.toml"]
    assert (home / "duebird.toml").read_text(encoding="utf-8") == "# mine\n"
