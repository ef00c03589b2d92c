"""An invoice that nobody pays, step by step: what its customer gets on which day, and when a person gets it."""

from __future__ import annotations

import pytest

from connector.domain.calendar import local_day
from connector.domain.dunning import Step, rule_of
from connector.domain.money import Money
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office

EVERY_STEP = tuple(rule_of(step) for step in Step)


def days_of_texts(office: Office) -> list[int]:
    """On which days after the first the customer got a text, by the messaging service."""
    begun = local_day(office.carrier.all_texts()[0].created_at, office.policy.zone)
    return [(local_day(one.created_at, office.policy.zone) - begun).days for one in office.carrier.texts_to(MOBILE)]


def live_for(office: Office, days: int) -> None:
    for _ in range(days):
        office.run(2)
        office.wait(days=1)


def test_an_invoice_that_is_not_paid_gets_each_step_on_its_day_and_then_a_person(open_office: OpenOffice) -> None:
    office = open_office(steps=EVERY_STEP)
    invoice = office.issue(due_in=14)
    live_for(office, 70)
    assert days_of_texts(office) == [0, 11, 14, 17, 24, 38]
    assert office.reason(invoice) == "handed_over"
    [item] = office.attention()
    assert "Dana Reed" in item
    assert "$120.00 is owed since 7 Dec 2026" in item
    assert "Texts sent about it: 23 Nov (" in item
    assert item.count("), ") == 5
    assert office.broken() == []


def test_the_usual_steps_end_with_one_reminder_and_hand_nothing_over(open_office: OpenOffice) -> None:
    office = open_office(steps=EVERY_STEP[:4])
    invoice = office.issue(due_in=14)
    live_for(office, 70)
    assert days_of_texts(office) == [0, 11, 14, 17]
    assert (office.reason(invoice), office.attention()) == ("step_done", [])


def test_on_short_terms_the_text_for_the_new_invoice_stands_for_the_reminder_before(open_office: OpenOffice) -> None:
    office = open_office(steps=EVERY_STEP)
    office.issue(due_in=3)
    live_for(office, 8)
    assert days_of_texts(office) == [0, 3, 6]


def test_a_reminder_does_not_come_the_day_after_a_due_notice_that_was_late(open_office: OpenOffice) -> None:
    office = open_office(steps=EVERY_STEP)
    office.issue(due_in=14)
    live_for(office, 14)
    office.company.store.pause("acme", "closed", office.clock.now())
    live_for(office, 2)
    office.company.store.resume("acme", office.clock.now())
    office.run(2)
    assert days_of_texts(office) == [0, 11, 16]
    live_for(office, 10)
    assert days_of_texts(office) == [0, 11, 16, 18, 24]


@pytest.mark.parametrize("due_in", [14, 30])
def test_whoever_pays_hears_no_more_of_it(open_office: OpenOffice, due_in: int) -> None:
    office = open_office(steps=EVERY_STEP)
    office.issue(due_in=due_in)
    live_for(office, due_in + 5)
    had = len(office.texts())
    assert office.stripe_world.pay(office.link_in(office.texts()[-1])) is not None
    live_for(office, 60)
    assert len([one for one in office.texts() if "https://" in one]) == had
    assert office.attention() == []


def test_an_invoice_handed_over_is_off_the_list_once_it_is_paid_and_on_it_while_it_is_not(
    open_office: OpenOffice,
) -> None:
    office = open_office(steps=EVERY_STEP)
    invoice = office.issue(due_in=0)
    live_for(office, 47)
    assert len(office.attention()) == 1
    live_for(office, 5)
    assert len(office.attention()) == 1, "told once, and still there"
    office.ledger_world.pay_by_hand(invoice, Money.of("20.00", "USD"), reference="cheque")
    live_for(office, 2)
    assert len(office.attention()) == 1, "a part of it leaves it a matter for the person"
    office.ledger_world.pay_by_hand(invoice, Money.of("100.00", "USD"), reference="cheque")
    office.wait(minutes=2)
    office.run(2)
    assert office.attention() == []


def test_an_invoice_whose_customer_got_nothing_is_handed_over_all_the_same(open_office: OpenOffice) -> None:
    office = open_office(steps=EVERY_STEP)
    office.issue(office.customer("Nemo", mobile=None), due_in=0)
    live_for(office, 47)
    [item] = office.attention()
    assert "of Nemo: $120.00" in item
    assert "No text was sent about it." in item
