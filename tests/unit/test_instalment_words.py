"""A text that asks an instalment says which one, in each language, and still fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connector.domain.dunning import NOTICES, Step
from connector.domain.instalments import Instalment
from connector.domain.link_page import Line, Reader, page_of
from connector.domain.message import PART, PLACEHOLDERS, MessageProblem, Template, TextValues, compose
from connector.domain.money import Money
from connector.domain.plan import NoticeFacts, ReceiptFacts
from connector.domain.segments import is_gsm7, segments
from connector.domain.wordings import BUILT_IN, Occasion
from connector.words import Wording
from connector.words_page import HOME, LINK

DUE = date(2026, 12, 7)
LANGUAGES = pytest.mark.parametrize("language", sorted(BUILT_IN))


def facts(language: str, step: Step = Step.ISSUED, first: int = 1, last: int = 1) -> NoticeFacts:
    country, currency = HOME[language]
    amount, total = Money.of("1234.50", currency), Money.of("4115.00", currency)
    return NoticeFacts(
        step=step,
        business="Acme Plumbing Repair",
        given_name="Sophie",
        amount=amount,
        invoice="INV-1042",
        today=date(2026, 11, 23),
        due_on=DUE,
        link=LINK,
        says_stop=True,
        language=language,
        country=country,
        instalment=Instalment(amount, total, first, last, 3),
    )


@LANGUAGES
def test_each_text_of_a_part_says_which_in_one_message_and_the_first_with_how_to_stop_too(language: str) -> None:
    for step in NOTICES:
        for today in (date(2026, 11, 23), DUE, date(2026, 12, 20)):
            body = Wording().notice(replace(facts(language, step), today=today, says_stop=step is Step.ISSUED))
            alone = BUILT_IN[language].part.partition("[")[0].format(which=1, count=3)
            assert f"({alone}" in body
            assert is_gsm7(body)
            assert segments(body) == 1
            assert body.endswith(LINK)


def test_no_two_languages_say_it_alike() -> None:
    assert len({one.part for one in BUILT_IN.values()}) == len(BUILT_IN)


def test_two_parts_that_are_asked_together_are_named_so_and_the_total_stands_where_there_is_room() -> None:
    said = Wording().notice(replace(facts("en", first=1, last=2), given_name=None, says_stop=False))
    assert "$1,234.50 (part 1-2 of 3, total $4,115.00)" in said


def test_a_wording_of_ones_own_may_place_the_part_itself_or_leave_it_to_the_amount() -> None:
    own = {("en", Occasion.ISSUED): "{business}[, {part}]: {amount}[ of {total}]. {link}"}
    assert Wording(own=own).notice(replace(facts("en"), says_stop=False)) == (
        f"Acme Plumbing Repair, part 1 of 3, total $4,115.00: $1,234.50 of $4,115.00. {LINK}"
    )
    whole = replace(facts("en"), instalment=None, says_stop=False)
    assert Wording(own=own).notice(whole) == f"Acme Plumbing Repair: $1,234.50. {LINK}"
    plain = {("en", Occasion.ISSUED): "{business}: {amount}. {link}"}
    assert "$1,234.50 (part 1 of 3, total $4,115.00)." in Wording(own=plain).notice(facts("en"))


@LANGUAGES
def test_a_receipt_says_what_is_left_of_a_divided_invoice_and_of_no_other(language: str) -> None:
    country, currency = HOME[language]
    thanks = ReceiptFacts(
        business="Acme Plumbing Repair",
        customer="Marble & Co",
        given_name="Sophie",
        amount=Money.of("1234.50", currency),
        invoice="INV-1042",
        today=date(2026, 11, 23),
        language=language,
        country=country,
        rest=Money.of("2880.50", currency),
    )
    said = Wording().receipt(thanks)
    left = Wording().receipt(replace(thanks, rest=None))
    assert said.startswith(left)
    assert "880" in said.removeprefix(left)
    assert segments(said) == 1
    assert is_gsm7(said)


@LANGUAGES
def test_the_page_of_a_part_says_how_much_of_how_much(language: str) -> None:
    country, currency = HOME[language]
    lines = [Line("INV-1042", Money.of("150.00", currency))]
    page = page_of(Reader(language, country), "Acme", lines, DUE, Money.of("500.00", currency))
    assert "150" in page.description
    assert "500" in page.description
    whole = page_of(Reader(language, country), "Acme", lines, DUE)
    assert page.title == whole.title
    assert "150" not in whole.description


def test_a_total_below_zero_is_no_total() -> None:
    values = TextValues(
        "Acme", Money.of("1.00", "USD"), DUE, part="part 1 of 2", part_alone="part 1 of 2", total=Money.of("-1", "USD")
    )
    with pytest.raises(MessageProblem, match="below zero"):
        compose(Template("{business} {amount}", (*PLACEHOLDERS, PART)), values)
