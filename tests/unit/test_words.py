"""How a company speaks: in whose language, with whose words, and with links to where."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from connector.domain.dunning import Step
from connector.domain.message import MessageProblem
from connector.domain.money import Money
from connector.domain.plan import NoticeFacts, ReceiptFacts
from connector.domain.wordings import BUILT_IN, Occasion
from connector.words import Wording

LINK = "https://buy.stripe.com/test_14k5nE2xK9aY3g48wx"
NOTICE = NoticeFacts(
    step=Step.ISSUED,
    business="Acme Plumbing",
    given_name="Ana",
    amount=Money.of("1234.50", "EUR"),
    invoice="INV-1042",
    today=date(2026, 11, 23),
    due_on=date(2026, 11, 30),
    link=LINK,
    says_stop=False,
)
RECEIPT = ReceiptFacts(
    business="Acme Plumbing",
    customer="Marble & Co",
    given_name="Ana",
    amount=Money.of("1234.50", "EUR"),
    invoice="INV-1042",
    today=date(2026, 11, 23),
)
MARKED = Wording(country="US", markers={"Fran\u00e7ais": "fr", "Deutsch": "de"})


@pytest.mark.parametrize(
    ("language", "markers", "spoken"),
    [
        (None, (), "en"),
        ("de", (), "de"),
        ("fr-CA", ("Deutsch",), "fr"),
        ("pl", (), "en"),
        ("pl", ("deutsch",), "de"),
        (None, ("FRAN\u00c7AIS", "Texts OK"), "fr"),
        (None, ("Fran\u00e7ais", "Deutsch"), "en"),
    ],
)
def test_a_customer_is_written_to_in_the_ledgers_language_else_the_markers_else_the_companys(
    language: str | None, markers: tuple[str, ...], spoken: str
) -> None:
    facts = replace(NOTICE, language=language, markers=frozenset(markers), says_stop=True)
    assert BUILT_IN[spoken].opt_out in MARKED.notice(facts)
    thanks = replace(RECEIPT, language=language, markers=frozenset(markers), says_stop=True)
    assert MARKED.receipt(thanks).endswith(BUILT_IN[spoken].opt_out)


def test_an_amount_is_written_as_where_the_customer_lives_else_as_where_the_company_is() -> None:
    wording = Wording(language="de", country="CH")
    assert "\u20ac 1'234.50" in wording.notice(NOTICE)
    assert "1.234,50 \u20ac" in wording.notice(replace(NOTICE, country="DE"))
    assert "1.234,50 \u20ac" in wording.receipt(replace(RECEIPT, country="DE"))
    assert "1.234,50 \u20ac" not in wording.paid(replace(RECEIPT, country="DE")), "the owner lives where the company is"


def test_an_own_wording_is_used_for_its_step_and_language_only() -> None:
    own = {("fr", Occasion.PAST_DUE): "[Bonjour {first_name}, ]{business} : merci de penser \u00e0 {invoice}. {link}"}
    wording = Wording(language="fr", country="FR", own=own)
    late = replace(NOTICE, step=Step.DUE, due_on=date(2026, 11, 21))
    assert wording.notice(late) == f"Bonjour Ana, Acme Plumbing : merci de penser \u00e0 INV-1042. {LINK}"
    assert wording.notice(NOTICE).startswith("Bonjour Ana, voici votre facture")
    assert wording.notice(replace(late, language="en")).startswith("Hi Ana, Acme Plumbing here")


def test_the_same_values_give_the_same_words_each_time() -> None:
    assert MARKED.notice(NOTICE) == Wording(country="US", markers=dict(MARKED.markers)).notice(NOTICE)
    assert repr(MARKED) != repr(replace(MARKED, language="fr")), "a change of the words is a reason to decide anew"


def test_a_text_leads_to_the_processor_or_the_owners_domain_and_nowhere_else() -> None:
    strict = Wording(hosts=frozenset(("buy.stripe.com", "pay.acme.com")))
    assert strict.notice(NOTICE).endswith(LINK)
    assert strict.notice(replace(NOTICE, link="https://pay.acme.com/b/1")).endswith(" https://pay.acme.com/b/1")
    assert strict.notice(replace(NOTICE, link="http://127.0.0.1:8000/b/1")).endswith("/b/1")
    for elsewhere in (
        "https://evil.example/b/1",
        "https://buy.stripe.com@evil.example/b/1",
        "https://buy.stripe.com.evil.example/b/1",
        "https://buy.stripe.co/b/1",
        "https:///b/1",
    ):
        with pytest.raises(MessageProblem, match=r"links should lead \(buy\.stripe\.com, pay\.acme\.com\)"):
            strict.notice(replace(NOTICE, link=elsewhere))


def test_the_last_step_has_no_text() -> None:
    with pytest.raises(MessageProblem, match="hands the invoice over to you"):
        Wording().notice(replace(NOTICE, step=Step.HANDOVER))


def test_a_receipt_with_a_link_is_refused() -> None:
    own = {("en", Occasion.RECEIPT): "{business} thanks. {link}"}
    with pytest.raises(MessageProblem, match="no link"):
        Wording(own=own).receipt(RECEIPT)


def test_the_owner_reads_who_paid_in_the_companys_language() -> None:
    assert Wording(country="US").paid(RECEIPT) == (
        "Duebird for Acme Plumbing: Marble & Co paid \u20ac1,234.50 for invoice INV-1042. It is booked."
    )
    german = Wording(language="de", country="DE").paid(
        replace(RECEIPT, customer="\u200b", invoice=None, says_stop=True)
    )
    assert german == (
        "Duebird f\u00fcr Acme Plumbing: Ein Kunde hat 1.234,50 \u20ac bezahlt. Es ist gebucht. Abmelden mit STOP."
    )


@pytest.mark.parametrize("language", sorted(BUILT_IN))
def test_how_to_stop_follows_a_whole_sentence_in_what_the_owner_reads(language: str) -> None:
    said = Wording(language=language).paid(replace(RECEIPT, says_stop=True))
    before = said.removesuffix(BUILT_IN[language].opt_out)
    assert before.endswith(". ")
    assert before.startswith("Duebird ")
    assert "Acme Plumbing" in before


def test_what_the_owner_reads_keeps_the_same_rules_for_names() -> None:
    said = Wording().paid(replace(RECEIPT, customer="www.evil.example\n", invoice="evil.com/x"))
    assert "evil.example" not in said
    assert "evil.com" not in said
    assert "\n" not in said


NASTY = (
    "evil.com",
    "https://evil.example/pay",
    "www.evil.example",
    "\u202emoc.live",
    "\u05d3\u05d5\u05d3",
    "\u0645\u062d\u0645\u062f.\u0625\u062e\u062a",
    "\u0430pple.com",
    "Call +1-900-555-0199",
    "555_123_4567",
    "a\r\nhttps://evil.example",
    "{link}",
    "\u0939\u093f\u0928\u094d\u0926\u0940.com",
)


@pytest.mark.parametrize("language", sorted(BUILT_IN))
@pytest.mark.parametrize("name", NASTY)
def test_whatever_a_ledger_calls_people_each_languages_texts_have_one_link_and_no_number(
    language: str, name: str
) -> None:
    wording = Wording(language=language)
    for step in (one for one in Step if one is not Step.HANDOVER):
        body = wording.notice(replace(NOTICE, step=step, given_name=name, due_on=date(2026, 11, 20), says_stop=True))
        assert body.endswith(f" {LINK}")
        before = body.removesuffix(LINK)
        assert "://" not in before
        assert not re.search(r"\w\.[^\W\d]{2}|\d[\W_]{0,3}\d{3}[\W_]{0,3}\d{3}", before.replace("1,234.50", ""))
        assert before.isprintable()
        assert "\u202e" not in before
    owner = wording.paid(replace(RECEIPT, customer=name))
    assert not re.search(r"://|\w\.[^\W\d]{2}", owner)
