"""Nothing is texted on what the ledger said long ago, and nobody of a group that the owner leaves out."""

from __future__ import annotations

from datetime import timedelta

from adapters.memory.faults import FaultKind
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office


def test_a_text_waits_while_the_ledger_does_not_give_its_customer(office: Office) -> None:
    invoice = office.issue()
    office.company.store.pause("acme", "later", office.clock.now())
    office.run(2)
    assert office.texts() == []
    office.wait(hours=3)
    office.company.store.resume("acme", office.clock.now())
    for _ in range(3):
        office.ledger_faults.program(FaultKind.REFUSE, "customers")
    office.run()
    assert office.texts() == []
    [waiting] = [one for one in office.company.queries.effects_of("acme", invoice) if one.kind == "send_text"]
    assert waiting.status == "planned"
    assert waiting.error is not None
    assert "did not give the customer's record anew" in waiting.error
    for _ in range(3):  # the ledger gives it again
        office.wait(minutes=16)
        office.run(2)
    assert len(office.texts()) == 1


def test_how_old_is_too_old_is_the_owners_word(open_office: OpenOffice) -> None:
    office = open_office(fresh_for=timedelta(hours=5))
    office.issue()
    office.company.store.pause("acme", "later", office.clock.now())
    office.run(2)
    office.wait(hours=3)
    office.company.store.resume("acme", office.clock.now())
    for _ in range(3):
        office.ledger_faults.program(FaultKind.REFUSE, "customers")
    office.run()
    assert len(office.texts()) == 1


def test_nobody_of_a_group_that_is_left_out_is_texted_and_who_leaves_it_is(open_office: OpenOffice) -> None:
    office = open_office(excluded_groups=frozenset({"key accounts"}))
    customer = office.ledger_world.add_customer("Dana Reed", mobile=MOBILE.e164, markers=frozenset({"Key Accounts"}))
    office.agree(MOBILE)
    invoice = office.issue(customer)
    office.run(2)
    assert (office.texts(), office.reason(invoice)) == ([], "excluded")
    office.ledger_world.edit_customer(customer, markers=frozenset())
    office.wait(minutes=5)
    office.run(2)
    assert len(office.texts()) == 1
