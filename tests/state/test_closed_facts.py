"""An entry is put on another day: with the same stroke its values, its event and what the owner is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import Bug
from tests.state.house import NOW, House, attention

LATER = NOW + timedelta(hours=1)
TOLD = attention("acme/closed-period/2026-10-31/KEY")


def moved(house: House, *, fresh_slot: bool) -> tuple[str, str, int]:
    row = house.store.entry_moved("acme", "KEY", '{"a":2}', TOLD, LATER, why="closed", fresh_slot=fresh_slot)
    return row.status, row.request, row.slot


def test_what_was_never_tried_keeps_its_slot(house: House) -> None:
    house.plan(request='{"a":1}')
    assert moved(house, fresh_slot=False) == ("planned", '{"a":2}', 0)
    assert [item.key for item in house.queries.attention("acme")] == [TOLD.key]


def test_what_was_refused_under_way_goes_under_a_fresh_one_and_the_new_values_stand_in_its_history(
    house: House,
) -> None:
    house.plan(request='{"a":1}')
    house.start()
    assert moved(house, fresh_slot=True) == ("planned", '{"a":2}', 1)
    last = house.store.effects.history("KEY")[-1]
    assert (last.before, last.after, last.note, last.request) == ("in_flight", "planned", "closed", '{"a":2}')


def test_by_a_persons_order_what_was_rejected_is_planned_again(house: House) -> None:
    house.plan(request='{"a":1}')
    house.start()
    house.store.effect_rejected("acme", "KEY", NOW, "closed", attention("acme/effect/KEY/0"))
    row = house.store.first_open_day_ordered("KEY", '{"a":3}', LATER)
    assert (row.status, row.request, row.slot, row.due_at) == ("planned", '{"a":3}', 1, LATER)
    assert (row.error, row.finished_at, row.claimed_by) == (None, None, None)


def test_what_is_in_doubt_keeps_its_values(house: House) -> None:
    house.plan(request='{"a":1}')
    house.start()
    house.store.effects.doubt("KEY", NOW, NOW, "no answer")
    with pytest.raises(Bug):
        moved(house, fresh_slot=True)
    row = house.store.effects.get("KEY")
    assert row is not None
    assert (row.status, row.request) == ("uncertain", '{"a":1}')
    assert house.queries.attention("acme") == []
