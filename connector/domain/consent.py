"""Whether a number may be texted, and what a reply means for that.

47 CFR 64.1200(a)(10) lets a person revoke consent "by any reasonable means": the carrier's keywords are only the
plainest of them. A reply that merely contains the word stop ("I'll stop by tomorrow") revokes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from connector.domain.phone import Phone
from connector.domain.reply_words import ENGLISH, LANGUAGES, ReplyWords

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "ConsentMethod",
    "ConsentRecord",
    "ConsentState",
    "Marker",
    "ReplyMeaning",
    "clauses_of",
    "marker_news",
    "meaning",
    "plain",
    "redact_cards",
    "standing",
    "standing_apart_from_marker",
]


class ConsentState(StrEnum):
    """Where a number stands. Only GRANTED may be texted."""

    GRANTED = "granted"
    REVOKED = "revoked"
    NONE = "none"


class ConsentMethod(StrEnum):
    """How a consent or a revocation came about."""

    FORM = "form"
    PAPER = "paper"
    VERBAL = "verbal"
    REPLY = "reply"  # the person texted it: STOP, START, or words that mean it
    LEDGER_MARKER = "ledger_marker"  # a group or field in the ledger
    IMPORT = "import"  # a list the owner gave us
    ANSWER = "answer"  # YES to the one request for consent that we texted; its wording is that of the request
    CARRIER = "carrier"  # the messaging service refused (21610) or the carrier blocked


# A list or a marker that is read again and again only repeats an old word. It must not talk over a person's STOP;
# what was agreed anew after it (a form, on paper, by word of mouth) is recorded as such.
_REPEATS: Final = frozenset((ConsentMethod.LEDGER_MARKER, ConsentMethod.IMPORT))


_AFTER_ALL: Final = (ConsentMethod.ANSWER, ConsentState.REVOKED)


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One thing that was said about texting a number. Records are only ever added.

    `state` GRANTED or REVOKED; NONE takes an earlier grant back without the person's doing (a mistaken import).
    `recorded_at` is UTC. `evidence` is a note or a hash, `source` where it came from (file and row, text id).
    """

    phone: Phone
    state: ConsentState
    method: ConsentMethod
    recorded_at: datetime
    recorded_by: str
    wording: str = ""
    evidence: str = ""
    source: str = ""


def standing(records: Iterable[ConsentRecord]) -> ConsentState:
    """Where one number stands by all its records; the newest wins, with these limits.

    - START (a grant by REPLY) re-opens only what was granted before: it is no consent by itself.
    - After a revocation an import or a ledger marker re-opens nothing, and a YES to a request is no more than a START.
    - NONE takes back a grant, never a revocation.
    - Of two records of the same instant the stricter wins.

    Raises:
        ValueError: the records are of more than one number.
    """
    ordered = sorted(records, key=lambda record: (record.recorded_at, _strictness(record.state)))
    if len({record.phone for record in ordered}) > 1:
        raise ValueError("the standing of one number was asked with records of several")
    state, granted_before = ConsentState.NONE, False
    for record in ordered:
        if record.state is ConsentState.REVOKED:
            state = ConsentState.REVOKED
        elif record.state is ConsentState.NONE:
            granted_before = False
            state = state if state is ConsentState.REVOKED else ConsentState.NONE
        elif record.method is ConsentMethod.REPLY or (record.method, state) == _AFTER_ALL:
            state = ConsentState.GRANTED if granted_before else state
        else:
            granted_before = True
            if state is not ConsentState.REVOKED or record.method not in _REPEATS:
                state = ConsentState.GRANTED
    return state


def standing_apart_from_marker(records: Iterable[ConsentRecord]) -> ConsentState:
    """Where one number stands by what people said; that a marker in the ledger was seen permits nothing by itself.

    Whether the marker is there is read in the ledger before each text. That it went counts here: whoever takes a
    customer out of the group of those who agreed means that they get no more texts, whatever else is on record.
    """
    every = list(records)
    if standing(every) is ConsentState.REVOKED:
        return ConsentState.REVOKED
    seen = (ConsentMethod.LEDGER_MARKER, ConsentState.GRANTED)
    said = standing([one for one in every if (one.method, one.state) != seen])
    return ConsentState.GRANTED if said is ConsentState.GRANTED else ConsentState.NONE


@dataclass(frozen=True, slots=True)
class Marker:
    """Whether a number carries the marker in the ledger now: its name there, and whose customer record says so."""

    name: str
    there: bool
    customer: str


def marker_news(phone: Phone, records: Iterable[ConsentRecord], marker: Marker, now: datetime) -> ConsentRecord | None:
    """What the register should note of a marker: when it was first seen and when it went, each once. UTC."""
    notes = [one for one in records if one.method is ConsentMethod.LEDGER_MARKER]
    if marker.there is bool(notes and notes[-1].state is ConsentState.GRANTED):
        return None
    return ConsentRecord(
        phone=phone,
        state=ConsentState.GRANTED if marker.there else ConsentState.NONE,
        method=ConsentMethod.LEDGER_MARKER,
        recorded_at=now,
        recorded_by="duebird",
        evidence=f"marker '{marker.name}' of {marker.customer} in the ledger: {'seen' if marker.there else 'gone'}",
        source=f"marker:{len(notes) + 1}",
    )


def _strictness(state: ConsentState) -> int:
    return {ConsentState.GRANTED: 0, ConsentState.NONE: 1, ConsentState.REVOKED: 2}[state]


class ReplyMeaning(StrEnum):
    """What a reply asks of us."""

    STOP = "stop"  # a keyword, the whole message: the service has blocked the number too
    START = "start"  # a keyword, exactly as the service knows it
    HELP = "help"
    REVOCATION_BY_MEANING = "revocation_by_meaning"  # in other words; the law counts it all the same
    WRONG_NUMBER = "wrong_number"
    DOUBTFUL = "doubtful"  # hold, and let a person read it
    OTHER = "other"  # for the owner to read; changes nothing


_CLAUSE: Final = re.compile(r"[.,;:!?\n\r()\u2026\u2013\u2014]+|\s-+\s")
_NOT_WORD: Final = re.compile(r"[^\w\s]+")
LONGEST: Final = 1600  # the longest text there is; a longer body is not a text


def meaning(body: str, languages: Iterable[ReplyWords] = LANGUAGES) -> ReplyMeaning:
    """What a reply means, by the tables of `reply_words`.

    First the whole message against the keywords; then clause by clause, the weightiest clause decides:
    revocation, wrong number, doubtful, other.
    """
    text = plain(body[:LONGEST])
    word = " ".join(_NOT_WORD.sub(" ", text).split())
    tables = tuple(languages)
    if any(word in table.stop for table in tables):
        return ReplyMeaning.STOP
    exact = " ".join(text.split())
    if any(exact in table.start for table in tables):
        return ReplyMeaning.START
    if any(word in table.help for table in tables):
        return ReplyMeaning.HELP
    found = {_of_clause(clause, table) for clause in clauses_of(text) for table in tables}
    for weighty in (ReplyMeaning.REVOCATION_BY_MEANING, ReplyMeaning.WRONG_NUMBER, ReplyMeaning.DOUBTFUL):
        if weighty in found:
            return weighty
    return ReplyMeaning.OTHER


def clauses_of(text: str) -> list[str]:
    """The clauses of a plain text: words with single spaces, without punctuation and apostrophes."""
    clauses = (" ".join(_NOT_WORD.sub(" ", part.replace("'", "")).split()) for part in _CLAUSE.split(text))
    return [clause for clause in clauses if clause]


def _of_clause(clause: str, table: ReplyWords) -> ReplyMeaning:
    """One clause against one language, without the parts that look like a revocation and are none."""
    if clause in table.stop_alone:
        return ReplyMeaning.REVOCATION_BY_MEANING
    rest = clause
    for harmless in table.harmless:
        rest = _compiled(harmless).sub(" ", rest)
    rest = " ".join(rest.split())
    for patterns, result in (
        (table.limited, ReplyMeaning.DOUBTFUL),
        (table.revocation, ReplyMeaning.REVOCATION_BY_MEANING),
        (table.wrong_number, ReplyMeaning.WRONG_NUMBER),
        (table.doubtful, ReplyMeaning.DOUBTFUL),
    ):
        if any(_compiled(pattern).search(rest) for pattern in patterns):
            return result
    return ReplyMeaning.OTHER


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first asked for: most commands never read a reply."""
    return re.compile(pattern)


def plain(text: str) -> str:
    """Small letters, straight apostrophes, no accents, look-alikes brought to plain forms."""
    flat = unicodedata.normalize("NFKD", text.replace("\u2019", "'").replace("\u2018", "'").replace("`", "'"))
    visible = "".join(c for c in flat if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return visible.casefold()


_DIGIT_GROUPS: Final = re.compile(r"(?<!\d)\d(?:[\s.\-\u2010-\u2015]{0,2}\d){12,}(?!\d)")
_GROUP: Final = re.compile(r"\d+")
_CARD_SHORTEST, _CARD_LONGEST = 13, 19  # ISO/IEC 7812
REDACTED: Final = "(card number removed)"


def redact_cards(body: str) -> str:
    """The body without payment card numbers: 13 to 19 digits, grouped or not, that pass the Luhn check.

    A card number followed by its expiry or code is found too, since groups of digits are tried from each start.
    """
    return _DIGIT_GROUPS.sub(lambda match: _without_cards(match[0]), body)


def _without_cards(run: str) -> str:
    groups = list(_GROUP.finditer(run))
    out, at, i = "", 0, 0
    while i < len(groups):
        reach = min(len(groups), i + _CARD_LONGEST)  # a group has a digit at least
        end = next((j for j in range(reach, i, -1) if _is_card("".join(g[0] for g in groups[i:j]))), None)
        if end is None:
            i += 1
            continue
        out += run[at : groups[i].start()] + REDACTED
        at = groups[end - 1].end()
        i = end
    return out + run[at:]


def _is_card(digits: str) -> bool:
    """Luhn, https://www.iso.org/standard/70484.html, annex B."""
    if not _CARD_SHORTEST <= len(digits) <= _CARD_LONGEST:
        return False
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = unicodedata.decimal(char) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value  # noqa: PLR2004  two digits are added up
    return total % 10 == 0
