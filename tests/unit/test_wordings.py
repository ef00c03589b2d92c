"""The built-in words of every language: cheap, kind, with the business early and the link last."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest

from connector.config import values
from connector.config.company import LANGUAGES, CompanySettings, StepWordSettings
from connector.domain.dunning import Step
from connector.domain.message import Template, compose
from connector.domain.segments import Encoding, is_gsm7
from connector.domain.wordings import BUILT_IN, NOTICE_OCCASIONS, Occasion, language_code, occasion_of
from connector.words_page import BUSINESS, KNOWN, LINK, Sample, left_out, ordinary, samples

WITHOUT_LINK = (Occasion.RECEIPT, Occasion.PAID)
EVERY = [pytest.param(one, id=f"{one.language}-{one.occasion.value}") for one in samples()]
# In full, with first name and due date; these two are a few units longer.
SHORTENED = {("de", Occasion.SECOND_OVERDUE), ("de", Occasion.THIRD_OVERDUE)}
# Of several invoices their numbers may fall away beside how to stop: the sum says what is to be paid.
NUMBERED = tuple(one for one in Occasion if one is not Occasion.JOINT)

# What hurries or threatens, in small letters; a kind text has none of it.
HARSH = {
    "en": "urgent immediately now legal court penalty fee final must overdue! asap",
    "fr": "urgent imm\u00e9diatement d\u00e9lai huissier justice p\u00e9nalit\u00e9 frais dernier devez",
    "es": "urgente inmediatamente ya legal juicio recargo \u00faltimo debe moroso",
    "de": "dringend sofort umgehend mahnung gericht geb\u00fchr letzte m\u00fcssen inkasso verzug",
    "it": "urgente subito immediatamente legale tribunale penale ultimo deve mora",
    "pt": "urgente imediatamente j\u00e1 legal tribunal multa ultimo deve",
    "nl": "dringend onmiddellijk direct juridisch rechter boete laatste moet incasso",
}


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d]+!?", text.lower()))


def test_the_settings_offer_the_languages_and_texts_there_are_words_for() -> None:
    assert tuple(BUILT_IN) == LANGUAGES == get_args(CompanySettings.model_fields["language"].annotation)
    assert set(StepWordSettings.model_fields) == {one.value for one in Occasion if one is not Occasion.PAID}
    assert {one.value for one in NOTICE_OCCASIONS} == {one.value for one in Step if one is not Step.HANDOVER} | {
        "past_due",
        "joint",
    }


@pytest.mark.parametrize("sample", EVERY)
def test_with_ordinary_values_it_is_one_text_also_with_how_to_stop(sample: Sample) -> None:
    assert len(BUSINESS) == 20
    assert len(LINK) == 46
    for text in (sample.plain, sample.with_opt_out):
        assert (text.segments, text.encoding) == (1, Encoding.GSM7)
    given = ordinary(sample.language, sample.occasion)
    wanted = [BUSINESS, "INV-1042", "1"]
    if (sample.language, sample.occasion) not in SHORTENED:
        wanted += ["Sophie"] + (["30"] if "{due}" in BUILT_IN[sample.language].of(sample.occasion) else [])
    assert [one for one in wanted if one not in sample.plain.body] == []
    assert BUILT_IN[sample.language].opt_out in sample.with_opt_out.body
    assert "INV-1042" in sample.with_opt_out.body or sample.occasion not in NUMBERED
    if given.link:
        assert sample.with_opt_out.body.endswith(f" {LINK}")


@pytest.mark.parametrize("sample", EVERY)
def test_the_business_is_named_before_anything_is_asked(sample: Sample) -> None:
    wording = BUILT_IN[sample.language].of(sample.occasion)
    assert wording.index("{business}") < wording.index("{amount}")
    assert sample.plain.body.index(BUSINESS) < 60


@pytest.mark.parametrize("sample", EVERY)
def test_only_what_is_to_be_paid_has_a_link(sample: Sample) -> None:
    template = Template(BUILT_IN[sample.language].of(sample.occasion), KNOWN)
    assert template.has_link is (sample.occasion not in WITHOUT_LINK)
    assert ("{customer}" in template.text) is (sample.occasion is Occasion.PAID)


@pytest.mark.parametrize("sample", EVERY)
def test_nothing_hurries_or_threatens(sample: Sample) -> None:
    assert words_of(sample.plain.body) & words_of(HARSH[sample.language]) == set()
    assert "!" not in sample.plain.body or sample.occasion is Occasion.RECEIPT


@pytest.mark.parametrize("sample", EVERY)
def test_without_what_may_be_missing_it_is_still_a_sentence(sample: Sample) -> None:
    words = BUILT_IN[sample.language]
    bare = replace(ordinary(sample.language, sample.occasion), first_name=None, invoice=None, due=None)
    body = compose(Template(words.of(sample.occasion), KNOWN), bare).body
    assert body[0].isupper()
    assert not re.search(r" {2}| [,.]|,[.,]|\(\)|[\[\]{}]", body), body


def test_the_words_of_all_languages_are_in_the_cheap_alphabet() -> None:
    for words in BUILT_IN.values():
        for text in (*(words.of(one) for one in Occasion), words.opt_out, words.somebody):
            assert is_gsm7(re.sub(r"[\[\]{}]", "", text)), (words.code, text)


def test_no_two_texts_of_a_language_are_the_same() -> None:
    for language, words in BUILT_IN.items():
        said = [words.of(one) for one in NOTICE_OCCASIONS]
        assert len(set(said)) == len(said), language


def test_how_to_stop_names_the_word_that_the_messaging_service_hears_by_default() -> None:
    for words in BUILT_IN.values():
        assert re.search(r"\bSTOP\b", words.opt_out)
        assert words.opt_out.endswith(".")
    longest = max(len(words.opt_out) for words in BUILT_IN.values())
    assert longest == len(values._HOW_TO_STOP), "the settings measure own wordings with it"


def test_what_a_text_had_to_leave_out_is_told() -> None:
    by_name = {(one.language, one.occasion): one for one in samples()}
    assert left_out(by_name["en", Occasion.RECEIPT]) == []
    assert left_out(by_name["en", Occasion.OVERDUE]) == ["first name", "due date"]
    assert left_out(by_name["en", Occasion.SECOND_OVERDUE]) == ["first name", "business"]


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("step", "due", "occasion"),
    [
        (Step.ISSUED, None, Occasion.ISSUED),
        (Step.ISSUED, date(2026, 11, 1), Occasion.ISSUED),
        (Step.UPCOMING, date(2026, 11, 26), Occasion.UPCOMING),
        (Step.UPCOMING, TODAY, Occasion.DUE),
        (Step.UPCOMING, date(2026, 11, 22), Occasion.PAST_DUE),
        (Step.DUE, TODAY, Occasion.DUE),
        (Step.DUE, date(2026, 11, 22), Occasion.PAST_DUE),
        (Step.DUE, date(2026, 11, 24), Occasion.UPCOMING),
        (Step.OVERDUE, date(2026, 11, 20), Occasion.OVERDUE),
        (Step.OVERDUE, TODAY, Occasion.DUE),
        (Step.SECOND_OVERDUE, date(2026, 11, 1), Occasion.SECOND_OVERDUE),
        (Step.THIRD_OVERDUE, date(2026, 10, 1), Occasion.THIRD_OVERDUE),
        (Step.THIRD_OVERDUE, date(2026, 12, 1), Occasion.UPCOMING),
        (Step.OVERDUE, None, Occasion.OVERDUE),
    ],
)
def test_a_text_says_how_the_due_date_lies_on_the_day_it_goes_out(
    step: Step, due: date | None, occasion: Occasion
) -> None:
    assert occasion_of(step, due, TODAY) is occasion


def test_the_last_step_has_no_text() -> None:
    with pytest.raises(ValueError, match="handover"):
        occasion_of(Step.HANDOVER, None, TODAY)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("fr", "fr"), ("FR", "fr"), ("fr-CA", "fr"), ("fr_CA", "fr"), (" de ", "de"), ("pt-BR", "pt")),
        *((None, None), ("", None), ("pl", None), ("French", None), ("-", None), ("e", None), ("\u0660\u0661", None)),
    ],
)
def test_a_language_is_known_by_its_tag(written: str | None, code: str | None) -> None:
    assert language_code(written) == code
