"""What the services hold about one company, in our words, as an outsider reads it: nothing from our own database.

The invariants (`connector.domain.invariants`) judge these values. They are read from the live accounts by
`connector.auditing` and from worlds in memory by `adapters.memory.records`. What only one of the two can tell is
optional, and an invariant that needs it says that it cannot be checked from here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Generic, TypeVar

from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable

T = TypeVar("T")

# The metadata that every payment link of ours carries; written by `connector.domain.plan`.
INVOICE_KEY: Final = "duebird_invoice"
TENANT_KEY: Final = "duebird_tenant"
GENERATION_KEY: Final = "duebird_generation"


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T]):
    """How something stood at a service from each moment on (UTC), oldest first, never empty.

    `whole`: it did not exist before the first moment. Otherwise the service does not tell how it stood before.
    """

    since: tuple[datetime, ...]
    states: tuple[T, ...]
    whole: bool = True

    def __post_init__(self) -> None:
        if not self.since or len(self.since) != len(self.states):
            raise ValueError("a timeline needs a moment for each state, and at least one")

    @classmethod
    def now_only(cls, state: T, since: datetime) -> Timeline[T]:
        """Of something of which only the present state is known, and since when it holds."""
        return cls((since,), (state,), whole=False)

    @property
    def latest(self) -> T:
        """As it stands."""
        return self.states[-1]

    @property
    def begins(self) -> datetime:
        """The first moment anything is known of."""
        return self.since[0]

    def knows(self, moment: datetime) -> bool:
        """Whether it can be told how it stood then."""
        return self.whole or self.begins <= moment

    def as_of(self, moment: datetime) -> T | None:
        """As it stood then; None where it did not exist or nobody can tell (`knows` tells which)."""
        found = bisect_right(self.since, moment)
        return self.states[found - 1] if found else None

    def during(self, begin: datetime, end: datetime) -> tuple[T, ...]:
        """Every state it had from `begin` to `end`, both included."""
        first = max(bisect_right(self.since, begin) - 1, 0)
        return self.states[first : bisect_right(self.since, end)]


@dataclass(frozen=True, slots=True)
class InvoiceRecord:
    """An invoice with how it stood over time.

    `phones`: every number that the ledger gives, or ever gave, for its customer; None where they were not read.
    `customers`: that customer, for the address, in every state that was read; also of those above, where it has its
    number from them. `phones_whole`: also the former ones are among both.
    """

    ledger_id: str
    standings: Timeline[Receivable]
    phones: tuple[Phone, ...] | None = None
    phones_whole: bool = False
    customers: tuple[Customer, ...] = ()

    @property
    def label(self) -> str:
        """How to name it to a person."""
        return self.standings.latest.label


class EntryKind(StrEnum):
    """What an entry of the ledger is. Duebird makes payments and credits; the others are read so that none slips in."""

    PAYMENT = "payment"
    REVERSAL = "reversal"  # takes a payment back, for a refund or a dispute
    EXPENSE = "expense"  # the processor's fee
    TRANSFER = "transfer"  # a payout from the clearing account to the bank
    CREDIT = "credit"  # money received that is on no invoice: the customer's credit


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry of the ledger, ours or anybody's.

    `ledger_id` is the invoice it was made for, None where it is on none. `amount` is all of it, applied or not.
    `booked_on` is the civil day it is booked to, which for a payment of ours is the day the money came.
    `made_at` and `ended_at` (deleted or voided) are UTC; None where the ledger does not tell. `by_us`: a client made
    it, not a person; None where that cannot be told.
    """

    entry_id: str
    kind: EntryKind
    ledger_id: str | None
    amount: Money
    booked_on: date
    reference: str
    note: str
    account_id: str | None
    made_at: datetime | None
    live: bool = True
    ended_at: datetime | None = None
    by_us: bool | None = None


@dataclass(frozen=True, slots=True)
class LedgerRecords:
    """What the ledger holds."""

    tenant_id: str
    invoices: tuple[InvoiceRecord, ...] = ()
    entries: tuple[EntryRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A payment link. `amount` is None where it was not read; `made_at` and `retired_at` where nobody can tell.

    `on`: of a joint link taken apart, the one of its receivables that this is about; `amount` is that one's then.
    """

    link_id: str
    url: str
    reference: str  # "" where the link is not ours
    metadata: Mapping[str, str]
    amount: Money | None
    active: bool
    made_at: datetime | None = None
    retired_at: datetime | None = None
    on: str = ""

    @property
    def ledger_id(self) -> str:
        """The invoice it says it is for, "" where it says none."""
        return self.on or self.metadata.get(INVOICE_KEY, "")


class PaidState(StrEnum):
    """How a payment stands at the processor."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment on a link, pending and failed ones too.

    `on`: of one on a joint link, the one of its receivables that this is about; `amount` is that one's then.
    """

    payment_id: str
    link_id: str
    amount: Money
    reference: str
    metadata: Mapping[str, str]
    live: bool
    states: Timeline[PaidState]
    on: str = ""

    @property
    def ledger_id(self) -> str:
        """The invoice it says it is for, "" where it says none."""
        return self.on or self.metadata.get(INVOICE_KEY, "")

    @property
    def succeeded(self) -> bool:
        """The money has come."""
        return self.states.latest is PaidState.SUCCEEDED

    @property
    def settled_since(self) -> datetime:
        """Since when it stands as it stands."""
        return self.states.since[-1]


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """Money given back on a payment."""

    refund_id: str
    payment_id: str
    amount: Money
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ProcessorRecords:
    """What the processor holds. `refunds` is None where they were not read."""

    account_id: str
    live: bool
    links: tuple[LinkRecord, ...] = ()
    payments: tuple[PaymentRecord, ...] = ()
    refunds: tuple[RefundRecord, ...] | None = None


class TextFate(StrEnum):
    """What became of a text, as far as it matters here."""

    ON_ITS_WAY = "on_its_way"  # accepted or sent: it may arrive
    ARRIVED = "arrived"
    LOST = "lost"  # handed to the carrier, not delivered
    NEVER_SENT = "never_sent"  # failed or cancelled before the carrier had it


@dataclass(frozen=True, slots=True)
class TextRecord:
    """A text that the messaging service accepted from us.

    `asked_at`: when the request for it arrived, which is before `created_at` where the service was slow.
    `valid_for`: how long it might wait in a queue. `handed_on_at`: when the carrier got it. All None where unknown.
    """

    text_id: str
    to: Phone
    body: str
    created_at: datetime
    fate: TextFate
    asked_at: datetime | None = None
    valid_for: timedelta | None = None
    handed_on_at: datetime | None = None
    price: Decimal | None = None
    price_currency: str | None = None

    @property
    def moment(self) -> datetime:
        """When Duebird sent it, as closely as it can be told."""
        return self.asked_at or self.created_at

    @property
    def counts(self) -> bool:
        """Somebody may have read it."""
        return self.fate is not TextFate.NEVER_SENT


@dataclass(frozen=True, slots=True)
class ReplyRecord:
    """A text that somebody sent us. `readable_at`: from when the service's lists showed it."""

    text_id: str
    sender: Phone
    body: str
    received_at: datetime
    readable_at: datetime


@dataclass(frozen=True, slots=True)
class MessengerRecords:
    """What the messaging service holds. `ours_alone`: nobody but Duebird sends through that account."""

    texts: tuple[TextRecord, ...] = ()
    replies: tuple[ReplyRecord, ...] = ()
    ours_alone: bool = False


class Service(StrEnum):
    """Which service."""

    LEDGER = "ledger"
    PROCESSOR = "processor"
    MESSENGER = "messenger"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request that reached a service, or would have. Only a simulator keeps such a log.

    `subject` is what a write was about: our reference, the link's id, or the number in E.164 form. `occasion` tells
    two writes about one subject apart (a text's body). `outcome` is "done", the fault's name, or "rejected:<why>".
    """

    service: Service
    method: str
    at: datetime
    writing: bool
    subject: str
    occasion: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Somebody agreed to be texted at a number, other than by texting us."""

    phone: Phone
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What the owner has been told, as the owner sees it: payments that wait for him, effects that nobody can judge.

    `held` are the processor's ids of payments. `in_doubt` names effects of which it is not known whether they
    happened and of which nobody has been told.
    """

    held: frozenset[str] = frozenset()
    in_doubt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """Everything about one company that an outsider can read, and the settings by which to judge it.

    `rules` are the owner's settings as they are now. `at` is when it was read; `since` is how far back texts and
    entries were read, `payments_since` how far payments and refunds; None: all of them. `requests`, `agreements` and
    `shown` are None where they are not known.
    """

    company: str
    identity: BooksIdentity
    rules: Policy
    at: datetime
    ledger: LedgerRecords
    processor: ProcessorRecords
    messenger: MessengerRecords = field(default_factory=MessengerRecords)
    since: datetime | None = None
    payments_since: datetime | None = None
    requests: tuple[RequestRecord, ...] | None = None
    agreements: tuple[Agreement, ...] | None = None
    shown: Shown | None = None
