"""What people write when they want no more texts, language by language. Data only; `consent.meaning` reads it.

All tables are read for every reply: a customer of a company in Lyon may write in Portuguese.
"""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.dutch import DUTCH
from connector.domain.reply_words.english import ENGLISH
from connector.domain.reply_words.french import FRENCH
from connector.domain.reply_words.german import GERMAN
from connector.domain.reply_words.italian import ITALIAN
from connector.domain.reply_words.language import ReplyWords
from connector.domain.reply_words.portuguese import PORTUGUESE
from connector.domain.reply_words.spanish import SPANISH

__all__ = ["ENGLISH", "LANGUAGES", "ReplyWords"]

LANGUAGES: Final = (ENGLISH, FRENCH, SPANISH, GERMAN, ITALIAN, PORTUGUESE, DUTCH)
