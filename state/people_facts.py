"""Facts about people: replies, consent, numbers, deliveries, attention, holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, insert, update
from sqlmodel import col, or_, select

from connector.domain.consent import ConsentRecord
from connector.domain.dunning import Reason
from connector.domain.letters import Letter
from connector.domain.phone import Phone
from connector.ports.messenger import InboundText, SentText
from state import asked, books
from state.consent_facts import ConsentFacts
from state.facts import (
    Attention,
    HoldFact,
    Planned,
    close_item,
    put_attention,
    put_cursor,
    put_hold,
    review_scope,
)
from state.letter_facts import put_letters
from state.names import ALL, COUNTRY, INBOUND_SINCE, TEXTS
from state.rows import change, records_of, table_of
from state.tables import AttentionRow, HoldRow, InboundRow, ReceivableRow, TextRow, UnreachableRow

_INBOUND_NEW: Final = insert(table_of(InboundRow))
_TEXT: Final = table_of(TextRow)
_DELIVERY_READ: Final = (
    update(_TEXT)
    .where(_TEXT.c.company == bindparam("whose"), _TEXT.c.text_id == bindparam("which"))
    .values(
        {name: bindparam(name) for name in ("check_at", "state")}
        | {"looks": _TEXT.c.looks + 1}
        # What was told once and is not told now stays.
        | {
            name: func.coalesce(bindparam(name, type_=_TEXT.c[name].type), _TEXT.c[name])
            for name in ("error_code", "segments", "price", "price_currency")
        }
    )
)
_ITEM: Final = table_of(AttentionRow)
# Kinds of items that ask whether texts may go again.
ASKS: Final = ("catch-up", "failing", "flood", "gone", "recovered", "register")


class PeopleFacts(ConsentFacts):
    """What customers said, and what a person decided or must decide."""

    def inbound_read(
        self,
        company: str,
        texts: Sequence[tuple[InboundText, str]],
        consents: Sequence[ConsentRecord],
        watermark: datetime | None,
        now: datetime,
        attentions: Sequence[tuple[str, Attention]] = (),
        holds: Sequence[HoldFact] = (),
        forwards: Sequence[Planned] = (),
        letters: Sequence[tuple[str, Letter]] = (),
    ) -> None:
        """Store replies with their meaning, what they mean for consent and holds, and the watermark, together.

        `attentions` come with the id of their reply: what is stored already is told no second time. `forwards` are
        texts to the owner, `letters` e-mails, which come with the id of their reply too.

        `watermark` is None for replies that came by themselves: only a look may say how far was looked.
        """
        with self.database.record() as connection:
            fresh = {text.text_id: (text, meaning) for text, meaning in texts}
            known = records_of(connection, InboundRow, asked.INBOUND_IDS, company, list(fresh))
            for row in known:
                del fresh[row.text_id]
            change(connection, _INBOUND_NEW, [_inbound(company, text, meaning) for text, meaning in fresh.values()])
            self._add(connection, company, consents, now)
            for text_id, attention in attentions:
                if text_id in fresh:
                    put_attention(connection, company, attention, now)
            for hold in dict.fromkeys(holds):
                put_hold(connection, company, hold.scope, hold.subject, hold.why, now, hold.until)
                review_scope(connection, company, hold.scope, hold.subject, now)
            self.effects.plan_all(connection, company, [(one.effect, one.text) for one in forwards], now)
            put_letters(connection, company, [one for text_id, one in letters if text_id in fresh], now)
            if watermark is not None:
                put_cursor(connection, company, INBOUND_SINCE, watermark.isoformat(), now)

    def number_unreachable(self, company: str, phone: Phone, code: str, now: datetime) -> None:
        """The service refused the number for good."""
        with self.database.write() as session:
            if session.get(UnreachableRow, (company, phone.e164)) is None:
                session.add(UnreachableRow(company=company, phone=phone.e164, code=code, since=now))
                books.review_phone(session.connection(), company, phone.e164, now)

    def delivery_read(self, company: str, text: SentText, check_at: datetime | None, now: datetime) -> None:
        """How far a text has come; never a step back."""
        del now
        seen = {
            "check_at": check_at,
            "state": text.state.value,
            "error_code": text.error_code,
            "segments": text.segments or None,
            "price": str(text.price) if text.price is not None else None,
            "price_currency": text.price_currency if text.price is not None else None,
        }
        with self.database.record() as connection:
            change(connection, _DELIVERY_READ, {"whose": company, "which": text.text_id, **seen})

    def delivery_due(self, company: str, text_id: str, now: datetime) -> bool:
        """Its delivery is to be asked for now; False where it is none of ours, or nothing is left to ask."""
        with self.database.write() as session:
            row = session.get(TextRow, (company, text_id))
            if row is None or row.check_at is None:
                return False
            row.check_at = min(row.check_at, now)
            session.add(row)
            return True

    def attend(self, company: str, attention: Attention, now: datetime) -> bool:
        """Put something before a person; False where it is there already (or was settled before)."""
        with self.database.record() as connection:
            return put_attention(connection, company, attention, now)

    def attention_closed(self, company: str, key: str, by: str, now: datetime) -> bool:
        """A person, or the facts, settled it; False where there is no such open item."""
        with self.database.record() as connection:
            return close_item(connection, company, key, by, now)

    def hold(self, company: str, scope: str, subject: str, why: str, now: datetime) -> None:
        """Leave an invoice or a customer alone."""
        with self.database.record() as connection:
            put_hold(connection, company, scope, subject, why, now)
            review_scope(connection, company, scope, subject, now)

    def pause(self, company: str, why: str, now: datetime, attention: Attention | None = None) -> None:
        """No texts of this company go out any more; payments are booked all the same."""
        with self.database.record() as connection:
            put_hold(connection, company, TEXTS, ALL, why, now)
            if attention is not None:
                put_attention(connection, company, attention, now)

    def pause_once(self, company: str, why: str, now: datetime, attention: Attention) -> bool:
        """The same, unless a person was told of this before: what they let go on stays going. Whether it paused."""
        with self.database.record() as connection:
            told = put_attention(connection, company, attention, now)
            if told:
                put_hold(connection, company, TEXTS, ALL, why, now)
            return told

    def resume(self, company: str, now: datetime) -> bool:
        """A person lets texts go again; everything that waited for it is decided anew, and what asked is answered.

        Countries whose carriers refused the sender are tried again too. False where nothing was stopped.
        """
        with self.database.write() as session:
            stops = (HoldRow.scope == TEXTS, HoldRow.scope == COUNTRY)
            rows = session.exec(select(HoldRow).where(HoldRow.company == company, or_(*stops))).all()
            if not rows:
                return False
            for row in rows:
                session.delete(row)
            for waiting in session.exec(
                select(ReceivableRow).where(
                    ReceivableRow.company == company,
                    col(ReceivableRow.reason).in_((Reason.PAUSED, Reason.SENDER_UNREGISTERED)),
                )
            ):
                waiting.review_at = now
                session.add(waiting)
            for asked in session.exec(
                select(AttentionRow).where(
                    AttentionRow.company == company,
                    col(AttentionRow.closed_at).is_(None),
                    or_(*(col(AttentionRow.key).startswith(f"{company}/{one}/", autoescape=True) for one in ASKS)),
                )
            ):
                asked.closed_at, asked.closed_by = now, "resumed"
                session.add(asked)
            return True

    def release(self, company: str, scope: str, subject: str, now: datetime) -> bool:
        """End a hold; False where there was none."""
        with self.database.write() as session:
            row = session.get(HoldRow, (company, scope, subject))
            if row is None:
                return False
            session.delete(row)
            review_scope(session.connection(), company, scope, subject, now)
            return True


def _inbound(company: str, text: InboundText, meaning: str) -> dict[str, object]:
    return {
        "company": company,
        "text_id": text.text_id,
        "phone": text.sender.e164,
        "body": text.body,
        "received_at": text.received_at,
        "meaning": meaning,
    }
