"""When the world looks wrong, at its edges."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connector.domain.unusual import all_gone, busiest_day, is_flood


@pytest.mark.parametrize(
    ("today", "busiest", "usual", "asks"),
    [(50, 0, 50, False), (51, 0, 50, True), (51, 11, 50, False), (60, 12, 50, False), (61, 12, 50, True)],
)
def test_a_day_is_a_flood_above_the_usual_and_above_five_times_the_busiest(
    today: int, busiest: int, usual: int, *, asks: bool
) -> None:
    assert is_flood(today, busiest, usual) is asks


@pytest.mark.parametrize(
    ("before", "now", "asks"),
    [(9, 0, False), (10, 1, True), (10, 2, False), (100, 10, True), (100, 11, False), (10, 40, False)],
)
def test_open_invoices_are_gone_when_nine_of_ten_or_more_are(before: int, now: int, *, asks: bool) -> None:
    assert all_gone(before, now) is asks


def test_a_day_is_one_of_the_companys_own_calendar() -> None:
    late, early = datetime(2026, 11, 24, 3, 0, tzinfo=UTC), datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert busiest_day([late, early], ZoneInfo("America/New_York")) == 1
    assert busiest_day([late, early], ZoneInfo("UTC")) == 2
    assert busiest_day([], ZoneInfo("UTC")) == 0
