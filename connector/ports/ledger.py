"""A set of books, behind a port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connector.domain.money import Money
from connector.domain.receivable import Customer, Receivable
from connector.ports.findings import Finding


@dataclass(frozen=True, slots=True)
class LedgerProfile:
    """The set of books itself. `closed_through` is the last civil day that may not be written to."""

    tenant_id: str  # realm id, tenant id
    name: str
    base_currency: str
    country: str | None
    timezone: str | None  # IANA name
    closed_through: date | None = None
    multicurrency: bool = False


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account of the chart of accounts, as far as a payment may be booked to it."""

    account_id: str
    name: str
    code: str | None
    kind: str  # the ledger's own word
    currency: str | None
    takes_payments: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One record of a page that could not be read; the others of the page are good."""

    ledger_id: str
    problem: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A bounded page of what changed since a cursor. Store it, then `cursor`, in one transaction.

    Pages overlap on purpose: the same version of a receivable may come many times. `touched` are ids of
    receivables of which something changed that this page does not carry (a payment on them, say): re-read them.
    """

    receivables: tuple[Receivable, ...]
    customers: tuple[Customer, ...]
    deleted: tuple[str, ...]  # ledger ids
    touched: tuple[str, ...]
    quarantined: tuple[Quarantined, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page of all open receivables. `next_page` is None on the last one."""

    receivables: tuple[Receivable, ...]
    quarantined: tuple[Quarantined, ...]
    next_page: str | None


class BookingState(StrEnum):
    """A payment entry in the ledger."""

    LIVE = "live"
    DELETED = "deleted"  # deleted or voided there


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """Everything a payment entry will say; frozen when planned, so that a repeat is byte-identical.

    `reference` is our natural key (at most 21 characters, A-Z 0-9), put where the ledger can be asked for it.
    `note` carries the processor's full payment id. `booked_on` is a civil date of the company's zone.
    `exchange_rate` is home units for one unit of `amount.currency`, None in the home currency.
    """

    ledger_id: str  # of the invoice
    customer_id: str
    amount: Money
    booked_on: date
    account_id: str
    reference: str
    note: str
    idempotency_key: str
    payment_method_id: str | None = None
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A payment entry as the ledger holds it, ours or anybody's.

    `applied` is what it takes off the receivable asked about; `unapplied` what it leaves as a credit. `entered_at`:
    when it was entered, UTC; Xero keeps only its last change, so that there it may have been earlier. `account_id`:
    where its money went. Both are None where the ledger does not tell. `total`: all that it is over, on whatever it is;
    None where that is just what is applied and unapplied.
    """

    booking_id: str
    ledger_id: str | None
    applied: Money
    unapplied: Money
    booked_on: date
    reference: str
    note: str
    state: BookingState
    entered_at: datetime | None = None
    account_id: str | None = None
    total: Money | None = None


class Ledger(Protocol):
    """A set of books: QuickBooks Online, Xero."""

    def profile(self) -> LedgerProfile:
        """Name, currency, zone and closed period of the books."""
        ...

    def closed_through(self) -> date | None:
        """The last civil day that may not be written to, as of now; one cheap call. None: nothing is closed."""
        ...

    def payment_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of a kind a payment could be booked to, also inactive or unsuitable ones (they say so)."""
        ...

    def start_cursor(self) -> str:
        """A cursor for the ledger's present moment. Take it *before* a first sweep, so that nothing falls between."""
        ...

    def changes(self, cursor: str) -> ChangePage:
        """One page of what changed since `cursor`.

        Raises:
            CursorExpired: the ledger cannot reach back so far; take a new cursor and sweep.
        """
        ...

    def open_receivables(self, page: str | None) -> OpenPage:
        """One page of all receivables with a balance, in an order that does not skip rows while they change."""
        ...

    def receivable(self, ledger_id: str) -> Receivable | None:
        """The receivable as it stands now; None when the ledger has it no more (deleted)."""
        ...

    def customers(self, customer_ids: Sequence[str]) -> Sequence[Customer]:
        """Those customers (at most 100 ids a call), in any order; ids the ledger does not know are left out.

        A sub-customer without a mobile of its own gets its nearest ancestor's.
        """
        ...

    def bookings_on(self, ledger_id: str) -> Sequence[Booking]:
        """Every payment entry on that receivable, whoever made it, deleted ones as far as the ledger shows them."""
        ...

    def bookings_with_reference(self, reference: str) -> Sequence[Booking]:
        """Payment entries that carry our reference. Lists may lag a fresh write: look twice before concluding."""
        ...

    def book(self, request: BookingRequest) -> Booking:
        """Make one payment entry. One attempt.

        Raises:
            Uncertain: look with `bookings_with_reference` and `bookings_on` before anything else.
            Rejected: `because` AMOUNT, CLOSED_PERIOD, NOT_FOUND, BUSINESS_RULE or SETUP.
        """
        ...

    def inspect(self, account_id: str | None) -> Sequence[Finding]:
        """Read-only look at connection, permissions and settings, for `duebird check`."""
        ...
