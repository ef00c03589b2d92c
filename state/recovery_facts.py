"""Facts of a recovery: that it is needed, what was found at the services, that it is over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from connector.domain.effect import EffectKind, EffectStatus, NewEffect
from connector.domain.joint import Part
from connector.domain.records import TextFate, TextRecord
from connector.ports.messenger import DeliveryState
from connector.ports.processor import PaymentLink
from state import books
from state.adopting import Found, adopt
from state.approval_facts import void_approvals
from state.facts import BY_FACTS, Attention, Facts, Planned, close_item, put_attention, put_cursor
from state.names import ALL, REBUILD, RECOVERY, RULES, TEXTS
from state.rows import change, table_of
from state.tables import AttentionRow, CursorRow, EffectEventRow, EffectRow, HoldRow, LeaseRow, LinkRow, TextRow

CLAIMED: Final = "who works on these books"  # the first step of a rebuild: nobody else does from then on
FOUND: Final = "found at its service when the memory was rebuilt"
DROPPED: Final = "dropped when the memory was rebuilt; decided anew"
_LINK: Final = table_of(LinkRow)
_LINK_DOWN: Final = (
    update(_LINK)
    .where(_LINK.c.company == bindparam("whose"), _LINK.c.link_id == bindparam("which"), _LINK.c.retired_at.is_(None))
    .values(retired_at=bindparam("now"))
)
_LINK_CARRIED: Final = (
    update(_LINK)
    .where(_LINK.c.company == bindparam("whose"), _LINK.c.url == bindparam("address"), _LINK.c.texted_at.is_(None))
    .values(texted_at=bindparam("at"))
)
# A text that failed is asked for again, so that what its failure says about the number is learnt anew.
_STATES: Final = {
    TextFate.ON_ITS_WAY: DeliveryState.ACCEPTED,
    TextFate.ARRIVED: DeliveryState.DELIVERED,
    TextFate.LOST: DeliveryState.ACCEPTED,
    TextFate.NEVER_SENT: DeliveryState.ACCEPTED,
}
REPORTED_WITHIN: Final = timedelta(hours=72)  # what has not been reported by then is not reported any more


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild has come. `found` counts; `missing` says in words what could not be found or read."""

    begun_at: datetime
    why: str = ""
    done: tuple[str, ...] = ()
    found: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link of ours at the processor with the effect that stands for making it."""

    link: PaymentLink
    parts: tuple[Part, ...]
    generation: int
    made: Found


@dataclass(frozen=True, slots=True)
class FoundText:
    """A notice or request at the messaging service with the effect that stands for it, and the link it carries."""

    text: TextRecord
    sent: Found
    url: str = ""


class RecoveryFacts(Facts):
    """What is remembered of a recovery. Each fact may be repeated without harm."""

    def recovery_needed(self, company: str, why: str, now: datetime) -> bool:
        """No effect of this company any more until its memory is rebuilt; False where that is ordered already.

        One that another computer has ended by taking the company is ordered anew.
        """
        with self.database.write() as session:
            hold, claim = session.get(HoldRow, (company, RECOVERY, ALL)), session.get(LeaseRow, company)
            if hold is not None and (claim is None or claim.elsewhere is None):
                return False
            session.merge(HoldRow(company=company, scope=RECOVERY, subject=ALL, why=why, since=now))
            put_cursor(session.connection(), company, REBUILD, _written(Progress(now, why)), now)
            put_attention(session.connection(), company, _begun(company, why, now), now)
            return True

    def rebuild_came_to(self, company: str, progress: Progress, now: datetime) -> None:
        """A step is done, or a part of one; what it stored is durable already."""
        with self.database.write() as session:
            put_cursor(session.connection(), company, REBUILD, _written(progress), now)

    def links_found(self, company: str, found: Sequence[FoundLink], extra: Sequence[NewEffect], now: datetime) -> int:
        """Links of ours; `extra` take down second ones. Returns how many were not on record as made."""
        with self.database.record() as connection:
            new = 0
            for one in found:
                books.put_link(
                    connection,
                    company,
                    one.link,
                    parts=one.parts,
                    generation=one.generation,
                    now=now,
                )
                if not one.link.active:
                    change(connection, _LINK_DOWN, {"whose": company, "which": one.link.link_id, "now": now})
                new += adopt(connection, company, one.made, FOUND)
            self.effects.plan_all(connection, company, [(effect, None) for effect in extra], now)
            return new

    def booking_found(
        self, company: str, payment_id: str, found: Found, now: datetime, follow: Sequence[Planned] = ()
    ) -> bool:
        """The ledger has the booking of this payment. No words follow from it: thanks were said in its time.

        `follow`: the credit of what its receivable did not take.
        """
        with self.database.record() as connection:
            books.put_verdict(connection, company, payment_id, found.effect.subject, "booked")
            for one in follow:
                self.effects.plan(connection, company, one.effect, now, one.text)
            return adopt(connection, company, found, FOUND)

    def difference_found(self, company: str, found: Found) -> bool:
        """The ledger has the entry of this difference of exchange. False: it was on record."""
        with self.database.record() as connection:
            return adopt(connection, company, found, FOUND)

    def credit_found(
        self,
        company: str,
        payment_id: str,
        found: Found,
        now: datetime,
        *,
        whole: bool,
        settles: str,
        instead_of: str | None,
    ) -> bool:
        """The ledger has the credit of this payment, or of its rest; the owner was told in its time.

        `whole`: nothing of it is on its receivable; `instead_of` is a booking that is planned in vain then. `settles`:
        the item that asked what to do about the payment.
        """
        with self.database.record() as connection:
            if whole:
                books.put_verdict(connection, company, payment_id, found.effect.subject, "credited")
            if instead_of is not None:
                self.effects.conclude(connection, instead_of, EffectStatus.CANCELLED, now, note="it is a credit")
            close_item(connection, company, settles, BY_FACTS, now)
            return adopt(connection, company, found, FOUND)

    def texts_found(
        self,
        company: str,
        found: Sequence[FoundText],
        joined: Sequence[Found],
        spent: Sequence[Found],
        why_spent: str,
        now: datetime,
    ) -> int:
        """Texts that went out, and steps that count as spent by them; returns how many texts were not on record.

        `joined`: what stands with a receivable for a text that is on record with another one.
        """
        with self.database.write() as session:
            connection = session.connection()
            for one in found:
                session.add(_text_row(company, one, now))
                adopt(connection, company, one.sent, FOUND)
                if one.url:
                    carried = {"whose": company, "address": one.url, "at": one.text.created_at}
                    change(connection, _LINK_CARRIED, carried)
            for follower in joined:
                adopt(connection, company, follower, FOUND)
            for step in spent:
                adopt(connection, company, step, why_spent)
            return len(found)

    def old_plans_dropped(self, company: str, look_at: datetime, now: datetime) -> tuple[int, int]:
        """What an older database still had in mind: texts and links not begun are dropped, to be decided anew.

        What was under way or in doubt is looked for at its service, not before `look_at`: whoever began it may only
        just have done it. Returns how many were dropped, and how many are in doubt.
        """
        plans = {EffectKind.SEND_TEXT, EffectKind.CREATE_LINK}
        with self.database.write() as session:
            open_ones = session.exec(
                select(EffectRow).where(
                    EffectRow.company == company,
                    col(EffectRow.status).in_([EffectStatus.PLANNED, EffectStatus.IN_FLIGHT, EffectStatus.UNCERTAIN]),
                )
            ).all()
            dropped = [one for one in open_ones if one.status == EffectStatus.PLANNED and one.kind in plans]
            # What stands with other receivables for a text that is in doubt waits for its end with it.
            kept = {one.key for one in open_ones} - {one.key for one in dropped}
            dropped = [one for one in dropped if one.leader not in kept]
            doubtful = [one for one in open_ones if one.status != EffectStatus.PLANNED]
            for row in dropped:
                _turned(session, row, EffectStatus.CANCELLED, now, DROPPED)
                row.finished_at = now
            for row in doubtful:
                if row.status == EffectStatus.IN_FLIGHT:
                    _turned(session, row, EffectStatus.UNCERTAIN, now, "under way when the memory ends")
                row.due_at, row.looks, row.claimed_by = look_at, 0, None
                session.add(row)
            return len(dropped), len(doubtful)

    def everything_decided_anew(self, company: str, now: datetime) -> None:
        """Every decision on record was made without knowing what is known now."""
        with self.database.write() as session:
            put_cursor(session.connection(), company, RULES, "", now)

    def paused_for_recovery(self, company: str, why: str, now: datetime) -> None:
        """Texts stop, unless a person stopped them before: that pause stays as it is."""
        with self.database.write() as session:
            _pause(session, company, why, now)

    def recovery_ended(self, company: str, progress: Progress, attention: Attention, now: datetime) -> None:
        """The memory is rebuilt: money goes on by itself, texts wait for the owner's word."""
        with self.database.write() as session:
            hold = session.get(HoldRow, (company, RECOVERY, ALL))
            if hold is not None:
                session.delete(hold)
            _pause(session, company, progress.why, now)
            void_approvals(session.connection(), company)
            for item in session.exec(
                select(AttentionRow).where(
                    AttentionRow.company == company,
                    col(AttentionRow.closed_at).is_(None),
                    col(AttentionRow.key).startswith(f"{company}/recovery/", autoescape=True),
                )
            ):
                item.closed_at, item.closed_by = now, BY_FACTS
                session.add(item)
            put_attention(session.connection(), company, attention, now)
            put_cursor(session.connection(), company, REBUILD, _written(progress), now)


def put_rebuild_begun(session: Session, company: str, now: datetime) -> None:
    """A new life of the memory has begun: everything is read in it, whatever was read before."""
    before = progress_of(session.get(CursorRow, (company, REBUILD))) or Progress(now)
    begun = Progress(before.begun_at, before.why, (CLAIMED,))
    put_cursor(session.connection(), company, REBUILD, _written(begun), now)


def progress_of(row: CursorRow | None) -> Progress | None:
    """How far the last rebuild came; None where there never was one."""
    if row is None or not row.value:
        return None
    values: dict[str, Any] = json.loads(row.value)
    ended = values["ended_at"]
    return Progress(
        begun_at=datetime.fromisoformat(values["begun_at"]),
        why=values["why"],
        done=tuple(values["done"]),
        found=values["found"],
        missing=tuple(values["missing"]),
        ended_at=datetime.fromisoformat(ended) if ended else None,
    )


def _written(progress: Progress) -> str:
    values = {
        "begun_at": progress.begun_at.isoformat(),
        "why": progress.why,
        "done": list(progress.done),
        "found": dict(progress.found),
        "missing": list(progress.missing),
        "ended_at": progress.ended_at.isoformat() if progress.ended_at else None,
    }
    return json.dumps(values, sort_keys=True)


def _begun(company: str, why: str, now: datetime) -> Attention:
    return Attention(
        key=f"{company}/recovery/{now:%Y-%m-%dT%H:%M:%S}",
        subject="recovery",
        happened=f"{company}: Duebird's memory may be older than what it did, or lost: {why}.",
        not_done="Nothing is texted or booked until what your services hold has been read. That is being done now.",
        command=f"duebird recover {company}",
    )


def _pause(session: Session, company: str, why: str, now: datetime) -> None:
    if session.get(HoldRow, (company, TEXTS, ALL)) is None:
        session.add(HoldRow(company=company, scope=TEXTS, subject=ALL, why=f"after a recovery: {why}", since=now))
        session.flush()


def _turned(session: Session, row: EffectRow, after: EffectStatus, now: datetime, note: str) -> None:
    session.add(EffectEventRow(key=row.key, at=now, before=row.status, after=after, note=note))
    row.status, row.error = after, note
    session.add(row)


def _text_row(company: str, found: FoundText, now: datetime) -> TextRow:
    text = found.text
    state = _STATES[text.fate]
    fresh = now - text.created_at < REPORTED_WITHIN
    failed = text.fate in {TextFate.LOST, TextFate.NEVER_SENT}
    return TextRow(
        company=company,
        text_id=text.text_id,
        effect_key=found.sent.effect.key,
        ledger_id=found.sent.effect.subject,
        phone=text.to.e164,
        purpose=found.sent.text.purpose if found.sent.text else "",
        state=state.value,
        price=str(text.price) if text.price is not None else None,
        price_currency=text.price_currency,
        sent_at=text.created_at,
        check_at=now if failed or (fresh and state is not DeliveryState.DELIVERED) else None,
    )
