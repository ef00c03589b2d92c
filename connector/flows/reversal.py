"""Take one of our own entries out of the ledger again, once a reason: the owner's word, or money that went back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from connector.domain.effect import OPEN, BooksIdentity, EffectKind, EffectStatus, NewEffect, canonical
from connector.domain.money import Money
from connector.domain.receivable import Receivable, ReceivableState
from connector.domain.records import EntryKind
from connector.domain.reversal import Cause, Course, reversal_key, reversal_reference, standing_of
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import credit, lease
from connector.flows.attempts import Attempt, look_again
from connector.flows.company import Company
from connector.flows.poll import reread
from connector.ports.entries import ReversalManner, ReversalRequest
from connector.ports.ledger import BookingState
from state.books import receivable_of
from state.queries import Queries
from state.reversal_facts import OnceMore
from state.store import Attention, Planned
from state.tables import EffectRow, PaymentRow

_REVERSIBLE: Final = frozenset({EffectKind.BOOK_PAYMENT, EffectKind.BOOK_CREDIT})
_WHY: Final = {
    Cause.REFUND: "all of its payment was given back (refund {object_id})",
    Cause.DISPUTE: "a dispute about its payment was lost ({object_id})",
    Cause.DEBIT: "the bank took its debit back after it had succeeded",
}


# --------------------------------------------------------------------------------------------------------- planning


def entries_of(queries: Queries, company_id: str, parts: Sequence[PaymentRow]) -> list[EffectRow]:
    """What stands in the ledger for a payment by our log: bookings and credits that are done and not reversed."""
    payment_ids = {one.payment_id for one in parts}
    found = []
    for ledger_id in sorted({one.ledger_id for one in parts}):
        effects = queries.effects_of(company_id, ledger_id)
        gone = {json.loads(one.request)["entry_id"] for one in effects if _is_done(one, EffectKind.REVERSE_BOOKING)}
        found += [
            one
            for one in effects
            if _is_done(one, *_REVERSIBLE)
            and one.remote_id not in gone
            and json.loads(one.request)["payment_id"] in payment_ids
        ]
    return found


@dataclass(frozen=True, slots=True)
class Again:
    """A payment whose entries on one receivable are out of the ledger.

    `in_the_way`: a credit of it that stands there, or is on its way into it.
    """

    order: OnceMore
    in_the_way: EffectRow | None


def again_of(queries: Queries, company_id: str, parts: Sequence[PaymentRow]) -> list[Again]:
    """What booking a payment once more comes to, on each of its receivables of which entries are out by our log.

    What is owed may have changed, so that the whole payment is decided about anew. Where its booking stands and only
    its credit is out, that is repeated. A credit that stands beside a booking that is out must go first: nobody could
    decide anew about a payment of which a part is somewhere else.
    """
    seen = [(part, *_begun_and_out(queries, company_id, part)) for part in parts if part.verdict == "reversed"]
    return [_again(company_id, part, begun, out) for part, begun, out in seen if out]


def _begun_and_out(
    queries: Queries, company_id: str, part: PaymentRow
) -> tuple[dict[str, EffectRow], dict[str, list[str]]]:
    """What is or will be booked of it, by key; and of that the keys of what is out, each with its reversals' keys."""
    effects = queries.effects_of(company_id, part.ledger_id)
    mine = [one for one in effects if json.loads(one.request).get("payment_id") == part.payment_id]
    begun = {one.key: one for one in mine if one.kind in _REVERSIBLE and one.status in {*OPEN, EffectStatus.DONE}}
    out: dict[str, list[str]] = {}
    for one in mine:
        values = json.loads(one.request) if _is_done(one, EffectKind.REVERSE_BOOKING) else {}
        booked = begun.get(values["booking"]) if values else None
        if booked is not None and booked.status == EffectStatus.DONE and booked.remote_id == values["entry_id"]:
            out.setdefault(booked.key, []).append(one.key)
    return begun, out


def _again(company_id: str, part: PaymentRow, begun: Mapping[str, EffectRow], out: Mapping[str, list[str]]) -> Again:
    standing = {one.kind: one for key, one in begun.items() if key not in out}
    repeats = EffectKind.BOOK_PAYMENT in standing
    divided = any(
        one.kind == EffectKind.BOOK_CREDIT or json.loads(one.request).get(credit.ORDERED, False)
        for one in begun.values()
    )
    verdict = "booked" if repeats else credit.ORDERED if divided else "open"
    shared = part.ledger_id if part.shared else ""
    order = OnceMore(
        part.payment_id,
        part.ledger_id,
        anew=() if repeats else tuple(out),
        repeated=tuple(out) if repeats else (),
        verdict=verdict,
        settles=tuple(told_key(company_id, key) for reversals in out.values() for key in reversals),
        told_before=(
            credit.held_key(company_id, part.payment_id, shared),
            credit.credited_key(company_id, part.payment_id, shared),
        ),
    )
    return Again(order, standing.get(EffectKind.BOOK_CREDIT))


def _is_done(row: EffectRow, *kinds: EffectKind) -> bool:
    return row.kind in kinds and row.status == EffectStatus.DONE


def planned(
    identity: BooksIdentity,
    booking: EffectRow | NewEffect,
    *,
    cause: Cause,
    object_id: str = "",
    by: str,
    why: str = "",
    entry_id: str | None = None,
) -> Planned:
    """The effect that reverses what `booking` has put into the ledger; it needs nothing but what that has frozen.

    `by`: whose word it is. `object_id`: the refund or dispute that is the reason. `why`: the owner's own words.
    `entry_id`: its id in the ledger, where that is not on record with the booking.
    """
    frozen: Mapping[str, Any] = json.loads(booking.request)
    if entry_id is None:
        entry_id = (booking.remote_id if isinstance(booking, EffectRow) else None) or ""
    reason = entry_id if cause is Cause.UNDO else object_id
    words = (
        _WHY[cause].format(object_id=object_id) if cause in _WHY else f"undone by {by}" + (f": {why}" if why else "")
    )
    amount = Money.of(frozen["amount"], frozen["currency"])
    values: dict[str, object] = {
        "payment_id": frozen["payment_id"],
        "booking": booking.key,
        "kind": EntryKind.PAYMENT if booking.kind == EffectKind.BOOK_PAYMENT else EntryKind.CREDIT,
        "entry_id": entry_id,
        "of_reference": frozen["reference"],
        "customer_id": frozen["customer_id"],
        "amount": str(amount.amount),
        "currency": amount.currency,
        "account_id": frozen["account_id"],
        "booked_on": frozen["booked_on"],
        "reference": reversal_reference(identity, cause, reason, booking.key),
        "note": f"Duebird {frozen['payment_id']} reversed: {words}",
        "cause": cause.value,
        "object_id": object_id,
        "words": words,
    }
    effect = NewEffect(
        reversal_key(identity, cause, reason, booking.key),
        EffectKind.REVERSE_BOOKING,
        booking.subject,
        canonical(values),
        f"the entry {entry_id} of {amount} for {frozen['payment_id']} is to go: {words}",
    )
    return Planned(effect)


def what(row: EffectRow) -> str:
    """What it is about to do, for people."""
    values = json.loads(row.request)
    return f"take the entry {values['entry_id']} of {_amount(values)} ({values['payment_id']}) out of the ledger"


def _amount(values: Mapping[str, Any]) -> Money:
    return Money.of(values["amount"], values["currency"])


# ------------------------------------------------------------------------------------------------------- performing


def request_of(row: EffectRow) -> ReversalRequest:
    """The frozen values of a reversal."""
    values: Mapping[str, Any] = json.loads(row.request)
    return ReversalRequest(
        manner=ReversalManner.VOID,
        booking_id=values["entry_id"],
        ledger_id=row.subject,
        customer_id=values["customer_id"],
        amount=_amount(values),
        account_id=values["account_id"],
        income_account_id=None,
        tax_code=None,
        booked_on=date.fromisoformat(values["booked_on"]),
        reference=values["reference"],
        note=values["note"],
        idempotency_key=f"{row.key}-{row.slot}",
        of_kind=EntryKind(values["kind"]),
        of_reference=values["of_reference"],
    )


def reverse(attempt: Attempt) -> str:
    """Perform a REVERSE_BOOKING effect."""
    company, row = attempt.company, attempt.row
    receivable = reread(company, row.subject)
    reach(Boundary.REREAD, row.kind)
    why = _no_longer(company, row)
    if why:
        return _dropped(company, row, attempt.invoice, why)
    if is_out(company, row):
        company.store.effects.start(row.key, company.clock.now(), company.owner)
        finish(company, row, receivable, "it was out of the ledger already")
        return "adopted"
    reach(Boundary.ASKED, row.kind)
    lease.begin(attempt)
    note = ""
    try:
        company.ledger.reverse(request_of(row))
    except Rejected as refusal:
        if refusal.because is not RejectedBecause.NOT_FOUND:
            raise
        note = "somebody had deleted it"
    reach(Boundary.ANSWERED, row.kind)
    finish(company, row, receivable, note)
    return "done"


def _no_longer(company: Company, row: EffectRow) -> str:
    """Why it is not to be reversed any more: the processor is asked directly before, and says that money is there."""
    values = json.loads(row.request)
    if values["cause"] == Cause.UNDO:
        return ""
    parts = company.queries.payment_parts(company.id, values["payment_id"])
    paid = Money.from_minor(sum(one.amount for one in parts), parts[0].currency)
    standing = standing_of(paid, company.processor.returned(values["payment_id"]))
    if standing.course is Course.GONE:
        return ""
    return f"by now Stripe says that not all of the {paid} is gone for good ({standing.amount} is)"


def is_out(company: Company, row: EffectRow) -> bool:
    """Whether the ledger shows our entry as voided or deleted. One that it does not show at all is read by its id."""
    request = request_of(row)
    if request.of_kind is EntryKind.CREDIT:
        credits_there = company.ledger.entries_with_reference(EntryKind.CREDIT, request.of_reference)
        return any(one.entry_id == request.booking_id and not one.live for one in credits_there)
    listed = company.ledger.bookings_with_reference(request.of_reference)
    return any(one.booking_id == request.booking_id and one.state is BookingState.DELETED for one in listed)


def look(company: Company, row: EffectRow) -> str:
    """Look for a reversal in doubt."""
    if is_out(company, row):
        reach(Boundary.FOUND, row.kind)
        known = company.queries.receivable(company.id, row.subject)
        finish(company, row, receivable_of(known) if known else None, "found done when looked for")
        return "found"
    now = company.clock.now()
    again = look_again(row, row.claimed_at or now, now)
    if again is not None:
        company.store.effects.looked(row.key, again)
        return "not found yet"
    # The next try reads the entry by its id before it does anything: to take back what is gone changes nothing.
    company.store.effects.postpone(row.key, now, now, "it stands in the ledger after two looks: certainly not done")
    return "planned again"


def finish(company: Company, row: EffectRow, receivable: Receivable | None, note: str) -> None:
    """Conclude: the payment is not booked again by itself, and the invoice waits for the owner's word."""
    values = json.loads(row.request)
    company.store.booking_reversed(
        company.id,
        row.key,
        values["payment_id"],
        values["entry_id"],
        told(company.id, company.policy.business, row.subject, receivable, row.key, values),
        company.clock.now(),
        note=note or values["words"],
        holds=may_be_owed(receivable),
    )
    reach(Boundary.CONCLUDED, row.kind)


def may_be_owed(receivable: Receivable | None) -> bool:
    """Whether it may be owed once a booking of it is gone."""
    return receivable is not None and receivable.state not in {ReceivableState.VOIDED, ReceivableState.DELETED}


def told_key(company_id: str, key: str) -> str:
    """The item of attention about a reversal, by the key of its effect."""
    return f"{company_id}/reversed/{key}"


def told(
    company_id: str,
    business: str,
    ledger_id: str,
    receivable: Receivable | None,
    key: str,
    values: Mapping[str, Any],
) -> Attention:
    """What the owner is told of a reversal: what was taken out and why, what waits, and how it is let go on."""
    payment_id, invoice = values["payment_id"], receivable.label if receivable else ledger_id
    what_it_was = "customer's credit" if values["kind"] == EntryKind.CREDIT else "booking"
    owed = (
        f"No reminder of it goes out until you say so: duebird release {invoice} --company {company_id}. "
        if may_be_owed(receivable)
        else ""
    )
    money = (
        "Nothing was refunded, and the payment is not booked again by itself. " if values["cause"] == Cause.UNDO else ""
    )
    return Attention(
        key=told_key(company_id, key),
        subject=ledger_id,
        happened=f"{business}, invoice {invoice}: the {what_it_was} of {_amount(values)} (entry {values['entry_id']}, "
        f"payment {payment_id}) was taken out of the ledger: {values['words']}.",
        not_done=f"{money}{owed}To have it booked again: duebird rebook {payment_id} --company {company_id}.",
        command=f"duebird show {invoice} --company {company_id}",
    )


def _dropped(company: Company, row: EffectRow, invoice: str, why: str) -> str:
    values = json.loads(row.request)
    item = Attention(
        key=f"{company.id}/returned/{row.key}/{row.attempts}",
        subject=row.subject,
        happened=f"{company.policy.business}, invoice {invoice}: {what(row)} was due ({values['words']}), but {why}.",
        not_done="The entry was not taken out.",
        command=f"duebird show {invoice} --company {company.id}",
    )
    company.store.reversal_dropped(company.id, row.key, item, company.clock.now(), why=why)
    return "dropped"
