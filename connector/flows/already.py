"""A payment that somebody else has booked is adopted, or a person is asked; it is not booked a second time.

To adopt is to conclude: nothing is written to the ledger. What is found is noted in the frozen values of the booking,
so that whoever reads them later knows that its entry is not Duebird's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from connector.domain.already import (
    Elsewhere,
    Judgement,
    Match,
    Paid,
    adopted,
    answered,
    judge,
    judge_elsewhere,
    total_of,
    was_asked,
    with_entry,
    with_question,
    with_question_elsewhere,
    without_entry,
)
from connector.domain.calendar import local_day
from connector.domain.effect import EffectKind, EffectStatus, booking_key, canonical
from connector.domain.money import Money
from connector.errors import Rejected, RejectedBecause
from connector.flows.attempts import Attempt
from connector.flows.company import Company
from connector.ports.ledger import Booking, BookingState
from state.facts import Attention
from state.names import REBUILD
from state.recovery_facts import progress_of
from state.tables import EffectRow, PaymentRow

OUTCOME: Final = "booked already by somebody else in the ledger; not booked again"
FEW: Final = 5  # of several alike so many are named, with their commands; `duebird show` names the invoice of all
_CARD: Final = "card"


# ---------------------------------------------------------------------------------------------------------- looking


def may_be_there(company: Company, payment: PaymentRow, listed: Sequence[Booking]) -> bool:
    """Whether an entry by somebody else stands, or may stand, for a payment that no booking is planned for.

    `listed`: those on its receivable. Of a payment for several the others of those are looked at too.
    """
    key, there, out = _key_of(company, payment), _live(listed), ruled_out(company, payment)
    if there and _judged(company, payment, key, there, out).match is not Match.NONE:
        return True
    return _elsewhere(company, payment, out).match is not Match.NONE


def ruled_out(company: Company, payment: PaymentRow) -> Mapping[str, int]:
    """The entries of which a person has said that they do not stand for this payment, with the slot of the question."""
    before = company.store.effects.get(_key_of(company, payment))
    return answered(json.loads(before.request), before.slot) if before is not None else {}


def _key_of(company: Company, payment: PaymentRow) -> str:
    return booking_key(company.identity, payment.payment_id, payment.ledger_id)


def of_booking(attempt: Attempt, listed: Sequence[Booking]) -> Judgement[Booking]:
    """Whether one of the entries listed on its receivable stands for the payment of a booking that is to be made.

    Raises:
        Rejected: the entry that was to stand for it is not there any more, or stands for another payment.
    """
    company, row, there = attempt.company, attempt.row, _live(listed)
    entry_id = adopted(row.request)
    if entry_id:
        found = next((one for one in there if one.booking_id == entry_id), None)
        if found is None or entry_id in _taken(company, row.key, row.subject):
            raise _not_there(attempt, entry_id, taken=found is not None)
        return Judgement(Match.CERTAIN, (found,))
    if not there:
        return Judgement(Match.NONE)
    out = answered(json.loads(row.request), row.slot)
    return _judged(company, _payment_of(company, row), row.key, there, out)


def _elsewhere(company: Company, payment: PaymentRow, out: Mapping[str, int]) -> Judgement[Elsewhere[Booking]]:
    """Whether an entry on another receivable of a payment for several holds the part for this one as well."""
    if not payment.shared:
        return Judgement(Match.NONE)
    found: dict[str, Elsewhere[Booking]] = {}
    taken: set[str] = set()
    for part in company.queries.payment_parts(company.id, payment.payment_id):
        if part.ledger_id == payment.ledger_id:
            continue
        taken |= _taken(company, _key_of(company, part), part.ledger_id)
        for one in _live(company.ledger.bookings_on(part.ledger_id)):
            before = found.get(one.booking_id)
            on, due = (before.on, before.due) if before else ((), Money.zero(part.currency))
            due += Money.from_minor(part.amount, part.currency)
            found[one.booking_id] = Elsewhere(one, (*on, part.ledger_id), due)
    return judge_elsewhere(found.values(), _paid(company, payment), taken=taken, ruled_out=out)


def _payment_of(company: Company, row: EffectRow) -> PaymentRow:
    parts = company.queries.payment_parts(company.id, json.loads(row.request)["payment_id"])
    return next(one for one in parts if one.ledger_id == row.subject)


def _judged(
    company: Company, payment: PaymentRow, key: str, there: Sequence[Booking], out: Mapping[str, int]
) -> Judgement[Booking]:
    taken = _taken(company, key, payment.ledger_id)
    return judge(there, _paid(company, payment), taken=taken, ruled_out=out)


def _live(listed: Sequence[Booking]) -> list[Booking]:
    return [one for one in listed if one.state is BookingState.LIVE]


def _paid(company: Company, payment: PaymentRow) -> Paid:
    """A tool may book a bank debit when it is begun; a card is not charged before it has paid."""
    _, payments, _ = company.queries.owing(company.id, payment.ledger_id)
    others = [one for one in payments if one.payment_id != payment.payment_id]
    names = {payment.payment_id, payment.session_id, payment.link_id}
    shared = {one.link_id for one in others}  # a link that was paid twice names neither payment
    begun = payment.created_at if payment.method != _CARD or payment.paid_at is None else payment.paid_at
    return Paid(
        payment.payment_id,
        frozenset(names - shared),
        frozenset(name for one in others for name in (one.payment_id, one.session_id)),
        Money.from_minor(payment.amount, payment.currency),
        begun,
        local_day(begun, company.policy.zone),
        _whole(company, payment) if payment.shared else None,
    )


def _whole(company: Company, payment: PaymentRow) -> Money:
    """A payment for several receivables, all of it."""
    parts = company.queries.payment_parts(company.id, payment.payment_id)
    return Money.from_minor(sum(one.amount for one in parts), payment.currency)


def _taken(company: Company, key: str, ledger_id: str) -> set[str]:
    """Entries on a receivable that stand for another payment: one stands for one payment only."""
    return {
        one.remote_id
        for one in company.store.effects.of_subjects(company.id, [ledger_id])
        if one.kind == EffectKind.BOOK_PAYMENT and one.status == EffectStatus.DONE and one.key != key and one.remote_id
    }


def _not_there(attempt: Attempt, entry_id: str, *, taken: bool) -> Rejected:
    company, row = attempt.company, attempt.row
    company.store.effects.start(row.key, company.clock.now(), company.owner)
    why = "stands for another payment already" if taken else "is not on the invoice any more"
    return Rejected(
        f"The entry {entry_id}, which was to stand for this payment, {why}.",
        because=RejectedBecause.BUSINESS_RULE,
        advice="To have the payment looked at anew, and booked where nothing stands for it, order it with the command "
        "below.",
    )


# --------------------------------------------------------------------------------------------------------- adopting


def noted(company: Company, row: EffectRow, found: Booking) -> EffectRow:
    """Note that this entry stands for the payment, before that is concluded; the same again changes nothing."""
    if adopted(row.request) == found.booking_id:
        return row
    request = canonical(with_entry(json.loads(row.request), found.booking_id))
    why = f"the entry {found.booking_id} by somebody else names this payment"
    return company.store.entry_recognised(row.key, request, company.clock.now(), why=why)


def may_thank(company: Company, row: EffectRow) -> bool:
    """Whether nobody can have been thanked for it: a life of the memory before the last recovery may have."""
    rebuilt = progress_of(company.queries.cursor(company.id, REBUILD))
    return rebuilt is None or rebuilt.begun_at < _payment_of(company, row).created_at


def rest_follows(row: EffectRow, found: Booking) -> bool:
    """Whether what the receivable did not take is still to be the customer's credit: the entry leaves just that out."""
    values = json.loads(row.request)
    return found.applied + found.unapplied == Money.of(values["amount"], values["currency"])


def unlike(company: Company, row: EffectRow, found: Booking) -> tuple[Attention, ...]:
    """What a person must know of an adopted entry that is over another amount, or whose money is in another account."""
    told, payment = [], _payment_of(company, row)
    paid, there = Money.from_minor(payment.amount, payment.currency), found.applied + found.unapplied
    if there != paid and not rest_follows(row, found):
        of_it = f"{paid} of what was paid is for this invoice" if payment.shared else f"{paid} was paid"
        happened = f"is over {there} here, and {of_it}"
        told.append(_told(company, row, found, "unapplied", happened, "See that all of it is in the books, and once"))
    if found.account_id is not None and found.account_id != company.policy.payment_account_id:
        happened = "is in another account than the one in which Duebird books what Stripe takes"
        told.append(
            _told(company, row, found, "elsewhere", happened, "Move it to that account if it is Stripe's money")
        )
    return tuple(told)


def _told(company: Company, row: EffectRow, found: Booking, key: str, happened: str, do: str) -> Attention:
    payment_id = json.loads(row.request)["payment_id"]
    return Attention(
        key=f"{company.id}/{key}/{found.booking_id}",
        subject=row.subject,
        happened=f"{company.policy.business}: the entry {found.booking_id}, by which somebody else has booked the "
        f"payment {payment_id}, {happened}.",
        not_done=f"Duebird changes no entry of somebody else's. {do}.",
        command=f"duebird show {row.subject} --company {company.id}",
    )


# ----------------------------------------------------------------------------------------------------------- asking


def question(attempt: Attempt, found: Sequence[Booking]) -> Rejected:
    """Note what is asked about, and what a person must say of it, with both ways on."""
    company = attempt.company
    values = with_question(json.loads(attempt.row.request), found, attempt.row.slot)
    payment = _payment_of(company, attempt.row)
    paid = Money.from_minor(payment.amount, payment.currency)
    why = "a person is asked whether somebody else has booked it"
    row = company.store.entry_recognised(attempt.row.key, canonical(values), company.clock.now(), why=why)
    company.store.effects.start(row.key, company.clock.now(), company.owner)
    several = len(found) > 1
    shown = "; ".join(_named(one) for one in found[:FEW])
    ways = "; ".join(
        f"duebird retry {row.key} --already-booked {one.booking_id} --company {company.id}" for one in found[:FEW]
    )
    return Rejected(
        f"The payment {values['payment_id']} of {paid} may be in the ledger already, by somebody else: {shown}.",
        because=RejectedBecause.BUSINESS_RULE,
        advice=f"If it is {'one of these entries' if several else 'that entry'}: {ways} If "
        f"{'they are' if several else 'it is'} another matter, have it booked all the same with the command below.",
    )


def question_elsewhere(attempt: Attempt) -> Rejected | None:
    """What a person must put right, or say, of a part that an entry on another invoice of its payment holds.

    None where there is no such entry. What was found is noted as above.
    """
    company, row = attempt.company, attempt.row
    values, payment = json.loads(row.request), _payment_of(company, row)
    judged = _elsewhere(company, payment, answered(values, row.slot))
    if judged.match is Match.NONE:
        return None
    asked = with_question_elsewhere(values, [one.entry for one in judged.entries], row.slot)
    why = "a person is asked whether somebody else has booked it with another invoice"
    noted_row = company.store.entry_recognised(row.key, canonical(asked), company.clock.now(), why=why)
    company.store.effects.start(noted_row.key, company.clock.now(), company.owner)
    part, invoice = Money.from_minor(payment.amount, payment.currency), attempt.invoice
    shown = "; ".join(_named_elsewhere(company, one) for one in judged.entries[:FEW])
    certain = judged.match is Match.CERTAIN
    return Rejected(
        f"The payment {payment.payment_id} of {_whole(company, payment)} for several invoices "
        f"{'stands' if certain else 'may stand'} in the ledger already, by somebody else: {shown}. Its part of {part} "
        f"for invoice {invoice} is not booked.",
        because=RejectedBecause.BUSINESS_RULE,
        advice=f"In the ledger, put {part} of it on invoice {invoice}, or enter each part on its own invoice, with "
        f"{payment.payment_id} as its reference. {_MENDED if certain else _OTHER}",
    )


_MENDED: Final = (
    "Or, if it is not that money, make that entry smaller or take the payment's id out of it. Then have it looked at "
    "anew with the command below; as long as the entry is as it is, nothing is booked."
)
_OTHER: Final = (
    "Then have it looked at anew with the command below. If that entry is another matter, the same command has the "
    "part booked."
)


def _named_elsewhere(company: Company, found: Elsewhere[Booking]) -> str:
    labels = " and ".join(company.label(one) for one in found.on)
    return f"{_named(found.entry)}, on invoice {labels}, {total_of(found.entry)} in all"


def _named(entry: Booking) -> str:
    said = " ".join(f"{entry.reference} {entry.note}".split())
    return f"entry {entry.booking_id} of {entry.applied}, {entry.booked_on}, {said or 'without a reference'}"


def said_of(row: EffectRow, entry_id: str | None) -> str | None:
    """The frozen values of a refused effect once a person orders it anew: `entry_id` stands for its payment, or none.

    None where they stay as they are.
    """
    values: dict[str, Any] = json.loads(row.request)
    if entry_id is not None:
        return canonical(with_entry(values, entry_id))
    refused = row.status == EffectStatus.REJECTED
    return canonical(without_entry(values)) if refused and adopted(row.request) else None


def may_be_answered(row: EffectRow, entry_id: str) -> bool:
    """Whether a person was asked about that entry, and the answer is still due."""
    return row.status == EffectStatus.REJECTED and was_asked(json.loads(row.request), entry_id)
