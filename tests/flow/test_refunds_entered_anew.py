"""A refund's entry that was taken out is made anew where that is certain: it left again, or went with its booking."""

from __future__ import annotations

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from connector.domain.reversal import Cause
from connector.domain.settlement import Surplus
from connector.flows.reversal import planned
from connector.ports.processor import Hint
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import NOTHING, paid, rebook, settle, told_of, undo
from tests.flow.test_refund_entries import (
    BOOKS,
    TWENTY,
    assert_balanced,
    end,
    entries,
    of_refunds,
    paid_beside_a_cheque,
    reopen,
)
from tests.flow.test_reopened import dispute

FIFTY = Money.of("50.00", "USD")


@pytest.fixture(name="booking")
def fixture_booking(open_office: OpenOffice) -> Office:
    return open_office(**BOOKS)


def look_again(office: Office, payment: str) -> None:
    """What the order of a person leaves behind: the payment's refunds are looked at once it is booked."""
    now = office.clock.now()
    office.company.store.hints_read("acme", [Hint(f"ordered/{now}", "charge.refunded", payment, now, "{}")], None, now)


def test_an_undone_payment_that_is_booked_once_more_has_its_refund_entered_anew(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    undo(booking, payment)
    settle(booking, 3)
    booking.wait(minutes=2)
    settle(booking)
    assert (entries(booking), booking.bookings(invoice)) == ([], [])
    rebook(booking, payment)
    look_again(booking, payment)
    settle(booking, 3)
    booking.wait(minutes=3)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])
    assert [one.status for one in of_refunds(booking, invoice)] == ["done", "done"]


def test_what_a_person_had_undone_before_by_itself_stays_his(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    [row] = of_refunds(booking, invoice)
    wanted = planned(booking.company.identity, row, cause=Cause.UNDO, by="alice", why="entered by hand")
    booking.company.store.reversals_planned("acme", [wanted], booking.clock.now())
    settle(booking)
    undo(booking, payment)
    settle(booking, 3)
    rebook(booking, payment)
    look_again(booking, payment)
    settle(booking, 3)
    booking.wait(minutes=3)
    settle(booking)
    assert entries(booking) == []
    assert booking.bookings(invoice) == [DOLLARS]


def test_an_emptied_installation_finds_the_second_entry_of_a_dispute_and_takes_it_out(booking: Office) -> None:
    invoice, payment = paid(booking)
    named = dispute(booking, payment)
    settle(booking)
    end(booking, named, won=True)
    settle(booking)
    reopen(booking, named)
    settle(booking)
    put_back(booking, booking.folder, None)
    until_calm(booking)
    booking.company.store.resume("acme", booking.clock.now())
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])
    end(booking, named, won=True)
    settle(booking)
    assert_balanced(booking, invoice, entered=[])
    reopen(booking, named)
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])


def test_a_refund_while_the_credit_is_on_its_way_waits_for_it_and_then_takes_it_first(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT, **BOOKS)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "make_credit", times=3)
    invoice, payment = paid_beside_a_cheque(office, FIFTY)
    assert office.credits() == []
    office.stripe_world.refund(payment)
    settle(office)
    assert entries(office) == []
    for _ in range(6):
        office.wait(minutes=40)
        settle(office)
    assert office.credits() == [FIFTY]
    assert sorted(one.minor for one in entries(office)) == [5000, 7000]
    assert told_of(office, "by hand") == []
    assert office.owed(invoice) == NOTHING
