"""The `Ledger` port over QuickBooks Online."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from adapters.quickbooks import bodies, checks, translate
from adapters.quickbooks.changes import OVERLAP, ChangeReader, Cursor
from adapters.quickbooks.directory import Directory
from adapters.quickbooks.faults import SERVICE, Errand, Gone
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.quickbooks.translate import Unreadable, instant, quoted, zulu
from adapters.quickbooks.wire import QuickBooksWire, Row
from connector.domain.money import Money
from connector.domain.receivable import Customer, Receivable
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

PAGE = 1000  # most rows of a query; metered by the call, so a full page is the cheapest
STEP_IN_SECOND = 900  # see `open_receivables`
BOOKINGS_MOST = 100  # entries with one reference of ours: one is right, two a disaster, a hundred impossible
FACTS_LIFE = 3600.0  # seconds a company's currency settings are believed; a switch to multicurrency is rare
REPLAYED = timedelta(minutes=2)  # Intuit cuts a request at 120 s: an entry older than this was made by an earlier one
AMOUNT_DIGITS = 15  # what a JSON number keeps exactly
_ID = re.compile(r"[0-9]{1,30}")
_UNCHANGED = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class _Facts:
    profile: LedgerProfile
    preferences: Row
    read_at: float


class QuickBooksLedger:
    """One company (realm). Threads may share it: each gets its own client."""

    def __init__(self, settings: QuickBooksSettings, realm_id: str, tokens: AccessTokens, wire: Wire) -> None:
        self._settings = settings
        self._realm = realm_id
        self._clock = wire.clock
        self._wire = QuickBooksWire(settings, realm_id, tokens, wire)
        self._directory = Directory(self._wire, settings.mobile_field)
        self._reader = ChangeReader(self._wire, wire.clock, self._home, self._directory, settings.mobile_field)
        self._facts: _Facts | None = None
        self._method: tuple[str | None] | None = None  # looked up once; the inner None: there is no such method

    # -------------------------------------------------------------------------------------------------- company

    def profile(self) -> LedgerProfile:
        """Read anew. QuickBooks promises no time zone: it is None unless CompanyInfo happens to offer one."""
        return self._read_facts().profile

    def closed_through(self) -> date | None:
        """Read anew: of Preferences only, where it stands."""
        preferences = checks.preferences(self._wire)
        try:
            return translate.closed_through(preferences)
        except Unreadable as problem:
            raise unreadable("The closing date of the books", problem) from problem

    def payment_accounts(self) -> Sequence[LedgerAccount]:
        """Bank and other current asset accounts, which is what a payment may be deposited to."""
        kinds = ", ".join(quoted(kind) for kind in sorted(translate.DEPOSIT_KINDS))
        text = (
            f"SELECT * FROM Account WHERE AccountType IN ({kinds}) AND Active IN (true, false) "  # noqa: S608  # QuickBooks' query language; values are constants
            f"MAXRESULTS {PAGE}"
        )
        rows = self._wire.rows("Account", text, Errand("list its accounts", _UNCHANGED))
        return [translate.account(row) for row in rows]

    def inspect(self, account_id: str | None) -> Sequence[Finding]:
        """Read-only look for `duebird check`."""
        return checks.inspect(self._wire, self._settings, self._realm, account_id)

    def _home(self) -> str:
        return self._known_facts().profile.base_currency

    def _known_facts(self) -> _Facts:
        facts = self._facts
        if facts is None or self._clock.elapsed() - facts.read_at > FACTS_LIFE:
            facts = self._read_facts()
        return facts

    def _read_facts(self) -> _Facts:
        company, preferences = checks.company(self._wire, self._realm)
        try:
            profile = translate.profile(self._realm, company, preferences)
        except Unreadable as problem:
            raise unreadable("The company's settings", problem) from problem
        self._facts = _Facts(profile, preferences, self._clock.elapsed())
        return self._facts

    # -------------------------------------------------------------------------------------------------- reading

    def start_cursor(self) -> str:
        """QuickBooks' own present time, less the overlap."""
        answer = self._wire.whole("preferences", Errand("say what time it is", _UNCHANGED))
        try:
            return Cursor(instant(answer.get("time")) - OVERLAP).text()
        except Unreadable as problem:
            raise Transient(f"QuickBooks did not say what time it is: {problem}.", service=SERVICE) from problem

    def changes(self, cursor: str) -> ChangePage:
        """See `adapters.quickbooks.changes`."""
        return self._reader.page(cursor)

    def open_receivables(self, page: str | None) -> OpenPage:
        """All open invoices, in the order in which they were made.

        The time of creation never changes, so a row cannot move to a place already read, and a row that is paid
        meanwhile cannot pull another one across a page's border, because the next page starts from the last row's
        time and not from a count. (`Id` cannot be compared in a query; TxnDate and Balance can be edited.) Only
        inside one second are rows counted, and then in steps of 900 of 1000.
        """
        since, start = _place(page)
        after = f" AND MetaData.CreateTime >= {quoted(zulu(since))}" if since else ""
        text = (
            f"SELECT * FROM Invoice WHERE Balance > '0'{after} ORDERBY MetaData.CreateTime ASC "  # noqa: S608  # QuickBooks' query language; the value is quoted
            f"STARTPOSITION {start} MAXRESULTS {PAGE}"
        )
        rows = self._wire.rows("Invoice", text, Errand("list the open invoices", _UNCHANGED))
        found: list[Receivable] = []
        bad: list[Quarantined] = []
        for row in rows:
            try:
                found.append(translate.receivable(row, self._home()))
            except Unreadable as problem:
                bad.append(
                    Quarantined(str(row.get("Id") or "?"), f"Invoice id {row.get('Id')} could not be read: {problem}")
                )
        return OpenPage(tuple(found), tuple(bad), _next_place(rows, since, start))

    def receivable(self, ledger_id: str) -> Receivable | None:
        """The invoice now; None where QuickBooks has it no more (610)."""
        row = self._invoice(ledger_id)
        if row is None:
            return None
        try:
            return translate.receivable(row, self._home())
        except Unreadable as problem:
            raise unreadable(f"Invoice id {ledger_id}", problem) from problem

    def customers(self, customer_ids: Sequence[str]) -> Sequence[Customer]:
        """Customers in groups, inactive ones too, sub-customers with their ancestor's mobile."""
        return self._directory.find([one for one in customer_ids if _ID.fullmatch(one)])

    def _invoice(self, ledger_id: str) -> Row | None:
        if not _ID.fullmatch(ledger_id):
            return None  # no QuickBooks id: it cannot name an invoice there, and must not become part of an address
        try:
            return self._wire.read("Invoice", ledger_id, Errand(f"read invoice id {ledger_id}", _UNCHANGED))
        except Gone:
            return None

    # ------------------------------------------------------------------------------------------------- bookings

    def bookings_on(self, ledger_id: str) -> Sequence[Booking]:
        """Payments on the invoice, each read by id: such reads are not behind, as lists may be."""
        invoice = self._invoice(ledger_id)
        found: list[Booking] = []
        for payment_id in translate.payments_linked(invoice) if invoice else ():
            errand = Errand(f"read payment id {payment_id} on invoice id {ledger_id}", _UNCHANGED)
            try:
                row = self._wire.read("Payment", payment_id, errand)
            except Gone:
                continue
            found.append(self._booking(row, ledger_id))
        return found

    def bookings_with_reference(self, reference: str) -> Sequence[Booking]:
        """Payments with that reference. Deleted ones never appear, voided ones do; the list may lag a fresh write."""
        if not reference:
            return []
        text = f"SELECT * FROM Payment WHERE PaymentRefNum = {quoted(reference)} MAXRESULTS {BOOKINGS_MOST}"  # noqa: S608  # QuickBooks' query language; the value is quoted
        rows = self._wire.rows("Payment", text, Errand(f"look for payments with reference {reference}", _UNCHANGED))
        return [self._booking(row, None) for row in rows]

    def _booking(self, row: Row, ledger_id: str | None) -> Booking:
        try:
            return translate.booking(row, self._home(), ledger_id)
        except Unreadable as problem:
            raise unreadable(f"Payment id {row.get('Id')}", problem) from problem

    def book(self, request: BookingRequest) -> Booking:
        """Create the payment, applied to its invoice. What QuickBooks left unapplied is in the answer's `unapplied`.

        A foreign payment without a rate takes the invoice's own, which leaves no exchange difference; without any
        QuickBooks would book one to one. An entry that QuickBooks only repeats (same `requestid`) and that somebody
        has deleted since comes back as DELETED.
        """
        _check(request)
        facts = self._known_facts().profile
        foreign = request.amount.currency != facts.base_currency
        body = bodies.payment_body(
            request,
            names_currency=foreign or facts.multicurrency,
            rate=self._rate(request) if foreign else None,
            method_id=request.payment_method_id or self._method_id(),
        )
        what = f"book {request.amount} on invoice id {request.ledger_id} (reference {request.reference})"
        errand = Errand(what, "No payment was booked.", writes=True)
        row, answered_at = self._wire.create("Payment", body, bodies.request_id(request.idempotency_key), errand)
        try:
            booking = translate.booking(row, facts.base_currency, request.ledger_id)
            made_at = translate.created_at(row)
        except Unreadable as problem:
            raise Uncertain(
                f"QuickBooks answered when asked to {what}, but not readably: {problem}.", service=SERVICE
            ) from problem
        if answered_at is not None and answered_at - made_at > REPLAYED:
            return self._as_it_stands(booking, request)
        return booking

    def _as_it_stands(self, booking: Booking, request: BookingRequest) -> Booking:
        """A repeated answer tells what was once made; somebody may have deleted it since."""
        errand = Errand(f"read payment id {booking.booking_id} again", "Whether it still stands is not known.")
        try:
            return self._booking(self._wire.read("Payment", booking.booking_id, errand), request.ledger_id)
        except Gone:
            return translate.gone(booking)
        except (Transient, Rejected) as problem:
            raise Uncertain(
                f"QuickBooks repeated an earlier answer for {request.amount} on invoice id {request.ledger_id}, and "
                "whether that payment still stands could not be read.",
                service=SERVICE,
            ) from problem

    def _rate(self, request: BookingRequest) -> Decimal:
        if request.exchange_rate is not None:
            return request.exchange_rate
        invoice = self._invoice(request.ledger_id)
        rate = translate.exchange_rate(invoice) if invoice else None
        if rate is None:
            raise Rejected(
                f"No exchange rate is known for {request.amount} on invoice id {request.ledger_id}. "
                "No payment was booked.",
                because=RejectedBecause.NOT_FOUND if invoice is None else RejectedBecause.SETUP,
                service=SERVICE,
                advice="Open the invoice in QuickBooks and see whether it still exists and has an exchange rate.",
            )
        return rate

    def _method_id(self) -> str | None:
        """The id of the payment method in the settings; a name QuickBooks does not know must not hold up a booking."""
        name = self._settings.payment_method
        if name is None:
            return None
        if self._method is None:
            self._method = (checks.payment_method_id(self._wire, name),)
        return self._method[0]


class Referenced(Protocol):
    """What every request for an entry has."""

    @property
    def reference(self) -> str:
        """Our key."""
        ...

    @property
    def note(self) -> str:
        """For people."""
        ...

    @property
    def amount(self) -> Money:
        """How much."""
        ...


def is_id(text: str) -> bool:
    """Whether that could be an id of QuickBooks; nothing else may become part of an address."""
    return _ID.fullmatch(text) is not None


def check_reference(request: Referenced, what: str) -> None:
    """What would be our own mistake; nothing is sent then.

    Raises:
        Bug: reference, note or amount are not such as QuickBooks can keep.
    """
    problem = ""
    if not request.reference or len(request.reference) > translate.REFERENCE_MOST:
        problem = f"its reference must have 1 to {translate.REFERENCE_MOST} characters"
    elif len(request.note) > translate.NOTE_MOST:
        problem = f"its note has more than {translate.NOTE_MOST} characters"
    elif not request.amount.is_positive:
        problem = "its amount is not above zero"
    elif len(request.amount.amount.as_tuple().digits) > AMOUNT_DIGITS:
        problem = f"its amount has more than {AMOUNT_DIGITS} digits"
    if problem:
        raise Bug(f"{what} was not sent to QuickBooks: {problem}.", service=SERVICE)


def _check(request: BookingRequest) -> None:
    what = f"A payment entry for invoice id {request.ledger_id}"
    check_reference(request, what)
    if not is_id(request.ledger_id):
        raise Bug(f"{what} was not sent to QuickBooks: it names no invoice.", service=SERVICE)


def unreadable(what: str, problem: Exception) -> Rejected:
    """A record that holds what cannot be made sense of; names the field to look at."""
    return Rejected(
        f"{what} in QuickBooks could not be read: {problem}. Nothing was changed.",
        because=RejectedBecause.INVALID,
        service=SERVICE,
        advice="Open it in QuickBooks and look at that field.",
    )


def _place(page: str | None) -> tuple[datetime | None, int]:
    if page is None:
        return None, 1
    try:
        since, start = json.loads(page)
        return (instant(since) if since else None), int(start)
    except (ValueError, TypeError) as error:
        raise Bug(f"{page!r} is no page of open invoices; start again at the first.", service=SERVICE) from error


def _next_place(rows: Sequence[Row], since: datetime | None, start: int) -> str | None:
    if len(rows) < PAGE:
        return None
    moments: list[datetime] = []
    for row in rows:
        try:
            moments.append(translate.created_at(row))
        except Unreadable:
            continue
    last = max(moments, default=None)
    if last is not None and (since is None or last > since):
        return json.dumps([zulu(last), 1])
    return json.dumps([zulu(since) if since else None, start + STEP_IN_SECOND])
