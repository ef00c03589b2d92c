"""A payout that the bank sends back: booked back once where it was booked, and never booked where it was not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.memory.cash_world import BANK
from adapters.memory.faults import Crash, FaultKind
from connector.domain.clearing import payout_reference
from connector.domain.effect import EffectStatus
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.failpoints import armed
from connector.flows import cash
from connector.flows.attempts import order_retry
from connector.ports.entries import Entry
from state.tables import EffectRow
from tests.flow.test_cash_booked import BOTH, Till, empty, paid_out

NOTHING = Money.zero("USD")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    made = Till(tmp_path / "state")
    yield made
    made.close()


def sent_back(till: Till) -> str:
    """The bank sends the payout back; its id."""
    [payout_id] = till.stripe_world.balance.payouts
    with till.stripe_world.moment():
        till.stripe_world.balance.fail_payout(payout_id)
    return payout_id


def transfers(till: Till) -> list[Entry]:
    return [one.entry for one in till.cash.all_entries() if one.entry.kind is EntryKind.TRANSFER]


def effects(till: Till) -> list[EffectRow]:
    """What was planned for payouts, the return last."""
    rows = till.company.store.effects.of_subjects("acme", list(till.stripe_world.balance.payouts))
    return sorted(rows, key=lambda one: one.planned_at)


def told(till: Till) -> list[str]:
    return [one for one in till.attention() if "was sent back by the bank" in one]


def test_one_that_was_booked_and_came_back_is_booked_back_once_on_its_day_and_told_once(
    till: Till,
) -> None:
    paid_out(till)
    till.later()
    till.wait(days=2)
    payout_id = sent_back(till)
    for _ in range(3):
        till.later()
    first, back = transfers(till)
    assert (first.booked_on, back.booked_on) == (date(2026, 11, 23), date(2026, 11, 25))
    assert first.amount == back.amount == Money.of("116.22", "USD")
    assert first.reference == payout_reference(till.company.identity, payout_id) != back.reference
    assert till.cash.balance(BANK.account_id) == NOTHING
    assert till.settled()
    [item] = told(till)
    assert f"payout {payout_id} (116.22 USD)" in item
    assert f"2026-11-25 ({back.reference})" in item
    assert till.broken() == []


@pytest.mark.parametrize("step", ["planned", "asked", "claimed", "calling", "answered", "concluded"])
def test_a_crash_anywhere_leaves_it_booked_back_once_and_told_once(till: Till, step: str) -> None:
    paid_out(till)
    till.later()
    sent_back(till)
    struck: list[str] = []

    def die(point: str) -> None:
        if point == f"payout.{step}" and not struck:
            struck.append(point)
            raise Crash

    till.wait(hours=2)
    with armed(die), pytest.raises(Crash):
        till.run()
    till.restart(crashed=True)
    for _ in range(3):
        till.later()
    assert struck
    assert till.made() == [*BOTH, EntryKind.TRANSFER]
    assert till.settled()
    assert len(told(till)) == 1


@pytest.mark.parametrize("fault", [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT, FaultKind.COMMIT_LATE])
def test_a_lost_answer_of_the_return_books_nothing_twice(till: Till, fault: FaultKind) -> None:
    paid_out(till)
    till.later()
    sent_back(till)
    till.ledger_faults.program(fault, "make_transfer")
    for _ in range(4):
        till.later()
    assert till.made() == [*BOTH, EntryKind.TRANSFER]
    assert till.settled()
    assert len(told(till)) == 1


def test_a_lost_memory_books_neither_it_nor_its_return_a_second_time(till: Till) -> None:
    paid_out(till)
    till.later()
    sent_back(till)
    till.later()
    empty(till)
    assert till.made() == [*BOTH, EntryKind.TRANSFER]
    assert till.settled()
    assert told(till) == [], "a life before told it"


def test_the_money_comes_back_from_the_account_to_which_it_went(till: Till) -> None:
    paid_out(till)
    till.later()
    till.switch(bank_account_id="another bank")
    sent_back(till)
    till.later()
    assert till.cash.balance(BANK.account_id) == NOTHING
    assert till.settled()


def test_a_payout_that_took_money_from_the_bank_and_failed_goes_back_there(till: Till) -> None:
    till.paid()
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-200.00", "USD"), "Radar")
        till.stripe_world.balance.pay_out("USD")
    till.later()
    assert till.cash.balance(BANK.account_id) == Money.of("-83.78", "USD")
    sent_back(till)
    till.later()
    assert till.cash.balance(BANK.account_id) == NOTHING
    assert till.settled()
    assert "A transfer from the clearing account to the bank" in told(till)[0]


# ----------------------------------------------------------------------------------- it came back before it was booked


def test_one_that_came_back_while_the_ledger_refused_it_is_not_booked_any_more(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.REFUSE, "make_transfer")
    till.later()
    [item] = [one for one in till.company.queries.attention("acme") if "could not book the payout" in one.happened]
    assert item.command.startswith("duebird retry ")
    sent_back(till)
    till.later()
    [row] = effects(till)
    assert row.status == EffectStatus.CANCELLED
    assert till.attention() == []
    for _ in range(2):
        till.later()
    assert till.made() == [EntryKind.EXPENSE]
    assert till.settled()


def test_one_that_came_back_between_the_refusal_and_the_order_is_not_booked_either(till: Till) -> None:
    """The balance may show its return an hour late; Stripe's payout says it at once."""
    paid_out(till)
    till.ledger_faults.program(FaultKind.REFUSE, "make_transfer")
    till.later()
    [row] = effects(till)
    sent_back(till)
    order_retry(till.company.store.effects, row, till.clock.now())
    till.run()
    [row] = effects(till)
    assert row.status == EffectStatus.CANCELLED
    till.later()
    assert till.made() == [EntryKind.EXPENSE]
    assert till.settled()


def test_one_that_did_not_come_back_is_booked_on_the_order(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.REFUSE, "make_transfer")
    till.later()
    [row] = effects(till)
    order_retry(till.company.store.effects, row, till.clock.now())
    till.run()
    assert till.made() == BOTH
    assert till.settled()


@pytest.mark.parametrize("fault", [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT])
def test_one_that_came_back_while_it_was_in_doubt_is_looked_for_and_stands_nowhere_or_twice(
    till: Till, fault: FaultKind
) -> None:
    paid_out(till)
    till.ledger_faults.program(fault, "make_transfer")
    till.wait(hours=2)
    till.run()
    [row] = effects(till)
    assert row.status == EffectStatus.UNCERTAIN
    sent_back(till)
    till.company.store.effects.looked(row.key, row.due_at + 4 * (row.due_at - till.clock.now()), answered=False)
    till.wait(hours=1)
    cash.run_once(till.company)
    assert len(effects(till)) == 1, "what is in doubt is looked for first"
    for _ in range(4):
        till.later()
    assert len(transfers(till)) == (2 if fault is FaultKind.LOSE_ANSWER else 0)
    assert till.cash.balance(BANK.account_id) == NOTHING
    assert till.settled()


# ------------------------------------------------------------------------------------------ what a person had a hand in


def test_where_somebody_took_the_transfer_out_nothing_is_booked_back_and_that_is_told(till: Till) -> None:
    paid_out(till)
    till.later()
    [first] = transfers(till)
    till.wait(days=1)
    till.cash.delete(first.entry_id)
    payout_id = sent_back(till)
    for _ in range(3):
        till.later()
    assert transfers(till) == []
    assert till.settled()
    [item] = till.company.queries.attention("acme")
    assert f"return of payout {payout_id}" in item.happened
    assert "could not book the return of the payout in the ledger" in item.happened
    assert "is not in the ledger any more" in item.happened
    assert "this item can be closed" in item.not_done


def test_a_list_that_does_not_show_the_transfer_yet_puts_its_return_off(till: Till) -> None:
    till.switch(every=timedelta())
    paid_out(till)
    till.wait(hours=2)
    till.run()
    sent_back(till)
    till.wait(minutes=1)
    till.ledger_faults.lag_of["entries_with_reference"] = 300
    till.run()
    assert [one.status for one in effects(till)] == [EffectStatus.DONE, EffectStatus.PLANNED]
    assert len(transfers(till)) == 1
    till.later()
    assert len(transfers(till)) == 2
    assert till.settled()


def test_one_of_before_the_first_day_that_comes_back_is_for_a_person(till: Till) -> None:
    till.wanted = None
    till.restart()
    paid_out(till)
    till.wait(days=1)
    till.switch(book_from=None)
    till.later()
    payout_id = sent_back(till)
    till.later()
    assert till.made() == []
    [item] = till.company.queries.attention("acme")
    assert f"payout {payout_id} (116.22 USD, 2026-11-24) was sent back by the bank" in item.happened
    assert "enter its return by hand" in item.not_done
