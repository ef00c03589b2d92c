"""Invariant 2: nobody is flooded, and the company's own caps hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.calendar import local_day
from connector.domain.hours import home_of
from connector.domain.invariants.finding import Finding, Violation, of_text
from connector.domain.invariants.reading import Reading
from connector.domain.phone import Phone
from connector.domain.places import places_of
from connector.domain.receivable import Customer
from connector.domain.records import TextRecord

NUMBER: Final = 2
A_WEEK: Final = timedelta(days=7)
# A text counts from when Duebird took it up, which is up to a minute (one look, one call) before the service has it.
TAKEN_UP_WITHIN: Final = timedelta(minutes=1)


def check(reading: Reading) -> Iterator[Finding]:
    """More notices to one number in one of its days, or in all in an hour or a day, than the settings allow."""
    texts = [one for one in reading.notice_texts if one.counts]
    yield from _a_number(reading, texts)
    rules = reading.records.rules
    for cap, span, words in (
        (rules.texts_per_hour, timedelta(hours=1), "an hour"),
        (rules.texts_per_day, timedelta(days=1), "a day"),
    ):
        if cap is None:
            continue
        first = _crowded([one.moment for one in texts], cap, span - TAKEN_UP_WITHIN)
        if first is not None:
            shown = tuple(of_text(one) for one in texts[first : first + cap + 1])
            sentence = f"More than {cap} notices went out within {words}, which is the cap in the settings."
            yield Violation(NUMBER, sentence, shown, "Something may be texting far more people than it should.")


def _a_number(reading: Reading, texts: list[TextRecord]) -> Iterator[Finding]:
    rules = reading.records.rules
    by_number: defaultdict[str, list[TextRecord]] = defaultdict(list)
    for text in texts:
        by_number[text.to.e164].append(text)
    for number in sorted(by_number):
        mine = by_number[number]
        first = _crowded([one.moment for one in mine], rules.max_per_number_per_week, A_WEEK - TAKEN_UP_WITHIN)
        if first is not None:
            most = rules.max_per_number_per_week
            shown = tuple(of_text(one) for one in mine[first : first + most + 1])
            sentence = f"More than {most} notices went to {mine[0].to} within a week, which the settings do not allow."
            yield Violation(NUMBER, sentence, shown, "One person got more texts in a week than was agreed.")
        for zone in _zones(reading, mine[0].to):
            # A text of the minute after midnight may have been taken up the day before: it counts for neither.
            days = Counter(
                local_day(one.moment, zone)
                for one in mine
                if local_day(one.moment, zone) == local_day(one.moment - TAKEN_UP_WITHIN, zone)
            )
            day = next((day for day, count in days.items() if count > rules.max_per_number_per_day), None)
            if day is not None:
                shown = tuple(of_text(one) for one in mine if local_day(one.moment, zone) == day)
                sentence = (
                    f"{days[day]} notices went to {mine[0].to} on {day:%d %b %Y}; "
                    f"the settings allow {rules.max_per_number_per_day} a day."
                )
                yield Violation(NUMBER, sentence, shown, "One person got more texts in a day than was agreed.")
                break


def _crowded(moments: list[datetime], cap: int, span: timedelta) -> int | None:
    """The first place from which more than `cap` moments lie within `span`."""
    places = range(len(moments) - cap)
    return next((at for at in places if moments[at + cap] - moments[at] < span), None)


def _zones(reading: Reading, to: Phone) -> list[ZoneInfo]:
    """Whose midnight a day of that number ends at: by the addresses of its customers, else by the number."""
    found: list[Customer | None] = [
        one for invoice in reading.invoices.values() if to in (invoice.phones or ()) for one in invoice.customers
    ]
    home = home_of(reading.records.rules)
    return list(dict.fromkeys(place.zone for customer in found or [None] for place in places_of(to, customer, home)))
