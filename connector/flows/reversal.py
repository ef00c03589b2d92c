"""Take one of our own entries out of the ledger again, once a reason: the owner's word, or money that went back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from connector.domain.already import is_by_others
from connector.domain.effect import OPEN, BooksIdentity, EffectKind, EffectStatus, NewEffect, canonical
from connector.domain.money import Money
from connector.domain.receivable import Receivable, ReceivableState
from connector.domain.records import EntryKind
from connector.domain.refund_entries import away
from connector.domain.reversal import Cause, Course, reversal_key, reversal_reference, standing_of
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import exchange_left, lease
from connector.flows.attempts import Attempt, look_again
from connector.flows.company import Company
from connector.flows.poll import reread
from connector.ports.entries import ReversalManner, ReversalRequest
from connector.ports.ledger import BookingState
from state.books import receivable_of
from state.queries import Queries
from state.store import Attention, Planned
from state.tables import EffectRow, PaymentRow

_KINDS: Final = {
    EffectKind.BOOK_PAYMENT: EntryKind.PAYMENT,
    EffectKind.BOOK_CREDIT: EntryKind.CREDIT,
    EffectKind.BOOK_REFUND: EntryKind.REVERSAL,
}
_BY: Final = "the owner, with its booking"
_WAIT: Final = timedelta(minutes=1)  # for a refund's entry that goes first: a pass or two
_WHY: Final = {
    Cause.REFUND: "all of its payment was given back (refund {object_id})",
    Cause.DISPUTE: "a dispute about its payment was lost ({object_id})",
    Cause.CAME_BACK: "its money came back ({object_id})",
    Cause.DEBIT: "the bank took its debit back after it had succeeded",
}


# --------------------------------------------------------------------------------------------------------- planning


def entries_of(queries: Queries, company_id: str, parts: Sequence[PaymentRow]) -> list[EffectRow]:
    """What of ours stands in the ledger for a payment by our log: done and not reversed, also what went back of it."""
    return [one for one in _standing(queries, company_id, parts) if not is_by_others(one.request, one.remote_id)]


def adopted_of(queries: Queries, company_id: str, parts: Sequence[PaymentRow]) -> list[str]:
    """Ids of entries by somebody else that stand for a payment: they are not Duebird's to take out."""
    return [one.remote_id or "" for one in adopted_rows(queries, company_id, parts)]


def adopted_rows(queries: Queries, company_id: str, parts: Sequence[PaymentRow]) -> list[EffectRow]:
    """The bookings for which such an entry stands."""
    standing = _standing(queries, company_id, parts)
    return [one for one in standing if is_by_others(one.request, one.remote_id)]


def _standing(queries: Queries, company_id: str, parts: Sequence[PaymentRow]) -> list[EffectRow]:
    payment_ids = {one.payment_id for one in parts}
    found = []
    for ledger_id in sorted({one.ledger_id for one in parts}):
        effects = queries.effects_of(company_id, ledger_id)
        gone = {json.loads(one.request)["entry_id"] for one in effects if is_done(one, EffectKind.REVERSE_BOOKING)}
        found += [
            one
            for one in effects
            if is_done(one, *_KINDS)
            and one.remote_id not in gone
            and json.loads(one.request)["payment_id"] in payment_ids
        ]
    return found


def is_done(row: EffectRow, *kinds: EffectKind) -> bool:
    """Whether it is of one of those kinds, and done."""
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
        "kind": _KINDS[EffectKind(booking.kind)],
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
    first = _refunds_go_first(company, row)
    if first:
        now = company.clock.now()
        again = max(now + _WAIT, min(one.due_at for one in first))
        company.store.effects.postpone(row.key, again, now, "what was entered of its refunds is taken out first")
        return "postponed"
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
    _check_open(company, row)
    attempt = exchange_left.remembered(attempt)
    row = attempt.row
    lease.begin(attempt)
    note = ""
    try:
        _take_out(company, row)
    except Rejected as refusal:
        if refusal.because is not RejectedBecause.NOT_FOUND:
            raise
        note = "somebody had deleted it"
    reach(Boundary.ANSWERED, row.kind)
    finish(company, row, receivable, note)
    return "done"


def _take_out(company: Company, row: EffectRow) -> None:
    request = request_of(row)
    if request.of_kind is EntryKind.REVERSAL:
        company.ledger.take_back(EntryKind.REVERSAL, request.booking_id, request.note)
    else:
        company.ledger.reverse(request)


def _refunds_go_first(company: Company, row: EffectRow) -> Sequence[EffectRow]:
    """What to wait for: what was entered of refunds of a booking or credit goes out of the ledger before that does.

    Alone it would take money out of the clearing account that never came in. It is ordered here, for the same reason;
    where the ledger will not let go of it, a person has been told, and the rest goes on.
    """
    values = json.loads(row.request)
    effects = company.queries.effects_of(company.id, row.subject)
    gone = {json.loads(one.request)["entry_id"] for one in effects if is_done(one, EffectKind.REVERSE_BOOKING)}
    refunds = [
        one
        for one in effects
        if one.kind == EffectKind.BOOK_REFUND
        and one.remote_id not in gone
        and json.loads(one.request)["booking"] == values["booking"]
    ]
    entering = [one for one in refunds if one.status in OPEN]
    if entering or not refunds:
        return entering
    wanted = [
        planned(company.identity, one, cause=Cause(values["cause"]), object_id=values["object_id"], by=_BY)
        for one in refunds
        if one.status == EffectStatus.DONE
    ]
    company.store.reversals_planned(company.id, wanted, company.clock.now())
    known = [company.queries.effect(company.id, one.effect.key) for one in wanted]
    return [one for one in known if one is not None and one.status in OPEN]


def _check_open(company: Company, row: EffectRow) -> None:
    """What stands in a closed period stays: its money came back on a later day, and belongs there.

    It is begun first, so that the refusal is the end of it, as one by the ledger is: what waits for it goes on.

    Raises:
        Rejected: it stands there.
    """
    request = request_of(row)
    if request.of_kind is not EntryKind.REVERSAL:
        return  # the ledger itself refuses that
    closed_through = company.ledger.profile().closed_through
    if closed_through is not None and request.booked_on <= closed_through:
        company.store.effects.start(row.key, company.clock.now(), company.owner)
        raise Rejected(
            f"It stands on {request.booked_on}, and the books are closed through {closed_through}.",
            because=RejectedBecause.CLOSED_PERIOD,
            advice=f"Enter {request.amount} by hand on an open day, into the clearing account; or open the books and "
            "order it with the command below.",
        )


def _no_longer(company: Company, row: EffectRow) -> str:
    """Why it is not to be reversed any more: the processor is asked directly before, and says that money is there."""
    values = json.loads(row.request)
    if values["cause"] == Cause.UNDO:
        return ""
    if values["cause"] == Cause.CAME_BACK:
        gone = away(company.processor.returned(values["payment_id"]))
        is_gone = any(one.object_id == values["object_id"] for one in gone)
        return f"by now Stripe says that the money of {values['object_id']} is not in your account" if is_gone else ""
    parts = company.queries.payment_parts(company.id, values["payment_id"])
    paid = Money.from_minor(sum(one.amount for one in parts), parts[0].currency)
    standing = standing_of(paid, company.processor.returned(values["payment_id"]))
    if standing.course is Course.GONE:
        return ""
    return f"by now Stripe says that not all of the {paid} is gone for good ({standing.amount} is)"


def is_out(company: Company, row: EffectRow) -> bool:
    """Whether the ledger shows our entry as voided or deleted. One that it does not show at all is read by its id.

    A refund's entry may be of two halves, of which one is out: only to take it out again tells that both are.
    """
    request = request_of(row)
    if request.of_kind is EntryKind.REVERSAL:
        return False
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
    if values["kind"] == EntryKind.REVERSAL:
        item = refund_told(company.id, company.policy.business, row.subject, receivable, row.key, values)
        now, note = company.clock.now(), note or values["words"]
        before = entered_key(company.id, values["of_reference"])
        company.store.refund_taken_out(
            company.id, row.key, values["entry_id"], item, now, note=note, told_before=before
        )
        reach(Boundary.CONCLUDED, row.kind)
        return
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


def entered_key(company_id: str, reference: str) -> str:
    """The item of attention about an entry of money that went back, by the reference the entry carries."""
    return f"{company_id}/refund-entered/{reference}"


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


def refund_told(
    company_id: str,
    business: str,
    ledger_id: str,
    receivable: Receivable | None,
    key: str,
    values: Mapping[str, Any],
) -> Attention:
    """What the owner is told when an entry of money that went back is out of the ledger again."""
    invoice = receivable.label if receivable else ledger_id
    undone = values["cause"] == Cause.UNDO
    money = "It is not entered again by itself; where the money is not at Stripe, enter it by hand. " if undone else ""
    return Attention(
        key=told_key(company_id, key),
        subject=ledger_id,
        happened=f"{business}, invoice {invoice}: the entry of {_amount(values)} for money that went back (entry "
        f"{values['entry_id']}, payment {values['payment_id']}) was taken out of the ledger: {values['words']}.",
        not_done=f"{money}Duebird moved no money. The payment's own booking was not touched by this.",
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
