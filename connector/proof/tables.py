"""A proof for programs: CSV for spreadsheets, JSON for the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.consent_chain import Entry
from connector.papers import cell, csv_of
from connector.proof.values import Message, Paid, Person, Proof, Reply

_CONSENTS: Final = """
phone customer entry state method said_at_utc said_at_local wording evidence recorded_by source entered_at_utc
previous_hash hash
"""
_MESSAGES: Final = """
phone customer sent_at_utc sent_at_local zone purpose invoice words delivery error consent consent_entry text_id
"""
_REPLIES: Final = "phone customer received_at_utc received_at_local words taken_as text_id"
_PAYMENTS: Final = "phone customer paid_at_utc paid_at_local invoice amount currency state booked payment_id"


def csv_files(proof: Proof) -> dict[str, bytes]:
    """The tables by their names, UTF-8 with a mark that spreadsheets understand."""
    people = proof.people
    return {
        "consents.csv": csv_of(
            _CONSENTS.split(), (_consent_row(person, one) for person in people for one in person.entries)
        ),
        "messages.csv": csv_of(
            _MESSAGES.split(), (_message_row(person, one) for person in people for one in person.messages)
        ),
        "replies.csv": csv_of(
            _REPLIES.split(), (_reply_row(person, one) for person in people for one in person.replies)
        ),
        "payments.csv": csv_of(
            _PAYMENTS.split(), (_payment_row(person, one) for person in people for one in person.payments)
        ),
    }


def json_file(proof: Proof) -> bytes:
    """All of it. Entries have every field that their hash is made of, so that a program can compute it again."""
    values = {
        "company": proof.company,
        "business": proof.business,
        "zone": str(proof.zone),
        "consent_rule": proof.rule,
        "from": proof.since.isoformat(),
        "to": proof.until.isoformat(),
        "all_numbers": proof.whole,
        "made_at": utc(proof.made_at),
        "made_by": f"duebird {proof.version}",
        "register": {"entries": proof.entries, "head": proof.head, "whole": not proof.flaws, "flaws": proof.flaws},
        "texts_without_a_consent_on_record": proof.unproved,
        "people": [_person(one) for one in proof.people],
    }
    return (json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _person(person: Person) -> dict[str, object]:
    return {
        "phone": person.phone.e164,
        "customers": person.names,
        "zone": str(person.zone),
        "owners_own_number": person.is_owner,
        "stands": person.stands,
        "consents": [_entry(one) for one in person.entries],
        "messages": [
            {
                "at": utc(one.at),
                "at_local": local(one.at, person.zone),
                "purpose": one.purpose,
                "invoice": one.invoice,
                "words": one.body,
                "delivery": one.state,
                "error": one.error_code,
                "consent": one.permission.state,
                "consent_entry": one.permission.entry.place if one.permission.entry else None,
                "text_id": one.text_id,
            }
            for one in person.messages
        ],
        "replies": [
            {"at": utc(one.at), "words": one.body, "taken_as": one.meaning, "text_id": one.text_id}
            for one in person.replies
        ],
        "payments": [
            {
                "at": utc(one.at),
                "invoice": one.invoice,
                "amount": str(one.amount.amount),
                "currency": one.amount.currency,
                "state": one.state,
                "booked": one.booked,
                "payment_id": one.payment_id,
            }
            for one in person.payments
        ],
    }


def _entry(entry: Entry) -> dict[str, object]:
    record = entry.record
    return {
        "company": entry.company,
        "place": entry.place,
        "previous": entry.previous_hash,
        "hash": entry.entry_hash,
        "phone": record.phone.e164,
        "state": record.state,
        "method": record.method,
        "recorded_at": exact(record.recorded_at),
        "recorded_by": record.recorded_by,
        "wording": record.wording,
        "evidence": record.evidence,
        "source": record.source,
        "entered_at": exact(entry.entered_at) if entry.entered_at else None,
    }


def _consent_row(person: Person, entry: Entry) -> tuple[str, ...]:
    record = entry.record
    return (
        person.phone.e164,
        _names(person),
        str(entry.place),
        record.state,
        record.method,
        utc(record.recorded_at),
        local(record.recorded_at, person.zone),
        *(cell(one) for one in (record.wording, record.evidence, record.recorded_by, record.source)),
        utc(entry.entered_at) if entry.entered_at else "",
        entry.previous_hash,
        entry.entry_hash,
    )


def _message_row(person: Person, message: Message) -> tuple[str, ...]:
    entry = message.permission.entry
    return (
        *_whose(person, message.at),
        str(person.zone),
        message.purpose,
        cell(message.invoice),
        cell(message.body),
        message.state,
        cell(message.error_code),
        "owner's own number" if person.is_owner else message.permission.state.value,
        str(entry.place) if entry else "",
        message.text_id,
    )


def _whose(person: Person, at: datetime) -> tuple[str, ...]:
    """What each row begins with: the number, its customers, and when, in UTC and in their own time."""
    return (person.phone.e164, _names(person), utc(at), local(at, person.zone))


def _reply_row(person: Person, reply: Reply) -> tuple[str, ...]:
    return (
        *_whose(person, reply.at),
        cell(reply.body),
        reply.meaning,
        reply.text_id,
    )


def _payment_row(person: Person, paid: Paid) -> tuple[str, ...]:
    return (
        *_whose(person, paid.at),
        cell(paid.invoice),
        str(paid.amount.amount),
        paid.amount.currency,
        paid.state,
        "yes" if paid.booked else "no",
        paid.payment_id,
    )


def _names(person: Person) -> str:
    return cell(", ".join(person.names))


def utc(at: datetime) -> str:
    """As in 2026-11-23T13:51:07Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact(at: datetime) -> str:
    """To the microsecond, as it goes into an entry's hash."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def local(at: datetime, zone: ZoneInfo) -> str:
    """As in 2026-11-23 08:51:07 -0500."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")
