"""Whether an entry by somebody else stands for a payment: it names it, it may, or it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.domain.already import (
    Elsewhere,
    Judgement,
    Match,
    Paid,
    adopted,
    answered,
    is_by_others,
    judge,
    judge_elsewhere,
    was_asked,
    with_entry,
    with_question,
    with_question_elsewhere,
    without_entry,
)
from connector.domain.effect import canonical
from connector.domain.money import Money

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
DAY = date(2026, 11, 23)
LONG = "pi_3QxYzAbCdEfGhIjK1LmNoPqR"


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


FORTY, NOTHING = usd("40.00"), usd("0.00")


@dataclass(frozen=True)
class Row:
    """An entry as a ledger may hold it; by itself it names nothing, and is over what was paid, a minute later."""

    booking_id: str = "17"
    applied: Money = FORTY
    unapplied: Money = NOTHING
    booked_on: date = DAY
    reference: str = ""
    note: str = ""
    entered_at: datetime | None = NOON + timedelta(minutes=1)
    total: Money | None = None


ROW = Row()
PAID = Paid(LONG, frozenset({LONG, "cs_1", "plink_1"}), frozenset({"pi_other", "cs_2"}), usd("40.00"), NOON, DAY)
SURE = {
    "its id in the reference": replace(ROW, reference=LONG),
    "its id in the note": replace(ROW, note=f"Stripe {LONG}, card"),
    "the page's id": replace(ROW, note="cs_1"),
    "the link's id": replace(ROW, note="plink_1"),
    "and another amount, long ago": replace(ROW, applied=usd("9.00"), reference=LONG, booked_on=date(2026, 1, 1)),
    "and a charge's id beside it": replace(ROW, reference=f"{LONG} ch_3Q"),
}
MAYBE = {
    "nothing": ROW,
    "a cheque's number": replace(ROW, reference="CHEQUE 7"),
    "a charge's id, which may be of any payment": replace(ROW, reference="ch_3QxYz"),
    "its id as QuickBooks cuts it": replace(ROW, reference=LONG[:21]),
    "with a part left as a credit": replace(ROW, applied=usd("30.00"), unapplied=usd("10.00")),
    "booked a week later": replace(ROW, booked_on=date(2026, 11, 30)),
    "booked a week before, and entered since": replace(ROW, booked_on=date(2026, 11, 16)),
    "entered by a clock that is half a minute behind": replace(ROW, entered_at=NOON - timedelta(seconds=30)),
    "entered nobody knows when, on that day": replace(ROW, entered_at=None),
    "two payments": replace(ROW, note=f"{LONG} and pi_other"),
}
NOT_IT = {
    "an entry of ours": replace(ROW, reference="DBABCDEFGHIJKLMNOPQRS", note=LONG),
    "in another currency": replace(ROW, applied=Money.of("40.00", "EUR"), unapplied=Money.zero("EUR"), reference=LONG),
    "another amount": replace(ROW, applied=usd("41.00")),
    "it names another payment": replace(ROW, reference="pi_3Other"),
    "it names another payment of this invoice by its page": replace(ROW, note="cs_2"),
    "it names a payment whose id is like the beginning of this one": replace(ROW, reference="pi_3"),
    "entered before": replace(ROW, entered_at=NOON - timedelta(hours=1)),
    "booked more than a week later": replace(ROW, booked_on=date(2026, 12, 1)),
    "booked more than a week before": replace(ROW, booked_on=date(2026, 11, 15)),
    "entered nobody knows when, and booked the day before": replace(ROW, entered_at=None, booked_on=date(2026, 11, 22)),
}


def judged(*rows: Row, taken: tuple[str, ...] = (), ruled_out: tuple[str, ...] = ()) -> Judgement[Row]:
    return judge(rows, PAID, taken=taken, ruled_out=ruled_out)


@pytest.mark.parametrize("row", SURE.values(), ids=SURE)
def test_an_entry_that_names_the_payment_and_no_other_is_certain(row: Row) -> None:
    assert judged(row) == Judgement(Match.CERTAIN, (row,))


@pytest.mark.parametrize("row", MAYBE.values(), ids=MAYBE)
def test_an_entry_that_may_be_it_is_asked_about(row: Row) -> None:
    assert judged(row) == Judgement(Match.LIKELY, (row,))


@pytest.mark.parametrize("row", NOT_IT.values(), ids=NOT_IT)
def test_an_entry_that_cannot_be_it_is_left_alone(row: Row) -> None:
    assert judged(row) == Judgement(Match.NONE)


def test_where_there_is_no_entry_none_stands_for_it() -> None:
    assert judged() == Judgement(Match.NONE)


def test_two_that_are_alike_are_both_asked_about_and_two_that_name_it_as_well() -> None:
    alike = (ROW, replace(ROW, booking_id="18"))
    assert judged(*alike) == Judgement(Match.LIKELY, alike)
    naming = tuple(replace(one, reference=LONG, applied=usd("20.00")) for one in alike)
    assert judged(*naming) == Judgement(Match.LIKELY, naming)


def test_one_that_names_it_is_certain_whatever_else_is_alike() -> None:
    naming = replace(ROW, booking_id="18", reference=LONG)
    assert judged(ROW, naming) == Judgement(Match.CERTAIN, (naming,))


def test_one_that_stands_for_another_payment_is_not_taken_again() -> None:
    naming = replace(ROW, reference=LONG)
    assert judged(naming, ROW, taken=("17",)) == Judgement(Match.NONE)


def test_one_that_a_person_has_ruled_out_is_not_asked_about_again_and_a_new_one_is() -> None:
    new = replace(ROW, booking_id="18")
    assert judged(ROW, ruled_out=("17",)) == Judgement(Match.NONE)
    assert judged(ROW, new, ruled_out=("17",)) == Judgement(Match.LIKELY, (new,))


# ------------------------------------------------------------------- a payment for several receivables, entered whole

# Of 100.00 in all, 40.00 are for the receivable that is asked about, and 60.00 for another.
SHARED = replace(PAID, whole=usd("100.00"))
WHOLE = replace(ROW, applied=usd("60.00"), unapplied=usd("40.00"))


def held(*rows: Row, due: str = "60.00", ruled_out: tuple[str, ...] = ()) -> Judgement[Elsewhere[Row]]:
    found = [Elsewhere(one, ("other",), usd(due)) for one in rows]
    return judge_elsewhere(found, SHARED, taken=("taken",), ruled_out=ruled_out)


@pytest.mark.parametrize(
    "row",
    [
        WHOLE,
        replace(ROW, applied=usd("100.00")),
        replace(ROW, applied=usd("60.00"), total=usd("100.00")),  # the rest is on an invoice of another matter
        replace(ROW, applied=usd("61.00")),
    ],
)
def test_an_entry_elsewhere_that_names_it_and_is_over_more_than_its_own_part_holds_this_one_whatever_was_said(
    row: Row,
) -> None:
    naming = replace(row, reference=LONG)
    judged_so = Judgement(Match.CERTAIN, (Elsewhere(naming, ("other",), usd("60.00")),))
    assert held(naming) == held(naming, WHOLE) == held(naming, ruled_out=("17", "17/elsewhere")) == judged_so


@pytest.mark.parametrize(
    "row",
    [
        replace(ROW, applied=usd("60.00"), reference=LONG),
        replace(ROW, applied=usd("50.00"), reference=LONG),
        replace(WHOLE, total=usd("60.00"), reference=LONG),
        replace(WHOLE, booking_id="taken", reference=LONG),
        replace(WHOLE, reference="DBABCDEFGHIJKLMNOPQRS", note=LONG),
        replace(WHOLE, reference="pi_3Other"),
        replace(WHOLE, entered_at=NOON - timedelta(hours=1)),
        replace(ROW, applied=usd("99.00")),
    ],
)
def test_an_entry_elsewhere_that_is_over_its_own_part_or_is_another_matter_holds_nothing_of_this_one(row: Row) -> None:
    assert held(row) == Judgement(Match.NONE)


def test_an_entry_elsewhere_over_all_of_it_without_a_name_is_asked_about_until_a_person_has_said() -> None:
    asked = Judgement(Match.LIKELY, (Elsewhere(WHOLE, ("other",), usd("60.00")),))
    assert held(WHOLE) == held(WHOLE, ruled_out=("17",)) == asked
    assert held(WHOLE, ruled_out=("17/elsewhere",)) == Judgement(Match.NONE)
    several = replace(WHOLE, reference=f"{LONG} pi_other")
    assert held(several).match is Match.LIKELY


def test_an_entry_over_all_of_it_on_this_receivable_is_asked_about_as_one_over_its_part_is() -> None:
    row = replace(ROW, applied=usd("100.00"))
    assert judge([row], SHARED, taken=(), ruled_out=()) == Judgement(Match.LIKELY, (row,))
    assert judge([row], PAID, taken=(), ruled_out=()) == Judgement(Match.NONE)


# ------------------------------------------------------------------------------------------------- in frozen values


def test_the_frozen_values_say_which_entry_stands_for_it_and_can_be_set_free_again() -> None:
    values: dict[str, object] = {"amount": "40.00"}
    named = with_entry(values, "17")
    assert adopted(canonical(values)) == ""
    assert adopted(canonical(named)) == "17"
    assert without_entry(named) == values


def test_only_what_was_concluded_with_the_entry_that_is_named_is_by_somebody_else() -> None:
    named = canonical(with_entry({}, "17"))
    assert is_by_others(named, "17")
    assert not is_by_others(named, "18")
    assert not is_by_others(named, None)
    assert not is_by_others(canonical({}), "17")


def test_a_question_is_answered_by_a_later_slot_and_by_nothing_else() -> None:
    asked = with_question({}, [ROW], 0)
    assert was_asked(asked, "17")
    assert not was_asked(asked, "18")
    assert answered(asked, 0) == {}
    assert answered(asked, 1) == {"17": 0}
    again = with_question(asked, [replace(ROW, booking_id="18")], 1)
    assert answered(again, 1) == {"17": 0}
    assert answered({}, 3) == {}


def test_what_was_asked_about_elsewhere_is_another_question_than_on_the_receivable() -> None:
    values = with_question_elsewhere(with_question({}, [ROW], 0), [replace(ROW, booking_id="18")], 1)
    assert was_asked(values, "17")
    assert not was_asked(values, "18")
    assert answered(values, 2) == {"17": 0, "18/elsewhere": 1}


def test_of_an_entry_that_was_to_stand_for_it_and_did_not_nobody_has_said_that_it_is_another_matter() -> None:
    asked = with_question(with_question_elsewhere({}, [ROW], 0), [ROW, replace(ROW, booking_id="18")], 1)
    assert answered(without_entry(with_entry(asked, "17")), 2) == {"18": 1}
    assert without_entry(with_entry(with_question({}, [ROW], 0), "17")) == {}
