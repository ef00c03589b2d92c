"""An owner who orders another try at once: what is in doubt may still be carried out, and must not happen twice."""

from __future__ import annotations

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from connector.flows.attempts import order_retry
from tests.flow.office import DOLLARS, Office

LATE = 500.0  # seconds after the time-out at which the service carries out what was asked


def _order_again(office: Office, kind: str, invoice: str) -> None:
    known = office.company.queries.effects_of("acme", invoice)
    [row] = [one for one in known if one.kind == kind and one.status == "uncertain"]
    order_retry(office.company.store.effects, row, office.clock.now())


def _some_hours(office: Office) -> None:
    for _ in range(40):
        office.run()
        office.wait(minutes=4)


def test_a_text_in_doubt_that_is_ordered_again_at_once_goes_out_once(office: Office) -> None:
    invoice = office.issue()
    office.carrier_faults.program(FaultKind.COMMIT_LATE, "send", seconds=LATE)
    office.run()
    _order_again(office, "send_text", invoice)
    _some_hours(office)
    assert len(office.texts()) == 1


@pytest.mark.parametrize("went_out", [FaultKind.COMMIT_LATE, FaultKind.NEVER_COMMIT])
def test_a_text_in_doubt_that_is_ordered_again_and_then_wanted_no_more_counts_if_it_went_out(
    office: Office, went_out: FaultKind
) -> None:
    invoice = office.issue()
    office.carrier_faults.program(went_out, "send", seconds=LATE)
    office.run()
    _order_again(office, "send_text", invoice)
    office.ledger_world.edit_amount(invoice, Money.of("25.00", "USD"))  # another link, and other words
    _some_hours(office)
    office.wait(days=1)
    _some_hours(office)
    assert len(office.texts()) == 1


def test_a_booking_in_doubt_that_is_ordered_again_at_once_is_made_once(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.ledger_faults.program(FaultKind.COMMIT_LATE, "book", seconds=LATE)
    office.run()
    _order_again(office, "book_payment", invoice)
    _some_hours(office)
    assert len(office.ledger_world.all_entries()) == 1


def test_what_was_never_carried_out_is_done_once_after_the_owner_ordered_it(office: Office) -> None:
    invoice = office.issue()
    office.carrier_faults.program(FaultKind.NEVER_COMMIT, "send")
    office.run()
    _order_again(office, "send_text", invoice)
    _some_hours(office)
    assert len(office.texts()) == 1


def test_a_link_in_doubt_that_is_ordered_again_at_once_is_made_once(office: Office) -> None:
    invoice = office.issue()
    office.stripe_faults.program(FaultKind.COMMIT_LATE, "create_link", seconds=LATE)
    office.run()
    _order_again(office, "create_link", invoice)
    _some_hours(office)
    assert len(office.stripe_world.live_links()) == 1
    assert len(office.stripe_world.links) == 1


def _refused_link(office: Office, *, in_doubt_first: bool) -> str:
    """An invoice whose link was refused for good, whose amount then changed, and that has another link by now."""
    invoice = office.issue()
    if in_doubt_first:
        office.stripe_faults.program(FaultKind.NEVER_COMMIT, "create_link")
        office.run()
        office.wait(minutes=20)
    office.stripe_faults.program(FaultKind.REFUSE, "create_link")
    office.run(times=2)
    assert office.stripe_world.live_links() == []
    office.ledger_world.edit_amount(invoice, Money.of("25.00", "USD"))
    office.wait(hours=1)
    office.run(times=3)
    assert len(office.stripe_world.live_links()) == 1
    return invoice


@pytest.mark.parametrize("in_doubt_first", [False, True], ids=["refused", "in doubt, then refused"])
def test_a_refused_link_that_is_ordered_again_after_the_amount_changed_is_not_made(
    office: Office, *, in_doubt_first: bool
) -> None:
    invoice = _refused_link(office, in_doubt_first=in_doubt_first)
    [row] = [one for one in office.company.queries.effects_of("acme", invoice) if one.status == "rejected"]
    order_retry(office.company.store.effects, row, office.clock.now())
    _some_hours(office)
    assert len(office.stripe_world.links) == 1


def test_of_two_payments_the_second_waits_for_a_first_in_doubt_that_was_ordered_again(office: Office) -> None:
    invoice = office.issue()
    office.run()
    link = office.link_in(office.texts()[0])
    pages = [office.stripe_world.open_page(link) for _ in range(2)]
    office.stripe_world.stubborn.add(pages[1] or "")
    first = office.stripe_world.pay_page(pages[0] or "")
    office.ledger_faults.program(FaultKind.COMMIT_LATE, "book", seconds=LATE)
    office.run()
    _order_again(office, "book_payment", invoice)
    assert office.stripe_world.pay_page(pages[1] or "")
    _some_hours(office)
    [entry] = office.ledger_world.all_entries()
    assert entry.booking.applied == DOLLARS
    assert f"Duebird {first} " in entry.booking.note, "the one that was under way"
    assert any("arrived for invoice" in one for one in office.attention())


def test_a_link_whose_repetition_is_refused_is_looked_for_before_another_is_made(office: Office) -> None:
    invoice = office.issue()
    office.stripe_faults.program(FaultKind.COMMIT_LATE, "create_link", seconds=LATE)
    office.stripe_faults.program(FaultKind.REFUSE, "create_link")
    office.run()
    office.wait(minutes=1)
    office.run(times=2)
    office.ledger_world.edit_amount(invoice, Money.of("25.00", "USD"))
    _some_hours(office)
    assert [one.request.amount for one in office.stripe_world.live_links()] == [Money.of("25.00", "USD")]
    assert "25.00" in office.texts()[0]


def test_a_link_in_doubt_is_given_up_only_when_it_can_no_longer_be_made(office: Office) -> None:
    invoice = office.issue()
    office.stripe_faults.program(FaultKind.COMMIT_LATE, "create_link", seconds=LATE)
    office.run()
    office.ledger_world.edit_amount(invoice, Money.of("25.00", "USD"))
    office.wait(minutes=1)
    office.run(times=2)
    assert office.stripe_world.live_links() == [], "neither made again nor another made: the first may still come"
    _some_hours(office)
    assert [one.request.amount for one in office.stripe_world.live_links()] == [Money.of("25.00", "USD")]


def test_a_link_in_doubt_that_never_came_is_given_up_once_the_amount_has_changed(office: Office) -> None:
    invoice = office.issue()
    office.stripe_faults.program(FaultKind.NEVER_COMMIT, "create_link")
    office.run()
    office.ledger_world.edit_amount(invoice, Money.of("25.00", "USD"))
    _some_hours(office)
    assert [one.latest.request.amount for one in office.stripe_world.links.values()] == [Money.of("25.00", "USD")]
