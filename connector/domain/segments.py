# ruff: noqa: RUF001  characters that look alike are the subject of this table
"""How many texts a text is paid as, and how to keep it in the cheap alphabet.

GSM-7 is 3GPP TS 23.038, https://www.etsi.org/deliver/etsi_ts/123000_123099/123038/. One character outside it turns
the whole text into UCS-2, with 70 instead of 160 units.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import Final


class Encoding(StrEnum):
    """The alphabet a text travels in."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("^{}\\[~]|€\f")  # an escape and a character: two units, never parted
_GSM7: Final = _BASIC | _EXTENSION

# (units that fit alone, units of each part of a longer text: the rest carries the part's number)
_ROOM: Final = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}

# What NFKD does not bring down to GSM-7 by itself. Spaces and hyphens of many kinds come from locale formatting.
_REPLACED: Final[dict[str, str]] = {
    **dict.fromkeys("‘’‚‛′`´ʼʹ＇", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣", "-"),
    **dict.fromkeys(
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " "
    ),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f", ""),
    "…": "...",
    "•": "*",
    "·": ".",
    "‹": "<",
    "›": ">",
    "⁄": "/",
    "Ł": "L",
    "ł": "l",
    "Đ": "D",
    "đ": "d",
    "Ð": "D",
    "ð": "d",
    "Þ": "Th",
    "þ": "th",
    "Œ": "OE",
    "œ": "oe",
    "ẞ": "SS",
    "ı": "i",
    "Ħ": "H",
    "ħ": "h",
    "ŋ": "n",
    "Ŋ": "N",
    "Ŧ": "T",
    "ŧ": "t",
    "ĸ": "k",
    "№": "No",
}


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM-7 alphabet or its extension."""
    return _GSM7.issuperset(text)


def encoding_of(text: str) -> Encoding:
    """The alphabet the network will choose for this text."""
    return Encoding.GSM7 if is_gsm7(text) else Encoding.UCS2


def units(text: str) -> int:
    """Length as the network counts: GSM-7 characters (extension two), or UTF-16 units."""
    return sum(_sizes(text, encoding_of(text)))


def segments(text: str) -> int:
    """How many texts this is paid as. An extension pair or a UTF-16 pair is never split, which can cost a unit."""
    encoding = encoding_of(text)
    alone, part = _ROOM[encoding]
    sizes = _sizes(text, encoding)
    if sum(sizes) <= alone:
        return 1
    count, room = 1, part
    for size in sizes:
        if size > room:
            count, room = count + 1, part
        room -= size
    return count


def to_gsm7(text: str) -> str:
    """The same text in GSM-7 where a reader would not mind: curly quotes, dashes, odd spaces, accents.

    Characters that GSM-7 has are kept (é, ñ, ö). One that has no fair stand-in (Cyrillic, an emoji) is kept too, so
    that nobody's name is mangled: such a text is UCS-2, knowingly.
    """
    return "".join(_plain(c) for c in unicodedata.normalize("NFC", text))


def _plain(char: str) -> str:
    if char in _BASIC or char in _EXTENSION:
        return char
    if char in _REPLACED:
        return _REPLACED[char]
    base = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    base = "".join(_REPLACED.get(c, c) for c in base)
    if "\u0300" <= char <= "\u036f":
        return ""  # an accent that NFC could not join to its letter; the marks of other scripts are part of the word
    return base if base and is_gsm7(base) else char


def _sizes(text: str, encoding: Encoding) -> list[int]:
    if encoding is Encoding.GSM7:
        return [2 if c in _EXTENSION else 1 for c in text]
    return [2 if ord(c) > 0xFFFF else 1 for c in text]  # noqa: PLR2004  beyond it UTF-16 needs a pair
