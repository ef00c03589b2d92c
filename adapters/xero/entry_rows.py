"""Xero's bank transactions, transfers, refunds and reports as entries and lines of an account. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from adapters.xero.translate import Unreadable, amount_of, at_home, day, id_of, text_of
from connector.domain.money import Money, decimals_of
from connector.domain.records import EntryKind
from connector.ports.entries import AccountLine, Entry

Row = Mapping[str, Any]

OVERPAYMENT = "RECEIVE-OVERPAYMENT"
REFUNDS = {"ARCREDITPAYMENT": "CreditNote", "AROVERPAYMENTPAYMENT": "Overpayment", "ARPREPAYMENTPAYMENT": "Prepayment"}
OUTGOING = {*REFUNDS, "ACCPAYPAYMENT"}  # payments that leave the bank account; the others come in
GONE = {"DELETED", "VOIDED"}
MOVES = {"SPEND": EntryKind.EXPENSE, "RECEIVE": EntryKind.EXPENSE, OVERPAYMENT: EntryKind.CREDIT}


def _nested(row: Row, field: str) -> Row:
    value = row.get(field)
    return value if isinstance(value, dict) else {}


def _booked_on(row: Row) -> date:
    found = day(row.get("Date"))
    if found is None:
        raise Unreadable("it has no date")
    return found


def live(row: Row) -> bool:
    """An unknown status counts as live: booking twice is worse than asking a person."""
    return text_of(row, "Status") not in GONE


def tag_of(row: Row) -> str:
    """Our words: in Reference, and on an overpayment, which keeps none, in its first line."""
    reference = text_of(row, "Reference")
    if reference or text_of(row, "Type") != OVERPAYMENT:
        return reference
    lines = row.get("LineItems")
    first = lines[0] if isinstance(lines, list) and lines and isinstance(lines[0], dict) else {}
    return text_of(first, "Description")


def move(row: Row) -> Entry:
    """A fee or a credit, from a bank transaction."""
    kind = text_of(row, "Type")
    if kind not in MOVES:
        raise Unreadable(f"its type is {kind!r}, which is no entry of ours")
    reference, _, note = tag_of(row).partition(" ")
    return Entry(
        entry_id=id_of(row, "BankTransactionID"),
        kind=MOVES[kind],
        amount=amount_of(row, "Total", id_of(row, "CurrencyCode")),
        account_id=id_of(_nested(row, "BankAccount"), "AccountID"),
        booked_on=_booked_on(row),
        reference=reference,
        note=note,
        live=live(row),
        incoming=kind != "SPEND",
    )


def transfer(row: Row, currency: str) -> Entry:
    """A payout. A transfer names no currency; it is that of both its accounts."""
    reference, _, note = text_of(row, "Reference").partition(" ")
    return Entry(
        entry_id=id_of(row, "BankTransferID"),
        kind=EntryKind.TRANSFER,
        amount=amount_of(row, "Amount", currency),
        account_id=id_of(_nested(row, "FromBankAccount"), "AccountID"),
        booked_on=_booked_on(row),
        reference=reference,
        note=note,
        live=live(row),
    )


def payment(row: Row, currency: str | None = None) -> Entry:
    """A receipt on an invoice, or a payment of credit back to the customer, in the currency of its document."""
    kind = text_of(row, "PaymentType")
    document = _nested(row, REFUNDS.get(kind, "Invoice"))
    code = text_of(document, "CurrencyCode") or currency
    if not code:
        raise Unreadable("it names no currency")
    reference, _, note = text_of(row, "Reference").partition(" ")
    return Entry(
        entry_id=id_of(row, "PaymentID"),
        kind=EntryKind.REVERSAL if kind in REFUNDS else EntryKind.PAYMENT,
        amount=amount_of(row, "Amount", code),
        account_id=text_of(_nested(row, "Account"), "AccountID"),
        booked_on=_booked_on(row),
        reference=reference,
        note=note,
        live=live(row),
        incoming=kind not in OUTGOING,
    )


# --------------------------------------------------------------------------------------------- lines of an account


def line_of_move(row: Row, currency: str) -> AccountLine | None:
    """None for a dead one, and for an end of a transfer, which the list of transfers tells better."""
    kind = text_of(row, "Type")
    if kind.endswith("-TRANSFER") or not live(row):
        return None
    whole = amount_of(row, "Total", text_of(row, "CurrencyCode") or currency)
    if whole.currency != currency:  # an overpayment in another currency than its account
        rate = row.get("CurrencyRate")
        if isinstance(rate, bool) or not isinstance(rate, (int, Decimal)) or not rate > 0:
            raise Unreadable("it is in another currency than its account and names no rate")
        whole = Money(_rounded(at_home(whole.amount, Decimal(rate)), currency), currency)
    reference, _, note = tag_of(row).partition(" ")
    signed = whole if kind.startswith("RECEIVE") else Money(-whole.amount, currency)
    entry_id, booked_on = id_of(row, "BankTransactionID"), _booked_on(row)
    return AccountLine(entry_id, MOVES.get(kind, kind), booked_on, signed, reference, note)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals_of(currency)), ROUND_HALF_UP)


def line_of_payment(row: Row, currency: str) -> AccountLine | None:
    """In the account's currency, which is BankAmount's."""
    if not live(row):
        return None
    kind = text_of(row, "PaymentType")
    banked = amount_of(row, "BankAmount" if row.get("BankAmount") is not None else "Amount", currency)
    names = {"ACCRECPAYMENT": EntryKind.PAYMENT} | dict.fromkeys(REFUNDS, EntryKind.REVERSAL)
    reference, _, note = text_of(row, "Reference").partition(" ")
    signed = Money(-banked.amount, currency) if kind in OUTGOING else banked
    return AccountLine(id_of(row, "PaymentID"), names.get(kind, kind), _booked_on(row), signed, reference, note)


def line_of_transfer(row: Row, account_id: str, currency: str) -> AccountLine | None:
    """None where it neither leaves nor reaches that account."""
    ends = {side: text_of(_nested(row, side), "AccountID") for side in ("FromBankAccount", "ToBankAccount")}
    if account_id not in ends.values() or not live(row):
        return None
    moved = transfer(row, currency)
    signed = Money(-moved.amount.amount, currency) if ends["FromBankAccount"] == account_id else moved.amount
    return AccountLine(moved.entry_id, EntryKind.TRANSFER, moved.booked_on, signed, moved.reference, moved.note)


def closing_balance(report: Row, account_id: str, currency: str) -> Money | None:
    """The last column of an account's row in the Bank Summary; None where the report has no row for it."""
    for section in _dicts(report.get("Rows")):
        for row in _dicts(section.get("Rows")):
            cells = _dicts(row.get("Cells"))
            marks = {text_of(mark, "Value").lower() for cell in cells for mark in _dicts(cell.get("Attributes"))}
            if account_id.lower() in marks:
                return _written(text_of(cells[-1], "Value"), currency)
    return None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _written(text: str, currency: str) -> Money:
    """An amount as reports write it: `-1,234.50`, or `(1,234.50)`."""
    plain = text.replace(",", "")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    try:
        return Money(Decimal(plain), currency)
    except (ValueError, InvalidOperation) as error:
        raise Unreadable(f"its balance is {text!r}, not an amount") from error
