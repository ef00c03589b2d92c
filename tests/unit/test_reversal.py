"""What became of a payment whose money went back, or was to: one judgement, from refunds and disputes as they stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.balance import Dispute, DisputeState, Refund, RefundState
from connector.domain.clearing import refund_reference
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.reversal import (
    Cause,
    Course,
    Returned,
    Standing,
    reversal_key,
    reversal_reference,
    standing_of,
)

DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
US = BooksIdentity("quickbooks", "realm1", "acct_1")


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


PAID = usd("120.00")


def refund(
    amount: str = "120.00", state: RefundState = RefundState.SUCCEEDED, *, name: str = "re_1", day: int = 0
) -> Refund:
    return Refund(name, "pi_1", usd(amount), state, DAY + timedelta(days=day))


def dispute(
    amount: str = "120.00", state: DisputeState = DisputeState.LOST, *, name: str = "du_1", day: int = 0
) -> Dispute:
    return Dispute(name, "pi_1", usd(amount), state, DAY + timedelta(days=day))


def of(*things: Refund | Dispute, failed: bool = False) -> Standing:
    refunds = tuple(one for one in things if isinstance(one, Refund))
    disputes = tuple(one for one in things if isinstance(one, Dispute))
    return standing_of(PAID, Returned(refunds, disputes, debit_failed=failed))


def test_a_whole_refund_a_lost_dispute_and_a_returned_debit_are_gone_for_good() -> None:
    assert of(refund()) == Standing(Course.GONE, PAID, Cause.REFUND, "re_1")
    assert of(dispute()) == Standing(Course.GONE, PAID, Cause.DISPUTE, "du_1")
    assert of(failed=True) == Standing(Course.GONE, PAID, Cause.DEBIT)


def test_what_went_back_in_parts_is_gone_with_the_youngest_of_them() -> None:
    parts = refund("50.00", name="re_9"), refund("70.00", name="re_2", day=3)
    assert of(*parts) == of(*reversed(parts)) == Standing(Course.GONE, PAID, Cause.REFUND, "re_2")
    mixed = refund("50.00"), dispute("70.00", day=1)
    assert of(*mixed) == Standing(Course.GONE, PAID, Cause.DISPUTE, "du_1")


def test_more_than_was_paid_may_go_back_where_a_refund_crosses_a_dispute() -> None:
    assert of(refund(), dispute(day=2)) == Standing(Course.GONE, usd("240.00"), Cause.DISPUTE, "du_1")


@pytest.mark.parametrize(
    ("things", "course", "gone"),
    [
        ((), Course.STAYS, "0.00"),
        ((refund("20.00"),), Course.PART_GONE, "20.00"),
        ((dispute("20.00"),), Course.PART_GONE, "20.00"),
        ((refund(state=RefundState.PENDING),), Course.ON_ITS_WAY, "0.00"),
        ((refund("20.00"), refund("100.00", RefundState.PENDING, name="re_2")), Course.ON_ITS_WAY, "20.00"),
        ((refund(state=RefundState.FAILED),), Course.REFUND_FAILED, "0.00"),
        ((refund(state=RefundState.CANCELLED),), Course.REFUND_FAILED, "0.00"),
        ((refund("20.00"), refund("100.00", RefundState.FAILED, name="re_2")), Course.PART_GONE, "20.00"),
        ((dispute(state=DisputeState.OPEN),), Course.DISPUTED, "0.00"),
        ((refund("20.00"), dispute("100.00", DisputeState.OPEN)), Course.DISPUTED, "20.00"),
        ((dispute(state=DisputeState.INQUIRY),), Course.ASKED_ABOUT, "0.00"),
        ((dispute(state=DisputeState.WON),), Course.DISPUTE_WON, "0.00"),
        ((refund("20.00"), dispute("100.00", DisputeState.WON)), Course.PART_GONE, "20.00"),
        ((dispute(state=DisputeState.CLOSED),), Course.DISPUTE_CLOSED, "0.00"),
    ],
)
def test_everything_else_is_named_and_names_no_reason_to_reverse(
    things: tuple[Refund | Dispute, ...], course: Course, gone: str
) -> None:
    assert of(*things) == Standing(course, usd(gone))


def test_amounts_in_another_currency_are_not_added_up() -> None:
    odd = Refund("re_1", "pi_1", Money.of("120.00", "EUR"), RefundState.SUCCEEDED, DAY)
    assert of(odd) == Standing(Course.UNCLEAR, usd("0.00"))


def test_a_reversal_is_named_by_its_reason_and_what_it_reverses() -> None:
    reasons = (Cause.UNDO, "7"), (Cause.UNDO, "8"), (Cause.REFUND, "re_1"), (Cause.REFUND, "re_2"), (Cause.DEBIT, "")
    keys = {reversal_key(US, *reason, booking) for reason in reasons for booking in ("BOOKING", "CREDIT")}
    assert len(keys) == 10
    assert reversal_key(US, Cause.UNDO, "7", "BOOKING") in keys


def test_what_the_ledger_keeps_of_a_reversal_is_the_refunds_own_reference() -> None:
    assert reversal_reference(US, Cause.REFUND, "re_1", "7") == refund_reference(US, "re_1")
    own = reversal_reference(US, Cause.UNDO, "", "7")
    assert (own[:3], len(own)) == ("DBR", 21)
