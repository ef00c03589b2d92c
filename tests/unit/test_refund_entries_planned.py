"""Which entries must stand for what went back: exact sums, in order, and for as long as the processor is without it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.balance import Dispute, DisputeState, Refund, RefundState
from connector.domain.clearing import refund_reference
from connector.domain.effect import BooksIdentity, booking_reference
from connector.domain.money import Money
from connector.domain.refund_entries import (
    Away,
    Booked,
    Piece,
    RefundPlan,
    away,
    entry_reference,
    laid,
    plan_refunds,
    refund_key,
)
from connector.domain.reversal import Cause, Returned

DAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
US = BooksIdentity("quickbooks", "realm1", "acct_1")


def usd(amount: str | int) -> Money:
    return Money.of(amount, "USD")


def refund(
    amount: str, name: str = "re_1", state: RefundState = RefundState.SUCCEEDED, *, day: int = 0, currency: str = "USD"
) -> Refund:
    return Refund(name, "pi_1", Money.of(amount, currency), state, DAY + timedelta(days=day))


def dispute(amount: str, state: DisputeState, name: str = "du_1") -> Dispute:
    return Dispute(name, "pi_1", usd(amount), state, DAY)


def gone(*refunds: Refund, disputes: tuple[Dispute, ...] = (), failed: bool = False) -> Returned:
    return Returned(refunds, disputes, debit_failed=failed)


BOOKED = (Booked("DBCREDIT", usd("20.00")), Booked("DBFIRST", usd("100.00")), Booked("DBSECOND", usd("80.00")))


def pieces(plan: RefundPlan) -> list[tuple[str, str, Money]]:
    return [(one.object_id, one.of_reference, one.amount) for _, one in plan.wanted]


@pytest.mark.parametrize("state", list(RefundState))
def test_a_refund_takes_its_money_when_it_is_made_and_gives_it_back_when_it_comes_to_nothing(
    state: RefundState,
) -> None:
    found = away(gone(refund("20.00", state=state)))
    kept = state in {RefundState.PENDING, RefundState.SUCCEEDED}
    assert found == ((Away("re_1", Cause.REFUND, usd("20.00"), DAY),) if kept else ())


@pytest.mark.parametrize("state", list(DisputeState))
def test_a_dispute_takes_it_when_it_opens_and_gives_it_back_when_it_is_won(state: DisputeState) -> None:
    found = away(gone(disputes=(dispute("120.00", state),)))
    kept = state in {DisputeState.OPEN, DisputeState.LOST}
    assert found == ((Away("du_1", Cause.DISPUTE, usd("120.00"), DAY),) if kept else ())


def test_the_pieces_of_each_refund_lie_end_to_end_behind_what_stands_of_it() -> None:
    standing = [Piece("re_1", "DBCREDIT", usd("20.00")), Piece("re_9", "DBFIRST", usd("1.00"))]
    first, second = (Piece("re_1", one, usd(amount)) for one, amount in (("DBFIRST", "50.00"), ("DBSECOND", "30.00")))
    other = Piece("re_2", "DBSECOND", usd("5.00"))
    each = Away("re_1", Cause.REFUND, usd("100.00"), DAY)
    another = Away("re_2", Cause.REFUND, usd("5.00"), DAY)
    found = list(laid([(each, first), (another, other), (each, second)], standing))
    assert found == [
        (each, first, usd("20.00")),
        (another, other, usd("0.00")),
        (each, second, usd("70.00")),
    ]


def test_of_a_debit_that_the_bank_took_back_nothing_is_entered_and_what_stands_goes() -> None:
    standing = [Piece("re_1", "DBFIRST", usd("20.00"))]
    plan = plan_refunds(gone(refund("20.00"), failed=True), BOOKED, standing)
    assert plan == RefundPlan(back=(standing[0],))


def test_money_is_taken_in_order_and_the_oldest_refund_first() -> None:
    plan = plan_refunds(gone(refund("90.00", "re_2", day=1), refund("50.00", "re_9")), BOOKED, [])
    assert pieces(plan) == [
        ("re_9", "DBCREDIT", usd("20.00")),
        ("re_9", "DBFIRST", usd("30.00")),
        ("re_2", "DBFIRST", usd("70.00")),
        ("re_2", "DBSECOND", usd("20.00")),
    ]


def test_what_stands_stays_as_it_is_and_only_the_rest_is_entered() -> None:
    standing = [Piece("re_1", "DBFIRST", usd("20.00"))]
    plan = plan_refunds(gone(refund("20.00"), refund("30.00", "re_2", day=1)), BOOKED, standing)
    assert pieces(plan) == [("re_2", "DBCREDIT", usd("20.00")), ("re_2", "DBFIRST", usd("10.00"))]
    assert plan.back == ()


def test_a_piece_whose_booking_is_out_of_the_books_still_stands_for_its_refund() -> None:
    plan = plan_refunds(gone(refund("20.00")), BOOKED, [Piece("re_1", "DBGONE", usd("20.00"))])
    assert plan == RefundPlan()


def test_no_booking_gets_two_pieces_of_one_refund() -> None:
    plan = plan_refunds(gone(refund("60.00")), BOOKED[1:2], [Piece("re_1", "DBFIRST", usd("20.00"))])
    assert (pieces(plan), [one.amount for one in plan.uncovered]) == ([], [usd("40.00")])


def test_what_came_back_goes_and_what_is_more_than_was_booked_is_for_a_person() -> None:
    standing = [Piece("re_1", "DBFIRST", usd("20.00"))]
    failed = refund("20.00", state=RefundState.FAILED)
    plan = plan_refunds(gone(failed, refund("120.00", "re_2")), BOOKED[1:2], standing)
    assert plan.back == (standing[0],)
    assert pieces(plan) == [("re_2", "DBFIRST", usd("100.00"))]
    assert plan.uncovered == (Away("re_2", Cause.REFUND, usd("20.00"), DAY),)


def test_what_was_taken_out_before_is_not_entered_again() -> None:
    lost = gone(disputes=(dispute("100.00", DisputeState.LOST),))
    assert plan_refunds(lost, BOOKED, [], {"du_1"}) == RefundPlan(again=away(lost))
    partly = [Piece("du_1", "DBFIRST", usd("80.00"))]
    assert plan_refunds(lost, BOOKED, partly, {"du_1"}) == RefundPlan()


def test_amounts_of_two_currencies_are_added_up_by_nobody() -> None:
    with pytest.raises(ValueError, match="EUR"):
        plan_refunds(gone(refund("20.00", currency="EUR")), BOOKED, [])


@given(
    st.lists(st.integers(1, 9000), min_size=1, max_size=5),
    st.lists(st.integers(1, 12000), min_size=1, max_size=5),
)
def test_sums_are_exact_and_what_is_planned_needs_no_second_plan(booked: list[int], given_back: list[int]) -> None:
    there = [Booked(f"DB{number}", Money.from_minor(minor, "USD")) for number, minor in enumerate(booked)]
    made = [
        refund(str(usd(0).amount + Money.from_minor(one, "USD").amount), f"re_{n}", day=n)
        for n, one in enumerate(given_back)
    ]
    plan = plan_refunds(gone(*made), there, [])
    covered = sum(one.amount.minor for _, one in plan.wanted)
    assert covered == min(sum(booked), sum(given_back))
    assert covered + sum(one.amount.minor for one in plan.uncovered) == sum(given_back)
    for one in there:
        assert sum(each.amount.minor for _, each in plan.wanted if each.of_reference == one.reference) <= (
            one.amount.minor
        )
    again = plan_refunds(gone(*made), there, [one for _, one in plan.wanted])
    assert (again.wanted, again.back, again.uncovered) == ((), (), plan.uncovered)


def test_a_refund_of_one_booking_carries_what_a_reconciliation_looks_for_and_each_other_its_own() -> None:
    whole, part = booking_reference(US, "pi_1"), booking_reference(US, "pi_1", "inv1")
    assert entry_reference(US, "pi_1", Cause.REFUND, "re_1", whole) == refund_reference(US, "re_1")
    others = {
        entry_reference(US, "pi_1", Cause.REFUND, "re_1", part),
        entry_reference(US, "pi_1", Cause.REFUND, "re_2", part),
        entry_reference(US, "pi_1", Cause.DISPUTE, "du_1", whole),
        refund_reference(US, "re_1"),
    }
    assert len(others) == 4
    assert all(len(one) == 21 and one.startswith("DBR") for one in others)
    assert refund_key(US, "re_1", whole) != refund_key(US, "re_1", part)
