"""The General Ledger report: of each account every line between two days, with the balance before and after.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger. What the page does not
say is as people have met it: the order of columns is QuickBooks' own; the columns of amounts go by whether the company
has several currencies; what does not fit is cut off with a sentence and no error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.sandbox.quickbooks.books import Books
from adapters.sandbox.quickbooks.journal import Posting, Transaction, journal
from adapters.sandbox.quickbooks.shapes import Refused, Row

CUT_OFF = "Unable to display more data. Please reduce the date range."
DEBIT_TYPES = frozenset(
    ("Bank", "Accounts Receivable", "Other Current Asset", "Expense", "Other Expense", "Fixed Asset", "Other Asset")
)
COLUMNS: dict[str, tuple[str, str]] = {  # in QuickBooks' order, with title and type
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "name": ("Name", "String"),
    "memo": ("Memo/Description", "String"),
    "split_acc": ("Split", "String"),
    "currency": ("Currency", "String"),
    "exch_rate": ("Exchange Rate", "String"),
    "nat_foreign_amount": ("Foreign Amount", "Money"),
    "subt_nat_amount": ("Amount", "Money"),
    "subt_nat_home_amount": ("Amount", "Money"),
    "rbal_nat_amount": ("Balance", "Money"),
    "rbal_nat_home_amount": ("Balance", "Money"),
}
_PLAIN = ("tx_date", "txn_type", "doc_num", "name", "memo", "split_acc")
_ONE_CURRENCY = ("subt_nat_amount", "rbal_nat_amount")  # empty in a company with several
_SEVERAL = ("subt_nat_home_amount", "rbal_nat_home_amount")


@dataclass(frozen=True)
class Asked:
    """What a report is to show."""

    since: date
    until: date
    accounts: frozenset[str]
    columns: tuple[str, ...]


def read_question(books: Books, params: Any) -> Asked:
    """The query parameters, or the refusal."""
    try:
        since = date.fromisoformat(params["start_date"])
        until = date.fromisoformat(params["end_date"])
    except (KeyError, ValueError) as error:
        raise Refused("4001", "Invalid query", "start_date and end_date are needed, as YYYY-MM-DD") from error
    if since > until:
        raise Refused("4001", "Invalid query", "start_date must not be after end_date")
    default = (*_PLAIN, *(_SEVERAL if books.settings.multicurrency else _ONE_CURRENCY))
    wanted = [name.strip() for name in params.get("columns", ",".join(default)).split(",")]
    unknown = [name for name in wanted if name not in COLUMNS]
    if unknown:
        raise Refused("4001", "Invalid query", f"Invalid column {unknown[0]}")
    accounts = frozenset(one for one in params.get("account", "").split(",") if one)
    return Asked(since, until, accounts, tuple(name for name in COLUMNS if name in wanted))


def general_ledger(books: Books, asked: Asked) -> Row:
    """The report, from the rows as lists show them."""
    shown = journal(books, lambda kind: (version.row for version in books.shown(kind)))
    rows = [version.row for version in books.all("Account")]
    sections = [
        section
        for row in sorted(rows, key=lambda one: str(one["Name"]))
        if (not asked.accounts or row["Id"] in asked.accounts) and (section := _section(books, row, shown, asked))
    ]
    return {
        "Header": {
            "Time": books.now_text(),
            "ReportName": "GeneralLedger",
            "ReportBasis": "Accrual",
            "StartPeriod": asked.since.isoformat(),
            "EndPeriod": asked.until.isoformat(),
            "Currency": books.settings.home_currency,
            "Option": [{"Name": "NoReportData", "Value": "false" if sections else "true"}],
        },
        "Columns": {"Column": [_column(name) for name in asked.columns]},
        "Rows": {"Row": sections} if sections else {},
    }


def _column(name: str) -> Row:
    title, kind = COLUMNS[name]
    return {"ColTitle": title, "ColType": kind, "MetaData": [{"Name": "ColKey", "Value": name}]}


def _section(books: Books, account: Row, shown: list[Transaction], asked: Asked) -> Row | None:
    """One account; none where it has no line in the time and nothing from before."""
    sign = 1 if account["AccountType"] in DEBIT_TYPES else -1
    before = sum((sign * posting.home for one, posting in _on(account, shown) if one.day < asked.since), Decimal(0))
    lines = [(one, posting) for one, posting in _on(account, shown) if asked.since <= one.day <= asked.until]
    if not lines and (books.settings.report_hides_still_accounts or not before):
        return None
    rows = []
    if before:
        rows.append(_row(asked, {"tx_date": "Beginning Balance", **_balance(books, before)}))
    running = before
    for one, posting in lines[: books.settings.report_rows_most]:
        running += sign * posting.home
        rows.append(_row(asked, _cells(books, one, posting, sign) | _balance(books, running), one))
    if len(lines) > books.settings.report_rows_most:
        rows.append({"ColData": [{"value": CUT_OFF}], "type": "Data"})
    moved = "subt_nat_home_amount" if books.settings.multicurrency else "subt_nat_amount"
    total = {"tx_date": f"Total for {account['Name']}", moved: _text(running - before)}
    return {
        "Header": {"ColData": [{"value": account["Name"], "id": account["Id"]}, *_blank(len(asked.columns) - 1)]},
        "Rows": {"Row": rows},
        "Summary": {"ColData": [{"value": total.get(name, "")} for name in asked.columns]},
        "type": "Section",
    }


def _on(account: Row, shown: list[Transaction]) -> Iterator[tuple[Transaction, Posting]]:
    for one in shown:
        for posting in one.postings:
            if posting.account == account["Id"]:
                yield one, posting


def _cells(books: Books, one: Transaction, posting: Posting, sign: int) -> dict[str, str]:
    others = {other.account for other in one.postings if other.account != posting.account}
    split = "-Split-" if len(others) != 1 else str(books.row("Account", next(iter(others)))["Name"])
    cells = {
        "tx_date": one.day.isoformat(),
        "txn_type": one.title,
        "doc_num": one.number,
        "name": one.name,
        "memo": one.memo,
        "split_acc": split,
    }
    if not books.settings.multicurrency:
        return cells | {"subt_nat_amount": _text(sign * posting.home)}
    return cells | {
        "subt_nat_home_amount": _text(sign * posting.home),
        "currency": one.currency,
        "exch_rate": str(one.rate),
        "nat_foreign_amount": _text(sign * posting.own),
    }


def _balance(books: Books, amount: Decimal) -> dict[str, str]:
    return {"rbal_nat_home_amount" if books.settings.multicurrency else "rbal_nat_amount": _text(amount)}


def _row(asked: Asked, cells: dict[str, str], one: Transaction | None = None) -> Row:
    found: list[Row] = [{"value": cells.get(name, "")} for name in asked.columns]
    if one is not None and "txn_type" in asked.columns:
        found[asked.columns.index("txn_type")]["id"] = one.entity_id
    return {"ColData": found, "type": "Data"}


def _blank(count: int) -> list[Row]:
    return [{"value": ""} for _ in range(count)]


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"
