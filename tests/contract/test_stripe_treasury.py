"""How Stripe's balance is read: in how many calls, in which parts, and what is said of what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.stripe import balance
from adapters.sandbox.stripe.twin import ALL_NEEDED, DEFAULT_ACCOUNT, DEFAULT_KEY
from adapters.stripe import movements
from adapters.stripe.treasury import StripeTreasury
from connector.domain.balance import ChangeKind, DisputeState, PayoutState, RefundState
from connector.domain.money import Money
from connector.errors import Bug, NeedsReauthorisation, Rejected, RejectedBecause
from connector.ports.calls import CallKind
from connector.ports.findings import Weight
from connector.ports.processor import LinkRequest
from connector.ports.treasury import BalanceChange, ChangePage
from tests.contract.rows.stripe import StripeHarness, harness

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def stripe() -> Iterator[StripeHarness]:
    with harness() as made:
        yield made


def fill(stripe: StripeHarness, number: int, apart: timedelta) -> list[str]:
    """So many fees, each some time after the one before; ids oldest first."""
    made = []
    for _ in range(number):
        entry = balance.charged(stripe.twin.world, stripe._books(), -100, "usd", "stripe_fee", "Radar")
        made.append(entry["id"])
        stripe.twin.clock.offset += apart
    return made


def pages(stripe: StripeHarness, since: datetime = LONG_AGO) -> list[ChangePage]:
    found = [stripe.treasury.changes_since(since)]
    for _ in range(60):
        if found[-1].cursor is None:
            return found
        found.append(stripe.treasury.changes_since(since, found[-1].cursor))
    raise AssertionError("the balance did not end")


def ids(found: list[ChangePage]) -> list[str]:
    return [one.change_id for page in found for one in page.changes]


# --------------------------------------------------------------------------------------------------- in which parts


def test_a_quiet_account_costs_one_call_and_every_hundred_movements_one_more(stripe: StripeHarness) -> None:
    made = fill(stripe, 100, timedelta(seconds=1))
    assert ids(pages(stripe)) == made
    assert [call.kind for call in stripe.meter.seen] == [CallKind.READ]
    made += fill(stripe, 1, timedelta(seconds=1))
    assert ids(pages(stripe)) == made
    assert len(stripe.meter.seen) == 3


@pytest.mark.parametrize("apart", [timedelta(seconds=1), timedelta(hours=3)])
def test_more_than_one_reading_holds_comes_in_parts_without_a_gap_or_a_repeat(
    stripe: StripeHarness, apart: timedelta
) -> None:
    made = fill(stripe, 2500, apart)
    found = pages(stripe)
    assert ids(found) == made
    assert [len(page.changes) for page in found] == pytest.approx([500, 1000, 1000], abs=2)
    assert len(stripe.meter.seen) <= 25 + 2 * 12, "once to see where parts begin, and each younger part again"


def test_what_comes_while_the_parts_are_read_is_in_the_last(stripe: StripeHarness) -> None:
    made = fill(stripe, 1500, timedelta(seconds=10))
    first = stripe.treasury.changes_since(LONG_AGO)
    assert first.cursor is not None
    made += fill(stripe, 5, timedelta(seconds=1))
    second = stripe.treasury.changes_since(LONG_AGO, first.cursor)
    assert second.cursor is not None
    last = stripe.treasury.changes_since(LONG_AGO, second.cursor)
    assert ids([first, second, last]) == made
    assert last.cursor is None


@pytest.mark.parametrize("number", [7, 300, 999])
def test_a_part_never_begins_amid_the_movements_of_one_second(stripe: StripeHarness, number: int) -> None:
    made = fill(stripe, 2500, timedelta())
    for place, entry in enumerate(stripe._books().balance_transactions.values()):
        entry["created"] = 1_800_000_000 + place // number
    assert ids(pages(stripe)) == made


def test_a_movement_of_the_second_asked_about_is_there_with_a_thousand_others(stripe: StripeHarness) -> None:
    made = fill(stripe, 1003, timedelta())
    for entry in stripe._books().balance_transactions.values():
        entry["created"] = 1_800_000_000
    assert ids(pages(stripe, datetime.fromtimestamp(1_800_000_000, UTC))) == made


def test_two_thousand_movements_in_one_second_are_refused_and_not_cut(stripe: StripeHarness) -> None:
    fill(stripe, 2100, timedelta())
    for entry in stripe._books().balance_transactions.values():
        entry["created"] = 1_800_000_000
    with pytest.raises(Rejected) as refused:
        pages(stripe)
    assert refused.value.because is RejectedBecause.BUSINESS_RULE


def test_a_cursor_of_somebody_elses_is_refused_before_any_call(stripe: StripeHarness) -> None:
    with pytest.raises(Bug):
        stripe.treasury.changes_since(LONG_AGO, "txn_123")
    assert stripe.meter.seen == []


def test_an_entry_that_surfaces_an_hour_late_behind_newer_ones_is_found_by_the_overlap(stripe: StripeHarness) -> None:
    stripe.control("settings", {"fee_delay_seconds": 3600, "entries_dated_back": True})
    paid = _pay(stripe)
    stripe.let_time_pass(timedelta(minutes=50))
    (fee,) = fill(stripe, 1, timedelta(seconds=1))
    seen = {one.change_id: one for page in pages(stripe) for one in page.changes}
    assert list(seen) == [fee]

    stripe.let_time_pass(timedelta(minutes=20))
    again = pages(stripe, seen[fee].created_at - timedelta(hours=2))
    late = [one for page in again for one in page.changes if one.change_id not in seen]
    assert [one.payment_id for one in late] == [paid]
    assert late[0].created_at < seen[fee].created_at


def _pay(stripe: StripeHarness) -> str:
    made = stripe.processor.create_link(
        LinkRequest("DB1", Money.of("120.50", "USD"), "Invoice 1", "", "", "", "", {}, "key-1")
    )
    paid = stripe.pay(made.url)
    assert paid is not None
    return paid


# ------------------------------------------------------------------------------------------------ what cannot be read


def test_one_movement_that_cannot_be_read_is_named_and_holds_up_no_other(stripe: StripeHarness) -> None:
    first, wrong, last = fill(stripe, 3, timedelta(seconds=1))
    stripe._books().balance_transactions[wrong]["net"] -= 1
    (page,) = pages(stripe)
    assert [one.change_id for one in page.changes] == [first, last]
    (told,) = page.unreadable
    assert wrong in told
    assert "-1.00 USD less a fee of 0.00 USD is not -1.01 USD" in told
    with pytest.raises(Rejected) as refused:
        stripe.treasury.change(wrong)
    assert refused.value.because is RejectedBecause.INVALID


@pytest.mark.parametrize("object_id", ["", "txn_1/../charges", "a b"])
def test_an_id_that_is_none_is_refused_before_any_call(stripe: StripeHarness, object_id: str) -> None:
    for ask in (stripe.treasury.change, stripe.treasury.payout, stripe.treasury.changes_of_payout):
        with pytest.raises(Bug):
            ask(object_id)
    for about in (stripe.treasury.refunds_of, stripe.treasury.disputes_of):
        with pytest.raises(Bug):
            about(object_id)
    assert stripe.meter.seen == []


def test_nothing_that_the_balance_is_asked_writes(stripe: StripeHarness) -> None:
    paid = _pay(stripe)
    stripe.let_time_pass(timedelta(minutes=1))
    stripe.refund(paid, Money.of("1.00", "USD"))
    payout = stripe.pay_out()
    assert payout is not None
    stripe.meter.seen.clear()
    treasury = stripe.treasury
    treasury.changes_since(LONG_AGO)
    treasury.changes_of_payout(payout)
    treasury.payout(payout)
    treasury.payouts_since(LONG_AGO)
    treasury.refunds_since(LONG_AGO)
    treasury.refunds_of(paid)
    treasury.disputes_since(LONG_AGO)
    treasury.disputes_of(paid)
    treasury.balance()
    assert [call.kind for call in stripe.meter.seen] == [CallKind.READ] * 9


@pytest.mark.parametrize(
    ("permission", "named"),
    [
        ("balance_read", "Balance"),
        ("balance_transaction_source_read", "Balance transaction sources"),
        ("payout_read", "Payouts"),
        ("dispute_read", "Disputes"),
    ],
)
def test_the_check_names_what_the_balance_needs_and_the_key_lacks(
    stripe: StripeHarness, permission: str, named: str
) -> None:
    few = [name for name in ALL_NEEDED if name != permission]
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": "rk_test_few", "permissions": few}]})
    found = {finding.subject: finding for finding in stripe.with_key("rk_test_few").inspect()}
    wrong = found.pop(f"Stripe permission: {named}")
    assert wrong.weight is Weight.PROBLEM
    assert permission in wrong.seen
    assert not [one for one in found.values() if one.weight is Weight.PROBLEM]


def test_a_key_without_the_permission_reads_nothing_and_says_which(stripe: StripeHarness) -> None:
    few = [name for name in ALL_NEEDED if name != "balance_read"]
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": "rk_test_few", "permissions": few}]})
    treasury = StripeTreasury(stripe.settings(), "rk_test_few", stripe.wire)
    with pytest.raises(NeedsReauthorisation) as refused:
        treasury.balance()
    assert "rak_balance_read" in refused.value.message
    assert DEFAULT_KEY not in refused.value.message


# ---------------------------------------------------------------------------------------------------- translation


def row(**more: Any) -> dict[str, Any]:
    made = {
        "id": "txn_1",
        "object": "balance_transaction",
        "amount": 1000,
        "available_on": 1_800_000_000,
        "created": 1_800_000_000,
        "currency": "usd",
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "net": 1000,
        "reporting_category": "charge",
        "source": None,
        "type": "charge",
    }
    return {**made, **more, "net": more.get("net", more.get("amount", 1000) - more.get("fee", 0))}


@pytest.mark.parametrize(
    ("kind", "category", "meant"),
    [
        ("charge", "charge", ChangeKind.PAYMENT),
        ("payment", "charge", ChangeKind.PAYMENT),
        ("payment_failure_refund", "charge_failure", ChangeKind.PAYMENT_FAILURE),
        ("payment_refund", "refund", ChangeKind.REFUND),
        ("adjustment", "refund_failure", ChangeKind.REFUND_FAILURE),
        ("adjustment", "dispute", ChangeKind.DISPUTE),
        ("adjustment", "dispute_reversal", ChangeKind.DISPUTE_REVERSAL),
        ("adjustment", "fee", ChangeKind.FEE),
        ("tax_fee", "tax", ChangeKind.FEE),
        ("payout_cancel", "payout_reversal", ChangeKind.PAYOUT_FAILURE),
        ("adjustment", "other_adjustment", ChangeKind.OTHER),
        ("topup", "topup", ChangeKind.OTHER),
        ("charge", "a_category_of_the_future", ChangeKind.OTHER),
    ],
)
def test_what_a_movement_is_follows_from_its_category_not_its_type(kind: str, category: str, meant: ChangeKind) -> None:
    assert movements.change_from(row(type=kind, reporting_category=category)).kind is meant


@pytest.mark.parametrize("rate", ["0.66", "0.0066"])
def test_a_rate_is_read_in_major_units_whichever_way_stripe_gives_it(rate: str) -> None:
    source = {"object": "charge", "id": "ch_1", "amount": 98_000, "currency": "jpy", "payment_intent": "pi_1"}
    change = movements.change_from(row(amount=64_680, exchange_rate=float(rate), source=source))
    assert change.exchange_rate == Decimal("0.0066")
    assert (change.amount, change.source_amount) == (Money.of("646.80", "USD"), Money.of("98000", "JPY"))


def test_a_rate_without_an_amount_to_hold_it_against_stays_as_it_was_given() -> None:
    assert movements.change_from(row(exchange_rate=1.0850)).exchange_rate == Decimal("1.085")


@pytest.mark.parametrize("rate", [float("inf"), float("nan")])
def test_a_rate_that_is_no_number_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="no rate of exchange"):
        movements.change_from(row(exchange_rate=rate))


def test_a_tax_on_the_fee_is_told_apart() -> None:
    parts = [{"type": "stripe_fee", "amount": 30}, {"type": "tax", "amount": 3}]
    assert movements.change_from(row(fee=33, fee_details=parts)).fee_tax == Money.of("0.03", "USD")
    assert movements.change_from(row(fee=30, fee_details=parts[:1])).fee_tax is None


def test_a_currency_that_cannot_be_read_hides_no_other() -> None:
    rows = [{"currency": "usdc", "amount": 5}, {"currency": "usd", "amount": 7}]
    found = movements.held_from({"available": rows, "pending": [{"currency": "usd", "amount": 1}]})
    assert {currency: held.total for currency, held in found.items()} == {"USD": Money.of("0.08", "USD")}


NUMBERS = st.integers() | st.integers(-(10**6), 10**6)


@given(
    st.fixed_dictionaries(
        {"amount": NUMBERS, "fee": NUMBERS, "net": NUMBERS, "created": NUMBERS, "available_on": NUMBERS},
        optional={
            "currency": st.text(max_size=4) | st.sampled_from(["usd", "jpy", "isk", "kwd", "usdc"]),
            "reporting_category": st.text(max_size=9),
            "exchange_rate": st.none() | st.floats(),
            "description": st.none() | st.text(),
            "source": st.none() | st.text() | st.fixed_dictionaries({"object": st.text(), "id": st.text()}),
        },
    )
)
def test_figures_however_absurd_give_a_movement_or_a_refusal(given_row: dict[str, Any]) -> None:
    made = {**row(), **given_row}
    try:
        change = movements.change_from(made)
    except ValueError:
        return
    assert change.amount - change.fee == change.net


def test_a_bounced_debit_takes_no_more_than_was_not_refunded_before() -> None:
    charge = {"object": "charge", "id": "py_1", "amount": 1000, "amount_refunded": 200, "currency": "eur"}
    made = row(amount=-987, reporting_category="charge_failure", exchange_rate=1.234, source=charge)
    assert movements.change_from(made).source_amount == Money.of("-8.00", "EUR")


def test_words_of_the_future_are_read_as_something_a_person_looks_at() -> None:
    one = {"id": "x_1", "amount": 100, "currency": "usd", "created": 1_800_000_000, "status": "new"}
    assert movements.dispute_from(one).state is DisputeState.OPEN
    assert movements.dispute_from(one).respond_by is None
    assert movements.refund_from(one).state is RefundState.PENDING
    assert movements.refund_from(one).payment_id == ""
    payout = movements.payout_from({**one, "arrival_date": 1_800_000_000, "automatic": True})
    assert (payout.state, payout.itemised, payout.trace) == (PayoutState.PENDING, False, "")


def test_a_movement_that_does_not_add_up_is_none() -> None:
    with pytest.raises(ValueError, match="is not"):
        movements.change_from(row(net=999))
    zero = Money.zero("USD")
    with pytest.raises(ValueError, match="different currencies"):
        BalanceChange("txn_1", ChangeKind.FEE, zero, Money.zero("EUR"), zero, "", LONG_AGO, LONG_AGO)
