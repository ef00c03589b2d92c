"""The effect log: planned, claimed, concluded. Every move is checked against the legal ones and leaves an event."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Connection, Executable, bindparam, insert, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, or_, select

from connector.domain.effect import OPEN, EffectKind, EffectStatus, NewEffect, may_move
from connector.domain.joint import parts_in
from connector.errors import Bug
from state import asked, books
from state.database import Database
from state.effect_rows import TextFacts, event, of_text, planned, planning
from state.prepared import padded
from state.rows import change, column, first, found, records, records_of, table_of
from state.tables import AttentionRow, EffectEventRow, EffectRow

FARTHEST = timedelta(days=10)  # nothing is put off longer: the hours for texts open again within nine days
CLOSED_BY_PERSON = "closed_by_person"  # nobody could know whether it happened; a person decided to leave it


_TABLE: Final = table_of(EffectRow)
_THIS: Final = _TABLE.c.key == bindparam("wanted")
_ONE: Final = select_columns(_TABLE).where(_THIS)
_SOME: Final = select_columns(_TABLE.c.key).where(_TABLE.c.key.in_(bindparam("wanted", expanding=True)))
_START: Final = (
    update(_TABLE)
    .where(_THIS, _TABLE.c.status == EffectStatus.PLANNED.value)
    .values(
        {name: bindparam(name) for name in ("status", "claimed_by", "claimed_at")} | {"attempts": _TABLE.c.attempts + 1}
    )
)
_CONCLUDE: Final = (
    update(_TABLE)
    .where(_THIS)
    .values(
        {name: bindparam(name) for name in ("status", "remote_id", "finished_at", "claimed_by", "error", "outcome")}
    )
)
_DONE: Final = (
    update(_TABLE)
    .where(_THIS, _TABLE.c.status == EffectStatus.IN_FLIGHT.value)
    .values(
        status=EffectStatus.DONE.value,
        claimed_by=None,
        remote_id=func.coalesce(bindparam("done_id"), _TABLE.c.remote_id),
        finished_at=bindparam("finished_at"),
        outcome=bindparam("outcome"),
    )
    .returning(
        *(_TABLE.c[name] for name in ("key", "company", "subject", "purpose", "attempts", "looks", "slot", "followers"))
    )
)
_FOLLOW: Final = (
    update(_TABLE)
    .where(_TABLE.c.leader == bindparam("wanted"))
    .values(
        {name: bindparam(name) for name in ("status", "remote_id", "finished_at", "claimed_at", "outcome", "error")}
    )
    .returning(_TABLE.c.key, _TABLE.c.subject)
)
_AGAIN: Final = (
    update(_TABLE)
    .where(_THIS)
    .values(
        {
            name: bindparam(name)
            for name in (
                *("status", "slot", "request", "reason", "due_at", "planned_at"),
                *("error", "outcome", "finished_at", "phone", "purpose", "step", "leader", "followers"),
            )
        }
    )
)
_PUT_OFF: Final = (
    update(_TABLE)
    .where(_THIS)
    .values({name: bindparam(name) for name in ("status", "due_at", "error", "attempts", "slot", "looks")})
    .values(claimed_by=None)
)
_CHANGED: Final = (
    update(_TABLE)
    .where(_THIS)
    .values({name: bindparam(name) for name in ("status", "request", "slot", "due_at")})
    .values(claimed_by=None, finished_at=None, error=None)
)
_LOOKED: Final = (
    update(_TABLE).where(_THIS).values(due_at=bindparam("due_at"), looks=_TABLE.c.looks + bindparam("more"))
)
_PLAN: Final = insert(_TABLE)
_EVENT: Final = insert(table_of(EffectEventRow))


class EffectLog:
    """The only writer of effects. `company` is the settings' id."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # ------------------------------------------------------------------------------------------------- planning

    def plan(
        self, connection: Connection, company: str, effect: NewEffect, now: datetime, text: TextFacts | None = None
    ) -> bool:
        """Record an effect within a fact of the caller; False where the occasion is already on record.

        A cancelled one (never attempted) is planned anew with the new values. The same key planned with other
        values is a bug and is refused: it would make one name stand for two things.
        """
        return self.plan_all(connection, company, [(effect, text)], now) == 1

    def plan_all(
        self, connection: Connection, company: str, wanted: Sequence[tuple[NewEffect, TextFacts | None]], now: datetime
    ) -> int:
        """Record several effects, as `plan` does; how many are new. No key may stand in `wanted` twice."""
        keys = [effect.key for effect, _ in wanted]
        known = set(column(connection, _SOME, wanted=padded(keys)) if keys else ())
        fresh = [(effect, text) for effect, text in wanted if effect.key not in known]
        change(connection, _PLAN, [planned(company, effect, text, now) for effect, text in fresh])
        change(connection, _EVENT, [planning(effect, now) for effect, _ in fresh])
        again = [self._plan_again(connection, company, *one, now) for one in wanted if one[0].key in known]
        return len(fresh) + sum(again)

    def _plan_again(
        self, connection: Connection, company: str, effect: NewEffect, text: TextFacts | None, now: datetime
    ) -> bool:
        row = self._seen(connection, effect.key)
        if row.company != company or row.kind != effect.kind:
            raise Bug(f"effect {effect.key} is planned for two things; nothing was done")
        if row.status != EffectStatus.CANCELLED or row.outcome == CLOSED_BY_PERSON:
            return False
        told = of_text(text)
        fresh = {"request": effect.request, "reason": effect.reason, "due_at": now, "planned_at": now}
        cleared = {"error": None, "outcome": None, "finished_at": None}
        # Services refuse an idempotency key that comes back with other values.
        slot = row.slot + 1 if row.attempts and row.request != effect.request else row.slot
        status = {"wanted": effect.key, "status": EffectStatus.PLANNED.value, "slot": slot}
        change(connection, _AGAIN, {**status, **fresh, **cleared, **told})
        change(connection, _EVENT, {**planning(effect, now), "before": EffectStatus.CANCELLED.value})
        return True

    # ---------------------------------------------------------------------------------------------------- moves

    @staticmethod
    def _moves(connection: Connection, row: EffectRow, after: EffectStatus, now: datetime, note: str) -> None:
        """Leave the event of a legal move; the caller changes the row, in the same fact."""
        before = EffectStatus(row.status)
        if not may_move(before, after):
            raise Bug(f"effect {row.key} cannot go from {before} to {after}; it stays as it is")
        change(connection, _EVENT, event(row.key, before, after, now, note))

    def _move(self, session: Session, row: EffectRow, after: EffectStatus, now: datetime, note: str) -> None:
        self._moves(session.connection(), row, after, now, note)
        row.status = after
        session.add(row)

    def _row(self, session: Session, key: str) -> EffectRow:
        row = session.get(EffectRow, key)
        if row is None:
            raise Bug(f"effect {key} is not on record")
        return row

    @staticmethod
    def _seen(connection: Connection, key: str) -> EffectRow:
        """The effect, to read."""
        known = records(connection, EffectRow, _ONE, wanted=key)
        if not known:
            raise Bug(f"effect {key} is not on record")
        return known[0]

    def start(self, key: str, now: datetime, owner: str) -> None:
        """Mark it in flight: from here on a crash leaves it to be looked up, never repeated blindly.

        Raises:
            Bug: it is not planned, or not any more.
        """
        with self._db.record() as connection:
            values = {"wanted": key, "claimed_by": owner, "claimed_at": now, "status": EffectStatus.IN_FLIGHT.value}
            if change(connection, _START, values) != 1:  # the status is checked and changed in one stroke
                seen = self._seen(connection, key)
                raise Bug(f"effect {key} cannot go from {seen.status} to in_flight; it stays as it is")
            change(connection, _EVENT, event(key, EffectStatus.PLANNED, EffectStatus.IN_FLIGHT, now))

    def conclude(
        self,
        connection: Connection,
        key: str,
        status: EffectStatus,
        now: datetime,
        *,
        remote_id: str | None = None,
        note: str = "",
    ) -> EffectRow:
        """Conclude within a fact of the caller (the text, link or booking row goes into the same one).

        Returns the effect, to read: whose, about what, what for.

        Raises:
            Bug: that is no move from where it stands.
        """
        if status is EffectStatus.DONE:  # by far the most: in flight and now done, checked and changed in one stroke
            values = {"wanted": key, "done_id": remote_id, "finished_at": now, "outcome": note or None}
            done = cast("EffectRow | None", first(connection, _DONE, **values))
            if done is not None:
                _settled(connection, done, now)
                change(connection, _EVENT, event(key, EffectStatus.IN_FLIGHT, status, now, note))
                self._followed(connection, done, status, now, remote_id=remote_id, note=note)
                return done
        row = self._seen(connection, key)
        before = EffectStatus(row.status)
        if not may_move(before, status):
            raise Bug(f"effect {key} cannot go from {before} to {status}; it stays as it is")
        if status is EffectStatus.DONE:
            _settled(connection, row, now)
        failed = status in {EffectStatus.REJECTED, EffectStatus.CANCELLED}
        values = {
            "wanted": key,
            "status": status.value,
            "remote_id": remote_id or row.remote_id,
            "finished_at": now,
            "claimed_by": None,
            "error": note if failed else row.error,
            "outcome": row.outcome if failed else note or None,
        }
        change(connection, _CONCLUDE, values)
        change(connection, _EVENT, event(key, before, status, now, note))
        self._followed(connection, row, status, now, remote_id=remote_id, note=note)
        return row

    @staticmethod
    def _followed(
        connection: Connection,
        leader: EffectRow,
        status: EffectStatus,
        now: datetime,
        *,
        remote_id: str | None = None,
        note: str = "",
        outcome: str | None = None,
    ) -> None:
        """Whatever becomes of a text about several receivables becomes of it with each of them.

        Nothing else moves a follower, so it is not asked which moves are legal: it stands where its leader stands.
        """
        if not leader.followers:
            return
        over = status is not EffectStatus.PLANNED
        values = {
            "wanted": leader.key,
            "status": status.value,
            "remote_id": remote_id,
            "finished_at": now if over else None,
            "claimed_at": now if status is EffectStatus.DONE else None,
            "outcome": outcome,
            "error": note if over and status is not EffectStatus.DONE else None,
        }
        for follower in found(connection, _FOLLOW, values):
            before = EffectStatus.PLANNED if over else EffectStatus.REJECTED
            change(connection, _EVENT, event(follower.key, before, status, now, note))
            books.review(connection, leader.company, follower.subject, now)

    def postpone(
        self, key: str, due_at: datetime, now: datetime, note: str, *, failed: bool = False, fresh_slot: bool = False
    ) -> None:
        """Certainly not done: planned again for later, same key, same values.

        `failed`: a try that came to nothing counts as one even where it ended before the call. `fresh_slot`: the next
        try goes under another idempotency key, because the service would only repeat its answer to this one.
        """
        with self._db.record() as connection:
            row = self._seen(connection, key)
            waits = row.status == EffectStatus.PLANNED
            values = {
                "due_at": due_at,
                "error": note,
                "attempts": row.attempts + (failed and waits),
                "slot": row.slot + fresh_slot,
                "looks": row.looks,
            }
            if not waits:
                self._moves(connection, row, EffectStatus.PLANNED, now, note)
            change(connection, _PUT_OFF, {"wanted": key, "status": EffectStatus.PLANNED.value, **values})

    def changed(
        self, connection: Connection, key: str, request: str, now: datetime, note: str, *, fresh_slot: bool
    ) -> EffectRow:
        """Certainly not done, and to be done with other values, within a fact of the caller. Returns it as it is then.

        `fresh_slot`: a call with the old values may have gone out, and services refuse a key that comes back with
        others. What is in doubt is not for this: it must be looked for first.

        Raises:
            Bug: it is done, in doubt or cancelled.
        """
        row = self._seen(connection, key)
        before = EffectStatus(row.status)
        if before not in {EffectStatus.PLANNED, EffectStatus.IN_FLIGHT, EffectStatus.REJECTED}:
            raise Bug(f"effect {key} is {before}: its values stay as they are")
        values = {"wanted": key, "status": EffectStatus.PLANNED.value, "request": request, "due_at": now}
        change(connection, _CHANGED, {**values, "slot": row.slot + fresh_slot})
        move = event(key, before, EffectStatus.PLANNED, now, note)
        change(connection, _EVENT, {**move, "request": request})
        return self._seen(connection, key)

    def doubt(self, key: str, look_at: datetime, now: datetime, note: str) -> EffectRow:
        """Nobody here knows whether it happened: look at the service, first at `look_at`. Returns it as it is then."""
        with self._db.record() as connection:
            row = self._seen(connection, key)
            self._moves(connection, row, EffectStatus.UNCERTAIN, now, note)
            values = {"due_at": look_at, "error": note, "attempts": row.attempts, "slot": row.slot, "looks": 0}
            change(connection, _PUT_OFF, {"wanted": key, "status": EffectStatus.UNCERTAIN.value, **values})
            return self._seen(connection, key)

    def looked(self, key: str, next_look: datetime, *, answered: bool = True) -> None:
        """The service was asked and did not show it; where it did not even answer, that was no look."""
        with self._db.record() as connection:
            if not change(connection, _LOOKED, {"wanted": key, "more": int(answered), "due_at": next_look}):
                raise Bug(f"effect {key} is not on record")

    def order_retry(
        self, key: str, now: datetime, *, due_at: datetime | None = None, note: str = "ordered by a person"
    ) -> EffectRow:
        """Another try of an effect that was refused or is in doubt, under a fresh slot; `due_at`: not before.

        Raises:
            Bug: it is neither; a call may be under way at this very moment.
        """
        with self._db.write() as session:
            row = self._row(session, key)
            row = self._row(session, row.leader) if row.leader else row
            if row.status not in {EffectStatus.REJECTED, EffectStatus.UNCERTAIN}:
                raise Bug(f"effect {key} is {row.status}: there is nothing to retry; it stays as it is")
            row.slot += 1
            row.due_at, row.finished_at, row.error = due_at or now, None, None
            self._move(session, row, EffectStatus.PLANNED, now, note)
            session.flush()
            self._followed(session.connection(), row, EffectStatus.PLANNED, now, note=note)
            return row

    def close_by_person(self, key: str, now: datetime) -> EffectRow:
        """A person decided to leave an effect that nobody could settle; its occasion does not come back."""
        with self._db.write() as session:
            row = self._row(session, key)
            row = self._row(session, row.leader) if row.leader else row
            row.outcome, row.finished_at = CLOSED_BY_PERSON, now
            self._move(session, row, EffectStatus.CANCELLED, now, "closed by a person")
            session.flush()
            closed, connection = {"note": "closed by a person", "outcome": CLOSED_BY_PERSON}, session.connection()
            self._followed(connection, row, EffectStatus.CANCELLED, now, **closed)
            for subject in subjects_of(row):
                books.review(connection, row.company, subject, now)
            return row

    # ------------------------------------------------------------------------------------------------ questions

    def get(self, key: str) -> EffectRow | None:
        """One effect."""
        with self._db.ask() as connection:
            return next(iter(records(connection, EffectRow, _ONE, wanted=key)), None)

    def due(self, company: str, now: datetime, limit: int, *, kinds: Collection[EffectKind]) -> list[EffectRow]:
        """Planned effects whose time has come, most pressing first: one a subject, and one text to a customer's number.

        What one text teaches about its number, a STOP say, must be known before the next one goes there.
        """
        rows = self._asked(asked.DUE, company, now, limit, kinds=[kind.value for kind in kinds])
        first: dict[str, EffectRow] = {}
        for row in rows:
            first.setdefault(row.subject, row)
        once: dict[str, EffectRow] = {}
        for row in first.values():
            once.setdefault(row.phone if row.phone and row.purpose != "owner" else row.key, row)
        return list(once.values())

    def unsettled(self, company: str, now: datetime, limit: int) -> list[EffectRow]:
        """Effects to be looked up: uncertain and due, or in flight although nobody is performing them."""
        return self._asked(asked.UNSETTLED, company, now, limit)

    def _asked(self, question: Executable, company: str, now: datetime, limit: int, **more: object) -> list[EffectRow]:
        with self._db.ask() as connection:
            values = {"company": company, "now": now, "far": now + FARTHEST, "most": limit, **more}
            return records(connection, EffectRow, question, **values)

    def of_subjects(self, company: str, subjects: Sequence[str]) -> list[EffectRow]:
        """All effects of those receivables."""
        with self._db.ask() as connection:
            return records_of(connection, EffectRow, asked.OF_SUBJECTS, company, subjects)

    def history(self, key: str) -> list[EffectEventRow]:
        """What became of it, oldest first."""
        with self._db.read() as session:
            statement = select(EffectEventRow).where(EffectEventRow.key == key).order_by(col(EffectEventRow.entry))
            return list(session.exec(statement).all())


def _settled(connection: Connection, row: EffectRow, now: datetime) -> None:
    """What a person was told about an effect is no longer so: it is done. Nobody is told of one that goes well."""
    if row.attempts <= 1 and not row.looks and not row.slot:
        return
    items = table_of(AttentionRow)
    about = [items.c.key.startswith(f"{row.company}/{kind}/{row.key}", autoescape=True) for kind in ("effect", "doubt")]
    open_ones = update(items).where(items.c.company == row.company, items.c.closed_at.is_(None), or_(*about))
    connection.execute(open_ones.values(closed_at=now, closed_by="done after all"))


def subjects_of(row: EffectRow) -> list[str]:
    """The receivables that an effect concerns: of a joint link all those it is for."""
    joint = parts_in(json.loads(row.request).get("metadata", {})) if row.kind == EffectKind.CREATE_LINK else ()
    return [one.ledger_id for one in joint] or [row.subject]


__all__ = ["CLOSED_BY_PERSON", "OPEN", "EffectLog", "TextFacts"]
