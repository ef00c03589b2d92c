"""The owner's word on a notice before it goes out: asked, approved, refused.

A word is about one step of one receivable with one amount to one number. When any of these changes before the text is
out, it says nothing any more, and the owner is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from connector.domain.dunning import Step
from connector.domain.money import Money
from connector.domain.phone import Phone

# A text that waits longer has waited through a whole working day of the owner's: then it is not a matter of minutes,
# and the owner is told where they look for what needs them.
LONG: Final = timedelta(days=1)

# What a live link looks like, to the character: the words and their segments are those of the real text.
SAMPLE_LINK: Final = "https://buy.stripe.com/xxxxxxxxxxxxxxxxxxxxxxx"
WHERE_THE_LINK_STANDS: Final = "[payment link]"


class Verdict(StrEnum):
    """What was said of a notice."""

    ASKED = "asked"  # it is ready, and shown to the owner
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Word:
    """One thing said of a notice of a receivable: by Duebird (asked) or by the owner. `at` is UTC."""

    verdict: Verdict
    step: Step
    amount: Money
    phone: Phone
    at: datetime


@dataclass(frozen=True, slots=True)
class Ask:
    """A notice to be put before the owner. `body` is what it says today, with its link or with `SAMPLE_LINK`."""

    step: Step
    amount: Money
    phone: Phone
    body: str


def last_word(words: Iterable[Word], step: Step, amount: Money, phone: Phone) -> Word | None:
    """The newest of `words`, which are oldest first, on exactly this notice; None where nothing was said of it."""
    about = [one for one in words if (one.step, one.amount, one.phone) == (step, amount, phone)]
    return about[-1] if about else None


def waits_long(words: Sequence[Word], now: datetime) -> bool:
    """Whether the owner was asked long ago and nothing was said since; `words` are oldest first."""
    return bool(words) and words[-1].verdict is Verdict.ASKED and words[-1].at + LONG <= now


def shown(body: str) -> str:
    """The words for a person: where the link is not made yet, the place where it will stand."""
    return body.replace(SAMPLE_LINK, WHERE_THE_LINK_STANDS)
