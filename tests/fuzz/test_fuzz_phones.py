"""Phone numbers: whatever stands in a ledger, nobody is texted whose number does not stand there."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType, shortnumberinfo

from connector.domain.calendar import Window
from connector.domain.hours import Hours
from connector.domain.phone import Phone, parse_mobile, region_of
from connector.domain.places import Home, places_of
from tests.fuzz.effort import effort

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
NEVER = [
    *(PhoneNumberType.PREMIUM_RATE, PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST),
    *(PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP, PhoneNumberType.PAGER, PhoneNumberType.UAN),
    *(PhoneNumberType.VOICEMAIL, PhoneNumberType.PERSONAL_NUMBER),
]

regions = st.sampled_from(REGIONS)
asked_regions = regions | st.none() | st.text(max_size=3)
# What people type around and between the digits of a number.
junk = st.text(
    alphabet="0123456789+-()./# \u00a0\u200b\u202a\u202c\u2011\uff0b\uff08\uff10\u0660xXextTel:;,=\n\t\0\U0001f4f1",
    max_size=30,
)
typed = st.one_of(
    st.text(max_size=40),
    junk,
    st.from_regex(
        r"\+?[0-9]{1,3}[ -]?\(?[0-9]{1,4}\)?([ .-]?[0-9]{2,4}){1,4}( ?(x|ext\.?|#) ?[0-9]{1,4})?", fullmatch=True
    ),
    st.from_regex(r"[A-Za-z: ]{0,8}[0-9 -]{6,12}[A-Za-z ]{0,8}", fullmatch=True),
)


def example_of(region: str, kind: int) -> phonenumbers.PhoneNumber | None:
    return phonenumbers.example_number_for_type(region, kind)


def digits(text: str) -> str:
    return "".join(str(unicodedata.digit(letter)) for letter in text if unicodedata.category(letter) == "Nd")


@effort(5)
@given(text=typed, region=asked_regions)
@example(text="555 012 Anna", region="US")
@example(text="212 555 CALL", region="US")
@example(text="0412 345 Bob", region="AU")
@example(text="+1 212 555 0123 ext. 4", region=None)
@example(text="tel:+12125550123;phone-context=+44", region="US")
@example(text="1" * 300, region="US")
def test_any_text_is_no_number_or_one_that_stands_there_and_reads_the_same_again(text: str, region: str | None) -> None:
    phone = parse_mobile(text, region)
    if phone is None:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", phone.e164)
    assert parse_mobile(phone.e164, None) == phone
    assert parse_mobile(phone.e164, "NZ") == phone
    number = phonenumbers.parse(phone.e164, None)
    last = str(number.national_number)[-6:]  # some plans put a digit before the rest, and some have five in all
    assert last in digits(text), "no digit may come from anywhere else, such as the letters of a name"
    assert phonenumbers.number_type(number) not in NEVER
    assert phonenumbers.is_valid_number(number)


@effort(5)
@given(region=regions, kind=st.sampled_from(NEVER), asked=regions, spaced=st.booleans(), national=st.booleans())
def test_no_number_that_costs_the_called_or_cannot_take_a_text_is_ever_texted(
    *, region: str, kind: int, asked: str, spaced: bool, national: bool
) -> None:
    number = example_of(region, kind)
    assume(number is not None)
    assert number is not None
    form = phonenumbers.PhoneNumberFormat
    style = form.NATIONAL if national else form.INTERNATIONAL if spaced else form.E164
    text = phonenumbers.format_number(number, style)
    assume(phonenumbers.number_type(number) == kind)  # some plans give one number to two kinds
    assert parse_mobile(text, region if national else asked) is None


@pytest.mark.parametrize("region", sorted(shortnumberinfo.SUPPORTED_SHORT_REGIONS))
def test_no_short_code_of_any_country_is_a_mobile_there(region: str) -> None:
    shown = [shortnumberinfo._example_short_number(region)]
    shown += [
        shortnumberinfo._example_short_number_for_cost(region, cost)
        for cost in (shortnumberinfo.ShortNumberCost.PREMIUM_RATE, shortnumberinfo.ShortNumberCost.STANDARD_RATE)
    ]
    assert [text for text in shown if text and parse_mobile(text, region)] == []
    assert [text for text in ("112", "911", "999") if parse_mobile(text, region)] == []


def mobiles() -> list[str]:
    found = [example_of(region, PhoneNumberType.MOBILE) for region in REGIONS]
    return [phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164) for one in found if one is not None]


@effort(3)
@given(
    mobile=st.sampled_from(mobiles()),
    before=st.sampled_from(["", " ", "Tel.: ", "mobile ", "\u200e", "\u202a", "(m) ", "\U0001f4f1 "]),
    between=st.sampled_from(["", " ", "-", ".", "\u00a0", "\u2011", "\u2009"]),
    after=st.sampled_from(["", " ", "\n", " (m)", "\u202c", "."]),
    wide=st.booleans(),
    region=regions,
)
def test_a_mobile_is_read_however_it_is_typed(
    *, mobile: str, before: str, between: str, after: str, wide: bool, region: str
) -> None:
    body = mobile[:4] + between + between.join((mobile[4:7], mobile[7:]))
    if wide:
        body = body.translate({ord(digit): 0xFF10 + int(digit) for digit in "0123456789"})
    assert parse_mobile(before + body + after, region) == Phone(mobile)


@given(
    mobile=st.sampled_from(mobiles()),
    extension=st.integers(1, 9999),
    mark=st.sampled_from(["x", " ext ", "#", ";ext="]),
)
def test_a_number_with_an_extension_is_not_texted(mobile: str, extension: int, mark: str) -> None:
    assert parse_mobile(f"{mobile}{mark}{extension}", None) is None


@given(text=st.from_regex(r"\+[0-9]{7,15}", fullmatch=True) | st.text(max_size=18))
@example(text="+9990000000")
@example(text="+0000000")
@example(text="+8835100000000")
def test_what_can_be_held_as_a_number_has_zones_and_maybe_a_country(text: str) -> None:
    """Also the owner's number and those that texted us, which came in without `parse_mobile`."""
    try:
        phone = Phone(text)
    except ValueError:
        return
    assert text not in f"{phone} {phone!r}"
    assert region_of(phone) is None or len(region_of(phone) or "") == 2
    places = places_of(phone, None, Home(ZoneInfo("America/New_York"), "US"))
    assert places
    Hours(Window(0, 1440), places, by_law=True, keep_holidays=True).is_open(datetime(2026, 11, 23, 12, tzinfo=UTC))
