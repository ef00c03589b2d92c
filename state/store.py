"""Named facts, each one short database transaction: the only writer.

A fact returns when it is durable. No fact waits for anything outside the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Update, bindparam, delete, insert, literal, or_, update
from sqlmodel import Session, SQLModel, col, select

from connector.domain.effect import BooksIdentity, EffectStatus
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.errors import ConfigProblem
from connector.ports.ledger import ChangePage
from state import books
from state.already_facts import AlreadyFacts
from state.approval_facts import LIVE, ApprovalFacts, drop_what_is_over, put_asked
from state.closed_facts import ClosedFacts
from state.exchange_facts import ExchangeFacts
from state.facts import Attention, Decided, HoldFact, Planned, put_attention, put_cursor
from state.lease_facts import LeaseFacts
from state.letter_facts import LetterFacts
from state.money_facts import MoneyFacts
from state.names import (
    ALL,
    DRAFT,
    LEDGER_CURSOR,
    RULES,
    SINGLE_READS,
)
from state.people_facts import PeopleFacts
from state.prepared import padded
from state.recovery_facts import RecoveryFacts
from state.reversal_facts import ReversalFacts
from state.rows import change, found, table_of
from state.sender_facts import SenderFacts
from state.tables import (
    ApprovalRow,
    CallRow,
    CompanyRow,
    EffectRow,
    HintRow,
    HoldRow,
    PaymentRow,
    ReceivableRow,
    TextRow,
    UtcDateTime,
)

_RECEIVABLE: Final = table_of(ReceivableRow)
_DECIDED: Final = (
    update(_RECEIVABLE)
    .where(_RECEIVABLE.c.company == bindparam("whose"), _RECEIVABLE.c.ledger_id == bindparam("which"))
    .values({name: bindparam(name) for name in ("reason", "review_at", "decided_at")})
)
_REVIEW_ALL_OPEN: Final = (
    update(_RECEIVABLE)
    .where(_RECEIVABLE.c.company == bindparam("whose"), _RECEIVABLE.c.state == ReceivableState.OPEN.value)
    .values(review_at=bindparam("at"))
)
_HINT, _CALL = table_of(HintRow), table_of(CallRow)
_HINTS_DROPPED: Final = delete(_HINT).where(
    _HINT.c.company == bindparam("whose"), _HINT.c.worked_at.is_not(None), _HINT.c.received_at < bindparam("before")
)
_CALLS_DROPPED: Final = delete(_CALL).where(_CALL.c.company == bindparam("whose"), _CALL.c.hour < bindparam("before"))
_CALLS_MORE: Final = (
    update(_CALL)
    .where(*(_CALL.c[name] == bindparam(f"at_{name}") for name in ("company", "service", "hour")))
    .values(reads=_CALL.c.reads + bindparam("more_reads"), writes=_CALL.c.writes + bindparam("more_writes"))
)
# No longer than a call whose answer was lost may still be carried out (docs/explanation/exactly-once.md, "Recovery").
DOUBT_KEEPS: Final = timedelta(minutes=30)


def _waits_no_longer(model: type[SQLModel], column: str, until: str = "now", *more: ColumnElement[bool]) -> Update:
    table = table_of(model)
    waits = table.c[column] > bindparam(until, type_=UtcDateTime)
    return update(table).where(table.c.company == bindparam("whose"), waits, *more).values({column: bindparam(until)})


_EFFECT: Final = table_of(EffectRow).c
# What a person ordered again may have been in doubt, and waits for that still.
_IN_DOUBT: Final = or_(
    _EFFECT.status == EffectStatus.UNCERTAIN.value,
    (_EFFECT.status == EffectStatus.PLANNED.value) & (_EFFECT.slot > 0),
)
_PUT_OFF: Final = (
    _waits_no_longer(
        EffectRow, "due_at", "now", _EFFECT.status == EffectStatus.PLANNED.value, _EFFECT.slot == literal(0)
    ),
    _waits_no_longer(EffectRow, "due_at", "soon", _IN_DOUBT),
    _waits_no_longer(ReceivableRow, "review_at"),
    # Read in days to come, it would not be missed by any full reading until then.
    _waits_no_longer(ReceivableRow, "read_at"),
    _waits_no_longer(PaymentRow, "look_at"),
    _waits_no_longer(HintRow, "look_at"),
    _waits_no_longer(TextRow, "check_at"),
)
_TURN: Final = (
    update(table_of(EffectRow))
    .where(_EFFECT.key == bindparam("wanted"), _EFFECT.status == EffectStatus.PLANNED.value)
    .values(due_at=bindparam("at"), error=bindparam("why"))
)
_CALLS_NEW: Final = insert(_CALL)
_CALL_COLUMNS: Final = ("company", "service", "hour", "reads", "writes")
_CALLS_KNOWN: Final = select(_CALL.c.company, _CALL.c.service, _CALL.c.hour).where(
    _CALL.c.company.in_(bindparam("companies", expanding=True)), _CALL.c.hour.in_(bindparam("hours", expanding=True))
)


class Store(
    MoneyFacts,
    ReversalFacts,
    ClosedFacts,
    AlreadyFacts,
    ExchangeFacts,
    PeopleFacts,
    ApprovalFacts,
    SenderFacts,
    LeaseFacts,
    LetterFacts,
    RecoveryFacts,
):
    """What we remember, to write."""

    def bind_company(
        self, company: str, identity: BooksIdentity, ledger_name: str, now: datetime, *, draft: bool = False
    ) -> None:
        """Bind a company to its books and its processor account, once for ever. `draft`: a new one begins in draft.

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
                if draft and not _has_gone_live(session, company):
                    session.merge(HoldRow(company=company, scope=DRAFT, subject=ALL, why="new", since=now))
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
        with self.database.record() as connection:
            put_cursor(connection, company, name, value, now)

    def set_cursors(self, company: str, values: Mapping[str, str], now: datetime) -> None:
        """The same for several, together."""
        with self.database.record() as connection:
            for name, value in values.items():
                put_cursor(connection, company, name, value, now)

    def changes_read(
        self, company: str, page: ChangePage, customers: Iterable[tuple[Customer, Phone | None]], now: datetime
    ) -> list[str]:
        """Store a page of changes and the cursor behind it; returns the receivables that changed."""
        with self.database.record() as connection:
            changed = books.put_receivables(connection, company, page.receivables, now)
            books.mark_deleted(connection, company, page.deleted, now)
            books.put_customers(connection, company, customers, now)
            put_cursor(connection, company, LEDGER_CURSOR, page.cursor, now)
        return changed

    def receivables_read(self, company: str, read: Sequence[Receivable], now: datetime) -> list[str]:
        """Store receivables that were read one by one or in a sweep."""
        with self.database.record() as connection:
            return books.put_receivables(connection, company, read, now)

    def receivable_gone(self, company: str, ledger_id: str, now: datetime) -> None:
        """The ledger has it no more."""
        with self.database.record() as connection:
            books.mark_deleted(connection, company, [ledger_id], now)

    def customers_read(self, company: str, read: Iterable[tuple[Customer, Phone | None]], now: datetime) -> None:
        """Store customers as read."""
        with self.database.record() as connection:
            books.put_customers(connection, company, read, now)

    def decided(self, company: str, decisions: Sequence[Decided], now: datetime) -> int:
        """Record what was decided about several receivables; returns how many effects are new."""
        verdicts = [
            {
                "whose": company,
                "which": one.ledger_id,
                "reason": str(one.reason),
                "review_at": one.review_at,
                "decided_at": now,
            }
            for one in decisions
        ]
        # Two receivables of one joint link may both want it down: that is one effect.
        planned = {one.effect.key: (one.effect, one.text) for decision in decisions for one in decision.planned}
        with self.database.record() as connection:
            change(connection, _DECIDED, verdicts)
            put_asked(connection, company, {one.ledger_id: one.ask for one in decisions if one.ask}, now)
            return self.effects.plan_all(connection, company, list(planned.values()), now)

    def review_now(self, company: str, ledger_id: str, now: datetime) -> None:
        """Decide on that receivable again at the next opportunity."""
        with self.database.record() as connection:
            books.review(connection, company, ledger_id, now)

    def review_later(self, company: str, ledger_ids: Sequence[str], at: datetime) -> None:
        """Decide on those at `at`: their last decision stands until then."""
        with self.database.record() as connection:
            for ledger_id in ledger_ids:
                books.review(connection, company, ledger_id, at)

    def review_all_open(self, company: str, rules: str, now: datetime) -> None:
        """Decide again on everything open, because the rules have changed; remembers which rules apply now."""
        with self.database.record() as connection:
            change(connection, _REVIEW_ALL_OPEN, {"whose": company, "at": now})
            put_cursor(connection, company, RULES, rules, now)

    def receivables_unread(self, company: str, ledger_ids: Sequence[str], now: datetime) -> None:
        """Something changed on those that was not read yet: they count as unread, and are read one by one."""
        with self.database.record() as connection:
            books.mark_unread(connection, company, ledger_ids)
            put_cursor(connection, company, SINGLE_READS, "pending", now)

    def receivable_unreadable(self, company: str, ledger_id: str, attention: Attention, now: datetime) -> None:
        """The ledger was asked and its answer cannot be read: a person is told, and it is not asked again and again."""
        with self.database.write() as session:
            row = session.get(ReceivableRow, (company, ledger_id))
            if row is not None:
                row.read_at = now
                session.add(row)
            put_attention(session.connection(), company, attention, now)

    def admit(self, company: str, ledger_id: str, now: datetime) -> None:
        """The owner lets in an invoice of before the start date."""
        with self.database.write() as session:
            row = session.get(ReceivableRow, (company, ledger_id))
            if row is not None:
                row.admitted, row.review_at = True, now
                session.add(row)

    def calls_made(self, counts: Iterable[tuple[str, str, datetime, int, int]]) -> None:
        """Add (company, service, UTC hour, reads, writes) to what was counted."""
        made = list(counts)
        with self.database.record() as connection:
            places = {"companies": padded({one[0] for one in made}), "hours": padded({one[2] for one in made})}
            known = {tuple(one) for one in found(connection, _CALLS_KNOWN, places)}
            change(connection, _CALLS_MORE, [_more(*one) for one in made if one[:3] in known])
            new = [one for one in made if one[:3] not in known]
            change(connection, _CALLS_NEW, [dict(zip(_CALL_COLUMNS, one, strict=True)) for one in new])

    def wait_for_turns(self, turns: Mapping[str, datetime], why: str) -> None:
        """Texts that are planned, by their keys, wait until then; what was begun meanwhile is left alone."""
        with self.database.record() as connection:
            change(connection, _TURN, [{"wanted": key, "at": at, "why": why} for key, at in turns.items()])

    def put_off_no_longer(self, company: str, now: datetime) -> None:
        """Let everything that waits for a later moment be looked at now: a clock that was ahead has put it off.

        What was read on that clock counts as read now. What is in doubt, and what was ordered again out of a doubt,
        waits half an hour more: its call may still be carried out.
        """
        values = {"whose": company, "now": now, "soon": now + DOUBT_KEEPS}
        with self.database.record() as connection:
            for statement in _PUT_OFF:
                change(connection, statement, values)

    def housekeeping(self, company: str, now: datetime) -> None:
        """Drop what no decision needs: worked events past the processor's own 30 days, call counts past 60."""
        with self.database.record() as connection:
            # 35 days: five more than the processor lists, so that an overlap never meets a dropped one
            change(connection, _HINTS_DROPPED, {"whose": company, "before": now - timedelta(days=35)})
            change(connection, _CALLS_DROPPED, {"whose": company, "before": now - timedelta(days=60)})
            # Two days back: whatever the company's zone, that day is over there.
            drop_what_is_over(connection, company, now.date() - timedelta(days=2))


def _has_gone_live(session: Session, company: str) -> bool:
    """The owner let it go live before its first contact, and has not taken that back."""
    said = (
        select(ApprovalRow.verdict)
        .where(ApprovalRow.company == company, ApprovalRow.ledger_id == ALL)
        .order_by(col(ApprovalRow.entry).desc())
        .limit(1)
    )
    return session.exec(said).first() == LIVE


def _more(company: str, service: str, hour: datetime, reads: int, writes: int) -> dict[str, object]:
    place = {"at_company": company, "at_service": service, "at_hour": hour}
    return {**place, "more_reads": reads, "more_writes": writes}


__all__ = [
    "Attention",
    "Decided",
    "HoldFact",
    "Planned",
    "Store",
]
