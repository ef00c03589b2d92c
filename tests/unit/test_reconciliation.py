"""The clearing account held against the processor's balance: what is alike, what is not, and why most likely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sandbox.stripe import balance
from adapters.stripe.movements import change_from, held_from
from connector.domain.balance import BalanceChange, ChangeKind, Held
from connector.domain.clearing import PlannedEntry, plan_entries
from connector.domain.effect import BooksIdentity, booking_reference
from connector.domain.money import Money
from connector.domain.reconciliation import Cause, Item, Reconciliation, opening_of, reconcile
from connector.domain.records import EntryKind
from tests.twins.stripe_acts import CURRENCIES, HISTORIES, Account

BOOKS = BooksIdentity("quickbooks", "realm-1", "acct_1")
ZONE = ZoneInfo("America/New_York")
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
TODAY = date(2026, 12, 15)
K, C = ChangeKind, Cause
PAY, BACK, FEE, OUT = EntryKind.PAYMENT, EntryKind.REVERSAL, EntryKind.EXPENSE, EntryKind.TRANSFER


@dataclass(frozen=True, slots=True)
class BookedLine:
    entry_id: str
    kind: EntryKind | None
    booked_on: date
    amount: Money
    reference: str


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


ZERO = usd("0.00")


def change(number: int, kind: ChangeKind, amount: str, fee: str = "0.00", day: int = 10, **more: Any) -> BalanceChange:
    at = datetime(2026, 11, 1, 17, 0, tzinfo=UTC) + timedelta(days=day - 1)
    net = usd(amount) - usd(fee)
    return BalanceChange(f"txn_{number}", kind, usd(amount), usd(fee), net, "", at, at, **more)


PAID = change(1, K.PAYMENT, "120.00", "3.78", payment_id="pi_1")
GIVEN_BACK = change(2, K.REFUND, "-20.00", day=12, payment_id="pi_1", refund_id="re_1")
WHOLLY_BACK = change(2, K.REFUND, "-120.00", day=12, payment_id="pi_1", refund_id="re_1")
PAID_OUT = change(3, K.PAYOUT, "-96.22", day=14, payout_id="po_1")
MONTH = (PAID, GIVEN_BACK, PAID_OUT)


def planned(*changes: BalanceChange) -> tuple[PlannedEntry, ...]:
    return plan_entries(changes, BOOKS, ZONE)


def booked(entries: Iterable[PlannedEntry]) -> list[BookedLine]:
    """The lines of a ledger in which everything stands as it should."""
    return [
        BookedLine(f"e{number}", one.kind, one.booked_on, one.amount, one.reference)
        for number, one in enumerate(entries)
    ]


def by_hand(amount: str, day: int, kind: EntryKind | None = None, reference: str = "") -> BookedLine:
    on = date(2026, 11, 1) + timedelta(days=day - 1)
    return BookedLine(f"h{amount}{day}", kind, on, usd(amount), reference)


def held(entries: Sequence[PlannedEntry], lines: Sequence[BookedLine], **more: Any) -> Reconciliation:
    asked: dict[str, Any] = {
        "first": FIRST,
        "last": LAST,
        "today": TODAY,
        "opening": ZERO,
        "ledger_opening": ZERO,
        "entries": entries,
        "lines": lines,
    }
    found = reconcile(**{**asked, **more})
    assert found.difference == sum((one.difference for one in found.items), found.carried), "explained line by line"
    assert sum((one.difference for one in found.unmatched), found.carried) == found.difference
    return found


def the_item(found: Reconciliation) -> Item:
    (item,) = found.items
    return item


# ------------------------------------------------------------------------------------------------ books that balance


def test_books_in_which_everything_stands_as_it_should_have_no_difference() -> None:
    entries = planned(*MONTH)
    found = held(entries, booked(entries), opening=usd("10.00"), ledger_opening=usd("10.00"))
    assert (found.difference, found.items, found.matched) == (ZERO, (), 4)
    assert (found.opening, found.closing, found.ledger_closing) == (usd("10.00"),) * 3
    totals = found.totals
    assert (totals.payments, totals.fees, totals.refunds) == (usd("120.00"), usd("-3.78"), usd("-20.00"))
    assert (totals.payouts, totals.disputes, totals.other, totals.total) == (usd("-96.22"), ZERO, ZERO, ZERO)


def test_every_kind_of_change_is_under_its_heading() -> None:
    entries = planned(
        change(1, K.PAYMENT, "100.00", "3.20", payment_id="pi_1"),
        change(2, K.PAYMENT_FAILURE, "-40.00", payment_id="pi_2"),
        change(3, K.REFUND, "-30.00", refund_id="re_1"),
        change(4, K.REFUND_FAILURE, "10.00", refund_id="re_1"),
        change(5, K.DISPUTE, "-50.00", "15.00", dispute_id="du_1"),
        change(6, K.DISPUTE_REVERSAL, "50.00", dispute_id="du_1"),
        change(7, K.FEE, "-7.00"),
        change(8, K.PAYOUT, "-60.00", "1.00", payout_id="po_1"),
        change(9, K.PAYOUT_FAILURE, "60.00", payout_id="po_1"),
        change(10, K.OTHER, "5.00"),
    )
    totals = held(entries, booked(entries)).totals
    assert (totals.payments, totals.fees) == (usd("60.00"), usd("-26.20"))
    assert (totals.refunds, totals.disputes) == (usd("-20.00"), ZERO)
    assert (totals.payouts, totals.other) == (ZERO, usd("5.00"))


def test_a_payment_on_the_first_open_day_of_the_next_month_is_matched_in_both_statements_and_said_there() -> None:
    entries = planned(change(1, K.PAYMENT, "120.00", payment_id="pi_1", day=29))
    [line] = booked(entries)
    moved = replace(line, booked_on=date(2026, 12, 1))
    own = held(entries, [moved])
    assert (the_item(own).cause, own.difference) == (C.OTHER_PERIOD, usd("-120.00"))
    month = {"first": date(2026, 12, 1), "last": date(2026, 12, 31), "opening": usd("120.00"), "ledger_opening": ZERO}
    after = held(entries, [moved], **month)
    assert (the_item(after).cause, after.carried, after.difference) == (C.OTHER_PERIOD, usd("-120.00"), ZERO)


def test_what_stood_unlike_before_is_carried_and_is_no_item() -> None:
    entries = planned(*MONTH)
    found = held(entries, booked(entries), opening=usd("10.00"), ledger_opening=usd("12.50"))
    assert (found.carried, found.difference, found.items) == (usd("2.50"), usd("2.50"), ())


def test_the_opening_is_worked_back_from_what_is_there_now() -> None:
    euro = Money.of("5.00", "EUR")
    in_euro = BalanceChange("txn_8", K.FEE, euro, Money.zero("EUR"), euro, "", PAID.created_at, PAID.created_at)
    entries = planned(*MONTH, change(9, K.FEE, "-7.00", day=31), in_euro)
    now = usd("50.00")
    assert opening_of(now, entries, date(2026, 12, 1)) == usd("57.00")
    assert opening_of(now, entries, FIRST) == usd("57.00")
    assert opening_of(now, entries, date(2026, 11, 12)) == usd("173.22")
    month = held(entries, [], opening=opening_of(now, entries, FIRST))
    assert month.closing == opening_of(now, entries, date(2026, 12, 1))


def test_other_currencies_are_another_reconciliation() -> None:
    euro = Money.of("5.00", "EUR")
    zero = Money.zero("EUR")
    at = PAID.created_at
    entries = planned(*MONTH, BalanceChange("txn_9", K.PAYMENT, euro, zero, euro, "", at, at, payment_id="pi_9"))
    lines = [one for one in booked(entries) if one.amount.currency == "USD"]
    assert held(entries, lines).difference == ZERO
    with pytest.raises(ValueError, match="different currencies"):
        held(entries, booked(entries))


def test_our_entry_whose_money_is_in_another_balance_is_not_called_missing_at_the_processor() -> None:
    euro, at = Money.of("5.00", "EUR"), PAID.created_at
    paid = BalanceChange("txn_9", K.PAYMENT, euro, Money.zero("EUR"), euro, "", at, at, payment_id="pi_9")
    entries = planned(*MONTH, paid)
    ours = next(one for one in entries if one.change is paid)
    lines = [one for one in booked(entries) if one.amount.currency == "USD"]
    found = the_item(held(entries, [*lines, by_hand("5.40", 12, reference=ours.reference)]))
    assert (found.cause, found.difference) == (Cause.OTHER_BALANCE, usd("5.40"))
    parts = [by_hand("3.00", 12, reference="part one"), by_hand("2.40", 12, reference="part two")]
    known = {one.reference: ours.reference for one in parts}
    found = the_item(held(entries, [*lines, *parts], known=known))
    assert (found.cause, found.difference) == (Cause.OTHER_BALANCE, usd("5.40"))


def test_several_bookings_of_one_payment_are_one_where_our_records_say_so() -> None:
    entries = planned(PAID)
    gross, fee = booked(entries)
    first = replace(gross, entry_id="e10", amount=usd("70.00"), reference=booking_reference(BOOKS, "pi_part"))
    credit = replace(gross, entry_id="e11", amount=usd("50.00"), reference="credit 11", kind=None)
    known = {first.reference: gross.reference, "e11": gross.reference}
    found = held(entries, [first, credit, fee], known=known)
    assert (found.difference, found.items) == (ZERO, ())


def test_a_ledger_may_put_its_own_words_behind_our_reference() -> None:
    entries = planned(*MONTH)
    lines = [replace(one, reference=f"{one.reference} Payment") for one in booked(entries)]
    assert held(entries, lines).items == ()


def test_a_payment_voided_for_its_refund_stands_nowhere_and_neither_does_the_refund() -> None:
    entries = planned(PAID, WHOLLY_BACK)
    lines = [one for one in booked(entries) if one.kind is FEE]
    assert held(entries, lines).items == ()


def test_a_payment_of_which_a_part_was_given_back_may_stand_as_what_is_left() -> None:
    entries = planned(PAID, GIVEN_BACK)
    gross, fee, _ = booked(entries)
    assert held(entries, [replace(gross, amount=usd("100.00")), fee]).items == ()


# ---------------------------------------------------------------------------------------------------- what is unlike


def test_what_is_not_booked_is_late_or_on_its_way() -> None:
    entries = planned(*MONTH)
    lines = [one for one in booked(entries) if one.kind is not OUT]
    late = the_item(held(entries, lines))
    assert (late.cause, late.difference, late.lines) == (C.NOT_BOOKED, usd("96.22"), ())
    assert [one.cause for one in late.entries] == [K.PAYOUT]
    assert the_item(held(entries, lines, today=date(2026, 11, 15))).cause is C.NOT_BOOKED_YET


def test_money_that_moved_for_what_only_a_person_can_name_is_said_so() -> None:
    item = the_item(held(planned(change(1, K.OTHER, "55.00")), []))
    assert (item.cause, item.difference) == (C.UNKNOWN_MOVEMENT, usd("-55.00"))


def test_what_was_sold_in_another_way_on_the_same_account_is_not_called_forgotten() -> None:
    shop = change(5, K.PAYMENT, "30.00", "1.17", payment_id="pi_shop")
    counter = change(6, K.DISPUTE, "-9.00", payment_id=None)
    entries = planned(*MONTH, shop, counter)
    lines = booked(planned(*MONTH))
    found = held(entries, lines, ours={"pi_1"})
    assert [(one.cause, one.difference) for one in found.items] == [
        (C.OTHER_SALE, usd("-30.00")),
        (C.OTHER_SALE, usd("1.17")),
        (C.OTHER_SALE, usd("9.00")),
    ]
    assert {one.cause for one in held(entries, lines).items} == {C.NOT_BOOKED}
    forgotten = held(entries, [one for one in lines if one.kind is not OUT], ours={"pi_1", "pi_shop"})
    assert [one.cause for one in forgotten.items] == [C.NOT_BOOKED, C.NOT_BOOKED, C.NOT_BOOKED, C.OTHER_SALE]


def test_our_entry_without_such_money_is_wrong_or_too_early() -> None:
    entries = planned(PAID)
    stray = replace(booked(planned(PAID_OUT))[0], entry_id="e9")
    lines = [*booked(entries), stray]
    item = the_item(held(entries, lines))
    assert (item.cause, item.difference, item.entries) == (C.NOT_AT_PROCESSOR, usd("-96.22"), ())
    assert the_item(held(entries, lines, today=date(2026, 11, 14))).cause is C.NOT_AT_PROCESSOR_YET


def test_somebody_elses_entry_in_the_clearing_account_is_told() -> None:
    entries = planned(*MONTH)
    lines = [*booked(entries), by_hand("5.00", 20, reference="Till"), by_hand("6.00", 20, reference="Till")]
    found = held(entries, lines)
    assert [(one.cause, one.difference) for one in found.items] == [
        (C.NOT_OURS, usd("5.00")),
        (C.NOT_OURS, usd("6.00")),
    ]


def test_an_entry_that_our_records_know_and_the_processor_does_not_is_told_with_its_words() -> None:
    item = the_item(held([], [by_hand("5.00", 20, reference="Cheque")], known={"Cheque": "DBF" + "A" * 18}))
    assert (item.cause, item.difference) == (C.NOT_OURS, usd("5.00"))


def test_an_entry_booked_twice_is_told_with_both() -> None:
    entries = planned(*MONTH)
    lines = booked(entries)
    twice = [*lines, replace(lines[1], entry_id="e9")]
    item = the_item(held(entries, twice))
    assert (item.cause, item.difference, len(item.lines)) == (C.BOOKED_TWICE, usd("-3.78"), 2)


@pytest.mark.parametrize("amount", ["119.00", "240.00"])
def test_another_amount_than_the_processors_is_told(amount: str) -> None:
    entries = planned(*MONTH)
    gross, *rest = booked(entries)
    item = the_item(held(entries, [replace(gross, amount=usd(amount)), *rest]))
    assert (item.cause, item.difference) == (C.AMOUNT_DIFFERS, usd(amount) - usd("120.00"))


EUROS = replace(PAID, source_amount=Money.of("100.00", "EUR"), exchange_rate=Decimal("1.2"))


@pytest.mark.parametrize("amount", ["119.00", "137.40", "100.00"])
def test_an_exchanged_payment_of_about_its_amount_or_one_to_one_was_booked_at_another_rate(amount: str) -> None:
    entries = planned(EUROS, GIVEN_BACK, PAID_OUT)
    gross, *rest = booked(entries)
    item = the_item(held(entries, [replace(gross, amount=usd(amount)), *rest]))
    assert (item.cause, item.difference) == (C.OTHER_RATE, usd(amount) - usd("120.00"))


@pytest.mark.parametrize(
    ("paid", "place", "amount"),
    [
        (EUROS, 0, "12.00"),  # a slip
        (EUROS, 1, "-3.70"),  # its fee, which is in the currency of the balance
        (replace(EUROS, exchange_rate=None), 0, "119.00"),
        (replace(EUROS, source_amount=None), 0, "119.00"),
    ],
)
def test_what_is_no_matter_of_rates_is_another_amount(paid: BalanceChange, place: int, amount: str) -> None:
    entries = planned(paid, GIVEN_BACK, PAID_OUT)
    lines = booked(entries)
    lines[place] = replace(lines[place], amount=usd(amount))
    assert the_item(held(entries, lines)).cause is C.AMOUNT_DIFFERS


def test_an_exchanged_payment_and_its_refund_that_are_wrong_together_are_another_amount() -> None:
    entries = planned(EUROS, replace(GIVEN_BACK, refund_id=None, change_id="txn_9"))
    both = [replace(one, reference=entries[0].reference) for one in entries if one.cause is not K.FEE]
    fee = [one for one in entries if one.cause is K.FEE]
    lines = [replace(booked(both)[0], amount=usd("99.00")), *booked(fee)]
    assert the_item(held([*both, *fee], lines)).cause is C.AMOUNT_DIFFERS


def test_two_lines_that_are_no_double_are_another_amount() -> None:
    entries = planned(*MONTH)
    gross, *rest = booked(entries)
    more = replace(gross, entry_id="e9", amount=usd("7.00"))
    item = the_item(held(entries, [replace(gross, amount=usd("119.00")), more, *rest]))
    assert (item.cause, item.difference) == (C.AMOUNT_DIFFERS, usd("6.00"))


@pytest.mark.parametrize(("day", "difference"), [(31, "96.22"), (0, "96.22")])
def test_what_is_booked_in_another_month_is_no_error(day: int, difference: str) -> None:
    entries = planned(*MONTH)
    *rest, out = booked(entries)
    moved = replace(out, booked_on=date(2026, 11, 1) + timedelta(days=day - 1))
    found = held(entries, [*rest, moved])
    item = the_item(found)
    assert (item.cause, item.difference) == (C.OTHER_PERIOD, usd(difference))
    following = held(entries, [*rest, moved], first=date(2026, 12, 1), last=date(2026, 12, 31))
    assert following.matched == 0
    assert [one.cause for one in following.items] == ([C.OTHER_PERIOD] if day == 31 else [])


def test_what_lies_outside_the_days_on_both_sides_counts_in_no_figure() -> None:
    entries = planned(*MONTH, change(9, K.FEE, "-7.00", day=31))
    assert held(entries, booked(entries)).totals.fees == usd("-3.78")
    assert held(entries, booked(entries)).matched == 4


# ------------------------------------------------------------------------------------------------- entered by people


def test_an_entry_without_a_reference_is_recognised_by_amount_and_day() -> None:
    entries = planned(*MONTH)
    lines = [*(one for one in booked(entries) if one.kind is not OUT), by_hand("-96.22", 17, OUT)]
    found = held(entries, lines)
    item = the_item(found)
    assert (item.cause, item.difference) == (C.BY_HAND, ZERO)
    assert (found.unmatched, found.matched) == ((), 3)


@pytest.mark.parametrize(
    ("amount", "day", "kind"),
    [("-96.22", 22, OUT), ("-96.22", 14, FEE), ("-96.22", 14, PAY), ("-96.21", 14, OUT)],
)
def test_what_fits_not_in_amount_or_day_or_kind_is_not_recognised(amount: str, day: int, kind: EntryKind) -> None:
    entries = planned(PAID_OUT)
    found = held(entries, [by_hand(amount, day, kind)])
    assert {one.cause for one in found.items} == {C.NOT_BOOKED, C.NOT_OURS}


def test_the_nearest_of_several_is_taken_and_each_once() -> None:
    entries = planned(PAID_OUT, change(4, K.PAYOUT, "-96.22", day=20, payout_id="po_2"))
    lines = [by_hand("-96.22", 21), by_hand("-96.22", 15), by_hand("-96.22", 16)]
    found = held(entries, lines)
    pairs = {one.entries[0].change.payout_id: one.lines for one in found.items if one.cause is C.BY_HAND}
    assert pairs == {"po_1": (lines[1],), "po_2": (lines[0],)}
    assert [one.lines for one in found.unmatched] == [(lines[2],)]


def test_a_customers_money_may_be_entered_as_anything_that_is_no_fee_and_no_payout() -> None:
    entries = planned(change(1, K.PAYMENT, "120.00", payment_id="pi_1"))
    assert the_item(held(entries, [by_hand("120.00", 11, BACK)])).cause is C.BY_HAND


def test_a_payment_entered_less_its_fee_is_recognised_and_changes_no_balance() -> None:
    entries = planned(PAID)
    found = held(entries, [by_hand("116.22", 11)])
    item = the_item(found)
    assert (item.cause, item.difference, len(item.entries)) == (C.BOOKED_NET, ZERO, 2)
    assert found.unmatched == ()


def test_a_payment_without_a_fee_is_never_taken_for_one_entered_net() -> None:
    entries = planned(change(1, K.PAYMENT, "120.00", payment_id="pi_1"))
    assert the_item(held(entries, [by_hand("120.00", 11)])).cause is C.BY_HAND


def test_a_payment_whose_fee_is_booked_is_not_taken_for_one_entered_net() -> None:
    entries = planned(PAID)
    _, fee = booked(entries)
    found = held(entries, [fee, by_hand("116.22", 11)])
    assert {one.cause for one in found.items} == {C.NOT_BOOKED, C.NOT_OURS}


def test_an_entry_by_hand_in_another_month_is_of_another_month() -> None:
    entries = planned(change(3, K.PAYOUT, "-96.22", day=29, payout_id="po_1"))
    item = the_item(held(entries, [by_hand("-96.22", 32, OUT)]))
    assert (item.cause, item.difference) == (C.OTHER_PERIOD, usd("96.22"))


# -------------------------------------------------------------------------------------------- several fees in one sum

FEES = [change(n, K.PAYMENT, "100.00", f"3.0{n}", day=2 * n, payment_id=f"pi_{n}") for n in range(1, 6)]


def without_fees() -> list[BookedLine]:
    return [one for one in booked(planned(*FEES)) if one.kind is PAY]


def test_the_fees_of_a_month_entered_in_one_sum_are_recognised() -> None:
    found = held(planned(*FEES), [*without_fees(), by_hand("-15.15", 30, FEE)])
    item = the_item(found)
    assert (item.cause, len(item.entries), item.difference) == (C.ONE_SUM, 5, ZERO)
    assert (found.unmatched, found.difference, found.matched) == ((), ZERO, 5)


def test_fees_entered_payout_by_payout_are_recognised_in_their_order() -> None:
    sums = [by_hand("-9.12", 29), by_hand("-6.03", 20, FEE)]
    found = held(planned(*FEES), [*without_fees(), *sums])
    assert [(one.cause, len(one.entries)) for one in found.items] == [(C.ONE_SUM, 2), (C.ONE_SUM, 3)]


@pytest.mark.parametrize(
    "line",
    [
        by_hand("-9.09", 29, FEE),  # of the second to the fourth: something in the middle is no sum
        by_hand("-15.15", 29, OUT),
        by_hand("-15.15", 29, PAY),
        by_hand("-15.16", 29, FEE),
    ],
)
def test_a_sum_that_is_not_of_these_fees_is_somebodys_own(line: BookedLine) -> None:
    found = held(planned(*FEES), [*without_fees(), line])
    assert [one.cause for one in found.items] == [*[C.NOT_BOOKED] * 5, C.NOT_OURS]


def test_a_sum_of_before_these_days_is_of_other_fees() -> None:
    earlier = BookedLine("h0", FEE, FIRST - timedelta(days=1), usd("-15.15"), "")
    found = held(planned(*FEES), [*without_fees(), earlier])
    assert {one.cause for one in found.items} == {C.NOT_BOOKED}


def test_a_sum_entered_in_the_next_month_is_of_another_period() -> None:
    item = the_item(held(planned(*FEES), [*without_fees(), by_hand("-15.15", 32, FEE)]))
    assert (item.cause, item.difference) == (C.OTHER_PERIOD, usd("15.15"))


def test_a_fee_that_was_booked_with_its_reference_is_in_no_sum() -> None:
    lines = booked(planned(*FEES))
    kept = [one for one in lines if one.kind is PAY or one.amount == usd("-3.01")]
    item = the_item(held(planned(*FEES), [*kept, by_hand("-12.14", 30, FEE)]))
    assert (item.cause, len(item.entries)) == (C.ONE_SUM, 4)


# --------------------------------------------------------------------------------------------------- whatever happens

SPOILT = st.sampled_from(["keep", "drop", "double", "amount", "reference", "later", "kind"])


def spoil(line: BookedLine, how: str, number: int) -> list[BookedLine]:
    if how == "drop":
        return []
    if how == "double":
        return [line, replace(line, entry_id=f"d{number}")]
    if how == "amount":
        return [replace(line, amount=line.amount + Money.from_minor(number + 1, line.amount.currency))]
    if how == "later":
        return [replace(line, booked_on=line.booked_on + timedelta(days=number % 40))]
    return [replace(line, reference="Stripe", kind=None if how == "kind" else line.kind)]


@settings(max_examples=80, deadline=None)
@given(HISTORIES, st.lists(SPOILT, max_size=60), st.integers(0, 30), st.integers(0, 40))
def test_whatever_happens_on_either_side_the_difference_is_explained_line_by_line(
    acts: list[tuple[str, Any, Any]], spoilt: list[str], begins: int, length: int
) -> None:
    account = Account()
    for what, first, second in acts:
        account.act(what, first, second)
    entries = plan_entries([change_from(row) for row in account.entries()], BOOKS, ZONE)
    shown = balance.shown(account.world, account.books)
    today = account.twin.clock.now().astimezone(ZONE).date()
    start = min((one.booked_on for one in entries), default=today) + timedelta(days=begins)
    right = booked(entries)
    wrong = [
        bad
        for number, line in enumerate(right)
        for bad in (
            spoil(line, spoilt[number], number) if number < len(spoilt) and spoilt[number] != "keep" else [line]
        )
    ]
    for currency in CURRENCIES:
        code = currency.upper()
        zero = Money.zero(code)
        days = {"first": start, "last": start + timedelta(days=length), "opening": zero, "ledger_opening": zero}
        mine = [one for one in right if one.amount.currency == code]
        alike = held(entries, mine, today=today, **days)
        there = held_from(shown).get(code, Held(zero, zero)).total
        opens = opening_of(there, entries, start)
        closes = opening_of(there, entries, start + timedelta(days=length + 1))
        assert alike.totals.total == closes - opens
        assert (alike.difference, alike.items) == (zero, ())
        held(entries, [one for one in wrong if one.amount.currency == code], today=today, **days)
