"""A computer that is shut in the middle of something: what it had decided does not leave when it wakes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.memory.faults import FaultKind
from connector.ports.calls import CallKind
from tests.flow.office import DOLLARS, Office

EVENING = {"hours": 7, "minutes": 50}  # from noon to ten minutes before the hours for texts end


def shut(office: Office, service: str, hours: float, meanwhile: Callable[[], None] = lambda: None) -> None:
    """The next write to that service is on its way when the lid is closed."""

    def held(called: str, kind: CallKind) -> None:
        if called == service and kind is CallKind.WRITE:
            office.line.held = None
            office.wait(hours=hours)
            meanwhile()

    office.line.held = held


@pytest.mark.parametrize("hours", [0.05, 9, 60])
def test_a_text_decided_in_the_evening_does_not_leave_in_the_night(office: Office, hours: float) -> None:
    office.wait(**EVENING)
    office.issue()
    office.run()
    assert len(office.texts()) == 1
    office.issue(office.customer("Omar", mobile="+12125550144"))
    shut(office, "messenger", hours)
    office.run()
    assert len(office.carrier.all_texts()) == 1
    assert office.broken() == []
    for _ in range(24):
        office.wait(hours=1)
        office.run()
    assert len(office.carrier.all_texts()) == 2
    assert office.attention() == []


def test_a_booking_is_looked_at_again_after_the_night_in_which_somebody_made_it(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=2)
    shut(office, "ledger", 9, lambda: office.ledger_world.void(invoice))
    office.run()
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == []
    assert any("arrived for invoice" in item for item in office.attention())


def test_a_booking_that_did_not_leave_is_made_once_after_it(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=2)
    shut(office, "ledger", 9)
    office.run()
    assert office.bookings(invoice) == []
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_link_that_did_not_leave_is_made_once_after_it(office: Office) -> None:
    office.issue()
    shut(office, "processor", 30)
    office.run()
    for _ in range(3):
        office.wait(minutes=5)
        office.run()
    assert len(office.stripe_world.links) == 1
    assert len(office.texts()) == 1


def test_a_link_in_doubt_is_looked_for_again_after_a_sleep_longer_than_its_key_lives(office: Office) -> None:
    office.issue()
    office.stripe_faults.program(FaultKind.LOSE_ANSWER, method="create_link")
    office.run()
    office.stripe_faults.lag_of["links_with_reference"] = 90.0  # the list does not show it yet
    office.wait(seconds=25)

    def held(called: str, kind: CallKind) -> None:
        """After that look, and before the link is made again."""
        if called == "messenger" and kind is CallKind.READ:
            office.line.held = None
            office.wait(hours=26)

    office.line.held = held
    for _ in range(3):
        office.run()
        office.wait(minutes=3)
    assert len(office.stripe_world.links) == 1
    assert len(office.texts()) == 1
