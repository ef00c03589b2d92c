"""From what is on record to a proof."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connector.domain.calendar import start_of_day
from connector.domain.consent import redact_cards
from connector.domain.consent_chain import Entry
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.places import Home, places_of
from connector.domain.receivable import Customer
from connector.proof.values import Message, Paid, Person, Proof, Reply, permission
from state.books import customer_of
from state.proof_views import ProofRows, proof_rows

if TYPE_CHECKING:
    from state.consent_check import Verified
    from state.database import Database
    from state.tables import EffectRow, TextRow


@dataclass(frozen=True, slots=True)
class Asked:
    """What a proof is to be about. `phones` is None for every number that stands in the register or was texted."""

    company: str
    business: str
    zone: ZoneInfo
    rule: str
    owner: Phone | None
    since: date
    until: date
    phones: Collection[Phone] | None
    country: str  # of the company, ISO 3166


def gather(database: Database, verified: Verified, asked: Asked, now: datetime, version: str) -> Proof:
    """Read it. `now` is UTC, when the proof is made.

    Raises:
        DatabaseTrouble: the records cannot be read.
    """
    begin = start_of_day(asked.since, asked.zone)
    end = start_of_day(asked.until + timedelta(days=1), asked.zone)
    wanted = None if asked.phones is None else {one.e164 for one in asked.phones}
    rows = proof_rows(database, asked.company, begin, end, wanted)
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for one in verified.entries:
        entries[one.record.phone.e164].append(one)
    phones = wanted or {*entries, *(row.phone for row in rows.texts)}
    return Proof(
        company=asked.company,
        business=asked.business,
        zone=asked.zone,
        rule=asked.rule,
        since=asked.since,
        until=asked.until,
        whole=asked.phones is None,
        made_at=now,
        version=version,
        entries=len(verified.entries),
        head=verified.head,
        flaws=tuple(one.sentence for one in verified.flaws),
        people=tuple(sorted((_person(rows, asked, phone, tuple(entries[phone])) for phone in phones), key=_by_name)),
    )


def _by_name(person: Person) -> tuple[bool, str, str]:
    return person.is_owner, ", ".join(person.names).casefold() or "\uffff", person.phone.e164


def _person(rows: ProofRows, asked: Asked, number: str, entries: tuple[Entry, ...]) -> Person:
    phone = Phone(number)
    zones = _zones(rows, asked, phone)
    mine = [row for row in rows.texts if row.phone == number and row.purpose != "owner"]
    about = {one for row in mine for one in (row.ledger_id, *_also(rows, row))}
    messages = [*_sent(rows, number, entries, asked.rule), *_open_ended(rows, number, entries, asked.rule)]
    return Person(
        phone=phone,
        names=tuple(dict.fromkeys(row.name for row in rows.people.get(number, ()))),
        zone=zones[0],
        zones_possible=len(zones),
        is_owner=phone == asked.owner,
        entries=entries,
        messages=tuple(sorted(messages, key=_when)),
        replies=tuple(
            Reply(row.received_at, row.text_id, redact_cards(row.body), row.meaning)
            for row in rows.replies
            if row.phone == number
        ),
        payments=_paid(rows, about),
    )


def _zones(rows: ProofRows, asked: Asked, phone: Phone) -> list[ZoneInfo]:
    """Every zone the recipient may be in, by the same rule by which the hours for texts are kept."""
    home = Home(asked.zone, asked.country)
    owners: list[Customer | None] = [customer_of(row) for row in rows.people.get(phone.e164, ())]
    return list(dict.fromkeys(one.zone for owner in owners or [None] for one in places_of(phone, owner, home)))


def _when(message: Message) -> tuple[datetime, str]:
    return message.at, message.text_id


def _sent(rows: ProofRows, number: str, entries: tuple[Entry, ...], rule: str) -> list[Message]:
    return [
        Message(
            at=row.sent_at,
            text_id=row.text_id,
            purpose=row.purpose,
            invoice=", ".join(_label(rows, one) for one in (row.ledger_id, *_also(rows, row))),
            body=_body(rows.requests.get(row.effect_key)),
            state=row.state,
            error_code=row.error_code or "",
            permission=permission(entries, row.sent_at, rule),
        )
        for row in rows.texts
        if row.phone == number
    ]


def _open_ended(rows: ProofRows, number: str, entries: tuple[Entry, ...], rule: str) -> list[Message]:
    """Tries that left no text on record: the service refused, or it is not known whether one went out."""
    return [
        Message(
            at=row.claimed_at or row.planned_at,
            text_id="",
            purpose=row.purpose or "",
            invoice=_label(rows, row.subject),
            body=_body(row),
            state="refused" if row.status == "rejected" else "not known",
            error_code=row.error or "",
            permission=permission(entries, row.claimed_at or row.planned_at, rule),
        )
        for row in rows.open_ended
        if row.phone == number
    ]


def _also(rows: ProofRows, text: TextRow) -> list[str]:
    """The other invoices that a text is about."""
    effect = rows.requests.get(text.effect_key)
    also: list[str] = json.loads(effect.request).get("also", []) if effect else []
    return also


def _body(row: EffectRow | None) -> str:
    return str(json.loads(row.request).get("body", "")) if row else ""


def _label(rows: ProofRows, ledger_id: str) -> str:
    invoice = rows.invoices.get(ledger_id)
    return (invoice.number if invoice else None) or ledger_id


def _paid(rows: ProofRows, about: Collection[str]) -> tuple[Paid, ...]:
    return tuple(
        Paid(
            at=row.paid_at or row.created_at,
            payment_id=row.payment_id,
            invoice=_label(rows, row.ledger_id),
            amount=Money.from_minor(row.amount, row.currency),
            state=row.state,
            booked=row.verdict == "booked",
        )
        for row in rows.payments
        if row.ledger_id in about
    )
