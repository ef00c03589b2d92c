"""Facts about people: replies, consent, numbers, deliveries, attention, holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlmodel import col, or_, select

from connector.domain.consent import ConsentRecord
from connector.domain.dunning import Reason
from connector.domain.phone import Phone
from connector.ports.messenger import InboundText, SentText
from state import books
from state.consent_facts import ConsentFacts
from state.facts import Attention, put_attention, put_consent, put_cursor, review_scope
from state.names import ALL, INBOUND_SINCE, TEXTS
from state.tables import AttentionRow, HoldRow, InboundRow, ReceivableRow, TextRow, UnreachableRow

ASKS: Final = (
    "catch-up",
    "failing",
    "flood",
    "gone",
    "recovered",
)  # kinds of items that ask whether texts may go again


class PeopleFacts(ConsentFacts):
    """What customers said, and what a person decided or must decide."""

    def inbound_read(
        self,
        company: str,
        texts: Sequence[tuple[InboundText, str]],
        consents: Sequence[ConsentRecord],
        watermark: datetime | None,
        now: datetime,
        attentions: Sequence[Attention] = (),
        hold_customers: Sequence[str] = (),
    ) -> None:
        """Store replies with their meaning, what they mean for consent and holds, and the watermark, together.

        `watermark` is None for replies that came by themselves: only a look may say how far was looked.
        """
        self._journal_first(company, consents)
        with self.database.write() as session:
            for text, meaning in texts:
                if session.get(InboundRow, (company, text.text_id)) is None:
                    session.add(
                        InboundRow(
                            company=company,
                            text_id=text.text_id,
                            phone=text.sender.e164,
                            body=text.body,
                            received_at=text.received_at,
                            meaning=meaning,
                        )
                    )
            for record in consents:
                put_consent(session, company, record, now)
            for attention in attentions:
                put_attention(session, company, attention, now)
            for customer in dict.fromkeys(hold_customers):
                why = "a reply that a person should read"
                session.merge(HoldRow(company=company, scope="customer", subject=customer, why=why, since=now))
                review_scope(session, company, "customer", customer, now)
            if watermark is not None:
                put_cursor(session, company, INBOUND_SINCE, watermark.isoformat(), now)

    def number_unreachable(self, company: str, phone: Phone, code: str, now: datetime) -> None:
        """The service refused the number for good."""
        with self.database.write() as session:
            if session.get(UnreachableRow, (company, phone.e164)) is None:
                session.add(UnreachableRow(company=company, phone=phone.e164, code=code, since=now))
                books.review_phone(session.connection(), company, phone.e164, now)

    def delivery_read(self, company: str, text: SentText, check_at: datetime | None, now: datetime) -> None:
        """How far a text has come; never a step back."""
        del now
        with self.database.write() as session:
            row = session.get(TextRow, (company, text.text_id))
            if row is None:
                return
            row.looks += 1
            row.check_at = check_at
            row.state, row.error_code = text.state, text.error_code or row.error_code
            row.segments = text.segments or row.segments
            if text.price is not None:
                row.price, row.price_currency = str(text.price), text.price_currency
            session.add(row)

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
        with self.database.write() as session:
            return put_attention(session, company, attention, now)

    def attention_closed(self, company: str, key: str, by: str, now: datetime) -> bool:
        """A person, or the facts, settled it; False where there is no such open item."""
        with self.database.write() as session:
            row = session.get(AttentionRow, key)
            if row is None or row.company != company or row.closed_at is not None:
                return False
            row.closed_at, row.closed_by = now, by
            session.add(row)
            return True

    def hold(self, company: str, scope: str, subject: str, why: str, now: datetime) -> None:
        """Leave an invoice or a customer alone."""
        with self.database.write() as session:
            session.merge(HoldRow(company=company, scope=scope, subject=subject, why=why, since=now))
            review_scope(session, company, scope, subject, now)

    def pause(self, company: str, why: str, now: datetime, attention: Attention | None = None) -> None:
        """No texts of this company go out any more; payments are booked all the same."""
        with self.database.write() as session:
            session.merge(HoldRow(company=company, scope=TEXTS, subject=ALL, why=why, since=now))
            if attention is not None:
                put_attention(session, company, attention, now)

    def pause_once(self, company: str, why: str, now: datetime, attention: Attention) -> bool:
        """The same, unless a person was told of this before: what they let go on stays going. Whether it paused."""
        with self.database.write() as session:
            told = put_attention(session, company, attention, now)
            if told:
                session.merge(HoldRow(company=company, scope=TEXTS, subject=ALL, why=why, since=now))
            return told

    def resume(self, company: str, now: datetime) -> bool:
        """A person lets texts go again; everything that waited for it is decided anew, and what asked is answered.

        False where nothing was paused.
        """
        with self.database.write() as session:
            row = session.get(HoldRow, (company, TEXTS, ALL))
            if row is None:
                return False
            session.delete(row)
            for waiting in session.exec(
                select(ReceivableRow).where(ReceivableRow.company == company, ReceivableRow.reason == Reason.PAUSED)
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
            review_scope(session, company, scope, subject, now)
            return True
