"""The General Ledger report of one account, read. Pure: no call, no clock.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger. A report names its
columns, and their order is QuickBooks' own; sections lie within sections where an account has sub-accounts. One report
holds 400,000 cells at most, and QuickBooks says of the rest, in the company's language and with no error, that the days
asked for are too many: that sentence is the only row in a section that is neither its first nor of an entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from adapters.quickbooks.bodies import first_reference
from adapters.quickbooks.translate import OUR_BEGINNING, Unreadable, civil, exact_money
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.ports.entries import AccountLine

Row = Mapping[str, Any]

NAME = "GeneralLedger"
DEEPEST = 10  # accounts nest five levels deep, with a section each and one around it
_COMMON = ("tx_date", "txn_type", "doc_num", "memo")
_KINDS = {
    "payment": EntryKind.PAYMENT,
    "expense": EntryKind.EXPENSE,
    "check": EntryKind.EXPENSE,
    "cash expense": EntryKind.EXPENSE,
    "transfer": EntryKind.TRANSFER,
    "refund": EntryKind.REVERSAL,
    "refund receipt": EntryKind.REVERSAL,
}


@dataclass(frozen=True, slots=True)
class Form:
    """Which columns a report must have: they go by the company's currencies and the account's."""

    currency: str  # of the account
    amount: str
    balance: str | None  # None: QuickBooks tells the balance of a foreign account at home only

    @classmethod
    def of(cls, currency: str, home: str, *, multicurrency: bool) -> Form:
        """The columns of a company with one currency are empty in a company with several."""
        if currency != home:
            return cls(currency, "nat_foreign_amount", None)
        if multicurrency:
            return cls(currency, "subt_nat_home_amount", "rbal_nat_home_amount")
        return cls(currency, "subt_nat_amount", "rbal_nat_amount")

    def question(self, account_id: str, since: date, until: date) -> dict[str, str]:
        """The query parameters."""
        columns = (*_COMMON, self.amount, *((self.balance,) if self.balance else ()))
        return {
            "account": account_id,
            "start_date": since.isoformat(),
            "end_date": until.isoformat(),
            "accounting_method": "Accrual",
            "columns": ",".join(columns),
        }


@dataclass(frozen=True, slots=True)
class AccountReport:
    """What a report says of one account. `closing` is None where the account is not in it, or has no such column."""

    lines: tuple[AccountLine, ...]
    closing: Money | None
    whole: bool  # False: QuickBooks cut it off


def read(report: Row, account_id: str, form: Form) -> AccountReport:
    """That account's section.

    Raises:
        Unreadable: a column is missing, or a row does not say its day or its amount.
    """
    places = _places(report)
    missing = [name for name in (*_COMMON, form.amount) if name not in places]
    if missing:
        raise Unreadable(f"the report has no column {missing[0]}")
    lines: list[AccountLine] = []
    closing: Money | None = None
    whole = True
    for number, cells in enumerate(_rows_of(report, account_id)):
        entry_id = _cell(cells, places["txn_type"]).get("id")
        if not entry_id and number > 0:
            whole = False
            break
        if entry_id:
            lines.append(_line(cells, places, form, str(entry_id)))
        if form.balance and form.balance in places:
            closing = exact_money(_value(cells, places[form.balance]), form.currency, "the balance")
    return AccountReport(tuple(lines), closing, whole)


def _places(report: Row) -> dict[str, int]:
    """Where each column stands, by its key; older reports give the key as the type."""
    columns = (report.get("Columns") or {}).get("Column") or []
    found: dict[str, int] = {}
    for place, column in enumerate(columns):
        keys = [one.get("Value") for one in column.get("MetaData") or [] if one.get("Name") == "ColKey"]
        found[str(keys[0] if keys else column.get("ColType"))] = place
    return found


def _rows_of(report: Row, account_id: str) -> Iterator[list[Row]]:
    """The rows of one account's own section, without those of its sub-accounts."""
    for section in _sections(report, DEEPEST):
        heading = (section.get("Header") or {}).get("ColData") or [{}]
        if str(heading[0].get("id")) != account_id:
            continue
        for row in _inner(section):
            if row.get("ColData") and not row.get("Rows"):
                yield row["ColData"]


def _sections(node: Row, depth: int) -> Iterator[Row]:
    for row in _inner(node):
        if row.get("Rows") and depth:
            yield row
            yield from _sections(row, depth - 1)


def _inner(node: Row) -> list[Row]:
    return (node.get("Rows") or {}).get("Row") or []


def _cell(cells: list[Row], place: int) -> Row:
    return cells[place] if place < len(cells) else {}


def _value(cells: list[Row], place: int) -> str:
    return str(_cell(cells, place).get("value") or "")


def _amount(cells: list[Row], places: Mapping[str, int], form: Form) -> str:
    """A row over nothing may leave the amount out; where the balance is missing too, it was the wrong column."""
    text = _value(cells, places[form.amount])
    if not text and form.balance and _value(cells, places[form.balance]):
        return "0"
    return text


def _line(cells: list[Row], places: Mapping[str, int], form: Form, entry_id: str) -> AccountLine:
    number, note = _value(cells, places["doc_num"]), _value(cells, places["memo"])
    name = _value(cells, places["txn_type"])
    reference = number or first_reference(note)
    kind = _KINDS.get(name.lower(), name)
    if name.lower() == "deposit" and reference.startswith(OUR_BEGINNING):
        kind = EntryKind.EXPENSE  # a fee given back; other deposits are none of ours
    return AccountLine(
        entry_id=entry_id,
        kind=kind,
        booked_on=civil(_value(cells, places["tx_date"]), "the day of a row"),
        amount=exact_money(_amount(cells, places, form), form.currency, "the amount of a row"),
        reference=reference,
        note=note,
    )
