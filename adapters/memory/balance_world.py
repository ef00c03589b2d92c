"""The processor's balance in memory: entries, and the refunds, disputes and payouts behind them.

Figures as at Stripe for a US account, so that the stand-in over HTTP and this one pass the same tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from adapters.memory.world import History
from connector.domain.balance import (
    BalanceChange,
    ChangeKind,
    Dispute,
    DisputeState,
    Held,
    Payout,
    PayoutState,
    Refund,
    RefundState,
)
from connector.domain.money import Money
from connector.ports.processor import Payment

CARD_RATE, CARD_FIXED = Decimal("0.029"), 30  # minor units, https://stripe.com/pricing
DEBIT_RATE, DEBIT_CAP = Decimal("0.008"), 500
DISPUTE_FEE = 1500
INSTANT_RATE, INSTANT_LEAST = Decimal("0.015"), 50
CARD_WAIT, DEBIT_WAIT = timedelta(days=2), timedelta(days=4)


class Processor(Protocol):
    """What a balance needs of the account it belongs to."""

    payments: dict[str, History[Payment]]

    def now(self) -> datetime:
        """The processor's time."""
        ...

    def new_id(self, prefix: str) -> str:
        """The next id of a kind."""
        ...

    def later(self, after: timedelta, act: Callable[[], object]) -> None:
        """Let something happen that much later."""
        ...

    def tell(self, kind: str, object_id: str) -> None:
        """An event of the account."""
        ...


class Balance:
    """One account's. Whoever acts on it holds the world's moment."""

    def __init__(self, world: Processor, home: str = "USD") -> None:
        self._world = world
        self.home = home
        self.rates: dict[str, Decimal] = {}  # currency -> units of `home`; a currency not here has a balance of its own
        self.fee_delay = timedelta(seconds=2)  # up to an hour in life
        self.fee_news = (
            False  # told in life; off, since a fee is found by reading the balance, and most tests need none
        )
        self.changes: dict[str, History[BalanceChange]] = {}
        self.refunds: dict[str, History[Refund]] = {}
        self.disputes: dict[str, History[Dispute]] = {}
        self.payouts: dict[str, History[Payout]] = {}
        self.payout_of: dict[str, str] = {}
        self.shown: dict[str, Money] = {}  # by payment: what its payer saw, where that was another currency

    # ------------------------------------------------------------------------------------------------- payments

    def paid(self, payment: Payment) -> None:
        """A payment has succeeded; its entry comes later."""
        self._world.later(self.fee_delay, lambda: self._account_for(payment))

    def _account_for(self, payment: Payment) -> None:
        card = payment.method == "card"
        settled = self.settled(payment.amount)
        fee = _rounded(settled.minor * (CARD_RATE if card else DEBIT_RATE))
        self.enter(
            ChangeKind.PAYMENT,
            payment.amount,
            fee=fee + CARD_FIXED if card else min(fee, DEBIT_CAP),
            wait=CARD_WAIT if card else DEBIT_WAIT,
            source_id=f"ch_{payment.payment_id}",
            payment_id=payment.payment_id,
        )
        if self.fee_news:
            self._world.tell("charge.updated", payment.payment_id)

    def bounce(self, payment_id: str) -> None:
        """A debit that had succeeded fails after all."""
        payment = self._world.payments[payment_id].latest
        given = [one.latest for one in self.refunds.values() if one.latest.payment_id == payment_id]
        left = payment.amount
        for one in given:
            left -= one.amount if one.state is RefundState.SUCCEEDED else Money.zero(left.currency)
        self.enter(ChangeKind.PAYMENT_FAILURE, _minus(left), source_id=f"ch_{payment_id}", payment_id=payment_id)
        self._world.tell("charge.failed", payment_id)

    # -------------------------------------------------------------------------------------- refunds and disputes

    def refunded(self, refund_id: str, payment_id: str, amount: Money) -> None:
        """Money was given back."""
        now = self._world.now()
        self.refunds[refund_id] = History(
            now, Refund(refund_id, payment_id, amount, RefundState.SUCCEEDED, _whole(now))
        )
        self.enter(ChangeKind.REFUND, _minus(amount), source_id=refund_id, payment_id=payment_id, refund_id=refund_id)

    def fail_refund(self, refund_id: str) -> None:
        """The payer's bank could not take it."""
        history = self.refunds[refund_id]
        one = replace(history.latest, state=RefundState.FAILED, reason="expired_or_canceled_card")
        history.add(self._world.now(), one)
        self.enter(
            ChangeKind.REFUND_FAILURE,
            one.amount,
            source_id=refund_id,
            payment_id=one.payment_id,
            refund_id=refund_id,
        )
        self._world.tell("refund.failed", one.payment_id)

    def dispute(self, payment_id: str, amount: Money | None = None) -> str:
        """The payer's bank takes a payment back, and the processor a fee. Returns the dispute's id."""
        now, dispute_id = self._world.now(), self._world.new_id("du_")
        taken = amount if amount is not None else self._world.payments[payment_id].latest.amount
        one = Dispute(
            dispute_id, payment_id, taken, DisputeState.OPEN, _whole(now), _whole(now) + timedelta(days=7), "general"
        )
        self.disputes[dispute_id] = History(now, one)
        self.enter(
            ChangeKind.DISPUTE,
            _minus(taken),
            fee=DISPUTE_FEE,
            source_id=dispute_id,
            payment_id=payment_id,
            dispute_id=dispute_id,
        )
        self._world.tell("charge.dispute.created", payment_id)
        return dispute_id

    def end_dispute(self, dispute_id: str, *, won: bool) -> None:
        """The card network decides; a won dispute's fee stays with the processor."""
        history = self.disputes[dispute_id]
        one = replace(history.latest, state=DisputeState.WON if won else DisputeState.LOST)
        history.add(self._world.now(), one)
        if won:
            self.enter(
                ChangeKind.DISPUTE_REVERSAL,
                one.amount,
                source_id=dispute_id,
                payment_id=one.payment_id,
                dispute_id=dispute_id,
            )
        self._world.tell("charge.dispute.closed", one.payment_id)

    def charge(self, amount: Money, words: str) -> None:
        """The processor takes something of its own; `amount` is below zero then."""
        self.enter(ChangeKind.FEE, amount, description=words)

    # -------------------------------------------------------------------------------------------------- payouts

    def pay_out(self, currency: str) -> str | None:
        """The automatic payout of all that none has paid out yet, pending money too; None when that is nothing."""
        waiting = [
            one.latest
            for one in self.changes.values()
            if one.latest.currency == currency and one.latest.change_id not in self.payout_of
        ]
        total = sum((one.net for one in waiting), Money.zero(currency))
        if not total.amount:
            return None
        payout_id = self._send(total, automatic=True, fee=0)
        for one in waiting:
            self._release(one.change_id)
            self.payout_of[one.change_id] = payout_id
        self.payout_of[next(reversed(self.changes))] = payout_id  # the payout's own entry is the newest
        self._world.tell("payout.paid", payout_id)
        return payout_id

    def send(self, amount: Money, *, instant: bool = False) -> str:
        """A payout asked for by hand."""
        fee = max(_rounded(amount.minor * INSTANT_RATE), INSTANT_LEAST) if instant else 0
        payout_id = self._send(amount, automatic=False, fee=fee)
        self._world.tell("payout.paid", payout_id)
        return payout_id

    def _send(self, amount: Money, *, automatic: bool, fee: int) -> str:
        now, payout_id = self._world.now(), self._world.new_id("po_")
        one = Payout(
            payout_id, amount, PayoutState.PAID, now.date(), automatic, _whole(now), automatic, f"TRACE{payout_id}"
        )
        self.payouts[payout_id] = History(now, one)
        self.enter(ChangeKind.PAYOUT, _minus(amount), fee=fee, source_id=payout_id, payout_id=payout_id)
        return payout_id

    def fail_payout(self, payout_id: str) -> None:
        """The bank sends it back."""
        history = self.payouts[payout_id]
        one = replace(history.latest, state=PayoutState.FAILED, failure="The bank returned the payout.")
        history.add(self._world.now(), one)
        self.enter(ChangeKind.PAYOUT_FAILURE, one.amount, source_id=payout_id, payout_id=payout_id)
        self._world.tell("payout.failed", payout_id)

    # --------------------------------------------------------------------------------------------------- entries

    def settled(self, amount: Money) -> Money:
        """What an amount becomes in the balance."""
        rate = self.rates.get(amount.currency)
        if rate is None or amount.currency == self.home:
            return amount
        cents = Money.from_minor(1, self.home).amount
        return Money((amount.amount * rate).quantize(cents, ROUND_HALF_UP), self.home)

    def enter(
        self, kind: ChangeKind, amount: Money, *, fee: int = 0, wait: timedelta = timedelta(), **more: Any
    ) -> None:
        """Move the balance; `amount` before any exchange, `fee` in minor units after it."""
        now = self._world.now()
        settled = self.settled(amount)
        charged = Money.from_minor(fee, settled.currency)
        exchanged = settled.currency != amount.currency
        own = kind in {ChangeKind.FEE, ChangeKind.PAYOUT, ChangeKind.PAYOUT_FAILURE}
        change = BalanceChange(
            change_id=self._world.new_id("txn_"),
            kind=kind,
            amount=settled,
            fee=charged,
            net=settled - charged,
            created_at=_whole(now),
            available_at=_whole(now + wait),
            source_amount=None if own else amount,
            exchange_rate=self.rates[amount.currency] if exchanged else None,
            presentment=self._seen(more.get("payment_id"), amount, own=own),
            **{"source_id": "", **more},
        )
        self.changes[change.change_id] = History(now, change)

    def _seen(self, payment_id: str | None, amount: Money, *, own: bool) -> Money | None:
        shown = self.shown.get(payment_id or "")
        if shown is None or own or payment_id is None:
            return None
        whole = self._world.payments[payment_id].latest.amount
        return Money.from_minor(_rounded(Decimal(shown.minor) * amount.minor / whole.minor), shown.currency)

    def _release(self, change_id: str) -> None:
        history, now = self.changes[change_id], self._world.now()
        if history.latest.available_at > now:
            history.add(now, replace(history.latest, available_at=_whole(now)))

    def held(self) -> dict[str, Held]:
        """The sum of every entry, by currency."""
        zero = Money.zero(self.home)
        sums = {self.home: Held(zero, zero)}
        for history in self.changes.values():
            one = history.latest
            none = Money.zero(one.currency)
            held = sums.get(one.currency, Held(none, none))
            there = one.available_at <= self._world.now()
            sums[one.currency] = (
                replace(held, available=held.available + one.net)
                if there
                else replace(held, pending=held.pending + one.net)
            )
        return sums


def _minus(amount: Money) -> Money:
    return Money.zero(amount.currency) - amount


def _rounded(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
