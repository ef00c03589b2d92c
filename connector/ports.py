"""What the engine needs of the outside, as Protocols with their values.

Rules for every adapter behind a port:
- raise only the errors of `connector.errors`; a write whose outcome is not known raises `Uncertain`;
- one attempt per write; reads may be repeated by the transport's one retry policy;
- every call has a time-out, is metered, and runs without a database transaction open;
- times are aware and in UTC; civil dates are the company's own;
- hand out values of this module and of `connector.domain`, never an SDK's objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from threading import BoundedSemaphore
from typing import Protocol

from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable

# --------------------------------------------------------------------------------------------------- findings


class Weight(StrEnum):
    """How much a finding of `duebird check` matters."""

    OK = "ok"
    WARNING = "warning"  # works, but will surprise somebody
    PROBLEM = "problem"  # this company cannot run


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `duebird check` looked at: what was seen, and what to click or type when it is wrong."""

    weight: Weight
    subject: str  # "Payment account", "Sender"
    seen: str
    fix: str = ""


# ------------------------------------------------------------------------------------------------------ ledger


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

    `applied` is what it takes off the receivable asked about; `unapplied` what it leaves as a credit.
    """

    booking_id: str
    ledger_id: str | None
    applied: Money
    unapplied: Money
    booked_on: date
    reference: str
    note: str
    state: BookingState


class Ledger(Protocol):
    """A set of books: QuickBooks Online, Xero."""

    def profile(self) -> LedgerProfile:
        """Name, currency, zone and closed period of the books."""
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


# --------------------------------------------------------------------------------------------------- processor


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A payment link to be made. `reference` is our natural key; it lands in the link's and payment's metadata."""

    reference: str
    amount: Money
    title: str  # what the payer reads: "Invoice INV-1042"
    description: str  # due date and such
    receipt_line: str  # printed on the e-mail receipt
    inactive_message: str
    after_payment: str
    metadata: Mapping[str, str]
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """A page on which one outstanding balance can be paid."""

    link_id: str
    url: str
    active: bool
    reference: str  # "" where the link is not ours
    metadata: Mapping[str, str] = field(default_factory=dict)


class PaymentState(StrEnum):
    """What the processor, when asked, says of a payment."""

    PENDING = "pending"  # completed by the payer, money not there: a bank debit under way
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment on one of our links, fetched from the processor, never taken from an event.

    `amount` is in the currency of the link, whatever the payer was shown. `paid_at` is None until it succeeded.
    """

    payment_id: str  # unique for one payment, for ever
    session_id: str
    link_id: str
    state: PaymentState
    amount: Money
    created_at: datetime
    paid_at: datetime | None
    method: str  # "card", "us_bank_account"
    reference: str
    metadata: Mapping[str, str]
    live: bool


@dataclass(frozen=True, slots=True)
class Hint:
    """Something happened to an object at the processor: fetch the object and believe that."""

    event_id: str
    kind: str
    object_id: str
    occurred_at: datetime
    raw: str  # JSON as received, kept before it is worked on


@dataclass(frozen=True, slots=True)
class ProcessorAccount:
    """The processor's account behind the key."""

    account_id: str
    name: str
    country: str
    charges_enabled: bool
    live: bool


@dataclass(frozen=True, slots=True)
class RetiredLink:
    """A link taken down: no new visit can pay, open pages were expired. `payments` came through before that."""

    link: PaymentLink
    payments: tuple[Payment, ...]
    still_open: int  # sessions that could not be expired yet; ask again


class PaymentProcessor(Protocol):
    """Stripe, behind a port."""

    def account(self) -> ProcessorAccount:
        """Whose account it is and whether it can charge."""
        ...

    def problem_with(self, amount: Money) -> str | None:
        """Why this amount cannot be charged (minimum, maximum, currency), or None. Makes no call."""
        ...

    def create_link(self, request: LinkRequest) -> PaymentLink:
        """Make a link. Repeating with the same key and values within 24 hours returns the first one."""
        ...

    def link(self, link_id: str) -> PaymentLink | None:
        """The link as it stands; None where the account has no such link."""
        ...

    def links_with_reference(self, reference: str) -> Sequence[PaymentLink]:
        """Links that carry our reference, active ones first. May page through the account: not for routine use."""
        ...

    def retire_link(self, link_id: str, message: str) -> RetiredLink:
        """Deactivate, expire its open sessions, then look for one that completed. Harmless to repeat."""
        ...

    def payments_on(self, link_id: str) -> Sequence[Payment]:
        """Payments completed on that link, pending and failed ones too."""
        ...

    def payment_of_session(self, session_id: str) -> Payment | None:
        """The payment behind a checkout session; None where it was not completed or is not on a payment link."""
        ...

    def hints(self, since: datetime) -> Sequence[Hint]:
        """Events at or after `since`, oldest first, at most 30 days back.

        Raises:
            CursorExpired: `since` is older than the processor keeps events; ask `payments_since`.
        """
        ...

    def payments_since(self, since: datetime) -> Sequence[Payment]:
        """Completed payments on links, from objects instead of events: the net under `hints`."""
        ...

    def inspect(self) -> Sequence[Finding]:
        """Read-only look at the account and the key's permissions, for `duebird check`."""
        ...


# --------------------------------------------------------------------------------------------------- messenger


class DeliveryState(StrEnum):
    """How far a text has come. The order is the order of progress; a later look never goes back."""

    ACCEPTED = "accepted"
    SENT = "sent"  # the carrier took it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # final: it did not arrive
    FAILED = "failed"  # final: it was not sent
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A text to be sent. `valid_for`: how long it may wait in a queue, so that it cannot arrive at night."""

    to: Phone
    body: str
    valid_for: timedelta


class FailureKind(StrEnum):
    """What a failed delivery means for the next text to that number."""

    OPTED_OUT = "opted_out"  # the person said stop: never again until they say otherwise
    SOFT_OPT_OUT = "soft_opt_out"  # blocked by the person or the carrier: stop, and show it to a person
    BAD_NUMBER = "bad_number"  # landline, unknown, inactive
    FILTERED = "filtered"  # the carrier dislikes the content or the sender; two in a row stop the company
    SETUP = "setup"  # something in the account must change before any text can arrive
    LATER = "later"  # passing; the same text may be worth another try, as far as policy allows one
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryAdvice:
    """Why a text was not delivered and what a person must do. `todo` is empty where nothing can be done."""

    code: str
    kind: FailureKind
    meaning: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class SegmentPrice:
    """List price of one segment. Not `Money`: such prices are fractions of a cent."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class SentText:
    """A text as the messaging service holds it. `price` is per text, None until known.

    `advice` is set where it failed or was not delivered, or where the service gave an error code.
    """

    text_id: str
    to: Phone
    body: str
    state: DeliveryState
    created_at: datetime
    error_code: str | None = None
    segments: int | None = None
    price: Decimal | None = None
    price_currency: str | None = None
    advice: DeliveryAdvice | None = None


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text somebody sent to one of our numbers."""

    text_id: str
    sender: Phone
    body: str
    received_at: datetime


class Messenger(Protocol):
    """Twilio, behind a port."""

    def send(self, request: TextRequest) -> SentText:
        """Send one text. One attempt; there is no idempotency at the service, so look before you call.

        Raises:
            Uncertain: it may have gone out. Look with `sent_to`.
            Rejected: `because` OPTED_OUT, UNREACHABLE_NUMBER, BLOCKED, SETUP or INVALID; nothing went out.
        """
        ...

    def sent_to(self, to: Phone, since: datetime) -> Sequence[SentText]:
        """Texts to that number made at or after `since`, newest first. Lists may lag: absence proves little."""
        ...

    def sent_text(self, text_id: str) -> SentText | None:
        """One text as it stands now."""
        ...

    def inbound(self, since: datetime) -> Sequence[InboundText]:
        """What came in at or after `since`, on every number of the sender, oldest first. Overlap and drop repeats."""
        ...

    def price_per_segment(self, country: str) -> SegmentPrice | None:
        """List price of one outbound segment to that country (ISO 3166 alpha-2), None where it cannot be told."""
        ...

    def inspect(self) -> Sequence[Finding]:
        """Read-only look at the sender, also whether replies (STOP) would be seen, for `duebird check`."""
        ...


# ----------------------------------------------------------------------------------------- clock, tokens, budget


class Clock(Protocol):
    """The only source of 'now'."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    def elapsed(self) -> float:
        """Seconds on a clock that never jumps and counts sleep, for time-outs and cut-offs."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True)
class TokenSet:
    """An OAuth connection's tokens. Times are UTC. Its text form shows no token.

    `refresh_expires_at` is the rolling end, `hard_expires_at` the day no refresh can pass.
    """

    access_token: str
    access_expires_at: datetime
    refresh_token: str | None
    refresh_expires_at: datetime | None
    hard_expires_at: datetime | None = None
    obtained_at: datetime | None = None
    refresh_started_at: datetime | None = None  # written before a refresh, so that a lost answer is seen

    def __repr__(self) -> str:
        return f"TokenSet(access until {self.access_expires_at:%Y-%m-%d %H:%M}Z)"


class TokenStore(Protocol):
    """Custody of tokens at rest. `connection` names one sign-in, such as `quickbooks:9130`."""

    def load(self, connection: str) -> TokenSet | None:
        """The newest tokens, None when not connected."""
        ...

    def save(self, connection: str, tokens: TokenSet) -> None:
        """Make them durable before returning."""
        ...

    def forget(self, connection: str) -> None:
        """Remove them."""
        ...

    def exclusive(self, connection: str) -> AbstractContextManager[None]:
        """One refresher at a time, across processes."""
        ...


class AccessTokens(Protocol):
    """What a ledger adapter asks for a bearer token; the refreshing stands in `adapters.oauth`."""

    def current(self) -> str:
        """A token good for at least the next minute, refreshed when needed.

        Raises:
            NeedsReauthorisation: a person must connect again.
            Transient: the token service could not be reached.
        """
        ...

    def renewed(self, refused: str) -> str:
        """A token other than `refused`, which the service answered with 401. Ask once a call, not in a loop."""
        ...


class CallKind(StrEnum):
    """Reads and writes are budgeted apart: writes keep priority."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class CallSeen:
    """One call that was made, for the budget and for `status`."""

    service: str
    kind: CallKind
    status: int | None  # None: no answer
    server_time: datetime | None = None  # the Date header: our clock is held against it
    day_remaining: int | None = None  # where the service says so (Xero)


class CallMeter(Protocol):
    """The budget of calls of one company. Adapters ask before and tell after each call."""

    def before(self, service: str, kind: CallKind) -> None:
        """Go ahead, or raise `Throttled` when the budget of that service is used up or it is pausing."""
        ...

    def after(self, call: CallSeen) -> None:
        """Count it."""
        ...

    def pause(self, service: str, until: datetime) -> None:
        """The service asked us to wait: everything of this company on that service waits, not the one call."""
        ...


CALLS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Wire:
    """What every adapter shares: whose calls they are, the clock, the budget, and time-outs in seconds."""

    company: str
    clock: Clock
    meter: CallMeter
    connect_timeout: float = 5.0  # a host that does not accept in 5 s is down, not slow
    read_timeout: float = 30.0  # the services' own server limits are 15-26 s (Twilio) to 120 s (Intuit)
    # Entered around each call. Xero allows an organisation five calls at once and Intuit a company ten; one is left
    # for a person's command beside the daemon.
    lane: AbstractContextManager[object] = field(default_factory=lambda: BoundedSemaphore(CALLS_AT_ONCE))
