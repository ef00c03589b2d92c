"""The effect log: every move is legal, leaves an event, and no occasion happens twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.domain.effect import EffectKind, EffectStatus, NewEffect
from connector.domain.joint import Part
from connector.domain.money import Money
from connector.errors import Bug
from state.effects import TextFacts
from tests.state.house import NOW, PHONE, House, attention, link, receivable

LATER = NOW + timedelta(hours=1)

ALL = [Part("inv1", Money.of("120.00", "USD"))]


def test_an_occasion_is_planned_once(house: House) -> None:
    assert house.plan()
    assert not house.plan()
    assert house.status() == "planned"


def test_one_key_for_two_kinds_is_refused(house: House) -> None:
    house.plan()
    with pytest.raises(Bug):
        house.plan(kind=EffectKind.RETIRE_LINK)


def test_what_was_cancelled_may_be_planned_anew_with_new_values(house: House) -> None:
    house.plan(request='{"a":1}')
    house.store.effect_cancelled("acme", "KEY", NOW, "the world moved")
    assert house.plan(request='{"a":2}')
    row = house.store.effects.get("KEY")
    assert row is not None
    assert (row.request, row.status, row.slot) == ('{"a":2}', "planned", 0)


def test_new_values_after_a_try_get_an_idempotency_slot_of_their_own(house: House) -> None:
    house.plan(request='{"a":1}')
    house.start()
    house.store.effects.postpone("KEY", NOW, NOW, "throttled")
    house.store.effect_cancelled("acme", "KEY", NOW, "the world moved")
    house.plan(request='{"a":2}')
    row = house.store.effects.get("KEY")
    assert row is not None
    assert row.slot == 1


def test_what_a_person_closed_is_not_planned_again(house: House) -> None:
    house.read(receivable())
    house.plan()
    house.start()
    house.store.effects.doubt("KEY", NOW, NOW, "no answer")
    house.store.decided("acme", [], NOW)
    house.store.effects.close_by_person("KEY", LATER)
    assert not house.plan()
    assert house.status() == "cancelled"
    assert house.queries.due_for_review("acme", LATER, 10) == ["inv1"]


def test_an_effect_in_flight_cannot_be_started_again(house: House) -> None:
    house.plan()
    house.start()
    with pytest.raises(Bug):
        house.start()


def test_an_illegal_move_leaves_everything_as_it_was(house: House) -> None:
    house.plan()
    with pytest.raises(Bug):
        house.store.effect_rejected("acme", "KEY", NOW, "no", attention())
    assert house.status() == "planned"
    assert house.queries.attention("acme") == []
    assert len(house.store.effects.history("KEY")) == 1


def test_an_effect_that_is_not_on_record_cannot_move(house: House) -> None:
    with pytest.raises(Bug):
        house.start("NOBODY")
    with pytest.raises(Bug):
        house.store.effects.looked("NOBODY", LATER)


def test_what_was_not_begun_cannot_be_in_doubt(house: House) -> None:
    house.plan()
    with pytest.raises(Bug):
        house.store.effects.doubt("KEY", LATER, NOW, "no answer")
    assert house.status() == "planned"


def test_a_refusal_that_needs_nobody_is_put_before_nobody(house: House) -> None:
    house.plan()
    house.start()
    house.store.effect_rejected("acme", "KEY", NOW, "the recipient told the carrier to stop", None)
    assert house.status() == "rejected"
    assert house.queries.attention("acme") == []


@pytest.mark.parametrize("status", ["planned", "in_flight", "done", "cancelled"])
def test_only_what_was_refused_or_is_in_doubt_can_be_ordered_again(house: House, status: str) -> None:
    house.plan()
    if status in {"in_flight", "done"}:
        house.start()
    if status == "done":
        house.store.link_made("acme", "KEY", link(), parts=ALL, generation=1, now=NOW, note="")
    if status == "cancelled":
        house.store.effect_cancelled("acme", "KEY", NOW, "")
    with pytest.raises(Bug):
        house.store.effects.order_retry("KEY", NOW)
    assert house.status() == status


def test_a_retry_goes_under_a_fresh_slot(house: House) -> None:
    house.plan()
    house.start()
    house.store.effect_rejected("acme", "KEY", NOW, "no", attention("acme/effect/KEY/0"))
    assert house.store.effects.order_retry("KEY", LATER).slot == 1
    assert house.status() == "planned"


def test_what_a_person_was_told_is_closed_once_it_is_done_after_all(house: House) -> None:
    house.plan()
    house.start()
    house.store.effect_rejected("acme", "KEY", NOW, "no", attention("acme/effect/KEY/0"))
    house.store.attend("acme", attention("acme/effect/KEYOTHER/0"), NOW)
    house.store.effects.order_retry("KEY", LATER)
    house.start()
    house.store.link_made("acme", "KEY", link(), parts=ALL, generation=1, now=LATER, note="")
    assert [item.key for item in house.queries.attention("acme")] == []


def test_a_failed_try_counts_and_a_mere_delay_does_not(house: House) -> None:
    house.plan()
    house.store.effects.postpone("KEY", LATER, NOW, "night")
    house.store.effects.postpone("KEY", LATER, NOW, "out of reach", failed=True)
    row = house.store.effects.get("KEY")
    assert row is not None
    assert (row.attempts, row.due_at) == (1, LATER)


def test_only_an_answered_look_counts(house: House) -> None:
    house.plan()
    house.start()
    house.store.effects.doubt("KEY", NOW, NOW, "no answer")
    house.store.effects.looked("KEY", LATER, answered=False)
    house.store.effects.looked("KEY", LATER)
    row = house.store.effects.get("KEY")
    assert row is not None
    assert row.looks == 1


def test_the_most_pressing_of_each_subject_is_due_first(house: House) -> None:
    house.plan("TEXT", kind=EffectKind.SEND_TEXT)
    house.plan("BOOK", kind=EffectKind.BOOK_PAYMENT)
    assert [row.key for row in house.store.effects.due("acme", NOW, 10, kinds=frozenset(EffectKind))] == ["BOOK"]
    assert house.store.effects.due("acme", NOW - timedelta(seconds=1), 10, kinds=frozenset(EffectKind)) == []
    assert [row.key for row in house.store.effects.due("acme", NOW, 10, kinds={EffectKind.SEND_TEXT})] == ["TEXT"]


def test_one_text_to_a_number_is_due_at_a_time_but_any_to_the_owner(house: House) -> None:
    with house.database.write() as session:
        for key, subject, purpose in (
            *(("A", "inv1", "notice"), ("B", "inv2", "receipt"), ("C", "inv3", "owner"), ("D", "inv4", "owner")),
        ):
            effect = NewEffect(key, EffectKind.SEND_TEXT, subject, "{}", "why")
            house.store.effects.plan(session.connection(), "acme", effect, NOW, TextFacts(PHONE.e164, purpose))
    due = house.store.effects.due("acme", NOW, 9, kinds=[EffectKind.SEND_TEXT])
    assert [row.key for row in due] == ["A", "C", "D"]
    house.start("A")
    assert [row.key for row in house.store.effects.due("acme", NOW, 9, kinds=[EffectKind.SEND_TEXT])] == ["B", "C", "D"]


def test_what_a_clock_ahead_put_off_for_years_is_due(house: House) -> None:
    house.plan()
    house.store.effects.postpone("KEY", NOW + timedelta(days=900), NOW, "later")
    assert [row.key for row in house.store.effects.due("acme", NOW, 10, kinds=frozenset(EffectKind))] == ["KEY"]
    house.store.effects.postpone("KEY", NOW + timedelta(days=9), NOW, "later")
    assert house.store.effects.due("acme", NOW, 10, kinds=frozenset(EffectKind)) == []


def test_what_a_crash_left_in_flight_and_what_is_in_doubt_is_unsettled(house: House) -> None:
    for key in ("A", "B", "C"):
        house.plan(key)
    house.start("A")
    house.start("B")
    house.store.effects.doubt("B", LATER, NOW, "no answer")
    assert [row.key for row in house.store.effects.unsettled("acme", NOW, 10)] == ["A"]
    assert {row.key for row in house.store.effects.unsettled("acme", LATER, 10)} == {"A", "B"}


def test_the_past_of_an_effect_is_kept_with_the_values_it_was_planned_with(house: House) -> None:
    house.plan(request='{"a":1}')
    house.start()
    house.store.effects.doubt("KEY", NOW, NOW, "no answer")
    history = house.store.effects.history("KEY")
    assert [(one.before, one.after) for one in history] == [
        (None, EffectStatus.PLANNED),
        ("planned", EffectStatus.IN_FLIGHT),
        ("in_flight", EffectStatus.UNCERTAIN),
    ]
    assert history[0].request == '{"a":1}'


def test_what_a_person_decides_on_an_effect_that_is_not_there_is_refused(house: House) -> None:
    with pytest.raises(Bug, match="not on record"):
        house.store.effects.close_by_person("NO SUCH KEY", NOW)


def test_once_a_clock_that_was_ahead_is_right_what_was_ordered_again_out_of_a_doubt_keeps_its_half_hour(
    house: House,
) -> None:
    ahead = NOW + timedelta(days=2)
    for key in ("DOUBT", "ORDERED"):
        house.plan(key)
        house.start(key)
        house.store.effects.doubt(key, ahead, NOW, "no answer")
    house.store.effects.order_retry("ORDERED", NOW, due_at=ahead)
    house.plan("LATER")
    house.store.effects.postpone("LATER", ahead, NOW, "the hours for texts are over")
    house.store.put_off_no_longer("acme", NOW)
    found = {key: house.store.effects.get(key) for key in ("DOUBT", "ORDERED", "LATER")}
    due = {key: one.due_at - NOW for key, one in found.items() if one is not None}
    half_an_hour = timedelta(minutes=30)
    assert due == {"DOUBT": half_an_hour, "ORDERED": half_an_hour, "LATER": timedelta(0)}
