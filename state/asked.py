"""The questions that every pass asks, built once. What `:name` stands for is bound when they are asked."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, literal, or_, select

from connector.domain.effect import OPEN, EffectKind, EffectStatus
from connector.domain.joint import PARTS_KEY
from connector.domain.receivable import ReceivableState
from state.names import ALL, COUNTRY, LONG_AGO, SENDER
from state.rows import select_of, select_some, table_of
from state.tables import (
    AttentionRow,
    CallRow,
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

_NOW: BindParameter[Any] = bindparam("now")
_SINCE: BindParameter[Any] = bindparam("since")
_MOST: BindParameter[Any] = bindparam("most")
_ATTENTION, _CUSTOMER, _EFFECT = table_of(AttentionRow).c, table_of(CustomerRow).c, table_of(EffectRow).c
_CALL = table_of(CallRow).c
_HINT, _HOLD, _LINK = table_of(HintRow).c, table_of(HoldRow).c, table_of(LinkRow).c
_PAYMENT, _RECEIVABLE, _TEXT = table_of(PaymentRow).c, table_of(ReceivableRow).c, table_of(TextRow).c


def _one_of(column: ColumnElement[str], *values: str) -> ColumnElement[bool]:
    # Spelt out here and not when it is asked: a list that SQLAlchemy fills in costs half as much again.
    return column.in_([literal(value) for value in values])


def _come(at: ColumnElement[Any]) -> ColumnElement[bool]:
    """Not put off, or only until now."""
    return or_(at.is_(None), at <= _NOW)


# -------------------------------------------------------------------------------------------------------------- links

COMMON_LINKS_UNDER_WAY: Final = select_of(
    EffectRow,
    _one_of(_EFFECT.status, *sorted(one.value for one in OPEN)),
    _EFFECT.kind == EffectKind.CREATE_LINK.value,
    _EFFECT.request.contains(f'"{PARTS_KEY}":'),
)
# ------------------------------------------------------------------------------------------------------- receivables

DUE_FOR_REVIEW: Final = (
    select_of(ReceivableRow, _RECEIVABLE.review_at <= _NOW)
    .with_only_columns(_RECEIVABLE.ledger_id)
    .order_by(_RECEIVABLE.review_at, _RECEIVABLE.ledger_id)
    .limit(_MOST)
)
OPEN_UNREAD_SINCE: Final = (
    select_of(
        ReceivableRow,
        or_(
            (_RECEIVABLE.state == ReceivableState.OPEN.value) & (_RECEIVABLE.read_at < _SINCE),
            _RECEIVABLE.read_at <= LONG_AGO,
        ),
    )
    .with_only_columns(_RECEIVABLE.ledger_id)
    .order_by(_RECEIVABLE.read_at, _RECEIVABLE.ledger_id)
    .limit(_MOST)
)
SIBLINGS: Final = select_some(
    ReceivableRow, "customer_id", _RECEIVABLE.state == ReceivableState.OPEN.value, only="ledger_id"
)
RECEIVABLE_IDS: Final = select_some(ReceivableRow, "ledger_id", only="ledger_id")
REASONS: Final = select_some(ReceivableRow, "ledger_id", only="ledger_id reason")
CUSTOMERS_WITH: Final = select_of(CustomerRow, _CUSTOMER.phone == bindparam("phone")).with_only_columns(
    _CUSTOMER.customer_id
)

HOW_MANY_OPEN: Final = select_of(ReceivableRow, _RECEIVABLE.state == ReceivableState.OPEN.value).with_only_columns(
    func.count()
)
OWED: Final = select_of(
    ReceivableRow,
    _RECEIVABLE.state == ReceivableState.OPEN.value,
    _RECEIVABLE.balance > 0,
    _RECEIVABLE.reason.not_in(bindparam("besides", expanding=True)),
)
CUSTOMERS: Final = select_of(CustomerRow)
UNREACHABLE: Final = select_of(UnreachableRow)

# ------------------------------------------------------------------------------------------------------------- money

LIVE_LINK: Final = select_of(LinkRow, _LINK.retired_at.is_(None)).with_only_columns(_LINK.link_id).limit(1)
UNWORKED_HINTS: Final = (
    select_of(HintRow, _HINT.worked_at.is_(None), _come(_HINT.look_at))
    .order_by(_HINT.occurred_at, _HINT.event_id)
    .limit(_MOST)
)
HINT_IDS: Final = select_some(HintRow, "event_id", only="event_id")
HINTS_ABOUT: Final = select_some(HintRow, "object_id")
PAYMENTS_TO_SETTLE: Final = (
    select_of(
        PaymentRow, _PAYMENT.state == "succeeded", _one_of(_PAYMENT.verdict, "open", "ordered"), _come(_PAYMENT.look_at)
    )
    .order_by(_PAYMENT.created_at, _PAYMENT.payment_id)
    .limit(_MOST)
)
PENDING_PAYMENTS: Final = (
    select_of(PaymentRow, _PAYMENT.state == "pending").order_by(_PAYMENT.read_at, _PAYMENT.payment_id).limit(_MOST)
)

# ---------------------------------------------------------------------------------------------------------- messages

_HOW_MANY: Final = func.count()
NOTICES_SINCE: Final = select_of(
    EffectRow, _one_of(_EFFECT.purpose, "notice", "request"), _EFFECT.claimed_at >= _SINCE, _EFFECT.leader.is_(None)
).with_only_columns(_HOW_MANY)
COUNTED_SINCE: Final = select_of(
    EffectRow, _one_of(_EFFECT.purpose, "notice", "request"), _EFFECT.claimed_at >= _SINCE, _EFFECT.leader.is_(None)
).with_only_columns(_EFFECT.claimed_at)
NOTICES_WANTED: Final = select_of(
    EffectRow,
    _EFFECT.status == EffectStatus.PLANNED.value,
    _EFFECT.leader.is_(None),
    or_(_EFFECT.purpose == "notice", _EFFECT.kind == EffectKind.CREATE_LINK.value),
).with_only_columns(_HOW_MANY)
INBOUND_IDS: Final = select_some(InboundRow, "text_id", only="text_id")
TEXTS_TO_CHECK: Final = select_of(TextRow, _TEXT.check_at <= _NOW).order_by(_TEXT.check_at, _TEXT.text_id).limit(_MOST)
LAST_TEXT_AT: Final = select_of(TextRow).with_only_columns(func.max(_TEXT.sent_at))
FIRST_TEXT_AT: Final = select_of(TextRow).with_only_columns(func.min(_TEXT.sent_at))
LAST_DELIVERED_AT: Final = (  # walks back from the latest; max() would read all of them
    select_of(TextRow, _TEXT.state == "delivered")
    .with_only_columns(_TEXT.sent_at)
    .order_by(_TEXT.sent_at.desc())
    .limit(1)
)

# ----------------------------------------------------------------------------------------------------------- company

STOP: Final = select_of(HoldRow, _HOLD.scope == bindparam("scope"), _HOLD.subject == ALL)
ON_SENDER: Final = select_of(HoldRow, _one_of(_HOLD.scope, SENDER, COUNTRY))
LEASE: Final = select_of(LeaseRow)
ATTENTION: Final = select_of(AttentionRow, _ATTENTION.closed_at.is_(None)).order_by(_ATTENTION.opened_at).limit(_MOST)


CALLS_SINCE: Final = select_of(CallRow, _CALL.service == bindparam("service"), _CALL.hour >= _SINCE).with_only_columns(
    func.coalesce(func.sum(_CALL.reads), 0), func.coalesce(func.sum(_CALL.writes), 0)
)


def _soonest(at: ColumnElement[Any], whose: ColumnElement[str], *more: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(func.min(at)).where(whose == bindparam("company"), *more).scalar_subquery()


NEXT_WORK_AT: Final[Select[Any]] = select(
    _soonest(
        _EFFECT.due_at,
        _EFFECT.company,
        _one_of(_EFFECT.status, EffectStatus.PLANNED.value, EffectStatus.UNCERTAIN.value),
        _EFFECT.leader.is_(None),
    ),
    _soonest(_RECEIVABLE.review_at, _RECEIVABLE.company),
    _soonest(_TEXT.check_at, _TEXT.company),
)

# ----------------------------------------------------------------------------------------------------------- effects

# Nothing is put off longer: only a clock that was ahead can have put it there.
_FAR: BindParameter[Any] = bindparam("far")
_HAS_COME: Final = or_(_EFFECT.due_at <= _NOW, _EFFECT.due_at > _FAR)
_PRESSING: Final = (_EFFECT.priority, _EFFECT.due_at, _EFFECT.key)
DUE: Final = (
    select_of(
        EffectRow,
        _EFFECT.status == EffectStatus.PLANNED.value,
        _EFFECT.leader.is_(None),  # what goes out together is attempted once
        _HAS_COME,
        _EFFECT.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(*_PRESSING)
    .limit(_MOST)
)
UNSETTLED: Final = (
    select_of(
        EffectRow,
        # The status by itself, for the index: an OR around it would walk all effects there ever were.
        _one_of(_EFFECT.status, EffectStatus.UNCERTAIN.value, EffectStatus.IN_FLIGHT.value),
        or_(_EFFECT.status == EffectStatus.IN_FLIGHT.value, _HAS_COME),
    )
    .order_by(*_PRESSING)
    .limit(_MOST)
)
OF_SUBJECTS: Final = select_some(EffectRow, "subject")
