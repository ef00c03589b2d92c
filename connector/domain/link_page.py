"""What a payment page says, in the language of whoever is to pay: from values to the exact words. Pure.

Stripe's page has its own words in the language of the browser; these are ours around them. Nothing is ever cut within
a sentence: what names and numbers may take is bounded here so that the longest page keeps Stripe's limits (500
characters of what a dead link says, 1200 beside the button, 1000 on the receipt;
https://docs.stripe.com/api/payment-link/create).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from connector.domain.message import COUNT, PLACEHOLDERS, TOTAL, Template, clean_name, clean_reference
from connector.domain.money import Money
from connector.domain.spelling import spelled_amount, written_day
from connector.domain.wordings.pages import PAGES, PageWords

EACH: Final = "each"
KNOWN: Final = (*PLACEHOLDERS, COUNT, EACH, TOTAL)
_NAME_CAP: Final = 40  # as in texts: what is read there is found again here
# Stripe's page makes a link of [words](address), and of <address>.
_MARKUP: Final = str.maketrans("[]<>", "    ")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the language they are written to in (ISO 639-1), and the country whose forms they know (ISO 3166)."""

    language: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice as a page names it. `number` is the ledger's own words, None where it has none."""

    number: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Page:
    """The words of one payment page. The same values give the same words, on any day."""

    title: str
    description: str
    receipt_line: str
    inactive_message: str
    after_payment: str


def page_of(reader: Reader, business: str, lines: Sequence[Line], due: date | None, total: Money | None = None) -> Page:
    """The page on which these are paid, in one sum. `due`: of the only one, where it is one.

    `total`: of the only one, where its line asks an instalment of it.
    """
    words = PAGES[reader.language]
    values = {
        **_who_and_what(business, [one.number for one in lines]),
        "due": written_day(due, reader.language, reader.country) if due else "",
        COUNT: str(len(lines)),
        EACH: "; ".join(_each(reader, one) for one in lines),
    }
    if total is not None:
        values |= {
            "amount": spelled_amount(lines[0].amount, reader.language, reader.country),
            TOTAL: spelled_amount(total, reader.language, reader.country),
        }
    about = words.about if total is None else words.about_part
    chosen = (words.title, about, words.on_receipt, words.closed, words.thanks)
    if len(lines) > 1:
        chosen = (
            *(words.title_joint, words.about_joint, words.on_receipt_joint),
            *(words.closed_joint, words.thanks_joint),
        )
    return Page(*(_wording(one).render(values) for one in chosen))


def farewell_of(reader: Reader, business: str, wording: str, number: str | None, count: int) -> str:
    """What a link says that is down. `wording`: a field of `PageWords`; `count`: how many invoices the link was for."""
    values = {**_who_and_what(business, [number]), COUNT: str(count)}
    return _wording(str(getattr(PAGES[reader.language], wording))).render(values)


@lru_cache(maxsize=len(PAGES) * len(PageWords.__slots__))
def _wording(text: str) -> Template:
    return Template(text, KNOWN)


def _who_and_what(business: str, numbers: Sequence[str | None]) -> dict[str, str]:
    written = [_shown_number(one) for one in numbers]
    return {
        # A name that no text can carry still stands on the page: a link must come down whatever the name.
        "business": _plain(clean_name(business, _NAME_CAP, gsm7=False)) or _plain(business)[:_NAME_CAP],
        "invoice": ", ".join(written) if all(written) else "",  # some of them would look like all of them
    }


def _each(reader: Reader, line: Line) -> str:
    amount = spelled_amount(line.amount, reader.language, reader.country)
    number = _shown_number(line.number)
    return f"{number}: {amount}" if number else amount


def _shown_number(number: str | None) -> str:
    return _plain(clean_reference(number or "", gsm7=False))


def _plain(text: str) -> str:
    return " ".join(text.translate(_MARKUP).split())
