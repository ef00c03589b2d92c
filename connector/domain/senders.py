"""What a company may send from: whether a name may text a country, and what closes a sender to some recipients.

A name as sender ("ACME") goes one way: nobody can answer STOP to it. https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from connector.domain.dunning import Policy, Reason
from connector.domain.phone import Phone, region_of


class NameRule(StrEnum):
    """Whether texts to a country may come from a name."""

    FREE = "free"
    REGISTERED = "registered"  # only, or only without a warning to the customer, once the name is registered there
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NameCountry:
    """One country's rule about names, and where it stands. `todo`: what to do first, "" where nothing is."""

    rule: NameRule
    source: str
    todo: str = ""


_REFERENCE: Final = "https://help.twilio.com/articles/223133767"  # "International support for Alphanumeric Sender ID"
_TELNYX: Final = "https://developers.telnyx.com/docs/messaging/messages/international-sms-compliance (2026)"
_PUSHTECH: Final = "https://help.pushtech.com/hc/en-us/articles/15407493751954 (sender id rules by country)"
_US_TODO: Final = "Send from a number that is registered there (A2P 10DLC), or a verified toll-free one."

# As known in 2026. What is not in the table is not texted from a name: a text that arrives from a stranger's number,
# or not at all, is worse than none. A country is added with its source.
NAME_COUNTRIES: Final[dict[str, NameCountry]] = {
    "GB": NameCountry(NameRule.FREE, _TELNYX),
    "FR": NameCountry(NameRule.FREE, _TELNYX, "Have the name registered with the carriers (OACP) to be sure of it."),
    "DE": NameCountry(NameRule.FREE, _TELNYX),
    "ES": NameCountry(NameRule.FREE, _TELNYX),
    "AT": NameCountry(NameRule.FREE, _PUSHTECH),
    "AU": NameCountry(
        NameRule.REGISTERED,
        "https://help.twilio.com/articles/46266521342747 (ACMA Sender ID Register, since 2026-07-01)",
        "Have Twilio file the name with the ACMA's register (it needs your ABN); until then it shows as 'Unverified'.",
    ),
    "IE": NameCountry(
        NameRule.REGISTERED,
        "https://www.comreg.ie (SMS Sender ID Registry, since 2025-07-03)",
        "Register the name with ComReg; until then customers read 'Likely Scam' in its place.",
    ),
    "SG": NameCountry(
        NameRule.REGISTERED,
        "https://www.sgnic.sg (Singapore SMS Sender ID Registry, since 2023-01-30)",
        "Register the name with the SSIR; until then customers read 'Likely-SCAM' in its place, or nothing.",
    ),
    "IN": NameCountry(
        NameRule.REGISTERED, _TELNYX, "Register business, name and wording on a DLT platform; other texts are dropped."
    ),
    **{one: NameCountry(NameRule.REFUSED, _REFERENCE, _US_TODO) for one in ("US", "CA", "PR", "VI", "GU", "AS", "MP")},
    "AR": NameCountry(NameRule.REFUSED, _PUSHTECH, "Carriers there put a code in its place: send from a number."),
}
_UNKNOWN: Final = NameCountry(NameRule.REFUSED, "", "It is not known that a name may text there: send from a number.")


def name_country(country: str | None) -> NameCountry:
    """The rule of an ISO 3166 alpha-2 country about names as senders; REFUSED where none is known."""
    return NAME_COUNTRIES.get(country or "", _UNKNOWN)


def sender_stop(policy: Policy, phone: Phone, *, shared: bool, closed: frozenset[str]) -> Reason | None:
    """Why the company's sender must not text that number, None where it may.

    `shared`: it is another company's sender too. `closed`: ISO 3166 countries whose carriers refuse it as unregistered.
    """
    if shared:
        return Reason.SENDER_SHARED
    if policy.two_way and not closed:
        return None
    country = region_of(phone)
    if not policy.two_way and name_country(country).rule is NameRule.REFUSED:
        return Reason.NAME_REFUSED
    return Reason.SENDER_UNREGISTERED if country in closed else None
