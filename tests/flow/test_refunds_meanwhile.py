"""Money that goes back while a person is asked about its payment: told at once, and worked on after the answer."""

from __future__ import annotations

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.closed_period import ClosedPeriod
from connector.domain.money import Money
from connector.domain.settlement import Refunds, Surplus
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.reversing import NOTHING, settle, told_of
from tests.flow.test_already_booked import asked, booking, by_hand, paid, say
from tests.flow.test_refund_entries import BOOKS, TWENTY, assert_balanced, at_stripe, entries, fail
from tests.flow.test_reopened import dispute

RULES = pytest.mark.parametrize("refunds", [Refunds.BOOK, Refunds.REOPEN])


def opened(open_office: OpenOffice, refunds: Refunds, **more: object) -> Office:
    return open_office(**{**BOOKS, "refunds": refunds, **more})


def later(office: Office) -> None:
    """The news is looked at once an hour."""
    for _ in range(2):
        office.wait(hours=2)
        settle(office)


@RULES
def test_a_refund_is_told_at_once_once_and_is_over_when_it_was_worked_on(
    open_office: OpenOffice, refunds: Refunds
) -> None:
    office = opened(open_office, refunds)
    invoice, payment, _ = asked(office)
    refund = office.stripe_world.refund(payment, TWENTY)
    settle(office, 1)
    [said] = told_of(office, "about which you are asked")
    assert f"the payment of 120.00 USD ({payment})" in said
    assert f"went back in part: 20.00 USD of it is gone for good (refund {refund}: 20.00 USD)" in said
    assert "Nothing was changed in the ledger: the payment itself waits for your answer" in said
    later(office)
    assert told_of(office, "about which you are asked") == [said]
    say(office, booking(office, invoice, payment))
    later(office)
    assert told_of(office, "about which you are asked") == []
    assert entries(office) == ([TWENTY] if refunds is Refunds.BOOK else [])
    assert len(told_of(office, payment)) == 1


def test_where_the_answer_is_that_it_is_that_entry_the_refund_is_entered_beside_it(open_office: OpenOffice) -> None:
    office = opened(open_office, Refunds.BOOK)
    invoice, payment, entry = asked(office, DOLLARS)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    say(office, booking(office, invoice, payment), entry)
    later(office)
    assert_balanced(office, invoice, entered=[TWENTY])
    assert office.bookings(invoice) == [DOLLARS]


@RULES
def test_a_second_piece_of_news_is_told_too_and_one_that_came_to_nothing_is_not(
    open_office: OpenOffice, refunds: Refunds
) -> None:
    office = opened(open_office, refunds)
    _, payment, _ = asked(office)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    named = dispute(office, payment, Money.of("50.00", "USD"))
    settle(office)
    [first, second] = told_of(office, "about which you are asked")
    assert f"dispute {named}: 50.00 USD" in second
    assert f"dispute {named}" not in first


def test_a_refund_that_failed_is_told_as_that_and_an_event_without_any_refund_is_no_news(
    open_office: OpenOffice,
) -> None:
    office = opened(open_office, Refunds.BOOK)
    _, payment, _ = asked(office)
    office.stripe_world.tell("charge.refunded", payment)
    settle(office)
    assert told_of(office, "about which you are asked") == []
    fail(office, office.stripe_world.refund(payment, TWENTY))
    settle(office)
    said = told_of(office, "about which you are asked")[-1]
    assert "failed or was cancelled: you have the money." in said


@RULES
def test_all_of_it(open_office: OpenOffice, refunds: Refunds) -> None:
    office = opened(open_office, refunds)
    invoice, payment, _ = asked(office)
    office.stripe_world.refund(payment)
    settle(office)
    [said] = told_of(office, "about which you are asked")
    assert "went back whole" in said
    say(office, booking(office, invoice, payment))
    later(office)
    if refunds is Refunds.BOOK:
        assert entries(office) == [DOLLARS]
    else:
        assert office.bookings(invoice) == [DOLLARS]  # the other matter
    assert office.clearing() - DOLLARS == at_stripe(office) == NOTHING


def test_a_debit_that_the_bank_took_back(open_office: OpenOffice) -> None:
    office = opened(open_office, Refunds.BOOK)
    invoice = office.issue()
    office.run()
    page = office.stripe_world.start_debit(office.link_in(office.texts()[0]), method="us_bank_account")
    assert page is not None
    office.ledger_world.edit_amount(invoice, Money.of("240.00", "USD"))
    office.wait(hours=1)
    by_hand(office, invoice)
    office.run()
    office.wait(days=2)
    office.stripe_world.finish_debit(page, succeeds=True)
    settle(office)
    payment = office.stripe_world.pages[page].latest.payment_id
    assert payment is not None
    with office.stripe_world.moment():
        office.stripe_world.balance.bounce(payment)
    settle(office)
    [said] = told_of(office, "about which you are asked")
    assert "it was never paid" in said


def test_a_payment_that_waits_because_its_day_is_closed_is_one_that_is_asked_about(open_office: OpenOffice) -> None:
    office = opened(open_office, Refunds.BOOK, closed_period=ClosedPeriod.ASK)
    _, payment = paid(office, DOLLARS)
    office.ledger_world.close_books_through(office.ledger_world.today())
    office.wait(days=1)
    settle(office)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    assert told_of(office, "about which you are asked")


def test_of_one_that_is_only_on_its_way_nobody_is_told_before(open_office: OpenOffice) -> None:
    office = opened(open_office, Refunds.BOOK, surplus=Surplus.CREDIT)
    _, payment = paid(office, DOLLARS)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "book", times=2)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    assert office.company.queries.payment("acme", payment).verdict == "allocated"  # type: ignore[union-attr]
    assert told_of(office, "about which you are asked") == []
