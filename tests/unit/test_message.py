"""The words of texts: segments, names from the ledger, amounts, shortening."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
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
    plain_amount,
    signed_amount,
)
from connector.domain.money import Money
from connector.domain.segments import Encoding, encoding_of, is_gsm7, segments, to_gsm7
from connector.domain.spelling import spelled_amount
from connector.domain.wordings import BUILT_IN, Occasion

LINK = "https://buy.stripe.com/test_14k5nE2xK9aY3g48wx"  # as long as a live one: 46 characters
VALUES = TextValues(
    business="Acme Plumbing",
    amount=Money.of("120.00", "USD"),
    on=date(2026, 11, 23),
    invoice="INV-1042",
    first_name="Ana",
    due=date(2026, 11, 30),
    link=LINK,
)
OPT_OUT = BUILT_IN["en"].opt_out
ISSUED, DUE = BUILT_IN["en"].issued, BUILT_IN["en"].due


def said(
    values: TextValues, *, first: bool = False, on: Occasion = Occasion.ISSUED, template: Template | None = None
) -> ComposedText:
    """A text in English, in the built-in words of an occasion or in others."""
    known = (*PLACEHOLDERS, REST)
    return compose(template or Template(BUILT_IN["en"].of(on), known), values, opt_out=OPT_OUT if first else None)


names = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="abc ./:@+-1234567890wW\u202e\u200b\n\u3002\uff0e\u00b7{}[]", max_size=60),
)


# ------------------------------------------------------------------------------------------------------ segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("\u20ac" * 80, 1),
        ("\u20ac" * 81, 2),
        ("a" * 152 + "\u20ac" + "a" * 152, 3),  # the pair moves on whole: 152 + (2 + 151) + 1
        ("a" * 151 + "\u20ac" + "a" * 153, 2),
        ("\u00e7" + "a" * 69, 1),
        ("\u00e7" + "a" * 70, 2),
        ("\u00e7" + "a" * 133, 2),
        ("\u00e7" + "a" * 134, 3),
        ("\U0001f600" * 35, 1),
        ("\U0001f600" * 36, 2),
        ("\u00e7" + "a" * 65 + "\U0001f600" + "a" * 66, 3),  # a UTF-16 pair is not split either
    ],
)
def test_segments_are_counted_as_carriers_count(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Joe\u2019s \u201cBest\u201d \u2013 caf\u00e9", 'Joe\'s "Best" - caf\u00e9'),
        ("12\u202f000\u00a0EUR", "12 000 EUR"),
        ("Fran\u00e7ois S\u00e1nchez", "Francois Sanchez"),
        ("\u00c7a \u00f1and\u00fa \u00fcber \u00d8", "\u00c7a \u00f1andu \u00fcber \u00d8"),
        ("\u0141ukasz \u0110or\u0111e \u0152uvre", "Lukasz Dorde OEuvre"),
        ("e\u0301te\u0323", "\u00e9te"),
        ("\u20ac5 \u2026", "\u20ac5 ..."),
        ("\u041e\u043b\u044c\u0433\u0430", "\u041e\u043b\u044c\u0433\u0430"),
    ],
)
def test_names_are_brought_to_gsm7_where_that_is_fair(text: str, plain: str) -> None:
    assert to_gsm7(text) == plain


@given(st.text())
def test_bringing_to_gsm7_twice_changes_nothing_more(text: str) -> None:
    assert to_gsm7(to_gsm7(text)) == to_gsm7(text)


# --------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Acme\r\nPlumbing\t Ltd.", "Acme Plumbing Ltd."),
        ("Acme.com", "Acme com"),
        ("https://evil.example/pay", "evil example/pay"),
        ("www.evil.example", "evil example"),
        ("bit.ly/3xYz", "bit ly/3xYz"),
        ("evil\u3002com", "evil com"),
        ("evil\u00b7com", "evil com"),
        ("J.P. Morgan & Co.", "J P. Morgan & Co."),
        ("Call 555-123-4567 now", "Call now"),
        ("Call +1 (555) 123 4567", "Call"),
        ("Call 555_123_4567 or 555*123*4567", "Call or"),
        ("555,123,4567", ""),
        ("+1 (900) 555~0199", ""),
        ("\u0660\u0661\u0662\u0663\u0664\u0665\u0666 now", "now"),
        ("tel:5551234", "tel"),
        ("mailto:me@evil.com", "mailto:me@evil com"),
        ("\u05d3\u05d5\u05d3 \u202ecod.evil", "\u05d3\u05d5\u05d3 cod evil"),
        ("\u0410cme.com", "\u0410cme com"),
        ("abc\u202egnp.exe", "abcgnp exe"),
        ("Caf\u00e9 \u2615 Ol\u00e9 \U0001f600", "Caf\u00e9 Ol\u00e9"),
        ("24 Hour Fitness 7", "24 Hour Fitness 7"),
        ("\u200b\u200d", ""),
        ("A very long business name that goes on and on", "A very long business name that goes on"),
        ("x" * 60, "x" * 40),
    ],
)
def test_names_from_the_ledger_are_cleaned(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


def test_the_digits_of_an_invoice_number_stay() -> None:
    assert clean_reference("2026-11230001") == "2026-11230001"


@given(names)
def test_a_clean_name_is_no_link_no_number_and_no_second_line(raw: str) -> None:
    clean = clean_name(raw)
    assert "://" not in clean
    assert not re.search(r"\w\.\w", clean)
    assert not re.search(r"\d{7}", clean)
    assert len(clean) <= 40
    assert clean.isprintable()


# ---------------------------------------------------------------------------------------------- amounts and days


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money.of("120", "USD"), "$120.00"),
        (Money.of("1234567.8", "USD"), "$1,234,567.80"),
        (Money.of("40", "EUR"), "EUR 40.00"),
        (Money.of("5000", "JPY"), "\u00a55,000"),
        (Money.of("12.5", "GBP"), "\u00a312.50"),
        (Money.of("12.5", "CAD"), "CAD 12.50"),
        (Money.of("1.234", "KWD"), "KWD 1.234"),
        (Money.of("99", "CNY"), "CNY 99.00"),
    ],
)
def test_amounts_are_written_plainly(amount: Money, text: str) -> None:
    assert plain_amount(amount) == text
    assert is_gsm7(text)


def test_an_amount_below_zero_is_refused() -> None:
    with pytest.raises(MessageProblem):
        plain_amount(Money.of("-1", "USD"))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money.of("1234.50", "USD"), "$1,234.50"),
        (Money.of("0", "EUR"), "EUR 0.00"),
        (Money.of("-3.78", "USD"), "-$3.78"),
        (Money.of("-5000", "JPY"), "-¥5,000"),
        (Money.of("-3.7", "AUD"), "-AUD 3.70"),
    ],
)
def test_what_was_taken_has_its_sign_before_the_currency(amount: Money, text: str) -> None:
    assert signed_amount(amount) == text


# ----------------------------------------------------------------------------------------------------- templates


def test_an_unknown_placeholder_is_named_with_the_known_ones() -> None:
    with pytest.raises(MessageProblem, match=r"\{surname\}.*\{first_name\}"):
        Template("Hi {surname}, {business} {link}")


@pytest.mark.parametrize(
    "text",
    [
        "{business} {amount.amount} {link}",
        "{business} {0} {link}",
        "{business} {} {link}",
        "{business!r} {link}",
        "{business {link}",
        "{business}} {link}",
        "[{business}] pay {link}",
        "[a [b] {business}] {business} {link}",
        "no name {link}",
        "{business} {link}.",
        "{business}:{link}",
        "{business} {link} {link}",
        "{link} {business}",
        "{business} https://elsewhere.example {link}",
        "{business} see elsewhere.example {link}",
    ],
)
def test_a_wording_that_could_harm_is_refused(text: str) -> None:
    with pytest.raises(MessageProblem):
        Template(text)


def test_a_value_is_never_read_as_a_template() -> None:
    body = Template("{business}: {amount} {link}").render({"business": "{link}[x]", "amount": "1", "link": "L"})
    assert body == "{link}[x]: 1 L"


def test_a_missing_value_takes_its_optional_part_along() -> None:
    text = said(replace(VALUES, invoice=None, due=None, first_name=None), first=False)
    assert text.body == f"Your invoice from Acme Plumbing: $120.00. Pay online: {LINK}"


def test_a_missing_value_that_is_not_optional_is_an_error_that_names_it() -> None:
    with pytest.raises(MessageProblem, match=r"\{invoice\}"):
        said(replace(VALUES, invoice=None), first=False, template=Template("{business} {invoice} {link}"))


# --------------------------------------------------------------------------------------------------- whole texts


def test_the_default_texts_read_well_and_are_one_segment() -> None:
    issued = said(VALUES, first=True)
    assert issued.body == (
        "Hi Ana, your invoice INV-1042 from Acme Plumbing: $120.00, due Nov 30. "
        f"Reply STOP to opt out. Pay online: {LINK}"
    )
    due = said(VALUES, on=Occasion.DUE)
    assert due.body == (
        f"Hi Ana, Acme Plumbing here: your invoice INV-1042 for $120.00 is due today. Pay online: {LINK}"
    )
    paid = said(VALUES, on=Occasion.RECEIPT)
    assert paid.body == "Hi Ana, thank you! Acme Plumbing received your payment of $120.00 for invoice INV-1042."
    assert [t.segments for t in (issued, due, paid)] == [1, 1, 1]
    assert {t.encoding for t in (issued, due, paid)} == {Encoding.GSM7}


def test_a_first_receipt_says_how_to_stop() -> None:
    assert said(VALUES, first=True, on=Occasion.RECEIPT).body.endswith(OPT_OUT)


def test_the_first_name_goes_first_when_space_is_short() -> None:
    text = said(replace(VALUES, business="Acme Plumbing and Heating"), first=True)
    assert text.segments == 1
    assert text.body.startswith("Your invoice INV-1042 from Acme Plumbing and Heating: $120.00, due Nov 30.")


def test_then_the_legal_form_then_the_due_date_then_words_of_the_business() -> None:
    def business_of(name: str) -> str:
        body = said(replace(VALUES, business=name, invoice="INV-2026-1042"), first=True).body
        assert segments(body) == 1
        return body.partition(" from ")[2].partition(" Reply")[0]

    assert business_of("Acme Plumbers, Incorporated") == "Acme Plumbers: $120.00, due Nov 30."
    assert business_of("Acme Plumbing, Heating and Air") == "Acme Plumbing, Heating and Air: $120.00."
    assert business_of("Acme Plumbing, Heating and Ventilation") == "Acme Plumbing, Heating: $120.00."


def test_what_an_own_wording_insists_on_is_never_left_out_of_it() -> None:
    template = Template("{business} for {first_name}, by {due}: " + "word " * 15 + "{link}")
    text = said(VALUES, first=True, template=template)
    assert text.segments == 2
    assert "for Ana, by Nov 30: word" in text.body


def test_a_name_in_another_script_is_left_out_rather_than_doubling_the_price() -> None:
    text = said(replace(VALUES, first_name="\u041e\u043b\u044c\u0433\u0430"), first=False)
    assert (text.segments, text.encoding) == (1, Encoding.GSM7)


def test_a_business_in_another_script_is_named_in_its_own() -> None:
    text = said(replace(VALUES, business="\u6771\u4eac\u6c34\u9053"), first=True)
    assert (text.segments, text.encoding) == (2, Encoding.UCS2)
    assert "\u6771\u4eac\u6c34\u9053" in text.body


def test_over_two_segments_is_refused_with_what_to_change() -> None:
    long = Template("{business} " + "word " * 60 + "{link}")
    with pytest.raises(MessageProblem, match="3 messages long; 2 is the most"):
        said(VALUES, first=False, template=long)


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "http://buy.stripe.com/x",
        "buy.stripe.com/x",
        "https://x/\n",
        "https://x/ y",
        "https://x/`",
        "https://[x",
    ],
)
def test_a_link_that_is_no_plain_https_address_is_refused(link: str | None) -> None:
    with pytest.raises(MessageProblem, match="link"):
        said(replace(VALUES, link=link), first=False)


def test_nobody_is_asked_for_less_than_nothing() -> None:
    with pytest.raises(MessageProblem, match="below zero"):
        said(replace(VALUES, amount=Money.of("-1", "USD")))


def test_a_link_on_loopback_may_be_plain_http() -> None:
    text = said(replace(VALUES, link="http://127.0.0.1:8000/pay/plink_1"), first=False)
    assert text.body.endswith(" http://127.0.0.1:8000/pay/plink_1")


def test_a_business_without_a_usable_name_is_refused() -> None:
    with pytest.raises(MessageProblem, match="name"):
        said(replace(VALUES, business="\u200b"), first=False)


@pytest.mark.parametrize(
    "text",
    [
        "{business}.com says: {link}",
        "www.{business} {link}",
        "{business}: {first_name}.{invoice} {link}",
        "{business}: {first_name}[.]{invoice} {link}",
        "{business} evil.\u0440\u0444 {link}",
    ],
)
def test_a_wording_that_a_value_would_complete_to_an_address_is_refused(text: str) -> None:
    with pytest.raises(MessageProblem, match="address of its own"):
        Template(text)


@pytest.mark.parametrize("hidden", ["\n", "\0", "\x1b", "\u2028", "\u202e", "\u2066"])
def test_a_wording_with_what_nobody_sees_is_refused(hidden: str) -> None:
    with pytest.raises(MessageProblem, match="nobody can see"):
        Template(f"{{business}}{hidden} {{link}}")


def test_parts_that_meet_to_an_address_because_one_between_fell_away_are_refused() -> None:
    template = Template("{business}: {first_name}[.][ {due} ][com] {link}")
    assert said(VALUES, first=False, template=template).body.startswith("Acme Plumbing: Ana. Nov 30 com ")
    with pytest.raises(MessageProblem, match="make an address together"):
        said(replace(VALUES, due=None), first=False, template=template)


def test_opt_out_stands_before_the_sentence_of_the_link() -> None:
    assert (
        Template("{business} asks. Pay {link}").with_opt_out(OPT_OUT).text
        == f"{{business}} asks. {OPT_OUT} Pay {{link}}"
    )
    assert Template("{business} {link}").with_opt_out(OPT_OUT).text == f"{OPT_OUT} {{business}} {{link}}"


@given(
    template=st.sampled_from([ISSUED, DUE]),
    business=names,
    first_name=names,
    invoice=names,
    minor=st.integers(min_value=1, max_value=10**9),
    currency=st.sampled_from(["USD", "EUR", "JPY", "KWD", "INR"]),
    first=st.booleans(),
)
def test_whatever_the_ledger_holds_a_text_has_one_link_and_it_is_last(
    *, template: str, business: str, first_name: str, invoice: str, minor: int, currency: str, first: bool
) -> None:
    values = replace(
        VALUES,
        business=business,
        first_name=first_name,
        invoice=invoice,
        amount=Money.from_minor(minor, currency),
    )
    try:
        text = said(values, first=first, template=Template(template))
    except MessageProblem:
        assert not clean_name(business) or not is_gsm7(clean_name(business) + clean_reference(invoice))
        return
    assert text.body.endswith(f" {LINK}")
    assert text.body.count("://") == 1
    assert not re.search(r"\w\.[^\W\d]{2,}", text.body.removesuffix(LINK))
    assert text.body.isprintable()
    assert text.segments == segments(text.body) <= MOST_SEGMENTS
    assert text.encoding is encoding_of(text.body)
    assert spelled_amount(values.amount, "en") in text.body
    assert (OPT_OUT in text.body) == first


@pytest.mark.parametrize("name", ["iFix", "à la carte"])
def test_a_name_that_comes_first_is_written_as_its_owner_does(name: str) -> None:
    template = Template("[Hi {first_name}, ]{business}: {amount}. {link}")
    made = compose(template, replace(VALUES, business=name, first_name=None))
    assert made.body.startswith(f"{name}: ")
    assert made.encoding is Encoding.GSM7
    words = Template("[Hi {first_name}, ]your invoice from {business}: {amount}. {link}")
    assert compose(words, replace(VALUES, first_name=None)).body.startswith("Your invoice")


def test_the_numbers_of_several_invoices_are_all_of_them_or_none() -> None:
    template = Template("{business}: {count} invoices[ ({invoice})], {amount}. {link}", (*PLACEHOLDERS, COUNT))
    few = replace(VALUES, invoice="INV-1, INV-2", count=2)
    assert "(INV-1, INV-2)" in compose(template, few).body
    many = replace(VALUES, invoice=", ".join(f"INV-2026-{number:04}" for number in range(8)), count=8)
    assert "8 invoices, " in compose(template, many).body
