"""A bookkeeper with several client companies: what needs her stands out, and nothing needs them all to be set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.assemble import open_state
from connector.cli.main import app
from connector.domain.money import Money
from connector.domain.receivable import Receivable, ReceivableState
from connector.signin.book import ConnectionEntry
from connector.signin.company import custody_of
from state.facts import Attention
from tests.cli.desk import Said
from tests.unit.config_text import QUICKBOOKS, XERO
from tests.unit.config_text import company as company_text

NAMES = ("bakery", "florist", "garage", "dentist", "tiler")
NOW = datetime.now(UTC)
TODAY = NOW.date()


@dataclass
class Clients:
    """One installation for several companies."""

    config: Path

    def type(self, *words: str, **environment: str) -> Said:
        env = {"NO_COLOR": "1", "COLUMNS": "80", "INTUIT_ID": None, "INTUIT_SECRET": None} | environment
        done = CliRunner().invoke(app, [*words, "--config", str(self.config)], env=env)
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        return Said(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def clients(tmp_path: Path) -> Clients:
    """Five companies: two items wait at the florist, the dentist is not connected, the garage is paused."""
    config = tmp_path / "duebird.toml"
    texts = [
        company_text(
            one,
            ledger=(QUICKBOOKS if place % 2 == 0 else XERO),
            stripe=f'key = "env:{one.upper()}_STRIPE"',
            twilio=f'from_number = "+1555200000{place}"',
        )
        for place, one in enumerate(NAMES)
    ]
    config.write_text('state_dir = "state"\n' + "".join(texts), encoding="utf-8")
    state = open_state(tmp_path / "state", create=True)
    book = custody_of(tmp_path / "state").book
    for one in NAMES:
        rows = [_invoice(one, number) for number in range(3)]
        state.store.receivables_read(one, rows, NOW)
        if one != "dentist":
            book.claim(one, ConnectionEntry("xero", f"c-{one}", f"t-{one}", f"{one} books", NOW), NAMES)
    for number in range(2):
        item = Attention(f"florist/effect/{number}", "1", f"Florist: refused {number}.", "Not done.", "duebird retry X")
        state.store.attend("florist", item, NOW - timedelta(days=number))
    tiler = Attention(
        "tiler/connection/xero", "xero", "Tiler: signed out.", "Nothing is lost.", "duebird connect tiler"
    )
    state.store.attend("tiler", tiler, NOW - timedelta(days=9))
    state.store.pause("garage", "holiday", NOW)
    state.close()
    return Clients(config)


def _invoice(company: str, number: int) -> Receivable:
    """Number 0 is a week overdue, number 1 due today, number 2 in a week."""
    owed = Money(Decimal(1000 + number), "USD")
    return Receivable(
        ledger_id=str(100 + number),
        number=f"{company[:2].upper()}-{number}",
        customer_id=f"c{number}",
        customer_name=("Ann Lee", "Élodie Brun", "100% Clean Ltd")[number],
        total=owed,
        balance=owed,
        issued_on=TODAY - timedelta(days=20 - number),
        due_on=TODAY + timedelta(days=7 * (number - 1)),
        state=ReceivableState.OPEN,
        version="1",
        updated_at=NOW,
    )


# -------------------------------------------------------------------------------------------------- what needs her


def test_the_status_of_many_is_a_line_each_and_ends_with_those_that_need_her(clients: Clients) -> None:
    lines = clients.type("status", COLUMNS="300").out.splitlines()
    rows = {line.split()[0]: "you" in line.split() for line in lines[1 : 1 + len(NAMES)]}
    assert rows == {"bakery": False, "florist": True, "garage": True, "dentist": True, "tiler": True}
    end = " ".join(" ".join(lines[1 + len(NAMES) :]).split())
    assert "bakery" not in end
    assert f"florist needs you: 2 things. Type: duebird attention --company florist --config {clients.config}" in end
    assert "dentist sign-in: not connected. Type: duebird connect dentist" in end
    assert "4 of 5 companies need you: florist, garage, dentist, tiler." in end
    assert max(len(line) for line in clients.type("status").out.splitlines()) <= 80


def test_one_company_of_many_is_still_told_in_full(clients: Clients) -> None:
    out = clients.type("status", "--company", "garage", COLUMNS="300").out
    said = " ".join(out.split())
    assert "invoices 3 open" in said
    assert f"(holiday). To go on: duebird resume garage --config {clients.config}" in said
    assert f"To go on: duebird resume garage --config {clients.config}\n" in out, "a command is not broken over lines"
    assert "florist" not in said


def test_attention_is_told_company_by_company_the_longest_waiting_first(clients: Clients) -> None:
    out = clients.type("attention").out
    assert out.index("tiler: 1 thing\n") < out.index("florist: 2 things\n")
    assert out.index("refused 1") < out.index("refused 0")
    assert "3 things need you: tiler 1, florist 2." in out
    alone = clients.type("attention", "--company", "tiler").out
    assert "tiler: 1 thing" not in alone
    assert "3 things" not in alone


# -------------------------------------------------------------------------------------------------------- invoices


def test_invoices_are_found_by_customer_number_and_reason(clients: Clients) -> None:
    def numbers(*words: str) -> list[str]:
        return [one["number"] for one in clients.type("invoices", "--company", "bakery", *words, "--json").json]

    assert numbers("--find", "ann lee") == ["BA-0"]
    assert numbers("--find", "Élodie") == ["BA-1"]
    assert numbers("--find", "ba-2") == ["BA-2"]
    assert numbers("--find", "under way") == ["BA-2", "BA-1", "BA-0"], "by their reason"
    assert numbers("--find", "%") == ["BA-2"], "a sign of the database's own is a letter like any other"
    assert numbers("--find", "nobody") == []


def test_what_is_overdue_was_due_before_today_and_is_still_owed(clients: Clients) -> None:
    found = clients.type("invoices", "--overdue", "--all", "--json").json
    assert {one["number"] for one in found} == {f"{one[:2].upper()}-0" for one in NAMES}
    assert all(date.fromisoformat(one["due_on"]) < TODAY for one in found)


def test_what_is_owed_is_added_up_over_all_that_was_asked_for_not_only_what_is_shown(clients: Clients) -> None:
    assert "15 invoices, 15,015.00 USD owed." in clients.type("invoices", "--limit", "1").out
    assert "3 invoices, 3,003.00 USD owed." in clients.type("invoices", "--company", "tiler").out


def test_the_reason_stays_on_a_screen_that_is_too_narrow_for_a_table(clients: Clients) -> None:
    out = clients.type("invoices", "--company", "tiler", COLUMNS="60").out
    assert out.count("something is under way for this invoice") == 3
    assert max(len(line) for line in out.splitlines()) <= 60


def test_the_command_for_the_rest_asks_for_the_same(clients: Clients) -> None:
    out = clients.type("invoices", "--company", "tiler", "--find", "under way", "--limit", "1").out
    assert f"duebird invoices --company tiler --find 'under way' --limit 1 --offset 1 --config {clients.config}" in out
    assert clients.type("invoices", "--offset", "900").out == "No further invoices.\n"


def test_names_are_understood_however_they_are_capitalised(clients: Clients) -> None:
    assert "Invoice BA-1" in clients.type("show", "ba-1").out
    held = clients.type("hold", "Élodie Brun", "--customer", "--company", "bakery")
    assert held.code == 0, held.err
    assert f"release 'Élodie Brun' --customer --company bakery --config {clients.config}" in held.out
    assert clients.type("release", "ÉLODIE BRUN", "--customer", "--company", "bakery").code == 0


def test_a_customer_who_is_not_known_is_looked_for_by_a_part_of_the_name(clients: Clients) -> None:
    said = clients.type("hold", "Ann Li", "--customer", "--company", "bakery")
    assert (said.code, "duebird invoices --all --find Ann --config" in said.err) == (1, True)


# --------------------------------------------------------------------------------------------------------- consent


def test_a_number_is_looked_up_in_every_company_at_once(clients: Clients) -> None:
    clients.type("consent", "add", "+12125550123", "--company", "tiler", "--wording", "Yes")
    said = clients.type("consent", "show", "+12125550123")
    assert "tiler: +1•••••0123 agrees to texts" in said.out
    assert "No consent on record in 4 companies: no texts from there." in said.out
    found = clients.type("consent", "show", "+12125550123", "--json").json
    assert {name: one["standing"] for name, one in found.items()} == dict.fromkeys(NAMES, "none") | {"tiler": "granted"}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_list_is_read_whatever_the_spreadsheet_puts_between_the_columns(
    clients: Clients, tmp_path: Path, mark: str
) -> None:
    rows = tmp_path / "list.csv"
    head = ("phone", "agreed_on", "method", "wording", "evidence")
    row = ("+12125550124", "2026-10-01", "form", '"Yes, please; always"', "form 1")
    rows.write_bytes(b"\xef\xbb\xbf" + f"{mark.join(head)}\r\n{mark.join(row)}\r\n".encode())
    said = clients.type("consent", "import", str(rows), "--company", "tiler")
    assert (said.code, said.err) == (0, "")
    assert "Yes, please; always" in clients.type("consent", "show", "+12125550124").out


# --------------------------------------------------------------------------------------------------------- secrets


def test_a_company_is_looked_at_while_the_secrets_of_others_are_not_there_yet(clients: Clients) -> None:
    mine = {"XERO_ID": "x", "TILER_STRIPE": "rk_test_tiler0001", "TWILIO_TOKEN": "t"}
    missing = clients.type("preview", "--company", "tiler")
    assert missing.code == 78
    assert "TILER_STRIPE" not in missing.out
    said = clients.type("disconnect", "florist", "--only-here", XERO_ID="x")
    assert (said.code, said.err) == (0, ""), "signing in and out needs nothing but the ledger's own secrets"
    assert clients.type("disconnect", "bakery", "--only-here").code == 78
    assert clients.type("disconnect", "nobody").code == 2
    everything = clients.type("preview", **mine)
    assert everything.code == 78
    assert "BAKERY_STRIPE" in everything.err
    assert "_STRIPE" not in clients.type("preview", "--company", "tiler", **mine).err
