"""What every ledger must do when a payment is booked, said against what its world holds afterwards."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.receivable import ReceivableState
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Throttled, Transient, Uncertain
from connector.ports.ledger import Booking, BookingState
from tests.contract.harness import LedgerHarness
from tests.contract.ledger_steps import REFERENCE, found_by_reference, issue, request, standing, usd
from tests.contract.looking import look_again

# ----------------------------------------------------------------------------------------------------- booking


def test_booking_closes_the_invoice_and_leaves_one_payment(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)

    booking = h.ledger.book(wanted)

    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]
    assert (booking.applied, booking.unapplied) == (usd(h, "120.00"), usd(h, "0.00"))
    assert (booking.reference, booking.booked_on, booking.state) == (REFERENCE, wanted.booked_on, BookingState.LIVE)
    after = standing(h, ledger_id)
    assert (after.state, after.balance) == (ReceivableState.PAID, usd(h, "0.00"))


def test_a_booking_reads_back_as_it_was_made(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)

    made = h.ledger.book(wanted)

    for read in (found_by_reference(h), list(h.ledger.bookings_on(ledger_id))):
        assert [(one.booking_id, one.ledger_id) for one in read] == [(made.booking_id, ledger_id)]
        assert [(one.applied, one.booked_on, one.reference) for one in read] == [
            (usd(h, "120.00"), wanted.booked_on, REFERENCE)
        ]


def test_the_note_keeps_the_processors_payment_id(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    h.ledger.book(request(h, ledger_id))
    evidence = [f"{one.note} {one.reference}" for one in h.ledger.bookings_on(ledger_id)]
    assert len(evidence) == 1
    assert REFERENCE in evidence[0]


def test_the_same_key_and_values_again_leaves_one_payment(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h, "240.00")
    wanted = request(h, ledger_id, "120.00")

    first = h.ledger.book(wanted)
    again = h.ledger.book(wanted)

    assert again.booking_id == first.booking_id
    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]


def test_the_same_key_with_another_amount_books_no_second_payment(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h, "240.00")
    wanted = request(h, ledger_id, "120.00")
    h.ledger.book(wanted)
    with suppress(Rejected, Uncertain):  # one says no, one repeats its first answer, one cannot say what it did before
        h.ledger.book(replace(wanted, amount=usd(h, "60.00")))
    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]


def test_a_part_payment_leaves_the_rest_owed(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)

    h.ledger.book(request(h, ledger_id, "45.25"))

    after = standing(h, ledger_id)
    assert (after.state, after.balance) == (ReceivableState.OPEN, usd(h, "74.75"))
    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "45.25"))]


@pytest.mark.parametrize("amount", ["0.07", "0.10", "19.99", "1234567.89"])
def test_cents_are_exact(ledger_harness: LedgerHarness, amount: str) -> None:
    h = ledger_harness
    ledger_id = issue(h, amount)
    assert standing(h, ledger_id).balance == usd(h, amount)

    h.ledger.book(request(h, ledger_id, amount))

    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, amount))]
    assert standing(h, ledger_id).balance == usd(h, "0.00")


def test_many_small_payments_add_up_to_the_invoice(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h, "1.00")
    for n in range(10):
        h.ledger.book(request(h, ledger_id, "0.10", f"DB{n}"))
    assert standing(h, ledger_id).state is ReceivableState.PAID
    assert len(h.bookings_in_world(ledger_id)) == 10


def test_a_payment_made_by_hand_is_listed_under_no_reference_of_ours(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)

    booking_id = h.pay_by_hand(ledger_id, usd(h, "30.00"))

    read = list(h.ledger.bookings_on(ledger_id))
    assert [(one.booking_id, one.applied) for one in read] == [(booking_id, usd(h, "30.00"))]
    assert read[0].reference != REFERENCE
    assert read[0].entered_at is not None
    assert list(h.ledger.bookings_with_reference(REFERENCE)) == []


def test_a_deleted_booking_is_gone_or_shown_as_deleted_and_the_invoice_is_owed_again(
    ledger_harness: LedgerHarness,
) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    booking = h.ledger.book(request(h, ledger_id))

    h.delete_booking(booking.booking_id)

    assert h.bookings_in_world(ledger_id) == []
    after = standing(h, ledger_id)
    assert (after.state, after.balance) == (ReceivableState.OPEN, usd(h, "120.00"))
    assert {one.state for one in h.ledger.bookings_on(ledger_id)} <= {BookingState.DELETED}
    live = look_again(h, lambda: live_with_reference(h), lambda found: not found)
    assert live == []


def live_with_reference(h: LedgerHarness) -> list[Booking]:
    return [one for one in h.ledger.bookings_with_reference(REFERENCE) if one.state is BookingState.LIVE]


# ---------------------------------------------------------------------------------------------------- refusals


def test_more_than_the_balance_is_rejected_and_leaves_nothing(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    with pytest.raises(Rejected) as refused:
        h.ledger.book(request(h, ledger_id, "120.01"))
    assert refused.value.because is RejectedBecause.AMOUNT
    assert h.bookings_in_world(ledger_id) == []
    assert standing(h, ledger_id).balance == usd(h, "120.00")


def test_a_second_payment_in_full_is_rejected_and_leaves_one(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    h.ledger.book(request(h, ledger_id))
    with pytest.raises(Rejected):
        h.ledger.book(request(h, ledger_id, reference="DB2"))
    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]


def test_booking_on_a_voided_invoice_is_rejected(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)
    h.void(ledger_id)
    with pytest.raises(Rejected):
        h.ledger.book(wanted)
    assert h.bookings_in_world(ledger_id) == []


def test_booking_into_a_closed_period_is_rejected_and_leaves_nothing(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)
    h.close_books_through(wanted.booked_on)
    with pytest.raises(Rejected) as refused:
        h.ledger.book(wanted)
    assert refused.value.because is RejectedBecause.CLOSED_PERIOD
    assert h.bookings_in_world(ledger_id) == []


def test_the_day_after_the_closed_period_is_open(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)
    h.close_books_through(wanted.booked_on - timedelta(days=1))
    h.ledger.book(wanted)
    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]


# ------------------------------------------------------------------------------------------------------ faults


def test_a_lost_answer_is_uncertain_and_the_booking_can_be_found(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)
    h.lose_next_write_answer()

    with pytest.raises(Uncertain):
        h.ledger.book(wanted)

    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]
    assert [one.applied for one in found_by_reference(h)] == [usd(h, "120.00")]
    assert [one.reference for one in h.ledger.bookings_on(ledger_id)] == [REFERENCE]


def test_the_same_key_after_a_lost_answer_leaves_one_payment(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h, "240.00")
    wanted = request(h, ledger_id, "120.00")
    h.lose_next_write_answer()
    with pytest.raises(Uncertain):
        h.ledger.book(wanted)

    booking = h.ledger.book(wanted)

    assert booking.reference == REFERENCE
    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]


def test_a_refused_connection_is_transient_and_leaves_nothing(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)
    h.refuse_next_connection()

    with pytest.raises(Transient):
        h.ledger.book(wanted)

    assert h.bookings_in_world(ledger_id) == []
    h.ledger.book(wanted)
    assert h.bookings_in_world(ledger_id) == [(REFERENCE, usd(h, "120.00"))]


def test_a_throttled_booking_says_so_and_leaves_nothing(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)
    h.throttle_next_call()
    with pytest.raises(Throttled):
        h.ledger.book(wanted)
    assert h.bookings_in_world(ledger_id) == []


def test_a_throttled_read_says_so(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    h.throttle_next_call()
    with pytest.raises(Throttled):
        h.ledger.receivable(ledger_id)


def test_revoked_access_needs_a_person_and_books_nothing(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id = issue(h)
    wanted = request(h, ledger_id)
    h.revoke_access()
    with pytest.raises(NeedsReauthorisation):
        h.ledger.receivable(ledger_id)
    with pytest.raises(NeedsReauthorisation):
        h.ledger.book(wanted)
    assert h.bookings_in_world(ledger_id) == []
