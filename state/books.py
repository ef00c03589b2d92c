"""Receivables, customers, links, payments: what was read, and what we made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, col, select

from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.ports import Payment, PaymentLink
from state.tables import CustomerRow, LinkRow, PaymentRow, ReceivableRow


def receivable_of(row: ReceivableRow) -> Receivable:
    """The value a row holds."""
    return Receivable(
        ledger_id=row.ledger_id,
        number=row.number,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        total=Money.from_minor(row.total, row.currency),
        balance=Money.from_minor(row.balance, row.currency),
        issued_on=row.issued_on,
        due_on=row.due_on,
        state=ReceivableState(row.state),
        version=row.version,
        updated_at=row.updated_at,
        promised_on=row.promised_on,
        sent_by_ledger=row.sent_by_ledger,
        payable_elsewhere=row.payable_elsewhere,
    )


def customer_of(row: CustomerRow) -> Customer:
    """The value a row holds."""
    return Customer(
        customer_id=row.customer_id,
        name=row.name,
        given_name=row.given_name,
        mobile=row.mobile,
        other_phone=row.other_phone,
        country=row.country,
        region=row.region,
        postal_code=row.postal_code,
        language=row.language,
        markers=frozenset(json.loads(row.markers)),
        active=row.active,
    )


def put_receivables(session: Session, company: str, read: Iterable[Receivable], now: datetime) -> list[str]:
    """Store receivables as read; returns the ids of those that are new or have changed (to be decided again)."""
    newest = {one.ledger_id: one for one in read}
    known = {
        row.ledger_id: row
        for chunk in _chunks(list(newest))
        for row in session.exec(
            select(ReceivableRow).where(ReceivableRow.company == company, col(ReceivableRow.ledger_id).in_(chunk))
        )
    }
    changed = []
    for ledger_id, value in newest.items():
        row = known.get(ledger_id)
        if row is None:
            session.add(_new_row(company, value, now))
            changed.append(ledger_id)
            continue
        # Read times are refreshed even when nothing changed: a text goes out only on fresh data.
        clock_went_back, row.read_at = row.read_at > now, now
        if clock_went_back:
            row.review_at = now  # what was put off by a clock that was ahead may be due
        # A list that lags must not talk over what was read since: the ledger's own time says which is newer.
        if receivable_of(row) != value and value.updated_at >= row.updated_at:
            _fill(row, value)
            row.review_at = now
            changed.append(ledger_id)
        session.add(row)
    return changed


def _new_row(company: str, value: Receivable, now: datetime) -> ReceivableRow:
    return ReceivableRow(
        company=company,
        ledger_id=value.ledger_id,
        number=value.number,
        customer_id=value.customer_id,
        customer_name=value.customer_name,
        total=value.total.minor,
        balance=value.balance.minor,
        currency=value.balance.currency,
        issued_on=value.issued_on,
        due_on=value.due_on,
        state=value.state,
        version=value.version,
        updated_at=value.updated_at,
        promised_on=value.promised_on,
        sent_by_ledger=value.sent_by_ledger,
        payable_elsewhere=value.payable_elsewhere,
        first_seen_at=now,
        read_at=now,
        review_at=now,
    )


def _fill(row: ReceivableRow, value: Receivable) -> None:
    row.number, row.customer_id, row.customer_name = value.number, value.customer_id, value.customer_name
    row.total, row.balance, row.currency = value.total.minor, value.balance.minor, value.balance.currency
    row.issued_on, row.due_on, row.state = value.issued_on, value.due_on, value.state
    row.version, row.updated_at, row.promised_on = value.version, value.updated_at, value.promised_on
    row.sent_by_ledger, row.payable_elsewhere = value.sent_by_ledger, value.payable_elsewhere


def mark_deleted(session: Session, company: str, ledger_ids: Iterable[str], now: datetime) -> None:
    """The ledger has them no more; only those we knew matter."""
    for ledger_id in ledger_ids:
        row = session.get(ReceivableRow, (company, ledger_id))
        if row is not None and row.state != ReceivableState.DELETED:
            value = receivable_of(row)
            _fill(row, replace(value, state=ReceivableState.DELETED, balance=Money.zero(value.balance.currency)))
            row.review_at = row.read_at = now
            session.add(row)


def put_customers(session: Session, company: str, read: Iterable[tuple[Customer, Phone | None]], now: datetime) -> None:
    """Store customers as read, with their parsed number; their receivables are decided again when it matters."""
    for value, phone in {one.customer_id: (one, phone) for one, phone in read}.values():
        row = session.get(CustomerRow, (company, value.customer_id))
        before = (row.phone, row.markers, row.active, row.name) if row else None
        row = row or CustomerRow(company=company, customer_id=value.customer_id, name=value.name, read_at=now)
        row.name, row.given_name, row.mobile, row.other_phone = (
            value.name,
            value.given_name,
            value.mobile,
            value.other_phone,
        )
        row.phone = phone.e164 if phone else None
        row.country, row.region, row.postal_code = value.country, value.region, value.postal_code
        row.language, row.active, row.read_at = value.language, value.active, now
        row.markers = json.dumps(sorted(value.markers))
        session.add(row)
        if before != (row.phone, row.markers, row.active, row.name):
            review_customer(session, company, value.customer_id, now)


def review_customer(session: Session, company: str, customer_id: str, now: datetime) -> None:
    """Decide again on every open receivable of that customer."""
    statement = select(ReceivableRow).where(
        ReceivableRow.company == company,
        ReceivableRow.customer_id == customer_id,
        ReceivableRow.state == ReceivableState.OPEN,
    )
    for row in session.exec(statement):
        row.review_at = now
        session.add(row)


def review_phone(session: Session, company: str, phone: str, now: datetime) -> None:
    """Decide again on every open receivable of everybody with that number: consent or reach has changed."""
    owners = session.exec(select(CustomerRow).where(CustomerRow.company == company, CustomerRow.phone == phone)).all()
    for owner in owners:
        review_customer(session, company, owner.customer_id, now)


def review(session: Session, company: str, ledger_id: str, at: datetime | None) -> None:
    """When to decide on that receivable again."""
    row = session.get(ReceivableRow, (company, ledger_id))
    if row is not None:
        row.review_at = at
        session.add(row)


def put_link(
    session: Session, company: str, link: PaymentLink, *, ledger_id: str, amount: Money, generation: int, now: datetime
) -> None:
    """A link that now exists."""
    if session.get(LinkRow, (company, link.link_id)) is None:
        session.add(
            LinkRow(
                company=company,
                link_id=link.link_id,
                ledger_id=ledger_id,
                url=link.url,
                reference=link.reference,
                amount=amount.minor,
                currency=amount.currency,
                generation=generation,
                made_at=now,
                retired_at=None if link.active else now,
            )
        )


def put_payment(session: Session, company: str, payment: Payment, ledger_id: str, now: datetime) -> bool:
    """Store a payment as the processor told of it; True where it is new or has moved on.

    A payment that has succeeded stays so here: a later failure is a dispute or a return, which a person sees.
    """
    row = session.get(PaymentRow, (company, payment.payment_id))
    if row is None:
        session.add(
            PaymentRow(
                company=company,
                payment_id=payment.payment_id,
                session_id=payment.session_id,
                link_id=payment.link_id,
                ledger_id=ledger_id,
                state=payment.state,
                amount=payment.amount.minor,
                currency=payment.amount.currency,
                method=payment.method,
                live=payment.live,
                created_at=payment.created_at,
                paid_at=payment.paid_at,
                read_at=now,
            )
        )
        return True
    row.read_at = now
    moved = row.state not in {payment.state, "succeeded"}
    if moved:
        row.state, row.paid_at, row.method = payment.state, payment.paid_at, payment.method
    session.add(row)
    return moved


def _chunks(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    # 500: below every database's limit on bound values (SQLite's older limit is 999).
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
