"""What the owner approves: asked once for each step, amount and number, and never past another gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from connector.domain.approval import SAMPLE_LINK, WHERE_THE_LINK_STANDS, Verdict, Word, last_word, shown, waits_long
from connector.domain.calendar import Window
from connector.domain.consent import ConsentState
from connector.domain.dunning import Reason, Step
from connector.domain.gates import broken_promise, may_thank, needs_approval, promised_on
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.plan import decide
from connector.domain.situation import Situation
from connector.words import Wording
from tests.unit.situations import AMOUNT, NOON, PHONE, POLICY, TODAY, receivable, situation, word

WORDS = Wording()
DRAFT = situation(draft=True, live_links=())
YES, NO, ASKED = word(Verdict.APPROVED), word(Verdict.REFUSED), word(Verdict.ASKED)
OTHER = Phone("+12125550199")


def test_a_draft_is_shown_with_its_words_and_no_link_is_made_for_it() -> None:
    decision = decide(DRAFT, POLICY, WORDS, NOON)
    assert decision.effects == ()
    assert decision.reason is Reason.AWAITING_APPROVAL
    assert decision.ask is not None
    assert (decision.ask.step, decision.ask.amount, decision.ask.phone) == (Step.ISSUED, AMOUNT, PHONE)
    assert SAMPLE_LINK in decision.ask.body
    assert shown(decision.ask.body).endswith(WHERE_THE_LINK_STANDS)


def test_where_a_link_is_out_already_the_words_carry_it() -> None:
    decision = decide(replace(DRAFT, live_links=situation().live_links), POLICY, WORDS, NOON)
    assert decision.ask is not None
    assert decision.ask.body.endswith("https://buy.stripe.com/abc")


def test_what_was_asked_once_is_not_asked_again_and_is_looked_at_once_a_day() -> None:
    asked = replace(DRAFT, words=(ASKED,))
    first = decide(asked, POLICY, WORDS, NOON + timedelta(hours=2))
    assert (first.reason, first.ask, first.review_at) == (Reason.AWAITING_APPROVAL, None, NOON + timedelta(days=1))
    later = decide(asked, POLICY, WORDS, NOON + timedelta(days=1))
    assert later.review_at is not None
    assert later.review_at > NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ((ASKED,), Reason.AWAITING_APPROVAL),
        ((ASKED, YES), Reason.GO),
        ((ASKED, NO), Reason.NOT_APPROVED),
        ((ASKED, NO, YES), Reason.GO),
        ((ASKED, YES, NO), Reason.NOT_APPROVED),
        ((replace(YES, amount=Money.of("120.01", "USD")),), Reason.AWAITING_APPROVAL),
        ((replace(YES, amount=Money.of("120.00", "CAD")),), Reason.AWAITING_APPROVAL),
        ((replace(YES, phone=OTHER),), Reason.AWAITING_APPROVAL),
        ((replace(YES, step=Step.DUE),), Reason.AWAITING_APPROVAL),
        ((replace(NO, step=Step.DUE),), Reason.AWAITING_APPROVAL),
        ((NO, replace(YES, amount=Money.of("1.00", "USD"))), Reason.NOT_APPROVED),
    ],
)
def test_a_word_counts_for_its_step_amount_and_number_alone(said: tuple[Word, ...], reason: Reason) -> None:
    assert decide(replace(situation(draft=True), words=said), POLICY, WORDS, NOON).reason is reason


@pytest.mark.parametrize(
    ("fields", "rules", "reason"),
    [
        ({"consent": ConsentState.NONE}, {}, Reason.NO_CONSENT),
        ({"consent": ConsentState.REVOKED}, {}, Reason.OPTED_OUT),
        ({"payment_pending": True}, {}, Reason.PAYMENT_PENDING),
        ({"held": True}, {}, Reason.HELD),
        ({"disputed": True}, {}, Reason.DISPUTED),
        ({"paused": True}, {}, Reason.PAUSED),
        ({"notices_today": 1}, {}, Reason.DAILY_CAP),
        ({}, {"window": Window(8 * 60, 9 * 60)}, Reason.OUTSIDE_WINDOW),
    ],
)
def test_an_approval_lets_nothing_past_another_gate(
    fields: dict[str, Any], rules: dict[str, Any], reason: Reason
) -> None:
    case = situation(draft=True, words=(YES,), **fields)
    assert decide(case, replace(POLICY, **rules), WORDS, NOON).reason is reason


@pytest.mark.parametrize(
    ("case", "rules", "reason"),
    [
        (situation(), {}, Reason.GO),
        (situation(draft=True), {}, Reason.AWAITING_APPROVAL),
        (situation(), {"ask_always": frozenset({Step.ISSUED})}, Reason.AWAITING_APPROVAL),
        (situation(texts_had=1), {"ask_always": frozenset({Step.ISSUED})}, Reason.AWAITING_APPROVAL),
        (situation(), {"ask_always": frozenset({Step.DUE})}, Reason.GO),
        (situation(), {"ask_first_time": frozenset({Step.ISSUED})}, Reason.AWAITING_APPROVAL),
        (situation(texts_had=1), {"ask_first_time": frozenset({Step.ISSUED})}, Reason.GO),
        (
            situation(texts_had=1, draft=True),
            {"ask_first_time": frozenset({Step.ISSUED})},
            Reason.AWAITING_APPROVAL,
        ),
    ],
)
def test_the_owner_is_asked_in_draft_and_as_the_settings_say(
    case: Situation, rules: dict[str, Any], reason: Reason
) -> None:
    policy = replace(POLICY, **rules)
    assert needs_approval(case, policy, Step.ISSUED) is (reason is Reason.AWAITING_APPROVAL)
    assert decide(case, policy, WORDS, NOON).reason is reason


def test_a_customer_gets_no_receipt_from_a_company_in_draft() -> None:
    assert may_thank(situation(draft=True), POLICY) is Reason.IN_DRAFT
    assert may_thank(situation(draft=True, consent=ConsentState.REVOKED), POLICY) is Reason.OPTED_OUT
    assert may_thank(situation(), POLICY) is None


def test_only_what_was_asked_a_day_ago_and_not_answered_has_waited_long() -> None:
    day = timedelta(days=1)
    assert not waits_long((), NOON)
    assert not waits_long((ASKED,), NOON + day - timedelta(seconds=1))
    assert waits_long((ASKED,), NOON + day)
    assert not waits_long((ASKED, YES), NOON + day)


def test_the_newest_word_on_a_notice_is_found() -> None:
    assert last_word((), Step.ISSUED, AMOUNT, PHONE) is None
    assert last_word((ASKED, YES, replace(NO, phone=OTHER)), Step.ISSUED, AMOUNT, PHONE) == YES


# ------------------------------------------------------------------------------------------------------- promises

YESTERDAY, SOON = date(2026, 11, 22), date(2026, 11, 27)


@pytest.mark.parametrize(
    ("ledger", "ours", "day"),
    [(None, None, None), (SOON, None, SOON), (None, SOON, SOON), (TODAY, SOON, SOON), (SOON, TODAY, SOON)],
)
def test_of_two_promises_the_later_counts(ledger: date | None, ours: date | None, day: date | None) -> None:
    case = situation(receivable=receivable(promised_on=ledger), promised_on=ours)
    assert promised_on(case) == day
    assert (decide(case, POLICY, WORDS, NOON).reason is Reason.PROMISED) is (day is not None)


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"promised_on": YESTERDAY}, YESTERDAY),
        ({"promised_on": TODAY}, None),
        ({}, None),
        ({"promised_on": YESTERDAY, "payment_pending": True}, None),
        ({"promised_on": YESTERDAY, "payment_arrived": True}, None),
        ({"promised_on": YESTERDAY, "receivable": receivable(balance=Money.zero("USD"))}, None),
        ({"receivable": receivable(promised_on=YESTERDAY), "waited_for_promise": True}, YESTERDAY),
        # It stood in the ledger for long: nothing waited for it.
        ({"receivable": receivable(promised_on=YESTERDAY)}, None),
        ({"promised_on": YESTERDAY, "receivable": receivable(promised_on=SOON)}, None),
    ],
)
def test_a_promise_is_broken_when_its_day_is_over_and_something_is_owed(
    fields: dict[str, Any], broken: date | None
) -> None:
    assert broken_promise(situation(**fields), TODAY) == broken
