"""What follows from a booking in words: a receipt to the customer, a notice to the owner."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from connector.domain.calendar import local_day
from connector.domain.consent import ConsentState, standing
from connector.domain.effect import EffectKind, EffectStatus, NewEffect, canonical, natural_key
from connector.domain.instalments import is_divided
from connector.domain.message import INVOICE_CAP, MessageProblem
from connector.domain.money import Money
from connector.domain.plan import ReceiptFacts, says_how_to_stop
from connector.domain.receivable import Receivable
from connector.flows.company import Company
from connector.flows.trouble import as_trouble
from connector.ports.ledger import BookingRequest
from state.books import customer_of, receivable_of
from state.effects import TextFacts
from state.queries import Facts
from state.store import Planned
from state.tables import CustomerRow, PaymentRow

log = logging.getLogger(__name__)

RECEIPT_LATE: Final = timedelta(hours=24)  # counted from the payment
_SETTLES_NONE: Final = frozenset({"held", "crediting", "credited", "reversed"})


def courtesies(
    company: Company, payment_id: str, request: BookingRequest, after: Receivable | None
) -> tuple[Planned, ...]:
    """Receipt and notice to the owner. No trouble with their words may keep a made booking off the record."""
    try:
        return _follow(company, payment_id, request, after)
    except Exception as error:  # noqa: BLE001  see above
        log.warning("%s: receipt for %s: %s", company.id, payment_id, as_trouble(error, f"receipt for {payment_id}"))
        return ()


def _follow(
    company: Company, payment_id: str, request: BookingRequest, after: Receivable | None
) -> tuple[Planned, ...]:
    owner = company.policy.owner_phone
    also_to = [owner.e164] if owner else []
    known = company.queries.facts(company.id, [request.ledger_id], company.clock.now(), also_to=also_to)
    row = known.receivables.get(request.ledger_id)
    if row is None:
        return ()
    receivable = after or receivable_of(row)
    planned: list[Planned] = []
    customer = known.customers.get(row.customer_id)
    paid = next((one for one in known.payments[request.ledger_id] if one.payment_id == payment_id), None)
    amount = Money.from_minor(paid.amount, paid.currency) if paid is not None else request.amount
    invoice = receivable.number
    if paid is not None and paid.shared:
        settled = _settled_together(company, payment_id)
        if request.ledger_id != settled[0].ledger_id:
            return ()  # one word of thanks for one payment: with the booking of the first of its receivables
        amount = Money.from_minor(sum(one.amount for one in settled), paid.currency)
        invoice = _numbers(company, settled)
    facts = ReceiptFacts(
        business=company.policy.business,
        customer=receivable.customer_name,
        given_name=customer.given_name if customer else None,
        amount=amount,
        invoice=invoice,
        today=local_day(company.clock.now(), company.policy.zone),
        rest=_rest(company, after),
    )
    if company.policy.receipts and customer and customer.phone and _is_fresh(company, paid):
        texted = any(
            one.phone == customer.phone and one.status == EffectStatus.DONE for one in known.effects[request.ledger_id]
        )
        agreed = standing(known.consents[customer.phone]) is not ConsentState.REVOKED
        if texted and agreed:  # only somebody we have texted about it gets an answer to it
            with contextlib.suppress(MessageProblem):  # a receipt is a courtesy: without words for it there is none
                body = company.words.receipt(_to_customer(facts, company, known, customer))
                planned.append(_text(company, "receipt", payment_id, customer.phone, body, request.ledger_id))
    if owner is not None:
        says_stop = says_how_to_stop(company.policy, known.texts_had.get(owner.e164, 0))
        with contextlib.suppress(MessageProblem):  # no words for the owner must not cost the customer's receipt
            body = company.words.paid(replace(facts, says_stop=says_stop))
            planned.append(_text(company, "owner", payment_id, owner.e164, body, request.ledger_id))
    return tuple(planned)


def _rest(company: Company, after: Receivable | None) -> Money | None:
    """What a receipt says is left: of an invoice that is asked for in instalments, as the ledger has it now."""
    if after is None or not after.is_owed or not is_divided(after, company.policy):
        return None
    return after.balance


def _settled_together(company: Company, payment_id: str) -> list[PaymentRow]:
    """The parts of a payment on a joint link that settle their receivables; what settles none is left out."""
    parts = company.queries.payment_parts(company.id, payment_id)
    return sorted((one for one in parts if one.verdict not in _SETTLES_NONE), key=lambda one: one.ledger_id)


def _numbers(company: Company, settled: Sequence[PaymentRow]) -> str:
    """The invoices of several parts, as they fit where one number stands: all of them, else the first and how many."""
    rows = (company.queries.receivable(company.id, one.ledger_id) for one in settled)
    labels = [receivable_of(row).label for row in rows if row is not None]
    all_of_them = ", ".join(labels)
    return all_of_them if len(all_of_them) <= INVOICE_CAP else f"{labels[0]} +{len(labels) - 1}"


def _to_customer(facts: ReceiptFacts, company: Company, known: Facts, row: CustomerRow) -> ReceiptFacts:
    customer = customer_of(row)
    return replace(
        facts,
        says_stop=says_how_to_stop(company.policy, known.texts_had.get(row.phone or "", 0)),
        language=customer.language,
        markers=customer.markers,
        country=customer.country,
    )


def _is_fresh(company: Company, payment: PaymentRow | None) -> bool:
    """A receipt that comes a day after the payment puzzles more than it helps."""
    return payment is None or company.clock.now() - (payment.paid_at or payment.created_at) <= RECEIPT_LATE


def _text(company: Company, purpose: str, payment_id: str, to: str, body: str, ledger_id: str) -> Planned:
    key = natural_key(company.identity, purpose, payment_id)
    request: dict[str, object] = {"to": to, "body": body, "purpose": purpose}
    effect = NewEffect(key, EffectKind.SEND_TEXT, ledger_id, canonical(request), f"{purpose} for {payment_id}")
    return Planned(effect, TextFacts(to, purpose))
