"""Amounts: no way in or out changes one, whatever the currency and whatever form a service gives it."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from adapters.quickbooks import bodies as quickbooks_forms
from adapters.quickbooks import translate as quickbooks
from adapters.stripe import translate as stripe
from adapters.xero import translate as xero
from connector.domain.message import plain_amount
from connector.domain.money import Money, decimals_of
from tests.fuzz.effort import effort
from tests.unit.test_quickbooks_translate import INVOICE as QUICKBOOKS_INVOICE
from tests.unit.test_quickbooks_translate import REQUEST as BOOKING
from tests.unit.test_xero_translate import INVOICE as XERO_INVOICE

# All of ISO 4217 that is money of a country; written here again, so that a slip in our own tables is seen.
NONE = ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
THREE = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
TWO = [
    "AED",
    "AFN",
    "ALL",
    "AMD",
    "ANG",
    "AOA",
    "ARS",
    "AUD",
    "AWG",
    "AZN",
    "BAM",
    "BBD",
    "BDT",
    "BGN",
    "BMD",
    "BND",
    "BOB",
    "BRL",
    "BSD",
    "BTN",
    "BWP",
    "BYN",
    "BZD",
    "CAD",
    "CDF",
    "CHF",
    "CNY",
    "COP",
    "CRC",
    "CUP",
    "CVE",
    "CZK",
    "DKK",
    "DOP",
    "DZD",
    "EGP",
    "ERN",
    "ETB",
    "EUR",
    "FJD",
    "FKP",
    "GBP",
    "GEL",
    "GHS",
    "GIP",
    "GMD",
    "GTQ",
    "GYD",
    "HKD",
    "HNL",
    "HTG",
    "HUF",
    "IDR",
    "ILS",
    "INR",
    "IRR",
    "JMD",
    "KES",
    "KGS",
    "KHR",
    "KPW",
    "KYD",
    "KZT",
    "LAK",
    "LBP",
    "LKR",
    "LRD",
    "LSL",
    "MAD",
    "MDL",
    "MGA",
    "MKD",
    "MMK",
    "MNT",
    "MOP",
    "MRU",
    "MUR",
    "MVR",
    "MWK",
    "MXN",
    "MYR",
    "MZN",
    "NAD",
    "NGN",
    "NIO",
    "NOK",
    "NPR",
    "NZD",
    "PAB",
    "PEN",
    "PGK",
    "PHP",
    "PKR",
    "PLN",
    "QAR",
    "RON",
    "RSD",
    "RUB",
    "SAR",
    "SBD",
    "SCR",
    "SDG",
    "SEK",
    "SGD",
    "SHP",
    "SLE",
    "SOS",
    "SRD",
    "SSP",
    "STN",
    "SVC",
    "SYP",
    "SZL",
    "THB",
    "TJS",
    "TMT",
    "TOP",
    "TRY",
    "TTD",
    "TWD",
    "TZS",
    "UAH",
    "USD",
    "UYU",
    "UZS",
    "VES",
    "WST",
    "YER",
    "ZAR",
    "ZMW",
]
DIGITS = {**dict.fromkeys(NONE, 0), **dict.fromkeys(TWO, 2), **dict.fromkeys(THREE, 3)}

currencies = st.sampled_from(sorted(DIGITS))
minors = st.integers(-(10**17), 10**17) | st.integers(-200, 200)
decimals = st.decimals(allow_nan=True, allow_infinity=True) | st.decimals(-(10**9), 10**9, places=4)
# What JSON has: a number in any of its spellings, a string, or something else altogether.
spellings = st.one_of(
    minors.map(str),
    st.decimals(-(10**12), 10**12, places=2).map(str),
    st.decimals(0, 10**6, places=3).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
)


def money_or_none(amount: Any, currency: str) -> Money | None:
    """The amount, None where it is refused; any other exception fails the test."""
    try:
        return Money(amount, currency)
    except ValueError:
        return None


@given(minor=minors, currency=currencies)
def test_minor_units_go_there_and_back_in_every_currency(minor: int, currency: str) -> None:
    money = Money.from_minor(minor, currency)
    assert money.minor == minor
    assert money.amount * 10 ** DIGITS[currency] == minor
    assert Money.of(str(money.amount), currency) == money
    assert Money(money.amount, currency) == money


@pytest.mark.parametrize("currency", sorted(DIGITS))
def test_each_currency_has_the_decimals_of_the_standard(currency: str) -> None:
    assert decimals_of(currency) == DIGITS[currency]


@given(amount=decimals, currency=currencies)
@example(amount=Decimal("1E+30"), currency="USD")
@example(amount=Decimal("1E+999999"), currency="JPY")
@example(amount=Decimal("sNaN"), currency="USD")
def test_an_amount_is_taken_exactly_or_refused(amount: Decimal, currency: str) -> None:
    money = money_or_none(amount, currency)
    if money is not None:
        assert money.amount == amount
        assert -money.amount.as_tuple().exponent == DIGITS[currency]  # type: ignore[operator]  # finite
        assert abs(money.minor) < 2**63, "a database has no room for it"


@given(amount=st.decimals(-(10**9), 10**9, places=6), currency=currencies)
def test_a_fraction_of_the_smallest_coin_is_refused_and_never_rounded(amount: Decimal, currency: str) -> None:
    assume(amount % Decimal(1).scaleb(-DIGITS[currency]))
    with pytest.raises(ValueError, match="decimals"):
        Money(amount, currency)


@given(number=st.floats() | st.integers() | st.text(max_size=5) | st.none() | st.booleans(), currency=currencies)
def test_what_is_no_decimal_is_no_amount(number: Any, currency: str) -> None:
    with pytest.raises(TypeError):
        Money(number, currency)


@given(text=st.text(max_size=12) | st.from_regex(r"[ +-]?[0-9_,. ]{1,12}", fullmatch=True), currency=currencies)
@example(text="1_000", currency="USD")
@example(text="\uff11\uff12", currency="USD")
def test_only_plain_digits_are_read_as_an_amount(text: str, currency: str) -> None:
    try:
        money = Money.of(text, currency)
    except ValueError:
        return
    assert text.strip().isascii()
    assert "_" not in text
    assert money.amount == Decimal(text)


@given(code=st.text(max_size=4), minor=minors)
@example(code="A1B", minor=100)
@example(code="USD\n", minor=100)
def test_what_is_no_code_of_a_currency_is_refused(code: str, minor: int) -> None:
    assume(not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()))
    with pytest.raises(ValueError, match="currency code"):
        Money.from_minor(minor, code)


@given(parts=st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=30), currency=currencies, data=st.data())
def test_a_sum_is_the_same_in_any_order_and_in_minor_units(
    parts: list[int], currency: str, data: st.DataObject
) -> None:
    amounts = [Money.from_minor(part, currency) for part in data.draw(st.permutations(parts))]
    total = reduce(add, amounts, Money.zero(currency))
    assert total == Money.from_minor(sum(parts), currency)
    assert total - amounts[0] + amounts[0] == total
    assert (amounts[0] < amounts[-1]) == (amounts[0].minor < amounts[-1].minor)
    assert (amounts[0] <= amounts[-1]) == (amounts[0].minor <= amounts[-1].minor)


@given(one=minors, other=minors, pair=st.lists(currencies, min_size=2, max_size=2, unique=True))
def test_two_currencies_never_meet(one: int, other: int, pair: list[str]) -> None:
    left, right = Money.from_minor(one, pair[0]), Money.from_minor(other, pair[1])
    for meet in (left.__add__, left.__sub__, left.__lt__, left.__le__):
        with pytest.raises(ValueError, match="different currencies"):
            meet(right)
    assert left != right


@given(minor=minors, currency=currencies)
@example(minor=0, currency="USD")
def test_equal_amounts_are_written_alike_and_read_back(minor: int, currency: str) -> None:
    money = Money.from_minor(minor, currency)
    negative_zero = Money(Decimal("-0.0"), currency)
    for twin in (
        money + negative_zero,
        negative_zero + money,
        money - negative_zero,
        Money(money.amount * 1, currency),
    ):
        assert (twin, str(twin), hash(twin)) == (money, str(money), hash(money))
    shown, _, code = str(money).partition(" ")
    assert Money.of(shown, code) == money
    assert str(negative_zero) == str(Money.zero(currency))
    if minor >= 0:
        digits = plain_amount(money).lstrip("$£¥").removeprefix(f"{currency} ").replace(",", "")
        assert Money.of(digits, currency) == money


# ---------------------------------------------------------------------------------------- as the services give them


def exact(spelling: str) -> Decimal:
    return Decimal(spelling)


@given(spelling=spellings, currency=currencies, quoted=st.booleans())
@example(spelling="1e3", currency="USD", quoted=False)
@example(spelling="-0.0", currency="USD", quoted=False)
@example(spelling="99999999999999999999", currency="USD", quoted=False)
def test_quickbooks_amounts_keep_every_cent_or_are_refused(spelling: str, currency: str, *, quoted: bool) -> None:
    text = json.dumps(spelling) if quoted else spelling
    row = json.loads(f'{{"TotalAmt": {text}, "Balance": {text}}}', parse_float=Decimal)
    try:
        read = quickbooks.receivable({**QUICKBOOKS_INVOICE, **row, "CurrencyRef": {"value": currency}}, "USD")
    except quickbooks.Unreadable:
        return
    assert read.total.amount == read.balance.amount == exact(spelling)


@given(spelling=spellings, currency=currencies, quoted=st.booleans())
@example(spelling="1e3", currency="USD", quoted=False)
@example(spelling="-0.0", currency="USD", quoted=False)
def test_xero_amounts_keep_every_cent_or_are_refused(spelling: str, currency: str, *, quoted: bool) -> None:
    text = json.dumps(spelling) if quoted else spelling
    row = json.loads(f'{{"Total": {text}, "AmountDue": {text}}}', parse_float=Decimal)
    try:
        read = xero.receivable({**XERO_INVOICE, **row, "CurrencyCode": currency})
    except xero.Unreadable:
        return
    assert not quoted
    assert read.total.amount == read.balance.amount == exact(spelling)


@given(number=st.floats())
def test_a_float_that_slipped_through_is_no_amount_of_a_ledger(number: float) -> None:
    with pytest.raises(quickbooks.Unreadable):
        quickbooks.receivable({**QUICKBOOKS_INVOICE, "Balance": number}, "USD")
    with pytest.raises(xero.Unreadable):
        xero.receivable({**XERO_INVOICE, "AmountDue": number})


@given(minor=st.integers(1, 10**17), currency=currencies)
def test_what_is_booked_is_written_with_exactly_its_digits_or_not_at_all(minor: int, currency: str) -> None:
    from dataclasses import replace

    request = replace(BOOKING, amount=Money.from_minor(minor, currency))
    sent = json.loads(xero.payment_body(request), parse_float=Decimal)["Payments"][0]["Amount"]
    assert Money(Decimal(sent), currency) == request.amount
    try:
        number = quickbooks_forms.as_number(request.amount.amount)
    except quickbooks.Unreadable:
        assert len(request.amount.amount.normalize().as_tuple().digits) > 15
        return
    assert json.loads(json.dumps(number), parse_float=Decimal) == request.amount.amount


@effort(2)
@given(minor=st.integers(-(2**63), 2**63), currency=currencies)
@example(minor=50, currency="ISK")
def test_what_stripe_counts_comes_out_as_the_same_money_or_is_refused(minor: int, currency: str) -> None:
    try:
        money = stripe.from_minor(minor, currency.lower())
    except ValueError:
        return
    try:
        assert stripe.to_minor(money) == minor
    except ValueError:
        assert currency in {*THREE, "MGA"}, "what Stripe took it can be asked for"


@given(minor=st.integers(1, 10**11), currency=currencies)
def test_what_stripe_is_asked_for_is_what_is_owed_or_nothing_is_asked(minor: int, currency: str) -> None:
    owed = Money.from_minor(minor, currency)
    if stripe.problem_with(owed) is None:
        asked = stripe.to_minor(owed)
        assert stripe.from_minor(asked, currency.lower()) == owed
        assert asked * (1 if currency in {"ISK", "UGX"} else 100) >= 1
