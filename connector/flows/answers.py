"""What follows from a reply that is no word about consent: a pause, an item for the owner, a text to the owner.

One item a conversation and matter: what comes after is added to it while it is open. Nothing here books, forgives or
promises anything, unless the settings say that a promise in plain words counts as one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.answer import Answer, Topic, answer
from connector.domain.calendar import local_day
from connector.domain.consent import ReplyMeaning, redact_cards
from connector.domain.effect import BooksIdentity, EffectKind, NewEffect, canonical, natural_key
from connector.domain.letters import Letter, Said, of_reply
from connector.domain.message import clean_name
from connector.domain.phone import Phone
from connector.domain.places import Home, places_of
from connector.domain.receivable import Customer, ReceivableState
from connector.ports.messenger import InboundText
from state.books import customer_of
from state.effects import TextFacts
from state.names import DISPUTE, PROMISE, REPLY
from state.queries import Queries
from state.store import Attention, HoldFact, Planned, Store
from state.tables import ReceivableRow

# Who says "I'll pay Friday" on a Friday evening is read on Monday by an owner who keeps weekends. Longer, and a "soon"
# that nobody read would be an extension that nobody granted.
WAIT: Final = timedelta(days=3)
# A promise further away is a wish for other terms: a person decides on those.
FARTHEST_PROMISE: Final = timedelta(days=31)
FORWARDS_A_DAY: Final = 20  # a quarrel by text, not a loop between two machines
FORWARDED: Final = 200  # characters of a reply: with the name before it within two segments
SHOWN: Final = 300
CARD: Final = (
    "A card number was in it: it was removed, and is stored nowhere here. Delete the message in the Twilio console "
    "too, and ask them to pay by the link."
)
NAMED: Final = 3  # invoices whose commands are spelt out
INVOICES: Final = 50  # open invoices of one number


@dataclass(frozen=True, slots=True)
class Inbox:
    """What storing replies needs of a company. No service: a STOP is heard while all of them are out of reach."""

    company: str
    business: str
    store: Store
    queries: Queries
    identity: BooksIdentity | None = None  # None: as on record
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # the company's, with its country (ISO 3166)
    country: str = ""
    take_promises: bool = False  # a day that was understood counts as promised
    forward_to: Phone | None = None  # who gets each reply as a text
    mails: bool = False  # each reply becomes a letter to the owner
    owners: frozenset[Phone] = frozenset()  # numbers whose replies are the owner's own


@dataclass(frozen=True, slots=True)
class Followed:
    """What follows from one reply. `meaning` is what is kept with it."""

    meaning: str
    holds: tuple[HoldFact, ...] = ()
    attention: Attention | None = None
    forward: Planned | None = None
    letter: Letter | None = None


def follow(inbox: Inbox, text: InboundText, said: ReplyMeaning, now: datetime) -> Followed:
    """Decide what follows from a reply that is seen for the first time. Only reads."""
    found = _follow(inbox, text, said, now)
    if not inbox.mails or found.attention is None or text.sender in inbox.owners:
        return found
    return replace(found, letter=_letter(inbox, text, found.attention))


def _follow(inbox: Inbox, text: InboundText, said: ReplyMeaning, now: datetime) -> Followed:
    if said in {ReplyMeaning.STOP, ReplyMeaning.START}:
        return Followed(str(said))  # the messaging service answers these itself
    last = inbox.queries.last_text_to(inbox.company, text.sender.e164)
    theirs = inbox.queries.customers_with(inbox.company, text.sender.e164)
    if said is ReplyMeaning.OTHER and last is None and not theirs:
        return Followed(str(said))  # a stranger, and not an answer to anything of ours
    about = last.ledger_id if last else ""
    forward = _forward(inbox, text, about, now)
    if said is ReplyMeaning.HELP:
        return Followed(str(said))
    if said is not ReplyMeaning.OTHER:
        holds = tuple(HoldFact("customer", one, "a reply that a person should read") for one in theirs)
        kept = holds if said is ReplyMeaning.DOUBTFUL else ()
        return Followed(str(said), kept, _about_consent(inbox, text, said, about, kept), forward)
    days = _days(inbox, text, theirs)
    found = _understood(text.body, days)
    if found.topic is Topic.OTHER:
        return Followed(str(said), (), _other(inbox, text, about), forward)
    open_ones = inbox.queries.texted_about(inbox.company, text.sender.e164, INVOICES)
    if found.topic is Topic.PROMISE:  # one on an invoice that is on record as paid would count as kept
        owed = [one for one in open_ones if one.state == ReceivableState.OPEN]
        holds, attention = _promised(inbox, text, found, owed, about, days[-1])
    else:
        holds, attention = _contested(inbox, text, found, open_ones, about)
    return Followed(str(found.topic), holds, attention, forward)


def _days(inbox: Inbox, text: InboundText, theirs: Sequence[str]) -> list[date]:
    """Every civil day that it may be where they are, as for texts: by the address in the ledger, else by the number."""
    rows = inbox.queries.customers(inbox.company, theirs)
    owners: list[Customer | None] = [customer_of(row) for row in rows.values()]
    home = Home(inbox.zone, inbox.country)
    places = [place for owner in owners or [None] for place in places_of(text.sender, owner, home)]
    return sorted({local_day(text.received_at, place.zone) for place in places})


def _understood(body: str, days: Sequence[date]) -> Answer:
    """What it says. Where it may be two days, "Friday" is the later one: nobody is reminded too early."""
    read = [answer(body, day) for day in days]
    return max(read, key=lambda one: one.day or date.min)


# -------------------------------------------------------------------------------------------------------- promises


def _promised(
    inbox: Inbox, text: InboundText, found: Answer, open_ones: Sequence[ReceivableRow], about: str, today: date
) -> tuple[tuple[HoldFact, ...], Attention]:
    until = today + WAIT
    wait = HoldFact(REPLY, text.sender.e164, "they wrote that they will pay", until)
    near = found.day is not None and found.day <= today + FARTHEST_PROMISE
    if found.day is not None and near and inbox.take_promises and open_ones:
        promises = _promises(inbox, open_ones, found.day)
        drop = _commands(inbox, open_ones, "promise {} --drop")
        not_done = f"As your settings say it was taken as a promise: no notices through {found.day}."
        return promises, _item(inbox, text, Topic.PROMISE, about, not_done, drop)
    day = f" Understood was {found.day}." if found.day else " No day was understood in it."
    accept = _commands(inbox, open_ones, f"promise {{}} --until {found.day or 'DATE'}")
    not_done = f"It is not taken as a promise.{day} Notices to this number wait through {until}, then they go on."
    return (wait,), _item(inbox, text, Topic.PROMISE, about, not_done, f"To accept it: {accept}")


def _promises(inbox: Inbox, open_ones: Sequence[ReceivableRow], day: date) -> tuple[HoldFact, ...]:
    """None is shortened: a later day may have been accepted by hand."""
    known = {one.subject: one.until for one in inbox.queries.holds(inbox.company) if one.scope == PROMISE}
    return tuple(
        HoldFact(PROMISE, row.ledger_id, "they wrote so", day)
        for row in open_ones
        if (known.get(row.ledger_id) or day) <= day
    )


def _contested(
    inbox: Inbox, text: InboundText, found: Answer, open_ones: Sequence[ReceivableRow], about: str
) -> tuple[tuple[HoldFact, ...], Attention]:
    """They say it is paid, or that something is wrong: nobody is reminded of it before a person has looked."""
    paid = found.topic is Topic.PAID
    why = "they wrote that it is paid" if paid else "they wrote that something is wrong"
    known = {one.subject for one in inbox.queries.holds(inbox.company) if one.scope == DISPUTE}
    holds = tuple(HoldFact(DISPUTE, row.ledger_id, why) for row in open_ones if row.ledger_id not in known)
    if not open_ones:
        command = f"duebird show {about} --company {inbox.company}" if about else f"duebird invoices {_of(inbox)}"
        not_done = "No open invoice that this number was texted about: nothing was changed."
        return (), _item(inbox, text, found.topic, about, not_done, command)
    labels = ", ".join(row.number or row.ledger_id for row in open_ones)
    go_on = _commands(inbox, open_ones, "dispute {} --drop")
    if paid:
        not_done = f"Nothing was booked on their word. Notices about {labels} wait until you say so."
        command = f"Look for it at the bank. Found: book it in the ledger. Not found: {go_on}"
    else:
        not_done = f"Nobody has answered it. Notices about {labels} wait until you say so."
        command = f"When it is settled: {go_on}"
    return holds, _item(inbox, text, found.topic, about, not_done, command)


def _commands(inbox: Inbox, open_ones: Sequence[ReceivableRow], command: str) -> str:
    if not open_ones:
        return f"duebird {command.format('INVOICE')} {_of(inbox)}"
    said = [f"duebird {command.format(row.ledger_id)} {_of(inbox)}" for row in open_ones[:NAMED]]
    return " and ".join(said) + (f" (and {len(open_ones) - NAMED} more)" if len(open_ones) > NAMED else "")


def _of(inbox: Inbox) -> str:
    return f"--company {inbox.company}"


# ---------------------------------------------------------------------------------------------------------- items


def _other(inbox: Inbox, text: InboundText, about: str) -> Attention:
    command = f"duebird hold --company {inbox.company} {about or 'INVOICE'}"
    not_done = "Nobody has answered it. Notices go on as planned."
    return _item(inbox, text, Topic.OTHER, about, not_done, command)


_TAKEN: Final = {
    ReplyMeaning.REVOCATION_BY_MEANING: "It was taken as a wish to get no more texts: this number gets none.",
    ReplyMeaning.WRONG_NUMBER: "It was taken as a wrong number: this number gets no more texts.",
}


def _about_consent(
    inbox: Inbox, text: InboundText, said: ReplyMeaning, about: str, held: Sequence[HoldFact]
) -> Attention:
    not_done = _TAKEN.get(said, "Nobody has answered it. Notices go on as planned.")
    if held:
        not_done = "It may be a wish to get no more texts: there are none to this customer until you release them."
    release = " and ".join(f"duebird release {one.subject} --customer --company {inbox.company}" for one in held)
    return _item(inbox, text, said, about, not_done, release or f"duebird hold --company {inbox.company} {about}")


def _item(
    inbox: Inbox, text: InboundText, matter: ReplyMeaning | Topic, about: str, not_done: str, command: str
) -> Attention:
    body = redact_cards(text.body)
    words = f"“{body[:SHOWN]}”"
    if body != text.body:
        words += f" {CARD}"
    number = hashlib.sha256(text.sender.e164.encode()).hexdigest()[:12]  # names the conversation, not the number
    matter_key = f"{inbox.company}/reply/{number}/{matter}"
    last = f" (last text was about {about})" if about else ""
    return Attention(
        key=f"{matter_key}/{text.text_id}",
        matter=matter_key,
        subject=about or text.sender.masked,
        happened=f"{inbox.business}: {text.sender.masked} wrote{last}: {words}",
        not_done=not_done,
        command=command,
        again=words,
    )


# -------------------------------------------------------------------------------------------------------- forward


def _forward(inbox: Inbox, text: InboundText, about: str, now: datetime) -> Planned | None:
    """The reply as a text to the owner, planned with what is stored: it goes out once. Never the owner's own."""
    if inbox.forward_to is None or text.sender in inbox.owners or text.sender == inbox.forward_to:
        return None
    identity = inbox.identity or inbox.queries.identity(inbox.company)
    sent = inbox.queries.owner_texts_since(inbox.company, inbox.forward_to.e164, now - timedelta(days=1))
    if identity is None or sent >= FORWARDS_A_DAY:
        return None
    who = clean_name(inbox.queries.name_of(inbox.company, text.sender.e164)) or text.sender.masked
    body = f"Duebird: {who} wrote: {clean_name(redact_cards(text.body), FORWARDED)}"
    request: dict[str, object] = {"to": inbox.forward_to.e164, "body": body, "purpose": "owner"}
    key = natural_key(identity, "forward", text.text_id)
    why = f"owner for the reply of {text.sender.masked}"
    effect = NewEffect(key, EffectKind.SEND_TEXT, about or text.text_id, canonical(request), why)
    return Planned(effect, TextFacts(inbox.forward_to.e164, "owner"))


def _letter(inbox: Inbox, text: InboundText, item: Attention) -> Letter:
    """The reply as an e-mail to the owner, in which the whole number stands: it is theirs to call."""
    last = inbox.queries.last_text_to(inbox.company, text.sender.e164)
    words = redact_cards(text.body)
    told = Said(
        text_id=text.text_id,
        who=inbox.queries.name_of(inbox.company, text.sender.e164),
        number=text.sender.e164,
        words=words,
        at=text.received_at.astimezone(inbox.zone),
        about=_label(inbox, last.ledger_id) if last else "",
        not_done=item.not_done if words == text.body else f"{CARD} {item.not_done}",
        command=item.command,
    )
    return of_reply(inbox.business, told)


def _label(inbox: Inbox, ledger_id: str) -> str:
    row = inbox.queries.receivable(inbox.company, ledger_id)
    return (row.number if row else None) or ledger_id


__all__ = ["Followed", "Inbox", "follow"]
