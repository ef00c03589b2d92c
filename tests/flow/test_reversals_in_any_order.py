"""Payments, refunds, disputes, undos and second bookings in random order: after each the books hold what stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from connector.domain.settlement import Refunds
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.reversing import rebook, settle, undo, until_quiet, verdict

STEPS = 7  # most pairs of acts meet over the seeds below, in a second or two each
FAULTS = [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT, FaultKind.COMMIT_LATE, FaultKind.CRASH_AFTER]


@dataclass
class Paid:
    """A payment as it should stand: what went back of it, and whether its booking is to stand."""

    payment: str
    invoice: str
    gone: Money = field(default_factory=lambda: Money.zero("USD"))
    disputed: bool = False
    stands: bool = True


class Play:
    def __init__(self, office: Office, dice: Random) -> None:
        self.office, self.dice = office, dice
        self.payments: list[Paid] = []

    def step(self) -> None:
        acts = [self.pay, self.refund, self.refund, self.dispute, self.undo, self.rebook]
        act = self.dice.choice(acts) if self.payments else self.pay
        act()

    def pay(self) -> None:
        office = self.office
        office.wait(days=1)
        before = len(office.texts())
        invoice = office.issue(self.customer())
        office.run(2)
        assert len(office.texts()) == before + 1
        payment = office.stripe_world.pay(office.link_in(office.texts()[-1]))
        assert payment is not None
        self.payments.append(Paid(payment, invoice))

    def customer(self) -> str:
        known = self.office.ledger_world.customers
        return next(iter(known)) if known else self.office.customer()

    def refund(self) -> None:
        one = self.dice.choice(self.payments)
        left = DOLLARS - one.gone
        amount = left if self.dice.random() < 0.5 else min(left, Money.of("50.00", "USD"), key=lambda x: x.minor)
        if one.disputed or not amount.is_positive:
            return
        self.office.stripe_world.refund(one.payment, amount)
        self.goes(one, amount)

    def dispute(self) -> None:
        one = self.dice.choice(self.payments)
        left = DOLLARS - one.gone
        if one.disputed or not left.is_positive:
            return
        one.disputed = True
        with self.office.stripe_world.moment():
            named = self.office.stripe_world.balance.dispute(one.payment, left)
        settle(self.office)
        won = self.dice.random() < 0.5
        with self.office.stripe_world.moment():
            self.office.stripe_world.balance.end_dispute(named, won=won)
        if not won:
            self.goes(one, left)

    def goes(self, one: Paid, amount: Money) -> None:
        one.gone = one.gone + amount
        one.stands = one.stands and one.gone < DOLLARS

    def undo(self) -> None:
        one = self.dice.choice(self.payments)
        assert undo(self.office, one.payment) == one.stands
        one.stands = False

    def rebook(self) -> None:
        one = self.dice.choice([paid for paid in self.payments if not paid.stands] or [None])
        if one is not None and verdict(self.office, one.payment) == "reversed":
            rebook(self.office, one.payment)
            one.stands = True

    def assert_right(self) -> None:
        for one in self.payments:
            assert self.office.bookings(one.invoice) == [DOLLARS] * one.stands, one
        standing = sum(one.stands for one in self.payments)
        assert self.office.clearing() == Money.from_minor(DOLLARS.minor * standing, "USD")


@pytest.mark.parametrize("seed", range(10))
def test_after_each_act_the_books_hold_the_payments_that_stand_and_nothing_else(
    open_office: OpenOffice, seed: int
) -> None:
    office = open_office(refunds=Refunds.REOPEN, max_per_number_per_day=20)
    dice = Random(f"reversals/{seed}")  # noqa: S311  # a game, and the same one each time
    play = Play(office, dice)
    for _ in range(STEPS):
        play.step()
        if dice.random() < 0.3:
            office.ledger_faults.program(dice.choice(FAULTS), "reverse")
        until_quiet(office, 4)
        play.assert_right()
    assert office.broken(healthy=False) == []
