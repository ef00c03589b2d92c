"""Bank transactions, transfers, credit notes, overpayments and refunds as Xero writes them in JSON."""

from __future__ import annotations

from typing import Any

from adapters.sandbox.xero.books import Account
from adapters.sandbox.xero.documents import (
    Allocation,
    BankTransaction,
    BankTransfer,
    Credit,
    CreditNote,
    LineItem,
    Refund,
    TransferSide,
)
from adapters.sandbox.xero.journal import told_rate
from adapters.sandbox.xero.rendering import contact_stub, days, ms_date, ms_day, payment_form


def _account(row: Account) -> dict[str, Any]:
    code = {} if row.code is None else {"Code": row.code}
    return {"AccountID": row.account_id, **code, "Name": row.name}


def _line(row: LineItem) -> dict[str, Any]:
    return {
        "Description": row.description,
        "UnitAmount": row.unit_amount,
        "TaxType": row.tax_type,
        "TaxAmount": row.tax,
        "LineAmount": row.line_amount,
        "Tracking": [],
        "Quantity": row.quantity,
        "LineItemID": row.line_id,
        **({"AccountCode": row.account.code} if row.account.code else {}),
    }


def _common(row: Credit, *, detail: bool) -> dict[str, Any]:
    """What credit notes, overpayments and bank transactions share."""
    return {
        "Contact": contact_stub(row.contact),
        **days("Date", row.booked_on),
        "LineAmountTypes": row.amounts_are,
        "LineItems": [_line(line) for line in row.lines] if detail else [],
        "SubTotal": row.net,
        "TotalTax": row.tax,
        "Total": row.total,
        "UpdatedDateUTC": ms_date(row.updated),
        "CurrencyCode": row.currency,
        "CurrencyRate": told_rate(row.rate),
        "HasAttachments": False,
    }


def bank_transaction(row: BankTransaction | TransferSide, *, detail: bool = True) -> dict[str, Any]:
    """Money spent or received; one that is an overpayment names it. Lists show both ends of transfers too."""
    if isinstance(row, TransferSide):
        return transfer_side(row)
    rendered = {
        "BankTransactionID": row.transaction_id,
        "BankAccount": _account(row.account),
        "Type": row.kind,
        "IsReconciled": row.reconciled,
        "Status": row.shown_status,
        **_common(row, detail=detail),
    }
    if row.reference:
        rendered["Reference"] = row.reference
    if row.overpayment_id is not None:
        rendered["OverpaymentID"] = row.overpayment_id
    return rendered


def transfer_side(row: TransferSide) -> dict[str, Any]:
    return {
        "BankTransactionID": row.transaction_id,
        "BankAccount": _account(row.account),
        "Type": row.kind,
        "IsReconciled": row.reconciled,
        "HasAttachments": False,
        **days("Date", row.booked_on),
        "Status": row.shown_status,
        "LineAmountTypes": "NoTax",
        "LineItems": [],
        "SubTotal": row.total,
        "TotalTax": 0,
        "Total": row.total,
        "UpdatedDateUTC": ms_date(row.updated),
        "CurrencyCode": row.account.currency,
    }


def bank_transfer(row: BankTransfer, *, detail: bool = True) -> dict[str, Any]:
    del detail
    return {
        "BankTransferID": row.transfer_id,
        "CreatedDateUTC": ms_date(row.created),
        **days("Date", row.booked_on),
        "Status": row.status,
        "FromBankAccount": _account(row.source),
        "ToBankAccount": _account(row.target),
        "Amount": row.amount,
        "FromBankTransactionID": row.from_transaction_id,
        "ToBankTransactionID": row.to_transaction_id,
        "FromIsReconciled": row.from_reconciled,
        "ToIsReconciled": row.to_reconciled,
        "Reference": row.reference,
        "CurrencyRate": 1,
        "HasAttachments": False,
    }


def credit_note(row: CreditNote, *, detail: bool = True) -> dict[str, Any]:
    return {
        "CreditNoteID": row.credit_note_id,
        "CreditNoteNumber": row.number,
        "Type": "ACCRECCREDIT",
        "Reference": row.reference,
        "RemainingCredit": row.remaining,
        "Allocations": [_use(one) for one in row.allocations if not one.deleted],
        "Payments": [_refund_stub(one) for one in row.refunds if one.status == "AUTHORISED"],
        "Status": row.status,
        "HasErrors": False,
        **_common(row, detail=detail),
    }


def overpayment(row: BankTransaction, *, detail: bool = True) -> dict[str, Any]:
    return {
        "OverpaymentID": row.overpayment_id,
        "Type": row.kind,
        "Reference": row.reference,
        "RemainingCredit": row.remaining,
        "Allocations": [_use(one) for one in row.allocations if not one.deleted],
        "Payments": [_refund_stub(one) for one in row.refunds if one.status == "AUTHORISED"],
        "Status": row.status,
        **_common(row, detail=detail),
    }


def _use(row: Allocation) -> dict[str, Any]:
    stub = {"InvoiceID": row.invoice.invoice_id, "InvoiceNumber": row.invoice.number}
    return {"AllocationID": row.allocation_id, "Amount": row.amount, "Date": ms_day(row.day), "Invoice": stub}


def allocation(row: Allocation) -> dict[str, Any]:
    """The answer to making one."""
    name = "CreditNote" if isinstance(row.credit, CreditNote) else "Overpayment"
    return {**_use(row), name: {f"{name}ID": row.credit.document, "LineItems": []}}


def _refund_stub(row: Refund) -> dict[str, Any]:
    return {
        "PaymentID": row.payment_id,
        "Date": ms_day(row.paid_on),
        "Amount": row.amount,
        "Reference": row.reference,
        "CurrencyRate": told_rate(row.rate),
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def refund(row: Refund) -> dict[str, Any]:
    """A payment of a credit, in the form of every payment."""
    credit = row.credit
    stub: dict[str, Any] = {"CurrencyCode": credit.currency, "Contact": contact_stub(credit.contact), "LineItems": []}
    if isinstance(credit, CreditNote):
        nested = {"CreditNote": {"CreditNoteID": credit.credit_note_id, "CreditNoteNumber": credit.number, **stub}}
    else:
        nested = {"Overpayment": {"OverpaymentID": credit.document, **stub}}
    return payment_form(row, _account(row.account), nested)
