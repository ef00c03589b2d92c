"""The part of Xero's list parameters that the stand-in understands; anything else is a 400, as in life.

`where` is a conjunction of `Field op value`, `Field.StartsWith("…")` and `Field.Contains("…")`.
https://developer.xero.com/documentation/api/accounting/requests-and-responses
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from adapters.sandbox.xero.books import Contact, Invoice, Payment
from adapters.sandbox.xero.documents import BankTransaction, BankTransfer, CreditNote

Getter = Callable[[Any], Any]

INVOICE_FIELDS: dict[str, Getter] = {
    "Type": lambda r: r.kind,
    "Status": lambda r: r.status,
    "InvoiceID": lambda r: r.invoice_id,
    "InvoiceNumber": lambda r: r.number,
    "Reference": lambda r: r.reference,
    "AmountDue": lambda r: r.due,
    "AmountPaid": lambda r: r.paid,
    "Total": lambda r: r.amount,
    "CurrencyCode": lambda r: r.currency,
    "Date": lambda r: r.issued_on,
    "DueDate": lambda r: r.due_on,
    "UpdatedDateUTC": lambda r: r.updated,
    "Contact.ContactID": lambda r: r.contact.contact_id,
    "Contact.Name": lambda r: r.contact.name,
}
PAYMENT_FIELDS: dict[str, Getter] = {
    "PaymentID": lambda r: r.payment_id,
    "PaymentType": lambda r: r.kind,
    "Status": lambda r: r.status,
    "Reference": lambda r: r.reference,
    "Amount": lambda r: r.amount,
    "Date": lambda r: r.paid_on,
    "UpdatedDateUTC": lambda r: r.updated,
    # a refund is on no invoice
    "Invoice.InvoiceID": lambda r: r.invoice.invoice_id if isinstance(r, Payment) else None,
    "Invoice.InvoiceNumber": lambda r: r.invoice.number if isinstance(r, Payment) else None,
    "Account.AccountID": lambda r: r.account.account_id,
}
CONTACT_FIELDS: dict[str, Getter] = {
    "ContactID": lambda r: r.contact_id,
    "ContactStatus": lambda r: r.status,
    "Name": lambda r: r.name,
    "UpdatedDateUTC": lambda r: r.updated,
}
BANK_TRANSACTION_FIELDS: dict[str, Getter] = {
    "BankTransactionID": lambda r: r.transaction_id,
    "Type": lambda r: r.kind,
    "Status": lambda r: r.shown_status,
    "Reference": lambda r: r.reference or None,
    "Total": lambda r: r.total,
    "Date": lambda r: r.booked_on,
    "UpdatedDateUTC": lambda r: r.updated,
    "Contact.ContactID": lambda r: r.contact.contact_id if r.contact else None,
    "BankAccount.AccountID": lambda r: r.account.account_id,
}
BANK_TRANSFER_FIELDS: dict[str, Getter] = {
    "BankTransferID": lambda r: r.transfer_id,
    "Status": lambda r: r.status,
    "Reference": lambda r: r.reference or None,
    "Amount": lambda r: r.amount,
    "Date": lambda r: r.booked_on,
    "CreatedDateUTC": lambda r: r.created,
    "UpdatedDateUTC": lambda r: r.updated,
    "FromBankAccount.AccountID": lambda r: r.source.account_id,
    "ToBankAccount.AccountID": lambda r: r.target.account_id,
}
CREDIT_NOTE_FIELDS: dict[str, Getter] = {
    "CreditNoteID": lambda r: r.credit_note_id,
    "CreditNoteNumber": lambda r: r.number,
    "Type": lambda _: "ACCRECCREDIT",
    "Status": lambda r: r.status,
    "Reference": lambda r: r.reference or None,
    "Date": lambda r: r.booked_on,
    "UpdatedDateUTC": lambda r: r.updated,
    "Contact.ContactID": lambda r: r.contact.contact_id,
}
FIELDS: dict[type, dict[str, Getter]] = {
    Invoice: INVOICE_FIELDS,
    Payment: PAYMENT_FIELDS,
    Contact: CONTACT_FIELDS,
    BankTransaction: BANK_TRANSACTION_FIELDS,
    BankTransfer: BANK_TRANSFER_FIELDS,
    CreditNote: CREDIT_NOTE_FIELDS,
}

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_STRING = r'"((?:[^"\\]|\\.)*)"'
_COMPARISON = re.compile(r"([A-Za-z.]+)\s*(==|!=|>=|<=|>|<)\s*(.+)", re.DOTALL)
_CALL = re.compile(rf"([A-Za-z.]+)\.(StartsWith|Contains)\({_STRING}\)")
_GUID = re.compile(rf"guid\({_STRING}\)", re.IGNORECASE)
_DATETIME = re.compile(r"DateTime\(([\d,\s]+)\)")
_MODIFIED_SINCE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class BadQuery(Exception):
    """A list parameter that Xero would refuse."""


def modified_since(text: str | None) -> datetime | None:
    """If-Modified-Since in its one documented form, UTC; the HTTP date form is not it."""
    if text is None:
        return None
    if not _MODIFIED_SINCE.fullmatch(text):
        raise BadQuery(f"If-Modified-Since {text!r} is not yyyy-mm-ddThh:mm:ss")
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def where(text: str, fields: dict[str, Getter]) -> tuple[Callable[[Any], bool], dict[str, Any]]:
    """A predicate, and the fields that are pinned to one value (for a look-up instead of a scan)."""
    tests: list[Callable[[Any], bool]] = []
    pinned: dict[str, Any] = {}
    for clause in _clauses(text):
        call = _CALL.fullmatch(clause)
        if call:
            pinned[f"{call[1]}.{call[2]}"] = call[3]
            tests.append(_text_test(_getter(call[1], fields), call[2], call[3]))
            continue
        comparison = _COMPARISON.fullmatch(clause)
        if not comparison:
            raise BadQuery(f"cannot read {clause!r}")
        value = _value(comparison[3].strip())
        if comparison[2] == "==":
            pinned[comparison[1]] = value
        tests.append(_compare(_getter(comparison[1], fields), _OPERATORS[comparison[2]], value))
    return (lambda row: all(test(row) for test in tests)), pinned


def order(text: str, fields: dict[str, Getter]) -> tuple[Getter, bool]:
    """(key, descending)."""
    name, _, direction = text.partition(" ")
    if direction.upper() not in {"", "ASC", "DESC"}:
        raise BadQuery(f"cannot order by {text!r}")
    getter = _getter(name, fields)
    return (lambda row: (getter(row) is not None, getter(row))), direction.upper() == "DESC"


def _clauses(text: str) -> list[str]:
    """Split at AND or && outside quotes."""
    parts = re.split(r'\s*(?:&&|\bAND\b)\s*(?=(?:[^"]*"[^"]*")*[^"]*$)', text.strip())
    return [part for part in parts if part]


def _getter(name: str, fields: dict[str, Getter]) -> Getter:
    if name not in fields:
        raise BadQuery(f"No property or field '{name}' exists")
    return fields[name]


def _text_test(getter: Getter, verb: str, needle: str) -> Callable[[Any], bool]:
    """Xero fails on a null here, unless a null test before it took the row out; the stand-in passes it over."""
    if verb == "StartsWith":
        return lambda row: str(getter(row)).startswith(needle)
    return lambda row: needle in str(getter(row))


def _compare(getter: Getter, compare: Callable[[Any, Any], bool], value: Any) -> Callable[[Any], bool]:
    def test(row: Any) -> bool:
        held = getter(row)
        if isinstance(value, datetime) and isinstance(held, date) and not isinstance(held, datetime):
            held = datetime(held.year, held.month, held.day, tzinfo=UTC)
        if (held is None or value is None) and compare not in {operator.eq, operator.ne}:
            return False
        return bool(compare(held, value))

    return test


def _value(text: str) -> Any:
    if match := re.fullmatch(_STRING, text):
        return match[1].replace('\\"', '"')
    if match := _GUID.fullmatch(text):
        return match[1].lower()
    if match := _DATETIME.fullmatch(text):
        numbers = [int(part) for part in match[1].split(",")]
        return datetime(numbers[0], numbers[1], numbers[2], *numbers[3:], tzinfo=UTC)  # type: ignore[misc,arg-type]  # hour, minute, second follow
    if text in {"true", "false", "null"}:
        return {"true": True, "false": False, "null": None}[text]
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise BadQuery(f"cannot read the value {text!r}") from error
