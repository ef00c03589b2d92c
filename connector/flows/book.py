"""Book one confirmed payment in the ledger, once, and see the receivable closed."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from connector.domain.already import ASKED, Match, is_by_others
from connector.domain.effect import (
    EffectKind,
    EffectStatus,
    NewEffect,
    booking_key,
    booking_reference,
    canonical,
)
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.settlement import Surplus, rest_in_words
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import already, closed, credit, exchange, lease, receipt
from connector.flows.attempts import Attempt
from connector.flows.company import Company
from connector.flows.poll import reread
from connector.flows.trouble import as_trouble
from connector.ports.ledger import Booking, BookingRequest, BookingState
from state.store import Attention, Planned
from state.tables import EffectRow, PaymentRow

log = logging.getLogger(__name__)

OTHER_BOOKING: Final = timedelta(minutes=2)  # another booking on the invoice is in doubt; its next look is about then


def request_of(row: EffectRow) -> BookingRequest:
    """The frozen values of a booking."""
    return request_from(row.request, row.subject, f"{row.key}-{row.slot}")


def request_from(frozen: str, ledger_id: str, idempotency_key: str) -> BookingRequest:
    """What goes to the ledger for the values that `plan_booking` froze."""
    values: Mapping[str, Any] = json.loads(frozen)
    return BookingRequest(
        ledger_id=ledger_id,
        customer_id=values["customer_id"],
        amount=Money.of(values["amount"], values["currency"]),
        booked_on=date.fromisoformat(values["booked_on"]),
        account_id=values["account_id"],
        reference=values["reference"],
        note=values["note"],
        idempotency_key=idempotency_key,
        payment_method_id=values["payment_method_id"],
        exchange_rate=exchange.frozen_rate(values),
    )


def reference_of(company: Company, payment: PaymentRow) -> str:
    """What the booking of this payment on this receivable carries in the ledger."""
    return booking_reference(company.identity, payment.payment_id, payment.ledger_id if payment.shared else None)


def plan_booking(
    company: Company,
    payment: PaymentRow,
    receivable: Receivable,
    part: Money | None = None,
    ruled_out: Mapping[str, int] | None = None,
) -> Planned:
    """The effect that books this payment on this receivable. Its key is the payment, whatever happens to the rest.

    `part`: how much of it the receivable takes, where that is not all; the rest becomes a credit once that is booked.
    `ruled_out`: entries of which a person has said, of an earlier booking of it, that they do not stand for it.
    """
    paid = Money.from_minor(payment.amount, payment.currency)
    amount = part or paid
    paid_at = payment.paid_at or payment.created_at
    values: dict[str, object] = {
        "payment_id": payment.payment_id,
        "customer_id": receivable.customer_id,
        "amount": str(amount.amount),
        "currency": amount.currency,
        "booked_on": paid_at.astimezone(company.policy.zone).date().isoformat(),
        "account_id": company.policy.payment_account_id or "",
        "reference": reference_of(company, payment),
        "note": f"Duebird {payment.payment_id} invoice {receivable.label}",
        "payment_method_id": company.policy.payment_method_id,
        "exchange_rate": None,
    }
    why = f"payment {payment.payment_id} of {paid} has succeeded"
    if amount != paid:
        values["note"] = f"{values['note']}, {rest_in_words(paid - amount)}"
        values["credit"] = credit.values_of(company, payment, receivable, paid - amount, amount)
        why = f"{why}; {amount} of it fits"
    if payment.verdict == credit.ORDERED:
        values[credit.ORDERED] = True
    if ruled_out:
        values[ASKED] = dict(ruled_out)
    key = booking_key(company.identity, payment.payment_id, receivable.ledger_id)
    return Planned(NewEffect(key, EffectKind.BOOK_PAYMENT, receivable.ledger_id, canonical(values), why))


def book(attempt: Attempt) -> str:
    """Perform a BOOK_PAYMENT effect."""
    company, row = attempt.company, attempt.row
    request = request_of(row)
    if _another_in_doubt(company, row):
        now = company.clock.now()
        company.store.effects.postpone(row.key, now + OTHER_BOOKING, now, "another booking on this invoice is in doubt")
        return "postponed"
    receivable = reread(company, row.subject)
    reach(Boundary.REREAD, row.kind)
    listed = list(company.ledger.bookings_on(row.subject))
    if row.attempts:
        # Tried before: it may have been made and moved off the invoice since.
        listed += company.ledger.bookings_with_reference(request.reference)
    found = evidence(listed, request.reference)
    if found is not None and not (found.state is BookingState.DELETED and row.slot):
        return _adopt(attempt, request, found)
    if _by_somebody_else(attempt, listed):
        return "adopted"
    reach(Boundary.ASKED, row.kind)
    # Deleted by somebody, and ordered again by a person: then it is booked again.
    if receivable is None or not receivable.is_owed or receivable.balance < request.amount:
        return _hold(attempt, request, receivable)
    return _write(attempt)


def _write(attempt: Attempt) -> str:
    """Make the entry, at a rate and on a day that are on record."""
    company, rated = attempt.company, exchange.at_processors_rate(attempt)
    if rated is None:
        return "postponed"
    row = closed.in_open_period(rated)
    lease.begin(rated)
    try:
        made = company.ledger.book(request_of(row))
    except Rejected as refusal:
        return closed.refused(rated, row, refusal)
    reach(Boundary.ANSWERED, row.kind)
    if made.state is BookingState.DELETED:
        # The ledger repeated the answer of an entry that is gone by now.
        raise _deleted_by_somebody(made, request_of(row))
    # Ordered again by a person, and the memory is younger than the payment: a life before may have said thanks.
    finish(company, row, made, "", thanks=not row.slot or already.may_thank(company, row))
    return "done"


def _another_in_doubt(company: Company, row: EffectRow) -> bool:
    """Two payments of one invoice: the balance tells what fits only once the first one is settled."""
    now = company.clock.now()
    return any(
        one.kind == EffectKind.BOOK_PAYMENT and one.key != row.key and _is_in_doubt(one, now)
        for one in company.store.effects.of_subjects(company.id, [row.subject])
    )


def _is_in_doubt(row: EffectRow, now: datetime) -> bool:
    """Also one that a person ordered again at once: it waits until its first try can no longer be carried out."""
    ordered = row.status == EffectStatus.PLANNED and row.slot > 0 and row.due_at > now
    return ordered or row.status in {EffectStatus.IN_FLIGHT, EffectStatus.UNCERTAIN}


def evidence(bookings: Sequence[Booking], reference: str) -> Booking | None:
    """Our booking among those on the receivable; a live one before a deleted one."""
    ours = [one for one in bookings if one.reference.startswith(reference)]
    return min(ours, key=lambda one: one.state is BookingState.DELETED, default=None)


def _adopt(attempt: Attempt, request: BookingRequest, found: Booking) -> str:
    company, row = attempt.company, attempt.row
    company.store.effects.start(row.key, company.clock.now(), company.owner)
    if found.state is BookingState.DELETED:
        raise _deleted_by_somebody(found, request)
    # We do not remember trying: a life before this one booked it, and said thanks. Tried and lost the answer: not yet.
    finish(company, row, found, "found in the ledger; not booked again", thanks=bool(row.attempts))
    return "adopted"


def _by_somebody_else(attempt: Attempt, listed: Sequence[Booking]) -> bool:
    """Whether an entry of somebody else's stands for the payment, which is concluded with it then.

    Raises:
        Rejected: a person must say whether one does.
    """
    company = attempt.company
    judged = already.of_booking(attempt, listed)
    if judged.match is Match.LIKELY:
        raise already.question(attempt, judged.entries)
    if judged.match is Match.NONE:
        with_another = already.question_elsewhere(attempt)
        if with_another is not None:
            raise with_another
        return False
    [found] = judged.entries
    row = already.noted(company, attempt.row, found)
    company.store.effects.start(row.key, company.clock.now(), company.owner)
    finish(company, row, found, already.OUTCOME, thanks=already.may_thank(company, row))
    return True


def _deleted_by_somebody(found: Booking, request: BookingRequest) -> Rejected:
    return Rejected(
        f"The booking {found.booking_id} of this payment ({request.amount}) was deleted in the ledger by somebody.",
        because=RejectedBecause.BUSINESS_RULE,
        advice="Duebird does not book again what a person has deleted. Book it by hand, or order it with the "
        "command below.",
    )


def _hold(attempt: Attempt, request: BookingRequest, receivable: Receivable | None) -> str:
    """The balance no longer takes the payment: it is divided anew, or a person decides; nothing is refunded."""
    company, row = attempt.company, attempt.row
    values = json.loads(row.request)
    now = company.clock.now()
    owed = f"{receivable.balance} is owed and it is {receivable.state}" if receivable else "the ledger has it no more"
    ordered = values.get(credit.ORDERED, False)
    if ordered or company.policy.surplus is Surplus.CREDIT:
        verdict, why = credit.ORDERED if ordered else "open", f"the payment no longer fits: {owed}"
        company.store.payment_reopened(company.id, values["payment_id"], verdict, now, instead_of=row.key, why=why)
        return "decided anew"
    shared = request.reference != booking_reference(company.identity, values["payment_id"])
    part = row.subject if shared else ""
    company.store.payment_held(
        company.id,
        values["payment_id"],
        row.subject,
        held_attention(company, attempt.invoice, values["payment_id"], request.amount, owed, part=part),
        now,
        instead_of=row.key,
        why=f"the payment no longer fits: {owed}",
    )
    return "held"


def held_attention(
    company: Company,
    invoice: str,
    payment_id: str,
    amount: Money,
    why: str,
    *,
    part: str = "",
    may_be_credit: bool = True,
) -> Attention:
    """A payment that no rule may settle. `part`: of one for several receivables, which one this is about.

    `may_be_credit`: the owner may have what does not fit booked as the customer's credit.
    """
    credit_it = f" To make what does not fit the customer's credit: duebird credit {payment_id} --company {company.id}"
    return Attention(
        key=credit.held_key(company.id, payment_id, part),
        subject=invoice,
        happened=f"{company.policy.business}: a payment of {amount} ({payment_id}) arrived for invoice {invoice}, "
        f"but {why}.",
        not_done="It is not booked in the ledger and not refunded. The money is in your Stripe account."
        + (credit_it if may_be_credit else ""),
        command=f"duebird show {invoice} --company {company.id}",
    )


def finish(company: Company, row: EffectRow, made: Booking, note: str, *, thanks: bool = True) -> None:
    """Read the receivable back and conclude, with what follows: receipt, notice to the owner (`thanks`)."""
    request = request_of(row)
    values = json.loads(row.request)
    after = _read_back(company, row.subject)
    now = company.clock.now()
    follow = receipt.courtesies(company, values["payment_id"], request, after) if thanks else ()
    theirs = is_by_others(row.request, made.booking_id)
    if not theirs or already.rest_follows(row, made):
        follow = (*credit_after(company, row), *follow)
    company.store.payment_booked(
        company.id,
        row.key,
        values["payment_id"],
        made,
        after,
        now,
        note=note,
        follow=follow,
        told=already.unlike(company, row, made) if theirs else _not_whole(company, row, made),
    )
    reach(Boundary.CONCLUDED, row.kind)
    for one in follow:
        reach(Boundary.PLANNED, one.effect.kind, one.text.purpose if one.text else None)


def _not_whole(company: Company, row: EffectRow, made: Booking) -> tuple[Attention, ...]:
    """What a person must know of an entry of ours that does not put the whole payment on its invoice."""
    problem = _less_than_paid(made, request_of(row))
    if problem is None:
        return ()
    happened, not_done = problem
    return (
        Attention(
            key=f"{company.id}/unapplied/{made.booking_id}",
            subject=row.subject,
            happened=f"{company.policy.business}: the booking {made.booking_id} {happened}.",
            not_done=not_done,
            command=f"duebird show {row.subject} --company {company.id}",
        ),
    )


def credit_after(company: Company, booking: NewEffect | EffectRow) -> tuple[Planned, ...]:
    """The credit of what its receivable did not take: only once that is booked it is certain how much is left."""
    values = json.loads(booking.request)
    return (credit.planned(company, booking.subject, values["credit"]),) if "credit" in values else ()


def _less_than_paid(made: Booking, request: BookingRequest) -> tuple[str, str] | None:
    """What a person must know of an entry that does not put the whole payment on invoices: what is wrong, and why.

    A ledger may keep a part as a credit; and an entry that was found again may have been changed by a person since.
    """
    if made.unapplied.is_positive:
        return (
            f"left {made.unapplied} unapplied",
            "That part is a credit of the customer and does not close the invoice.",
        )
    if made.applied.currency != request.amount.currency or made.applied < request.amount:
        return (
            f"holds {made.applied} of the {request.amount} that was paid; it was changed in the ledger by somebody",
            "The rest is not booked. Correct the entry in the ledger if that was not meant.",
        )
    return None


def _read_back(company: Company, ledger_id: str) -> Receivable | None:
    """The receivable after the booking. The booking is made: whatever this read says, it must go on record."""
    try:
        return company.ledger.receivable(ledger_id)
    except Exception as error:  # noqa: BLE001  a surprise here must not make a made booking look undone
        log.warning("%s: read back of %s: %s", company.id, ledger_id, as_trouble(error, f"read back {ledger_id}"))
        return None
