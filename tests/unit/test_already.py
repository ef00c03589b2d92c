"""Whether an entry by somebody else stands for a payment: it names it, it may, or it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.domain.already import (
    Judgement,
    Match,
    Paid,
    adopted,
    answered,
    is_by_others,
    judge,
    was_asked,
    with_entry,
    with_question,
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
