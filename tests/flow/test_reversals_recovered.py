"""Reversals after a lost memory: nothing is booked again that was taken out, and nothing is reversed twice."""

from __future__ import annotations

import pytest

from connector.domain.phone import Phone
from connector.domain.settlement import Refunds, Surplus
from state.place import DATABASE_NAME
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
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


def emptied(office: Office) -> None:
    put_back(office, office.folder, None)
    until_calm(office)
    office.company.store.resume("acme", office.clock.now())
    settle(office)


@pytest.mark.parametrize("refunds", list(Refunds))
def test_an_emptied_installation_leaves_an_undone_booking_undone_and_the_invoice_held(
    open_office: OpenOffice, refunds: Refunds
) -> None:
    office = open_office(refunds=refunds)
    invoice, payment = paid(office)
    texts = len(office.texts())
    undo(office, payment)
    settle(office)
    emptied(office)
    assert (office.bookings(invoice), office.owed(invoice), reverses(office)) == ([], DOLLARS, 1)
    assert verdict(office, payment) == "reversed"
    [effect] = reversals(office, invoice)
    assert effect.status == "done"
    assert told_of(office, "taken out of the ledger")
    office.wait(days=16)
    office.run(3)
    assert (office.bookings(invoice), len(office.texts()), office.reason(invoice)) == ([], texts, "held")
    rebook(office, payment)
    settle(office)
    assert (office.bookings(invoice), office.clearing()) == ([DOLLARS], DOLLARS)
    assert office.broken() == []


def test_a_refund_that_was_reversed_is_not_reversed_again_by_an_emptied_installation(open_office: OpenOffice) -> None:
    office = open_office(refunds=Refunds.REOPEN)
    invoice, payment = paid(office)
    office.stripe_world.refund(payment)
    settle(office)
    assert reverses(office) == 1
    emptied(office)
    assert (office.bookings(invoice), reverses(office), office.clearing()) == ([], 1, NOTHING)
    assert verdict(office, payment) == "reversed"
    assert office.broken() == []


def test_a_refund_made_while_the_memory_was_lost_is_reversed_once(open_office: OpenOffice) -> None:
    office = open_office(refunds=Refunds.REOPEN)
    invoice, payment = paid(office)
    put_back(office, office.folder, None)
    office.stripe_world.refund(payment)
    office.wait(hours=3)
    until_calm(office)
    settle(office)
    assert (office.bookings(invoice), reverses(office), verdict(office, payment)) == ([], 1, "reversed")
    assert office.owed(invoice) == DOLLARS


def test_a_reversal_ordered_and_lost_with_the_memory_is_not_made(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    emptied(office)
    assert (office.bookings(invoice), verdict(office, payment)) == ([DOLLARS], "booked")


def test_a_credit_that_was_taken_out_is_not_booked_on_its_invoice_when_that_is_owed_again(
    open_office: OpenOffice,
) -> None:
    office = open_office(refunds=Refunds.REOPEN, surplus=Surplus.CREDIT)
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    cheque = office.ledger_world.pay_by_hand(invoice, DOLLARS, reference="CHEQUE 7")
    office.wait(minutes=2)  # what is entered since a payment might be that payment
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office, 3)
    office.stripe_world.refund(payment)
    settle(office)
    assert office.credits() == []
    office.ledger_world.delete_booking(cheque)
    emptied(office)
    assert (office.bookings(invoice), office.credits(), verdict(office, payment)) == ([], [], "reversed")
    release(office, invoice)


def test_what_is_booked_anew_stands_after_a_lost_memory_beside_the_entry_that_was_taken_out(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    settle(office)
    rebook(office, payment)
    settle(office)
    emptied(office)
    assert (office.bookings(invoice), verdict(office, payment)) == ([DOLLARS], "booked")
    assert reversals(office, invoice) == []


@pytest.mark.parametrize("how", ["undo", "refund"])
def test_a_backup_from_before_a_reversal_neither_books_nor_reverses_nor_texts(
    open_office: OpenOffice, how: str
) -> None:
    office = open_office(refunds=Refunds.REOPEN)
    invoice, payment = paid(office)
    backup = (office.folder / DATABASE_NAME).read_bytes()
    texts = len(office.texts())
    if how == "undo":
        undo(office, payment)
    else:
        office.stripe_world.refund(payment)
    settle(office)
    assert office.bookings(invoice) == []
    put_back(office, office.folder, backup)
    until_calm(office)
    office.company.store.resume("acme", office.clock.now())
    for _ in range(4):
        office.wait(days=4)
        office.run(2)
    assert (office.bookings(invoice), reverses(office), office.clearing()) == ([], 1, NOTHING)
    assert len(office.texts()) == texts
    assert verdict(office, payment) == "reversed"
    assert office.reason(invoice) == "held"


def test_what_is_booked_once_more_after_a_lost_memory_is_not_told_or_thanked_for_again(open_office: OpenOffice) -> None:
    office = open_office(owner_phone=Phone("+12125550999"))
    invoice, payment = paid(office)
    settle(office)
    texts = len(office.carrier.texts)
    undo(office, payment)
    settle(office)
    emptied(office)
    office.wait(days=40)
    rebook(office, payment)
    until_calm(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.carrier.texts) == texts
    assert office.broken() == []
