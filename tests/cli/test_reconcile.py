"""`duebird reconcile` over the stand-ins: what it says before and after a bookkeeper has entered fee and payout."""

from __future__ import annotations

import csv
import io
import shutil
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.xero.books import Account
from connector.cli.frame import EXIT_FOUND, EXIT_USAGE
from tests.cli.desk import NORTH, SALT, Desk, desk
from tests.e2e.house import Shop

CURRENCIES = {NORTH.id: "usd", SALT.id: "aud"}
EACH = pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two companies, each with one invoice that was paid by card and booked: 120.00, of which the fee is 3.78."""
    with desk(tmp_path_factory.mktemp("reconciled") / "office") as made:
        made.house.doors.post("stripe", "settings", fee_delay_seconds=0)  # each change stands at once
        for shop in (NORTH, SALT):
            made.bill(shop, 0, "Maya Lindqvist")
        made.work()
        for shop in (NORTH, SALT):
            made.house.doors.pay(made.house.link_to(shop.mobiles[0]), "card")
        made.work()
        yield made


def stated(office: Desk, shop: Shop, *words: str) -> Any:
    return office.type("reconcile", shop.id, "--json", *words).json


def causes(facts: Any) -> list[tuple[str, str]]:
    return [(one["cause"], one["what"].split()[0]) for one in facts["unmatched"]]


def enter_fee(office: Desk, shop: Shop, amount: str) -> None:
    """A bookkeeper enters a fee that leaves the clearing account."""
    doors, books = office.house.doors, office.house.sandbox
    if shop is SALT:
        contact = doors.post("xero", "contacts", name=f"Stripe {amount}")["contact_id"]
        doors.post("xero", "bank-transactions", kind="SPEND", contact=contact, amount=amount)
        return
    realm = books.quickbooks.realms[shop.seed.books_id]
    line = {
        "Amount": amount,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": realm.account("Stripe fees")}},
    }
    clearing = {"value": realm.clearing_account}
    form = {"PaymentType": "Cash", "AccountRef": clearing, "Line": [line], "CurrencyRef": {"value": "USD"}}
    doors.post("quickbooks", "entries/purchase", **form)


def enter_payout(office: Desk, shop: Shop, amount: str) -> None:
    """And a payout, as a transfer to the bank."""
    doors, books = office.house.doors, office.house.sandbox
    if shop is SALT:
        doors.post("xero", "bank-transfers", amount=amount)
        return
    realm = books.quickbooks.realms[shop.seed.books_id]
    ends = {"FromAccountRef": {"value": realm.clearing_account}, "ToAccountRef": {"value": realm.account("Checking")}}
    doors.post("quickbooks", "entries/transfer", Amount=amount, CurrencyRef={"value": "USD"}, **ends)


def pay_out(office: Desk, shop: Shop) -> dict[str, Any]:
    """Stripe sends everything to the bank."""
    account = shop.seed.stripe_account
    made: dict[str, Any] = office.house.doors.post("stripe", "payout", account=account, currency=CURRENCIES[shop.id])[
        "payout"
    ]
    return made


def stripe_used(office: Desk, shop: Shop) -> int:
    used: int = office.type("status", "--json").json["companies"][shop.id]["budgets"]["stripe"]["used"]
    return used


@EACH
def test_a_payment_is_matched_and_its_fee_stands_there_with_its_cause_until_somebody_enters_it(
    office: Desk, shop: Shop, tmp_path: Path
) -> None:
    facts = stated(office, shop)
    assert (facts["payments"], facts["fees"], facts["closing"]) == ("120.00", "-3.78", "116.22")
    assert (facts["ledger_closing"], facts["difference"], facts["matched"]) == ("120.00", "3.78", 1)
    assert causes(facts) == [("not_booked", "fee")]
    assert facts["settled"] is False
    said = office.type("reconcile", shop.id)
    assert said.code == EXIT_FOUND, said.err
    ledger = "QuickBooks" if shop is NORTH else "Xero"
    assert f"{shop.name} ({shop.id})" in said.words
    assert (
        f'"Stripe clearing" in {ledger}, against Stripe {shop.seed.stripe_account} (test mode: no real money)'
        in said.words
    )
    assert f"1 fee not in {ledger} Stripe has it; its entry in {ledger} is still to be made." in said.words
    assert ("+ New > Expense" if shop is NORTH else "Spend money") in said.words
    assert said.words.count("are entered by hand") == 1
    assert f"invoice {shop.id[0].upper()}-1001" in said.words
    assert shop.mobiles[0] not in said.out

    payout = pay_out(office, shop)
    facts = stated(office, shop)
    assert (facts["payouts"], facts["closing"], facts["difference"]) == ("-116.22", "0.00", "120.00")
    assert causes(facts) == [("not_booked", "fee"), ("not_booked", "payout")]
    assert payout["trace_id"]["value"] in facts["unmatched"][1]["what"]
    (sent,) = facts["payout_contents"]
    assert (sent["payout"], sent["amount"], sent["remark"]) == (payout["id"], "116.22", "")
    assert [one["amount"] for one in sent["contains"]] == ["120.00", "-3.78"]
    assert all(f"invoice {shop.id[0].upper()}-1001" in one["what"] for one in sent["contains"])
    said = office.type("reconcile", shop.id)
    assert f"What each payout contains: {sent['day'][8:]}" in said.words
    assert f"payout {payout['id']} of " in said.words

    enter_fee(office, shop, "3.78")
    enter_payout(office, shop, "116.22")
    said = office.type("reconcile", shop.id, "--out", str(tmp_path / "filed"))
    assert said.code == 0, said.out + said.err
    assert "The clearing account holds what Stripe holds" in said.words
    assert "entered by hand; those" not in said.words
    page = (tmp_path / "filed" / "statement.html").read_text(encoding="utf-8")
    assert f"Reconciliation {facts['month']}: {shop.name}" in page
    assert "every line of both has its counterpart" in page
    assert "http" not in page.replace("http-equiv", ""), "nothing is loaded from anywhere"
    assert stat.S_IMODE((tmp_path / "filed").stat().st_mode) == 0o700
    table = (tmp_path / "filed" / "statement.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    figures = {row["id"]: row["amount"] for row in rows if row["part"] == "figure"}
    assert figures["difference"] == "0.00"
    for part in ("stripe", "ledger"):
        assert sorted(row["amount"] for row in rows if row["part"] == part) == ["-116.22", "-3.78", "120.00"]
    assert [row["amount"] for row in rows if row["part"] == "in_payout"] == ["120.00", "-3.78"]
    assert "What each payout contains" in page
    facts = stated(office, shop)
    assert [one["cause"] for one in facts["recognised"]] == ["by_hand", "by_hand"]
    assert facts["settled"] is True


@EACH
def test_one_payment_over_two_invoices_is_matched_with_both_of_its_bookings(shop: Shop, tmp_path: Path) -> None:
    with desk(tmp_path / "office") as office:
        office.house.doors.post("stripe", "settings", fee_delay_seconds=0)
        customer = office.house.customer(shop, shop.mobiles[0], name="Maya Lindqvist")
        invoices = [office.house.issue(shop, customer, amount) for amount in ("70.00", "50.00")]
        office.work()
        office.house.doors.pay(office.house.link_to(shop.mobiles[0]), "card")
        office.work()
        booked = [[Decimal(amount) for amount in office.house.bookings(one)] for one in invoices]
        assert booked == [[Decimal(70)], [Decimal(50)]]
        facts = stated(office, shop)
        assert (facts["payments"], facts["matched"], causes(facts)) == ("120.00", 1, [("not_booked", "fee")])
        assert all(one.number in facts["unmatched"][0]["what"] for one in invoices)


@EACH
def test_a_statement_counts_its_calls_and_changes_nothing(office: Desk, shop: Shop) -> None:
    before = stripe_used(office, shop)
    twins = office.house.twins()
    seen = {name: len(twin.requests) for name, twin in twins.items()}
    facts = stated(office, shop)
    assert stripe_used(office, shop) == before + facts["calls"]["stripe"]
    assert facts["calls"]["stripe"] <= 5 + len(facts["payout_contents"])
    assert sum(facts["calls"].values()) <= 16 + len(facts["payout_contents"])
    made = [one for name, twin in twins.items() for one in list(twin.requests)[seen[name] :]]
    writes = [one for one in made if one.method != "GET" and not one.path.endswith(("/query", "/token"))]
    assert writes == []


@EACH
def test_a_month_before_the_first_payment_is_empty_and_needs_nothing(office: Desk, shop: Shop) -> None:
    said = office.type("reconcile", shop.id, "--month", "2025-02", "--json")
    assert said.code == 0, said.out + said.err
    assert (said.json["first"], said.json["last"]) == ("2025-02-01", "2025-02-28")
    assert (said.json["opening"], said.json["closing"], said.json["ledger_closing"]) == ("0.00", "0.00", "0.00")


def test_what_was_entered_for_something_else_is_named_and_its_place_too(office: Desk) -> None:
    enter_fee(office, SALT, "9.99")
    (odd,) = [one for one in stated(office, SALT)["unmatched"] if one["cause"] == "not_ours"]
    assert (odd["cause"], odd["ledger"], odd["stripe"], odd["difference"]) == ("not_ours", "-9.99", None, "-9.99")
    assert "Account transactions" in odd["settle"]


def test_a_statement_can_be_had_where_everything_on_record_was_lost(office: Desk, tmp_path: Path) -> None:
    state = office.house.state / "duebird.sqlite3"
    shutil.move(state, tmp_path / "kept")
    try:
        assert stated(office, NORTH)["payments"] == "120.00"
        assert not state.exists(), "a statement only reads"
    finally:
        shutil.move(tmp_path / "kept", state)


def test_a_clearing_account_in_another_currency_than_all_money_at_stripe_is_not_compared(
    office: Desk, tmp_path: Path
) -> None:
    realm = office.house.sandbox.xero.tenant().books
    realm.add_account(Account("Dollar clearing", "BANK", None, "USD"))
    text = office.house.config.read_text(encoding="utf-8")
    first, second = text.split('id = "saltbush"')
    other = tmp_path / "duebird.toml"
    second = second.replace('payment_account = "Stripe clearing"', 'payment_account = "Dollar clearing"')
    state = f'state_dir = "{office.house.state}"'
    other.write_text(f'{first}id = "saltbush"{second}'.replace('state_dir = "state"', state), encoding="utf-8")
    other.chmod(0o600)
    said = office.type("reconcile", SALT.id, config=other)
    assert (said.code, said.out) == (1, "")
    assert 'Saltbush Pottery: the clearing account "Dollar clearing" is in USD' in said.err
    assert "no statement was made" in said.err


@pytest.mark.parametrize(
    "words", [(NORTH.id, "--month", "November"), (NORTH.id, "--month", "2026-13"), ("nobody",), ()]
)
def test_what_cannot_be_used_is_told_before_any_call(office: Desk, words: tuple[str, ...]) -> None:
    before = office.house.calls()
    said = office.type("reconcile", *words)
    assert (said.code, said.out, office.house.calls()) == (EXIT_USAGE, "", before)


def test_a_month_that_has_not_come_and_a_folder_that_is_there_are_refused(office: Desk, tmp_path: Path) -> None:
    before = office.house.calls()
    said = office.type("reconcile", NORTH.id, "--month", "2999-01")
    assert (said.code, "has not come yet" in said.err) == (1, True)
    said = office.type("reconcile", NORTH.id, "--out", str(tmp_path))
    assert (said.code, "exists already. Nothing was read or written." in said.err) == (1, True)
    assert office.house.calls() == before
