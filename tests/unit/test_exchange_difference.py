"""By how much the processor's balance moved beyond what a foreign entry moved the clearing account by."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connector.domain.balance import BalanceChange, ChangeKind
from connector.domain.closed_period import moved_in_words
from connector.domain.effect import BooksIdentity
from connector.domain.exchange import Piece
from connector.domain.exchange_difference import (
    came_again_in,
    came_again_key,
    came_again_note,
    changes_behind,
    changes_of,
    difference_note,
    exchange_key,
    exchange_reference,
    moved_by,
    moved_in,
    named_in,
    netted,
    of_making,
    of_taking_out,
)
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.reversal import Cause

BOOKS = BooksIdentity("quickbooks", "1", "acct_1")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def change(kind: ChangeKind, worth: Money, source: Money | None, *, of: str = "re_1") -> BalanceChange:
    refund, dispute = (None, of) if "dispute" in kind else (of, None)
    none = Money.zero(worth.currency)
    return BalanceChange(
        f"txn_{kind}", kind, worth, none, worth, of, NOON, NOON, "pi_1", refund, dispute, source_amount=source
    )


BACK = change(ChangeKind.REFUND_FAILURE, usd("45.61"), eur("40.00"))
WHOLE = Piece(eur("40.00"), eur("0"))


@pytest.mark.parametrize(
    ("lines", "moved"),
    [
        ([], None),
        ([("7", "5.00")], "5.00"),
        ([("7", "5.00"), ("7", "-1.00"), ("8", "9.00")], "4.00"),
        ([("8", "5.00"), ("8", "1.00")], "6.00"),
        ([("8", "5.00"), ("9", "5.00")], None),
    ],
    ids=["nothing", "its line", "two of its own", "by another id", "nobody can tell which"],
)
def test_what_an_entry_moves_is_its_lines_or_those_of_the_one_that_carries_its_reference(
    lines: list[tuple[str, str]], moved: str | None
) -> None:
    found = moved_in([(named, usd(amount)) for named, amount in lines], "7")
    assert found == (usd(moved) if moved else None)


def test_a_difference_is_named_by_its_effect_and_the_entry() -> None:
    key = exchange_key(BOOKS, "K", "7")
    assert key != exchange_key(BOOKS, "K", "8")
    assert exchange_reference(key).startswith("DBX")
    assert OUR_REFERENCE.fullmatch(exchange_reference(key))


def test_its_note_names_payment_and_entry_also_where_it_says_that_it_was_moved_to_an_open_day() -> None:
    note = difference_note("pi_1", "DBR1")
    assert named_in(note) == ("pi_1", "DBR1")
    assert named_in(f"{note}, {moved_in_words(date(2026, 10, 5), date(2026, 10, 31))}") == ("pi_1", "DBR1")
    assert named_in("Duebird txn_1") is None


def test_an_entry_moves_the_clearing_account_by_whole_units_of_its_currency() -> None:
    assert moved_by(eur("0.05"), Decimal("1.1"), "USD") == usd("0.06")
    assert moved_by(eur("10.00"), Decimal("161.27"), "JPY") == Money.of("1613", "JPY")


@pytest.mark.parametrize(("leaves", "left"), [(False, "0.06"), (True, "-0.06")])
def test_what_a_rate_leaves_is_missing_from_what_came_and_from_what_went(leaves: bool, left: str) -> None:  # noqa: FBT001
    assert of_making(eur("100.00"), Decimal("1.0831"), usd("108.37"), leaves=leaves) == usd(left)


def test_an_entry_of_a_refund_goes_out_for_its_own_money_and_a_booking_for_all_of_it() -> None:
    away = change(ChangeKind.REFUND, usd("-44.68"), eur("-40.00"))
    other = change(ChangeKind.DISPUTE_REVERSAL, usd("1.00"), eur("1.00"), of="du_1")
    payment = change(ChangeKind.PAYMENT, usd("1.00"), eur("1.00"))
    every = [away, BACK, other, payment]
    assert changes_behind(every, Cause.CAME_BACK, "re_1") == (BACK,)
    assert changes_behind(every, Cause.CAME_BACK, "du_1") == (other,)
    assert changes_behind(every, Cause.REFUND, "re_1") == (other,)
    assert changes_behind([away, other], Cause.REFUND, "re_1") == (away, other)
    unsaid = change(ChangeKind.REFUND_FAILURE, usd("45.61"), None)
    assert changes_behind([away, unsaid], Cause.REFUND, "re_1") == (away, unsaid)


def test_what_went_and_came_again_has_left_what_the_balance_moved_by_in_all() -> None:
    away = change(ChangeKind.REFUND, usd("-44.68"), eur("-40.00"))
    other = change(ChangeKind.DISPUTE_REVERSAL, usd("1.00"), eur("1.00"), of="du_1")
    own = changes_of([other, BACK, away], "re_1")
    assert sorted(one.kind for one in own) == [ChangeKind.REFUND, ChangeKind.REFUND_FAILURE]
    assert netted(own, "USD") == usd("0.93")
    assert netted(own, "NZD") == Money.of("0.00", "NZD")
    assert netted((), "USD") == usd("0.00")
    assert netted([away], "USD") is None
    assert netted([away, change(ChangeKind.REFUND_FAILURE, usd("45.61"), None)], "USD") is None
    assert netted([away, change(ChangeKind.REFUND_FAILURE, usd("45.61"), Money.of("40.00", "GBP"))], "USD") is None


def test_the_note_of_that_names_the_refund_beside_the_payment_and_its_entry() -> None:
    note = came_again_note("pi_1", "DB1", "refund re_1")
    assert named_in(note) == ("pi_1", "DB1")
    assert came_again_in(f"{note}, {moved_in_words(date(2026, 10, 5), date(2026, 10, 31))}") == "re_1"
    assert came_again_in(difference_note("pi_1", "DB1")) is None
    assert came_again_key(BOOKS, "re_1") != came_again_key(BOOKS, "re_2")


def test_money_that_came_again_dearer_is_a_gain_and_cheaper_a_loss() -> None:
    assert of_taking_out(WHOLE, usd("44.68"), [BACK], whole=None) == usd("0.93")
    assert of_taking_out(WHOLE, usd("46.00"), [BACK], whole=None) == usd("-0.39")


def test_the_pieces_of_one_refund_share_the_difference_without_a_rest() -> None:
    pieces = [Piece(eur("13.33"), eur("0")), Piece(eur("26.67"), eur("13.33"))]
    found = [of_taking_out(one, usd("0.00"), [BACK], whole=None) for one in pieces]
    assert found == [usd("15.20"), usd("30.41")]


def test_a_booking_is_held_against_all_that_went() -> None:
    gone = [
        change(ChangeKind.REFUND, usd("-44.68"), eur("-40.00")),
        change(ChangeKind.REFUND, usd("-67.03"), eur("-60.00"), of="re_2"),
    ]
    booking = Piece(eur("100.00"), eur("0"))
    assert of_taking_out(booking, usd("-108.37"), gone, whole=eur("-100.00")) == usd("-3.34")
    assert of_taking_out(booking, usd("-108.37"), gone[:1], whole=eur("-100.00")) is None


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [change(ChangeKind.REFUND_FAILURE, usd("45.61"), None)],
        [change(ChangeKind.REFUND_FAILURE, usd("45.61"), Money.of("40.00", "GBP"))],
        [change(ChangeKind.REFUND_FAILURE, eur("40.00"), eur("40.00"))],
        [change(ChangeKind.REFUND_FAILURE, usd("22.80"), eur("20.00"))],
    ],
)
def test_what_the_processor_has_not_said_wholly_is_not_known(changes: list[BalanceChange]) -> None:
    assert of_taking_out(WHOLE, usd("44.68"), changes, whole=None) is None
