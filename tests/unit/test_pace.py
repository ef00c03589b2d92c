"""The caps as a forecast keeps them: no hour and no day has more than its share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.pace import A_DAY, AN_HOUR, Pace

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def kept(times: list[datetime], cap: int, span: timedelta) -> bool:
    return all(sum(end - span < one <= end for one in times) <= cap for end in times)


def test_texts_beyond_an_hours_cap_go_when_the_first_is_an_hour_old() -> None:
    pace = Pace(2, None)
    went = []
    for _ in range(5):
        went.append(pace.first(NOON))
        pace.count(went[-1])
    assert [one - NOON for one in went] == [timedelta(hours=hours) for hours in (0, 0, 1, 1, 2)]


def test_what_went_out_before_counts_and_without_caps_nothing_waits() -> None:
    assert Pace(None, 1, [NOON - timedelta(hours=23)]).first(NOON) == NOON + timedelta(hours=1)
    assert Pace(None, None, [NOON] * 9).first(NOON) == NOON
    assert Pace(1, 1, [NOON - A_DAY]).first(NOON) == NOON


@given(
    st.lists(st.integers(0, 3000), max_size=60),
    st.integers(1, 6),
    st.integers(1, 12),
    st.lists(st.integers(-1440, 0), max_size=12),
)
def test_the_caps_hold_whatever_is_wanted_and_nothing_goes_early(
    wanted: list[int], hourly: int, daily: int, had: list[int]
) -> None:
    before = [NOON + timedelta(minutes=one) for one in had]
    pace, went = Pace(hourly, daily, before), []
    for one in sorted(wanted):
        at = pace.first(NOON + timedelta(minutes=one))
        assert at >= NOON + timedelta(minutes=one)
        pace.count(at)
        went.append(at)
    assert went == sorted(went)
    if not before:
        assert kept(went, hourly, AN_HOUR)
        assert kept(went, daily, A_DAY)
