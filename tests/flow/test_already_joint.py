"""A payment over several invoices that somebody else has booked: each of its invoices is looked at for itself."""

from __future__ import annotations

import pytest

from connector.domain.effect import booking_reference
from connector.domain.money import Money
from connector.domain.settlement import Surplus
from connector.flows.already import may_be_answered
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


# --------------------------------------------------------------------------- whole, by one entry on one of its invoices

TWO_HUNDRED, FOUR_HUNDRED = (Money.of(one, "USD") for one in ("200.00", "400.00"))


def whole_on(office: Office, invoice: str, note: str, fits: Money, rest: Money) -> str:
    """One entry over all that was paid, on one of the invoices: what that does not take is left as a credit."""
    return office.ledger_world.pay_by_hand(invoice, fits, note=note, rest=rest)


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("surplus", list(Surplus))
def test_one_entry_over_all_of_it_on_one_invoice_leaves_the_other_part_to_the_owner(
    open_office: OpenOffice, surplus: Surplus, at: int
) -> None:
    joint = open_office(joint=True, surplus=surplus)
    *invoices, payment = paid(joint)
    fits, rest = ((DOLLARS, EIGHTY), (EIGHTY, DOLLARS))[at]
    with_it, other = invoices[at], invoices[1 - at]
    entry = whole_on(joint, with_it, payment, fits, rest)
    settle(joint)
    assert concluded_with(joint, with_it, payment) == entry
    assert joint.bookings(with_it) == [fits]
    assert joint.bookings(other) == []
    assert joint.credits() == []
    row = booking(joint, other, payment)
    assert row.status == "rejected"
    [item] = [one for one in joint.company.queries.attention("acme") if row.key in one.key]
    for word in (payment, "200.00 USD", f"entry {entry} of {fits}", f"on invoice {label(joint, with_it)}"):
        assert word in item.happened
    for word in (f"Its part of {rest} for invoice {label(joint, other)} is not booked", f"put {rest} of it on invoice"):
        assert word in f"{item.happened} {item.not_done}"
    assert item.command == f"duebird retry {row.key} --company acme"
    told = " ".join(joint.attention())
    assert f"is over 200.00 USD here, and {fits} of what was paid is for this invoice" in told
    assert joint.broken() == []


def label(office: Office, invoice: str) -> str:
    return office.ledger_world.standing(invoice).label


def test_an_invoice_of_which_the_part_stands_elsewhere_gets_no_reminder(joint: Office) -> None:
    first, _, payment = paid(joint)
    whole_on(joint, first, payment, DOLLARS, EIGHTY)
    settle(joint)
    texts = len(joint.texts())
    for _ in range(5):
        joint.wait(days=4)
        joint.run()
    assert len(joint.texts()) == texts


def test_an_impatient_order_books_nothing_while_the_entry_holds_the_other_part_too(joint: Office) -> None:
    first, second, payment = paid(joint)
    entry = whole_on(joint, first, payment, DOLLARS, EIGHTY)
    settle(joint)
    assert not may_be_answered(booking(joint, second, payment), entry)  # it is on another invoice
    for _ in range(3):
        say(joint, booking(joint, second, payment))
        settle(joint)
        assert booking(joint, second, payment).status == "rejected"
        assert joint.bookings(second) == []
    assert joint.broken() == []


def test_once_the_owner_has_entered_each_part_on_its_invoice_the_other_is_adopted_too(joint: Office) -> None:
    first, second, payment = paid(joint)
    entry = whole_on(joint, first, payment, DOLLARS, EIGHTY)
    settle(joint)
    joint.ledger_world.delete_booking(entry)
    entries = [by_hand(joint, first, payment), by_hand(joint, second, payment, EIGHTY)]
    say(joint, booking(joint, second, payment))
    settle(joint)
    assert concluded_with(joint, second, payment) == entries[1]
    assert joint.bookings(first) == [DOLLARS]
    assert joint.bookings(second) == [EIGHTY]
    assert joint.broken() == []


def test_once_the_entry_is_over_no_more_than_its_own_part_the_other_is_booked(joint: Office) -> None:
    first, second, payment = paid(joint)
    joint.ledger_world.edit_amount(first, FOUR_HUNDRED)
    entry = whole_on(joint, first, payment, TWO_HUNDRED, Money.zero("USD"))
    settle(joint)
    assert booking(joint, second, payment).status == "rejected"
    joint.ledger_world.edit_booking(entry, DOLLARS)
    say(joint, booking(joint, second, payment))
    settle(joint)
    assert joint.bookings(first) == [DOLLARS]
    assert joint.bookings(second) == [EIGHTY]
    assert joint.broken() == []


def test_one_entry_over_all_of_it_without_a_name_is_asked_about_for_each_part(joint: Office) -> None:
    first, second, payment = paid(joint)
    joint.ledger_world.edit_amount(first, FOUR_HUNDRED)
    entry = whole_on(joint, first, "card", TWO_HUNDRED, Money.zero("USD"))
    settle(joint)
    rows = [booking(joint, one, payment) for one in (first, second)]
    assert [one.status for one in rows] == ["rejected", "rejected"]
    assert joint.bookings(first) == [TWO_HUNDRED]
    assert joint.bookings(second) == []
    assert f"on invoice {label(joint, first)}" in " ".join(joint.attention())
    for one in rows:
        say(joint, one)  # it is another matter
    settle(joint)
    assert joint.bookings(first) == [TWO_HUNDRED, DOLLARS]
    assert joint.bookings(second) == [EIGHTY]
    assert entry not in " ".join(joint.attention())
    assert joint.broken() == []


def test_a_part_that_its_invoice_does_not_take_any_more_is_no_credit_while_another_entry_holds_it(
    open_office: OpenOffice,
) -> None:
    joint = open_office(joint=True, surplus=Surplus.CREDIT)
    first, second, payment = paid(joint)
    whole_on(joint, first, payment, DOLLARS, EIGHTY)
    by_hand(joint, second, "CHEQUE 7", Money.of("30.00", "USD"))
    settle(joint)
    assert joint.credits() == []
    assert booking(joint, second, payment).status == "rejected"


def test_an_entry_that_stands_for_another_payment_is_not_asked_about_for_a_part(joint: Office) -> None:
    first, second, _ = two_invoices(joint)
    joint.run(2)
    pages = [joint.stripe_world.open_page(joint.link_in(joint.texts()[0])) for _ in range(2)]
    joint.ledger_world.edit_amount(first, FOUR_HUNDRED)
    joint.ledger_world.edit_amount(second, FOUR_HUNDRED)
    one, two = [joint.stripe_world.pay_page(page) or "" for page in pages if page is not None]
    joint.wait(minutes=1)
    entries = [by_hand(joint, first, payment) for payment in (one, two)]
    settle(joint)
    assert [concluded_with(joint, first, payment) for payment in (one, two)] == entries
    assert joint.bookings(second) == [EIGHTY, EIGHTY]
    assert joint.attention() == []
    assert joint.broken() == []


def test_a_lost_memory_asks_about_the_other_part_again(joint: Office) -> None:
    first, second, payment = paid(joint)
    entry = whole_on(joint, first, payment, DOLLARS, EIGHTY)
    settle(joint)
    put_back(joint, joint.folder, None)
    until_calm(joint)
    assert concluded_with(joint, first, payment) == entry
    assert booking(joint, second, payment).status == "rejected"
    assert joint.bookings(second) == []
