"""What a proof says, as values. Instants are UTC; the page shows them in the zone of whom they concern."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connector.domain.consent import ConsentState, standing
from connector.domain.consent_chain import Entry
from connector.domain.money import Money
from connector.domain.phone import Phone


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a text was permitted by what the register knew when it was sent, and the entry that says so."""

    state: ConsentState
    entry: Entry | None
    by_number: bool = False  # the settings let a number that was given do, and nothing in the register spoke against it

    @property
    def given(self) -> bool:
        """There was a consent, or by the settings none was needed."""
        return self.state is ConsentState.GRANTED or self.by_number


@dataclass(frozen=True, slots=True)
class Message:
    """A text to a number. `state` is how far it came; `body` is as it was sent."""

    at: datetime
    text_id: str
    purpose: str
    invoice: str
    body: str
    state: str
    error_code: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class Reply:
    """What the number wrote back, card numbers taken out, and what it was taken for."""

    at: datetime
    text_id: str
    body: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment on an invoice that this number was texted about."""

    at: datetime
    payment_id: str
    invoice: str
    amount: Money
    state: str
    booked: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One number: whose it is, what they agreed to, and everything that was said and paid in the period.

    `zone` is the one its times are shown in; `zones_possible` how many the number may be in.
    """

    phone: Phone
    names: tuple[str, ...]
    zone: ZoneInfo
    zones_possible: int
    is_owner: bool
    entries: tuple[Entry, ...]
    messages: tuple[Message, ...]
    replies: tuple[Reply, ...]
    payments: tuple[Paid, ...]

    @property
    def stands(self) -> ConsentState:
        """Where the number stands by all its entries."""
        return standing([one.record for one in self.entries])

    @property
    def unproved(self) -> tuple[Message, ...]:
        """Texts for which the register had no consent when they were sent. The owner's own number needs none."""
        if self.is_owner:
            return ()
        # The request for consent goes out without one; at most one to a number, and it is shown as what it is.
        return tuple(one for one in self.messages if not one.permission.given and one.purpose != "request")


@dataclass(frozen=True, slots=True)
class Proof:
    """All of it. `since` and `until` are civil days of the company's zone, both included."""

    company: str
    business: str
    zone: ZoneInfo
    rule: str
    since: date
    until: date
    whole: bool  # every number, not one customer
    made_at: datetime
    version: str
    entries: int
    head: str
    flaws: tuple[str, ...]
    people: tuple[Person, ...]

    @property
    def unproved(self) -> int:
        """Texts for which the register had no consent when they were sent."""
        return sum(len(one.unproved) for one in self.people)


def permission(entries: tuple[Entry, ...], at: datetime, rule: str) -> Permission:
    """By what was on record then: what came into the register later permits nothing, and forbids nothing, before."""
    known = [
        one for one in entries if one.record.recorded_at <= at and (one.entered_at is None or one.entered_at <= at)
    ]
    state = standing([one.record for one in known])
    said = [one for one in known if one.record.state is state]
    by_number = rule == "number_given" and state is ConsentState.NONE
    return Permission(state, max(said, key=_when) if said else None, by_number)


def _when(entry: Entry) -> tuple[datetime, int]:
    return entry.record.recorded_at, entry.place
