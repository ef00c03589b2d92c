"""What `go-live` says will happen is what then happens, within the caps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.domain.dunning import Step, rule_of
from connector.domain.phone import Phone
from connector.flows import poll
from connector.flows.situation import situations
from connector.forecast import NO_ROOM, Forecast, forecast_of
from connector.rehearsal import Rehearsal
from state.views import Sought
from tests.flow.conftest import OpenOffice
from tests.flow.office import NOON, Office
from tests.flow.test_brakes import issue_many


def foreseen(office: Office) -> Forecast:
    company = office.company
    ids = [row.ledger_id for row in company.queries.receivables("acme", Sought(states=("open",)), limit=500)]
    now = office.clock.now()
    found = situations(company, ids, now)
    return forecast_of(company, [found[one] for one in sorted(found)], now, Rehearsal(company, now, "Clearing"))


def paused(office: Office, count: int) -> None:
    """Invoices that nobody has been texted about yet: the owner has stopped texts."""
    office.company.store.pause("acme", "later", office.clock.now())
    issue_many(office, count)
    office.run()
    office.company.store.resume("acme", office.clock.now())


def by_day(found: Forecast) -> list[int]:
    return [sum(steps.values()) for _, steps in sorted(found.texts.items())]


def sent(office: Office) -> list[int]:
    """What really goes out in the next seven days and at their end, a quarter of an hour at a time; by day."""
    days = []
    for quarters in (*[4 * 24] * 7, 1):
        before = len(office.carrier.all_texts())
        for _ in range(quarters):
            office.run()
            office.wait(minutes=15)
        days.append(len(office.carrier.all_texts()) - before)
    return [one for one in days if one]


def test_within_the_caps_all_go_at_once(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=50, texts_per_day=100)
    paused(office, 6)
    found = foreseen(office)
    assert (by_day(found), found.later, found.floods) == ([6], 0, ())
    assert found.facts()["caps"] == {"texts_per_hour": 50, "texts_per_day": 100, "usual_day": None}


def test_the_days_are_those_that_the_caps_allow_and_what_follows_is_what_was_said(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=2, texts_per_day=5, catch_up=None, start=NOON.replace(hour=13))
    paused(office, 12)
    found = foreseen(office)
    assert by_day(found) == [5, 5, 2]
    assert (found.total, found.later, len(found.numbers)) == (12, 10, 12)
    assert found.withheld == {}
    assert sent(office) == [5, 5, 2]


def test_what_has_gone_out_lately_counts(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=50, texts_per_day=3)
    issue_many(office, 3)
    office.run(2)
    assert len(office.carrier.all_texts()) == 3
    zoe = office.customer("Zoe", mobile="+12125550888")
    late = office.issue(zoe)
    poll.run_once(office.company)
    poll.read_customers(office.company, [zoe])
    found = foreseen(office)
    assert (by_day(found), found.later) == ([1], 1)
    assert min(found.texts) == (NOON + timedelta(days=1)).date()
    office.wait(hours=25)
    office.run(2)
    assert office.texts(Phone("+12125550888")), late


def test_what_finds_no_room_is_said_so(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=1, texts_per_day=1)
    paused(office, 12)
    found = foreseen(office)
    assert by_day(found) == [1] * len(by_day(found))
    assert found.withheld == {NO_ROOM: 12 - found.total}
    assert 7 <= found.total <= 8


def test_a_day_on_which_duebird_would_ask_is_said(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=50, texts_per_day=100, usual_day=4)
    paused(office, 6)
    found = foreseen(office)
    assert found.floods == (NOON.date(),)
    assert foreseen(open_office("calm", usual_day=4)).floods == ()


def test_what_goes_into_one_text_counts_once(open_office: OpenOffice) -> None:
    """Four invoices of one customer: more than the number may have texts in a week, and all in one text."""
    office = open_office(joint=True, start=NOON.replace(hour=13))
    office.company.store.pause("acme", "later", office.clock.now())
    customer, zoe = office.customer(), office.customer("Zoe", mobile="+12125550888")
    for _ in range(4):
        office.issue(customer)
    office.issue(zoe)
    office.run()
    office.company.store.resume("acme", office.clock.now())
    found = foreseen(office)
    assert (by_day(found), found.withheld, len(found.numbers)) == ([2], {}, 2)
    assert sent(office) == [2]


@pytest.mark.parametrize("days", [(5, 5), (3, 5), (2, 4, 4), (4, 14, 6, 5)])
def test_what_is_foreseen_of_several_invoices_of_a_customer_is_what_the_number_then_gets(
    open_office: OpenOffice, days: tuple[int, ...]
) -> None:
    office = open_office(joint=True, steps=tuple(rule_of(step) for step in Step)[:4])
    office.company.store.pause("acme", "later", office.clock.now())
    customer = office.customer()
    for due_in in days:
        office.issue(customer, due_in=due_in)
    office.run()
    office.company.store.resume("acme", office.clock.now())
    found = foreseen(office)
    assert found.withheld == {}
    assert by_day(found) == sent(office)
    assert found.total >= 2


def test_where_each_invoice_gets_its_own_text_each_is_counted(open_office: OpenOffice) -> None:
    office = open_office(joint=False, start=NOON.replace(hour=13))
    office.company.store.pause("acme", "later", office.clock.now())
    customer = office.customer()
    for _ in range(2):
        office.issue(customer)
    office.run()
    office.company.store.resume("acme", office.clock.now())
    assert by_day(foreseen(office)) == [1, 1] == sent(office)
