"""Brakes hold texts back and never money."""

from __future__ import annotations

from connector.domain.phone import Phone
from tests.flow.conftest import OpenOffice
from tests.flow.office import Office


def phones(count: int) -> list[Phone]:
    return [Phone(f"+1212555{number:04}") for number in range(100, 100 + count)]


def issue_many(office: Office, count: int) -> None:
    for phone in phones(count):
        office.issue(office.customer(f"Customer {phone.e164}", mobile=phone.e164))


def texted(office: Office) -> int:
    return len(office.carrier.all_texts())


def test_no_more_texts_than_the_hourly_cap_go_out_in_an_hour(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=3, texts_per_day=50)
    issue_many(office, 5)
    office.run(3)
    assert texted(office) == 3
    assert any("cap of 3 texts an hour" in item for item in office.attention())
    office.wait(minutes=61)
    office.run(3)
    assert texted(office) == 5


def test_no_more_texts_than_the_daily_cap_go_out_in_a_day(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=50, texts_per_day=2)
    issue_many(office, 4)
    office.run(3)
    office.wait(hours=2)
    office.run(3)
    assert texted(office) == 2
    office.wait(hours=23)
    office.run(3)
    assert texted(office) == 4


def test_a_payment_is_booked_while_the_cap_is_reached(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=1, texts_per_day=1)
    invoice = office.issue()
    office.issue(office.customer("Other", mobile="+12125550199"))
    office.run(2)
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(3)
    assert office.owed(invoice).amount == 0


def test_after_a_long_stop_more_texts_than_allowed_wait_for_the_owner(open_office: OpenOffice) -> None:
    office = open_office(catch_up=3)
    office.wait(days=3)
    issue_many(office, 5)
    office.run(3)
    assert texted(office) == 0
    assert any("away for 3 days, and 5 customers" in item for item in office.attention())
    assert office.company.store.resume("acme", office.clock.now())
    office.run(3)
    assert texted(office) == 5


def test_a_few_texts_after_a_long_stop_go_out_unasked(open_office: OpenOffice) -> None:
    office = open_office(catch_up=3)
    office.wait(days=3)
    issue_many(office, 3)
    office.run(3)
    assert texted(office) == 3


def test_many_new_invoices_of_a_busy_day_are_no_catching_up(open_office: OpenOffice) -> None:
    office = open_office(catch_up=3)
    office.wait(hours=1)
    issue_many(office, 6)
    office.run(3)
    assert texted(office) == 6


def test_nothing_is_texted_while_paused_and_everything_after(open_office: OpenOffice) -> None:
    office = open_office()
    office.company.store.pause("acme", "holiday", office.clock.now())
    invoice = office.issue()
    office.run(3)
    assert office.texts() == []
    assert office.reason(invoice) == "paused"
    office.company.store.resume("acme", office.clock.now())
    office.run(3)
    assert len(office.texts()) == 1


def test_a_pause_between_decision_and_sending_holds_the_text(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=1)
    issue_many(office, 2)
    office.run(2)
    office.company.store.pause("acme", "stop", office.clock.now())
    office.wait(minutes=61)
    office.run(2)
    assert texted(office) == 1
