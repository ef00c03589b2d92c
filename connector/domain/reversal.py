"""Money that went back to its payer: what that means for the booking of its payment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from connector.domain.balance import Dispute, DisputeState, Refund, RefundState
from connector.domain.clearing import refund_reference
from connector.domain.effect import BooksIdentity, natural_key
from connector.domain.money import Money


class Cause(StrEnum):
    """Why a booking is reversed."""

    UNDO = "undo"  # the owner's word
    REFUND = "refund"
    DISPUTE = "dispute"  # lost
    CAME_BACK = "came_back"  # of an entry of a refund or dispute: the processor has its money again
    DEBIT = "debit"  # a bank debit that had succeeded was returned by the bank


class Course(StrEnum):
    """How the money of a payment stands that went back, or was to go back."""

    GONE = "gone"  # all of it, for good
    PART_GONE = "part_gone"
    UNCLEAR = "unclear"  # amounts in more than one currency: nobody can add them up
    DISPUTED = "disputed"  # taken for now; the bank has not decided
    ASKED_ABOUT = "asked_about"  # the bank only asks; no money has moved
    ON_ITS_WAY = "on_its_way"  # a refund that has neither succeeded nor failed
    REFUND_FAILED = "refund_failed"  # or was cancelled: the money is with the owner
    DISPUTE_WON = "dispute_won"
    DISPUTE_CLOSED = "dispute_closed"  # without any money having gone for good
    STAYS = "stays"  # nothing of it went back


@dataclass(frozen=True, slots=True)
class Returned:
    """Everything that the processor, when asked, knows to have gone back of one payment, or to be about to.

    `debit_failed`: the bank took the whole debit back after it had succeeded.
    """

    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    debit_failed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The judgement on one payment. `amount` is what is gone for good, in the payment's currency.

    `cause` and `object_id` are set where all is GONE: the refund or dispute that completed it; "" of a failed debit.
    """

    course: Course
    amount: Money
    cause: Cause | None = None
    object_id: str = ""


# Of what has not gone for good, the first that is so is what the owner must know.
_DISPUTES: Final = (
    (DisputeState.OPEN, Course.DISPUTED),
    (DisputeState.INQUIRY, Course.ASKED_ABOUT),
)
_ENDED: Final = (
    (DisputeState.WON, Course.DISPUTE_WON),
    (DisputeState.CLOSED, Course.DISPUTE_CLOSED),
)


def standing_of(paid: Money, returned: Returned) -> Standing:
    """What became of a payment of `paid`, from the refunds and disputes as they stand now.

    A refund counts once it has succeeded, a dispute once it is lost. The one that completed the whole is the youngest.
    """
    nothing = Money.zero(paid.currency)
    if returned.debit_failed:
        return Standing(Course.GONE, paid, Cause.DEBIT)
    lost = [one for one in returned.disputes if one.state is DisputeState.LOST]
    given = [one for one in returned.refunds if one.state is RefundState.SUCCEEDED]
    amounts = [*(one.amount for one in lost), *(one.amount for one in given)]
    if any(one.currency != paid.currency for one in amounts):
        return Standing(Course.UNCLEAR, nothing)
    gone = sum(amounts, nothing)
    if gone.is_positive and not gone < paid:
        return _complete(gone, given, lost)
    course = _course_of_the_rest(returned)
    if gone.is_positive and course in {Course.STAYS, Course.REFUND_FAILED, *(one for _, one in _ENDED)}:
        course = Course.PART_GONE
    return Standing(course, gone)


def _complete(gone: Money, given: Iterable[Refund], lost: Iterable[Dispute]) -> Standing:
    ends: list[tuple[datetime, str, Cause]] = [(one.created_at, one.refund_id, Cause.REFUND) for one in given]
    ends += [(one.created_at, one.dispute_id, Cause.DISPUTE) for one in lost]
    _, object_id, cause = max(ends)
    return Standing(Course.GONE, gone, cause, object_id)


def _course_of_the_rest(returned: Returned) -> Course:
    disputes = {one.state for one in returned.disputes}
    refunds = {one.state for one in returned.refunds}
    for state, course in _DISPUTES:
        if state in disputes:
            return course
    if RefundState.PENDING in refunds:
        return Course.ON_ITS_WAY
    for state, course in _ENDED:
        if state in disputes:
            return course
    return Course.REFUND_FAILED if refunds & {RefundState.FAILED, RefundState.CANCELLED} else Course.STAYS


def reversal_key(identity: BooksIdentity, cause: Cause, object_id: str, booking_key: str) -> str:
    """Names the reversal for one reason of what `booking_key` books, for ever.

    `object_id` is the refund or dispute; of the owner's word the entry in the ledger: one that was booked anew may be
    undone anew, and no refund reverses it a second time.
    """
    return natural_key(identity, "reversal", cause.value, object_id, booking_key)


def reversal_reference(identity: BooksIdentity, cause: Cause, object_id: str, booking_key: str) -> str:
    """What the ledger keeps of a reversal, where it keeps anything: 21 characters, as of every entry of ours."""
    if cause is Cause.REFUND:
        return refund_reference(identity, object_id)
    return f"DBR{reversal_key(identity, cause, object_id, booking_key)[:18]}"
