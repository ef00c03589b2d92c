"""What payment pages say: in the reader's language, true, within the processor's limits, whatever a ledger holds."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.config.values import COUNTRIES
from connector.domain.dunning import Step
from connector.domain.joint import MOST_PARTS
from connector.domain.joint_notice import decide_together
from connector.domain.link_page import KNOWN, Line, Reader, farewell_of, page_of
from connector.domain.message import Template
from connector.domain.money import Money
from connector.domain.plan import decide
from connector.domain.receivable import Customer, ReceivableState
from connector.domain.spelling import written_day
from connector.domain.wordings import BUILT_IN
from connector.domain.wordings.pages import PAGES, PageWords
from connector.words import Wording
from tests.unit.situations import AMOUNT, LINK, NOON, POLICY, receivable, situation

WORDS = Wording()
FAREWELLS = [
    *("closed", "closed_joint", "under_way", "under_way_joint", "arrived", "arrived_joint", "settled", "withdrawn"),
    *("changed", "one_of_several", "replaced"),
]
MOST = {"title": 5000, "description": 1200, "receipt_line": 1000, "inactive_message": 500, "after_payment": 500}
WIDE = Money.of("9999999999999.99", "SEK")
LANGUAGES = pytest.mark.parametrize("language", sorted(PAGES))


def test_every_language_of_texts_has_its_page() -> None:
    assert list(PAGES) == list(BUILT_IN)


@LANGUAGES
def test_every_wording_names_the_business_and_what_it_is_about(language: str) -> None:
    for one in fields(PageWords):
        text = getattr(PAGES[language], one.name)
        assert Template(text, KNOWN).text.count("{business}") == 1
        several = one.name.endswith("_joint") or one.name == "one_of_several"
        assert ("{count}" in text or "{each}" in text) is several
        assert "{link}" not in text


def test_no_two_languages_say_the_same() -> None:
    """A wording that was left in English would be one of two alike; but Italian and Spanish may share a word or two."""
    for one in fields(PageWords):
        assert len({getattr(words, one.name) for words in PAGES.values()}) == len(PAGES)


@LANGUAGES
def test_the_longest_page_keeps_the_processors_limits_without_a_cut(language: str) -> None:
    reader = Reader(language, None)
    page = page_of(reader, "W" * 60, [Line("N" * 40, WIDE)] * MOST_PARTS, None)
    alone = page_of(reader, "W" * 60, [Line("N" * 40, WIDE)], date(2026, 9, 30))
    for name, most in MOST.items():
        assert len(getattr(page, name)) <= most
        assert len(getattr(alone, name)) <= most
    for wording in FAREWELLS:
        assert len(farewell_of(reader, "W" * 60, wording, "N" * 40, MOST_PARTS)) <= 500


def test_a_page_is_in_the_customers_language_and_forms() -> None:
    said = page_of(Reader("de", "DE"), "Fa\u00e7ade Bau", [Line("R-7", Money.of("1234.5", "EUR"))], date(2026, 12, 1))
    assert asdict(said) == {
        "title": "Rechnung R-7 von Fa\u00e7ade Bau",
        "description": "F\u00e4llig am 1. Dezember 2026. Fragen? Bitte wenden Sie sich an Fa\u00e7ade Bau.",
        "receipt_line": "Fa\u00e7ade Bau: Rechnung R-7",
        "inactive_message": "Diese Seite ist geschlossen: Hier wurde eine Zahlung f\u00fcr Rechnung R-7 gemacht, "
        "oder die Rechnung hat sich ge\u00e4ndert. Fragen? Bitte wenden Sie sich an Fa\u00e7ade Bau.",
        "after_payment": "Vielen Dank! Ihre Zahlung f\u00fcr Rechnung R-7 ist unterwegs zu Fa\u00e7ade Bau.",
    }


def test_a_page_of_several_lists_each_with_its_amount() -> None:
    lines = [Line("R-7", Money.of("1234.5", "EUR")), Line("R-8", Money.of("80", "EUR"))]
    said = page_of(Reader("fr", "FR"), "Plomberie", lines, None)
    assert said.title == "2 factures (R-7, R-8) de Plomberie"
    assert (
        said.description
        == "R-7: 1 234,50 \u20ac; R-8: 80,00 \u20ac. Pour n'en r\u00e9gler qu'une, contactez Plomberie."
    )


def test_where_one_invoice_has_no_number_none_is_named_and_nothing_is_in_another_language() -> None:
    unnumbered = page_of(Reader("nl", "NL"), "Loodgieter", [Line(None, AMOUNT)], None)
    assert unnumbered.title == "Factuur van Loodgieter"
    assert unnumbered.description == "Vragen? Neem contact op met Loodgieter."
    both = page_of(Reader("nl", "NL"), "Loodgieter", [Line("R-7", AMOUNT), Line(None, AMOUNT)], None)
    assert both.title == "2 facturen van Loodgieter"
    assert both.description.startswith("R-7: $ 120,00; $ 120,00. ")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("[pay here](https://evil.example)", "pay here ( evil"),
        ("\uff3bpay\uff3d(evil)", "pay (evil)"),
        ("<b>7</b>", "b 7 /b"),
        ("R\u202e7\u0000\n", "R7"),
        ("evil.example/7", "evil example/7"),
        ("\u00c7-7", "\u00c7-7"),
    ],
)
def test_what_a_ledger_holds_makes_no_link_and_no_markup_on_the_page(number: str, shown: str) -> None:
    assert page_of(Reader("en", "US"), "Acme", [Line(number, AMOUNT)], None).title.startswith(f"Invoice {shown}")


@given(st.text(max_size=80), st.text(min_size=1, max_size=80), st.sampled_from(sorted(PAGES)))
def test_no_number_and_no_name_keeps_a_link_up_or_opens_a_way_out_of_the_page(
    number: str, name: str, language: str
) -> None:
    business = name if name.strip() else "Acme"
    reader = Reader(language, None)
    page = page_of(reader, "Acme", [Line(number, AMOUNT)], None)
    for text in (*asdict(page).values(), farewell_of(reader, "Acme", "changed", number, 0)):
        assert not set(text) & set("[]<>\u202e\x00\n")
        assert "://" not in text
    assert farewell_of(reader, business, "changed", number, 0)


def test_a_business_whose_name_no_text_can_carry_still_gets_its_links_down() -> None:
    assert farewell_of(Reader("en", "US"), "\U0001f527", "changed", None, 0).endswith("please contact \U0001f527.")


@LANGUAGES
def test_a_day_on_a_page_is_in_words_with_its_year_in_every_country(language: str) -> None:
    for country in (None, *COUNTRIES):
        said = written_day(date(2026, 12, 7), language, country)
        assert "2026" in said
        assert any(part.strip(".,").isalpha() and len(part) > 3 for part in said.split())


# --------------------------------------------------------------------------------------------------- which words


def words_of(case: Any, **fields_of_link: Any) -> str:
    link = replace(LINK, **fields_of_link)
    [effect] = decide(replace(case, live_links=(link,)), POLICY, WORDS, NOON).effects
    assert effect.key == decide(replace(case, live_links=(link,)), POLICY, Wording("fr"), NOON).effects[0].key
    return str(json.loads(effect.request)["message"])


BOTH = frozenset({"145", "146"})
SEVERAL = "This page was for 2 invoices together. One of them, INV-7, has changed or is paid"


def owing(state: ReceivableState = ReceivableState.OPEN, balance: str = "50.00") -> Any:
    return situation(receivable=receivable(state=state, balance=Money.of(balance, "USD")))


@pytest.mark.parametrize(
    ("case", "link", "read"),
    [
        (owing(), {}, "This invoice, INV-7, has changed, so it cannot be paid here any more. To pay it"),
        (owing(ReceivableState.PAID, "0"), {}, "Thank you. Nothing is left to pay on this invoice, INV-7."),
        (owing(ReceivableState.VOIDED, "0"), {}, "This invoice, INV-7, is not to be paid any more."),
        (owing(ReceivableState.DELETED, "0"), {}, "This invoice, INV-7, is not to be paid any more."),
        (owing(ReceivableState.DRAFT), {}, "This invoice, INV-7, has changed"),
        (owing(), {"joint": BOTH}, SEVERAL),
        (owing(ReceivableState.VOIDED, "0"), {"joint": BOTH}, SEVERAL),
        (situation(payment_pending=True), {"joint": BOTH}, SEVERAL),
        (situation(payment_arrived=True), {"joint": BOTH}, SEVERAL),
        (
            situation(payment_pending=True),
            {"joint": BOTH, "used": True},
            "Thank you. A payment for 2 invoices is under",
        ),
        (
            situation(payment_arrived=True),
            {"joint": BOTH, "used": True},
            "Thank you. A payment for 2 invoices has been",
        ),
        (
            situation(),
            {"joint": BOTH, "used": True},
            "This page is closed: a payment for 2 invoices was made on it, or",
        ),
        (
            situation(),
            {"joint": BOTH},
            "This page has been replaced by another. If you have no newer message about it,",
        ),
    ],
)
def test_whoever_opens_a_dead_link_reads_what_happened_and_whom_to_ask(
    case: Any, link: dict[str, Any], read: str
) -> None:
    said = words_of(case, **link)
    assert said.startswith(read)
    assert said.endswith("lease contact Acme Plumbing.")


def test_the_key_of_a_link_does_not_depend_on_the_language_nor_its_words_on_the_day() -> None:
    german = Customer("c1", "Dana Reed", language="de", mobile="(212) 555-0123")
    bare = situation(live_links=(), links_made=0)
    [english] = decide(bare, POLICY, WORDS, NOON).effects
    [later] = decide(bare, POLICY, WORDS, NOON + timedelta(minutes=30)).effects
    [other] = decide(replace(bare, customer=german), POLICY, WORDS, NOON).effects
    assert later == english
    assert other.key == english.key
    assert json.loads(other.request)["title"] == "Rechnung INV-7 von Acme Plumbing"


def test_of_a_customer_who_is_not_known_the_companys_language_is_taken() -> None:
    case = replace(owing(), customer=None, live_links=(LINK,))
    [effect] = decide(case, POLICY, Wording("it"), NOON).effects
    assert json.loads(effect.request)["message"].startswith("Questa fattura, INV-7, \u00e8 cambiata")


def test_a_common_page_is_in_the_language_of_the_one_who_gets_it() -> None:
    spanish = Customer("c1", "Dana Reed", language="es-MX", country="MX", mobile="(212) 555-0123")
    two = [
        situation(receivable=receivable(ledger_id=one), customer=spanish, live_links=(), links_made=0)
        for one in ("145", "146")
    ]
    found = decide_together(two, Step.ISSUED, POLICY, WORDS, NOON)
    assert found is not None
    [link] = found["145"].effects
    assert json.loads(link.request)["title"] == "2 facturas (INV-7, INV-7) de Acme Plumbing"
    assert "INV-7: USD 120.00" in json.loads(link.request)["description"]
