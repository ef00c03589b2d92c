"""When texts go out, by the messaging service: in the customer's own hours, by the law there, spread and capped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connector.domain.calendar import Window
from connector.domain.phone import Phone
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office

NEW_YORK, LOS_ANGELES = ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles")
WEEKDAYS = Window(10 * 60, 14 * 60, frozenset(range(5)))
AS_SET = {"window": WEEKDAYS, "by_law": True, "keep_holidays": True}  # what a company has that says nothing else
SUNDAY = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def sent(office: Office, zone: ZoneInfo = NEW_YORK, phone: Phone = MOBILE) -> list[datetime]:
    """When the texts to a number were sent, by the clock there."""
    return [one.created_at.astimezone(zone) for one in office.carrier.texts_to(phone)]


def live_for(office: Office, *, minutes: int = 5, **time: float) -> None:
    """As a daemon does: a pass whenever something wants to be worked on, at least every so many hours."""
    end = office.clock.now() + timedelta(**time)
    while office.clock.now() < end:
        office.run(2)
        due = office.company.queries.next_work_at("acme")
        soon = office.clock.now() + timedelta(minutes=minutes)
        office.clock.advance(min(max(due or soon, soon), end) - office.clock.now())


def at_home(office: Office, name: str = "Dana Reed", phone: Phone = MOBILE, **address: str) -> str:
    customer = office.ledger_world.add_customer(name, mobile=phone.e164, **address)
    office.agree(phone)
    return customer


def test_a_customer_who_took_the_number_west_is_texted_in_western_hours(open_office: OpenOffice) -> None:
    office = open_office(**AS_SET)  # noon in New York, nine in the morning in Los Angeles
    invoice = office.issue(at_home(office, country="US", region="CA", postal_code="94103"))
    office.run(2)
    assert (sent(office), office.reason(invoice)) == ([], "outside_window")
    live_for(office, hours=12)
    [at] = sent(office, LOS_ANGELES)
    assert at.date() == date(2026, 11, 23)
    assert 10 <= at.hour < 13
    assert office.broken() == []


def test_without_an_address_a_text_is_lawful_in_every_state(open_office: OpenOffice) -> None:
    office = open_office(
        **AS_SET | {"window": Window(8 * 60, 21 * 60)}, start=datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
    )
    office.issue()
    live_for(office, hours=6)
    [at] = sent(office)
    assert at.hour >= 10, "Kentucky opens at ten"


@pytest.mark.parametrize(("state", "texted"), [("NY", date(2026, 11, 27)), ("TX", date(2026, 11, 30))])
def test_thanksgiving_is_shut_and_so_is_the_friday_where_that_is_a_holiday(
    open_office: OpenOffice, state: str, texted: date
) -> None:
    office = open_office(**AS_SET, start=datetime(2026, 11, 26, 17, 0, tzinfo=UTC))
    office.issue(at_home(office, country="US", region=state))
    live_for(office, days=5, minutes=30)
    assert [one.date() for one in sent(office)] == [texted]
    assert office.broken() == []


def test_what_waited_over_the_weekend_is_spread_over_the_window(open_office: OpenOffice) -> None:
    office = open_office(**AS_SET, start=SUNDAY, catch_up=None, texts_per_hour=None)
    phones = [Phone(f"+1212555{number:04}") for number in range(200, 230)]
    for phone in phones:
        office.issue(at_home(office, f"Customer {phone.e164}", phone, country="US", region="NY"))
    live_for(office, days=1)
    minutes = sorted(at.hour * 60 + at.minute for phone in phones for at in sent(office, phone=phone))
    assert len(minutes) == len(phones)
    assert minutes[0] >= 600
    assert minutes[-1] < 14 * 60
    assert minutes[-1] - minutes[0] > 120
    assert max(sum(1 for one in minutes if start <= one < start + 15) for start in range(600, 840)) <= 8
    assert office.broken() == []


def test_a_number_gets_one_text_a_day_and_three_a_week_over_all_its_invoices(open_office: OpenOffice) -> None:
    office = open_office(**AS_SET)
    customer = at_home(office, country="US", region="NY")
    invoices = [office.issue(customer, due_in=40) for _ in range(5)]
    office.run(2)
    assert sorted(office.reason(one) for one in invoices) == ["daily_cap"] * 4 + ["step_done"]
    live_for(office, days=16, minutes=30)
    days = [one.date() for one in sent(office)]
    assert days[:3] == [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)]
    assert len(days) == len(set(days))
    assert all((later - earlier).days >= 7 for earlier, later in zip(days, days[3:], strict=False))
    assert office.broken() == []


def test_a_full_week_is_the_reason_that_a_person_reads(open_office: OpenOffice) -> None:
    office = open_office(**AS_SET)
    customer = at_home(office, country="US", region="NY")
    for _ in range(4):
        office.issue(customer, due_in=40)
        office.run(2)
        live_for(office, days=1, minutes=30)
    reasons = {office.reason(one) for one in office.ledger_world.invoices}
    assert "weekly_cap" in reasons


def test_a_text_may_wait_in_a_queue_no_longer_than_the_law_is_open(open_office: OpenOffice) -> None:
    office = open_office(
        window=Window(0, 1440), by_law=True, keep_holidays=True, start=datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    )
    office.issue(at_home(office, country="US", region="RI"))
    office.run(2)
    [text] = office.records().messenger.texts
    assert text.valid_for == timedelta(minutes=30), "17:30, and Rhode Island shuts at 18:00"


def test_a_receipt_goes_out_by_day_when_notices_do_not(open_office: OpenOffice) -> None:
    office = open_office(**AS_SET)
    office.issue(at_home(office, country="US", region="NY"))
    office.run(2)
    office.wait(hours=6)  # 18:00
    assert office.stripe_world.pay(office.link_in(office.texts()[0])) is not None
    office.run(3)
    assert "Thank you" in office.texts()[-1]
    assert office.broken() == []


def test_a_receipt_of_the_night_waits_for_the_morning(open_office: OpenOffice) -> None:
    office = open_office(**AS_SET)
    office.issue(at_home(office, country="US", region="NY"))
    office.run(2)
    office.wait(hours=10)  # 22:00
    assert office.stripe_world.pay(office.link_in(office.texts()[0])) is not None
    live_for(office, hours=20, minutes=20)
    assert len(sent(office)) == 2
    assert 8 <= sent(office)[-1].hour < 18
    assert office.broken() == []


def test_an_address_that_is_corrected_counts_from_then_on(open_office: OpenOffice) -> None:
    office = open_office(**AS_SET)
    customer = at_home(office, country="US", region="CA")
    invoice = office.issue(customer)
    office.run(2)
    assert office.reason(invoice) == "outside_window"
    office.ledger_world.edit_customer(customer, region="NY")
    office.wait(minutes=10)
    office.run(3)
    assert len(sent(office)) == 1
