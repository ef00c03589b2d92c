"""Money that went back of a payment that somebody else has booked, with `refunds = "book"`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.money import Money
from connector.domain.settlement import Refunds
from connector.failpoints import armed
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import NOTHING, settle, told_of, undo, until_quiet
from tests.flow.test_already_booked import assert_adopted, by_hand, paid
from tests.flow.test_refund_entries import BOOKS, HUNDRED, TWENTY, assert_balanced, at_stripe, end, entries, fail
from tests.flow.test_reopened import dispute

OTHER = "acc9"


@pytest.fixture(name="booking")
def fixture_booking(open_office: OpenOffice) -> Office:
    return open_office(**BOOKS)


def adopted(office: Office, *, elsewhere: bool = False, amount: Money = DOLLARS) -> tuple[str, str, str]:
    """An invoice, its payment, and the entry by somebody else that was adopted for it."""
    invoice, payment = paid(office, DOLLARS)
    clearing = office.ledger_world.accounts[0]
    if elsewhere:
        office.ledger_world.accounts.insert(0, replace(clearing, account_id=OTHER, name="Undeposited funds"))
    entry = by_hand(office, invoice, f"Stripe {payment}", amount)
    settle(office, 3)
    assert_adopted(office, invoice, payment, entry)
    return invoice, payment, entry


def move(office: Office, entry: str, account_id: str) -> None:
    """Somebody puts the entry into another account."""
    with office.ledger_world.moment() as now:
        history = office.ledger_world.entries[entry]
        booking = replace(history.latest.booking, account_id=account_id)
        history.add(now, replace(history.latest, booking=booking, account_id=account_id))


def minus(amount: Money) -> Money:
    return NOTHING - amount


def clearing_of(office: Office) -> str:
    account = office.policy.payment_account_id
    assert account is not None
    return account


# ---------------------------------------------------------------------------------- it stands in our clearing account


def test_a_refund_is_entered_like_that_of_a_booking_of_our_own_and_the_entry_stays(booking: Office) -> None:
    invoice, payment, entry = adopted(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])
    assert_adopted(booking, invoice, payment, entry)
    [said] = told_of(booking, payment)
    assert f"refund {refund}" in said
    booking.stripe_world.refund(payment, HUNDRED)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY, HUNDRED])
    fail(booking, refund)
    settle(booking)
    assert_balanced(booking, invoice, entered=[HUNDRED])


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_is_entered_and_taken_out_again_only_where_it_is_won(booking: Office, won: bool) -> None:  # noqa: FBT001
    invoice, payment, _ = adopted(booking)
    named = dispute(booking, payment)
    settle(booking)
    assert_balanced(booking, invoice, entered=[DOLLARS])
    end(booking, named, won=won)
    settle(booking)
    assert_balanced(booking, invoice, entered=[] if won else [DOLLARS])


def test_an_undo_of_the_payment_takes_out_the_entries_of_its_refunds_only(booking: Office) -> None:
    invoice, payment, entry = adopted(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert undo(booking, payment) == 1
    settle(booking)
    assert entries(booking) == []
    assert_adopted(booking, invoice, payment, entry)


def test_a_refund_that_failed_before_it_was_entered_changes_nothing(booking: Office) -> None:
    invoice, payment, _ = adopted(booking)
    fail(booking, booking.stripe_world.refund(payment, TWENTY))
    settle(booking)
    assert_balanced(booking, invoice, entered=[])
    [said] = told_of(booking, payment)
    assert "failed or was cancelled: you have the money" in said
    assert said.endswith("Nothing was changed in the ledger.")


def test_a_debit_that_the_bank_took_back_takes_out_what_was_entered_and_the_rest_is_told(booking: Office) -> None:
    invoice = booking.issue()
    booking.run()
    page = booking.stripe_world.start_debit(booking.link_in(booking.texts()[-1]), method="us_bank_account")
    assert page is not None
    booking.wait(hours=1)
    booking.run()
    booking.stripe_world.finish_debit(page, succeeds=True)
    payment = booking.stripe_world.pages[page].latest.payment_id
    assert payment is not None
    entry = by_hand(booking, invoice, payment)
    settle(booking, 3)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert entries(booking) == [TWENTY]
    with booking.stripe_world.moment():
        booking.stripe_world.balance.bounce(payment)
    settle(booking)
    booking.wait(minutes=2)
    settle(booking)
    assert (entries(booking), booking.bookings(invoice)) == ([], [DOLLARS])
    [said] = told_of(booking, "went back whole")
    assert entry in said
    assert "Duebird takes out only its own" in said


@pytest.mark.parametrize("fault", [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT, FaultKind.COMMIT_LATE])
def test_a_lost_answer_leaves_one_entry(booking: Office, fault: FaultKind) -> None:
    invoice, payment, _ = adopted(booking)
    booking.ledger_faults.program(fault, "reverse")
    booking.stripe_world.refund(payment, TWENTY)
    until_quiet(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])


@pytest.mark.parametrize(
    "point", ["refund.planned", "refund.claimed", "refund.asked", "refund.calling", "refund.answered"]
)
def test_a_crash_at_any_step_leaves_one_entry(booking: Office, point: str) -> None:
    invoice, payment, _ = adopted(booking)
    booking.stripe_world.refund(payment, TWENTY)
    reached: list[str] = []

    def dies(at: str) -> None:
        if at == point and not reached:
            reached.append(at)
            raise Crash

    with armed(dies):
        until_quiet(booking)
    assert reached == [point]
    assert_balanced(booking, invoice, entered=[TWENTY])


def test_an_emptied_installation_adopts_it_again_and_enters_nothing_twice(booking: Office) -> None:
    invoice, payment, entry = adopted(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    put_back(booking, booking.folder, None)
    until_calm(booking)
    booking.company.store.resume("acme", booking.clock.now())
    settle(booking, 3)
    assert_balanced(booking, invoice, entered=[TWENTY])
    assert_adopted(booking, invoice, payment, entry)
    booking.stripe_world.refund(payment, HUNDRED)
    settle(booking)
    booking.wait(hours=1)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY, HUNDRED])


def test_of_an_entry_over_less_only_so_much_is_taken_and_the_rest_is_told(booking: Office) -> None:
    _, payment, _ = adopted(booking, amount=HUNDRED)
    booking.stripe_world.refund(payment)
    settle(booking)
    assert entries(booking) == [HUNDRED]
    assert booking.clearing() == NOTHING == at_stripe(booking)
    [said] = told_of(booking, "has so much left")
    assert "20.00 USD of the payment" in said


# ------------------------------------------------------------------------------------------- somebody entered it too


@pytest.mark.parametrize("note", ["refund", "Stripe {refund}", "{payment} back"])
def test_what_somebody_else_has_entered_already_is_not_entered_twice(booking: Office, note: str) -> None:
    invoice, payment, _ = adopted(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    theirs = booking.cash.enter(minus(TWENTY), note=note.format(refund=refund, payment=payment))
    settle(booking)
    assert booking.clearing() == HUNDRED == at_stripe(booking)
    [said] = told_of(booking, "somebody else has entered it already, as it seems")
    assert f"entry {theirs} in the clearing account" in said
    assert "It was not entered" in said
    booking.stripe_world.refund(payment, Money.of("30.00", "USD"))
    settle(booking)
    assert booking.clearing() == Money.of("70.00", "USD") == at_stripe(booking)
    assert booking.owed(invoice) == NOTHING


@pytest.mark.parametrize("note", ["re_another", "pi_another", "fee of {payment}"])
def test_what_names_another_refund_or_payment_or_is_over_another_amount_is_another_matter(
    booking: Office, note: str
) -> None:
    _, payment, _ = adopted(booking)
    booking.stripe_world.refund(payment, TWENTY)
    amount = Money.of("3.78", "USD") if "fee" in note else TWENTY
    booking.cash.enter(minus(amount), note=note.format(payment=payment))
    settle(booking)
    assert booking.clearing() == HUNDRED - amount


# -------------------------------------------------------------------------------------------- it stands somewhere else


def test_of_an_entry_in_another_account_nothing_is_entered_and_the_owner_is_told_why(booking: Office) -> None:
    _, payment, entry = adopted(booking, elsewhere=True)
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert entries(booking) == []
    [said] = told_of(booking, refund)
    assert f"the entry {entry}, by which somebody else has booked it, is in another account" in said
    assert "Enter 20.00 USD by hand, out of the account in which the payment's own entry is." in said


def test_what_was_told_stays_a_persons_also_where_the_entry_is_moved_to_the_clearing_account(booking: Office) -> None:
    _, payment, entry = adopted(booking, elsewhere=True)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    move(booking, entry, clearing_of(booking))
    booking.cash.enter(minus(TWENTY), note="by hand, as I was told")
    booking.stripe_world.refund(payment, HUNDRED)
    settle(booking)
    assert entries(booking) == [HUNDRED]
    assert booking.clearing() == NOTHING == at_stripe(booking)


def test_an_entry_that_was_moved_to_the_clearing_account_before_counts_as_there(booking: Office) -> None:
    invoice, payment, entry = adopted(booking, elsewhere=True)
    move(booking, entry, clearing_of(booking))
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])


def test_an_entry_that_is_moved_away_just_before_is_not_taken_from(booking: Office) -> None:
    _, payment, entry = adopted(booking)
    booking.stripe_world.refund(payment, TWENTY)
    moved: list[str] = []

    def moves(at: str) -> None:
        if at == "refund.planned" and not moved:
            moved.append(at)
            move(booking, entry, OTHER)

    with armed(moves):
        settle(booking)
    assert entries(booking) == []
    [said] = told_of(booking, "is in another account")
    assert f"the payment's own entry {entry}" in said


def test_an_entry_that_was_taken_out_or_whose_account_nobody_tells_is_said_so(booking: Office) -> None:
    invoice, payment, entry = adopted(booking)
    move(booking, entry, None)  # type: ignore[arg-type]  # as a ledger that does not tell
    first = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    [said] = told_of(booking, first)
    assert "is in an account that the ledger does not name" in said
    booking.ledger_world.delete_booking(entry)
    second = booking.stripe_world.refund(payment, HUNDRED)
    settle(booking)
    [said] = told_of(booking, second)
    assert f"the entry {entry}, by which somebody else has booked it, is not on the invoice any more" in said
    assert "Where the payment is still in your books, enter 100.00 USD by hand" in said
    assert entries(booking) == booking.bookings(invoice) == []


def test_where_one_part_is_ours_and_another_is_elsewhere_only_ours_is_taken_from(open_office: OpenOffice) -> None:
    office = open_office(joint=True, **BOOKS)
    customer = office.customer()
    invoices = [office.issue(customer), office.issue(customer, Money.of("80.00", "USD"))]
    office.run(2)
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    clearing = office.ledger_world.accounts[0]
    office.ledger_world.accounts.insert(0, replace(clearing, account_id=OTHER, name="Undeposited funds"))
    office.wait(minutes=1)
    by_hand(office, invoices[1], payment, Money.of("80.00", "USD"))
    settle(office, 3)
    office.stripe_world.refund(payment, Money.of("150.00", "USD"))
    settle(office)
    assert entries(office) == [DOLLARS]
    [said] = told_of(office, "has so much left")
    assert "30.00 USD of the payment" in said
    assert "is in another account" in said


def test_under_reopen_it_stays_told(open_office: OpenOffice) -> None:
    office = open_office(refunds=Refunds.REOPEN)
    _, payment, entry = adopted(office)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    [said] = told_of(office, payment)
    assert entry in said
    assert entries(office) == []
