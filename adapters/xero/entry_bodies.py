"""Our entries as the JSON that Xero takes. Pure; the same request gives the same bytes, as an idempotency key needs.

Amounts keep their digits. Our reference stands first in Reference and, where Xero takes none, in the description of
the line. Fields: Xero OpenAPI 16.1.0, schemas BankTransaction, BankTransfer, CreditNote, Payment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.xero.translate import REFERENCE_MAX, currency_rate, text_of
from connector.domain.money import Money
from connector.ports.entries import CreditRequest, ExpenseRequest, ReversalRequest, TransferRequest

PAYEE = "Stripe"  # whose fees they are; Xero takes the contact of that name, or makes it

Fields = Iterable[tuple[str, str]]  # (name, JSON)


def tagged(reference: str, note: str) -> str:
    """Our reference, then what explains it to a person; cut where Xero might, in the tail."""
    return f"{reference} {note}".strip()[:REFERENCE_MAX]


def _object(fields: Fields) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in fields) + "}"


def _whole(kind: str, fields: Fields) -> str:
    return f'{{"{kind}": [{_object(fields)}]}}'


def _id(name: str, value: str) -> str:
    return json.dumps({name: value})


def _day(day: date) -> str:
    return json.dumps(day.isoformat())


def _line(text: str, amount: Money, code: str | None, tax_code: str | None) -> str:
    fields = [("Description", json.dumps(text)), ("Quantity", "1"), ("UnitAmount", str(amount.amount))]
    if code is not None:
        fields.append(("AccountCode", json.dumps(code)))
    if tax_code is not None:
        fields.append(("TaxType", json.dumps(tax_code)))
    return f"[{_object(fields)}]"


def _tax_words(tax_code: str | None) -> str:
    """Always said, because the defaults differ from endpoint to endpoint. Our amounts include the tax."""
    return json.dumps("NoTax" if tax_code is None else "Inclusive")


def _rate(exchange_rate: Decimal | None) -> list[tuple[str, str]]:
    return [] if exchange_rate is None else [("CurrencyRate", currency_rate(exchange_rate))]


def expense(request: ExpenseRequest, expense_code: str) -> str:
    """Money spent from clearing (or received into it) on the expense account."""
    text = tagged(request.reference, request.note)
    fields = [
        ("Type", json.dumps("RECEIVE" if request.incoming else "SPEND")),
        ("Contact", _id("Name", request.payee or PAYEE)),
        ("BankAccount", _id("AccountID", request.account_id)),
        ("Date", _day(request.booked_on)),
        ("Reference", json.dumps(text)),
        ("LineAmountTypes", _tax_words(request.tax_code)),
        ("LineItems", _line(text, request.amount, expense_code, request.tax_code)),
        *_rate(request.exchange_rate),
    ]
    return _whole("BankTransactions", fields)


def transfer(request: TransferRequest) -> str:
    """A bank transfer."""
    fields = [
        ("FromBankAccount", _id("AccountID", request.from_account_id)),
        ("ToBankAccount", _id("AccountID", request.to_account_id)),
        ("Amount", str(request.amount.amount)),
        ("Date", _day(request.booked_on)),
        ("Reference", json.dumps(tagged(request.reference, request.note))),
    ]
    return _whole("BankTransfers", fields)


def credit(request: CreditRequest, *, foreign: bool) -> str:
    """A received overpayment, allocated to nothing.

    No account code: Xero puts it on Accounts Receivable. `Reference` is "only supported for SPEND and RECEIVE", so the
    line says ours too. `foreign`: the account is in another currency, which Xero allows for overpayments only.
    """
    text = tagged(request.reference, request.note)
    fields = [
        ("Type", json.dumps("RECEIVE-OVERPAYMENT")),
        ("Contact", _id("ContactID", request.customer_id)),
        ("BankAccount", _id("AccountID", request.account_id)),
        ("Date", _day(request.booked_on)),
        ("Reference", json.dumps(text)),
        ("LineAmountTypes", json.dumps("NoTax")),
        ("LineItems", _line(text, request.amount, None, None)),
    ]
    if foreign:
        fields.append(("CurrencyCode", json.dumps(request.amount.currency)))
    return _whole("BankTransactions", [*fields, *_rate(request.exchange_rate)])


def credit_note(request: ReversalRequest, income_code: str) -> str:
    """The first half of a refund: income and tax go down, the customer has so much credit."""
    text = tagged(request.reference, request.note)
    fields = [
        ("Type", json.dumps("ACCRECCREDIT")),
        ("Status", json.dumps("AUTHORISED")),
        ("Contact", _id("ContactID", request.customer_id)),
        ("Date", _day(request.booked_on)),
        ("Reference", json.dumps(text)),
        ("CurrencyCode", json.dumps(request.amount.currency)),
        ("LineAmountTypes", _tax_words(request.tax_code)),
        ("LineItems", _line(text, request.amount, income_code, request.tax_code)),
        *_rate(request.exchange_rate),
    ]
    return _whole("CreditNotes", fields)


def refund(request: ReversalRequest, target: str, target_id: str) -> str:
    """The second half: that credit is paid out of clearing. `target` is CreditNote or Overpayment."""
    fields = [
        (target, _id(f"{target}ID", target_id)),
        ("Account", _id("AccountID", request.account_id)),
        ("Date", _day(request.booked_on)),
        ("Amount", str(request.amount.amount)),
        *_rate(request.exchange_rate),
        ("Reference", json.dumps(tagged(request.reference, request.note))),
    ]
    return _whole("Payments", fields)


DELETED = json.dumps({"Status": "DELETED"})


def deleted_transaction(row: Mapping[str, Any]) -> str:
    """Delete a bank transaction: it repeats what the description requires as it stands, and changes nothing else."""
    account = row.get("BankAccount")
    lines = row.get("LineItems")
    element = {
        "BankTransactionID": text_of(row, "BankTransactionID"),
        "Type": text_of(row, "Type"),
        "BankAccount": {"AccountID": text_of(account, "AccountID") if isinstance(account, dict) else ""},
        "LineItems": [_kept(line) for line in lines if isinstance(line, dict)] if isinstance(lines, list) else [],
        "Status": "DELETED",
    }
    return json.dumps({"BankTransactions": [element]})


def _kept(line: Mapping[str, Any]) -> dict[str, str]:
    """A line sent with its id alone is left as it is."""
    return {name: value for name in ("LineItemID", "Description") if (value := text_of(line, name))}


def voided_note(credit_note_id: str) -> str:
    """Void a credit note that is not used."""
    return json.dumps({"CreditNotes": [{"CreditNoteID": credit_note_id, "Status": "VOIDED"}]})
