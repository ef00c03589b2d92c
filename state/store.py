"""Named facts, each one short database transaction: the only writer.

A fact returns when it is durable. No fact waits for anything outside the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from connector.domain.consent import ConsentRecord
from connector.domain.dunning import Reason
from connector.domain.effect import BooksIdentity, EffectStatus, NewEffect
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable
from connector.errors import ConfigProblem
from connector.ports import Booking, ChangePage, Hint, InboundText, Payment, PaymentLink, SentText
from state import books
from state.database import Database
from state.effects import EffectLog, TextFacts
from state.tables import (
    AttentionRow,
    CallRow,
    CompanyRow,
    ConsentRow,
    CursorRow,
    HintRow,
    HoldRow,
    InboundRow,
    LinkRow,
    PaymentRow,
    ReceivableRow,
    TextRow,
    UnreachableRow,
)

LEDGER_CURSOR = "ledger"
SWEEP_PAGE = "sweep_page"
SWEPT_AT = "swept_at"
HINTS_SINCE = "hints_since"
PAYMENTS_SINCE = "payments_since"
INBOUND_SINCE = "inbound_since"


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
    """Something only a person can settle. `key` names the fact, so that it is shown once."""

    key: str
    subject: str
    happened: str
    not_done: str
    command: str


class Store:
    """What we remember, to write. Times come from the caller, who has them from the injected clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.effects = EffectLog(database)

    # ------------------------------------------------------------------------------------------------ companies

    def bind_company(self, company: str, identity: BooksIdentity, ledger_name: str, now: datetime) -> None:
        """Bind a company to its books and its processor account, once for ever.

        Raises:
            ConfigProblem: it is bound to other books, or another company has these: their history would mix.
        """
        with self.database.write() as session:
            row = session.get(CompanyRow, company)
            other = session.exec(
                select(CompanyRow).where(
                    CompanyRow.ledger_kind == identity.ledger_kind,
                    CompanyRow.tenant_id == identity.tenant_id,
                    CompanyRow.company != company,
                )
            ).first()
            if other is not None:
                raise ConfigProblem(
                    f'Companies "{company}" and "{other.company}" are the same books ({other.ledger_name}). '
                    "Each would text the same customers. Nothing was started.",
                    advice="Remove one of them from the settings.",
                )
            if row is None:
                session.add(
                    CompanyRow(
                        company=company,
                        ledger_kind=identity.ledger_kind,
                        tenant_id=identity.tenant_id,
                        processor_account=identity.processor_account,
                        ledger_name=ledger_name,
                        bound_at=now,
                    )
                )
                return
            bound = BooksIdentity(row.ledger_kind, row.tenant_id, row.processor_account)
            if bound != identity:
                raise ConfigProblem(
                    f'Company "{company}" was set up with {bound.ledger_kind} {bound.tenant_id} and Stripe account '
                    f"{bound.processor_account}, and now has {identity.ledger_kind} {identity.tenant_id} and "
                    f"{identity.processor_account}. Nothing was started.",
                    advice="Give the new books a company id of their own in the settings.",
                )

    def set_cursor(self, company: str, name: str, value: str, now: datetime) -> None:
        """Remember how far a list was read."""
        with self.database.write() as session:
            _cursor(session, company, name, value, now)

    # --------------------------------------------------------------------------------------------------- ledger

    def changes_read(
        self, company: str, page: ChangePage, customers: Iterable[tuple[Customer, Phone | None]], now: datetime
    ) -> list[str]:
        """Store a page of changes and the cursor behind it; returns the receivables that changed."""
        with self.database.write() as session:
            changed = books.put_receivables(session, company, page.receivables, now)
            books.mark_deleted(session, company, page.deleted, now)
            books.put_customers(session, company, customers, now)
            _cursor(session, company, LEDGER_CURSOR, page.cursor, now)
        return changed

    def receivables_read(self, company: str, read: Sequence[Receivable], now: datetime) -> list[str]:
        """Store receivables that were read one by one or in a sweep."""
        with self.database.write() as session:
            return books.put_receivables(session, company, read, now)

    def receivable_gone(self, company: str, ledger_id: str, now: datetime) -> None:
        """The ledger has it no more."""
        with self.database.write() as session:
            books.mark_deleted(session, company, [ledger_id], now)

    def customers_read(self, company: str, read: Iterable[tuple[Customer, Phone | None]], now: datetime) -> None:
        """Store customers as read."""
        with self.database.write() as session:
            books.put_customers(session, company, read, now)

    def decided(self, company: str, decisions: Sequence[Decided], now: datetime) -> int:
        """Record what was decided about several receivables; returns how many effects are new."""
        new = 0
        with self.database.write() as session:
            for one in decisions:
                row = session.get(ReceivableRow, (company, one.ledger_id))
                if row is not None:
                    row.reason, row.review_at, row.decided_at = one.reason, one.review_at, now
                    session.add(row)
                for planned in one.planned:
                    new += self.effects.plan(session, company, planned.effect, now, planned.text)
        return new

    def review_now(self, company: str, ledger_id: str, now: datetime) -> None:
        """Decide on that receivable again at the next opportunity."""
        with self.database.write() as session:
            books.review(session, company, ledger_id, now)

    def admit(self, company: str, ledger_id: str, now: datetime) -> None:
        """The owner lets in an invoice of before the start date."""
        with self.database.write() as session:
            row = session.get(ReceivableRow, (company, ledger_id))
            if row is not None:
                row.admitted, row.review_at = True, now
                session.add(row)

    # ------------------------------------------------------------------------------------- conclusions of effects

    def link_made(
        self, company: str, key: str, link: PaymentLink, *, amount: Money, generation: int, now: datetime, note: str
    ) -> None:
        """The link exists; the receivable is decided again, now that a text can carry it."""
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
                _attend(session, company, attention, now)
            books.review(session, company, row.subject, now)

    # ----------------------------------------------------------------------------------------------------- money

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
                _cursor(session, company, HINTS_SINCE, watermark.isoformat(), now)
        return new

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

    def payment_held(self, company: str, payment_id: str, attention: Attention, now: datetime) -> None:
        """A person must decide about it."""
        with self.database.write() as session:
            row = session.get(PaymentRow, (company, payment_id))
            if row is not None:
                row.verdict = "held"
                session.add(row)
            _attend(session, company, attention, now)

    # --------------------------------------------------------------------------------------------------- messages

    def inbound_read(
        self,
        company: str,
        texts: Sequence[tuple[InboundText, str]],
        consents: Sequence[ConsentRecord],
        watermark: datetime | None,
        now: datetime,
        attentions: Sequence[Attention] = (),
    ) -> None:
        """Store replies with their meaning, what they mean for consent, and the watermark, together.

        `watermark` is None for replies that came by themselves: only a look may say how far was looked.
        """
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
                _consent(session, company, record, now)
            for attention in attentions:
                _attend(session, company, attention, now)
            if watermark is not None:
                _cursor(session, company, INBOUND_SINCE, watermark.isoformat(), now)

    def consents_recorded(self, company: str, records: Sequence[ConsentRecord], now: datetime) -> int:
        """Add to the consent register; returns how many entries are new."""
        with self.database.write() as session:
            return sum(_consent(session, company, record, now) for record in records)

    def number_unreachable(self, company: str, phone: Phone, code: str, now: datetime) -> None:
        """The service refused the number for good."""
        with self.database.write() as session:
            if session.get(UnreachableRow, (company, phone.e164)) is None:
                session.add(UnreachableRow(company=company, phone=phone.e164, code=code, since=now))
                books.review_phone(session, company, phone.e164, now)

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

    # ------------------------------------------------------------------------------------------ attention, holds

    def attend(self, company: str, attention: Attention, now: datetime) -> bool:
        """Put something before a person; False where it is there already (or was settled before)."""
        with self.database.write() as session:
            return _attend(session, company, attention, now)

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
            _review_scope(session, company, scope, subject, now)

    def release(self, company: str, scope: str, subject: str, now: datetime) -> bool:
        """End a hold; False where there was none."""
        with self.database.write() as session:
            row = session.get(HoldRow, (company, scope, subject))
            if row is None:
                return False
            session.delete(row)
            _review_scope(session, company, scope, subject, now)
            return True

    # ------------------------------------------------------------------------------------------------- housekeeping

    def calls_made(self, counts: Iterable[tuple[str, str, datetime, int, int]]) -> None:
        """Add (company, service, UTC hour, reads, writes) to what was counted."""
        with self.database.write() as session:
            for company, service, hour, reads, writes in counts:
                row = session.get(CallRow, (company, service, hour)) or CallRow(
                    company=company, service=service, hour=hour
                )
                row.reads += reads
                row.writes += writes
                session.add(row)

    def housekeeping(self, company: str, now: datetime) -> None:
        """Drop what no decision needs: worked events past the processor's own 30 days, call counts past 60."""
        with self.database.write() as session:
            session.exec(
                delete(HintRow).where(
                    col(HintRow.company) == company,
                    col(HintRow.worked_at).is_not(None),
                    # 35 days: five more than the processor lists, so that an overlap never meets a dropped one
                    col(HintRow.received_at) < now - timedelta(days=35),
                )
            )
            session.exec(
                delete(CallRow).where(col(CallRow.company) == company, col(CallRow.hour) < now - timedelta(days=60))
            )


def _cursor(session: Session, company: str, name: str, value: str, now: datetime) -> None:
    row = session.get(CursorRow, (company, name)) or CursorRow(company=company, name=name, value=value, moved_at=now)
    row.value, row.moved_at = value, now
    session.add(row)


def _consent(session: Session, company: str, record: ConsentRecord, now: datetime) -> bool:
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
    books.review_phone(session, company, record.phone.e164, now)
    return True


def _attend(session: Session, company: str, attention: Attention, now: datetime) -> bool:
    if session.get(AttentionRow, attention.key) is not None:
        return False
    session.add(
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
    return True


def _review_scope(session: Session, company: str, scope: str, subject: str, now: datetime) -> None:
    if scope == "invoice":
        books.review(session, company, subject, now)
    else:
        books.review_customer(session, company, subject, now)
