"""Read-only questions of people: what the commands show. Lists are bounded by the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, func, or_, select

from connector.domain.effect import EffectStatus
from connector.domain.receivable import ReceivableState
from state.database import Database
from state.glance import Glance, Pause, claim_of
from state.names import ALL, RECOVERY, TEXTS
from state.tables import (
    AttentionRow,
    CallRow,
    CompanyRow,
    CursorRow,
    EffectEventRow,
    EffectRow,
    HoldRow,
    InboundRow,
    LeaseRow,
    PaymentRow,
    ReceivableRow,
    TextRow,
)


class Views:
    """What we remember, as a person asks for it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find_receivables(self, company: str | None, text: str, limit: int = 20) -> list[ReceivableRow]:
        """Receivables with that number or ledger id."""
        statement = select(ReceivableRow).where(or_(ReceivableRow.number == text, ReceivableRow.ledger_id == text))
        if company:
            statement = statement.where(ReceivableRow.company == company)
        with self._db.read() as session:
            return list(session.exec(statement.limit(limit)).all())

    def find_customers(self, company: str, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """(id, name) of customers on some receivable, by that id or name, however it is capitalised."""
        statement = (
            select(ReceivableRow.customer_id, func.max(ReceivableRow.customer_name))
            .where(
                ReceivableRow.company == company,
                or_(ReceivableRow.customer_id == text, func.lower(ReceivableRow.customer_name) == text.strip().lower()),
            )
            .group_by(col(ReceivableRow.customer_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return [(customer_id, name) for customer_id, name in session.exec(statement)]

    def receivables(
        self, company: str, *, states: Sequence[str] | None, limit: int, offset: int = 0
    ) -> list[ReceivableRow]:
        """For `duebird invoices`: newest first."""
        statement = select(ReceivableRow).where(ReceivableRow.company == company)
        if states:
            statement = statement.where(col(ReceivableRow.state).in_(states))
        statement = statement.order_by(col(ReceivableRow.issued_on).desc(), col(ReceivableRow.ledger_id).desc())
        with self._db.read() as session:
            return list(session.exec(statement.offset(offset).limit(limit)).all())

    def attention(self, company: str | None = None, limit: int = 200) -> list[AttentionRow]:
        """What waits for a person, oldest first."""
        statement = select(AttentionRow).where(col(AttentionRow.closed_at).is_(None))
        if company:
            statement = statement.where(AttentionRow.company == company)
        with self._db.read() as session:
            return list(session.exec(statement.order_by(col(AttentionRow.opened_at)).limit(limit)).all())

    def holds(self, company: str) -> list[HoldRow]:
        """What a person told us to leave alone."""
        with self._db.read() as session:
            return list(session.exec(select(HoldRow).where(HoldRow.company == company)).all())

    def texts_of(self, company: str, ledger_id: str) -> list[TextRow]:
        """The texts about one receivable, oldest first."""
        statement = (
            select(TextRow)
            .where(TextRow.company == company, TextRow.ledger_id == ledger_id)
            .order_by(col(TextRow.sent_at))
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def effects_of(self, company: str, ledger_id: str) -> list[EffectRow]:
        """Every effect of one receivable, oldest first."""
        statement = (
            select(EffectRow)
            .where(EffectRow.company == company, EffectRow.subject == ledger_id)
            .order_by(col(EffectRow.planned_at), col(EffectRow.key))
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def effect_history(self, key: str) -> list[EffectEventRow]:
        """What became of an effect, oldest first."""
        statement = select(EffectEventRow).where(EffectEventRow.key == key).order_by(col(EffectEventRow.entry))
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def effect(self, company: str, key: str) -> EffectRow | None:
        """One effect of a company, by its key or the beginning of it (8 characters or more) if that is unique."""
        statement = select(EffectRow).where(EffectRow.company == company, col(EffectRow.key).startswith(key)).limit(2)
        with self._db.read() as session:
            found = list(session.exec(statement).all())
        return found[0] if len(found) == 1 and len(key) >= 8 else None  # noqa: PLR2004  40 bits: unique in practice

    def payments_of(self, company: str, ledger_id: str) -> list[PaymentRow]:
        """Every payment on one receivable."""
        statement = select(PaymentRow).where(PaymentRow.company == company, PaymentRow.ledger_id == ledger_id)
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def replies_from(self, company: str, phone: str, limit: int = 50) -> list[InboundRow]:
        """What a number wrote to us, oldest first."""
        statement = (
            select(InboundRow)
            .where(InboundRow.company == company, InboundRow.phone == phone)
            .order_by(col(InboundRow.received_at))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def glance(self, company: str, calls_since: Mapping[str, datetime]) -> Glance:
        """For `duebird status` where there is no file to look into: see `state.glance.Glances`."""
        with self._db.read() as session:
            books = session.get(CompanyRow, company)
            pause = session.get(HoldRow, (company, TEXTS, ALL))
            recovery = session.get(HoldRow, (company, RECOVERY, ALL))
            lease = session.get(LeaseRow, company)
            cursors = session.exec(select(CursorRow).where(CursorRow.company == company)).all()
            waiting = session.exec(
                select(func.count())
                .select_from(AttentionRow)
                .where(AttentionRow.company == company, col(AttentionRow.closed_at).is_(None))
            ).one()
        return Glance(
            books=books.ledger_name if books else None,
            cursors={one.name: (one.value, one.moved_at) for one in cursors},
            pause=Pause(pause.since, pause.why) if pause else None,
            recovery=Pause(recovery.since, recovery.why) if recovery else None,
            elsewhere=claim_of(lease.elsewhere) if lease else None,
            counts=self.counts(company),
            attention=waiting,
            last_text_at=self.last_text_at(company),
            calls={service: self.calls_since(company, service, since) for service, since in calls_since.items()},
        )

    def last_text_at(self, company: str) -> datetime | None:
        """When this company last texted anybody."""
        with self._db.read() as session:
            return session.exec(select(func.max(TextRow.sent_at)).where(TextRow.company == company)).one()

    def last_delivered_at(self, company: str) -> datetime | None:
        """When the latest of the texts that reached their phones was sent."""
        statement = select(func.max(TextRow.sent_at)).where(TextRow.company == company, TextRow.state == "delivered")
        with self._db.read() as session:
            return session.exec(statement).one()

    def calls_since(self, company: str, service: str, since: datetime) -> tuple[int, int]:
        """(reads, writes) made to a service since then, in whole UTC hours."""
        statement = select(
            func.coalesce(func.sum(col(CallRow.reads)), 0), func.coalesce(func.sum(col(CallRow.writes)), 0)
        ).where(CallRow.company == company, CallRow.service == service, CallRow.hour >= since)
        with self._db.read() as session:
            reads, writes = session.exec(statement).one()
        return int(reads), int(writes)

    def counts(self, company: str) -> dict[str, int]:
        """Figures for `duebird status`."""
        with self._db.read() as session:
            open_ones = session.exec(
                select(func.count())
                .select_from(ReceivableRow)
                .where(ReceivableRow.company == company, ReceivableRow.state == ReceivableState.OPEN)
            ).one()
            texts = session.exec(select(func.count()).select_from(TextRow).where(TextRow.company == company)).one()
            booked = session.exec(
                select(func.count())
                .select_from(PaymentRow)
                .where(PaymentRow.company == company, PaymentRow.verdict == "booked")
            ).one()
            doubtful = session.exec(
                select(func.count())
                .select_from(EffectRow)
                .where(EffectRow.company == company, EffectRow.status == EffectStatus.UNCERTAIN)
            ).one()
            waiting = session.exec(
                select(func.count())
                .select_from(EffectRow)
                .where(EffectRow.company == company, EffectRow.status == EffectStatus.PLANNED)
            ).one()
        return {"open": open_ones, "texts": texts, "booked": booked, "uncertain": doubtful, "planned": waiting}
