"""At whatever hour the demo is played, it is open at the business and night at one of its customers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connector.demo.cast import BUSINESSES, NORTHSIDE, customers_of
from connector.demo.night import MARGIN, PLACES, night
from connector.demo.setting import A_PLAY, LAST_MINUTES, until_midnight_is_over
from connector.demo.story import LIMIT
from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.hours import Hours
from connector.domain.phone import Phone
from connector.domain.places import Home, places_of
from connector.domain.receivable import Customer
from connector.flows.text import SHORTEST_QUEUE

HOME = Home(ZoneInfo(NORTHSIDE.zone), NORTHSIDE.country)
NUMBER = Phone("+15035550151")


def test_there_is_a_place_in_the_dark_at_every_quarter_of_a_year() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    used = set()
    for _ in range(366 * 96):
        dark = night(at, HOME.zone)
        used.add(dark.city)
        window = Window(dark.opens, dark.closes, ALL_WEEK)
        away = Customer("1", "Kenji", country=dark.country, region=dark.region or None)
        there = Hours(window, places_of(NUMBER, away, HOME), by_law=False, keep_holidays=False)
        here = Hours(window, places_of(NUMBER, None, HOME), by_law=False, keep_holidays=False)
        assert not there.is_open(at)
        assert not there.is_open(at + timedelta(minutes=MARGIN - 1))
        assert here.is_open(at)
        at += timedelta(minutes=15)
    assert len(used) > len(PLACES) / 2


def test_no_day_ends_in_the_middle_of_a_play() -> None:
    assert LIMIT < A_PLAY < MARGIN * 60
    for business in BUSINESSES:
        midnight = datetime(2026, 11, 27, tzinfo=ZoneInfo(business.zone)).astimezone(UTC)
        assert until_midnight_is_over(midnight) == 0
        assert until_midnight_is_over(midnight - timedelta(seconds=30)) == 31
        shut = any(one.away for one in customers_of(business))
        early = midnight - timedelta(seconds=A_PLAY + (LAST_MINUTES if shut else 0))
        assert until_midnight_is_over(early) == 0
        assert until_midnight_is_over(early + timedelta(seconds=1)) == A_PLAY + (LAST_MINUTES if shut else 0)


def test_nobody_plays_while_texts_wait_for_the_morning() -> None:
    at = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)  # in Los Angeles the last hour of a day
    for minute in range(60):
        begun = at + timedelta(minutes=minute)
        begun += timedelta(seconds=until_midnight_is_over(begun))
        dark = night(begun, HOME.zone)
        window = Window(dark.opens, dark.closes, ALL_WEEK)
        here = Hours(window, places_of(NUMBER, None, HOME), by_law=False, keep_holidays=False)
        assert here.time_left(begun + timedelta(seconds=A_PLAY)) >= SHORTEST_QUEUE
