"""From what the processor says has succeeded to bookings planned, or payments held for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connector.domain.effect import booking_reference, natural_key
from connector.domain.money import Money
from connector.domain.settlement import Verdict, allocate
from connector.errors import DuebirdError, Transient
from connector.flows.book import evidence, held_attention, plan_booking
from connector.flows.company import Company, Counts
from connector.flows.poll import reread
from connector.flows.trouble import Isolation
from connector.ports import Payment, PaymentState
from state.books import receivable_of
from state.store import Attention
from state.tables import HintRow, PaymentRow

HINTS_A_RUN: Final = 500  # each may cost one read; a larger backlog is worked off over the next runs
PAYMENTS_A_RUN: Final = 500
OUT_OF_REACH: Final = timedelta(minutes=2)  # one object out of reach while others answer: soon again
UNREADABLE: Final = timedelta(hours=1)  # a person must mend it first; 24 calls a day for each are affordable

_SAID_NO: Final[dict[Verdict, str]] = {
    Verdict.ALREADY_PAID: "nothing is owed on it any more (paid twice, or paid another way)",
    Verdict.TOO_MUCH: "that is more than is still owed on it",
    Verdict.CLOSED: "it was voided or deleted in the ledger",
    Verdict.OTHER_CURRENCY: "it is in another currency than the invoice",
    Verdict.OTHER_MODE: "it belongs to the other mode of Stripe (test or live)",
}


def run_once(company: Company) -> Counts:
    """Work on stored hints, then on payments that have succeeded."""
    counts = Counts()
    held_up = _hints(company, counts), _payments(company, counts)
    for trouble in held_up:
        if trouble is not None:
            raise trouble
    return counts


def _hints(company: Company, counts: Counts) -> DuebirdError | None:
    """Returns what stood in the way of all of them; one event's own trouble only puts that one off."""
    guard = Isolation()
    for hint in company.queries.unworked_hints(company.id, company.clock.now(), HINTS_A_RUN):
        if company.stop_asked():
            return None
        with guard.record(f"{company.id}: event {hint.event_id}") as troubles:
            _hint(company, hint, counts)
            company.store.hint_worked(company.id, hint.event_id, company.clock.now())
        if guard.over:
            return guard.last
        for trouble in troubles:
            counts.add("events put off")
            told = None if isinstance(trouble, Transient) else _odd_event(company, hint, trouble)
            now = company.clock.now()
            company.store.hint_later(company.id, hint.event_id, now + _put_off(trouble), told, now)
    return None


def _payments(company: Company, counts: Counts) -> DuebirdError | None:
    guard = Isolation()
    for payment in company.queries.payments_to_settle(company.id, company.clock.now(), PAYMENTS_A_RUN):
        if company.stop_asked():
            return None
        with guard.record(f"{company.id}: payment {payment.payment_id}") as troubles:
            _settle(company, payment, counts)
        if guard.over:
            counts.add("payments waiting for the ledger")
            return guard.last
        for trouble in troubles:
            counts.add("payments put off")
            told = None if isinstance(trouble, Transient) else _waiting_payment(company, payment, trouble)
            now = company.clock.now()
            company.store.payment_later(company.id, payment.payment_id, now + _put_off(trouble), told, now)
    return None


def _put_off(trouble: DuebirdError) -> timedelta:
    return OUT_OF_REACH if isinstance(trouble, Transient) else UNREADABLE


def _odd_event(company: Company, hint: HintRow, trouble: DuebirdError) -> Attention:
    return Attention(
        key=f"{company.id}/event/{hint.event_id}",
        subject=hint.object_id,
        happened=f"{company.policy.business}: the {hint.kind} event {hint.event_id} at Stripe could not be worked on: "
        f"{trouble.message}",
        not_done="If it was a payment, it is not booked yet. It is tried again every hour.",
        command=f"Look for {hint.object_id} in the Stripe dashboard.",
    )


def _waiting_payment(company: Company, payment: PaymentRow, trouble: DuebirdError) -> Attention:
    amount = Money.from_minor(payment.amount, payment.currency)
    return Attention(
        key=f"{company.id}/unsettled/{payment.payment_id}",
        subject=payment.ledger_id,
        happened=f"{company.policy.business}: a payment of {amount} ({payment.payment_id}) arrived, but its invoice "
        f"{payment.ledger_id} could not be read: {trouble.message}",
        not_done="It is not booked yet. It is tried again every hour.",
        command=f"duebird show {payment.ledger_id} --company {company.id}",
    )


def _hint(company: Company, hint: HintRow, counts: Counts) -> None:
    """A hint only says where to look. What the processor answers now is believed."""
    if hint.kind.startswith("checkout.session."):
        if hint.kind == "checkout.session.expired":
            return  # each visit without a payment leaves one; nothing follows from it
        payment = company.processor.payment_of_session(hint.object_id)
        if payment is not None:
            note_payment(company, payment, counts)
        return
    if hint.kind in _FOR_A_PERSON:
        company.store.attend(
            company.id,
            Attention(
                key=f"{company.id}/{hint.kind}/{hint.object_id}",
                subject=hint.object_id,
                happened=f"{company.policy.business}: {_FOR_A_PERSON[hint.kind]} at Stripe ({hint.object_id}).",
                not_done="Nothing was changed in the ledger for it.",
                command=f"duebird attention --company {company.id}",
            ),
            company.clock.now(),
        )
        counts.add("refunds and disputes")


_FOR_A_PERSON: Final = {
    "charge.refunded": "a payment was refunded",
    "charge.dispute.created": "a customer disputes a payment",
    "charge.dispute.closed": "a dispute was closed",
}


def note_payment(company: Company, payment: Payment, counts: Counts) -> None:
    """Store a payment fetched from the processor, if it is on a link of ours."""
    ledger_id = _whose(company, payment)
    if ledger_id is None:
        if payment.metadata.get("duebird_tenant") == company.identity.tenant_id:
            _stranger(company, payment)
        return
    before = company.queries.payment(company.id, payment.payment_id)
    if not company.store.payment_read(company.id, payment, ledger_id, company.clock.now()):
        return
    counts.add(f"payments {payment.state}")
    if payment.state is PaymentState.FAILED and before is not None:
        known = company.queries.receivable(company.id, ledger_id)
        invoice = receivable_of(known).label if known else ledger_id
        company.store.attend(
            company.id,
            Attention(
                key=f"{company.id}/debit-failed/{payment.payment_id}",
                subject=invoice,
                happened=f"{company.policy.business}: the bank debit of {payment.amount} for invoice {invoice} failed.",
                not_done="Nothing was booked. The customer's link is used up; the next notice carries a new one.",
                command=f"duebird show {invoice} --company {company.id}",
            ),
            company.clock.now(),
        )


def _stranger(company: Company, payment: Payment) -> None:
    """It carries our mark, but is on no link that we made or could have made: booked for nobody, shown to a person."""
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/stranger/{payment.payment_id}",
            subject=payment.payment_id,
            happened=f"{company.policy.business}: a payment of {payment.amount} ({payment.payment_id}) names invoice "
            f"{payment.metadata.get('duebird_invoice') or '?'}, but is on no link of Duebird's ({payment.link_id}).",
            not_done="It is not booked in the ledger.",
            command=f"Look at {payment.payment_id} in the Stripe dashboard, and book it by hand if it is yours.",
        ),
        company.clock.now(),
    )


def _whose(company: Company, payment: Payment) -> str | None:
    """Which receivable a payment is for; None where it is none of ours.

    A link we remember decides. One we do not remember (lost state) is ours only if its reference is the very key that
    its own facts derive: anybody with access to the dashboard can write metadata.
    """
    link = company.queries.link(company.id, payment.link_id)
    if link is not None:
        return link.ledger_id
    data = payment.metadata
    ledger_id, generation = data.get("duebird_invoice"), data.get("duebird_generation")
    if not ledger_id or not generation or data.get("duebird_tenant") != company.identity.tenant_id:
        return None
    if not generation.isascii() or not generation.isdigit():
        return None
    key = natural_key(
        company.identity, "link", ledger_id, int(generation), payment.amount.minor, payment.amount.currency
    )
    return ledger_id if key == payment.reference else None


def _settle(company: Company, payment: PaymentRow, counts: Counts) -> None:
    reread(company, payment.ledger_id)
    known = company.queries.receivable(company.id, payment.ledger_id)
    receivable = receivable_of(known) if known else None
    amount = Money.from_minor(payment.amount, payment.currency)
    allocation = allocate(amount, live=payment.live, expect_live=company.policy.live, receivable=receivable)
    now = company.clock.now()
    if allocation.held and receivable is not None and allocation.verdict is not Verdict.OTHER_MODE:
        # It may look paid because this very payment is in the ledger already, from a life before this one.
        reference = booking_reference(company.identity, payment.payment_id)
        booked = evidence(company.ledger.bookings_on(payment.ledger_id), reference) is not None
    else:
        booked = False
    if receivable is not None and (booked or not allocation.held):
        company.store.payment_allocated(company.id, payment.payment_id, plan_booking(company, payment, receivable), now)
        counts.add("payments allocated")
        return
    invoice = receivable.label if receivable else payment.ledger_id
    said_no = held_attention(company, invoice, payment.payment_id, amount, _SAID_NO[allocation.verdict])
    company.store.payment_held(company.id, payment.payment_id, said_no, now)
    counts.add("payments held")
