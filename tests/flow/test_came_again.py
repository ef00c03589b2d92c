"""Foreign money that went back and came again without an entry of that: what it leaves is entered once, or told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.balance import ChangeKind
from connector.domain.effect import EffectStatus
from connector.domain.money import Money
from connector.domain.settlement import Refunds
from connector.flows.came_again import MOST
from connector.ports.processor import Hint
from state.names import EXCHANGE_NEWS
from tests.flow.conftest import OpenOffice
from tests.flow.office import Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import rebook, settle, told_of, undo
from tests.flow.test_exchange_differences import (
    DEARER,
    an_hour_later,
    assert_balanced,
    assert_counted,
    assert_left_to_the_owner_without_an_account,
    assert_put_right_from_the_first_day,
    differences,
    effects,
    fail,
    failed_refund,
    opened,
)
from tests.flow.test_foreign_money import EUROS, usd
from tests.flow.test_foreign_refunds import FORTY, LATER, at_stripe, dispute, forget, paid, refund
from tests.flow.test_surplus import pay, texted

LEFT = ("0.93", True)  # forty euros left as 44.68 and came again as 45.61
BY_HAND = "is yours to enter"
BEFORE = "an entry in the ledger of before a recovery may be just that difference"


@pytest.fixture(name="foreign")
def fixture_foreign(open_office: OpenOffice) -> Office:
    return opened(open_office)


@pytest.fixture(name="reopening")
def fixture_reopening(open_office: OpenOffice) -> Office:
    return opened(open_office, refunds=Refunds.REOPEN)


def won(office: Office, named: str) -> None:
    office.stripe_world.balance.rates["EUR"] = DEARER
    with office.stripe_world.moment():
        office.stripe_world.balance.end_dispute(named, won=True)
    office.wait(minutes=1)


def fails_at_once(office: Office, amount: Money = FORTY) -> str:
    """A refund of which nothing is heard before it has failed."""
    _, payment = paid(office)
    fail(office, refund(office, payment, amount))
    return payment


def told(office: Office) -> list[str]:
    return told_of(office, "and came again, with no entry")


# --------------------------------------------------------------------------------------------------- what is entered


def test_a_refund_that_failed_before_its_entry_was_made_is_put_right(foreign: Office) -> None:
    fails_at_once(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, LEFT)
    [made] = [one.entry for one in foreign.cash.all_entries() if one.entry.reference.startswith("DBX")]
    assert made.note.endswith(", refund re_1 came again")
    an_hour_later(foreign)
    assert_balanced(foreign, LEFT)
    assert_counted(foreign)
    assert told(foreign) == []


def test_one_of_whose_failure_no_event_comes_is_put_right_with_the_news_that_it_was_made(foreign: Office) -> None:
    foreign.stripe_world.event_delay = lambda hint: None if hint.kind == "refund.failed" else 0.0
    fails_at_once(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, LEFT)


def test_more_news_than_a_look_takes_is_there_in_the_next(foreign: Office) -> None:
    store, now = foreign.company.store, foreign.clock.now()
    news = [Hint(f"evt_of_others_{one}", "charge.refunded", f"pi_of_others_{one}", now, "{}") for one in range(MOST)]
    store.hints_read("acme", news, now, now)
    for place, one in enumerate(news):
        store.hints_worked("acme", [one.event_id], now + timedelta(milliseconds=place + 1))
    foreign.wait(minutes=1)
    fails_at_once(foreign)
    an_hour_later(foreign)
    assert differences(foreign) == []
    an_hour_later(foreign)
    assert_balanced(foreign, LEFT)


def test_one_that_failed_at_the_same_rate_leaves_nothing(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = refund(foreign, payment)
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.fail_refund(named)
    an_hour_later(foreign)
    assert_balanced(foreign)
    assert told(foreign) == []


def test_a_dispute_that_is_lost_does_not_come_again(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = dispute(foreign, payment, FORTY)
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.end_dispute(named, won=False)
    an_hour_later(foreign)
    assert_balanced(foreign)
    assert told(foreign) == []


def test_one_in_the_currency_of_the_clearing_account_leaves_nothing(foreign: Office) -> None:
    _, payment = paid(foreign, usd("120.00"))
    fail(foreign, refund(foreign, payment, usd("20.00")))
    an_hour_later(foreign)
    assert_balanced(foreign)


def test_one_of_a_payment_that_is_not_on_record_is_nobodys(foreign: Office) -> None:
    foreign.stripe_world.tell("refund.failed", "pi_77")
    an_hour_later(foreign)
    assert (effects(foreign), told(foreign)) == ([], [])


@pytest.mark.parametrize("of", ["a dispute", "a dispute of a part", "a refund"])
def test_what_reopening_makes_no_entry_of_is_put_right(reopening: Office, of: str) -> None:
    _, payment = paid(reopening)
    if of == "a refund":
        fail(reopening, refund(reopening, payment, EUROS))
        an_hour_later(reopening)
        assert_balanced(reopening, ("2.31", True))  # 111.71 left, 114.02 came again
        return
    amount = EUROS if of == "a dispute" else FORTY
    named = dispute(reopening, payment, amount)
    settle(reopening)
    won(reopening, named)
    an_hour_later(reopening)
    assert_balanced(reopening, ("2.31", True) if amount == EUROS else LEFT)
    assert_counted(reopening)


def test_what_came_again_before_all_was_gone_is_not_in_the_difference_of_the_booking(reopening: Office) -> None:
    _, payment = paid(reopening)
    won(reopening, dispute(reopening, payment, EUROS))
    settle(reopening)
    refund(reopening, payment, EUROS)
    an_hour_later(reopening)
    # 111.71 and 114.02; then 108.37 came in, and 114.02 went.
    assert sorted(differences(reopening), key=str) == [(usd("2.31"), True), (usd("5.65"), False)]
    assert reopening.clearing() == at_stripe(reopening)


# ------------------------------------------------------------------------------------------------------ what is told


def test_a_refund_of_a_part_that_failed_is_the_owners_where_he_enters_it(reopening: Office) -> None:
    payment = fails_at_once(reopening)
    an_hour_later(reopening)
    [item] = told(reopening)
    assert differences(reopening) == []
    assert f"40.00 EUR of the payment {payment} left your Stripe account (refund re_1)" in item
    assert "0.93 USD are left" in item
    assert BY_HAND in item


def test_by_the_rule_to_ask_all_of_it_is_the_owners(open_office: OpenOffice) -> None:
    office = opened(open_office, refunds=Refunds.ASK)
    _, payment = paid(office)
    won(office, dispute(office, payment, EUROS))
    an_hour_later(office)
    [item] = told(office)
    assert (differences(office), BY_HAND in item) == ([], True)


def test_what_came_again_after_its_booking_was_out_is_told(reopening: Office) -> None:
    _, payment = paid(reopening)
    named = refund(reopening, payment, EUROS)
    an_hour_later(reopening)
    fail(reopening, named)
    an_hour_later(reopening)
    rebook(reopening, payment)
    an_hour_later(reopening)
    [item] = told(reopening)
    assert "was out of the ledger when 114.02 USD came again" in item
    assert differences(reopening) == [(usd("3.34"), False)]


def test_what_left_before_the_first_day_is_told(open_office: OpenOffice) -> None:
    office = opened(open_office)
    _, payment = paid(office)
    named = refund(office, payment)
    office.company.store.set_cursor(
        "acme", "refunds_from", (office.clock.now() + timedelta(minutes=5)).isoformat(), office.clock.now()
    )
    fail(office, named)
    an_hour_later(office)
    [item] = told(office)
    assert "before the first day" in item
    assert differences(office) == []


def test_what_came_again_of_a_payment_that_somebody_else_booked_is_told(foreign: Office) -> None:
    invoice, _, page = texted(foreign, EUROS)
    payment = pay(foreign, page)
    foreign.ledger_world.pay_by_hand(invoice, EUROS, note=f"card {payment}")
    settle(foreign)
    foreign.stripe_world.balance.rates["EUR"] = LATER
    fail(foreign, refund(foreign, payment))
    an_hour_later(foreign)
    [item] = told(foreign)
    assert "somebody else has booked the payment" in item
    assert differences(foreign) == []


# -------------------------------------------------------------------------------------------- once, and not too early


@pytest.mark.parametrize("unreadable", [False, True])
def test_it_waits_until_stripe_has_said_it_and_after_a_day_the_owner_is_told(
    foreign: Office, *, unreadable: bool
) -> None:
    fails_at_once(foreign)
    if unreadable:
        foreign.stripe_faults.program(FaultKind.REFUSE, "changes_back", times=100)
    else:
        forget(foreign, ChangeKind.REFUND_FAILURE)
    an_hour_later(foreign)
    assert (effects(foreign), told(foreign)) == ([], [])
    for _ in range(25):
        foreign.wait(minutes=61)
        foreign.run()
    [item] = told(foreign)
    assert "Stripe has not said within a day at which rates" in item
    assert (differences(foreign), effects(foreign)) == ([], [])


def test_one_that_is_said_late_is_entered(foreign: Office) -> None:
    fails_at_once(foreign)
    foreign.stripe_faults.program(FaultKind.REFUSE, "changes_back", times=1)
    an_hour_later(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, LEFT)


def test_it_waits_while_the_booking_is_being_taken_out(reopening: Office) -> None:
    _, payment = paid(reopening)
    won(reopening, dispute(reopening, payment, EUROS))
    refund(reopening, payment, EUROS)
    reopening.ledger_faults.program(FaultKind.FAIL_BEFORE, "reverse", times=4)
    settle(reopening, 2)
    reopening.wait(minutes=61)
    reopening.run()
    assert effects(reopening) == []
    for _ in range(4):
        an_hour_later(reopening)
    assert sorted(differences(reopening), key=str) == [(usd("2.31"), True), (usd("5.65"), False)]
    assert reopening.clearing() == at_stripe(reopening)


def test_a_memory_that_is_lost_enters_nothing_twice_and_the_statement_counts_it(foreign: Office) -> None:
    fails_at_once(foreign)
    an_hour_later(foreign)
    put_back(foreign, foreign.folder, None)
    until_calm(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, LEFT)
    assert [one.status for one in effects(foreign)] == [EffectStatus.DONE]
    assert_counted(foreign)


def test_what_the_owner_undid_leaves_nothing_to_put_right(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = refund(foreign, payment)
    settle(foreign)
    undo(foreign, payment)
    settle(foreign)
    fail(foreign, named)
    an_hour_later(foreign)
    assert (differences(foreign), effects(foreign)) == ([], [])


@pytest.mark.parametrize("changed", ["", "its note", "its amount", "its note and its amount"])
def test_what_came_again_before_a_recovery_is_not_entered_beside_what_may_be_that(
    foreign: Office, changed: str
) -> None:
    """Its entry was taken out and left a difference, of which a memory that is lost knows nothing."""
    failed_refund(foreign)
    an_hour_later(foreign)
    [(entry_id, history)] = [one for one in foreign.cash.entries.items() if one[1].latest.entry.reference[:3] == "DBX"]
    held = history.latest
    entry = replace(
        held.entry,
        note="ours" if "note" in changed else held.entry.note,
        amount=usd("0.90") if "amount" in changed else held.entry.amount,
    )
    worth = entry.amount.amount
    effects_of_it = tuple((account, worth) for account, _ in held.effects)
    foreign.cash.entries[entry_id].add(foreign.clock.now(), replace(held, entry=entry, effects=effects_of_it))
    put_back(foreign, foreign.folder, None)
    until_calm(foreign)
    an_hour_later(foreign)
    assert len(differences(foreign)) == 1
    assert [BEFORE in one for one in told(foreign)] == [True] * bool(changed)


def test_what_came_again_before_a_recovery_and_stands_nowhere_is_entered_after_it(foreign: Office) -> None:
    fails_at_once(foreign)
    put_back(foreign, foreign.folder, None)
    until_calm(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, LEFT)


def test_without_an_account_nothing_is_entered_and_what_was_meanwhile_is_the_owners(foreign: Office) -> None:
    assert_left_to_the_owner_without_an_account(foreign, fails_at_once, EXCHANGE_NEWS)


def test_from_the_owners_first_day_on_what_was_before_is_put_right_too(open_office: OpenOffice) -> None:
    assert_put_right_from_the_first_day(open_office, fails_at_once)
