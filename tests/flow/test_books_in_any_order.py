"""Payments, edits, cheques, refunds, disputes, fees and payouts in any order, on both ledgers over HTTP.

After each the trial balance is nothing, the ageing agrees with the open invoices, and the clearing account holds what
Stripe holds, or differs by exactly what the owner was told of; where what goes back is entered, it never differs.
`BOOKS_SEEDS=40` plays so many games of each kind on each ledger.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

import pytest

from adapters.sandbox.base import FaultAction
from connector.domain.settlement import Refunds, Surplus
from tests.contract.rows import quickbooks, xero
from tests.flow.books_game import PART, SALES, Game
from tests.flow.test_cash_over_http import CashTill
from tests.flow.till import open_till

Acts = dict[str, tuple[int, Callable[[Game], None]]]

SEEDS: Final = int(os.environ.get("BOOKS_SEEDS", "2"))
STEPS: Final = 12
BEGIN: Final = 3  # payments, so that there is something to give back
PAYMENTS: Final[dict[str, Callable[[Game], None]]] = {
    "a payment by card": Game.paid_by_card,
    "a payment by bank debit": Game.paid_by_debit,
    "a payment on a page that two have opened": Game.paid_twice,
    "a payment beside a cheque over a part": Game.paid_beside_a_cheque,
    "a payment after a cheque over all of it": Game.paid_after_a_cheque,
    "a payment of an invoice that was lowered": Game.lowered_and_paid,
    "a payment of an invoice that was raised": Game.raised_and_paid,
    "a payment of an invoice that was voided": Game.voided_and_paid,
}
# How often each is drawn beside the others.
ACTS: Final[Acts] = {
    **{name: (1, act) for name, act in PAYMENTS.items()},
    "a paid invoice is raised": (1, Game.raised_once_paid),
    "a refund of the whole": (3, Game.refunded),
    "a refund of a part": (3, Game.refunded_in_part),
    "a refund that fails": (2, Game.refund_failed),
    "a dispute": (3, Game.disputed),
    "a dispute that is won": (2, Game.dispute_won),
    "a dispute that is lost": (2, Game.dispute_lost),
    "a debit that the bank takes back": (2, Game.bounced),
    "an undo": (2, Game.undone),
    "a rebook": (3, Game.booked_again),
    "a fee of Stripe's own": (1, Game.fee_taken),
    "a fee given back": (1, Game.fee_given_back),
    "a payout": (2, Game.paid_out),
    "a payout by hand": (1, Game.sent),
    "an instant payout": (1, Game.sent_at_once),
    "a payout that the bank returns at once": (1, Game.sent_back_within_the_hour),
    "a payout that the bank returns days later": (1, Game.payout_sent_back),
    "a lost memory": (1, Game.memory_lost),
}
# Where what goes back is entered. What the owner himself takes out or puts back is his: it has no part here.
ENTERED: Final = {name: one for name, one in ACTS.items() if name not in {"an undo", "a rebook"}} | {
    "a refund that begins": (2, Game.refund_begun),
    "a refund that arrives": (1, Game.refund_arrived),
}
OF_PAYMENTS: Final = {name for name in ENTERED if name in PAYMENTS or "refund" in name or "dispute" in name}
WRONG: Final[tuple[FaultAction, ...]] = ("drop_before", "drop_after", "status")


class EnteringTill(CashTill):
    """One in whose books what goes back is entered, against the income of sales."""

    def connect(self) -> None:
        super().connect()
        [sales] = [one for one in self.ledger.refund_accounts() if one.name == SALES]
        self.office.policy = replace(self.office.policy, refund_account_id=sales.account_id)
        self.office.company = replace(self.office.company, policy=self.office.policy)


@contextmanager
def xero_from_then() -> Iterator[xero.XeroHarness]:
    """Its time is the machine's: a game that can be repeated begins at the same hour each time."""
    with xero.harness() as h:
        back = quickbooks.START - h.clock.now()
        h.twin.clock.offset += back
        h.clock.advance(back)
        yield h


@pytest.fixture(params=[quickbooks.harness, xero_from_then], ids=["QuickBooks", "Xero"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CashTill]:
    wanted = {"surplus": Surplus.CREDIT, "refunds": Refunds.REOPEN}
    with open_till(request.param, tmp_path, CashTill, **wanted) as made:
        yield made


@pytest.fixture(params=[quickbooks.harness, xero_from_then], ids=["QuickBooks", "Xero"])
def entering(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EnteringTill]:
    wanted = {"surplus": Surplus.CREDIT, "refunds": Refunds.BOOK}
    with open_till(request.param, tmp_path, EnteringTill, **wanted) as made:
        yield made


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_each_act_the_books_balance_and_clearing_holds_what_stripe_holds(till: CashTill, seed: int) -> None:
    play(till, ACTS, Random(f"books/{seed}"))  # noqa: S311  a game that can be repeated, no secret


@pytest.mark.parametrize("seed", range(SEEDS))
def test_where_refunds_are_entered_clearing_holds_what_stripe_holds_after_each_act(
    entering: EnteringTill, seed: int
) -> None:
    play(entering, ENTERED, Random(f"entered/{seed}"))  # noqa: S311  as above


def play(till: CashTill, acts: Acts, dice: Random) -> None:
    """A game of some acts; the ledger fails and the program dies in between."""
    game = Game(till, dice)
    names = sorted(acts)
    weights = [acts[name][0] for name in names]
    for step in range(STEPS):
        name = dice.choice(sorted(PAYMENTS)) if step < BEGIN else dice.choices(names, weights)[0]
        game.played.append(name)
        acts[name][1](game)
        if dice.random() < 0.4:
            game.disturb(dice.choice(WRONG))
        game.settle(dies_after=dice.randint(1, 12) if dice.random() < 0.3 else 0)
        if dice.random() < 0.2:
            game.restart()
        try:
            game.assert_right()
        except AssertionError as wrong:
            wrong.add_note(f"after {game.played}")
            raise


@pytest.mark.parametrize("name", sorted(ACTS))
def test_each_act_alone_leaves_the_books_right(till: CashTill, name: str) -> None:
    game = Game(till, Random(name))  # noqa: S311  as above
    play_alone(game, ACTS, name)


@pytest.mark.parametrize("name", sorted(OF_PAYMENTS))
def test_each_act_and_then_a_refund_of_a_part_leave_no_difference_where_refunds_are_entered(
    entering: EnteringTill, name: str
) -> None:
    game = Game(entering, Random(name))  # noqa: S311  as above
    play_alone(game, ENTERED, name)
    left = [one for one in game.payments if one.left > 0]
    game.refund(left[-1], min(PART, left[-1].left))
    game.settle()
    game.assert_right()


def play_alone(game: Game, acts: Acts, name: str) -> None:
    """After a payment by card, one by debit, and what the act itself needs before it."""
    for before in (Game.paid_by_card, Game.paid_by_debit):
        before(game)
    game.settle()
    game.assert_right()
    if name in NEEDS:
        NEEDS[name](game)
    game.settle()
    acts[name][1](game)
    game.settle()
    game.assert_right()
    assert not game.idle


NEEDS: Final[dict[str, Callable[[Game], None]]] = {
    "a refund that fails": Game.refunded,
    "a refund that arrives": Game.refund_begun,
    "a dispute that is won": Game.disputed,
    "a dispute that is lost": Game.disputed,
    "a rebook": Game.undone,
    "a payout that the bank returns days later": Game.paid_out,
}
