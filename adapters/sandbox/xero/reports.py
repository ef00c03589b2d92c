"""Reports: rows of cells, every value a text, as Xero lays them out.

https://developer.xero.com/documentation/api/accounting/reports. Amounts are in the currency of the books.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.sandbox.xero.books import Account, Books, Contact
from adapters.sandbox.xero.journal import ZERO
from adapters.sandbox.xero.rendering import ms_date

SECTIONS = {
    "Revenue": ("REVENUE",),
    "Expenses": ("DIRECTCOSTS", "EXPENSE"),
    "Assets": ("BANK", "CURRENT"),
    "Liabilities": ("CURRLIAB",),
    "Equity": ("EQUITY",),
}
OF_THE_YEAR = {"REVENUE", "DIRECTCOSTS", "EXPENSE"}  # begin at nothing each financial year
YEAR_BEGINS_IN = 4  # the organisation's year ends on 31 March


def _report(kind: str, name: str, titles: Sequence[str], on: date, now: datetime, rows: list[Any]) -> dict[str, Any]:
    return {
        "ReportID": kind,
        "ReportName": name,
        "ReportType": kind,
        "ReportTitles": [name, *titles],
        "ReportDate": _long(on),
        "UpdatedDateUTC": ms_date(now),
        "Fields": [],
        "Rows": rows,
    }


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _header(*names: str) -> dict[str, Any]:
    return {"RowType": "Header", "Cells": [{"Value": name} for name in names]}


def _section(title: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"RowType": "Section", "Title": title, "Rows": rows}


def _row(values: Sequence[str], mark: tuple[str, str] | None = None, kind: str = "Row") -> dict[str, Any]:
    marked = {} if mark is None else {"Attributes": [{"Value": mark[1], "Id": mark[0]}]}
    return {"RowType": kind, "Cells": [{"Value": value, **marked} for value in values]}


def _sides(balance: Decimal) -> tuple[str, str]:
    """(debit, credit), one of them empty."""
    return (f"{balance:.2f}", "") if balance >= 0 else ("", f"{-balance:.2f}")


def trial_balance(books: Books, on: date) -> dict[str, Any]:
    """Month and year to date; the profit of earlier years stands in Retained Earnings."""
    year = on.year if on.month >= YEAR_BEGINS_IN else on.year - 1
    begins = date(year, YEAR_BEGINS_IN, 1)
    whole = books.journal.balances(on)
    this_year = books.journal.balances(on, since=begins)
    month = books.journal.balances(on, since=on.replace(day=1))

    def ytd(account: Account) -> Decimal:
        return (this_year if account.kind in OF_THE_YEAR else whole).get(account.account_id, ZERO)

    touched = [a for a in books.accounts.values() if a.account_id in whole]
    sections = [
        _section(
            title,
            [
                _row(
                    [_named(a), *_sides(month.get(a.account_id, ZERO)), *_sides(ytd(a))],
                    ("account", a.account_id),
                )
                for a in touched
                if a.kind in kinds
            ],
        )
        for title, kinds in SECTIONS.items()
    ]
    retained = -sum((ytd(a) for a in touched), ZERO)
    if retained:
        sections[-1]["Rows"].append(_row(["Retained Earnings (960)", *_sides(ZERO), *_sides(retained)]))
    debits = sum((max(ytd(a), ZERO) for a in touched), max(retained, ZERO))
    sections.append(_section("", [_row(["Total", "", "", f"{debits:.2f}", f"{debits:.2f}"], kind="SummaryRow")]))
    rows = [_header("Account", "Debit", "Credit", "YTD Debit", "YTD Credit"), *sections]
    titles = (books.seed.name, f"As at {_long(on)}")
    return _report("TrialBalance", "Trial Balance", titles, on, books.moment(), rows)


def _named(account: Account) -> str:
    return f"{account.name} ({account.code})" if account.code else account.name


def bank_summary(books: Books, since: date, until: date) -> dict[str, Any]:
    """Opening, received, spent, closing of every bank account."""
    opening = books.journal.balances(since - timedelta(days=1))
    rows = []
    for account in books.accounts.values():
        if account.kind == "BANK":
            moved = [line.base for _, line in books.journal.lines(since, until) if line.account is account]
            received = sum((one for one in moved if one > 0), ZERO)
            spent = -sum((one for one in moved if one < 0), ZERO)
            begin = opening.get(account.account_id, ZERO)
            values = [f"{value:.2f}" for value in (begin, received, spent, begin + received - spent)]
            rows.append(_row([account.name, *values], ("accountID", account.account_id)))
    head = _header("Bank Accounts", "Opening Balance", "Cash Received", "Cash Spent", "Closing Balance")
    titles = (books.seed.name, f"From {_long(since)} to {_long(until)}")
    return _report("BankSummary", "Bank Summary", titles, until, books.moment(), [head, _section("", rows)])


def aged_receivables(books: Books, contact: Contact, on: date) -> dict[str, Any]:
    """What one contact owes, invoice by invoice, as it stands now."""
    rows = []
    total = ZERO
    for invoice in books.invoices.values():
        if invoice.contact is contact and invoice.live and invoice.kind == "ACCREC" and invoice.due:
            total += invoice.due
            late = (on - invoice.due_on).days if invoice.due_on else 0
            values = [
                f"{invoice.issued_on}T00:00:00",
                invoice.number,
                f"{invoice.due_on}T00:00:00" if invoice.due_on else "",
                f"{late} days overdue" if late > 0 else "",
                *(f"{value:.2f}" for value in (invoice.amount, invoice.paid, invoice.credited, invoice.due)),
            ]
            rows.append(_row(values, ("invoiceID", invoice.invoice_id)))
    rows.append(_row(["Total", "", "", "", "", "", "", f"{total:.2f}"], kind="SummaryRow"))
    head = _header("Date", "Number", "Due Date", "", "Total", "Paid", "Credited", "Due")
    titles = (contact.name, f"Showing payments to {_long(on)}")
    name = "Aged Receivables By Contact"
    return _report("AgedReceivablesByContact", name, titles, on, books.moment(), [head, _section("", rows)])
