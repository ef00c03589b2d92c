"""An owner who orders another try at once: what is in doubt may still be carried out, and must not happen twice."""

from __future__ import annotations

from adapters.memory.faults import FaultKind
from connector.flows.attempts import order_retry
from tests.flow.office import Office

LATE = 500.0  # seconds after the time-out at which the service carries out what was asked


def _order_again(office: Office, kind: str, invoice: str) -> None:
    [row] = [one for one in office.company.queries.effects_of("acme", invoice) if one.kind == kind]
    assert row.status == "uncertain"
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
