"""Money that went back, with `refunds = "book"`: an entry of its own for as long as Stripe does not have the money."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.cash_world import SALES
from connector.domain.balance import ChangeKind, DisputeState, RefundState
from connector.domain.closed_period import ClosedPeriod
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.reversal import Cause
from connector.domain.settlement import Refunds, Surplus
from connector.failpoints import armed
from connector.flows.attempts import order_retry
from connector.flows.refunded import begin, begun
from connector.flows.reversal import planned
from state.tables import EffectRow
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.reversing import NOTHING, paid, reversals, settle, told_of, undo, verdict
from tests.flow.test_reopened import dispute, set_dispute, set_refund

TWENTY, HUNDRED = Money.of("20.00", "USD"), Money.of("100.00", "USD")
BOOKS: dict[str, Any] = {"refunds": Refunds.BOOK, "refund_account_id": SALES.account_id}


@pytest.fixture(name="booking")
def fixture_booking(open_office: OpenOffice) -> Office:
    return open_office(**BOOKS)


def fail(office: Office, refund: str) -> None:
    with office.stripe_world.moment():
        office.stripe_world.balance.fail_refund(refund)


def end(office: Office, named: str, *, won: bool) -> None:
    with office.stripe_world.moment():
        office.stripe_world.balance.end_dispute(named, won=won)


def reopen(office: Office, named: str) -> None:
    """The bank decides otherwise after all: Stripe takes the money a second time."""
    set_dispute(office, named, DisputeState.LOST)
    balance = office.stripe_world.balance
    with office.stripe_world.moment():
        made = balance.disputes[named].latest
        balance.enter(
            ChangeKind.DISPUTE,
            NOTHING - made.amount,
            source_id=named,
            payment_id=made.payment_id,
            dispute_id=named,
        )


def of_refunds(office: Office, invoice: str) -> list[EffectRow]:
    return [one for one in office.company.queries.effects_of("acme", invoice) if one.kind == "book_refund"]


def paid_beside_a_cheque(office: Office, cheque: Money) -> tuple[str, str]:
    """An invoice and its payment, of which so much is too much and becomes a credit."""
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.ledger_world.pay_by_hand(invoice, cheque, reference="CHEQUE 7")
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office, 3)
    return invoice, payment


def entries(office: Office) -> list[Money]:
    """What stands in the books as money that went back."""
    return [one.entry.amount for one in office.cash.all_entries() if one.entry.kind is EntryKind.REVERSAL]


def at_stripe(office: Office) -> Money:
    """What Stripe holds of payments and what went back, before its fees."""
    changes = [one.latest for one in office.stripe_world.balance.changes.values()]
    return sum((one.amount for one in changes), NOTHING)


def assert_balanced(office: Office, invoice: str, *, entered: list[Money]) -> None:
    """Clearing holds what Stripe holds, the booking stands, and nobody is reminded."""
    assert sorted(entries(office), key=lambda one: one.amount) == entered
    assert office.clearing() == at_stripe(office)
    assert office.owed(invoice) == NOTHING
    assert office.broken() == []


def test_a_refund_of_a_part_is_an_entry_of_its_own_and_the_invoice_stays_paid(booking: Office) -> None:
    invoice, payment = paid(booking)
    texts = len(booking.texts())
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])
    assert (booking.bookings(invoice), verdict(booking, payment), reversals(booking, invoice)) == (
        [DOLLARS],
        "booked",
        [],
    )
    [said] = told_of(booking, "left your Stripe account")
    assert refund in said
    assert "The invoice stays paid" in said
    assert told_of(booking, payment) == [said]
    booking.wait(days=16)
    booking.run(3)
    assert len(booking.texts()) == texts


def test_two_parts_that_come_to_the_whole_are_two_entries_and_the_booking_stays(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    booking.stripe_world.refund(payment, HUNDRED)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY, HUNDRED])
    assert booking.clearing() == NOTHING
    assert len(told_of(booking, "left your Stripe account")) == 2


def test_a_refund_on_its_way_is_entered_at_once_and_not_again_when_it_arrives(booking: Office) -> None:
    invoice, payment = paid(booking)
    refund = booking.stripe_world.refund(payment)
    set_refund(booking, refund, RefundState.PENDING, "charge.refunded")
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])
    set_refund(booking, refund, RefundState.SUCCEEDED, "refund.updated")
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])
    assert len(told_of(booking, payment)) == 1


def test_a_refund_that_failed_is_taken_out_again_and_is_told(booking: Office) -> None:
    invoice, payment = paid(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    fail(booking, refund)
    settle(booking)
    assert_balanced(booking, invoice, entered=[])
    assert booking.clearing() == DOLLARS
    [said] = told_of(booking, "was taken out of the ledger")
    assert f"its money came back ({refund})" in said
    assert verdict(booking, payment) == "booked"
    assert booking.reason(invoice) != "held"


def test_a_refund_that_failed_before_it_was_entered_needs_no_entry(booking: Office) -> None:
    invoice, payment = paid(booking)
    fail(booking, booking.stripe_world.refund(payment, TWENTY))
    settle(booking)
    assert_balanced(booking, invoice, entered=[])
    [said] = told_of(booking, payment)
    assert "failed or was cancelled: you have the money" in said


def test_a_refund_is_made_again_after_one_failed_and_has_an_entry_of_its_own(booking: Office) -> None:
    invoice, payment = paid(booking)
    first = booking.stripe_world.refund(payment)
    settle(booking)
    fail(booking, first)
    booking.stripe_world.refund(payment)
    settle(booking, 3)
    booking.wait(minutes=3)
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])


def test_a_dispute_is_entered_when_it_opens_and_stays_when_it_is_lost(booking: Office) -> None:
    invoice, payment = paid(booking)
    named = dispute(booking, payment)
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])
    [said] = told_of(booking, "left your Stripe account")
    assert "Answer the dispute in the Stripe dashboard in time" in said
    end(booking, named, won=False)
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])
    assert told_of(booking, "left your Stripe account") == [], "there is nothing to answer any more"
    assert told_of(booking, f"the dispute {named} about the payment of 120.00 USD ({payment}) is lost")


def test_a_dispute_that_is_won_is_taken_out_again(booking: Office) -> None:
    invoice, payment = paid(booking)
    named = dispute(booking, payment)
    settle(booking)
    assert told_of(booking, "left your Stripe account")
    end(booking, named, won=True)
    settle(booking)
    assert_balanced(booking, invoice, entered=[])
    assert booking.clearing() == DOLLARS
    assert told_of(booking, "left your Stripe account") == [], "there is nothing to answer any more"
    assert told_of(booking, f"its money came back ({named})")


def test_a_dispute_that_is_lost_after_it_was_won_is_entered_anew_and_again_when_it_is_won(booking: Office) -> None:
    invoice, payment = paid(booking)
    named = dispute(booking, payment)
    settle(booking)
    for _ in range(2):
        end(booking, named, won=True)
        settle(booking)
        assert entries(booking) == []
        reopen(booking, named)
        settle(booking)
        assert_balanced(booking, invoice, entered=[DOLLARS])
    references = [json.loads(one.request)["reference"] for one in of_refunds(booking, invoice)]
    assert len(set(references)) == len(references) == 3


def test_what_came_and_went_three_times_is_for_a_person(booking: Office) -> None:
    _, payment = paid(booking)
    named = dispute(booking, payment)
    settle(booking)
    for _ in range(3):
        end(booking, named, won=True)
        settle(booking)
        reopen(booking, named)
        settle(booking)
    assert entries(booking) == []
    [said] = told_of(booking, "its entry was taken out 3 times before")
    assert "Enter 120.00 USD by hand" in said


def test_where_the_bank_only_asks_nothing_is_entered_and_the_owner_is_told(booking: Office) -> None:
    invoice, payment = paid(booking)
    named = dispute(booking, payment)
    set_dispute(booking, named, DisputeState.INQUIRY)
    settle(booking)
    assert entries(booking) == []
    assert booking.bookings(invoice) == [DOLLARS]
    [said] = told_of(booking, payment)
    assert "is asked about by the payer's bank" in said


def test_a_debit_that_the_bank_took_back_is_owed_again_with_all_that_was_entered(booking: Office) -> None:
    invoice, payment = paid(booking, method="us_bank_account")
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert entries(booking) == [TWENTY]
    with booking.stripe_world.moment():
        booking.stripe_world.balance.bounce(payment)
    settle(booking)
    booking.wait(minutes=2)
    settle(booking)
    assert (entries(booking), booking.bookings(invoice), booking.owed(invoice)) == ([], [], DOLLARS)
    assert booking.clearing() == NOTHING == at_stripe(booking)
    assert booking.reason(invoice) == "held"
    assert verdict(booking, payment) == "reversed"


def test_a_payment_given_back_before_it_was_booked_is_booked_and_its_refund_entered(booking: Office) -> None:
    invoice = booking.issue()
    booking.run()
    payment = booking.stripe_world.pay(booking.link_in(booking.texts()[0]))
    assert payment is not None
    booking.stripe_world.refund(payment)
    settle(booking)
    booking.wait(minutes=3)
    booking.run(2)
    assert_balanced(booking, invoice, entered=[DOLLARS])


def test_a_credit_is_given_back_first_and_then_of_the_booking(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT, **BOOKS)
    invoice, payment = paid_beside_a_cheque(office, Money.of("50.00", "USD"))
    office.stripe_world.refund(payment, Money.of("60.00", "USD"))
    settle(office)
    made = {one.entry.amount: one.of for one in office.cash.all_entries() if one.entry.kind is EntryKind.REVERSAL}
    [credit] = [one.entry for one in office.cash.all_entries() if one.entry.kind is EntryKind.CREDIT]
    assert made[Money.of("50.00", "USD")] == credit.entry_id
    assert made.keys() == {Money.of("50.00", "USD"), Money.of("10.00", "USD")}
    assert office.clearing() - Money.of("50.00", "USD") == at_stripe(office)  # the cheque
    assert office.owed(invoice) == NOTHING


def test_a_refund_of_a_payment_for_several_invoices_is_divided_over_them_in_order(open_office: OpenOffice) -> None:
    office = open_office(joint=True, **BOOKS)
    customer = office.customer()
    invoices = [office.issue(customer), office.issue(customer, Money.of("80.00", "USD"))]
    office.run(2)
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    settle(office, 3)
    office.stripe_world.refund(payment, Money.of("150.00", "USD"))
    settle(office)
    assert entries(office) == [DOLLARS, Money.of("30.00", "USD")]
    office.stripe_world.refund(payment, Money.of("50.00", "USD"))
    settle(office)
    assert entries(office) == [DOLLARS, Money.of("30.00", "USD"), Money.of("50.00", "USD")]
    assert office.clearing() == at_stripe(office) == NOTHING
    assert [office.owed(one) for one in invoices] == [NOTHING, NOTHING]
    assert office.broken() == []


# ---------------------------------------------------------------------------------------------------- other hands


def test_an_entry_is_undone_by_its_number_and_not_made_again(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    company = booking.company
    [row] = [one for one in company.queries.effects_of("acme", invoice) if one.kind == "book_refund"]
    wanted = planned(company.identity, row, cause=Cause.UNDO, by="alice", why="entered by hand")
    assert company.store.reversals_planned("acme", [wanted], booking.clock.now()) == 1
    settle(booking)
    assert (entries(booking), booking.bookings(invoice)) == ([], [DOLLARS])
    [said] = told_of(booking, "was taken out of the ledger")
    assert "undone by alice: entered by hand" in said
    booking.stripe_world.tell("charge.refunded", payment)
    settle(booking)
    assert (entries(booking), told_of(booking, "by hand, out of")) == ([], [])


def test_an_undone_payment_takes_the_entries_of_its_refunds_along(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert undo(booking, payment) == 2
    settle(booking)
    booking.wait(minutes=2)
    settle(booking)
    assert (entries(booking), booking.bookings(invoice), booking.clearing()) == ([], [], NOTHING)
    assert booking.reason(invoice) == "held"


def test_where_only_the_booking_is_undone_the_entry_of_its_refund_goes_first(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    company = booking.company
    [row] = [one for one in company.queries.effects_of("acme", invoice) if one.kind == "book_payment"]
    wanted = planned(company.identity, row, cause=Cause.UNDO, by="alice")
    company.store.reversals_planned("acme", [wanted], booking.clock.now())
    settle(booking)
    booking.wait(minutes=2)
    settle(booking)
    assert (entries(booking), booking.bookings(invoice), booking.clearing()) == ([], [], NOTHING)


def test_where_somebody_has_taken_the_payment_out_by_hand_nothing_is_entered(booking: Office) -> None:
    invoice, payment = paid(booking)
    [booked] = booking.ledger_world.entries_on(invoice)
    booking.ledger_world.delete_booking(booked.booking.booking_id)
    booking.stripe_world.refund(payment)
    settle(booking)
    assert (entries(booking), booking.clearing()) == ([], NOTHING)
    [said] = told_of(booking, "somebody has taken the payment itself out of the ledger")
    assert "It was not entered" in said


def test_the_ledger_is_asked_first_and_stripe_once_more(booking: Office) -> None:
    invoice, payment = paid(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    trap: list[str] = []

    def fails(point: str) -> None:
        if point == "refund.planned" and not trap:
            trap.append(point)
            fail(booking, refund)

    with armed(fails):
        settle(booking)
    assert_balanced(booking, invoice, entered=[])
    [said] = told_of(booking, "by now Stripe says that the money is in your account")
    assert refund in said


# ------------------------------------------------------------------------------------------------------ closed books


def test_a_refund_of_a_closed_day_is_asked_about_or_put_on_the_first_open_day(open_office: OpenOffice) -> None:
    for folder, rule, entered in (("ask", ClosedPeriod.ASK, []), ("first", ClosedPeriod.FIRST_OPEN_DAY, [TWENTY])):
        office = open_office(folder, closed_period=rule, **BOOKS)
        _, payment = paid(office)
        office.stripe_world.refund(payment, TWENTY)
        office.ledger_world.close_books_through(office.ledger_world.today())
        office.wait(days=1)
        settle(office)
        assert entries(office) == entered
        assert told_of(office, "the books are closed through")


def test_an_entry_in_a_closed_period_stays_when_its_money_comes_back_and_a_person_is_told(booking: Office) -> None:
    _, payment = paid(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    booking.ledger_world.close_books_through(booking.ledger_world.today())
    booking.wait(days=1)
    fail(booking, refund)
    settle(booking)
    assert entries(booking) == [TWENTY]
    [said] = told_of(booking, "the books are closed through")
    assert "Enter 20.00 USD by hand on an open day, into the clearing account" in said


def test_a_payment_whose_refunds_entry_stands_in_a_closed_period_is_undone_without_it(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.wait(days=1)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    booking.ledger_world.close_books_through(booking.ledger_world.today())
    undo(booking, payment)
    settle(booking)
    [refused] = [one for one in reversals(booking, invoice) if '"kind":"reversal"' in one.request]
    assert refused.status == "rejected"
    [item] = told_of(booking, "the books are closed through")
    assert "Enter 20.00 USD by hand on an open day" in item
    assert [one.status for one in reversals(booking, invoice) if one != refused] == ["rejected"]
    assert told_of(booking, "The books are closed through")


def test_one_that_was_refused_is_not_entered_any_more_once_what_it_is_taken_from_is_out(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    booking.ledger_world.close_books_through(booking.ledger_world.today())
    booking.wait(days=1)
    settle(booking)
    assert entries(booking) == []
    booking.ledger_world.close_books_through(booking.ledger_world.today() - timedelta(days=30))
    undo(booking, payment)
    settle(booking)
    assert booking.bookings(invoice) == []
    [refused] = [one for one in booking.company.queries.effects_of("acme", invoice) if one.kind == "book_refund"]
    order_retry(booking.company.store.effects, refused, booking.clock.now())
    settle(booking)
    assert entries(booking) == []
    [said] = told_of(booking, "somebody has taken the payment itself out of the ledger")
    assert "It was not entered." in said


# ----------------------------------------------------------------------------------------------------- from when on


def test_what_went_back_before_it_was_switched_on_is_left_to_the_person_who_entered_it(open_office: OpenOffice) -> None:
    office = open_office()
    _, payment = paid(office)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    office.wait(hours=1)
    office.policy = replace(office.policy, **BOOKS)
    office.restart()
    company = office.company
    for _ in range(2):  # the second start changes nothing
        begin(company.store, company.queries, "acme", office.clock.now(), office.clock.now())
        office.wait(minutes=1)
    office.stripe_world.tell("charge.refunded", payment)
    settle(office)
    assert entries(office) == []
    office.stripe_world.refund(payment, HUNDRED)
    settle(office)
    assert entries(office) == [HUNDRED]


def test_the_owners_own_first_day_counts_and_switched_off_it_is_forgotten(booking: Office) -> None:
    store, queries, now = booking.company.store, booking.company.queries, booking.clock.now()
    begin(store, queries, "acme", now, None)
    assert begun(queries, "acme") is None
    begin(store, queries, "acme", now, now)
    begin(store, queries, "acme", now, now - timedelta(days=3))
    assert begun(queries, "acme") == (now - timedelta(days=3)).replace(microsecond=0)
    begin(store, queries, "acme", now, None)
    assert begun(queries, "acme") is None
