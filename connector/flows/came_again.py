"""Foreign money that went back and came again while no entry of that stood in the ledger: what that has left.

A refund may fail, or a dispute be won, before its entry is made, or where the owner's rule makes none. Then nothing is
taken out of the ledger that would leave a difference of exchange, and the processor gained or lost by it all the same.
It is entered where such money is Duebird's to enter, and told where its owner enters it himself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from connector.domain.balance import BalanceChange, DisputeState, RefundState
from connector.domain.calendar import local_day
from connector.domain.effect import OPEN, EffectKind, EffectStatus, NewEffect, booking_reference, canonical
from connector.domain.exchange import PATIENCE
from connector.domain.exchange_difference import (
    came_again_key,
    came_again_note,
    changes_of,
    exchange_reference,
    is_difference,
    named_in,
    netted,
)
from connector.domain.money import Money
from connector.domain.reversal import Cause
from connector.domain.settlement import Refunds
from connector.errors import Rejected
from connector.flows.cash_terms import terms
from connector.flows.company import Cash, Company
from connector.flows.refund import CALLED
from connector.flows.refunded import begun
from connector.flows.reversal import adopted_of
from state.names import LONG_AGO, REBUILD
from state.recovery_facts import progress_of
from state.store import Attention
from state.tables import EffectRow, PaymentRow

MOST: Final = 500  # news in a look, with three calls a payment at most; the rest is there in the next, an hour later
_FAILED: Final = frozenset({RefundState.FAILED, RefundState.CANCELLED})
_ALL_GONE: Final = frozenset({Cause.REFUND, Cause.DISPUTE})
_BY_RULE: Final = "{left} are left by that, and by your setting refunds such money is yours to enter"
_BY_OTHERS: Final = "{left} are left by that, and somebody else has booked the payment"
_BEFORE: Final = "{left} are left by that, and it left before the first day from which such money is entered"
_SINCE_OUT: Final = (
    "the payment itself was out of the ledger when {again} came again: booked once more, it is at the rate at which it "
    "was paid"
)
_MAY_BE: Final = "{left} are left by that, and an entry in the ledger of before a recovery may be just that difference"
_UNSAID: Final = "Stripe has not said within a day at which rates, or an entry of it is still under way"


@dataclass(slots=True)
class Found:
    """What the news of one look has come to. `waiting`: times from which on news must be looked at again."""

    wanted: list[NewEffect] = field(default_factory=list)
    told: list[Attention] = field(default_factory=list)
    waiting: list[datetime] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A refund that failed, or a dispute that was won. `of_part`: it was over less than all of the payment."""

    object_id: str
    cause: Cause
    amount: Money
    of_part: bool

    @property
    def words(self) -> str:
        """What it is called, with its id."""
        return f"{CALLED[self.cause]} {self.object_id}"


@dataclass(frozen=True, slots=True)
class _Left:
    """What it has left, by the changes through which it went and came again."""

    of: _Ended
    changes: Sequence[BalanceChange]
    amount: Money

    @property
    def went_at(self) -> datetime:
        """When it left first."""
        return self.changes[0].created_at

    @property
    def came_at(self) -> datetime:
        """When it came again, for good as far as is known."""
        return self.changes[-1].created_at


def look(company: Company, cash: Cash, since: datetime, now: datetime) -> Found:
    """Look at what was heard from `since` on of money that had come again, or may have; as much as a look may take.

    Raises:
        DuebirdError: the processor could not be asked.
    """
    found = Found()
    news = company.queries.heard_again(company.id, since, now, MOST)
    heard = {one.object_id: one.worked_at or now for one in news}
    if len(news) == MOST:
        found.waiting.append(max(*heard.values(), since + timedelta.resolution))
    for payment_id, at in sorted(heard.items()):
        parts = company.queries.payment_parts(company.id, payment_id)
        if parts and parts[0].currency != cash.currency:
            _look_at(company, cash, parts, found, at)
    return found


def _look_at(company: Company, cash: Cash, parts: Sequence[PaymentRow], found: Found, at: datetime) -> None:
    log = _Log.of(company, parts)
    ended = [one for one in _ended(company, parts) if not log.has_entry(one.object_id)]
    changes = _changes(cash, parts[0].payment_id) if ended else ()
    for one in ended:
        own = changes_of(changes or (), one.object_id)
        left = None if changes is None or log.under_way(one.object_id) else netted(own, cash.currency)
        if left is not None and left.amount:
            _settle(company, cash, parts, found, log, _Left(one, own, left))
        elif left is None and company.clock.now() - at < PATIENCE:
            found.waiting.append(at)
        elif left is None:
            found.told.append(_told(company, parts[0], one, _UNSAID))


def _settle(company: Company, cash: Cash, parts: Sequence[PaymentRow], found: Found, log: _Log, left: _Left) -> None:
    """Whether it is to be entered, or told, or stands already."""
    why = _why_not(company, parts, left, log)
    if left.came_at <= log.known_since:
        mine, nameless = _standing(company, cash, parts[0].payment_id, left)
        if left.amount in {*mine, sum(mine, Money.zero(cash.currency))}:
            return
        why = _MAY_BE if mine or nameless else why
    if why:
        words = why.format(left=left.amount, again=left.changes[-1].amount)
        found.told.append(_told(company, parts[0], left.of, words))
    else:
        found.wanted.append(_effect(company, cash, parts[0], left))


def _standing(company: Company, cash: Cash, payment_id: str, left: _Left) -> tuple[list[Money], bool]:
    """Differences of that payment that stand in the ledger, and whether there are any that name no payment.

    A memory that was lost may have known of an entry that was taken out, and of which no ledger tells any more.
    """
    zone, now = company.policy.zone, company.clock.now()
    lines = company.ledger.account_entries(cash.account_id, local_day(left.went_at, zone), local_day(now, zone))
    ours = [(one.amount, named_in(one.note)) for one in lines if is_difference(one.reference)]
    mine = [amount for amount, named in ours if named is not None and named[0] == payment_id]
    return mine, any(named is None for _, named in ours)


def _ended(company: Company, parts: Sequence[PaymentRow]) -> Iterator[_Ended]:
    paid = Money.from_minor(sum(one.amount for one in parts), parts[0].currency)
    answer = company.processor.returned(parts[0].payment_id)
    for one in answer.refunds:
        if one.state in _FAILED:
            yield _Ended(one.refund_id, Cause.REFUND, one.amount, one.amount != paid)
    for each in answer.disputes:
        if each.state is DisputeState.WON:
            yield _Ended(each.dispute_id, Cause.DISPUTE, each.amount, each.amount != paid)


def _changes(cash: Cash, payment_id: str) -> Sequence[BalanceChange] | None:
    """None where nobody can make sense of them, which is asked again all the same: it may be mended."""
    with suppress(Rejected):
        return cash.treasury.changes_back(payment_id)
    return None


@dataclass(frozen=True, slots=True)
class _Log:
    """What is on record of one payment: entries of what went back, and reversals because all of it was gone."""

    refunds: tuple[tuple[EffectRow, str], ...]  # each with its refund or dispute
    reversals: tuple[EffectRow, ...]
    known_since: datetime  # what had come again by then may have had an entry that only a lost memory knew of

    @staticmethod
    def of(company: Company, parts: Sequence[PaymentRow]) -> _Log:
        """Read it."""
        refunds, reversals = [], []
        for ledger_id in sorted({one.ledger_id for one in parts}):
            for one in company.queries.effects_of(company.id, ledger_id):
                values: Mapping[str, Any] = json.loads(one.request)
                if values.get("payment_id") != parts[0].payment_id:
                    continue
                if one.kind == EffectKind.BOOK_REFUND:
                    refunds.append((one, values["object_id"]))
                elif one.kind == EffectKind.REVERSE_BOOKING and values["cause"] in _ALL_GONE:
                    reversals.append(one)
        rebuilt = progress_of(company.queries.cursor(company.id, REBUILD))
        return _Log(tuple(refunds), tuple(reversals), rebuilt.begun_at if rebuilt is not None else LONG_AGO)

    def has_entry(self, object_id: str) -> bool:
        """Whether one was made, which leaves its own difference when it is taken out."""
        return any(one.status == EffectStatus.DONE for one, named in self.refunds if named == object_id)

    def under_way(self, object_id: str) -> bool:
        """Whether one may still be made, or the booking be taken out for all that is gone."""
        entries = (one for one, named in self.refunds if named == object_id)
        return any(one.status in OPEN for one in (*entries, *self.reversals))

    def is_out_before(self, moment: datetime) -> bool:
        """Whether the booking had been taken out by then."""
        return any(one.finished_at is not None and one.finished_at < moment for one in self.reversals)


def _why_not(company: Company, parts: Sequence[PaymentRow], left: _Left, log: _Log) -> str:
    """Why it is not to be entered; "" where it is."""
    rule, first = company.policy.refunds, begun(company.queries, company.id)
    if adopted_of(company.queries, company.id, parts):
        return _BY_OTHERS
    if log.is_out_before(left.came_at):
        return _SINCE_OUT
    if rule is Refunds.BOOK:
        return _BEFORE if first is not None and left.went_at < first else ""
    part = left.of.cause is Cause.REFUND and left.of.of_part
    return _BY_RULE if part or rule is Refunds.ASK else ""


def _effect(company: Company, cash: Cash, payment: PaymentRow, left: _Left) -> NewEffect:
    key, part = came_again_key(company.identity, left.of.object_id), payment.ledger_id if payment.shared else None
    of_reference = booking_reference(company.identity, payment.payment_id, part)
    values: dict[str, object] = {
        "payment_id": payment.payment_id,
        "of_reference": of_reference,
        "amount": str(abs(left.amount.amount)),
        "currency": left.amount.currency,
        "booked_on": local_day(left.came_at, company.policy.zone).isoformat(),
        "reference": exchange_reference(key),
        "incoming": left.amount.amount > 0,
        **terms(cash, EffectKind.BOOK_EXCHANGE),
        "note": came_again_note(payment.payment_id, of_reference, left.of.words),
    }
    why = (
        f"{left.of.words} of the payment {payment.payment_id} came again, and Stripe's balance moved by {left.amount} "
        "in all"
    )
    return NewEffect(key, EffectKind.BOOK_EXCHANGE, payment.ledger_id, canonical(values), why)


def _told(company: Company, payment: PaymentRow, one: _Ended, why: str) -> Attention:
    invoice = company.label(payment.ledger_id)
    return Attention(
        key=f"{company.id}/exchange-difference/{one.object_id}",
        subject=payment.ledger_id,
        happened=f"{company.policy.business}, invoice {invoice}: {one.amount} of the payment {payment.payment_id} left "
        f"your Stripe account ({one.words}) and came again, with no entry of Duebird's in the ledger for it; {why}.",
        not_done="No difference of exchange was entered. If the clearing account does not hold what Stripe holds, "
        "enter the difference by hand.",
        command=f"duebird reconcile {company.id}",
    )
