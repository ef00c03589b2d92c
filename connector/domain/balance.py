"""The processor's balance: each movement of it, and the objects behind the movements, in our words.

A movement never changes once it stands; what it was made for does (a refund may fail, a payout be sent back), and then
another movement follows. The sum of `net` over all movements of one currency is the balance in that currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from connector.domain.money import Money


class ChangeKind(StrEnum):
    """Why the balance moved."""

    PAYMENT = "payment"
    PAYMENT_FAILURE = "payment_failure"  # a bank debit that had succeeded was returned
    REFUND = "refund"
    REFUND_FAILURE = "refund_failure"  # the payer's bank could not take it: the money is back
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"  # won: the money is back
    FEE = "fee"  # the processor's own, of no single payment; those of a payment stand in its `fee`
    PAYOUT = "payout"
    PAYOUT_FAILURE = "payout_failure"  # the bank sent it back
    OTHER = "other"  # reserves, top-ups, loans, corrections: only a person can say what they are in the books


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """One movement of the balance: `amount` less `fee` is `net`, all three in the currency of the balance.

    What comes in is positive; a fee that is taken is positive too, and one that is given back is negative. Times are
    UTC; from `available_at` on the money can be paid out.

    Raises:
        ValueError: `net` is not `amount` less `fee`, or they are in different currencies.
    """

    change_id: str  # unique for one movement, for ever
    kind: ChangeKind
    amount: Money
    fee: Money
    net: Money
    source_id: str  # what it was made for, "" where it is for nothing of its own
    created_at: datetime
    available_at: datetime
    payment_id: str | None = None  # also of a refund and a dispute: the payment they are of
    refund_id: str | None = None
    dispute_id: str | None = None
    payout_id: str | None = None
    source_amount: Money | None = None  # the same as `amount` in the currency of the payment, before any exchange
    exchange_rate: Decimal | None = None  # of the balance's currency for one of the payment's, in major units
    fee_tax: Money | None = None  # the part of `fee` that is a tax on it; None where there is none
    presentment: Money | None = None  # what the payer was shown and paid, where that was a third currency
    description: str = ""

    def __post_init__(self) -> None:
        if self.amount - self.fee != self.net:
            raise ValueError(f"{self.amount} less a fee of {self.fee} is not {self.net} ({self.change_id})")

    @property
    def currency(self) -> str:
        """In which balance it is."""
        return self.net.currency


class RefundState(StrEnum):
    """Where a refund stands. It takes its money when it is made, whatever becomes of it."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on a payment, by a person at the processor; `amount` in the currency of the payment."""

    refund_id: str
    payment_id: str  # "" where it is of no payment that has an id of this kind
    amount: Money
    state: RefundState
    created_at: datetime
    reason: str = ""  # in the processor's words


class DisputeState(StrEnum):
    """Where a dispute stands."""

    INQUIRY = "inquiry"  # the bank only asks; no money has moved
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"  # an inquiry that ended, or one that was settled before it began


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payer who told his bank that he does not owe a payment; `amount` in the currency of the payment."""

    dispute_id: str
    payment_id: str
    amount: Money
    state: DisputeState
    created_at: datetime
    respond_by: datetime | None = None
    reason: str = ""


class PayoutState(StrEnum):
    """Where a payout stands. One that is paid may still be sent back."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Payout:
    """A transfer to the bank, or from it where `amount` is negative.

    `itemised`: the processor can say now which movements are in it. It never can for one asked for by hand.
    """

    payout_id: str
    amount: Money
    state: PayoutState
    arrives_on: date  # by the processor's estimate, a day of the bank
    automatic: bool
    created_at: datetime
    itemised: bool = False
    trace: str = ""  # the bank's own reference, where it gives one
    failure: str = ""  # why it was sent back, in the processor's words


@dataclass(frozen=True, slots=True)
class Held:
    """The balance in one currency."""

    available: Money
    pending: Money

    @property
    def total(self) -> Money:
        """The sum of every movement so far."""
        return self.available + self.pending
