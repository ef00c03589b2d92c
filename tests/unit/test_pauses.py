"""Whose pauses a reading waits out, how often, how long, and what it says before it waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from adapters.clock import ManualClock
from adapters.transport import patiently
from connector.assemble_readers import LONGEST_PAUSE, PAUSES, patience
from connector.errors import Throttled
from connector.ports.calls import CallKind, CallSeen, Pauses, Wire

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class NoMeter:
    def before(self, service: str, kind: CallKind) -> None: ...

    def after(self, call: CallSeen) -> None: ...

    def pause(self, service: str, until: datetime) -> None: ...


def asked_to_wait(times: int, pause: timedelta | None) -> Callable[[], str]:
    """A reading that is answered once it was asked to wait so often."""
    left = [times]

    def read() -> str:
        if left[0]:
            left[0] -= 1
            raise Throttled("Xero asked us to slow down. Nothing was read.", service="xero", retry_after=pause)
        return "rows"

    return read


def wire(pauses: Pauses) -> tuple[Wire, ManualClock]:
    clock = ManualClock(NOON)
    return Wire("acme", clock, NoMeter(), pauses=pauses), clock


def test_whoever_waits_at_a_terminal_is_told_and_gets_the_rows_after_the_pause() -> None:
    said: list[str] = []
    line, clock = wire(patience(said.append))
    assert patiently(asked_to_wait(2, timedelta(seconds=43)), line) == "rows"
    assert clock.now() - NOON == timedelta(seconds=88)
    assert said == ["Xero asks for a pause of 44 seconds; it goes on after that"] * 2


def test_the_daemon_waits_for_none() -> None:
    line, clock = wire(Pauses())
    with pytest.raises(Throttled):
        patiently(asked_to_wait(1, timedelta(seconds=1)), line)
    assert clock.now() == NOON


@pytest.mark.parametrize("pause", [LONGEST_PAUSE + timedelta(seconds=1), None], ids=["a day's limit", "without a time"])
def test_what_is_longer_or_has_no_end_is_not_waited_for(pause: timedelta | None) -> None:
    line, clock = wire(patience(lambda _: None))
    with pytest.raises(Throttled):
        patiently(asked_to_wait(1, pause), line)
    assert clock.now() == NOON


def test_a_command_waits_so_often_in_all_and_no_more() -> None:
    line, _ = wire(patience(lambda _: None))
    assert patiently(asked_to_wait(PAUSES - 1, timedelta(seconds=9)), line) == "rows"
    with pytest.raises(Throttled):
        patiently(asked_to_wait(2, timedelta(seconds=9)), line)
