"""What people answer to a request for money, language by language. Data only; `connector.domain.answer` reads it.

All tables are read for every reply: a customer of a company in Lyon may write in Portuguese.
"""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.dutch import DUTCH
from connector.domain.answer_words.english import ENGLISH
from connector.domain.answer_words.french import FRENCH
from connector.domain.answer_words.german import GERMAN
from connector.domain.answer_words.italian import ITALIAN
from connector.domain.answer_words.language import AnswerWords
from connector.domain.answer_words.portuguese import PORTUGUESE
from connector.domain.answer_words.spanish import SPANISH

__all__ = ["ANSWER_LANGUAGES", "AnswerWords"]

ANSWER_LANGUAGES: Final = (ENGLISH, FRENCH, SPANISH, GERMAN, ITALIAN, PORTUGUESE, DUTCH)
