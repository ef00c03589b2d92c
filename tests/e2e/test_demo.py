"""`duebird demo` as a newcomer runs it: a program, whose output is all there is to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.demo.engine import Engine
from connector.domain.dunning import SENTENCES, Reason
from connector.errors import DuebirdError

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # seconds; it takes ten, and however busy the machine is, more means that it hangs

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Shown:
    code: int
    out: str
    err: str


def demo(scratch: Path, *options: str, **environment: str) -> Shown:
    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "FORCE_COLOR"}}
    env |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "PYTHONUTF8": "1"} | environment
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-m", "connector.cli.main", "demo", *options],
        cwd=scratch,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    return Shown(done.returncode, done.stdout, done.stderr)


def test_the_demo_shows_texts_and_books_in_agreement(tmp_path: Path) -> None:
    elsewhere = {"DUEBIRD_DATABASE_URL": f"sqlite:///{tmp_path}/a-real-one.sqlite3", "http_proxy": "http://127.0.0.1:9"}
    shown = demo(tmp_path, **elsewhere)
    assert shown.code == 0, shown.out + shown.err
    assert shown.err == ""
    assert "doubles: 0" in shown.out
    assert "NO " not in shown.out
    story = " ".join(shown.out.split())
    for told in (
        "No text to Sam about N-1044: no consent on record for this number.",
        "No text to Grace about INV-2104: this number has opted out.",
        "No text to Theo about INV-2105: this number has opted out.",
        "found it paid: no text to Hugo",
        "No text to Kenji about N-1045: outside the hours for texts where the customer is.",
        "No text to Lena about N-1043: the customer has no mobile number in the ledger.",
        f"No text to Paul about N-1046: {SENTENCES[Reason.EXCLUDED]}.",
        f"No text to Nora about N-1047: {SENTENCES[Reason.BELOW_MINIMUM]}.",
        f"No text to Iris about N-1048: {SENTENCES[Reason.BAD_MOBILE]}.",
        f"No text to Nell about N-1051: {SENTENCES[Reason.SENDER_UNREGISTERED]}.",
        f"No text to Owen about N-1049: {SENTENCES[Reason.NOT_SENT_YET]}.",
        f"No text to Maya about N-1050: {SENTENCES[Reason.DAILY_CAP]}.",
        f"No text to Ella about INV-2108: {SENTENCES[Reason.HELD]}.",
        f"No text to Max about INV-2109: {SENTENCES[Reason.NOT_APPROVED]}.",
        "No text to Ari about INV-2106: in dispute",
        "No text to Joy about INV-2107: payment is promised for a later day.",
        "No text to Kim about INV-2068: issued before the start date",
    ):
        assert told in story
    draft, yes, first, live, others = (
        story.index(one)
        for one in (
            "Saltbush is new, so it is in draft: 7 texts are prepared and wait.",
            "The owner's word: duebird approve INV-2101",
            "Text to Zoe Bennett, about INV-2101",
            "The owner's word: duebird go-live saltbush",
            "Text to Tanaka Ceramics, about INV-2102",
        )
    )
    assert draft < yes < first < live < others
    assert "INV-2102 from Saltbush: ¥48,000" in " ".join(shown.out.split())
    assert "QuickBooks: $60.00 entered as a refund; N-1025 stays paid." in story
    assert "Xero: AUD 86.40 entered as gone; INV-2101 stays paid." in story
    assert "Xero: the entry over AUD 86.40 is taken out again." in story
    assert '"Stripe clearing" in QuickBooks $0.00: difference $0.00.' in story
    assert '"Stripe clearing" in Xero AUD 0.00: difference AUD 0.00.' in story
    assert "paid out -$" in story
    assert "\x1b" not in shown.out, "colours without a terminal"
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    assert not (tmp_path / "a-real-one.sqlite3").exists(), "the demo wrote into the database of a real installation"
    assert list(tmp_path.iterdir()) == [], "the demo left something behind"


def test_every_invoice_of_the_demo_ends_as_its_customer_deserves(tmp_path: Path) -> None:
    shown = demo(tmp_path, "--json", "--folder", "kept")
    assert shown.code == 0, shown.err
    told: dict[str, Any] = json.loads(shown.out)
    ends = {one["invoice"]: (one["texts"], one["paid"], one["ledger_says"]) for one in told["invoices"]}
    assert ends == {
        "N-1041": (1, "$480.00 card", "paid"),
        "N-1027": (1, "$1,250.00 card", "paid"),
        "N-1025": (1, "$310.00 card, $60.00 of it refunded", "paid"),
        "N-1038": (1, "$400.00 cheque, $500.00 bank", "paid"),
        "N-1040": (1, "EUR 640.00 card", "paid"),
        "N-1042": (0, "$220.00 cheque", "paid"),
        "N-1043": (0, None, "$95.00 owed"),
        "N-1044": (0, None, "$150.00 owed"),
        "N-1045": (0, None, "$260.00 owed"),
        "N-1046": (0, None, "$340.00 owed"),
        "N-1047": (0, None, "$3.50 owed"),
        "N-1048": (0, None, "$85.00 owed"),
        "N-1049": (0, None, "$190.00 owed"),
        "N-1050": (0, None, "$60.00 owed"),
        "N-1051": (0, None, "$70.00 owed"),
        "N-1033": (0, "$75.00 cheque", "paid"),
        "N-1034": (0, None, "voided"),
        "INV-2101": (1, "AUD 86.40 card", "paid"),
        "INV-2102": (1, "¥48,000 card", "paid"),
        "INV-2103": (1, None, "AUD 132.00 owed"),
        "INV-2104": (0, None, "AUD 58.00 owed"),
        "INV-2106": (0, None, "AUD 77.00 owed"),
        "INV-2107": (0, None, "AUD 120.00 owed"),
        "INV-2108": (0, None, "AUD 99.00 owed"),
        "INV-2109": (0, None, "AUD 64.00 owed"),
        "INV-2068": (0, None, "AUD 410.00 owed"),
        "INV-2105": (0, None, "AUD 45.00 owed"),
    }
    why = {one["invoice"]: one["why_no_text"] for one in told["invoices"]}
    assert why["INV-2105"] == why["INV-2104"] == "this number has opted out"
    assert why["N-1042"] == "already paid in the ledger"
    assert why["N-1043"] == "the customer has no mobile number in the ledger"
    assert why["N-1044"] == "no consent on record for this number"
    assert why["N-1045"] == "outside the hours for texts where the customer is"
    assert why["N-1046"] == SENTENCES[Reason.EXCLUDED]
    assert why["N-1047"] == SENTENCES[Reason.BELOW_MINIMUM]
    assert why["N-1048"] == SENTENCES[Reason.BAD_MOBILE]
    assert why["N-1049"] == SENTENCES[Reason.NOT_SENT_YET]
    assert why["N-1051"] == SENTENCES[Reason.SENDER_UNREGISTERED]
    assert why["N-1050"] == SENTENCES[Reason.DAILY_CAP]
    assert why["INV-2108"] == SENTENCES[Reason.HELD]
    assert why["INV-2109"] == SENTENCES[Reason.NOT_APPROVED]
    assert (why["N-1033"], why["N-1034"]) == ("already paid in the ledger", "voided in the ledger")
    assert why["INV-2106"].startswith("in dispute")
    assert why["INV-2107"] == "payment is promised for a later day"
    assert why["INV-2068"].startswith("issued before the start date")
    assert all(one["thanked"] for one in told["invoices"] if one["texts"] and one["ledger_says"] == "paid")
    assert told["doubles"] == 0
    assert told["agrees"] is True
    held = {one["company"]: one for one in told["statements"]}
    assert {name: one["difference"] for name, one in held.items()} == {"northside": "0.00", "saltbush": "0.00"}
    assert {name: one["refunded"] for name, one in held.items()} == {"northside": "-60.00", "saltbush": "0.00"}
    assert all(Decimal(one["paid_out"]) < -500 for one in held.values()), "gross payments less fees went to the bank"
    assert all(one["reads"] > 0 and one["writes"] > 0 for one in told["calls"].values())
    assert (tmp_path / "kept" / "duebird.toml").is_file(), "a folder that was named stays"


def test_a_demo_that_is_stopped_half_way_takes_its_daemon_and_its_folder_along(tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(
        [sys.executable, "-m", "connector.cli.main", "demo"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert running.stdout is not None
    assert any("What happens now" in line for line in running.stdout)
    running.terminate()
    _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 1
    assert "everything it started has ended" in err
    assert list(tmp_path.iterdir()) == []  # which is removed last, after the daemon has ended


def test_a_text_sent_twice_behind_duebirds_back_makes_the_demo_fail(tmp_path: Path) -> None:
    home = tmp_path / "home"
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "PYTHONUTF8": "1"}
    running = subprocess.Popen(  # noqa: S603  ourselves
        [sys.executable, "-m", "connector.cli.main", "demo", "--folder", str(home), "--json"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    _send_first_notice_again(home)
    out, _ = running.communicate(timeout=PATIENCE)
    told = json.loads(out)
    assert running.returncode == 1
    assert told["doubles"] == 1
    broken = [one["sentence"] for one in told["expectations"] if not one["holds"]]
    assert "Nobody was texted twice for the same reason." in broken


def _send_first_notice_again(home: Path) -> None:
    """The first notice that goes out, once more, through Twilio's own door."""
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(timeout=5, trust_env=False) as browser:
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if not (home / "daemon.log").exists():
                continue
            company = tomllib.loads((home / "duebird.toml").read_text(encoding="utf-8"))["company"][1]
            twilio, stripe = company["twilio"]["base_url"], company["stripe"]["base_url"]
            sent = browser.get(f"{twilio}/_sandbox/records").json()["messages"]
            token = (home / "secrets" / "twilio").read_text(encoding="utf-8")
            for notice in (one for one in sent if f"{stripe}/pay/" in one["body"]):
                account = notice["account_sid"]
                again = {"From": notice["from"], "To": notice["to"], "Body": notice["body"]}
                address = f"{twilio}/2010-04-01/Accounts/{account}/Messages.json"
                if browser.post(address, data=again, auth=(account, token)).status_code == 201:
                    return  # else it went to somebody who has said STOP meanwhile: then the next
    raise AssertionError("no notice ever went out")


def test_a_daemon_that_ends_by_itself_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    engine = Engine(tmp_path / "nowhere.toml", tmp_path / "log")
    engine.start()
    with pytest.raises(DuebirdError, match=r"ended by itself \(78\)(.|\n)*nowhere\.toml"):
        engine.wait_ready()
    engine.stop()


def test_a_folder_with_a_configuration_in_it_is_left_as_it_was(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "duebird.toml").write_text("# mine\n", encoding="utf-8")
    shown = demo(tmp_path, "--folder", str(home))
    assert shown.code == 78
    assert "Nothing was changed" in shown.err
    assert [one.name for one in home.iterdir()] == ["duebird.toml"]
    assert (home / "duebird.toml").read_text(encoding="utf-8") == "# mine\n"
