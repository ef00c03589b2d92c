"""An entry of ours is taken out of the ledger by the owner's word: once, only ours, and with its trail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from connector.domain.reversal import Cause
from connector.domain.settlement import Surplus
from connector.errors import Bug, Rejected, RejectedBecause
from connector.failpoints import Boundary, armed
from connector.flows.credit import held_key
from connector.flows.reversal import again_of, entries_of, planned
from connector.life import life_of
from state.reversal_facts import OnceMore
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.reversing import (
    NOTHING,
    paid,
    rebook,
    release,
    reversals,
    reverses,
    settle,
    told_of,
    undo,
    until_quiet,
    verdict,
)

FIFTY, SEVENTY = Money.of("50.00", "USD"), Money.of("70.00", "USD")
ALL = [
    FaultKind.LOSE_ANSWER,
    FaultKind.NEVER_COMMIT,
    FaultKind.COMMIT_LATE,
    FaultKind.FAIL_BEFORE,
    FaultKind.CRASH_AFTER,
]


def assert_undone(office: Office, invoice: str, payment: str) -> None:
    assert office.bookings(invoice) == []
    assert (office.owed(invoice), office.clearing(), reverses(office)) == (DOLLARS, NOTHING, 1)
    assert verdict(office, payment) == "reversed"
    assert [one.status for one in reversals(office, invoice)] == ["done"]


def test_an_undone_booking_leaves_the_invoice_owed_and_silent_and_the_owner_is_told_how_it_goes_on(
    office: Office,
) -> None:
    invoice, payment = paid(office)
    texts = len(office.texts())
    assert undo(office, payment) == 1
    settle(office)
    assert_undone(office, invoice, payment)
    [said] = told_of(office, "taken out of the ledger")
    assert "120.00 USD" in said
    assert "undone by alice: a mistake" in said
    assert "Nothing was refunded" in said
    assert "duebird release " in said
    assert f"duebird rebook {payment} --company acme" in said
    office.wait(days=16)
    office.run(3)
    assert len(office.texts()) == texts
    assert office.reason(invoice) == "held"
    assert reversals(office, invoice)[0].remote_id is not None
    assert office.stripe_world.refunds == []
    assert office.broken() == []


def test_the_life_of_the_invoice_shows_who_undid_it_and_why(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    settle(office)
    row = office.company.queries.receivable("acme", invoice)
    assert row is not None
    life = life_of(office.company.queries, row, "America/New_York")
    said = [one.what for one in life.moments]
    assert any(one.startswith("Decided to take the booking out of the ledger") for one in said)
    assert "Booking taken out of the ledger (undone by alice: a mistake)" in said
    assert any("its booking was taken out of the ledger again" in one for one in said)
    assert life.held is not None
    assert payment in life.held


def test_once_released_the_invoice_is_asked_for_again(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    settle(office)
    texts = len(office.texts())
    release(office, invoice)
    office.wait(days=14)
    office.run(3)
    assert len(office.texts()) == texts + 1
    second = office.stripe_world.pay(office.link_in(office.texts()[-1]))
    assert second is not None
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert verdict(office, second) == "booked"


def test_an_undone_payment_is_not_booked_again_by_itself_and_is_booked_by_the_owners_word(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    for _ in range(3):
        office.wait(days=1)
        office.run(2)
    assert_undone(office, invoice, payment)
    rebook(office, payment)
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert (office.owed(invoice), office.clearing(), verdict(office, payment)) == (NOTHING, DOLLARS, "booked")
    assert told_of(office, "taken out of the ledger") == []
    assert office.company.queries.holds("acme") == []
    assert len([one for one in office.texts() if "Thank" in one or "received" in one]) <= 1
    assert office.broken() == []


def test_what_was_booked_anew_may_be_undone_anew(office: Office) -> None:
    invoice, payment = paid(office)
    for _ in range(2):
        assert undo(office, payment) == 1
        settle(office)
        assert office.bookings(invoice) == []
        rebook(office, payment)
        settle(office)
        assert office.bookings(invoice) == [DOLLARS]
    assert len({one.key for one in reversals(office, invoice)}) == 2
    assert office.broken() == []


def test_ordered_twice_it_is_undone_once(office: Office) -> None:
    invoice, payment = paid(office)
    assert (undo(office, payment), undo(office, payment)) == (1, 0)
    settle(office)
    assert undo(office, payment) == 0
    settle(office)
    assert_undone(office, invoice, payment)


def paid_beside(office: Office, cheque: Money) -> tuple[str, str]:
    """An invoice on which a cheque was entered while its payment page was open, and the payment; both are settled."""
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.ledger_world.pay_by_hand(invoice, cheque, reference="CHEQUE 7")
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office, 3)
    return invoice, payment


def test_a_payment_of_which_a_part_is_a_credit_is_undone_as_a_whole(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid_beside(office, FIFTY)
    assert (office.credits(), office.clearing()) == ([FIFTY], Money.of("170.00", "USD"))
    assert undo(office, payment) == 2
    settle(office)
    assert office.bookings(invoice) == [FIFTY]  # the cheque
    assert office.credits() == []
    assert office.clearing() == FIFTY
    rebook(office, payment)
    settle(office, 3)
    assert sorted(one.minor for one in office.bookings(invoice)) == [5000, 7000]
    assert office.credits() == [FIFTY]


@pytest.mark.parametrize("kind", ALL)
def test_a_reversal_whose_call_goes_wrong_is_made_once(office: Office, kind: FaultKind) -> None:
    invoice, payment = paid(office)
    office.ledger_faults.program(kind, "reverse")
    undo(office, payment)
    until_quiet(office)
    assert_undone(office, invoice, payment)


@pytest.mark.parametrize("kind", ALL)
def test_a_reversal_of_a_credit_whose_call_goes_wrong_is_made_once(open_office: OpenOffice, kind: FaultKind) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid_beside(office, DOLLARS)
    assert office.credits() == [DOLLARS]
    office.ledger_faults.program(kind, "reverse")
    assert undo(office, payment) == 1
    until_quiet(office)
    assert (office.credits(), verdict(office, payment)) == ([], "reversed")
    assert office.bookings(invoice) == [DOLLARS]


# ------------------------------------------------------------------------------------------------ only what is ours


def by_hand(office: Office, invoice: str) -> str:
    [entry] = office.ledger_world.entries_on(invoice)
    return entry.booking.booking_id


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (lambda o, i: o.ledger_world.edit_booking(by_hand(o, i), FIFTY), "A part of a payment cannot be taken back"),
        (lambda o, _: o.ledger_world.close_books_through(o.ledger_world.today()), "The books are closed through"),
    ],
    ids=["made smaller by somebody", "in a closed period"],
)
def test_what_the_ledger_does_not_let_go_stays_and_the_owner_may_order_it_again(
    office: Office, disturb: Callable[[Office, str], None], words: str
) -> None:
    invoice, payment = paid(office)
    office.spoilt.add("6")
    disturb(office, invoice)
    before = office.bookings(invoice), office.clearing()
    undo(office, payment)
    settle(office)
    assert (office.bookings(invoice), office.clearing()) == before
    [item] = [one for one in office.company.queries.attention("acme") if words in one.happened]
    [effect] = reversals(office, invoice)
    assert item.command == f"duebird retry {effect.key} --company acme"
    assert item.not_done.startswith("It was not done.")
    assert (effect.status, verdict(office, payment)) == ("rejected", "booked")


@pytest.mark.parametrize("ordered", [False, True], ids=["before", "in the very moment"])
def test_an_entry_that_somebody_took_out_first_counts_as_reversed(office: Office, ordered: bool) -> None:  # noqa: FBT001
    invoice, payment = paid(office)
    entry = by_hand(office, invoice)

    def remove(point: str) -> None:
        if point == f"reversal.{Boundary.ASKED if ordered else Boundary.REREAD}":
            office.ledger_world.delete_booking(entry)

    undo(office, payment)
    with armed(remove):
        settle(office)
    assert_undone(office, invoice, payment)
    assert undo(office, payment) == 0


def test_a_payment_that_is_not_booked_has_nothing_to_undo(office: Office) -> None:
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.ledger_world.pay_by_hand(invoice, DOLLARS, reference="CHEQUE 7")
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office)
    assert verdict(office, payment) == "held"
    assert undo(office, payment) == 0
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_payment_that_somebody_moved_off_its_invoice_is_left_to_them(office: Office) -> None:
    invoice, payment = paid(office)
    office.ledger_world.delete(invoice)
    undo(office, payment)
    settle(office)
    assert office.clearing() == DOLLARS
    assert told_of(office, "That payment was moved by somebody")


def test_an_invoice_that_was_deleted_meanwhile_needs_no_hold(office: Office) -> None:
    invoice, payment = paid(office)
    office.ledger_world.delete_booking(by_hand(office, invoice))
    office.ledger_world.delete(invoice)
    undo(office, payment)
    settle(office)
    assert verdict(office, payment) == "reversed"
    assert office.company.queries.holds("acme") == []
    [said] = told_of(office, "taken out of the ledger")
    assert "duebird release" not in said


def test_nothing_but_a_booking_that_is_done_is_ever_done_once_more(office: Office) -> None:
    invoice, payment = paid(office)
    effects = office.company.queries.effects_of("acme", invoice)
    others = [one for one in effects if one.kind != "book_payment"]
    assert {one.kind for one in others} == {"create_link", "retire_link", "send_text"}
    for one in others:
        with pytest.raises(Bug, match="cannot be done once more"):
            office.company.store.booking_ordered_again(
                "acme", OnceMore(payment, invoice, (one.key,), (), "open", (), ()), office.clock.now(), by="alice"
            )
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.stripe_world.links) == 1


def test_a_person_who_deletes_the_entry_between_look_and_call_finds_it_counted_as_reversed(office: Office) -> None:
    invoice, payment = paid(office)
    entry = by_hand(office, invoice)

    def decide(_port: str, called: str, _args: tuple[object, ...]) -> None:
        if called == "reverse":
            office.ledger_world.delete_booking(entry)
            raise Rejected("The ledger has no such payment.", because=RejectedBecause.NOT_FOUND, service="ledger")

    office.ledger_faults.decide = decide
    undo(office, payment)
    settle(office)
    assert_undone(office, invoice, payment)
    [effect] = reversals(office, invoice)
    assert effect.outcome == "somebody had deleted it"


# ------------------------------------------------------------------------------------------------------ booked anew


def by_cheque(office: Office, invoice: str, amount: Money = DOLLARS) -> None:
    office.ledger_world.pay_by_hand(invoice, amount, reference="CHEQUE 8")


def test_a_payment_that_no_longer_fits_when_it_is_ordered_again_is_held_and_told_once(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    settle(office)
    by_cheque(office, invoice)
    rebook(office, payment)
    settle(office, 3)
    assert office.bookings(invoice) == [DOLLARS]  # the cheque
    assert verdict(office, payment) == "held"
    [said] = told_of(office, "arrived for invoice")
    assert "nothing is owed on it any more" in said
    before = len(office.ledger_world.all_entries())
    office.wait(days=1)
    office.run(3)
    assert (len(office.ledger_world.all_entries()), len(told_of(office, "arrived for invoice"))) == (before, 1)


def test_a_payment_that_no_longer_fits_when_it_is_ordered_again_becomes_a_credit_where_the_owner_wants_that(
    open_office: OpenOffice,
) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid(office)
    undo(office, payment)
    settle(office)
    by_cheque(office, invoice)
    rebook(office, payment)
    settle(office, 3)
    assert (office.bookings(invoice), office.credits()) == ([DOLLARS], [DOLLARS])
    assert office.clearing() == Money.of("240.00", "USD")
    assert verdict(office, payment) == "credited"
    assert len(told_of(office, "was more than was owed")) == 1
    assert office.broken() == []


def test_one_that_was_held_a_second_time_becomes_a_credit_by_the_owners_word(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    settle(office)
    by_cheque(office, invoice)
    rebook(office, payment)
    settle(office, 3)
    company = office.company
    company.store.credit_ordered("acme", payment, invoice, held_key("acme", payment, ""), office.clock.now())
    settle(office, 3)
    assert (office.credits(), verdict(office, payment)) == ([DOLLARS], "credited")


@pytest.mark.parametrize(
    ("cheque", "booked", "credited"),
    [(Money.of("20.00", "USD"), 5000, "70.00"), (SEVENTY, None, "120.00")],
    ids=["less fits than before", "nothing fits any more"],
)
def test_a_divided_payment_that_is_ordered_again_is_divided_by_what_is_owed_now(
    open_office: OpenOffice, cheque: Money, booked: int | None, credited: str
) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid_beside(office, FIFTY)
    assert undo(office, payment) == 2
    settle(office)
    by_cheque(office, invoice, cheque)
    rebook(office, payment)
    settle(office, 3)
    mine = [] if booked is None else [booked]
    assert sorted(one.minor for one in office.bookings(invoice)) == sorted([5000, cheque.minor, *mine])
    assert office.credits() == [Money.of(credited, "USD")]
    assert office.clearing() == Money.of("170.00", "USD") + cheque
    assert credited in told_of(office, "was more than was owed")[0]
    assert office.broken() == []


def test_more_fits_when_a_divided_payment_is_ordered_again_and_no_credit_is_left(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid_beside(office, FIFTY)
    undo(office, payment)
    settle(office)
    [cheque] = [one.booking.booking_id for one in office.ledger_world.entries_on(invoice)]
    office.ledger_world.delete_booking(cheque)
    rebook(office, payment)
    settle(office, 3)
    assert (office.bookings(invoice), office.credits()) == ([DOLLARS], [])
    assert (office.clearing(), verdict(office, payment)) == (DOLLARS, "booked")


def test_a_credit_that_alone_was_taken_out_is_booked_again_as_it_was(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid_beside(office, FIFTY)
    company = office.company
    entries = entries_of(company.queries, "acme", company.queries.payment_parts("acme", payment))
    [entry] = [one for one in entries if one.kind == "book_credit"]
    order = planned(company.identity, entry, cause=Cause.UNDO, by="alice")
    company.store.reversals_planned("acme", [order], office.clock.now())
    settle(office)
    assert office.credits() == []
    rebook(office, payment)
    settle(office, 3)
    assert sorted(one.minor for one in office.bookings(invoice)) == [5000, 7000]
    assert (office.credits(), verdict(office, payment)) == ([FIFTY], "booked")
    assert len(told_of(office, "was more than was owed")) == 1


def test_the_life_of_the_invoice_shows_who_ordered_a_booking_again(office: Office) -> None:
    invoice, payment = paid(office)
    undo(office, payment)
    settle(office)
    rebook(office, payment)
    settle(office)
    row = office.company.queries.receivable("acme", invoice)
    assert row is not None
    said = [one.what for one in life_of(office.company.queries, row, "America/New_York").moments]
    assert "To book the payment again: ordered once more by alice" in said
    assert not [one for one in said if one.startswith("Left undone")]


def test_a_booking_that_alone_was_taken_out_waits_until_the_credit_of_the_same_payment_is_out_too(
    open_office: OpenOffice,
) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid_beside(office, FIFTY)
    company = office.company
    entries = entries_of(company.queries, "acme", company.queries.payment_parts("acme", payment))
    [entry] = [one for one in entries if one.kind == "book_payment"]
    order = planned(company.identity, entry, cause=Cause.UNDO, by="alice")
    company.store.reversals_planned("acme", [order], office.clock.now())
    settle(office)
    assert office.bookings(invoice) == [FIFTY]
    [again] = again_of(company.queries, "acme", company.queries.payment_parts("acme", payment))
    assert (again.order.anew, again.order.repeated) == ((entry.key,), ())
    assert again.in_the_way is not None
    assert again.in_the_way.kind == "book_credit"
