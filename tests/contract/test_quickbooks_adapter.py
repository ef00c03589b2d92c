"""What only QuickBooks does, over HTTP against its stand-in: each provider surprise is a sentence here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from adapters.quickbooks.ledger import QuickBooksLedger
from adapters.sandbox.base import Fault
from adapters.sandbox.quickbooks import RealmSettings
from adapters.sandbox.quickbooks.control import add_invoice
from adapters.sandbox.quickbooks.payments import give_credit, void_payment
from connector.domain.money import Money
from connector.domain.receivable import Receivable, ReceivableState
from connector.errors import (
    Bug,
    CursorExpired,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.calls import CallKind, Pauses
from connector.ports.findings import Weight
from connector.ports.ledger import BookingRequest, BookingState, ChangePage
from tests.contract.rows.quickbooks import REALM, START, QuickBooksHarness, harness, settings


@pytest.fixture
def h() -> Iterator[QuickBooksHarness]:
    with harness() as opened:
        yield opened


@pytest.fixture
def multi() -> Iterator[QuickBooksHarness]:
    with harness(RealmSettings(multicurrency=True)) as opened:
        yield opened


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def issue(h: QuickBooksHarness, amount: str = "120.00", customer: str | None = None) -> str:
    return h.issue(customer or h.add_customer("Rosa Diaz"), usd(amount))


def wanted(h: QuickBooksHarness, ledger_id: str, amount: Money, reference: str = "DB7K2M9QX4T1") -> BookingRequest:
    return BookingRequest(
        ledger_id=ledger_id,
        customer_id=h.books.row("Invoice", ledger_id)["CustomerRef"]["value"],
        amount=amount,
        booked_on=date(2026, 11, 23),
        account_id=h.payment_account_id,
        reference=reference,
        note="Duebird pi_3Q",
        idempotency_key=f"book-{reference}",
    )


def all_pages(h: QuickBooksHarness, cursor: str) -> list[ChangePage]:
    pages = [h.ledger.changes(cursor)]
    while pages[-1].more:
        assert len(pages) < 50
        pages.append(h.ledger.changes(pages[-1].cursor))
    return pages


def standing(h: QuickBooksHarness, ledger_id: str) -> Receivable:
    found = h.ledger.receivable(ledger_id)
    assert found is not None
    return found


def last_write(h: QuickBooksHarness) -> dict[str, list[str]]:
    seen = [one for one in h.twin.requests if one.method == "POST" and one.path.endswith("/payment")]
    return parse_qs(seen[-1].query)


# ----------------------------------------------------------------------------------------------------- invoices


def test_voided_paid_and_deleted_are_three_things(h: QuickBooksHarness) -> None:
    voided, paid, deleted = issue(h), issue(h), issue(h)
    h.void(voided)
    h.pay_by_hand(paid, usd("120.00"))
    h.delete(deleted)
    assert standing(h, voided).state is ReceivableState.VOIDED
    assert standing(h, paid).state is ReceivableState.PAID
    assert h.ledger.receivable(deleted) is None


def test_an_id_that_is_none_of_quickbooks_is_not_asked_for(h: QuickBooksHarness) -> None:
    assert h.ledger.receivable("1/../../customer/1") is None
    assert not h.twin.requests


def test_times_come_in_utc_whatever_the_companys_zone(h: QuickBooksHarness) -> None:
    h.books.settings.utc_offset_hours = 5.5
    assert standing(h, issue(h)).updated_at == START
    assert standing(h, issue(h)).updated_at.tzinfo is UTC


def test_change_times_are_asked_for_with_a_z(h: QuickBooksHarness) -> None:
    h.ledger.changes(h.ledger.start_cursor())
    [asked] = [one for one in h.twin.requests if one.path.endswith("/cdc")]
    assert parse_qs(asked.query)["changedSince"] == ["2026-11-23T19:55:00Z"]


@pytest.mark.parametrize("bumps", ["bumped", "unseen"])
def test_a_payment_reaches_us_whether_or_not_it_bumps_its_invoice(h: QuickBooksHarness, bumps: str) -> None:
    h.books.settings.payments_bump_invoices = bumps == "bumped"
    ledger_id = issue(h)
    cursor = all_pages(h, h.ledger.start_cursor())[-1].cursor
    h.clock.advance(timedelta(minutes=20))
    h.pay_by_hand(ledger_id, usd("120.00"))
    [page] = all_pages(h, cursor)
    assert ledger_id in {one.ledger_id for one in page.receivables} | set(page.touched)


def test_a_credit_memo_applied_to_an_invoice_touches_it(h: QuickBooksHarness) -> None:
    h.books.settings.payments_bump_invoices = False
    customer = h.add_customer("Rosa Diaz")
    ledger_id = issue(h, "120.00", customer)
    cursor = all_pages(h, h.ledger.start_cursor())[-1].cursor
    give_credit(h.books, customer, Decimal("120.00"), ledger_id)
    assert all_pages(h, cursor)[-1].touched == (ledger_id,)
    assert standing(h, ledger_id).state is ReceivableState.PAID


def test_many_touched_invoices_come_read_rather_than_named(h: QuickBooksHarness) -> None:
    h.books.settings.payments_bump_invoices = False
    customer = h.add_customer("Rosa Diaz")
    ids = [issue(h, "5.00", customer) for _ in range(30)]
    cursor = all_pages(h, h.ledger.start_cursor())[-1].cursor
    h.clock.advance(timedelta(hours=1))
    cursor = all_pages(h, cursor)[-1].cursor
    for one in ids:
        h.pay_by_hand(one, usd("5.00"))
    [page] = all_pages(h, cursor)
    assert {one.ledger_id for one in page.receivables if one.state is ReceivableState.PAID} == set(ids)
    assert page.touched == ()


def test_a_version_comes_once_though_windows_overlap(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    [first] = all_pages(h, h.ledger.start_cursor())
    [second] = all_pages(h, first.cursor)
    h.edit_amount(ledger_id, usd("99.00"))
    [third] = all_pages(h, second.cursor)
    assert [len(page.receivables) for page in (first, second, third)] == [1, 0, 1]


def test_a_change_that_shows_late_is_not_missed(h: QuickBooksHarness) -> None:
    h.books.settings.lag = 60
    cursor = h.ledger.start_cursor()
    h.clock.advance(timedelta(minutes=10))
    ledger_id = issue(h)
    h.clock.advance(timedelta(seconds=30))
    [early] = all_pages(h, cursor)
    assert early.receivables == ()
    h.clock.advance(timedelta(seconds=60))
    [late] = all_pages(h, early.cursor)
    assert [one.ledger_id for one in late.receivables] == [ledger_id]


def test_a_deleted_invoice_is_told(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    cursor = all_pages(h, h.ledger.start_cursor())[-1].cursor
    h.delete(ledger_id)
    [page] = all_pages(h, cursor)
    assert page.deleted == (ledger_id,)
    assert page.receivables == ()


def test_an_idle_look_costs_one_call(h: QuickBooksHarness) -> None:
    issue(h)
    cursor = all_pages(h, h.ledger.start_cursor())[-1].cursor
    before = len(h.twin.requests)
    all_pages(h, cursor)
    assert len(h.twin.requests) - before == 1
    assert h.meter.count(CallKind.WRITE) == 0


def test_the_silent_cap_of_a_thousand_is_walked_around(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    customer = h.add_customer("Rosa Diaz")
    gone = issue(h, "5.00", customer)
    h.delete(gone)
    ids = []
    for number in range(2300):
        ids.append(issue(h, "5.00", customer))
        if number % 100 == 0:
            h.clock.advance(timedelta(seconds=1))
    paid = ids[:3]
    for one in paid:
        h.pay_by_hand(one, usd("5.00"))
    pages = all_pages(h, cursor)
    newest = {one.ledger_id: one for page in pages for one in page.receivables}
    assert set(newest) == set(ids)
    assert {one for one in newest if newest[one].state is ReceivableState.PAID} == set(paid)
    assert [one for page in pages for one in page.deleted] == [gone]
    assert {one.customer_id for page in pages for one in page.customers} == {customer}


def test_a_burst_is_read_once_more_when_the_overlap_has_passed_and_then_never_again(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    customer = h.add_customer("Rosa Diaz")
    for _ in range(1200):
        issue(h, "5.00", customer)
    h.clock.advance(timedelta(seconds=5))
    cursor = all_pages(h, cursor)[-1].cursor
    calls, rows = [], []
    for _ in range(8):
        h.clock.advance(timedelta(minutes=1))
        before = len(h.twin.requests)
        pages = all_pages(h, cursor)
        cursor = pages[-1].cursor
        calls.append(len(h.twin.requests) - before)
        rows.append(sum(len(page.receivables) for page in pages))
    assert [count for count in calls if count > 1] == [calls[4]]
    assert sum(rows) == rows[4]
    assert rows[4] >= 1200


def test_what_shows_late_in_a_burst_comes_with_the_second_reading(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    customer = h.add_customer("Rosa Diaz")
    for _ in range(1200):
        issue(h, "5.00", customer)
    h.clock.advance(timedelta(seconds=30))
    h.books.settings.lag = 20
    late = issue(h, "7.00", customer)
    h.clock.advance(timedelta(seconds=10))
    pages = all_pages(h, cursor)
    assert late not in {one.ledger_id for page in pages for one in page.receivables}
    found: set[str] = set()
    for _ in range(7):
        h.clock.advance(timedelta(minutes=1))
        pages = all_pages(h, pages[-1].cursor)
        found |= {one.ledger_id for page in pages for one in page.receivables}
    assert late in found


def test_rows_that_move_while_we_page_are_not_skipped(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    customer = h.add_customer("Rosa Diaz")
    ids = []
    for number in range(1500):
        ids.append(issue(h, "5.00", customer))
        if number % 50 == 0:
            h.clock.advance(timedelta(seconds=1))
    capped = h.ledger.changes(cursor)
    first = h.ledger.changes(capped.cursor)
    h.clock.advance(timedelta(seconds=5))
    for one in ids[:200]:  # rows already read move to the end and pull the others forward
        h.edit_amount(one, usd("6.00"))
    seen = {one.ledger_id for one in first.receivables}
    for page in all_pages(h, first.cursor):
        seen |= {one.ledger_id for one in page.receivables}
    assert seen == set(ids)


def test_more_than_a_page_within_one_second_is_read_whole(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    customer = h.add_customer("Rosa Diaz")
    ids = {issue(h, "5.00", customer) for _ in range(2100)}
    changed = {one.ledger_id for page in all_pages(h, cursor) for one in page.receivables}
    swept: set[str] = set()
    token: str | None = None
    for _ in range(10):
        page = h.ledger.open_receivables(token)
        swept |= {one.ledger_id for one in page.receivables}
        token = page.next_page
        if token is None:
            break
    assert changed == swept == ids


def test_invoices_paid_during_a_sweep_pull_no_other_over_a_border(h: QuickBooksHarness) -> None:
    customer = h.add_customer("Rosa Diaz")
    ids = []
    for _ in range(1300):
        ids.append(issue(h, "5.00", customer))
        h.clock.advance(timedelta(seconds=1))
    first = h.ledger.open_receivables(None)
    for one in ids[:400]:
        h.pay_by_hand(one, usd("5.00"))
    second = h.ledger.open_receivables(first.next_page)
    assert {one.ledger_id for one in (*first.receivables, *second.receivables)} == set(ids)
    assert second.next_page is None


def test_after_a_month_the_cursor_is_expired(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    h.clock.advance(timedelta(days=29, minutes=1))
    before = len(h.twin.requests)
    with pytest.raises(CursorExpired):
        h.ledger.changes(cursor)
    assert len(h.twin.requests) == before


def test_a_clock_of_ours_that_is_wrong_does_not_hide_that_the_cursor_is_too_old(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    h.twin.clock.offset = timedelta(days=40)
    with pytest.raises(CursorExpired):
        h.ledger.changes(cursor)


def test_the_window_follows_quickbooks_clock_and_not_ours(h: QuickBooksHarness) -> None:
    h.twin.clock.offset = timedelta(days=-3)
    ledger_id = issue(h)
    [page] = all_pages(h, h.ledger.start_cursor())
    assert [one.ledger_id for one in page.receivables] == [ledger_id]


def test_a_record_that_cannot_be_read_is_set_aside_and_the_others_come(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    bad, good = issue(h), issue(h)
    h.books.change_unseen("Invoice", bad, TotalAmt="a lot")
    [page] = all_pages(h, cursor)
    assert [one.ledger_id for one in page.receivables] == [good]
    assert [one.ledger_id for one in page.quarantined] == [bad]
    assert "TotalAmt" in page.quarantined[0].problem
    swept = h.ledger.open_receivables(None)
    assert [one.ledger_id for one in swept.quarantined] == [bad]
    with pytest.raises(Rejected, match=f"Invoice id {bad}"):
        h.ledger.receivable(bad)


def test_a_name_cut_in_the_middle_of_a_character_is_read_with_a_mark_in_its_place(h: QuickBooksHarness) -> None:
    cursor = h.ledger.start_cursor()
    rosa = h.add_customer("Rosa \ud83d", mobile="+12025550177")
    ledger_id = issue(h, customer=rosa)
    [page] = all_pages(h, cursor)
    assert [one.customer_name for one in page.receivables] == ["Rosa \ufffd"]
    assert [one.name for one in page.customers] == ["Rosa \ufffd"]
    [found] = h.ledger.customers([rosa])
    assert found.name == "Rosa \ufffd"
    read = h.ledger.receivable(ledger_id)
    assert read is not None
    assert read.customer_name.encode() == "Rosa \ufffd".encode()


# ----------------------------------------------------------------------------------------------------- bookings


def test_a_booking_says_everything_in_quickbooks(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    ledger = h.connect(payment_method="credit card")
    booking = ledger.book(wanted(h, ledger_id, usd("120.00")))
    row = h.books.row("Payment", booking.booking_id)
    assert (row["PaymentRefNum"], row["PrivateNote"], row["TxnDate"]) == ("DB7K2M9QX4T1", "Duebird pi_3Q", "2026-11-23")
    assert row["DepositToAccountRef"] == {"value": h.payment_account_id}
    assert row["PaymentMethodRef"] == {"value": h.books.card_method}
    assert "CurrencyRef" not in row
    assert last_write(h) == {"minorversion": ["75"], "requestid": ["book-DB7K2M9QX4T1"]}


def test_a_payment_method_quickbooks_does_not_know_holds_up_no_booking(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    h.connect(payment_method="Bitcoin").book(wanted(h, ledger_id, usd("120.00")))
    assert h.bookings_in_world(ledger_id) == [("DB7K2M9QX4T1", usd("120.00"))]


def test_a_repeat_after_a_lost_answer_leaves_one_payment(h: QuickBooksHarness) -> None:
    ledger_id = issue(h, "240.00")
    request = wanted(h, ledger_id, usd("120.00"))
    h.lose_next_write_answer()
    with pytest.raises(Uncertain, match=f"120.00 USD on invoice id {ledger_id}"):
        h.ledger.book(request)
    again = h.ledger.book(request)
    assert again.applied == usd("120.00")
    assert h.bookings_in_world(ledger_id) == [("DB7K2M9QX4T1", usd("120.00"))]


def test_a_write_is_attempted_once(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    h.twin.faults.append(Fault("status", method="POST", path="/payment$", times=5, status=503))
    with pytest.raises(Uncertain):
        h.ledger.book(wanted(h, ledger_id, usd("120.00")))
    assert h.meter.count(CallKind.WRITE) == 1


def test_a_repeated_answer_about_a_payment_deleted_since_says_deleted(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    request = wanted(h, ledger_id, usd("120.00"))
    made = h.ledger.book(request)
    h.delete_booking(made.booking_id)
    h.clock.advance(timedelta(hours=1))
    again = h.ledger.book(request)
    assert (again.booking_id, again.state) == (made.booking_id, BookingState.DELETED)
    assert h.bookings_in_world(ledger_id) == []


def test_money_that_quickbooks_left_unapplied_is_told(h: QuickBooksHarness) -> None:
    h.books.settings.keeps_over_application = True
    ledger_id = issue(h, "120.00")
    h.pay_by_hand(ledger_id, usd("100.00"))
    booking = h.ledger.book(wanted(h, ledger_id, usd("120.00")))
    assert (booking.applied, booking.unapplied) == (usd("20.00"), usd("100.00"))
    assert h.books.row("Payment", booking.booking_id)["UnappliedAmt"] == 100


def test_a_fresh_payment_hides_from_the_list_but_not_from_its_invoice(h: QuickBooksHarness) -> None:
    h.books.settings.lag = 30
    ledger_id = issue(h)
    h.ledger.book(wanted(h, ledger_id, usd("120.00")))
    assert list(h.ledger.bookings_with_reference("DB7K2M9QX4T1")) == []
    assert [one.reference for one in h.ledger.bookings_on(ledger_id)] == ["DB7K2M9QX4T1"]
    h.clock.advance(timedelta(seconds=30))
    assert [one.ledger_id for one in h.ledger.bookings_with_reference("DB7K2M9QX4T1")] == [ledger_id]


@pytest.mark.parametrize("word", ["Voided", "Annulé"])
def test_a_deleted_booking_is_no_more_and_a_voided_one_says_so(h: QuickBooksHarness, word: str) -> None:
    h.books.settings.voided_word = word
    first, second = issue(h), issue(h)
    deleted = h.ledger.book(wanted(h, first, usd("120.00"), "DB1"))
    voided = h.ledger.book(wanted(h, second, usd("120.00"), "DB2"))
    h.delete_booking(deleted.booking_id)
    void_payment(h.books, voided.booking_id)
    assert list(h.ledger.bookings_with_reference("DB1")) == []
    assert [one.state for one in h.ledger.bookings_with_reference("DB2")] == [BookingState.DELETED]
    assert list(h.ledger.bookings_on(first)) == list(h.ledger.bookings_on(second)) == []


@pytest.mark.parametrize("password", ["open", "with password"])
def test_closed_books_are_a_closed_period(h: QuickBooksHarness, password: str) -> None:
    ledger_id = issue(h)
    h.books.settings.close_password = password == "with password"
    h.close_books_through(date(2026, 11, 23))
    with pytest.raises(Rejected, match="No payment was booked") as refused:
        h.ledger.book(wanted(h, ledger_id, usd("120.00")))
    assert refused.value.because is RejectedBecause.CLOSED_PERIOD
    assert h.bookings_in_world(ledger_id) == []


def test_what_would_be_our_mistake_is_not_sent(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    good = wanted(h, ledger_id, usd("120.00"))
    for bad in (
        replace(good, reference="X" * 22),
        replace(good, reference=""),
        replace(good, note="n" * 4001),
        replace(good, amount=usd("0")),
        replace(good, amount=usd("12345678901234.56")),
        replace(good, ledger_id="12a"),
    ):
        with pytest.raises(Bug):
            h.ledger.book(bad)
    assert not h.twin.requests


def foreign(multi: QuickBooksHarness) -> str:
    customer = multi.books.add_customer("Anna", currency="EUR")
    row = add_invoice(multi.books, {"customer": customer, "amount": "100.00", "exchange_rate": "1.0875"})
    return str(row["Id"])


def test_a_foreign_payment_takes_the_invoices_rate_rather_than_one_to_one(multi: QuickBooksHarness) -> None:
    ledger_id = foreign(multi)
    assert standing(multi, ledger_id).balance == Money.of("100.00", "EUR")
    booking = multi.ledger.book(wanted(multi, ledger_id, Money.of("100.00", "EUR")))
    row = multi.books.row("Payment", booking.booking_id)
    assert (row["CurrencyRef"], row["ExchangeRate"]) == ({"value": "EUR"}, Decimal("1.0875"))
    assert standing(multi, ledger_id).state is ReceivableState.PAID


def test_a_rate_in_the_request_goes_before_the_invoices(multi: QuickBooksHarness) -> None:
    request = replace(wanted(multi, foreign(multi), Money.of("100.00", "EUR")), exchange_rate=Decimal("1.1"))
    booking = multi.ledger.book(request)
    assert multi.books.row("Payment", booking.booking_id)["ExchangeRate"] == Decimal("1.1")


def test_a_foreign_payment_on_an_invoice_that_is_gone_is_not_sent(multi: QuickBooksHarness) -> None:
    ledger_id = foreign(multi)
    request = wanted(multi, ledger_id, Money.of("100.00", "EUR"))
    multi.delete(ledger_id)
    with pytest.raises(Rejected) as refused:
        multi.ledger.book(request)
    assert refused.value.because is RejectedBecause.NOT_FOUND
    assert multi.meter.count(CallKind.WRITE) == 0


def test_a_home_payment_names_its_currency_where_there_are_several(multi: QuickBooksHarness) -> None:
    ledger_id = issue(multi)
    multi.ledger.book(wanted(multi, ledger_id, usd("120.00")))
    assert multi.bookings_in_world(ledger_id) == [("DB7K2M9QX4T1", usd("120.00"))]


# ------------------------------------------------------------------------------------------- limits, connection


@pytest.mark.parametrize("form", ["json", "gateway", "xml"])
def test_a_throttle_in_any_shape_pauses_the_company_for_a_minute(h: QuickBooksHarness, form: str) -> None:
    ledger_id = issue(h)
    h.books.settings.throttle_form = form  # type: ignore[assignment]  # parametrize hands out plain text
    h.throttle_next_call()
    with pytest.raises(Throttled) as slow:
        h.ledger.receivable(ledger_id)
    assert slow.value.retry_after == timedelta(seconds=60)
    assert h.meter.paused_until == h.clock.now() + timedelta(seconds=60)
    assert len(h.twin.requests) == 1
    with pytest.raises(Throttled):
        h.ledger.receivable(ledger_id)
    assert len(h.twin.requests) == 1
    h.clock.advance(timedelta(seconds=61))
    assert standing(h, ledger_id).is_owed


def test_a_command_with_patience_waits_that_minute_and_goes_on(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    line = replace(h.wire, pauses=Pauses(1, timedelta(minutes=2)))
    patient = QuickBooksLedger(settings(h.twin.base_url), REALM, h.tokens, line)
    before = h.clock.now()
    h.throttle_next_call()
    found = patient.receivable(ledger_id)
    assert found is not None
    assert found.is_owed
    assert h.clock.now() - before >= timedelta(seconds=60)
    h.throttle_next_call()
    with pytest.raises(Throttled):
        patient.receivable(ledger_id)


def test_a_longer_retry_after_is_believed(h: QuickBooksHarness) -> None:
    h.twin.faults.append(Fault("status", status=429, headers={"Retry-After": "300"}))
    with pytest.raises(Throttled):
        h.ledger.profile()
    assert h.meter.paused_until == h.clock.now() + timedelta(seconds=300)


def test_a_401_is_repeated_once_with_a_new_token(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    h.tokens.texts.insert(0, "over")
    h.ledger.book(wanted(h, ledger_id, usd("120.00")))
    assert h.tokens.renewals == 1
    assert h.bookings_in_world(ledger_id) == [("DB7K2M9QX4T1", usd("120.00"))]


def test_a_second_401_asks_for_a_person_and_does_not_loop(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    h.tokens.texts = ["over", "over too", "never used"]
    with pytest.raises(NeedsReauthorisation, match=f"invoice id {ledger_id}"):
        h.ledger.receivable(ledger_id)
    assert (h.tokens.renewals, len(h.twin.requests)) == (1, 2)


def test_a_token_for_another_company_asks_for_a_person(h: QuickBooksHarness) -> None:
    h.tokens.texts = [h.twin.seed_token("4620816365000000000")]
    with pytest.raises(NeedsReauthorisation, match="duebird connect"):
        h.ledger.profile()


def test_a_read_survives_a_blip_and_no_more_than_three(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    h.ledger.profile()
    h.twin.faults.append(Fault("drop_before"))
    h.twin.faults.append(Fault("garbage"))
    assert standing(h, ledger_id).is_owed
    h.twin.faults.append(Fault("status", times=3, status=502))
    with pytest.raises(Transient):
        h.ledger.receivable(ledger_id)
    assert standing(h, ledger_id).is_owed


def test_a_captive_portal_leaves_a_write_uncertain_and_nothing_booked(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    h.twin.faults.append(Fault("garbage", method="POST", path="/payment$"))
    with pytest.raises(Uncertain):
        h.ledger.book(wanted(h, ledger_id, usd("120.00")))
    assert h.bookings_in_world(ledger_id) == []


def test_a_service_that_hangs_is_given_up_and_the_write_is_uncertain(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    request = wanted(h, ledger_id, usd("120.00"))
    impatient = QuickBooksLedger(settings(h.twin.base_url), REALM, h.tokens, replace(h.wire, read_timeout=0.2))
    impatient.profile()
    h.twin.faults.append(Fault("delay_after", method="POST", path="/payment$", seconds=2))
    with pytest.raises(Uncertain, match="did not answer"):
        impatient.book(request)
    assert h.bookings_in_world(ledger_id) == [("DB7K2M9QX4T1", usd("120.00"))]


def test_a_netrc_file_of_the_machine_does_not_replace_our_token(
    h: QuickBooksHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert h.ledger.profile().base_currency == "USD"


def test_a_redirect_is_not_followed(h: QuickBooksHarness) -> None:
    ledger_id = issue(h)
    elsewhere = {"Location": f"{h.twin.base_url}/elsewhere"}
    h.twin.faults.append(Fault("status", method="POST", path="/payment$", status=302, headers=elsewhere))
    with pytest.raises(Uncertain):
        h.ledger.book(wanted(h, ledger_id, usd("120.00")))
    assert not [one for one in h.twin.requests if one.path == "/elsewhere"]


def test_errors_and_requests_show_no_token(h: QuickBooksHarness) -> None:
    secret = h.tokens.current()
    ledger_id = issue(h)
    h.twin.faults.append(Fault("status", times=3, status=500, body=f"echo {secret}"))
    with pytest.raises(Transient) as broken:
        h.ledger.receivable(ledger_id)
    assert secret not in str(broken.value)
    assert all(secret not in one.path + one.query for one in h.twin.requests)


def test_queries_count_as_reads_though_they_are_posts(h: QuickBooksHarness) -> None:
    h.ledger.open_receivables(None)
    assert (h.meter.count(CallKind.READ), h.meter.count(CallKind.WRITE)) == (1, 0)


def test_threads_share_a_ledger_and_not_a_session(h: QuickBooksHarness) -> None:
    ids = [issue(h, f"{n}.00") for n in range(1, 9)]
    found: dict[str, Money] = {}

    def read(one: str) -> None:
        found[one] = standing(h, one).balance

    threads = [threading.Thread(target=read, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert found == {one: usd(f"{n}.00") for n, one in enumerate(ids, start=1)}


# -------------------------------------------------------------------------------------------------------- check


def findings(h: QuickBooksHarness, account: str | None, **chosen: object) -> dict[str, Weight]:
    return {one.subject: one.weight for one in h.connect(**chosen).inspect(account)}


def test_check_is_content_with_a_company_in_order_and_writes_nothing(h: QuickBooksHarness) -> None:
    assert findings(h, h.payment_account_id, payment_method="Credit Card") == {
        "Connection": Weight.OK,
        "Payment account": Weight.OK,
        "Payment method": Weight.OK,
    }
    assert h.meter.count(CallKind.WRITE) == 0


def test_check_says_what_to_click(h: QuickBooksHarness) -> None:
    h.books.settings.online_payments = True
    h.books.settings.auto_apply_credits = True
    h.close_books_through(date(2026, 10, 31))
    sales = next(one.row["Id"] for one in h.books.all("Account") if one.row["Name"] == "Sales")
    euro = h.books.add_account("Euro", "Bank", "EUR")
    closed = h.books.add_account("Old clearing", "Bank", active=False)
    assert findings(h, sales, payment_method="Bitcoin") == {
        "Connection": Weight.OK,
        "Closed books": Weight.OK,
        "Second way to pay": Weight.WARNING,
        "Automatic credits": Weight.WARNING,
        "Payment account": Weight.PROBLEM,
        "Payment method": Weight.WARNING,
    }
    assert findings(h, euro)["Payment account"] is Weight.WARNING
    for account in (closed, "9999", "clearing", None):
        assert findings(h, account)["Payment account"] is Weight.PROBLEM
    assert all(one.fix for one in h.adapter.inspect(sales) if one.weight is not Weight.OK)


def test_check_of_a_dead_connection_is_one_finding(h: QuickBooksHarness) -> None:
    h.revoke_access()
    [finding] = h.adapter.inspect(h.payment_account_id)
    assert (finding.weight, finding.subject) == (Weight.PROBLEM, "Connection")
    assert "duebird connect" in finding.fix


def test_the_profile_knows_no_zone_unless_quickbooks_offers_one(h: QuickBooksHarness) -> None:
    assert h.ledger.profile().timezone is None
    h.books.settings.timezone = "America/Denver"
    profile = h.ledger.profile()
    assert (profile.timezone, profile.tenant_id, profile.country) == ("America/Denver", REALM, "US")


def test_the_closing_date_costs_one_call_and_a_date_that_is_none_is_told(h: QuickBooksHarness) -> None:
    h.close_books_through(date(2026, 10, 31))
    before = len(h.twin.requests)
    assert h.ledger.closed_through() == date(2026, 10, 31)
    assert [one.path.rpartition("/")[2] for one in list(h.twin.requests)[before:]] == ["preferences"]
    h.books.settings.close_date = "some day"
    with pytest.raises(Rejected, match="closing date"):
        h.ledger.closed_through()


def test_accounts_say_whether_they_take_payments(h: QuickBooksHarness) -> None:
    closed = h.books.add_account("Old clearing", "Bank", active=False)
    found = {one.account_id: one.takes_payments for one in h.ledger.payment_accounts()}
    assert found[h.payment_account_id]
    assert not found[closed]
    assert len(found) == 4
