"""What becomes of money after it was paid: it goes back in whole or in part, is disputed, is paid out, comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from adapters.memory.balance_world import Balance
from connector.domain.balance import ChangeKind, PayoutState, RefundState
from connector.domain.money import Money
from connector.ports.processor import PaymentState
from tests.simulation.cells import Sometimes

if TYPE_CHECKING:
    from tests.simulation.town import Town

# Of a hundred payments so many are given back, disputed and so on.
_FATES: Final = (("stays", 38), ("refunded", 16), ("in parts", 14), ("refund fails", 12), ("disputed", 20))
# The same where what another rate gains or loses is entered: money must come again, or all be gone, to leave any.
_FATES_OF_EXCHANGE: Final = (("stays", 10), ("refunded", 20), ("in parts", 8), ("refund fails", 34), ("disputed", 28))
_BOUNCES: Final = 0.25  # of bank debits that had succeeded
_CHEQUES: Final = 0.3  # of payments
_PENDING: Final = 0.3  # of refunds that arrive: so many take their time
_UNENDED: Final = 0.25  # of these, and of disputes, so many have not come to their end when the run does
_SOON, _LATER = (0.002, 0.5), (1.0, 24 * 12)  # hours: while it is being booked, and long after
# Before the end, in hours: something is heard of that has nothing to do with it. An installation looks by itself in
# these hours; here looks are days apart, and the fee of the last payment would not be seen.
_LAST_NEWS: Final = (16, 8)
_CLOSINGS: Final = (0, 1, 1, 2)  # of one run
OPEN_AGAIN: Final = date(2026, 9, 30)  # of before the run


class Dealings:
    """All of one town, from the seed. Nothing new begins once nothing goes wrong any more."""

    def __init__(self, seed: str, town: Town) -> None:
        self._dice = Random(f"{seed}/dealings")
        self._on_its_way = Random(f"{seed}/dealings/pending")  # apart, so that all else in a seed stays as it is
        self._town = town
        self._fated: set[str] = set()
        self.closings: list[date] = []  # the last day each time
        self.reached = town.tally.reached
        if town.purse.moves:
            self._plan()
        for hours in _LAST_NEWS if town.purse.fees or town.purse.payouts or town.purse.exchange else ():
            town.at(town.end - timedelta(hours=hours), _nothing)

    @property
    def _balance(self) -> Balance:
        return self._town.processor.balance

    def _plan(self) -> None:
        dice, town = self._dice, self._town
        begins = town.clock.now()
        self._balance.fee_delay = timedelta(seconds=dice.choice((2, 2, 900, 3500)))
        day = dice.uniform(1, 6)
        while (moment := begins + timedelta(days=day)) < town.peace:
            town.at(moment, dice.choice((self._pays_out, self._pays_out, self._pays_out, self._charges, self._sends)))
            day += dice.uniform(1.5, 8)
        for _ in range(dice.choice(_CLOSINGS)):
            town.at(begins + timedelta(days=dice.uniform(3, (town.peace - begins).days)), self._closes, silent=True)

    # ------------------------------------------------------------------------------------------ of single payments

    def look(self) -> None:
        """Whatever has succeeded since the last look gets its fate."""
        town = self._town
        if not town.purse.moves or town.clock.now() >= town.peace:
            return
        for payment_id, history in town.processor.payments.items():
            if payment_id not in self._fated and history.latest.state is PaymentState.SUCCEEDED:
                self._fated.add(payment_id)
                town.others.look(payment_id)
                self._befalls(payment_id, debit=history.latest.method != "card")

    def _befalls(self, payment_id: str, *, debit: bool) -> None:
        dice = self._dice
        fates = _FATES_OF_EXCHANGE if self._town.purse.exchange else _FATES
        fate = dice.choices([one for one, _ in fates], [weight for _, weight in fates])[0]
        hours = timedelta(hours=dice.uniform(*(_SOON if dice.random() < 0.3 else _LATER)))
        if dice.random() < _CHEQUES:
            self._in(timedelta(hours=dice.uniform(*_SOON)), partial(self._by_cheque_too, payment_id))
        if debit and dice.random() < _BOUNCES:
            self._in(hours, partial(self._bounces, payment_id))
        elif fate == "refunded":
            self._in(hours, partial(self._gives_back, payment_id))
        elif fate == "in parts":
            self._in(hours, partial(self._gives_back, payment_id, dice.choice((0.2, 0.5))))
            if dice.random() < 0.6:
                self._in(hours + timedelta(days=dice.uniform(0, 5)), partial(self._gives_back, payment_id))
        elif fate == "refund fails":
            self._in(hours, partial(self._gives_back, payment_id, fails_in=timedelta(hours=dice.uniform(0.01, 100))))
        elif fate == "disputed":
            self._in(hours, partial(self._disputed, payment_id))

    def _by_cheque_too(self, payment_id: str) -> None:
        """The owner enters a cheque for what was paid online, before that is booked."""
        ledger_id = self._town.processor.payments[payment_id].latest.metadata["duebird_invoice"]
        standing = self._town.ledger.standing(ledger_id)
        share = self._dice.choice((1.0, 1.0, 0.4))
        amount = Money.from_minor(int(standing.balance.minor * share), standing.balance.currency)
        if standing.is_owed and amount.is_positive:
            self._town.ledger.pay_by_hand(ledger_id, amount, reference="cheque 13")

    def _in(self, time: timedelta, act: partial[Any]) -> None:
        """What would begin when nothing goes wrong any more does not happen."""
        moment = self._town.clock.now() + time
        if moment < self._town.peace:
            self._town.at(moment, act)

    def _ends(self, time: timedelta, act: partial[Any]) -> None:
        """What has begun comes to its end, in the first days of peace at the latest."""
        latest = self._town.end - timedelta(days=3)
        self._town.at(min(self._town.clock.now() + time, latest), act)

    def is_whole(self, payment_id: str) -> bool:
        """Whether nothing of a payment has gone back."""
        return self.left(payment_id) == self._town.processor.payments[payment_id].latest.amount

    def left(self, payment_id: str) -> Money:
        """What of a payment has not gone back, for now or for good."""
        whole = self._town.processor.payments[payment_id].latest.amount
        moved = (one.latest for one in self._balance.changes.values() if one.latest.payment_id == payment_id)
        back = (one.source_amount or one.amount for one in moved if one.kind is not ChangeKind.PAYMENT)
        return whole + sum(back, Money.zero(whole.currency))

    def _gives_back(self, payment_id: str, share: float = 1.0, fails_in: timedelta | None = None) -> None:
        left = self.left(payment_id)
        amount = Money.from_minor(int(left.minor * share), left.currency)
        if not amount.is_positive:
            return
        with self._town.processor.moment():
            refund_id = self._town.processor.refund(payment_id, amount)
            if fails_in is None and self._on_its_way.random() < _PENDING:
                self._put_refund(refund_id, RefundState.PENDING)
                hours = self._on_its_way.uniform(0.1, 100)
                if self._on_its_way.random() >= _UNENDED:
                    self._ends(timedelta(hours=hours), partial(self._refund_arrives, refund_id))
        self.reached[Sometimes.REFUNDED if amount == left else Sometimes.REFUNDED_IN_PART] += 1
        if fails_in is not None:
            self._ends(fails_in, partial(self._refund_fails, refund_id))

    def _put_refund(self, refund_id: str, state: RefundState) -> None:
        history = self._balance.refunds[refund_id]
        history.add(self._town.processor.now(), replace(history.latest, state=state))

    def _refund_arrives(self, refund_id: str) -> None:
        with self._town.processor.moment():
            self._put_refund(refund_id, RefundState.SUCCEEDED)
            self._town.processor.tell("refund.updated", self._balance.refunds[refund_id].latest.payment_id)
        self.reached[Sometimes.REFUND_TOOK_DAYS] += 1

    def _refund_fails(self, refund_id: str) -> None:
        with self._town.processor.moment():
            if self._balance.refunds[refund_id].latest.state is RefundState.SUCCEEDED:
                self._balance.fail_refund(refund_id)
                self.reached[Sometimes.REFUND_FAILED] += 1

    def _disputed(self, payment_id: str) -> None:
        if not self.left(payment_id).is_positive:
            return
        with self._town.processor.moment():
            dispute_id = self._balance.dispute(payment_id, self.left(payment_id))
        won = self._dice.random() < 0.5
        days = timedelta(days=self._dice.uniform(0.05, 12))
        if self._on_its_way.random() >= _UNENDED:
            self._ends(days, partial(self._decided, dispute_id, won=won))

    def _decided(self, dispute_id: str, *, won: bool) -> None:
        with self._town.processor.moment():
            self._balance.end_dispute(dispute_id, won=won)
        self.reached[Sometimes.DISPUTE_WON if won else Sometimes.DISPUTE_LOST] += 1

    def _bounces(self, payment_id: str) -> None:
        if not self.left(payment_id).is_positive:
            return
        with self._town.processor.moment():
            self._balance.bounce(payment_id)
        self.reached[Sometimes.DEBIT_BOUNCED] += 1

    # ------------------------------------------------------------------------------------------------ the account

    def _pays_out(self) -> None:
        dice = self._dice
        with self._town.processor.moment():
            payout_id = self._balance.pay_out("USD")
            if payout_id is None:
                return
            kind = dice.random()
            if kind < 0.4:
                self._put(payout_id, PayoutState.IN_TRANSIT)
                arrives = partial(self._arrives, payout_id, fails=kind < 0.12)
                self._ends(timedelta(days=dice.uniform(0.1, 4)), arrives)
            elif kind < 0.55:
                self._ends(timedelta(days=dice.uniform(0.01, 5)), partial(self._comes_back, payout_id))

    def _put(self, payout_id: str, state: PayoutState) -> None:
        history = self._balance.payouts[payout_id]
        history.add(self._town.processor.now(), replace(history.latest, state=state))

    def _arrives(self, payout_id: str, *, fails: bool) -> None:
        with self._town.processor.moment():
            if fails:
                self._balance.fail_payout(payout_id)
            else:
                self._put(payout_id, PayoutState.PAID)
        self.reached[Sometimes.PAYOUT_FAILED if fails else Sometimes.PAYOUT_TOOK_DAYS] += 1

    def _comes_back(self, payout_id: str) -> bool:
        with self._town.processor.moment():
            if self._balance.payouts[payout_id].latest.state is not PayoutState.PAID:
                return False
            self._balance.fail_payout(payout_id)
        self.reached[Sometimes.PAYOUT_CAME_BACK] += 1
        return True

    def _charges(self) -> None:
        """Stripe takes a fee of its own, or gives one back."""
        amount = Money.of(self._dice.choice(("-7.13", "-2.00", "2.50")), "USD")
        with self._town.processor.moment():
            self._balance.charge(amount, "Radar")

    def _sends(self) -> None:
        """The owner asks for a payout by hand."""
        dice = self._dice
        with self._town.processor.moment():
            there = self._balance.held()["USD"].total
            if there > Money.of("30.00", "USD"):
                self._balance.send(Money.of("11.00", "USD"), instant=dice.random() < 0.5)

    # -------------------------------------------------------------------------------------------------- meddling

    def meddle(self, note: str) -> bool:
        """While an entry that says `note` is made or taken out: its payout comes back, or a refund of it fails."""
        words = note.split()
        for payout_id in (one for one in words if one in self._balance.payouts):
            return self._comes_back(payout_id)
        refunds = (one.latest for one in self._balance.refunds.values())
        given = [one for one in refunds if one.payment_id in words and one.state is RefundState.SUCCEEDED]
        if not given:
            return False
        self._refund_fails(given[-1].refund_id)
        return True

    # ---------------------------------------------------------------------------------------------- closed books

    def _closes(self) -> None:
        """Last month's, or all until some days ago; by a slip until a day to come. Most are opened again."""
        dice, books = self._dice, self._town.ledger
        kind, today = dice.random(), books.today()
        if kind < 0.4 and today.month == 11:
            through = date(2026, 10, 31)
        else:
            through = today + timedelta(days=2 if kind > 0.85 else -dice.choice((1, 1, 1, 2, 5)))
        self.closings.append(through)
        books.close_books_through(through)
        self.reached[Sometimes.BOOKS_CLOSED] += 1
        if through >= today or dice.random() < 0.8:
            again = self._town.clock.now() + timedelta(days=dice.uniform(0.2, 9))
            self._town.at(min(again, self._town.peace), partial(books.close_books_through, OPEN_AGAIN), silent=True)

    def first_open(self, day: date, own: date, note: str) -> bool:
        """Whether an entry of `own` may stand on `day`: the books were closed for its own, and its note says so."""
        return any(
            own <= one and day == one + timedelta(days=1) and f"closed through {one}" in note for one in self.closings
        )


def _nothing() -> None:
    """What happens is no business of ours."""
