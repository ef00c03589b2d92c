"""A confirmed payment meets the balance of its receivable: what is booked, what becomes a credit, what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.money import Money
from connector.domain.receivable import Receivable, ReceivableState


class Surplus(StrEnum):
    """What becomes of money that its receivable does not take; the owner's choice."""

    ASK = "ask"  # a payment that does not fit is left alone as a whole, and a person decides
    CREDIT = "credit"  # what fits is booked, and the rest is the customer's credit


class Refunds(StrEnum):
    """What becomes of the booking of a payment whose money went back; the owner's choice."""

    ASK = "ask"  # the owner is told, and nothing is changed in the ledger
    BOOK = "book"  # what went back, a part too, is an entry of its own, and the invoice stays paid
    REOPEN = "reopen"  # once all of it is gone for good the booking is reversed, and its invoice is owed again


class Verdict(StrEnum):
    """How a payment that has succeeded meets its receivable."""

    ALLOCATE = "allocate"
    ALREADY_PAID = "already_paid"  # nothing is owed any more: paid twice, or by cheque meanwhile
    TOO_MUCH = "too_much"  # more than is still owed
    CLOSED = "closed"  # the receivable was voided or deleted
    OTHER_CURRENCY = "other_currency"
    OTHER_MODE = "other_mode"  # a test payment with live settings, or the other way round


@dataclass(frozen=True, slots=True)
class Division:
    """What becomes of one payment. The three amounts are in its currency, never negative, and together all of it."""

    verdict: Verdict
    booked: Money  # on the receivable
    credited: Money  # to its customer
    asked: Money  # left alone until a person has decided

    @property
    def fits(self) -> bool:
        """All of it settles its receivable."""
        return self.verdict is Verdict.ALLOCATE


def divide(
    paid: Money, *, live: bool, expect_live: bool, receivable: Receivable | None, surplus: Surplus = Surplus.ASK
) -> Division:
    """Decide from the payment and the receivable as it was re-read just now. Nothing is ever rounded or refunded here.

    `receivable` is None when nothing is known of it, not even whose it was. Money in another currency than it is owed
    in, or of the other mode, is asked about whatever `surplus` says: nobody can tell what of it would fit.
    """
    verdict = _verdict(paid, live=live, expect_live=expect_live, receivable=receivable)
    nothing = Money.zero(paid.currency)
    if verdict is Verdict.ALLOCATE:
        return Division(verdict, paid, nothing, nothing)
    if surplus is Surplus.ASK or verdict is Verdict.OTHER_MODE:
        return Division(verdict, nothing, nothing, paid)
    if receivable is None or receivable.balance.currency != paid.currency:
        return Division(verdict, nothing, nothing, paid)
    booked = receivable.balance if verdict is Verdict.TOO_MUCH else nothing
    return Division(verdict, booked, paid - booked, nothing)


def _verdict(paid: Money, *, live: bool, expect_live: bool, receivable: Receivable | None) -> Verdict:
    if live != expect_live:
        return Verdict.OTHER_MODE
    if receivable is None or receivable.state in {ReceivableState.VOIDED, ReceivableState.DELETED}:
        return Verdict.CLOSED
    if paid.currency != receivable.balance.currency:
        return Verdict.OTHER_CURRENCY
    if not receivable.is_owed:
        return Verdict.ALREADY_PAID
    return Verdict.TOO_MUCH if receivable.balance < paid else Verdict.ALLOCATE


def part_on_record(there: Money, note: str, paid: Money) -> Money:
    """How much of a payment an entry over `there` stands for: all of it, unless its note says the rest is a credit.

    An entry of less without those words was made smaller by somebody.
    """
    is_part = there.currency == paid.currency and there < paid and rest_in_words(paid - there) in note
    return there if is_part else paid


def rest_in_words(rest: Money) -> str:
    """What the note of a booking says where only a part of its payment is on the receivable.

    By these words it is told apart from an entry that somebody made smaller, when no memory of it is left.
    """
    return f"{rest} of it as credit"
