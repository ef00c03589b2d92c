"""The states and provinces of countries that have several time zones: how they are written, and where they lie.

Zones: 49 CFR part 71 (United States), the IANA database's notes on its zones (Canada, Australia). Postal codes: the
first three digits of a ZIP (USPS list L002), the first letter of a Canadian code, ranges of Australian ones. Where a
state lies in two zones, its postal codes decide only where a whole prefix is on one side; else both count, which
costs an hour of the day and harms nobody.
"""

from __future__ import annotations

from typing import Final

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
ALASKA, ADAK = "America/Anchorage", "America/Adak"
_SHORT: Final = {"E": EASTERN, "C": CENTRAL, "M": MOUNTAIN, "P": PACIFIC, "K": ALASKA, "D": ADAK}

# code, zones, names.
_US: Final = """
AL C Alabama|AK KD Alaska|AZ America/Phoenix,M Arizona|AR C Arkansas|CA P California|CO M Colorado|CT E Connecticut
DE E Delaware|DC E District of Columbia|FL EC Florida|GA E Georgia|HI Pacific/Honolulu Hawaii|ID MP Idaho|IL C Illinois
IN EC Indiana|IA C Iowa|KS CM Kansas|KY EC Kentucky|LA C Louisiana|ME E Maine|MD E Maryland|MA E Massachusetts
MI EC Michigan|MN C Minnesota|MS C Mississippi|MO C Missouri|MT M Montana|NE CM Nebraska|NV PM Nevada|NH E New Hampshire
NJ E New Jersey|NM M New Mexico|NY E New York|NC E North Carolina|ND CM North Dakota|OH E Ohio|OK C Oklahoma
OR PM Oregon|PA E Pennsylvania|RI E Rhode Island|SC E South Carolina|SD CM South Dakota|TN EC Tennessee|TX CM Texas
UT M Utah|VT E Vermont|VA E Virginia|WA P Washington|WV E West Virginia|WI C Wisconsin|WY M Wyoming
PR America/Puerto_Rico Puerto Rico|VI America/Puerto_Rico Virgin Islands|GU Pacific/Guam Guam
AS Pacific/Pago_Pago American Samoa|MP Pacific/Guam Northern Mariana Islands
"""
_CANADA: Final = """
AB America/Edmonton Alberta|BC America/Vancouver,America/Edmonton,America/Phoenix British Columbia
MB America/Winnipeg Manitoba|NB America/Halifax New Brunswick|NL America/St_Johns,America/Goose_Bay Newfoundland
NL America/St_Johns,America/Goose_Bay Newfoundland and Labrador|NS America/Halifax Nova Scotia
NT America/Edmonton Northwest Territories|NU America/Toronto,America/Winnipeg,America/Edmonton Nunavut
ON America/Toronto,America/Winnipeg Ontario|PE America/Halifax Prince Edward Island
QC America/Toronto,America/Halifax,America/Puerto_Rico Quebec|SK America/Regina,America/Edmonton Saskatchewan
YT America/Whitehorse Yukon
"""
_AUSTRALIA: Final = """
NSW Australia/Sydney,Australia/Adelaide,Australia/Lord_Howe New South Wales
ACT Australia/Sydney Australian Capital Territory|VIC Australia/Melbourne Victoria|QLD Australia/Brisbane Queensland
SA Australia/Adelaide South Australia|WA Australia/Perth,Australia/Eucla Western Australia|TAS Australia/Hobart Tasmania
NT Australia/Darwin Northern Territory
"""

# First three digits of a ZIP, and the state. Those of the forces abroad (AA, AE, AP) may be anywhere: left out.
_ZIP_STATES: Final = """
005:NY 006-007:PR 008:VI 009:PR 010-027:MA 028-029:RI 030-038:NH 039-049:ME 050-054:VT 055:MA 056-059:VT 060-069:CT
070-089:NJ 100-149:NY 150-196:PA 197-199:DE 200:DC 201:VA 202-205:DC 206-219:MD 220-246:VA 247-268:WV 270-289:NC
290-299:SC 300-319:GA 320-339:FL 341-349:FL 350-369:AL 370-385:TN 386-397:MS 398-399:GA 400-427:KY 430-459:OH
460-479:IN 480-499:MI 500-528:IA 530-549:WI 550-567:MN 569:DC 570-577:SD 580-588:ND 590-599:MT 600-629:IL 630-658:MO
660-679:KS 680-693:NE 700-714:LA 716-729:AR 730-732:OK 733:TX 734-749:OK 750-799:TX 800-816:CO 820-831:WY 832-838:ID
840-847:UT 850-865:AZ 870-884:NM 885:TX 889-898:NV 900-961:CA 967-968:HI 969:GU 970-979:OR 980-994:WA 995-999:AK
"""
# Prefixes that lie wholly in one zone of a state that has two.
_ZIP_ZONES: Final = """
320-323:E 325:C 326-339:E 341-349:E 370-372:C 374:E 376:E 379:E 380-384:C 400:E 402-418:E 420-424:C 460-462:E 464:C
466-474:E 477:C 478:E 480-497:E 570-574:C 577:M 580-584:C 660-662:C 664-676:C 679:C 680-689:C 693:M 750-797:C 799:M
885:M 832-834:M 836-837:M 838:P 850-857:America/Phoenix 863-864:America/Phoenix 889-897:P 970-978:P 996-999:K
"""
_CANADA_LETTERS: Final = {
    **dict.fromkeys("A", "NL"),
    "B": "NS",
    "C": "PE",
    "E": "NB",
    **dict.fromkeys("GHJ", "QC"),
    **dict.fromkeys("KLMNP", "ON"),
    "R": "MB",
    "S": "SK",
    "T": "AB",
    "V": "BC",
    "Y": "YT",
}
# The big cities' letters, all of which lie in the one zone of most people of the province.
_CANADA_ZONES: Final = {**dict.fromkeys("KLMN", "America/Toronto"), **dict.fromkeys("HJ", "America/Toronto")}
_AUSTRALIA_CODES: Final = (
    (200, 299, "ACT"),
    (800, 999, "NT"),
    (1000, 2599, "NSW"),
    (2600, 2618, "ACT"),
    (2619, 2899, "NSW"),
    (2900, 2920, "ACT"),
    (2921, 2999, "NSW"),
    (3000, 3999, "VIC"),
    (4000, 4999, "QLD"),
    (5000, 5999, "SA"),
    (6000, 6999, "WA"),
    (7000, 7999, "TAS"),
    (8000, 8999, "VIC"),
    (9000, 9999, "QLD"),
)


def _states(text: str) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Codes by any spelling, and zones by code."""
    codes: dict[str, str] = {}
    zones: dict[str, tuple[str, ...]] = {}
    for entry in text.replace("\n", "|").strip("|").split("|"):
        code, where, name = entry.split(" ", 2)
        codes[_plain(code)] = codes[_plain(name)] = code
        zones[code] = tuple(zone for part in where.split(",") for zone in _zones(part))
    return codes, zones


def _zones(part: str) -> list[str]:
    return [part] if "/" in part else [_SHORT[letter] for letter in part]


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _prefixes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in text.split():
        span, _, what = entry.partition(":")
        first, _, last = span.partition("-")
        found |= {f"{number:03}": what for number in range(int(first), int(last or first) + 1)}
    return found


_SPELLINGS: Final[dict[str, dict[str, str]]] = {}
_REGION_ZONES: Final[dict[str, dict[str, tuple[str, ...]]]] = {}
for _country, _text in (("US", _US), ("CA", _CANADA), ("AU", _AUSTRALIA)):
    _SPELLINGS[_country], _REGION_ZONES[_country] = _states(_text)
_SPELLINGS["CA"][_plain("Québec")] = "QC"
_STATE_OF_ZIP: Final = _prefixes(_ZIP_STATES)
_ZONE_OF_ZIP: Final = _prefixes(_ZIP_ZONES)

HAVE_REGIONS: Final = frozenset(_REGION_ZONES)


def region_code(country: str, written: str | None) -> str | None:
    """The code of a state or province, however it is written ("NY", "N.Y.", "New York"); None where it is none."""
    return _SPELLINGS[country].get(_plain(written)) if written and country in _SPELLINGS else None


def region_by_post(country: str, postal_code: str | None) -> str | None:
    """The state or province that a postal code lies in, None where it does not tell."""
    code = _plain(postal_code or "").upper()
    if country == "US":
        return _STATE_OF_ZIP.get(code[:3]) if code[:5].isdecimal() and len(code) in {5, 9} else None
    if country == "CA":
        return _CANADA_LETTERS.get(code[:1])
    if country == "AU" and code.isdecimal():
        return next((state for first, last, state in _AUSTRALIA_CODES if first <= int(code) <= last), None)
    return None


def zones_of_region(country: str, region: str | None, postal_code: str | None) -> tuple[str, ...]:
    """IANA names of the zones a place of `country` may lie in; `region`: a code of `region_code`, None: anywhere."""
    regions = _REGION_ZONES[country]
    if region is None:
        return tuple(dict.fromkeys(zone for zones in regions.values() for zone in zones))
    zones = regions[region]
    decided = _zone_by_post(country, postal_code)
    return (decided,) if decided in zones else zones


def _zone_by_post(country: str, postal_code: str | None) -> str:
    code = _plain(postal_code or "").upper()
    if country == "CA":
        return _CANADA_ZONES.get(code[:1], "")
    found = _ZONE_OF_ZIP.get(code[:3], "") if country == "US" and region_by_post(country, postal_code) else ""
    return _SHORT.get(found, found)
