"""Read-only questions of people: what the commands show. Lists are bounded by the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy import ColumnElement, Executable
from sqlmodel import and_, col, func, or_, select

from connector.domain.approval import Verdict
from connector.domain.dunning import Reason
from connector.domain.effect import EffectStatus
from connector.domain.receivable import ReceivableState
from state import asked
from state.database import Database
from state.glance import Glance, Pause, claim_of
from state.names import ALL, DRAFT, RECOVERY, TEXTS
from state.prepared import padded
from state.rows import first, records, scalar
from state.tables import (
    ApprovalRow,
    AttentionRow,
    CompanyRow,
    CursorRow,
    CustomerRow,
    EffectEventRow,
    EffectRow,
    HoldRow,
    InboundRow,
    LeaseRow,
    LinkRow,
    PaymentRow,
    ReceivableRow,
    TextRow,
    UnreachableRow,
)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which receivables somebody asks to see; all that is given must hold."""

    states: Sequence[str] = ()  # none: any
    text: str = ""  # in number or customer, however it is capitalised
    reasons: Sequence[str] = ()  # those whose sentence says `text`: they count as saying it too
    due_before: date | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits for the owner. `before`: approved earlier, and something of it has changed since."""

    receivable: ReceivableRow
    asked: ApprovalRow
    before: ApprovalRow | None = None

    @property
    def changed(self) -> ApprovalRow | None:
        """An approval of this very step, of another amount or number."""
        return self.before if self.before is not None and self.before.step == self.asked.step else None


def _conditions(company: str, sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(ReceivableRow.company) == company]
    if sought.states:
        found.append(col(ReceivableRow.state).in_(sought.states))
    if sought.text:
        found.append(
            or_(
                col(ReceivableRow.number).icontains(sought.text, autoescape=True),
                col(ReceivableRow.customer_name).icontains(sought.text, autoescape=True),
                col(ReceivableRow.reason).in_(sought.reasons),
            )
        )
    if sought.due_before is not None:
        found.append(col(ReceivableRow.due_on) < sought.due_before)
    return found


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is open, every customer on record, and the numbers that no text reaches."""

    receivables: Sequence[ReceivableRow]
    customers: Sequence[CustomerRow]
    unreachable: Sequence[UnreachableRow]


class Views:
    """What we remember, as a person asks for it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def daemon(self) -> dict[str, object] | None:
        """See `state.glance.Glances`."""
        return self._db.daemon()

    def find_receivables(self, company: str | None, text: str, limit: int = 20) -> list[ReceivableRow]:
        """Receivables with that number or ledger id; if there is none, with that number however it is capitalised."""
        exact = or_(ReceivableRow.number == text, ReceivableRow.ledger_id == text)
        for named in (exact, func.lower(ReceivableRow.number) == func.lower(text)):
            statement = select(ReceivableRow).where(named)
            if company:
                statement = statement.where(ReceivableRow.company == company)
            with self._db.read() as session:
                found = list(session.exec(statement.limit(limit)).all())
            if found:
                return found
        return []

    def find_customers(self, company: str, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """(id, name) of customers on some receivable, by that id or name, however it is capitalised."""
        # Both sides by the database's own rule: SQLite leaves letters beyond ASCII as they are, Python does not.
        named = func.lower(ReceivableRow.customer_name) == func.lower(text.strip())
        statement = (
            select(ReceivableRow.customer_id, func.max(ReceivableRow.customer_name))
            .where(ReceivableRow.company == company, or_(ReceivableRow.customer_id == text, named))
            .group_by(col(ReceivableRow.customer_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return [(customer_id, name) for customer_id, name in session.exec(statement)]

    def receivables(self, company: str, sought: Sought, *, limit: int, offset: int = 0) -> list[ReceivableRow]:
        """For `duebird invoices`: newest first; those due before a day, longest due first."""
        statement = select(ReceivableRow).where(*_conditions(company, sought))
        if sought.due_before is None:
            newest = (col(ReceivableRow.issued_on).desc(), col(ReceivableRow.ledger_id).desc())
            statement = statement.order_by(*newest)
        else:
            statement = statement.order_by(col(ReceivableRow.due_on), col(ReceivableRow.ledger_id))
        with self._db.read() as session:
            return list(session.exec(statement.offset(offset).limit(limit)).all())

    def owed(self, company: str, sought: Sought) -> list[tuple[str, int, int]]:
        """(currency, how many, owed in minor units) of all that is sought."""
        statement = (
            select(ReceivableRow.currency, func.count(), func.sum(ReceivableRow.balance))
            .where(*_conditions(company, sought))
            .group_by(col(ReceivableRow.currency))
        )
        with self._db.read() as session:
            return [(currency, count, int(minor)) for currency, count, minor in session.exec(statement)]

    def attention(self, company: str | None = None, limit: int = 200) -> list[AttentionRow]:
        """What waits for a person, oldest first."""
        if company:
            with self._db.ask() as connection:
                return records(connection, AttentionRow, asked.ATTENTION, company=company, most=limit)
        statement = select(AttentionRow).where(col(AttentionRow.closed_at).is_(None))
        with self._db.read() as session:
            return list(session.exec(statement.order_by(col(AttentionRow.opened_at)).limit(limit)).all())

    def holds(self, company: str) -> list[HoldRow]:
        """What a person told us to leave alone."""
        with self._db.read() as session:
            return list(session.exec(select(HoldRow).where(HoldRow.company == company)).all())

    def texts_of(self, company: str, ledger_id: str) -> list[TextRow]:
        """The texts about one receivable, alone or with others, oldest first."""
        joint = select(EffectRow.leader).where(EffectRow.company == company, EffectRow.subject == ledger_id)
        about = or_(TextRow.ledger_id == ledger_id, col(TextRow.effect_key).in_(joint))
        statement = select(TextRow).where(TextRow.company == company, about).order_by(col(TextRow.sent_at))
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
        statement = select(EffectRow).where(
            EffectRow.company == company, col(EffectRow.key).startswith(key, autoescape=True)
        )
        statement = statement.limit(2)
        with self._db.read() as session:
            found = list(session.exec(statement).all())
        return found[0] if len(found) == 1 and len(key) >= 8 else None  # noqa: PLR2004  40 bits: unique in practice

    def payments_of(self, company: str, ledger_id: str) -> list[PaymentRow]:
        """Every payment on one receivable."""
        statement = select(PaymentRow).where(PaymentRow.company == company, PaymentRow.ledger_id == ledger_id)
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def waiting_for_resume(self, company: str, limit: int) -> list[ReceivableRow]:
        """Receivables that would get a text now if texts were not paused, by customer."""
        statement = (
            select(ReceivableRow)
            .where(ReceivableRow.company == company, ReceivableRow.reason == Reason.PAUSED)
            .order_by(col(ReceivableRow.customer_name), col(ReceivableRow.ledger_id))
        )
        with self._db.read() as session:
            return list(session.exec(statement.limit(limit)).all())

    def in_draft(self, company: str) -> bool:
        """Whether the company has not gone live; one that was never worked on has not, unless the owner said so."""
        with self._db.read() as session:
            if session.get(CompanyRow, company) is not None:
                return session.get(HoldRow, (company, DRAFT, ALL)) is not None
        said = self.words_on(company, ALL)
        return not said or said[-1].verdict == DRAFT

    def words_on(self, company: str, ledger_id: str) -> list[ApprovalRow]:
        """What was asked about a receivable's notices, and what the owner said; of a company with "*". Oldest first."""
        statement = (
            select(ApprovalRow)
            .where(ApprovalRow.company == company, ApprovalRow.ledger_id == ledger_id)
            .order_by(col(ApprovalRow.entry))
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def awaiting(self, company: str, limit: int) -> list[Waiting]:
        """Notices that wait for the owner, the one that was asked about first on top."""
        statement = (
            select(ReceivableRow, ApprovalRow)
            .join(ApprovalRow, col(ApprovalRow.ledger_id) == ReceivableRow.ledger_id)
            .where(
                ReceivableRow.company == company,
                ReceivableRow.state == ReceivableState.OPEN,
                ReceivableRow.reason == Reason.AWAITING_APPROVAL,
                ApprovalRow.company == company,
                col(ApprovalRow.void).is_(False),
            )
            .order_by(col(ApprovalRow.entry))
        )
        found: dict[str, Waiting] = {}
        with self._db.read() as session:
            for row, said in session.exec(statement):
                before = found[row.ledger_id].before if row.ledger_id in found else None
                if said.verdict == Verdict.ASKED:
                    found[row.ledger_id] = Waiting(row, said, before)
                elif said.verdict == Verdict.APPROVED and row.ledger_id in found:
                    found[row.ledger_id] = Waiting(row, found[row.ledger_id].asked, said)
        return sorted(found.values(), key=lambda one: one.asked.entry or 0)[:limit]

    def links(self, company: str) -> list[LinkRow]:
        """Every payment link on record."""
        with self._db.read() as session:
            return list(session.exec(select(LinkRow).where(LinkRow.company == company)).all())

    def payments(self, company: str) -> list[PaymentRow]:
        """Every payment on record, oldest first."""
        statement = select(PaymentRow).where(PaymentRow.company == company).order_by(col(PaymentRow.created_at))
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def texted_about(self, company: str, phone: str, limit: int) -> list[ReceivableRow]:
        """Open receivables that this number was sent notices about, or may have been; oldest first.

        One counts as open whose booking was taken out since it was last read as paid.
        """
        about = select(TextRow.ledger_id).where(
            TextRow.company == company, TextRow.phone == phone, TextRow.purpose == "notice"
        )
        # A text about several is a text of the first, and an effect of each.
        sent = select(EffectRow.subject).where(
            EffectRow.company == company,
            EffectRow.phone == phone,
            EffectRow.purpose == "notice",
            col(EffectRow.status).in_((EffectStatus.DONE, EffectStatus.IN_FLIGHT, EffectStatus.UNCERTAIN)),
        )
        taken_out = select(PaymentRow.ledger_id).where(PaymentRow.company == company, PaymentRow.verdict == "reversed")
        statement = (
            select(ReceivableRow)
            .where(
                ReceivableRow.company == company,
                or_(
                    ReceivableRow.state == ReceivableState.OPEN,
                    and_(ReceivableRow.state == ReceivableState.PAID, col(ReceivableRow.ledger_id).in_(taken_out)),
                ),
                or_(col(ReceivableRow.ledger_id).in_(about), col(ReceivableRow.ledger_id).in_(sent)),
            )
            .order_by(col(ReceivableRow.issued_on), col(ReceivableRow.ledger_id))
            .limit(limit)
        )
        with self._db.read() as session:
            return list(session.exec(statement).all())

    def owner_texts_since(self, company: str, phone: str, since: datetime) -> int:
        """How many texts to the owner's number were planned since then."""
        statement = select(func.count()).where(
            EffectRow.company == company,
            EffectRow.phone == phone,
            EffectRow.purpose == "owner",
            EffectRow.planned_at >= since,
        )
        with self._db.read() as session:
            return session.exec(statement).one()

    def name_of(self, company: str, phone: str) -> str:
        """The customer whose mobile number that is; "" where there is none, or several."""
        statement = select(CustomerRow.name).where(CustomerRow.company == company, CustomerRow.phone == phone).limit(2)
        with self._db.read() as session:
            names = list(session.exec(statement).all())
        return names[0] if len(names) == 1 else ""

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

    def numbers(self, company: str, besides: Sequence[str]) -> Numbers:
        """Open receivables that owe something, and whose numbers they wait for. `besides`: reasons that are no matter.

        Walks through all that is open: for a person who asks, and once a day.
        """
        with self._db.ask() as connection:
            return Numbers(
                records(connection, ReceivableRow, asked.OWED, company=company, besides=padded(besides)),
                records(connection, CustomerRow, asked.CUSTOMERS, company=company),
                records(connection, UnreachableRow, asked.UNREACHABLE, company=company),
            )

    def glance(self, company: str, calls_since: Mapping[str, datetime]) -> Glance:
        """For `duebird status` where there is no file to look into: see `state.glance.Glances`."""
        with self._db.read() as session:
            books = session.get(CompanyRow, company)
            pause = session.get(HoldRow, (company, TEXTS, ALL))
            recovery = session.get(HoldRow, (company, RECOVERY, ALL))
            draft = session.get(HoldRow, (company, DRAFT, ALL))
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
            draft=Pause(draft.since, draft.why) if draft else None,
            elsewhere=claim_of(lease.elsewhere) if lease else None,
            counts=self.counts(company),
            attention=waiting,
            last_text_at=self.last_text_at(company),
            calls={service: self.calls_since(company, service, since) for service, since in calls_since.items()},
        )

    def last_text_at(self, company: str) -> datetime | None:
        """When this company last texted anybody."""
        return self._latest(asked.LAST_TEXT_AT, company)

    def first_text_at(self, company: str) -> datetime | None:
        """When this company texted somebody for the first time."""
        return self._latest(asked.FIRST_TEXT_AT, company)

    def last_delivered_at(self, company: str) -> datetime | None:
        """When the latest of the texts that reached their phones was sent."""
        return self._latest(asked.LAST_DELIVERED_AT, company)

    def _latest(self, question: Executable, company: str) -> datetime | None:
        with self._db.ask() as connection:
            return cast("datetime | None", scalar(connection, question, company=company))

    def noticed_between(self, company: str, since: datetime, until: datetime) -> list[datetime]:
        """When notices were attempted in that time, whatever became of them."""
        statement = select(EffectRow.claimed_at).where(
            EffectRow.company == company,
            EffectRow.purpose == "notice",
            col(EffectRow.leader).is_(None),
            col(EffectRow.claimed_at) >= since,
            col(EffectRow.claimed_at) < until,
        )
        with self._db.read() as session:
            return [at for at in session.exec(statement).all() if at is not None]

    def count_open(self, company: str) -> int:
        """How many receivables are open, as last read."""
        with self._db.ask() as connection:
            return int(scalar(connection, asked.HOW_MANY_OPEN, company=company))

    def calls_since(self, company: str, service: str, since: datetime) -> tuple[int, int]:
        """(reads, writes) made to a service since then, in whole UTC hours."""
        with self._db.ask() as connection:
            reads, writes = first(connection, asked.CALLS_SINCE, company=company, service=service, since=since)
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
            asked_ones = session.exec(
                select(func.count())
                .select_from(ReceivableRow)
                .where(
                    ReceivableRow.company == company,
                    ReceivableRow.state == ReceivableState.OPEN,
                    ReceivableRow.reason == Reason.AWAITING_APPROVAL,
                )
            ).one()
        return {
            "open": open_ones,
            "texts": texts,
            "booked": booked,
            "uncertain": doubtful,
            "planned": waiting,
            "awaiting_approval": asked_ones,
        }
