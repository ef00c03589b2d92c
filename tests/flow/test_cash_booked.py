"""Fees and payouts in the books: each once, whatever happens, so that the clearing account holds what Stripe holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adapters.memory.cash_world import BANK, FEES
from adapters.memory.faults import FaultKind
from adapters.memory.ledger_world import CLEARING
from adapters.memory.treasury import MemoryTreasury
from connector.domain.cash import CashRules
from connector.domain.effect import EffectStatus
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.failpoints import armed
from connector.flows import cash
from connector.flows.attempts import Attempt
from connector.flows.company import Cash, Company
from state.migrate import migrate
from state.place import sqlite_url
from tests.flow.office import Office


class Till(Office):
    """An office that books fees and payouts too."""

    def open(self) -> Company:
        rules = CashRules("USD", date(2026, 11, 1), fees=True, payouts=True)
        treasury = MemoryTreasury(self.stripe_world, faults=self.stripe_faults)
        place = Cash(treasury, rules, CLEARING.account_id, FEES.account_id, BANK.account_id)
        return replace(super().open(), cash=place)

    def paid(self) -> None:
        self.issue()
        self.run()
        self.stripe_world.pay(self.link_in(self.texts()[-1]))
        self.wait(minutes=5)
        self.run()

    def later(self) -> None:
        self.wait(hours=2)
        self.run()

    def made(self) -> list[str]:
        return sorted(one.entry.kind for one in self.cash.all_entries())

    def settled(self) -> bool:
        held = MemoryTreasury(self.stripe_world).balance()["USD"].total
        return self.cash.balance(CLEARING.account_id) == held


@pytest.fixture
def till(tmp_path: Any) -> Any:
    made = Till(tmp_path / "state")
    yield made
    made.close()


BOTH = [EntryKind.EXPENSE, EntryKind.TRANSFER]


def paid_out(till: Till) -> None:
    till.paid()
    with till.stripe_world.moment():
        till.stripe_world.balance.pay_out("USD")


def test_a_fee_and_a_payout_are_booked_once_and_the_clearing_account_holds_what_stripe_holds(till: Till) -> None:
    paid_out(till)
    for _ in range(3):
        till.later()
    assert till.made() == BOTH
    assert till.settled()
    assert till.cash.balance(CLEARING.account_id) == Money.zero("USD")


@pytest.mark.parametrize("step", ["planned", "asked", "claimed", "calling", "answered", "concluded"])
@pytest.mark.parametrize("what", ["fee", "payout"])
def test_a_crash_anywhere_leaves_each_booked_once(till: Till, what: str, step: str) -> None:
    paid_out(till)
    reached: list[str] = []

    def die(point: str) -> None:
        if point == f"{what}.{step}" and not reached:
            reached.append(point)
            raise KeyboardInterrupt

    till.wait(hours=2)
    with armed(die), pytest.raises(KeyboardInterrupt):
        till.run()
    till.restart(crashed=True)
    for _ in range(3):
        till.later()
    assert reached
    assert till.made() == BOTH
    assert till.settled()


def test_an_emptied_memory_finds_what_is_booked_and_books_nothing_twice(till: Till) -> None:
    paid_out(till)
    till.later()
    [payout_id] = till.stripe_world.balance.payouts
    till.database.close()
    till._url = sqlite_url(till.folder / "emptied")
    migrate(till._url)
    till.company = till.open()
    cash.run_once(till.company)
    [row] = till.company.store.effects.of_subjects("acme", [payout_id])
    assert cash.book(Attempt(till.company, row, "book the payout")) == "adopted"
    [row] = till.company.store.effects.of_subjects("acme", [payout_id])
    assert row.status == EffectStatus.DONE
    assert till.made() == BOTH


def test_an_answer_that_is_lost_books_nothing_twice(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.LOSE_ANSWER, "make_expense")
    till.ledger_faults.program(FaultKind.LOSE_ANSWER, "make_transfer")
    for _ in range(4):
        till.later()
    assert till.made() == BOTH
    assert till.settled()


def test_a_payout_that_comes_back_after_it_was_booked_is_shown_and_nothing_is_changed(till: Till) -> None:
    paid_out(till)
    till.later()
    with till.stripe_world.moment():
        till.stripe_world.balance.fail_payout(next(iter(till.stripe_world.balance.payouts)))
    till.later()
    assert till.made() == BOTH
    assert [one for one in till.attention() if "was sent back by the bank since" in one]
