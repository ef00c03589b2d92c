"""A database with a few things in it, and short ways to put them there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.effect import EffectKind, NewEffect
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Receivable, ReceivableState
from connector.ports.messenger import DeliveryState, SentText
from connector.ports.processor import Payment, PaymentLink, PaymentState
from state.database import Database
from state.effects import TextFacts
from state.queries import Queries
from state.store import Attention, Store

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
PHONE = Phone("+12125550123")
USD = "USD"


@dataclass(slots=True)
class House:
    """Store and queries on one database, for the company `acme`."""

    database: Database
    store: Store
    queries: Queries

    def plan(self, key: str = "KEY", *, kind: EffectKind = EffectKind.CREATE_LINK, request: str = "{}") -> bool:
        facts = TextFacts(PHONE.e164, "notice", "issued") if kind is EffectKind.SEND_TEXT else None
        with self.database.write() as session:
            effect = NewEffect(key, kind, "inv1", request, "why")
            return self.store.effects.plan(session.connection(), "acme", effect, NOW, facts)

    def start(self, key: str = "KEY") -> None:
        self.store.effects.start(key, NOW, "here")

    def status(self, key: str = "KEY") -> str:
        row = self.store.effects.get(key)
        assert row is not None
        return row.status

    def read(self, value: Receivable, at: datetime = NOW) -> list[str]:
        return self.store.receivables_read("acme", [value], at)


def receivable(ledger_id: str = "inv1", **fields: Any) -> Receivable:
    one = Receivable(
        ledger_id=ledger_id,
        number="INV-1",
        customer_id="cust1",
        customer_name="Dana Reed",
        total=Money.of("120.00", USD),
        balance=Money.of("120.00", USD),
        issued_on=date(2026, 11, 20),
        due_on=date(2026, 12, 4),
        state=ReceivableState.OPEN,
        version="1",
        updated_at=NOW,
    )
    return replace(one, **fields)


def payment(payment_id: str = "pi_1", **fields: Any) -> Payment:
    one = Payment(
        payment_id=payment_id,
        session_id="cs_1",
        link_id="plink_1",
        state=PaymentState.SUCCEEDED,
        amount=Money.of("120.00", USD),
        created_at=NOW,
        paid_at=NOW,
        method="card",
        reference="KEY",
        metadata={},
        live=False,
    )
    return replace(one, **fields)


def link(link_id: str = "plink_1", reference: str = "KEY", *, active: bool = True) -> PaymentLink:
    return PaymentLink(link_id, f"https://pay.example/{link_id}", active, reference)


def sent(text_id: str = "SM1") -> SentText:
    return SentText(text_id, PHONE, "body", DeliveryState.ACCEPTED, NOW)


def consent(source: str = "row 1", state: ConsentState = ConsentState.GRANTED) -> ConsentRecord:
    return ConsentRecord(PHONE, state, ConsentMethod.FORM, NOW, "owner", source=source)


def attention(key: str = "acme/thing") -> Attention:
    return Attention(key, "inv1", "it happened", "it was not done", "duebird show inv1")
