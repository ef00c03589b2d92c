"""The page of the built-in words, written from the words themselves: what each text says and how long it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from connector.domain.asking import request_words
from connector.domain.message import (
    COUNT,
    CUSTOMER,
    PLACEHOLDERS,
    REST,
    SHORTENING,
    ComposedText,
    Template,
    TextValues,
    compose,
)
from connector.domain.money import Money
from connector.domain.segments import segments, units
from connector.domain.wordings import BUILT_IN, Occasion

LINK: Final = "https://buy.stripe.com/14k5nE2xK9aY3g48wx2Fq0a"  # as long as a live one: 46 characters
BUSINESS: Final = "Acme Plumbing Repair"  # 20 characters
# Where a language has most of its readers, and what they pay with.
HOME: Final = {
    "en": ("US", "USD"),
    "fr": ("FR", "EUR"),
    "es": ("ES", "EUR"),
    "de": ("DE", "EUR"),
    "it": ("IT", "EUR"),
    "pt": ("BR", "BRL"),
    "nl": ("NL", "EUR"),
}
KNOWN: Final = (*PLACEHOLDERS, CUSTOMER, COUNT, REST)
OCCASIONS: Final = tuple(one for one in Occasion if one is not Occasion.REQUEST)  # that stands in a table of its own
_ON: Final = date(2026, 11, 23)
_DUE: Final = date(2026, 11, 30)


@dataclass(frozen=True, slots=True)
class Sample:
    """One text with ordinary values, without and with how to stop."""

    language: str
    occasion: Occasion
    plain: ComposedText
    with_opt_out: ComposedText


def ordinary(language: str, occasion: Occasion) -> TextValues:
    """Values as most businesses have them, in a language's own country."""
    country, currency = HOME[language]
    return TextValues(
        business=BUSINESS,
        amount=Money.of("1234.50", currency),
        on=_ON,
        invoice="INV-1042, INV-1043" if occasion is Occasion.JOINT else "INV-1042",
        count=2 if occasion is Occasion.JOINT else None,
        first_name="Sophie",
        due=_DUE,
        link=None if occasion in {Occasion.RECEIPT, Occasion.PAID} else LINK,
        customer="Sophie Martin",
        language=language,
        country=country,
    )


def samples() -> list[Sample]:
    """Every built-in text."""
    return [_sample(language, occasion) for language in BUILT_IN for occasion in OCCASIONS]


def _sample(language: str, occasion: Occasion) -> Sample:
    words, values = BUILT_IN[language], ordinary(language, occasion)
    template = Template(words.of(occasion), KNOWN)
    return Sample(language, occasion, compose(template, values), compose(template, values, opt_out=words.opt_out))


_HEAD: Final = """\
<!-- Written by `python -m connector.config.outputs` from the words themselves. Change those, not this page. -->

# The words of texts

Every text has built-in words in English, French, Spanish, German, Italian, Portuguese and Dutch. Own ones go under
`[company.words]`, and in one more language under `[company.words.fr]` and so on; see the
[settings](configuration.md). A customer is written to in the language of the ledger's record where it has one, else
in the one whose `marker` the customer carries there, else in the company's `language`. QuickBooks and Xero tell
Duebird no language of a customer, so the marker is what counts. Texts to the owner are in the company's.

## What happens to the values

- `{business}`, `{first_name}` and `{invoice}` are the ledger's words and not trusted: hidden and direction
  characters, symbols and emoji go, a dot inside a word becomes a space, seven digits in a row go, lengths are capped
  (40, 20 and 21 characters). Accents that GSM-7 lacks become plain letters; other scripts stay as they are.
- `{amount}` is written as in the customer's country: that of the address in the ledger, else the company's. The
  currency's sign stands where it cannot be another's there (`$`, `£`, `¥` and `€`); else its code, such as
  `CAD 12.50`.
- `{due}` has the month as a word, and the year where it is not this one.
- `{link}` is the only address, the last thing, and on Stripe's host or your own domain there.
- Of an invoice that is [asked for in instalments](../how-to/instalments.md), `{amount}` says which it is:
  `$150.00 (part 1 of 2, total $500.00)`. A wording of your own may put that elsewhere: `[{part}]`, and the total alone
  is `[{total}]`. A receipt ends with what is left, `[{rest}]`. All three stand in square brackets: most invoices have
  none of them.

A value is never read as a wording. Curly quotes, dashes and accents of an own wording that GSM-7 lacks become plain
ones, with a warning when the settings are read. A part in square brackets falls away where a value in it is missing.

## How a text is fitted

A text that is longer than one message is shortened, one step after the other, until it is one:

"""

_AFTER: Final = """
Then the business's name loses words from its end, down to 12 characters. Amount, invoice number, link and how to stop
are never touched. What still needs two messages goes out as two; what needs three is refused, and you are told.

## How to stop

The first text to a number says it, and then every fifth (`stop_every`), receipts and texts to the owner too. The
word is STOP in every language: Twilio listens for the English ones, whatever the language around them. Duebird itself
also hears [the others](../explanation/replies.md).

| Language | Sentence | Characters |
|---|---|---|
"""

_ASKING: Final = """
## The request for consent

Where `ask` is on ([settings](configuration.md)), a customer of whom nothing is on record gets this once, with how to
stop in the same text. An own wording (`request`) is put around the sentence that asks, `{ask}`, which stays: by it a
request is found again at Twilio, in whatever language it was. A YES counts in each of the seven languages, whichever
the request was in.

| Language | Text | Units | Messages |
|---|---|---|---|
"""

_TABLE: Final = """
## What they say, and how long they are

With a business of 20 characters ("Acme Plumbing Repair"), the first name Sophie, the invoice INV-1042 (`joint`: two),
an amount of 1,234.50, a due date a week away and a link of 46 characters. Units are what a message of 160 holds: `€`
takes two. In brackets: with how to stop. "Left out" is what the longer of the two had to do without.

| | Text | Units | Messages | Left out |
|---|---|---|---|---|
"""

_LIMITS: Final = """
## What they cannot do

- GSM-7 has `é è à ù ä ö ü ñ ¿` but no `ç ê á í ó ú ã`. The words are chosen without those; only the Portuguese
  greeting is written as phones always have, "Ola". Months are brought to plain letters: "1er aout".
- They do not know the customer's gender, nor whether a first name is what the customer wants to be called. All are
  formal where the language has a formal way.
- Portuguese is one text for Brazil and Portugal, French one for France and Quebec, Spanish one for Spain and the
  Americas: words that all understand, not those that one would choose.
- How to stop is counted from the texts that are on record. Two texts to one number in the very same pass, a notice and
  a receipt, can both miss their turn; the next fifth has it again.
- Nobody but you can tell whether they suit your customers: `duebird preview` shows each before it goes out.
"""


def words_page() -> str:
    """The page."""
    steps = "\n".join(f"{number}. {what}" for number, (what, _) in enumerate(SHORTENING, start=1))
    stops = [f"| {words.name} | {words.opt_out} | {units(words.opt_out)} |" for words in BUILT_IN.values()]
    asks = [
        f"| {words.name} | {body} | {units(body)} | {segments(body)} |"
        for code, words in BUILT_IN.items()
        for body in [request_words(BUSINESS, code)]
    ]
    head = _HEAD + steps + "\n" + _AFTER + "\n".join(stops) + "\n" + _ASKING + "\n".join(asks) + "\n"
    return head + _TABLE + "\n".join(_rows()) + "\n" + _LIMITS


def _rows() -> Iterator[str]:
    for one in samples():
        name = f"{one.language} `{one.occasion.value}`"
        body = one.plain.body.replace("|", "\\|")
        length = f"{units(one.plain.body)} ({units(one.with_opt_out.body)})"
        count = f"{one.plain.segments} ({one.with_opt_out.segments})"
        yield f"| {name} | {body} | {length} | {count} | {', '.join(left_out(one))} |"


def left_out(one: Sample) -> list[str]:
    """What the text with how to stop lacks of its values."""
    values = ordinary(one.language, one.occasion)
    words = BUILT_IN[one.language].of(one.occasion)
    undated = compose(Template(words, KNOWN), replace(values, due=None, business="A", invoice="1"))
    dated = compose(Template(words, KNOWN), replace(values, business="A", invoice="1"))
    day = "30" if dated.body != undated.body else ""
    body = one.with_opt_out.body
    several = values.invoice or "" if values.count else ""
    found = [
        *(("first name", "Sophie" if "{first_name}" in words else ""), ("due date", day)),
        *(("invoice numbers", several), ("business", BUSINESS)),
    ]
    return [name for name, said in found if said and said not in body]
