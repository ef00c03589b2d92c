"""When a recipient may be texted: window, law and holidays, in all places at once, through every change of clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.hours import Hours, courtesy_hours, hours_of, shut_by_every_law, shut_by_law
from connector.domain.laws import ELSEWHERE, LAWS, lawful
from connector.domain.phone import Phone
from connector.domain.places import Place
from connector.domain.receivable import Customer
from tests.unit.situations import NEW_YORK, PHONE, POLICY

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = 365 * 24 * 60
WEEKDAYS = Window(10 * 60, 14 * 60, frozenset(range(5)))
# Both halves of the world, both changes of the clock on several dates, half and three-quarter hours, none at all.
TWELVE = [
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/St_Johns",
    "America/Santiago",
    "Europe/London",
    "Europe/Paris",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
]


def place(zone: str, country: str | None = None, region: str | None = None) -> Place:
    return Place(ZoneInfo(zone), country, region)


def hours(window: Window, *places: Place, by_law: bool = True, keep_holidays: bool = True) -> Hours:
    return Hours(window, places, by_law, keep_holidays)


def at(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# --------------------------------------------------------------------------------------------- a year, minute by minute


def offsets(zone: str) -> Iterator[tuple[int, int, int]]:
    """From which minute of the year to which the zone is how many minutes ahead of UTC; asked of each quarter hour."""
    here = ZoneInfo(zone)
    begun, ahead = 0, None
    for minute in range(0, MINUTES, 15):
        shift = (YEAR + timedelta(minutes=minute)).astimezone(here).utcoffset()
        assert shift is not None
        now = int(shift.total_seconds()) // 60
        if ahead is not None and now != ahead:
            yield begun, minute, ahead
            begun = minute
        ahead = now
    assert ahead is not None
    yield begun, MINUTES, ahead


def by_arithmetic(zone: str, opens: int, closes: int, days: frozenset[int]) -> bytearray:
    """Each minute of the year that is open, by whole numbers alone. 1 January 2026 is a Thursday."""
    found = bytearray(MINUTES)
    for first, last, ahead in offsets(zone):
        for minute in range(first, last):
            day, of_day = divmod(minute + ahead, 1440)
            found[minute] = opens <= of_day < closes and (day + 3) % 7 in days
    return found


def by_following(rule: Hours) -> bytearray:
    """The same from the openings and the time left at each."""
    found, now, end = bytearray(MINUTES), YEAR, YEAR + timedelta(minutes=MINUTES)
    while now < end:
        opening = rule.next_opening(now)
        if opening is None or opening >= end:
            break
        left = rule.time_left(opening)
        assert left > timedelta()
        first = int((opening - YEAR) / MINUTE)
        last = min(int((opening + left - YEAR) / MINUTE), MINUTES)
        found[first:last] = b"\x01" * (last - first)
        now = opening + left
    return found


@pytest.mark.parametrize("zone", TWELVE)
@pytest.mark.parametrize(
    ("opens", "closes", "days"), [(600, 840, frozenset(range(5))), (480, 1260, ALL_WEEK), (0, 1440, frozenset({0, 5}))]
)
def test_every_minute_of_a_year_is_open_or_shut_as_the_clock_on_the_wall_says(
    zone: str, opens: int, closes: int, days: frozenset[int]
) -> None:
    rule = hours(Window(opens, closes, days), place(zone), by_law=False, keep_holidays=False)
    assert by_following(rule) == by_arithmetic(zone, opens, closes, days)


@pytest.mark.parametrize("zones", list(pairwise(TWELVE)))
def test_in_two_zones_at_once_it_is_open_when_both_are(zones: tuple[str, str]) -> None:
    rule = hours(Window(540, 1080), *map(place, zones), by_law=False, keep_holidays=False)
    one, other = (by_arithmetic(zone, 540, 1080, ALL_WEEK) for zone in zones)
    assert by_following(rule) == bytearray(a & b for a, b in zip(one, other, strict=True))


# ------------------------------------------------------------------------------------------------ changes of the clock


def test_on_the_day_an_hour_is_skipped_the_window_is_as_long_as_ever() -> None:
    for day in ("2026-03-08", "2026-11-01", "2026-11-23"):
        rule = hours(Window(600, 840), place("America/New_York"), by_law=False)
        assert rule.next_opening(at(f"{day}T00:30")) == at(f"{day}T10:00")
        assert rule.time_left(at(f"{day}T10:00")) == timedelta(hours=4)


def test_a_window_that_ends_in_a_skipped_hour_ends_where_the_hour_is_skipped() -> None:
    night = hours(Window(60, 150), place("America/New_York"), by_law=False)  # 01:00 to 02:30
    assert night.time_left(at("2026-03-08T01:30")) == timedelta(minutes=30)
    assert not night.is_open(at("2026-03-08T03:00"))


def test_a_window_that_ends_in_a_repeated_hour_ends_the_first_time() -> None:
    night = hours(Window(30, 90), place("America/New_York"), by_law=False)  # 00:30 to 01:30
    first = datetime(2026, 11, 1, 5, 15, tzinfo=UTC)  # 01:15, summer time
    assert night.time_left(first) == timedelta(minutes=15)
    assert not night.is_open(first + timedelta(hours=1))
    assert night.time_left(first + timedelta(hours=1)) == timedelta()


def test_open_all_day_midnight_is_no_end() -> None:
    always = hours(Window(0, 1440), place("America/New_York"), by_law=False, keep_holidays=False)
    assert always.time_left(at("2026-11-23T23:59")) == timedelta(hours=24, minutes=1)
    mondays = hours(Window(0, 1440, frozenset({0})), place("America/New_York"), by_law=False)
    assert mondays.time_left(at("2026-11-23T23:59")) == MINUTE


# --------------------------------------------------------------------------------------------------------- the laws


@pytest.mark.parametrize(
    ("region", "day", "opens", "closes"),
    [
        ("NY", "2026-11-23", "08:00", "21:00"),  # a Monday: federal law alone
        ("FL", "2026-11-23", "08:00", "20:00"),
        ("OK", "2026-11-23", "08:00", "20:00"),
        ("WA", "2026-11-23", "08:00", "20:00"),
        ("MD", "2026-11-23", "08:00", "20:00"),
        ("CT", "2026-11-23", "09:00", "20:00"),
        ("KY", "2026-11-23", "10:00", "21:00"),
        ("TX", "2026-11-23", "09:00", "21:00"),
        ("TX", "2026-11-29", "12:00", "21:00"),  # a Sunday
        ("RI", "2026-11-23", "09:00", "18:00"),
        (None, "2026-11-23", "10:00", "18:00"),  # somewhere in the United States: lawful in every state
        (None, "2026-11-28", "10:00", "17:00"),
    ],
)
def test_the_law_of_a_state_opens_and_shuts_the_whole_day(
    region: str | None, day: str, opens: str, closes: str
) -> None:
    rule = hours(Window(0, 1440), place("America/New_York", "US", region))
    opening = rule.next_opening(at(f"{day}T00:00"))
    assert opening == at(f"{day}T{opens}")
    assert opening + rule.time_left(opening) == at(f"{day}T{closes}")


@pytest.mark.parametrize(
    ("where", "shut"),
    [
        (place("America/Chicago", "US", "AL"), "2026-11-29T12:00"),  # a Sunday
        (place("America/New_York", "US", None), "2026-11-29T12:00"),
        (place("Europe/Paris", "FR"), "2026-11-29T12:00"),
        (place("Europe/Paris", "FR"), "2026-07-14T12:00"),
        (place("Australia/Sydney", "AU", "NSW"), "2026-01-26T12:00"),
        (place("Europe/Madrid", "ES"), "2026-11-28T12:00"),
        (place("Asia/Tokyo", "JP"), "2026-11-29T12:00"),  # no law known: what is polite
        (place("Asia/Tokyo", None), "2026-11-29T12:00"),
        (place("America/New_York", "US", "LA"), "2026-07-04T12:00"),  # a holiday that its law shuts, not only we
    ],
)
def test_sundays_and_holidays_are_shut_where_the_law_shuts_them(where: Place, shut: str) -> None:
    rule = hours(Window(0, 1440), where, keep_holidays=False)
    assert not rule.is_open(at(shut, where.zone.key))


def test_canada_has_narrower_weekends() -> None:
    toronto = hours(Window(0, 1440), place("America/Toronto", "CA", "ON"), keep_holidays=False)
    assert toronto.next_opening(at("2026-11-28T00:00")) == at("2026-11-28T10:00")
    assert toronto.time_left(at("2026-11-28T17:00")) == timedelta(hours=1)
    assert toronto.time_left(at("2026-11-23T21:00")) == timedelta(minutes=30)


def test_every_law_says_where_it_comes_from_and_leaves_a_working_day() -> None:
    for law in LAWS:
        assert len(law.week) == 7
        assert law.source
        assert all(span is not None and span[0] <= 600 and span[1] >= 1080 for span in law.week[:5]), law
        assert not law.confirmed or "commonly told" not in law.source
    assert len({(law.country, law.region) for law in LAWS}) == len(LAWS)
    assert lawful("JP", None).week == lawful(None, None).week == ELSEWHERE


def test_the_usual_window_is_within_the_law_everywhere_and_a_late_one_is_told() -> None:
    for country in {law.country for law in LAWS} | {"JP"}:
        assert list(shut_by_law(WEEKDAYS, country)) == []
    evening = Window(18 * 60, 20 * 60)
    assert list(shut_by_law(evening, "US")) == [None, "RI"]
    assert not shut_by_every_law(evening, "US")
    assert shut_by_every_law(Window(6 * 60, 8 * 60), "US")
    assert shut_by_every_law(Window(600, 840, frozenset({6})), "FR")
    assert set(shut_by_law(Window(6 * 60, 8 * 60), "US")) == {None} | {
        law.region for law in LAWS if law.country == "US"
    }


def test_where_somebody_is_hardly_only_the_law_binds() -> None:
    sydney, perth = place("Australia/Sydney", "AU"), replace(place("Australia/Perth", "AU"), likely=False)
    rule = hours(WEEKDAYS, sydney, perth)
    noon = at("2026-11-24T12:00", "Australia/Sydney")  # 09:00 in Perth
    assert rule.next_opening(noon - timedelta(hours=2)) == noon
    assert rule.time_left(noon) == timedelta(hours=2)
    assert hours(WEEKDAYS, sydney, perth, by_law=False).is_open(noon - timedelta(hours=2))


# --------------------------------------------------------------------------------------------------------- holidays


def test_holidays_of_country_and_state_are_shut_and_the_owner_may_open_them() -> None:
    thanksgiving, cesar_chavez = at("2026-11-26T12:00"), at("2026-03-31T15:00")
    california, new_york = place("America/Los_Angeles", "US", "CA"), place("America/New_York", "US", "NY")
    for where in (california, new_york):
        assert not hours(WEEKDAYS, where).is_open(thanksgiving)
        assert hours(WEEKDAYS, new_york, keep_holidays=False).is_open(thanksgiving)
    assert not hours(WEEKDAYS, california).is_open(cesar_chavez)
    assert hours(WEEKDAYS, new_york).is_open(at("2026-03-31T12:00"))
    assert not hours(WEEKDAYS, new_york, by_law=False).is_open(thanksgiving)


def test_a_holiday_kept_on_another_day_is_shut_on_that_day() -> None:
    assert not hours(WEEKDAYS, place("America/New_York", "US", "NY")).is_open(at("2026-07-03T12:00"))


def test_where_no_holidays_are_known_none_are_kept() -> None:
    assert hours(WEEKDAYS, place("Asia/Tokyo", "XX")).is_open(at("2026-01-01T12:00", "Asia/Tokyo"))


def test_after_a_weekend_with_a_holiday_behind_it_comes_tuesday() -> None:
    rule = hours(WEEKDAYS, place("America/New_York", "US", "NY"))
    assert rule.next_opening(at("2026-09-04T15:00")) == at("2026-09-08T10:00")  # Labor Day is the 7th


def test_where_nothing_opens_in_nine_days_there_is_no_opening() -> None:
    rule = hours(Window(22 * 60, 23 * 60), place("America/New_York", "US", "NY"))
    assert rule.next_opening(at("2026-09-04T15:00")) is None
    assert rule.turn(at("2026-09-04T15:00"), "145") is None
    mondays = hours(Window(600, 840, frozenset({0})), place("America/New_York", "US", "NY"))
    assert mondays.next_opening(at("2026-08-31T15:00")) is None  # the next Monday is Labor Day; it is asked again daily


# ------------------------------------------------------------------------------------------------------- whose turn


def test_texts_that_waited_together_are_spread_over_the_window_and_leave_its_end_free() -> None:
    rule = hours(WEEKDAYS, place("America/New_York", "US", "NY"))
    turns = sorted(turn for key in range(400) if (turn := rule.turn(at("2026-11-23T06:00"), str(key))) is not None)
    assert turns[0] >= at("2026-11-23T10:00")
    assert turns[-1] < at("2026-11-23T13:00")
    assert max(later - earlier for earlier, later in pairwise(turns)) < timedelta(minutes=8)
    quarters = [
        sum(1 for one in turns if quarter <= (one - turns[0]).total_seconds() // 2700 < quarter + 1)
        for quarter in range(4)
    ]
    assert min(quarters) > 70


def test_a_text_has_its_turn_at_the_same_minute_whenever_it_is_asked() -> None:
    rule = hours(WEEKDAYS, place("America/New_York", "US", "NY"))
    asked = {rule.turn(at("2026-11-23T06:00") + timedelta(minutes=15 * n), "145") for n in range(16)}
    assert len(asked) == 1


def test_a_text_whose_hour_it_is_waits_for_no_turn() -> None:
    rule = hours(WEEKDAYS, place("America/New_York", "US", "NY"))
    assert rule.turn(at("2026-11-23T13:30"), "145") == at("2026-11-23T13:30")


places = st.lists(
    st.builds(
        place,
        st.sampled_from(TWELVE),
        st.sampled_from(["US", "CA", "FR", "AU", "GB", "JP", None]),
        st.sampled_from(["TX", "FL", "RI", None]),
    ),
    min_size=1,
    max_size=3,
)


@given(
    now=st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  zones are added
    opens=st.integers(0, 1439),
    length=st.integers(1, 1440),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    where=places,
    by_law=st.booleans(),
    keep_holidays=st.booleans(),
)
def test_openings_turns_and_ends_agree_with_each_other(
    now: datetime,
    opens: int,
    length: int,
    days: frozenset[int],
    where: list[Place],
    by_law: bool,  # noqa: FBT001
    keep_holidays: bool,  # noqa: FBT001
) -> None:
    rule = hours(Window(opens, min(opens + length, 1440), days), *where, by_law=by_law, keep_holidays=keep_holidays)
    assert rule.is_open(now) == (rule.time_left(now) > timedelta())
    opening = rule.next_opening(now)
    if opening is None:
        assert not rule.is_open(now)
        return
    assert (opening == now) == rule.is_open(now)
    left = rule.time_left(opening)
    assert left > timedelta()
    assert not rule.is_open(opening + left) or left > DAY - timedelta(hours=2)
    turn = rule.turn(now, "145")
    assert turn is not None
    assert opening <= turn < opening + left
    assert rule.is_open(turn)
    if by_law:
        for one in where:
            local, law = turn.astimezone(one.zone), lawful(one.country, one.region)
            span = law.week[local.weekday()]
            assert span is not None
            assert span[0] <= local.hour * 60 + local.minute < span[1]


# --------------------------------------------------------------------------------------------- from the settings


def test_a_notice_keeps_to_the_window_and_a_receipt_to_the_day_within_the_law() -> None:
    rules = replace(POLICY, window=WEEKDAYS, by_law=True, keep_holidays=True)
    home = Customer("c1", "Dana Reed", country="US", region="FL", postal_code="33101")
    evening, saturday, holiday = at("2026-11-23T19:00"), at("2026-11-28T12:00"), at("2026-11-26T12:00")
    for moment in (evening, saturday, holiday):
        assert not hours_of(rules, PHONE, home).is_open(moment)
        assert courtesy_hours(rules, PHONE, home).is_open(moment)
    assert hours_of(rules, PHONE, home).places == (Place(NEW_YORK, "US", "FL"),)
    night = at("2026-11-23T20:30")
    assert not courtesy_hours(rules, PHONE, home).is_open(night)
    whole_day = replace(rules, window=Window(0, 1440), by_law=False)
    assert courtesy_hours(whole_day, PHONE, None).is_open(night)


def test_an_owner_in_a_state_that_is_not_known_hears_of_it_when_all_states_allow_it() -> None:
    rules = replace(POLICY, window=WEEKDAYS, by_law=True, keep_holidays=True)
    assert not courtesy_hours(rules, PHONE, None).is_open(at("2026-11-23T19:00"))
    assert courtesy_hours(rules, PHONE, None).is_open(at("2026-11-23T17:59"))
    assert courtesy_hours(rules, Phone("+33612345678"), None).is_open(at("2026-11-23T19:00", "Europe/Paris"))


def test_the_date_of_a_day_is_the_one_where_the_recipient_is() -> None:
    sydney = hours(WEEKDAYS, place("Australia/Sydney", "AU", "NSW"))
    assert not sydney.is_open(at("2026-01-25T20:00"))  # 12:00 on the 26th there, Australia Day
    assert sydney.is_open(at("2026-01-26T20:00"))
    assert date(2026, 1, 27) == at("2026-01-26T20:00").astimezone(ZoneInfo("Australia/Sydney")).date()
