"""Accounts and tax code of fees and payouts: as the settings name them when an entry is made, which is once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.cash_world import BANK, FEES
from adapters.memory.faults import FaultKind
from connector.domain.effect import EffectStatus
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.flows.attempts import order_retry
from state.tables import EffectRow
from tests.flow.test_cash_booked import BOTH, Till, paid_out

NEW = replace(FEES, account_id="acc9", name="Card fees")
OTHER_BANK = replace(BANK, account_id="acc8", name="New bank")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    made = Till(tmp_path / "state")
    made.cash.accounts[NEW.account_id] = NEW
    made.cash.accounts[OTHER_BANK.account_id] = OTHER_BANK
    yield made
    made.close()


def fee_accounts(till: Till) -> list[str | None]:
    """Where fees stand in the books."""
    return [one.counter_account_id for one in till.cash.all_entries() if one.entry.kind is EntryKind.EXPENSE]


def fee_effect(till: Till) -> EffectRow:
    [row] = till.company.store.effects.of_subjects("acme", list(till.stripe_world.balance.changes))
    return row


def test_a_fee_whose_account_was_gone_goes_to_the_one_that_the_settings_name_by_then(till: Till) -> None:
    paid_out(till)
    del till.cash.accounts[FEES.account_id]
    till.later()
    assert fee_accounts(till) == []
    [item] = till.company.queries.attention("acme")
    assert "no such account for fees" in item.happened
    till.switch(fees_account_id=NEW.account_id)
    till.later()
    assert fee_accounts(till) == [NEW.account_id]
    assert till.settled()
    events = till.company.store.effects.history(fee_effect(till).key)
    [changed] = [one for one in events if "the settings name other accounts" in (one.note or "")]
    assert changed.request is not None
    assert f'"other_account_id":"{NEW.account_id}"' in changed.request


def test_a_fee_that_was_refused_for_good_takes_the_settings_of_the_day_it_is_ordered_again(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.REFUSE, "make_expense")
    till.later()
    assert fee_effect(till).status == EffectStatus.REJECTED
    till.switch(fees_account_id=NEW.account_id, tax_code="INPUT2")
    order_retry(till.company.store.effects, fee_effect(till), till.clock.now())
    till.run()
    assert fee_accounts(till) == [NEW.account_id]
    assert '"tax_code":"INPUT2"' in fee_effect(till).request
    assert till.settled()


def test_one_that_is_refused_after_a_doubt_takes_them_too(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.NEVER_COMMIT, "make_expense")
    till.wait(hours=2)
    till.run()
    assert fee_effect(till).status == EffectStatus.UNCERTAIN
    till.ledger_faults.program(FaultKind.REFUSE, "make_expense")
    for _ in range(2):
        till.wait(minutes=11)
        till.run()
    assert fee_effect(till).status == EffectStatus.REJECTED
    till.switch(fees_account_id=NEW.account_id)
    order_retry(till.company.store.effects, fee_effect(till), till.clock.now())
    till.run()
    assert fee_accounts(till) == [NEW.account_id]


def test_what_may_have_gone_out_is_repeated_as_it_was(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.NEVER_COMMIT, "make_expense")
    till.wait(hours=2)
    till.run()
    till.switch(fees_account_id=NEW.account_id)
    for _ in range(3):
        till.wait(minutes=11)
        till.run()
    assert fee_accounts(till) == [FEES.account_id]
    assert till.settled()


def test_a_payout_goes_to_the_bank_that_the_settings_name_when_it_is_made(till: Till) -> None:
    paid_out(till)
    till.ledger_faults.program(FaultKind.FAIL_BEFORE, "make_transfer")
    till.wait(hours=2)
    till.run()
    till.switch(bank_account_id=OTHER_BANK.account_id)
    till.later()
    assert till.cash.balance(OTHER_BANK.account_id) == Money.of("116.22", "USD")
    assert till.settled()


def test_a_return_whose_bank_account_is_gone_goes_to_the_one_that_the_settings_name(till: Till) -> None:
    paid_out(till)
    till.later()
    [payout_id] = till.stripe_world.balance.payouts
    with till.stripe_world.moment():
        till.stripe_world.balance.fail_payout(payout_id)
    till.cash.accounts[BANK.account_id] = replace(BANK, active=False)
    till.later()
    till.switch(bank_account_id=OTHER_BANK.account_id)
    till.later()
    assert till.cash.balance(OTHER_BANK.account_id) == Money.of("-116.22", "USD")
    assert till.settled()


@pytest.mark.parametrize("fault", [FaultKind.LOSE_ANSWER, FaultKind.COMMIT_LATE, FaultKind.NEVER_COMMIT])
@pytest.mark.parametrize("after", [1, 3, 11, 70])
def test_whenever_the_settings_change_after_a_doubt_it_is_in_the_books_once(
    till: Till, fault: FaultKind, after: int
) -> None:
    paid_out(till)
    till.ledger_faults.program(fault, "make_expense")
    till.wait(hours=2)
    till.run()
    till.wait(minutes=after)
    till.switch(fees_account_id=NEW.account_id)
    for _ in range(4):
        till.run()
        till.clock.advance(timedelta(minutes=11))
    till.later()
    assert till.made() == BOTH
    assert till.settled()
