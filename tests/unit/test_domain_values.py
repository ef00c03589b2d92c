"""Money, phones, steps, settlement, effects and cadence: the small values everything rests on."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.assemble import steps_of
from connector.config.company import NoticeSettings
from connector.domain.cadence import AFOOT_FOR, Activity, Allowance, Intervals, affordable, wanted
from connector.domain.dunning import DUE_RULE, ISSUED_RULE, USUAL_STEPS, Anchor, Step, StepRule, current_step, rule_of
from connector.domain.effect import (
    LEGAL_MOVES,
    PRIORITY,
    BooksIdentity,
    EffectKind,
    EffectStatus,
    booking_reference,
    canonical,
    may_move,
    natural_key,
)
from connector.domain.money import Money, decimals_of
from connector.domain.phone import Phone, parse_mobile, region_of
from tests.unit.situations import NOON, TODAY, receivable

BOOKS = BooksIdentity("quickbooks", "9130", "acct_1")
RULES = (ISSUED_RULE, DUE_RULE)


# ------------------------------------------------------------------------------------------------------------- keys


def test_keys_are_what_they_were_in_every_version_before() -> None:
    """Golden values: an installation that lost its memory must find what an older one left behind."""
    assert natural_key(BOOKS, "notice", "145", "issued") == "HN5N6DHFZ4RNGYWZYYDPJEBOKWWXLJTQ"
    assert natural_key(BOOKS, "link", "145", 1, 12000, "USD") == "O3UDRVSI6H57ZZOOYKYKFJLHNTG3KRSB"
    assert natural_key(BOOKS, "booking", "pi_3Q", "145") == "PYQKM3WJ4VKYWFD6TYB42W4FPSLUQFPO"
    assert booking_reference(BOOKS, "pi_3Q") == "DBRU6FRJJBU5LDMAST3GL"


parts = st.lists(st.text(max_size=8) | st.integers(), max_size=4)


@given(one=parts, other=parts)
def test_different_facts_give_different_keys(one: list[str | int], other: list[str | int]) -> None:
    same = [(type(part), part) for part in one] == [(type(part), part) for part in other]
    assert (natural_key(BOOKS, "x", *one) == natural_key(BOOKS, "x", *other)) == same


@pytest.mark.parametrize("field", ["ledger_kind", "tenant_id", "processor_account"])
def test_other_books_give_other_keys(field: str) -> None:
    from dataclasses import replace

    other: Any = replace(BOOKS, **{field: "other"})
    assert natural_key(BOOKS, "notice", "1") != natural_key(other, "notice", "1")


def test_keys_and_references_fit_every_service() -> None:
    key, reference = natural_key(BOOKS, "notice", "é" * 500), booking_reference(BOOKS, "pi_" + "x" * 90)
    assert len(key) == 32
    assert len(reference) == 21
    assert (key + reference).isalnum()
    assert (key + reference).isupper()


def test_the_same_values_have_one_spelling() -> None:
    assert canonical({"b": 1, "a": "ü"}) == canonical({"a": "ü", "b": 1}) == '{"a":"ü","b":1}'


LEGAL = {
    ("planned", "in_flight"),
    ("planned", "cancelled"),
    ("planned", "done"),
    ("in_flight", "done"),
    ("in_flight", "rejected"),
    ("in_flight", "planned"),
    ("in_flight", "uncertain"),
    ("uncertain", "done"),
    ("uncertain", "planned"),
    ("uncertain", "cancelled"),
    ("rejected", "planned"),
    ("rejected", "cancelled"),
    ("cancelled", "planned"),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(EffectStatus, EffectStatus)))
def test_every_move_is_legal_or_not_as_designed(before: EffectStatus, after: EffectStatus) -> None:
    assert may_move(before, after) == ((before.value, after.value) in LEGAL)


def test_every_status_and_kind_is_provided_for() -> None:
    assert set(LEGAL_MOVES) == set(EffectStatus)
    assert sorted(PRIORITY, key=PRIORITY.__getitem__) == [
        EffectKind.BOOK_PAYMENT,
        EffectKind.BOOK_CREDIT,
        EffectKind.REVERSE_BOOKING,
        EffectKind.BOOK_REFUND,
        EffectKind.RETIRE_LINK,
        EffectKind.CREATE_LINK,
        EffectKind.SEND_TEXT,
        EffectKind.BOOK_FEE,
        EffectKind.BOOK_PAYOUT,
        EffectKind.BOOK_EXCHANGE,
    ]


# ------------------------------------------------------------------------------------------------------------ steps


@pytest.mark.parametrize(
    ("issued", "due", "today", "step", "next_start"),
    [
        (0, 14, 0, Step.ISSUED, 14),
        (0, 14, 6, Step.ISSUED, 14),
        (0, 14, 7, None, 14),
        (0, 14, 13, None, 14),
        (0, 14, 14, Step.DUE, None),
        (0, 14, 16, Step.DUE, None),
        (0, 14, 17, None, None),
        (0, 0, 0, Step.DUE, None),  # on the same day the later step speaks
        (0, 3, 2, Step.ISSUED, 3),
        (0, 3, 3, Step.DUE, None),  # the earlier one is passed over, never sent beside it
        (5, 3, 0, None, 3),
        (5, 3, 4, Step.DUE, 5),  # due before it was issued: by mistake, or dated back
        (5, 3, 5, Step.ISSUED, None),
        (5, None, 0, None, 5),
        (0, None, 3, Step.ISSUED, None),
        (0, None, 30, None, None),
    ],
)
def test_the_step_of_a_day(issued: int, due: int | None, today: int, step: Step | None, next_start: int | None) -> None:
    def day(number: int) -> date:
        return TODAY + timedelta(days=number)

    one = receivable(issued_on=day(issued), due_on=day(due) if due is not None else None)
    found = current_step(one, RULES, day(today))
    assert found.step == step
    assert found.next_start == (day(next_start) if next_start is not None else None)


EVERY = tuple(rule_of(step) for step in Step)


@pytest.mark.parametrize(
    ("terms", "today", "step", "next_start"),
    [
        (14, 0, Step.ISSUED, 11),
        (14, 10, None, 11),
        (14, 11, Step.UPCOMING, 14),
        (14, 12, Step.UPCOMING, 14),
        (14, 13, None, 14),  # the eve: tomorrow's text says it all
        (14, 14, Step.DUE, 17),
        (14, 16, Step.DUE, 17),
        (14, 17, Step.OVERDUE, 24),
        (14, 23, Step.OVERDUE, 24),
        (14, 24, Step.SECOND_OVERDUE, 38),
        (14, 31, None, 38),  # a week and a day: it had its time
        (14, 38, Step.THIRD_OVERDUE, 59),
        (14, 59, Step.HANDOVER, None),
        (14, 1000, Step.HANDOVER, None),
        (10, 7, Step.UPCOMING, 10),
        (9, 6, Step.ISSUED, 9),  # so soon after "here is your invoice" it would tell nothing new
        (3, 0, Step.ISSUED, 3),
        (0, 0, Step.DUE, 3),
    ],
)
def test_every_step_has_its_days(terms: int, today: int, step: Step | None, next_start: int | None) -> None:
    one = receivable(issued_on=TODAY, due_on=TODAY + timedelta(days=terms))
    found = current_step(one, EVERY, TODAY + timedelta(days=today))
    assert found.step is step
    assert found.next_start == (TODAY + timedelta(days=next_start) if next_start is not None else None)


def test_without_the_text_for_a_new_invoice_short_terms_get_their_reminder_before() -> None:
    one = receivable(issued_on=TODAY, due_on=TODAY + timedelta(days=4))
    assert current_step(one, EVERY[1:], TODAY + timedelta(days=1)).step is Step.UPCOMING


@given(
    terms=st.integers(-10, 90) | st.none(),
    days=st.dictionaries(
        st.sampled_from([one for one in Step if one not in {Step.ISSUED, Step.DUE}]), st.integers(1, 60)
    ),
    on=st.frozensets(st.sampled_from(Step)),
)
def test_no_step_comes_back_and_none_is_on_two_stretches_of_days(
    terms: int | None, days: dict[Step, int], on: frozenset[Step]
) -> None:
    one = receivable(issued_on=TODAY, due_on=TODAY + timedelta(days=terms) if terms is not None else None)
    rules = tuple(rule_of(step, days.get(step)) for step in Step if step in on)
    seen = [current_step(one, rules, TODAY + timedelta(days=day)).step for day in range(-100, 200)]
    stretches = [step for step, _ in itertools.groupby(seen) if step is not None]
    assert len(stretches) == len(set(stretches))
    assert set(stretches) <= on


def test_without_rules_there_is_no_step() -> None:
    assert current_step(receivable(), (), TODAY).step is None


def test_a_rule_may_start_days_before_or_after() -> None:
    rule = StepRule(Step.DUE, Anchor.DUE_DATE, offset_days=-3)
    assert rule.start(receivable(due_on=TODAY)) == TODAY - timedelta(days=3)
    assert rule.start(receivable(due_on=None)) is None


# ------------------------------------------------------------------------------------------------------------ money


@given(minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(["USD", "JPY", "KWD", "EUR"]))
def test_minor_units_go_there_and_back(minor: int, currency: str) -> None:
    money = Money.from_minor(minor, currency)
    assert money.minor == minor
    assert Money.of(str(money.amount), currency) == money
    assert str(money).endswith(currency)


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("USD", 2), ("KWD", 3)])
def test_currencies_have_their_decimals(currency: str, digits: int) -> None:
    assert decimals_of(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("1.001", "USD"),
        ("0.5", "JPY"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1", "usd"),
        ("x", "USD"),
        ("1", "EURO"),
        ("1", "A1B"),
        ("1e30", "USD"),
        ("1_000", "USD"),
    ],
)
def test_what_is_no_exact_amount_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Money.of(amount, currency)


def test_a_zero_has_no_sign() -> None:
    assert str(Money.of("-0.0", "USD")) == "0.00 USD"


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError):
        Money(1.5, "USD")  # type: ignore[arg-type]  # that is the point


def test_amounts_add_subtract_and_compare_in_one_currency_only() -> None:
    one, two = Money.of("1.50", "USD"), Money.of("2", "USD")
    assert one + one == Money.of(3, "USD")
    assert two - one == Money(Decimal("0.50"), "USD")
    assert one < two
    assert one <= one  # noqa: PLR0124  equality is part of it
    assert one.is_positive
    assert not Money.zero("USD").is_positive
    for act in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(ValueError, match="different currencies"):
            act(one, Money.of("1", "EUR"))


# ------------------------------------------------------------------------------------------------------------ phone


@pytest.mark.parametrize(
    ("text", "region", "found"),
    [
        ("(212) 555-0123", "US", "+12125550123"),
        ("+44 7911 123456", "US", "+447911123456"),
        ("07911 123456", "GB", "+447911123456"),
        ("+44 20 7946 0958", "US", None),  # a landline
        ("212 555 0123 ext 5", "US", None),
        ("call Dana", "US", None),
        ("212 555 0123", None, None),
        ("12", "US", None),
        ("212 555 Anna", "US", None),  # letters are no digits
        ("212\u2009555\u20090123 (m)", "US", "+12125550123"),
        ("+1 900 555 0123", "US", None),  # premium rate
    ],
)
def test_free_text_is_read_as_a_mobile_or_not_at_all(text: str, region: str | None, found: str | None) -> None:
    assert parse_mobile(text, region) == (Phone(found) if found else None)


def test_a_number_never_shows_itself_whole() -> None:
    phone = Phone("+12125550123")
    assert "555" not in str(phone) + repr(phone)
    assert str(phone).endswith("0123")


@pytest.mark.parametrize("text", ["2125550123", "+12", "+1212555O123", "", "+1234567890123456", "+٠١٢٣٤٥٦٧"])
def test_only_e164_is_a_phone(text: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        Phone(text)


def test_a_number_names_its_country_where_it_has_one() -> None:
    assert region_of(Phone("+447400123456")) == "GB"
    assert region_of(Phone("+870773111632")) is None
    assert region_of(Phone("+9991234567")) is None  # of no plan at all


# ---------------------------------------------------------------------------------------------------------- cadence

INTERVALS = Intervals(quick=5, slow=60, idle=600, sweep=86400)


def test_looks_are_quick_while_something_is_afoot_and_rare_when_nothing_is() -> None:
    assert wanted(INTERVALS, Activity(NOON, links_out=False), NOON) == timedelta(seconds=5)
    assert wanted(INTERVALS, Activity(NOON - AFOOT_FOR, links_out=True), NOON) == timedelta(seconds=60)
    assert wanted(INTERVALS, Activity(None, links_out=False), NOON) == timedelta(seconds=600)


@given(left=st.integers(0, 10_000), calls=st.integers(1, 3), hours=st.integers(0, 800), seconds=st.integers(1, 3600))
def test_an_interval_is_never_shorter_than_wanted_and_never_overdraws(
    left: int, calls: int, hours: int, seconds: int
) -> None:
    until = NOON + timedelta(hours=hours)
    interval = affordable(timedelta(seconds=seconds), calls, Allowance(left, until), NOON)
    assert interval >= timedelta(seconds=seconds)
    looks = timedelta(hours=hours) / interval
    if int(left * 0.8) // calls:
        assert looks * calls <= left + calls
    else:
        assert looks <= 1


def test_without_a_budget_the_interval_stays() -> None:
    assert affordable(timedelta(seconds=9), 1, None, NOON) == timedelta(seconds=9)
    assert affordable(timedelta(seconds=9), 1, Allowance(5, NOON - timedelta(hours=1)), NOON) == timedelta(seconds=9)


def test_a_company_that_says_nothing_texts_on_issue_three_days_before_on_the_day_and_three_days_after() -> None:
    usual = [
        (Step.ISSUED, Anchor.ISSUE_DATE, 0),
        (Step.UPCOMING, Anchor.DUE_DATE, -3),
        (Step.DUE, Anchor.DUE_DATE, 0),
        (Step.OVERDUE, Anchor.DUE_DATE, 3),
    ]
    for rules in (steps_of(NoticeSettings()), USUAL_STEPS):
        assert [(one.step, one.anchor, one.offset_days) for one in rules] == usual
