"""Invariants 6, 7, 10, 11 and 12: payments, bookings, links, and to whom they belong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from connector.domain.effect import booking_reference
from connector.domain.invariants import NotCheckable, check
from connector.domain.invariants.reading import Reading
from connector.domain.money import Money
from connector.domain.receivable import ReceivableState
from connector.domain.records import EntryRecord, PaidState, Records, RefundRecord, Service, Shown, Timeline
from tests.unit.invariants.month import (
    BOOKED,
    BOOKS,
    GOOD,
    LATER,
    NOON,
    PAID,
    STRANGER,
    ZERO,
    amount,
    doubts,
    entry,
    invoice,
    link,
    metadata,
    minutes,
    payment,
    request,
    settled,
    standing,
    text,
    unpaid,
    violations,
    with_entries,
    with_invoices,
    with_links,
    with_payments,
    with_requests,
    with_rules,
    with_texts,
)

OPEN = unpaid()
UNBOOKED = with_payments(payment(), of=OPEN)  # paid, not booked, and the ledger would take it

# ------------------------------------------------------------------------------------------------- one to one


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_entries(entry(), entry("pay2")), id="booked twice"),
        pytest.param(with_payments(), id="no payment"),
        pytest.param(with_payments(payment("pi_1", (PAID, PaidState.PENDING))), id="pending"),
        pytest.param(
            with_payments(payment("pi_1", (BOOKED + minutes(9), PaidState.SUCCEEDED))), id="booked before it came"
        ),
        pytest.param(with_entries(entry(amount=amount("12.00"))), id="another amount"),
        pytest.param(with_entries(entry(ledger_id="inv2")), id="another invoice"),
        pytest.param(
            with_entries(entry(live=False, ended_at=BOOKED + minutes(9)), entry("pay2", made_at=BOOKED + minutes(5))),
            id="two for four minutes",
        ),
        pytest.param(UNBOOKED, id="lost"),
    ],
)
def test_payments_and_bookings_that_do_not_match_are_rejected(bad: Records) -> None:
    assert len(violations(bad, 6)) == 1


def test_a_payment_that_waits_for_the_owner_is_accepted() -> None:
    assert violations(replace(UNBOOKED, shown=Shown(held=frozenset({"pi_1"}))), 6) == []


def test_a_payment_that_is_being_booked_is_accepted_while_there_are_faults() -> None:
    assert violations(UNBOOKED, 6, healthy=False) == []


def test_a_payment_of_the_other_mode_is_not_to_be_booked() -> None:
    assert violations(with_payments(payment(live=True), of=OPEN), 6) == []


def test_a_booking_that_a_person_deleted_and_ordered_again_is_accepted() -> None:
    gone = entry(live=False, ended_at=BOOKED + minutes(9))
    assert violations(with_entries(gone, entry("pay2", made_at=BOOKED + minutes(30))), 6) == []


def test_a_booking_that_somebody_deleted_must_stand_before_the_owner() -> None:
    gone = with_entries(entry(live=False, ended_at=BOOKED + minutes(9)))
    assert len(violations(gone, 6)) == 1
    assert violations(replace(gone, shown=Shown(held=frozenset({"pi_1"}))), 6) == []


def test_a_payment_that_went_back_whole_may_be_out_of_the_books_and_one_that_went_back_in_part_may_not() -> None:
    def given(cents: int) -> Records:
        refund = RefundRecord("re_1", "pi_1", Money.from_minor(cents, "USD"), BOOKED)
        return replace(UNBOOKED, processor=replace(UNBOOKED.processor, refunds=(refund,)))

    paid = UNBOOKED.processor.payments[0].amount.minor
    assert violations(given(paid), 6) == []
    assert len(violations(given(paid - 1), 6)) == 1


def test_a_deleted_booking_without_times_says_nothing_of_two_at_once() -> None:
    untimed = with_entries(entry(live=False), entry("pay2", made_at=None))
    assert violations(untimed, 6) == []


def by_somebody_else(**fields: Any) -> Records:
    """A payment of 120.00 on an invoice that would still take it, and an entry without our reference there."""
    twice = standing(total=amount("240.00"))
    open_still = with_payments(payment(), of=with_invoices(invoice((NOON, twice), (BOOKED, twice))))
    values: dict[str, Any] = {"reference": "", "note": "", "by_us": False}
    return with_entries(entry(**(values | fields)), of=open_still)


def test_a_payment_whose_entry_by_somebody_else_names_it_is_in_the_books() -> None:
    records = by_somebody_else(note="Stripe pi_1")
    assert violations(records, 6) == []
    assert doubts(records, 6) == []


def test_whether_an_entry_over_as_much_is_the_payment_is_a_doubt_and_one_from_before_is_not_it() -> None:
    assert violations(by_somebody_else(), 6) == []
    assert ["something else on its invoice may be it" in one for one in doubts(by_somebody_else(), 6)] == [True]
    assert violations(by_somebody_else(made_at=None), 6) == []
    for other in (by_somebody_else(made_at=NOON - minutes(60)), by_somebody_else(amount=amount("12.00"))):
        assert len(violations(other, 6)) == 1
    assert len(violations(by_somebody_else(note="Stripe pi_1", live=False), 6)) == 1


def test_where_entries_by_others_were_not_read_what_has_come_off_the_invoice_may_be_the_payment() -> None:
    half = standing(total=amount("240.00"), balance=amount("120.00"), version="2")
    records = with_payments(
        payment(), of=with_invoices(invoice((NOON, standing(total=amount("240.00"))), (BOOKED, half)))
    )
    unread = replace(with_entries(of=records), shown=None)
    assert violations(unread, 6) == []
    assert ["something else on its invoice may be it" in one for one in doubts(unread, 6)] == [True]
    other = with_entries(entry(of="pi_9", booked_on=date(2026, 1, 1)), of=records)
    assert len(violations(replace(other, shown=None), 6)) == 2  # that one is ours, of no payment, and this one is lost


def test_where_nobody_knows_what_the_owner_was_told_a_payment_that_does_not_fit_is_a_doubt() -> None:
    cheque = with_payments(payment(), of=with_invoices(invoice((NOON, standing()), (PAID, settled()))))
    live = replace(with_entries(of=cheque), shown=None)
    assert violations(live, 6) == []
    assert ["its invoice does not take it" in one for one in doubts(live, 6)] == [True]
    gone = replace(with_entries(entry(live=False, ended_at=LATER)), shown=None)
    assert ["deleted by somebody" in one for one in doubts(gone, 6)] == [True]
    assert len(violations(replace(UNBOOKED, shown=None), 6)) == 1  # the ledger would take it: it was lost
    assert len(doubts(replace(with_invoices(of=UNBOOKED), shown=None), 6)) == 1


def test_a_booking_of_a_payment_from_before_what_was_read_is_a_doubt() -> None:
    partly = replace(with_payments(), payments_since=BOOKED - timedelta(days=2))
    assert violations(partly, 6) == []
    assert len(doubts(partly, 6)) == 1
    assert len(violations(replace(partly, payments_since=BOOKED - timedelta(days=20)), 6)) == 1


def test_a_deleted_booking_without_a_payment_harms_nobody() -> None:
    assert violations(with_entries(entry(live=False), of=with_payments()), 6) == []


def test_a_reference_with_words_of_a_person_behind_it_is_still_ours() -> None:
    marked = entry(reference=f"{booking_reference(BOOKS, 'pi_1')} thanks")
    assert violations(with_entries(marked), 6) == []


def test_entries_with_other_references_are_nobodys_business() -> None:
    cheque = entry("pay9", reference="DB123", by_us=False)
    assert check(with_entries(entry(), cheque), healthy=True) == ()


# --------------------------------------------------------------------------------------------------- overshoot

SECOND = payment("pi_2")
TWO_BOOKED = with_payments(
    payment(), SECOND, of=with_entries(entry(), entry("pay2", of="pi_2", made_at=BOOKED + minutes(9)))
)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(TWO_BOOKED, id="twice the whole"),
        pytest.param(with_entries(entry(amount=amount("120.01"))), id="a cent too much"),
        pytest.param(
            with_invoices(
                invoice(
                    (NOON, standing(total=amount("100.00"), balance=amount("100.00"))),
                    (BOOKED, settled(total=amount("100.00"))),
                )
            ),
            id="made smaller before",
        ),
        pytest.param(with_entries(entry(made_at=None, amount=amount("200.00"))), id="without a time"),
    ],
)
def test_more_than_the_invoice_was_over_is_rejected(bad: Records) -> None:
    found = violations(bad, 7)
    assert len(found) + len(doubts(bad, 7)) == 1
    assert found or bad.ledger.entries[0].made_at is None


def test_an_invoice_that_was_made_smaller_afterwards_is_accepted() -> None:
    less = settled(total=amount("100.00"))
    shrunk = with_invoices(invoice((NOON, standing()), (BOOKED, settled()), (LATER - minutes(9), less)))
    assert violations(shrunk, 7) == []


@pytest.mark.parametrize(("before", "broken"), [(1, 0), (14, 0), (16, 1)])
def test_an_invoice_made_smaller_while_the_booking_was_made_is_accepted(before: float, broken: int) -> None:
    less = standing(total=amount("100.00"), balance=amount("100.00"))
    shrunk = invoice((NOON, standing()), (BOOKED - minutes(before), less))
    assert len(violations(with_invoices(shrunk), 7)) == broken


def test_a_second_booking_after_the_first_was_deleted_is_accepted() -> None:
    gone = entry(live=False, ended_at=BOOKED + minutes(5))
    again = with_entries(gone, entry("pay2", of="pi_2", made_at=BOOKED + minutes(9)), of=TWO_BOOKED)
    assert violations(again, 7) == []


def test_where_only_the_present_total_is_known_too_much_is_a_doubt() -> None:
    present = invoice((LATER, settled(total=amount("100.00"))), whole=False)
    assert len(doubts(with_invoices(present), 7)) == 1


# --------------------------------------------------------------------------------------------------- open links

NEW = link("plink_2", generation=2, active=True, retired_at=None)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_links(link(active=True, retired_at=None), NEW, of=OPEN), id="two open"),
        pytest.param(with_links(link(), replace(NEW, made_at=NOON + minutes(9)), of=OPEN), id="two for hours"),
        pytest.param(with_links(link(active=True, retired_at=None)), id="open though paid"),
        pytest.param(
            with_links(link(active=True, retired_at=None, amount=amount("20.00")), of=OPEN), id="another amount"
        ),
        pytest.param(
            with_links(link(active=True, retired_at=None, amount=None, reference="ELSE"), of=OPEN), id="another key"
        ),
        pytest.param(with_links(link(active=True, retired_at=None), of=with_invoices(of=OPEN)), id="no such invoice"),
        pytest.param(
            with_links(replace(NEW, made_at=None), link(active=True, retired_at=None), of=OPEN), id="two open, no times"
        ),
    ],
)
def test_links_that_can_be_paid_wrongly_are_rejected(bad: Records) -> None:
    assert len(violations(bad, 10)) == 1


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(
            with_links(link(retired_at=NOON + minutes(12)), replace(NEW, made_at=NOON + minutes(9)), of=OPEN),
            id="changing",
        ),
        pytest.param(
            with_invoices(invoice((NOON, standing()), (LATER - minutes(30), settled())), of=OPEN),
            id="paid half an hour ago",
        ),
        pytest.param(
            with_links(link(active=True, retired_at=None, amount=None), of=OPEN), id="amount in the reference"
        ),
    ],
)
def test_links_that_fit_or_are_being_changed_are_accepted(good: Records) -> None:
    assert violations(good, 10) == []


def test_a_stale_link_is_only_held_against_us_once_there_was_time() -> None:
    stale = with_links(link(active=True, retired_at=None))
    assert violations(stale, 10, healthy=False) == []


def test_a_link_whose_invoice_was_not_read_is_a_doubt() -> None:
    partly = replace(with_links(NEW, of=with_invoices(of=OPEN)), since=NOON)
    assert violations(partly, 10) == []
    assert len(doubts(partly, 10)) == 1


def test_closed_links_without_times_are_told_as_not_compared() -> None:
    assert len(doubts(with_links(link(made_at=None)), 10)) == 1


def test_a_link_that_does_not_fit_an_invoice_changed_just_now_is_a_doubt() -> None:
    stale = with_links(link(active=True, retired_at=None))
    now_only = with_invoices(invoice((LATER - minutes(30), settled()), whole=False), of=stale)
    assert violations(now_only, 10) == []
    assert len(doubts(now_only, 10)) == 1
    assert len(violations(with_invoices(invoice((BOOKED, settled()), whole=False), of=stale), 10)) == 1


def test_of_links_closed_at_different_times_only_those_open_together_are_named() -> None:
    first, third = link(retired_at=NOON + minutes(9)), link("plink_3", generation=3, made_at=NOON + minutes(20))
    second = link("plink_2", generation=2, made_at=NOON + minutes(9), retired_at=NOON + minutes(20))
    assert violations(with_links(first, second, third), 10) == []
    untimed = with_links(replace(first, made_at=None), replace(second, retired_at=None), third)
    assert violations(untimed, 10) == []
    assert len(doubts(untimed, 10)) == 1


def test_of_an_invoice_whose_past_is_not_told_the_present_counts() -> None:
    present = with_invoices(invoice((LATER + minutes(1), standing()), whole=False), of=OPEN)
    assert violations(present, 10) == []


# ---------------------------------------------------------------------------------------------------- only ours


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_entries(entry(), entry("pay2", reference="CHEQUE 7")), id="entry without our reference"),
        pytest.param(with_requests(request(Service.LEDGER, "book", "CHEQUE 7")), id="booking without our reference"),
        pytest.param(with_requests(request(Service.PROCESSOR, "retire_link", "plink_of_shop")), id="somebody's link"),
        pytest.param(with_requests(request(Service.LEDGER, "delete_invoice", "inv1")), id="a write we never make"),
        pytest.param(with_requests(request(Service.MESSENGER, "delete_text", "SM1")), id="a text taken back"),
        pytest.param(with_requests(request(Service.PROCESSOR, "refund", "pi_1")), id="a refund"),
    ],
)
def test_a_write_about_what_is_not_ours_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 11)) == 1


def test_requests_cannot_be_seen_at_a_live_service() -> None:
    live = replace(GOOD, requests=None)
    assert [type(one) for one in check(live, healthy=True) if one.number == 11] == [NotCheckable]


# ------------------------------------------------------------------------------------------------- no crossing

ELSEWHERE = payment(metadata=metadata(tenant="books-2"))


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(replace(GOOD, ledger=replace(GOOD.ledger, tenant_id="books-2")), id="other books"),
        pytest.param(replace(GOOD, processor=replace(GOOD.processor, account_id="acct_2")), id="other account"),
        pytest.param(
            with_links(link(reference="SOMEKEY"), of=with_payments(payment(reference="SOMEKEY"))), id="another key"
        ),
        pytest.param(with_links(link(metadata=metadata(generation=7))), id="another generation"),
        pytest.param(with_links(link(metadata={**metadata(), "duebird_generation": "x"})), id="no generation"),
        pytest.param(
            with_links(link(amount=None, reference="SOMEKEY"), of=with_payments()), id="another key, no amount"
        ),
        pytest.param(with_payments(payment(reference="SOMEKEY")), id="payment names another reference"),
        pytest.param(with_rules(live=True), id="test money in live books"),
        pytest.param(with_payments(payment(live=True)), id="live money in test books"),
        pytest.param(with_payments(ELSEWHERE), id="money of other books"),
        pytest.param(with_texts(text(to=STRANGER)), id="to somebody else"),
    ],
)
def test_what_belongs_elsewhere_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 12)) == 1


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(
            with_links(link(), link("plink_9", metadata=metadata(tenant="books-2"))), id="link of other books"
        ),
        pytest.param(with_links(link(), link("plink_9", metadata={}, reference="")), id="link of the shop"),
        pytest.param(with_payments(payment(), replace(ELSEWHERE, payment_id="pi_9")), id="payment of other books"),
        pytest.param(with_links(of=GOOD), id="link not read"),
        pytest.param(with_links(link(amount=None)), id="amount not read"),
        pytest.param(
            with_invoices(invoice((LATER, settled()), whole=False), of=with_links(link(amount=None))),
            id="past not told",
        ),
    ],
)
def test_what_belongs_to_others_or_cannot_be_told_is_accepted(good: Records) -> None:
    assert violations(good, 12) == []


def test_a_number_that_may_have_been_the_customers_then_is_a_doubt() -> None:
    line = ((NOON, standing()), (BOOKED, settled()))
    now_only = with_invoices(invoice(*line, phones_whole=False), of=with_texts(text(to=STRANGER)))
    assert violations(now_only, 12) == []
    assert len(doubts(now_only, 12)) == 1
    unread = with_invoices(invoice(*line, phones=None))
    assert len(doubts(unread, 12)) == 1


def test_a_void_invoice_is_named_with_its_state() -> None:
    void = standing(state=ReceivableState.VOIDED, balance=ZERO)
    gone = with_invoices(invoice((NOON, standing()), (NOON + minutes(9), void)), of=OPEN)
    finding = next(one for one in check(gone, healthy=True) if one.number == 10)
    assert any("voided" in one.words for one in finding.look_at)


def test_a_timeline_needs_a_moment_for_each_state() -> None:
    with pytest.raises(ValueError, match="a moment for each state"):
        replace(payment().states, since=())
    assert payment().states.begins == PAID
    present = Timeline.now_only("open", NOON)
    assert (present.knows(NOON), present.knows(NOON - minutes(1)), present.as_of(PAID)) == (True, False, "open")


def test_entries_are_ours_by_their_reference_alone() -> None:
    def ours(*entries: EntryRecord) -> int:
        return len(Reading(with_entries(*entries), healthy=True).bookings)

    assert ours(entry(by_us=None), entry("pay2", reference="Invoice INV-1", by_us=None)) == 1
