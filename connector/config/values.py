"""The kinds of values that settings hold, each refusing with a sentence that says what to write instead."""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, Strict, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from connector.domain.asking import request_words
from connector.domain.message import (
    COUNT,
    MOST_SEGMENTS,
    PART,
    PLACEHOLDERS,
    REST,
    TOTAL,
    MessageProblem,
    Template,
)
from connector.domain.segments import is_gsm7, segments, to_gsm7
from connector.domain.wordings import BUILT_IN
from connector.settings import Means

# ISO 3166-1 alpha-2, assigned codes. https://www.iso.org/obp/ui/#search
_CODES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_CODES.split())
_COMMONLY_MEANT: Final = {"UK": "GB", "EN": "GB", "USA": "US", "EL": "GR"}

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# What the words of a text may refer to. Values only: there is no way to call or compute anything.
VARIABLES: Final = {
    "business": "the company's text_name, or its name",
    "first_name": "the customer's first name, where the ledger has one",
    "amount": "what is owed, as it is written in the customer's country, such as $1,234.50 or 1.234,50 €; with the "
    "currency's code where its sign could mean another",
    "invoice": "the invoice's number, where it has one",
    "due": "the due date, such as Nov 30 or 30. Nov; with the year where it is another",
    "link": "the payment link",
    "count": "how many invoices a text is about; only in `joint`, where {amount} is of all of them and {invoice} their "
    "numbers",
}


def refusal(wrong: str, fix: str) -> PydanticCustomError:
    """An error that carries what is wrong and what to write instead."""
    return PydanticCustomError("refused", "{wrong}; {fix}", {"wrong": wrong, "fix": fix})


def outside_gsm7(text: str) -> str:
    """The characters of `text` that GSM-7 lacks, each once, in order; one of them triples the price of a text."""
    return "".join(dict.fromkeys(letter for letter in text if not is_gsm7(letter)))


def _country(code: str) -> str:
    if code in COUNTRIES:
        return code
    meant = _COMMONLY_MEANT.get(code.upper(), code.upper())
    fix = f"Write '{meant}'." if meant in COUNTRIES else "Write the two capitals of ISO 3166, such as 'US' or 'GB'."
    raise refusal("is not the ISO 3166 code of a country", fix)


def is_zone(name: str) -> bool:
    """Whether this machine's zone database has that zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed ("../x"), or a folder of the database ("Europe")
        return False
    return True


def _zone(name: str) -> str:
    if is_zone(name):
        return name
    from zoneinfo import available_timezones  # walks the whole database, which only a mistake should cost

    near = difflib.get_close_matches(name.replace(" ", "_"), sorted(available_timezones()), n=1, cutoff=0.6)
    hint = f"Did you mean '{near[0]}'?" if near else "Write a name such as 'Europe/Paris' or 'America/New_York'."
    raise refusal("is not a time zone of the IANA database", hint)


_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


def minutes_of(clock: str) -> int | None:
    """Minutes since midnight of "HH:MM", 1440 for "24:00", None where it is no such text."""
    if not isinstance(clock, str) or not _CLOCK.fullmatch(clock):
        return None
    return int(clock[:2]) * 60 + int(clock[3:])


def _clock(text: str) -> str:
    if minutes_of(text) is None:
        raise refusal("is not a time of day", "Write it as '08:00', from '00:00' to '24:00'.")
    return text


def _amount(value: Any) -> Any:
    if not isinstance(value, str):
        raise refusal(
            "must be an amount in quotes: numbers with a point lose cents in computers", 'Write it as "5.00".'
        )
    if not re.fullmatch(r"\d{1,12}(\.\d{1,3})?", value, re.ASCII):
        raise refusal("is not an amount of 0 or more", 'Write digits and a point, such as "5.00".')
    return Decimal(value)


_HIGHEST_PORT: Final = 65535


def split_address(text: str) -> tuple[str, int] | None:
    """Host and port of "127.0.0.1:8765" or "[::1]:8765", None where it is no such text."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})", text, re.ASCII)
    if not found or not 0 < int(found[2]) <= _HIGHEST_PORT:
        return None
    return found[1].strip("[]"), int(found[2])


def _address(text: str) -> str:
    if split_address(text) is None:
        raise refusal("is not an address to listen on", "Write host and port, such as '127.0.0.1:8765'.")
    return text


def _public_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        host = None
    else:
        safe = parts.scheme == "https" or (parts.scheme == "http" and host in {"127.0.0.1", "localhost", "::1"})
        if not safe or parts.username or parts.password or parts.query or parts.fragment or not text.isascii():
            host = None
    if not host:
        raise refusal("is not a public https address", "Write it like 'https://hooks.acme.example', without ? or #.")
    return text.rstrip("/")


# As short as values ever are: what does not fit with these never will. The business is cut to twelve letters, and how
# to stop is the longest of the sentences that say it.
_LEAST: Final = {
    "business": "x" * 12,
    "first_name": "x",
    "amount": "$1.00",
    "invoice": "1",
    "due": "1 May",
    "link": "x" * 46,
    COUNT: "2",
    # Of most invoices there is none of these: they belong in square brackets.
    PART: "",
    TOTAL: "",
    REST: "",
}
_HOW_TO_STOP: Final = "x" * 23


def _words(text: str, known: tuple[str, ...] = PLACEHOLDERS) -> str:
    """Check the wording as the composer of texts will read it."""
    try:
        template = Template(to_gsm7(text), known)
        shortest = template.with_opt_out(_HOW_TO_STOP).render(_LEAST)
    except MessageProblem as problem:
        raise refusal("cannot be used as the words of a text", str(problem)) from None
    if segments(shortest) > MOST_SEGMENTS:
        raise refusal(
            f"would be {segments(shortest)} messages long, with how to stop",
            f"Shorten it: {MOST_SEGMENTS} is the most.",
        )
    return text


def _words_with_link(text: str) -> str:
    known = (*PLACEHOLDERS, PART, TOTAL)
    if not Template(_words(text, known), known).has_link:
        raise refusal("must carry the payment link", "End it with a space and {link}.")
    return text


def _words_of_several(text: str) -> str:
    known = (*PLACEHOLDERS, COUNT)
    if not Template(_words(text, known), known).has_link:
        raise refusal("must carry the payment link", "End it with a space and {link}.")
    return text


def _words_without_link(text: str) -> str:
    known = (*PLACEHOLDERS, REST)
    if Template(_words(text, known), known).has_link:
        raise refusal("must not carry the payment link: nothing is left to pay", "Take {link} out of it.")
    return text


def _words_of_request(text: str) -> str:
    """Check the wording around the sentence that asks for consent, in the language in which that is longest."""
    try:
        for language in BUILT_IN:
            request_words("x" * 12, language, text)
    except MessageProblem as problem:
        raise refusal("cannot be used as the words of a request", str(problem)) from None
    return text


def _plain_line(text: str) -> str:
    if not text.strip() or text != text.strip() or any(ord(letter) < ord(" ") for letter in text):
        raise refusal("must be one line of text without spaces around it", "Write it as it stands on your invoices.")
    return text


def _gsm7_line(text: str) -> str:
    _plain_line(text)
    strange = outside_gsm7(text)
    if strange:
        raise refusal(
            f"has characters that make a text three times as long and dear: {strange}",
            "Write it with plain letters, digits and punctuation.",
        )
    return text


_LONGEST_INTERVAL: Final = 604_800.0  # a week: QuickBooks and Stripe forget changes after 30 days, and weeks get missed

Slug = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$"),
    Means("a short name of small letters, digits and dashes, such as 'acme'"),
]
Line = Annotated[str, AfterValidator(_plain_line), Field(max_length=100), Means("a line of text")]
ShortLine = Annotated[
    str, AfterValidator(_gsm7_line), Field(max_length=25), Means("at most 25 plain letters, digits and punctuation")
]
Country = Annotated[
    str,
    AfterValidator(_country),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"}),
    Means("a country code in two capitals, such as 'US'"),
]
Currency = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{3}$"),
    Means("a currency code in three capitals, such as 'USD'"),
]
Zone = Annotated[str, AfterValidator(_zone), Means("a time zone such as 'America/New_York'")]
ClockTime = Annotated[
    str,
    AfterValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"}),
    Means("a time of day such as '08:00', up to '24:00'"),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,12}(\.\d{1,3})?$"}),
    Means('an amount in quotes such as "5.00"'),
]
Interval = Annotated[float, Field(ge=1, le=_LONGEST_INTERVAL), Means("a number of seconds from 1 to 604800 (a week)")]
ListenAddress = Annotated[str, AfterValidator(_address), Means("an address such as '127.0.0.1:8765'")]
# http only to this machine itself, for a stand-in
PublicAddress = Annotated[
    str, AfterValidator(_public_address), Means("an https address such as 'https://hooks.acme.example'")
]
PhoneNumber = Annotated[
    str,
    Field(pattern=r"^\+[1-9]\d{6,14}$"),
    Means("a phone number with its country code, such as '+15551234567'"),
]
WordsWithoutLink = Annotated[
    str, AfterValidator(_words_without_link), Field(max_length=320), Means("words of at most 320 characters, or a file")
]
WordsOfSeveral = Annotated[
    str,
    AfterValidator(_words_of_several),
    Field(max_length=320),
    Means("words of at most 320 characters that end with {link}, or a file"),
]
WordsWithLink = Annotated[
    str,
    AfterValidator(_words_with_link),
    Field(max_length=320),
    Means("words of at most 320 characters that end with {link}, or a file"),
]
WordsOfRequest = Annotated[
    str,
    AfterValidator(_words_of_request),
    Field(max_length=160),
    Means("words of at most 160 characters with {business} and {ask}, or a file"),
]
ListOf = Strict(strict=False)  # TOML has lists, our values are tuples: the one conversion that is wanted
