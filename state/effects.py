"""The effect log: planned, claimed, concluded. Every move is checked against the legal ones and leaves an event."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from connector.domain.effect import OPEN, PRIORITY, EffectKind, EffectStatus, NewEffect, may_move
from connector.errors import Bug
from state import books
from state.database import Database
from state.tables import AttentionRow, EffectEventRow, EffectRow

FARTHEST = timedelta(days=10)  # nothing is put off longer: the hours for texts open again within nine days
CLOSED_BY_PERSON = "closed_by_person"  # nobody could know whether it happened; a person decided to leave it


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the log keeps of a text beside its request, to count and find it: to whom, what for, which step."""

    phone: str
    purpose: str
    step: str | None = None


class EffectLog:
    """The only writer of effects. `company` is the settings' id."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------------------------------------- planning

    def plan(
        self, session: Session, company: str, effect: NewEffect, now: datetime, text: TextFacts | None = None
    ) -> bool:
        """Record an effect within a fact of the caller; False where the occasion is already on record.

        A cancelled one (never attempted) is planned anew with the new values. The same key planned with other
        values is a bug and is refused: it would make one name stand for two things.
        """
        row = session.get(EffectRow, effect.key)
        if row is None:
            session.add(
                EffectRow(
                    key=effect.key,
                    company=company,
                    kind=effect.kind,
                    subject=effect.subject,
                    request=effect.request,
                    reason=effect.reason,
                    status=EffectStatus.PLANNED,
                    priority=PRIORITY[effect.kind],
                    due_at=now,
                    planned_at=now,
                    phone=text.phone if text else None,
                    purpose=text.purpose if text else None,
                    step=text.step if text else None,
                )
            )
            session.add(
                EffectEventRow(
                    key=effect.key, at=now, after=EffectStatus.PLANNED, note=effect.reason, request=effect.request
                )
            )
            return True
        if row.company != company or row.kind != effect.kind:
            raise Bug(f"effect {effect.key} is planned for two things; nothing was done")
        if row.status == EffectStatus.CANCELLED and row.outcome != CLOSED_BY_PERSON:
            if row.attempts and row.request != effect.request:
                row.slot += 1  # services refuse an idempotency key that comes back with other values
            row.request, row.reason, row.due_at, row.planned_at = effect.request, effect.reason, now, now
            row.error = row.outcome = row.finished_at = None
            if text:
                row.phone, row.purpose, row.step = text.phone, text.purpose, text.step
            self._move(session, row, EffectStatus.PLANNED, now, effect.reason, request=effect.request)
            return True
        return False

    # ---------------------------------------------------------------------------------------------------- moves

    def _move(
        self,
        session: Session,
        row: EffectRow,
        after: EffectStatus,
        now: datetime,
        note: str = "",
        *,
        request: str | None = None,
    ) -> None:
        before = EffectStatus(row.status)
        if not may_move(before, after):
            raise Bug(f"effect {row.key} cannot go from {before} to {after}; it stays as it is")
        row.status = after
        session.add(row)
        session.add(EffectEventRow(key=row.key, at=now, before=before, after=after, note=note, request=request))

    def _row(self, session: Session, key: str) -> EffectRow:
        row = session.get(EffectRow, key)
        if row is None:
            raise Bug(f"effect {key} is not on record")
        return row

    def start(self, key: str, now: datetime, owner: str) -> EffectRow:
        """Mark it in flight: from here on a crash leaves it to be looked up, never repeated blindly."""
        with self._db.write() as session:
            row = self._row(session, key)
            row.attempts += 1
            row.claimed_by, row.claimed_at = owner, now
            self._move(session, row, EffectStatus.IN_FLIGHT, now)
            return row

    def conclude(
        self,
        session: Session,
        key: str,
        status: EffectStatus,
        now: datetime,
        *,
        remote_id: str | None = None,
        note: str = "",
    ) -> EffectRow:
        """Conclude within a fact of the caller (the text, link or booking row goes into the same one)."""
        row = self._row(session, key)
        if status is EffectStatus.DONE and (row.attempts > 1 or row.looks or row.slot):
            _settled(session, row, now)
        row.remote_id = remote_id or row.remote_id
        row.finished_at = now
        row.claimed_by = None
        if status in {EffectStatus.REJECTED, EffectStatus.CANCELLED}:
            row.error = note
        else:
            row.outcome = note or None
        self._move(session, row, status, now, note)
        return row

    def postpone(
        self, key: str, due_at: datetime, now: datetime, note: str, *, failed: bool = False, fresh_slot: bool = False
    ) -> None:
        """Certainly not done: planned again for later, same key, same values.

        `failed`: a try that came to nothing counts as one even where it ended before the call. `fresh_slot`: the next
        try goes under another idempotency key, because the service would only repeat its answer to this one.
        """
        with self._db.write() as session:
            row = self._row(session, key)
            row.due_at, row.error, row.claimed_by = due_at, note, None
            row.attempts += failed and row.status == EffectStatus.PLANNED
            row.slot += fresh_slot
            if row.status == EffectStatus.PLANNED:
                session.add(row)
            else:
                self._move(session, row, EffectStatus.PLANNED, now, note)

    def doubt(self, key: str, look_at: datetime, now: datetime, note: str) -> None:
        """Nobody here knows whether it happened: look at the service, first at `look_at`."""
        with self._db.write() as session:
            row = self._row(session, key)
            row.due_at, row.error, row.looks, row.claimed_by = look_at, note, 0, None
            self._move(session, row, EffectStatus.UNCERTAIN, now, note)

    def looked(self, key: str, next_look: datetime, *, answered: bool = True) -> None:
        """The service was asked and did not show it; where it did not even answer, that was no look."""
        with self._db.write() as session:
            row = self._row(session, key)
            row.looks += answered
            row.due_at = next_look
            session.add(row)

    def order_retry(self, key: str, now: datetime) -> EffectRow:
        """A person orders another try of an effect that was refused or is in doubt, under a fresh idempotency slot.

        Raises:
            Bug: it is neither; a call may be under way at this very moment.
        """
        with self._db.write() as session:
            row = self._row(session, key)
            if row.status not in {EffectStatus.REJECTED, EffectStatus.UNCERTAIN}:
                raise Bug(f"effect {key} is {row.status}: there is nothing to retry; it stays as it is")
            row.slot += 1
            row.due_at, row.finished_at, row.error = now, None, None
            self._move(session, row, EffectStatus.PLANNED, now, "ordered by a person")
            return row

    def close_by_person(self, key: str, now: datetime) -> EffectRow:
        """A person decided to leave an effect that nobody could settle; its occasion does not come back."""
        with self._db.write() as session:
            row = self._row(session, key)
            row.outcome, row.finished_at = CLOSED_BY_PERSON, now
            self._move(session, row, EffectStatus.CANCELLED, now, "closed by a person")
            books.review(session, row.company, row.subject, now)
            return row

    # ------------------------------------------------------------------------------------------------ questions

    def get(self, key: str) -> EffectRow | None:
        """One effect."""
        with self._db.read() as session:
            return session.get(EffectRow, key)

    def due(self, company: str, now: datetime, limit: int, *, kinds: Collection[EffectKind]) -> list[EffectRow]:
        """Planned effects whose time has come, most pressing first, at most one a subject."""
        statement = (
            select(EffectRow)
            .where(
                EffectRow.company == company,
                EffectRow.status == EffectStatus.PLANNED,
                _has_come(now),
                col(EffectRow.kind).in_(list(kinds)),
            )
            .order_by(col(EffectRow.priority), col(EffectRow.due_at), col(EffectRow.key))
            .limit(limit)
        )
        with self._db.read() as session:
            rows = session.exec(statement).all()
        first: dict[str, EffectRow] = {}
        for row in rows:
            first.setdefault(row.subject, row)
        return list(first.values())

    def unsettled(self, company: str, now: datetime, limit: int) -> list[EffectRow]:
        """Effects to be looked up: uncertain and due, or in flight although nobody is performing them."""
        statement = (
            select(EffectRow)
            .where(
                EffectRow.company == company,
                or_(
                    (col(EffectRow.status) == EffectStatus.UNCERTAIN) & _has_come(now),
                    col(EffectRow.status) == EffectStatus.IN_FLIGHT,
                ),
            )
            .order_by(col(EffectRow.priority), col(EffectRow.due_at), col(EffectRow.key))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def of_subjects(self, company: str, subjects: Sequence[str]) -> list[EffectRow]:
        """All effects of those receivables."""
        with self._db.read() as session:
            return list(
                session.exec(
                    select(EffectRow).where(EffectRow.company == company, col(EffectRow.subject).in_(subjects))
                ).all()
            )

    def history(self, key: str) -> list[EffectEventRow]:
        """What became of it, oldest first."""
        with self._db.read() as session:
            statement = select(EffectEventRow).where(EffectEventRow.key == key).order_by(col(EffectEventRow.entry))
            return list(session.exec(statement).all())


def _has_come(now: datetime) -> ColumnElement[bool]:
    """Due; or so far away that only a clock that was ahead can have put it there."""
    return or_(col(EffectRow.due_at) <= now, col(EffectRow.due_at) > now + FARTHEST)


def _settled(session: Session, row: EffectRow, now: datetime) -> None:
    """What a person was told about an effect is no longer so: it is done."""
    about = [
        col(AttentionRow.key).startswith(f"{row.company}/{kind}/{row.key}", autoescape=True)
        for kind in ("effect", "doubt")
    ]
    open_ones = select(AttentionRow).where(
        AttentionRow.company == row.company, col(AttentionRow.closed_at).is_(None), or_(*about)
    )
    for item in session.exec(open_ones):
        item.closed_at, item.closed_by = now, "done after all"
        session.add(item)


__all__ = ["CLOSED_BY_PERSON", "OPEN", "EffectLog", "TextFacts"]
