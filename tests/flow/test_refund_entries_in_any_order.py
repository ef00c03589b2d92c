"""Payments, refunds that fail or not, disputes and lost memories in random order: clearing holds what Stripe holds."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.balance import RefundState
from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.money import Money
from connector.domain.settlement import Surplus
from tests.flow.conftest import OpenOffice
from tests.flow.office import Office
from tests.flow.restoring import put_back
from tests.flow.reversing import NOTHING, until_quiet
from tests.flow.test_refund_entries import BOOKS, at_stripe, end, fail
from tests.flow.test_reopened import dispute

STEPS = 8  # most pairs of acts meet over the seeds below
FAULTS = [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT, FaultKind.COMMIT_LATE, FaultKind.CRASH_AFTER]


class Play:
    def __init__(self, office: Office, dice: Random) -> None:
        self.office, self.dice = office, dice
        self.left: dict[str, Money] = {}  # what of each payment may still go back
        self.disputes: dict[str, str] = {}  # open ones, and their payments
        self.by_hand = NOTHING

    def step(self) -> None:
        acts = [self.pay, self.refund, self.refund, self.fail, self.dispute, self.end, self.forget]
        act = self.dice.choice(acts) if self.left else self.pay
        act()

    def pay(self) -> None:
        """For two invoices at once now and then, or with too much."""
        office = self.office
        office.wait(days=1)
        known = office.ledger_world.customers
        customer = next(iter(known)) if known else office.customer()
        before = len(office.texts())
        invoices = [office.issue(customer, Money.of("80.00", "USD")) for _ in range(self.dice.choice((1, 1, 2)))]
        office.run(2)
        if len(office.texts()) == before:
            return  # after a lost memory texts wait for a while
        page = office.stripe_world.open_page(office.link_in(office.texts()[-1]))
        assert page is not None
        if self.dice.random() < 0.4:
            cheque = Money.of("30.00", "USD")
            office.ledger_world.pay_by_hand(invoices[0], cheque)
            self.by_hand += cheque
        payment = office.stripe_world.pay_page(page)
        assert payment is not None
        self.left[payment] = office.stripe_world.payments[payment].latest.amount

    def refund(self) -> None:
        payment = self.dice.choice(list(self.left))
        amount = min(self.left[payment], Money.of(self.dice.choice(("25.00", "60.00", "160.00")), "USD"))
        if amount.is_positive:
            self.office.stripe_world.refund(payment, amount)
            self.left[payment] -= amount

    def fail(self) -> None:
        refunds = [one.latest for one in self.office.stripe_world.balance.refunds.values()]
        made = [one for one in refunds if one.state is RefundState.SUCCEEDED]
        if made:
            one = self.dice.choice(made)
            fail(self.office, one.refund_id)
            self.left[one.payment_id] += one.amount

    def dispute(self) -> None:
        payment = self.dice.choice(list(self.left))
        if self.left[payment].is_positive:
            self.disputes[dispute(self.office, payment, self.left[payment])] = payment
            self.left[payment] = NOTHING

    def end(self) -> None:
        if self.disputes:
            named, payment = self.disputes.popitem()
            won = self.dice.random() < 0.5
            end(self.office, named, won=won)
            if won:
                taken = self.office.stripe_world.balance.disputes[named].latest.amount
                self.left[payment] += taken

    def forget(self) -> None:
        """The memory is lost, some time after the last act."""
        office = self.office
        put_back(office, office.folder, None)
        until_quiet(office, 8)
        office.company.store.resume("acme", office.clock.now())

    def assert_right(self) -> None:
        assert self.office.clearing() - self.by_hand == at_stripe(self.office)


@pytest.mark.parametrize("seed", range(8))
def test_after_each_act_clearing_holds_what_stripe_holds(open_office: OpenOffice, seed: int) -> None:
    often: dict[str, Any] = {"max_per_number_per_day": 20, "max_per_number_per_week": 60}
    often["window"] = Window(0, 24 * 60, ALL_WEEK)
    office = open_office(joint=True, surplus=Surplus.CREDIT, **often, **BOOKS)
    dice = Random(f"refund entries/{seed}")  # noqa: S311  # a game, and the same one each time
    play = Play(office, dice)
    for _ in range(STEPS):
        if dice.random() < 0.4:
            office.ledger_faults.program(dice.choice(FAULTS), dice.choice(("reverse", "take_back")))
        play.step()
        until_quiet(office, 6)
        play.assert_right()
    assert play.left
    assert office.broken(healthy=False) == []
