"""Whatever Stripe takes and pays out, in any order: the clearing account holds what Stripe holds after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.balance import PayoutState
from connector.domain.money import Money
from tests.flow.test_cash_booked import Till


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    made = Till(tmp_path / "state")
    yield made
    made.close()


def sent(till: Till, amount: str, *, instant: bool = False) -> None:
    till.stripe_world.balance.send(Money.of(amount, "USD"), instant=instant)


def returned(till: Till) -> None:
    """Sent and sent back within the hour, before anybody has booked it."""
    payout_id = till.stripe_world.balance.pay_out("USD")
    if payout_id is not None:
        till.stripe_world.balance.fail_payout(payout_id)


def returned_late(till: Till) -> None:
    """One that was booked is sent back; the first of those that still stand."""
    for payout_id, history in till.stripe_world.balance.payouts.items():
        if history.latest.state is PayoutState.PAID:
            till.stripe_world.balance.fail_payout(payout_id)
            return


ACTS: dict[str, Callable[[Till], object]] = {
    "a fee of Stripe's own": lambda till: till.stripe_world.balance.charge(Money.of("-7.13", "USD"), "Radar"),
    "a fee given back": lambda till: till.stripe_world.balance.charge(Money.of("2.50", "USD"), "Radar, corrected"),
    "a payout": lambda till: till.stripe_world.balance.pay_out("USD"),
    "a payout by hand": lambda till: sent(till, "11.00"),
    "an instant payout": lambda till: sent(till, "20.00", instant=True),
    "a payout that the bank returns": returned,
    "a payout of before that the bank returns": returned_late,
}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_stripe_takes_and_pays_out_clearing_holds_what_stripe_holds_after_each(till: Till, seed: int) -> None:
    """Answers are lost and the program dies on the way; negative payouts come by themselves."""
    dice = Random(seed)  # noqa: S311  a test that can be repeated, no secret
    till.paid()
    for _ in range(8):
        what = dice.choice(sorted(ACTS))
        with till.stripe_world.moment():
            ACTS[what](till)
        if dice.random() < 0.3:
            method = dice.choice(["make_expense", "make_transfer"])
            till.ledger_faults.program(dice.choice([FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT]), method)
        for _ in range(3):
            till.later()
        if dice.random() < 0.3:
            till.restart(crashed=True)
        assert till.settled(), what
    made = [one.entry.reference for one in till.cash.all_entries()]
    assert len(made) == len(set(made))
    assert till.broken() == []
