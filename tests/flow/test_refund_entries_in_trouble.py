"""Entries of refunds through crashes, lost answers, lost memories and other hands: each once, or a person knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from adapters.memory.faults import Crash, FaultKind
from adapters.memory.reading import MemoryLedgerReader
from connector.domain.balance import RefundState
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.settlement import Refunds, Surplus
from connector.failpoints import armed
from connector.flows.attempts import order_retry
from connector.flows.refund import request_of
from connector.flows.refunded import begin
from connector.ports.entries import Entry, ReversalRequest
from state.tables import EffectRow
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import NOTHING, paid, reversals, settle, told_of, undo, until_quiet, verdict
from tests.flow.test_refund_entries import (
    BOOKS,
    TWENTY,
    assert_balanced,
    at_stripe,
    end,
    entries,
    fail,
    paid_beside_a_cheque,
)
from tests.flow.test_reopened import dispute, set_refund

FIFTY = Money.of("50.00", "USD")


@pytest.fixture(name="booking")
def fixture_booking(open_office: OpenOffice) -> Office:
    return open_office(**BOOKS)


def of_refunds(office: Office, invoice: str) -> list[EffectRow]:
    return [one for one in office.company.queries.effects_of("acme", invoice) if one.kind == "book_refund"]


def emptied(office: Office) -> None:
    put_back(office, office.folder, None)
    until_calm(office)
    office.company.store.resume("acme", office.clock.now())
    settle(office)


def at(point: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Something that happens once, when the program comes to that point."""
    done: list[str] = []

    def hook(reached: str) -> None:
        if reached == point and not done:
            done.append(point)
            act()

    return hook


def die() -> None:
    raise Crash


# ------------------------------------------------------------------------------------------------- lost memories


def test_an_emptied_installation_enters_nothing_again_and_takes_out_what_comes_back(booking: Office) -> None:
    invoice, payment = paid(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    emptied(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])
    assert [one.status for one in of_refunds(booking, invoice)] == ["done"]
    fail(booking, refund)
    settle(booking)
    assert_balanced(booking, invoice, entered=[])


def test_a_lost_memory_learns_from_the_books_since_when_refunds_are_entered(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    booking.stripe_world.event_delay = lambda _hint: None
    booking.wait(hours=1)
    booking.stripe_world.refund(payment, FIFTY)  # while nobody listens
    put_back(booking, booking.folder, None)
    begin(booking.company.store, booking.company.queries, "acme", booking.clock.now(), booking.clock.now())
    until_calm(booking)
    assert_balanced(booking, invoice, entered=[TWENTY, FIFTY])


def test_what_came_back_while_the_memory_was_lost_is_taken_out_with_the_next_news(booking: Office) -> None:
    invoice, payment = paid(booking)
    named = dispute(booking, payment, TWENTY)
    settle(booking)
    emptied(booking)
    end(booking, named, won=True)
    settle(booking)
    assert_balanced(booking, invoice, entered=[])


def test_entries_that_stand_are_kept_as_they_are_though_a_new_division_would_be_another(
    open_office: OpenOffice,
) -> None:
    office = open_office(surplus=Surplus.CREDIT, **BOOKS)
    _, payment = paid_beside_a_cheque(office, FIFTY)
    first = office.stripe_world.refund(payment, FIFTY)  # all of the credit
    settle(office)
    office.stripe_world.refund(payment, TWENTY)  # of the booking
    settle(office)
    before = office.clearing()
    fail(office, first)
    settle(office)
    assert office.clearing() - before == FIFTY
    emptied(office)
    assert entries(office) == [TWENTY]
    assert office.clearing() - before == FIFTY


# ------------------------------------------------------------------------------------------------- in the middle


@pytest.mark.parametrize("fault", [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT, FaultKind.COMMIT_LATE])
@pytest.mark.parametrize("call", ["reverse", "take_back"])
def test_a_lost_answer_leaves_one_entry_or_none(booking: Office, fault: FaultKind, call: str) -> None:
    invoice, payment = paid(booking)
    booking.ledger_faults.program(fault, call)
    refund = booking.stripe_world.refund(payment, TWENTY)
    until_quiet(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])
    fail(booking, refund)
    until_quiet(booking)
    assert_balanced(booking, invoice, entered=[])


@pytest.mark.parametrize("point", ["refund.claimed", "refund.calling", "refund.answered"])
def test_what_was_begun_when_the_refund_failed_is_finished_and_taken_out_again(booking: Office, point: str) -> None:
    invoice, payment = paid(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    with armed(at(point, die)):
        until_quiet(booking, 1)
        fail(booking, refund)
        until_quiet(booking, 8)
    assert_balanced(booking, invoice, entered=[])
    assert [one.status for one in of_refunds(booking, invoice)] == ["done"]
    assert told_of(booking, "was taken out of the ledger")


def test_one_that_stands_though_nobody_remembers_is_found_before_it_would_be_made(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    company = booking.company

    def by_another() -> None:
        [row] = of_refunds(booking, invoice)
        company.ledger.reverse(request_of(row))

    with armed(at("refund.planned", by_another)):
        settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])
    [effect] = of_refunds(booking, invoice)
    assert effect.outcome == "found in the ledger; not entered again"


def test_one_that_a_person_deleted_is_not_made_again_and_is_told(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)

    def made_and_deleted() -> None:
        [row] = of_refunds(booking, invoice)
        booking.cash.delete(booking.company.ledger.reverse(request_of(row)).entry_id)

    with armed(at("refund.planned", made_and_deleted)):
        settle(booking)
    assert entries(booking) == []
    assert told_of(booking, "was deleted in the ledger by somebody")
    [effect] = of_refunds(booking, invoice)
    order_retry(booking.company.store.effects, effect, booking.clock.now())
    settle(booking)
    assert entries(booking) == []


class RepeatingLedger(MemoryLedgerReader):
    """Answers with the entry as it is by now, like QuickBooks under a key it has seen: here a person deleted it."""

    def reverse(self, request: ReversalRequest) -> Entry:
        made = super().reverse(request)
        self.cash.delete(made.entry_id)
        return replace(made, live=False)


def test_one_that_is_gone_by_the_time_of_its_answer_is_for_a_person(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.company = replace(booking.company, ledger=RepeatingLedger(booking.ledger_world, cash=booking.cash))
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert entries(booking) == []
    assert told_of(booking, "was deleted in the ledger by somebody")
    assert [one.status for one in of_refunds(booking, invoice)] == ["rejected"]


def test_a_second_refund_waits_until_the_first_is_entered(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    with armed(at("refund.planned", lambda: booking.stripe_world.refund(payment, FIFTY))):
        settle(booking)
    booking.wait(minutes=3)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY, FIFTY])


# -------------------------------------------------------------------------------------------------- other hands


def test_a_credit_that_somebody_took_out_gets_no_entry_of_its_refund(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT, **BOOKS)
    _, payment = paid_beside_a_cheque(office, FIFTY)
    [credit] = [one.entry for one in office.cash.all_entries() if one.entry.kind is EntryKind.CREDIT]
    office.cash.delete(credit.entry_id)
    office.stripe_world.refund(payment, FIFTY)
    settle(office)
    assert entries(office) == []
    assert told_of(office, "somebody has taken the payment itself out of the ledger")


def test_an_undo_waits_for_an_entry_of_a_refund_that_is_under_way(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.refund(payment, TWENTY)
    booking.ledger_faults.program(FaultKind.LOSE_ANSWER, "reverse")
    with armed(at("refund.planned", lambda: undo(booking, payment))):
        settle(booking)
    until_quiet(booking, 3)
    assert (entries(booking), booking.bookings(invoice), booking.clearing()) == ([], [], NOTHING)


def test_where_the_ledger_will_not_let_go_of_a_refunds_entry_the_rest_of_an_undo_goes_on(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.wait(days=1)
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    [made] = [one.entry for one in booking.cash.all_entries() if one.entry.kind is EntryKind.REVERSAL]
    booking.cash.delete(made.entry_id)  # by a person
    undo(booking, payment)
    until_quiet(booking, 3)
    assert (entries(booking), booking.bookings(invoice)) == ([], [])
    assert refund
    assert [one.status for one in reversals(booking, invoice)] == ["done", "done"]


def test_a_way_out_is_given_up_where_the_money_is_gone_again(booking: Office) -> None:
    _, payment = paid(booking)
    refund = booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    set_refund(booking, refund, RefundState.FAILED, "refund.failed")
    back = lambda: set_refund(booking, refund, RefundState.SUCCEEDED, "refund.updated")  # noqa: E731
    with armed(at("reversal.planned", back)):
        settle(booking)
    assert entries(booking) == [TWENTY]
    assert told_of(booking, "is not in your account")
    assert verdict(booking, payment) == "booked"


def test_more_than_was_booked_is_entered_as_far_as_it_was_and_the_rest_is_for_a_person(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.ASK, joint=True, **BOOKS)
    customer = office.customer()
    first, second = office.issue(customer), office.issue(customer, FIFTY)
    office.run(2)
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.ledger_world.pay_by_hand(second, FIFTY)
    office.wait(minutes=2)  # entered before the payment: so it cannot be the payment itself
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office, 3)
    office.stripe_world.refund(payment)
    settle(office)
    assert entries(office) == [DOLLARS]
    [said] = told_of(office, "no entry of the payment in the ledger has so much left")
    assert "Enter 50.00 USD by hand" in said
    assert office.owed(first) == NOTHING


def test_of_a_payment_that_is_not_booked_nothing_is_entered(booking: Office) -> None:
    invoice = booking.issue()
    booking.run()
    page = booking.stripe_world.open_page(booking.link_in(booking.texts()[0]))
    assert page is not None
    booking.ledger_world.pay_by_hand(invoice, DOLLARS)
    booking.wait(minutes=2)  # as above
    payment = booking.stripe_world.pay_page(page)
    assert payment is not None
    settle(booking)
    booking.stripe_world.refund(payment)
    settle(booking)
    assert entries(booking) == []
    assert any("It is not booked" in one for one in told_of(booking, payment))


def test_in_another_currency_than_it_was_paid_in_it_is_for_a_person(booking: Office) -> None:
    _, payment = paid(booking)
    world = booking.stripe_world
    refund = world.refund(payment, TWENTY)
    history = world.balance.refunds[refund]
    history.add(world.now(), replace(history.latest, amount=Money.of("18.00", "EUR")))
    settle(booking)
    assert entries(booking) == []
    assert told_of(booking, "went back in another currency than it was paid in")


def test_after_the_setting_was_changed_to_reopen_all_is_taken_out_together(open_office: OpenOffice) -> None:
    office = open_office(**BOOKS)
    invoice, payment = paid(office)
    office.stripe_world.refund(payment, TWENTY)
    settle(office)
    office.policy = replace(office.policy, refunds=Refunds.REOPEN)
    office.restart()
    office.stripe_world.refund(payment, DOLLARS - TWENTY)
    settle(office)
    until_quiet(office, 2)
    assert (entries(office), office.bookings(invoice), office.clearing()) == ([], [], NOTHING)
    assert at_stripe(office) == NOTHING


def test_a_refund_whose_event_never_comes_is_found_by_the_daily_look(booking: Office) -> None:
    invoice, payment = paid(booking)
    booking.stripe_world.event_delay = lambda _hint: None
    booking.stripe_world.refund(payment, TWENTY)
    settle(booking)
    assert entries(booking) == []
    booking.wait(days=1)
    settle(booking)
    assert_balanced(booking, invoice, entered=[TWENTY])
