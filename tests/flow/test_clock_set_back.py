"""A clock that was far ahead is set right while the program runs: it goes on looking as if nothing had been."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from adapters.memory.faults import FaultKind
from connector.assemble import State
from connector.domain.cadence import Intervals
from connector.flows.budget import Budget
from connector.ports.calls import Clock
from connector.worker import Assembled, Worker
from state.names import LEDGER_CURSOR
from tests.flow.office import DOLLARS, Office


def worker_of(office: Office) -> Worker:
    """The daemon's own, over the company in memory."""
    company = office.company

    def assembled(loaded: object, company_id: str, state: State, clock: Clock, instance: str) -> Assembled:
        del loaded, instance
        budget = Budget(company_id, (), state.queries, state.store, clock)
        return Assembled(company, budget, Intervals(60.0, 300.0, 900.0, 86_400.0), "quickbooks")

    settings: Any = None  # asked for by nobody: the company is put together here
    state = State(office.folder, office.database, company.store, company.queries)
    return Worker(settings, state, office.clock, assembled, instance="till.1")


def test_what_is_held_back_is_tried_again_soon_at_first_and_every_five_minutes_after_an_hour(office: Office) -> None:
    worker = worker_of(office)
    worker.work("acme")
    invoice = office.issue(due_in=3)
    office.run(2)
    office.wait(days=3)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "customers", times=1000)
    waits = [worker.work("acme")]
    assert waits == [timedelta(seconds=30)]
    for _ in range(60):
        office.clock.advance(waits[-1])
        waits.append(worker.work("acme"))
    assert len(office.texts()) == 1
    assert sum(waits, timedelta()) > timedelta(hours=2), "a day of it is some three hundred passes"
    assert max(waits) == timedelta(minutes=5)
    office.ledger_faults.clear()
    office.clock.advance(waits[-1])
    worker.work("acme")
    office.run()
    assert len(office.texts()) == 2
    assert office.reason(invoice) == "step_done"


def test_a_clock_that_was_a_year_ahead_does_not_stop_the_looks_for_a_year(office: Office) -> None:
    worker = worker_of(office)
    worker.work("acme")
    right = office.clock.now()
    office.clock.jump(right + timedelta(days=365))
    worker.work("acme")
    office.clock.jump(right)
    invoice = office.issue()
    for _ in range(2):
        office.wait(minutes=20)
        worker.work("acme")
    assert office.reason(invoice)


def test_what_a_clock_two_days_ahead_has_put_off_is_done_once_it_is_set_right(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=5)
    right = office.clock.now()
    office.clock.jump(right + timedelta(days=2))
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
    office.run()
    assert office.bookings(invoice) == []
    office.clock.jump(right)
    office.run()
    office.wait(minutes=10)
    office.run()
    assert office.bookings(invoice) == [DOLLARS]


def test_an_invoice_read_on_a_clock_that_was_ahead_is_missed_once_it_is_no_longer_open(office: Office) -> None:
    """The list of changes does not tell of every end: a full reading that lacks the invoice must."""
    invoice = office.issue()
    office.run(2)
    assert office.texts()
    right = office.clock.now()
    office.clock.jump(right + timedelta(days=365))
    office.run()
    office.clock.jump(right)
    office.ledger_world.void(invoice)
    now = office.clock.now()
    office.company.store.set_cursor("acme", LEDGER_CURSOR, office.company.ledger.start_cursor(), now)  # it is not told
    for _ in range(3):
        office.wait(hours=25)
        office.run()
    assert office.stripe_world.live_links() == []
    assert office.broken() == []
