"""Fees and payouts in the books: each once, whatever happens, so that the clearing account holds what Stripe holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adapters.memory.cash_world import BANK, FEES, SALES
from adapters.memory.faults import FaultKind
from adapters.memory.ledger_world import CLEARING
from adapters.memory.treasury import MemoryTreasury
from connector.domain.balance import PayoutState
from connector.domain.effect import EffectStatus
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.failpoints import armed
from connector.flows import cash
from connector.flows.attempts import Attempt
from connector.flows.cash_place import Place
from connector.flows.company import Cash
from state.migrate import migrate
from state.names import BALANCE_PLACE, REBUILD
from state.place import sqlite_url
from state.recovery_facts import progress_of
from tests.flow.office import WANTED, Office


class Till(Office):
    """An office that books fees and payouts too."""

    wanted: Cash | None = WANTED

    def switch(self, **wanted: Any) -> None:
        """Another choice of the owner's, from the next start on."""
        self.wanted = replace(self.wanted or WANTED, **wanted)
        self.restart()

    def paid(self) -> None:
        self.issue()
        self.run()
        self.stripe_world.pay(self.link_in(self.texts()[-1]))
        self.wait(minutes=5)
        self.run()

    def later(self) -> None:
        self.wait(hours=2)
        self.run()

    def place(self) -> str:
        row = self.company.queries.cursor("acme", BALANCE_PLACE)
        assert row is not None
        return row.value

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


def empty(till: Till) -> None:
    """Lose the memory, and let it be rebuilt."""
    empty_begins(till)
    for _ in range(6):
        till.later()


def empty_begins(till: Till) -> None:
    """Lose the memory."""
    till.database.close()
    till._url = sqlite_url(till.folder / "emptied")
    migrate(till._url)
    till.company = till.open()


def test_a_lost_memory_goes_on_from_the_first_day_that_stands_in_the_ledger(till: Till) -> None:
    till.switch(book_from=None)
    paid_out(till)
    till.later()
    assert till.made() == BOTH
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "USD"), "Radar")
    till.wait(days=3)
    empty(till)
    assert till.made() == [EntryKind.EXPENSE, *BOTH]
    assert till.settled()


def test_a_lost_memory_of_whoever_booked_nothing_yet_begins_today(till: Till) -> None:
    till.switch(book_from=None)
    paid_out(till)
    till.wait(days=3)
    empty(till)
    assert till.made() == []


def test_what_came_while_the_memory_was_being_rebuilt_is_booked_though_nothing_was_before(till: Till) -> None:
    till.switch(book_from=None)
    till.ledger_faults.program(FaultKind.FAIL_BEFORE, "account_entries")
    till.ledger_faults.program(FaultKind.FAIL_BEFORE, "account_entries")
    empty_begins(till)
    till.later()
    till.wait(days=1)
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "USD"), "Radar")
    till.wait(days=1)
    for _ in range(6):
        till.later()
    assert till.made() == [EntryKind.EXPENSE]
    progress = progress_of(till.company.queries.cursor("acme", REBUILD))
    assert progress is not None
    assert [one.partition(":")[0] for one in progress.missing] == ["Stripe's fees", "Stripe's payouts"]
    assert "are booked from 2026-11-23 on" in progress.missing[0]


def test_a_payout_that_came_back_while_the_memory_was_lost_is_booked_back_and_shown(till: Till) -> None:
    paid_out(till)
    till.later()
    with till.stripe_world.moment():
        till.stripe_world.balance.fail_payout(next(iter(till.stripe_world.balance.payouts)))
    empty(till)
    assert till.made() == [*BOTH, EntryKind.TRANSFER]
    assert till.settled()
    assert [one for one in till.attention() if "was sent back by the bank" in one]


def test_an_answer_that_is_lost_books_nothing_twice(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.LOSE_ANSWER, "make_expense")
    till.ledger_faults.program(FaultKind.LOSE_ANSWER, "make_transfer")
    for _ in range(4):
        till.later()
    assert till.made() == BOTH
    assert till.settled()


def test_a_fee_in_another_currency_than_the_clearing_account_is_told_once_and_not_booked(till: Till) -> None:
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "EUR"), "Radar")
    for _ in range(3):
        till.later()
    assert till.made() == []
    [item] = till.company.queries.attention("acme")
    assert "(-7.00 EUR, 2026-11-23) is not in the currency of the clearing account" in item.happened
    assert "Enter it by hand" in item.not_done


# ------------------------------------------------------------------------------------------- payouts on their way


def on_its_way(till: Till) -> str:
    """A payout that the bank does not have yet."""
    paid_out(till)
    [payout_id] = till.stripe_world.balance.payouts
    put(till, payout_id, PayoutState.IN_TRANSIT)
    return payout_id


def put(till: Till, payout_id: str, state: PayoutState) -> None:
    history = till.stripe_world.balance.payouts[payout_id]
    with till.stripe_world.moment():
        history.add(till.clock.now(), replace(history.latest, state=state))


def late_items(till: Till) -> list[str]:
    return [one for one in till.attention() if "still on its way" in one]


def test_a_payout_on_its_way_holds_up_nothing_and_is_booked_once_it_is_paid(till: Till) -> None:
    payout_id = on_its_way(till)
    till.later()
    assert till.made() == [EntryKind.EXPENSE]
    till.wait(days=3)
    till.run()
    till.issue()
    till.later()
    put(till, payout_id, PayoutState.PAID)
    till.later()
    assert till.made() == BOTH
    assert till.settled()


def test_a_payout_that_is_never_paid_is_shown_with_its_day_and_amount_and_others_are_booked(till: Till) -> None:
    payout_id = on_its_way(till)
    till.later()
    till.wait(days=16)
    till.run()
    [item] = [one for one in till.company.queries.attention("acme") if one.subject == payout_id]
    assert "Acme Plumbing" in item.happened
    assert f"{payout_id} (-116.22 USD, 2026-11-23)" in item.happened
    assert "until 2027-01-07" in item.not_done
    assert item.command == "duebird reconcile acme --month 2026-11"
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "USD"), "Radar")
    till.later()
    assert till.made() == [EntryKind.EXPENSE, EntryKind.EXPENSE]


def test_a_late_payout_that_is_paid_after_all_is_booked_and_taken_off_the_list(till: Till) -> None:
    payout_id = on_its_way(till)
    till.later()
    till.wait(days=16)
    till.run()
    assert late_items(till)
    put(till, payout_id, PayoutState.PAID)
    till.later()
    assert late_items(till) == []
    assert till.made() == BOTH


def test_a_late_payout_that_failed_after_all_needs_no_entry_and_no_item(till: Till) -> None:
    payout_id = on_its_way(till)
    till.later()
    till.wait(days=16)
    till.run()
    with till.stripe_world.moment():
        till.stripe_world.balance.fail_payout(payout_id)
    till.later()
    assert late_items(till) == []
    assert till.made() == [EntryKind.EXPENSE]
    assert till.settled()


def test_nobody_asks_for_ever_for_a_payout_that_is_never_paid(till: Till) -> None:
    on_its_way(till)
    till.later()
    till.wait(days=46)
    till.run()
    place = Place.of(till.place())
    assert place.waiting == {}
    assert late_items(till)


def test_many_movements_are_read_on_from_where_the_last_pass_ended(till: Till) -> None:
    till.page_size = 2  # so that a few movements are many
    till.restart()
    with till.stripe_world.moment():
        for number in range(23):
            till.stripe_world.balance.charge(Money.of(f"-{number + 1}.00", "USD"), f"charge {number}")
    till.later()
    assert len(till.made()) == 10
    assert Place.of(till.place()).page is not None
    till.run(times=2)
    assert len(till.made()) == 23
    assert Place.of(till.place()).page is None
    assert till.settled()


# ------------------------------------------------------------------------------------------------- what is wanted


def test_what_was_before_the_day_on_which_it_is_switched_on_is_left_alone(till: Till) -> None:
    till.wanted = None
    till.restart()
    paid_out(till)
    till.wait(days=1)
    till.switch(book_from=None)
    till.run()
    assert till.made() == []
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "USD"), "Radar")
    till.later()
    assert till.made() == [EntryKind.EXPENSE]


def test_the_first_day_is_that_of_the_first_pass_though_stripe_did_not_answer_it(till: Till) -> None:
    till.wanted = None
    till.restart()
    till.switch(book_from=None)
    till.stripe_faults.program(FaultKind.FAIL_BEFORE, "changes_since")
    till.run()
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "USD"), "Radar")
    till.wait(days=30)  # an office that is shut meanwhile
    till.later()
    assert till.made() == [EntryKind.EXPENSE]
    assert till.settled()


def test_a_first_reading_that_failed_is_made_again_in_the_next_pass(till: Till) -> None:
    till.wanted = None
    till.restart()
    paid_out(till)
    till.switch()
    till.stripe_faults.program(FaultKind.FAIL_BEFORE, "changes_since")
    till.run()
    assert till.made() == []
    till.run()
    assert till.made() == BOTH


def test_an_earlier_first_day_named_later_brings_in_what_was_before(till: Till) -> None:
    till.wanted = None
    till.restart()
    paid_out(till)
    till.wait(days=1)
    till.switch(book_from=None)
    till.later()
    assert till.made() == []
    till.switch(book_from=date(2026, 11, 1))
    till.later()
    assert till.made() == BOTH
    assert till.settled()


def test_payouts_switched_on_after_fees_begin_on_their_own_day(till: Till) -> None:
    till.switch(book_from=None, bank_account_id=None)
    paid_out(till)
    till.later()
    till.wait(days=1)
    till.switch(bank_account_id=BANK.account_id)
    till.later()
    assert till.made() == [EntryKind.EXPENSE]


def test_what_came_while_it_was_switched_off_is_not_booked_when_it_is_switched_on_again(till: Till) -> None:
    till.switch(book_from=None)
    till.run()
    till.wanted = None
    till.restart()
    paid_out(till)
    till.wait(days=2)
    till.switch(book_from=None)
    till.later()
    assert till.made() == []


def test_where_exchange_differences_alone_are_wanted_the_balance_is_not_read_and_what_comes_is_the_owners(
    till: Till,
) -> None:
    till.switch(book_from=None)
    till.run()
    both = {"fees_account_id": FEES.account_id, "bank_account_id": BANK.account_id}
    till.switch(exchange_account_id=SALES.account_id, **dict.fromkeys(both))
    asked: list[str] = []
    till.stripe_faults.decide = lambda _port, method, _args: asked.append(method)
    paid_out(till)
    empty(till)
    assert "changes_since" not in asked
    till.switch(**both)
    till.later()
    assert "changes_since" in asked
    assert till.made() == []


def test_what_was_planned_is_dropped_once_it_is_switched_off(till: Till) -> None:
    paid_out(till)
    till.wait(hours=2)
    cash.run_once(till.company)
    till.wanted = None
    till.restart()
    till.run()
    assert till.made() == []
    [payout_id] = till.stripe_world.balance.payouts
    [row] = till.company.store.effects.of_subjects("acme", [payout_id])
    assert row.status == EffectStatus.CANCELLED


# ----------------------------------------------------------------------------------------- what is odd at the services


def test_many_payouts_are_read_as_a_list_and_each_is_booked(till: Till) -> None:
    till.paid()
    with till.stripe_world.moment():
        for number in range(12):
            till.stripe_world.balance.send(Money.of(f"{number + 1}.00", "USD"))
    till.later()
    assert till.made() == [EntryKind.EXPENSE] + [EntryKind.TRANSFER] * 12
    assert till.settled()


def test_a_payout_that_stripe_knows_no_more_is_late_in_its_time(till: Till) -> None:
    payout_id = on_its_way(till)
    till.later()
    del till.stripe_world.balance.payouts[payout_id]
    till.wait(days=16)
    till.run()
    assert late_items(till)
    assert till.made() == [EntryKind.EXPENSE]


def test_a_movement_that_is_gone_is_asked_for_no_more(till: Till) -> None:
    payout_id = on_its_way(till)
    till.later()
    change_id = Place.of(till.place()).waiting[payout_id]
    till.wait(hours=6)
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "USD"), "Radar")
    till.later()
    del till.stripe_world.balance.changes[change_id]
    till.later()
    assert Place.of(till.place()).waiting == {}


def test_a_movement_that_cannot_be_read_is_shown_and_the_others_are_booked(till: Till) -> None:
    payout_id = on_its_way(till)
    till.later()
    till.stripe_faults.program(FaultKind.REFUSE, "change")
    with till.stripe_world.moment():
        till.stripe_world.balance.charge(Money.of("-7.00", "USD"), "Radar")
    till.later()
    assert [one for one in till.attention() if f"could not be read: of payout {payout_id}" in one]
    assert till.made() == [EntryKind.EXPENSE, EntryKind.EXPENSE]


def test_an_entry_that_somebody_deleted_is_not_made_again_by_a_lost_memory(till: Till) -> None:
    paid_out(till)
    till.later()
    [fee] = [one.entry for one in till.cash.all_entries() if one.entry.kind is EntryKind.EXPENSE]
    till.cash.delete(fee.entry_id)
    empty(till)
    assert till.made() == [EntryKind.TRANSFER]
    [item] = [one for one in till.company.queries.attention("acme") if "was deleted in the ledger" in one.happened]
    assert "fee of balance change" in item.happened
    assert item.command.startswith("duebird retry ")


def test_a_company_that_never_wanted_it_has_nothing_noted(till: Till) -> None:
    till.database.close()
    till._url = sqlite_url(till.folder / "never")
    migrate(till._url)
    till.wanted = None
    till.company = till.open()
    till.run()
    assert till.company.queries.cursor("acme", BALANCE_PLACE) is None
