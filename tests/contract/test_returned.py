"""What every processor must tell of money that went back, said against what was done at the processor before."""

from __future__ import annotations

from datetime import timedelta

from connector.domain.balance import DisputeState, RefundState
from connector.domain.money import Money
from connector.domain.reversal import Cause, Course, Returned, Standing, standing_of
from tests.contract.looking import look_again
from tests.contract.test_treasury_contract import LONG_AGO, MINUTE, debited, link_of, paid
from tests.contract.treasury_harness import TreasuryHarness


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


PAID = usd("120.50")


def returned(h: TreasuryHarness, payment_id: str, number: int = 0) -> Returned:
    """What is told once so many refunds and disputes are."""
    return look_again(
        h,
        lambda: h.reader.returned(payment_id),
        lambda found: len(found.refunds) + len(found.disputes) >= number,
    )


def test_of_a_payment_that_stands_nothing_went_back(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    assert returned(h, paid(h, PAID)) == Returned()
    assert not returned(h, debited(h, usd("75.00"))).debit_failed


def test_refunds_are_told_one_by_one_and_a_failed_one_as_failed(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = paid(h, PAID)
    h.refund(payment_id, usd("20.00"))
    h.let_time_pass(MINUTE)
    h.refund(payment_id, usd("100.50"))
    told = returned(h, payment_id, 2)
    assert [(one.amount, one.state) for one in told.refunds] == [
        (usd("20.00"), RefundState.SUCCEEDED),
        (usd("100.50"), RefundState.SUCCEEDED),
    ]
    last = told.refunds[-1].refund_id
    assert standing_of(PAID, told) == Standing(Course.GONE, PAID, Cause.REFUND, last)
    h.fail_refund(last)
    told = returned(h, payment_id, 2)
    assert [one.state for one in told.refunds] == [RefundState.SUCCEEDED, RefundState.FAILED]
    assert standing_of(PAID, told) == Standing(Course.PART_GONE, usd("20.00"))


def test_a_dispute_is_open_until_it_is_lost_or_won(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    for won, state, course in (
        (False, DisputeState.LOST, Course.GONE),
        (True, DisputeState.WON, Course.DISPUTE_WON),
    ):
        amount = usd("75.00") if won else PAID
        payment_id = paid(h, amount)
        named = h.dispute(payment_id)
        assert standing_of(amount, returned(h, payment_id, 1)).course is Course.DISPUTED
        h.end_dispute(named, won=won)
        told = returned(h, payment_id, 1)
        assert [(one.dispute_id, one.state) for one in told.disputes] == [(named, state)]
        assert standing_of(amount, told).course is course


def test_a_debit_that_the_bank_took_back_is_told(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = debited(h, PAID)
    h.let_time_pass(MINUTE)
    h.bounce(payment_id)
    assert standing_of(PAID, returned(h, payment_id)) == Standing(Course.GONE, PAID, Cause.DEBIT)


def test_what_went_back_of_another_payment_is_not_told(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    first, second = paid(h, PAID), h.pay(link_of(h, usd("75.00")))
    assert second is not None
    h.refund(first, PAID)
    assert len(returned(h, first, 1).refunds) == 1
    assert returned(h, second) == Returned()


def test_what_went_back_of_the_whole_account_is_listed_by_when_it_was_begun(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    first, second = paid(h, PAID), debited(h, usd("75.00"))
    h.refund(first, usd("20.00"))
    dispute = h.dispute(second)
    told = look_again(
        h,
        lambda: h.reader.returned_since(LONG_AGO),
        lambda found: len(found.refunds) + len(found.disputes) >= 2,
    )
    assert [(one.payment_id, one.amount, one.state) for one in told.refunds] == [
        (first, usd("20.00"), RefundState.SUCCEEDED)
    ]
    assert [(one.dispute_id, one.payment_id, one.state) for one in told.disputes] == [
        (dispute, second, DisputeState.OPEN)
    ]
    h.fail_refund(told.refunds[0].refund_id)
    again = look_again(
        h,
        lambda: h.reader.returned_since(LONG_AGO),
        lambda found: any(one.state is RefundState.FAILED for one in found.refunds),
    )
    assert [one.state for one in again.refunds] == [RefundState.FAILED]
    assert h.reader.returned_since(told.disputes[0].created_at + timedelta(days=1)) == Returned()
