"""What owners and customers say about single notices and invoices: words, and a log of who said what, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from connector.domain.phone import Phone


class Topic(StrEnum):
    """What a customer's word is about, as whoever wrote it meant it."""

    PROMISE = "promise"
    PAID = "paid"
    DISPUTE = "dispute"


# Plain sentences of each language, and for a promise in how many days. What is hard to read has tests of its own.
MONEY_WORDS: Final[dict[str, tuple[Topic, int]]] = {
    "will pay tomorrow": (Topic.PROMISE, 1),
    "I'll take care of it in two weeks": (Topic.PROMISE, 14),
    "Je réglerai demain": (Topic.PROMISE, 1),
    "je règle dans deux semaines": (Topic.PROMISE, 14),
    "mañana le pago": (Topic.PROMISE, 1),
    "pago en 3 días": (Topic.PROMISE, 3),
    "ich überweise morgen": (Topic.PROMISE, 1),
    "In zwei Wochen kann ich zahlen": (Topic.PROMISE, 14),
    "pago fra tre giorni": (Topic.PROMISE, 3),
    "vou pagar amanhã": (Topic.PROMISE, 1),
    "over twee weken kan ik betalen": (Topic.PROMISE, 14),
    "I already paid by check": (Topic.PAID, 0),
    "Déjà payé": (Topic.PAID, 0),
    "Ya está pagado": (Topic.PAID, 0),
    "Die Rechnung wurde bereits bezahlt": (Topic.PAID, 0),
    "The amount is incorrect": (Topic.DISPUTE, 0),
    "Cette facture est fausse": (Topic.DISPUTE, 0),
    "No pedí nada": (Topic.DISPUTE, 0),
    "Die Rechnung stimmt nicht": (Topic.DISPUTE, 0),
    "verkeerd bedrag": (Topic.DISPUTE, 0),
}
_TALK: Final = tuple(MONEY_WORDS)
# The ledger's word for a customer's language; most ledgers say nothing.
LANGUAGES: Final = (None, None, None, "es", "fr", "de")
OWN_SPANISH: Final = "le escribe"  # what only the owner's own wording of an issued invoice says
BUILT_IN_SPANISH: Final = "esta es su factura"
PAY: Final = {None: ("Pay online:", "Pay:"), "es": ("Pagar:",), "fr": ("Payer :",), "de": ("Bezahlen:",)}


@dataclass(frozen=True, slots=True)
class Manners:
    """How an owner has his company be: drawn from the seed, the same on every computer."""

    drafts: bool = False  # the company begins in draft
    ask_always: tuple[str, ...] = ()  # steps he approves one by one, also when it is live
    takes_promises: bool = False
    own_words: bool = False
    live_on: float = 0.0  # days after the beginning on which he takes it out of draft

    @staticmethod
    def of(seed: str) -> Manners:
        """Those of a seed."""
        dice = Random(f"{seed}/manners")
        steps: tuple[str, ...] = dice.choice(((), (), (), ("due", "overdue"), ("issued", "overdue")))
        return Manners(
            drafts=dice.random() < 0.25,
            ask_always=steps,
            takes_promises=dice.random() < 0.3,
            own_words=dice.random() < 0.5,
            live_on=dice.uniform(2, 32),
        )


class What(StrEnum):
    """What the owner typed, or was shown."""

    SHOWN = "shown"  # a notice that waits for him
    APPROVED = "approved"
    REFUSED = "refused"
    LIVE = "live"
    PROMISED = "promised"
    NO_PROMISE = "no promise"
    DISPUTED = "disputed"
    NO_DISPUTE = "no dispute"
    ANSWERED = "answered"  # a number that had written waits no more


@dataclass(frozen=True, slots=True)
class Said:
    """One word of the owner's. `at` is the true time."""

    at: datetime
    what: What
    ledger_id: str = ""
    phone: str = ""
    step: str = ""
    amount: int = 0
    body: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """A customer's word about the money. `day`: the one he promised, where he is."""

    at: datetime
    phone: Phone
    topic: Topic
    day: date | None

    @staticmethod
    def of(words: str, phone: Phone, at: datetime, today: date) -> Talk | None:
        """What such words are meant to say; None where they are about something else."""
        known = MONEY_WORDS.get(words)
        if known is None:
            return None
        topic, days = known
        return Talk(at, phone, topic, today + timedelta(days=days) if topic is Topic.PROMISE else None)


def some_words(dice: Random) -> str:
    """What somebody might write about the money."""
    return dice.choice(_TALK)
