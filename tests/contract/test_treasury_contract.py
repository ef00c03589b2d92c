"""What every processor's balance must tell, said against what was done at the processor before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connector.domain.money import Money
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Throttled
from connector.ports.processor import LinkRequest
from connector.ports.treasury import BalanceChange, ChangeKind, DisputeState, PayoutState, RefundState
from tests.contract.looking import look_again
from tests.contract.treasury_harness import TreasuryHarness

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PAGES = 50
K = ChangeKind


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def link_of(h: TreasuryHarness, amount: Money) -> str:
    reference = f"DB{amount.amount}{amount.currency}"
    made = h.processor.create_link(
        LinkRequest(reference, amount, "Invoice 1", "", "", "", "", {"duebird_invoice": "1"}, f"key-{reference}")
    )
    return made.url


def paid(h: TreasuryHarness, amount: Money, *, shown: Money | None = None) -> str:
    """The id of a card payment that is in the balance."""
    payment_id = h.pay(link_of(h, amount))
    assert payment_id is not None
    if shown is not None:
        h.show_other_currency(payment_id, shown)
    h.let_time_pass(MINUTE)
    return payment_id


def debited(h: TreasuryHarness, amount: Money) -> str:
    """The id of a bank debit that has succeeded, not yet in the balance."""
    session_id = h.start_debit(link_of(h, amount))
    assert session_id is not None
    h.finish_debit(session_id, succeeds=True)
    payment = h.processor.payment_of_session(session_id)
    assert payment is not None
    return payment.payment_id


def all_changes(h: TreasuryHarness, since: datetime = LONG_AGO) -> list[BalanceChange]:
    found: list[BalanceChange] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = h.treasury.changes_since(since, cursor)
        assert page.unreadable == ()
        found += page.changes
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError(f"the balance did not end within {PAGES} pages")


def changes(h: TreasuryHarness, *, number: int, since: datetime = LONG_AGO) -> list[BalanceChange]:
    found = look_again(h, lambda: all_changes(h, since), lambda found: len(found) >= number)
    assert len(found) == number
    return found


def newest(h: TreasuryHarness, *, number: int) -> BalanceChange:
    return changes(h, number=number)[-1]


def held(h: TreasuryHarness, currency: str = "USD") -> Money:
    """The whole balance of a currency, which must be the sum of its movements."""
    told = h.treasury.balance().get(currency)
    total = told.total if told is not None else Money.zero(currency)
    summed = sum((one.net for one in all_changes(h) if one.currency == currency), Money.zero(currency))
    assert total == summed
    return total


# ------------------------------------------------------------------------------------------------------ payments


def test_a_payment_moves_the_balance_by_gross_fee_and_net(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = paid(h, usd("120.50"))

    (change,) = changes(h, number=1)

    assert (change.kind, change.payment_id) == (K.PAYMENT, payment_id)
    assert (change.amount, change.fee, change.net) == (usd("120.50"), usd("3.79"), usd("116.71"))
    assert (change.source_amount, change.exchange_rate, change.presentment) == (usd("120.50"), None, None)
    assert (change.refund_id, change.dispute_id, change.payout_id) == (None, None, None)
    assert change.created_at.utcoffset() == timedelta(0)
    assert change.available_at - change.created_at == timedelta(days=2)
    assert h.treasury.change(change.change_id) == change
    assert held(h) == usd("116.71")


def test_an_entry_comes_later_than_its_payment(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    assert h.pay(link_of(h, usd("120.50"))) is not None
    assert all_changes(h) == []
    assert held(h) == usd("0.00")
    h.let_time_pass(MINUTE)
    assert [one.kind for one in changes(h, number=1)] == [K.PAYMENT]


def test_a_payment_is_asked_what_it_became_once_that_is_there(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    h.settle_at("EUR", "1.0837")
    payment_id = h.pay(link_of(h, Money.of("100.00", "EUR")))
    assert payment_id is not None
    assert h.treasury.change_of_payment(payment_id) is None
    h.show_other_currency(payment_id, Money.of("90.00", "CHF"))
    h.let_time_pass(MINUTE)
    found = h.treasury.change_of_payment(payment_id)
    (change,) = changes(h, number=1)
    assert found == change
    assert (change.amount, change.source_amount) == (usd("108.37"), Money.of("100.00", "EUR"))
    h.refund(payment_id, Money.of("40.00", "EUR"))
    assert h.treasury.change_of_payment(payment_id) == change
    assert h.treasury.change_of_payment("pi_none") is None


def test_money_is_pending_before_it_is_available(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    paid(h, usd("120.50"))
    balance = h.treasury.balance()["USD"]
    assert (balance.available, balance.pending) == (usd("0.00"), usd("116.71"))
    h.let_time_pass(timedelta(days=3))
    balance = h.treasury.balance()["USD"]
    assert (balance.available, balance.pending) == (usd("116.71"), usd("0.00"))


def test_a_bank_debit_is_in_the_balance_when_the_bank_has_answered(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    session_id = h.start_debit(link_of(h, usd("120.50")))
    assert session_id is not None
    h.let_time_pass(timedelta(days=3))
    assert all_changes(h) == []
    h.finish_debit(session_id, succeeds=True)
    h.let_time_pass(MINUTE)
    (change,) = changes(h, number=1)
    assert (change.kind, change.amount, change.fee) == (K.PAYMENT, usd("120.50"), usd("0.96"))


def test_a_debit_that_bounces_later_takes_what_it_gave_and_leaves_the_fee(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = debited(h, usd("120.50"))
    h.let_time_pass(MINUTE)
    h.bounce(payment_id)
    change = newest(h, number=2)
    assert (change.kind, change.payment_id) == (K.PAYMENT_FAILURE, payment_id)
    assert (change.amount, change.fee) == (usd("-120.50"), usd("0.00"))
    assert held(h) == usd("-0.96")


# ---------------------------------------------------------------------------------------------------- currencies


@pytest.mark.parametrize(("amount", "currency"), [("98000", "JPY"), ("12.340", "KWD"), ("19.99", "EUR")])
def test_a_currency_may_have_a_balance_of_its_own(
    processor_harness: TreasuryHarness, amount: str, currency: str
) -> None:
    h = processor_harness
    payment_id = paid(h, Money.of(amount, currency))
    (change,) = changes(h, number=1)
    assert (change.amount, change.source_amount) == (Money.of(amount, currency),) * 2
    assert (change.currency, change.exchange_rate) == (currency, None)
    h.refund(payment_id, Money.of(amount, currency))
    assert held(h, currency) == Money.zero(currency) - change.fee


@pytest.mark.parametrize(
    ("amount", "currency", "rate", "settled"),
    [("10.00", "EUR", "1.234", "12.34"), ("98000", "JPY", "0.0066", "646.80"), ("12.340", "KWD", "3.25", "40.11")],
)
def test_a_currency_may_settle_in_another_at_a_rate(
    processor_harness: TreasuryHarness, amount: str, currency: str, rate: str, settled: str
) -> None:
    h = processor_harness
    h.settle_at(currency, rate)
    payment_id = paid(h, Money.of(amount, currency))
    (change,) = changes(h, number=1)
    assert (change.amount, change.source_amount) == (usd(settled), Money.of(amount, currency))
    assert change.exchange_rate == Decimal(rate)

    h.refund(payment_id, Money.of(amount, currency))
    back = newest(h, number=2)
    assert (back.amount, back.fee) == (usd(f"-{settled}"), usd("0.00"))
    assert back.source_amount == Money.of(f"-{amount}", currency)
    assert back.exchange_rate == Decimal(rate)
    assert held(h) == usd("0.00") - change.fee


def test_what_the_payer_saw_in_another_currency_stands_beside_what_was_asked(
    processor_harness: TreasuryHarness,
) -> None:
    h = processor_harness
    payment_id = paid(h, usd("10.00"), shown=Money.of("13.70", "CAD"))
    (change,) = changes(h, number=1)
    assert (change.amount, change.source_amount) == (usd("10.00"), usd("10.00"))
    assert change.presentment == Money.of("13.70", "CAD")
    h.refund(payment_id, usd("5.00"))
    assert newest(h, number=2).presentment == Money.of("-6.85", "CAD")


# ------------------------------------------------------------------------------------------ refunds and disputes


def test_a_refund_is_an_object_and_a_movement_and_keeps_the_fee(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = paid(h, usd("120.50"))
    h.refund(payment_id, usd("20.50"))

    change = newest(h, number=2)
    (refund,) = h.treasury.refunds_of(payment_id)

    assert (refund.payment_id, refund.amount, refund.state) == (payment_id, usd("20.50"), RefundState.SUCCEEDED)
    assert (change.kind, change.refund_id, change.payment_id) == (K.REFUND, refund.refund_id, payment_id)
    assert (change.amount, change.fee, change.net) == (usd("-20.50"), usd("0.00"), usd("-20.50"))
    assert list(h.treasury.refunds_since(LONG_AGO)) == [refund]
    assert list(h.treasury.refunds_since(refund.created_at + timedelta(seconds=1))) == []
    assert held(h) == usd("96.21")


def test_a_refund_is_asked_what_it_took_and_not_what_came_back(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    h.settle_at("EUR", "1.0837")
    payment_id = paid(h, Money.of("100.00", "EUR"))
    h.settle_at("EUR", "1.1")
    h.refund(payment_id, Money.of("40.00", "EUR"))
    change = newest(h, number=2)
    assert change.refund_id is not None
    assert h.treasury.change_of_refund(change.refund_id) == change
    assert (change.amount, change.source_amount) == (usd("-44.00"), Money.of("-40.00", "EUR"))
    h.fail_refund(change.refund_id)
    assert h.treasury.change_of_refund(change.refund_id) == change
    assert h.treasury.change_of_refund("re_none") is None


def test_a_dispute_is_asked_what_it_took_and_not_what_came_back(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    h.settle_at("EUR", "1.0837")
    payment_id = paid(h, Money.of("100.00", "EUR"))
    h.settle_at("EUR", "1.1")
    dispute_id = h.dispute(payment_id, Money.of("40.00", "EUR"))
    change = newest(h, number=2)
    assert h.treasury.change_of_dispute(dispute_id) == change
    assert (change.amount, change.fee) == (usd("-44.00"), usd("15.00"))
    assert change.source_amount == Money.of("-40.00", "EUR")
    h.end_dispute(dispute_id, won=True)
    assert h.treasury.change_of_dispute(dispute_id) == change
    assert h.treasury.change_of_dispute("du_none") is None


def test_a_debit_that_was_taken_back_is_asked_what_it_took(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    h.settle_at("EUR", "1.0837")
    payment_id = debited(h, Money.of("100.00", "EUR"))
    h.let_time_pass(MINUTE)
    assert h.treasury.change_of_failed_debit(payment_id) is None
    h.refund(payment_id, Money.of("40.00", "EUR"))
    h.settle_at("EUR", "1.1")
    h.bounce(payment_id)
    change = newest(h, number=3)
    assert h.treasury.change_of_failed_debit(payment_id) == change
    assert (change.amount, change.source_amount) == (usd("-66.00"), Money.of("-60.00", "EUR"))
    assert [one.kind for one in h.treasury.changes_back(payment_id)] == [K.REFUND]
    assert h.treasury.change_of_payment(payment_id) != change
    assert h.treasury.change_of_failed_debit("pi_none") is None


def test_what_went_back_of_a_payment_and_came_again_is_told_together(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    h.settle_at("EUR", "1.0837")
    payment_id = paid(h, Money.of("100.00", "EUR"))
    assert list(h.treasury.changes_back(payment_id)) == []
    h.refund(payment_id, Money.of("40.00", "EUR"))
    refund_id = newest(h, number=2).refund_id
    assert refund_id is not None
    h.settle_at("EUR", "1.1")
    h.fail_refund(refund_id)
    dispute_id = h.dispute(payment_id, Money.of("60.00", "EUR"))
    h.end_dispute(dispute_id, won=True)

    def told() -> list[tuple[K, str | None, Money, Money | None]]:
        found = h.treasury.changes_back(payment_id)
        assert {one.payment_id for one in found} <= {payment_id}
        return [(one.kind, one.refund_id or one.dispute_id, one.amount, one.source_amount) for one in found]

    assert look_again(h, told, lambda found: len(found) == 4) == [
        (K.REFUND, refund_id, usd("-43.35"), Money.of("-40.00", "EUR")),
        (K.REFUND_FAILURE, refund_id, usd("44.00"), Money.of("40.00", "EUR")),
        (K.DISPUTE, dispute_id, usd("-66.00"), Money.of("-60.00", "EUR")),
        (K.DISPUTE_REVERSAL, dispute_id, usd("66.00"), Money.of("60.00", "EUR")),
    ]


def test_two_refunds_of_one_payment_are_two_and_not_a_running_total(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = paid(h, usd("120.50"))
    h.refund(payment_id, usd("20.00"))
    h.let_time_pass(MINUTE)
    h.refund(payment_id, usd("30.00"))
    found = look_again(h, lambda: list(h.treasury.refunds_of(payment_id)), lambda found: len(found) == 2)
    assert [one.amount for one in found] == [usd("20.00"), usd("30.00")]
    assert [one.amount for one in changes(h, number=3)[1:]] == [usd("-20.00"), usd("-30.00")]


def test_a_failed_refund_is_a_movement_of_its_own_and_its_money_is_back(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = paid(h, usd("120.50"))
    h.refund(payment_id, usd("20.50"))
    (refund,) = look_again(h, lambda: h.treasury.refunds_of(payment_id), bool)
    h.fail_refund(refund.refund_id)

    change = newest(h, number=3)
    assert (change.kind, change.refund_id, change.payment_id) == (K.REFUND_FAILURE, refund.refund_id, payment_id)
    assert change.net == usd("20.50")
    (failed,) = h.treasury.refunds_of(payment_id)
    assert (failed.refund_id, failed.state) == (refund.refund_id, RefundState.FAILED)
    assert failed.reason == "expired_or_canceled_card"
    assert held(h) == usd("116.71")


@pytest.mark.parametrize(
    ("won", "state", "left"), [(True, DisputeState.WON, "101.71"), (False, DisputeState.LOST, "-18.79")]
)
def test_a_dispute_takes_amount_and_fee_until_it_is_won(
    processor_harness: TreasuryHarness, *, won: bool, state: DisputeState, left: str
) -> None:
    h = processor_harness
    payment_id = paid(h, usd("120.50"))
    dispute_id = h.dispute(payment_id)

    change = newest(h, number=2)
    (dispute,) = h.treasury.disputes_of(payment_id)
    assert (dispute.dispute_id, dispute.state, dispute.amount) == (dispute_id, DisputeState.OPEN, usd("120.50"))
    assert dispute.respond_by is not None
    assert dispute.respond_by - dispute.created_at == timedelta(days=7)
    assert (change.kind, change.dispute_id, change.payment_id) == (K.DISPUTE, dispute_id, payment_id)
    assert (change.amount, change.fee, change.net) == (usd("-120.50"), usd("15.00"), usd("-135.50"))

    h.end_dispute(dispute_id, won=won)
    (ended,) = h.treasury.disputes_since(LONG_AGO)
    assert (ended.dispute_id, ended.state) == (dispute_id, state)
    assert held(h) == usd(left)
    if won:
        back = newest(h, number=3)
        assert (back.kind, back.net, back.dispute_id) == (K.DISPUTE_REVERSAL, usd("120.50"), dispute_id)


def test_a_part_of_a_payment_may_be_disputed(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    h.dispute(paid(h, usd("120.50")), usd("50.00"))
    assert newest(h, number=2).amount == usd("-50.00")


def test_a_fee_of_no_payment_is_named_as_such(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    h.charge_account(usd("-7.00"))
    (change,) = changes(h, number=1)
    assert (change.kind, change.net, change.payment_id, change.source_id) == (K.FEE, usd("-7.00"), None, "")
    assert change.source_amount is None
    assert change.description == "Radar for Fraud Teams"


# ------------------------------------------------------------------------------------------------------- payouts


def test_an_automatic_payout_is_told_with_what_it_contains(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    first = paid(h, usd("120.50"))
    second = paid(h, usd("80.00"))
    h.refund(first, usd("20.50"))
    payout_id = h.pay_out()
    assert payout_id is not None
    later = paid(h, usd("40.00"))

    payout = h.treasury.payout(payout_id)
    assert payout is not None
    inside = h.treasury.changes_of_payout(payout_id)

    assert (payout.amount, payout.state, payout.automatic) == (usd("173.59"), PayoutState.PAID, True)
    assert payout.itemised
    assert payout.trace
    assert payout.arrives_on <= payout.created_at.date()
    assert [(one.kind, one.payment_id) for one in inside] == [
        (K.PAYMENT, first),
        (K.PAYMENT, second),
        (K.REFUND, first),
    ]
    assert sum((one.net for one in inside), usd("0.00")) == payout.amount
    own = next(one for one in all_changes(h) if one.kind is K.PAYOUT)
    assert (own.payout_id, own.net, own.payment_id) == (payout_id, usd("-173.59"), None)
    assert list(h.treasury.payouts_since(LONG_AGO)) == [payout]
    assert held(h) == newest(h, number=5).net
    assert newest(h, number=5).payment_id == later


def test_a_payout_that_comes_back_is_a_movement_of_its_own_and_goes_out_with_the_next(
    processor_harness: TreasuryHarness,
) -> None:
    h = processor_harness
    paid(h, usd("120.50"))
    first = h.pay_out()
    assert first is not None
    h.fail_payout(first)
    failed = h.treasury.payout(first)
    assert failed is not None
    assert (failed.state, failed.failure) == (PayoutState.FAILED, "The bank returned the payout.")
    back = newest(h, number=3)
    assert (back.kind, back.payout_id, back.net) == (K.PAYOUT_FAILURE, first, usd("116.71"))
    second = h.pay_out()
    assert second is not None
    assert [one.change_id for one in h.treasury.changes_of_payout(second)] == [back.change_id]
    assert held(h) == usd("0.00")


def test_a_negative_payout_is_drawn_from_the_bank(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payment_id = paid(h, usd("120.50"))
    h.pay_out()
    h.refund(payment_id, usd("120.50"))
    drawn = h.pay_out()
    assert drawn is not None
    payout = h.treasury.payout(drawn)
    assert payout is not None
    assert payout.amount == usd("-120.50")
    assert newest(h, number=4).net == usd("120.50")
    assert held(h) == usd("0.00")
    assert h.pay_out() is None


@pytest.mark.parametrize(("instant", "fee"), [(False, "0.00"), (True, "0.75")])
def test_what_a_payout_by_hand_contains_is_refused_and_not_guessed(
    processor_harness: TreasuryHarness, *, instant: bool, fee: str
) -> None:
    h = processor_harness
    paid(h, usd("120.50"))
    h.let_time_pass(timedelta(days=3))
    payout_id = h.send(usd("50.00"), instant=instant)

    payout = h.treasury.payout(payout_id)
    assert payout is not None
    assert (payout.automatic, payout.itemised, payout.amount) == (False, False, usd("50.00"))
    change = newest(h, number=2)
    assert (change.kind, change.amount, change.fee) == (K.PAYOUT, usd("-50.00"), usd(fee))
    with pytest.raises(Rejected) as refused:
        h.treasury.changes_of_payout(payout_id)
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    assert held(h) == usd("66.71") - usd(fee)
    rest = h.pay_out()
    assert rest is not None
    assert change.change_id in {one.change_id for one in h.treasury.changes_of_payout(rest)}


# ------------------------------------------------------------------------------------------------ reading at all


def test_movements_come_oldest_first_and_from_the_second_asked_about(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    payments = []
    for amount in ("10.00", "20.00", "30.00"):
        payments.append(paid(h, usd(amount)))
        h.let_time_pass(timedelta(hours=1))
    found = changes(h, number=3)
    assert [one.payment_id for one in found] == payments
    assert [one.created_at for one in found] == sorted(one.created_at for one in found)
    since = found[1].created_at
    assert [one.payment_id for one in changes(h, number=2, since=since)] == payments[1:]
    assert changes(h, number=1, since=since + timedelta(seconds=1))[0].payment_id == payments[2]


def test_an_account_where_nothing_happened_holds_nothing(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    assert all_changes(h) == []
    assert [held.total for held in h.treasury.balance().values()] == [usd("0.00")]
    assert list(h.treasury.payouts_since(LONG_AGO)) == []
    assert list(h.treasury.refunds_of("pi_none")) == []
    assert list(h.treasury.disputes_of("pi_none")) == []


def test_what_nobody_made_is_none_and_contains_nothing(processor_harness: TreasuryHarness) -> None:
    h = processor_harness
    assert h.treasury.change("txn_none") is None
    assert h.treasury.payout("po_none") is None
    with pytest.raises(Rejected) as refused:
        h.treasury.changes_of_payout("po_none")
    assert refused.value.because is RejectedBecause.NOT_FOUND


def test_a_throttled_reading_says_so(processor_harness: TreasuryHarness) -> None:
    processor_harness.throttle_next_call()
    with pytest.raises(Throttled):
        processor_harness.treasury.balance()


def test_a_revoked_key_needs_a_person(processor_harness: TreasuryHarness) -> None:
    processor_harness.revoke_access()
    with pytest.raises(NeedsReauthorisation):
        processor_harness.treasury.changes_since(LONG_AGO)
    with pytest.raises(NeedsReauthorisation):
        processor_harness.treasury.balance()
