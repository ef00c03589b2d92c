"""What is known of one receivable when it is decided about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from connector.domain.approval import Word
from connector.domain.consent import ConsentState
from connector.domain.dunning import Step
from connector.domain.effect import BooksIdentity, EffectKind
from connector.domain.joint import Part
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable


@dataclass(frozen=True, slots=True)
class LinkFact:
    """A payment link we made for this receivable and have not seen retired. `amount`: what it asks for this one."""

    link_id: str
    url: str
    amount: Money
    used: bool = False  # somebody completed it: it takes no second payment, even if that one failed later
    texted: bool = False  # a text has carried it: it may have been paid on
    joint: frozenset[str] = frozenset()  # of a joint link: the ledger ids of all its receivables, this one among them


@dataclass(frozen=True, slots=True)
class OpenEffect:
    """An effect on this receivable that is not concluded."""

    key: str
    kind: EffectKind
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the decision about one receivable rests on, as last known. Times are UTC."""

    identity: BooksIdentity
    receivable: Receivable
    customer: Customer | None
    phone: Phone | None  # parsed from the customer's mobile
    consent: ConsentState
    admitted: bool = False  # the owner let in an invoice of before the start date
    held: bool = False
    unreachable: bool = False  # the service said this number cannot receive texts
    sender_shared: bool = False  # the sender is another company's too
    closed_countries: frozenset[str] = field(default_factory=frozenset)  # whose carriers refuse the sender
    live_links: tuple[LinkFact, ...] = ()
    links_made: int = 0
    joint_links_made: int = 0  # of those that it leads
    payment_pending: bool = False
    payment_arrived: bool = False  # succeeded, and the balance in the ledger does not show it yet
    may_be_asked: bool = False  # nothing is on record of this number, not even that it was asked or texted
    was_asked: bool = False
    refused: frozenset[str] = field(default_factory=frozenset)  # keys of effects a service refused or a person closed
    open_effects: tuple[OpenEffect, ...] = ()
    steps_done: frozenset[Step] = field(default_factory=frozenset)
    notices_today: int = 0  # to this number, over all its receivables, in the recipient's day
    notices_this_week: tuple[datetime, ...] = ()  # when they went or will go to this number, the last seven days
    last_notice_at: datetime | None = None  # of this receivable, in the last days
    texts_had: int = 0  # by this number from this company, as far as they may have arrived
    uncharged_because: str | None = None  # the processor cannot charge this amount
    uncharged: frozenset[Money] = field(default_factory=frozenset)  # nor these instalments, or what they would leave
    paused: bool = False
    draft: bool = False  # the company has not gone live: every notice needs the owner's approval
    words: tuple[Word, ...] = ()  # what the owner was asked about its notices, and said; oldest first
    disputed: bool = False
    promised_on: date | None = None  # what was promised to us; the ledger may hold another day
    waited_for_promise: bool = False  # the last decision did
    replied_until: date | None = None  # the customer has written: notices wait through that day, of the company's zone


def parts_owed(members: Iterable[Situation]) -> tuple[Part, ...]:
    """What is owed on each of them, in their order: what a link over all of them asks."""
    return tuple(Part(one.receivable.ledger_id, one.receivable.balance) for one in members)
