"""What a proof of consent is made of, read from the records of one company. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Select, bindparam

from connector.domain.effect import EffectKind, EffectStatus
from state.database import Database
from state.rows import Row, records, select_of, table_of
from state.tables import CustomerRow, EffectRow, InboundRow, PaymentRow, ReceivableRow, TextRow

_TEXT, _EFFECT, _INBOUND = table_of(TextRow).c, table_of(EffectRow).c, table_of(InboundRow).c
_PAYMENT, _CUSTOMER, _RECEIVABLE = table_of(PaymentRow).c, table_of(CustomerRow).c, table_of(ReceivableRow).c
_SINCE: BindParameter[Any] = bindparam("since")
_UNTIL: BindParameter[Any] = bindparam("until")

_TEXTS: Final = select_of(TextRow, _TEXT.sent_at >= _SINCE, _TEXT.sent_at < _UNTIL).order_by(
    _TEXT.sent_at, _TEXT.text_id
)
_REQUESTS: Final = select_of(EffectRow, _EFFECT.kind == EffectKind.SEND_TEXT.value)
# Begun, and no text of it on record: refused, or nobody knows.
_OPEN_ENDED: Final = select_of(
    EffectRow,
    _EFFECT.kind == EffectKind.SEND_TEXT.value,
    _EFFECT.claimed_at >= _SINCE,
    _EFFECT.claimed_at < _UNTIL,
    _EFFECT.status.in_([EffectStatus.REJECTED.value, EffectStatus.UNCERTAIN.value, EffectStatus.IN_FLIGHT.value]),
).order_by(_EFFECT.claimed_at, _EFFECT.key)
_REPLIES: Final = select_of(InboundRow, _INBOUND.received_at >= _SINCE, _INBOUND.received_at < _UNTIL).order_by(
    _INBOUND.received_at, _INBOUND.text_id
)
_PAYMENTS: Final = select_of(PaymentRow, _PAYMENT.created_at >= _SINCE, _PAYMENT.created_at < _UNTIL).order_by(
    _PAYMENT.created_at, _PAYMENT.payment_id
)
_PEOPLE: Final = select_of(CustomerRow, _CUSTOMER.phone.is_not(None)).order_by(_CUSTOMER.name, _CUSTOMER.customer_id)
_INVOICES: Final = select_of(ReceivableRow)


@dataclass(frozen=True, slots=True)
class ProofRows:
    """The rows, of one moment. `requests` by the key of the effect; `invoices` by the ledger's id."""

    texts: list[TextRow]
    requests: dict[str, EffectRow]
    open_ended: list[EffectRow]
    replies: list[InboundRow]
    payments: list[PaymentRow]
    people: dict[str, list[CustomerRow]]
    invoices: dict[str, ReceivableRow]


def proof_rows(
    database: Database, company: str, since: datetime, until: datetime, phones: Collection[str] | None
) -> ProofRows:
    """Everything about these numbers (None: all) from `since` to before `until`, UTC."""
    with database.ask() as connection:
        return _rows(connection, company, {"since": since, "until": until}, phones)


def _rows(
    connection: Connection, company: str, period: dict[str, datetime], phones: Collection[str] | None
) -> ProofRows:
    def asked(model: type[Row], statement: Select[Any], column: str = "phone") -> list[Row]:
        values: dict[str, object] = {"company": company}
        if "since" in statement.compile().params:
            values |= period
        if phones is not None:
            statement = statement.where(table_of(model).c[column].in_(sorted(phones)))
        return records(connection, model, statement, **values)

    texts = asked(TextRow, _TEXTS)
    people: dict[str, list[CustomerRow]] = {}
    for row in asked(CustomerRow, _PEOPLE):
        people.setdefault(row.phone or "", []).append(row)
    payments = records(connection, PaymentRow, _PAYMENTS, company=company, **period)
    return ProofRows(
        texts=texts,
        requests={row.key: row for row in asked(EffectRow, _REQUESTS)},
        open_ended=asked(EffectRow, _OPEN_ENDED),
        replies=asked(InboundRow, _REPLIES),
        payments=payments,
        people=people,
        invoices={row.ledger_id: row for row in records(connection, ReceivableRow, _INVOICES, company=company)},
    )
