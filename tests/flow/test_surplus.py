"""More money than is owed: what fits is booked, the rest is the customer's credit, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.money import Money
from connector.domain.settlement import Surplus
from connector.flows.credit import held_key
from state.names import REBUILD
from state.place import DATABASE_NAME
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_every_crash import _cut, _PowerCut, _until_calm

EIGHTY = Money.of("80.00", "USD")
FIFTY, SEVENTY = Money.of("50.00", "USD"), Money.of("70.00", "USD")
ALL = [
    FaultKind.LOSE_ANSWER,
    FaultKind.NEVER_COMMIT,
    FaultKind.COMMIT_LATE,
    FaultKind.FAIL_BEFORE,
    FaultKind.CRASH_AFTER,
]


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


@pytest.fixture(name="crediting")
def fixture_crediting(open_office: OpenOffice) -> Office:
    return open_office(surplus=Surplus.CREDIT)


def texted(office: Office, amount: Money = DOLLARS) -> tuple[str, str, str]:
    """An invoice whose link went out: its id, its customer's, and a page of the link that somebody has open."""
    customer = office.customer()
    invoice = office.issue(customer, amount)
    office.run()
    return invoice, customer, page_of(office)


def page_of(office: Office) -> str:
    page = office.stripe_world.open_page(office.link_in(office.texts()[-1]))
    assert page is not None
    return page


def pay(office: Office, page: str) -> str:
    payment_id = office.stripe_world.pay_page(page)
    assert payment_id is not None
    return payment_id


def by_cheque(office: Office, invoice: str, amount: Money = DOLLARS) -> None:
    office.ledger_world.pay_by_hand(invoice, amount, reference="CHEQUE 7")
    office.wait(minutes=2)  # what is entered since a payment might be that payment


def paid_twice(office: Office) -> tuple[str, str, list[str]]:
    invoice, customer, page = texted(office)
    second = page_of(office)
    payments = [pay(office, page), pay(office, second)]
    settle(office)
    return invoice, customer, payments


def settle(office: Office) -> None:
    office.wait(minutes=1)
    office.run(3)


def held_credit(office: Office, payment_id: str) -> list[str]:
    """What the owner is told about that payment."""
    return [one for one in office.attention() if payment_id in one]


# --------------------------------------------------------------------------------------------- what does not fit


def test_the_second_of_two_payments_becomes_a_credit_and_the_owner_is_told_how_to_refund_it(crediting: Office) -> None:
    invoice, customer, payments = paid_twice(crediting)
    assert crediting.bookings(invoice) == [DOLLARS]
    assert crediting.credits(customer) == [DOLLARS]
    assert crediting.clearing() == usd("240.00")
    [item] = crediting.company.queries.attention("acme")
    [credited] = [one for one in payments if one in item.happened]
    assert "120.00 USD was more than was owed" in item.happened
    assert "credit of Dana Reed" in item.happened
    assert f"refund 120.00 USD of {credited} in the Stripe dashboard" in item.not_done
    assert crediting.stripe_world.refunds == []
    assert crediting.broken() == []


def test_a_payment_after_a_cheque_becomes_a_credit(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice)
    payment = pay(crediting, page)
    settle(crediting)
    assert crediting.bookings(invoice) == [DOLLARS]  # the cheque
    assert crediting.credits(customer) == [DOLLARS]
    assert len(held_credit(crediting, payment)) == 1
    assert crediting.broken() == []


@pytest.mark.parametrize("end", [lambda books, one: books.void(one), lambda books, one: books.delete(one)])
def test_a_payment_after_the_invoice_was_voided_or_deleted_becomes_a_credit(
    crediting: Office, end: Callable[..., None]
) -> None:
    invoice, customer, page = texted(crediting)
    payment = pay(crediting, page)
    end(crediting.ledger_world, invoice)
    settle(crediting)
    assert crediting.bookings(invoice) == []
    assert crediting.credits(customer) == [DOLLARS]
    assert len(held_credit(crediting, payment)) == 1
    assert crediting.clearing() == DOLLARS
    assert crediting.broken() == []


def test_what_fits_is_booked_and_only_the_rest_is_a_credit(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice, FIFTY)
    payment = pay(crediting, page)
    settle(crediting)
    assert crediting.bookings(invoice) == [FIFTY, SEVENTY]
    assert crediting.owed(invoice) == usd("0.00")
    assert crediting.credits(customer) == [FIFTY]
    assert crediting.clearing() == usd("170.00")
    [item] = held_credit(crediting, payment)
    assert "of a payment of 120.00 USD" in item
    assert "50.00 USD was more than was owed" in item
    [_, receipt] = crediting.texts()
    assert "$120.00" in receipt  # what the customer paid, not what of it fitted
    assert crediting.broken() == []


def test_of_a_joint_payment_the_part_that_no_longer_fits_becomes_a_credit(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT, joint=True)
    customer = office.customer()
    first, second = office.issue(customer), office.issue(customer, EIGHTY)
    office.run(3)
    page = page_of(office)
    by_cheque(office, first)
    payment = pay(office, page)
    settle(office)
    assert office.bookings(first) == [DOLLARS]  # the cheque
    assert office.bookings(second) == [EIGHTY]
    assert office.credits(customer) == [DOLLARS]
    assert len(held_credit(office, payment)) == 1
    [_, receipt] = office.texts()
    assert "$80.00" in receipt
    assert office.clearing() == usd("320.00")
    assert office.broken() == []


def test_both_parts_of_a_joint_payment_are_credits_of_their_own_where_neither_fits(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT, joint=True)
    customer = office.customer()
    first, second = office.issue(customer), office.issue(customer, EIGHTY)
    office.run(3)
    payment = pay(office, page_of(office))
    office.ledger_world.void(first)
    office.ledger_world.void(second)
    settle(office)
    assert sorted(one.minor for one in office.credits(customer)) == [8000, 12000]
    assert len(held_credit(office, payment)) == 2
    assert len(office.texts()) == 1
    assert office.broken() == []


def test_a_payment_that_no_longer_fits_when_it_is_about_to_be_booked_is_divided_anew(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    pay(crediting, page)
    crediting.wait(minutes=1)
    crediting.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
    crediting.run()
    by_cheque(crediting, invoice, FIFTY)
    settle(crediting)
    assert crediting.bookings(invoice) == [FIFTY, SEVENTY]
    assert crediting.credits(customer) == [FIFTY]
    assert crediting.broken() == []


def test_money_that_fits_again_before_it_is_credited_is_booked(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice)
    [cheque] = crediting.ledger_world.entries_on(invoice)
    pay(crediting, page)
    crediting.wait(minutes=1)

    crediting.ledger_faults.program(FaultKind.FAIL_BEFORE, "entries_with_reference")
    crediting.run()
    crediting.ledger_world.delete_booking(cheque.booking.booking_id)  # it bounced
    settle(crediting)
    assert crediting.owed(invoice) == usd("0.00")
    assert crediting.credits(customer) == []
    assert crediting.broken() == []


def test_another_currency_is_still_asked_about(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    payment = pay(crediting, page)
    books = crediting.ledger_world
    books.edit(invoice, total=Money.of("120.00", "EUR"), balance=Money.of("120.00", "EUR"))
    settle(crediting)
    assert crediting.bookings(invoice) == []
    assert crediting.credits(customer) == []
    [item] = held_credit(crediting, payment)
    assert "another currency" in item


def test_where_the_owner_did_not_ask_for_credits_none_is_made(office: Office) -> None:
    invoice, customer, payments = paid_twice(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.credits(customer) == []
    assert sum(len(held_credit(office, one)) for one in payments) == 1
    assert not [one for one in office.ledger_world.requests if one.method == "entries_with_reference"]


# ------------------------------------------------------------------------------------------ by the owner's own word


def order(office: Office, payment_id: str) -> None:
    """As `duebird credit` does."""
    for row in office.company.queries.payment_parts("acme", payment_id):
        item = held_key("acme", row.payment_id, row.ledger_id if row.shared else "")
        office.company.store.credit_ordered("acme", row.payment_id, row.ledger_id, item, office.clock.now())


def test_a_held_payment_becomes_a_credit_when_the_owner_says_so(office: Office) -> None:
    invoice, customer, payments = paid_twice(office)
    [item] = office.company.queries.attention("acme")
    [held] = [one for one in payments if one in item.happened]
    assert f"duebird credit {held} --company acme" in item.not_done
    order(office, held)
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.credits(customer) == [DOLLARS]
    [told] = office.attention()
    assert "was more than was owed" in told
    assert office.broken() == []


@pytest.mark.parametrize("fault", [FaultKind.FAIL_BEFORE, FaultKind.LOSE_ANSWER])
def test_the_owners_word_holds_while_what_fits_changes(office: Office, fault: FaultKind) -> None:
    invoice, customer, page = texted(office)
    by_cheque(office, invoice, FIFTY)
    payment = pay(office, page)
    settle(office)
    order(office, payment)
    office.ledger_faults.program(fault, "book")
    office.run()
    if fault is FaultKind.FAIL_BEFORE:
        by_cheque(office, invoice, usd("20.00"))
    _until_calm(office)
    assert office.owed(invoice) == usd("0.00")
    assert office.credits(customer) == [usd("70.00") if fault is FaultKind.FAIL_BEFORE else FIFTY]
    assert office.broken() == []


def test_what_cannot_be_a_credit_is_put_before_the_owner_again(office: Office) -> None:
    invoice, customer, page = texted(office)
    payment = pay(office, page)
    office.ledger_world.edit(invoice, total=Money.of("120.00", "EUR"), balance=Money.of("120.00", "EUR"))
    settle(office)
    [item] = office.company.queries.attention("acme")
    assert "duebird credit" not in item.not_done
    order(office, payment)
    assert office.attention() == []
    settle(office)
    assert len(held_credit(office, payment)) == 1
    assert office.credits(customer) == []


# ------------------------------------------------------------------------------------------- once, whatever happens


@pytest.mark.parametrize("fault", ALL)
def test_a_credit_stands_once_whatever_becomes_of_its_call(crediting: Office, fault: FaultKind) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice, FIFTY)
    payment = pay(crediting, page)
    crediting.wait(minutes=1)
    crediting.ledger_faults.program(fault, "make_credit")
    if fault is FaultKind.CRASH_AFTER:
        _crashes(crediting)
    _until_calm(crediting)
    assert next(one.fate for one in crediting.ledger_world.requests if one.method == "make_credit").startswith(fault)
    assert crediting.credits(customer) == [FIFTY]
    assert crediting.bookings(invoice) == [FIFTY, SEVENTY]
    assert len(held_credit(crediting, payment)) == 1
    assert crediting.broken() == []


def _crashes(office: Office) -> None:
    with pytest.raises(Crash):
        office.run(3)
    office.restart(crashed=True)


@pytest.mark.parametrize("cheque", [FIFTY, DOLLARS], ids=["a part fits", "nothing fits"])
def test_a_crash_at_any_commit_leaves_one_booking_of_what_fits_and_one_credit_of_the_rest(
    open_office: OpenOffice, cheque: Money
) -> None:
    def prepared(folder: str) -> tuple[Office, str, str]:
        office = open_office(folder, surplus=Surplus.CREDIT)
        invoice, customer, page = texted(office)
        by_cheque(office, invoice, cheque)
        pay(office, page)
        office.wait(minutes=1)
        return office, invoice, customer

    whole, _, _ = prepared("whole")
    cut = _PowerCut(whole)
    whole.run()
    assert cut.commits > 5
    for at in range(1, cut.commits + 1):
        office, invoice, customer = prepared(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        fits = [SEVENTY] if cheque == FIFTY else []
        assert office.bookings(invoice) == [cheque, *fits], f"bookings after a crash at commit {at}"
        assert office.credits(customer) == [cheque], f"credits after a crash at commit {at}"
        assert len([one for one in office.attention() if "more than was owed" in one]) == 1, f"told after {at}"
        assert office.broken() == [], f"records after a crash at commit {at}"


def test_a_refused_credit_is_told_with_the_amount_and_is_made_once_it_is_ordered_again(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice)
    payment = pay(crediting, page)
    crediting.ledger_faults.program(FaultKind.REFUSE, "make_credit")
    settle(crediting)
    assert crediting.credits(customer) == []
    [item] = crediting.company.queries.attention("acme")
    assert payment in item.happened
    assert "120.00 USD" in item.happened
    assert "Dana Reed" in item.happened
    assert "not done" in item.not_done
    assert item.command.startswith("duebird retry ")
    from connector.flows.attempts import order_retry

    row = crediting.company.queries.effect("acme", item.command.split()[2])
    assert row is not None
    order_retry(crediting.company.store.effects, row, crediting.clock.now())
    settle(crediting)
    assert crediting.credits(customer) == [DOLLARS]
    assert crediting.broken() == []


def test_a_credit_that_somebody_deleted_meanwhile_is_not_booked_again_unless_ordered(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice)
    pay(crediting, page)
    crediting.wait(minutes=1)
    crediting.ledger_faults.program(FaultKind.LOSE_ANSWER, "make_credit")
    crediting.run()
    [entry] = crediting.cash.all_entries()
    crediting.cash.delete(entry.entry.entry_id)
    _until_calm(crediting)
    assert crediting.credits(customer) == []
    [item] = [one for one in crediting.attention() if "deleted in the ledger by somebody" in one]
    assert "120.00 USD" in item


def test_a_credit_that_the_ledger_says_is_gone_when_it_is_asked_for_again_is_not_done(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice)
    pay(crediting, page)
    crediting.wait(minutes=1)
    crediting.ledger_world.key_memory = timedelta(days=1)
    crediting.ledger_faults.lag_of["entries_with_reference"] = timedelta(days=1).total_seconds()
    crediting.ledger_faults.program(FaultKind.LOSE_ANSWER, "make_credit")
    crediting.run()
    [entry] = crediting.cash.all_entries()
    crediting.cash.delete(entry.entry.entry_id)
    _until_calm(crediting)
    assert crediting.credits(customer) == []
    assert len([one for one in crediting.attention() if "deleted in the ledger by somebody" in one]) == 1


def test_no_credit_is_made_of_money_that_somebody_has_put_on_the_invoice_meanwhile(crediting: Office) -> None:
    invoice, customer, page = texted(crediting)
    by_cheque(crediting, invoice, FIFTY)
    payment = pay(crediting, page)
    crediting.wait(minutes=1)
    crediting.ledger_faults.program(FaultKind.FAIL_BEFORE, "entries_with_reference")
    crediting.run()
    ours = crediting.ledger_world.entries_on(invoice)[-1]
    crediting.ledger_world.edit_amount(invoice, usd("170.00"))
    crediting.ledger_world.edit_booking(ours.booking.booking_id, DOLLARS)
    _until_calm(crediting)
    assert crediting.credits(customer) == []
    assert crediting.bookings(invoice) == [FIFTY, DOLLARS]
    [item] = crediting.company.queries.attention("acme")
    assert payment in item.happened
    assert "120.00 USD of the payment is booked on the invoice" in item.happened
    assert "The credit was not booked" in item.not_done
    assert crediting.broken() == []


# ------------------------------------------------------------------------------------------------- a lost memory


def forget(office: Office, folder: Path, backup: bytes | None = None) -> None:
    put_back(office, folder, backup)
    until_calm(office)


@pytest.mark.parametrize("later", Surplus)
@pytest.mark.parametrize("cheque", [FIFTY, DOLLARS], ids=["a part fits", "nothing fits"])
def test_an_emptied_memory_finds_the_credit_and_makes_no_second_one(
    tmp_path: Path, open_office: OpenOffice, cheque: Money, later: Surplus
) -> None:
    office = open_office("state", surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    by_cheque(office, invoice, cheque)
    pay(office, page)
    settle(office)
    before = office.bookings(invoice)
    office.policy = replace(office.policy, surplus=later)
    forget(office, tmp_path / "state")
    assert office.credits(customer) == [cheque]
    assert office.bookings(invoice) == before
    assert not [one for one in office.attention() if "arrived for invoice" in one]
    assert office.company.queries.payments("acme")[0].verdict == ("booked" if cheque == FIFTY else "credited")
    assert office.broken() == []


def test_a_credit_that_the_lists_did_not_show_to_the_rebuild_is_found_before_it_is_made_again(
    tmp_path: Path, open_office: OpenOffice
) -> None:
    office = open_office("state", surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    by_cheque(office, invoice)
    pay(office, page)
    settle(office)
    office.ledger_faults.lag_of["entries_since"] = timedelta(days=1).total_seconds()
    forget(office, tmp_path / "state")
    assert office.credits(customer) == [DOLLARS]
    [credit] = [one for one in office.company.queries.effects_of("acme", invoice) if one.kind == "book_credit"]
    assert (credit.status, credit.outcome) == ("done", "found in the ledger; not booked again")
    assert office.broken() == []


def test_a_memory_lost_between_booking_and_credit_still_knows_of_the_credit(
    tmp_path: Path, open_office: OpenOffice
) -> None:
    office = open_office("state", surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    by_cheque(office, invoice, FIFTY)
    pay(office, page)
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.CRASH_BEFORE, "make_credit")
    _crashes(office)
    assert office.credits(customer) == []
    office.policy = replace(office.policy, surplus=Surplus.ASK)  # it was decided when the booking was made
    forget(office, tmp_path / "state")
    assert office.credits(customer) == [FIFTY]
    assert office.bookings(invoice) == [FIFTY, SEVENTY]
    assert office.broken() == []


def test_a_backup_from_before_the_credit_does_not_book_the_money_again_when_it_fits_again(
    tmp_path: Path, open_office: OpenOffice
) -> None:
    office = open_office("state", surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    pay(office, page)
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
    office.run()  # the booking is planned
    backup = (tmp_path / "state" / DATABASE_NAME).read_bytes()
    for cheque in (FIFTY, SEVENTY):
        by_cheque(office, invoice, cheque)
    settle(office)
    assert office.credits(customer) == [DOLLARS]
    for entry in office.ledger_world.entries_on(invoice):
        office.ledger_world.delete_booking(entry.booking.booking_id)  # they bounced
    forget(office, tmp_path / "state", backup)
    assert office.credits(customer) == [DOLLARS]
    assert office.bookings(invoice) == []
    assert office.broken() == []


def test_a_credit_whose_booking_somebody_took_out_is_for_a_person_after_a_lost_memory(
    tmp_path: Path, open_office: OpenOffice
) -> None:
    office = open_office("state", surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    by_cheque(office, invoice, FIFTY)
    payment = pay(office, page)
    settle(office)
    ours = office.ledger_world.entries_on(invoice)[-1]
    office.ledger_world.delete_booking(ours.booking.booking_id)
    forget(office, tmp_path / "state")
    assert office.credits(customer) == [FIFTY]
    assert office.bookings(invoice) == [FIFTY]  # the cheque
    assert any("50.00 USD is a credit" in one for one in held_credit(office, payment))
    assert office.broken() == []


def test_a_payment_that_was_booked_and_credited_by_hand_is_told_after_a_lost_memory(
    tmp_path: Path, open_office: OpenOffice
) -> None:
    office = open_office("state", surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    by_cheque(office, invoice, FIFTY)
    pay(office, page)
    settle(office)
    ours = office.ledger_world.entries_on(invoice)[-1]
    office.ledger_world.edit_amount(invoice, usd("170.00"))
    office.ledger_world.edit_booking(ours.booking.booking_id, DOLLARS)
    forget(office, tmp_path / "state")
    assert office.credits(customer) == [FIFTY]
    progress = office.company.queries.cursor("acme", REBUILD)
    assert progress is not None
    assert "is booked as a whole" in progress.value
    assert [one[:2] for one in office.broken()] == ["6:"]  # an audit says so too
