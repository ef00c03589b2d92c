"""Where a recipient may be: the address first, the number where there is none, both where they contradict."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.phone import Phone
from connector.domain.places import Home, places_of
from connector.domain.receivable import Customer
from connector.domain.regions import HAVE_REGIONS, region_by_post, region_code, zones_of_region
from connector.domain.zone_table import ZONES_OF_COUNTRY

HOME = Home(ZoneInfo("America/New_York"), "US")
US_MOBILE, FRENCH, CANADIAN = Phone("+12125550123"), Phone("+33612345678"), Phone("+14165550123")
EVERYWHERE = Phone("+18005550123")


def where(phone: Phone = US_MOBILE, home: Home = HOME, **address: Any) -> set[tuple[str, str | None, str | None]]:
    found = places_of(phone, Customer("c1", "Dana Reed", **address), home)
    return {(one.zone.key, one.country, one.region) for one in found}


@pytest.mark.parametrize(
    ("address", "zones", "region"),
    [
        ({"country": "US", "region": "CA"}, ["America/Los_Angeles"], "CA"),
        ({"region": "California"}, ["America/Los_Angeles"], "CA"),
        ({"region": "n.y."}, ["America/New_York"], "NY"),
        ({"postal_code": "94103-1234"}, ["America/Los_Angeles"], "CA"),
        ({"region": "Arizona", "postal_code": "85001"}, ["America/Phoenix"], "AZ"),
        ({"region": "AZ", "postal_code": "86515"}, ["America/Phoenix", "America/Denver"], "AZ"),  # the Navajo keep DST
        ({"region": "HI"}, ["Pacific/Honolulu"], "HI"),
        ({"region": "AK", "postal_code": "99501"}, ["America/Anchorage", "America/Adak"], "AK"),
        ({"region": "AK", "postal_code": "99801"}, ["America/Anchorage"], "AK"),
        ({"region": "FL"}, ["America/New_York", "America/Chicago"], "FL"),
        ({"region": "FL", "postal_code": "33101"}, ["America/New_York"], "FL"),
        ({"region": "FL", "postal_code": "32501"}, ["America/Chicago"], "FL"),
        ({"region": "FL", "postal_code": "32456"}, ["America/New_York", "America/Chicago"], "FL"),
        ({"region": "TX", "postal_code": "79901"}, ["America/Denver"], "TX"),
        ({"region": "TX", "postal_code": "75201"}, ["America/Chicago"], "TX"),
        ({"region": "TX", "postal_code": "79855"}, ["America/Chicago", "America/Denver"], "TX"),
        ({"region": "TN", "postal_code": "37201"}, ["America/Chicago"], "TN"),
        ({"region": "KY", "postal_code": "42101"}, ["America/Chicago"], "KY"),
        ({"region": "IN", "postal_code": "46401"}, ["America/Chicago"], "IN"),
        ({"region": "ID", "postal_code": "83814"}, ["America/Los_Angeles"], "ID"),
        ({"region": "PR"}, ["America/Puerto_Rico"], "PR"),
    ],
)
def test_an_address_in_the_united_states_tells_its_zones(
    address: dict[str, Any], zones: list[str], region: str
) -> None:
    assert where(**address) == {(zone, "US", region) for zone in zones}


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ({"country": "CA", "region": "Québec"}, {"America/Toronto", "America/Halifax", "America/Puerto_Rico"}),
        ({"country": "CA", "region": "QC", "postal_code": "H2X 1Y4"}, {"America/Toronto"}),
        ({"country": "CA", "postal_code": "M5V 1A1"}, {"America/Toronto"}),
        ({"country": "CA", "postal_code": "P7B 1A1"}, {"America/Toronto", "America/Winnipeg"}),
        ({"country": "CA", "region": "Newfoundland"}, {"America/St_Johns", "America/Goose_Bay"}),
        ({"country": "CA", "region": "SK"}, {"America/Regina", "America/Edmonton"}),
    ],
)
def test_an_address_in_canada_tells_its_zones(address: dict[str, Any], found: set[str]) -> None:
    assert {zone for zone, _, _ in where(CANADIAN, **address)} == found


@pytest.mark.parametrize(
    ("code", "state", "zone"),
    [("2000", "NSW", "Australia/Sydney"), ("4870", "QLD", "Australia/Brisbane"), ("0800", "NT", "Australia/Darwin")],
)
def test_an_address_in_australia_tells_its_state(code: str, state: str, zone: str) -> None:
    found = where(Phone("+61412345678"), country="AU", postal_code=code)
    assert (zone, "AU", state) in found
    assert {region for _, _, region in found} == {state}


def test_a_country_of_one_zone_needs_no_more_than_its_name() -> None:
    assert where(FRENCH, country="FR") == {("Europe/Paris", "FR", None)}
    assert where(FRENCH, country="fr", region="Bretagne") == {("Europe/Paris", "FR", "Bretagne")}
    assert where(Phone("+447400123456"), country="GB") == {("Europe/London", "GB", None)}


def test_without_an_address_the_number_tells() -> None:
    assert where() == {("America/New_York", "US", None)}
    assert where(FRENCH) == {("Europe/Paris", "FR", None)}
    assert {one.zone.key for one in places_of(FRENCH, None, HOME)} == {"Europe/Paris"}
    assert where(Phone("+9990000000")) == {("America/New_York", "US", None)}, "a number of no plan"


def test_the_address_comes_before_an_area_code_of_the_same_country() -> None:
    assert where(US_MOBILE, region="CA") == {("America/Los_Angeles", "US", "CA")}


def test_a_number_of_another_country_than_the_address_counts_as_well() -> None:
    assert where(US_MOBILE, country="FR") == {("Europe/Paris", "FR", None), ("America/New_York", "US", None)}


def test_state_and_postal_code_that_contradict_each_other_both_count() -> None:
    found = where(region="TX", postal_code="33101")
    assert {region for _, _, region in found} == {"TX", "FL"}
    assert {zone for zone, _, _ in found} == {"America/New_York", "America/Chicago", "America/Denver"}


def test_of_an_address_that_names_only_its_country_the_number_tells_the_zone() -> None:
    assert where(US_MOBILE, country="US") == {("America/New_York", "US", None)}
    assert where(US_MOBILE, country="US", region="nowhere", postal_code="?") == {("America/New_York", "US", None)}
    tokyo = Home(ZoneInfo("Asia/Tokyo"), "JP")
    zones = {zone for zone, _, _ in where(EVERYWHERE, tokyo, country="US")}
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= zones


def test_of_a_number_that_tells_only_its_country_the_law_counts_everywhere_and_the_window_near_the_company() -> None:
    mobile, melbourne = Phone("+61412345678"), Home(ZoneInfo("Australia/Melbourne"), "AU")
    found = places_of(mobile, None, melbourne)
    summer = datetime(2026, 1, 1)  # noqa: DTZ001  a wall clock
    assert {one.zone.utcoffset(summer) for one in found if one.likely} == {timedelta(hours=11)}
    assert "Australia/Perth" in {one.zone.key for one in found if not one.likely}
    abroad = places_of(mobile, None, HOME)
    assert all(one.likely for one in abroad)
    assert len(abroad) == len(found)
    named = places_of(mobile, Customer("c1", "Dana Reed", country="AU"), melbourne)
    assert named == found


def test_of_a_foreign_number_at_an_address_of_several_zones_all_count() -> None:
    zones = {zone for zone, country, _ in where(FRENCH, country="US") if country == "US"}
    assert {"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"} <= zones
    brazil = {zone for zone, country, _ in where(FRENCH, country="BR") if country == "BR"}
    assert len(brazil) == len(ZONES_OF_COUNTRY["BR"])


def test_in_a_country_of_several_zones_without_states_here_the_number_tells_what_it_can() -> None:
    madrid = {zone for zone, _, _ in where(Phone("+34612345678"), country="ES")}
    assert "Europe/Madrid" in madrid
    assert where(Phone("+5511912345678"), country="BR") == {("America/Sao_Paulo", "BR", None)}


def test_a_country_that_no_table_knows_is_where_the_company_is() -> None:
    assert {zone for zone, country, _ in where(FRENCH, country="XX") if country == "XX"} == {"America/New_York"}


def test_every_zone_of_the_tables_is_one() -> None:
    known = available_timezones()
    named = {zone for zones in ZONES_OF_COUNTRY.values() for zone in zones}
    named |= {zone for country in HAVE_REGIONS for zone in zones_of_region(country, None, None)}
    assert named <= known
    assert not set(ZONES_OF_COUNTRY) & HAVE_REGIONS


def test_every_zip_prefix_leads_to_a_state_and_a_zone_of_that_state() -> None:
    for number in range(1000):
        code = f"{number:03}01"
        state = region_by_post("US", code)
        if state is not None:
            assert region_code("US", state) == state
            assert set(zones_of_region("US", state, code)) <= set(zones_of_region("US", state, None))
    assert [region_by_post("US", code) for code in ("00000", "34010", "9410", "94103-12", "")] == [None] * 5
    assert region_by_post("FR", "75001") is None
    assert region_by_post("AU", "99999") is None


@given(
    country=st.sampled_from(["US", "CA", "AU", "FR", "BR", "XX", None]),
    region=st.none() | st.text(max_size=12) | st.sampled_from(["NY", "Texas", "QC", "NSW"]),
    postal_code=st.none() | st.text(max_size=8) | st.from_regex(r"[0-9]{5}", fullmatch=True),
    phone=st.sampled_from([US_MOBILE, FRENCH, CANADIAN, EVERYWHERE]),
)
def test_whatever_a_ledger_holds_somewhere_is_found(
    country: str | None, region: str | None, postal_code: str | None, phone: Phone
) -> None:
    assert where(phone, country=country, region=region, postal_code=postal_code)
