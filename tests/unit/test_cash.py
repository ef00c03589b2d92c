"""Which fees and payouts are booked, which wait, and which a person must see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from adapters.clock import ManualClock
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.treasury import MemoryTreasury
from connector.domain.balance import BalanceChange, ChangeKind, Payout, PayoutState
from connector.domain.cash import (
    LATE,
    WATCHED,
    CashPlan,
    CashRules,
    Transfer,
    Unbookable,
    cash_key,
    plan_cash,
    return_key,
)
from connector.domain.clearing import fee_reference, payout_reference, plan_entries
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.records import EntryKind
from tests.unit.test_clearing import MEMORY_ACTS, act_in_memory

BOOKS = BooksIdentity("xero", "tenant-1", "acct_1")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
FIRST = date(2026, 11, 1)
RULES = CashRules("USD", FIRST, FIRST)
K = ChangeKind


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def change(kind: ChangeKind, amount: Money, fee: Money | None = None, **more: Any) -> BalanceChange:
    fee = fee or Money.zero(amount.currency)
    return BalanceChange(more.pop("change_id", "txn_1"), kind, amount, fee, amount - fee, "src", NOON, NOON, **more)


PAYMENT = change(K.PAYMENT, usd("120.00"), usd("3.78"), payment_id="pi_1")
SENT = change(K.PAYOUT, usd("-116.22"), payout_id="po_1", change_id="txn_2")
BACK = change(K.PAYOUT_FAILURE, usd("116.22"), payout_id="po_1", change_id="txn_3")
PAID = Payout("po_1", usd("116.22"), PayoutState.PAID, TODAY, automatic=True, created_at=NOON)
FAILED = replace(PAID, state=PayoutState.FAILED)


def plan(
    *changes: BalanceChange,
    payout: Payout | None = PAID,
    transfer: Transfer | None = None,
    rules: CashRules = RULES,
    today: date = TODAY,
) -> CashPlan:
    payouts = {payout.payout_id: payout} if payout else {}
    transfers = {"po_1": transfer} if transfer else {}
    return plan_cash(changes, payouts, transfers, BOOKS, NEW_YORK, rules, today)


def test_a_fee_is_booked_under_the_name_and_key_of_its_balance_change() -> None:
    [fee] = plan(PAYMENT, PAYMENT).bookings
    assert (fee.kind, fee.subject, fee.amount, fee.incoming) == (EntryKind.EXPENSE, "txn_1", usd("3.78"), False)
    assert (fee.reference, fee.booked_on) == (fee_reference(BOOKS, "txn_1"), TODAY)
    assert fee.key == cash_key(BOOKS, EntryKind.EXPENSE, "txn_1") != cash_key(BOOKS, EntryKind.TRANSFER, "txn_1")


def test_a_fee_given_back_comes_in() -> None:
    [fee] = plan(change(K.REFUND, usd("-10.00"), usd("-0.30"))).bookings
    assert (fee.amount, fee.incoming) == (usd("0.30"), True)


def test_a_payout_that_is_paid_is_booked_under_its_own_name() -> None:
    [payout] = plan(SENT).bookings
    assert (payout.kind, payout.subject, payout.amount) == (EntryKind.TRANSFER, "po_1", usd("116.22"))
    assert (payout.reference, payout.incoming) == (payout_reference(BOOKS, "po_1"), False)


def test_a_payout_that_takes_money_from_the_bank_comes_in() -> None:
    [payout] = plan(replace(SENT, amount=usd("9.00"), net=usd("9.00"))).bookings
    assert (payout.amount, payout.incoming) == (usd("9.00"), True)


@pytest.mark.parametrize("payout", [None, replace(PAID, state=PayoutState.PENDING)])
def test_a_payout_on_its_way_is_asked_for_again(payout: Payout | None) -> None:
    assert plan(SENT, payout=payout) == CashPlan((), (), {"po_1": "txn_2"})


def test_the_fee_of_an_instant_payout_does_not_wait_for_the_payout() -> None:
    found = plan(change(K.PAYOUT, usd("-50.00"), usd("0.75"), payout_id="po_1"), payout=None)
    assert [one.kind for one in found.bookings] == [EntryKind.EXPENSE]
    assert found.waiting == {"po_1": "txn_1"}


@pytest.mark.parametrize("state", [PayoutState.FAILED, PayoutState.CANCELLED])
def test_a_payout_that_never_arrived_needs_no_entry_and_nobody(state: PayoutState) -> None:
    assert plan(SENT, BACK, payout=replace(PAID, state=state)) == CashPlan((), (), {})


def test_a_payout_that_was_booked_and_came_back_is_booked_back_under_a_name_and_key_of_its_own() -> None:
    found = plan(SENT, BACK, payout=None, transfer=Transfer.MADE)
    [back] = found.bookings
    assert (back.kind, back.subject, back.amount, back.incoming) == (EntryKind.TRANSFER, "po_1", usd("116.22"), True)
    assert back.returned
    assert back.key == return_key(BOOKS, "po_1") != cash_key(BOOKS, EntryKind.TRANSFER, "po_1")
    [_, planned] = plan_entries([SENT, BACK], BOOKS, NEW_YORK)
    assert back.reference == planned.reference != payout_reference(BOOKS, "po_1")
    assert found == plan(BACK, BACK, payout=FAILED, transfer=Transfer.MADE)


def test_a_payout_that_took_money_from_the_bank_and_failed_goes_out_again() -> None:
    [back] = plan(replace(BACK, amount=usd("-9.00"), net=usd("-9.00")), transfer=Transfer.MADE).bookings
    assert (back.amount, back.incoming, back.returned) == (usd("9.00"), False, True)


def test_a_return_waits_for_a_transfer_in_doubt_and_is_not_called_late() -> None:
    assert plan(SENT, BACK, payout=None, transfer=Transfer.IN_DOUBT) == CashPlan((), (), {"po_1": "txn_3"})
    assert plan(BACK, payout=None, transfer=Transfer.IN_DOUBT, today=TODAY + LATE).for_hand == ()


@pytest.mark.parametrize("payout", [FAILED, None])
def test_a_transfer_to_come_of_a_payout_that_came_back_is_dropped(payout: Payout | None) -> None:
    assert plan(SENT, BACK, payout=payout, transfer=Transfer.TO_COME) == CashPlan((), (), {}, frozenset({"po_1"}))


def test_a_transfer_to_come_is_dropped_before_the_balance_shows_that_it_came_back() -> None:
    assert plan(SENT, payout=FAILED, transfer=Transfer.TO_COME) == CashPlan((), (), {}, frozenset({"po_1"}))
    assert plan(SENT, payout=FAILED, transfer=Transfer.MADE) == CashPlan((), (), {})


def test_the_return_of_a_payout_of_before_the_first_day_is_for_a_person() -> None:
    before = replace(FAILED, created_at=NOON - timedelta(days=1))
    [back] = plan(BACK, payout=before, rules=replace(RULES, payouts_from=TODAY)).for_hand
    assert (back.why, back.subject, back.amount) == (Unbookable.SENT_BACK, "po_1", usd("116.22"))
    assert plan(BACK, payout=FAILED, rules=replace(RULES, payouts_from=TODAY)) == CashPlan((), (), {})
    assert plan(BACK, payout=None) == CashPlan((), (), {})


def test_the_return_of_a_payout_in_another_currency_is_for_a_person() -> None:
    [back] = plan(BACK, payout=FAILED, rules=replace(RULES, currency="EUR")).for_hand
    assert (back.why, back.kind) == (Unbookable.SENT_BACK, EntryKind.TRANSFER)


@pytest.mark.parametrize("transfer", list(Transfer))
@pytest.mark.parametrize("payout", [None, PAID])
def test_a_payout_that_has_a_transfer_is_left_alone(payout: Payout | None, transfer: Transfer) -> None:
    assert plan(SENT, payout=payout, transfer=transfer) == CashPlan((), (), {})


def test_what_is_not_in_the_clearing_accounts_currency_is_for_a_person() -> None:
    euro = replace(RULES, currency="EUR")
    found = plan(PAYMENT, SENT, rules=euro)
    assert found.bookings == ()
    assert [(one.why, one.kind, one.subject, one.amount) for one in found.for_hand] == [
        (Unbookable.OTHER_CURRENCY, EntryKind.EXPENSE, "txn_1", usd("-3.78")),
        (Unbookable.OTHER_CURRENCY, EntryKind.TRANSFER, "po_1", usd("-116.22")),
    ]


def test_a_payout_without_an_id_is_for_a_person() -> None:
    [one] = plan(replace(SENT, payout_id=None)).for_hand
    assert (one.why, one.subject) == (Unbookable.NAMELESS, "txn_2")


def test_only_what_the_owner_wants_is_booked_and_nothing_of_before() -> None:
    assert [one.subject for one in plan(PAYMENT, SENT, rules=replace(RULES, fees_from=None)).bookings] == ["po_1"]
    assert [one.subject for one in plan(PAYMENT, SENT, rules=replace(RULES, payouts_from=None)).bookings] == ["txn_1"]
    tomorrow = TODAY + timedelta(days=1)
    assert plan(PAYMENT, SENT, rules=CashRules("USD", tomorrow, tomorrow)).bookings == ()
    assert [one.subject for one in plan(PAYMENT, SENT, rules=CashRules("USD", tomorrow, TODAY)).bookings] == ["po_1"]


def test_what_is_neither_fee_nor_payout_is_none_of_its_business() -> None:
    assert plan(change(K.OTHER, usd("55.00"))) == CashPlan((), (), {})


@pytest.mark.parametrize("payout", [None, replace(PAID, state=PayoutState.IN_TRANSIT)])
def test_a_payout_that_does_not_arrive_is_shown_and_asked_for_until_nobody_expects_it(payout: Payout | None) -> None:
    known = plan(SENT, payout=payout, today=TODAY + LATE - timedelta(days=1))
    assert (known.for_hand, known.waiting) == ((), {"po_1": "txn_2"})
    told = plan(SENT, payout=payout, today=TODAY + LATE)
    [late] = told.for_hand
    assert (late.why, late.subject, late.amount) == (Unbookable.LATE, "po_1", usd("-116.22"))
    assert told.waiting == {"po_1": "txn_2"}
    over = plan(SENT, payout=payout, today=TODAY + WATCHED)
    assert (len(over.for_hand), over.waiting) == (1, {})


@settings(max_examples=60, deadline=None)
@given(MEMORY_ACTS)
def test_whatever_happens_fees_and_payouts_are_planned_once_each_or_shown_and_add_up(
    acts: list[tuple[str, int, int]],
) -> None:
    clock = ManualClock(NOON)
    world = StripeLikeWorld(clock)
    world.balance.rates["EUR"] = Decimal("1.0850")
    treasury = MemoryTreasury(world)
    for what, which, minor in acts:
        sent = list(world.balance.payouts.values())[which : which + 1]
        if what == "payout_fail" and sent and sent[0].latest.state is PayoutState.FAILED:
            continue  # a bank sends a payout back once
        act_in_memory(world, what, which, minor)
        clock.advance(timedelta(hours=which))
    clock.advance(timedelta(days=1))
    changes = treasury.changes_since(NOON).changes
    payouts = {one.payout_id: one for one in treasury.payouts_since(NOON)}

    found = plan_cash([*changes, *changes], payouts, {}, BOOKS, NEW_YORK, RULES, TODAY)

    assert len({one.reference for one in found.bookings}) == len(found.bookings)
    assert found.waiting == {}
    kinds = {EntryKind.EXPENSE, EntryKind.TRANSFER}
    planned = [one for one in plan_entries(changes, BOOKS, NEW_YORK) if one.kind in kinds]
    must = sum((one.amount for one in planned if one.amount.currency == "USD"), usd("0.00"))
    signed = [one.amount if one.incoming else usd("0.00") - one.amount for one in found.bookings]
    assert sum(signed, usd("0.00")) == must, "payouts that came back cancel out, all else is booked"
    half = len(changes) // 2
    parts = [plan_cash(some, payouts, {}, BOOKS, NEW_YORK, RULES, TODAY) for some in (changes[:half], changes[half:])]
    assert {one for some in parts for one in some.bookings} == set(found.bookings), "however it is read, piece by piece"
