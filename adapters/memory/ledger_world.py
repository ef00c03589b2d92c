"""The books themselves: invoices, customers, payment entries, and what people do to them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from adapters.memory.world import History, World
from connector.domain.money import Money
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.errors import CursorExpired, Rejected, RejectedBecause
from connector.ports.calls import Clock
from connector.ports.ledger import Booking, BookingRequest, BookingState, LedgerAccount, LedgerProfile

CLEARING = LedgerAccount("acc1", "Card clearing", "1099", "Bank", None, takes_payments=True, active=True)
MAX_REFERENCE = 21  # QuickBooks' PaymentRefNum, the shortest of the fields a reference must fit
ANCESTORS = 5  # QuickBooks nests customers five deep


class ChangeKind(StrEnum):
    """What an entry of the change journal is about."""

    INVOICE = "invoice"  # the invoice itself changed: it is listed again
    ON_INVOICE = "on_invoice"  # a payment or credit on it changed
    DELETED = "deleted"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change journal."""

    kind: ChangeKind
    record_id: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A payment entry with everything it says, for checkers. `by_hand`: a person made it, not a client."""

    booking: Booking
    customer_id: str
    account_id: str
    made_at: datetime
    by_hand: bool
    idempotency_key: str = ""
    payment_method_id: str | None = None
    exchange_rate: Decimal | None = None


class LedgerWorld(World):
    """One company's books. Every method named after something people do is that person's act, not a client's.

    Args:
        clock: Time passes by its `elapsed`.
        home_currency: ISO 4217.
        timezone: IANA name; civil dates are in it.
        key_memory: How long an idempotency key counts. Six minutes, as at Xero: the shortest of the two ledgers.
        page_size: Rows of one page of a list; 100 as at Xero.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        home_currency: str = "USD",
        timezone: str = "America/New_York",
        country: str = "US",
        tenant_id: str = "memory-books-1",
        name: str = "Books in memory",
        key_memory: timedelta = timedelta(minutes=6),
        page_size: int = 100,
    ) -> None:
        super().__init__(clock, key_memory=key_memory)
        self.profile = LedgerProfile(tenant_id, name, home_currency, country, timezone)
        self.accounts: list[LedgerAccount] = [CLEARING]
        self.page_size = page_size
        self.overlap = timedelta(minutes=2)  # how far each page of changes reaches back over its cursor
        self.reach = timedelta(days=30)  # how old a cursor may be, as at QuickBooks
        self.unreadable: set[str] = set()  # invoices that a client cannot make sense of
        self.invoices: dict[str, History[Receivable]] = {}
        self.customers: dict[str, History[Customer]] = {}
        self.entries: dict[str, History[LedgerEntry]] = {}
        self.journal: list[Change] = []
        self.journal_times: list[datetime] = []
        self.invoice_order: list[str] = []
        self._bookings_on: dict[str, list[str]] = {}
        self._bookings_by_reference: dict[str, list[str]] = {}

    def today(self) -> date:
        """The company's civil date."""
        zone = self.profile.timezone
        return self.now().astimezone(ZoneInfo(zone) if zone else None).date()

    # ------------------------------------------------------------------------------------------ people's acts

    def add_customer(self, name: str, **fields: Any) -> str:
        """Enter a customer; `fields` are those of `Customer`. Returns the id."""
        with self.moment() as now:
            customer_id = self.new_id("cust")
            self.customers[customer_id] = History(now, Customer(customer_id, name, **fields))
            self._note(ChangeKind.CUSTOMER, customer_id)
            return customer_id

    def edit_customer(self, customer_id: str, **fields: Any) -> None:
        """Change a customer. As in life, its sub-customers are not listed as changed, though they may inherit."""
        with self.moment() as now:
            history = self.customers[customer_id]
            history.add(now, replace(history.latest, **fields))
            self._note(ChangeKind.CUSTOMER, customer_id)

    def issue(
        self, customer_id: str, amount: Money, *, number: str | None = None, due_on: date | None = None, **fields: Any
    ) -> str:
        """Issue an invoice (or save one with another `state`, such as DRAFT). Returns the id."""
        with self.moment() as now:
            ledger_id = self.new_id("inv")
            receivable = Receivable(
                ledger_id=ledger_id,
                number=number if number is not None else f"INV-{ledger_id[3:]}",
                customer_id=customer_id,
                customer_name=self.customers[customer_id].latest.name,
                total=amount,
                balance=amount,
                issued_on=self.today(),
                due_on=due_on,
                state=ReceivableState.OPEN if amount.is_positive else ReceivableState.PAID,
                version="1",
                updated_at=now,
            )
            self.invoices[ledger_id] = History(now, replace(receivable, **fields))
            self.invoice_order.append(ledger_id)
            self._note(ChangeKind.INVOICE, ledger_id)
            return ledger_id

    def edit(self, ledger_id: str, **fields: Any) -> None:
        """Change fields of an invoice that concern no money, such as `due_on`, `number`, `promised_on`, `state`."""
        with self.moment():
            self._revise(ledger_id, ChangeKind.INVOICE, **fields)

    def edit_amount(self, ledger_id: str, amount: Money) -> None:
        """Change what an invoice is over.

        Raises:
            ValueError: more was already paid; no ledger lets a person do that.
        """
        with self.moment():
            was = self.invoices[ledger_id].latest
            balance = was.balance + (amount - was.total)
            if balance < Money.zero(amount.currency):
                raise ValueError(f"more was already paid on {ledger_id} than {amount}")
            self._revise(ledger_id, ChangeKind.INVOICE, total=amount, **_owing(balance))

    def credit(self, ledger_id: str, amount: Money) -> None:
        """Put a credit note against an invoice: its balance falls without any payment entry."""
        with self.moment():
            balance = self.invoices[ledger_id].latest.balance - amount
            if balance < Money.zero(amount.currency):
                raise ValueError(f"the credit is more than {ledger_id} still owes")
            self._revise(ledger_id, ChangeKind.ON_INVOICE, **_owing(balance))

    def void(self, ledger_id: str) -> None:
        """Void an invoice: it stays, owing nothing. Payments on it become credits of the customer."""
        self._end(ledger_id, ReceivableState.VOIDED, ChangeKind.INVOICE)

    def delete(self, ledger_id: str) -> None:
        """Delete an invoice: a read by its id finds nothing. Payments on it become credits of the customer."""
        self._end(ledger_id, ReceivableState.DELETED, ChangeKind.DELETED)

    def pay_by_hand(
        self, ledger_id: str, amount: Money, *, reference: str = "", note: str = "", rest: Money | None = None
    ) -> str:
        """Book a payment as a person would, with a cheque's number for reference perhaps. Returns the entry's id.

        `rest`: what it is over beyond that amount, which it leaves as a credit of the customer.
        """
        with self.moment():
            invoice = self.invoices[ledger_id].latest
            request = BookingRequest(
                ledger_id, invoice.customer_id, amount, self.today(), self.accounts[0].account_id, reference, note, ""
            )
            self._refuse_amount(invoice, amount)
            made = self._enter(request, by_hand=True)
            if rest is not None:
                history = self.entries[made.booking_id]
                history.add(self.now(), replace(history.latest, booking=replace(made, unapplied=rest)))
            return made.booking_id

    def delete_booking(self, booking_id: str) -> None:
        """Delete a payment entry; what it paid is owed again."""
        with self.moment() as now:
            history = self.entries[booking_id]
            entry = history.latest
            if entry.booking.state is BookingState.DELETED:
                return
            history.add(now, replace(entry, booking=replace(entry.booking, state=BookingState.DELETED)))
            ledger_id = entry.booking.ledger_id
            if ledger_id is not None:
                balance = self.invoices[ledger_id].latest.balance + entry.booking.applied
                self._revise(ledger_id, ChangeKind.ON_INVOICE, **_owing(balance))

    def edit_booking(self, booking_id: str, amount: Money) -> None:
        """Change what a payment entry is over, as a person may who thinks it wrong; the invoice owes the difference."""
        with self.moment() as now:
            history = self.entries[booking_id]
            was = history.latest.booking
            history.add(now, replace(history.latest, booking=replace(was, applied=amount)))
            if was.ledger_id is not None:
                balance = self.invoices[was.ledger_id].latest.balance + was.applied - amount
                self._revise(was.ledger_id, ChangeKind.ON_INVOICE, **_owing(balance))

    def close_books_through(self, day: date) -> None:
        """Let nothing be booked on or before that day."""
        with self.moment():
            self.profile = replace(self.profile, closed_through=day)

    # -------------------------------------------------------------------------------------- for checkers

    def entries_on(self, ledger_id: str, *, live_only: bool = True) -> list[LedgerEntry]:
        """Payment entries on an invoice as they stand now, oldest first."""
        with self.moment():
            found = (self.entries[one].latest for one in self._bookings_on.get(ledger_id, ()))
            return [one for one in found if not live_only or one.booking.state is BookingState.LIVE]

    def all_entries(self) -> list[LedgerEntry]:
        """Every payment entry ever made, as it stands now, oldest first."""
        with self.moment():
            return [history.latest for history in self.entries.values()]

    def standing(self, ledger_id: str) -> Receivable:
        """An invoice as it stands now, also a deleted one."""
        with self.moment():
            return self.invoices[ledger_id].latest

    # ---------------------------------------------------------------------------------- the service's side

    def book(self, request: BookingRequest) -> Booking:
        """Check and make a payment entry, once a key."""
        return self.once(request.idempotency_key, request, lambda: self._checked(request))

    def ids_on(self, ledger_id: str) -> list[str]:
        """Ids of entries on an invoice."""
        return self._bookings_on.get(ledger_id, [])

    def ids_by_reference(self, reference: str) -> list[str]:
        """Ids of entries that carry a reference."""
        return self._bookings_by_reference.get(reference, [])

    def cursor_at(self, position: int) -> str:
        """A cursor for a place in the journal, taken now."""
        return f"{position}@{self.now().isoformat()}"

    def position_of(self, cursor: str) -> int:
        """The place a cursor stands for.

        Raises:
            CursorExpired: it is older than the ledger reaches back, or none of this ledger's.
        """
        place, at, taken = cursor.partition("@")
        if not at or not place.isdigit() or self.now() - datetime.fromisoformat(taken) > self.reach:
            raise CursorExpired("The ledger cannot list changes from so long ago. Read all open invoices again.")
        return int(place)

    def visible_end(self, horizon: datetime) -> int:
        """How much of the journal a list shows that sees up to `horizon`."""
        return bisect_right(self.journal_times, horizon)

    def customer_as_read(self, customer_id: str, horizon: datetime) -> Customer | None:
        """A customer as it stood, with its nearest ancestor's mobile, and place, where it has none."""
        history = self.customers.get(customer_id)
        customer = history.as_of(horizon) if history else None
        if customer is None or customer.mobile:
            return customer
        parent_id = customer.parent_id
        for _ in range(ANCESTORS):
            above = self.customers.get(parent_id) if parent_id else None
            parent = above.as_of(horizon) if above else None
            if parent is None or not parent.active:
                break
            if parent.mobile:
                return replace(
                    customer,
                    mobile=parent.mobile,
                    country=parent.country,
                    region=parent.region,
                    postal_code=parent.postal_code,
                )
            parent_id = parent.parent_id
        return customer

    def _checked(self, request: BookingRequest) -> Booking:
        history = self.invoices.get(request.ledger_id)
        if history is None or history.latest.state is ReceivableState.DELETED:
            raise _refused("The ledger has no such invoice.", RejectedBecause.NOT_FOUND)
        invoice = history.latest
        if invoice.state in {ReceivableState.VOIDED, ReceivableState.DRAFT}:
            raise _refused(f"The invoice is {invoice.state}.", RejectedBecause.BUSINESS_RULE)
        if invoice.customer_id != request.customer_id:
            raise _refused("The invoice is another customer's.", RejectedBecause.BUSINESS_RULE)
        if len(request.reference) > MAX_REFERENCE:
            raise _refused("The reference is too long.", RejectedBecause.INVALID)
        account = next((one for one in self.accounts if one.account_id == request.account_id), None)
        if account is None or not account.active or not account.takes_payments:
            raise _refused("Payments cannot be booked to that account.", RejectedBecause.SETUP)
        closed = self.profile.closed_through
        if closed is not None and request.booked_on <= closed:
            raise _refused(f"The books are closed through {closed}.", RejectedBecause.CLOSED_PERIOD)
        self._refuse_amount(invoice, request.amount)
        return self._enter(request, by_hand=False)

    def _refuse_amount(self, invoice: Receivable, amount: Money) -> None:
        if amount.currency != invoice.balance.currency:
            raise _refused("The payment is in another currency than the invoice.", RejectedBecause.BUSINESS_RULE)
        if not amount.is_positive or invoice.balance < amount:
            raise _refused(f"{amount} does not fit the balance of {invoice.balance}.", RejectedBecause.AMOUNT)

    def _enter(self, request: BookingRequest, *, by_hand: bool) -> Booking:
        booking = Booking(
            booking_id=self.new_id("pay"),
            ledger_id=request.ledger_id,
            applied=request.amount,
            unapplied=Money.zero(request.amount.currency),
            booked_on=request.booked_on,
            reference=request.reference,
            note=request.note,
            state=BookingState.LIVE,
            entered_at=self.now(),
            account_id=request.account_id,
        )
        entry = LedgerEntry(
            booking,
            request.customer_id,
            request.account_id,
            self.now(),
            by_hand,
            request.idempotency_key,
            request.payment_method_id,
            request.exchange_rate,
        )
        self.entries[booking.booking_id] = History(self.now(), entry)
        self._bookings_on.setdefault(request.ledger_id, []).append(booking.booking_id)
        self._bookings_by_reference.setdefault(request.reference, []).append(booking.booking_id)
        balance = self.invoices[request.ledger_id].latest.balance - request.amount
        self._revise(request.ledger_id, ChangeKind.ON_INVOICE, **_owing(balance))
        return booking

    def _end(self, ledger_id: str, state: ReceivableState, kind: ChangeKind) -> None:
        with self.moment() as now:
            zero = Money.zero(self.invoices[ledger_id].latest.total.currency)
            for booking_id in self._bookings_on.pop(ledger_id, []):
                history = self.entries[booking_id]
                was = history.latest.booking
                freed = replace(was, ledger_id=None, applied=zero, unapplied=was.applied)
                history.add(now, replace(history.latest, booking=freed))
            self._revise(ledger_id, kind, state=state, balance=zero)

    def _revise(self, ledger_id: str, kind: ChangeKind, **fields: Any) -> None:
        history = self.invoices[ledger_id]
        version = str(int(history.latest.version) + 1)
        history.add(self.now(), replace(history.latest, version=version, updated_at=self.now(), **fields))
        self._note(kind, ledger_id)

    def _note(self, kind: ChangeKind, record_id: str) -> None:
        self.journal.append(Change(kind, record_id))
        self.journal_times.append(self.now())


def _owing(balance: Money) -> dict[str, Any]:
    return {"balance": balance, "state": ReceivableState.OPEN if balance.is_positive else ReceivableState.PAID}


def _refused(message: str, because: RejectedBecause) -> Rejected:
    return Rejected(f"{message} Nothing was booked.", because=because, service="ledger")
