"""From what the processor says has succeeded to bookings planned, or payments held for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from connector.domain.effect import booking_key
from connector.domain.joint import Part, link_key, parts_in
from connector.domain.money import Money
from connector.domain.settlement import Division, Verdict, divide, part_on_record
from connector.errors import DuebirdError, Transient
from connector.failpoints import Boundary, Place, reach
from connector.flows import already, credit, returned
from connector.flows.book import evidence, held_attention, plan_booking, reference_of
from connector.flows.company import Company, Counts
from connector.flows.poll import reread
from connector.flows.trouble import Isolation
from connector.ports.ledger import Booking, BookingState
from connector.ports.processor import Payment, PaymentState
from state.store import Attention
from state.tables import HintRow, PaymentRow

T = TypeVar("T")

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


def run_once(company: Company, pool: Executor) -> Counts:
    """Work on stored hints, then on payments that have succeeded, in the threads of `pool`."""
    counts = Counts()
    held_up = _hints(company, pool, counts), _payments(company, pool, counts)
    for trouble in held_up:
        if trouble is not None:
            raise trouble
    return counts


def _hints(company: Company, pool: Executor, counts: Counts) -> DuebirdError | None:
    """Returns what stood in the way of all of them; one event's own trouble only puts that one off."""
    hints = company.queries.unworked_hints(company.id, company.clock.now(), HINTS_A_RUN)
    idle = [hint.event_id for hint in hints if not _leads_somewhere(hint)]
    if idle:
        company.store.hints_worked(company.id, idle, company.clock.now())
    guard = Isolation()
    pages, later = _by_object(hints)
    found = _side_by_side(company, pool, guard, partial(_work_on, company), pages, counts)
    # Only then what came after a payment: whether it is one of ours is known once the payment is.
    found += _side_by_side(company, pool, guard, partial(returned.after_payment, company), later, counts)
    for group, trouble in found:
        counts.add("events put off", len(group))
        for hint in group:
            told = None if isinstance(trouble, Transient) else _odd_event(company, hint, trouble)
            now = company.clock.now()
            company.store.hint_later(company.id, hint.event_id, now + _put_off(trouble), told, now)
    return guard.last if guard.over else None


def _payments(company: Company, pool: Executor, counts: Counts) -> DuebirdError | None:
    payments = company.queries.payments_to_settle(company.id, company.clock.now(), PAYMENTS_A_RUN)
    guard = Isolation()
    for payment, trouble in _side_by_side(company, pool, guard, partial(_settle, company), payments, counts):
        counts.add("payments put off")
        told = None if isinstance(trouble, Transient) else _waiting_payment(company, payment, trouble)
        now = company.clock.now()
        again = now + _put_off(trouble)
        company.store.payment_later(company.id, payment.payment_id, payment.ledger_id, again, told, now)
    if guard.over:
        counts.add("payments waiting for the ledger")
    return guard.last if guard.over else None


def _side_by_side(
    company: Company,
    pool: Executor,
    guard: Isolation,
    work: Callable[[T, Counts], None],
    items: Sequence[T],
    counts: Counts,
) -> list[tuple[T, DuebirdError]]:
    """Work on all of them; returns those with a trouble of their own, none where the guard says it is everybody's."""

    def attempt(item: T) -> tuple[T, Counts, list[DuebirdError]]:
        mine = Counts()
        if guard.over or company.stop_asked():
            return item, mine, []
        with guard.record(f"{company.id}: {getattr(work, 'func', work).__name__}") as troubles:
            work(item, mine)
        return item, mine, troubles

    found = []
    for item, mine, troubles in pool.map(attempt, items):
        counts.merge(mine)
        found += [(item, trouble) for trouble in troubles]
    return [] if guard.over else found


def _leads_somewhere(hint: HintRow) -> bool:
    """Each visit without a payment leaves an event of its own; nothing follows from it, nor from news of payouts."""
    session = hint.kind.startswith("checkout.session.") and hint.kind != "checkout.session.expired"
    return session or hint.kind in returned.KINDS


def _by_object(hints: Sequence[HintRow]) -> tuple[list[list[HintRow]], list[list[HintRow]]]:
    """Those that lead somewhere, each object's together so that it is asked for once: of payment pages; of payments."""
    pages: dict[str, list[HintRow]] = {}
    later: dict[str, list[HintRow]] = {}
    for hint in hints:
        if hint.kind in returned.KINDS:
            later.setdefault(hint.object_id, []).append(hint)
        elif _leads_somewhere(hint):
            pages.setdefault(hint.object_id, []).append(hint)
    return list(pages.values()), list(later.values())


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
        key=f"{company.id}/unsettled/{payment.payment_id}{'/' + payment.ledger_id if payment.shared else ''}",
        subject=payment.ledger_id,
        happened=f"{company.policy.business}: a payment of {amount} ({payment.payment_id}) arrived, but its invoice "
        f"{payment.ledger_id} could not be read: {trouble.message}",
        not_done="It is not booked yet. It is tried again every hour.",
        command=f"duebird show {payment.ledger_id} --company {company.id}",
    )


def _work_on(company: Company, hints: Sequence[HintRow], counts: Counts) -> None:
    """Hints only say where to look. What the processor answers now is believed."""
    ids = [hint.event_id for hint in hints]
    payment = company.processor.payment_of_session(hints[0].object_id)
    if payment is None or not note_payment(company, payment, counts, hints=ids):
        company.store.hints_worked(company.id, ids, company.clock.now())


def note_payment(company: Company, payment: Payment, counts: Counts, *, hints: Sequence[str] = ()) -> bool:
    """Store a payment fetched from the processor, and that its `hints` are worked; False where it is not ours."""
    parts = _whose(company, payment)
    if not parts:
        if payment.metadata.get("duebird_tenant") == company.identity.tenant_id:
            _stranger(company, payment)
        return False
    ledger_id = parts[0].ledger_id
    if not company.store.payment_read(company.id, payment, ledger_id, company.clock.now(), hints=hints, parts=parts):
        return True
    reach(Place.PAYMENT_STORED)
    counts.add(f"payments {payment.state}")
    if payment.state is PaymentState.FAILED:
        invoice = company.label(ledger_id)
        company.store.attend(
            company.id,
            Attention(
                key=f"{company.id}/debit-failed/{payment.payment_id}",
                subject=invoice,
                happened=f"{company.policy.business}: the bank debit of {payment.amount} for invoice {invoice} failed.",
                not_done="Nothing was booked. The customer's link is used up; the next notice carries a new one. If "
                "no further notice is due for it, ask the customer to pay another way.",
                command=f"duebird show {invoice} --company {company.id}",
            ),
            company.clock.now(),
        )
    return True


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


def _whose(company: Company, payment: Payment) -> tuple[Part, ...]:
    """Which receivables a payment is for, the first one leading; none where it is none of ours.

    A link we remember decides. One we do not remember (lost state) is ours only if its reference is the very key that
    its own facts derive: anybody with access to the dashboard can write metadata.
    """
    link = company.queries.link(company.id, payment.link_id)
    if link is not None:
        lead = link.joint.split(" ")[0] if link.joint else link.ledger_id
        return (Part(lead, payment.amount),)  # the store has what the link asks for each
    data = payment.metadata
    ledger_id, generation = data.get("duebird_invoice"), data.get("duebird_generation")
    if not ledger_id or not generation or data.get("duebird_tenant") != company.identity.tenant_id:
        return ()
    if not generation.isascii() or not generation.isdigit():
        return ()
    parts = parts_in(data) or (Part(ledger_id, payment.amount),)
    ours = parts[0].ledger_id == ledger_id and link_key(company.identity, int(generation), parts) == payment.reference
    return parts if ours else ()


def _settle(company: Company, payment: PaymentRow, counts: Counts) -> None:
    receivable = reread(company, payment.ledger_id)
    amount = Money.from_minor(payment.amount, payment.currency)
    surplus = credit.surplus_of(company, payment)
    division = divide(
        amount, live=payment.live, expect_live=company.policy.live, receivable=receivable, surplus=surplus
    )
    there, ruled_out = None, already.ruled_out(company, payment)
    if not division.fits and receivable is not None and division.verdict is not Verdict.OTHER_MODE:
        # It may look paid because this very payment is in the ledger already: from a life before this one, or by the
        # hand of somebody else.
        there = _booked_before(company, payment, division)
    now = company.clock.now()
    if receivable is not None and (there is not None or not division.asked.is_positive):
        whole = there is None and not division.booked.is_positive
        if whole:
            values = credit.values_of(company, payment, receivable, division.credited, division.booked)
            planned = credit.planned(company, payment.ledger_id, values)
        else:
            fits = there if there is not None else division.booked
            planned = plan_booking(company, payment, receivable, fits, ruled_out)
        verdict = "crediting" if whole else "allocated"
        company.store.payment_allocated(company.id, payment.payment_id, planned, now, verdict=verdict)
        reach(Boundary.PLANNED, planned.effect.kind)
        counts.add("payments to be credited" if whole else "payments allocated")
        return
    invoice = receivable.label if receivable else payment.ledger_id
    why, part = _SAID_NO[division.verdict], payment.ledger_id if payment.shared else ""
    credit_it = division.verdict not in {Verdict.OTHER_CURRENCY, Verdict.OTHER_MODE}
    said_no = held_attention(
        company, invoice, payment.payment_id, amount, why, part=part, may_be_credit=credit_it and receivable is not None
    )
    company.store.payment_held(company.id, payment.payment_id, payment.ledger_id, said_no, now)
    counts.add("payments held")


def _booked_before(company: Company, payment: PaymentRow, division: Division) -> Money | None:
    """How much of this payment an entry in the ledger stands for, or may stand for; None where there is none.

    Before a credit it is also looked for off the invoice. Whether one of somebody else's does, is told when it is to be
    booked: all of it is planned then.
    """
    reference, paid = reference_of(company, payment), Money.from_minor(payment.amount, payment.currency)
    on_invoice = list(company.ledger.bookings_on(payment.ledger_id))
    off_it = company.ledger.bookings_with_reference(reference) if division.credited.is_positive else ()
    found = evidence([*on_invoice, *off_it], reference)
    if found is not None and not _is_out_by_order(company, payment, found):
        return part_on_record(found.applied + found.unapplied, found.note, paid)
    return paid if already.may_be_there(company, payment, on_invoice) else None


def _is_out_by_order(company: Company, payment: PaymentRow, found: Booking) -> bool:
    """Whether it is an entry that was taken out, of a payment that a person has ordered once more since."""
    before = company.store.effects.get(booking_key(company.identity, payment.payment_id, payment.ledger_id))
    return found.state is BookingState.DELETED and before is not None and bool(before.slot)
