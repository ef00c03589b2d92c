"""Faults in the middle: the providers must end up with one of everything, or a person must be told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.money import Money
from connector.domain.receivable import ReceivableState
from tests.flow.office import DOLLARS, Office


def test_a_lost_answer_to_a_text_is_found_and_not_sent_again(office: Office) -> None:
    office.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    office.issue()
    office.run()
    office.wait(minutes=3)
    office.run(2)
    assert len(office.texts()) == 1
    assert office.company.queries.counts("acme")["uncertain"] == 0


def test_a_receipt_with_a_lost_answer_is_found_behind_the_preface_of_a_trial_account(office: Office) -> None:
    office.carrier.preface = "Sent from your Twilio trial account - "
    office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    office.run(2)
    office.wait(minutes=3)
    office.run(2)
    assert len(office.texts()) == 2
    assert office.company.queries.counts("acme")["uncertain"] == 0


def test_a_text_that_nobody_can_find_is_never_sent_again_by_itself(office: Office) -> None:
    office.carrier_faults.program(FaultKind.NEVER_COMMIT, "send")
    office.issue()
    office.run()
    for _ in range(30):
        office.wait(minutes=10)
        office.run()
    assert office.texts() == []
    assert any("may or may not have gone out" in item for item in office.attention())


@pytest.mark.parametrize("kind", [FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER])
def test_a_crash_around_the_sending_leaves_at_most_one_text(office: Office, kind: FaultKind) -> None:
    office.carrier_faults.program(kind, "send")
    office.issue()
    with pytest.raises(Crash):
        office.run()
    office.restart(crashed=True)
    for _ in range(10):
        office.wait(minutes=10)
        office.run()
    assert len(office.texts()) == (1 if kind is FaultKind.CRASH_AFTER else 0)


def test_a_booking_found_to_hold_less_than_was_paid_is_shown_to_a_person(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.LOSE_ANSWER, "book")
    office.run()
    [entry] = office.ledger_world.entries_on(invoice)
    office.wait(seconds=30)
    office.ledger_world.edit_booking(entry.booking.booking_id, Money.of("20.00", "USD"))
    for _ in range(3):
        office.wait(minutes=10)
        office.run()
    assert office.bookings(invoice) == [Money.of("20.00", "USD")]
    [told] = [item for item in office.attention() if entry.booking.booking_id in item]
    assert "20.00 USD of the 120.00 USD" in told


@pytest.mark.parametrize("kind", [FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER, FaultKind.LOSE_ANSWER])
def test_trouble_around_the_booking_leaves_exactly_one_payment(office: Office, kind: FaultKind) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.ledger_faults.program(kind, "book")
    try:
        office.run()
    except Crash:
        office.restart(crashed=True)
    for _ in range(5):
        office.wait(minutes=10)
        office.run()
    assert office.bookings(invoice) == [DOLLARS]
    assert office.ledger_world.standing(invoice).state is ReceivableState.PAID


def test_a_booking_that_commits_after_we_gave_up_is_not_doubled(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.COMMIT_LATE, "book", seconds=300)
    office.run()
    for _ in range(20):
        office.wait(minutes=2)
        office.run()
    assert office.bookings(invoice) == [DOLLARS]


@pytest.mark.parametrize("kind", [FaultKind.CRASH_AFTER, FaultKind.LOSE_ANSWER])
def test_trouble_around_the_link_leaves_one_link(office: Office, kind: FaultKind) -> None:
    office.stripe_faults.program(kind, "create_link")
    office.issue()
    try:
        office.run()
    except Crash:
        office.restart(crashed=True)
    for _ in range(5):
        office.wait(minutes=1)
        office.run()
    assert len(office.stripe_world.links) == 1
    assert len(office.texts()) == 1


def test_replies_that_cannot_be_read_hold_every_text_back(office: Office) -> None:
    office.carrier_faults.program(FaultKind.FAIL_BEFORE, "inbound", times=100)
    office.issue()
    office.wait(minutes=2)
    office.run(2)
    assert office.texts() == []
    office.carrier_faults.clear()
    office.wait(minutes=2)
    office.run()
    assert len(office.texts()) == 1


def test_an_outage_of_the_ledger_holds_texts_back_and_loses_no_payment(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.ledger_faults.revoked = True
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == []
    office.ledger_faults.revoked = False
    office.wait(minutes=20)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_payment_seen_by_many_events_is_booked_once(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    for _ in range(5):
        office.wait(seconds=30)
        office.run()
    assert office.bookings(invoice) == [DOLLARS]


def test_a_payment_booked_by_hand_before_ours_is_asked_about_not_doubled(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]
    assert any("may be in the ledger already" in item for item in office.attention())


def test_a_link_in_doubt_is_looked_for_although_its_key_may_be_forgotten(office: Office) -> None:
    office.stripe_world.key_memory = timedelta(minutes=5)
    office.issue()
    office.stripe_faults.program(FaultKind.CRASH_AFTER, "create_link")
    with pytest.raises(Crash):
        office.run()
    office.restart()
    office.wait(minutes=10)
    office.run(2)
    assert len(office.stripe_world.links) == 1
    assert len(office.texts()) == 1
