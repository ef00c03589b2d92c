"""A past written straight into the database: receivables that were read, linked and texted long ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel

from bench import names
from connector.assemble import State
from connector.domain.effect import EffectKind, EffectStatus
from state.tables import CustomerRow, EffectEventRow, EffectRow, LinkRow, ReceivableRow, TextRow

AT_ONCE = 5_000  # receivables in one database transaction
THEN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)

Row = dict[str, Any]


def remember(state: State, company: str, count: int) -> None:
    """That many open receivables of as many customers, each with a live link and one text that arrived."""
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        with state.store.database.write() as session:
            for table, make in _TABLES.items():
                session.execute(insert(table), [make(company, number) for number in numbers])


def _receivable(company: str, number: int) -> Row:
    return {
        "company": company,
        "ledger_id": str(1_000_000 + number),
        "number": f"P{number:06d}",
        "customer_id": str(2_000_000 + number),
        "customer_name": f"Customer {number:06d}",
        "total": 12_300,
        "balance": 12_300,
        "currency": "USD",
        "issued_on": THEN.date(),
        "due_on": THEN.date() + timedelta(days=14),
        "state": "open",
        "version": "1",
        "updated_at": THEN,
        "first_seen_at": THEN,
        "read_at": THEN,
        "reason": "step_done",
        "decided_at": THEN,
        "review_at": None,
        "sent_by_ledger": True,
        "payable_elsewhere": False,
        "admitted": False,
    }


def _customer(company: str, number: int) -> Row:
    return {
        "company": company,
        "customer_id": str(2_000_000 + number),
        "name": f"Customer {number:06d}",
        "mobile": names.mobile_of(number),
        "phone": names.mobile_of(number),
        "markers": "[]",
        "active": True,
        "read_at": THEN,
    }


def _link(company: str, number: int) -> Row:
    return {
        "company": company,
        "link_id": f"plink_{company}_{number}",
        "ledger_id": str(1_000_000 + number),
        "url": f"https://buy.stripe.com/test_{number}",
        "reference": f"REF{company}{number}",
        "amount": 12_300,
        "currency": "USD",
        "generation": 1,
        "made_at": THEN,
        "texted_at": THEN,
    }


def _effect(company: str, number: int) -> Row:
    return {
        "key": f"{company}{number}",
        "company": company,
        "kind": EffectKind.SEND_TEXT.value,
        "subject": str(1_000_000 + number),
        "phone": names.mobile_of(number),
        "purpose": "notice",
        "step": "issued",
        "request": '{"body":"made up"}',
        "reason": "notice: issued",
        "status": EffectStatus.DONE.value,
        "priority": 5,
        "due_at": THEN,
        "attempts": 1,
        "slot": 0,
        "looks": 0,
        "planned_at": THEN,
        "claimed_at": THEN,
        "finished_at": THEN,
        "remote_id": f"SM{company}{number}",
    }


def _event(company: str, number: int) -> Row:
    return {"key": f"{company}{number}", "at": THEN, "before": "in_flight", "after": "done", "note": ""}


def _text(company: str, number: int) -> Row:
    return {
        "company": company,
        "text_id": f"SM{company}{number}",
        "effect_key": f"{company}{number}",
        "ledger_id": str(1_000_000 + number),
        "phone": names.mobile_of(number),
        "purpose": "notice",
        "state": "delivered",
        "sent_at": THEN,
        "looks": 3,
        "check_at": None,
    }


_TABLES: dict[type[SQLModel], Callable[[str, int], Row]] = {
    ReceivableRow: _receivable,
    CustomerRow: _customer,
    LinkRow: _link,
    EffectRow: _effect,
    EffectEventRow: _event,
    TextRow: _text,
}
