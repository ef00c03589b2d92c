"""Phone numbers as the ledgers hold them (free text) and as a text needs them (E.164)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

# With three letters after its first digit a number is read as one to be dialled by letters, and "555 012 Anna" would
# be a stranger's. Fewer ("(m)") are no part of it.
_SPELT: Final = re.compile(r"\d(?:.*?[A-Za-z]){3}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in E.164 form. Its text form is masked, so that it cannot slip into a log whole."""

    e164: str

    def __post_init__(self) -> None:
        digits = self.e164[1:]
        if not self.e164.startswith("+") or not digits.isascii() or not digits.isdigit() or not 7 <= len(digits) <= 15:  # noqa: PLR2004
            raise ValueError("a phone number must be in E.164 form, such as +15551234567")

    @property
    def masked(self) -> str:
        """Country-ish head and the last four digits: enough to recognise, not enough to call."""
        return f"{self.e164[:2]}•••••{self.e164[-4:]}"

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Phone({self.masked})"


class PhoneFault(StrEnum):
    """Why what a ledger has for a mobile number is none that can be texted."""

    MISSING = "missing"
    MALFORMED = "malformed"
    LETTERS = "letters"
    EXTENSION = "extension"
    LANDLINE = "landline"
    INTERNET = "internet"  # VoIP: a text may reach nobody, or a program
    PAGER = "pager"
    PREMIUM = "premium"  # who calls or texts it pays, and so would we
    OTHER = "other"  # toll-free, shared cost, follow-me (UK 070), company-wide: nobody's own phone


@dataclass(frozen=True, slots=True)
class PhoneReading:
    """What a text in the ledger means: a number to text, or why it is none and what was most likely meant.

    `meant` is a guess for a person to check and to type into the ledger; it is never texted.
    """

    phone: Phone | None = None
    fault: PhoneFault | None = None
    meant: Phone | None = None


def parse_mobile(text: str, default_region: str | None) -> Phone | None:
    """Read a free-text number, in `default_region` (ISO 3166 alpha-2) where it names no country.

    Returns None where the text is no valid number of a mobile or of a kind that cannot be told from one
    (the North American plan does not separate them). Extensions are refused: a text cannot reach one; so are letters
    in the place of digits: what follows a number may be a name.
    """
    return read_number(text, default_region).phone


def read_number(text: str | None, default_region: str | None) -> PhoneReading:
    """The same, with why a text is no number that can be texted."""
    import phonenumbers  # 30 ms, which most commands need not spend

    if text is None or not text.strip():
        return PhoneReading(fault=PhoneFault.MISSING)
    if _SPELT.search(text):
        return PhoneReading(fault=PhoneFault.LETTERS)
    plain = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)  # the thin ones between digits
    try:
        number = _as_dialled_today(phonenumbers.parse(plain, default_region))
    except phonenumbers.NumberParseException:
        return PhoneReading(fault=PhoneFault.MALFORMED, meant=_with_plus(plain))
    return _judged(number, plain)


def _judged(number: Any, plain: str) -> PhoneReading:
    import phonenumbers

    if number.extension:
        return PhoneReading(fault=PhoneFault.EXTENSION)
    if not phonenumbers.is_valid_number(number):
        return PhoneReading(fault=PhoneFault.MALFORMED, meant=_newer(number) or _with_plus(plain))
    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))
    if kind in _TEXTABLE:
        return PhoneReading(Phone(_e164(number)))
    fault = _KINDS.get(kind, PhoneFault.OTHER)
    return PhoneReading(fault=fault, meant=_newer(number) if fault is PhoneFault.LANDLINE else None)


_TEXTABLE: Final = frozenset(("MOBILE", "FIXED_LINE_OR_MOBILE"))
_KINDS: Final = {
    "FIXED_LINE": PhoneFault.LANDLINE,
    "VOIP": PhoneFault.INTERNET,
    "PAGER": PhoneFault.PAGER,
    "PREMIUM_RATE": PhoneFault.PREMIUM,
}
_MEXICO, _BRAZIL, _ARGENTINA, _FRANCE = 52, 55, 54, 33
# Until 2019 mobiles in Mexico were dialled with 044 or 045 at home, and a 1 after +52 from abroad; all three are gone,
# and the number behind them is the same: https://www.itu.int/oth/T020200008B/en (Mexico, numbering plan of 2019).
_MEXICAN_ONCE: Final = re.compile(r"(?:1|044|045)(\d{10})", re.ASCII)
# Mobiles in Brazil got a 9 before their eight digits from 2012 to 2016, where they began with 6 to 9:
# https://www.gov.br/anatel (nono digito). A number without it may be old, or may be a landline with a slip.
_BRAZILIAN_ONCE: Final = re.compile(r"(\d{2})([6-9]\d{7})", re.ASCII)
# 06 39, 06 9x in France are mobiles overseas, with country codes of their own.
_OVERSEAS: Final = {"690": "590", "691": "590", "694": "594", "696": "596", "697": "596", "692": "262", "693": "262"}


def _as_dialled_today(number: Any) -> Any:
    """The same number without a prefix that its country has given up."""
    import phonenumbers

    if number.country_code != _MEXICO:
        return number
    old = _MEXICAN_ONCE.fullmatch(phonenumbers.national_significant_number(number))
    return phonenumbers.parse(f"+{_MEXICO}{old[1]}") if old else number


def _newer(number: Any) -> Phone | None:
    """What was most likely meant where a country's mobiles were lengthened, or are written in two ways."""
    import phonenumbers

    national = phonenumbers.national_significant_number(number)
    if number.country_code == _BRAZIL and (old := _BRAZILIAN_ONCE.fullmatch(national)):
        return _valid(f"+{_BRAZIL}{old[1]}9{old[2]}")
    if number.country_code == _ARGENTINA:  # the 9 that mobiles have from abroad, which people leave out
        return _valid(f"+{_ARGENTINA}9{national}")
    if number.country_code == _FRANCE and national[:3] in _OVERSEAS:
        return _valid(f"+{_OVERSEAS[national[:3]]}{national}")
    return None


def _with_plus(text: str) -> Phone | None:
    """With a + before it: some write the country's number, and nothing that says so."""
    digits = re.sub(r"[\s().\-/]", "", text)
    return _valid(f"+{digits}") if digits.isascii() and digits.isdigit() and not digits.startswith("0") else None


def _valid(e164: str) -> Phone | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))
    return Phone(_e164(number)) if phonenumbers.is_valid_number(number) and kind in _TEXTABLE else None


def _e164(number: Any) -> str:
    import phonenumbers

    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def trouble_with(text: str, default_region: str | None) -> str:
    """Why a text that `parse_mobile` refuses is none, as the rest of a sentence that begins with "the number"."""
    import phonenumbers

    if not any(unicodedata.category(c) == "Nd" for c in text):
        return "is missing"
    try:
        number = phonenumbers.parse(text, default_region)
    except phonenumbers.NumberParseException:
        return "is not a mobile number"
    if number.extension:
        return "has an extension, which no text reaches"
    if phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE:
        return "is a landline, which no text reaches"
    return "is not a mobile number"


def region_of(phone: Phone) -> str | None:
    """The ISO 3166 alpha-2 country of a number, None where the number names none (satellite, or no plan's at all)."""
    import phonenumbers

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(phone.e164, None))
    except phonenumbers.NumberParseException:
        return None
    return region if region and region != "001" else None
