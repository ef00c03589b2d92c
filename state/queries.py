"""Read-only questions. Each is one short read; lists are bounded by the caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam
from sqlmodel import col, func, or_, select

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.effect import OPEN, BooksIdentity, EffectKind, EffectStatus
from connector.domain.phone import Phone
from connector.domain.receivable import Receivable, ReceivableState
from connector.ports.messenger import DeliveryState
from state.books import receivable_of
from state.effects import CLOSED_BY_PERSON
from state.lease_facts import Lease, lease_of
from state.names import ALL, LONG_AGO, RECOVERY, TEXTS
from state.rows import Row, Some, records, records_of, select_of, select_some, table_of
from state.tables import (
    CompanyRow,
    ConsentRow,
    CursorRow,
    CustomerRow,
    EffectRow,
    HintRow,
    HoldRow,
    InboundRow,
    LeaseRow,
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


_EFFECT, _TEXT = table_of(EffectRow).c, table_of(TextRow).c
_CURSOR: Final = select_some(CursorRow, "name")
_RECEIVABLES: Final = select_some(ReceivableRow, "ledger_id")
_CUSTOMERS: Final = select_some(CustomerRow, "customer_id")
_LINKS: Final = select_some(LinkRow, "ledger_id")
_PAYMENTS: Final = select_some(PaymentRow, "ledger_id")
_EFFECTS: Final = select_some(
    EffectRow,
    "subject",
    only="key kind subject phone purpose step status outcome",  # without its frozen request, the most of it
)
_CONSENTS: Final = select_some(ConsentRow, "phone")
_UNREACHABLE: Final = select_some(UnreachableRow, "phone")
_NOTICES: Final = select_some(
    EffectRow,
    "phone",
    _EFFECT.purpose == "notice",
    _EFFECT.status.not_in([EffectStatus.CANCELLED, EffectStatus.REJECTED]),
    or_(_EFFECT.claimed_at >= bindparam("since"), _EFFECT.planned_at >= bindparam("since")),
    only="key phone claimed_at planned_at",
)
_LINK: Final = select_some(LinkRow, "link_id")
_PAYMENT: Final = select_some(PaymentRow, "payment_id")
_TEXT_ID: Final = select_some(TextRow, "text_id")
_TEXTED: Final = select_some(TextRow, "phone", only="phone")
_HOLDS: Final = select_of(HoldRow)


class Queries(Views):
    """What we remember, to read: what decisions need here, what people ask in `Views`."""

    # ------------------------------------------------------------------------------------------------- decisions

    def _one(self, model: type[Row], question: Some, company: str, wanted: str) -> Row | None:
        with self._db.ask() as connection:
            return next(iter(records_of(connection, model, question, company, [wanted])), None)

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
        with self._db.ask() as connection:

            def some(model: type[Row], question: Some, wanted: Collection[str], **more: object) -> list[Row]:
                return records_of(connection, model, question, company, wanted, **more)

            facts.receivables = {row.ledger_id: row for row in some(ReceivableRow, _RECEIVABLES, ledger_ids)}
            owners = {row.customer_id for row in facts.receivables.values()}
            facts.customers = {row.customer_id: row for row in some(CustomerRow, _CUSTOMERS, owners)}
            for link in some(LinkRow, _LINKS, ledger_ids):
                facts.links[link.ledger_id].append(link)
            for payment in some(PaymentRow, _PAYMENTS, ledger_ids):
                facts.payments[payment.ledger_id].append(payment)
            for effect in some(EffectRow, _EFFECTS, ledger_ids):
                facts.effects[effect.subject].append(effect)
            for hold in records(connection, HoldRow, _HOLDS, company=company):
                if hold.scope in {TEXTS, RECOVERY}:
                    facts.paused = True
                else:
                    (facts.held_invoices if hold.scope == "invoice" else facts.held_customers).add(hold.subject)
            phones = {row.phone for row in facts.customers.values() if row.phone}
            for entry in sorted(some(ConsentRow, _CONSENTS, phones), key=_entry):
                facts.consents[entry.phone].append(consent_of(entry))
            facts.unreachable = {row.phone for row in some(UnreachableRow, _UNREACHABLE, phones)}
            for effect in some(EffectRow, _NOTICES, phones, since=notices_since):
                facts.notices[effect.phone or ""].append((effect.key, effect.claimed_at or effect.planned_at))
            facts.texted = {row.phone for row in some(TextRow, _TEXTED, phones)}
        return facts

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
        return self._one(CursorRow, _CURSOR, company, name)

    # ---------------------------------------------------------------------------------------------------- ledger

    def receivable(self, company: str, ledger_id: str) -> ReceivableRow | None:
        """One receivable as last read."""
        return self._one(ReceivableRow, _RECEIVABLES, company, ledger_id)

    def owners(self, company: str, ledger_ids: Sequence[str]) -> list[str]:
        """The customers of these receivables, each once."""
        with self._db.ask() as connection:
            found = records_of(connection, ReceivableRow, _RECEIVABLES, company, ledger_ids)
        return list(dict.fromkeys(row.customer_id for row in found))

    def has_just_this(self, company: str, value: Receivable, since: datetime, until: datetime) -> bool:
        """Whether that receivable is on record exactly so, and was read in that time."""
        with self._db.ask() as connection:
            found = records_of(connection, ReceivableRow, _RECEIVABLES, company, [value.ledger_id])
        return bool(found) and since <= found[0].read_at <= until and receivable_of(found[0]) == value

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
        with self._db.ask() as connection:
            rows = records_of(connection, CustomerRow, _CUSTOMERS, company, ids)
        return {row.customer_id: row for row in rows}

    # ----------------------------------------------------------------------------------------------------- money

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
        return self._one(LinkRow, _LINK, company, link_id)

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

    def owing(self, company: str, ledger_id: str) -> tuple[ReceivableRow | None, list[PaymentRow]]:
        """A receivable, and what has been paid or is being paid on it."""
        with self._db.ask() as connection:
            known = records_of(connection, ReceivableRow, _RECEIVABLES, company, [ledger_id])
            return next(iter(known), None), records_of(connection, PaymentRow, _PAYMENTS, company, [ledger_id])

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
        return self._one(PaymentRow, _PAYMENT, company, payment_id)

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

    def recovering(self, company: str) -> HoldRow | None:
        """Why and since when this company's memory waits to be rebuilt; None where it can be relied on."""
        with self._db.read() as session:
            return session.get(HoldRow, (company, RECOVERY, ALL))

    def lease(self, company: str) -> Lease | None:
        """What is on record about the claim on a company; None where it was never claimed."""
        with self._db.read() as session:
            row = session.get(LeaseRow, company)
            return lease_of(row) if row is not None else None

    def consent(self, company: str, phone: str) -> list[ConsentRecord]:
        """The register's entries for a number, oldest first."""
        with self._db.ask() as connection:
            found = records_of(connection, ConsentRow, _CONSENTS, company, [phone])
        return [consent_of(row) for row in sorted(found, key=_entry)]

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
        return self._one(TextRow, _TEXT_ID, company, text_id) is not None

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

    def last_fate(self, company: str, besides: str) -> TextRow | None:
        """The latest text whose fate is known, other than that one. Asked only when a text has failed."""
        known = (DeliveryState.DELIVERED, DeliveryState.UNDELIVERED, DeliveryState.FAILED)
        statement = (
            select(TextRow)
            .where(TextRow.company == company, TextRow.text_id != besides, col(TextRow.state).in_(known))
            .order_by(col(TextRow.sent_at).desc())
            .limit(1)
        )
        with self._db.read() as session:
            return session.exec(statement).first()


def _entry(row: ConsentRow) -> int:
    return row.entry or 0


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
