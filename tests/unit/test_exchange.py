"""The rate of a foreign entry: the ledger makes of it what the processor made of the money, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.cash_world import _in_home
from adapters.quickbooks import bodies
from adapters.sandbox.xero.journal import home, rate_told
from adapters.xero.translate import currency_rate
from connector.domain.balance import BalanceChange, ChangeKind
from connector.domain.exchange import (
    FEWEST,
    PATIENCE,
    RAREST,
    SOONEST,
    OwnRate,
    Piece,
    Rate,
    RateRule,
    next_look,
    rate_for,
    share,
    terms_of,
)
from connector.domain.money import Money, decimals_of
from connector.flows.exchange import RULES

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
HUNDRED = Money.of("100.00", "EUR")
PLAIN, INVERSE = RULES["quickbooks"], RULES["xero"]
CURRENCIES = ("EUR", "JPY", "KWD", "CHF")
CASES = st.tuples(
    st.sampled_from(CURRENCIES),
    st.sampled_from(("USD", "NZD", "JPY", "KWD")),
    st.integers(1, 99_999_999),
    st.integers(1, 99_999_999),
).filter(lambda case: case[0] != case[1])


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def change(amount: Money, source: Money | None) -> BalanceChange:
    kind, nothing = ChangeKind.PAYMENT, Money.zero(amount.currency)
    return BalanceChange("txn_1", kind, amount, nothing, amount, "ch_1", NOW, NOW, source_amount=source)


def piece(amount: Money = HUNDRED, before: str = "0") -> Piece:
    return Piece(amount, Money.of(before, amount.currency))


def in_quickbooks(amount: Money, rate: Decimal, currency: str) -> Money:
    """By the form that is sent: a number of JSON, and its digits."""
    told = Decimal(repr(bodies.Terms(currency, home_only=False, american=True).currency(amount, rate)["ExchangeRate"]))
    return _in_home(amount, told, currency)


def in_xero(amount: Money, rate: Decimal, currency: str) -> Money:
    told = rate_told(Decimal(currency_rate(rate)))
    assert told is not None
    exact = amount.amount * told
    return Money(exact.quantize(Decimal(1).scaleb(-decimals_of(currency)), ROUND_HALF_UP), currency)


@given(CASES)
@settings(max_examples=300)
def test_quickbooks_books_what_the_processor_got(case: tuple[str, str, int, int]) -> None:
    foreign, books, minor, worth_minor = case
    amount, worth = Money.from_minor(minor, foreign), Money.from_minor(worth_minor, books)
    rate = rate_for(PLAIN, amount, worth)
    assert rate is not None
    assert in_quickbooks(amount, rate.value, books) + rate.rest == worth
    if amount.amount < 100_000:
        assert rate.rest == Money.zero(books)


@given(CASES)
@settings(max_examples=300)
def test_xero_books_what_the_processor_got_or_it_is_said_what_is_left(case: tuple[str, str, int, int]) -> None:
    foreign, books, minor, worth_minor = case
    amount, worth = Money.from_minor(minor, foreign), Money.from_minor(worth_minor, books)
    rate = rate_for(INVERSE, amount, worth)
    assert rate is not None
    assert in_xero(amount, rate.value, books) + rate.rest == worth


@pytest.mark.parametrize("rule", [PLAIN, INVERSE])
@given(amount=st.integers(1, 200_000), rate=st.decimals("0.5", "1.9", places=6))
def test_what_most_invoices_are_over_is_hit_in_both(rule: RateRule, amount: int, rate: Decimal) -> None:
    euros = Money.from_minor(amount, "EUR")
    worth = Money((euros.amount * rate).quantize(Decimal("0.01"), ROUND_HALF_UP), "USD")
    found = rate_for(rule, euros, worth)
    assert found is None or found.rest == usd("0.00")
    assert (found is None) == (not worth.is_positive)


def test_a_rate_has_no_more_digits_than_it_takes() -> None:
    assert rate_for(PLAIN, HUNDRED, usd("108.37")) == Rate(Decimal("1.0837"), usd("108.37"), usd("0.00"))
    long = rate_for(PLAIN, Money.of("9999.99", "EUR"), usd("10837.21"))
    assert long is not None
    assert len(str(long.value)) > len("1.") + FEWEST


def test_what_no_rate_of_six_digits_hits_is_the_nearest_and_the_rest_is_named() -> None:
    amount, worth = Money.of("80000.00", "EUR"), Money.of("156000.07", "NZD")
    found = rate_for(INVERSE, amount, worth)
    assert found is not None
    assert found.rest.amount != 0
    assert abs(found.rest.amount) < Decimal("0.20")
    assert home(amount.amount, Decimal(1) / Decimal(currency_rate(found.value))) + found.rest.amount == worth.amount


def test_a_rate_that_would_be_nothing_in_the_digits_of_the_ledger_is_not_taken() -> None:
    found = rate_for(INVERSE, Money.of("0.001", "KWD"), Money.of("40000", "JPY"))
    assert found is not None
    assert found.value == Decimal(1_000_000)


@pytest.mark.parametrize(
    ("amount", "worth"), [("0.00", "1.00"), ("1.00", "0.00"), ("-1.00", "1.00"), ("1.00", "-1.00")]
)
def test_nothing_has_no_rate(amount: str, worth: str) -> None:
    assert rate_for(PLAIN, Money.of(amount, "EUR"), usd(worth)) is None


# ----------------------------------------------------------------------------------------------------------- shares


@given(
    st.lists(st.integers(1, 50_000), min_size=1, max_size=8), st.integers(1, 10_000_000), st.sampled_from(CURRENCIES)
)
def test_the_pieces_of_a_payment_share_all_of_what_it_became(parts: list[int], worth: int, currency: str) -> None:
    whole, all_of_it = Money.from_minor(sum(parts), currency), Money.from_minor(worth, "USD")
    shares = []
    before = 0
    for one in parts:
        found = share(Piece(Money.from_minor(one, currency), Money.from_minor(before, currency)), whole, all_of_it)
        exact = Decimal(worth) * one / sum(parts)
        assert abs(found.minor - exact) <= 1
        shares.append(found)
        before += one
    assert sum(shares, usd("0.00")) == all_of_it


# ------------------------------------------------------------------------------------------------------------ terms


def test_the_whole_payment_is_booked_at_what_it_became() -> None:
    found = terms_of(change(usd("108.37"), HUNDRED), piece(), "USD", PLAIN)
    assert found == Rate(Decimal("1.0837"), usd("108.37"), usd("0.00"))


@pytest.mark.parametrize("kind", [ChangeKind.REFUND, ChangeKind.DISPUTE])
def test_what_went_back_is_entered_at_what_it_took(kind: ChangeKind) -> None:
    took = replace(change(usd("-111.71"), Money.of("-100.00", "EUR")), kind=kind)
    assert terms_of(took, piece(), "USD", PLAIN) == Rate(Decimal("1.1171"), usd("111.71"), usd("0.00"))
    gave = replace(change(usd("111.71"), HUNDRED), kind=kind)
    assert terms_of(gave, piece(), "USD", PLAIN) is OwnRate.UNKNOWN


@pytest.mark.parametrize(
    ("told", "of", "why"),
    [
        (None, piece(), OwnRate.UNKNOWN),
        (change(usd("-108.37"), Money.of("-100.00", "EUR")), piece(), OwnRate.UNKNOWN),
        (change(usd("108.37"), None), piece(), OwnRate.UNKNOWN),
        (change(usd("108.37"), usd("108.37")), piece(), OwnRate.UNKNOWN),
        (change(usd("108.37"), HUNDRED), piece(before="0.01"), OwnRate.UNKNOWN),  # more than was paid
        (change(HUNDRED, HUNDRED), piece(), OwnRate.OTHER_BALANCE),
        (change(Money.of("97.10", "CHF"), HUNDRED), piece(), OwnRate.OTHER_BALANCE),
        (change(usd("108.37"), Money.of("16000", "JPY")), piece(Money.of("1", "JPY"), "1"), OwnRate.TOO_LITTLE),
    ],
)
def test_where_the_processor_cannot_tell_the_ledger_takes_its_own_rate(
    told: BalanceChange | None, of: Piece, why: OwnRate
) -> None:
    assert terms_of(told, of, "USD", PLAIN) is why


def test_it_is_asked_again_ever_more_rarely_for_a_day() -> None:
    assert next_look(timedelta(seconds=-5)) == next_look(timedelta()) == SOONEST
    assert next_look(timedelta(minutes=30)) == timedelta(minutes=15)
    assert next_look(timedelta(hours=9)) == RAREST
    assert next_look(PATIENCE) is None
