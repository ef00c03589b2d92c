"""A promise or a dispute holds notices back and never money, and what comes after is decided anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.phone import Phone
from connector.flows.passes import Look, run_pass
from connector.life import life_of
from state.facts import put_hold
from state.names import DISPUTE, PROMISE, REPLY
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office

IN_TWO_DAYS = date(2026, 11, 25)


def promise(office: Office, invoice: str, day: date) -> None:
    office.company.store.promised("acme", invoice, day, "on the phone", office.clock.now())


def holds(office: Office) -> list[str]:
    return [one.scope for one in office.company.queries.holds("acme")]


def test_no_notice_goes_out_through_the_promised_day_and_the_next_is_decided_anew(office: Office) -> None:
    invoice = office.issue(due_in=1)
    promise(office, invoice, IN_TWO_DAYS)
    office.run(2)
    for _ in range(2):
        office.wait(days=1)
        office.run(2)
        assert office.texts() == []
        assert office.reason(invoice) == "promised"
    office.wait(days=1)
    office.run(2)
    [body] = office.texts()
    assert "due" in body, "not the text that was due when it was promised"


def test_a_hold_and_its_release_end_no_promise(office: Office) -> None:
    invoice = office.issue(due_in=1)
    promise(office, invoice, IN_TWO_DAYS)
    office.company.store.hold("acme", "invoice", invoice, "called", office.clock.now())
    office.run(2)
    office.wait(days=1)
    assert office.company.store.release("acme", "invoice", invoice, office.clock.now())
    office.run(2)
    assert (office.texts(), office.reason(invoice)) == ([], "promised")
    for hours in (24, 11):  # at 12:00 and 23:00 of the promised day
        office.wait(hours=hours)
        office.run(2)
        assert office.texts() == []
    office.wait(hours=13)
    office.run(2)
    assert len(office.texts()) == 1


def test_a_promised_day_is_over_only_once_it_is_over_where_the_customer_is(open_office: OpenOffice) -> None:
    office = open_office(window=Window(0, 24 * 60, ALL_WEEK))
    honolulu = Phone("+18085550123")  # five hours behind New York
    invoice = office.issue(office.customer(mobile=honolulu.e164), due_in=1)
    promise(office, invoice, IN_TWO_DAYS)
    office.run(2)
    office.wait(hours=12 + 48 + 1)  # 01:00 of the day after in New York, and 20:00 of the promised day in Honolulu
    office.run(2)
    assert (office.texts(honolulu), office.reason(invoice)) == ([], "promised")
    office.wait(hours=4, minutes=1)
    office.run(2)
    assert len(office.texts(honolulu)) == 1


def test_a_promise_holds_for_a_customer_without_a_number_too(office: Office) -> None:
    invoice = office.issue(office.customer(mobile=None), due_in=1)
    promise(office, invoice, IN_TWO_DAYS)
    office.run(2)
    assert office.reason(invoice) == "promised"


def test_the_owner_is_told_once_that_a_promise_was_not_kept(office: Office) -> None:
    invoice = office.issue(due_in=1)
    promise(office, invoice, IN_TWO_DAYS)
    office.run()
    office.wait(days=3)
    office.run(2)
    [item] = office.attention()
    assert "Dana Reed promised to pay by 2026-11-25, and 120.00 USD is still owed" in item
    row = office.company.queries.receivable("acme", invoice)
    assert row is not None
    assert life_of(office.company.queries, row, "America/New_York").held is None
    office.wait(days=1)
    office.run(2)
    assert len(office.attention()) == 1


def test_a_clock_that_was_a_year_ahead_ends_no_promise(office: Office) -> None:
    invoice = office.issue(due_in=1)
    promise(office, invoice, IN_TWO_DAYS)
    office.run(2)
    right = office.clock.now()
    office.clock.jump(right + timedelta(days=365))
    office.company = replace(office.company, clock_error=lambda: timedelta(days=365))
    run_pass(office.company, Look(objects=True))
    assert not any("promised to pay" in one for one in office.attention()), "nor is it told that it was not kept"
    office.clock.jump(right)
    office.company = replace(office.company, clock_error=timedelta)
    office.wait(days=1)
    office.run(2)
    assert office.texts() == []
    assert office.reason(invoice) == "promised"
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1


def test_a_clock_that_was_a_year_ahead_ends_no_wait_for_an_answer(office: Office) -> None:
    """A promise without a day holds the number for three days, and is dropped by the daily housekeeping."""
    office.issue(due_in=1)
    with office.database.record() as connection:
        why = "they wrote that they will pay"
        put_hold(connection, "acme", REPLY, MOBILE.e164, why, office.clock.now(), IN_TWO_DAYS)
    right = office.clock.now()
    office.clock.jump(right + timedelta(days=365))
    office.company = replace(office.company, clock_error=lambda: timedelta(days=365))
    run_pass(office.company, Look(objects=True))
    office.clock.jump(right)
    assert REPLY in holds(office)


def test_a_promise_that_was_kept_tells_nobody_anything(office: Office) -> None:
    invoice = office.issue(due_in=1)
    promise(office, invoice, IN_TWO_DAYS)
    office.run()
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(days=3)
    office.run(3)
    assert office.attention() == []
    assert office.texts() == []
    run_pass(office.company, Look(objects=True))
    assert holds(office) == [], "dropped by the daily housekeeping"


def test_a_promise_in_the_ledger_that_was_not_kept_is_told_too(office: Office) -> None:
    invoice = office.issue(due_in=1, promised_on=IN_TWO_DAYS)
    office.run()
    assert office.reason(invoice) == "promised"
    office.wait(days=3)
    office.run(2)
    assert any("promised to pay by 2026-11-25" in item for item in office.attention())
    assert len(office.texts()) == 1


def test_a_text_that_is_planned_does_not_go_out_after_a_promise(office: Office) -> None:
    invoice = office.issue()
    office.company.store.pause("acme", "so that nothing goes out yet", office.clock.now())
    office.run()
    office.company.store.resume("acme", office.clock.now())
    promise(office, invoice, IN_TWO_DAYS)
    office.run(2)
    assert office.texts() == []


def test_a_promise_that_is_dropped_lets_notices_go(office: Office) -> None:
    invoice = office.issue()
    promise(office, invoice, IN_TWO_DAYS)
    office.run()
    assert office.company.store.hold_over("acme", PROMISE, invoice, office.clock.now())
    office.run(2)
    assert len(office.texts()) == 1
    assert office.attention() == []


def test_a_disputed_invoice_gets_no_notice_however_long_and_its_payment_is_booked(office: Office) -> None:
    invoice = office.issue(due_in=3)
    office.run(2)
    office.company.store.disputed("acme", [invoice], "says the hours are wrong", office.clock.now())
    office.clock.advance(timedelta(days=3))
    office.run(2)
    assert len(office.texts()) == 1
    assert office.reason(invoice) == "disputed"
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_dispute_that_is_over_lets_notices_go(office: Office) -> None:
    invoice = office.issue()
    office.company.store.disputed("acme", [invoice], "", office.clock.now())
    office.run(2)
    assert office.texts() == []
    assert office.company.store.hold_over("acme", DISPUTE, invoice, office.clock.now())
    office.run(2)
    assert len(office.texts()) == 1
