"""The request for consent and what counts as a YES to it."""

from __future__ import annotations

import pytest

from connector.domain.asking import MARK, is_request, request_words, says_yes
from connector.domain.message import MessageProblem
from connector.domain.segments import segments

YES = [
    *("YES", "yes", " Yes! ", "Yes please", "yes, thanks 👍", "I agree.", "START", "unstop"),
    *("Oui", "oui merci", "D'accord", "J\u2019accepte", "Sí", "si", "Sí, por favor", "de acuerdo"),
    *("Ja", "ja bitte", "Ja gerne!", "Einverstanden", "Sì", "si grazie", "Accetto", "Sim", "sim, por favor", "Aceito"),
    *("ja graag", "Akkoord"),
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


@pytest.mark.parametrize("business", ["Acme Plumbing", "Ångström & Söhne GmbH", "A", "x" * 200, "bad.example.com"])
def test_a_request_is_one_message_says_who_writes_and_how_to_end_it_and_can_be_found_again(business: str) -> None:
    body = request_words(business)
    assert segments(body) == 1
    assert MARK in body
    assert is_request(body)
    assert is_request("Sent from a trial account - " + body)
    assert "Reply STOP to opt out." in body
    assert "http" not in body


def test_what_cannot_be_asked_in_one_message_is_refused() -> None:
    with pytest.raises(MessageProblem, match="no name"):
        request_words("☃")
    with pytest.raises(MessageProblem, match="longer than one message"):
        request_words("Магазин Цветы и подарки на Невском")
    assert not is_request("Reply YES to win")
