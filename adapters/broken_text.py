"""Characters that JSON can carry and no database or phone can take: half a character, and the zero character.

A name cut in the middle of an emoji arrives as a lone half, the escape of a surrogate. SQLite refuses the half,
PostgreSQL the zero character too, and one such name would then keep a whole page of records from being stored.
"""

from __future__ import annotations

import re
from typing import Any, Final

REPLACEMENT: Final = "\ufffd"  # what Unicode has for "something stood here that cannot be shown"

_BROKEN: Final = re.compile("[\ud800-\udfff\0]")
# A whole emoji may be written as two escapes as well: then the answer is looked through in vain, which does no harm.
_SUSPECT: Final = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_SUSPECT_BYTES: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)|\xed[\xa0-\xbf]")  # escaped, or raw as CESU-8 has it


def suspect(body: str | bytes) -> bool:
    """Whether JSON may decode to such characters: a quick look, so that the usual answer is not walked through."""
    found = _SUSPECT.search(body) if isinstance(body, str) else _SUSPECT_BYTES.search(body)
    return found is not None


def mended(value: Any) -> Any:
    """A decoded JSON value with every such character replaced, keys too."""
    if isinstance(value, str):
        return _BROKEN.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [mended(one) for one in value]
    if isinstance(value, dict):
        return {mended(key): mended(one) for key, one in value.items()}
    return value
