"""One language's words for wanting no more texts, as data; `consent.meaning` reads it.

Patterns are regular expressions of whole words. They see one clause at a time: small letters, no punctuation, no
apostrophes ("n'écrivez" is "necrivez"), no accents, "ss" for the German sharp s, single spaces. None may take longer
than the square of a text's length.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """One language. Keywords are whole messages; patterns are searched within a clause.

    `stop`, `start` and `help` are those the messaging service itself answers to. `stop_alone`: words that mean a
    revocation as a clause of their own. What `harmless` matches is taken out before the rest is looked at; `limited`
    (a wish with a condition: not at night, not until Friday) before `revocation`.
    """

    code: str  # ISO 639-1
    stop: frozenset[str]
    start: frozenset[str]
    help: frozenset[str]
    stop_alone: frozenset[str]
    harmless: tuple[str, ...]
    limited: tuple[str, ...]
    revocation: tuple[str, ...]
    wrong_number: tuple[str, ...]
    doubtful: tuple[str, ...]


def whole_words(*patterns: str) -> tuple[str, ...]:
    """Patterns that match whole words only."""
    return tuple(rf"\b(?:{pattern})\b" for pattern in patterns)
