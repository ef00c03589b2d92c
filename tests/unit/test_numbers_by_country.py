"""What a ledger's text for a mobile number means, country by country; and what was meant where it means none.

The plans are those of `phonenumbers` (Google's libphonenumber); the rows say which of their kinds may be texted.
"""

from __future__ import annotations

import pytest

from connector.domain.phone import Phone, PhoneFault, parse_mobile, read_number

MOBILES: list[tuple[str, str, str]] = [
    # North America shares +1; who is a mobile there cannot be told
    ("(212) 555-0123", "US", "+12125550123"),
    ("1-212-555-0123", "US", "+12125550123"),
    ("416 555 0123", "CA", "+14165550123"),
    ("416 555 0123", "US", "+14165550123"),
    ("+1 (876) 555-1234", "US", "+18765551234"),  # Jamaica, a mobile
    ("787 234 5678", "US", "+17872345678"),  # Puerto Rico
    ("011 44 7400 123456", "US", "+447400123456"),
    # Britain and the islands
    ("07400 123456", "GB", "+447400123456"),
    ("+44 (0)7400 123456", "US", "+447400123456"),
    ("07624 300123", "GB", "+447624300123"),  # Isle of Man: 07624 is a mobile, other 076 are pagers
    ("07797 712345", "GB", "+447797712345"),  # Jersey
    # France: 06 and 07
    ("06 12 34 56 78", "FR", "+33612345678"),
    ("07 50 12 34 56", "FR", "+33750123456"),
    ("0033 6 12 34 56 78", "FR", "+33612345678"),
    # Australia: 04
    ("0412 345 678", "AU", "+61412345678"),
    ("+61 (0)412 345 678", "GB", "+61412345678"),
    # Ireland: 083 to 089
    ("087 123 4567", "IE", "+353871234567"),
    ("085 012 3456", "IE", "+353850123456"),
    # Mexico: the prefixes of before 2019 are gone, the number is the same
    ("55 1234 5678", "MX", "+525512345678"),
    ("+52 1 55 1234 5678", "US", "+525512345678"),
    ("044 55 1234 5678", "MX", "+525512345678"),
    ("045 55 1234 5678", "MX", "+525512345678"),
    # Brazil: nine digits, the first a 9
    ("(11) 96123-4567", "BR", "+5511961234567"),
    ("+55 (0)11 96123-4567", "BR", "+5511961234567"),
    # Argentina: 15 at home, 9 from abroad
    ("011 15-2345-6789", "AR", "+5491123456789"),
    ("+54 9 11 2345 6789", "US", "+5491123456789"),
    ("0151 23456789", "DE", "+4915123456789"),
    ("347 123 4567", "IT", "+393471234567"),
    ("612 34 56 78", "ES", "+34612345678"),
    ("06-12345678", "NL", "+31612345678"),
    ("0470 12 34 56", "BE", "+32470123456"),
    ("079 123 45 67", "CH", "+41791234567"),
    ("0676 1234567", "AT", "+436761234567"),
    ("912 345 678", "PT", "+351912345678"),
    ("021 123 456", "NZ", "+6421123456"),
    ("082 123 4567", "ZA", "+27821234567"),
    ("9123 4567", "SG", "+6591234567"),
]

REFUSED: list[tuple[str, str, PhoneFault, str | None]] = [
    ("", "US", PhoneFault.MISSING, None),
    ("  ", "US", PhoneFault.MISSING, None),
    ("n/a", "US", PhoneFault.MALFORMED, None),
    ("555-0123", "US", PhoneFault.MALFORMED, None),
    ("212 555 0123 x5", "US", PhoneFault.EXTENSION, None),
    ("212 555 0123 ext 5", "US", PhoneFault.LETTERS, None),
    ("999123456789", "US", PhoneFault.MALFORMED, None),  # nor does a + help
    ("212 555 Anna", "US", PhoneFault.LETTERS, None),
    ("800 555 0123", "US", PhoneFault.OTHER, None),  # toll-free
    ("500 555 0006", "US", PhoneFault.OTHER, None),  # follow-me
    ("900 555 0123", "US", PhoneFault.PREMIUM, None),
    ("447400123456", "US", PhoneFault.MALFORMED, "+447400123456"),  # the + is missing
    ("07400 123456", "US", PhoneFault.MALFORMED, None),  # of which country?
    ("070 1234 5678", "GB", PhoneFault.OTHER, None),  # looks like a mobile, is a personal number at a premium
    ("07640 123456", "GB", PhoneFault.PAGER, None),
    ("056 0012 3456", "GB", PhoneFault.INTERNET, None),
    ("020 7946 0958", "GB", PhoneFault.LANDLINE, None),
    ("03069 990123", "GB", PhoneFault.OTHER, None),
    ("09 70 00 00 00", "FR", PhoneFault.INTERNET, None),
    ("08 25 12 34 56", "FR", PhoneFault.OTHER, None),
    ("01 23 45 67 89", "FR", PhoneFault.LANDLINE, None),
    ("06 90 12 34 56", "FR", PhoneFault.MALFORMED, "+590690123456"),  # Guadeloupe has a country code of its own
    ("07 00 12 34 56 78 90", "FR", PhoneFault.MALFORMED, None),  # a machine's
    ("02 9374 4000", "AU", PhoneFault.LANDLINE, None),
    ("1300 123 456", "AU", PhoneFault.OTHER, None),
    ("01 234 5678", "IE", PhoneFault.LANDLINE, None),
    ("(11) 6123-4567", "BR", PhoneFault.MALFORMED, "+5511961234567"),  # of before the ninth digit, perhaps
    ("(11) 2345-6789", "BR", PhoneFault.LANDLINE, None),
    ("+54 11 2345 6789", "US", PhoneFault.LANDLINE, "+5491123456789"),  # or a mobile without its 9
    ("030 123456", "DE", PhoneFault.LANDLINE, None),
    ("0900 1234567", "DE", PhoneFault.PREMIUM, None),
    ("06 1234 5678", "IT", PhoneFault.LANDLINE, None),  # Rome
    ("0412345678 / 0298765432", "AU", PhoneFault.MALFORMED, None),  # two of them
    ("+999 123 456 789", "US", PhoneFault.MALFORMED, None),
]


@pytest.mark.parametrize(("text", "region", "number"), MOBILES)
def test_a_mobile_is_read_as_people_of_that_country_write_it(text: str, region: str, number: str) -> None:
    assert read_number(text, region).phone == parse_mobile(text, region) == Phone(number)
    assert read_number(text, region).fault is None


@pytest.mark.parametrize(("text", "region", "fault", "meant"), REFUSED)
def test_what_cannot_be_texted_says_why_and_what_was_meant(
    text: str, region: str, fault: PhoneFault, meant: str | None
) -> None:
    reading = read_number(text, region)
    assert reading.fault is fault
    assert reading.meant == (Phone(meant) if meant else None)
    assert parse_mobile(text, region) is None, "what was meant is never texted"


def test_no_text_at_all_is_missing() -> None:
    assert read_number(None, "US").fault is PhoneFault.MISSING
