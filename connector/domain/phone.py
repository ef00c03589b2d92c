"""Phone numbers as the ledgers hold them (free text) and as a text needs them (E.164)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

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


def parse_mobile(text: str, default_region: str | None) -> Phone | None:
    """Read a free-text number, in `default_region` (ISO 3166 alpha-2) where it names no country.

    Returns None where the text is no valid number of a mobile or of a kind that cannot be told from one
    (the North American plan does not separate them). Extensions are refused: a text cannot reach one; so are letters
    in the place of digits: what follows a number may be a name.
    """
    import phonenumbers  # 30 ms, which most commands need not spend

    if _SPELT.search(text):
        return None
    plain = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)  # the thin ones between digits
    try:
        number = phonenumbers.parse(plain, default_region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    kind = phonenumbers.number_type(number)
    textable = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    if kind not in textable:
        return None
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


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
