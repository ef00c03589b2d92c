"""Invariant 1: nobody was texted twice for the same reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from connector.domain.asking import request_words
from connector.domain.dunning import DUE_RULE, ISSUED_RULE, Step, rule_of
from connector.domain.invariants import Violation, broken, check
from connector.domain.phone import Phone
from connector.domain.records import Records, TextFate, TextRecord
from tests.unit.invariants.month import (
    BOOKED,
    DANA,
    GOOD,
    LATER,
    NOON,
    STRANGER,
    TEXTED,
    doubts,
    invoice,
    link,
    minutes,
    payment,
    settled,
    standing,
    text,
    thanks,
    unpaid,
    violations,
    with_invoices,
    with_links,
    with_payments,
    with_rules,
    with_texts,
)

DUE_DAY = NOON + timedelta(days=14)  # 7 December, noon
REMINDER = text("SM3", DUE_DAY, body="A reminder from Acme: INV-1. https://pay.example/plink_1")
OPEN = replace(unpaid(), at=DUE_DAY + timedelta(days=1))
# Live accounts tell how an invoice stands now; it was changed after both texts.
PRESENT_ONLY = with_invoices(invoice((DUE_DAY + timedelta(hours=5), standing()), whole=False), of=OPEN)


def test_a_month_in_which_all_went_well_is_accepted_by_every_invariant() -> None:
    assert check(GOOD, healthy=True) == ()
    assert broken(check(GOOD, healthy=False)) == ()


def test_a_notice_on_issue_and_one_on_the_due_date_are_two_reasons() -> None:
    assert violations(with_texts(text(), REMINDER, of=OPEN), 1) == []


def test_a_text_that_never_left_does_not_count() -> None:
    again = text("SM9", TEXTED + minutes(9), fate=TextFate.NEVER_SENT)
    assert violations(with_texts(text(), again, of=OPEN), 1) == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_texts(text(), text("SM9"), of=OPEN), id="the same second"),
        pytest.param(with_texts(text(), text("SM9", TEXTED + timedelta(days=2)), of=OPEN), id="two days later"),
        pytest.param(
            with_texts(text(), text("SM9", body="Please pay https://pay.example/plink_1"), of=OPEN), id="words"
        ),
        pytest.param(with_texts(text(), REMINDER, replace(REMINDER, text_id="SM9"), of=OPEN), id="three"),
        pytest.param(
            with_links(
                *OPEN.processor.links,
                link("plink_2", generation=2),
                of=with_texts(text(), text("SM9", body="Pay https://pay.example/plink_2"), of=OPEN),
            ),
            id="on another link of the same invoice",
        ),
    ],
)
def test_a_second_text_for_one_step_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 1)) >= 1


def test_a_text_on_a_day_without_an_occasion_is_rejected() -> None:
    late = text("SM9", NOON + timedelta(days=9))
    assert violations(with_texts(late, of=OPEN), 1) == [
        "A text about invoice INV-1 went out on a day on which no notice was due."
    ]


def test_a_text_just_after_midnight_may_have_been_decided_before_it() -> None:
    midnight = NOON.replace(day=30, hour=5, minute=3)  # 00:03 in New York, when the notice on issue is over
    assert violations(with_texts(text("SM9", midnight), of=OPEN), 1) == []


def test_dates_that_were_moved_since_are_taken_as_they_were() -> None:
    soon = standing(due_on=date(2026, 11, 25))
    moved = with_invoices(invoice((NOON, soon), (NOON + timedelta(days=4), standing())), of=OPEN)
    reminder = text("SM3", NOON + timedelta(days=2), body="Reminder https://pay.example/plink_1")
    assert violations(with_texts(text(), reminder, of=moved), 1) == []


def test_where_only_the_present_dates_are_known_a_doubt_names_both_texts() -> None:
    other = text("SM9", TEXTED + timedelta(days=2), body="Reminder https://pay.example/plink_1")
    bad = with_texts(text(), other, of=PRESENT_ONLY)
    assert violations(bad, 1) == []
    assert [one.startswith("Two texts about invoice INV-1") for one in doubts(bad, 1)] == [True]


def test_where_only_the_present_dates_are_known_the_same_words_twice_are_rejected_all_the_same() -> None:
    assert len(violations(with_texts(text(), text("SM9", TEXTED + timedelta(days=2)), of=PRESENT_ONLY), 1)) == 1
    assert len(violations(with_texts(text(), text("SM9", DUE_DAY), of=PRESENT_ONLY), 1)) == 1


def test_texts_about_an_invoice_that_is_gone_are_still_counted() -> None:
    two_steps = with_rules(OPEN, steps=(ISSUED_RULE, DUE_RULE, rule_of(Step.HANDOVER)))
    gone = with_invoices(of=with_texts(text(), REMINDER, text("SM9"), of=two_steps))
    assert violations(gone, 1) == ["3 texts about invoice inv1 went out; there are 2 occasions for one."]


EVERY_STEP = tuple(rule_of(step) for step in Step)
LATE = replace(with_rules(OPEN, steps=EVERY_STEP), at=DUE_DAY + timedelta(days=60))
LATE_NOW_ONLY = with_invoices(invoice((DUE_DAY + timedelta(days=55), standing()), whole=False), of=LATE)


def _reminder(name: str, days: int, **fields: Any) -> TextRecord:
    """So many days after the due date."""
    return text(name, DUE_DAY + timedelta(days=days), **fields)


def test_every_step_is_a_reason_of_its_own() -> None:
    days = {"SM2": -3, "SM3": 0, "SM4": 3, "SM5": 10, "SM6": 24}
    whole = with_texts(text(), *(_reminder(name, day) for name, day in days.items()), of=LATE)
    assert violations(whole, 1) == []


def test_the_same_reminder_twice_is_rejected_however_many_days_apart_where_the_dates_then_are_not_known() -> None:
    reminders = [_reminder("SM4", 3), _reminder("SM5", 10)]
    for of in (LATE_NOW_ONLY, with_invoices(of=LATE)):
        found = violations(with_texts(text(body="Here it is: https://pay.example/plink_1"), *reminders, of=of), 1)
        assert [one for one in found if one.startswith("The same words about invoice")] == found != []
    own_words = [_reminder("SM4", 3, body="Late: https://pay.example/plink_1"), _reminder("SM5", 10)]
    assert violations(with_texts(text(body="New: https://pay.example/plink_1"), *own_words, of=LATE_NOW_ONLY), 1) == []


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([_reminder("SM4", 3), _reminder("SM5", 6)], "2 texts about invoice INV-1 went out for the same reason."),
        ([_reminder("SM2", -3), _reminder("SM3", -2)], "2 texts about invoice INV-1 went out for the same reason."),
        ([_reminder("SM4", 18)], "A text about invoice INV-1 went out on a day on which no notice was due."),
        ([_reminder("SM4", 46)], "A text about invoice INV-1 went out on a day on which no notice was due."),
    ],
)
def test_a_reminder_twice_or_after_an_invoice_was_handed_over_is_rejected(texts: list[TextRecord], found: str) -> None:
    assert violations(with_texts(*texts, of=LATE), 1) == [found]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_texts(text(), thanks(), thanks("SM9")), id="to the customer"),
        pytest.param(with_texts(text(), thanks(), thanks("SM9", BOOKED + timedelta(hours=20))), id="hours later"),
        pytest.param(with_payments(of=with_texts(text(), thanks(), thanks("SM9"))), id="for no payment"),
    ],
)
def test_thanks_beyond_the_payments_are_rejected(bad: Records) -> None:
    assert len(violations(bad, 1)) == 1
    finding = next(one for one in check(bad, healthy=True) if one.number == 1)
    assert isinstance(finding, Violation)
    assert {"SM2", "SM9"} <= {one.object_id for one in finding.look_at}


def test_words_that_name_no_invoice_are_a_doubt() -> None:
    bare = [thanks(name, body="Thank you!") for name in ("SM2", "SM9")]
    bad = with_texts(text(), *bare)
    assert violations(bad, 1) == []
    assert doubts(bad, 1) == ["Texts with the same words name no invoice, so their reason cannot be told."]


def test_an_invoice_number_of_several_words_is_found_in_a_text_too() -> None:
    line = (NOON, standing(number="INV 1")), (BOOKED, settled(number="INV 1"))
    named = [thanks(name, body="Thank you for INV 1.") for name in ("SM2", "SM9")]
    assert len(violations(with_invoices(invoice(*line), of=with_texts(text(), *named)), 1)) == 1
    longer = [thanks(name, body="Thank you for INV 12.") for name in ("SM2", "SM9")]
    assert violations(with_invoices(invoice(*line), of=with_texts(text(), *longer)), 1) == []


def test_thanks_that_never_left_do_not_count() -> None:
    assert check(with_texts(text(), thanks(), thanks("SM9", fate=TextFate.NEVER_SENT)), healthy=True) == ()


def test_two_payments_may_be_thanked_for_in_the_same_words() -> None:
    twice = with_payments(payment(), payment("pi_2"), of=with_texts(text(), thanks(), thanks("SM9")))
    assert violations(twice, 1) == []


def test_an_invoice_without_a_number_is_named_by_its_id() -> None:
    nameless = with_invoices(invoice((NOON, standing(number=None)), (BOOKED, settled(number=None))))
    assert violations(with_texts(text(), text("SM9"), of=nameless), 1) == [
        "2 texts about invoice (no number, id inv1) went out for the same reason."
    ]


def asked(name: str, at: datetime = NOON - timedelta(days=2), to: Phone = STRANGER, **fields: Any) -> TextRecord:
    return text(name, at, **({"to": to, "body": request_words("Acme Plumbing")} | fields))


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param([asked("SM8"), asked("SM9", NOON - timedelta(days=1))], id="on two days"),
        pytest.param([asked("SM8"), asked("SM9", LATER + timedelta(days=300))], id="a year apart"),
        pytest.param([asked("SM9", NOON + timedelta(days=1), to=DANA)], id="after a notice"),
    ],
)
def test_more_than_one_request_for_consent_is_rejected(bad: list[TextRecord]) -> None:
    assert [one for one in violations(with_texts(text(), thanks(), *bad), 1) if "consent" in one]


def test_one_request_before_the_first_notice_is_right_and_one_that_never_left_does_not_count() -> None:
    lost = asked("SM9", NOON - timedelta(days=1), fate=TextFate.NEVER_SENT)
    good = with_texts(text(), thanks(), asked("SM7", to=DANA), asked("SM8"), lost)
    assert violations(good, 1) == []


def test_a_request_of_another_company_of_the_same_sender_is_not_ours() -> None:
    other = text("SM9", to=STRANGER, body=request_words("Borealis"))
    assert violations(with_texts(text(), thanks(), asked("SM8"), other), 1) == []
