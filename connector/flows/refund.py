"""Enter what went back of a payment, a refund or a dispute, as an entry of its own, once; the invoice stays paid."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from connector.domain.already import is_by_others
from connector.domain.calendar import local_day
from connector.domain.effect import EffectKind, NewEffect, canonical
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.refund_entries import Away, Piece, away, entry_reference, refund_key
from connector.domain.reversal import Cause
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import by_others, closed, exchange, lease, reversal
from connector.flows.attempts import Attempt, look_again
from connector.flows.company import Company
from connector.flows.credit import booked_of
from connector.ports.entries import Entry, ReversalManner, ReversalRequest
from state.store import Attention, Planned
from state.tables import EffectRow

_THEIRS: Final = "of_others"  # frozen with an entry that is taken from one by somebody else
AGAIN: Final = "again"  # frozen with one that is not the first of its refund or dispute: how many were before it
CALLED: Final = {Cause.REFUND: "refund", Cause.DISPUTE: "dispute"}


# --------------------------------------------------------------------------------------------------------- planning


def planned(
    company: Company, booking: EffectRow, each: Away, piece: Piece, before: Money | None = None, again: int = 0
) -> Planned:
    """The effect that enters `piece` of a refund or dispute, out of what `booking` has put into the ledger.

    `before`: how much of the same refund or dispute its earlier entries are over; None where that is not asked any
    more, of one that stands. `again`: how often an entry of it was taken out before.
    """
    frozen: Mapping[str, Any] = json.loads(booking.request)
    payment_id, called = frozen["payment_id"], CALLED[each.cause]
    values: dict[str, object] = {
        "payment_id": payment_id,
        "object_id": each.object_id,
        "cause": each.cause.value,
        "booking": booking.key,
        "kind": EntryKind.PAYMENT if booking.kind == EffectKind.BOOK_PAYMENT else EntryKind.CREDIT,
        "entry_id": booking.remote_id or "",
        "of_reference": piece.of_reference,
        "customer_id": frozen["customer_id"],
        "amount": str(piece.amount.amount),
        "currency": piece.amount.currency,
        "before": str(before.amount) if before is not None else "0",
        "exchange_rate": None,
        "booked_on": local_day(each.since, company.policy.zone).isoformat(),
        "account_id": company.policy.payment_account_id or "",
        "income_account_id": company.policy.refund_account_id,
        "tax_code": company.policy.refund_tax_code,
        "reference": entry_reference(
            company.identity, payment_id, each.cause, each.object_id, piece.of_reference, again
        ),
        "note": f"Duebird {payment_id} {called} {each.object_id}",
    }
    if is_by_others(booking.request, booking.remote_id):
        values[_THEIRS] = True
    if again:
        values[AGAIN] = again
    key = refund_key(company.identity, each.object_id, piece.of_reference, again)
    why = f"{piece.amount} of {payment_id} left the Stripe account ({called} {each.object_id})"
    return Planned(NewEffect(key, EffectKind.BOOK_REFUND, booking.subject, canonical(values), why))


def what(row: EffectRow) -> str:
    """What it is about to do, for people."""
    values = json.loads(row.request)
    called = CALLED[Cause(values["cause"])]
    return f"enter the {called} {values['object_id']} of {_amount(values)} of the payment {values['payment_id']}"


def _amount(values: Mapping[str, Any]) -> Money:
    return Money.of(values["amount"], values["currency"])


# ------------------------------------------------------------------------------------------------------- performing


def request_of(row: EffectRow) -> ReversalRequest:
    """The frozen values of a refund's entry."""
    values: Mapping[str, Any] = json.loads(row.request)
    return ReversalRequest(
        manner=ReversalManner.REFUND,
        booking_id=values["entry_id"],
        ledger_id=row.subject,
        customer_id=values["customer_id"],
        amount=_amount(values),
        account_id=values["account_id"],
        income_account_id=values["income_account_id"],
        tax_code=values["tax_code"],
        booked_on=date.fromisoformat(values["booked_on"]),
        reference=values["reference"],
        note=values["note"],
        idempotency_key=f"{row.key}-{row.slot}",
        of_kind=EntryKind(values["kind"]),
        of_reference=values["of_reference"],
        exchange_rate=exchange.frozen_rate(values),
    )


def book_refund(attempt: Attempt) -> str:
    """Perform a BOOK_REFUND effect.

    What was begun is finished, even where the money came back meanwhile: a part of it may stand, and only what is
    whole can be taken out again. That is planned with the conclusion. What was refused and is tried anew is not: days
    may lie between, and what it is taken from may be out by now.
    """
    company, row = attempt.company, attempt.row
    came_back = is_back(company, row)
    reach(Boundary.REREAD, row.kind)
    found = evidence(company.ledger.entries_with_reference(EntryKind.REVERSAL, request_of(row).reference))
    if found is not None and (found.live or not row.slot):
        return _adopt(attempt, found, came_back=came_back)
    why = "" if row.attempts and not row.slot else _no_longer(company, row, came_back=came_back)
    if why:
        return _dropped(attempt, why)
    reach(Boundary.ASKED, row.kind)
    return _write(attempt, came_back=came_back)


def _write(attempt: Attempt, *, came_back: bool) -> str:
    """Make the entry, at a rate and on a day that are on record."""
    company, rated = attempt.company, exchange.at_processors_rate(attempt)
    if rated is None:
        return "postponed"
    row = closed.in_open_period(rated)
    lease.begin(rated)
    try:
        made = company.ledger.reverse(request_of(row))
    except Rejected as refusal:
        return closed.refused(rated, row, refusal)
    reach(Boundary.ANSWERED, row.kind)
    if not made.live:
        raise _deleted_by_somebody(made)  # the ledger repeated the answer of an entry that is gone by now
    finish(company, row, made, "", came_back=came_back)
    return "done"


def is_back(company: Company, row: EffectRow) -> bool:
    """Whether the processor, asked now, has the money of that refund or dispute again."""
    values = json.loads(row.request)
    gone = away(company.processor.returned(values["payment_id"]))
    return all(one.object_id != values["object_id"] for one in gone)


def evidence(entries: Sequence[Entry]) -> Entry | None:
    """Our entry among those of its reference, a live one first; a booking that was voided for its refund is none."""
    own = [one for one in entries if one.amount.is_positive]
    return min(own, key=lambda one: not one.live, default=None)


def _adopt(attempt: Attempt, found: Entry, *, came_back: bool) -> str:
    company, row = attempt.company, attempt.row
    company.store.effects.start(row.key, company.clock.now(), company.owner)
    if not found.live:
        raise _deleted_by_somebody(found)
    finish(company, row, found, "found in the ledger; not entered again", came_back=came_back)
    return "adopted"


def _deleted_by_somebody(found: Entry) -> Rejected:
    return Rejected(
        f"The entry {found.entry_id} was deleted in the ledger by somebody.",
        because=RejectedBecause.BUSINESS_RULE,
        advice="Duebird does not enter again what a person has deleted. Enter it by hand if it was a mistake.",
    )


def _no_longer(company: Company, row: EffectRow, *, came_back: bool) -> str:
    """Why it is not to be entered any more: the money is there again, or what it was taken from is not in the books."""
    if came_back:
        return "by now Stripe says that the money is in your account"
    request = request_of(row)
    if json.loads(row.request).get(_THEIRS, False):
        return by_others.fault_of(company, row)
    if request.of_kind is EntryKind.CREDIT:
        listed = company.ledger.entries_with_reference(EntryKind.CREDIT, request.of_reference)
        out = bool(listed) and not any(one.live for one in listed)  # one that is not listed at all may be young
    else:
        there = booked_of(company, row.subject, request.of_reference, request.amount.currency)
        out = not there.is_positive
    return "somebody has taken the payment itself out of the ledger" if out else ""


def _dropped(attempt: Attempt, why: str) -> str:
    company, row = attempt.company, attempt.row
    item = Attention(
        key=f"{company.id}/refund-dropped/{row.key}",
        subject=row.subject,
        happened=f"{company.policy.business}, invoice {attempt.invoice}: it was due to {what(row)}, but {why}.",
        not_done="It was not entered. Look whether the clearing account is right without it.",
        command=f"duebird reconcile {company.id}",
    )
    company.store.reversal_dropped(company.id, row.key, item, company.clock.now(), why=why)
    return "dropped"


def look(company: Company, row: EffectRow) -> str:
    """Look for one in doubt."""
    found = evidence(company.ledger.entries_with_reference(EntryKind.REVERSAL, request_of(row).reference))
    if found is not None and found.live:
        reach(Boundary.FOUND, row.kind)
        finish(company, row, found, "found in the ledger when looked for", came_back=is_back(company, row))
        return "found"
    now = company.clock.now()
    again = look_again(row, row.claimed_at or now, now)
    if again is not None:
        company.store.effects.looked(row.key, again)
        return "not found yet"
    company.store.effects.postpone(row.key, now, now, "not in the ledger after several looks: certainly not whole")
    return "planned again"


def finish(company: Company, row: EffectRow, made: Entry, note: str, *, came_back: bool) -> None:
    """Conclude, tell the owner, and order it out again where its money came back meanwhile."""
    values = json.loads(row.request)
    follow = [out_again(company, row, made.entry_id)] if came_back else []
    told = entered(company, row.subject, values, made)
    company.store.refund_entered(
        company.id, row.key, made.entry_id, told, company.clock.now(), note=note, follow=follow
    )
    reach(Boundary.CONCLUDED, row.kind)


def out_again(company: Company, row: EffectRow, entry_id: str | None = None) -> Planned:
    """The reversal of a refund's entry whose money came back."""
    object_id = json.loads(row.request)["object_id"]
    return reversal.planned(
        company.identity, row, cause=Cause.CAME_BACK, object_id=object_id, by="Stripe", entry_id=entry_id
    )


def entered(company: Company, ledger_id: str, values: Mapping[str, Any], made: Entry) -> Attention:
    """What the owner is told of an entry that was made."""
    invoice = company.label(ledger_id)
    amount, dispute = _amount(values), values["cause"] == Cause.DISPUTE
    less = f" It holds {made.amount} there: somebody has changed it." if made.amount != amount else ""
    answer = (
        "Answer the dispute in the Stripe dashboard in time; if you win it, the entry is taken out again. "
        if dispute
        else ""
    )
    return Attention(
        key=reversal.entered_key(company.id, values["reference"]),
        subject=ledger_id,
        happened=f"{company.policy.business}, invoice {invoice}: {amount} of the payment {values['payment_id']} left "
        f"your Stripe account ({CALLED[Cause(values['cause'])]} {values['object_id']}), and is entered in the ledger "
        f"as entry {made.entry_id}, number {values['reference']}.{less}",
        not_done=f"{answer}Duebird refunded nothing itself. The invoice stays paid, and gets no reminder. To have the "
        f"entry taken out: duebird undo {values['reference']} --company {company.id}",
        command=f"duebird show {invoice} --company {company.id}",
    )
