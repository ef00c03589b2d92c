"""What the law has to say to a company's settings: hours that it shuts, and texts without a consent on record."""

from __future__ import annotations

from collections.abc import Mapping

from connector.config.company import NoticeSettings
from connector.config.document import Company, Document, printable
from connector.config.findings import Findings
from connector.config.stand_ins import stand_in_addresses
from connector.config.values import DAYS, minutes_of
from connector.domain.calendar import Window
from connector.domain.consent_law import NUMBER_GIVEN
from connector.domain.hours import shut_by_every_law, shut_by_law


def hours(document: Document, found: Findings) -> None:
    """Hours that the law leaves nothing of, and a law that is put aside for real customers."""
    for company in document.companies:
        notices, country = company.section("notices"), company.raw.get("country")
        if not company.enabled:
            continue
        if notices.get("hours_by_law") is False:
            if not stand_in_addresses(company)["twilio"]:
                found.problem(
                    company.path("notices", "hours_by_law"),
                    "puts the law's hours aside, and the texts of this company reach real people",
                    "Remove the line; it is for a stand-in of Twilio on this machine alone.",
                )
            continue
        window = _window(notices)
        if window is None or not isinstance(country, str):
            continue
        shut = list(shut_by_law(window, country))
        path = company.path("notices", "window_start")
        if shut_by_every_law(window, country):
            found.problem(
                path,
                "opens a window that the law shuts wholly: no notice could ever be sent",
                "Choose hours that meet 10:00 to 17:00 on weekdays, which are lawful everywhere.",
            )
        elif shut:
            where = ["places of which the state is not known" if one is None else one for one in shut]
            found.warn(
                path,
                f"opens a window that the law shuts wholly in {', '.join(where)}",
                "Customers there get no notices; hours that meet 10:00 to 17:00 on weekdays are lawful everywhere.",
            )


def _window(notices: Mapping[str, object]) -> Window | None:
    """The window as written, with the defaults where it says nothing; None where it cannot be read."""
    usual = NoticeSettings()
    start, end = (notices.get(key, getattr(usual, key)) for key in ("window_start", "window_end"))
    days = notices.get("days", usual.days)
    opens, closes = (minutes_of(one) if isinstance(one, str) else None for one in (start, end))
    if opens is None or closes is None or opens >= closes or not isinstance(days, list | tuple):
        return None
    known = frozenset(DAYS.index(day) for day in days if day in DAYS)
    return Window(opens, closes, known) if known else None


def consent_rules(document: Document, found: Findings) -> None:
    """Rules by which people are texted of whom no consent is on record."""
    for company in document.companies:
        _consent_rule(company, found)


def _consent_rule(company: Company, found: Findings) -> None:
    """Texts without a consent on record: by the law of the country, or not at all."""
    country = company.raw.get("country")
    if company.section("consent").get("ask") is True:
        found.warn(
            company.path("consent", "ask"),
            "texts one request for consent to people who have not agreed to texts yet. That is a text itself: in the "
            "US it needs a number that was given to you for this (TCPA, 47 CFR 64.1200), in the EU and the UK it may "
            "count as marketing (ePrivacy Directive art. 13, PECR reg. 22)",
            "Leave it off unless you know that you may send it; asking on the order form or on paper needs no text.",
        )
    if company.text("consent", "rule") != "number_given" or not isinstance(country, str):
        return
    law = NUMBER_GIVEN.get(country.upper())
    if law is None:
        found.problem(
            company.path("consent", "rule"),
            f"cannot be 'number_given' in {printable(country)}: no law is known there by which a number would do",
            "Write 'record', and bring in who agreed: docs/how-to/consent-import.md",
        )
        return
    found.warn(
        company.path("consent", "rule"),
        f"lets Duebird text whoever gave you a number, without a consent on record. {law}. It holds for texts that "
        "only inform, and only for numbers given to this business for its invoices",
        "Write 'record' unless you can prove for each number when, to whom and what for it was given.",
    )
