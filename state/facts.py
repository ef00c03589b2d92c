"""What the writers of facts share: the values they take, and rows that belong to several facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from connector.domain.consent import ConsentRecord
from connector.domain.dunning import Reason
from connector.domain.effect import NewEffect
from state import books
from state.database import Database
from state.effects import EffectLog, TextFacts
from state.tables import AttentionRow, ConsentRow, CursorRow


@dataclass(frozen=True, slots=True)
class Planned:
    """An effect to be recorded, with what the log keeps of a text."""

    effect: NewEffect
    text: TextFacts | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about one receivable."""

    ledger_id: str
    reason: Reason
    review_at: datetime | None
    planned: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True)
class Attention:
    """Something only a person can settle. `key` names the fact, so that it is shown once.

    `matter`: the beginning of `key` up to a date, where the same is found anew each day: while an item of it is open
    there is no second one, and one that a person has closed is told again the next day if it is still so.
    """

    key: str
    subject: str
    happened: str
    not_done: str
    command: str
    matter: str = ""


BY_FACTS: Final = "the facts"  # who closed an item that was mended; should it break again, it is opened again


class Facts:
    """A writer of facts. Times come from the caller, who has them from the injected clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.effects = EffectLog(database)


def put_cursor(session: Session, company: str, name: str, value: str, now: datetime) -> None:
    """Remember how far a list was read, within a fact of the caller."""
    row = session.get(CursorRow, (company, name)) or CursorRow(company=company, name=name, value=value, moved_at=now)
    row.value, row.moved_at = value, now
    session.add(row)


def put_consent(session: Session, company: str, record: ConsentRecord, now: datetime) -> bool:
    """Add to the register within a fact of the caller; False where this very entry is there already."""
    known = session.exec(
        select(ConsentRow).where(
            ConsentRow.company == company,
            ConsentRow.phone == record.phone.e164,
            ConsentRow.state == record.state,
            ConsentRow.source == record.source,
        )
    ).first()
    if known is not None:
        return False
    session.add(
        ConsentRow(
            company=company,
            phone=record.phone.e164,
            state=record.state,
            wording=record.wording,
            method=record.method,
            recorded_at=record.recorded_at,
            recorded_by=record.recorded_by,
            evidence=record.evidence,
            source=record.source,
        )
    )
    session.flush()  # so that the same entry a second time in one fact is seen
    books.review_phone(session.connection(), company, record.phone.e164, now)
    return True


def put_attention(session: Session, company: str, attention: Attention, now: datetime) -> bool:
    """Put something before a person, within a fact of the caller; False where it is or was there.

    What a person has settled stays settled. What had mended itself and is broken again is shown again.
    """
    known = session.get(AttentionRow, attention.key)
    if known is not None and (known.closed_at is None or known.closed_by != BY_FACTS):
        return False
    if attention.matter and _is_open(session, company, attention.matter):
        return False
    session.merge(
        AttentionRow(
            key=attention.key,
            company=company,
            subject=attention.subject,
            happened=attention.happened,
            not_done=attention.not_done,
            command=attention.command,
            opened_at=now,
        )
    )
    session.flush()  # so that the same item a second time in one fact is seen
    return True


def _is_open(session: Session, company: str, matter: str) -> bool:
    found = session.exec(
        select(AttentionRow.key).where(
            AttentionRow.company == company,
            col(AttentionRow.closed_at).is_(None),
            col(AttentionRow.key).startswith(f"{matter}/", autoescape=True),
        )
    ).first()
    return found is not None


def review_scope(session: Session, company: str, scope: str, subject: str, now: datetime) -> None:
    """Decide again on what a hold or its end concerns."""
    if scope == "invoice":
        books.review(session.connection(), company, subject, now)
    else:
        books.review_customer(session.connection(), company, subject, now)
