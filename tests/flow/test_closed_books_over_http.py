"""The same over HTTP: the stand-ins for QuickBooks and Xero refuse what lies in a closed period, as the services do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from connector.domain.calendar import local_day
from connector.domain.clearing import credit_reference
from connector.domain.closed_period import ClosedPeriod
from connector.domain.effect import booking_reference
from connector.domain.phone import Phone
from connector.domain.records import EntryKind
from connector.failpoints import armed
from connector.flows import closed
from connector.ports.ledger import Booking
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_surplus_over_http import fixture_till
from tests.flow.till import Till

__all__ = ["fixture_till"]


def set_policy(till: Till, policy: ClosedPeriod) -> None:
    till.office.policy = replace(till.office.policy, closed_period=policy)
    till.connect()


def today(till: Till) -> date:
    return local_day(till.office.clock.now(), till.office.policy.zone)


def paid(till: Till, *, twice: bool = False) -> tuple[str, list[str]]:
    """An invoice of 120.00 that was paid two days ago, which nobody here has seen yet."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    invoice = till.h.issue(till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164), till.amount("120.00"))
    till.run(2)
    pages = [office.stripe_world.open_page(office.link_in(office.texts()[0])) for _ in range(1 + twice)]
    payments = [office.stripe_world.pay_page(one) for one in pages if one is not None]
    office.wait(days=2)
    return invoice, [one for one in payments if one is not None]


def entries(till: Till, payment: str) -> list[Booking]:
    reference = booking_reference(till.office.company.identity, payment)
    return [one for one in till.ledger.bookings_with_reference(reference) if one.reference == reference]


def test_one_entry_is_on_the_first_open_day_with_its_note_and_a_lost_memory_finds_it(till: Till) -> None:
    set_policy(till, ClosedPeriod.FIRST_OPEN_DAY)
    invoice, [payment] = paid(till)
    own, through = today(till) - timedelta(days=2), today(till) - timedelta(days=1)
    till.h.close_books_through(through)
    till.run(3)

    def assert_right() -> None:
        [entry] = entries(till, payment)
        assert entry.booked_on == through + timedelta(days=1)
        assert f"of {own}, books closed through {through}" in entry.note
        assert till.owed(invoice) == till.amount("0.00")
        assert len(till.h.bookings_in_world(invoice)) == 1

    assert_right()
    [item] = till.office.company.queries.attention("acme")
    assert payment in item.happened
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    assert_right()


def test_it_waits_for_a_person_and_is_booked_where_that_person_says(till: Till) -> None:
    invoice, [payment] = paid(till)
    through = today(till) - timedelta(days=1)
    till.h.close_books_through(through)
    till.run(3)
    assert till.h.bookings_in_world(invoice) == []
    [item] = till.office.company.queries.attention("acme")
    row = till.office.company.queries.effect("acme", item.command.split()[2])
    assert row is not None
    till.office.company.store.first_open_day_ordered(row.key, closed.ordered(row), till.office.clock.now())
    till.run(2)
    assert [one.booked_on for one in entries(till, payment)] == [through + timedelta(days=1)]


def test_books_closed_directly_before_the_write_are_seen_by_the_refusal(till: Till) -> None:
    set_policy(till, ClosedPeriod.FIRST_OPEN_DAY)
    invoice, [payment] = paid(till)
    through = today(till) - timedelta(days=1)
    reached: list[str] = []

    def close(point: str) -> None:
        reached.append(point)
        if point == "booking.calling":
            till.h.close_books_through(through)

    with armed(close):
        till.run(3)
    assert reached.count("booking.calling") == 2
    [entry] = entries(till, payment)
    assert entry.booked_on == through + timedelta(days=1)
    assert f"books closed through {through}" in entry.note
    assert len(till.h.bookings_in_world(invoice)) == 1


def test_a_credit_is_on_the_first_open_day_too(till: Till) -> None:
    set_policy(till, ClosedPeriod.FIRST_OPEN_DAY)
    _, payments = paid(till, twice=True)
    through = today(till) - timedelta(days=1)
    till.h.close_books_through(through)
    till.run(3)
    open_day = through + timedelta(days=1)
    assert [one.booked_on for each in payments for one in entries(till, each)] == [open_day]
    references = [credit_reference(till.office.company.identity, each) for each in payments]
    made = [one for each in references for one in till.ledger.entries_with_reference(EntryKind.CREDIT, each)]
    assert [(one.booked_on, one.amount) for one in made] == [(open_day, till.amount("120.00"))]
