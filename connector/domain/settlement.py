"""A confirmed payment meets the balance of its receivable: what is allocated, or why a person must look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.money import Money
from connector.domain.receivable import Receivable, ReceivableState


class Verdict(StrEnum):
    """What to do with a payment that has succeeded."""

    ALLOCATE = "allocate"
    ALREADY_PAID = "already_paid"  # nothing is owed any more: paid twice, or by cheque meanwhile
    TOO_MUCH = "too_much"  # more than is still owed
    CLOSED = "closed"  # the receivable was voided or deleted
    OTHER_CURRENCY = "other_currency"
    OTHER_MODE = "other_mode"  # a test payment with live settings, or the other way round


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of a payment settles which receivable, or the verdict that holds it."""

    verdict: Verdict
    amount: Money | None = None  # set when the verdict is ALLOCATE

    @property
    def held(self) -> bool:
        """A person must decide."""
        return self.verdict is not Verdict.ALLOCATE


def allocate(paid: Money, *, live: bool, expect_live: bool, receivable: Receivable | None) -> Allocation:
    """Decide from the payment and the receivable as it was re-read just now.

    `receivable` is None when the ledger has it no more. Nothing is ever cut, rounded or refunded here.
    """
    if live != expect_live:
        return Allocation(Verdict.OTHER_MODE)
    if receivable is None or receivable.state in {ReceivableState.VOIDED, ReceivableState.DELETED}:
        return Allocation(Verdict.CLOSED)
    if paid.currency != receivable.balance.currency:
        return Allocation(Verdict.OTHER_CURRENCY)
    if not receivable.is_owed:
        return Allocation(Verdict.ALREADY_PAID)
    if receivable.balance < paid:
        return Allocation(Verdict.TOO_MUCH)
    return Allocation(Verdict.ALLOCATE, paid)
