"""The owner is told once how many customers cannot be texted because of their number."""

from __future__ import annotations

from connector.domain.phone import Phone
from connector.flows.numbers import look
from connector.flows.passes import Look, run_pass
from state.tables import AttentionRow
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office

DAILY = Look(objects=True)


def told(office: Office) -> list[AttentionRow]:
    return [one for one in office.company.queries.attention("acme") if one.key.startswith("acme/numbers/")]


def test_many_bad_numbers_are_one_item_whose_count_keeps_up(office: Office) -> None:
    for name in ("Abe", "Bea", "Cy"):
        office.issue(office.customer(name, mobile=None))
    run_pass(office.company, DAILY)
    [item] = told(office)
    assert "3 customers with 3 open invoices" in item.happened
    office.issue(office.customer("Di", mobile="555-01", agrees=False))
    run_pass(office.company, DAILY)
    [item] = told(office)
    assert "4 customers with 4 open invoices" in item.happened
    assert item.command == "duebird numbers --company acme"


def test_it_goes_off_the_list_when_the_numbers_are_mended(office: Office) -> None:
    customer = office.customer("Abe", mobile=None)
    office.issue(customer)
    run_pass(office.company, DAILY)
    assert "1 customer with 1 open invoice cannot" in told(office)[0].happened
    office.agree(MOBILE)
    office.ledger_world.edit_customer(customer, mobile=MOBILE.e164)
    office.wait(hours=24)
    run_pass(office.company, DAILY)
    run_pass(office.company, DAILY)
    assert told(office) == []
    assert len(office.texts()) == 1


def test_what_a_person_closed_is_not_told_again_this_month(office: Office) -> None:
    office.issue(office.customer("Abe", mobile=None))
    run_pass(office.company, DAILY)
    [item] = told(office)
    office.company.store.attention_closed("acme", item.key, "a person", office.clock.now())
    office.wait(hours=24)
    run_pass(office.company, DAILY)
    assert told(office) == []
    office.wait(days=10)
    run_pass(office.company, DAILY)
    assert len(told(office)) == 1, "another month"


def test_a_number_that_no_text_reaches_and_one_of_two_people_stand_on_the_list(office: Office) -> None:
    office.issue(office.customer("Lana Line", mobile="+12125550190"))
    office.carrier.landlines.add("+12125550190")
    office.issue(office.customer("Dana"))
    office.issue(office.customer("Dana's Mother"))
    office.run(2)
    found = {one.name: one.fault for one in look(office.company.queries, "acme", "US").troubles}
    assert found == {"Lana Line": "unreachable", "Dana": "shared", "Dana's Mother": "shared"}


def test_refused_and_undelivered_numbers_are_one_item_at_once_that_names_them(office: Office) -> None:
    numbers = [f"+121255501{number}" for number in (90, 91, 92)]
    invoices = [office.issue(office.customer(name, mobile=to)) for name, to in zip("ABC", numbers, strict=True)]
    office.carrier.landlines.update(numbers[:2])
    office.run(2)
    office.wait(minutes=1)
    [late] = office.carrier.texts_to(Phone(numbers[2]))
    office.carrier.fail(late.text_id, "30006")
    for _ in range(3):
        office.wait(minutes=5)
        office.run()
    [item] = office.company.queries.attention("acme")
    assert "3 customers with 3 open invoices cannot be texted" in item.happened
    labels = [office.ledger_world.invoices[one].latest.label for one in invoices]
    assert f"A ({labels[0]}), B ({labels[1]}), C ({labels[2]})." in item.happened
    assert {office.reason(one) for one in invoices[:2]} == {"unreachable"}


def test_a_refused_number_that_is_mended_gets_its_text_without_an_order(office: Office) -> None:
    customer = office.customer("Lana Line", mobile="+12125550190")
    office.carrier.landlines.add("+12125550190")
    office.issue(customer)
    office.run(3)
    assert len(told(office)) == 1
    tries = [call for call in office.carrier.requests if call.method == "send"]
    office.wait(days=1)
    office.run(3)
    assert [call for call in office.carrier.requests if call.method == "send"] == tries, "asked once, and no more"
    office.agree(MOBILE)
    office.ledger_world.edit_customer(customer, mobile=MOBILE.e164)
    office.wait(days=1)
    run_pass(office.company, DAILY)
    run_pass(office.company, DAILY)
    assert len(office.texts()) == 1
    assert office.company.queries.attention("acme") == []


def test_another_bad_number_is_news_though_a_person_closed_the_item_this_month(office: Office) -> None:
    office.issue(office.customer("Abe", mobile=None))
    run_pass(office.company, DAILY)
    [item] = told(office)
    office.company.store.attention_closed("acme", item.key, "a person", office.clock.now())
    for number in range(7):
        office.issue(office.customer(f"Bea {number}", mobile=None))
    run_pass(office.company, DAILY)
    [item] = told(office)
    assert "8 customers" in item.happened
    assert "and 3 more." in item.happened


def test_invoices_that_get_no_text_anyway_block_nothing(office: Office) -> None:
    office.issue(office.customer("Old", mobile=None), issued_on=office.policy.start_on.replace(month=10))
    office.run()
    assert look(office.company.queries, "acme", "US").troubles == []


def test_customers_whose_first_text_is_not_due_yet_were_not_looked_at(open_office: OpenOffice) -> None:
    office = open_office(baseline=False)
    office.issue(office.customer("Later", mobile=None), issued_on=office.policy.start_on, due_in=30)
    office.run()
    looked = look(office.company.queries, "acme", "US")
    assert (looked.troubles, looked.unread) == ([], 1)
