"""Reading lists to the end through crashes, backlogs, lag and clocks that were wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from adapters.memory.faults import Crash, FaultKind
from connector.domain.phone import Phone
from connector.errors import CursorExpired
from connector.flows.poll import WAITS
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, NOON, Office

OTHER = Phone("+12125550177")


def test_a_crash_in_the_first_reading_loses_no_change_made_meanwhile(open_office: OpenOffice) -> None:
    """Wherever the baseline breaks off, an invoice paid before it goes on is known to be paid after it."""
    commits = 0
    cut_at = 0
    while cut_at <= commits:
        office = open_office(f"cut{cut_at}", baseline=False)
        office.ledger_world.page_size = 2
        customer = office.customer()
        invoices = [office.issue(customer) for _ in range(5)]
        state = {"commits": 0, "at": cut_at}

        def commit(_connection: object, state: dict[str, int] = state) -> None:
            state["commits"] += 1
            if state["commits"] == state["at"]:
                raise Crash

        event.listen(office.database.engine, "commit", commit)
        if cut_at:
            with pytest.raises(Crash):
                office.run()
        else:
            office.run()
            commits = min(state["commits"], 14)  # the ledger's part comes among the first
        office.restart()
        office.ledger_world.pay_by_hand(invoices[0], DOLLARS)
        late = office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
        office.wait(minutes=5)
        office.run(2)
        known = office.company.queries.receivable("acme", invoices[0])
        assert known is None or known.reason == "paid", f"cut at {cut_at}"
        assert office.reason(late) == "step_done", f"cut at {cut_at}"
        cut_at += 1


def test_a_first_reading_waits_for_its_turn_and_then_misses_nothing(open_office: OpenOffice) -> None:
    office = open_office(baseline=False)
    old = office.issue(office.customer())
    with office.company.turns.take() as ours:
        assert ours
        office.run()
        assert office.company.queries.receivable("acme", old) is None
        assert office.ledger_world.requests == []
    new = office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run(3)
    assert office.company.queries.receivable("acme", old) is not None
    assert office.company.queries.receivable("acme", new) is not None


def test_who_waits_for_a_full_reading_goes_on_with_everything_else(office: Office) -> None:
    office.wait(days=1)
    with office.company.turns.take():
        invoice = office.issue(office.customer())
        report = office.run()
        assert report.counts[WAITS] == 1
        assert len(office.texts()) == 1
        office.stripe_world.pay(office.link_in(office.texts()[0]))
        office.wait(minutes=1)
        office.run(2)
        assert not office.owed(invoice).is_positive
    assert office.run().counts["sweeps"] == 1


def test_many_invoices_paid_at_once_all_lose_their_links_within_a_few_passes(office: Office) -> None:
    invoices = [
        office.issue(office.customer(f"C{number}", mobile=f"+1212555{number:04}")) for number in range(100, 220)
    ]
    office.run(3)
    assert len(office.stripe_world.live_links()) == len(invoices)
    for invoice in invoices:
        office.ledger_world.pay_by_hand(invoice, DOLLARS)
    for _ in range(6):
        office.wait(minutes=1)
        office.run()
    assert office.stripe_world.live_links() == []


def test_what_was_paid_while_the_place_was_lost_is_found_in_a_few_passes(office: Office) -> None:
    invoices = [
        office.issue(office.customer(f"C{number}", mobile=f"+1212555{number:04}")) for number in range(100, 220)
    ]
    office.run(3)
    for invoice in invoices:
        office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(days=31)
    office.run(6)
    assert office.stripe_world.live_links() == []


def test_a_place_that_is_lost_again_and_again_does_not_bring_endless_full_readings(office: Office) -> None:
    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> None:
        if called == "changes":
            raise CursorExpired("The ledger cannot list changes from so long ago.")

    office.issue()
    office.run()
    office.ledger_faults.decide = decide
    for _ in range(60):
        office.wait(minutes=1)
        office.run()
    full = [call for call in office.ledger_world.requests if call.method == "open_receivables"]
    assert len(full) <= 4


def test_a_lagging_list_does_not_talk_over_what_was_read_since(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.ledger_faults.lag_of["changes"] = 600
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    for _ in range(12):
        office.wait(minutes=1)
        office.run()
        assert office.reason(invoice) == "paid"
    assert len(office.stripe_world.links) == 1


@pytest.mark.parametrize("ahead", [timedelta(days=3), timedelta(days=400)])
def test_a_clock_that_was_ahead_at_first_delays_nothing_once_it_is_set_right(
    open_office: OpenOffice, ahead: timedelta
) -> None:
    office = open_office(start=NOON)
    office.clock.jump(NOON + ahead)
    office.run(2)
    early = office.issue()
    office.run()
    office.clock.jump(NOON)
    office.wait(minutes=5)
    invoice = office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run(3)
    assert len(office.texts(OTHER)) == 1
    assert office.reason(early) == "step_done"
    assert len(office.texts(MOBILE)) == 1
    office.stripe_world.pay(office.link_in(office.texts(OTHER)[0]))
    office.wait(minutes=2)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_an_effect_put_off_by_a_clock_that_was_ahead_is_not_put_off_for_years(office: Office) -> None:
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.stripe_world.stubborn.add(page)
    office.ledger_world.void(invoice)
    before = office.clock.now()
    office.clock.jump(before + timedelta(days=900))
    office.run(2)
    office.clock.jump(before)
    office.stripe_world.stubborn.clear()
    office.wait(minutes=1)
    office.run(2)
    assert office.company.queries.counts("acme")["planned"] == 0
    assert office.stripe_world.live_links() == []


def test_a_text_is_not_sent_on_the_strength_of_replies_read_in_the_future(office: Office) -> None:
    office.clock.jump(NOON + timedelta(hours=5))
    office.run()
    office.clock.jump(NOON)
    office.wait(minutes=1)
    office.carrier_faults.program(FaultKind.FAIL_BEFORE, "inbound", times=100)
    office.issue()
    office.run(2)
    assert office.texts() == []
