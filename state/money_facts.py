"""Facts about effects that were concluded, and about payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from connector.domain.cash import CAME_TO_NOTHING
from connector.domain.effect import EffectStatus, NewEffect
from connector.domain.joint import Part
from connector.domain.receivable import Receivable
from connector.ports.ledger import Booking
from connector.ports.messenger import SentText
from connector.ports.processor import Hint, Payment, PaymentLink
from state import asked, books
from state.effects import subjects_of
from state.facts import BY_FACTS, Attention, Facts, Planned, close_item, put_attention, put_cursor
from state.names import BALANCE_PLACE, HINTS_SINCE
from state.rows import change, records_of, table_of
from state.tables import EffectRow, HintRow, LinkRow, PaymentRow, TextRow

_LINK: Final = table_of(LinkRow)
_TEXT_SENT: Final = insert(table_of(TextRow))
_LINKS_TEXTED: Final = (  # the live ones that no text has carried yet
    update(_LINK)
    .where(
        _LINK.c.company == bindparam("whose"),
        _LINK.c.link_id.in_(
            select(_LINK.c.link_id).where(
                _LINK.c.company == bindparam("whose"),
                _LINK.c.ledger_id == bindparam("which"),
                _LINK.c.retired_at.is_(None),
                _LINK.c.texted_at.is_(None),
            )
        ),
    )
    .values(texted_at=bindparam("now"))
)

_LINK_RETIRED: Final = (
    update(_LINK)
    .where(_LINK.c.company == bindparam("whose"), _LINK.c.link_id == bindparam("which"))
    .values(retired_at=bindparam("now"))
)
_HINT: Final = table_of(HintRow)
_HINT_NEW: Final = insert(_HINT)
_HINT_WORKED: Final = (
    update(_HINT)
    .where(_HINT.c.company == bindparam("whose"), _HINT.c.event_id == bindparam("which"))
    .values(worked_at=bindparam("now"))
)
_HINTS_ANEW: Final = (
    update(_HINT)
    .where(_HINT.c.company == bindparam("whose"), _HINT.c.object_id == bindparam("which"))
    .where(_HINT.c.worked_at.is_not(None))
    .values(worked_at=None, look_at=None)
)


class MoneyFacts(Facts):
    """Links, texts and bookings as they were concluded; events and payments as they were read."""

    def link_made(
        self,
        company: str,
        key: str,
        link: PaymentLink,
        *,
        parts: Sequence[Part],
        generation: int,
        now: datetime,
        note: str,
    ) -> None:
        """The link exists; what it is for is decided again, now that a text can carry it.

        One that was found but is down already is kept as retired: no text may carry it.
        """
        with self.database.record() as connection:
            self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=link.link_id, note=note)
            books.put_link(connection, company, link, parts=parts, generation=generation, now=now)
            for one in parts:
                books.review(connection, company, one.ledger_id, now)

    def link_retired(
        self, company: str, key: str, link_id: str, now: datetime, note: str, payments: Sequence[Payment] = ()
    ) -> None:
        """The link is down and none of its pages can be paid any more; what was paid on it is stored with that."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=link_id, note=note)
            for payment in payments:
                books.put_payment(connection, company, payment, row.subject, now)
            change(connection, _LINK_RETIRED, {"whose": company, "which": link_id, "now": now})
            for subject in {row.subject, *(one.ledger_id for one in books.parts_of(connection, company, link_id))}:
                books.review(connection, company, subject, now)

    def link_found_down(self, company: str, effect: NewEffect, link_id: str, now: datetime) -> None:
        """The processor says that it is down, which no effect of ours has concluded: `effect` ends its open pages.

        Where a person has closed that effect for good, the link counts as retired at once.
        """
        with self.database.record() as connection:
            if not self.effects.plan(connection, company, effect, now):
                change(connection, _LINK_RETIRED, {"whose": company, "which": link_id, "now": now})
            for one in books.parts_of(connection, company, link_id):
                books.review(connection, company, one.ledger_id, now)

    def text_sent(
        self,
        company: str,
        key: str,
        text: SentText,
        now: datetime,
        *,
        check_at: datetime,
        note: str,
        sent_at: datetime | None = None,
    ) -> None:
        """The text is at the service, under an id. `sent_at`: since when, UTC; None: since now."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=text.text_id, note=note)
            values = {
                "company": company,
                "text_id": text.text_id,
                "effect_key": key,
                "ledger_id": row.subject,
                "phone": text.to.e164,
                "purpose": row.purpose or "",
                "state": text.state.value,
                "segments": text.segments,
                "price": str(text.price) if text.price is not None else None,
                "price_currency": text.price_currency,
                "sent_at": sent_at or now,
                "looks": 0,
                "check_at": check_at,
            }
            change(connection, _TEXT_SENT, values)
            if row.purpose == "notice":
                change(connection, _LINKS_TEXTED, {"whose": company, "which": row.subject, "now": now})
            books.review(connection, company, row.subject, now)

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
        told: Sequence[Attention] = (),
    ) -> None:
        """The booking is in the ledger; what follows from it (receipt, notice to the owner) is planned with it.

        `told`: what a person must know of the entry, as it stands there.
        """
        with self.database.record() as connection:
            row = self.effects.conclude(
                connection, key, EffectStatus.DONE, now, remote_id=booking.booking_id, note=note
            )
            books.put_verdict(connection, company, payment_id, row.subject, "booked")
            if after is not None:
                books.put_receivables(connection, company, [after], now)
            for planned in follow:
                self.effects.plan(connection, company, planned.effect, now, planned.text)
            for item in told:
                put_attention(connection, company, item, now)
            books.review(connection, company, row.subject, now)

    def cash_read(
        self,
        company: str,
        wanted: Sequence[NewEffect],
        items: Sequence[Attention],
        place: str,
        now: datetime,
        settled: Sequence[str] = (),
        dropped: Sequence[str] = (),
    ) -> int:
        """What the balance asks for is planned, with what a person must see and from where it is read on.

        `settled`: keys of items whose matter is known by now. `dropped`: effects of payouts that came to nothing.
        """
        with self.database.record() as connection:
            planned = self.effects.plan_all(connection, company, [(one, None) for one in wanted], now)
            for item in items:
                put_attention(connection, company, item, now)
            for key in dropped:
                self.effects.conclude(connection, key, EffectStatus.CANCELLED, now, note=CAME_TO_NOTHING)
            for key in settled:
                close_item(connection, company, key, BY_FACTS, now)
            put_cursor(connection, company, BALANCE_PLACE, place, now)
        return planned

    def cash_booked(self, key: str, entry_id: str, now: datetime, note: str, told: Attention | None = None) -> None:
        """A fee or payout is in the ledger, and the owner is told where he must know."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=entry_id, note=note)
            if told is not None:
                put_attention(connection, row.company, told, now)

    def cash_changed(self, key: str, request: str, now: datetime, why: str, *, fresh_slot: bool) -> EffectRow:
        """A fee or payout that was certainly not made is to be made with these values; returns it as it is then.

        `fresh_slot`: it may have been tried with others.
        """
        with self.database.record() as connection:
            return self.effects.changed(connection, key, request, now, why, fresh_slot=fresh_slot)

    def effect_cancelled(self, company: str, key: str, now: datetime, why: str) -> None:
        """The world moved before it was attempted."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.CANCELLED, now, note=why)
            for subject in subjects_of(row):
                books.review(connection, company, subject, now)

    def effect_rejected(self, company: str, key: str, now: datetime, why: str, attention: Attention | None) -> None:
        """The service said no for good; a person is told where it matters."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.REJECTED, now, note=why)
            if attention is not None:
                put_attention(connection, company, attention, now)
            for subject in subjects_of(row):
                books.review(connection, company, subject, now)

    def hints_read(self, company: str, hints: Sequence[Hint], watermark: datetime | None, now: datetime) -> int:
        """Store events before they are worked on, and the watermark with them; returns how many are new."""
        with self.database.record() as connection:
            new = put_hints(connection, company, hints, now)
            if watermark is not None:
                put_cursor(connection, company, HINTS_SINCE, watermark.isoformat(), now)
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
                put_attention(session.connection(), company, attention, now)

    def payment_later(
        self,
        company: str,
        payment_id: str,
        ledger_id: str,
        look_at: datetime,
        attention: Attention | None,
        now: datetime,
    ) -> None:
        """It could not be settled for a reason of its own: again at `look_at`, so that it holds up nothing."""
        with self.database.write() as session:
            row = session.get(PaymentRow, (company, payment_id, ledger_id))
            if row is not None:
                row.look_at = look_at
                session.add(row)
            if attention is not None:
                put_attention(session.connection(), company, attention, now)

    def hints_worked(self, company: str, event_ids: Sequence[str], now: datetime) -> None:
        """Everything that followed from them is stored."""
        with self.database.record() as connection:
            change(connection, _HINT_WORKED, [{"whose": company, "which": one, "now": now} for one in event_ids])

    def payment_read(
        self,
        company: str,
        payment: Payment,
        ledger_id: str,
        now: datetime,
        *,
        hints: Sequence[str] = (),
        parts: Sequence[Part] = (),
    ) -> bool:
        """Store what the processor told of a payment; what it is for is decided again where it is news.

        So are events about it that were worked before: they may have been taken for those of somebody else's payment.

        `hints` are the events that led to it: they are worked, in the same stroke. `parts`: what its link says of
        itself, where the link is not on record.
        """
        with self.database.record() as connection:
            news = books.put_payment(connection, company, payment, ledger_id, now, parts)
            if news:
                books.review_paid(connection, company, payment.payment_id, now)
                change(connection, _HINTS_ANEW, {"whose": company, "which": payment.payment_id})
            change(connection, _HINT_WORKED, [{"whose": company, "which": one, "now": now} for one in hints])
        return news

    def payment_allocated(
        self, company: str, payment_id: str, planned: Planned, now: datetime, *, verdict: str = "allocated"
    ) -> None:
        """It settles its receivable, or is to be a credit; that entry is planned with the same stroke."""
        with self.database.record() as connection:
            books.put_verdict(connection, company, payment_id, planned.effect.subject, verdict)
            self.effects.plan(connection, company, planned.effect, now, planned.text)

    def payment_held(
        self,
        company: str,
        payment_id: str,
        ledger_id: str,
        attention: Attention,
        now: datetime,
        *,
        instead_of: str | None = None,
        why: str = "",
        verdict: str = "held",
    ) -> None:
        """A person must decide about it. `instead_of`: the entry that is cancelled for it, with the same stroke."""
        with self.database.record() as connection:
            if instead_of is not None:
                effect = self.effects.conclude(connection, instead_of, EffectStatus.CANCELLED, now, note=why)
                books.review(connection, company, effect.subject, now)
            books.put_verdict(connection, company, payment_id, ledger_id, verdict)
            put_attention(connection, company, attention, now)

    def payment_reopened(
        self, company: str, payment_id: str, verdict: str, now: datetime, *, instead_of: str, why: str
    ) -> None:
        """What was planned for it does not fit any more: it is decided about anew. `instead_of`: what is cancelled."""
        with self.database.record() as connection:
            effect = self.effects.conclude(connection, instead_of, EffectStatus.CANCELLED, now, note=why)
            books.put_verdict(connection, company, payment_id, effect.subject, verdict)
            books.review(connection, company, effect.subject, now)

    def payment_credited(
        self,
        company: str,
        key: str,
        payment_id: str,
        entry_id: str,
        attention: Attention,
        now: datetime,
        *,
        note: str,
        whole: bool,
        settles: str,
    ) -> None:
        """The credit is in the ledger, and the owner is told. `whole`: all of the payment. `settles`: an older item."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=entry_id, note=note)
            if whole:
                books.put_verdict(connection, company, payment_id, row.subject, "credited")
            close_item(connection, company, settles, "it is a credit now", now)
            put_attention(connection, company, attention, now)
            books.review(connection, company, row.subject, now)

    def credit_ordered(
        self, company: str, payment_id: str, ledger_id: str, item: str, now: datetime, *, hints: Sequence[Hint] = ()
    ) -> None:
        """The owner wants what of a held payment does not fit as the customer's credit.

        `item`: what asked for that; it is asked again should the payment have to be held all the same. `hints`: what is
        to be looked at once it is booked.
        """
        with self.database.record() as connection:
            books.put_verdict(connection, company, payment_id, ledger_id, "ordered")
            close_item(connection, company, item, BY_FACTS, now)
            put_hints(connection, company, hints, now)


def put_hints(connection: Connection, company: str, hints: Sequence[Hint], now: datetime) -> int:
    """Store events before they are worked on, within a fact of the caller; how many are new."""
    fresh = {hint.event_id: hint for hint in hints}
    for some in books.chunks(list(fresh)):
        for row in records_of(connection, HintRow, asked.HINT_IDS, company, some):
            fresh.pop(row.event_id, None)
    change(connection, _HINT_NEW, [_hint(company, hint, now) for hint in fresh.values()])
    return len(fresh)


def _hint(company: str, hint: Hint, now: datetime) -> dict[str, object]:
    return {
        "company": company,
        "event_id": hint.event_id,
        "kind": hint.kind,
        "object_id": hint.object_id,
        "occurred_at": hint.occurred_at,
        "raw": hint.raw,
        "received_at": now,
    }
