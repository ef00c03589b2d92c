"""Where a number that was given to a business for its invoices may be texted about them without more, by what law.

Not legal advice: what is named here was read in the sources that docs/how-to/consent-import.md gives. A country that is
not named is one of which nobody has looked it up: there only the register counts.
"""

from __future__ import annotations

from typing import Final

_EU: Final = (
    "ePrivacy Directive art. 13 (consent for marketing only) and GDPR art. 6(1)(b) and 13: texts on a contract only, "
    "and your privacy notice must name them"
)
_MEMBERS: Final = "AT BE BG CY CZ DE DK EE ES FI GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
NUMBER_GIVEN: Final[dict[str, str]] = {
    **dict.fromkeys(_MEMBERS.split(), _EU),
    "FR": "CPCE art. L34-5 and GDPR art. 6(1)(b) and 13: service messages on a contract only, with notice given",
    "US": "TCPA, 47 U.S.C. 227 and 47 CFR 64.1200: a number given to you for this is consent to informational texts, "
    "and proving that it was is up to you; 500 to 1,500 dollars for each text otherwise",
    "CA": "CASL s. 6(6): texts on an agreed transaction need no consent, but must say who writes and how to end them",
    "GB": "PECR reg. 22 and UK GDPR art. 6(1)(b): neutral service messages only; one line of advertising makes it "
    "marketing",
    "AU": "Spam Act 2003: purely factual messages that say who writes; anything commercial needs consent",
}
