"""Reversals on record: concluded with the hold that follows, and done once more only by a person's order."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connector.domain.effect import EffectKind, EffectStatus, NewEffect
from connector.domain.money import Money
from connector.errors import Bug
from connector.ports.ledger import Booking, BookingState
from state.adopting import Found
from state.facts import Attention, Planned
from state.reversal_facts import OnceMore
from tests.state.house import NOW, House, payment, receivable

REQUEST = json.dumps({"payment_id": "pi_1"})
REVERSAL = NewEffect("REVERSAL", EffectKind.REVERSE_BOOKING, "inv1", REQUEST, "undone")
TOLD = Attention("acme/reversed/REVERSAL", "inv1", "It was taken out.", "", "duebird show inv1")


def booked(house: House) -> None:
    """An invoice, and its payment, whose booking is done."""
    house.read(receivable())
    house.store.payment_read("acme", payment(), "inv1", NOW)
    house.plan("BOOKING", kind=EffectKind.BOOK_PAYMENT, request=REQUEST)
    house.start("BOOKING")
    dollars = Money.of("120.00", "USD")
    entry = Booking("7", "inv1", dollars, Money.zero("USD"), NOW.date(), "DB1", "", BookingState.LIVE)
    house.store.payment_booked("acme", "BOOKING", "pi_1", entry, None, NOW, note="")


def reversed_once(house: House, *, holds: bool = True) -> None:
    booked(house)
    assert house.store.reversals_planned("acme", [Planned(REVERSAL)], NOW) == 1
    assert house.store.reversals_planned("acme", [Planned(REVERSAL)], NOW) == 0
    house.start("REVERSAL")
    house.store.booking_reversed("acme", "REVERSAL", "pi_1", "7", TOLD, NOW, note="undone", holds=holds)


def verdict(house: House) -> str:
    row = house.queries.payment("acme", "pi_1")
    assert row is not None
    return row.verdict


def held(house: House) -> list[tuple[str, str]]:
    return [(one.subject, one.why) for one in house.queries.holds("acme")]


def test_a_concluded_reversal_marks_the_payment_holds_the_invoice_and_tells_the_owner_in_one_stroke(
    house: House,
) -> None:
    reversed_once(house)
    assert (house.status("REVERSAL"), verdict(house)) == ("done", "reversed")
    assert held(house) == [("inv1", "its booking was taken out of the ledger (pi_1)")]
    assert [one.happened for one in house.queries.attention("acme")] == ["It was taken out."]


def test_an_invoice_that_cannot_be_owed_is_not_held(house: House) -> None:
    reversed_once(house, holds=False)
    assert (verdict(house), held(house)) == ("reversed", [])


def again(*, repeated: bool = False) -> OnceMore:
    keys = ("BOOKING",)
    anew = () if repeated else keys
    return OnceMore("pi_1", "inv1", anew, keys if repeated else (), "open", (TOLD.key,), ("acme/payment/pi_1",))


@pytest.mark.parametrize(("repeated", "status"), [(False, "cancelled"), (True, "planned")])
def test_an_order_frees_the_booking_for_another_try_under_a_fresh_slot_and_ends_what_waited(
    house: House,
    repeated: bool,  # noqa: FBT001
    status: str,
) -> None:
    reversed_once(house)
    house.store.hold("acme", "invoice", "inv2", "called, pays Friday", NOW)
    house.store.booking_ordered_again("acme", again(repeated=repeated), NOW, by="alice")
    row = house.store.effects.get("BOOKING")
    assert row is not None
    assert (row.status, row.slot, row.finished_at, verdict(house)) == (status, 1, None, "open")
    assert held(house) == [("inv2", "called, pays Friday")]
    assert house.queries.attention("acme") == []
    last = house.store.effects.history("BOOKING")[-1]
    assert (last.before, last.after, last.note) == ("done", status, "ordered once more by alice")
    with pytest.raises(Bug, match="cannot be done once more"):
        house.store.booking_ordered_again("acme", again(), NOW, by="alice")


def test_what_a_person_has_settled_may_be_told_again_after_such_an_order(house: House) -> None:
    reversed_once(house)
    asked = Attention("acme/payment/pi_1", "inv1", "It does not fit.", "", "duebird show inv1")
    assert house.store.attend("acme", asked, NOW)
    assert house.store.attention_closed("acme", asked.key, "alice", NOW)
    assert not house.store.attend("acme", asked, NOW)
    house.store.booking_ordered_again("acme", again(), NOW, by="alice")
    assert house.store.attend("acme", asked, NOW)


def test_a_hold_of_the_owners_own_outlives_a_second_booking(house: House) -> None:
    reversed_once(house)
    house.store.hold("acme", "invoice", "inv1", "in court", NOW)
    house.store.booking_ordered_again("acme", again(), NOW, by="alice")
    assert held(house) == [("inv1", "in court")]


def test_a_reversal_that_is_dropped_is_told_and_leaves_the_payment_booked(house: House) -> None:
    booked(house)
    house.store.reversals_planned("acme", [Planned(REVERSAL)], NOW)
    house.store.reversal_dropped("acme", "REVERSAL", TOLD, NOW, why="the refund failed")
    assert (house.status("REVERSAL"), verdict(house), held(house)) == ("cancelled", "booked", [])
    assert house.store.reversals_planned("acme", [Planned(REVERSAL)], NOW) == 1


def test_a_reversal_found_in_the_ledger_is_put_on_record_once(house: House) -> None:
    house.read(receivable())
    house.store.payment_read("acme", payment(), "inv1", NOW)
    booking = NewEffect("BOOKING", EffectKind.BOOK_PAYMENT, "inv1", REQUEST, "paid")
    found = [Found(booking, "7", NOW), Found(REVERSAL, "7", NOW)]
    for news in (True, False):
        assert house.store.reversal_found("acme", "pi_1", found, TOLD, NOW, holds=True, why="found") is news
    assert [house.status(one) for one in ("BOOKING", "REVERSAL")] == [EffectStatus.DONE, EffectStatus.DONE]
    assert (verdict(house), len(held(house))) == ("reversed", 1)


# ------------------------------------------------------------------------------------------------ what went back

REFUND = NewEffect("REFUND", EffectKind.BOOK_REFUND, "inv1", REQUEST, "20.00 went back")
OUT = NewEffect("OUT", EffectKind.REVERSE_BOOKING, "inv1", REQUEST, "it came back")


def entered(house: House, *, follow: list[Planned]) -> None:
    booked(house)
    assert house.store.reversals_planned("acme", [Planned(REFUND)], NOW) == 1
    house.start("REFUND")
    house.store.refund_entered("acme", "REFUND", "9", TOLD, NOW, note="", follow=follow)


def test_an_entry_of_what_went_back_is_concluded_with_its_item_and_the_payment_stays_booked(house: House) -> None:
    entered(house, follow=[])
    assert (house.status("REFUND"), verdict(house), held(house)) == ("done", "booked", [])
    assert [one.happened for one in house.queries.attention("acme")] == ["It was taken out."]


def test_its_way_out_is_planned_with_it_where_the_money_came_back_and_holds_nothing(house: House) -> None:
    entered(house, follow=[Planned(OUT)])
    assert house.status("OUT") == "planned"
    house.start("OUT")
    out = replace(TOLD, key="acme/reversed/OUT", happened="It is out again.")
    house.store.refund_taken_out("acme", "OUT", "9", out, NOW, note="it came back", told_before=TOLD.key)
    assert (house.status("OUT"), verdict(house), held(house)) == ("done", "booked", [])
    assert [one.happened for one in house.queries.attention("acme")] == ["It is out again."]


def test_entries_that_the_ledger_has_are_put_on_record_once(house: House) -> None:
    booked(house)
    for _ in range(2):
        house.store.refunds_found("acme", [Found(REFUND, "9", NOW)], "found")
    assert house.status("REFUND") == "done"
    assert [one.after for one in house.store.effects.history("REFUND")] == ["done"]
