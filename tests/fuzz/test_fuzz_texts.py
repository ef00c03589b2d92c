"""Texts: whatever wording the settings admit and whatever a ledger holds, the link is the only address, and it is last.

What a text is charged as, which characters go out and where a link begins are written here once more, from the
standards and from what phones do, so that a slip in the product is seen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from hypothesis import assume, example, given
from hypothesis import strategies as st

from connector.domain.message import (
    COUNT,
    MOST_SEGMENTS,
    PLACEHOLDERS,
    REST,
    ComposedText,
    MessageProblem,
    Template,
    TextValues,
    clean_name,
    clean_reference,
    compose,
)
from connector.domain.money import Money
from connector.domain.segments import Encoding, segments
from connector.domain.wordings import BUILT_IN, NOTICE_OCCASIONS, Occasion
from tests.fuzz.effort import effort

LINK: Final = "https://buy.stripe.com/14k5nE2xK9aY3g48wx"
DAY: Final = date(2026, 11, 23)

# 3GPP TS 23.038, 6.2.1: the table, in its own order, with the escape at 0x1B.
GSM: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED: Final = "\f^{}\\[~]|€"

NASTY: Final = (  # noqa: SIM905  a list would be mostly quotation marks
    "evil.com https://evil.example/x www.evil.example http://1.2.3.4 evil\u3002com evil\uff0ecom evil\u2024com "
    "evi\u0301l.com "
    "\u0939\u093f\u0928\u094d\u0926\u0940.com \u0645\u062b\u0627\u0644.\u0625\u062e\u062a evil.\u0440\u0444 "
    "bit\u00b7ly/x HTTPS:\\\\evil \uff48\uff54\uff54\uff50://evil //evil.com a.b.c evil.\u200bcom e\u00advil.com "
    "{link} {amount} {business} [ ] {x} $120.00 +1-900-555-0199 STOP Reply\nSTOP \u202emoc.live \u2066x\u2069 "
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u0000 \u001b \u0007 \u0085 \u2028 \ud800 \ufdfd \u1e9e"
).split(" ")
names = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(NASTY) | st.text(max_size=6), min_size=1, max_size=4).map("".join),
    st.lists(st.sampled_from(NASTY) | st.text(max_size=6), min_size=1, max_size=5).map(" ".join),
    st.text(alphabet="ab.:/@{}[]$ \u200b\u202e\u3002\u0301\u093f\u0660\uff0e\n", max_size=40),
    st.text(min_size=500, max_size=2000),
)
amounts = st.builds(
    Money.from_minor, st.integers(1, 10**12), st.sampled_from(["USD", "GBP", "JPY", "EUR", "KWD", "CLP", "INR", "XOF"])
)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
values = st.builds(
    TextValues,
    business=names,
    amount=amounts,
    on=st.just(DAY),
    invoice=st.none() | names,
    first_name=st.none() | names,
    due=st.none() | days,
    link=st.just(LINK),
)
placeholder = st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS if name != "link"])
wording = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="ab .,:/\n[]{}\u202e\u0007\u2019\U0001f600", max_size=12),
    placeholder,
    placeholder.map(lambda name: f"[ {name}]"),
    st.sampled_from([".", ".com", "://", " www.", "[", "]", "[.]", "[x]"]),
)
templates = st.lists(wording, max_size=8).map("".join)


languages = st.sampled_from(sorted(BUILT_IN))
countries = st.sampled_from(
    ["US", "CA", "GB", "IN", "FR", "CH", "DE", "AT", "ES", "MX", "IT", "BR", "PT", "NL", "BE", "X"]
)


def said(given_values: TextValues, *, first: bool = False, template: Template | None = None) -> ComposedText:
    """A text of the values' language: how to stop is said in it too."""
    words = BUILT_IN[given_values.language]
    return compose(template or Template(words.issued), given_values, opt_out=words.opt_out if first else None)


def admitted(text: str) -> Template | None:
    """The wording, None where the settings would refuse it."""
    try:
        return Template(text)
    except MessageProblem:
        return None


def made_by(builder: Callable[..., ComposedText], *given_values: TextValues, **how: Any) -> ComposedText | str:
    """The text, or the sentence with which it is refused."""
    try:
        return builder(*given_values, **how)
    except MessageProblem as problem:
        return str(problem)


def charged(text: str) -> int:
    """Messages a text is charged as: packed one after the other into their room, no character torn apart."""
    plain = all(letter in GSM or letter in ESCAPED for letter in text)
    sizes = [1 + (letter in ESCAPED) for letter in text] if plain else [len(c.encode("utf-16-le")) // 2 for c in text]
    if sum(sizes) <= (160 if plain else 70):
        return 1
    parts = [0]
    for size in sizes:
        if parts[-1] + size > (153 if plain else 67):
            parts.append(0)
        parts[-1] += size
    return len(parts)


def of_a_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"


def addresses_in(text: str) -> list[str]:
    """Where a phone could begin a link: a scheme, or a dot (of any script) between a word and two letters."""
    flat = unicodedata.normalize("NFKC", text)
    found = ["://"] if "://" in flat else []
    for place in zip(flat, flat[1:], flat[2:], flat[3:], strict=False):
        before, dot, *ending = place
        of_letters = all(of_a_word(letter) and not letter.isdigit() for letter in ending)
        if dot in ".\u3002\uff61\u2024" and of_a_word(before) and of_letters:
            found.append("".join(place))
    return found


def is_visible(letter: str) -> bool:
    return (
        unicodedata.category(letter) not in {"Cc", "Zl", "Zp", "Cs"} and letter not in "\u202a\u202b\u202c\u202d\u202e"
    )


def holds_the_rules(text: ComposedText, *, link: bool) -> None:
    body = text.body
    assert text.segments == charged(body) <= MOST_SEGMENTS
    assert [letter for letter in body if not is_visible(letter)] == []
    assert (text.encoding == "GSM-7") == all(letter in GSM or letter in ESCAPED for letter in body)
    if link:
        assert body.endswith(f" {LINK}")
        body = body.removesuffix(LINK)
    assert addresses_in(body) == []


@effort(4)
@given(text=templates, given_values=values, first=st.booleans())
@example(
    text="{business}.com {link}", given_values=TextValues("Acme", Money.of("1", "USD"), DAY, link=LINK), first=False
)
@example(
    text="{business}: {first_name}.{invoice} {link}",
    given_values=TextValues("Acme", Money.of("1", "USD"), DAY, invoice="com/pay", first_name="evil", link=LINK),
    first=False,
)
@example(
    text="{business}: {first_name}[.][{due}][com] {link}",
    given_values=TextValues("Acme", Money.of("1", "USD"), DAY, first_name="evil", link=LINK),
    first=False,
)
@example(text="{business}\u0007 {link}", given_values=TextValues("A", Money.of("1", "USD"), DAY, link=LINK), first=True)
@example(
    text="{business} \u202e {link}", given_values=TextValues("A", Money.of("1", "USD"), DAY, link=LINK), first=True
)
@example(text="www.{business} {link}", given_values=TextValues("A", Money.of("1", "USD"), DAY, link=LINK), first=True)
def test_any_wording_of_the_settings_gives_one_link_at_the_end_or_is_refused(
    text: str, given_values: TextValues, *, first: bool
) -> None:
    whole = text if "{link}" in text else f"{{business}} {text} {{link}}"
    template = admitted(whole)
    assume(template is not None)
    assert template is not None
    made = made_by(said, given_values, first=first, template=template)
    if isinstance(made, str):
        return
    holds_the_rules(made, link=True)
    assert not first or "Reply STOP to opt out." in made.body


@effort(4)
@given(
    given_values=values,
    language=languages,
    country=st.none() | countries,
    occasion=st.sampled_from((*NOTICE_OCCASIONS, Occasion.RECEIPT)),
    first=st.booleans(),
    divided=st.booleans(),
)
@example(
    given_values=TextValues("Acme", Money.of("3.00", "USD"), DAY, invoice="INV-1, INV-2, evil.com", link=LINK),
    language="en",
    country="US",
    occasion=Occasion.JOINT,
    first=True,
    divided=True,
)
@example(
    given_values=TextValues("Acme", Money.of("1234567.50", "CHF"), DAY, first_name="evil", invoice="com", link=LINK),
    language="fr",
    country="CH",
    occasion=Occasion.OVERDUE,
    first=True,
    divided=True,
)
def test_the_built_in_words_of_every_language_fit_whatever_the_ledger_holds(
    *, given_values: TextValues, language: str, country: str | None, occasion: Occasion, first: bool, divided: bool
) -> None:
    count = 3 if occasion is Occasion.JOINT else None
    given_values = replace(given_values, language=language, country=country, count=count)
    if divided and occasion is not Occasion.JOINT:
        given_values = replace(given_values, part="part 1 of 2, total $9.00", part_alone="part 1 of 2")
        given_values = replace(given_values, rest=given_values.amount)
    template = Template(BUILT_IN[language].of(occasion), (*PLACEHOLDERS, COUNT, REST))
    made = made_by(said, given_values, first=first, template=template)
    if isinstance(made, str):
        assert not clean_name(given_values.business) or "messages long" in made
        return
    holds_the_rules(made, link=occasion is not Occasion.RECEIPT)
    assert (BUILT_IN[language].opt_out in made.body) is first
    plain = [given_values.business, given_values.invoice or "", given_values.first_name or ""]
    if all(letter in GSM for name in plain for letter in clean_reference(name, 60)):
        assert made.encoding == "GSM-7", "only a name can make a text dear"


@given(text=templates, given_values=values)
@example(text="{business}\u2066", given_values=TextValues("A", Money.of("1", "USD"), DAY))
def test_a_receipt_in_any_wording_has_no_link_at_all(text: str, given_values: TextValues) -> None:
    template = admitted(text if "{business}" in text else f"{{business}}: {text}")
    assume(template is not None and not template.has_link)
    made = made_by(said, given_values, template=template)
    if isinstance(made, str):
        return
    holds_the_rules(made, link=False)


@effort(3)
@given(raw=names, cap=st.integers(1, 60))
@example(raw="\u0939\u093f\u0928\u094d\u0926\u0940.com", cap=40)
@example(raw="evil.\u0440\u0444", cap=40)
def test_a_name_of_the_ledger_is_one_line_without_addresses_numbers_or_hidden_letters(raw: str, cap: int) -> None:
    for clean in (clean_name(raw, cap), clean_reference(raw, cap)):
        assert len(clean) <= cap
        assert clean == clean.strip()
        assert "  " not in clean
        assert addresses_in(clean) == []
        assert [letter for letter in clean if not letter.isprintable()] == []
    digits = "".join(letter if letter.isdigit() else " " for letter in clean_name(raw, cap))
    assert max((len(run) for run in digits.split()), default=0) < 7


@given(raw=names)
def test_a_clean_name_stays_as_it_is(raw: str) -> None:
    assert clean_name(clean_name(raw)) == clean_name(raw)
    assert clean_reference(clean_reference(raw)) == clean_reference(raw)


@given(
    st.text(alphabet=st.sampled_from(GSM.replace("\x1b", "") + ESCAPED + "\u0447\U0001f600"), max_size=700)
    | st.text(max_size=400)
)
def test_a_text_is_counted_as_the_network_counts(text: str) -> None:
    assume("\x1b" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text))
    assert segments(text) == charged(text)


def with_field(plain: TextValues, field: str, value: str) -> TextValues:
    changed: Any = {field: value}
    return replace(plain, **changed)


@given(field=st.sampled_from(["first_name", "invoice", "business"]), name=st.sampled_from(PLACEHOLDERS), more=names)
def test_a_placeholder_in_a_name_is_only_letters(field: str, name: str, more: str) -> None:
    plain = TextValues("Acme", Money.of("120.00", "USD"), DAY, invoice="7", first_name="Ana", due=DAY, link=LINK)
    template = Template("{business} {first_name} {invoice}: {amount} {link}")
    named = with_field(plain, field, f"{{{name}}}{more}")
    made = made_by(said, named, first=False, template=template)
    if isinstance(made, str):
        assert "messages long" in made or "needs" in made
        return
    assert made.body.count(LINK) == 1
    assert made.body.count("$120.00") == 1, "no name has a dot between digits"
    assert clean_name(f"{{{name}}}{more}", 20 if field == "first_name" else 40).startswith(f"{{{name}"[:12])


@given(link=st.text(max_size=120) | st.from_regex(r"https?://[!-~]{0,110}", fullmatch=True))
@example(link="https://[::1")
@example(link="http://localhost@evil.example/")
@example(link="https://x]y")
def test_only_a_plain_https_address_is_texted_as_a_link(link: str) -> None:
    made = made_by(said, TextValues("Acme", Money.of("1", "USD"), DAY, link=link), first=False)
    if isinstance(made, str):
        return
    assert made.body.endswith(f" {link}")
    assert link.startswith(("https://", "http://127.0.0.1", "http://localhost", "HTTP", "Http", "hTTP"))
    assert " " not in link
    assert made.encoding == "GSM-7"
    assert "evil.example" not in link or link.startswith("https://")


@given(text=st.text(max_size=340))
def test_any_wording_is_admitted_or_refused_with_a_sentence(text: str) -> None:
    said = made_by(lambda: ComposedText(Template(text).text, 1, Encoding.GSM7))
    assert not isinstance(said, str) or said.endswith(".")
