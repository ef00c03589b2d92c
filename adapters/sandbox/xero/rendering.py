"""Records as Xero writes them in JSON."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.sandbox.xero.books import PHONE_TYPES, Account, Books, Contact, Invoice, Payment
from adapters.sandbox.xero.documents import CreditNote, Refund
from adapters.sandbox.xero.journal import told_rate

_EPOCH_DAY = date(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def ms_date(moment: datetime) -> str:
    """`/Date(1552432238623+0000)/`."""
    return f"/Date({_milliseconds(moment)}+0000)/"


def ms_day(day: date) -> str:
    """A calendar day, as midnight UTC."""
    return f"/Date({(day - _EPOCH_DAY).days * 86_400_000}+0000)/"


def envelope(kind: str, rows: list[dict[str, Any]], now: datetime, **more: Any) -> dict[str, Any]:
    head = {
        "Id": str(uuid.uuid4()),
        "Status": "OK",
        "ProviderName": "Duebird sandbox",
        "DateTimeUTC": f"/Date({_milliseconds(now)})/",
    }
    return {**head, **more, kind: rows}


def organisation(books: Books) -> dict[str, Any]:
    row: dict[str, Any] = {
        "Name": books.seed.name,
        "LegalName": books.seed.name,
        "PaysTax": True,
        "OrganisationType": "COMPANY",
        "BaseCurrency": books.seed.base_currency,
        "CountryCode": books.seed.country,
        "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3,
        "CreatedDateUTC": "/Date(1455827393000)/",
        "Timezone": books.seed.timezone,
        "ShortCode": "!mBdtL",
        "OrganisationID": books.seed.tenant_id,
        "Edition": "BUSINESS",
        "Class": "STARTER",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
    }
    if books.period_lock_date:
        row["PeriodLockDate"] = ms_day(books.period_lock_date)
    if books.end_of_year_lock_date:
        row["EndOfYearLockDate"] = ms_day(books.end_of_year_lock_date)
    return row


def account(row: Account) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "AccountID": row.account_id,
        "Name": row.name,
        "Status": row.status,
        "Type": row.kind,
        "TaxType": "NONE",
        "EnablePaymentsToAccount": row.takes_payments,
    }
    if row.code is not None:
        rendered["Code"] = row.code
    if row.system is not None:
        rendered["SystemAccount"] = row.system
    if row.currency is not None:
        rendered |= {"CurrencyCode": row.currency, "BankAccountType": "BANK", "BankAccountNumber": "0209087654321050"}
    return rendered


def tax_rate(kind: str, percent: Decimal) -> dict[str, Any]:
    """A tax: one of sales cannot be on an expense, and one of purchases not on income."""
    sales = kind.endswith(("OUTPUT", "OUTPUT2"))
    plain = kind in {"NONE", "BASEXCLUDED"}
    return {
        "Name": f"{kind.title()} ({percent}%)",
        "TaxType": kind,
        "Status": "ACTIVE",
        "CanApplyToAssets": True,
        "CanApplyToEquity": True,
        "CanApplyToLiabilities": True,
        "CanApplyToExpenses": plain or not sales,
        "CanApplyToRevenue": plain or sales,
        "DisplayTaxRate": percent,
        "EffectiveRate": percent,
        "TaxComponents": [{"Name": "Tax", "Rate": percent, "IsCompound": False, "IsNonRecoverable": False}],
    }


def contact(row: Contact) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "ContactID": row.contact_id,
        "ContactStatus": row.status,
        "Name": row.name,
        "FirstName": row.first_name,
        "EmailAddress": "",
        "Addresses": [
            {"AddressType": kind, "City": "", "Region": "", "PostalCode": "", "Country": ""}
            for kind in ("STREET", "POBOX")
            if not any(a.get("AddressType") == kind for a in row.addresses)
        ]
        + row.addresses,
        "Phones": [
            {
                "PhoneType": kind,
                "PhoneNumber": "",
                "PhoneAreaCode": "",
                "PhoneCountryCode": "",
                **row.phones.get(kind, {}),
            }
            for kind in (*PHONE_TYPES, *sorted(set(row.phones) - set(PHONE_TYPES)))
        ],
        "UpdatedDateUTC": ms_date(row.updated),
        "ContactGroups": [
            {"ContactGroupID": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)), "Name": name, "Status": "ACTIVE"}
            for name in row.groups
        ],
        "IsSupplier": False,
        "IsCustomer": True,
        "ContactPersons": [],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }
    if row.merged_to is not None:
        rendered["MergedToContactID"] = row.merged_to
    return {**rendered, **row.raw}


def contact_stub(row: Contact) -> dict[str, Any]:
    """What an invoice says of its contact: no phones, no groups, whatever the lists hold."""
    return {
        "ContactID": row.contact_id,
        "Name": row.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def days(name: str, day: date) -> dict[str, str]:
    return {f"{name}String": f"{day.isoformat()}T00:00:00", name: ms_day(day)}


def invoice(row: Invoice, *, detail: bool) -> dict[str, Any]:
    """One invoice; without `detail` as the summarised list gives it: no lines, no payments."""
    rendered: dict[str, Any] = {
        "Type": row.kind,
        "InvoiceID": row.invoice_id,
        "InvoiceNumber": row.number,
        "Reference": row.reference,
        "Payments": [_payment_stub(p) for p in row.live_payments] if detail else [],
        **_credits_on(row, detail=detail),
        "Prepayments": [],
        "AmountDue": row.due,
        "AmountPaid": row.paid,
        "AmountCredited": row.credited,
        "SentToContact": row.sent,
        "CurrencyRate": told_rate(row.rate),
        "HasErrors": False,
        "IsDiscounted": False,
        "HasAttachments": False,
        "Contact": contact_stub(row.contact),
        **days("Date", row.issued_on),
        "Status": row.status,
        "LineAmountTypes": "Exclusive",
        "LineItems": [_line(row)] if detail else [],
        "SubTotal": row.amount - row.tax,
        "TotalTax": row.tax,
        "Total": row.amount,
        "UpdatedDateUTC": ms_date(row.updated),
        "CurrencyCode": row.currency,
    }
    if row.due_on is not None:
        rendered |= days("DueDate", row.due_on)
    if row.expected_on is not None:
        rendered["ExpectedPaymentDate"] = ms_day(row.expected_on)
    if row.status == "PAID":
        rendered["FullyPaidOnDate"] = ms_day(max((p.paid_on for p in row.live_payments), default=row.issued_on))
    return {**rendered, **row.raw}


def _credits_on(row: Invoice, *, detail: bool) -> dict[str, Any]:
    """What is allocated to it, in the two lists Xero has for that."""
    found: dict[str, Any] = {"CreditNotes": [], "Overpayments": []}
    for one in row.allocations if detail else ():
        if not one.deleted:
            note = isinstance(one.credit, CreditNote)
            field, name = ("CreditNotes", "CreditNoteID") if note else ("Overpayments", "OverpaymentID")
            stub = {name: one.credit.document, "AppliedAmount": one.amount, "Date": ms_day(one.day)}
            found[field].append(stub | {"Total": one.credit.total, "LineItems": [], "HasErrors": False})
    return found


def _line(row: Invoice) -> dict[str, Any]:
    return {
        "Description": "Work done",
        "UnitAmount": row.amount - row.tax,
        "TaxType": "OUTPUT2" if row.tax else "NONE",
        "TaxAmount": row.tax,
        "LineAmount": row.amount - row.tax,
        "AccountCode": "200",
        "Tracking": [],
        "Quantity": 1,
        "LineItemID": row.invoice_id,
    }


def _payment_stub(row: Payment) -> dict[str, Any]:
    return {
        "PaymentID": row.payment_id,
        "Date": ms_day(row.paid_on),
        "Amount": row.amount,
        "Reference": row.reference,
        "CurrencyRate": told_rate(row.rate),
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def payment(row: Payment, *, detail: bool = False, whole_invoice: bool = False) -> dict[str, Any]:
    """One payment, the same in every list; a write's answer carries the invoice as it stands now."""
    del detail
    held = (
        invoice(row.invoice, detail=False)
        if whole_invoice
        else {
            "Type": row.invoice.kind,
            "InvoiceID": row.invoice.invoice_id,
            "InvoiceNumber": row.invoice.number,
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "HasErrors": False,
            "IsDiscounted": False,
            "Contact": contact_stub(row.invoice.contact),
            "LineItems": [],
            "CurrencyCode": row.invoice.currency,
        }
    )
    account = {"AccountID": row.account.account_id, **({"Code": row.account.code} if row.account.code else {})}
    return {**payment_form(row, account, {"Invoice": held}), **row.raw}


def payment_form(row: Payment | Refund, account: dict[str, Any], paid: dict[str, Any]) -> dict[str, Any]:
    """What every payment has, of an invoice or of a credit. `paid`: the document, under its name."""
    return {
        "PaymentID": row.payment_id,
        "Date": ms_day(row.paid_on),
        "BankAmount": row.bank_amount,
        "Amount": row.amount,
        "Reference": row.reference,
        "CurrencyRate": told_rate(row.rate),
        "PaymentType": row.kind,
        "Status": row.status,
        "UpdatedDateUTC": ms_date(row.updated),
        "HasAccount": True,
        "IsReconciled": row.reconciled,
        "Account": account,
        **paid,
        "HasValidationErrors": False,
    }


def read_day(text: str) -> date:
    """A calendar day as callers may send it: `2026-11-23`, with or without a time, or `/Date(ms)/`."""
    if text.startswith("/Date("):
        milliseconds = int(re.findall(r"-?\d+", text)[0])
        return (_EPOCH + timedelta(milliseconds=milliseconds)).date()
    return date.fromisoformat(text[:10])
