"""Xero's rows as entries, where they are odd."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.xero import entry_rows
from adapters.xero.translate import Unreadable
from connector.domain.money import Money
from connector.domain.records import EntryKind

DATE = "/Date(1795305600000+0000)/"  # 22 November 2026


def move(**changes: Any) -> dict[str, Any]:
    row = {
        "BankTransactionID": "bt1",
        "Type": "SPEND",
        "Status": "AUTHORISED",
        "BankAccount": {"AccountID": "acc1"},
        "Date": DATE,
        "Reference": "DBFEE1 Stripe fee",
        "CurrencyCode": "NZD",
        "Total": Decimal("3.45"),
    }
    return {**row, **changes}


def payment(**changes: Any) -> dict[str, Any]:
    row = {
        "PaymentID": "p1",
        "PaymentType": "ARCREDITPAYMENT",
        "Status": "AUTHORISED",
        "Date": DATE,
        "Amount": Decimal("40.00"),
        "BankAmount": Decimal("78.00"),
        "Reference": "DBREFUND1 re_1",
        "Account": {"AccountID": "acc1"},
        "CreditNote": {"CreditNoteID": "cn1", "CurrencyCode": "EUR"},
    }
    return {**row, **changes}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(move(Date=None), id="no date"),
        pytest.param(move(Total="3.45"), id="an amount that is a text"),
        pytest.param(move(Type="SPEND-PREPAYMENT"), id="a type that is none of ours"),
        pytest.param(move(BankAccount=None), id="no bank account"),
        pytest.param(move(CurrencyCode=None), id="no currency"),
    ],
)
def test_a_bank_transaction_that_does_not_say_what_it_is_cannot_be_read(row: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        entry_rows.move(row)


def test_an_unknown_status_counts_as_live() -> None:
    assert entry_rows.move(move(Status="SOMETHING")).live
    assert not entry_rows.move(move(Status="DELETED")).live


def test_an_overpayment_says_our_reference_in_its_line_where_it_has_none_of_its_own() -> None:
    line = {"Description": "DBCREDIT1 pi_1"}
    for more in ({"Reference": None}, {"Reference": ""}, {"Reference": "DBCREDIT1 pi_1", "LineItems": []}):
        row = move(Type="RECEIVE-OVERPAYMENT", LineItems=[line]) | more
        entry = entry_rows.move(row)
        assert (entry.kind, entry.reference, entry.note) == (EntryKind.CREDIT, "DBCREDIT1", "pi_1")
    for lines in (None, [], ["odd"]):
        assert entry_rows.tag_of(move(Type="RECEIVE-OVERPAYMENT", Reference=None, LineItems=lines)) == ""
    assert entry_rows.tag_of(move(Reference=None, LineItems=[line])) == ""  # a fee has its own


def test_a_refund_is_in_the_currency_of_its_document_and_its_line_in_that_of_the_account() -> None:
    assert entry_rows.payment(payment()).amount == Money.of("40.00", "EUR")
    line = entry_rows.line_of_payment(payment(), "NZD")
    assert line is not None
    assert (line.kind, line.amount) == ("reversal", Money.of("-78.00", "NZD"))
    alike = entry_rows.line_of_payment(payment(BankAmount=None), "EUR")
    assert alike is not None
    assert alike.amount == Money.of("-40.00", "EUR")


def test_a_payment_that_names_no_currency_takes_the_one_asked_for_or_cannot_be_read() -> None:
    bare = payment(CreditNote=None)
    assert entry_rows.payment(bare, "NZD").amount.currency == "NZD"
    with pytest.raises(Unreadable, match="no currency"):
        entry_rows.payment(bare)


def test_deleted_entries_and_ends_of_transfers_are_no_lines() -> None:
    assert entry_rows.line_of_move(move(Status="DELETED"), "NZD") is None
    assert entry_rows.line_of_move(move(Type="SPEND-TRANSFER"), "NZD") is None
    assert entry_rows.line_of_payment(payment(Status="DELETED"), "NZD") is None
    elsewhere = {"FromBankAccount": {"AccountID": "acc8"}, "ToBankAccount": {"AccountID": "acc9"}}
    assert entry_rows.line_of_transfer(elsewhere, "acc1", "NZD") is None


def test_a_line_in_another_currency_needs_its_rate() -> None:
    over = move(Type="RECEIVE-OVERPAYMENT", CurrencyCode="EUR", CurrencyRate=Decimal("0.511509"))
    line = entry_rows.line_of_move(over, "NZD")
    assert line is not None
    assert line.amount == Money.of("6.74", "NZD")
    with pytest.raises(Unreadable, match="no rate"):
        entry_rows.line_of_move({**over, "CurrencyRate": None}, "NZD")
    with pytest.raises(Unreadable, match="no rate"):
        entry_rows.line_of_move({**over, "CurrencyRate": 0}, "NZD")


@pytest.mark.parametrize(
    ("text", "amount"), [("56.80", "56.80"), ("-1,234.50", "-1234.50"), ("(1,234.50)", "-1234.50"), ("0.00", "0")]
)
def test_a_balance_is_read_as_reports_write_it(text: str, amount: str) -> None:
    mark = [{"Id": "accountID", "Value": "ACC1"}]
    cells = [{"Value": "Stripe clearing", "Attributes": mark}, {"Value": "9.99"}, {"Value": text}]
    report = {"Rows": [{"RowType": "Header"}, {"Rows": [{"Cells": cells}]}, "odd"]}
    assert entry_rows.closing_balance(report, "acc1", "NZD") == Money.of(amount, "NZD")
    assert entry_rows.closing_balance(report, "acc2", "NZD") is None


def test_a_balance_that_is_no_amount_cannot_be_read() -> None:
    mark = [{"Id": "accountID", "Value": "acc1"}]
    report = {"Rows": [{"Rows": [{"Cells": [{"Value": "x", "Attributes": mark}, {"Value": "n/a"}]}]}]}
    with pytest.raises(Unreadable, match="not an amount"):
        entry_rows.closing_balance(report, "acc1", "NZD")
