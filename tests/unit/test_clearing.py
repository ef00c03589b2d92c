"""What must stand in the clearing account for each change of the processor's balance."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock import ManualClock
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.treasury import MemoryTreasury
from adapters.sandbox.stripe import balance
from adapters.stripe.movements import change_from, held_from
from connector.domain.balance import BalanceChange, ChangeKind, Held
from connector.domain.clearing import (
    entries_of,
    fee_reference,
    payout_reference,
    plan_entries,
    reference_of,
    refund_reference,
)
from connector.domain.effect import BooksIdentity, booking_reference
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.ports.processor import LinkRequest
from tests.twins.stripe_acts import HISTORIES, Account

BOOKS = BooksIdentity("xero", "tenant-1", "acct_1")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
K = ChangeKind


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def change(kind: ChangeKind = K.PAYMENT, amount: str = "120.50", fee: str = "0.00", **more: Any) -> BalanceChange:
    given_id = more.pop("change_id", "txn_1")
    net = usd(amount) - usd(fee)
    return BalanceChange(given_id, kind, usd(amount), usd(fee), net, "src_1", NOON, NOON, **more)


PAYMENT = change(fee="3.79", payment_id="pi_1")


def test_a_payment_is_booked_gross_and_its_fee_apart() -> None:
    gross, fee = entries_of(PAYMENT, BOOKS, NEW_YORK)
    assert (gross.kind, gross.cause, gross.amount) == (EntryKind.PAYMENT, K.PAYMENT, usd("120.50"))
    assert (fee.kind, fee.cause, fee.amount) == (EntryKind.EXPENSE, K.FEE, usd("-3.79"))
    assert gross.reference == booking_reference(BOOKS, "pi_1"), "the entry that is booked for payments already"
    assert fee.reference == fee_reference(BOOKS, "txn_1")
    assert gross.change is PAYMENT


@pytest.mark.parametrize(
    ("kind", "amount", "meant", "letter"),
    [
        (K.PAYMENT_FAILURE, "-120.50", EntryKind.REVERSAL, "R"),
        (K.REFUND, "-20.50", EntryKind.REVERSAL, "R"),
        (K.REFUND_FAILURE, "20.50", EntryKind.REVERSAL, "R"),
        (K.DISPUTE, "-120.50", EntryKind.REVERSAL, "R"),
        (K.DISPUTE_REVERSAL, "120.50", EntryKind.REVERSAL, "R"),
        (K.FEE, "-7.00", EntryKind.EXPENSE, "F"),
        (K.PAYOUT, "-300.00", EntryKind.TRANSFER, "P"),
        (K.PAYOUT, "300.00", EntryKind.TRANSFER, "P"),
        (K.PAYOUT_FAILURE, "300.00", EntryKind.TRANSFER, "P"),
        (K.OTHER, "55.00", None, "O"),
    ],
)
def test_every_kind_of_change_has_its_entry(
    kind: ChangeKind, amount: str, meant: EntryKind | None, letter: str
) -> None:
    (entry,) = entries_of(change(kind, amount), BOOKS, NEW_YORK)
    assert (entry.kind, entry.cause, entry.amount) == (meant, kind, usd(amount))
    assert re.fullmatch(rf"DB{letter}[A-Z2-7]{{18}}", entry.reference)
    assert OUR_REFERENCE.fullmatch(entry.reference)


def test_a_fee_that_is_given_back_comes_in() -> None:
    back, fee = entries_of(change(K.REFUND, "-120.50", "-3.79", refund_id="re_1"), BOOKS, NEW_YORK)
    assert (back.amount, fee.amount, fee.kind) == (usd("-120.50"), usd("3.79"), EntryKind.EXPENSE)


def test_a_fee_of_the_processors_own_is_one_entry_whatever_it_is_called() -> None:
    (entry,) = entries_of(change(K.FEE, "-7.00", "1.40"), BOOKS, NEW_YORK)
    assert (entry.amount, entry.reference) == (usd("-8.40"), fee_reference(BOOKS, "txn_1"))


def test_nothing_is_planned_for_nothing() -> None:
    assert entries_of(change(amount="0.00"), BOOKS, NEW_YORK) == ()
    assert entries_of(change(K.FEE, "0.00"), BOOKS, NEW_YORK) == ()
    (fee,) = entries_of(change(K.PAYOUT, "0.00", "0.50"), BOOKS, NEW_YORK)
    assert fee.cause is K.FEE


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Los_Angeles", date(2026, 11, 22)), ("Pacific/Auckland", date(2026, 11, 23))]
)
def test_the_day_is_that_of_the_company(zone: str, day: date) -> None:
    late = replace(PAYMENT, created_at=datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    assert {one.booked_on for one in entries_of(late, BOOKS, ZoneInfo(zone))} == {day}


def test_an_entry_is_named_by_its_object_before_its_change_is_known() -> None:
    refund = change(K.REFUND, "-1.00", refund_id="re_1")
    payout = change(K.PAYOUT, "-1.00", payout_id="po_1")
    assert reference_of(BOOKS, refund) == refund_reference(BOOKS, "re_1")
    assert reference_of(BOOKS, payout) == payout_reference(BOOKS, "po_1")
    assert reference_of(BOOKS, replace(refund, change_id="txn_9")) == refund_reference(BOOKS, "re_1")
    failed = replace(refund, kind=K.REFUND_FAILURE)
    back = replace(payout, kind=K.PAYOUT_FAILURE)
    assert len({reference_of(BOOKS, one) for one in (refund, failed, payout, back)}) == 4


def test_two_movements_of_one_dispute_are_two_entries() -> None:
    first = change(K.DISPUTE, "-1.00", dispute_id="du_1")
    assert reference_of(BOOKS, first) != reference_of(BOOKS, replace(first, change_id="txn_2"))


def test_a_payment_that_is_none_of_ours_is_named_by_what_it_is() -> None:
    names = {
        reference_of(BOOKS, change(payment_id="pi_1")),
        reference_of(BOOKS, change()),
        reference_of(BOOKS, replace(change(), source_id="")),
    }
    assert names == {booking_reference(BOOKS, one) for one in ("pi_1", "src_1", "txn_1")}


def test_other_books_name_their_entries_otherwise() -> None:
    other = replace(BOOKS, tenant_id="tenant-2")
    for one in (PAYMENT, change(K.FEE, "-1.00"), change(K.PAYOUT, "-1.00", payout_id="po_1")):
        assert reference_of(BOOKS, one) != reference_of(other, one)


def test_a_change_that_was_read_twice_is_planned_once() -> None:
    assert plan_entries([PAYMENT, PAYMENT], BOOKS, NEW_YORK) == entries_of(PAYMENT, BOOKS, NEW_YORK)


def test_a_change_whose_figures_do_not_add_up_is_none() -> None:
    with pytest.raises(ValueError, match=r"120.50 USD less a fee of 3.79 USD is not 120.50 USD \(txn_1\)"):
        replace(PAYMENT, net=usd("120.50"))


def test_the_whole_balance_is_what_is_there_and_what_is_not_there_yet() -> None:
    assert Held(usd("-5.00"), usd("12.00")).total == usd("7.00")


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_whatever_happens_at_the_processor_the_planned_entries_sum_up_to_its_balance(
    acts: list[tuple[str, Any, Any]],
) -> None:
    account = Account()
    for what, first, second in acts:
        account.act(what, first, second)
    changes = [change_from(row) for row in account.entries()]
    planned = plan_entries([*changes, *changes[:3]], BOOKS, NEW_YORK)

    held = held_from(balance.shown(account.world, account.books))
    for currency, there in held.items():
        summed = sum((one.amount for one in planned if one.amount.currency == currency), Money.zero(currency))
        assert summed == there.total
    assert {one.amount.currency for one in planned} <= set(held)
    unlike = [one.reference for one in planned]
    assert len(unlike) == len(set(unlike)), "one entry, one name"


MEMORY_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["card", "card", "debit", "refund", "refund_fail", "dispute", "won", "bounce", "fee"])
        | st.sampled_from(["pay_out", "instant", "payout_fail"]),
        st.integers(0, 9),
        st.integers(50, 99_999),
    ),
    min_size=8,
    max_size=40,
)


def act_in_memory(world: StripeLikeWorld, what: str, which: int, minor: int) -> None:
    """One act on the account in memory; nothing where there is nothing to act on."""
    amount = Money.from_minor(minor, ("USD", "EUR", "JPY")[which % 3])
    held = world.balance

    def refund(payment_id: str) -> None:
        world.refund(payment_id, Money.from_minor(minor, world.payments[payment_id].latest.amount.currency))

    on_one: dict[str, tuple[Collection[str], Callable[[str], object]]] = {
        "refund": (world.payments, refund),
        "dispute": (world.payments, held.dispute),
        "bounce": (world.payments, held.bounce),
        "refund_fail": (held.refunds, held.fail_refund),
        "won": (held.disputes, lambda one: held.end_dispute(one, won=True)),
        "payout_fail": (held.payouts, held.fail_payout),
    }
    by_itself: dict[str, Callable[[], object]] = {
        "card": lambda: world.pay(new_link(world, amount)),
        "debit": lambda: world.finish_debit(str(world.start_debit(new_link(world, amount))), succeeds=True),
        "fee": lambda: held.charge(Money.zero(amount.currency) - amount, "Radar"),
        "pay_out": lambda: held.pay_out(amount.currency),
        "instant": lambda: held.send(amount, instant=True),
    }
    with world.moment():
        if what in on_one:
            subjects, act = on_one[what]
            for one in list(subjects)[which : which + 1]:
                act(one)
        else:
            by_itself[what]()


def new_link(world: StripeLikeWorld, amount: Money) -> str:
    return world.create_link(LinkRequest("DB1", amount, "", "", "", "", "", {}, world.new_id("key_"))).url


@settings(max_examples=60, deadline=None)
@given(MEMORY_ACTS)
def test_so_do_those_of_the_account_in_memory(acts: list[tuple[str, int, int]]) -> None:
    clock = ManualClock(NOON)
    world = StripeLikeWorld(clock)
    world.balance.rates["EUR"] = Decimal("1.0850")
    treasury = MemoryTreasury(world)
    for what, which, minor in acts:
        act_in_memory(world, what, which, minor)
        clock.advance(timedelta(hours=which))
    clock.advance(timedelta(days=1))

    page = treasury.changes_since(NOON)
    planned = plan_entries(page.changes, BOOKS, NEW_YORK)

    for currency, there in treasury.balance().items():
        summed = sum((one.amount for one in planned if one.amount.currency == currency), Money.zero(currency))
        assert summed == there.total
    for payout in treasury.payouts_since(NOON):
        if payout.automatic:
            inside = treasury.changes_of_payout(payout.payout_id)
            assert sum((one.net for one in inside), Money.zero(payout.amount.currency)) == payout.amount
