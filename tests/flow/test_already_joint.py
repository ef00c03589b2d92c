"""A payment over several invoices that somebody else has booked: each of its invoices is looked at for itself."""

from __future__ import annotations

import pytest

from connector.domain.effect import booking_reference
from connector.flows.reversal import adopted_of
from connector.statement.recall import recall
from connector.statement.values import Till as Read
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_already_booked import booking, by_hand, say, settle
from tests.flow.test_joint_notices import EIGHTY, two_invoices


@pytest.fixture(name="joint")
def fixture_joint(open_office: OpenOffice) -> Office:
    return open_office(joint=True)


def paid(office: Office) -> tuple[str, str, str]:
    """Two invoices, and the payment of both that is not booked yet."""
    first, second, _ = two_invoices(office)
    office.run(2)
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    office.wait(minutes=1)
    return first, second, payment


def concluded_with(office: Office, invoice: str, payment: str) -> str | None:
    row = booking(office, invoice, payment)
    assert row.status == "done"
    return row.remote_id


def test_entries_that_name_it_are_adopted_on_each_invoice_and_thanked_for_once(joint: Office) -> None:
    first, second, payment = paid(joint)
    entries = [by_hand(joint, first, payment), by_hand(joint, second, payment, EIGHTY)]
    settle(joint)
    assert [concluded_with(joint, one, payment) for one in (first, second)] == entries
    assert joint.bookings(first) == [DOLLARS]
    assert joint.bookings(second) == [EIGHTY]
    assert len(joint.texts()) == 2  # the notice and the receipt
    assert joint.attention() == []
    assert joint.broken() == []


def test_where_only_one_invoice_has_an_entry_the_other_part_is_booked(joint: Office) -> None:
    first, second, payment = paid(joint)
    entry = by_hand(joint, second, payment, EIGHTY)
    settle(joint)
    assert concluded_with(joint, second, payment) == entry
    assert joint.bookings(second) == [EIGHTY]
    assert joint.bookings(first) == [DOLLARS]
    parts = joint.company.queries.payment_parts("acme", payment)
    assert adopted_of(joint.company.queries, "acme", parts) == [entry]
    assert len(joint.texts()) == 2
    assert joint.attention() == []
    assert joint.broken() == []


def test_without_a_name_the_owner_is_asked_about_each_and_answers_each_for_itself(joint: Office) -> None:
    first, second, payment = paid(joint)
    entries = [by_hand(joint, first, "card"), by_hand(joint, second, "CHEQUE 7", EIGHTY)]
    settle(joint)
    assert [booking(joint, one, payment).status for one in (first, second)] == ["rejected", "rejected"]
    told = " ".join(joint.attention())
    assert all(f"entry {one} of " in told for one in entries)
    say(joint, booking(joint, first, payment), entries[0])
    say(joint, booking(joint, second, payment))
    settle(joint)
    assert concluded_with(joint, first, payment) == entries[0]
    assert joint.bookings(first) == [DOLLARS]
    # The cheque is another matter and has paid the invoice: this part has no place on it, and a person decides.
    assert joint.bookings(second) == [EIGHTY]
    assert [payment in one and "80.00 USD" in one for one in joint.attention()] == [True]
    assert joint.broken() == []


def test_a_lost_memory_adopts_both_again_and_the_statement_knows_each_entry(joint: Office) -> None:
    first, second, payment = paid(joint)
    entries = [by_hand(joint, first, payment), by_hand(joint, second, payment, EIGHTY)]
    settle(joint)
    put_back(joint, joint.folder, None)
    until_calm(joint)
    assert [concluded_with(joint, one, payment) for one in (first, second)] == entries
    assert joint.bookings(first) == [DOLLARS]
    assert joint.bookings(second) == [EIGHTY]
    assert len(joint.texts()) == 2
    company = joint.company
    known = recall(company.queries, "acme", company.identity, Read({}, (), (), ())).known
    whole = booking_reference(company.identity, payment)
    assert {known[one] for one in entries} == {whole}
