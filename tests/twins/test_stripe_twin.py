"""Stripe's stand-in, asked over plain HTTP as anybody might ask it."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import requests

from adapters.sandbox.base import Fault
from adapters.sandbox.stripe.twin import DEFAULT_ACCOUNT, DEFAULT_KEY
from tests.twins.stripe_desk import FORM, SPECS, Asker, assert_described, components, open_desk


@pytest.fixture
def stripe() -> Iterator[Asker]:
    with open_desk() as asker:
        yield asker


# -------------------------------------------------------------------------------------------------- its own shape


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published API descriptions are not here: set DUEBIRD_SPECS")
def test_every_object_is_as_stripe_describes_it(stripe: Asker) -> None:
    link = stripe.link()
    paid = stripe.control("pay", {"link": link["url"], "method": "card"})["payment_intent"]
    other = stripe.link()
    bank = stripe.control("pay", {"link": other["url"], "method": "bank"})["session"]
    stripe.control("debit", {"session": bank, "succeeds": False})
    stripe.pass_time(timedelta(minutes=1))
    stripe.control("refund", {"payment_intent": paid, "amount": 50})
    stripe.control("dispute", {"payment_intent": paid})
    stripe.control("payout", {"account": DEFAULT_ACCOUNT})
    hook = stripe.post("/v1/webhook_endpoints", {"url": "http://127.0.0.1:9/x", "enabled_events[0]": "*"}).json()
    assert_described("webhook_endpoint", hook)
    assert_described("account", stripe.get("/v1/account").json())
    assert_described("item", stripe.get(f"/v1/payment_links/{link['id']}/line_items").json()["data"][0])

    for path, kind in (
        ("payment_links", "payment_link"),
        ("checkout/sessions", "checkout.session"),
        ("payment_intents", "payment_intent"),
        ("charges", "charge"),
        ("refunds", "refund"),
        ("disputes", "dispute"),
        ("payouts", "payout"),
        ("balance_transactions", "balance_transaction"),
        ("events", "event"),
        ("products", "product"),
        ("prices", "price"),
    ):
        rows = stripe.get(f"/v1/{path}", "limit=100").json()["data"]
        assert rows, path
        for row in rows:
            assert_described(kind, row)


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published API descriptions are not here: set DUEBIRD_SPECS")
def test_errors_are_as_stripe_describes_them(stripe: Asker) -> None:
    schema = {"$ref": "#/components/schemas/error", "components": components()}
    for answer in (
        stripe.get("/v1/payment_links/plink_none"),
        stripe.post("/v1/payment_links", {"colour": "blue"}),
        stripe.get("/v1/nowhere"),
    ):
        jsonschema.Draft202012Validator(schema).validate(answer.json())


# ------------------------------------------------------------------------------------------------------- keys


def test_who_may_come_in(stripe: Asker) -> None:
    keys = [
        {"secret": "rk_test_reader", "permissions": ["payment_links_read"]},
        {"secret": "rk_test_old", "state": "expired"},
        {"secret": "rk_test_gone", "state": "revoked"},
        {"secret": "sk_live_all"},
    ]
    stripe.control("keys", {"account": DEFAULT_ACCOUNT, "keys": keys})
    link = stripe.link()

    def ask(key: str, path: str) -> requests.Response:
        return Asker(stripe.base_url, stripe.twin, key, stripe.http).get(path)

    assert ask("rk_test_reader", "/v1/payment_links").status_code == 200
    refused = ask("rk_test_reader", "/v1/events")
    assert refused.status_code == 403
    assert "Having the 'rak_event_read' permission would allow" in refused.json()["error"]["message"]
    assert ask("rk_test_old", "/v1/account").json()["error"]["code"] == "api_key_expired"
    assert ask("rk_test_gone", "/v1/account").status_code == 401
    assert ask("", "/v1/account").status_code == 401
    elsewhere = ask("sk_live_all", f"/v1/payment_links/{link['id']}")
    assert elsewhere.status_code == 404
    assert "a similar object exists in test mode, but a live mode key" in elsewhere.json()["error"]["message"]


def test_accounts_do_not_see_each_other(stripe: Asker) -> None:
    stripe.control("keys", {"account": "acct_2", "name": "Hill Bakery", "keys": [{"secret": "sk_test_two"}]})
    link = stripe.link()
    other = Asker(stripe.base_url, stripe.twin, "sk_test_two", stripe.http)
    assert other.get("/v1/account").json()["business_profile"]["name"] == "Hill Bakery"
    assert other.get("/v1/payment_links").json()["data"] == []
    assert other.get(f"/v1/payment_links/{link['id']}").status_code == 404


def test_every_answer_names_its_request_and_reads_are_counted(stripe: Asker) -> None:
    answer = stripe.get("/v1/account")
    assert re.fullmatch(r"req_\w+", answer.headers["Request-Id"])
    stripe.link()
    assert (stripe.records()["reads"], stripe.records()["writes"]) == (1, 1)


# ------------------------------------------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"colour": "blue"}, "parameter_unknown"),
        ({"line_items[0][price_data][unit_amount]": "12.5"}, "parameter_invalid_integer"),
        ({"line_items[0][price_data][unit_amount]": "49"}, "amount_too_small"),
        ({"line_items[0][price_data][unit_amount]": "1" + "0" * 12}, "amount_too_large"),
        ({"inactive_message": ""}, "parameter_invalid_empty"),
        ({"inactive_message": "x" * 501}, None),
        ({"metadata[k]": "x" * 501}, None),
        ({"line_items[0][price_data][currency]": "USD"}, None),
    ],
)
def test_a_bad_parameter_is_refused_and_nothing_is_made(
    stripe: Asker, change: dict[str, str], code: str | None
) -> None:
    answer = stripe.post("/v1/payment_links", {**FORM, **change}, key="k")
    assert answer.status_code == 400
    assert answer.json()["error"].get("code") == code
    assert stripe.records()["links"] == []
    assert stripe.post("/v1/payment_links", FORM, key="k").status_code == 200  # a refused form is not remembered


def test_what_may_be_changed_on_a_link(stripe: Asker) -> None:
    link = stripe.link()
    form = {
        "active": "false",
        "metadata[more]": "1",
        "inactive_message": "Gone.",
        "restrictions[completed_sessions][limit]": "2",
    }
    changed = stripe.post(f"/v1/payment_links/{link['id']}", form).json()
    assert (changed["active"], changed["inactive_message"]) == (False, "Gone.")
    assert changed["metadata"] == {"duebird_ref": "DB1", "more": "1"}
    assert changed["restrictions"] == {"completed_sessions": {"count": 0, "limit": 2}}
    price = {"line_items[0][price_data][unit_amount]": "1"}
    assert stripe.post(f"/v1/payment_links/{link['id']}", price).status_code == 400


# -------------------------------------------------------------------------------------------------- idempotency


def test_a_repeat_with_the_same_key_is_replayed_for_a_day(stripe: Asker) -> None:
    first = stripe.post("/v1/payment_links", FORM, key="k")
    again = stripe.post("/v1/payment_links", FORM, key="k")
    assert "Idempotent-Replayed" not in first.headers
    assert (again.headers["Idempotent-Replayed"], again.json()) == ("true", first.json())

    stripe.pass_time(timedelta(hours=24))
    assert stripe.post("/v1/payment_links", FORM, key="k").json()["id"] != first.json()["id"]


def test_a_key_with_other_parameters_is_an_idempotency_error(stripe: Asker) -> None:
    stripe.post("/v1/payment_links", FORM, key="k")
    other = stripe.post("/v1/payment_links", {**FORM, "inactive_message": "x"}, key="k")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert other.json()["error"]["message"].startswith(
        "Keys for idempotent requests can only be used with the same parameters they were first used with."
    )
    assert len(stripe.records()["links"]) == 1


def test_a_server_error_is_remembered(stripe: Asker) -> None:
    stripe.control("settings", {"fail_writes": 1})
    assert stripe.post("/v1/payment_links", FORM, key="k").status_code == 500
    again = stripe.post("/v1/payment_links", FORM, key="k")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (500, "true")
    assert stripe.records()["links"] == []


def test_a_limit_names_its_reason_and_a_lock_does_not(stripe: Asker) -> None:
    stripe.twin.throttle("endpoint-rate")
    limited = stripe.get("/v1/account")
    assert (limited.status_code, limited.headers["Stripe-Rate-Limited-Reason"]) == (429, "endpoint-rate")
    assert "Retry-After" not in limited.headers
    stripe.twin.throttle(None)
    locked = stripe.get("/v1/account")
    assert (locked.json()["error"]["code"], locked.headers["Stripe-Should-Retry"]) == ("lock_timeout", "true")
    assert "Request-Id" not in locked.headers
    assert "Stripe-Rate-Limited-Reason" not in locked.headers


# ------------------------------------------------------------------------------------------------------- lists


def test_lists_are_newest_first_and_walk_both_ways(stripe: Asker) -> None:
    ids = [stripe.link()["id"] for _ in range(5)][::-1]

    def page(query: str) -> tuple[list[str], bool]:
        answer = stripe.get("/v1/payment_links", query).json()
        return [row["id"] for row in answer["data"]], answer["has_more"]

    assert page("limit=2") == (ids[:2], True)
    assert page(f"limit=2&starting_after={ids[1]}") == (ids[2:4], True)
    assert page(f"limit=2&starting_after={ids[3]}") == (ids[4:], False)
    assert page(f"limit=2&ending_before={ids[4]}") == (ids[2:4], True)
    stripe.post(f"/v1/payment_links/{ids[1]}", {"active": "false"})
    assert page(f"active=true&starting_after={ids[1]}") == (ids[2:], False)  # a cursor that left the filter
    assert page("active=false") == ([ids[1]], False)
    assert stripe.get("/v1/payment_links", "limit=101").status_code == 400
    assert stripe.get("/v1/payment_links", "starting_after=plink_x").status_code == 404


def test_sessions_are_filtered_and_expanded(stripe: Asker) -> None:
    link = stripe.link()
    paid = stripe.control("pay", {"link": link["url"]})
    stripe.pass_time(timedelta(minutes=1))
    rows = stripe.get(
        "/v1/checkout/sessions",
        f"payment_link={link['id']}&status=complete&expand[]=data.payment_intent.latest_charge.balance_transaction",
    ).json()["data"]
    charge = rows[0]["payment_intent"]["latest_charge"]
    assert rows[0]["payment_intent"]["id"] == paid["payment_intent"]
    assert (charge["balance_transaction"]["fee"], charge["balance_transaction"]["net"]) == (379, 11671)
    by_intent = stripe.get("/v1/checkout/sessions", f"payment_intent={paid['payment_intent']}").json()["data"]
    assert [row["id"] for row in by_intent] == [paid["session"]]
    assert by_intent[0]["payment_intent"] == paid["payment_intent"]
    assert stripe.get("/v1/checkout/sessions", f"payment_link={link['id']}&status=open").json()["data"] == []
    assert stripe.get("/v1/checkout/sessions", "expand[]=data.metadata").status_code == 400


# ------------------------------------------------------------------------------------------------------ events


def test_events_are_listed_by_type_and_time_and_kept_thirty_days(stripe: Asker) -> None:
    stripe.control("pay", {"link": stripe.link()["url"]})
    stripe.pass_time(timedelta(seconds=30))
    stripe.get("/v1/account")  # time has passed for the fee
    kinds = [row["type"] for row in stripe.get("/v1/events", "limit=100").json()["data"]]
    assert kinds[0] == "charge.updated"
    assert {"payment_link.created", "checkout.session.completed", "charge.succeeded"} <= set(kinds)

    some = stripe.get("/v1/events", "types[]=charge.updated&types[]=payment_link.updated").json()["data"]
    assert [row["type"] for row in some] == ["charge.updated", "payment_link.updated"]
    assert stripe.get("/v1/events", "type=charge.*").json()["data"][0]["type"] == "charge.updated"
    created = some[0]["created"]
    assert len(stripe.get("/v1/events", f"created[gte]={created}").json()["data"]) == 1
    assert isinstance(created, int)
    too_many = "&".join(f"types[]=t{number}" for number in range(21))
    assert stripe.get("/v1/events", too_many).status_code == 400

    stripe.pass_time(timedelta(days=31))
    assert stripe.get("/v1/events", "types[]=charge.updated").json()["data"] == []
    for gone in (
        stripe.get(f"/v1/events/{some[0]['id']}"),
        stripe.get("/v1/events", f"starting_after={some[0]['id']}"),
    ):
        assert gone.status_code == 404
        assert gone.json()["error"]["message"].endswith("because it's aged out of our retention policy.")


def test_an_event_may_surface_behind_one_already_listed(stripe: Asker) -> None:
    stripe.control("settings", {"hold_events": ["payment_link.created"]})
    first = stripe.link()
    stripe.control("settings", {"hold_events": []})
    stripe.pass_time(timedelta(seconds=5))
    second = stripe.link()

    def about() -> list[str]:
        rows = stripe.get("/v1/events", "types[]=payment_link.created").json()["data"]
        return [row["data"]["object"]["id"] for row in rows]

    assert about() == [second["id"]]
    stripe.control("release_events")
    assert about() == [second["id"], first["id"]]


def test_events_lag_by_the_set_time(stripe: Asker) -> None:
    stripe.control("settings", {"event_lag_seconds": 60})
    stripe.link()
    assert stripe.get("/v1/events").json()["data"] == []
    stripe.pass_time(timedelta(seconds=61))
    assert len(stripe.get("/v1/events").json()["data"]) == 1


# --------------------------------------------------------------------------------------------------- the people


def test_a_deactivated_link_leaves_an_open_page_payable_until_it_is_expired(stripe: Asker) -> None:
    link = stripe.link()
    pages = [stripe.control("open", {"link": link["url"]})["session"] for _ in range(2)]
    stripe.post(f"/v1/payment_links/{link['id']}", {"active": "false"})
    assert stripe.control("open", {"link": link["url"]})["session"] is None

    assert stripe.control("pay", {"session": pages[0]})["outcome"] == "paid"
    assert stripe.post(f"/v1/checkout/sessions/{pages[1]}/expire").json()["status"] == "expired"
    assert stripe.control("pay", {"session": pages[1]})["outcome"] == "refused"
    refused = stripe.post(f"/v1/checkout/sessions/{pages[0]}/expire")
    assert refused.status_code == 400
    assert refused.json()["error"]["message"].startswith(
        'Only Checkout Sessions with a status in ["open"] can be expired.'
    )
    assert len(stripe.records()["payment_intents"]) == 1


@pytest.mark.parametrize(("enforced", "second"), [(False, "paid"), (True, "refused")])
def test_two_open_pages_may_both_be_paid_unless_told_otherwise(stripe: Asker, enforced: bool, second: str) -> None:  # noqa: FBT001 - a parameter of the case
    stripe.control("settings", {"enforce_limit_at_completion": enforced})
    link = stripe.link()
    pages = [stripe.control("open", {"link": link["url"]})["session"] for _ in range(2)]
    assert [stripe.control("pay", {"session": page})["outcome"] for page in pages] == ["paid", second]


def test_an_event_keeps_the_object_as_it_was(stripe: Asker) -> None:
    link = stripe.link()
    stripe.post(f"/v1/payment_links/{link['id']}", {"restrictions[completed_sessions][limit]": "2"})
    for _ in range(2):
        stripe.control("pay", {"link": link["url"]})
    rows = stripe.get("/v1/events", "types[]=payment_link.updated").json()["data"]
    counts = [row["data"]["object"]["restrictions"]["completed_sessions"]["count"] for row in rows]
    assert counts == [2, 0]


def test_a_session_runs_out_after_a_day(stripe: Asker) -> None:
    page = stripe.control("open", {"link": stripe.link()["url"]})["session"]
    stripe.pass_time(timedelta(hours=24, seconds=1))
    assert stripe.get(f"/v1/checkout/sessions/{page}").json()["status"] == "expired"
    assert stripe.control("pay", {"session": page})["outcome"] == "refused"


def test_a_debit_uses_up_the_link_before_its_money_is_there(stripe: Asker) -> None:
    link = stripe.link()
    session = stripe.control("pay", {"link": link["url"], "method": "bank"})["session"]
    assert stripe.get(f"/v1/payment_links/{link['id']}").json()["active"] is False
    shown = stripe.get(f"/v1/checkout/sessions/{session}", "expand[]=payment_intent").json()
    assert (shown["status"], shown["payment_status"]) == ("complete", "unpaid")
    assert shown["payment_intent"]["status"] == "processing"

    stripe.control("debit", {"session": session, "succeeds": True})
    assert stripe.get(f"/v1/checkout/sessions/{session}").json()["payment_status"] == "paid"
    kinds = [
        row["type"]
        for row in stripe.get("/v1/events", "types[]=checkout.session.async_payment_succeeded").json()["data"]
    ]
    assert kinds == ["checkout.session.async_payment_succeeded"]


def test_refunds_disputes_and_payouts_leave_their_entries(stripe: Asker) -> None:
    paid = stripe.control("pay", {"link": stripe.link()["url"]})["payment_intent"]
    stripe.pass_time(timedelta(minutes=1))
    stripe.control("refund", {"payment_intent": paid, "amount": 2050})
    payout = stripe.control("payout", {"account": DEFAULT_ACCOUNT})["payout"]

    assert payout["amount"] == 12050 - 379 - 2050
    entries = stripe.get("/v1/balance_transactions", f"payout={payout['id']}").json()["data"]
    assert sorted(entry["type"] for entry in entries) == ["charge", "payout", "refund"]
    assert sum(entry["net"] for entry in entries) == 0
    assert stripe.get("/v1/refunds", f"payment_intent={paid}").json()["data"][0]["amount"] == 2050
    stripe.control("dispute", {"payment_intent": paid})
    assert stripe.get("/v1/disputes", f"payment_intent={paid}").json()["data"][0]["status"] == "needs_response"


def test_a_mistake_at_the_control_door_is_told(stripe: Asker) -> None:
    assert "No such payment link" in stripe.control("open", {"link": "nowhere"})["problem"]
    assert "'link' is missing" in stripe.control("open", {})["problem"]
    assert "unknown settings: colour" in stripe.control("settings", {"colour": 1})["problem"]


# ----------------------------------------------------------------------------------------------------- the page


def test_the_page_shows_who_what_and_how_much_and_takes_the_payment(stripe: Asker) -> None:
    link = stripe.link()
    page = stripe.http.get(link["url"], timeout=5).text
    for word in ("Riverside Plumbing", "Invoice INV-1", "$120.50", "Due 1 December 2026", "Pay by card"):
        assert word in page
    assert 'name="viewport"' in page
    assert not re.search(r'(src|href)="', page), "the page needs nothing from elsewhere"

    session = re.search(r'name="session" value="([^"]+)"', page)
    assert session is not None
    form = {"session": session.group(1), "method": "declined"}
    declined = stripe.http.post(link["url"], data=form, timeout=5)
    assert "Your card was declined" in declined.text
    paid = stripe.http.post(declined.url, data={**form, "method": "card"}, timeout=5)
    assert "Payment received" in paid.text
    assert stripe.records()["links"][0]["completed"] == 1
    assert "This invoice is settled." in stripe.http.get(link["url"], timeout=5).text
    again = stripe.http.post(link["url"], data={**form, "method": "card"}, timeout=5)
    assert "Payment received" in again.text
    assert [intent["status"] for intent in stripe.records()["payment_intents"]] == ["succeeded"]


def test_an_expired_page_takes_nothing(stripe: Asker) -> None:
    link = stripe.link()
    session = stripe.control("open", {"link": link["url"]})["session"]
    stripe.post(f"/v1/checkout/sessions/{session}/expire")
    answer = stripe.http.post(link["url"], data={"session": session, "method": "card"}, timeout=5)
    assert "This page has expired" in answer.text
    assert stripe.records()["payment_intents"] == []


def test_words_on_the_page_are_words_and_no_markup(stripe: Asker) -> None:
    name = {"line_items[0][price_data][product_data][name]": "<script>alert(1)</script>"}
    page = stripe.http.get(stripe.link(**name)["url"], timeout=5).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


# ----------------------------------------------------------------------------------------------------- webhooks


class Receiver:
    """A webhook endpoint on this machine; answers with the statuses given, then 200."""

    def __init__(self, *statuses: int) -> None:
        got: queue.Queue[tuple[str, bytes]] = queue.Queue()
        answers = list(statuses)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(answers.pop(0) if answers else 200)
                self.end_headers()
                got.put((self.headers["Stripe-Signature"], body))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.got = got
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_events_are_delivered_signed_and_again_after_a_failure(stripe: Asker) -> None:
    with Receiver(500) as receiver:
        form = {"url": receiver.url, "enabled_events[0]": "payment_link.created"}
        endpoint = stripe.post("/v1/webhook_endpoints", form).json()
        assert "secret" not in stripe.get(f"/v1/webhook_endpoints/{endpoint['id']}").json()
        link = stripe.link()
        for _ in range(2):  # the first answer was 500
            header, body = receiver.got.get(timeout=5)
            parts = dict(part.split("=", 1) for part in header.split(","))
            signed = f"{parts['t']}.".encode() + body
            assert parts["v1"] == hmac.new(endpoint["secret"].encode(), signed, hashlib.sha256).hexdigest()
            assert json.loads(body)["data"]["object"]["id"] == link["id"]
        stripe.http.delete(
            f"{stripe.base_url}/v1/webhook_endpoints/{endpoint['id']}",
            headers={"Authorization": f"Bearer {DEFAULT_KEY}"},
            timeout=5,
        )
        stripe.link()
        assert receiver.got.empty()


def test_a_fault_drops_the_answer_after_the_work_was_done(stripe: Asker) -> None:
    stripe.twin.faults.append(Fault("drop_after", method="POST"))
    with pytest.raises(requests.ConnectionError):
        stripe.post("/v1/payment_links", FORM, key="k")
    assert len(stripe.records()["links"]) == 1
    assert stripe.post("/v1/payment_links", FORM, key="k").headers["Idempotent-Replayed"] == "true"
