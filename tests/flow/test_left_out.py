"""Invoices that are not to be texted about: settled by credit notes, not sent by the ledger yet, left out by name."""

from __future__ import annotations

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office


def sends(office: Office) -> int:
    return sum(1 for call in office.carrier.requests if call.method == "send")


def test_no_text_goes_out_about_what_a_credit_note_covers(office: Office) -> None:
    invoice = office.issue()
    office.ledger_world.credit(invoice, DOLLARS)
    office.run(3)
    assert sends(office) == 0
    assert not office.stripe_world.links
    assert office.reason(invoice) == "paid"


def test_a_credit_note_of_the_last_moment_stops_the_text_and_takes_the_link_down(office: Office) -> None:
    """The link is made and the text planned: the ledger is asked once more right before it would go."""
    invoice = office.issue()
    office.carrier_faults.program(FaultKind.FAIL_BEFORE, "send")
    office.run()
    [record] = office.stripe_world.live_links()
    office.ledger_world.credit(invoice, DOLLARS)
    office.wait(minutes=20)
    office.run(3)
    assert office.texts() == []
    assert office.stripe_world.live_links() == []
    assert office.stripe_world.links[record.link.link_id].latest.message == (
        f"Thank you. Nothing is left to pay on this invoice, INV-{invoice[3:]}. "
        "Questions? Please contact Acme Plumbing."
    )
    assert office.broken() == []


def test_a_credit_note_over_a_part_leaves_a_text_about_the_rest(office: Office) -> None:
    invoice = office.issue()
    office.ledger_world.credit(invoice, Money.of("20.00", "USD"))
    office.run(3)
    [body] = office.texts()
    assert "$100.00" in body
    [record] = office.stripe_world.live_links()
    assert record.request.amount == Money.of("100.00", "USD")


def test_what_the_ledger_has_not_sent_itself_waits_for_it_where_the_owner_says_so(open_office: OpenOffice) -> None:
    office = open_office(require_sent=True)
    invoice = office.issue(sent_by_ledger=False)
    office.run(2)
    assert (sends(office), office.reason(invoice)) == (0, "not_sent_yet")
    office.ledger_world.edit(invoice, sent_by_ledger=True)
    office.wait(minutes=5)
    office.run(3)
    assert len(office.texts(MOBILE)) == 1


def test_a_customer_who_is_left_out_gets_nothing_and_others_do(open_office: OpenOffice) -> None:
    office = open_office(excluded_customers=frozenset({"Dana Reed"}))
    left_out = office.issue()
    other = office.issue(office.customer("Eli Roe", mobile="+12125550124"))
    office.run(3)
    assert office.reason(left_out) == "excluded"
    assert office.reason(other) == "step_done"
    assert office.texts() == []
    assert sends(office) == 1
