"""Payments, edits, cheques, refunds, disputes, fees and payouts in any order, on both ledgers over HTTP.

Also invoices in instalments, joint ones, and what other people and tools enter of a payment.

After each the trial balance is nothing, the ageing agrees with the open invoices, and the clearing account holds what
Stripe holds, or differs by exactly what the owner was told of; where what goes back is entered, it never differs.
Money in other currencies may leave what it lost or won between going and coming back, to the cent and no more.
`BOOKS_SEEDS=40` plays so many games of each kind on each ledger.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import pytest

from adapters.sandbox.base import FaultAction
from adapters.sandbox.xero.books import Account
from connector.domain.settlement import Refunds, Surplus
from tests.contract.rows import quickbooks, xero
from tests.flow.books_game import PART, SALES, Game
from tests.flow.books_game_foreign import ForeignGame
from tests.flow.books_game_wide import FROM, SHARES, WideGame
from tests.flow.test_cash_over_http import CashTill
from tests.flow.test_foreign_money_over_http import ForeignTill, multicurrency
from tests.flow.till import open_till

G = TypeVar("G", bound=Game)
Acts = dict[str, tuple[int, Callable[[G], None]]]

SEEDS: Final = int(os.environ.get("BOOKS_SEEDS", "1"))
STEPS: Final = 12
FEW_STEPS: Final = 9  # where each payment brings an invoice, an entry or an answer of its own
BEGIN: Final = 3  # payments, so that there is something to give back
PAYMENTS: Final[dict[str, Callable[[WideGame], None]]] = {
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
ACTS: Final[Acts[WideGame]] = {
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
    "a lost memory": (1, WideGame.memory_lost),
}
# Where what goes back is entered. What the owner himself takes out or puts back is his: it has no part here.
OF_THE_OWNER: Final = frozenset({"an undo", "a rebook"})
ENTERED: Final = {name: one for name, one in ACTS.items() if name not in OF_THE_OWNER} | {
    "a refund that begins": (2, Game.refund_begun),
    "a refund that arrives": (1, Game.refund_arrived),
}
# What needs settings of its own, or has other people in it: games begin with a deposit, or with one of `TAKEN`.
INSTALMENTS: Final[Acts[WideGame]] = {
    "a deposit": (2, WideGame.deposit),
    "the rest of a divided invoice": (4, WideGame.rest_paid),
    "the rest of a divided invoice beside a cheque": (2, WideGame.rest_paid_beside_a_cheque),
    "the rest of a divided invoice on a page that two have opened": (2, WideGame.rest_paid_twice),
    "a cheque on a divided invoice": (2, WideGame.cheque_between),
    "a divided invoice is raised": (1, WideGame.raised_between),
    "a divided invoice is lowered": (1, WideGame.lowered_between),
}
TAKEN: Final[dict[str, Callable[[WideGame], None]]] = {
    "a payment of two invoices": WideGame.joint_paid,
    "a payment of two invoices that a tool has booked": WideGame.joint_booked_by_a_tool,
    "a payment of two invoices that a person has entered": WideGame.joint_entered_by_a_person,
    "a payment that a tool has booked": WideGame.booked_by_a_tool,
    "a payment that a tool has booked where it fits twice": WideGame.booked_by_a_tool_where_it_fits_twice,
    "a payment that a tool has booked in part": WideGame.booked_in_part_by_a_tool,
    "one of two payments that a tool has booked": WideGame.one_of_two_booked_by_a_tool,
    "a payment that a person has entered": WideGame.entered_by_a_person,
    "a payment and a cheque like it": WideGame.like_one_that_a_person_entered,
    "a payment and a cheque like it where both fit": WideGame.like_one_that_a_person_entered_where_both_fit,
}
OTHERS: Final[Acts[WideGame]] = {
    **{name: (1, act) for name, act in TAKEN.items()},
    "an answer of the owner": (4, WideGame.answered),
}
NEW: Final[Acts[WideGame]] = {**INSTALMENTS, **OTHERS}
WIDE: Final[Acts[WideGame]] = {
    **{name: one for name, one in ACTS.items() if one[0] > 1 or name in {"a payment by card", "a lost memory"}},
    **NEW,
}
FOREIGN: Final[Acts[ForeignGame]] = {
    "a foreign payment": (2, ForeignGame.paid_by_card),
    "a foreign payment on a page that two have opened": (1, ForeignGame.paid_twice),
    "a foreign payment beside a cheque": (1, ForeignGame.paid_beside_a_cheque),
    "a foreign payment of an invoice that was raised": (1, ForeignGame.paid_after_it_was_raised),
    "a foreign refund of the whole": (3, ForeignGame.refunded),
    "a foreign refund of a part": (3, ForeignGame.refunded_in_part),
    "a foreign refund that fails": (3, ForeignGame.refund_failed),
    "a foreign dispute": (3, ForeignGame.disputed),
    "a foreign dispute that is won": (3, ForeignGame.dispute_won),
    "a foreign dispute that is lost": (1, ForeignGame.dispute_lost),
    "a payout": (2, ForeignGame.paid_out),
    "a payout that the bank returns days later": (1, ForeignGame.payout_sent_back),
    "a lost memory": (1, ForeignGame.memory_lost),
}
OF_PAYMENTS: Final = {name for name in ENTERED if name in PAYMENTS or "refund" in name or "dispute" in name}
RULES: Final[dict[str, Any]] = {
    "surplus": Surplus.CREDIT,
    "instalments": SHARES,
    "instalments_from": FROM,
    "joint": True,
}
WRONG: Final[tuple[FaultAction, ...]] = ("drop_before", "drop_after", "status")


DIFFERENCES: Final = "Exchange differences"


class EnteringTill(CashTill):
    """One in whose books what goes back is entered, against the income of sales."""

    def connect(self) -> None:
        super().connect()
        [sales] = [one for one in self.ledger.refund_accounts() if one.name == SALES]
        self.office.policy = replace(self.office.policy, refund_account_id=sales.account_id)
        self.office.company = replace(self.office.company, policy=self.office.policy)


class ForeignEnteringTill(EnteringTill, ForeignTill):
    """One that is paid in other currencies too, which its Stripe account exchanges."""


class DifferencesTill(ForeignEnteringTill):
    """One in whose books what foreign money leaves is entered too, against an account of its own."""

    def connect(self) -> None:
        super().connect()
        cash = self.office.company.cash
        assert cash is not None
        self.office.company = replace(self.office.company, cash=replace(cash, exchange_account_id=self._account()))

    def _account(self) -> str:
        found = [one for one in self.ledger.exchange_accounts() if one.name == DIFFERENCES]
        if found:
            return str(found[0].account_id)
        if self.office.company.identity.ledger_kind == "quickbooks":
            return str(self.h.books.add_account(DIFFERENCES, "Other Expense"))
        made = self.h.twin.books.add_account(Account(DIFFERENCES, "EXPENSE", "497"))
        return str(made.account_id)


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
    with open_till(request.param, tmp_path, CashTill, refunds=Refunds.REOPEN, **RULES) as made:
        yield made


@pytest.fixture(params=[quickbooks.harness, xero_from_then], ids=["QuickBooks", "Xero"])
def entering(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EnteringTill]:
    with open_till(request.param, tmp_path, EnteringTill, refunds=Refunds.BOOK, **RULES) as made:
        yield made


@pytest.fixture(params=[multicurrency, xero_from_then], ids=["QuickBooks", "Xero"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ForeignEnteringTill]:
    wanted = {"surplus": Surplus.CREDIT, "refunds": Refunds.BOOK}
    with open_till(request.param, tmp_path, ForeignEnteringTill, **wanted) as made:
        yield made


@pytest.fixture(params=[multicurrency, xero_from_then], ids=["QuickBooks", "Xero"])
def differences(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DifferencesTill]:
    wanted = {"surplus": Surplus.CREDIT, "refunds": Refunds.BOOK}
    with open_till(request.param, tmp_path, DifferencesTill, **wanted) as made:
        yield made


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_each_act_the_books_balance_and_clearing_holds_what_stripe_holds(till: CashTill, seed: int) -> None:
    play(till, ACTS, Random(f"books/{seed}"))  # noqa: S311  a game that can be repeated, no secret


@pytest.mark.parametrize("seed", range(SEEDS))
def test_where_refunds_are_entered_clearing_holds_what_stripe_holds_after_each_act(
    entering: EnteringTill, seed: int
) -> None:
    play(entering, ENTERED, Random(f"entered/{seed}"))  # noqa: S311  as above


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("begin", [("a deposit",), tuple(sorted(TAKEN))], ids=["instalments", "others"])
def test_with_instalments_and_entries_of_others_it_holds_as_well(
    till: CashTill, begin: Sequence[str], seed: int
) -> None:
    play(till, WIDE, Random(f"wide/{len(begin)}/{seed}"), begin)  # noqa: S311  as above


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("begin", [("a deposit",), tuple(sorted(TAKEN))], ids=["instalments", "others"])
def test_with_instalments_and_entries_of_others_it_holds_as_well_where_refunds_are_entered(
    entering: EnteringTill, begin: Sequence[str], seed: int
) -> None:
    dice = Random(f"wide and entered/{len(begin)}/{seed}")  # noqa: S311  as above
    play(entering, {name: one for name, one in WIDE.items() if name not in OF_THE_OWNER}, dice, begin)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_foreign_money_leaves_only_the_difference_of_the_rates_at_which_it_went_and_came_back(
    foreign: ForeignEnteringTill, seed: int
) -> None:
    game = ForeignGame(foreign, Random(f"foreign/{seed}"))  # noqa: S311  as above
    play_on(game, FOREIGN, ["a foreign payment"])


@pytest.mark.parametrize("seed", range(SEEDS))
def test_where_differences_of_exchange_are_entered_foreign_money_leaves_nothing(
    differences: DifferencesTill, seed: int
) -> None:
    game = ForeignGame(differences, Random(f"differences/{seed}"))  # noqa: S311  as above
    game.differences_account = DIFFERENCES
    # What a lost memory had not entered yet stays with the owner, so that act is left out.
    acts = {name: one for name, one in FOREIGN.items() if name != "a lost memory"}
    play_on(game, acts, ["a foreign payment"])


def test_what_came_back_at_another_rate_than_it_went_is_the_whole_difference(foreign: ForeignEnteringTill) -> None:
    game = ForeignGame(foreign, Random("back"))  # noqa: S311  as above
    acts = (game.paid_by_card, game.refunded_in_part, game.refund_failed, game.disputed, game.dispute_won)
    for act in acts:
        act()
        game.settle()
        game.assert_right()
    assert game.differences()


def play(till: CashTill, acts: Acts[WideGame], dice: Random, begin: Sequence[str] = tuple(sorted(PAYMENTS))) -> None:
    play_on(WideGame(till, dice), acts, begin)


def play_on(game: G, acts: Acts[G], begin: Sequence[str]) -> None:
    """A game of some acts, the first of which are drawn from `begin`; the ledger fails and the program dies between."""
    dice = game.dice
    names = sorted(acts)
    weights = [acts[name][0] for name in names]
    for step in range(STEPS if acts in (ACTS, ENTERED) else FEW_STEPS):
        name = dice.choice(begin) if step < BEGIN else dice.choices(names, weights)[0]
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


@pytest.mark.parametrize("name", sorted({**ACTS, **NEW}))
def test_each_act_alone_leaves_the_books_right(till: CashTill, name: str) -> None:
    game = WideGame(till, Random(name))  # noqa: S311  as above
    play_alone(game, {**ACTS, **NEW}, name)


@pytest.mark.parametrize("name", sorted(OF_PAYMENTS))
def test_each_act_and_then_a_refund_of_a_part_leave_no_difference_where_refunds_are_entered(
    entering: EnteringTill, name: str
) -> None:
    game = WideGame(entering, Random(name))  # noqa: S311  as above
    play_alone(game, ENTERED, name)
    left = [one for one in game.payments if one.left > 0]
    game.refund(left[-1], min(PART, left[-1].left))
    game.settle()
    game.assert_right()


def play_alone(game: WideGame, acts: Acts[WideGame], name: str) -> None:
    """After a payment by card, one by debit, and what the act itself needs before it; what is new needs no others."""
    if name not in NEW:
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


NEEDS: Final[dict[str, Callable[[WideGame], None]]] = {
    "a refund that fails": Game.refunded,
    "a refund that arrives": Game.refund_begun,
    "a dispute that is won": Game.disputed,
    "a dispute that is lost": Game.disputed,
    "a rebook": Game.undone,
    "a payout that the bank returns days later": Game.paid_out,
    "an answer of the owner": WideGame.entered_by_a_person,
    **dict.fromkeys([name for name in INSTALMENTS if name != "a deposit"], WideGame.deposit),
}
