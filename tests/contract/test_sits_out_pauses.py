"""A command that only reads sits out the pause a service asks for; the daemon's calls never wait for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from adapters.quickbooks.ledger import QuickBooksLedger
from adapters.sandbox.base import Fault
from connector.assemble_readers import MOST_PAUSES, SitsOut
from connector.errors import Throttled
from connector.flows.budget import OVER_BUDGET
from tests.contract.rows.quickbooks import REALM, QuickBooksHarness, harness, settings


@pytest.fixture
def h() -> Iterator[QuickBooksHarness]:
    with harness() as opened:
        yield opened


@dataclass
class Reader:
    """A ledger as a reading command has it, on a clock that does not really sleep, and its line of progress."""

    ledger: QuickBooksLedger
    patience: SitsOut
    said: list[str] = field(default_factory=list)


@pytest.fixture
def reader(h: QuickBooksHarness) -> Reader:
    patience = SitsOut(h.clock)
    wire = replace(h.wire, patience=patience)
    made = Reader(QuickBooksLedger(settings(h.twin.base_url), REALM, h.tokens, wire), patience)
    patience.say = made.said.append
    return made


def test_a_pause_of_a_minute_is_sat_out_and_the_line_of_progress_says_until_when(
    h: QuickBooksHarness, reader: Reader
) -> None:
    begun = h.clock.now()
    h.throttle_next_call()
    assert reader.ledger.profile().base_currency == h.home_currency
    assert h.clock.now() - begun == timedelta(seconds=61)
    assert reader.said == [
        f"QuickBooks asks for a pause of 61 seconds; going on then, at {h.clock.now():%H:%M:%S} UTC."
    ]


def test_the_daemons_calls_do_not_wait(h: QuickBooksHarness) -> None:
    begun = h.clock.now()
    h.throttle_next_call()
    with pytest.raises(Throttled):
        h.ledger.profile()
    assert h.clock.now() == begun


def test_a_pause_of_more_than_two_minutes_is_not_waited_for(h: QuickBooksHarness, reader: Reader) -> None:
    begun = h.clock.now()
    h.twin.faults.append(Fault("status", status=429, headers={"Retry-After": "300"}))
    with pytest.raises(Throttled):
        reader.ledger.profile()
    assert (h.clock.now(), reader.said) == (begun, [])


def test_a_service_that_asks_again_and_again_is_given_up_after_five_pauses(
    h: QuickBooksHarness, reader: Reader
) -> None:
    h.books.settings.throttle_next = 100
    with pytest.raises(Throttled):
        reader.ledger.profile()
    assert len(reader.said) == MOST_PAUSES
    assert len(h.twin.requests) == MOST_PAUSES + 1


def test_our_own_budget_that_is_used_up_is_not_waited_for(h: QuickBooksHarness) -> None:
    begun = h.clock.now()
    spent = Throttled("used up", service="xero", code=OVER_BUDGET, retry_after=timedelta(seconds=1))
    assert not SitsOut(h.clock).sits_out(spent)
    assert h.clock.now() == begun
