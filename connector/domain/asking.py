"""Double opt-in by text: one request, once for ever, to a number of which nothing is on record; then only a YES counts.

A request is a text itself. Whoever switches it on must have the right to send that one.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Final

from connector.domain.message import MOST_SEGMENTS, MessageProblem, Template, clean_name
from connector.domain.segments import segments, to_gsm7
from connector.domain.wordings import BUILT_IN

# What the wording of a request may refer to: the business, and the sentence that asks.
REQUEST_PLACEHOLDERS: Final = ("business", "ask")
# A YES of weeks later answers something else: an appointment, a question of the owner's.
ANSWERED_WITHIN: Final = timedelta(days=14)

# The whole reply and nothing else, in the seven languages. "Ok" is no yes: people say it to end a conversation.
_IN_SEVEN: Final = """
yes|yes please|yes i do|yes thanks|yes thank you|i agree|start|unstop
oui|oui merci|oui svp|oui s il vous plait|oui j accepte|oui d accord|d accord|j accepte|oui volontiers
si|si por favor|si gracias|si acepto|si de acuerdo|si quiero|de acuerdo|acepto
ja|ja bitte|ja gerne|ja gern|ja danke|ja einverstanden|einverstanden|ich stimme zu|ja ich stimme zu
si grazie|si prego|si accetto|si d accordo|si volentieri|accetto|d accordo
sim|sim por favor|sim obrigado|sim obrigada|sim aceito|sim concordo|sim quero|aceito|concordo
ja graag|ja hoor|ja alstublieft|ja bedankt|ja akkoord|akkoord
"""
_YES: Final = frozenset(one for line in _IN_SEVEN.strip().split("\n") for one in line.split("|"))
_NOT_WORD: Final = re.compile(r"[\W_]+")


def request_words(business: str, language: str = "en", own: str | None = None) -> str:
    """The request: who writes, the sentence that asks, and how to stop. `own`: the owner's wording around them.

    Raises:
        MessageProblem: the business has no name that can stand in a text, or one that is too long.
    """
    name = clean_name(business)
    if not name:
        raise MessageProblem("The business has no name that can stand in a text; set one in the settings.")
    words = BUILT_IN[language]
    template = Template(to_gsm7(own) if own is not None else words.request, REQUEST_PLACEHOLDERS)
    body = template.with_opt_out(words.opt_out).render({"business": name, "ask": words.ask})
    if not is_request(body):
        raise MessageProblem("The wording of the request must hold {ask}, outside of square brackets.")
    if segments(body) > MOST_SEGMENTS:
        raise MessageProblem(
            f"The request for consent would be {segments(body)} messages long; {MOST_SEGMENTS} is the most: set a "
            "shorter text_name, or a shorter wording."
        )
    return body


def is_request(body: str) -> bool:
    """Whether a text is such a request, in any language: of ours or, on a shared sender, of another company's."""
    return any(words.ask in body for words in BUILT_IN.values())


def says_yes(body: str) -> bool:
    """Whether a reply agrees and says nothing else."""
    flat = unicodedata.normalize("NFKD", body)
    plain = "".join(c for c in flat if not unicodedata.combining(c)).casefold()
    return " ".join(_NOT_WORD.sub(" ", plain).split()) in _YES
