"""The forms we send: payments, expenses, transfers, refunds, credits; and such entries read back. Pure.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/purchase (and /deposit, /transfer,
/refundreceipt, /payment). The same request always gives the same body.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.quickbooks import translate
from adapters.quickbooks.translate import Unreadable
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.ports.entries import CreditRequest, Entry, ExpenseRequest, ReversalRequest, TransferRequest
from connector.ports.ledger import BookingRequest

Row = Mapping[str, Any]

REQUEST_ID_MOST = 50

_MONEY_SIDE = {
    "Purchase": "AccountRef",
    "Deposit": "DepositToAccountRef",
    "Transfer": "FromAccountRef",
    "RefundReceipt": "DepositToAccountRef",
    "Payment": "DepositToAccountRef",
}
_WORD = re.compile(r"[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Terms:
    """How the company writes its forms. `home_only`: it has one currency, and forms name none."""

    home: str
    home_only: bool
    american: bool  # tax codes in the US say only whether there is tax; elsewhere a form must say how it is counted

    def currency(self, amount: Money, rate: Decimal | None) -> dict[str, Any]:
        """What a form over that amount says of its currency. A rate of None in a foreign one would be booked at 1."""
        if amount.currency == self.home:
            return {} if self.home_only else {"CurrencyRef": {"value": amount.currency}}
        if rate is None:
            raise Unreadable(f"no exchange rate is known for {amount}")
        # A float only on its way out: the last of 16 digits of a rate moves no cent.
        return {"CurrencyRef": {"value": amount.currency}, "ExchangeRate": float(rate)}

    def tax(self, code: str | None) -> dict[str, Any]:
        """How the lines count their tax: within the amount, since the amount is what left the account."""
        if self.american:
            return {}
        return {"GlobalTaxCalculation": "TaxInclusive" if code else "NotApplicable"}


def payment_body(
    request: BookingRequest, *, names_currency: bool, rate: Decimal | None, method_id: str | None
) -> dict[str, Any]:
    """The entry to create. The same request always gives the same body.

    Without `Line` QuickBooks would take the money as a credit and leave the invoice open.

    Raises:
        Unreadable: the amount has more digits than a JSON number keeps.
    """
    amount = as_number(request.amount.amount)
    body: dict[str, Any] = {
        "CustomerRef": {"value": request.customer_id},
        "TotalAmt": amount,
        "TxnDate": request.booked_on.isoformat(),
        "PaymentRefNum": request.reference,
        "PrivateNote": request.note,
        "DepositToAccountRef": {"value": request.account_id},
        "Line": [{"Amount": amount, "LinkedTxn": [{"TxnId": request.ledger_id, "TxnType": "Invoice"}]}],
    }
    if method_id is not None:
        body["PaymentMethodRef"] = {"value": method_id}
    if names_currency:
        body["CurrencyRef"] = {"value": request.amount.currency}
    if rate is not None:
        body["ExchangeRate"] = float(rate)  # the last of 16 digits of a rate moves no cent
    return body


def as_number(value: Decimal) -> int | float:
    """A JSON number that prints exactly these digits: true of a float up to 15 of them.

    Raises:
        Unreadable: it would not print exactly.
    """
    if value == value.to_integral_value():
        return int(value)
    # A float only on its way out: the next line refuses one that would not print as exactly these digits.
    number = float(value)
    if Decimal(repr(number)) != value:
        raise Unreadable(f"{value} has too many digits for a JSON number")
    return number


def request_id(idempotency_key: str) -> str:
    """The `requestid` of a write, at most 50 characters, always the same for one key."""
    if len(idempotency_key) <= REQUEST_ID_MOST and re.fullmatch(r"[A-Za-z0-9_-]+", idempotency_key):
        return idempotency_key
    return hashlib.sha256(idempotency_key.encode()).hexdigest()[:REQUEST_ID_MOST]


def _ref(value: str) -> dict[str, str]:
    return {"value": value}


def _common(request: ExpenseRequest | TransferRequest | CreditRequest | ReversalRequest) -> dict[str, Any]:
    return {"TxnDate": request.booked_on.isoformat(), "PrivateNote": request.note}


def expense(request: ExpenseRequest, terms: Terms, vendor_id: str | None) -> tuple[str, dict[str, Any]]:
    """Entity and body: a purchase, or a deposit for a fee given back, since only credit cards take credits back."""
    code = {"TaxCodeRef": _ref(request.tax_code)} if request.tax_code else {}
    amount = as_number(request.amount.amount)
    account: dict[str, Any] = {"AccountRef": _ref(request.expense_account_id), **code}
    body = {
        **_common(request),
        "DocNumber": request.reference,
        **terms.currency(request.amount, request.exchange_rate),
        **terms.tax(request.tax_code),
    }
    if request.incoming:
        detail = {**account, **({"TaxApplicableOn": "Purchase"} if code else {})}
        if vendor_id is not None:
            detail["Entity"] = {"type": "VENDOR", "value": vendor_id}
        line: dict[str, Any] = {"Amount": amount, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
        return "Deposit", {**body, "DepositToAccountRef": _ref(request.account_id), "Line": [line]}
    kind = "AccountBasedExpenseLineDetail"
    line = {"Amount": amount, "DetailType": kind, kind: account}
    if vendor_id is not None:
        body["EntityRef"] = {"type": "Vendor", "value": vendor_id}
    return "Purchase", {**body, "PaymentType": "Cash", "AccountRef": _ref(request.account_id), "Line": [line]}


def transfer(request: TransferRequest, terms: Terms) -> dict[str, Any]:
    """A transfer has no number, so our reference opens its note."""
    return {
        **_common(request),
        "PrivateNote": f"{request.reference} {request.note}".strip(),
        "FromAccountRef": _ref(request.from_account_id),
        "ToAccountRef": _ref(request.to_account_id),
        "Amount": as_number(request.amount.amount),
        **terms.currency(request.amount, request.exchange_rate),
    }


def credit(request: CreditRequest, terms: Terms, method_id: str | None) -> dict[str, Any]:
    """A payment without lines, which QuickBooks keeps as the customer's credit."""
    return {
        **_common(request),
        "CustomerRef": _ref(request.customer_id),
        "TotalAmt": as_number(request.amount.amount),
        "PaymentRefNum": request.reference,
        "DepositToAccountRef": _ref(request.account_id),
        **({"PaymentMethodRef": _ref(method_id)} if method_id is not None else {}),
        **terms.currency(request.amount, request.exchange_rate),
    }


def refund(request: ReversalRequest, terms: Terms, item_id: str, rate: Decimal | None) -> dict[str, Any]:
    """Money out to the customer. Its line needs an item: without one QuickBooks takes it for a remark."""
    amount = as_number(request.amount.amount)
    code = request.tax_code or ("NON" if terms.american else None)
    detail: dict[str, Any] = {"ItemRef": _ref(item_id), "Qty": 1, "UnitPrice": amount}
    if code is not None:
        detail["TaxCodeRef"] = _ref(code)
    return {
        **_common(request),
        "CustomerRef": _ref(request.customer_id),
        "DepositToAccountRef": _ref(request.account_id),
        "DocNumber": request.reference,
        "Line": [{"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}],
        **terms.currency(request.amount, rate),
        **terms.tax(request.tax_code),
    }


def credit_back(request: ReversalRequest, terms: Terms, receivables_id: str, rate: Decimal | None) -> dict[str, Any]:
    """A customer's credit paid out: an expense to him on Accounts Receivable, which leaves income alone."""
    kind = "AccountBasedExpenseLineDetail"
    detail = {"AccountRef": _ref(receivables_id)}
    return {
        **_common(request),
        "DocNumber": request.reference,
        "PaymentType": "Cash",
        "AccountRef": _ref(request.account_id),
        "EntityRef": {"type": "Customer", "value": request.customer_id},
        "Line": [{"Amount": as_number(request.amount.amount), "DetailType": kind, kind: detail}],
        **terms.currency(request.amount, rate),
        **terms.tax(None),
    }


def with_words(note: str, words: str) -> str:
    """A note with more words at its end; the older ones give way where there is no room."""
    room = translate.NOTE_MOST - len(words) - 1
    return f"{note[:room]} {words}".strip()


def noted(payment: Row, words: str) -> dict[str, Any]:
    """A payment with more words in its note, and all else as it is: lines that are not sent again might be dropped."""
    lines = [
        {"Amount": line.get("Amount"), "LinkedTxn": line.get("LinkedTxn")}
        for line in payment.get("Line") or []
        if isinstance(line, Mapping)
    ]
    kept = {
        name: payment[name] for name in ("CustomerRef", "TotalAmt", "CurrencyRef", "ExchangeRate") if name in payment
    }
    return {**kept, "Line": lines, "PrivateNote": with_words(str(payment.get("PrivateNote") or ""), words)}


# ------------------------------------------------------------------------------------------------- and back again


def entry(entity: str, kind: EntryKind, row: Row, home: str) -> Entry:
    """An entry of QuickBooks in our words. One over nothing was voided.

    Raises:
        Unreadable: a field we depend on is missing or not as documented.
    """
    amount = translate.money(row.get("Amount" if entity == "Transfer" else "TotalAmt"), row, home)
    side = row.get(_MONEY_SIDE[entity])
    return Entry(
        entry_id=translate.id_of(row),
        kind=kind,
        amount=amount,
        account_id=str(side.get("value") or "") if isinstance(side, Mapping) else "",
        booked_on=translate.civil_day(row),
        reference=_reference(entity, row),
        note=str(row.get("PrivateNote") or ""),
        live=amount.is_positive and not translate.is_deleted(row),
        incoming=entity == "Deposit",
    )


def _reference(entity: str, row: Row) -> str:
    if entity == "Transfer":
        return first_reference(str(row.get("PrivateNote") or ""))
    return str(row.get("PaymentRefNum" if entity == "Payment" else "DocNumber") or "")


def first_reference(note: str) -> str:
    """The reference of ours that a note names, "" where it names none. A void puts its word in front."""
    ours = (word for word in _WORD.findall(note) if word.startswith(translate.OUR_BEGINNING))
    return next((word for word in ours if len(word) <= translate.REFERENCE_MOST), "")


def names(note: str, reference: str) -> bool:
    """Whether a note names that reference, as a word of its own."""
    return reference in _WORD.findall(note)
