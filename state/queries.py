"""Read-only questions. Each is one short read; lists are bounded by the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, func, or_, select

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.effect import OPEN, BooksIdentity, EffectKind, EffectStatus
from connector.domain.phone import Phone
from connector.domain.receivable import ReceivableState
from state.effects import CLOSED_BY_PERSON
from state.facts import ALL, LONG_AGO, TEXTS
from state.tables import (
    CallRow,
    CompanyRow,
    ConsentRow,
    CursorRow,
    CustomerRow,
    EffectRow,
    HintRow,
    HoldRow,
    InboundRow,
    LinkRow,
    PaymentRow,
    ReceivableRow,
    TextRow,
    UnreachableRow,
)
from state.views import Views


@dataclass(slots=True)
class Facts:
    """All we remember about some receivables, read together in a handful of selects."""

    receivables: dict[str, ReceivableRow] = field(default_factory=dict)
    customers: dict[str, CustomerRow] = field(default_factory=dict)
    links: dict[str, list[LinkRow]] = field(default_factory=dict)
    payments: dict[str, list[PaymentRow]] = field(default_factory=dict)
    effects: dict[str, list[EffectRow]] = field(default_factory=dict)
    consents: dict[str, list[ConsentRecord]] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)
    paused: bool = False  # a person, or a brake, stopped all texts of the company
    held_invoices: set[str] = field(default_factory=set)
    held_customers: set[str] = field(default_factory=set)
    notices: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)  # phone -> (effect key, when)
    texted: set[str] = field(default_factory=set)  # phones that have had a text


class Queries(Views):
    """What we remember, to read: what decisions need here, what people ask in `Views`."""

    # ------------------------------------------------------------------------------------------------- decisions

    def due_for_review(self, company: str, now: datetime, limit: int) -> list[str]:
        """Receivables to decide on now, longest waiting first."""
        statement = (
            select(ReceivableRow.ledger_id)
            .where(ReceivableRow.company == company, col(ReceivableRow.review_at) <= now)
            .order_by(col(ReceivableRow.review_at), col(ReceivableRow.ledger_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def facts(self, company: str, ledger_ids: Sequence[str], notices_since: datetime) -> Facts:
        """Everything a decision about these receivables needs; at most 500 ids."""
        facts = Facts(
            links=defaultdict(list),
            payments=defaultdict(list),
            effects=defaultdict(list),
            consents=defaultdict(list),
            notices=defaultdict(list),
        )
        with self._db.read() as session:
            for row in session.exec(
                select(ReceivableRow).where(
                    ReceivableRow.company == company, col(ReceivableRow.ledger_id).in_(ledger_ids)
                )
            ):
                facts.receivables[row.ledger_id] = row
            wanted = {row.customer_id for row in facts.receivables.values()}
            for customer in session.exec(
                select(CustomerRow).where(CustomerRow.company == company, col(CustomerRow.customer_id).in_(wanted))
            ):
                facts.customers[customer.customer_id] = customer
            for link in session.exec(
                select(LinkRow).where(LinkRow.company == company, col(LinkRow.ledger_id).in_(ledger_ids))
            ):
                facts.links[link.ledger_id].append(link)
            for payment in session.exec(
                select(PaymentRow).where(PaymentRow.company == company, col(PaymentRow.ledger_id).in_(ledger_ids))
            ):
                facts.payments[payment.ledger_id].append(payment)
            for effect in session.exec(
                select(EffectRow).where(EffectRow.company == company, col(EffectRow.subject).in_(ledger_ids))
            ):
                facts.effects[effect.subject].append(effect)
            for hold in session.exec(select(HoldRow).where(HoldRow.company == company)):
                if hold.scope == TEXTS:
                    facts.paused = True
                else:
                    (facts.held_invoices if hold.scope == "invoice" else facts.held_customers).add(hold.subject)
            self._phones(session, company, facts, notices_since)
        return facts

    @staticmethod
    def _phones(session: object, company: str, facts: Facts, notices_since: datetime) -> None:
        from sqlmodel import Session

        assert isinstance(session, Session)  # noqa: S101  narrows the type
        phones = {row.phone for row in facts.customers.values() if row.phone}
        for row in session.exec(
            select(ConsentRow)
            .where(ConsentRow.company == company, col(ConsentRow.phone).in_(phones))
            .order_by(col(ConsentRow.entry))
        ):
            facts.consents[row.phone].append(consent_of(row))
        facts.unreachable.update(
            session.exec(
                select(UnreachableRow.phone).where(
                    UnreachableRow.company == company, col(UnreachableRow.phone).in_(phones)
                )
            )
        )
        for effect in session.exec(
            select(EffectRow).where(
                EffectRow.company == company,
                col(EffectRow.phone).in_(phones),
                EffectRow.purpose == "notice",
                col(EffectRow.status).not_in([EffectStatus.CANCELLED, EffectStatus.REJECTED]),
                or_(col(EffectRow.claimed_at) >= notices_since, col(EffectRow.planned_at) >= notices_since),
            )
        ):
            facts.notices[effect.phone or ""].append((effect.key, effect.claimed_at or effect.planned_at))
        facts.texted.update(
            session.exec(
                select(TextRow.phone).where(TextRow.company == company, col(TextRow.phone).in_(phones)).distinct()
            )
        )

    # ------------------------------------------------------------------------------------------------- companies

    def identity(self, company: str) -> BooksIdentity | None:
        """Whose books it is bound to, None before the first contact."""
        with self._db.read() as session:
            row = session.get(CompanyRow, company)
        return BooksIdentity(row.ledger_kind, row.tenant_id, row.processor_account) if row else None

    def company(self, company: str) -> CompanyRow | None:
        """The company's row."""
        with self._db.read() as session:
            return session.get(CompanyRow, company)

    def cursor(self, company: str, name: str) -> CursorRow | None:
        """How far a list was read."""
        with self._db.read() as session:
            return session.get(CursorRow, (company, name))

    # ---------------------------------------------------------------------------------------------------- ledger

    def receivable(self, company: str, ledger_id: str) -> ReceivableRow | None:
        """One receivable as last read."""
        with self._db.read() as session:
            return session.get(ReceivableRow, (company, ledger_id))

    def known(self, company: str, ledger_ids: Sequence[str]) -> set[str]:
        """Which of these ids we have seen."""
        with self._db.read() as session:
            return set(
                session.exec(
                    select(ReceivableRow.ledger_id).where(
                        ReceivableRow.company == company, col(ReceivableRow.ledger_id).in_(ledger_ids)
                    )
                ).all()
            )

    def open_unread_since(self, company: str, since: datetime, limit: int) -> list[str]:
        """Receivables to be read one by one, those first that were not read longest.

        Either we think them open, and a sweep since then should have shown them; or something was changed on them.
        """
        statement = (
            select(ReceivableRow.ledger_id)
            .where(
                ReceivableRow.company == company,
                or_(
                    (col(ReceivableRow.state) == ReceivableState.OPEN) & (col(ReceivableRow.read_at) < since),
                    col(ReceivableRow.read_at) <= LONG_AGO,
                ),
            )
            .order_by(col(ReceivableRow.read_at), col(ReceivableRow.ledger_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def customers(self, company: str, ids: Sequence[str]) -> dict[str, CustomerRow]:
        """Customers as last read."""
        with self._db.read() as session:
            rows = session.exec(
                select(CustomerRow).where(CustomerRow.company == company, col(CustomerRow.customer_id).in_(ids))
            ).all()
        return {row.customer_id: row for row in rows}

    def customers_with(self, company: str, phone: str) -> list[str]:
        """Ids of the customers whose mobile number this is."""
        with self._db.read() as session:
            return list(
                session.exec(
                    select(CustomerRow.customer_id)
                    .where(CustomerRow.company == company, CustomerRow.phone == phone)
                    .order_by(col(CustomerRow.customer_id))
                ).all()
            )

    # ----------------------------------------------------------------------------------------------------- money

    def link(self, company: str, link_id: str) -> LinkRow | None:
        """A link of ours."""
        with self._db.read() as session:
            return session.get(LinkRow, (company, link_id))

    def unworked_hints(self, company: str, now: datetime, limit: int) -> list[HintRow]:
        """Stored events that nothing has followed from yet and whose time has come, oldest first."""
        statement = (
            select(HintRow)
            .where(
                HintRow.company == company,
                col(HintRow.worked_at).is_(None),
                or_(col(HintRow.look_at).is_(None), col(HintRow.look_at) <= now),
            )
            .order_by(col(HintRow.occurred_at), col(HintRow.event_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def payments_to_settle(self, company: str, now: datetime, limit: int) -> list[PaymentRow]:
        """Payments that have succeeded, are neither allocated, booked nor held, and whose time has come."""
        statement = (
            select(PaymentRow)
            .where(
                PaymentRow.company == company,
                PaymentRow.state == "succeeded",
                PaymentRow.verdict == "open",
                or_(col(PaymentRow.look_at).is_(None), col(PaymentRow.look_at) <= now),
            )
            .order_by(col(PaymentRow.created_at), col(PaymentRow.payment_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def pending_payments(self, company: str, limit: int) -> list[PaymentRow]:
        """Bank debits under way, those first that were not asked for longest."""
        statement = (
            select(PaymentRow)
            .where(PaymentRow.company == company, PaymentRow.state == "pending")
            .order_by(col(PaymentRow.read_at), col(PaymentRow.payment_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def payment(self, company: str, payment_id: str) -> PaymentRow | None:
        """One payment."""
        with self._db.read() as session:
            return session.get(PaymentRow, (company, payment_id))

    def last_text_at(self, company: str) -> datetime | None:
        """When this company last texted anybody."""
        with self._db.read() as session:
            return session.exec(select(func.max(TextRow.sent_at)).where(TextRow.company == company)).one()

    # -------------------------------------------------------------------------------------------------- messages

    def notices_since(self, company: str, since: datetime) -> int:
        """How many notices were attempted since then, whatever became of them."""
        statement = (
            select(func.count())
            .select_from(EffectRow)
            .where(EffectRow.company == company, EffectRow.purpose == "notice", col(EffectRow.claimed_at) >= since)
        )
        with self._db.read() as session:
            return session.exec(statement).one()

    def notices_wanted(self, company: str) -> int:
        """How many notices are about to go out: their texts, or the links they need, are planned."""
        statement = (
            select(func.count())
            .select_from(EffectRow)
            .where(
                EffectRow.company == company,
                EffectRow.status == EffectStatus.PLANNED,
                or_(EffectRow.purpose == "notice", EffectRow.kind == EffectKind.CREATE_LINK),
            )
        )
        with self._db.read() as session:
            return session.exec(statement).one()

    def paused(self, company: str) -> HoldRow | None:
        """The stop of all texts of a company, None where they may go."""
        with self._db.read() as session:
            return session.get(HoldRow, (company, TEXTS, ALL))

    def consent(self, company: str, phone: str) -> list[ConsentRecord]:
        """The register's entries for a number, oldest first."""
        statement = (
            select(ConsentRow)
            .where(ConsentRow.company == company, ConsentRow.phone == phone)
            .order_by(col(ConsentRow.entry))
        )
        with self._db.read() as session:
            return [consent_of(row) for row in session.exec(statement)]

    def known_inbound(self, company: str, text_ids: Sequence[str]) -> set[str]:
        """Which of these replies are stored."""
        with self._db.read() as session:
            return set(
                session.exec(
                    select(InboundRow.text_id).where(
                        InboundRow.company == company, col(InboundRow.text_id).in_(text_ids)
                    )
                ).all()
            )

    def texts_to_check(self, company: str, now: datetime, limit: int) -> list[TextRow]:
        """Texts whose delivery should be asked for now."""
        statement = (
            select(TextRow)
            .where(TextRow.company == company, col(TextRow.check_at) <= now)
            .order_by(col(TextRow.check_at), col(TextRow.text_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def has_live_links(self, company: str) -> bool:
        """Whether any payment link is out."""
        statement = (
            select(LinkRow.link_id).where(LinkRow.company == company, col(LinkRow.retired_at).is_(None)).limit(1)
        )
        with self._db.read() as session:
            return session.exec(statement).first() is not None

    def next_work_at(self, company: str) -> datetime | None:
        """When something on record wants to be worked on next: an effect, a decision, a delivery to ask for."""
        with self._db.read() as session:
            found = [
                session.exec(
                    select(func.min(EffectRow.due_at)).where(
                        EffectRow.company == company,
                        col(EffectRow.status).in_([EffectStatus.PLANNED, EffectStatus.UNCERTAIN]),
                    )
                ).one(),
                session.exec(select(func.min(ReceivableRow.review_at)).where(ReceivableRow.company == company)).one(),
                session.exec(select(func.min(TextRow.check_at)).where(TextRow.company == company)).one(),
            ]
        return min((one for one in found if one is not None), default=None)

    def text_is_known(self, company: str, text_id: str) -> bool:
        """Whether a text at the service is on record as one of ours."""
        with self._db.read() as session:
            return session.get(TextRow, (company, text_id)) is not None

    def last_text_to(self, company: str, phone: str) -> TextRow | None:
        """The latest text this number had from us."""
        statement = (
            select(TextRow)
            .where(TextRow.company == company, TextRow.phone == phone)
            .order_by(col(TextRow.sent_at).desc())
            .limit(1)
        )
        with self._db.read() as session:
            return session.exec(statement).first()

    def calls_since(self, company: str, service: str, since: datetime) -> tuple[int, int]:
        """(reads, writes) made to a service since then, in whole UTC hours."""
        statement = select(
            func.coalesce(func.sum(col(CallRow.reads)), 0), func.coalesce(func.sum(col(CallRow.writes)), 0)
        ).where(CallRow.company == company, CallRow.service == service, CallRow.hour >= since)
        with self._db.read() as session:
            reads, writes = session.exec(statement).one()
        return int(reads), int(writes)


def consent_of(row: ConsentRow) -> ConsentRecord:
    """The value a row holds."""
    return ConsentRecord(
        phone=Phone(row.phone),
        state=ConsentState(row.state),
        wording=row.wording,
        method=ConsentMethod(row.method),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        evidence=row.evidence,
        source=row.source,
    )


def step_is_spent(row: EffectRow) -> bool:
    """Whether the occasion of a notice is used up: sent, under way, in doubt, refused, or closed by a person."""
    if row.kind != EffectKind.SEND_TEXT or row.purpose != "notice":
        return False
    return row.status != EffectStatus.CANCELLED or row.outcome == CLOSED_BY_PERSON


def is_open(row: EffectRow) -> bool:
    """Not concluded yet."""
    return EffectStatus(row.status) in OPEN
