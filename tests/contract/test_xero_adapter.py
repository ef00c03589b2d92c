"""How Xero is called: once, metered, with the right token. What every ledger must do stands in its suite."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.sandbox.base import Fault
from adapters.sandbox.xero import TenantSeed
from adapters.xero.ledger import XeroLedger
from adapters.xero.wire import _Client
from connector.domain.money import Money
from connector.errors import (
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.calls import CallKind, Wire
from tests.contract.rows.xero import TOKEN, Tokens, XeroHarness, harness, settings
from tests.contract.xero_steps import FOREVER, SECOND, asking, calls, issue, poll, sweep
from tests.xero_spec import check_request, document


@pytest.fixture
def h() -> Iterator[XeroHarness]:
    with harness() as made:
        yield made


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
    assert (payment.account.name, payment.bank_amount, payment.reconciled) == (
        "Stripe clearing",
        Decimal("97.5"),
        False,
    )


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


@pytest.mark.parametrize("status", [401, 403])
def test_a_web_page_that_refuses_is_a_firewalls_and_no_reason_to_sign_in_again(h: XeroHarness, status: int) -> None:
    page = "<!DOCTYPE html><html><h1>Blocked by your firewall</h1></html>"
    invoice = issue(h)
    h.twin.faults.append(Fault("status", status=status, body=page, times=4))
    with pytest.raises(Uncertain):
        h.ledger.book(asking(h, invoice))
    with pytest.raises(Transient, match="web page"):
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


def test_an_organisation_offline_is_named_and_asked_no_more_for_now(h: XeroHarness) -> None:
    h.twin.world.switches.offline = True
    with pytest.raises(Transient, match="taken this organisation offline") as caught:
        h.ledger.profile()
    assert caught.value.retry_after == timedelta(minutes=5)
    assert len(calls(h)) == 1


def test_another_503_is_a_blip_that_three_tries_may_outlast(h: XeroHarness) -> None:
    h.twin.faults.append(Fault("status", status=503, times=2))
    assert h.ledger.profile().base_currency == h.home_currency
    assert len(calls(h)) == 3


def test_nothing_modified_is_an_empty_page(h: XeroHarness) -> None:
    cursor = h.ledger.start_cursor()
    h.twin.faults.append(Fault("status", method="GET", status=304))
    page = h.ledger.changes(cursor)
    assert (page.receivables, page.quarantined) == ((), ())
