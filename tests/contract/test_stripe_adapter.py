"""Stripe-only behaviour of the adapter, over HTTP against the stand-in; what was done is read at the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.base import Fault
from adapters.sandbox.stripe.twin import ALL_NEEDED, DEFAULT_ACCOUNT, DEFAULT_KEY
from connector.domain.money import Money
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
from connector.ports.calls import CallKind
from connector.ports.findings import Weight
from connector.ports.processor import LinkRequest, PaymentLink, PaymentState
from tests.contract.rows.stripe import CountingMeter, StripeHarness, harness

FULL_TEXT = "Thank you. Riverside Plumbing will send a receipt."


@pytest.fixture
def stripe() -> Iterator[StripeHarness]:
    with harness() as made:
        yield made


def request(number: int = 1, amount: str = "120.50", currency: str = "USD") -> LinkRequest:
    return LinkRequest(
        reference=f"DB{number:04d}",
        amount=Money.of(amount, currency),
        title=f"Invoice INV-{number}",
        description="Due 1 December 2026",
        receipt_line=f"Invoice INV-{number}",
        inactive_message="This invoice is settled.",
        after_payment=FULL_TEXT,
        metadata={"duebird_install": "i1", "duebird_invoice": f"qbo:{number}"},
        idempotency_key=f"duebird:link:{number}:1",
    )


def made(stripe: StripeHarness, number: int = 1) -> PaymentLink:
    return stripe.processor.create_link(request(number))


# ------------------------------------------------------------------------------------------------------- links


def test_a_link_carries_amount_words_and_reference_on_link_and_payment(stripe: StripeHarness) -> None:
    link = made(stripe)
    stripe.pay(link.url)

    world = stripe.records()
    (held,) = world["links"]
    assert (held["amount"], held["currency"], held["title"]) == (12050, "usd", "Invoice INV-1")
    assert held["metadata"] == {"duebird_install": "i1", "duebird_invoice": "qbo:1", "duebird_ref": "DB0001"}
    (intent,) = world["payment_intents"]
    assert intent["metadata"] == held["metadata"]
    assert intent["description"] == "Invoice INV-1"
    assert held["inactive_message"] == "This invoice is settled."


def test_a_link_takes_one_payment_and_then_turns_itself_off(stripe: StripeHarness) -> None:
    link = made(stripe)
    assert stripe.pay(link.url) is not None
    assert stripe.pay(link.url) is None
    assert stripe.live_links_in_world() == []


def test_a_lost_create_answer_repeated_with_its_key_leaves_one_link(stripe: StripeHarness) -> None:
    stripe.lose_next_write_answer()
    with pytest.raises(Uncertain):
        made(stripe)

    link = made(stripe)
    assert [one["id"] for one in stripe.records()["links"]] == [link.link_id]


def test_a_key_replayed_after_a_day_makes_a_second_link_which_the_reference_finds(stripe: StripeHarness) -> None:
    first = made(stripe)
    stripe.let_time_pass(timedelta(hours=25))
    second = made(stripe)

    found = stripe.processor.links_with_reference("DB0001")
    assert [link.link_id for link in found] == [second.link_id, first.link_id]
    assert stripe.processor.links_with_reference("DB0002") == []


def test_links_are_found_behind_more_than_a_page_of_others_active_ones_first(stripe: StripeHarness) -> None:
    old = made(stripe, 1)
    stripe.processor.retire_link(old.link_id, "")
    for number in range(2, 105):
        made(stripe, number)
    stripe.let_time_pass(timedelta(hours=25))
    new = made(stripe, 1)

    found = stripe.processor.links_with_reference("DB0001")
    assert [(link.link_id, link.active) for link in found] == [(new.link_id, True), (old.link_id, False)]


def test_a_key_with_other_values_is_refused_and_changes_nothing(stripe: StripeHarness) -> None:
    made(stripe)
    with pytest.raises(Rejected) as refused:
        stripe.processor.create_link(replace(request(), amount=Money.of("99.00", "USD")))
    assert refused.value.because is RejectedBecause.KEY_REUSED
    assert [link["amount"] for link in stripe.records()["links"]] == [12050]


def test_a_stored_server_error_is_uncertain_and_replayed(stripe: StripeHarness) -> None:
    stripe.control("settings", {"fail_writes": 1, "fail_after_acting": True})
    for _ in range(2):
        with pytest.raises(Uncertain):
            made(stripe)
    assert len(stripe.records()["links"]) == 1
    assert [link.reference for link in stripe.processor.links_with_reference("DB0001")] == ["DB0001"]


def test_a_key_in_use_is_uncertain(stripe: StripeHarness) -> None:
    stripe.control("settings", {"hold_writes": True})
    links: list[PaymentLink] = []
    first = threading.Thread(target=lambda: links.append(made(stripe)))
    first.start()
    while not stripe.records()["keys_in_use"]:
        assert first.is_alive()
    with pytest.raises(Uncertain) as unclear:
        made(stripe)
    stripe.control("settings", {"hold_writes": False})
    first.join()

    assert unclear.value.code == "idempotency_key_in_use"
    assert [link.link_id for link in links] == [one["id"] for one in stripe.records()["links"]]


def test_amounts_that_stripe_cannot_charge_are_refused_before_any_call(stripe: StripeHarness) -> None:
    with pytest.raises(Rejected) as refused:
        stripe.processor.create_link(request(amount="0.49"))
    assert refused.value.because is RejectedBecause.AMOUNT
    assert list(stripe.twin.requests) == []


def test_stripes_own_refusal_of_an_amount_is_understood(stripe: StripeHarness) -> None:
    body = {"error": {"type": "invalid_request_error", "code": "amount_too_small", "message": "Too small."}}
    stripe.twin.faults.append(Fault("status", method="POST", status=400, body=json.dumps(body)))
    with pytest.raises(Rejected) as refused:
        made(stripe)
    assert refused.value.because is RejectedBecause.AMOUNT


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("5000", "JPY", 5000), ("700", "ISK", 70000), ("5.12", "KWD", 5120), ("1200.00", "HUF", 120000)],
)
def test_amounts_arrive_in_the_minor_units_of_stripe(
    stripe: StripeHarness, amount: str, currency: str, minor: int
) -> None:
    link = stripe.processor.create_link(request(amount=amount, currency=currency))
    stripe.pay(link.url)
    assert stripe.records()["links"][0]["amount"] == minor
    assert [payment.amount for payment in stripe.processor.payments_on(link.link_id)] == [Money.of(amount, currency)]


def test_a_link_that_is_not_there_is_none_and_an_empty_id_asks_nothing(stripe: StripeHarness) -> None:
    assert stripe.processor.link("plink_nothing") is None
    asked = len(stripe.twin.requests)
    for bad in ("", "../account", "a/b"):
        with pytest.raises(Bug):
            stripe.processor.link(bad)
        with pytest.raises(Bug):
            stripe.processor.payment_of_session(bad)
    assert len(stripe.twin.requests) == asked


def test_a_link_of_the_other_mode_is_not_taken_for_a_deleted_one(stripe: StripeHarness) -> None:
    link = made(stripe)
    live_key = "rk_live_acme"
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": live_key}]})
    with pytest.raises(Rejected) as refused:
        stripe.with_key(live_key).link(link.link_id)
    assert refused.value.because is RejectedBecause.SETUP
    assert "test or live" in refused.value.advice


def test_a_link_of_the_other_mode_is_not_taken_down_by_calling_it_gone(stripe: StripeHarness) -> None:
    link = made(stripe)
    live_key = "rk_live_acme"
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": live_key}]})
    with pytest.raises(Rejected) as refused:
        stripe.with_key(live_key).retire_link(link.link_id, "")
    assert refused.value.because is RejectedBecause.SETUP  # NOT_FOUND would mean: nothing is left to take down
    assert stripe.live_links_in_world() == [link.link_id]


# ---------------------------------------------------------------------------------------------------- retiring


def test_retiring_closes_every_open_page_so_that_nobody_can_pay(stripe: StripeHarness) -> None:
    link = made(stripe)
    pages = [stripe.open_page(link.url) for _ in range(3)]

    retired = stripe.processor.retire_link(link.link_id, "Invoice INV-1 was updated. Use the newest text.")

    assert (retired.link.active, retired.payments, retired.still_open) == (False, (), 0)
    assert [stripe.pay_session(page) for page in pages if page] == [None, None, None]
    assert stripe.open_page(link.url) is None
    assert stripe.records()["links"][0]["inactive_message"] == "Invoice INV-1 was updated. Use the newest text."


def test_a_payment_completed_before_retiring_is_reported(stripe: StripeHarness) -> None:
    link = made(stripe)
    page = stripe.open_page(link.url)
    assert page is not None
    paid = stripe.pay_session(page)

    for _ in range(2):  # harmless to repeat
        retired = stripe.processor.retire_link(link.link_id, "")
        assert [payment.payment_id for payment in retired.payments] == [paid]
        assert retired.still_open == 0


def test_a_page_paid_between_the_list_and_its_closing_is_reported(stripe: StripeHarness) -> None:
    link = made(stripe)
    page = stripe.open_page(link.url)
    assert page is not None
    paid: list[str | None] = []

    class PayerInBetween(CountingMeter):
        """Lets somebody pay just before the page is closed."""

        def before(self, service: str, kind: CallKind) -> None:
            super().before(service, kind)
            listed = any(seen.path.endswith("/sessions") for seen in stripe.twin.requests)
            if kind is CallKind.WRITE and listed and not paid:
                paid.append(stripe.pay_session(str(page)))

    stripe.wire = replace(stripe.wire, meter=PayerInBetween())
    retired = stripe.with_key(DEFAULT_KEY).retire_link(link.link_id, "")

    assert paid[0] is not None
    assert [payment.payment_id for payment in retired.payments] == paid
    assert retired.still_open == 0


def test_a_page_that_could_not_be_closed_is_counted_and_closed_the_next_time(stripe: StripeHarness) -> None:
    link = made(stripe)
    stripe.open_page(link.url)
    stripe.twin.faults.append(Fault("drop_before", method="POST", path="/expire$"))

    assert stripe.processor.retire_link(link.link_id, "").still_open == 1
    assert stripe.processor.retire_link(link.link_id, "").still_open == 0


def test_a_lost_answer_to_a_closing_is_no_open_page(stripe: StripeHarness) -> None:
    link = made(stripe)
    stripe.open_page(link.url)
    stripe.twin.faults.append(Fault("drop_after", method="POST", path="/expire$"))
    assert stripe.processor.retire_link(link.link_id, "").still_open == 0


@pytest.mark.parametrize("words", ["This Checkout Session is complete and cannot be expired.", "No such session"])
def test_a_closing_refused_in_any_words_is_looked_at_again_and_stops_nothing(stripe: StripeHarness, words: str) -> None:
    link = made(stripe)
    pages = [stripe.open_page(link.url) for _ in range(2)]
    refusal = json.dumps({"error": {"type": "invalid_request_error", "message": words}})
    headers = {"Content-Type": "application/json"}
    stripe.twin.faults.append(
        Fault("status", method="POST", path="/expire$", status=400, body=refusal, headers=headers)
    )

    assert stripe.processor.retire_link(link.link_id, "").still_open == 1
    assert stripe.processor.retire_link(link.link_id, "").still_open == 0
    assert [stripe.pay_session(str(page)) for page in pages] == [None, None]


# ---------------------------------------------------------------------------------------------------- payments


def test_a_card_payment_is_read_with_method_time_and_reference(stripe: StripeHarness) -> None:
    link = made(stripe)
    paid = stripe.pay(link.url)

    (payment,) = stripe.processor.payments_on(link.link_id)
    assert (payment.payment_id, payment.state, payment.method) == (paid, PaymentState.SUCCEEDED, "card")
    assert (payment.amount, payment.reference, payment.live) == (Money.of("120.50", "USD"), "DB0001", False)
    assert payment.paid_at is not None
    assert payment.link_id == link.link_id
    assert stripe.processor.payment_of_session(payment.session_id) == payment


def test_a_bank_debit_is_pending_and_then_paid(stripe: StripeHarness) -> None:
    link = made(stripe)
    session = stripe.start_debit(link.url)
    assert session is not None
    pending = stripe.processor.payment_of_session(session)
    assert pending is not None
    assert (pending.state, pending.paid_at, pending.method) == (PaymentState.PENDING, None, "us_bank_account")

    stripe.let_time_pass(timedelta(days=4))
    stripe.finish_debit(session, succeeds=True)
    stripe.let_time_pass(timedelta(minutes=1))
    settled = stripe.processor.payment_of_session(session)
    assert settled is not None
    assert (settled.state, settled.payment_id) == (PaymentState.SUCCEEDED, pending.payment_id)
    assert settled.paid_at is not None
    assert settled.paid_at - settled.created_at >= timedelta(days=4)


def test_a_bank_debit_that_bounces_is_failed(stripe: StripeHarness) -> None:
    link = made(stripe)
    session = stripe.start_debit(link.url)
    assert session is not None
    stripe.finish_debit(session, succeeds=False)
    (payment,) = stripe.processor.payments_on(link.link_id)
    assert (payment.state, payment.paid_at) == (PaymentState.FAILED, None)


def test_an_open_page_and_a_declined_card_are_no_payment(stripe: StripeHarness) -> None:
    link = made(stripe)
    page = stripe.open_page(link.url)
    assert page is not None
    assert stripe.control("pay", {"session": page, "method": "declined"})["outcome"] == "declined"
    assert stripe.processor.payment_of_session(page) is None
    assert stripe.processor.payments_on(link.link_id) == []


def test_two_pages_paid_at_once_are_two_payments(stripe: StripeHarness) -> None:
    link = made(stripe)
    pages = [stripe.open_page(link.url), stripe.open_page(link.url)]
    paid = [stripe.pay_session(page) for page in pages if page]
    assert [payment.payment_id for payment in stripe.processor.payments_on(link.link_id)] == paid


def test_payments_since_reads_objects_and_reaches_pages_opened_the_day_before(stripe: StripeHarness) -> None:
    links = [made(stripe, number) for number in (1, 2, 3)]
    stripe.pay(links[0].url)
    stripe.let_time_pass(timedelta(days=3))
    page = stripe.open_page(links[1].url)
    assert page is not None
    stripe.let_time_pass(timedelta(hours=23))
    since = stripe.clock.now()
    stripe.pay_session(page)
    stripe.pay(links[2].url)

    payments = stripe.processor.payments_since(since)
    assert [payment.reference for payment in payments] == ["DB0002", "DB0003"]


# ------------------------------------------------------------------------------------------------------- hints


def test_hints_name_the_session_and_keep_the_event_as_received(stripe: StripeHarness) -> None:
    since = stripe.clock.now() - timedelta(minutes=1)
    link = made(stripe)
    stripe.pay(link.url)

    hints = stripe.processor.hints(since)
    (completed,) = [hint for hint in hints if hint.kind == "checkout.session.completed"]
    (session,) = stripe.records()["sessions"]
    assert completed.object_id == session["id"]
    assert json.loads(completed.raw)["id"] == completed.event_id
    assert [hint.kind for hint in hints] == ["checkout.session.completed", "payment_link.updated"]
    stripe.control("refund", {"payment_intent": session["payment_intent"]})
    assert "refund.created" in {hint.kind for hint in stripe.processor.hints(since)}


def test_refunds_and_disputes_name_the_payment_they_concern(stripe: StripeHarness) -> None:
    paid = stripe.pay(made(stripe).url)
    stripe.control("refund", {"payment_intent": paid, "amount": 100})
    stripe.control("dispute", {"payment_intent": paid})
    found = {hint.kind: hint.object_id for hint in stripe.processor.hints(stripe.clock.now() - timedelta(hours=1))}
    assert (found["charge.refunded"], found["charge.dispute.created"]) == (paid, paid)


def test_an_event_that_surfaces_late_behind_a_newer_one_is_found_by_overlap(stripe: StripeHarness) -> None:
    start = stripe.clock.now() - timedelta(minutes=1)
    first, second = made(stripe, 1), made(stripe, 2)
    stripe.control("settings", {"hold_events": ["checkout.session.completed"]})
    stripe.pay(first.url)
    stripe.control("settings", {"hold_events": []})
    stripe.let_time_pass(timedelta(seconds=30))
    stripe.pay(second.url)

    seen = {hint.event_id for hint in stripe.processor.hints(start)}
    newest = max(hint.occurred_at for hint in stripe.processor.hints(start))
    stripe.control("release_events")

    late = [hint for hint in stripe.processor.hints(newest - timedelta(minutes=2)) if hint.event_id not in seen]
    assert [hint.kind for hint in late] == ["checkout.session.completed"]
    assert late[0].occurred_at < newest


def test_every_page_of_events_is_read_oldest_first(stripe: StripeHarness) -> None:
    since = stripe.clock.now() - timedelta(minutes=1)
    link = made(stripe)
    stripe.raise_limit(link.link_id, 200)
    for _ in range(120):
        assert stripe.pay(link.url) is not None

    hints = [hint for hint in stripe.processor.hints(since) if hint.kind == "checkout.session.completed"]
    assert [hint.object_id for hint in hints] == [session["id"] for session in stripe.records()["sessions"]]
    assert len(hints) == 120


def test_events_older_than_stripe_keeps_are_said_to_be_gone(stripe: StripeHarness) -> None:
    with pytest.raises(CursorExpired):
        stripe.processor.hints(stripe.clock.now() - timedelta(days=30))
    assert stripe.processor.hints(stripe.clock.now() - timedelta(days=29)) == []


def test_an_aged_out_cursor_while_paging_is_said_to_be_gone(stripe: StripeHarness) -> None:
    words = "The event evt_1 is no longer available because it's aged out of our retention policy."
    body = json.dumps({"error": {"type": "invalid_request_error", "message": words}})
    stripe.twin.faults.append(Fault("status", path="/v1/events", status=404, body=body))
    with pytest.raises(CursorExpired):
        stripe.processor.hints(stripe.clock.now() - timedelta(days=1))


# ----------------------------------------------------------------------------------------------- what can happen


def test_a_refused_connection_is_transient_and_nothing_was_made(stripe: StripeHarness) -> None:
    stripe.refuse_next_connection()
    with pytest.raises(Transient):
        made(stripe)
    assert stripe.records()["links"] == []
    assert made(stripe).active


def test_a_limit_pauses_the_account_and_a_lock_only_the_call(stripe: StripeHarness) -> None:
    stripe.twin.throttle("global-rate")
    with pytest.raises(Throttled) as slowed:
        stripe.processor.account()
    assert slowed.value.code == "global-rate"
    assert stripe.meter.pauses == ["stripe"]

    stripe.twin.throttle(None)
    with pytest.raises(Transient) as locked:
        made(stripe)
    assert not isinstance(locked.value, Throttled)
    stripe.twin.faults.append(Fault("status", status=429, body="<html>slow down</html>"))
    with pytest.raises(Throttled):  # nobody's own words, but certainly not done
        made(stripe)
    assert stripe.meter.pauses == ["stripe", "stripe"]
    assert stripe.records()["links"] == []


def test_a_missing_permission_is_named(stripe: StripeHarness) -> None:
    key = "rk_test_reader"
    permissions = [name for name in ALL_NEEDED if name != "payment_links_write"] + ["payment_links_read"]
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": key, "permissions": permissions}]})
    with pytest.raises(NeedsReauthorisation) as refused:
        stripe.with_key(key).create_link(request())
    assert "rak_payment_links_write" in refused.value.message
    assert key not in str(refused.value)


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_a_dead_key_needs_a_person(stripe: StripeHarness, state: str) -> None:
    key = "rk_test_dead"
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": key, "state": state}]})
    with pytest.raises(NeedsReauthorisation) as refused:
        stripe.with_key(key).account()
    assert ("expired" in refused.value.message) == (state == "expired")


def test_a_captive_portal_is_never_taken_for_stripe(stripe: StripeHarness) -> None:
    stripe.twin.faults.append(Fault("garbage", method="POST"))
    with pytest.raises(Uncertain):
        made(stripe)
    stripe.twin.faults.append(Fault("garbage", method="GET"))
    stripe.twin.faults.append(Fault("status", status=200, body='{"portal": "login"}'))
    stripe.twin.faults.append(Fault("status", status=403, body='{"message": "blocked by the office proxy"}'))
    with pytest.raises(Transient):
        stripe.processor.account()
    stripe.twin.faults.append(Fault("status", status=403, body='{"error": "login_required"}'))
    with pytest.raises(Uncertain):
        made(stripe)
    assert stripe.records()["links"] == []


def test_redirects_are_not_followed(stripe: StripeHarness) -> None:
    elsewhere = {"Location": f"{stripe.base_url}/v1/account"}
    stripe.twin.faults.append(Fault("status", method="POST", status=302, headers=elsewhere))
    with pytest.raises(Uncertain):
        made(stripe)
    assert [(seen.method, seen.path) for seen in stripe.twin.requests] == [("POST", "/v1/payment_links")]


def test_a_read_is_tried_three_times_and_a_write_once(stripe: StripeHarness) -> None:
    stripe.twin.faults.append(Fault("status", method="GET", status=503, times=2))
    assert stripe.processor.account().name == "Riverside Plumbing"
    stripe.twin.faults.append(Fault("drop_before", method="POST", times=5))
    with pytest.raises(Uncertain):
        made(stripe)
    assert [seen.method for seen in stripe.twin.requests] == ["GET", "GET", "GET", "POST"]
    assert [call.kind for call in stripe.meter.seen] == [CallKind.READ] * 3 + [CallKind.WRITE]


def test_an_answer_that_comes_too_late_is_uncertain(stripe: StripeHarness) -> None:
    stripe.wire = replace(stripe.wire, read_timeout=0.2)
    stripe.twin.faults.append(Fault("delay_after", method="POST", seconds=0.5))
    with pytest.raises(Uncertain):
        stripe.with_key(DEFAULT_KEY).create_link(request())
    assert len(stripe.records()["links"]) == 1


def test_a_newer_library_does_not_change_the_version(stripe: StripeHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripe._api_version._ApiVersion.CURRENT", "2031-01-01.future")
    stripe.with_key(DEFAULT_KEY).account()
    assert stripe.twin.requests[-1].headers["stripe-version"] == "2026-10-28.endive"


def test_what_is_sent_tells_nothing_of_this_machine(stripe: StripeHarness) -> None:
    stripe.processor.account()
    stripe.processor.account()
    for seen in stripe.twin.requests:
        assert "x-stripe-client-telemetry" not in seen.headers
        assert "platform" not in json.loads(seen.headers["x-stripe-client-user-agent"])


ALOUD = """
import logging
from adapters.clock import SystemClock
from adapters.stripe.processor import StripeProcessor
from adapters.stripe.settings import StripeSettings
from connector.ports.calls import Wire
from tests.contract.rows.stripe import CountingMeter
logging.basicConfig(level=logging.DEBUG)
settings = StripeSettings.model_validate({"key": "env:KEY", "base_url": BASE_URL})
print(StripeProcessor(settings, KEY, Wire("acme", SystemClock(), CountingMeter())).account().name)
"""


def test_nothing_of_a_call_is_logged_even_where_the_environment_asks_for_it(stripe: StripeHarness) -> None:
    program = f"BASE_URL, KEY = {stripe.base_url!r}, {DEFAULT_KEY!r}\n{ALOUD}"
    done = subprocess.run(  # noqa: S603 - our own interpreter and the program above
        [sys.executable, "-c", program],
        env={**os.environ, "STRIPE_LOG": "debug", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "Riverside Plumbing\n", done.stderr
    for private in (DEFAULT_KEY, "Riverside", "acct_", "Request to Stripe"):
        assert private not in done.stderr


# ------------------------------------------------------------------------------------------------------- check


def weights(stripe: StripeHarness, key: str) -> dict[str, Weight]:
    return {finding.subject: finding.weight for finding in stripe.with_key(key).inspect()}


def test_the_check_of_a_good_restricted_key_writes_nothing_and_finds_no_problem(stripe: StripeHarness) -> None:
    found = {finding.subject: finding for finding in stripe.processor.inspect()}
    assert not [finding for finding in found.values() if finding.weight is Weight.PROBLEM]
    assert found["Stripe key"].weight is Weight.OK
    assert "Riverside Plumbing" in found["Stripe account"].seen
    holds = stripe.records()
    assert (holds["links"], holds["sessions"]) == ([], [])
    asked = [seen.path for seen in stripe.twin.requests if seen.method != "GET"]
    assert asked, "writing is tried where there is nothing to change"
    assert all("duebird_check" in path for path in asked)


@pytest.mark.parametrize(
    ("permission", "named"),
    [
        ("payment_links_write", "Payment Links"),
        ("checkout_session_write", "Checkout Sessions"),
        ("product_write", "Products"),
        ("plan_write", "Prices"),
    ],
)
def test_the_check_finds_a_key_that_may_read_but_not_write(stripe: StripeHarness, permission: str, named: str) -> None:
    few = [name for name in ALL_NEEDED if name != permission] + [permission.replace("_write", "_read")]
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": "rk_test_reads", "permissions": few}]})
    found = {finding.subject: finding for finding in stripe.with_key("rk_test_reads").inspect()}
    wrong = found.pop(f"Stripe permission: {named}: write")
    assert wrong.weight is Weight.PROBLEM
    assert f"{named}: write" in wrong.fix
    assert not [one for one in found.values() if one.weight is Weight.PROBLEM]


def test_the_check_names_each_missing_read_permission(stripe: StripeHarness) -> None:
    left_out = {"event_read", "connected_account_read"}
    permissions = [name for name in ALL_NEEDED if name not in left_out]
    stripe.control(
        "keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": "rk_test_few", "permissions": permissions}]}
    )
    found = weights(stripe, "rk_test_few")
    assert found["Stripe permission: Events"] is Weight.PROBLEM
    assert found["Stripe permission: Payouts"] is Weight.OK
    assert found["Stripe account"] is Weight.WARNING


def test_the_check_warns_of_a_full_key_and_of_an_account_that_cannot_charge(stripe: StripeHarness) -> None:
    given: dict[str, Any] = {"account": DEFAULT_ACCOUNT, "charges_enabled": False, "keys": [{"secret": "sk_live_all"}]}
    stripe.control("keys", given)
    found = weights(stripe, "sk_live_all")
    assert (found["Stripe key"], found["Stripe mode"]) == (Weight.WARNING, Weight.OK)
    assert found["Stripe charges"] is Weight.PROBLEM


def test_the_check_of_a_dead_key_stops_at_once(stripe: StripeHarness) -> None:
    stripe.revoke_access()
    assert stripe.processor.inspect()[-1].weight is Weight.PROBLEM
    assert len(stripe.twin.requests) == 1
