"""Amounts and days in the reader's own form: in a text's alphabet, and not to be misread."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.config.values import COUNTRIES
from connector.domain.money import Money, decimals_of
from connector.domain.segments import is_gsm7
from connector.domain.spelling import spelled_amount, spelled_day
from connector.domain.wordings import BUILT_IN

languages = st.sampled_from(sorted(BUILT_IN))
countries = st.none() | st.sampled_from([*sorted(COUNTRIES), "XX", "", "Deutschland", "u\u0000"])
currencies = st.sampled_from(
    [
        *("USD", "EUR", "GBP", "JPY", "CAD", "AUD", "MXN", "BRL", "CHF", "SEK", "NOK", "PLN", "CZK", "INR", "CNY"),
        *("KWD", "CLP", "ISK", "ILS", "ZAR"),
    ]
)


@pytest.mark.parametrize(
    ("amount", "language", "country", "text"),
    [
        (Money.of("1234.5", "USD"), "en", "US", "$1,234.50"),
        (Money.of("1234.5", "USD"), "en", None, "$1,234.50"),
        (Money.of("1234.5", "USD"), "en", "CA", "USD 1,234.50"),
        (Money.of("1234.5", "CAD"), "en", "CA", "CAD 1,234.50"),
        (Money.of("1234.5", "USD"), "es", "MX", "USD 1,234.50"),
        (Money.of("1234.5", "USD"), "fr", "FR", "1 234,50 $"),
        (Money.of("1234.5", "EUR"), "fr", "FR", "1 234,50 \u20ac"),
        (Money.of("1234.5", "EUR"), "de", "DE", "1.234,50 \u20ac"),
        (Money.of("1234.5", "EUR"), "nl", "NL", "\u20ac 1.234,50"),
        (Money.of("1234567.5", "CHF"), "de", "CH", "CHF 1'234'567.50"),
        (Money.of("1234567.5", "CHF"), "fr", "CH", "1'234'567,50 CHF"),
        (Money.of("1234.5", "GBP"), "en", "GB", "\u00a31,234.50"),
        (Money.of("1234.5", "GBP"), "en", "GI", "GBP 1,234.50"),
        (Money.of("1234.5", "BRL"), "pt", "BR", "R$ 1.234,50"),
        (Money.of("1234567.5", "INR"), "en", "IN", "INR 12,34,567.50"),
        (Money.of("5000", "JPY"), "en", "US", "\u00a55,000"),
        (Money.of("5000", "JPY"), "en", "CN", "JPY 5,000"),
        (Money.of("1.234", "KWD"), "en", "US", "KWD 1.234"),
        (Money.of("12.5", "SEK"), "de", "DE", "12,50 SEK"),
        (Money.of("12.5", "EUR"), "en", "Germany", "\u20ac12.50"),
    ],
)
def test_an_amount_is_written_as_in_the_readers_country(
    amount: Money, language: str, country: str | None, text: str
) -> None:
    assert spelled_amount(amount, language, country) == text


def test_an_amount_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        spelled_amount(Money.of("-1", "USD"), "en")


@given(minor=st.integers(0, 10**15), currency=currencies, language=languages, country=countries)
def test_every_amount_keeps_all_its_digits_in_the_cheap_alphabet(
    minor: int, currency: str, language: str, country: str | None
) -> None:
    amount = Money.from_minor(minor, currency)
    text = spelled_amount(amount, language, country)
    assert is_gsm7(text)
    assert re.sub(r"\D", "", text) == f"{minor:0{decimals_of(currency) + 1}d}"
    assert "  " not in text
    assert text == text.strip()
    decimals = decimals_of(currency)
    if decimals:
        assert re.search(rf"[.,]\d{{{decimals}}}(\D|$)", text)
    assert currency in text or any(sign in text for sign in "$\u00a3\u00a5\u20ac")


@pytest.mark.parametrize(
    ("day", "language", "country", "text"),
    [
        (date(2026, 11, 30), "en", "US", "Nov 30"),
        (date(2026, 11, 30), "en", "GB", "30 Nov"),
        (date(2026, 11, 30), "de", "DE", "30. Nov"),
        (date(2026, 11, 30), "fr", "FR", "30 nov"),
        (date(2026, 8, 1), "fr", "CA", "1er aout"),
        (date(2026, 8, 11), "fr", "CA", "11 aout"),
        (date(2026, 11, 30), "pt", "PT", "30 de nov"),
        (date(2027, 1, 3), "en", "US", "Jan 3, 2027"),
        (date(2027, 1, 3), "de", "AT", "3. J\u00e4n. 2027"),
        (date(2027, 2, 11), "pt", "PT", "11 de fev. de 2027"),  # its own short form is 11/02/2027
        (date(2027, 2, 11), "nl", "nowhere", "11 feb 2027"),
    ],
)
def test_a_day_has_its_month_in_words_and_the_year_where_it_is_another(
    day: date, language: str, country: str | None, text: str
) -> None:
    assert spelled_day(day, date(2026, 10, 1), language, country) == text


@given(
    day=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    away=st.integers(0, 400),
    language=languages,
    country=countries,
)
def test_no_day_can_be_read_as_another(day: date, away: int, language: str, country: str | None) -> None:
    on = day - timedelta(days=away)
    text = spelled_day(day, on, language, country)
    assert is_gsm7(text)
    figures = [int(one) for one in re.findall(r"\d+", text)]
    assert sorted(figures) == sorted([day.day] + ([day.year] if day.year != on.year else []))
    assert re.search(r"[^\W\d]{3,}", text), "the month is a word"
    assert not text.endswith(".")


def test_the_months_of_a_language_are_told_apart() -> None:
    for language in BUILT_IN:
        for country in (None, "CH", "CA", "PT"):
            told = {spelled_day(date(2026, month, 11), date(2026, 1, 1), language, country) for month in range(1, 13)}
            assert len(told) == 12
