"""Book what of a payment its receivable does not take as the customer's credit, once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from connector.domain.clearing import credit_reference
from connector.domain.effect import EffectKind, NewEffect, booking_reference, canonical, natural_key
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.records import EntryKind
from connector.domain.settlement import Surplus, divide
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import already, closed, exchange, lease
from connector.flows.attempts import Attempt, look_again
from connector.flows.company import Company
from connector.flows.poll import reread
from connector.ports.entries import CreditRequest, Entry
from connector.ports.ledger import Booking, BookingState
from state.facts import Attention, Planned
from state.tables import EffectRow, PaymentRow

# A payment's verdict: what of it does not fit is to be a credit by the owner's word, whatever the settings say.
ORDERED: Final = "ordered"
# As the ledgers call it, and where their users look for it.
_CALLED: Final = {"quickbooks": "an unapplied payment in QuickBooks", "xero": "an overpayment in Xero"}


# --------------------------------------------------------------------------------------------------------- planning


def surplus_of(company: Company, payment: PaymentRow) -> Surplus:
    """What becomes of the surplus of this payment: by the owner's word on it, else by the settings."""
    return Surplus.CREDIT if payment.verdict == ORDERED else company.policy.surplus


def values_of(
    company: Company, payment: PaymentRow, receivable: Receivable, amount: Money, booked: Money
) -> dict[str, object]:
    """What the credit will say, frozen. `booked`: how much of the payment is on the receivable, of its own."""
    paid_at = payment.paid_at or payment.created_at
    paid = Money.from_minor(payment.amount, payment.currency)
    part = payment.ledger_id if payment.shared else None
    return {
        "payment_id": payment.payment_id,
        "customer_id": receivable.customer_id,
        "customer": receivable.customer_name,
        "invoice": receivable.label,
        "paid": str(paid.amount),
        "booked": str(booked.amount),
        "amount": str(amount.amount),
        "currency": amount.currency,
        "booked_on": paid_at.astimezone(company.policy.zone).date().isoformat(),
        "account_id": company.policy.payment_account_id or "",
        "reference": credit_reference(company.identity, payment.payment_id, part),
        "booking": booking_reference(company.identity, payment.payment_id, part),
        "note": f"Duebird {payment.payment_id} invoice {receivable.label}, more than was owed",
        "payment_method_id": company.policy.payment_method_id,
        "exchange_rate": None,
        "part": part or "",
        ORDERED: payment.verdict == ORDERED,
    }


def planned(company: Company, ledger_id: str, values: Mapping[str, Any]) -> Planned:
    """The effect that books those values. Its key is the payment, whatever the amount becomes."""
    key = natural_key(company.identity, "credit", values["payment_id"], ledger_id)
    amount, paid = _money(values, "amount"), _money(values, "paid")
    why = f"{amount} of payment {values['payment_id']} of {paid} is more than is owed"
    return Planned(NewEffect(key, EffectKind.BOOK_CREDIT, ledger_id, canonical(dict(values)), why))


def what(row: EffectRow) -> str:
    """What it is about to do, for people."""
    values = json.loads(row.request)
    return (
        f"book {_money(values, 'amount')} of the payment {values['payment_id']}, which is more than was owed, as a "
        f"credit of {values['customer']}"
    )


def _money(values: Mapping[str, Any], name: str) -> Money:
    return Money.of(values[name], values["currency"])


# ------------------------------------------------------------------------------------------------------- performing


def request_of(row: EffectRow) -> CreditRequest:
    """The frozen values of a credit."""
    values: Mapping[str, Any] = json.loads(row.request)
    return CreditRequest(
        customer_id=values["customer_id"],
        amount=_money(values, "amount"),
        account_id=values["account_id"],
        booked_on=date.fromisoformat(values["booked_on"]),
        reference=values["reference"],
        note=values["note"],
        idempotency_key=f"{row.key}-{row.slot}",
        payment_method_id=values["payment_method_id"],
        exchange_rate=exchange.frozen_rate(values),
    )


def book_credit(attempt: Attempt) -> str:
    """Perform a BOOK_CREDIT effect."""
    company, row = attempt.company, attempt.row
    request = request_of(row)
    receivable = reread(company, row.subject)
    reach(Boundary.REREAD, row.kind)
    found = evidence(company.ledger.entries_with_reference(EntryKind.CREDIT, request.reference))
    if found is not None and (found.live or not row.slot):
        return _adopt(attempt, found)
    # Deleted by somebody, and ordered again by a person: then it is booked again.
    why = _moved(company, row, receivable)
    if why:
        return _decided_anew(company, row, why)
    reach(Boundary.ASKED, row.kind)
    rated = exchange.at_processors_rate(attempt)
    if rated is None:
        return "postponed"
    row = closed.in_open_period(rated)
    lease.begin(rated)
    try:
        made = company.ledger.make_credit(request_of(row))
    except Rejected as refusal:
        return closed.refused(attempt, row, refusal)
    reach(Boundary.ANSWERED, row.kind)
    if not made.live:
        raise _deleted_by_somebody(made)  # the ledger repeated the answer of an entry that is gone by now
    finish(company, row, made, "")
    return "done"


def evidence(entries: Sequence[Entry]) -> Entry | None:
    """Our credit among those of its reference; a live one before a deleted one."""
    return min(entries, key=lambda one: not one.live, default=None)


def _adopt(attempt: Attempt, found: Entry) -> str:
    company, row = attempt.company, attempt.row
    company.store.effects.start(row.key, company.clock.now(), company.owner)
    if not found.live:
        raise _deleted_by_somebody(found)
    finish(company, row, found, "found in the ledger; not booked again")
    return "adopted"


def _deleted_by_somebody(found: Entry) -> Rejected:
    return Rejected(
        f"The credit {found.entry_id} was deleted in the ledger by somebody.",
        because=RejectedBecause.BUSINESS_RULE,
        advice="Duebird does not book again what a person has deleted. If you have refunded the money at Stripe, all "
        "is well; else book it by hand, or order it with the command below.",
    )


def _moved(company: Company, row: EffectRow, receivable: Receivable | None) -> str:
    """Why the money is not to be a credit any more: more of it is on its receivable, or now fits there."""
    values = json.loads(row.request)
    paid, booked, amount = (_money(values, name) for name in ("paid", "booked", "amount"))
    on_invoice = company.ledger.bookings_on(row.subject)
    there = _among(company, on_invoice, values["booking"], paid.currency)
    if paid < there + amount:
        return f"{there} of the payment is booked on the invoice"
    if not booked.is_positive and _may_be_there(company, row, values["payment_id"], on_invoice):
        return "somebody else has booked it, as it seems"
    if row.claimed_at is not None or booked.is_positive or receivable is None:
        return ""  # begun before: under the same key the ledger would tell whether it was made after all
    live = company.policy.live
    fits = divide(paid, live=live, expect_live=live, receivable=receivable, surplus=Surplus.CREDIT).booked
    return f"{fits} of the payment fits the invoice now" if fits.is_positive else ""


def _may_be_there(company: Company, row: EffectRow, payment_id: str, on_invoice: Sequence[Booking]) -> bool:
    """Whether an entry of somebody else's stands for the payment, or a person must say whether it does."""
    parts = company.queries.payment_parts(company.id, payment_id)
    payment = next(one for one in parts if one.ledger_id == row.subject)
    return already.may_be_there(company, payment, on_invoice)


def booked_of(company: Company, ledger_id: str, reference: str, currency: str) -> Money:
    """What of a payment is in the ledger as its booking: on the receivable, or moved off it by somebody."""
    return _among(company, company.ledger.bookings_on(ledger_id), reference, currency)


def _among(company: Company, on_invoice: Sequence[Booking], reference: str, currency: str) -> Money:
    listed = [*on_invoice, *company.ledger.bookings_with_reference(reference)]
    live = {
        one.booking_id: one.applied + one.unapplied
        for one in reversed(listed)  # as the receivable has it, where both know it
        if one.reference.startswith(reference) and one.state is BookingState.LIVE
    }
    return sum((one for one in live.values() if one.currency == currency), Money.zero(currency))


def _decided_anew(company: Company, row: EffectRow, why: str) -> str:
    values, now = json.loads(row.request), company.clock.now()
    if _money(values, "booked").is_positive:
        told = _changed(company, row, values, why)
        company.store.payment_held(
            company.id, values["payment_id"], row.subject, told, now, instead_of=row.key, why=why, verdict="booked"
        )
        return "held"
    verdict = ORDERED if values[ORDERED] else "open"
    company.store.payment_reopened(company.id, values["payment_id"], verdict, now, instead_of=row.key, why=why)
    return "decided anew"


def _changed(company: Company, row: EffectRow, values: Mapping[str, Any], why: str) -> Attention:
    return Attention(
        key=f"{company.id}/credit/{row.key}",
        subject=row.subject,
        happened=f"{company.policy.business}, invoice {values['invoice']}: {what(row)} was due, but {why}; the booking "
        "was changed in the ledger by somebody.",
        not_done="The credit was not booked, and nothing was refunded.",
        command=f"duebird show {row.subject} --company {company.id}",
    )


def look(company: Company, row: EffectRow) -> str:
    """Look for a credit in doubt."""
    found = evidence(company.ledger.entries_with_reference(EntryKind.CREDIT, request_of(row).reference))
    if found is not None and found.live:
        reach(Boundary.FOUND, row.kind)
        finish(company, row, found, "found in the ledger when looked for")
        return "found"
    now = company.clock.now()
    again = look_again(row, row.claimed_at or now, now)
    if again is not None:
        company.store.effects.looked(row.key, again)
        return "not found yet"
    company.store.effects.postpone(row.key, now, now, "not in the ledger after several looks: certainly not done")
    return "planned again"


def finish(company: Company, row: EffectRow, made: Entry, note: str) -> None:
    """Conclude, and tell the owner what was credited to whom."""
    values = json.loads(row.request)
    whole = not _money(values, "booked").is_positive
    company.store.payment_credited(
        company.id,
        row.key,
        values["payment_id"],
        made.entry_id,
        credited(company, row.subject, values, made),
        company.clock.now(),
        note=note,
        whole=whole,
        settles=held_key(company.id, values["payment_id"], values["part"]),
    )
    reach(Boundary.CONCLUDED, row.kind)


def held_key(company_id: str, payment_id: str, part: str) -> str:
    """The item of attention about a payment that no rule may settle; `part`: of one for several, about which."""
    return f"{company_id}/payment/{payment_id}{'/' if part else ''}{part}"


def credited_key(company_id: str, payment_id: str, part: str) -> str:
    """The item of attention that tells of a credit; `part` as above."""
    return f"{company_id}/credited/{payment_id}{'/' if part else ''}{part}"


def credited(company: Company, ledger_id: str, values: Mapping[str, Any], made: Entry) -> Attention:
    """What the owner is told of a credit."""
    payment_id, part, amount = values["payment_id"], values["part"], _money(values, "amount")
    called = _CALLED.get(company.identity.ledger_kind, "a credit in the ledger")
    less = f" It holds {made.amount} there: somebody has changed it." if made.amount != amount else ""
    return Attention(
        key=credited_key(company.id, payment_id, part),
        subject=ledger_id,
        happened=f"{company.policy.business}: of a payment of {_money(values, 'paid')} ({payment_id}) for invoice "
        f"{values['invoice']}, {amount} was more than was owed. It is a credit of {values['customer']} now, {called} "
        f"({made.entry_id}, number {values['reference']}).{less}",
        not_done=f"It was not refunded. To give it back instead, refund {amount} of {payment_id} in the Stripe "
        f"dashboard, and have the credit taken out of the ledger: duebird undo {values['reference']} --company "
        f"{company.id}",
        command=f"duebird show {ledger_id} --company {company.id}",
    )
