"""One language's words for texts, as data; `message.compose` fills them.

In curly brackets stand the values, in square brackets what falls away where a value in it is missing. Every wording
keeps to GSM-7, which lacks many accented letters: other words are taken then, and where a language has none, the
spelling that phones have always used. Formal where the language knows it. Nothing hurries or threatens anybody; the
business stands early, so that the reader knows who writes; the link is last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from connector.domain.dunning import Step


class Occasion(StrEnum):
    """What a text says: the steps, a step that goes out later than its day, and what follows a payment."""

    ISSUED = "issued"
    UPCOMING = "upcoming"
    DUE = "due"
    PAST_DUE = "past_due"
    OVERDUE = "overdue"
    SECOND_OVERDUE = "overdue_2"
    THIRD_OVERDUE = "overdue_3"
    JOINT = "joint"  # a notice about several invoices, at whichever step
    RECEIPT = "receipt"
    PAID = "paid"  # to the owner, when a payment is booked
    REQUEST = "request"  # for consent


# Those of notices, which carry a link.
NOTICE_OCCASIONS: Final = (
    *(Occasion(step.value) for step in Step if step is not Step.HANDOVER),
    *(Occasion.PAST_DUE, Occasion.JOINT),
)


def occasion_of(step: Step, due: date | None, on: date) -> Occasion:
    """What a notice of that step says on the day `on`.

    The steps around the due date say how that day lies to today, whatever they were meant for: after a weekend or an
    outage "is due today" would be wrong, and so would "overdue" where the due date was put off meanwhile.

    Raises:
        ValueError: the step has no text.
    """
    if step is Step.ISSUED or due is None:
        return Occasion(step.value)
    if due > on:
        return Occasion.UPCOMING
    if due == on:
        return Occasion.DUE
    return Occasion.PAST_DUE if step in {Step.UPCOMING, Step.DUE} else Occasion(step.value)


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """One language. `opt_out` says how to stop; `somebody` stands for a customer whose name cannot be written.

    `part` says which instalment an amount is: `which` of `count` ("1", or "1-2" where two are asked at once).

    `ask` is in every request for consent, whoever worded the rest: by it a request is found again at the messaging
    service. So it must never be put differently; a new one would have to join it.
    """

    code: str  # ISO 639-1
    name: str  # in English
    issued: str
    upcoming: str
    due: str
    past_due: str
    overdue: str
    overdue_2: str
    overdue_3: str
    joint: str
    receipt: str
    paid: str
    request: str
    ask: str
    part: str
    opt_out: str
    somebody: str

    def of(self, occasion: Occasion) -> str:
        """The wording of an occasion."""
        return str(getattr(self, occasion.value))
