"""Facts about effects that were concluded, and about payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from connector.domain.effect import EffectStatus
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.ports import Booking, Hint, Payment, PaymentLink, SentText
from state import books
from state.facts import HINTS_SINCE, Attention, Facts, Planned, put_attention, put_cursor
from state.tables import HintRow, LinkRow, PaymentRow, TextRow


class MoneyFacts(Facts):
    """Links, texts and bookings as they were concluded; events and payments as they were read."""

    def link_made(
        self, company: str, key: str, link: PaymentLink, *, amount: Money, generation: int, now: datetime, note: str
    ) -> None:
        """The link exists; the receivable is decided again, now that a text can carry it.

        One that was found but is down already is kept as retired: no text may carry it.
        """
        with self.database.write() as session:
            row = self.effects.conclude(session, key, EffectStatus.DONE, now, remote_id=link.link_id, note=note)
            books.put_link(session, company, link, ledger_id=row.subject, amount=amount, generation=generation, now=now)
            books.review(session, company, row.subject, now)

    def link_retired(self, company: str, key: str, link_id: str, now: datetime, note: str) -> None:
        """The link is down and none of its pages can be paid any more."""
        with self.database.write() as session:
            row = self.effects.conclude(session, key, EffectStatus.DONE, now, remote_id=link_id, note=note)
            link = session.get(LinkRow, (company, link_id))
            if link is not None:
                link.retired_at = now
                session.add(link)
            books.review(session, company, row.subject, now)

    def text_sent(
        self, company: str, key: str, text: SentText, now: datetime, *, check_at: datetime, note: str
    ) -> None:
        """The text is at the service, under an id."""
        with self.database.write() as session:
            row = self.effects.conclude(session, key, EffectStatus.DONE, now, remote_id=text.text_id, note=note)
            session.add(
                TextRow(
                    company=company,
                    text_id=text.text_id,
                    effect_key=key,
                    ledger_id=row.subject,
                    phone=text.to.e164,
                    purpose=row.purpose or "",
                    state=text.state,
                    segments=text.segments,
                    price=str(text.price) if text.price is not None else None,
                    price_currency=text.price_currency,
                    sent_at=now,
                    check_at=check_at,
                )
            )
            if row.purpose == "notice":
                for link in session.exec(
                    select(LinkRow).where(
                        LinkRow.company == company,
                        LinkRow.ledger_id == row.subject,
                        col(LinkRow.retired_at).is_(None),
                        col(LinkRow.texted_at).is_(None),
                    )
                ):
                    link.texted_at = now
                    session.add(link)
            books.review(session, company, row.subject, now)

    def payment_booked(
        self,
        company: str,
        key: str,
        payment_id: str,
        booking: Booking,
        after: Receivable | None,
        now: datetime,
        *,
        note: str,
        follow: Sequence[Planned] = (),
    ) -> None:
        """The booking is in the ledger; what follows from it (receipt, notice to the owner) is planned with it."""
        with self.database.write() as session:
            row = self.effects.conclude(session, key, EffectStatus.DONE, now, remote_id=booking.booking_id, note=note)
            payment = session.get(PaymentRow, (company, payment_id))
            if payment is not None:
                payment.verdict = "booked"
                session.add(payment)
            if after is not None:
                books.put_receivables(session, company, [after], now)
            for planned in follow:
                self.effects.plan(session, company, planned.effect, now, planned.text)
            books.review(session, company, row.subject, now)

    def effect_cancelled(self, company: str, key: str, now: datetime, why: str) -> None:
        """The world moved before it was attempted."""
        with self.database.write() as session:
            row = self.effects.conclude(session, key, EffectStatus.CANCELLED, now, note=why)
            books.review(session, company, row.subject, now)

    def effect_rejected(self, company: str, key: str, now: datetime, why: str, attention: Attention | None) -> None:
        """The service said no for good; a person is told where it matters."""
        with self.database.write() as session:
            row = self.effects.conclude(session, key, EffectStatus.REJECTED, now, note=why)
            if attention is not None:
                put_attention(session, company, attention, now)
            books.review(session, company, row.subject, now)

    def hints_read(self, company: str, hints: Sequence[Hint], watermark: datetime | None, now: datetime) -> int:
        """Store events before they are worked on, and the watermark with them; returns how many are new."""
        new = 0
        with self.database.write() as session:
            for hint in hints:
                if session.get(HintRow, (company, hint.event_id)) is None:
                    session.add(
                        HintRow(
                            company=company,
                            event_id=hint.event_id,
                            kind=hint.kind,
                            object_id=hint.object_id,
                            occurred_at=hint.occurred_at,
                            raw=hint.raw,
                            received_at=now,
                        )
                    )
                    session.flush()
                    new += 1
            if watermark is not None:
                put_cursor(session, company, HINTS_SINCE, watermark.isoformat(), now)
        return new

    def hint_later(
        self, company: str, event_id: str, look_at: datetime, attention: Attention | None, now: datetime
    ) -> None:
        """It could not be worked on for a reason of its own: again at `look_at`, so that it holds up nothing."""
        with self.database.write() as session:
            row = session.get(HintRow, (company, event_id))
            if row is not None:
                row.look_at = look_at
                session.add(row)
            if attention is not None:
                put_attention(session, company, attention, now)

    def payment_later(
        self, company: str, payment_id: str, look_at: datetime, attention: Attention | None, now: datetime
    ) -> None:
        """It could not be settled for a reason of its own: again at `look_at`, so that it holds up nothing."""
        with self.database.write() as session:
            row = session.get(PaymentRow, (company, payment_id))
            if row is not None:
                row.look_at = look_at
                session.add(row)
            if attention is not None:
                put_attention(session, company, attention, now)

    def hint_worked(self, company: str, event_id: str, now: datetime) -> None:
        """Everything that followed from it is stored."""
        with self.database.write() as session:
            row = session.get(HintRow, (company, event_id))
            if row is not None:
                row.worked_at = now
                session.add(row)

    def payment_read(self, company: str, payment: Payment, ledger_id: str, now: datetime) -> bool:
        """Store what the processor told of a payment; the receivable is decided again where it is news."""
        with self.database.write() as session:
            news = books.put_payment(session, company, payment, ledger_id, now)
            if news:
                books.review(session, company, ledger_id, now)
            return news

    def payment_allocated(self, company: str, payment_id: str, planned: Planned, now: datetime) -> None:
        """It settles its receivable; the booking is planned with the same stroke."""
        with self.database.write() as session:
            row = session.get(PaymentRow, (company, payment_id))
            if row is not None:
                row.verdict = "allocated"
                session.add(row)
            self.effects.plan(session, company, planned.effect, now, planned.text)

    def payment_held(
        self,
        company: str,
        payment_id: str,
        attention: Attention,
        now: datetime,
        *,
        instead_of: str | None = None,
        why: str = "",
    ) -> None:
        """A person must decide about it. `instead_of`: the booking that is cancelled for it, with the same stroke."""
        with self.database.write() as session:
            if instead_of is not None:
                effect = self.effects.conclude(session, instead_of, EffectStatus.CANCELLED, now, note=why)
                books.review(session, company, effect.subject, now)
            row = session.get(PaymentRow, (company, payment_id))
            if row is not None:
                row.verdict = "held"
                session.add(row)
            put_attention(session, company, attention, now)
