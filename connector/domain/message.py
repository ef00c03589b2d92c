"""The words of a text, from values to the exact characters that go out.

Names come from a ledger and are not trusted: they are stripped of what could pass for a link or a number to call.
A text is fitted to one segment by the declared steps of `SHORTENING`; over `MOST_SEGMENTS` it is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from connector.domain.money import Money, decimals_of
from connector.domain.segments import Encoding, encoding_of, is_gsm7, segments, to_gsm7
from connector.domain.spelling import spelled_amount, spelled_day

PLACEHOLDERS: Final = ("business", "first_name", "amount", "invoice", "due", "link")
PART: Final = "part"  # of an invoice that is asked for in instalments: which one `amount` is
TOTAL: Final = "total"  # of such an invoice
REST: Final = "rest"  # in a receipt: what is still owed of such an invoice
COUNT: Final = "count"  # of a text about several invoices
CUSTOMER: Final = "customer"  # in words to the owner only: a customer knows who they are
MOST_SEGMENTS: Final = 2  # carriers join two reliably; a third doubles the price again and reads as spam

_BUSINESS_CAP: Final = 40  # characters; longer names push the link into a second segment
_BUSINESS_FLOOR: Final = 12  # shorter than this a business is no longer recognised
_NAME_CAP: Final = 20
INVOICE_CAP: Final = 21  # QuickBooks' own limit of an invoice number
_NUMBERS_CAP: Final = 48  # of several invoices, four of usual length: with more the sum says enough
_LINK_CAP: Final = 100  # Stripe's are 46; a stand-in's or an own domain's somewhat longer

# Only where the sign means this currency to most people; the others get their code.
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
# Seven digits are the shortest number to call, whatever stands between them: phones pass over most signs.
_PHONE: Final = re.compile(r"\+?\(?\d(?:[\W_]{0,3}\d){6,}\)?")
_SPACES: Final = re.compile(r"\s+")
_LEGAL_FORM: Final = re.compile(
    r"[,\s]+(?:ltd|limited|llc|l l c|llp|inc|incorporated|corp|corporation|co|company|plc|pty ltd|pty|gmbh|ag|kg|ohg|"
    r"ug|sarl|sas|eurl|sa|s a|sl|s l|srl|s r l|spa|s p a|lda|ltda|bv|b v|nv|n v)"
    r"\.?$",
    re.IGNORECASE,
)
_LOOSE_END: Final = re.compile(
    r"(?:[\s,&+-]|\b(?:and|of|the|for|et|de|du|des|la|le|und|der|y|e|di|da|do|en|van))+$", re.IGNORECASE
)
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

    `link` is None for texts that carry none, such as a receipt. `count`: how many invoices, where `invoice` names
    several and `amount` is of all of them. `language` (ISO 639-1) and `country` (ISO 3166) are
    the reader's: how they write amounts and days. `customer` is for words to the owner. `part` says which instalment of
    `total` the amount is, in full and alone; `rest` is what is owed after a payment.
    """

    business: str
    amount: Money
    on: date
    invoice: str | None = None
    first_name: str | None = None
    due: date | None = None
    link: str | None = None
    customer: str | None = None
    count: int | None = None
    part: str | None = None
    part_alone: str | None = None
    total: Money | None = None
    rest: Money | None = None
    language: str = "en"
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A wording with placeholders `{business}` and optional parts in square brackets. Values only, never code.

    `known`: the placeholders it may use.

    Raises:
        MessageProblem: an unknown placeholder, a stray bracket, or a link that is not last.
    """

    text: str
    known: tuple[str, ...] = PLACEHOLDERS

    def __post_init__(self) -> None:
        rest = _PLACEHOLDER.sub("", self.text)
        unknown = sorted({name for name in _PLACEHOLDER.findall(self.text) if name not in self.known})
        if unknown:
            raise MessageProblem(
                f"The wording uses {', '.join(f'{{{name}}}' for name in unknown)}, which is not known. "
                f"Known are {', '.join(f'{{{name}}}' for name in self.known)}."
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

    def misses(self, values: dict[str, str]) -> bool:
        """Whether it needs a value that is not there, outside of brackets."""
        return any(not values.get(name) for name in _PLACEHOLDER.findall(_OPTIONAL.sub("", self.text)))

    def with_opt_out(self, sentence: str) -> Template:
        """The same with how to stop: before the sentence that holds the link, else at the end."""
        if not self.has_link:
            return Template(f"{self.text} {sentence}", self.known)
        ends = [match.end() for match in _SENTENCE_END.finditer(self.text)]
        cut = ends[-1] if ends else 0
        return Template(f"{self.text[:cut]}{sentence} {self.text[cut:]}", self.known)

    def with_part(self) -> Template:
        """The same with which instalment its amount is, behind the amount, where it does not say so itself."""
        said = f"{{{PART}}}" in self.text
        text = self.text if said else self.text.replace("{amount}", f"{{amount}} ({{{PART}}})", 1)
        return Template(text, (*self.known, PART))

    def render(self, values: dict[str, str]) -> str:
        """Fill it. An optional part with a missing (empty) value falls away; a value is never read as a template.

        Raises:
            MessageProblem: a value outside of brackets is missing.
        """
        parts = [
            (part, self._fill(part, values, optional=index % 2 == 1))
            for index, part in enumerate(_OPTIONAL.split(self.text))
        ]
        filled = "".join(said for _, said in parts)
        begins = next((part for part, said in parts if said), "")
        # What is left begins a sentence. A name stays as its owner writes it: "iFix", and "à la carte", whose capital
        # would make a text of two messages.
        return filled if begins.startswith("{") else filled[:1].upper() + filled[1:]

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


# A company has some dozen wordings in some languages, and each text is put together twice: when it is decided and
# when it goes out. Held to its rules once: 256 are those of ten companies that wrote all their own.
_PART_ALONE: Final = "part_alone"  # no placeholder: what is left of `part` where its total is left out
_saying_how_to_stop: Final[Callable[[Template, str], Template]] = lru_cache(256)(Template.with_opt_out)
_saying_which_part: Final[Callable[[Template], Template]] = lru_cache(256)(Template.with_part)


def compose(
    template: Template, values: TextValues, *, opt_out: str | None = None, hosts: frozenset[str] | None = None
) -> ComposedText:
    """The text of a wording and its values.

    `opt_out`: the sentence that says how to stop, where this text is to say it. `hosts`: where a payment link may
    lead, besides a stand-in on this machine; None: anywhere.

    Raises:
        MessageProblem: no text can be made of them; the message says what to change.
    """
    said = _saying_which_part(template) if values.part else template
    chosen = _saying_how_to_stop(said, opt_out) if opt_out else said
    plain = _plain_values(values, hosts, needs_link=chosen.has_link)
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


def clean_name(text: str, cap: int = _BUSINESS_CAP, *, gsm7: bool = True) -> str:
    """A name from the ledger as it may stand in a text, or on a page (`gsm7` off: with all its letters).

    Look-alike forms are brought to plain ones, GSM-7 where that is fair; control, direction and invisible
    characters, symbols and emoji go; a dot inside a word becomes a space, so that no phone makes a link of it; seven
    digits and more go. At most `cap` characters, cut at a word where one ends in the second half. May be empty.
    """
    return _cut(_SPACES.sub(" ", _PHONE.sub(" ", _without_links(text, gsm7=gsm7))).strip(" ,;:-"), cap).strip(" ,;:-")


def clean_reference(text: str, cap: int = INVOICE_CAP, *, gsm7: bool = True) -> str:
    """An invoice number as it may stand in a text: as a name, but its digits stay."""
    return _cut(_SPACES.sub(" ", _without_links(text, gsm7=gsm7)).strip(), cap)


def plain_amount(amount: Money) -> str:
    """`$1,234.50`, `EUR 40.00`, `¥5,000`, for the owner's terminal; `spelled_amount` is for the reader of a text."""
    if amount.amount < 0:
        raise MessageProblem("An amount below zero is no amount to ask for.")
    digits = f"{amount.amount:,.{decimals_of(amount.currency)}f}"
    sign = _SIGNS.get(amount.currency)
    return f"{sign}{digits}" if sign else f"{amount.currency} {digits}"


def signed_amount(amount: Money) -> str:
    """`plain_amount` of what came in, `-$3.78` of what was taken."""
    return plain_amount(amount) if amount.amount >= 0 else f"-{plain_amount(Money.zero(amount.currency) - amount)}"


# ------------------------------------------------------------------------------------------------- to one segment


def _drop_first_name(values: dict[str, str]) -> dict[str, str]:
    return {**values, "first_name": ""}


def _drop_legal_form(values: dict[str, str]) -> dict[str, str]:
    return {**values, "business": _LEGAL_FORM.sub("", values["business"]) or values["business"]}


def _drop_due(values: dict[str, str]) -> dict[str, str]:
    return {**values, "due": ""}


def _drop_total(values: dict[str, str]) -> dict[str, str]:
    return {**values, PART: values[_PART_ALONE]}


def _drop_numbers(values: dict[str, str]) -> dict[str, str]:
    return {**values, "invoice": ""} if values[COUNT] else values


# Taken one after the other, each on top of the last, until the text is one segment. The business's name is then
# shortened word by word down to `_BUSINESS_FLOOR`; amount, invoice number, opt-out and link are never touched.
SHORTENING: Final = (
    ("leave out the first name", _drop_first_name),
    ("leave out the business's legal form", _drop_legal_form),
    ("leave out the due date", _drop_due),
    ("leave out the total of an invoice that is paid in instalments", _drop_total),
    ("leave out the numbers of the invoices, where there are several", _drop_numbers),
)


def _plain_values(values: TextValues, hosts: frozenset[str] | None, *, needs_link: bool) -> dict[str, str]:
    business = clean_name(values.business)
    if not business:
        raise MessageProblem("The business has no name that can stand in a text; set one in the settings.")
    return {
        "business": business,
        "first_name": clean_name(values.first_name or "", _NAME_CAP),
        "amount": _spelled(values.amount, values),
        "invoice": _numbers(values),
        "due": spelled_day(values.due, values.on, values.language, values.country) if values.due else "",
        "link": _checked_link(values.link, hosts) if needs_link else "",
        CUSTOMER: clean_name(values.customer or ""),
        COUNT: str(values.count) if values.count else "",
        PART: values.part or "",
        _PART_ALONE: values.part_alone or "",
        TOTAL: _spelled(values.total, values) if values.total else "",
        REST: _spelled(values.rest, values) if values.rest else "",
    }


def _spelled(amount: Money, values: TextValues) -> str:
    try:
        return spelled_amount(amount, values.language, values.country)
    except ValueError as error:
        raise MessageProblem(str(error)) from None


def _numbers(values: TextValues) -> str:
    if not values.count:
        return clean_reference(values.invoice or "")
    whole = clean_reference(values.invoice or "", len(values.invoice or ""))
    return whole if len(whole) <= _NUMBERS_CAP else ""  # some of them would look like all of them


def _fitted(template: Template, values: dict[str, str]) -> str:
    """The first of the ever shorter texts that is one segment, else the first that has the fewest."""
    tries = [template.render(values)]
    for _, step in SHORTENING:
        if segments(tries[-1]) == 1:
            return tries[-1]
        shorter = step(values)
        if not template.misses(shorter):  # a wording of the owner's own may insist on it
            values = shorter
            tries.append(template.render(values))
    words = values["business"].split(" ")
    while segments(tries[-1]) > 1 and len(words) > 1:
        words.pop()
        business = _LOOSE_END.sub("", " ".join(words))
        if len(business) < _BUSINESS_FLOOR:
            break
        tries.append(template.render({**values, "business": business}))
    return min(tries, key=segments)


def _checked_link(link: str | None, hosts: frozenset[str] | None) -> str:
    if not link:
        raise MessageProblem("The text needs a payment link, and there is none.")
    plain = link.isascii() and link.isprintable() and is_gsm7(link) and not set(link) & set(" []")
    parts = urlsplit(link) if plain else urlsplit("")
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or len(link) > _LINK_CAP:
        raise MessageProblem(f"The payment link is not an https address of at most {_LINK_CAP} plain characters.")
    if hosts is not None and parts.hostname not in hosts | _LOOPBACK:
        raise MessageProblem(
            f"The payment link leads to {parts.hostname}, which is not where your links should lead "
            f"({', '.join(sorted(hosts))}). If it is a domain of yours that you set up at Stripe, write it as "
            "link_host under [company.stripe]."
        )
    return link


def _without_links(text: str, *, gsm7: bool) -> str:
    flat = unicodedata.normalize("NFKC", text)
    if gsm7:
        flat = to_gsm7(flat)  # first, or a middle dot would become a dot unseen
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
