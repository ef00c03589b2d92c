"""What only Xero does, or does differently, over HTTP. What every ledger must do stands in the contract suite."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.sandbox.base import Fault, SeenRequest
from adapters.sandbox.xero import TenantSeed
from adapters.sandbox.xero.books import Account, Invoice
from adapters.sandbox.xero.identity import ALL_SCOPES
from adapters.xero.ledger import XeroLedger
from adapters.xero.wire import _Client
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.errors import (
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports import BookingRequest, CallKind, ChangePage, Weight, Wire
from tests.contract.rows.xero import TOKEN, Tokens, XeroHarness, harness, settings
from tests.xero_spec import check_request, document

SECOND = "11111111-2222-4333-8444-555555555555"
FOREVER = 99  # times a fault strikes: more often than any test calls


@pytest.fixture
def h() -> Iterator[XeroHarness]:
    with harness() as made:
        yield made


def issue(h: XeroHarness, amount: str = "100.00", **fields: Any) -> Invoice:
    books = h.twin.books
    contact = next(iter(books.contacts.values()), None) or books.add_contact("Barney Rubble", mobile="021 555 123")
    return books.issue(contact, Decimal(amount), **fields)


def asking(h: XeroHarness, invoice: Invoice, amount: str = "100.00", **changes: Any) -> BookingRequest:
    request = BookingRequest(
        ledger_id=invoice.invoice_id,
        customer_id=invoice.contact.contact_id,
        amount=Money.of(amount, invoice.currency),
        booked_on=date(2026, 11, 23),
        account_id=h.payment_account_id,
        reference="DBK2M9QX4T1",
        note="pi_3QABC",
        idempotency_key="book-1",
    )
    return replace(request, **changes)


def calls(h: XeroHarness, method: str = ".*") -> list[SeenRequest]:
    return [seen for seen in h.twin.requests if method in {".*", seen.method}]


def poll(h: XeroHarness, cursor: str) -> tuple[list[ChangePage], str]:
    """Pages until there is no more; a poll that does not end fails."""
    pages: list[ChangePage] = []
    for _ in range(50):
        pages.append(h.ledger.changes(cursor))
        cursor = pages[-1].cursor
        if not pages[-1].more:
            return pages, cursor
    raise AssertionError("the poll did not end")


def sweep(h: XeroHarness) -> list[Receivable]:
    found: list[Receivable] = []
    place: str | None = None
    for _ in range(50):
        page = h.ledger.open_receivables(place)
        found += page.receivables
        place = page.next_page
        if place is None:
            return found
    raise AssertionError("the sweep did not end")


def ids(pages: list[ChangePage]) -> set[str]:
    return {row.ledger_id for page in pages for row in page.receivables}


# ---------------------------------------------------------------------------------------- what goes over the wire


def test_every_request_is_one_xeros_description_knows(h: XeroHarness) -> None:
    document()
    invoice = issue(h, "100.10", currency="EUR", rate=Decimal("1.95"))
    cursor = h.ledger.start_cursor()
    poll(h, cursor)
    sweep(h)
    h.ledger.receivable(invoice.invoice_id)
    h.ledger.customers([invoice.contact.contact_id, SECOND])
    h.ledger.bookings_on(invoice.invoice_id)
    h.ledger.bookings_with_reference("DBK2M9QX4T1")
    h.ledger.book(asking(h, invoice, "100.10", exchange_rate=Decimal("1.95")))
    h.ledger.inspect(h.payment_account_id)

    assert len(calls(h)) >= 14
    for seen in calls(h):
        check_request(seen)


def test_an_amount_keeps_its_digits_on_the_wire(h: XeroHarness) -> None:
    invoice = issue(h, "1234567.10")
    h.ledger.book(asking(h, invoice, "1234567.10"))
    (put,) = calls(h, "PUT")
    assert '"Amount": 1234567.10,' in put.body
    assert "CurrencyRate" not in put.body
    assert h.bookings_in_world(invoice.invoice_id) == [("DBK2M9QX4T1", Money.of("1234567.10", "NZD"))]


def test_a_booking_lands_whole_at_xero(h: XeroHarness) -> None:
    invoice = issue(h, "50", currency="EUR", rate=Decimal("1.9"))
    h.ledger.book(asking(h, invoice, "50", exchange_rate=Decimal("1.95")))
    (payment,) = invoice.payments
    assert (payment.reference, payment.paid_on) == ("DBK2M9QX4T1 pi_3QABC", date(2026, 11, 23))
    assert (payment.account.name, payment.rate, payment.reconciled) == ("Stripe clearing", Decimal("1.95"), False)


def test_calls_are_metered_with_what_is_left_of_the_day(h: XeroHarness) -> None:
    h.twin.tenant().limits.day = 100
    invoice = issue(h)
    h.ledger.receivable(invoice.invoice_id)
    h.ledger.book(asking(h, invoice))
    assert [(c.service, c.kind, c.status, c.day_remaining) for c in h.meter.seen] == [
        ("xero", CallKind.READ, 200, 99),
        ("xero", CallKind.WRITE, 200, 98),
    ]
    assert all(c.server_time is not None for c in h.meter.seen)


def test_answers_may_be_compressed(h: XeroHarness) -> None:
    h.twin.world.switches.compress = True
    wanted = {issue(h).invoice_id for _ in range(20)}
    assert {row.ledger_id for row in sweep(h)} == wanted
    assert calls(h)[0].headers["accept-encoding"] == "gzip"


def test_a_redirect_is_not_followed_with_the_token(h: XeroHarness) -> None:
    h.twin.faults.append(Fault("status", status=302, headers={"Location": h.twin.base_url + "/stolen"}, times=FOREVER))
    with pytest.raises(Transient):
        h.ledger.profile()
    assert {seen.path for seen in calls(h)} == {"/api.xro/2.0/Organisation"}
    with pytest.raises(Uncertain):
        h.ledger.book(asking(h, issue(h)))


# -------------------------------------------------------------------------------------------- once, or not known


def test_a_put_whose_answer_is_lost_is_sent_once_and_leaves_one_payment(h: XeroHarness) -> None:
    invoice = issue(h)
    h.twin.faults.append(Fault("drop_after", method="PUT", times=FOREVER))
    with pytest.raises(Uncertain, match="not known"):
        h.ledger.book(asking(h, invoice))
    assert len(calls(h, "PUT")) == 1
    assert len(h.bookings_in_world(invoice.invoice_id)) == 1


def test_a_line_dropped_before_xero_acted_is_not_known_either(h: XeroHarness) -> None:
    invoice = issue(h)
    h.twin.faults.append(Fault("drop_before", method="PUT", times=FOREVER))
    with pytest.raises(Uncertain):
        h.ledger.book(asking(h, invoice))
    assert len(calls(h, "PUT")) == 1
    assert h.bookings_in_world(invoice.invoice_id) == []


def test_a_write_that_takes_too_long_is_given_up_and_not_known(h: XeroHarness) -> None:
    invoice = issue(h)
    wire = Wire("acme", h.clock, h.meter, connect_timeout=2, read_timeout=0.2)  # a float, which the SDK would ignore
    hurried = XeroLedger(settings(h.twin.api_url), h.twin.books.seed.tenant_id, h.tokens, wire)
    h.twin.faults.append(Fault("delay_after", method="PUT", seconds=1.5))
    with pytest.raises(Uncertain):
        hurried.book(asking(h, invoice))
    assert len(h.ledger.bookings_on(invoice.invoice_id)) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_error_on_a_write_is_not_known(h: XeroHarness, status: int) -> None:
    h.twin.faults.append(Fault("status", method="PUT", status=status))
    with pytest.raises(Uncertain) as caught:
        h.ledger.book(asking(h, issue(h)))
    assert caught.value.code == str(status)
    assert "Look at the invoice's payments" in caught.value.advice


def test_a_web_page_instead_of_an_answer_is_not_known_on_a_write_and_transient_on_a_read(h: XeroHarness) -> None:
    h.twin.faults.append(Fault("garbage", times=4))
    with pytest.raises(Uncertain):
        h.ledger.book(asking(h, issue(h)))
    with pytest.raises(Transient, match="not JSON"):
        h.ledger.profile()
    assert h.ledger.profile().name == "Demo Company (NZ)"


@pytest.mark.parametrize("body", ["{}", '{"Payments": []}', '{"Payments": [{"PaymentID": "x"}]}', "[]"])
def test_a_200_that_does_not_say_what_became_of_the_payment_is_not_known(h: XeroHarness, body: str) -> None:
    h.twin.faults.append(Fault("status", method="PUT", status=200, body=body))
    with pytest.raises(Uncertain):
        h.ledger.book(asking(h, issue(h)))


def test_a_refusal_inside_a_200_is_a_refusal(h: XeroHarness) -> None:
    text = "Payment amount exceeds the amount outstanding on this document"
    element = {"HasValidationErrors": True, "ValidationErrors": [{"Message": text}], "PaymentID": SECOND}
    h.twin.faults.append(Fault("status", method="PUT", status=200, body=json.dumps({"Payments": [element]})))
    with pytest.raises(Rejected, match="exceeds the amount outstanding") as caught:
        h.ledger.book(asking(h, issue(h)))
    assert caught.value.because is RejectedBecause.AMOUNT


def test_the_same_key_creates_again_after_six_minutes_so_whoever_repeats_must_look_first(h: XeroHarness) -> None:
    invoice = issue(h)
    request = asking(h, invoice, "10.00")
    first = h.ledger.book(request)
    assert h.ledger.book(request).booking_id == first.booking_id
    assert len(h.bookings_in_world(invoice.invoice_id)) == 1

    h.twin.clock.offset += timedelta(minutes=6, seconds=1)

    assert [b.booking_id for b in h.ledger.bookings_with_reference(request.reference)] == [first.booking_id]
    assert h.ledger.book(request).booking_id != first.booking_id
    assert len(h.bookings_in_world(invoice.invoice_id)) == 2


def test_a_key_used_with_another_amount_is_not_known_and_leaves_one_payment(h: XeroHarness) -> None:
    invoice = issue(h)
    h.ledger.book(asking(h, invoice, "10.00"))
    with pytest.raises(Uncertain):
        h.ledger.book(asking(h, invoice, "20.00"))
    assert h.bookings_in_world(invoice.invoice_id) == [("DBK2M9QX4T1", Money.of("10.00", "NZD"))]


def test_part_payments_add_up_and_xero_stops_only_the_one_that_exceeds(h: XeroHarness) -> None:
    invoice = issue(h, "100.00")
    for key in ("a", "b"):
        h.ledger.book(asking(h, invoice, "50.00", idempotency_key=key))
    with pytest.raises(Rejected) as caught:
        h.ledger.book(asking(h, invoice, "50.00", idempotency_key="c"))
    assert caught.value.because is RejectedBecause.BUSINESS_RULE  # it is paid, so it takes no payments at all
    assert len(h.bookings_in_world(invoice.invoice_id)) == 2
    assert len(h.ledger.bookings_on(invoice.invoice_id)) == 2


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"account_id": SECOND}, RejectedBecause.SETUP),
        ({"ledger_id": SECOND}, RejectedBecause.NOT_FOUND),
        ({"booked_on": date(2026, 1, 31)}, RejectedBecause.CLOSED_PERIOD),
        ({"amount": "100.01"}, RejectedBecause.AMOUNT),
    ],
)
def test_each_refusal_has_its_reason(h: XeroHarness, change: dict[str, Any], because: RejectedBecause) -> None:
    h.close_books_through(date(2026, 1, 31))
    invoice = issue(h)
    with pytest.raises(Rejected) as caught:
        h.ledger.book(asking(h, invoice, **change))
    assert caught.value.because is because
    assert h.bookings_in_world(invoice.invoice_id) == []


# ------------------------------------------------------------------------------------------- limits, tokens, tenants


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-Rate-Limit-Problem": "day", "Retry-After": "30000"}, timedelta(seconds=30000)),
        ({"X-Rate-Limit-Problem": "minute", "Retry-After": "7"}, timedelta(seconds=7)),
        ({"X-Rate-Limit-Problem": "concurrent"}, timedelta(seconds=2)),
        ({"X-Rate-Limit-Problem": "day"}, timedelta(hours=1)),
        ({}, timedelta(minutes=1)),
    ],
)
def test_a_limit_pauses_the_organisation_and_never_sleeps_in_the_call(
    h: XeroHarness, headers: dict[str, str], wait: timedelta
) -> None:
    h.twin.faults.append(Fault("status", status=429, headers=headers, times=FOREVER))
    began = h.clock.now()
    with pytest.raises(Throttled) as caught:
        h.ledger.changes(h.ledger.start_cursor())
    assert caught.value.retry_after == wait
    assert h.clock.elapsed() == 0
    assert h.meter.paused_until == {"xero": began + wait}
    assert len(calls(h)) == 1

    with pytest.raises(Throttled, match="pausing"):
        h.ledger.book(asking(h, issue(h)))
    assert len(calls(h)) == 1


@pytest.mark.parametrize("spelling", ["insufficient_scope", "insufficent_scope"])
def test_a_missing_permission_asks_a_person_and_does_not_refresh(h: XeroHarness, spelling: str) -> None:
    h.tokens.texts.append(h.twin.seed_token("another"))
    h.twin.faults.append(Fault("status", status=401, headers={"WWW-Authenticate": spelling}))
    with pytest.raises(NeedsReauthorisation, match="lacks a permission"):
        h.ledger.book(asking(h, issue(h)))
    assert (h.tokens.renewals, len(calls(h))) == (0, 1)


def test_an_expired_token_is_renewed_once_and_the_call_repeated_once(h: XeroHarness) -> None:
    h.tokens.texts.insert(0, h.twin.seed_token("short", life=timedelta(minutes=30)))
    h.twin.clock.offset += timedelta(minutes=31)
    invoice = issue(h)
    h.ledger.book(asking(h, invoice))
    assert h.tokens.renewals == 1
    assert [seen.status for seen in calls(h, "PUT")] == [401, 200]
    assert len(h.bookings_in_world(invoice.invoice_id)) == 1


def test_a_renewed_token_that_is_refused_too_asks_a_person(h: XeroHarness) -> None:
    for text in ("second", "first"):
        h.tokens.texts.insert(0, h.twin.seed_token(text, life=timedelta(minutes=30)))
    h.twin.clock.offset += timedelta(minutes=31)
    with pytest.raises(NeedsReauthorisation):
        h.ledger.profile()
    assert (h.tokens.renewals, len(calls(h))) == (1, 2)


def test_a_disconnected_organisation_asks_a_person_without_refreshing(h: XeroHarness) -> None:
    h.twin.tenant().connected = False
    with pytest.raises(NeedsReauthorisation, match="disconnected"):
        h.ledger.profile()
    assert h.tokens.renewals == 0


def test_a_custom_connection_names_no_tenant(h: XeroHarness) -> None:
    tenant_id = h.twin.books.seed.tenant_id
    token = h.twin.seed_token("custom", tenants=frozenset({tenant_id}))
    ledger = XeroLedger(settings(h.twin.api_url), "", Tokens([token]), h.wire)
    assert ledger.profile().tenant_id == tenant_id
    assert calls(h)[0].headers["xero-tenant-id"] == ""


def test_tokens_of_two_organisations_are_never_mixed_up(h: XeroHarness) -> None:
    """The SDK's Configuration is one object for the process: two clients would share a token."""
    h.twin.add_tenant(TenantSeed("Second Ltd", SECOND, base_currency="AUD"))
    first_id = h.twin.books.seed.tenant_id
    ledgers = {}
    for tenant_id in (first_id, SECOND):
        token = h.twin.seed_token(f"token-of-{tenant_id}", tenants=frozenset({tenant_id}))
        ledgers[tenant_id] = XeroLedger(settings(h.twin.api_url), tenant_id, Tokens([token]), h.wire)
    gate = threading.Barrier(4)
    currencies: dict[str, set[str]] = {first_id: set(), SECOND: set()}

    def work(tenant_id: str) -> None:
        gate.wait()
        for _ in range(15):
            currencies[tenant_id].add(ledgers[tenant_id].profile().base_currency)

    threads = [threading.Thread(target=work, args=(tenant_id,)) for tenant_id in (first_id, SECOND) * 2]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-7)  # between any two steps of one client another may run
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)

    assert currencies == {first_id: {"NZD"}, SECOND: {"AUD"}}
    assert len(calls(h)) == 60
    for seen in calls(h):
        assert seen.headers["authorization"] == f"Bearer token-of-{seen.headers['xero-tenant-id']}"


def test_each_client_holds_a_token_object_that_no_other_client_can_reach(h: XeroHarness) -> None:
    """Threads meet too rarely for the test above to fail each time when this is broken."""
    clients = [_Client(h.twin.api_url, h.wire) for _ in range(3)]
    tokens = [client.api.api_client.configuration.oauth2_token for client in clients]
    assert len({id(token) for token in tokens}) == 3
    assert len({id(client.api.api_client.configuration) for client in clients}) == 3


def test_errors_show_no_token(h: XeroHarness) -> None:
    h.twin.faults.append(Fault("status", status=401, body=json.dumps({"Detail": TOKEN}), times=FOREVER))
    with pytest.raises(NeedsReauthorisation) as caught:
        h.ledger.profile()
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value.__cause__)


def test_an_organisation_offline_is_tried_three_times_and_named(h: XeroHarness) -> None:
    h.twin.world.switches.offline = True
    with pytest.raises(Transient) as caught:
        h.ledger.profile()
    assert caught.value.retry_after == timedelta(minutes=5)
    assert len(calls(h)) == 3


def test_nothing_modified_is_an_empty_page(h: XeroHarness) -> None:
    cursor = h.ledger.start_cursor()
    h.twin.faults.append(Fault("status", method="GET", status=304))
    page = h.ledger.changes(cursor)
    assert (page.receivables, page.quarantined) == ((), ())


# ------------------------------------------------------------------------------------------------------- reading


def test_the_start_is_xeros_present_and_not_ours(h: XeroHarness) -> None:
    h.twin.clock.offset = -timedelta(days=3)  # our clock is three days ahead
    cursor = h.ledger.start_cursor()
    invoice = issue(h)
    pages, _ = poll(h, cursor)
    assert ids(pages) == {invoice.invoice_id}


def test_an_invoice_that_shows_later_than_a_newer_one_is_not_missed(h: XeroHarness) -> None:
    invoices = h.twin.books.invoices
    _, cursor = poll(h, h.ledger.start_cursor())
    late = issue(h)
    h.twin.clock.offset += timedelta(seconds=60)
    newer = issue(h)
    held_back = invoices.pop(late.invoice_id)
    pages, cursor = poll(h, cursor)
    assert ids(pages) == {newer.invoice_id}

    h.twin.clock.offset += timedelta(seconds=60)
    invoices[late.invoice_id] = held_back
    h.twin.books.revision += 1

    pages, _ = poll(h, cursor)
    assert late.invoice_id in ids(pages)


def test_more_changes_than_a_page_holds_are_read_without_a_second_page(h: XeroHarness) -> None:
    cursor = h.ledger.start_cursor()
    wanted = set()
    for number in range(2300):
        if number % 100 == 0:
            h.twin.clock.offset += timedelta(seconds=2)
        wanted.add(issue(h).invoice_id)
    pages, cursor = poll(h, cursor)
    assert ids(pages) == wanted
    assert all("page=1" in seen.query.split("&") for seen in calls(h) if "page" in seen.query)

    h.twin.clock.offset += timedelta(minutes=10)
    poll(h, poll(h, cursor)[1])
    before = len(calls(h))
    pages, _ = poll(h, poll(h, cursor)[1])
    assert len(calls(h)) - before <= 4
    assert len(ids(pages)) <= 100  # when all is quiet, only the last second is read again


def test_more_changes_in_a_second_than_a_page_holds_are_all_read(h: XeroHarness) -> None:
    """A bulk import: page one alone would show the same thousand for ever."""
    cursor = h.ledger.start_cursor()
    moment = h.twin.clock.now().replace(microsecond=0)
    crowd = [issue(h) for _ in range(2500)]
    for invoice in crowd:
        invoice.updated = moment
    h.twin.clock.offset += timedelta(seconds=5)
    after = issue(h)

    page = h.ledger.changes(cursor)  # full, and on to the crowded second
    page = h.ledger.changes(page.cursor)
    for invoice in crowd[:30]:  # meanwhile some are paid, leave their place and come again at the end
        h.twin.books.pay(invoice, Decimal(100))
    pages, _ = poll(h, page.cursor)

    seen = ids([page, *pages])
    assert {invoice.invoice_id for invoice in crowd[1000:]} | {after.invoice_id} <= seen
    assert {row.ledger_id for one in pages for row in one.receivables if not row.is_owed} == {
        invoice.invoice_id for invoice in crowd[:30]
    }


def test_a_deleted_payment_makes_its_invoice_touched_once(h: XeroHarness) -> None:
    invoice = issue(h)
    payment = h.twin.books.pay(invoice, Decimal(40))
    cursor = h.ledger.start_cursor()
    h.twin.books.delete_payment(payment)
    touched: list[str] = []
    for _ in range(9):
        pages, cursor = poll(h, cursor)
        touched += [one for page in pages for one in page.touched]
    assert touched == [invoice.invoice_id]


def test_a_poll_costs_one_call_and_every_fourth_three(h: XeroHarness) -> None:
    cursor = h.ledger.start_cursor()
    made: list[int] = []
    for _ in range(8):
        h.twin.requests.clear()
        _, cursor = poll(h, cursor)
        made.append(len(calls(h)))
    assert made == [3, 1, 1, 1, 3, 1, 1, 1]


def test_a_due_date_no_list_of_changes_tells_is_seen_by_the_sweep(h: XeroHarness) -> None:
    invoice = issue(h, due_on=date(2026, 12, 1))
    h.twin.books.pay(invoice, Decimal(40))
    before = {row.ledger_id: row.version for row in sweep(h)}
    h.twin.clock.offset += timedelta(hours=1)
    cursor = h.ledger.start_cursor()
    h.twin.books.edit(invoice, due_on=date(2027, 1, 15))

    pages, _ = poll(h, cursor)
    assert ids(pages) == set()

    (row,) = sweep(h)
    assert row.due_on == date(2027, 1, 15)
    assert row.version != before[invoice.invoice_id]


def test_invoices_paid_while_a_long_sweep_goes_on_hide_no_others(h: XeroHarness) -> None:
    issued = [issue(h) for _ in range(2100)]
    seen: set[str] = set()
    place: str | None = None
    pages = 0
    while pages == 0 or place is not None:
        page = h.ledger.open_receivables(place)
        seen |= {row.ledger_id for row in page.receivables}
        place = page.next_page
        pages += 1
        for invoice in [i for i in issued if i.invoice_id in seen and i.status == "AUTHORISED"][:25]:
            h.twin.books.pay(invoice, invoice.due)
    assert pages == 3
    assert {i.invoice_id for i in issued if i.status == "AUTHORISED"} <= seen


def test_one_odd_record_is_set_aside_alone(h: XeroHarness) -> None:
    good, unknown, broken = issue(h), issue(h, raw={"Status": "PONDERING"}), issue(h, raw={"AmountDue": None})
    nulls = issue(h, raw={"InvoiceNumber": None, "Reference": None, "DueDate": None, "LineItems": None})
    pages, _ = poll(h, h.ledger.start_cursor())
    assert ids(pages) == {good.invoice_id, nulls.invoice_id}
    set_aside = {one.ledger_id: one.problem for page in pages for one in page.quarantined}
    assert set(set_aside) == {unknown.invoice_id, broken.invoice_id}
    assert unknown.number in set_aside[unknown.invoice_id]
    assert "PONDERING" in set_aside[unknown.invoice_id]
    assert {row.number for page in pages for row in page.receivables} == {good.number, None}

    with pytest.raises(Rejected, match="cannot be read"):
        h.ledger.receivable(unknown.invoice_id)


def test_words_the_sdk_does_not_know_are_no_trouble(h: XeroHarness) -> None:
    books = h.twin.books
    contact = books.add_contact("A" * 300, raw={"TaxNumberType": "TAXNUMBERTYPE/SSN", "Phones": None})
    books.add_account(Account("Odd", "NEWTYPE", "999", takes_payments=True))
    invoice = books.issue(contact, Decimal(5), currency="XBT")
    books.pay(invoice, Decimal(1)).raw["PaymentType"] = "ACCRECPAYMENT"
    assert [c.mobile for c in h.ledger.customers([contact.contact_id])] == [None]
    assert "NEWTYPE" in {a.kind for a in h.ledger.payment_accounts()}
    assert [b.applied for b in h.ledger.bookings_on(invoice.invoice_id)] == [Money.of("1.00", "XBT")]


def test_bills_are_no_receivables(h: XeroHarness) -> None:
    bill = issue(h, kind="ACCPAY")
    pages, _ = poll(h, h.ledger.start_cursor())
    assert ids(pages) == set()
    assert sweep(h) == []
    assert h.ledger.receivable(bill.invoice_id) is None


def test_a_deleted_draft_is_told_as_deleted(h: XeroHarness) -> None:
    draft = issue(h, status="DRAFT")
    h.twin.books.void(draft)
    pages, _ = poll(h, h.ledger.start_cursor())
    assert [one for page in pages for one in page.deleted] == [draft.invoice_id]


def test_an_invoice_paid_by_credit_note_is_paid_without_a_payment(h: XeroHarness) -> None:
    invoice = issue(h)
    h.twin.books.credit(invoice, Decimal(100))
    read = h.ledger.receivable(invoice.invoice_id)
    assert read is not None
    assert not read.is_owed
    assert list(h.ledger.bookings_on(invoice.invoice_id)) == []


def test_archived_contacts_are_given_and_marked(h: XeroHarness) -> None:
    contacts = [h.twin.books.add_contact(f"Customer {n}", mobile=f"021 555 {n:04}") for n in range(95)]
    h.twin.books.edit_contact(contacts[7], status="ARCHIVED")
    h.twin.books.edit_contact(contacts[8], status="GDPRREQUEST")
    found = h.ledger.customers([c.contact_id for c in contacts])
    assert len(found) == 95
    assert [c.customer_id for c in found if not c.active] == [contacts[7].contact_id, contacts[8].contact_id]
    assert len(calls(h)) == 3


def test_days_are_not_shifted_where_the_machine_is_in_new_york(h: XeroHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        invoice = issue(h, issued_on=date(2026, 11, 1), due_on=date(2026, 11, 2), expected_on=date(2026, 11, 3))
        h.close_books_through(date(2026, 10, 31))
        pages, _ = poll(h, h.ledger.start_cursor())
        (row,) = pages[0].receivables
        booking = h.ledger.book(asking(h, invoice, booked_on=date(2026, 11, 1)))
        profile = h.ledger.profile()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (row.issued_on, row.due_on, row.promised_on) == (date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3))
    assert (booking.booked_on, invoice.payments[0].paid_on) == (date(2026, 11, 1), date(2026, 11, 1))
    assert profile.closed_through == date(2026, 10, 31)
    assert row.updated_at.tzinfo is UTC


# ---------------------------------------------------------------------------------------------------------- check


def test_a_good_organisation_has_nothing_to_fix(h: XeroHarness) -> None:
    h.tokens.texts = [h.twin.identity.mint(ALL_SCOPES, timedelta(minutes=30)).text]
    findings = h.ledger.inspect(h.payment_account_id)
    assert {finding.weight for finding in findings} == {Weight.OK}
    assert {seen.method for seen in calls(h)} == {"GET"}


def test_each_missing_permission_is_named_with_what_to_grant(h: XeroHarness) -> None:
    scopes = ALL_SCOPES - {"accounting.payments", "accounting.contacts", "accounting.contacts.read"}
    h.tokens.texts = [h.twin.identity.mint(scopes, timedelta(minutes=30)).text]
    problems = {f.subject: f.fix for f in h.ledger.inspect(h.payment_account_id) if f.weight is Weight.PROBLEM}
    assert set(problems) == {"Reading contacts", "Booking payments"}
    assert "accounting.contacts.read" in problems["Reading contacts"]


def test_an_account_that_takes_no_payments_is_named_with_what_to_click(h: XeroHarness) -> None:
    books = h.twin.books
    archived = books.add_account(Account("Old clearing", "BANK", "098", "NZD", status="ARCHIVED"))
    euros = books.add_account(Account("Euro clearing", "BANK", "099", "EUR"))
    sales = next(a for a in books.accounts.values() if a.name == "Sales")

    def said(account_id: str | None) -> tuple[Weight, str]:
        (finding,) = [f for f in h.ledger.inspect(account_id) if f.subject == "Payment account"]
        return finding.weight, f"{finding.seen} {finding.fix}"

    assert said(sales.account_id)[0] is Weight.PROBLEM
    assert "Enable payments to this account" in said(sales.account_id)[1]
    assert "archived" in said(archived.account_id)[1]
    assert said(euros.account_id)[0] is Weight.WARNING
    assert "Stripe clearing" in said(None)[1]


def test_a_dead_connection_is_one_finding(h: XeroHarness) -> None:
    h.revoke_access()
    (finding,) = h.ledger.inspect(h.payment_account_id)
    assert (finding.weight, finding.subject) == (Weight.PROBLEM, "Connection")
    assert "duebird connect" in finding.fix


def test_the_twins_present_is_the_cursors_present(h: XeroHarness) -> None:
    h.twin.clock.offset = timedelta(days=400)
    held = json.loads(h.ledger.start_cursor())
    asked = datetime.fromisoformat(held["from"]["invoices"])
    assert timedelta(days=399) < asked - h.clock.now() < timedelta(days=401)
