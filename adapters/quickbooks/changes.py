"""Reading what changed, missing nothing: change data capture, and paged queries when its silent cap is near.

CDC (https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture)
answers at most 1000 rows, without saying that there were more, and cannot be paged. It alone shows deletions. When
an answer comes near the cap, its deletions are handed out and everything else is read by queries in the order of
the last change, always asking again from the last row's time: offset paging would skip a row that moves to the end
while we read. Deletions cut off by the cap are found by the daily sweep of open invoices.

Windows overlap, because a change may show later than its time says; versions already handed out are marked in the
cursor and come once. After a reading by queries there are too many to mark: CDC goes on from that moment without an
overlap, and once the overlap has passed one more reading by queries looks for what showed late.

A deleted payment's row names no invoice. QuickBooks is believed to mark the invoice as changed too; if it should
not, the sweep finds the invoice open again.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from adapters.quickbooks import translate
from adapters.quickbooks.directory import Directory
from adapters.quickbooks.faults import SERVICE, Errand
from adapters.quickbooks.translate import MobileField, Unreadable, instant, quoted, zulu
from adapters.quickbooks.wire import QuickBooksWire, Row
from connector.domain.receivable import Customer, Receivable
from connector.errors import CursorExpired, Rejected, RejectedBecause
from connector.ports.calls import Clock
from connector.ports.ledger import ChangePage, Quarantined

ENTITIES = ("Invoice", "Payment", "CreditMemo", "Customer")
OVERLAP = timedelta(minutes=5)  # Intuit cuts a request at 120 s: a change shows at most that long after its time
REACH = timedelta(days=29)  # CDC reaches back 30 days; a day's margin for clocks and zones
NEAR_CAP = 950  # of 1000: whether the cap counts each kind apart is not established, so no answer near it is trusted
PAGE = 1000  # most rows of a query
STEP_IN_SECOND = 900  # within one second only: steps back by 100, for rows that left meanwhile
SEEN_MOST = NEAR_CAP  # versions marked in a cursor, some 10 kB at most; a forgotten one would only come again
MARK_BYTES = 6  # two versions of one window share a mark once in 10^11 windows
TOUCHED_MOST = 10  # more than these are read in groups here, rather than one by one by the caller
GROUP = 200  # ids in one query
_READ = Errand("say what changed", "Nothing was missed: the same span is asked for again next time.")


@dataclass(frozen=True, slots=True)
class Burst:
    """Where a reading by queries stands: which kind, from which time, how far inside that second, and what then."""

    kind: int
    begin: datetime
    since: datetime
    start: int
    then: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far we have read. All times are QuickBooks' own. `deep`: from where to look again for what showed late."""

    since: datetime
    seen: tuple[str, ...] = ()
    burst: Burst | None = None
    deep: datetime | None = None

    def text(self) -> str:
        """The opaque form that is stored."""
        value: dict[str, Any] = {"v": 1, "since": zulu(self.since)}
        if self.seen:
            value["seen"] = list(self.seen)
        if self.burst:
            one = self.burst
            value["burst"] = [one.kind, zulu(one.begin), zulu(one.since), one.start, zulu(one.then)]
        if self.deep:
            value["deep"] = zulu(self.deep)
        return json.dumps(value, separators=(",", ":"))


def read_cursor(text: str) -> Cursor:
    """The stored form, read back; one that cannot be read is as good as expired."""
    try:
        value = json.loads(text)
        burst = value.get("burst")
        return Cursor(
            since=instant(value["since"]),
            seen=tuple(str(one) for one in value.get("seen", ())),
            burst=_burst(burst) if burst else None,
            deep=instant(value["deep"]) if "deep" in value else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _expired("the bookmark in the change list cannot be read") from error


def _burst(parts: Sequence[Any]) -> Burst:
    kind, begin, since, start, then = parts
    return Burst(int(kind), instant(begin), instant(since), int(start), instant(then))


def _expired(why: str) -> CursorExpired:
    return CursorExpired(
        f"QuickBooks' change list cannot be continued: {why}.",
        service=SERVICE,
        advice="Duebird reads all open invoices again; nothing need be done.",
    )


class ChangeReader:
    """Turns a cursor into a page. Holds nothing between calls."""

    def __init__(
        self,
        wire: QuickBooksWire,
        clock: Clock,
        home: Callable[[], str],
        directory: Directory,
        mobile_field: MobileField,
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._home = home
        self._directory = directory
        self._mobile_field = mobile_field

    def page(self, text: str) -> ChangePage:
        """One page; see `connector.ports.Ledger.changes`."""
        cursor = read_cursor(text)
        if cursor.burst is not None:
            return self._by_query(cursor, cursor.burst)
        if self._clock.now() - cursor.since > REACH:  # our clock decides only whether to ask at all
            raise _expired("it reaches back 30 days, and our last look was longer ago")
        return self._by_cdc(cursor)

    # ------------------------------------------------------------------------------------------------------ CDC

    def _by_cdc(self, cursor: Cursor) -> ChangePage:
        try:
            answer = self._wire.changed(ENTITIES, zulu(cursor.since), _READ)
        except Rejected as refused:
            if refused.because is not RejectedBecause.INVALID:
                raise
            raise _expired("QuickBooks refused to look back that far") from refused
        there = _time_of(answer, cursor.since)
        if there - cursor.since > REACH:
            raise _expired("it reaches back 30 days, and our last look was longer ago")
        rows = _rows_of(answer)
        if sum(len(found) for found in rows.values()) >= NEAR_CAP:
            gone = {kind: [row for row in found if translate.is_deleted(row)] for kind, found in rows.items()}
            burst = Burst(0, cursor.since, cursor.since, 1, there)
            return self._build(gone, replace(cursor, burst=burst, deep=cursor.deep or there - OVERLAP), more=True)
        following = max(cursor.since, there - OVERLAP)
        after = Cursor(following, _marks(rows, following), deep=cursor.deep)
        if cursor.deep is not None and there - cursor.deep >= 2 * OVERLAP:
            after = replace(after, burst=Burst(0, cursor.deep, cursor.deep, 1, following), deep=None)
        seen = set(cursor.seen)
        fresh = {kind: [row for row in found if _mark(kind, row) not in seen] for kind, found in rows.items()}
        return self._build(fresh, after, more=after.burst is not None)

    # -------------------------------------------------------------------------------------------------- queries

    def _by_query(self, cursor: Cursor, burst: Burst) -> ChangePage:
        kind = ENTITIES[burst.kind]
        active = " AND Active IN (true, false)" if kind == "Customer" else ""
        text = (
            f"SELECT * FROM {kind} WHERE MetaData.LastUpdatedTime >= {quoted(zulu(burst.since))}{active} "  # noqa: S608  # QuickBooks' query language; the value is quoted
            f"ORDERBY MetaData.LastUpdatedTime ASC STARTPOSITION {burst.start} MAXRESULTS {PAGE}"
        )
        rows = self._wire.rows(kind, text, _READ)
        following = _after(cursor, burst, rows)
        return self._build({kind: rows}, following, more=following.burst is not None)

    # ----------------------------------------------------------------------------------------------------- pages

    def _build(self, rows: dict[str, list[Row]], cursor: Cursor, *, more: bool) -> ChangePage:
        bad: list[Quarantined] = []
        receivables: dict[str, Receivable] = {}
        for row in rows.get("Invoice", ()):
            if not translate.is_deleted(row):
                self._invoice(row, receivables, bad)
        deleted = [str(row["Id"]) for row in rows.get("Invoice", ()) if translate.is_deleted(row) and row.get("Id")]
        touched = [
            invoice
            for kind in ("Payment", "CreditMemo")
            for row in rows.get(kind, ())
            for invoice in _linked(kind, row, bad)
            if invoice not in receivables
        ]
        touched = list(dict.fromkeys(touched))
        if len(touched) > TOUCHED_MOST:
            self._read_touched(touched, receivables, bad)
            touched = [one for one in touched if one not in receivables]
        return ChangePage(
            receivables=tuple(receivables.values()),
            customers=tuple(self._customers(rows.get("Customer", ()), bad)),
            deleted=tuple(deleted),
            touched=tuple(touched),
            quarantined=tuple(bad),
            cursor=cursor.text(),
            more=more,
        )

    def _invoice(self, row: Row, into: dict[str, Receivable], bad: list[Quarantined]) -> None:
        try:
            one = translate.receivable(row, self._home())
        except Unreadable as problem:
            bad.append(_quarantined("Invoice", row, problem))
        else:
            into[one.ledger_id] = one

    def _read_touched(self, ids: Sequence[str], into: dict[str, Receivable], bad: list[Quarantined]) -> None:
        for start in range(0, len(ids), GROUP):
            group = ", ".join(quoted(one) for one in ids[start : start + GROUP])
            text = f"SELECT * FROM Invoice WHERE Id IN ({group}) MAXRESULTS {GROUP}"  # noqa: S608  # QuickBooks' query language; every id is quoted
            for row in self._wire.rows("Invoice", text, _READ):
                self._invoice(row, into, bad)

    def _customers(self, rows: Sequence[Row], bad: list[Quarantined]) -> list[Customer]:
        found: list[Customer] = []
        for row in rows:
            if translate.is_deleted(row):
                continue
            try:
                found.append(translate.customer(row, self._mobile_field))
            except Unreadable as problem:
                bad.append(_quarantined("Customer", row, problem))
        return self._directory.with_inherited_mobiles(found)


def _linked(kind: str, row: Row, bad: list[Quarantined]) -> list[str]:
    if translate.is_deleted(row):
        return []
    found = translate.invoices_linked(row)
    if any(not one.isdigit() for one in found):
        bad.append(_quarantined(kind, row, Unreadable("LinkedTxn names no invoice")))
        return [one for one in found if one.isdigit()]
    return found


def _quarantined(kind: str, row: Row, problem: Exception) -> Quarantined:
    return Quarantined(str(row.get("Id") or "?"), f"{kind} id {row.get('Id') or '?'} could not be read: {problem}")


def _rows_of(answer: Row) -> dict[str, list[Row]]:
    """Rows by kind. Empty objects stand for kinds without change."""
    found: dict[str, list[Row]] = {}
    responses = answer.get("CDCResponse")
    for response in responses if isinstance(responses, list) else []:
        for part in response.get("QueryResponse", []) if isinstance(response, dict) else []:
            for kind in ENTITIES:
                rows = part.get(kind) if isinstance(part, dict) else None
                if isinstance(rows, list):
                    found.setdefault(kind, []).extend(row for row in rows if isinstance(row, dict))
    return found


def _time_of(answer: Row, since: datetime) -> datetime:
    """The answer's own time; where it has none, the newest row's, so that our clock never decides."""
    try:
        return instant(answer.get("time"))
    except Unreadable:
        rows = [row for found in _rows_of(answer).values() for row in found]
        return max((moment for row in rows if (moment := _moment(row)) is not None), default=since)


def _moment(row: Row) -> datetime | None:
    try:
        return translate.updated_at(row)
    except Unreadable:
        return None


def _mark(kind: str, row: Row) -> str:
    """A version of a record: handed out once, though windows overlap."""
    moment = _moment(row)
    token = "gone" if translate.is_deleted(row) else row.get("SyncToken")
    said = f"{kind} {row.get('Id')} {token} {moment}"
    return urlsafe_b64encode(blake2s(said.encode(), digest_size=MARK_BYTES).digest()).decode()


def _marks(rows: dict[str, list[Row]], following: datetime) -> tuple[str, ...]:
    """Versions that the next window will show again, the newest where there are too many."""
    again = [
        (moment, _mark(kind, row))
        for kind, found in rows.items()
        for row in found
        if (moment := _moment(row)) is not None and moment >= following
    ]
    return tuple(mark for _, mark in sorted(again)[-SEEN_MOST:])


def _after(cursor: Cursor, burst: Burst, rows: Sequence[Row]) -> Cursor:
    """Where to go on after a page of queries: further in this kind, the next kind, or back to CDC."""
    if len(rows) >= PAGE:
        moments = [moment for row in rows if (moment := _moment(row)) is not None]
        last = max(moments, default=burst.since)
        if last > burst.since:
            return replace(cursor, burst=replace(burst, since=last, start=1))
        return replace(cursor, burst=replace(burst, start=burst.start + STEP_IN_SECOND))
    if burst.kind + 1 < len(ENTITIES):
        return replace(cursor, burst=replace(burst, kind=burst.kind + 1, since=burst.begin, start=1))
    return replace(cursor, since=burst.then, burst=None)
