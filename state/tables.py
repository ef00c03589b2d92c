"""What we remember, as tables. Each constraint says what it prevents. Nothing that PostgreSQL could not do as well.

Times are UTC; amounts are minor units of ISO 4217 beside their currency; civil dates are the company's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, TypeDecorator, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. A naive one is refused: it would shift by hours without a word."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time was about to be stored")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Out of the database; SQLite hands it back without its zone."""
        del dialect
        if value is None:
            return None
        found: datetime = value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def instant(*, default: Any = ..., index: bool = False) -> Any:
    """A column for an instant."""
    return Field(default, sa_type=UtcDateTime, index=index)


def minor_units(*, default: Any = ...) -> Any:
    """A column for an amount in minor units: 64 bits, since 32 end at 21 million dollars."""
    return Field(default, sa_type=BigInteger)


class CompanyRow(SQLModel, table=True):
    """A company and whose books and money it is bound to, once known."""

    __tablename__: ClassVar[Any] = "companies"
    company: str = Field(primary_key=True)
    ledger_kind: str
    tenant_id: str
    processor_account: str
    ledger_name: str = ""
    bound_at: datetime = instant()
    # Two companies on one set of books would each text and book: prevented here, whatever the settings say.
    __table_args__ = (UniqueConstraint("ledger_kind", "tenant_id", name="one_company_per_books"),)


class CursorRow(SQLModel, table=True):
    """How far a list was read. Moved in the same database transaction as what was read is stored."""

    __tablename__: ClassVar[Any] = "cursors"
    company: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    moved_at: datetime = instant()


class ReceivableRow(SQLModel, table=True):
    """A receivable as last read, with our last verdict on it. `review_at`: when to decide again, None: on change."""

    __tablename__: ClassVar[Any] = "receivables"
    company: str = Field(primary_key=True)
    ledger_id: str = Field(primary_key=True)
    number: str | None = None
    customer_id: str
    customer_name: str
    total: int = minor_units()
    balance: int = minor_units()
    currency: str = Field(max_length=3)
    issued_on: date
    due_on: date | None = None
    state: str
    version: str
    updated_at: datetime = instant()
    promised_on: date | None = None
    sent_by_ledger: bool | None = None
    payable_elsewhere: bool = False
    first_seen_at: datetime = instant()
    read_at: datetime = instant()
    admitted: bool = False
    reason: str = "in_progress"
    decided_at: datetime | None = instant(default=None)
    review_at: datetime | None = instant(default=None)
    __table_args__ = (
        Index("receivables_review", "company", "review_at"),
        Index("receivables_number", "company", "number"),
        Index("receivables_customer", "company", "customer_id"),
        Index("receivables_state", "company", "state"),
    )


class CustomerRow(SQLModel, table=True):
    """A customer as last read; `phone` is the parsed E.164 number."""

    __tablename__: ClassVar[Any] = "customers"
    company: str = Field(primary_key=True)
    customer_id: str = Field(primary_key=True)
    name: str
    given_name: str | None = None
    mobile: str | None = None
    other_phone: str | None = None
    phone: str | None = None
    country: str | None = None
    region: str | None = None
    postal_code: str | None = None
    language: str | None = None
    markers: str = "[]"
    active: bool = True
    read_at: datetime = instant()
    __table_args__ = (Index("customers_phone", "company", "phone"),)


class ConsentRow(SQLModel, table=True):
    """One entry of the consent register; only ever added to, and chained (`connector.domain.consent_chain`).

    `recorded_at` is when the person said so, `entered_at` when it came into the register (None: before that was noted).
    """

    __tablename__: ClassVar[Any] = "consents"
    entry: int | None = Field(default=None, primary_key=True)
    company: str
    phone: str
    state: str
    wording: str
    method: str
    recorded_at: datetime = instant()
    recorded_by: str
    evidence: str = ""
    source: str = ""
    place: int  # of the company's register, from 1
    previous_hash: str = Field(max_length=64)
    entry_hash: str = Field(max_length=64)
    entered_at: datetime | None = instant(default=None)
    __table_args__ = (
        Index("consents_phone", "company", "phone"),
        # Two writers that both follow on one entry would make two registers of one.
        UniqueConstraint("company", "place", name="one_consent_per_place"),
        UniqueConstraint("company", "previous_hash", name="one_consent_follows_each"),
        # The same reply read twice, or the same row imported twice, is one entry.
        UniqueConstraint("company", "phone", "state", "source", name="one_consent_per_source"),
    )


class UnreachableRow(SQLModel, table=True):
    """A number the messaging service refused for good: landline, unknown."""

    __tablename__: ClassVar[Any] = "unreachable"
    company: str = Field(primary_key=True)
    phone: str = Field(primary_key=True)
    code: str
    since: datetime = instant()


class LookedUpRow(SQLModel, table=True):
    """What the messaging service said of a number when it was asked, which costs: so it is asked once in 90 days."""

    __tablename__: ClassVar[Any] = "looked_up"
    company: str = Field(primary_key=True)
    phone: str = Field(primary_key=True)
    line: str
    reassigned: bool | None = None  # since the consent; None: not known
    looked_at: datetime = instant()


class LinkRow(SQLModel, table=True):
    """A payment link we made, and what it asks for one receivable: a joint link is a row for each of its own.

    `joint`: of a joint link the ledger ids of all its receivables, in order, with spaces between; None: of one alone.
    """

    __tablename__: ClassVar[Any] = "links"
    company: str = Field(primary_key=True)
    link_id: str = Field(primary_key=True)
    ledger_id: str = Field(primary_key=True)
    url: str
    reference: str
    amount: int = minor_units()
    currency: str = Field(max_length=3)
    generation: int
    made_at: datetime = instant()
    texted_at: datetime | None = instant(default=None)
    retired_at: datetime | None = instant(default=None)
    joint: str | None = None
    __table_args__ = (
        Index("links_receivable", "company", "ledger_id"),
        # Two live links for one state of a receivable could both be paid.
        UniqueConstraint("company", "reference", "ledger_id", name="one_link_per_reference"),
        Index("links_live", "company", "retired_at"),
    )


class PaymentRow(SQLModel, table=True):
    """A payment the processor, when asked, told of, and how much of it is for one receivable.

    `verdict` is what settlement decided. `shared`: it was paid on a joint link, and is a row for each receivable of it.
    """

    __tablename__: ClassVar[Any] = "payments"
    company: str = Field(primary_key=True)
    # One payment for a receivable is one row, however many events tell of it.
    payment_id: str = Field(primary_key=True)
    ledger_id: str = Field(primary_key=True)
    session_id: str
    link_id: str
    state: str
    amount: int = minor_units()
    currency: str = Field(max_length=3)
    method: str
    live: bool
    created_at: datetime = instant()
    paid_at: datetime | None = instant(default=None)
    read_at: datetime = instant()
    verdict: str = "open"  # open, allocated, booked, held, reversed
    look_at: datetime | None = instant(default=None)  # not before: settling it failed for a reason of its own
    shared: bool = False
    __table_args__ = (
        Index("payments_receivable", "company", "ledger_id"),
        Index("payments_verdict", "company", "verdict"),
        CheckConstraint("amount > 0", name="a_payment_is_more_than_nothing"),
    )


class HintRow(SQLModel, table=True):
    """A processor's event as received, stored before it is worked on."""

    __tablename__: ClassVar[Any] = "hints"
    company: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    kind: str
    object_id: str
    occurred_at: datetime = instant()
    raw: str
    received_at: datetime = instant()
    worked_at: datetime | None = instant(default=None)
    look_at: datetime | None = instant(default=None)  # not before: working on it failed for a reason of its own
    __table_args__ = (Index("hints_unworked", "company", "worked_at"),)


class InboundRow(SQLModel, table=True):
    """A text somebody sent to the company."""

    __tablename__: ClassVar[Any] = "inbound_texts"
    company: str = Field(primary_key=True)
    text_id: str = Field(primary_key=True)  # the same text polled twice is one row
    phone: str
    body: str
    received_at: datetime = instant()
    meaning: str
    __table_args__ = (Index("inbound_phone", "company", "phone"),)


class TextRow(SQLModel, table=True):
    """A text we sent, and how far it came. `check_at`: when to ask for its delivery again, None: final."""

    __tablename__: ClassVar[Any] = "texts"
    company: str = Field(primary_key=True)
    text_id: str = Field(primary_key=True)
    effect_key: str
    ledger_id: str
    phone: str
    purpose: str
    state: str
    error_code: str | None = None
    segments: int | None = None
    price: str | None = None
    price_currency: str | None = None
    sent_at: datetime = instant()
    looks: int = 0
    check_at: datetime | None = instant(default=None)
    __table_args__ = (
        # One text per effect: a second row would mean that a person got it twice.
        UniqueConstraint("company", "effect_key", name="one_text_per_effect"),
        Index("texts_check", "company", "check_at"),
        Index("texts_phone", "company", "phone", "sent_at"),
        Index("texts_sent", "company", "sent_at"),
        Index("texts_receivable", "company", "ledger_id"),
    )


class EffectRow(SQLModel, table=True):
    """The heart: an effect is recorded before it is attempted and concluded after.

    A text about several receivables is one effect; with each but the first of them stands a follower, which names it
    as its `leader`, is never attempted, and is concluded together with it. `followers`: how many it has.
    """

    __tablename__: ClassVar[Any] = "effects"
    key: str = Field(primary_key=True)  # unique: the same occasion cannot be planned twice
    company: str
    kind: str
    subject: str
    phone: str | None = None  # of a text, for the daily cap
    purpose: str | None = None
    step: str | None = None
    request: str
    reason: str
    status: str
    priority: int
    due_at: datetime = instant()
    attempts: int = 0
    slot: int = 0  # bumped when a person orders another try after a refusal: services replay refusals by key
    looks: int = 0  # how often the service was asked what became of it
    planned_at: datetime = instant()
    claimed_by: str | None = None
    claimed_at: datetime | None = instant(default=None)
    finished_at: datetime | None = instant(default=None)
    remote_id: str | None = None
    outcome: str | None = None
    error: str | None = None
    leader: str | None = None
    followers: int | None = None
    __table_args__ = (
        Index("effects_leader", "leader"),
        Index("effects_due", "company", "status", "priority", "due_at"),
        Index("effects_subject", "company", "subject"),
        Index("effects_claimed", "company", "claimed_at"),
        Index("effects_finished", "company", "finished_at"),
        Index("effects_phone", "company", "phone", "planned_at"),
    )


class EffectEventRow(SQLModel, table=True):
    """The past of an effect; only ever added to."""

    __tablename__: ClassVar[Any] = "effect_events"
    entry: int | None = Field(default=None, primary_key=True)
    key: str
    at: datetime = instant()
    before: str | None = None
    after: str
    note: str = ""
    request: str | None = None  # when planned: the exact values
    __table_args__ = (Index("effect_events_key", "key"),)


class AttentionRow(SQLModel, table=True):
    """Something only a person can settle. `key` is the fact, so that one fact is shown once."""

    __tablename__: ClassVar[Any] = "attention"
    key: str = Field(primary_key=True)
    company: str
    subject: str
    happened: str
    not_done: str
    command: str
    opened_at: datetime = instant()
    closed_at: datetime | None = instant(default=None)
    closed_by: str | None = None
    __table_args__ = (Index("attention_open", "company", "closed_at"),)


class LetterRow(SQLModel, table=True):
    """An e-mail to the owner, written in the same database transaction as what it tells.

    `try_at`: when to hand it over next; None: the mail server has taken it, or it was given up (`error` says why).
    """

    __tablename__: ClassVar[Any] = "letters"
    company: str = Field(primary_key=True)
    key: str = Field(primary_key=True)  # one fact is one letter
    subject: str
    body: str
    made_at: datetime = instant()
    try_at: datetime | None = instant(default=None)
    tries: int = 0
    sent_at: datetime | None = instant(default=None)
    error: str = ""
    __table_args__ = (Index("letters_due", "company", "try_at"), Index("letters_made", "company", "made_at"))


class HoldRow(SQLModel, table=True):
    """What keeps texts back: about an invoice, to a customer or a number, of a whole company.

    `until`: the last civil day of the company's zone on which it does; None: until somebody ends it.
    """

    __tablename__: ClassVar[Any] = "holds"
    company: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)  # invoice, customer, and those of `state.names`
    subject: str = Field(primary_key=True)
    why: str
    since: datetime = instant()
    until: date | None = None


class ApprovalRow(SQLModel, table=True):
    """One thing said of a notice before it goes out, or of a company's going live; only ever added to.

    `verdict`: asked, approved, refused; of a company, whose `ledger_id` is "*": live, draft. `void`: said before a
    recovery; kept, and counts no more.
    """

    __tablename__: ClassVar[Any] = "approvals"
    entry: int | None = Field(default=None, primary_key=True)
    company: str
    ledger_id: str
    verdict: str
    step: str = ""
    phone: str = ""
    amount: int = minor_units(default=0)
    currency: str = Field(default="", max_length=3)
    body: str = ""  # what the owner was shown
    by: str  # the user of the operating system; "duebird" where it asked
    at: datetime = instant()
    void: bool = False
    __table_args__ = (Index("approvals_receivable", "company", "ledger_id"),)


class LeaseRow(SQLModel, table=True):
    """What we know of the claim on a company at its processor: whether we are the only ones that work on it.

    Claims are JSON (`connector.domain.lease.Claim.words`). `claim`: the last one we wrote or meant to write, None where
    a recovery has begun the lineage and nothing was claimed in it. `before`: what stood there before it. `tries`:
    requests for it that were answered with a stored failure. `elsewhere`: somebody else's claim, seen instead of ours.
    """

    __tablename__: ClassVar[Any] = "leases"
    company: str = Field(primary_key=True)
    lineage: str
    claim: str | None = None
    before: str | None = None
    tries: int = 0
    elsewhere: str | None = None
    changed_at: datetime = instant()


class CallRow(SQLModel, table=True):
    """Calls made to a service in one UTC hour, for the budget."""

    __tablename__: ClassVar[Any] = "calls"
    company: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    reads: int = 0
    writes: int = 0
