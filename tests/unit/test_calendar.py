"""Days and zones; what is open when stands in test_hours.py."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.calendar import Window, local_day, start_of_day, zones_of
from connector.domain.phone import Phone, region_of

NEW_YORK, TOKYO, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/London")
SANTIAGO, HONOLULU = ZoneInfo("America/Santiago"), ZoneInfo("Pacific/Honolulu")
ZONES = [NEW_YORK, TOKYO, LONDON, SANTIAGO, HONOLULU, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]


@pytest.mark.parametrize(
    ("opens", "closes", "days"), [(5, 5, {0}), (-1, 5, {0}), (0, 1441, {0}), (0, 5, set()), (0, 5, {7})]
)
def test_an_impossible_window_is_refused(opens: int, closes: int, days: set[int]) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(opens, closes, frozenset(days))


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    zone=st.sampled_from(ZONES),
)
def test_a_day_starts_with_its_first_instant(day: date, zone: ZoneInfo) -> None:
    start = start_of_day(day, zone)
    assert local_day(start, zone) == day
    assert local_day(start - timedelta(seconds=1), zone) == day - timedelta(days=1)


def test_a_number_tells_its_zones_as_far_as_it_can() -> None:
    assert zones_of(Phone("+12125550123"), LONDON) == (NEW_YORK,)
    assert LONDON in zones_of(Phone("+447911123456"), NEW_YORK)
    everywhere = zones_of(Phone("+18005550123"), NEW_YORK)
    assert NEW_YORK in everywhere
    assert HONOLULU in everywhere
    assert zones_of(Phone("+870773111632"), TOKYO) == (TOKYO,)


def test_a_number_of_no_plan_is_where_the_company_is() -> None:
    """An owner's number with a slip in it must not keep a payment's booking from being told."""
    assert zones_of(Phone("+9990000000"), TOKYO) == (TOKYO,)
    assert region_of(Phone("+9990000000")) is None
