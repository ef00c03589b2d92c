"""Double opt-in by text: one request, once for ever, to a number of which nothing is on record; then only a YES counts.

A request is a text itself. Whoever switches it on must have the right to send that one.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Final

from connector.domain.message import MessageProblem, clean_name
from connector.domain.segments import segments

# Every request says this, whatever the business is called by then: by it a request is found again at the messaging
# service, so it must never be put differently.
MARK: Final = "Reply YES to get invoices and payment reminders from us by text."
_WORDS: Final = "{business} here. " + MARK + " Reply STOP to opt out."
# A YES of weeks later answers something else: an appointment, a question of the owner's.
ANSWERED_WITHIN: Final = timedelta(days=14)

# The whole reply and nothing else, in the seven languages. "Ok" is no yes: people say it to end a conversation.
_IN_SEVEN: Final = """
yes|yes please|yes i do|yes thanks|yes thank you|i agree|start|unstop
oui|oui merci|oui svp|oui s il vous plait|d accord|j accepte
si|si por favor|si gracias|de acuerdo|acepto
ja|ja bitte|ja gerne|ja danke|einverstanden
si grazie|si prego|accetto|d accordo
sim|sim por favor|sim obrigado|sim obrigada|aceito|concordo
ja graag|ja alstublieft|akkoord
"""
_YES: Final = frozenset(one for line in _IN_SEVEN.strip().split("\n") for one in line.split("|"))
_NOT_WORD: Final = re.compile(r"[\W_]+")


def request_words(business: str) -> str:
    """The request, one message long.

    Raises:
        MessageProblem: the business has no name that can stand in a text, or one that is too long.
    """
    name = clean_name(business)
    if not name:
        raise MessageProblem("The business has no name that can stand in a text; set one in the settings.")
    body = _WORDS.format(business=name)
    if segments(body) > 1:
        raise MessageProblem("The request for consent would be longer than one message: set a shorter text_name.")
    return body


def is_request(body: str) -> bool:
    """Whether a text is such a request: of ours or, through a sender that is shared, of another company's."""
    return MARK in body


def says_yes(body: str) -> bool:
    """Whether a reply agrees and says nothing else."""
    flat = unicodedata.normalize("NFKD", body)
    plain = "".join(c for c in flat if not unicodedata.combining(c)).casefold()
    return " ".join(_NOT_WORD.sub(" ", plain).split()) in _YES
