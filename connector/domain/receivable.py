"""What a ledger said about an invoice and its customer, and at which version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from connector.domain.money import Money


class ReceivableState(StrEnum):
    """The states we tell apart; each ledger's own spelling stays in its adapter."""

    DRAFT = "draft"  # not issued yet: nothing is owed
    OPEN = "open"  # issued, balance above zero
    PAID = "paid"  # balance zero, by whatever means (payment, credit, overpayment)
    VOIDED = "voided"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Receivable:
    """An issued invoice as last read from the ledger, which is the authority.

    `version` changes whenever the ledger says the invoice changed (SyncToken, UpdatedDateUTC). `issued_on` and
    `due_on` are civil dates of the company's zone. `updated_at` is the ledger's own time, UTC.
    """

    ledger_id: str
    number: str | None  # what people call it; may be missing, may not be unique
    customer_id: str
    customer_name: str
    total: Money
    balance: Money
    issued_on: date
    due_on: date | None
    state: ReceivableState
    version: str
    updated_at: datetime
    promised_on: date | None = None  # the day a person wrote in the ledger as the expected payment
    sent_by_ledger: bool | None = None  # the ledger itself mailed it; None where it does not say
    payable_elsewhere: bool = False  # the ledger offers the customer its own way to pay online

    @property
    def label(self) -> str:
        """How to name it to a person."""
        return self.number or f"(no number, id {self.ledger_id})"

    @property
    def is_owed(self) -> bool:
        """Issued, and something is still to be paid."""
        return self.state is ReceivableState.OPEN and self.balance.is_positive


@dataclass(frozen=True, slots=True)
class Customer:
    """The ledger's record of who owes. Phone numbers here are the ledger's own words, not yet checked."""

    customer_id: str
    name: str
    given_name: str | None = None
    mobile: str | None = None  # free text from the ledger's mobile field
    other_phone: str | None = None  # free text from its other fields; never texted without the owner's word
    country: str | None = None  # ISO 3166 alpha-2 of the postal address
    region: str | None = None  # state or province of the postal address
    postal_code: str | None = None
    language: str | None = None
    markers: frozenset[str] = field(default_factory=frozenset)  # groups and fields that may stand for consent
    active: bool = True  # False: archived, merged or under an erasure request; never texted
    parent_id: str | None = None  # a sub-customer's parent
