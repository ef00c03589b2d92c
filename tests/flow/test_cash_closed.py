"""Fees and payouts of a closed day: on the first open day with a note, or waiting for a person; each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.closed_period import ClosedPeriod
from connector.failpoints import armed
from connector.flows import closed
from connector.flows.attempts import order_retry
from connector.ports.calls import CallKind
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_cash_booked import BOTH, Till, paid_out

OWN, CLOSED, OPEN = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)
OpenTill = Callable[[ClosedPeriod], Till]


@pytest.fixture(name="open_till")
def fixture_open_till(tmp_path: Path) -> Iterator[OpenTill]:
    made: list[Till] = []

    def at(policy: ClosedPeriod) -> Till:
        made.append(Till(tmp_path / f"state-{len(made)}", closed_period=policy))
        return made[-1]

    yield at
    for one in made:
        one.close()


@pytest.fixture(name="moving")
def fixture_moving(open_till: OpenTill) -> Till:
    return open_till(ClosedPeriod.FIRST_OPEN_DAY)


@pytest.fixture(name="asking")
def fixture_asking(open_till: OpenTill) -> Till:
    return open_till(ClosedPeriod.ASK)


def closed_meanwhile(till: Till) -> None:
    """Fee and payout of Monday, seen on Wednesday, when the books are closed through Tuesday."""
    paid_out(till)
    till.wait(days=2)
    till.ledger_world.close_books_through(CLOSED)


def days(till: Till) -> list[date]:
    return [one.entry.booked_on for one in till.cash.all_entries()]


def order_all(till: Till, *, first_open_day: bool) -> None:
    """Type what each item names."""
    now = till.clock.now()
    for item in till.company.queries.attention("acme"):
        row = till.company.queries.effect("acme", item.command.split()[2])
        assert row is not None
        if first_open_day:
            assert f"retry {row.key} --first-open-day --company acme" in item.not_done
            till.company.store.first_open_day_ordered(row.key, closed.ordered(row), now)
        else:
            order_retry(till.company.store.effects, row, now)


def test_by_setting_both_are_on_the_first_open_day_with_their_own_in_the_note(moving: Till) -> None:
    closed_meanwhile(moving)
    moving.run()
    assert days(moving) == [OPEN, OPEN]
    notes = [one.entry.note for one in moving.cash.all_entries()]
    assert all(one.endswith("of 2026-11-23, books closed through 2026-11-24") for one in notes)
    assert moving.settled()
    [told] = moving.attention()
    assert "3.78 USD (fee of balance change txn_" in told
    assert "116.22 USD (payout po_" in told
    [item] = moving.company.queries.attention("acme")
    assert item.command == "duebird reconcile acme --month 2026-11"
    assert moving.broken() == []


def test_unless_set_neither_is_booked_and_each_item_names_both_ways(asking: Till) -> None:
    closed_meanwhile(asking)
    asking.run()
    assert days(asking) == []
    items = asking.company.queries.attention("acme")
    assert len(items) == 2
    for item in items:
        assert "of 2026-11-23, and the books are closed through 2026-11-24" in item.happened
        assert "as of 2026-11-25" in item.not_done
        assert "Stripe account" not in item.not_done, "what Stripe took, and what it sent, is not there"
    order_all(asking, first_open_day=True)
    asking.run()
    assert days(asking) == [OPEN, OPEN]
    assert asking.settled()


def test_once_the_books_are_open_again_each_is_on_its_own_day(asking: Till) -> None:
    closed_meanwhile(asking)
    asking.run()
    asking.ledger_world.close_books_through(date(2026, 10, 31))
    order_all(asking, first_open_day=False)
    asking.run()
    assert days(asking) == [OWN, OWN]
    assert asking.settled()
    assert asking.attention() == []


@pytest.mark.parametrize("policy", list(ClosedPeriod))
def test_books_closed_between_the_look_and_the_write_are_seen_by_the_refusal(
    open_till: OpenTill, policy: ClosedPeriod
) -> None:
    till = open_till(policy)
    paid_out(till)
    till.wait(days=2)

    def close(service: str, kind: CallKind) -> None:
        if service == "ledger" and kind is CallKind.WRITE:
            till.ledger_world.close_books_through(CLOSED)

    till.line.held = close
    till.run()
    till.line.held = None
    if policy is ClosedPeriod.ASK:
        assert days(till) == []
        order_all(till, first_open_day=True)
        till.run()
    assert days(till) == [OPEN, OPEN]
    assert till.settled()
    assert till.broken() == []


@pytest.mark.parametrize("step", ["asked", "claimed", "calling", "answered", "concluded"])
@pytest.mark.parametrize("what", ["fee", "payout"])
def test_a_crash_anywhere_leaves_each_once_on_the_first_open_day(moving: Till, what: str, step: str) -> None:
    closed_meanwhile(moving)
    struck: list[str] = []

    def die(point: str) -> None:
        if point == f"{what}.{step}" and not struck:
            struck.append(point)
            raise Crash

    with armed(die), pytest.raises(Crash):
        moving.run()
    moving.restart(crashed=True)
    for _ in range(3):
        moving.later()
    assert struck
    assert moving.made() == BOTH
    assert days(moving) == [OPEN, OPEN]
    assert moving.settled()


@pytest.mark.parametrize("call", ["make_expense", "make_transfer"])
def test_an_entry_whose_answer_was_lost_is_found_wherever_the_books_are_closed_meanwhile(
    moving: Till, call: str
) -> None:
    paid_out(moving)
    moving.wait(hours=2)
    moving.ledger_faults.program(FaultKind.LOSE_ANSWER, call)
    moving.run()
    moving.wait(days=2)
    moving.ledger_world.close_books_through(CLOSED)
    for _ in range(3):
        moving.later()
    assert days(moving) == [OWN, OWN]
    assert moving.settled()


@pytest.mark.parametrize("later", list(ClosedPeriod))
def test_a_lost_memory_finds_both_on_the_other_day(moving: Till, later: ClosedPeriod) -> None:
    closed_meanwhile(moving)
    moving.run()
    moving.policy = replace(moving.policy, closed_period=later)
    put_back(moving, moving.folder, None)
    until_calm(moving)
    assert days(moving) == [OPEN, OPEN]
    assert not any("closed through" in one for one in moving.attention()), "a life before told it"
    assert moving.settled()
