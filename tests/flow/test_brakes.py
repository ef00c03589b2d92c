"""Brakes hold texts back and never money."""

from __future__ import annotations

from datetime import timedelta

from connector.domain.phone import Phone
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office


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


def test_receipts_go_out_while_the_cap_of_the_day_is_reached(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=1, texts_per_day=1, receipts=True)
    issue_many(office, 3)
    office.run(2)
    assert texted(office) == 1
    [first] = office.carrier.all_texts()
    office.stripe_world.pay(office.link_in(first.body))
    office.wait(minutes=1)
    office.run(3)
    assert [one.to for one in office.carrier.all_texts()] == [first.to, first.to], "the thanks go out all the same"


def test_texts_beyond_a_cap_are_due_only_when_there_is_room_and_never_later_than_in_an_hour(
    open_office: OpenOffice,
) -> None:
    office = open_office(texts_per_hour=2, texts_per_day=50)
    issue_many(office, 2)
    office.run(2)
    office.wait(minutes=40)
    issue_many_more = [office.issue(office.customer(f"Later {one}", mobile=f"+1212555030{one}")) for one in range(5)]
    office.run(2)
    assert texted(office) == 2
    now = office.clock.now()
    due = sorted(
        row.due_at - now
        for row in office.company.store.effects.of_subjects("acme", issue_many_more)
        if row.kind == "send_text" and row.status == "planned"
    )
    assert all(timedelta(minutes=19) < one <= timedelta(hours=1) for one in due), due
    next_work = office.company.queries.next_work_at("acme")
    assert next_work is not None
    assert next_work > now, "nothing is due, so no pass chases the one before"
    office.wait(minutes=21)
    office.run(2)
    assert texted(office) == 4
    for _ in range(3):
        office.wait(minutes=61)
        office.run(2)
    assert texted(office) == 7


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


def test_far_more_texts_than_on_any_day_of_five_weeks_wait_for_the_owner(open_office: OpenOffice) -> None:
    office = open_office(usual_day=3, max_per_number_per_day=9)
    office.issue()
    office.run(3)
    office.wait(days=1, minutes=1)
    issue_many(office, 6)
    office.run(3)
    assert texted(office) == 1
    [item] = office.attention()
    assert "6 texts would go out within a day, and on no day of the last five weeks more than 1 did" in item
    office.company.store.resume("acme", office.clock.now())
    office.run(3)
    assert texted(office) == 7
    assert office.attention() == []


def test_a_billing_day_like_that_of_last_month_is_nothing_unusual(open_office: OpenOffice) -> None:
    office = open_office(usual_day=3)
    issue_many(office, 4)
    office.run(3)
    office.company.store.resume("acme", office.clock.now())
    office.run(3)
    assert texted(office) == 4
    for _ in range(4):
        office.wait(days=7)
        office.run()
    issue_many(office, 12)
    office.run(3)
    assert texted(office) == 20, "4, 4 on their due day, and 12"


def test_a_few_texts_are_no_flood_whatever_there_was_before(open_office: OpenOffice) -> None:
    office = open_office(usual_day=6)
    issue_many(office, 6)
    office.run(3)
    assert texted(office) == 6


def test_when_nearly_all_open_invoices_are_gone_texts_wait_and_payments_do_not(open_office: OpenOffice) -> None:
    office = open_office()
    invoices = [office.issue(office.customer(f"C {number}", mobile=None)) for number in range(12)]
    paid = office.issue()
    office.run(3)
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    for days in (0, 2):
        office.wait(days=days, minutes=1)
        office.run(3)
    assert office.attention() == []
    for invoice in invoices:
        office.ledger_world.delete(invoice)
    office.wait(days=1, hours=1)
    office.run(2)
    [item] = office.attention()
    assert "of 12 invoices that were open, 0 still are" in item
    assert office.bookings(paid) == [DOLLARS]
    office.issue(office.customer("New", mobile="+12125550555"))
    office.run(2)
    assert texted(office) == 2, "the notice and its receipt of before"
    office.company.store.resume("acme", office.clock.now())
    office.run(2)
    assert texted(office) == 3


def test_a_pause_of_the_owner_keeps_its_reason_when_invoices_are_gone(open_office: OpenOffice) -> None:
    office = open_office()
    invoices = [office.issue(office.customer(f"C {number}", mobile=None)) for number in range(12)]
    office.run()
    office.wait(days=1, hours=1)
    office.run()
    office.company.store.pause("acme", "holiday", office.clock.now())
    for invoice in invoices[1:]:
        office.ledger_world.void(invoice)
    office.wait(days=1, hours=1)
    office.run()
    assert len(office.attention()) == 1
    pause = office.company.queries.paused("acme")
    assert pause is not None
    assert pause.why == "holiday"
