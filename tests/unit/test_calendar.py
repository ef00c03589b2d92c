"""Windows in the recipient's own time, through both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.calendar import Window, local_day, start_of_day, zones_of
from connector.domain.phone import Phone, region_of

NEW_YORK, TOKYO, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/London")
SANTIAGO, HONOLULU = ZoneInfo("America/Santiago"), ZoneInfo("Pacific/Honolulu")
ZONES = [NEW_YORK, TOKYO, LONDON, SANTIAGO, HONOLULU, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]
DAY = Window()


def _at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_the_window_opens_at_its_first_minute_and_closes_before_its_last() -> None:
    assert not DAY.is_open(_at("2026-11-23T07:59:59"), [NEW_YORK])
    assert DAY.is_open(_at("2026-11-23T08:00:00"), [NEW_YORK])
    assert DAY.is_open(_at("2026-11-23T19:59:59"), [NEW_YORK])
    assert not DAY.is_open(_at("2026-11-23T20:00:00"), [NEW_YORK])


def test_it_must_be_open_everywhere_the_recipient_may_be() -> None:
    assert not DAY.is_open(_at("2026-11-23T09:00:00"), [NEW_YORK, HONOLULU])
    opening = DAY.next_opening(_at("2026-11-23T09:00:00"), [NEW_YORK, HONOLULU])
    assert opening == _at("2026-11-23T08:00:00", HONOLULU)


def test_a_closed_weekend_opens_on_monday() -> None:
    weekdays = Window(days=frozenset(range(5)))
    assert weekdays.next_opening(_at("2026-11-27T21:00:00"), [NEW_YORK]) == _at("2026-11-30T08:00:00")


def test_no_hour_that_suits_all_is_no_opening() -> None:
    assert Window(8 * 60, 9 * 60).next_opening(_at("2026-11-23T12:00:00"), [NEW_YORK, TOKYO]) is None


def test_an_opening_in_the_hour_that_is_skipped_is_inside_the_window() -> None:
    night = Window(150, 300)  # 02:30 to 05:00
    opening = night.next_opening(_at("2026-03-08T01:00:00"), [NEW_YORK])
    assert opening is not None
    assert opening.astimezone(NEW_YORK).isoformat() == "2026-03-08T03:30:00-04:00"


def test_an_opening_in_the_hour_that_comes_twice_is_its_first() -> None:
    night = Window(90, 300)
    opening = night.next_opening(_at("2026-11-01T00:00:00"), [NEW_YORK])
    assert opening == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2026-11-23"])
def test_the_time_left_is_real_time_on_days_of_every_length(day: str) -> None:
    assert DAY.time_left(_at(f"{day}T19:30:00"), [NEW_YORK]) == timedelta(minutes=30)
    assert DAY.time_left(_at(f"{day}T20:30:00"), [NEW_YORK]) == timedelta()


def test_the_time_left_is_that_of_the_zone_that_closes_first() -> None:
    noon = _at("2026-11-23T14:00:00")
    assert DAY.time_left(noon, [NEW_YORK, HONOLULU]) == timedelta(hours=6)


def test_midnight_is_no_end_where_the_whole_day_is_open() -> None:
    assert Window(0, 1440).time_left(_at("2026-11-23T23:59:00"), [NEW_YORK]) > timedelta(hours=24)
    mondays = Window(0, 1440, frozenset({0}))
    assert mondays.time_left(_at("2026-11-23T23:59:00"), [NEW_YORK]) == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("opens", "closes", "days"), [(5, 5, {0}), (-1, 5, {0}), (0, 1441, {0}), (0, 5, set()), (0, 5, {7})]
)
def test_an_impossible_window_is_refused(opens: int, closes: int, days: set[int]) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(opens, closes, frozenset(days))


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  zones are added
    opens=st.integers(0, 1439),
    length=st.integers(1, 1440),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
)
def test_the_next_opening_is_open_and_not_before_now(
    now: datetime, opens: int, length: int, days: frozenset[int], zones: list[ZoneInfo]
) -> None:
    window = Window(opens, min(opens + length, 1440), days)
    opening = window.next_opening(now, zones)
    if opening is None:
        assert not window.is_open(now, zones)
    else:
        assert opening >= now
        assert window.is_open(opening, zones)
        assert window.time_left(opening, zones) > timedelta()


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
    assert zones_of(Phone("+18005550123"), NEW_YORK) == (NEW_YORK,)
    everywhere = zones_of(Phone("+18005550123"), TOKYO)
    assert NEW_YORK in everywhere
    assert HONOLULU in everywhere
    assert zones_of(Phone("+870773111632"), TOKYO) == (TOKYO,)


def test_a_number_of_no_plan_is_where_the_company_is() -> None:
    """An owner's number with a slip in it must not keep a payment's booking from being told."""
    assert zones_of(Phone("+9990000000"), TOKYO) == (TOKYO,)
    assert region_of(Phone("+9990000000")) is None
