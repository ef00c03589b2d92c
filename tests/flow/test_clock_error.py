"""A machine whose clock is wrong texts nobody and says so; money goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.flow.office import DOLLARS, Office


def test_nobody_is_texted_on_a_wrong_clock(office: Office) -> None:
    paid = office.issue(due_in=1)
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    error = [timedelta(hours=5)]
    office.company = replace(office.company, clock_error=lambda: error[0])
    other = office.issue(office.customer("Eli Roe", mobile="+12125550177"))
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(paid) == [DOLLARS]
    assert len(office.carrier.all_texts()) == 1
    assert any("wrong by 300 minutes" in item for item in office.attention())
    error[0] = timedelta(seconds=3)
    office.wait(minutes=6)
    office.run(2)
    assert len(office.carrier.all_texts()) == 3  # the receipt, and the other invoice's notice
    assert office.reason(other) == "step_done"


def test_a_clock_that_is_a_minute_fast_does_not_begin_the_day_a_minute_early(office: Office) -> None:
    office.wait(hours=20, seconds=-30)  # 07:59:30 in New York the next day
    office.company = replace(office.company, clock_error=lambda: timedelta(seconds=60))
    office.issue()
    office.clock.jump(office.clock.now() + timedelta(seconds=60))  # and by this machine 08:00:30
    office.run(2)
    assert office.texts() == []
    office.wait(seconds=60)
    office.run()
    assert len(office.texts()) == 1
