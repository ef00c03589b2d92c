"""News of money that went back to its payer: the owner is told, or the booking is reversed where he wants that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from connector.domain.effect import ONCE_MORE, EffectStatus
from connector.domain.money import Money
from connector.domain.refund_entries import away
from connector.domain.reversal import Cause, Course, Standing, standing_of
from connector.domain.settlement import Refunds
from connector.failpoints import Boundary, reach
from connector.flows import refunded, reversal
from connector.flows.company import Company, Counts
from connector.ports.processor import PaymentState
from state.facts import BY_FACTS
from state.names import PAYMENTS_SINCE
from state.store import Attention
from state.tables import EffectRow, HintRow, PaymentRow

_NEWS: Final = {
    "charge.refunded": "money of a payment was given back (a refund, of all or a part of it)",
    "refund.failed": "a refund failed, so its money is in your Stripe account again",
    "charge.dispute.created": "a customer disputes a payment",
    "charge.dispute.closed": "a dispute about a payment was closed",
    "charge.failed": "the bank took a bank debit back after it had succeeded",
}
_DISPUTES: Final = frozenset(("charge.dispute.created", "charge.dispute.closed"))
_SETTLED: Final = "refund.updated"  # one that was on its way has succeeded, or not
# What an event of these kinds names is the payment.
KINDS: Final = frozenset((*_NEWS, _SETTLED))
# Verdicts of a payment that is on its way into the books: its news waits until it is there, or held.
_UNDER_WAY: Final = frozenset({"open", "ordered", "allocated", "crediting"})
STANDS: Final = frozenset({"booked", "credited"})
SOON: Final = timedelta(minutes=2)  # a booking takes a pass or two
REVERSED: Final = "bookings to be reversed"  # so they are counted
LATE: Final = timedelta(hours=1)  # the ledger is away, or said no: a person has been told of that

# The payments are listed once a day; where that fails for so long, news of an unknown payment is let go.
EARLY: Final = timedelta(days=3)

_NO_CHANGE: Final = "Nothing was changed in the ledger."
_NOT_WHOLE: Final = (
    "Nothing was changed in the ledger: only a payment that went back whole is taken out. Enter a refund of {gone} "
    "there, from the clearing account."
)
_ODD: Final = f"{_NO_CHANGE} See in the Stripe dashboard how much it is, and enter it in the ledger by hand."
_ANSWER: Final = "Answer in the Stripe dashboard in time."
_IF_LOST: Final = f"Nothing was changed in the ledger yet. {_ANSWER} If it is lost, the booking is taken out then."
_ONCE_ARRIVED: Final = "Nothing was changed in the ledger yet. Once all of it has arrived, the booking is taken out."
_AGAIN: Final = (
    f"{_NO_CHANGE} Refund it again in the Stripe dashboard; or pay the customer another way, and then: duebird undo "
    "{payment_id} --company {company}"
)
_BY_OTHERS: Final = (
    "Nothing was changed in the ledger: somebody else has made its entry there ({entries}), and Duebird takes out only "
    "its own. Take it out there once all of the money is gone for good, or enter there what went back."
)
_COURSES: Final[dict[Course, tuple[str, str]]] = {
    Course.PART_GONE: ("went back in part: {gone} of it is gone for good", _NOT_WHOLE),
    Course.UNCLEAR: ("went back in another currency than it was paid in", _ODD),
    Course.DISPUTED: ("is disputed by its payer; Stripe holds the money until the bank has decided", _IF_LOST),
    Course.ASKED_ABOUT: ("is asked about by the payer's bank; no money has moved", f"{_NO_CHANGE} {_ANSWER}"),
    Course.ON_ITS_WAY: ("is being given back, and the refund has not arrived yet", _ONCE_ARRIVED),
    Course.REFUND_FAILED: ("was to be given back, which failed or was cancelled: you have the money", _AGAIN),
    Course.DISPUTE_WON: ("was disputed, and you won: the money is yours", _NO_CHANGE),
    Course.DISPUTE_CLOSED: ("was disputed, which has ended without the money going back", _NO_CHANGE),
    Course.STAYS: ("was reported to have gone back, and Stripe says now that it did not", _NO_CHANGE),
}
_WHOLE: Final = "went back whole"
# By whether the bank took it back, after which the booking goes out whatever the setting is.
_AFTER_ANSWER: Final = {
    False: "Once that is answered, your setting refunds is followed for what went back, as for any payment.",
    True: "If the answer is that it is to be booked, the booking is taken out again after that: it was never paid.",
}
_IS_AWAY: Final = frozenset({Course.PART_GONE, Course.DISPUTED, Course.ON_ITS_WAY})
_HELD: Final = "It is not booked, so nothing was changed in the ledger."
_CREDIT_IT: Final = (
    "To have it booked, and then what went back entered: duebird credit {payment_id} --company {company}. Do not enter "
    "it whole by hand."
)


def after_payment(company: Company, hints: Sequence[HintRow], counts: Counts) -> None:
    """Work on the events of one payment. They only say where to look: what Stripe answers now is believed.

    The account may sell in other ways too: their refunds are no business of ours. A dispute is told even so, because
    it has a time limit and the payment may be one of ours that is no longer on record.
    """
    parts = company.queries.payment_parts(company.id, hints[0].object_id)
    if parts and company.policy.refunds is not Refunds.ASK:
        _by_rule(company, hints, parts, counts)
        return
    now = company.clock.now()
    for hint in hints:
        told = _as_news(company, hint, parts[0]) if parts else _of_nobody(company, hint)
        if told is not None and company.store.attend(company.id, told, now):
            counts.add("refunds and disputes")
    early = [] if parts else [one for one in hints if _may_be_early(company, one, now)]
    for hint in early:
        _later(company, hint, hint.received_at, now)
    waiting = {one.event_id for one in early}
    company.store.hints_worked(company.id, [one.event_id for one in hints if one.event_id not in waiting], now)


def _may_be_early(company: Company, hint: HintRow, now: datetime) -> bool:
    """Whether its payment may be one of ours that is read later: events come in any order.

    Not any more once the payments themselves were listed without it. A card that is declined is news of nothing.
    """
    if hint.kind == "charge.failed" or abs(now - hint.received_at) >= EARLY:
        return False
    listing = company.queries.cursor(company.id, PAYMENTS_SINCE)
    return listing is None or listing.moved_at <= hint.received_at


def _later(company: Company, hint: HintRow, since: datetime, now: datetime) -> None:
    wait = SOON if now - since < LATE else LATE
    company.store.hint_later(company.id, hint.event_id, now + wait, None, now)


def _key(company: Company, hint: HintRow) -> str:
    # One item an event: a second refund of the same payment is news, even where the first was settled long ago.
    return f"{company.id}/{hint.kind}/{hint.event_id}"


def _of_nobody(company: Company, hint: HintRow) -> Attention | None:
    if hint.kind not in _DISPUTES:
        return None
    return Attention(
        key=_key(company, hint),
        subject=hint.object_id,
        happened=f"{company.policy.business}: {_NEWS[hint.kind]} ({hint.object_id}). There is no payment on record "
        "here by that id.",
        not_done="Nothing was done about it. If it is for one of your invoices, the ledger does not know of it.",
        command=f"Look at {hint.object_id} in the Stripe dashboard; a dispute must be answered there in time.",
    )


def _as_news(company: Company, hint: HintRow, payment: PaymentRow) -> Attention | None:
    """What the owner is told where nothing is done about it; None where it is no news."""
    if hint.kind == _SETTLED or (hint.kind == "charge.failed" and not _bounced(company, payment)):
        return None
    invoice = company.label(payment.ledger_id)
    amount = Money.from_minor(payment.amount, payment.currency)
    undo = f"duebird undo {payment.payment_id} --company {company.id}"
    adopted = reversal.adopted_of(company.queries, company.id, [payment])
    return Attention(
        key=_key(company, hint),
        subject=invoice,
        happened=f"{company.policy.business}: {_NEWS[hint.kind]}: the one of {amount} for invoice {invoice} "
        f"({payment.payment_id}).",
        not_done=_BY_OTHERS.format(entries=" and ".join(adopted))
        if adopted
        else "Nothing was changed in the ledger for it. See in the Stripe dashboard how much it is, and enter it "
        f"in the ledger by hand; or, where all of it went back, have its booking taken out: {undo}",
        command=f"duebird show {invoice} --company {company.id}",
    )


def _bounced(company: Company, payment: PaymentRow) -> bool:
    """Each card that is declined makes such an event too, also before another card pays the same."""
    may_be = payment.state == PaymentState.SUCCEEDED and payment.method != "card"
    return may_be and company.processor.returned(payment.payment_id).debit_failed


# ------------------------------------------------------------------------------------------------------- by his rule


def _by_rule(company: Company, hints: Sequence[HintRow], parts: Sequence[PaymentRow], counts: Counts) -> None:
    now, ids = company.clock.now(), [one.event_id for one in hints]
    if all(one.kind == "charge.failed" for one in hints) and not _bounced(company, parts[0]):
        company.store.hints_worked(company.id, ids, now)
        return
    if any(one.verdict in _UNDER_WAY and one.state == PaymentState.SUCCEEDED for one in parts):
        _tell_meanwhile(company, hints, parts, counts)
        _put_off(company, hints, counts)
        return
    news = look(company, parts, counts, hints=ids)
    if news.waits:
        _put_off(company, hints, counts)
        return
    for told in _items(company, hints, parts, news):
        counts.add("refunds and disputes", company.store.attend(company.id, told, now))
    company.store.hints_worked(company.id, ids, now)
    for key in sorted(company.queries.told_before(company.id, [_meanwhile_key(company, one) for one in hints])):
        company.store.attention_closed(company.id, key, BY_FACTS, now)


def _tell_meanwhile(company: Company, hints: Sequence[HintRow], parts: Sequence[PaymentRow], counts: Counts) -> None:
    """A payment waits for a person's answer, perhaps for days: its news is told at once, and worked on after that."""
    refused = _refused(company, parts)
    if refused is None:
        return
    keys = [_meanwhile_key(company, one) for one in sorted(hints, key=lambda one: (one.received_at, one.event_id))]
    before = company.queries.told_before(company.id, keys)
    if keys[-1] in before:
        return
    told = _meanwhile(company, parts, refused)
    if told is not None:
        counts.add(
            "refunds and disputes", company.store.attend(company.id, replace(told, key=keys[-1]), company.clock.now())
        )


def _meanwhile_key(company: Company, hint: HintRow) -> str:
    return f"{_key(company, hint)}/meanwhile"


def _refused(company: Company, parts: Sequence[PaymentRow]) -> EffectRow | None:
    """The booking or credit of it about which a person is asked; None where it is on its way."""
    for part in parts:
        for one in company.queries.effects_of(company.id, part.ledger_id):
            mine = one.kind in ONCE_MORE and json.loads(one.request)["payment_id"] == part.payment_id
            if mine and one.status == EffectStatus.REJECTED and part.verdict in _UNDER_WAY:
                return one
    return None


def _meanwhile(company: Company, parts: Sequence[PaymentRow], refused: EffectRow) -> Attention | None:
    """What the owner is told while he is asked about the payment; None where all of it is there."""
    paid, answer = _paid(parts), company.processor.returned(parts[0].payment_id)
    standing = standing_of(paid, answer)
    if standing.course is Course.STAYS:
        return None
    invoice = company.label(refused.subject)
    words = _WHOLE if standing.course is Course.GONE else _COURSES[standing.course][0]
    named = "; ".join(f"{one.cause} {one.object_id}: {one.amount}" for one in away(answer))
    return Attention(
        key="",
        subject=refused.subject,
        happened=f"{company.policy.business}, invoice {invoice}: the payment of {paid} ({parts[0].payment_id}), about "
        f"which you are asked, {words.format(gone=standing.amount)}{f' ({named})' if named else ''}.",
        not_done="Nothing was changed in the ledger: the payment itself waits for your answer, and this after it. "
        f"{_AFTER_ANSWER[standing.cause is Cause.DEBIT]} The item about the payment names your answers.",
        command=f"duebird show {invoice} --company {company.id}",
    )


def _put_off(company: Company, hints: Sequence[HintRow], counts: Counts) -> None:
    now = company.clock.now()
    for hint in hints:
        _later(company, hint, hint.occurred_at, now)
    counts.add("refunds and disputes put off")


def _items(
    company: Company, hints: Sequence[HintRow], parts: Sequence[PaymentRow], news: refunded.News
) -> list[Attention]:
    """What the owner is told of the news, beside what each entry tells when it is made or taken out."""
    told = None if news.silent else _told(company, hints[-1], parts, news.standing)
    found = [told] if told is not None else []
    closed = [one for one in hints if one.kind == "charge.dispute.closed"]
    if closed and news.lost:
        found.append(_lost(company, closed[-1], parts, news.lost))
    return found


def _lost(company: Company, hint: HintRow, parts: Sequence[PaymentRow], lost: Sequence[str]) -> Attention:
    invoice = company.label(parts[0].ledger_id)
    return Attention(
        key=_key(company, hint),
        subject=invoice,
        happened=f"{company.policy.business}, invoice {invoice}: the dispute {', '.join(lost)} about the payment of "
        f"{_paid(parts)} ({parts[0].payment_id}) is lost.",
        not_done="Its entry stays in the ledger as it is, and the invoice stays paid. Whether the customer still owes "
        "you the money is between you.",
        command=f"duebird show {invoice} --company {company.id}",
    )


def look(company: Company, parts: Sequence[PaymentRow], counts: Counts, *, hints: Sequence[str] = ()) -> refunded.News:
    """Ask what went back of a payment, and plan what follows by the owner's rule. `hints` are worked with that."""
    if company.policy.refunds is Refunds.BOOK:
        news = refunded.look(company, parts, counts, hints=hints)
        if news.standing.cause is not Cause.DEBIT:
            return news
    return refunded.News(_reversed_whole(company, parts, counts, hints=hints))


def _reversed_whole(company: Company, parts: Sequence[PaymentRow], counts: Counts, *, hints: Sequence[str]) -> Standing:
    """Ask what went back of a payment, and plan the reversal of all that is booked of it once everything is gone."""
    paid = _paid(parts)
    standing = standing_of(paid, company.processor.returned(parts[0].payment_id))
    entries = reversal.entries_of(company.queries, company.id, parts)
    if standing.course is not Course.GONE or not entries:
        return standing
    cause, by = standing.cause or Cause.REFUND, "the setting refunds"
    wanted = [
        reversal.planned(company.identity, one, cause=cause, object_id=standing.object_id, by=by) for one in entries
    ]
    counts.add(REVERSED, company.store.reversals_planned(company.id, wanted, company.clock.now(), hints=hints))
    for one in wanted:
        reach(Boundary.PLANNED, one.effect.kind)
    return standing


def _paid(parts: Sequence[PaymentRow]) -> Money:
    return Money.from_minor(sum(one.amount for one in parts), parts[0].currency)


def _told(company: Company, hint: HintRow, parts: Sequence[PaymentRow], standing: Standing) -> Attention | None:
    """What the owner is told now: of a reversal he is told once it is made."""
    payment_id, invoice, paid = parts[0].payment_id, company.label(parts[0].ledger_id), _paid(parts)
    booked = any(one.verdict in STANDS for one in parts)
    gone = standing.course is Course.GONE
    adopted = reversal.adopted_of(company.queries, company.id, parts)
    if gone and not adopted and (booked or all(one.verdict == "reversed" for one in parts)):
        return None
    if gone:
        words, then = _WHOLE, "It is not booked, so there was nothing to take out of the ledger."
    else:
        words, then = _COURSES[standing.course]
    if adopted and (gone or standing.course in _IS_AWAY):
        then = _BY_OTHERS.format(entries=" and ".join(adopted))
    elif adopted and standing.course is Course.REFUND_FAILED:
        then = _NO_CHANGE
    if not gone and not booked and any(one.verdict == "reversed" for one in parts):
        then = f"Its booking is out of the ledger. To have it booked again: duebird rebook {payment_id} --company "
        then += company.id
    if not gone and not booked and any(one.verdict == "held" for one in parts):
        then = _of_held(standing.course, company.policy.refunds)
    values = {"gone": standing.amount, "paid": paid, "payment_id": payment_id, "company": company.id}
    return Attention(
        key=_key(company, hint),
        subject=invoice,
        happened=f"{company.policy.business}, invoice {invoice}: the payment of {paid} ({payment_id}) "
        f"{words.format(**values)}.",
        not_done=then.format(**values),
        command=f"duebird show {invoice} --company {company.id}",
    )


def _of_held(course: Course, refunds: Refunds) -> str:
    """What was not done about a payment that waits for a person: no entry of it is there to refund or to take out."""
    words = [_HELD]
    if course in _IS_AWAY and refunds is Refunds.BOOK:
        words.append(_CREDIT_IT)
    elif course in _IS_AWAY or course is Course.UNCLEAR:
        words.append("Do not book it whole.")
    if course in {Course.DISPUTED, Course.ASKED_ABOUT}:
        words.append(_ANSWER)
    return " ".join(words)
