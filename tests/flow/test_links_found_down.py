"""A link that is down although nothing on record says so: no text may carry it."""

from __future__ import annotations

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.dunning import Step, rule_of
from connector.domain.money import Money
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office

EVERY_STEP = tuple(rule_of(step) for step in Step)[:4]
OTHER = Money.of("90.00", "USD")


def live_for(office: Office, days: int) -> None:
    for _ in range(days):
        office.run(3)
        office.wait(days=1)


@pytest.fixture(name="texted")
def fixture_texted(open_office: OpenOffice) -> tuple[Office, str]:
    """With an invoice of 120 dollars that a first text has gone out about."""
    office = open_office(steps=EVERY_STEP)
    invoice = office.issue(due_in=14)
    office.run(3)
    assert len(office.texts()) == 1
    return office, invoice


def test_a_reminder_carries_a_fresh_link_where_the_first_was_taken_down_by_hand(texted: tuple[Office, str]) -> None:
    office, invoice = texted
    [first] = office.stripe_world.live_links()
    page = office.stripe_world.open_page(first.link.url)
    office.stripe_world.deactivate(first.link.link_id, "by hand")
    live_for(office, 12)
    [_, reminder] = office.texts()
    [second] = office.stripe_world.live_links()
    assert office.link_in(reminder) == second.link.url != first.link.url
    assert page is not None
    assert office.stripe_world.pay_page(page) is None  # its open page was ended too: nobody pays twice
    assert office.stripe_world.pay(second.link.url) is not None
    office.wait(minutes=5)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.broken() == []


def there_and_back(office: Office, invoice: str) -> None:
    """The invoice changes; taking its link down is done, unheard of, and then refused; and it changes back."""
    office.ledger_world.edit_amount(invoice, OTHER)
    office.wait(minutes=5)
    office.stripe_faults.program(FaultKind.LOSE_ANSWER, "retire_link")
    office.run()
    office.stripe_faults.program(FaultKind.REFUSE, "retire_link")
    office.wait(hours=2)
    office.run()
    office.ledger_world.edit_amount(invoice, DOLLARS)


def test_a_link_whose_refused_retirement_had_been_done_after_all_is_in_no_text(texted: tuple[Office, str]) -> None:
    office, invoice = texted
    [first] = office.stripe_world.live_links()
    there_and_back(office, invoice)
    assert office.stripe_world.live_links() == []
    live_for(office, 12)
    [_, reminder] = office.texts()
    [second] = office.stripe_world.live_links()
    assert office.link_in(reminder) == second.link.url != first.link.url
    assert office.attention() == []  # what was refused is done: nothing is left for the owner
    assert office.broken() == []
    assert invoice


def test_a_link_that_was_left_as_it_is_by_its_owner_and_is_down_is_in_no_text(texted: tuple[Office, str]) -> None:
    office, invoice = texted
    [first] = office.stripe_world.live_links()
    there_and_back(office, invoice)
    [refused] = [one for one in office.company.store.effects.of_subjects("acme", [invoice]) if one.status == "rejected"]
    office.company.store.effects.close_by_person(refused.key, office.clock.now())
    live_for(office, 12)
    [_, reminder] = office.texts()
    [second] = office.stripe_world.live_links()
    assert office.link_in(reminder) == second.link.url != first.link.url
    assert office.broken() == []


def test_a_joint_text_goes_out_with_a_fresh_link_where_the_first_was_taken_down_by_hand(
    open_office: OpenOffice,
) -> None:
    office = open_office(joint=True, steps=EVERY_STEP)
    customer = office.customer()
    invoices = [office.issue(customer, due_in=14), office.issue(customer, OTHER, due_in=14)]
    office.run(3)
    [first] = office.stripe_world.live_links()
    office.stripe_world.deactivate(first.link.link_id, "by hand")
    live_for(office, 12)
    [_, reminder] = office.texts()
    [second] = office.stripe_world.live_links()
    assert office.link_in(reminder) == second.link.url != first.link.url
    assert {office.reason(one) for one in invoices} == {"step_done"}
    assert office.broken() == []
