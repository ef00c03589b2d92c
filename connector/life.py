"""The whole life of one invoice, from what is on record: seen, decided, texted, delivered, paid, booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.domain.dunning import SENTENCES, Reason
from connector.domain.effect import EffectKind
from connector.domain.money import Money
from connector.domain.phone import Phone
from state.books import receivable_of
from state.queries import Queries
from state.tables import EffectRow, ReceivableRow


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, when, and the id to find it by elsewhere."""

    at: datetime
    what: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One invoice on one page."""

    company: str
    ledger_id: str
    label: str
    customer: str
    phone: str
    total: Money
    balance: Money
    state: str
    issued_on: str
    due_on: str | None
    now_because: str
    next_look: datetime | None
    moments: tuple[Moment, ...]
    open_effects: tuple[str, ...]


_PLANNED = {
    EffectKind.CREATE_LINK: "payment link planned",
    EffectKind.RETIRE_LINK: "taking the payment link down planned",
    EffectKind.SEND_TEXT: "text planned",
    EffectKind.BOOK_PAYMENT: "booking planned",
}


def life_of(queries: Queries, row: ReceivableRow, sentence: str | None = None) -> Life:
    """Everything on record about a receivable, oldest first."""
    company, ledger_id = row.company, row.ledger_id
    receivable = receivable_of(row)
    customer = queries.customers(company, [row.customer_id]).get(row.customer_id)
    moments = [Moment(row.first_seen_at, f"first seen in the ledger: {receivable.total}", ledger_id)]
    effects = queries.effects_of(company, ledger_id)
    for effect in effects:
        moments += _effect_moments(queries, effect)
    for text in queries.texts_of(company, ledger_id):
        cost = f", {text.price} {text.price_currency}" if text.price else ""
        error = f" (error {text.error_code})" if text.error_code else ""
        moments.append(
            Moment(
                text.sent_at,
                f"{text.purpose} text to {Phone(text.phone).masked}: {text.state}{error}{cost}",
                text.text_id,
            )
        )
    for payment in queries.payments_of(company, ledger_id):
        amount = Money.from_minor(payment.amount, payment.currency)
        moments.append(
            Moment(
                payment.paid_at or payment.created_at,
                f"payment of {amount} by {payment.method}: {payment.state}, {payment.verdict}",
                payment.payment_id,
            )
        )
    if customer and customer.phone:
        moments += [
            Moment(reply.received_at, f"reply: “{reply.body}” ({reply.meaning.replace('_', ' ')})", reply.text_id)
            for reply in queries.replies_from(company, customer.phone)
        ]
    return Life(
        company=company,
        ledger_id=ledger_id,
        label=receivable.label,
        customer=receivable.customer_name,
        phone=Phone(customer.phone).masked if customer and customer.phone else "no mobile number",
        total=receivable.total,
        balance=receivable.balance,
        state=receivable.state,
        issued_on=receivable.issued_on.isoformat(),
        due_on=receivable.due_on.isoformat() if receivable.due_on else None,
        now_because=sentence or SENTENCES[Reason(row.reason)],
        next_look=row.review_at,
        moments=tuple(sorted(moments, key=lambda one: one.at)),
        open_effects=tuple(
            f"{one.key} {one.kind} {one.status}"
            for one in effects
            if one.status in {"planned", "in_flight", "uncertain", "rejected"}
        ),
    )


def _effect_moments(queries: Queries, effect: EffectRow) -> list[Moment]:
    found = []
    for event in queries.effect_history(effect.key):
        if event.after == "planned" and event.before is None:
            found.append(Moment(event.at, f"{_PLANNED[EffectKind(effect.kind)]}: {event.note}", effect.key))
        elif event.after == "done" and effect.kind != EffectKind.SEND_TEXT:
            found.append(
                Moment(event.at, f"{_DONE[EffectKind(effect.kind)]} {event.note}".strip(), effect.remote_id or "")
            )
        elif event.after in {"uncertain", "rejected", "cancelled"}:
            found.append(Moment(event.at, f"{effect.kind.replace('_', ' ')} {event.after}: {event.note}", effect.key))
    return found


_DONE = {
    EffectKind.CREATE_LINK: "payment link made",
    EffectKind.RETIRE_LINK: "payment link taken down",
    EffectKind.BOOK_PAYMENT: "payment booked in the ledger",
}
