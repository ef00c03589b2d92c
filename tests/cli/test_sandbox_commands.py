"""`duebird demo --keep` in one terminal, `duebird sandbox ...` in a second one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connector.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds for anything that Duebird does by itself; it takes seconds
EVERY = 0.2


def until(holds: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(EVERY)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


class SecondTerminal:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def type(self, *words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["sandbox", words[0], "--folder", str(self._folder), *words[1:]])
        assert done.exit_code == code, done.output
        return done.output

    def json(self, *words: str) -> Any:
        return json.loads(self.type(*words, "--json"))

    def bodies_about(self, number: str) -> list[str]:
        return [one["body"] for one in self.json("texts") if number in one["body"]]

    def invoice(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.json("records")["invoices"] if one["invoice"] == number)
        return found


@contextmanager
def kept(scratch: Path) -> Iterator[tuple[SecondTerminal, subprocess.Popen[bytes]]]:
    """A demo that goes on running; it has ended when this is left."""
    folder, shown = scratch / "kept", scratch / "shown"
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "connector.cli.main", "demo", "--keep", "--folder", str(folder)]
    with shown.open("wb") as out:
        running = subprocess.Popen(command, cwd=scratch, env=env, stdout=out, stderr=out)  # noqa: S603  ourselves
    try:

        def invites() -> bool:
            assert running.poll() is None, shown.read_text(encoding="utf-8")
            return "Ctrl-C ends it." in shown.read_text(encoding="utf-8")

        until(invites, "the demo invites to play")
        yield SecondTerminal(folder), running
    finally:
        running.terminate()
        running.wait(PATIENCE)


@pytest.mark.slow
def test_an_invoice_issued_from_a_second_terminal_is_texted_paid_and_booked(tmp_path: Path) -> None:
    with kept(tmp_path) as (terminal, running):
        number = terminal.json("issue", "--company", "xero", "--customer", "zoe bennett", "--amount", "120")["invoice"]
        body = until(lambda: terminal.bodies_about(number), f"a text about {number}")[0]
        assert "AUD 120.00" in body

        assert "declined" in terminal.type("pay", number, "--by", "declined")
        assert terminal.invoice(number)["balance"] == "120.00"
        terminal.type("pay", body.rsplit(maxsplit=1)[-1], "--by", "bank")
        terminal.type("bank", number)
        until(lambda: terminal.invoice(number)["status"] == "paid", f"{number} is booked")
        until(lambda: len(terminal.bodies_about(number)) == 2, "a thank-you")
        assert "No payment page is open" in terminal.type("pay", number, code=1)

        assert "Twilio answered by itself" in terminal.type("reply", "+61 491 570 156", "STOP")
        after = terminal.json("issue", "--company", "xero", "--customer", "Zoe Bennett", "--amount", "9")["invoice"]
        _bad_input_changes_nothing(terminal)
        _the_bookkeeper_acts(terminal)
        third = terminal.json("issue", "--company", "xero", "--customer", "Tanaka Ceramics", "--amount", "700")
        until(lambda: terminal.bodies_about(third["invoice"]), "a text to somebody else, issued later")
        assert terminal.bodies_about(after) == [], "texted after STOP"
        assert terminal.json("records")["doubles"] == 0
        _money_goes_back(terminal, tmp_path)
        _the_daemon_is_killed_and_started_again(terminal, tmp_path)

        running.terminate()
        assert running.wait(PATIENCE) == 0
        assert "No demo is running" in terminal.type("texts", code=1)


def _the_daemon_is_killed_and_started_again(terminal: SecondTerminal, scratch: Path) -> None:
    daemon = json.loads((scratch / "kept" / "state" / "daemon.lock").read_text(encoding="utf-8"))["pid"]
    shown = (scratch / "shown").read_text(encoding="utf-8")
    assert f"kill -9 {daemon}" in shown or os.name != "posix"
    os.kill(daemon, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    until(lambda: "The daemon has ended" in (scratch / "shown").read_text(encoding="utf-8"), "that it ended is told")
    number = terminal.json("issue", "--company", "xero", "--customer", "Tanaka Ceramics", "--amount", "800")["invoice"]
    assert terminal.bodies_about(number) == []
    config = str(scratch / "kept" / "duebird.toml")
    for _ in range(2):
        assert CliRunner().invoke(app, ["run", "--once", "--config", config]).exit_code == 0
    assert len(terminal.bodies_about(number)) == 1
    assert terminal.json("records")["doubles"] == 0


def _bad_input_changes_nothing(terminal: SecondTerminal) -> None:
    before = terminal.json("records")["invoices"]
    issue = ("issue", "--company", "quickbooks", "--customer")
    assert "no customer Nobody" in terminal.type(*issue, "Nobody", "--amount", "5", code=1)
    assert "above zero" in terminal.type(*issue, "Maya Lindqvist", "--amount", "-5", code=1)
    assert "no amount" in terminal.type(*issue, "Maya Lindqvist", "--amount", "five", code=1)
    assert "EUR only" in terminal.type(*issue, "Atelier Brandt", "--amount", "5", "--currency", "USD", code=1)
    assert "Neither ledger" in terminal.type("pay", "N-9999", code=1)
    assert "no phone number" in terminal.type("reply", "0491", "hello", code=1)
    assert "No bank payment" in terminal.type("bank", "N-1041", code=1)
    assert terminal.json("records")["invoices"] == before


def _the_bookkeeper_acts(terminal: SecondTerminal) -> None:
    assert "voided" in terminal.type("void", "N-1043")
    assert terminal.invoice("N-1043")["status"] == "voided"
    assert "paid" in terminal.type("cheque", "N-1044")
    assert terminal.invoice("N-1044")["balance"] == "0.00"
    assert "Nothing is owed" in terminal.type("cheque", "N-1044", code=1)


def _money_goes_back(terminal: SecondTerminal, scratch: Path) -> None:
    """Refund, dispute and payout are in the books, and the statement comes out at 0.00 after each."""
    config = str(scratch / "kept" / "duebird.toml")

    def statement() -> dict[str, Any]:
        done = CliRunner().invoke(app, ["reconcile", "northside", "--config", config, "--json"])
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def balanced(**sums: str) -> bool:
        told = statement()
        return told["settled"] and all(told[name] == amount for name, amount in sums.items())

    assert "no amount" in terminal.type("refund", "N-1041", "--amount", "five", code=1)
    assert "above zero" in terminal.type("refund", "N-1041", "--amount", "-5", code=1)
    assert "Nothing was paid online" in terminal.type("refund", "N-1044", code=1)
    assert "greater than" in terminal.type("refund", "N-1041", "--amount", "481", code=1)
    assert "is in dispute. Nothing was done" in terminal.type("dispute", "N-1041", "--lost", code=1)
    assert "holds nothing" in terminal.type("payout", "northside", code=1)

    assert "$100.00 of $480.00 for N-1041" in terminal.type("refund", "N-1041", "--amount", "100")
    assert "disputes $1,250.00 for N-1027" in terminal.type("dispute", "N-1027")
    until(lambda: balanced(refunds="-160.00", disputes="-1250.00"), "refund and dispute are entered")
    assert "won: Stripe has put it back" in terminal.type("dispute", "N-1027", "--won")
    until(lambda: balanced(refunds="-160.00", disputes="0.00"), "the won dispute is taken out again")
    assert "Stripe draws $115.00 from the bank of Northside Design" in terminal.type("payout", "northside")
    until(lambda: balanced(closing="0.00", difference="0.00"), "what was drawn is entered")
    paid = next(one for one in terminal.json("records")["payments"] if one["invoice"] == "N-1041")
    assert (paid["amount"], paid["returned"]) == ("480.00", "100.00")


def test_without_a_running_demo_one_sentence_says_how_to_start_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["sandbox", "texts", "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert done.output.splitlines()[1:] == ["Start one: duebird demo --keep"]
    assert "duebird demo --keep" in done.output


def test_a_demo_that_did_not_end_cleanly_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(PATIENCE)
    left = tmp_path / "demo.json"
    left.write_text(json.dumps({"pid": gone.pid, "folder": "", "config": "", "addresses": {}}), encoding="utf-8")
    left.chmod(0o600)
    done = CliRunner().invoke(app, ["sandbox", "records", "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert "did not end cleanly" in done.output
