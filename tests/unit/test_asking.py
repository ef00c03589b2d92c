"""The request for consent and what counts as a YES to it."""

from __future__ import annotations

import re

import pytest

from connector.domain.asking import is_request, request_words, says_yes
from connector.domain.consent import meaning
from connector.domain.message import MessageProblem, clean_name
from connector.domain.segments import is_gsm7, segments
from connector.domain.wordings import BUILT_IN
from connector.flows.listen import REVOKING

YES = [
    *("YES", "yes", " Yes! ", "Yes please", "yes, thanks 👍", "I agree.", "START", "unstop"),
    *("Oui", "oui merci", "D'accord", "J\u2019accepte", "Sí", "si", "Sí, por favor", "de acuerdo"),
    *("Ja", "ja bitte", "Ja gerne!", "Einverstanden", "Sì", "si grazie", "Accetto", "Sim", "sim, por favor", "Aceito"),
    *(
        "ja graag",
        "Akkoord",
        "ja hoor",
        "Oui, j'accepte",
        "sí, acepto",
        "Ja, einverstanden",
        "sì, accetto",
        "Sim, aceito",
    ),
]
NOT_YES = [
    *("", "ok", "OK", "k", "no", "yes but not at work", "yes?? who is this", "yes I paid", "yesterday", "YESS"),
    *("STOP", "yes stop", "please stop texting me", "oui mais pas avant 9h", "non", "ja nein", "sí pero no", "👍", "1"),
    *("I said yes to John", "nein", "nee", "y"),
]


@pytest.mark.parametrize("body", YES)
def test_a_plain_yes_in_seven_languages_is_one(body: str) -> None:
    assert says_yes(body)


@pytest.mark.parametrize("body", NOT_YES)
def test_anything_else_is_none(body: str) -> None:
    assert not says_yes(body)


@pytest.mark.parametrize("language", sorted(BUILT_IN))
@pytest.mark.parametrize("business", ["Acme Plumbing", "Ångström & Söhne GmbH", "A", "bad.example.com"])
def test_a_request_is_one_message_says_who_writes_and_how_to_end_it_and_can_be_found_again(
    business: str, language: str
) -> None:
    body = request_words(business, language)
    words = BUILT_IN[language]
    assert (segments(body), is_gsm7(body)) == (1, True)
    assert body.endswith(f" {words.ask} {words.opt_out}")
    assert is_request(body)
    assert is_request("Sent from a trial account - " + body)
    assert "http" not in body
    assert clean_name(business) in body


@pytest.mark.parametrize("language", sorted(BUILT_IN))
def test_the_word_that_a_request_asks_for_is_heard_as_a_yes(language: str) -> None:
    [wanted] = re.findall(r"\b(?:YES|OUI|SI|JA|SIM)\b", BUILT_IN[language].ask)
    for said in (wanted, wanted.lower(), f" {wanted.title()}! "):
        assert says_yes(said)
        assert meaning(said) not in REVOKING


def test_requests_of_before_are_still_known() -> None:
    assert request_words("Acme") == (
        "Acme here. Reply YES to get invoices and payment reminders from us by text. Reply STOP to opt out."
    )


def test_an_own_wording_stands_around_the_sentence_that_asks() -> None:
    own = "Hello, this is {business}, your plumber. {ask}"
    assert request_words("Acme", "de", own) == (
        "Hello, this is Acme, your plumber. Antworten Sie JA, um unsere Rechnungen und Zahlungserinnerungen per SMS zu "
        "erhalten. Abmelden mit STOP."
    )
    for bad, why in (
        ("{business} wants your yes", "must hold {ask}"),
        ("{business}[ {ask}{nothing}]", "not known"),
        ("{ask}", "must say who writes"),
        ("{business} " + "x" * 300 + " {ask}", "messages long"),
    ):
        with pytest.raises(MessageProblem, match=why):
            request_words("Acme", "en", bad)


def test_what_cannot_be_asked_in_two_messages_is_refused() -> None:
    with pytest.raises(MessageProblem, match="no name"):
        request_words("☃")
    assert segments(request_words("Магазин Цветы")) == 2
    with pytest.raises(MessageProblem, match="3 messages long; 2 is the most"):
        request_words("Магазин Цветы и подарки на Невском 28", "de")
    assert not is_request("Reply YES to win")
