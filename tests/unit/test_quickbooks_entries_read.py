"""Entries and reports of QuickBooks read into our words, by hand-written JSON; and the notes we put on them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adapters.quickbooks import account_report, bodies
from adapters.quickbooks.account_report import Form
from adapters.quickbooks.translate import NOTE_MOST, Unreadable
from connector.domain.money import Money
from connector.domain.records import EntryKind

ONE = Form.of("USD", "USD", multicurrency=False)
SEVERAL = Form.of("USD", "USD", multicurrency=True)
FOREIGN = Form.of("EUR", "USD", multicurrency=True)
KEYS = ("tx_date", "txn_type", "doc_num", "memo", "subt_nat_amount", "rbal_nat_amount")


def cells(*values: str, entry_id: str = "") -> dict[str, Any]:
    found: list[dict[str, str]] = [{"value": value} for value in values]
    if entry_id:
        found[1]["id"] = entry_id
    return {"ColData": found, "type": "Data"}


def report(*rows: dict[str, Any], keys: tuple[str, ...] = KEYS, account_id: str = "7") -> dict[str, Any]:
    columns = [{"ColTitle": key, "ColType": "String", "MetaData": [{"Name": "ColKey", "Value": key}]} for key in keys]
    section = {"Header": {"ColData": [{"value": "Clearing", "id": account_id}]}, "Rows": {"Row": list(rows)}}
    return {"Columns": {"Column": columns}, "Rows": {"Row": [{**section, "type": "Section"}]}}


BEGIN = cells("Solde d'ouverture", "", "", "", "", "10.00")
FEE = cells("2026-11-23", "Expense", "DBFEE", "txn_1", "-3.78", "6.22", entry_id="151")


def test_lines_and_the_balance_after_them_are_read_whatever_the_language() -> None:
    found = account_report.read(report(BEGIN, FEE), "7", ONE)
    [line] = found.lines
    assert (line.entry_id, line.kind, line.booked_on) == ("151", EntryKind.EXPENSE, date(2026, 11, 23))
    assert (line.amount, line.reference, line.note) == (Money.of("-3.78", "USD"), "DBFEE", "txn_1")
    assert (found.closing, found.whole) == (Money.of("6.22", "USD"), True)


def test_an_account_that_only_began_with_something_still_holds_it() -> None:
    assert account_report.read(report(BEGIN), "7", ONE).closing == Money.of("10.00", "USD")


def test_another_accounts_section_is_not_read() -> None:
    found = account_report.read(report(BEGIN, FEE, account_id="8"), "7", ONE)
    assert (found.lines, found.closing, found.whole) == ((), None, True)


def test_sections_of_sub_accounts_are_apart_from_their_parents() -> None:
    inner = report(FEE, account_id="71")["Rows"]["Row"][0]
    outer = report(BEGIN, inner)
    assert account_report.read(outer, "7", ONE).lines == ()
    assert [line.entry_id for line in account_report.read(outer, "71", ONE).lines] == ["151"]


def test_columns_may_come_in_any_order_and_be_named_by_their_type() -> None:
    keys = tuple(reversed(KEYS))
    fee = {"ColData": list(reversed(FEE["ColData"])), "type": "Data"}
    old = report(fee, keys=keys)
    old["Columns"] = {"Column": [{"ColTitle": key, "ColType": key} for key in keys]}
    assert account_report.read(old, "7", ONE).lines == account_report.read(report(FEE), "7", ONE).lines


@pytest.mark.parametrize(
    ("name", "number", "kind"),
    [
        ("Payment", "DB1", EntryKind.PAYMENT),
        ("Check", "DB1", EntryKind.EXPENSE),
        ("Cash Expense", "DB1", EntryKind.EXPENSE),
        ("Transfer", "", EntryKind.TRANSFER),
        ("Refund", "DB1", EntryKind.REVERSAL),
        ("Refund Receipt", "DB1", EntryKind.REVERSAL),
        ("Deposit", "DB1", EntryKind.EXPENSE),
        ("Deposit", "17", "Deposit"),
        ("Journal Entry", "DB1", "Journal Entry"),
        ("Zahlung", "DB1", "Zahlung"),
    ],
)
def test_kinds_go_by_quickbooks_own_words(name: str, number: str, kind: str) -> None:
    row = cells("2026-11-23", name, number, "DBPAY po_1", "1.00", "1.00", entry_id="9")
    [line] = account_report.read(report(row), "7", ONE).lines
    assert (line.kind, line.reference) == (kind, number or "DBPAY")


def test_a_row_without_an_entry_in_the_middle_says_that_the_report_was_cut_off() -> None:
    told = cells("Impossible d'afficher plus de données.")
    found = account_report.read(report(FEE, told), "7", ONE)
    assert (len(found.lines), found.whole) == (1, False)


def test_a_row_over_nothing_may_leave_its_amount_out() -> None:
    row = cells("2026-11-23", "Payment", "DB1", "Voided", "", "10.00", entry_id="9")
    [line] = account_report.read(report(BEGIN, row), "7", ONE).lines
    assert line.amount == Money.of("0.00", "USD")


@pytest.mark.parametrize(
    "row",
    [
        cells("2026-11-23", "Payment", "DB1", "", "", "", entry_id="9"),  # the wrong columns of a company
        cells("2026-11-23", "Payment", "DB1", "", "much", "1.00", entry_id="9"),
        cells("today", "Payment", "DB1", "", "1.00", "1.00", entry_id="9"),
        cells("2026-11-23", "Payment", "DB1", "", "1.001", "1.00", entry_id="9"),
        cells("2026-11-23", "Payment", entry_id="9"),
    ],
)
def test_a_row_that_cannot_be_read_is_not_guessed_at(row: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        account_report.read(report(row), "7", ONE)


def test_a_report_without_a_column_that_is_needed_is_not_read() -> None:
    with pytest.raises(Unreadable, match="no column memo"):
        account_report.read(report(FEE, keys=("tx_date", "txn_type", "doc_num")), "7", ONE)
    with pytest.raises(Unreadable, match="no column"):
        account_report.read({}, "7", ONE)


def test_the_columns_asked_for_go_by_the_currencies() -> None:
    asked = [form.question("7", date(2026, 11, 1), date(2026, 11, 30))["columns"] for form in (ONE, SEVERAL, FOREIGN)]
    assert [text.removeprefix("tx_date,txn_type,doc_num,memo,") for text in asked] == [
        "subt_nat_amount,rbal_nat_amount",
        "subt_nat_home_amount,rbal_nat_home_amount",
        "nat_foreign_amount",
    ]


@pytest.mark.parametrize(
    ("note", "reference"),
    [
        ("DB7K2M9 po_1", "DB7K2M9"),
        ("Voided - DB7K2M9 po_1", "DB7K2M9"),
        ("see DB7K2M9, paid", "DB7K2M9"),
        ("DB" + "X" * 20, ""),  # longer than any of ours
        ("by hand", ""),
        ("", ""),
    ],
)
def test_the_reference_is_read_out_of_a_note(note: str, reference: str) -> None:
    assert bodies.first_reference(note) == reference
    assert bodies.names(note, "DB7K2M9") is (reference == "DB7K2M9")


def test_a_long_note_gives_way_to_the_reason_of_a_void() -> None:
    note = bodies.with_words("x" * NOTE_MOST, "DB1 re_1")
    assert (len(note), note[-9:]) == (NOTE_MOST, " DB1 re_1")
    assert bodies.with_words("", "DB1") == "DB1"


@pytest.mark.parametrize("row", [{}, {"Id": "1", "TotalAmt": "x"}, {"Id": "1", "TotalAmt": 1, "TxnDate": "soon"}])
def test_an_entry_that_cannot_be_read_is_not_guessed_at(row: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        bodies.entry("Purchase", EntryKind.EXPENSE, row, "USD")


def test_an_entry_without_an_account_is_read_all_the_same() -> None:
    row = {"Id": "1", "TotalAmt": 5, "TxnDate": "2026-11-23", "AccountRef": "17"}
    found = bodies.entry("Purchase", EntryKind.EXPENSE, row, "USD")
    assert (found.account_id, found.reference, found.note, found.live) == ("", "", "", True)
