"""Amounts and days as the reader's language and country write them, in the characters of a text.

Their forms are those of Unicode's CLDR, by Babel, which is loaded when the first text is written and not before. What
comes out is GSM-7 (a no-break space or a curly apostrophe would triple a text's price) and cannot be misread: no month
is a figure, and no sign stands that is another currency's where the reader lives.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from connector.domain.money import Money, decimals_of
from connector.domain.segments import is_gsm7, to_gsm7

if TYPE_CHECKING:
    from babel import Locale

# Signs that GSM-7 has. Others, as the kr of three countries or the zl with its stroke, are written as codes.
_SIGNS: Final = {"USD": "$", "GBP": "£", "JPY": "¥", "EUR": "€", "BRL": "R$"}

# Where the sign means another money first: dollars and pesos of their own, pounds of their own, the yuan. ISO 3166.
_TAKEN: Final = {
    "$": frozenset(
        (
            *("AG", "AI", "AR", "AU", "BB", "BM", "BN", "BO", "BS", "BZ", "CA", "CK", "CL", "CO", "CU", "CV", "DM"),
            *("DO", "FJ", "GD", "GY", "HK", "JM", "KI", "KN", "KY", "LC", "LR", "MO", "MS", "MX", "NA", "NI", "NR"),
            *("NU", "NZ", "SB", "SG", "SR", "TO", "TT", "TV", "TW", "UY", "VC"),
        )
    ),
    "£": frozenset(("EG", "FK", "GI", "LB", "SD", "SH", "SS", "SY", "TR")),
    "¥": frozenset(("CN",)),
    "€": frozenset[str](),
    "R$": frozenset[str](),
}
_LOCALES_KEPT: Final = 64  # seven languages, in the handful of countries that a business has customers in


def spelled_amount(amount: Money, language: str, country: str | None = None) -> str:
    """`$1,234.50`, `1.234,50 €`, `1 234,50 €`, `CAD 12.50`: the currency's own decimals, always.

    `language` is ISO 639-1, `country` that of the reader, ISO 3166.

    Raises:
        ValueError: it is below zero.
    """
    if amount.amount < 0:
        raise ValueError("An amount below zero is no amount to ask for.")
    locale = _locale(language, country)
    usual = locale.currency_formats["standard"]
    digits = _digits(f"{amount.amount:.{decimals_of(amount.currency)}f}", usual.grouping, locale)
    sign = _sign(amount.currency, country)
    before, after = usual.prefix[0], usual.suffix[0]
    if "¤" in before:
        gap = " " if sign[-1].isalpha() or before[-1].isspace() else ""
        said = f"{sign}{gap}{digits}"
    else:
        gap = " " if sign[0].isalpha() or after[0].isspace() else ""
        said = f"{digits}{gap}{sign}"
    return to_gsm7(said)


def _digits(figure: str, grouping: tuple[int, int], locale: Locale) -> str:
    """A figure such as "1234567.50" with the locale's signs. `grouping`: of the last digits, and of those before.

    By hand: Babel takes the apostrophes of a Swiss million for quotation marks and drops them.
    """
    from babel.numbers import get_decimal_symbol, get_group_symbol

    whole, _, parts = figure.partition(".")
    last, before = grouping
    groups = [whole[-last:]]
    rest = whole[:-last]
    while rest:
        groups.insert(0, rest[-before:])
        rest = rest[:-before]
    said = get_group_symbol(locale, numbering_system="latn").join(groups)
    return said + get_decimal_symbol(locale, numbering_system="latn") + parts if parts else said


def spelled_day(day: date, on: date, language: str, country: str | None = None) -> str:
    """`Nov 30`, `30 Nov`, `30. Nov`, `30 de nov`; with the year where it is not that of `on`.

    The month is a word: a figure would be the day in another country.
    """
    skeleton = "MMMd" if day.year == on.year else "yMMMd"
    regional = _in_words(day, skeleton, _locale(language, country))
    # One country's short form may be in figures only (Portugal, with a year): then the language's own.
    said = regional or _in_words(day, skeleton, _locale(language, None)) or f"{day:%d %b %Y}"
    return f"1er{said[1:]}" if language == "fr" and said.startswith("1 ") else said


def written_day(day: date, language: str, country: str | None = None) -> str:
    """`December 7, 2026`, `7. Dezember 2026`, `1er décembre 2026`: in full, for what is read on any day."""
    locale = _locale(language, country)
    said = locale.date_formats["long"].apply(day, locale)
    return f"1er{said[1:]}" if language == "fr" and said.startswith("1 ") else said


def _in_words(day: date, skeleton: str, locale: Locale) -> str:
    """The day in that form, "" where its month is no word. Without the point of a shortened month at the end."""
    pattern = locale.datetime_skeletons[skeleton]
    said = to_gsm7(pattern.apply(day, locale)).rstrip(".")
    return said if "MMM" in pattern.pattern and is_gsm7(said) else ""


def _sign(currency: str, country: str | None) -> str:
    sign = _SIGNS.get(currency)
    return sign if sign is not None and country not in _TAKEN[sign] else currency


@lru_cache(maxsize=_LOCALES_KEPT)
def _locale(language: str, country: str | None) -> Locale:
    """The forms of a language in a country, or in general where CLDR has none for the two together."""
    from babel import Locale, UnknownLocaleError

    if country is not None:
        try:
            return Locale.parse(f"{language}_{country}")
        except (UnknownLocaleError, ValueError):  # nobody speaks it there; or the ledger's country is no code
            pass
    return Locale.parse(language)
