"""Money that went back, with `refunds = "reopen"`: what is gone for good is reversed once, all else is told by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.domain.balance import DisputeState, RefundState
from connector.domain.money import Money
from connector.domain.settlement import Refunds, Surplus
from connector.failpoints import Boundary, armed
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office
from tests.flow.reversing import (
    NOTHING,
    paid,
    rebook,
    release,
    reversals,
    reverses,
    settle,
    told_of,
    undo,
    verdict,
)

TWENTY, HUNDRED = Money.of("20.00", "USD"), Money.of("100.00", "USD")


@pytest.fixture(name="reopening")
def fixture_reopening(open_office: OpenOffice) -> Office:
    return open_office(refunds=Refunds.REOPEN)


def assert_reversed(office: Office, invoice: str, payment: str, *words: str) -> None:
    assert (office.bookings(invoice), office.owed(invoice), reverses(office)) == ([], DOLLARS, 1)
    assert (office.clearing(), verdict(office, payment)) == (NOTHING, "reversed")
    [said] = told_of(office, "taken out of the ledger")
    assert all(one in said for one in words)
    assert "duebird release" in said
    assert office.reason(invoice) == "held"


def assert_left_alone(office: Office, invoice: str, payment: str, *words: str) -> None:
    assert office.bookings(invoice) == [DOLLARS]
    assert (verdict(office, payment), reversals(office, invoice)) == ("booked", [])
    said = told_of(office, payment)[-1]
    assert all(one in said for one in words), said


def set_refund(office: Office, refund_id: str, state: RefundState, event: str) -> None:
    """A refund moves at the processor: from on its way to its end, or the other way round."""
    world = office.stripe_world
    history = world.balance.refunds[refund_id]
    history.add(world.now(), replace(history.latest, state=state))
    world.tell(event, history.latest.payment_id)


def set_dispute(office: Office, dispute_id: str, state: DisputeState) -> None:
    world = office.stripe_world
    history = world.balance.disputes[dispute_id]
    history.add(world.now(), replace(history.latest, state=state))
    world.tell("charge.dispute.closed", history.latest.payment_id)


def dispute(office: Office, payment: str, amount: Money | None = None) -> str:
    with office.stripe_world.moment():
        return office.stripe_world.balance.dispute(payment, amount)


# ------------------------------------------------------------------------------------------------ gone for good


def test_a_whole_refund_takes_the_booking_out_once_and_no_reminder_goes_out_until_the_owner_says_so(
    reopening: Office,
) -> None:
    invoice, payment = paid(reopening)
    texts = len(reopening.texts())
    refund = reopening.stripe_world.refund(payment)
    settle(reopening)
    assert_reversed(reopening, invoice, payment, f"all of its payment was given back (refund {refund})", "120.00 USD")
    reopening.wait(days=16)
    reopening.run(3)
    assert len(reopening.texts()) == texts
    release(reopening, invoice)
    reopening.wait(hours=1)
    reopening.run(2)
    assert len(reopening.texts()) == texts + 1
    assert reopening.broken() == []


def test_parts_that_come_to_the_whole_are_told_one_by_one_and_reversed_with_the_last(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    reopening.stripe_world.refund(payment, TWENTY)
    settle(reopening)
    assert_left_alone(reopening, invoice, payment, "20.00 USD of it is gone for good", "Enter a refund of 20.00 USD")
    last = reopening.stripe_world.refund(payment, HUNDRED)
    settle(reopening)
    assert_reversed(reopening, invoice, payment, last)


def test_a_dispute_is_told_when_it_opens_and_reversed_when_it_is_lost(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    named = dispute(reopening, payment)
    settle(reopening)
    assert_left_alone(reopening, invoice, payment, "is disputed by its payer", "If it is lost")
    with reopening.stripe_world.moment():
        reopening.stripe_world.balance.end_dispute(named, won=False)
    settle(reopening)
    assert_reversed(reopening, invoice, payment, f"a dispute about its payment was lost ({named})")


def test_a_debit_that_the_bank_took_back_after_it_had_succeeded_is_reversed(reopening: Office) -> None:
    invoice, payment = paid(reopening, method="us_bank_account")
    with reopening.stripe_world.moment():
        reopening.stripe_world.balance.bounce(payment)
    settle(reopening)
    assert_reversed(reopening, invoice, payment, "the bank took its debit back")


def test_a_payment_given_back_before_it_was_booked_is_booked_and_reversed_once(reopening: Office) -> None:
    invoice = reopening.issue()
    reopening.run()
    payment = reopening.stripe_world.pay(reopening.link_in(reopening.texts()[0]))
    assert payment is not None
    reopening.stripe_world.refund(payment)
    settle(reopening)
    reopening.wait(minutes=3)
    reopening.run(2)
    assert_reversed(reopening, invoice, payment)


def test_what_became_a_credit_is_taken_out_with_the_booking(open_office: OpenOffice) -> None:
    office = open_office(refunds=Refunds.REOPEN, surplus=Surplus.CREDIT)
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.ledger_world.pay_by_hand(invoice, TWENTY, reference="CHEQUE 7")
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office, 3)
    assert (office.credits(), sorted(one.minor for one in office.bookings(invoice))) == ([TWENTY], [2000, 10000])
    office.stripe_world.refund(payment)
    settle(office)
    assert (office.credits(), office.bookings(invoice)) == ([], [TWENTY])
    assert office.owed(invoice) == HUNDRED
    assert [one.status for one in reversals(office, invoice)] == ["done", "done"]
    assert len(told_of(office, "customer's credit of 20.00 USD")) == 1
    assert office.broken() == []


def test_two_events_of_one_refund_reverse_once(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    refund = reopening.stripe_world.refund(payment)
    reopening.stripe_world.tell("refund.updated", payment)
    settle(reopening)
    reopening.stripe_world.tell("charge.refunded", payment)
    settle(reopening)
    assert_reversed(reopening, invoice, payment, refund)
    assert len(reversals(reopening, invoice)) == 1


def test_all_news_of_one_payment_is_judged_at_once(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    for part in (TWENTY, HUNDRED):
        reopening.stripe_world.refund(payment, part)
    settle(reopening)
    assert_reversed(reopening, invoice, payment)
    assert len([one for one in reopening.stripe_world.requests if one.method == "returned"]) == 2
    assert len(told_of(reopening, payment)) == 1


def test_what_the_owner_has_booked_again_is_not_reversed_by_the_same_refund(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    reopening.stripe_world.refund(payment)
    settle(reopening)
    rebook(reopening, payment)
    settle(reopening)
    reopening.stripe_world.tell("charge.refunded", payment)
    settle(reopening)
    assert reopening.bookings(invoice) == [DOLLARS]


def test_a_refund_of_what_the_owner_has_undone_changes_nothing_more(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    undo(reopening, payment)
    settle(reopening)
    reopening.stripe_world.refund(payment)
    settle(reopening)
    assert (reopening.bookings(invoice), reverses(reopening), len(reversals(reopening, invoice))) == ([], 1, 1)
    assert len(told_of(reopening, payment)) == 1


# --------------------------------------------------------------------------------------------- named, and left alone


def test_a_refund_on_its_way_is_told_and_reversed_once_it_has_arrived(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    refund = reopening.stripe_world.refund(payment)
    set_refund(reopening, refund, RefundState.PENDING, "refund.updated")
    settle(reopening)
    assert_left_alone(reopening, invoice, payment, "has not arrived yet")
    set_refund(reopening, refund, RefundState.SUCCEEDED, "refund.updated")
    settle(reopening)
    assert_reversed(reopening, invoice, payment, refund)


@pytest.mark.parametrize("state", [RefundState.FAILED, RefundState.CANCELLED])
def test_a_refund_that_failed_or_was_cancelled_leaves_the_booking_and_says_what_to_do(
    reopening: Office, state: RefundState
) -> None:
    invoice, payment = paid(reopening)
    refund = reopening.stripe_world.refund(payment)
    set_refund(reopening, refund, RefundState.PENDING, "refund.updated")
    set_refund(reopening, refund, state, "refund.failed")
    settle(reopening)
    command = f"duebird undo {payment} --company acme"
    assert_left_alone(reopening, invoice, payment, "failed or was cancelled: you have the money", command)


def test_a_refund_that_fails_after_the_reversal_is_told_with_the_way_back(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    refund = reopening.stripe_world.refund(payment)
    settle(reopening)
    assert reopening.bookings(invoice) == []
    set_refund(reopening, refund, RefundState.FAILED, "refund.failed")
    settle(reopening)
    assert f"duebird rebook {payment} --company acme" in told_of(reopening, "you have the money")[0]
    rebook(reopening, payment)
    settle(reopening)
    assert (reopening.bookings(invoice), reopening.owed(invoice)) == ([DOLLARS], NOTHING)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DisputeState.WON, "you won: the money is yours"),
        (DisputeState.CLOSED, "ended without the money going back"),
        (DisputeState.INQUIRY, "no money has moved"),
    ],
)
def test_a_dispute_that_takes_nothing_leaves_the_booking(reopening: Office, state: DisputeState, words: str) -> None:
    invoice, payment = paid(reopening)
    set_dispute(reopening, dispute(reopening, payment), state)
    settle(reopening)
    assert_left_alone(reopening, invoice, payment, words)


def test_a_lost_dispute_of_a_part_is_a_part(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    set_dispute(reopening, dispute(reopening, payment, TWENTY), DisputeState.LOST)
    settle(reopening)
    assert_left_alone(reopening, invoice, payment, "20.00 USD of it is gone for good")


def test_an_event_for_which_stripe_knows_no_refund_changes_nothing(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    reopening.stripe_world.tell("charge.refunded", payment)
    settle(reopening)
    assert_left_alone(reopening, invoice, payment, "Stripe says now that it did not")


def test_what_stripe_no_longer_says_in_the_moment_of_writing_is_not_reversed(reopening: Office) -> None:
    invoice, payment = paid(reopening)
    refund = reopening.stripe_world.refund(payment)

    def fail_it(point: str) -> None:
        if point == f"reversal.{Boundary.REREAD}":
            set_refund(reopening, refund, RefundState.FAILED, "refund.updated")

    reopening.wait(minutes=1)
    with armed(fail_it):
        reopening.run()
    assert reopening.bookings(invoice) == [DOLLARS]
    [said] = told_of(reopening, "by now Stripe says that not all of the 120.00 USD is gone for good")
    assert "The entry was not taken out." in said
    assert [one.status for one in reversals(reopening, invoice)] == ["cancelled"]
    set_refund(reopening, refund, RefundState.SUCCEEDED, "refund.updated")
    settle(reopening)
    assert reopening.bookings(invoice) == []


def held_beside_a_cheque(office: Office) -> tuple[str, str]:
    """An invoice that a cheque has paid, and a payment of it that therefore waits for a person."""
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.ledger_world.pay_by_hand(invoice, DOLLARS, reference="CHEQUE 7")
    office.wait(minutes=2)  # what is entered since a payment might be that payment
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office)
    assert verdict(office, payment) == "held"
    return invoice, payment


def test_a_payment_that_was_held_and_went_back_is_told_and_nothing_is_taken_out(reopening: Office) -> None:
    invoice, payment = held_beside_a_cheque(reopening)
    reopening.stripe_world.refund(payment)
    settle(reopening)
    [said] = told_of(reopening, "went back whole")
    assert "It is not booked, so there was nothing to take out of the ledger." in said
    assert reopening.bookings(invoice) == [DOLLARS]  # the cheque


@pytest.mark.parametrize(
    ("rule", "then"),
    [
        (Refunds.REOPEN, "Do not book it whole."),
        (Refunds.BOOK, "duebird credit pi_1 --company acme. Do not enter it whole by hand."),
    ],
)
def test_of_a_held_payment_that_went_back_in_part_nobody_is_told_to_enter_a_refund(
    open_office: OpenOffice, rule: Refunds, then: str
) -> None:
    office = open_office(refunds=rule)
    invoice, payment = held_beside_a_cheque(office)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    [said] = told_of(office, "went back in part: 20.00 USD of it is gone for good")
    assert "It is not booked, so nothing was changed in the ledger." in said
    assert said.endswith(then)
    assert office.bookings(invoice) == [DOLLARS]  # the cheque


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DisputeState.OPEN, "Do not book it whole. Answer in the Stripe dashboard in time."),
        (DisputeState.INQUIRY, "in the ledger. Answer in the Stripe dashboard in time."),
        (DisputeState.WON, "It is not booked, so nothing was changed in the ledger."),
    ],
)
def test_of_a_disputed_payment_that_is_held_no_booking_is_promised_to_be_taken_out(
    reopening: Office, state: DisputeState, words: str
) -> None:
    _, payment = held_beside_a_cheque(reopening)
    set_dispute(reopening, dispute(reopening, payment), state)
    settle(reopening)
    assert [one for one in told_of(reopening, payment) if one.endswith(words)]
    assert not [one for one in told_of(reopening, payment) if "is taken out then" in one]


def test_of_a_held_payment_whose_refund_failed_nobody_is_told_to_undo_its_booking(reopening: Office) -> None:
    _, payment = held_beside_a_cheque(reopening)
    refund = reopening.stripe_world.refund(payment)
    set_refund(reopening, refund, RefundState.FAILED, "refund.failed")
    settle(reopening)
    [said] = told_of(reopening, "failed or was cancelled: you have the money")
    assert "duebird undo" not in said


def test_an_event_waits_while_the_ledger_does_not_take_the_payment(reopening: Office) -> None:
    invoice = reopening.issue()
    reopening.run()
    payment = reopening.stripe_world.pay(reopening.link_in(reopening.texts()[0]))
    assert payment is not None
    reopening.ledger_world.close_books_through(reopening.ledger_world.today())
    reopening.stripe_world.refund(payment)
    for _ in range(3):
        settle(reopening)
        reopening.wait(hours=1)
    asked = len([one for one in reopening.stripe_world.requests if one.method == "returned"])
    assert asked == 1  # to tell the owner, who is asked about the payment
    assert len(reopening.company.queries.unworked_hints("acme", reopening.clock.now(), 10)) == 1
    assert reversals(reopening, invoice) == []


# ------------------------------------------------------------------------------------------------------- as before


@pytest.mark.parametrize("policy", [{}, {"refunds": Refunds.REOPEN}], ids=["ask", "reopen"])
def test_a_declined_card_is_no_news_of_the_payment(open_office: OpenOffice, policy: dict[str, Any]) -> None:
    office = open_office(**policy)
    invoice, payment = paid(office)
    office.stripe_world.tell("charge.failed", payment)
    office.stripe_world.tell("charge.failed", "pi_of_the_web_shop")
    settle(office)
    assert (office.attention(), office.bookings(invoice)) == ([], [DOLLARS])
    assert not [one for one in office.stripe_world.requests if one.method == "returned"]


@pytest.mark.parametrize(
    "act",
    [
        lambda office, payment: office.stripe_world.refund(payment),
        lambda office, payment: office.stripe_world.tell("charge.dispute.closed", payment),
    ],
)
def test_where_the_owner_is_asked_he_is_told_of_the_command_and_nothing_is_changed(
    office: Office, act: Callable[[Office, str], object]
) -> None:
    invoice, payment = paid(office)
    act(office, payment)
    office.stripe_world.tell("refund.updated", payment)
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    [said] = told_of(office, payment)
    assert f"duebird undo {payment} --company acme" in said
    assert not [one for one in office.stripe_world.requests if one.method == "returned"]


def test_where_the_owner_is_asked_a_returned_debit_is_told(office: Office) -> None:
    invoice, payment = paid(office, method="us_bank_account")
    with office.stripe_world.moment():
        office.stripe_world.balance.bounce(payment)
    settle(office)
    [said] = told_of(office, "the bank took a bank debit back")
    assert payment in said
    assert office.bookings(invoice) == [DOLLARS]
    assert office.texts(MOBILE)


def test_of_a_payment_for_two_invoices_both_bookings_go_out_and_both_invoices_are_held(open_office: OpenOffice) -> None:
    office = open_office(refunds=Refunds.REOPEN, joint=True)
    customer = office.customer()
    invoices = [office.issue(customer), office.issue(customer)]
    office.run(2)
    [text] = office.texts()
    payment = office.stripe_world.pay(office.link_in(text))
    assert payment is not None
    settle(office)
    assert [office.bookings(one) for one in invoices] == [[DOLLARS], [DOLLARS]]
    office.stripe_world.refund(payment, DOLLARS)
    settle(office)
    assert [office.bookings(one) for one in invoices] == [[DOLLARS], [DOLLARS]]
    assert told_of(office, "120.00 USD of it is gone for good")
    office.stripe_world.refund(payment, DOLLARS)
    settle(office)
    assert [office.bookings(one) for one in invoices] == [[], []]
    assert (office.clearing(), reverses(office)) == (NOTHING, 2)
    assert [office.reason(one) for one in invoices] == ["held", "held"]
    assert len(told_of(office, "taken out of the ledger")) == 2
    rebook(office, payment)
    settle(office)
    assert [office.bookings(one) for one in invoices] == [[DOLLARS], [DOLLARS]]
    assert office.broken() == []
