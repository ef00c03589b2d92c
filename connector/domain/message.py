"""The words of a text, from values to the exact characters that go out.

Names come from a ledger and are not trusted: they are stripped of what could pass for a link or a number to call.
A text is fitted to one segment by the declared steps of `SHORTENING`; over `MOST_SEGMENTS` it is refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from connector.domain.money import Money, decimals_of
from connector.domain.segments import Encoding, encoding_of, is_gsm7, segments, to_gsm7

PLACEHOLDERS: Final = ("business", "first_name", "amount", "invoice", "due", "link")
MOST_SEGMENTS: Final = 2  # carriers join two reliably; a third doubles the price again and reads as spam

OPT_OUT: Final = "Reply STOP to opt out."  # US carriers ask for it in the first text to a number

# Parts in square brackets fall away where a value in them is missing. The business comes early so that the reader
# knows who writes; nothing hurries anybody; the link is last, after a space, with nothing behind it.
ISSUED: Final = (
    "[Hi {first_name}, ]here is your invoice[ {invoice}] from {business}: {amount}[, due {due}]. Pay online: {link}"
)
UPCOMING: Final = (
    "[Hi {first_name}, ]a reminder from {business}: your invoice[ {invoice}] for {amount} is due[ {due}]. "
    "Pay online: {link}"
)
DUE: Final = (
    "[Hi {first_name}, ]a reminder from {business}: your invoice[ {invoice}] for {amount} is due today. "
    "Pay online: {link}"
)
PAST_DUE: Final = (
    "[Hi {first_name}, ]a reminder from {business}: your invoice[ {invoice}] for {amount} was due[ {due}]. "
    "Pay online: {link}"
)
RECEIPT: Final = "[Hi {first_name}, ]thank you! {business} received your payment of {amount}[ for invoice {invoice}]."

_BUSINESS_CAP: Final = 40  # characters; longer names push the link into a second segment
_BUSINESS_FLOOR: Final = 12  # shorter than this a business is no longer recognised
_NAME_CAP: Final = 20
_INVOICE_CAP: Final = 21  # QuickBooks' own limit of an invoice number
_LINK_CAP: Final = 100  # Stripe's are 46; a stand-in's or an own domain's somewhat longer

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Only where the sign means this currency to the people who use it and GSM-7 has it as one unit. "$" of Canada or
# Australia, "kr" and "¥" of China could be read as another currency; "€" costs two units: those get their code.
_SIGNS: Final = {"USD": "$", "GBP": "£", "JPY": "¥"}

_PLACEHOLDER: Final = re.compile(r"\{([^{}\[\]]*)\}")
_OPTIONAL: Final = re.compile(r"\[([^\[\]]*)\]")
_SCHEME: Final = re.compile(r"\w*://+|\bwww\b\.?", re.IGNORECASE)
# A dot of any script with something on both sides that may stand in an address: also the vowel signs of India and
# the accents, which are no letters to a regular expression.
_OF_A_WORD: Final = r"""[^\s!"#$%&'()*+,./:;<=>?@\[\\\]^`{|}~\u2024\u3002\uff0e\uff61]"""
_DOT_IN_WORD: Final = re.compile(rf"(?<={_OF_A_WORD})[.\u2024\u3002\uff0e\uff61]+(?={_OF_A_WORD})")
# What phones make a link of, short of knowing all endings; none has a digit in its first two letters.
_ADDRESS: Final = re.compile(rf"://|{_OF_A_WORD}[.\u2024\u3002\uff0e\uff61]+(?!\d){_OF_A_WORD}(?!\d){_OF_A_WORD}")
_PHONE: Final = re.compile(r"\+?\(?\d(?:[\s().\-/]{0,3}\d){6,}\)?")  # seven digits are the shortest number to call
_SPACES: Final = re.compile(r"\s+")
_LEGAL_FORM: Final = re.compile(
    r"[,\s]+(?:ltd|limited|llc|l l c|llp|inc|incorporated|corp|corporation|co|company|plc|pty ltd|pty|gmbh|sarl|sas|bv)"
    r"\.?$",
    re.IGNORECASE,
)
_LOOSE_END: Final = re.compile(r"(?:[\s,&+-]|\b(?:and|of|the|for))+$", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[.!?] +(?=\S)")
_TURNS_AROUND: Final = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # an address written backwards
_LOOPBACK: Final = frozenset(("127.0.0.1", "::1", "localhost"))


class MessageProblem(ValueError):
    """A text cannot be made as asked; the message says what to change. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class ComposedText:
    """The exact characters of a text, and what it is paid as."""

    body: str
    segments: int
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class TextValues:
    """What a text is about. Names are the ledger's own words; `on` is the company's civil date of sending.

    `link` is None for texts that carry none, such as a receipt.
    """

    business: str
    amount: Money
    on: date
    invoice: str | None = None
    first_name: str | None = None
    due: date | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A wording with placeholders `{business}` and optional parts in square brackets. Values only, never code.

    Raises:
        MessageProblem: an unknown placeholder, a stray bracket, or a link that is not last.
    """

    text: str

    def __post_init__(self) -> None:
        rest = _PLACEHOLDER.sub("", self.text)
        unknown = sorted({name for name in _PLACEHOLDER.findall(self.text) if name not in PLACEHOLDERS})
        if unknown:
            raise MessageProblem(
                f"The wording uses {', '.join(f'{{{name}}}' for name in unknown)}, which is not known. "
                f"Known are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}."
            )
        if set(_OPTIONAL.sub("", rest)) & set("{}[]"):
            raise MessageProblem("The wording has a bracket without its partner, or brackets within brackets.")
        if "{business}" not in _OPTIONAL.sub("", self.text):
            raise MessageProblem("The wording must say who writes: put {business} in it, outside of square brackets.")
        # Also what values would complete, as in "{business}.com", whether or not an optional part is there.
        filled = _PLACEHOLDER.sub("xx", self.text)
        if any(_ADDRESS.search(one) for one in (re.sub(r"[\[\]]", "", filled), _OPTIONAL.sub("", filled))):
            raise MessageProblem("The wording holds an address of its own. A text carries one link only: {link}.")
        if any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in _TURNS_AROUND for c in self.text):
            raise MessageProblem(
                "The wording has a line break or a character that nobody can see. Write it again in one line."
            )
        if "{link}" in self.text and (not self.text.endswith(" {link}") or self.text.count("{link}") > 1):
            raise MessageProblem("{link} must be the last thing of the wording, once, with a space before it.")

    @property
    def has_link(self) -> bool:
        """Whether it carries the payment link."""
        return self.text.endswith(" {link}")

    def with_opt_out(self) -> Template:
        """The same with how to stop: before the sentence that holds the link, else at the end."""
        if not self.has_link:
            return Template(f"{self.text} {OPT_OUT}")
        ends = [match.end() for match in _SENTENCE_END.finditer(self.text)]
        cut = ends[-1] if ends else 0
        return Template(f"{self.text[:cut]}{OPT_OUT} {self.text[cut:]}")

    def render(self, values: dict[str, str]) -> str:
        """Fill it. An optional part with a missing (empty) value falls away; a value is never read as a template.

        Raises:
            MessageProblem: a value outside of brackets is missing.
        """
        filled = "".join(
            self._fill(part, values, optional=index % 2 == 1) for index, part in enumerate(_OPTIONAL.split(self.text))
        )
        starts_with_words = not self.text.lstrip("[").startswith("{")
        return filled[:1].upper() + filled[1:] if starts_with_words else filled

    @staticmethod
    def _fill(part: str, values: dict[str, str], *, optional: bool) -> str:
        missing = [name for name in _PLACEHOLDER.findall(part) if not values.get(name)]
        if missing and optional:
            return ""
        if missing:
            raise MessageProblem(
                f"The text needs {{{missing[0]}}}, which is not known for this invoice. "
                "Give it in the ledger, or put that part of the wording in square brackets."
            )
        return _PLACEHOLDER.sub(lambda match: values[match[1]], part)


def notice_on_issue(values: TextValues, *, first: bool, template: Template | None = None) -> ComposedText:
    """The text for a newly issued invoice. `first`: nothing was ever sent to that number, so it says how to stop."""
    return _composed(template or Template(ISSUED), values, first=first)


def notice_on_due_date(values: TextValues, *, first: bool, template: Template | None = None) -> ComposedText:
    """The text for an invoice that is due on the day of sending."""
    return _composed(template or Template(DUE), values, first=first)


def notice_upcoming(values: TextValues, *, first: bool) -> ComposedText:
    """The text some days before an invoice is due."""
    return _composed(Template(UPCOMING), values, first=first)


def notice_past_due(values: TextValues, *, first: bool) -> ComposedText:
    """The text once the due date is past: a reminder, or the due date's own after a weekend or an outage."""
    return _composed(Template(PAST_DUE), values, first=first)


def receipt(values: TextValues, *, first: bool = False, template: Template | None = None) -> ComposedText:
    """The text that says a payment arrived. It carries no link."""
    chosen = template or Template(RECEIPT)
    if chosen.has_link:
        raise MessageProblem("A receipt carries no link: take {link} out of its wording.")
    return _composed(chosen, values, first=first)


def clean_name(text: str, cap: int = _BUSINESS_CAP) -> str:
    """A name from the ledger as it may stand in a text.

    Look-alike forms are brought to plain ones, GSM-7 where that is fair; control, direction and invisible
    characters, symbols and emoji go; a dot inside a word becomes a space, so that no phone makes a link of it; seven
    digits and more go. At most `cap` characters, cut at a word where one ends in the second half. May be empty.
    """
    return _cut(_SPACES.sub(" ", _PHONE.sub(" ", _without_links(text))).strip(" ,;:-"), cap).strip(" ,;:-")


def clean_reference(text: str, cap: int = _INVOICE_CAP) -> str:
    """An invoice number as it may stand in a text: as a name, but its digits stay."""
    return _cut(_SPACES.sub(" ", _without_links(text)).strip(), cap)


def plain_amount(amount: Money) -> str:
    """`$1,234.50`, `EUR 40.00`, `¥5,000`: the currency's own decimals, always, in GSM-7 characters of one unit."""
    if amount.amount < 0:
        raise MessageProblem("An amount below zero is no amount to ask for.")
    digits = f"{amount.amount:,.{decimals_of(amount.currency)}f}"
    sign = _SIGNS.get(amount.currency)
    return f"{sign}{digits}" if sign else f"{amount.currency} {digits}"


def plain_date(day: date, on: date) -> str:
    """`30 Nov`, which cannot be read as another day; with the year where it is not that of `on`."""
    text = f"{day.day} {_MONTHS[day.month - 1]}"
    return text if day.year == on.year else f"{text} {day.year}"


# ------------------------------------------------------------------------------------------------- to one segment


def _drop_first_name(values: dict[str, str]) -> dict[str, str]:
    return {**values, "first_name": ""}


def _drop_legal_form(values: dict[str, str]) -> dict[str, str]:
    return {**values, "business": _LEGAL_FORM.sub("", values["business"]) or values["business"]}


def _drop_due(values: dict[str, str]) -> dict[str, str]:
    return {**values, "due": ""}


# Taken one after the other, each on top of the last, until the text is one segment. The business's name is then
# shortened word by word down to `_BUSINESS_FLOOR`; amount, invoice number, opt-out and link are never touched.
SHORTENING: Final = (
    ("leave out the first name", _drop_first_name),
    ("leave out the business's legal form", _drop_legal_form),
    ("leave out the due date", _drop_due),
)


def _composed(template: Template, values: TextValues, *, first: bool) -> ComposedText:
    chosen = template.with_opt_out() if first else template
    plain = _plain_values(values, needs_link=chosen.has_link)
    body = _fitted(chosen, plain)
    if _ADDRESS.search(body.removesuffix(plain["link"])):  # parts that meet where what stood between fell away
        raise MessageProblem("The wording and a name in it make an address together. Put words between the two.")
    count = segments(body)
    if count > MOST_SEGMENTS:
        raise MessageProblem(
            f"The text would be {count} messages long; {MOST_SEGMENTS} is the most. Shorten the wording, or the "
            "business's name in the settings."
        )
    return ComposedText(body, count, encoding_of(body))


def _plain_values(values: TextValues, *, needs_link: bool) -> dict[str, str]:
    business = clean_name(values.business)
    if not business:
        raise MessageProblem("The business has no name that can stand in a text; set one in the settings.")
    return {
        "business": business,
        "first_name": clean_name(values.first_name or "", _NAME_CAP),
        "amount": plain_amount(values.amount),
        "invoice": clean_reference(values.invoice or ""),
        "due": plain_date(values.due, values.on) if values.due else "",
        "link": _checked_link(values.link) if needs_link else "",
    }


def _fitted(template: Template, values: dict[str, str]) -> str:
    """The first of the ever shorter texts that is one segment, else the first that has the fewest."""
    tries = [template.render(values)]
    for _, step in SHORTENING:
        if segments(tries[-1]) == 1:
            return tries[-1]
        values = step(values)
        tries.append(template.render(values))
    words = values["business"].split(" ")
    while segments(tries[-1]) > 1 and len(words) > 1:
        words.pop()
        shorter = _LOOSE_END.sub("", " ".join(words))
        if len(shorter) < _BUSINESS_FLOOR:
            break
        tries.append(template.render({**values, "business": shorter}))
    return min(tries, key=segments)


def _checked_link(link: str | None) -> str:
    if not link:
        raise MessageProblem("The text needs a payment link, and there is none.")
    plain = link.isascii() and link.isprintable() and is_gsm7(link) and not set(link) & set(" []")
    parts = urlsplit(link) if plain else None
    safe = parts and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))
    if not safe or len(link) > _LINK_CAP:
        raise MessageProblem(f"The payment link is not an https address of at most {_LINK_CAP} plain characters.")
    return link


def _without_links(text: str) -> str:
    flat = to_gsm7(unicodedata.normalize("NFKC", text))  # first, or a middle dot would become a dot unseen
    kept = "".join(_kept(c) for c in flat)
    return _DOT_IN_WORD.sub(" ", _SCHEME.sub(" ", kept))


def _kept(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    if category in {"Cf", "Cn", "Co", "Cs", "So", "Sk", "Me"} or "\ufe00" <= char <= "\ufe0f":
        return ""
    return char


def _cut(text: str, cap: int) -> str:
    if len(text) <= cap:
        return text
    head = text[:cap]
    whole = head.rpartition(" ")[0] if not text[cap].isspace() else head
    return (whole if len(whole) >= cap // 2 else head).strip()
