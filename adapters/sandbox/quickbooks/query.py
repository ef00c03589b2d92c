"""QuickBooks' query language, the part it has: one entity, AND, six operators, one page.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.sandbox.quickbooks.shapes import Refused, Row, read_time

MOST_ROWS = 1000
DEFAULT_ROWS = 100

_TOKEN = re.compile(r"\s*(?:('(?:[^'\\]|\\.)*')|([A-Za-z_][\w.]*)|(<=|>=|=|<|>)|([(),*])|(-?\d+(?:\.\d+)?))")
_TIMES = {"metadata.createtime": "time", "metadata.lastupdatedtime": "time"}
_NAMES = {"id": "id", **_TIMES, "displayname": "text", "givenname": "text", "familyname": "text", "active": "flag"}

# What may be filtered and sorted by; anything else is 4001. Kinds decide how values are compared.
FIELDS: dict[str, dict[str, str]] = {
    "Invoice": {
        "id": "id",
        "docnumber": "text",
        "txndate": "date",
        "duedate": "date",
        "balance": "amount",
        "totalamt": "amount",
        "customerref": "ref",
        **_TIMES,
    },
    "Payment": {
        "id": "id",
        "txndate": "date",
        "totalamt": "amount",
        "paymentrefnum": "text",
        "customerref": "ref",
        **_TIMES,
    },
    "CreditMemo": {
        "id": "id",
        "docnumber": "text",
        "txndate": "date",
        "balance": "amount",
        "customerref": "ref",
        **_TIMES,
    },
    # A transfer has no number at all. Notes and accounts of these, and the amount of a transfer, cannot be asked for:
    # https://cdn.cdata.com/help/RNM/odbc/pg_table-transfers.htm (and -purchases, -refundreceipts, -deposits).
    "Purchase": {
        "id": "id",
        "docnumber": "text",
        "txndate": "date",
        "totalamt": "amount",
        "paymenttype": "text",
        **_TIMES,
    },
    "Transfer": {"id": "id", "txndate": "date", **_TIMES},
    "RefundReceipt": {"id": "id", "docnumber": "text", "txndate": "date", "customerref": "ref", **_TIMES},
    "Deposit": {"id": "id", "docnumber": "text", "txndate": "date", **_TIMES},
    "JournalEntry": {"id": "id", "docnumber": "text", "txndate": "date", **_TIMES},
    "Customer": {**_NAMES, "companyname": "text", "fullyqualifiedname": "text", "balance": "amount"},
    "Account": {
        "id": "id",
        "name": "text",
        "acctnum": "text",
        "accounttype": "text",
        "accountsubtype": "text",
        "active": "flag",
        **_TIMES,
    },
    "PaymentMethod": {"id": "id", "name": "text", "active": "flag", **_TIMES},
    "TaxCode": {"id": "id", "name": "text", "active": "flag", **_TIMES},
    "Vendor": {**_NAMES, "companyname": "text"},
    "Item": {"id": "id", "name": "text", "type": "text", "active": "flag", **_TIMES},
    "CompanyInfo": {"id": "id", **_TIMES},
    "Preferences": {"id": "id", **_TIMES},
}
NAME_LISTS = frozenset(("Customer", "Account", "PaymentMethod", "Item", "Vendor"))
_SPELLING = {name.lower(): name for name in FIELDS}
_PATHS = {  # lower case -> the path inside the row
    "customerref": ("CustomerRef", "value"),
    **{
        name.lower(): (name,)
        for name in (
            *("Id", "DocNumber", "TxnDate", "DueDate", "Balance", "TotalAmt", "PaymentRefNum", "DisplayName"),
            *("GivenName", "FamilyName", "Active", "CompanyName", "FullyQualifiedName", "Name", "AcctNum"),
            *("AccountType", "AccountSubType", "PaymentType", "Type"),
        )
    },
}


@dataclass(frozen=True)
class Condition:
    """One comparison; `values` are already of the field's kind."""

    name: str
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Query:
    """A query that was understood."""

    entity: str
    count: bool = False
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()  # field, descending
    start: int = 1
    limit: int = DEFAULT_ROWS


@dataclass(frozen=True)
class Shown:
    """One row as a query sees it, with its two times, in whole seconds, ready to compare."""

    row: Row
    created: datetime
    updated: datetime


@dataclass
class _Reader:
    """Walks the words of one query."""

    words: list[str]
    at: int = 0
    consumed: list[str] = field(default_factory=list)

    def peek(self) -> str:
        return self.words[self.at].lower() if self.at < len(self.words) else ""

    def take(self) -> str:
        if self.at >= len(self.words):
            raise syntax("unexpected end of query")
        word = self.words[self.at]
        self.at += 1
        return word

    def expect(self, *choices: str) -> str:
        word = self.take()
        if word.lower() not in choices:
            raise syntax(f'Encountered " {word} "; was expecting one of: {", ".join(choices)}')
        return word.lower()


def syntax(detail: str) -> Refused:
    return Refused("4000", "Error parsing query", f"QueryParserError: {detail}")


def invalid(detail: str) -> Refused:
    return Refused("4001", "Invalid query", f"QueryValidationError: {detail}")


def parse(text: str, offset: timedelta) -> Query:
    """Understand a query, or refuse it as QuickBooks does (4000 syntax, 4001 fields and values)."""
    reader = _Reader(_words(text))
    reader.expect("select")
    count = _what(reader)
    reader.expect("from")
    entity = _SPELLING.get(reader.take().lower())
    if entity is None:
        raise invalid("Entity not supported")
    conditions = _conditions(reader, entity, offset)
    order = _order(reader, entity)
    start, limit = 1, DEFAULT_ROWS
    if reader.peek() == "startposition":
        reader.take()
        start = _positive(reader.take())
    if reader.peek() == "maxresults":
        reader.take()
        limit = _positive(reader.take())
        if limit > MOST_ROWS:
            raise invalid(f"value {limit} is too large. Max allowed value is {MOST_ROWS}.")
    if reader.peek():
        raise syntax(f'Encountered " {reader.take()} " after the end')
    return Query(entity, count, conditions, order, start, limit)


def _words(text: str) -> list[str]:
    words: list[str] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise syntax(f"Lexical error at column {at + 1}")
        words.append(next(group for group in found.groups() if group is not None))
        at = found.end()
    return words


def _what(reader: _Reader) -> bool:
    if reader.peek() == "*":
        reader.take()
        return False
    reader.expect("count")
    for sign in ("(", "*", ")"):
        reader.expect(sign)
    return True


def _positive(word: str) -> int:
    if not word.isdigit() or int(word) < 1:
        raise syntax(f'Encountered " {word} "; was expecting a positive number')
    return int(word)


def _conditions(reader: _Reader, entity: str, offset: timedelta) -> tuple[Condition, ...]:
    found: list[Condition] = []
    if reader.peek() != "where":
        return ()
    reader.take()
    while True:
        found.append(_condition(reader, entity, offset))
        if reader.peek() != "and":
            return tuple(found)
        reader.take()


def _condition(reader: _Reader, entity: str, offset: timedelta) -> Condition:
    name = reader.take().lower()
    kind = _kind(entity, name)
    operator = reader.expect("=", "<", ">", "<=", ">=", "in", "like")
    if kind == "id" and operator not in {"=", "in"}:
        raise invalid("Property Id takes only = and IN")
    if operator != "in":
        return Condition(name, operator, (_value(reader.take(), kind if operator != "like" else "text", offset),))
    reader.expect("(")
    values = [_value(reader.take(), kind, offset)]
    while reader.expect(",", ")") == ",":
        values.append(_value(reader.take(), kind, offset))
    return Condition(name, operator, tuple(values))


def _kind(entity: str, name: str) -> str:
    try:
        return FIELDS[entity][name]
    except KeyError as error:
        raise invalid(f"Property {name} not found for Entity {entity}") from error


def _value(word: str, kind: str, offset: timedelta) -> Any:
    if kind == "flag":
        if word.lower() not in {"true", "false"}:
            raise invalid(f"{word} is neither true nor false")
        return word.lower() == "true"
    if not word.startswith("'"):
        raise syntax(f'Encountered " {word} "; values stand in single quotes')
    text = re.sub(r"\\(.)", r"\1", word[1:-1])
    try:
        if kind == "amount":
            return Decimal(text)
        if kind == "date":
            return date.fromisoformat(text)
    except (InvalidOperation, ValueError) as error:
        raise invalid(f"Invalid value {text}") from error
    return read_time(text, offset) if kind == "time" else text.lower()


def _order(reader: _Reader, entity: str) -> tuple[tuple[str, bool], ...]:
    if reader.peek() == "order":
        reader.take()
        reader.expect("by")
    elif reader.peek() == "orderby":
        reader.take()
    else:
        return ()
    found: list[tuple[str, bool]] = []
    while True:
        name = reader.take().lower()
        _kind(entity, name)
        descending = False
        if reader.peek() in {"asc", "desc"}:
            descending = reader.take().lower() == "desc"
        found.append((name, descending))
        if reader.peek() != ",":
            return tuple(found)
        reader.take()


def select(query: Query, rows: Iterable[Shown]) -> list[Shown]:
    """Every row that matches, in the order asked for; paging is the caller's."""
    tests = [_test(condition, FIELDS[query.entity][condition.name]) for condition in query.conditions]
    if query.entity in NAME_LISTS and not any(c.name == "active" for c in query.conditions):
        tests.append(lambda shown: bool(shown.row.get("Active", True)))
    found = [shown for shown in rows if all(test(shown) for test in tests)]
    for name, descending in reversed(query.order):
        kind = FIELDS[query.entity][name]
        found.sort(key=_sort_key(_getter(name, kind), kind), reverse=descending)
    return found


def _sort_key(read: Callable[[Shown], Any], kind: str) -> Callable[[Shown], Any]:
    if kind == "time":
        return read  # every row has its times
    return lambda shown: ((value := read(shown)) is not None, value if value is not None else 0)


def _test(condition: Condition, kind: str) -> Callable[[Shown], bool]:
    read = _getter(condition.name, kind if condition.operator != "like" else "text")
    wanted = condition.values
    if condition.operator == "in":
        return lambda shown: read(shown) in wanted
    if condition.operator == "like":
        pattern = re.compile(".*".join(re.escape(part) for part in wanted[0].split("%")))
        return lambda shown: pattern.fullmatch(read(shown) or "") is not None
    one = wanted[0]
    compare: dict[str, Callable[[Any], bool]] = {
        "=": lambda value: bool(value == one),
        "<": lambda value: bool(value < one),
        ">": lambda value: bool(value > one),
        "<=": lambda value: bool(value <= one),
        ">=": lambda value: bool(value >= one),
    }
    holds = compare[condition.operator]
    return lambda shown: (value := read(shown)) is not None and holds(value)


def _getter(name: str, kind: str) -> Callable[[Shown], Any]:
    if name == "metadata.createtime":
        return lambda shown: shown.created
    if name == "metadata.lastupdatedtime":
        return lambda shown: shown.updated
    path = _PATHS[name]
    if kind == "amount":
        return lambda shown: shown.row.get(path[0])

    def read(shown: Shown) -> Any:
        value: Any = shown.row
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return None
        if kind == "date":
            return date.fromisoformat(value)
        return value.lower() if isinstance(value, str) else value

    return read
