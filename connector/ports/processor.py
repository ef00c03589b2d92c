"""Who takes the payments, behind a port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connector.domain.money import Money
from connector.ports.findings import Finding


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
