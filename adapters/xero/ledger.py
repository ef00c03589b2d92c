"""The `Ledger` port over one Xero organisation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar

from adapters.transport import patiently, server_time
from adapters.xero import translate
from adapters.xero.cursor import Cursor, Kind
from adapters.xero.inspection import inspect_books
from adapters.xero.place import BEGINNING, PAGE_SIZE, ListPlace
from adapters.xero.settings import XeroSettings
from adapters.xero.translate import Unreadable
from adapters.xero.wire import SERVICE, Answer, Call, XeroWire, check_elements
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.errors import Bug, Rejected, RejectedBecause, Transient, Uncertain
from connector.ports.calls import AccessTokens, Wire
from connector.ports.findings import Finding
from connector.ports.ledger import (
    Booking,
    BookingRequest,
    ChangePage,
    LedgerAccount,
    LedgerProfile,
    OpenPage,
    Quarantined,
)

T = TypeVar("T")

IDS_A_CALL = 40  # ids stand in the address, which may not grow beyond some 2,000 characters
KEY_MAX = 128  # Xero OpenAPI, parameters.idempotencyKey
SALES_ONLY = f'Type=="{translate.SALES}"'
RECEIPTS_ONLY = f'PaymentType=="{translate.RECEIPT}"'
ID_OF = {Kind.INVOICES: "InvoiceID", Kind.CONTACTS: "ContactID", Kind.PAYMENTS: "PaymentID"}
BY_TIME = "UpdatedDateUTC ASC"
TRUE = "true"  # the SDK would write a boolean as "True"


class XeroLedger:
    """One Xero organisation as a ledger.

    Calls made: `changes` 1 (every fourth poll has two more pages); `open_receivables` 1 a page of about 950;
    `receivable`, `bookings_on`, `bookings_with_reference`, `book`, `profile`, `closed_through`, `payment_accounts`,
    `start_cursor` 1 each; `customers` 1 for 40 ids; `inspect` 5. Polling every five minutes is 432 of the 1,000 calls
    a day of the Starter tier.

    Every method raises only `connector.errors`; reads are repeated up to three times where Xero was not available.
    """

    def __init__(self, settings: XeroSettings, tenant_id: str, tokens: AccessTokens, wire: Wire) -> None:
        self._tenant_id = tenant_id
        self._wire = wire
        self._tokens = tokens
        self._xero = XeroWire(settings.base_url, tokens, wire)

    # ---------------------------------------------------------------------------------------- the books themselves

    def profile(self) -> LedgerProfile:
        """Name, currency, zone and lock dates of the organisation."""
        answer = self._read(lambda api: api.get_organisations(self._tenant_id, _preload_content=False))
        rows = rows_of(answer, "Organisations")
        if not rows:
            raise Transient("Xero did not say which organisation this is.", service=SERVICE)
        return readable(lambda row: translate.profile(row, self._tenant_id), rows[0], "the organisation")

    def closed_through(self) -> date | None:
        """The later of the organisation's two lock dates, read anew."""
        return self.profile().closed_through

    def payment_accounts(self) -> Sequence[LedgerAccount]:
        """Bank accounts, and accounts with payments enabled; archived ones say that they are not active."""
        answer = self._read(lambda api: api.get_accounts(self._tenant_id, _preload_content=False))
        accounts = [readable(translate.account, row, "an account") for row in rows_of(answer, "Accounts")]
        return [account for account in accounts if account.takes_payments]

    def inspect(self, account_id: str | None) -> Sequence[Finding]:
        """Connection, permissions, payment account, lock dates: five reads."""
        return inspect_books(self, account_id, self._may_list, self._tokens)

    def _may_list(self, kind: str) -> None:
        """Read one row, to see whether the connection may; raises what the read raises."""

        def ask(api: Any) -> Any:
            lists = {"Invoices": api.get_invoices, "Contacts": api.get_contacts, "Payments": api.get_payments}
            return lists[kind](self._tenant_id, page=1, page_size=1, _preload_content=False)

        self._read(ask)

    # ------------------------------------------------------------------------------------------------- reading

    def start_cursor(self) -> str:
        """The present moment by Xero's own clock, as the answer's body or Date header tells it."""
        answer = self._read(lambda api: api.get_organisations(self._tenant_id, _preload_content=False))
        now = _time_at_xero(answer)
        if now is None:
            raise Transient("Xero's answer does not say what time it is, so reading cannot begin.", service=SERVICE)
        return str(Cursor.starting_at(now))

    def changes(self, cursor: str) -> ChangePage:
        """One list call. A poll is one page of invoices; every fourth poll also has one of contacts and of payments.

        A payment moves its invoice's UpdatedDateUTC, so that invoices alone tell nearly all. That *deleting* one does
        so is not documented: payments are polled too, and those found deleted make their invoice `touched`. One poll
        in four is enough for a thing that rare and for a new phone number, and a poll costs 1.5 calls in the mean.
        What no list tells (a new due date of a part-paid invoice) is for the daily sweep.
        """
        place = Cursor.read(cursor).begun()
        kind = place.pending[0]
        number, size = place.window.window()
        answer = self._read(lambda api: self._list_changed(api, kind, place.asked_from[kind], number, size))
        rows = rows_of(answer, kind.capitalize())
        ids = [translate.text_of(row, ID_OF[kind]) for row in rows]
        if not place.window.joins(ids):
            return _change_page(kind, [], place, place.after_gap())
        if is_full(answer, rows, number, size):
            return _change_page(kind, rows, place, place.after_full(_newest(rows), ids))
        return _change_page(kind, rows, place, place.after_last(_newest(rows), _time_at_xero(answer)))

    def _list_changed(self, api: Any, kind: Kind, since: datetime, page: int, page_size: int) -> Any:
        asked = {
            "if_modified_since": translate.if_modified_since(since),
            "page": page,
            "page_size": page_size,
            "_preload_content": False,
        }
        if kind is Kind.CONTACTS:
            return api.get_contacts(self._tenant_id, include_archived=TRUE, order=BY_TIME, **asked)
        if kind is Kind.PAYMENTS:
            return api.get_payments(self._tenant_id, where=RECEIPTS_ONLY, order=BY_TIME, **asked)
        # no `order`: the documented default for invoices is this time and then the id, which settles equal times
        return api.get_invoices(self._tenant_id, where=SALES_ONLY, **asked)

    def open_receivables(self, page: str | None) -> OpenPage:
        """A window of all authorised sales invoices, ordered by id: see `ListPlace` for why windows overlap.

        InvoiceID is never changed, and one of the few orders Xero keeps quick in large organisations.
        """
        place = BEGINNING if page is None else ListPlace.of(json.loads(page))
        number, size = place.window()
        answer = self._read(
            lambda api: api.get_invoices(
                self._tenant_id,
                where=SALES_ONLY,
                order="InvoiceID ASC",
                statuses=["AUTHORISED"],
                page=number,
                page_size=size,
                _preload_content=False,
            )
        )
        rows = rows_of(answer, "Invoices")
        ids = [translate.text_of(row, "InvoiceID") for row in rows]
        if not place.joins(ids):
            return OpenPage((), (), _token(_begun_anew(place)))
        receivables, quarantined = _read_each(rows)
        last = not is_full(answer, rows, number, size)
        return OpenPage(
            tuple(r for r in receivables if r.is_owed), quarantined, None if last else _token(place.after(ids))
        )

    def receivable(self, ledger_id: str) -> Receivable | None:
        """The sales invoice as it stands; None where Xero has none of that id."""
        try:
            answer = self._read(lambda api: api.get_invoice(self._tenant_id, ledger_id, _preload_content=False))
        except Rejected as error:
            if error.because is RejectedBecause.NOT_FOUND:
                return None
            raise
        rows = [row for row in rows_of(answer, "Invoices") if translate.is_sale(row)]
        return readable(translate.receivable, rows[0], f"invoice {ledger_id}") if rows else None

    def customers(self, customer_ids: Sequence[str]) -> Sequence[Customer]:
        """Those contacts with their phones, archived ones too (they say so).

        40 ids a call, always with a page: without one the rows are thin.
        """
        groups = [customer_ids[start : start + IDS_A_CALL] for start in range(0, len(customer_ids), IDS_A_CALL)]
        return [readable(translate.customer, row, "a contact") for group in groups for row in self._contacts(group)]

    def _contacts(self, customer_ids: Sequence[str]) -> list[dict[str, Any]]:
        answer = self._read(
            lambda api: api.get_contacts(
                self._tenant_id,
                i_ds=list(customer_ids),
                page=1,
                page_size=IDS_A_CALL,
                include_archived=TRUE,
                _preload_content=False,
            )
        )
        return rows_of(answer, "Contacts")

    # ------------------------------------------------------------------------------------------------- payments

    def bookings_on(self, ledger_id: str) -> Sequence[Booking]:
        """Payments of that invoice, deleted ones too. Credit notes and overpayments are no payments."""
        return self._bookings(f'Invoice.InvoiceID==guid("{plain(ledger_id)}")')

    def bookings_with_reference(self, reference: str) -> Sequence[Booking]:
        """Receipts whose Reference is ours: it stands first, before the processor's id.

        The null test comes first because Xero evaluates the text test on rows without a reference too.
        """
        found = self._bookings(
            f'{RECEIPTS_ONLY} AND Reference!=null AND Reference.StartsWith("{plain(reference)}")',
        )
        return [booking for booking in found if booking.reference == reference]

    def _bookings(self, where: str) -> list[Booking]:
        answer = self._read(
            lambda api: api.get_payments(
                self._tenant_id, where=where, page=1, page_size=PAGE_SIZE, _preload_content=False
            )
        )
        rows = rows_of(answer, "Payments")
        return [readable(translate.booking, row, f"payment {translate.text_of(row, 'PaymentID')}") for row in rows]

    def book(self, request: BookingRequest) -> Booking:
        """One `PUT /Payments` with one payment, once.

        Xero remembers the key for six minutes, errors too; after that the same key would create again, so whoever
        repeats looks first. https://developer.xero.com/documentation/guides/idempotent-requests/idempotency
        """
        if len(request.idempotency_key) > KEY_MAX:
            raise Bug(f"An idempotency key of Xero may have {KEY_MAX} characters.", service=SERVICE)
        body = translate.payment_body(request)
        answer = self._xero.write(
            lambda api: api.create_payments(
                self._tenant_id, body, idempotency_key=request.idempotency_key, _preload_content=False
            )
        )
        row = check_elements(answer, "Payments")
        try:
            return translate.booking(row, request.amount.currency)
        except Unreadable as problem:
            raise Uncertain(
                f"Xero's answer to a payment cannot be read: {problem}.",
                service=SERVICE,
                advice="Look at the invoice's payments in Xero before booking it again; Duebird does so by itself.",
            ) from problem

    def _read(self, call: Call) -> Answer:
        return patiently(lambda: self._xero.read(call), self._wire.clock.sleep, self._wire.patience)


def _token(place: ListPlace) -> str:
    return json.dumps(place.as_json())


def _begun_anew(place: ListPlace) -> ListPlace:
    anew = place.again()
    if anew is None:
        raise Transient(
            "Xero's list of open invoices changes faster than it can be read; the next sweep tries again.",
            service=SERVICE,
        )
    return anew


def _change_page(kind: Kind, rows: list[dict[str, Any]], before: Cursor, after: Cursor) -> ChangePage:
    """What one list said. Deleted payments are told of once."""
    receivables: list[Receivable] = []
    customers: list[Customer] = []
    quarantined: tuple[Quarantined, ...] = ()
    touched: dict[str, None] = {}
    if kind is Kind.INVOICES:
        receivables, quarantined = _read_each(rows)
    elif kind is Kind.CONTACTS:
        customers, quarantined = _each(rows, translate.customer, "ContactID", "contact")
    else:
        gone = {translate.text_of(r, "PaymentID"): r for r in rows if translate.text_of(r, "Status") == "DELETED"}
        new = [
            translate.text_of(row.get("Invoice") or {}, "InvoiceID") for p, row in gone.items() if p not in before.told
        ]
        touched = dict.fromkeys(one for one in new if one)
        # a page that is not the last of its second is followed by one that overlaps it: keep what was told
        after = replace(after, told=(*before.told, *gone) if after.window.tail else tuple(gone))
    return ChangePage(
        receivables=tuple(r for r in receivables if r.state is not ReceivableState.DELETED),
        customers=tuple(customers),
        deleted=tuple(r.ledger_id for r in receivables if r.state is ReceivableState.DELETED),
        touched=tuple(touched),
        quarantined=quarantined,
        cursor=str(after),
        more=bool(after.pending),
    )


def rows_of(answer: Answer, kind: str) -> list[dict[str, Any]]:
    """Rows of a list, none for 304.

    Raises:
        Transient: the answer is JSON and not the list asked for.
    """
    if answer.json is None:
        return []
    rows = answer.rows_of.get(kind)
    if not isinstance(rows, list):
        raise Transient(f"Xero's answer holds no {kind}.", service=SERVICE)
    return [row for row in rows if isinstance(row, dict)]


def is_full(answer: Answer, rows: Sequence[object], page: int = 1, size: int = PAGE_SIZE) -> bool:
    """Whether rows follow that this page does not hold; Xero's own count where it gives one."""
    pagination = answer.rows_of.get("pagination")
    count = pagination.get("pageCount") if isinstance(pagination, dict) else None
    return count > page if isinstance(count, int) else len(rows) >= size


def _time_at_xero(answer: Answer) -> datetime | None:
    """The service's own time: in the body to the millisecond, else in the Date header."""
    try:
        return translate.moment(answer.rows_of.get("DateTimeUTC"))
    except Unreadable:
        return server_time(answer.headers)


def _newest(rows: Iterable[Mapping[str, Any]]) -> datetime | None:
    """The greatest readable UpdatedDateUTC."""
    found: list[datetime] = []
    for row in rows:
        try:
            found.append(translate.moment(row.get("UpdatedDateUTC")))
        except Unreadable:
            continue  # the row itself is quarantined by whoever reads it
    return max(found, default=None)


def _read_each(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Receivable], tuple[Quarantined, ...]]:
    """The sales invoices among the rows."""
    return _each((row for row in rows if translate.is_sale(row)), translate.receivable, "InvoiceID", "invoice")


def _each(
    rows: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], T], id_field: str, what: str
) -> tuple[list[T], tuple[Quarantined, ...]]:
    """Each row by itself: one that cannot be read does not take the others along."""
    good: list[T] = []
    bad: list[Quarantined] = []
    for row in rows:
        try:
            good.append(read(row))
        except Unreadable as problem:
            label = translate.text_of(row, "InvoiceNumber") or translate.text_of(row, "Name") or "without a name"
            bad.append(Quarantined(translate.text_of(row, id_field), f"Xero {what} {label} cannot be read: {problem}"))
    return good, tuple(bad)


def readable(read: Callable[[Mapping[str, Any]], T], row: Mapping[str, Any], what: str) -> T:
    """A single record that was asked for by name; nothing can be concluded without it."""
    try:
        return read(row)
    except Unreadable as problem:
        raise Rejected(
            f"Xero's record of {what} cannot be read: {problem}. Nothing was changed.",
            because=RejectedBecause.INVALID,
            service=SERVICE,
            advice="Open it in Xero and correct it, or report what it holds to the Duebird project.",
        ) from problem


def plain(value: str) -> str:
    """A value for a filter's quotes; ours hold only letters, digits and hyphens."""
    if not value.replace("-", "").isalnum():
        raise Bug(f"{value!r} cannot stand in a filter.", service=SERVICE)
    return value
