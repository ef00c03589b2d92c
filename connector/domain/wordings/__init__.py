"""The built-in words of texts, language by language. Data only; `message.compose` fills them."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.dutch import DUTCH
from connector.domain.wordings.english import ENGLISH
from connector.domain.wordings.french import FRENCH
from connector.domain.wordings.german import GERMAN
from connector.domain.wordings.italian import ITALIAN
from connector.domain.wordings.language import NOTICE_OCCASIONS, LanguageWords, Occasion, occasion_of
from connector.domain.wordings.portuguese import PORTUGUESE
from connector.domain.wordings.spanish import SPANISH

__all__ = ["BUILT_IN", "NOTICE_OCCASIONS", "LanguageWords", "Occasion", "language_code", "occasion_of"]

BUILT_IN: Final = {one.code: one for one in (ENGLISH, FRENCH, SPANISH, GERMAN, ITALIAN, PORTUGUESE, DUTCH)}
_LETTERS: Final = 2  # of a language's code, ISO 639-1


def language_code(written: str | None) -> str | None:
    """The language that a tag such as "fr", "fr-CA" or "FR_fr" names, None where there are no words in it."""
    code = (written or "").strip().replace("_", "-").partition("-")[0].lower()
    return code if len(code) == _LETTERS and code in BUILT_IN else None
