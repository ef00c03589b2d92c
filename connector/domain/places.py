"""Where a recipient may be: from the postal address in the ledger, else from the number; each place with its zone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from connector.domain.calendar import alike, zones_of
from connector.domain.phone import Phone, region_of
from connector.domain.receivable import Customer
from connector.domain.regions import HAVE_REGIONS, region_by_post, region_code, zones_of_region
from connector.domain.zone_table import ZONES_OF_COUNTRY

MANY_ZONES = 4  # an area code spans at most two zones; more means that only the country is known


@dataclass(frozen=True, slots=True)
class Place:
    """A place as far as it matters: its zone, and by which country's and state's rules it lives. None: not known.

    `likely`: the owner's window is meant there. Elsewhere only the law binds.
    """

    zone: ZoneInfo
    country: str | None
    region: str | None = None
    likely: bool = True


@dataclass(frozen=True, slots=True)
class Home:
    """Where the company is: the country of an address that names none, the zone of a number that tells nothing."""

    zone: ZoneInfo
    country: str


def places_of(phone: Phone, customer: Customer | None, home: Home) -> tuple[Place, ...]:
    """Every place the recipient may be in; never empty.

    Mobile numbers are taken along, so an address comes first, as far as it tells. A number of another country than
    the address says that the address is not all there is to know: then both count.
    """
    written = customer is not None and bool(customer.country or customer.region or customer.postal_code)
    if customer is None or not written:
        return _by_number(phone.e164, home)
    country = (customer.country or home.country).upper()
    by_address = _by_address(country, customer.region, customer.postal_code, phone.e164, home)
    return by_address if _country_of(phone.e164) in {country, None} else (*by_address, *_by_number(phone.e164, home))


@lru_cache(maxsize=4096)
def _country_of(e164: str) -> str | None:
    return region_of(Phone(e164))


@lru_cache(maxsize=4096)  # a decision asks some times over, and parsing a number costs more than the rest of it
def _by_number(e164: str, home: Home) -> tuple[Place, ...]:
    phone = Phone(e164)
    country = region_of(phone) or home.country
    zones = zones_of(phone, home.zone)
    # A mobile number of Australia may be anywhere in Australia. Most who owe a business are near it, so its window is
    # meant in its own zone; but the law must allow a text wherever in the country they are.
    near = len(zones) > MANY_ZONES and any(alike(home.zone, zone) for zone in zones)
    return tuple(Place(zone, country, likely=not near or alike(home.zone, zone)) for zone in zones)


@lru_cache(maxsize=4096)
def _by_address(country: str, region: str | None, postal_code: str | None, e164: str, home: Home) -> tuple[Place, ...]:
    if country not in HAVE_REGIONS:
        return _without_regions(country, region, e164, home)
    # State and postal code may contradict each other; both may be right.
    found = dict.fromkeys((region_code(country, region), region_by_post(country, postal_code)))
    regions = [one for one in found if one is not None]
    if not regions:
        # Only the country is known: the number's zones if it is of that country, else all there are.
        by_number = tuple(place for place in _by_number(e164, home) if place.country == country)
        every = zones_of_region(country, None, None)
        return by_number or tuple(Place(ZoneInfo(name), country) for name in every)
    return tuple(
        Place(ZoneInfo(name), country, one) for one in regions for name in zones_of_region(country, one, postal_code)
    )


def _without_regions(country: str, region: str | None, e164: str, home: Home) -> tuple[Place, ...]:
    """Of a country of one zone that one; of one with several the number's, which tells less than all of them."""
    every = ZONES_OF_COUNTRY.get(country, (home.zone.key,))
    if len(every) > 1 and _country_of(e164) == country:
        return tuple(replace(place, region=region) for place in _by_number(e164, home))
    return tuple(Place(ZoneInfo(name), country, region) for name in every)
