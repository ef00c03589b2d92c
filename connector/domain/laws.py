"""At which hours a text may go out by law, by country and US state, as data: each row with where it comes from.

Most of these laws speak of solicitations, and some of calls only; a reminder of an invoice is neither. They are kept
all the same: suits are brought first and argued later. A row is `confirmed` where the law itself, or a reference that
quotes it, was read; else it says what is commonly told of it, on the careful side. Not legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

Span = tuple[int, int]  # minutes of the local day, the second one exclusive
Week = tuple[Span | None, ...]  # Monday first; None: not at all


@dataclass(frozen=True, slots=True)
class Law:
    """The hours of one country, or of one of its states. `holidays`: its public holidays are closed as well."""

    country: str
    region: str | None
    week: Week
    source: str
    holidays: bool = False
    confirmed: bool = False


_Clock = tuple[float, float] | None  # hours of the day


def _week(weekdays: _Clock, saturday: _Clock, sunday: _Clock) -> Week:
    spans = [weekdays] * 5 + [saturday, sunday]
    return tuple((int(span[0] * 60), int(span[1] * 60)) if span else None for span in spans)


def _daily(opens: float, closes: float) -> Week:
    return _week((opens, closes), (opens, closes), (opens, closes))


_GUIDES = "state calling guides of 2025 (dropcowboy.com/state-compliance, clickpointsoftware.com)"
# A public table of state calling laws whose author read 43 of them in September 2026 and quotes their words.
_QUOTED = "as quoted in a compilation of September 2026"

LAWS: Final = (
    Law("US", None, _daily(8, 21), "47 CFR 64.1200(c)(1): 8 to 21 at the called party's location", confirmed=True),
    Law(
        "US",
        "AL",
        _week((8, 20), (8, 20), None),
        f"Ala. Admin. Code r. 770-X-5-.17(2), {_QUOTED}",
        holidays=True,
        confirmed=True,
    ),
    Law("US", "CT", _daily(9, 20), f"Conn. Gen. Stat. 42-288a(c), mobile numbers too, {_QUOTED}", confirmed=True),
    Law("US", "FL", _daily(8, 20), "Florida Stat. 501.616(6)(a), in the called person's zone", confirmed=True),
    Law("US", "KY", _daily(10, 21), f"KRS 367.46955(16), {_QUOTED}", confirmed=True),
    Law(
        "US",
        "LA",
        _week((8, 20), (8, 20), None),
        "LPSC General Order R-29617, section V(A), told and not quoted in a compilation of September 2026",
        holidays=True,
    ),
    Law("US", "MA", _daily(8, 20), "201 CMR 12.02(2), to M.G.L. c. 159C, section 3", confirmed=True),
    Law("US", "MD", _daily(8, 20), f"Md. Com. Law 14-4502(c), in the called party's zone, {_QUOTED}", confirmed=True),
    Law("US", "MI", _daily(9, 21), f"MCL 750.540e(1)(f), {_QUOTED}", confirmed=True),
    Law(
        "US",
        "MN",
        _daily(9, 21),
        "Minn. Stat. 325E.30, told and not quoted in a compilation of September 2026",
    ),
    # Central time, in a state that has no other. Holidays were shut by a rule that was repealed in 2023 (dnc.com).
    Law("US", "MS", _week((8, 20), (8, 20), None), "Miss. Code 77-3-723(1)", confirmed=True),
    Law("US", "NV", _daily(9, 20), f"{_GUIDES}: Nevada"),
    Law("US", "NM", _daily(9, 21), f"NMSA 57-12-22(B)(5), {_QUOTED}", confirmed=True),
    Law("US", "OK", _daily(8, 20), "Okla. Stat. 15-775C.4, told and not quoted in a compilation of September 2026"),
    Law("US", "OR", _daily(8, 20), "ORS 646.563(1)(b), told and not quoted in a compilation of September 2026"),
    # In force since 18 October 2026; before it was 8 to 21.
    Law(
        "US",
        "PA",
        _week((9, 19), (9, 19), None),
        f"73 P.S. 2245(a)(1) in the words of Act 47 of 2026 (SB 992), {_QUOTED}; holidays by {_GUIDES}",
        holidays=True,
        confirmed=True,
    ),
    Law(
        "US",
        "RI",
        _week((9, 18), (10, 17), None),
        "R.I. Gen. Laws 5-61-2(2) and 5-61-3.6, mobile numbers too",
        holidays=True,
        confirmed=True,
    ),
    Law("US", "SD", _week((9, 21), (9, 21), None), "SDCL 37-30-28 (automatic dialling), as commonly told"),
    Law("US", "TX", _week((9, 21), (9, 21), (12, 21)), "Texas SB 140 of 2025, texts too (jdsupra)", confirmed=True),
    Law(
        "US",
        "UT",
        _week((8, 21), (8, 21), None),
        f"Utah Code 13-25a-103(3), cellular numbers too, {_QUOTED}",
        holidays=True,
        confirmed=True,
    ),
    Law("US", "WA", _daily(8, 20), "RCW 19.158.040(2), at the recipient's local time", confirmed=True),
    Law("US", "WY", _daily(8, 20), f"Wyo. Stat. 40-12-302(d), {_QUOTED}", confirmed=True),
    Law(
        "CA",
        None,
        _week((9, 21.5), (10, 18), (10, 18)),
        "CRTC Unsolicited Telecommunications Rules, Part III, 23 and 24, made for telemarketing calls",
        confirmed=True,
    ),
    Law(
        "FR",
        None,
        _week((8, 20), (8, 20), None),
        "when carriers let marketing texts through (callr, Vonage); texts of service have no limit. D223-9 of the Code "
        "de la consommation, which was read (Monday to Friday, 10 to 13 and 14 to 20, no holidays), is for calls to "
        "people who have not agreed",
        holidays=True,
    ),
    Law(
        "AU",
        None,
        _week((9, 20), (9, 17), None),
        "Telemarketing and Research Calls Industry Standard 2017 (calls), as donotcall.gov.au tells it",
        holidays=True,
        confirmed=True,
    ),
    Law("GB", None, _daily(8, 21), "no hours by statute known; the usual practice of callers"),
    Law("ES", None, _week((9, 21), None, None), "of calls, as commonly told; weekends are shut", holidays=True),
    Law("IT", None, _week((9, 20), (10, 19), None), "the code of conduct of callers, as commonly told", holidays=True),
    Law("NL", None, _week((9, 22), (10, 16), None), "the telemarketing code, as commonly told", holidays=True),
    Law("DE", None, _week((8, 20), (8, 20), None), "no hours by statute known; what is usual", holidays=True),
)
# Where nothing is known of a country: what is polite in most.
ELSEWHERE: Final = _week((8, 20), (8, 20), None)

_BY_COUNTRY: Final[dict[str, tuple[Law, ...]]] = {
    country: tuple(law for law in LAWS if law.country == country) for country in {law.country for law in LAWS}
}


@dataclass(frozen=True, slots=True)
class Lawful:
    """The hours within all laws that may apply in a place."""

    week: Week
    holidays: bool


@lru_cache(maxsize=512)
def lawful(country: str | None, region: str | None) -> Lawful:
    """The hours there; where the state is not known, those within the law of every state of the country."""
    laws = [law for law in _BY_COUNTRY.get(country or "", ()) if region is None or law.region in {None, region}]
    if not laws:
        return Lawful(ELSEWHERE, holidays=True)
    return Lawful(
        tuple(meet(*(law.week[day] for law in laws)) for day in range(7)), holidays=any(law.holidays for law in laws)
    )


def meet(*spans: Span | None) -> Span | None:
    """What lies within all of them; None: nothing."""
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return None
    opens, closes = max(span[0] for span in known), min(span[1] for span in known)
    return (opens, closes) if opens < closes else None
