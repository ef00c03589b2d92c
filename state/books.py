"""Receivables, customers, links, payments: what was read, and what we made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy import select as select_columns

from connector.domain.joint import Part, whole
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.ports.processor import Payment, PaymentLink
from state.names import LONG_AGO
from state.rows import change, column, first, found, records_of, scalar, select_some, table_of
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


_RECEIVABLE: Final = table_of(ReceivableRow)
_CUSTOMER: Final = table_of(CustomerRow)
_THIS_RECEIVABLE: Final = (
    _RECEIVABLE.c.company == bindparam("whose"),
    _RECEIVABLE.c.ledger_id == bindparam("which"),
)
_READ: Final = (
    *("number", "customer_id", "customer_name", "total", "balance", "currency", "issued_on", "due_on", "state"),
    *("version", "updated_at", "promised_on", "sent_by_ledger", "payable_elsewhere"),
)
_RECEIVABLES: Final = select_some(ReceivableRow, "ledger_id")
_RECEIVABLE_NEW: Final = insert(_RECEIVABLE)
_RECEIVABLE_CHANGED: Final = (
    update(_RECEIVABLE)
    .where(*_THIS_RECEIVABLE)
    .values({name: bindparam(name) for name in _READ} | {"read_at": bindparam("at"), "review_at": bindparam("at")})
)
_REVIEW: Final = update(_RECEIVABLE).where(*_THIS_RECEIVABLE).values(review_at=bindparam("at"))
_RECEIVABLE_SEEN: Final = update(_RECEIVABLE).where(*_THIS_RECEIVABLE).values(read_at=bindparam("at"))


def put_receivables(connection: Connection, company: str, read: Iterable[Receivable], now: datetime) -> list[str]:
    """Store receivables as read; returns the ids of those that are new or have changed (to be decided again)."""
    newest = {one.ledger_id: one for one in read}
    known = {
        row.ledger_id: row
        for chunk in chunks(list(newest))
        for row in records_of(connection, ReceivableRow, _RECEIVABLES, company, chunk)
    }
    new, changed, seen, ahead = [], [], [], []
    for ledger_id, value in newest.items():
        row = known.get(ledger_id)
        place = {"whose": company, "which": ledger_id, "at": now}
        if row is None:
            values = {
                "company": company,
                "ledger_id": ledger_id,
                "first_seen_at": now,
                "read_at": now,
                "review_at": now,
            }
            new.append({**values, **_values(value), "admitted": False, "reason": "in_progress"})
        # A list that lags must not talk over what was read since: the ledger's own time says which is newer.
        elif receivable_of(row) != value and value.updated_at >= row.updated_at:
            changed.append({**place, **_values(value)})
        else:
            # Read times are refreshed even when nothing changed: a sweep looks for what it has not shown.
            seen.append(place)
            ahead += [place] if row.read_at > now else []  # what was put off by a clock that was ahead may be due
    change(connection, _RECEIVABLE_NEW, new)
    change(connection, _RECEIVABLE_CHANGED, changed)
    change(connection, _RECEIVABLE_SEEN, seen)
    change(connection, _REVIEW, ahead)
    return [str(one["ledger_id"]) for one in new] + [str(one["which"]) for one in changed]


def mark_unread(connection: Connection, company: str, ledger_ids: Iterable[str]) -> None:
    """Something changed on them that was not read; what is not on record is passed over."""
    change(connection, _RECEIVABLE_SEEN, [{"whose": company, "which": one, "at": LONG_AGO} for one in ledger_ids])


def _values(value: Receivable) -> dict[str, object]:
    """The columns that a reading fills, as in `_READ`."""
    return {
        "number": value.number,
        "customer_id": value.customer_id,
        "customer_name": value.customer_name,
        "total": value.total.minor,
        "balance": value.balance.minor,
        "currency": value.balance.currency,
        "issued_on": value.issued_on,
        "due_on": value.due_on,
        "state": value.state.value,
        "version": value.version,
        "updated_at": value.updated_at,
        "promised_on": value.promised_on,
        "sent_by_ledger": value.sent_by_ledger,
        "payable_elsewhere": value.payable_elsewhere,
    }


def mark_deleted(connection: Connection, company: str, ledger_ids: Iterable[str], now: datetime) -> None:
    """The ledger has them no more; only those we knew matter."""
    known = [
        receivable_of(row)
        for chunk in chunks(list(ledger_ids))
        for row in records_of(connection, ReceivableRow, _RECEIVABLES, company, chunk)
    ]
    gone = [
        replace(one, state=ReceivableState.DELETED, balance=Money.zero(one.balance.currency))
        for one in known
        if one.state is not ReceivableState.DELETED
    ]
    put_receivables(connection, company, gone, now)


_CUSTOMERS: Final = select_some(CustomerRow, "customer_id")
_CUSTOMER_NEW: Final = insert(_CUSTOMER)
_CUSTOMER_READ: Final = (
    *("name", "given_name", "mobile", "other_phone", "phone", "country", "region", "postal_code", "language"),
    *("markers", "active", "read_at"),
)
_CUSTOMER_SEEN: Final = (
    update(_CUSTOMER)
    .where(_CUSTOMER.c.company == bindparam("whose"), _CUSTOMER.c.customer_id == bindparam("which"))
    .values({name: bindparam(name) for name in _CUSTOMER_READ})
)
# What a decision about a customer's receivables rests on; the address says at which hours a text is welcome.
_NEWS: Final = ("phone", "markers", "active", "name", "country", "region", "postal_code")


def put_customers(
    connection: Connection, company: str, read: Iterable[tuple[Customer, Phone | None]], now: datetime
) -> None:
    """Store customers as read, with their parsed number; their receivables are decided again when it matters."""
    newest = {value.customer_id: _of_customer(value, phone, now) for value, phone in read}
    known = {
        row.customer_id: row
        for chunk in chunks(list(newest))
        for row in records_of(connection, CustomerRow, _CUSTOMERS, company, chunk)
    }
    new = [{"company": company, "customer_id": one, **values} for one, values in newest.items() if one not in known]
    seen = [{"whose": company, "which": one, **values} for one, values in newest.items() if one in known]
    change(connection, _CUSTOMER_NEW, new)
    change(connection, _CUSTOMER_SEEN, seen)
    news = [
        {"whose": company, "which": one, "at": now}
        for one, values in newest.items()
        if one not in known or any(getattr(known[one], name) != values[name] for name in _NEWS)
    ]
    change(connection, _REVIEW_CUSTOMER, news)


def _of_customer(value: Customer, phone: Phone | None, now: datetime) -> dict[str, object]:
    """The columns that a reading fills, as in `_CUSTOMER_READ`."""
    return {
        "name": value.name,
        "given_name": value.given_name,
        "mobile": value.mobile,
        "other_phone": value.other_phone,
        "phone": phone.e164 if phone else None,
        "country": value.country,
        "region": value.region,
        "postal_code": value.postal_code,
        "language": value.language,
        "markers": json.dumps(sorted(value.markers)),
        "active": value.active,
        "read_at": now,
    }


_REVIEW_CUSTOMER: Final = (
    update(_RECEIVABLE)
    .where(
        _RECEIVABLE.c.company == bindparam("whose"),
        _RECEIVABLE.c.customer_id == bindparam("which"),
        _RECEIVABLE.c.state == ReceivableState.OPEN.value,
    )
    .values(review_at=bindparam("at"))
)


def review_customer(connection: Connection, company: str, customer_id: str, now: datetime) -> None:
    """Decide again on every open receivable of that customer."""
    change(connection, _REVIEW_CUSTOMER, {"whose": company, "which": customer_id, "at": now})


_OWNERS: Final = select_columns(_CUSTOMER.c.customer_id).where(
    _CUSTOMER.c.company == bindparam("whose"), _CUSTOMER.c.phone == bindparam("phone")
)


def review_phone(connection: Connection, company: str, phone: str, now: datetime) -> None:
    """Decide again on every open receivable of everybody with that number: consent or reach has changed."""
    for customer_id in column(connection, _OWNERS, whose=company, phone=phone):
        review_customer(connection, company, customer_id, now)


def review(connection: Connection, company: str, ledger_id: str, at: datetime | None) -> None:
    """When to decide on that receivable again."""
    change(connection, _REVIEW, {"whose": company, "which": ledger_id, "at": at})


_LINK: Final = table_of(LinkRow)
_LINK_KNOWN: Final = select_columns(_LINK.c.link_id).where(
    _LINK.c.company == bindparam("whose"), _LINK.c.link_id == bindparam("which")
)
_LINK_MADE: Final = insert(_LINK)
_LINK_PARTS: Final = select_columns(_LINK.c.ledger_id, _LINK.c.amount, _LINK.c.currency, _LINK.c.joint).where(
    _LINK.c.company == bindparam("whose"), _LINK.c.link_id == bindparam("which")
)


def put_link(
    connection: Connection,
    company: str,
    link: PaymentLink,
    *,
    parts: Sequence[Part],
    generation: int,
    now: datetime,
) -> None:
    """A link that now exists, and what it asks for which receivables."""
    known = first(connection, _LINK_KNOWN, whose=company, which=link.link_id)
    if known is None:
        joint = " ".join(one.ledger_id for one in parts) if len(parts) > 1 else None
        values = {
            "company": company,
            "link_id": link.link_id,
            "url": link.url,
            "reference": link.reference,
            "generation": generation,
            "made_at": now,
            "retired_at": None if link.active else now,
            "joint": joint,
        }
        change(connection, _LINK_MADE, [values | _of_part(one) for one in parts])


def _of_part(part: Part) -> dict[str, object]:
    return {"ledger_id": part.ledger_id, "amount": part.amount.minor, "currency": part.amount.currency}


def parts_of(connection: Connection, company: str, link_id: str) -> list[Part]:
    """What a link of ours asks for which receivables, the first one leading; nothing where it is not on record."""
    rows = found(connection, _LINK_PARTS, {"whose": company, "which": link_id})
    parts = {row.ledger_id: Part(row.ledger_id, Money.from_minor(row.amount, row.currency)) for row in rows}
    order = rows[0].joint.split(" ") if rows and rows[0].joint else list(parts)
    return [parts[one] for one in order]


_PAYMENT: Final = table_of(PaymentRow)
_THIS_PAYMENT: Final = (_PAYMENT.c.company == bindparam("whose"), _PAYMENT.c.payment_id == bindparam("which"))
_PAYMENT_KNOWN: Final = select_columns(_PAYMENT.c.state).where(*_THIS_PAYMENT)
_PAYMENT_NEW: Final = insert(_PAYMENT)
_PAID: Final = select_columns(_PAYMENT.c.ledger_id).where(*_THIS_PAYMENT)
_PAYMENT_SEEN: Final = update(_PAYMENT).where(*_THIS_PAYMENT).values(read_at=bindparam("at"))
_PAYMENT_MOVED: Final = (
    update(_PAYMENT)
    .where(*_THIS_PAYMENT)
    .values({name: bindparam(name) for name in ("read_at", "state", "paid_at", "method")})
)
_PAYMENT_VERDICT: Final = (
    update(_PAYMENT).where(*_THIS_PAYMENT, _PAYMENT.c.ledger_id == bindparam("on")).values(verdict=bindparam("verdict"))
)


def put_payment(
    connection: Connection, company: str, payment: Payment, ledger_id: str, now: datetime, parts: Sequence[Part] = ()
) -> bool:
    """Store a payment as the processor told of it; True where it is new or has moved on.

    On a joint link each of its receivables gets its part: by what we have on record of the link, else by `parts`.
    Where that is not what was paid, all of it stands with `ledger_id`, for a person to see.

    A payment that has succeeded stays so here: a later failure is a dispute or a return, which a person sees.
    """
    place = {"whose": company, "which": payment.payment_id}
    moving = {"read_at": now, "state": payment.state.value, "paid_at": payment.paid_at, "method": payment.method}
    before = scalar(connection, _PAYMENT_KNOWN, **place)
    if before is None:
        values = {
            "company": company,
            "payment_id": payment.payment_id,
            "session_id": payment.session_id,
            "link_id": payment.link_id,
            "live": payment.live,
            "created_at": payment.created_at,
            "verdict": "open",
            "look_at": None,
        }
        asked = parts_of(connection, company, payment.link_id) or parts
        paid = asked if len(asked) > 1 and whole(asked) == payment.amount else [Part(ledger_id, payment.amount)]
        shared = {"shared": len(paid) > 1}
        change(connection, _PAYMENT_NEW, [{**values, **moving, **shared, **_of_part(one)} for one in paid])
        return True
    if before in {payment.state.value, "succeeded"}:
        change(connection, _PAYMENT_SEEN, {**place, "at": now})
        return False
    change(connection, _PAYMENT_MOVED, {**place, **moving})
    return True


def review_paid(connection: Connection, company: str, payment_id: str, now: datetime) -> None:
    """Decide again on every receivable that a payment is for."""
    for ledger_id in column(connection, _PAID, whose=company, which=payment_id):
        review(connection, company, ledger_id, now)


def put_verdict(connection: Connection, company: str, payment_id: str, ledger_id: str, verdict: str) -> None:
    """What settlement decided about a payment, of which a part may be for each receivable: allocated, booked, held."""
    change(connection, _PAYMENT_VERDICT, {"whose": company, "which": payment_id, "on": ledger_id, "verdict": verdict})


def chunks(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """In pieces that can be asked for at once."""
    # 500: below every database's limit on bound values (SQLite's older limit is 999).
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
