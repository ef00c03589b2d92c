"""THE decision: each gate, each reason, each effect."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.approval import Verdict
from connector.domain.asking import is_request
from connector.domain.calendar import Window
from connector.domain.consent import ConsentState
from connector.domain.dunning import DUE_RULE, ISSUED_RULE, SENTENCES, ConsentRule, Reason, Step, rule_of
from connector.domain.effect import EffectKind
from connector.domain.gates import may_ask, may_text
from connector.domain.hours import hours_of
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.plan import decide, notice_key
from connector.domain.receivable import Customer, ReceivableState
from connector.domain.situation import LinkFact, OpenEffect, Situation
from connector.words import Wording
from tests.unit.situations import AMOUNT, LINK, NEW_YORK, NOON, PHONE, POLICY, TODAY, receivable, situation, word

WORDS = Wording()


def _turn(window: Window, after: datetime, *, by_law: bool = False) -> datetime | None:
    """When the text about the invoice has its turn in the window's next opening."""
    return hours_of(replace(POLICY, window=window, by_law=by_law), PHONE, CUSTOMER).turn(after, "145")


CUSTOMER = Customer("c1", "Dana Reed", mobile="x")
TOMORROW = datetime(2026, 11, 24, 5, 0, tzinfo=NOON.tzinfo)  # midnight in New York
MORNING = datetime(2026, 11, 24, 13, 0, tzinfo=NOON.tzinfo)
THREE = tuple(NOON - timedelta(days=days) for days in (5, 3, 1))
DUE_DAY = datetime(2026, 12, 7, 5, 0, tzinfo=NOON.tzinfo)
BEFORE_DUE = datetime(2026, 12, 4, 5, 0, tzinfo=NOON.tzinfo)
WEEK_LATER = datetime(2026, 11, 30, 5, 0, tzinfo=NOON.tzinfo)
ALL_STEPS = {"steps": tuple(rule_of(step) for step in Step)}
OPEN_LINK = OpenEffect("K", EffectKind.CREATE_LINK, uncertain=False)
ITS_TURN = _turn(Window(), TOMORROW)
EARLY_TURN = _turn(Window(8 * 60, 9 * 60), NOON)
EVENING_TURN = _turn(Window(17 * 60, 24 * 60), NOON, by_law=True)


def _of(**fields: Any) -> Situation:
    return situation(receivable=receivable(**fields))


def _marked(marker: str) -> Situation:
    return situation(customer=replace(CUSTOMER, markers=frozenset({marker})))


def _late(days: int = 3, **fields: Any) -> Situation:
    due_on = TODAY - timedelta(days=days)
    late = situation(receivable=receivable(issued_on=due_on - timedelta(days=14), due_on=due_on), admitted=True)
    return replace(late, **fields)


def _state(state: ReceivableState) -> Situation:
    return _of(state=state, balance=Money.zero("USD"))


# situation, changes to the policy, the reason, when to look again
CASES: list[tuple[Situation, dict[str, Any], Reason, datetime | None]] = [
    (situation(), {}, Reason.GO, None),
    (_state(ReceivableState.PAID), {}, Reason.PAID, None),
    (_state(ReceivableState.VOIDED), {}, Reason.VOIDED, None),
    (_state(ReceivableState.DELETED), {}, Reason.DELETED, None),
    (_of(state=ReceivableState.DRAFT), {}, Reason.DRAFT, None),
    (_of(balance=Money.zero("USD")), {}, Reason.NOTHING_OWED, None),
    (_of(balance=Money.of("-5.00", "USD")), {}, Reason.NOTHING_OWED, None),
    (_of(issued_on=date(2026, 10, 31)), {}, Reason.BASELINE, None),
    (situation(held=True), {}, Reason.HELD, None),
    (situation(), {"excluded_customers": frozenset({"c1"})}, Reason.EXCLUDED, None),
    (situation(), {"excluded_customers": frozenset({"Dana Reed"})}, Reason.EXCLUDED, None),
    (_marked("Key Accounts"), {"excluded_groups": frozenset({"key accounts", "x"})}, Reason.EXCLUDED, None),
    (_marked("type:government"), {"excluded_groups": frozenset({"type:Government"})}, Reason.EXCLUDED, None),
    (_marked("other"), {"excluded_groups": frozenset({"key accounts"})}, Reason.GO, None),
    (situation(customer=None, phone=None), {"excluded_groups": frozenset({"x"})}, Reason.NO_CUSTOMER, TOMORROW),
    (situation(), {"minimum": Decimal(121)}, Reason.BELOW_MINIMUM, None),
    (_of(payable_elsewhere=True), {"skip_payable_elsewhere": True}, Reason.PAYABLE_ELSEWHERE, None),
    (_of(sent_by_ledger=False), {"require_sent": True}, Reason.NOT_SENT_YET, None),
    (situation(uncharged_because="too little"), {}, Reason.UNCHARGEABLE, None),
    (situation(payment_pending=True), {}, Reason.PAYMENT_PENDING, None),
    (situation(payment_arrived=True), {}, Reason.PAYMENT_ARRIVED, None),
    (_of(promised_on=TODAY), {}, Reason.PROMISED, TOMORROW),
    (_of(promised_on=date(2026, 11, 22)), {}, Reason.GO, None),
    (_of(issued_on=date(2026, 11, 24), due_on=None), {}, Reason.NO_STEP_NOW, TOMORROW),
    (_of(issued_on=date(2026, 11, 10), due_on=None), {}, Reason.NO_STEP_NOW, None),
    (_of(issued_on=date(2026, 11, 10)), {}, Reason.NO_STEP_NOW, BEFORE_DUE),
    (_of(issued_on=date(2026, 11, 10)), {"steps": (ISSUED_RULE, DUE_RULE)}, Reason.NO_STEP_NOW, DUE_DAY),
    (situation(steps_done=frozenset({Step.ISSUED})), {}, Reason.STEP_DONE, BEFORE_DUE),
    # Dated after its own due day once the due notice was out: "here is your invoice" would come after "is due".
    (situation(steps_done=frozenset({Step.DUE})), {}, Reason.STEP_DONE, BEFORE_DUE),
    (_late(last_notice_at=NOON - timedelta(days=1)), {}, Reason.TOO_SOON, TOMORROW),
    (_late(last_notice_at=NOON - timedelta(days=2)), {}, Reason.GO, None),
    (_late(steps_done=frozenset({Step.OVERDUE})), ALL_STEPS, Reason.STEP_DONE, WEEK_LATER),
    (_of(balance=Money.of("80.00", "USD")), {"instalments": (30, 70)}, Reason.INSTALMENT_PAID, BEFORE_DUE),
    (_late(45), {}, Reason.NO_STEP_NOW, None),
    (_late(45), ALL_STEPS, Reason.HANDED_OVER, None),
    (_late(45, phone=None, consent=ConsentState.REVOKED), ALL_STEPS, Reason.HANDED_OVER, None),
    (_late(400), ALL_STEPS, Reason.HANDED_OVER, None),
    (situation(customer=None, phone=None), {}, Reason.NO_CUSTOMER, TOMORROW),
    (situation(customer=replace(CUSTOMER, active=False)), {}, Reason.CUSTOMER_INACTIVE, TOMORROW),
    (situation(customer=replace(CUSTOMER, mobile=None), phone=None), {}, Reason.NO_MOBILE, TOMORROW),
    (situation(phone=None), {}, Reason.BAD_MOBILE, TOMORROW),
    (situation(unreachable=True), {}, Reason.UNREACHABLE, TOMORROW),
    (situation(consent=ConsentState.NONE), {}, Reason.NO_CONSENT, TOMORROW),
    (situation(consent=ConsentState.NONE, was_asked=True), {"ask": True}, Reason.ASKED, TOMORROW),
    (situation(consent=ConsentState.REVOKED), {}, Reason.OPTED_OUT, TOMORROW),
    (situation(sender_shared=True), {}, Reason.SENDER_SHARED, TOMORROW),
    (situation(sender_shared=True, consent=ConsentState.REVOKED), {}, Reason.OPTED_OUT, TOMORROW),
    (situation(closed_countries=frozenset({"US"})), {}, Reason.SENDER_UNREGISTERED, TOMORROW),
    (situation(closed_countries=frozenset({"GB"})), {}, Reason.GO, None),
    (situation(), {"two_way": False}, Reason.NAME_REFUSED, TOMORROW),
    (situation(open_effects=(OPEN_LINK,)), {}, Reason.IN_PROGRESS, None),
    (situation(paused=True), {}, Reason.PAUSED, None),
    (situation(notices_today=1), {}, Reason.DAILY_CAP, ITS_TURN),
    (situation(notices_this_week=THREE), {}, Reason.WEEKLY_CAP, NOON + timedelta(days=2)),
    (situation(notices_this_week=THREE[1:]), {}, Reason.GO, None),
    (situation(notices_this_week=THREE), {"max_per_number_per_week": 4}, Reason.GO, None),
    (situation(notices_this_week=THREE), {"max_per_number_per_week": 2}, Reason.WEEKLY_CAP, NOON + timedelta(days=4)),
    (situation(notices_today=1), {"max_per_number_per_day": 2}, Reason.GO, None),
    (situation(), {"window": Window(8 * 60, 9 * 60)}, Reason.OUTSIDE_WINDOW, EARLY_TURN),
    (situation(), {"window": Window(17 * 60, 24 * 60), "by_law": True}, Reason.OUTSIDE_WINDOW, EVENING_TURN),
    (situation(live_links=(replace(LINK, amount=Money.of("1.00", "USD")),)), {}, Reason.LINK_CHANGING, None),
    (situation(), {"business": "☃"}, Reason.NO_WORDS, BEFORE_DUE),
    (situation(disputed=True), {}, Reason.DISPUTED, None),
    (situation(promised_on=TODAY), {}, Reason.PROMISED, TOMORROW),
    (situation(replied_until=TODAY), {}, Reason.REPLIED, TOMORROW),
    (situation(replied_until=date(2026, 11, 22)), {}, Reason.GO, None),
    (situation(draft=True), {}, Reason.AWAITING_APPROVAL, NOON + timedelta(days=1)),
    (situation(draft=True, words=(word(Verdict.REFUSED),)), {}, Reason.NOT_APPROVED, BEFORE_DUE),
    (situation(draft=True), {"business": "☃"}, Reason.NO_WORDS, TOMORROW),
]


@pytest.mark.parametrize(("case", "rules", "reason", "again"), CASES)
def test_each_situation_has_its_reason_and_its_next_look(
    case: Situation, rules: dict[str, Any], reason: Reason, again: datetime | None
) -> None:
    decision = decide(case, replace(POLICY, **rules), WORDS, NOON)
    assert decision.reason == reason
    if reason is not Reason.LINK_CHANGING:
        assert decision.review_at == again
    texts = [one for one in decision.effects if one.kind is EffectKind.SEND_TEXT]
    assert len(texts) == (reason is Reason.GO)


def test_every_reason_is_reached_and_has_its_sentence() -> None:
    reached = {reason for _, _, reason, _ in CASES}
    # Below, of the flow, and of receipts.
    assert set(Reason) - reached == {Reason.REFUSED, Reason.BROKEN, Reason.IN_DRAFT}
    assert set(SENTENCES) == set(Reason)


def test_an_invoice_of_before_the_start_goes_when_it_is_let_in() -> None:
    case = replace(_of(issued_on=date(2026, 10, 20), due_on=TODAY), admitted=True)
    assert decide(case, POLICY, WORDS, NOON).reason is Reason.GO


def test_a_marker_counts_only_where_the_rule_says_so_and_never_against_a_stop() -> None:
    marked = situation(consent=ConsentState.NONE, customer=replace(CUSTOMER, markers=frozenset({"sms ok"})))
    by_marker = replace(POLICY, consent_rule=ConsentRule.LEDGER_MARKER, consent_marker="sms ok")
    assert decide(marked, POLICY, WORDS, NOON).reason is Reason.NO_CONSENT
    assert decide(marked, by_marker, WORDS, NOON).reason is Reason.GO
    stopped = replace(marked, consent=ConsentState.REVOKED)
    assert decide(stopped, by_marker, WORDS, NOON).reason is Reason.OPTED_OUT
    unmarked = replace(marked, customer=CUSTOMER)
    assert decide(unmarked, by_marker, WORDS, NOON).reason is Reason.NO_CONSENT
    no_marker_named = replace(by_marker, consent_marker=None)
    assert decide(marked, no_marker_named, WORDS, NOON).reason is Reason.NO_CONSENT


def test_a_number_that_was_given_counts_only_by_rule_only_where_the_law_lets_it_and_never_against_a_stop() -> None:
    silent = situation(consent=ConsentState.NONE)
    by_number = replace(POLICY, consent_rule=ConsentRule.NUMBER_GIVEN)
    assert decide(silent, POLICY, WORDS, NOON).reason is Reason.NO_CONSENT
    assert decide(silent, by_number, WORDS, NOON).reason is Reason.GO
    swiss = replace(silent, phone=Phone("+41781234567"))
    assert decide(swiss, by_number, WORDS, NOON).reason is Reason.NO_CONSENT
    stopped = replace(silent, consent=ConsentState.REVOKED)
    assert decide(stopped, by_number, WORDS, NOON).reason is Reason.OPTED_OUT


UNASKED = situation(consent=ConsentState.NONE, may_be_asked=True)
ASKING = replace(POLICY, ask=True)


def test_who_has_said_nothing_is_asked_once_where_the_owner_lets_us() -> None:
    decision = decide(UNASKED, ASKING, WORDS, NOON)
    [effect] = decision.effects
    values = json.loads(effect.request)
    assert (decision.reason, values["purpose"], values["to"]) == (Reason.ASKED, "request", UNASKED.phone.e164)  # type: ignore[union-attr]
    assert is_request(values["body"])
    assert values["body"].startswith("Acme Plumbing here. Reply YES")
    assert values["body"].endswith("Reply STOP to opt out.")
    other_invoice = replace(UNASKED, receivable=replace(UNASKED.receivable, ledger_id="999"))
    assert decide(other_invoice, ASKING, WORDS, NOON).effects[0].key == effect.key
    assert decide(UNASKED, POLICY, WORDS, NOON).effects == ()
    once = decide(replace(UNASKED, may_be_asked=False, was_asked=True), ASKING, WORDS, NOON)
    assert (once.effects, once.reason) == ((), Reason.ASKED)
    texted = decide(replace(UNASKED, may_be_asked=False), ASKING, WORDS, NOON)
    assert (texted.effects, texted.reason) == ((), Reason.NO_CONSENT)


@pytest.mark.parametrize(
    ("case", "rules", "reason"),
    [
        (replace(UNASKED, held=True), {}, Reason.HELD),
        (replace(UNASKED, paused=True), {}, Reason.PAUSED),
        (replace(UNASKED, notices_today=1), {}, Reason.DAILY_CAP),
        (replace(UNASKED, consent=ConsentState.REVOKED), {}, Reason.OPTED_OUT),
        (replace(UNASKED, open_effects=(OPEN_LINK,)), {}, Reason.IN_PROGRESS),
        (UNASKED, {"window": Window(8 * 60, 9 * 60)}, Reason.OUTSIDE_WINDOW),
        (UNASKED, {"business": "☃"}, Reason.NO_WORDS),
        (UNASKED, {"excluded_customers": frozenset({UNASKED.receivable.customer_name})}, Reason.EXCLUDED),
    ],
)
def test_a_request_passes_every_gate_of_a_notice(case: Situation, rules: dict[str, Any], reason: Reason) -> None:
    decision = decide(case, replace(ASKING, **rules), WORDS, NOON)
    assert (decision.effects, decision.reason) == ((), reason)


def test_who_has_agreed_meanwhile_is_asked_no_more() -> None:
    assert not may_ask(replace(UNASKED, consent=ConsentState.GRANTED), ASKING, NOON).open
    assert may_ask(UNASKED, ASKING, NOON).open


def test_a_link_comes_before_the_text_that_carries_it() -> None:
    [effect] = decide(situation(live_links=(), links_made=2), POLICY, WORDS, NOON).effects
    assert effect.kind is EffectKind.CREATE_LINK
    values = json.loads(effect.request)
    assert (values["amount"], values["currency"], values["generation"]) == ("120.00", "USD", 3)
    assert values["metadata"]["duebird_invoice"] == "145"
    assert values["reference"] == effect.key
    assert values["description"] == "Due December 7, 2026. Questions? Please contact Acme Plumbing.", (
        "in words: 7/12 is July somewhere"
    )


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({"payment_arrived": True}, "Thank you. A payment for invoice INV-7 has been made."),
        ({"payment_pending": True}, "Thank you. A payment for invoice INV-7 is under way."),
        (
            {"live_links": (replace(LINK, used=True),)},
            "This page is closed: a payment for invoice INV-7 was made on it, or the invoice has changed.",
        ),
        (
            {"receivable": receivable(state=ReceivableState.PAID, balance=Money.zero("USD"))},
            "Thank you. Nothing is left to pay on this invoice, INV-7.",
        ),
    ],
)
def test_who_has_paid_is_not_told_by_the_page_to_pay_again(changed: dict[str, Any], read: str) -> None:
    [effect] = decide(situation(**changed), POLICY, WORDS, NOON).effects
    assert effect.kind is EffectKind.RETIRE_LINK
    assert json.loads(effect.request)["message"] == f"{read} Questions? Please contact Acme Plumbing."


def test_a_link_that_no_longer_fits_comes_down_before_anything_else() -> None:
    for unfit in (
        situation(live_links=(replace(LINK, amount=Money.of("1.00", "USD")),)),
        situation(live_links=(replace(LINK, used=True),)),
        situation(payment_pending=True),
        situation(payment_arrived=True),
        _state(ReceivableState.PAID),
        _state(ReceivableState.VOIDED),
    ):
        kinds = [one.kind for one in decide(unfit, POLICY, WORDS, NOON).effects]
        assert kinds == [EffectKind.RETIRE_LINK]


def test_a_link_that_is_coming_down_already_is_not_ordered_down_again() -> None:
    unfit = situation(live_links=(replace(LINK, used=True),))
    [retire] = decide(unfit, POLICY, WORDS, NOON).effects
    under_way = replace(unfit, open_effects=(OpenEffect(retire.key, EffectKind.RETIRE_LINK, uncertain=False),))
    decision = decide(under_way, POLICY, WORDS, NOON)
    assert decision.effects == ()
    assert decision.reason is Reason.IN_PROGRESS


def test_of_two_links_that_fit_one_comes_down() -> None:
    twice = situation(live_links=(LINK, LinkFact("plink_2", "https://buy.stripe.com/def", AMOUNT)))
    [effect] = decide(twice, POLICY, WORDS, NOON).effects
    assert effect.kind is EffectKind.RETIRE_LINK
    assert json.loads(effect.request)["link_id"] == "plink_2"


def test_what_was_refused_is_called_refused() -> None:
    bare = situation(live_links=(), links_made=0)
    [link] = decide(bare, POLICY, WORDS, NOON).effects
    decision = decide(replace(bare, refused=frozenset({link.key})), POLICY, WORDS, NOON)
    assert (decision.effects, decision.reason) == ((), Reason.REFUSED)
    unfit = situation(live_links=(replace(LINK, used=True),))
    [retire] = decide(unfit, POLICY, WORDS, NOON).effects
    assert decide(replace(unfit, refused=frozenset({retire.key})), POLICY, WORDS, NOON).reason is Reason.REFUSED


def test_a_notice_is_one_occasion_whatever_the_amount_becomes() -> None:
    dearer = replace(situation(), receivable=receivable(balance=Money.of("999.00", "USD")))
    assert notice_key(situation(), Step.ISSUED) == notice_key(dearer, Step.ISSUED)
    assert notice_key(situation(), Step.ISSUED) != notice_key(situation(), Step.DUE)


def test_the_text_carries_the_link_last_and_names_what_to_look_for() -> None:
    [effect] = decide(situation(), POLICY, WORDS, NOON).effects
    values = json.loads(effect.request)
    assert values["body"].endswith(" https://buy.stripe.com/abc")
    assert values["evidence"] == "https://buy.stripe.com/abc"
    assert "STOP" in values["body"]
    [later] = decide(situation(texts_had=1), POLICY, WORDS, NOON).effects
    assert "STOP" not in json.loads(later.request)["body"]


def test_the_effect_being_performed_does_not_stand_in_its_own_way() -> None:
    case = situation(open_effects=(OpenEffect("K", EffectKind.SEND_TEXT, uncertain=False),))
    assert may_text(case, POLICY, NOON).reason is Reason.IN_PROGRESS
    assert may_text(case, POLICY, NOON, ignoring="K").open


def test_a_window_that_never_suits_all_zones_is_looked_at_again_and_not_forgotten() -> None:
    """A number of which only the country is known, and an hour that is never the same in all its zones."""
    anywhere = situation(phone=Phone("+18005550123"))
    berlin = replace(POLICY, window=Window(8 * 60, 9 * 60), zone=ZoneInfo("Europe/Berlin"))
    for case, rules in ((anywhere, berlin), (replace(anywhere, notices_today=1), berlin)):
        decision = decide(case, rules, WORDS, NOON)
        assert decision.effects == ()
        assert decision.review_at is not None
        assert NOON < decision.review_at <= NOON + timedelta(days=3)


@given(
    case=st.builds(
        situation,
        held=st.booleans(),
        unreachable=st.booleans(),
        payment_pending=st.booleans(),
        payment_arrived=st.booleans(),
        paused=st.booleans(),
        notices_today=st.integers(0, 2),
        notices_this_week=st.integers(0, 4).map(lambda count: (NOON + timedelta(days=60),) * count),
        consent=st.sampled_from(ConsentState),
        live_links=st.sampled_from([(), (LINK,), (replace(LINK, used=True),)]),
        receivable=st.builds(
            receivable,
            state=st.sampled_from(ReceivableState),
            balance=st.sampled_from([Money.zero("USD"), AMOUNT, Money.of("-1.00", "USD")]),
            due_on=st.none() | st.dates(date(2026, 10, 1), date(2027, 1, 31)),
            issued_on=st.dates(date(2026, 10, 1), date(2027, 1, 31)),
            promised_on=st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 31)),
        ),
    ),
    hours=st.integers(0, 24 * 60),
)
def test_nobody_is_texted_who_must_not_be(case: Situation, hours: int) -> None:
    now = NOON + timedelta(hours=hours)
    decision = decide(case, POLICY, WORDS, now)
    kinds = [one.kind for one in decision.effects]
    assert decision.review_at is None or decision.review_at > now
    if EffectKind.SEND_TEXT in kinds or EffectKind.CREATE_LINK in kinds:
        assert len(kinds) == 1
        assert case.receivable.is_owed
        assert case.consent is ConsentState.GRANTED
        against = [case.held, case.unreachable, case.payment_pending, case.payment_arrived, case.paused]
        assert not any(against)
        assert case.notices_today == 0
        assert len(case.notices_this_week) < 3
        assert 8 <= now.astimezone(NEW_YORK).hour < 20
    for link in case.live_links:
        fits = case.receivable.is_owed and not link.used and not case.payment_pending and not case.payment_arrived
        assert (EffectKind.RETIRE_LINK in kinds) == (not fits)


def test_rules_have_a_fingerprint_that_changes_with_them_only() -> None:
    rules = replace(POLICY, excluded_customers=frozenset(str(number) for number in range(40)))
    again = replace(POLICY, excluded_customers=frozenset(str(number) for number in reversed(range(40))))
    assert rules.fingerprint == again.fingerprint
    changes: list[dict[str, Any]] = [
        {"minimum": Decimal(1)},
        {"window": Window(60, 120)},
        {"steps": ()},
        {"start_on": date(2026, 11, 2)},
        {"owner_phone": Phone("+12125550199")},
        {"consent_marker": "x"},
    ]
    prints = {replace(POLICY, **change).fingerprint for change in changes} | {POLICY.fingerprint}
    assert len(prints) == len(changes) + 1


def test_in_draft_nobody_is_asked_for_consent_by_text() -> None:
    silent = situation(draft=True, consent=ConsentState.NONE, may_be_asked=True)
    decision = decide(silent, replace(POLICY, ask=True), WORDS, NOON)
    assert decision.effects == ()
    assert decision.reason is Reason.IN_DRAFT


def test_a_request_that_nobody_could_answer_is_not_made() -> None:
    silent = situation(consent=ConsentState.NONE, may_be_asked=True)
    assert decide(silent, replace(POLICY, ask=True), WORDS, NOON).reason is Reason.ASKED
    assert decide(silent, replace(POLICY, ask=True, two_way=False), WORDS, NOON).reason is Reason.NO_CONSENT
