"""The QuickBooks stand-in must behave as the reference says QuickBooks does: seen over HTTP, as a client sees it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.twins.quickbooks_desk import OTHER, REALM, World, fault, opened

REDIRECT = "http://localhost:8484/callback"


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as ready:
        yield ready


# ------------------------------------------------------------------------------------------------------ answers


def test_an_invoice_has_the_fields_and_times_of_the_reference(world: World) -> None:
    invoice = world.invoice("120.50", number="INV-1", due_date="2026-12-01")
    row = world.call("GET", f"invoice/{invoice}").json()["Invoice"]
    assert (row["TotalAmt"], row["Balance"], row["SyncToken"]) == (120.5, 120.5, "0")
    assert (row["DocNumber"], row["DueDate"], row["TxnDate"]) == ("INV-1", "2026-12-01", "2026-11-23")
    assert row["MetaData"]["LastUpdatedTime"] == "2026-11-23T12:00:00-08:00"
    assert row["AllowIPNPayment"] is False
    assert "CurrencyRef" not in row


def test_every_answer_names_its_trace(world: World) -> None:
    assert world.call("GET", "preferences").headers["intuit_tid"]


def test_without_asking_for_json_the_answer_is_xml(world: World) -> None:
    response = world.call("GET", "preferences", headers={"Accept": "*/*"})
    assert response.headers["content-type"].startswith("application/xml")
    assert "<HomeCurrency><value>USD</value></HomeCurrency>" in response.text


def test_a_call_without_minor_version_is_refused(world: World) -> None:
    assert fault(world.call("GET", "preferences", params={"minorversion": ""})) == "2020"


def test_a_missing_object_is_610(world: World) -> None:
    response = world.call("GET", "invoice/9999")
    assert (response.status_code, fault(response)) == (400, "610")


def test_a_bad_token_gets_the_lower_case_fault(world: World) -> None:
    world.token = "stale"
    response = world.call("GET", "preferences")
    assert response.status_code == 401
    assert response.json()["fault"]["error"][0]["code"] == "3200"


def test_a_token_of_another_company_is_403(world: World) -> None:
    world.token = world.twin.seed_token(OTHER)
    response = world.call("GET", "preferences")
    assert (response.status_code, response.json()["fault"]["error"][0]["code"]) == (403, "3100")


# ------------------------------------------------------------------------------------------------------ queries


def test_a_query_without_a_match_leaves_the_entity_away(world: World) -> None:
    assert world.query("SELECT * FROM Invoice").json()["QueryResponse"] == {}


def test_a_query_compares_orders_and_pages(world: World) -> None:
    customer = world.customer()
    ids = [world.invoice(f"{n}.00", customer, due_date=f"2026-12-0{n}") for n in (3, 1, 2)]
    world.control("payments", invoice=ids[1])
    text = "select * from invoice where Balance > '0' AND DueDate <= '2026-12-03' ORDERBY DueDate DESC"
    assert [row["Id"] for row in world.found(text, "Invoice")] == [ids[0], ids[2]]
    second = world.found(f"{text} STARTPOSITION 2 MAXRESULTS 1", "Invoice")
    assert [row["Id"] for row in second] == [ids[2]]
    assert world.query("SELECT COUNT(*) FROM Invoice").json()["QueryResponse"] == {"totalCount": 3}


def test_quotes_are_escaped_and_case_does_not_matter(world: World) -> None:
    world.customer("Paddy O'Neil")
    assert len(world.found("SELECT * FROM Customer WHERE DisplayName = 'paddy o\\'neil'", "Customer")) == 1
    assert len(world.found("SELECT * FROM Customer WHERE DisplayName LIKE '%Neil'", "Customer")) == 1


def test_name_lists_show_inactive_rows_only_when_asked(world: World) -> None:
    world.customer(active=False)
    assert world.found("SELECT * FROM Customer", "Customer") == []
    assert len(world.found("SELECT * FROM Customer WHERE Active IN (true, false)", "Customer")) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT * FROM Invoice WHERE Id > '5'", "4001"),
        ("SELECT * FROM Invoice WHERE EmailStatus = 'NotSet'", "4001"),
        ("SELECT * FROM Invoice WHERE Balance > 0", "4000"),
        ("SELECT * FROM Invoice WHERE Balance > '0' OR Balance < '5'", "4000"),
        ("SELECT * FROM Invoice MAXRESULTS 1001", "4001"),
        ("SELECT Id FROM Invoice", "4000"),
        ("SELECT * FROM Nothing", "4001"),
        ("SELECT * FROM Invoice WHERE DocNumber = 'unclosed", "4000"),
    ],
)
def test_a_wrong_query_is_refused_with_its_code(world: World, text: str, code: str) -> None:
    response = world.query(text)
    assert (response.status_code, fault(response)) == (400, code)


def test_a_time_without_zone_is_the_companys_local_time(world: World) -> None:
    world.invoice()
    where = "SELECT * FROM Invoice WHERE MetaData.LastUpdatedTime >= "
    assert len(world.found(where + "'2026-11-23T20:00:00Z'", "Invoice")) == 1
    assert len(world.found(where + "'2026-11-23T12:00:00'", "Invoice")) == 1
    assert world.found(where + "'2026-11-23T20:00:00'", "Invoice") == []


def test_lists_lag_and_reads_by_id_do_not(world: World) -> None:
    world.control("settings", lag=5)
    invoice = world.invoice()
    assert world.found("SELECT * FROM Invoice", "Invoice") == []
    assert world.call("GET", f"invoice/{invoice}").status_code == 200
    world.clock.pass_(seconds=5)
    world.control(f"invoices/{invoice}/edit", amount="99.00")
    assert world.found("SELECT * FROM Invoice", "Invoice")[0]["Balance"] == 120
    world.clock.pass_(seconds=5)
    assert world.found("SELECT * FROM Invoice", "Invoice")[0]["Balance"] == 99


# ---------------------------------------------------------------------------------------------------------- CDC


def cdc(world: World, since: str, entities: str = "Invoice,Payment,CreditMemo,Customer") -> httpx.Response:
    return world.call("GET", "cdc", params={"entities": entities, "changedSince": since})


def test_cdc_shows_changes_and_deletions_and_empty_objects(world: World) -> None:
    kept, gone = world.invoice(), world.invoice()
    world.clock.pass_(minutes=1)
    world.control(f"invoices/{gone}/delete")
    world.clock.pass_(seconds=1)
    world.control(f"invoices/{kept}/edit", number="INV-2")
    value = cdc(world, "2026-11-23T20:01:00Z").json()
    invoices, payments, *_ = value["CDCResponse"][0]["QueryResponse"]
    deleted, changed = invoices["Invoice"]
    assert deleted == {
        "domain": "QBO",
        "status": "Deleted",
        "Id": gone,
        "MetaData": {"LastUpdatedTime": "2026-11-23T12:01:00-08:00"},
    }
    assert changed["DocNumber"] == "INV-2"
    assert payments == {}
    assert value["time"] == "2026-11-23T12:01:01-08:00"


def test_cdc_stops_at_a_thousand_rows_in_all_without_a_word(world: World) -> None:
    books = world.twin.realms[REALM]
    for number in range(600):
        books.add_customer(f"Customer {number}")
    customer = world.customer("Last")
    for _ in range(600):
        world.twin.realms[REALM].create_invoice({"CustomerRef": {"value": customer}, "Line": [{"Amount": 1}]})
    value = cdc(world, "2026-11-23T19:00:00Z", "Customer,Invoice").json()["CDCResponse"][0]["QueryResponse"]
    assert (len(value[0]["Customer"]), len(value[1]["Invoice"])) == (601, 399)


def test_cdc_reaches_back_thirty_days(world: World) -> None:
    assert cdc(world, "2026-10-25T00:00:00Z").status_code == 200
    assert fault(cdc(world, "2026-10-20T00:00:00Z")) == "4001"


# ----------------------------------------------------------------------------------------------------- payments


def test_a_payment_with_a_line_pays_the_invoice(world: World) -> None:
    invoice = world.invoice("120.00")
    row = world.pay(invoice, 45.25, PaymentRefNum="DB1", PrivateNote="pi_1").json()["Payment"]
    assert (row["UnappliedAmt"], row["Line"][0]["LinkedTxn"]) == (0, [{"TxnId": invoice, "TxnType": "Invoice"}])
    after = world.call("GET", f"invoice/{invoice}").json()["Invoice"]
    assert (after["Balance"], after["SyncToken"]) == (74.75, "1")
    assert after["LinkedTxn"] == [{"TxnId": row["Id"], "TxnType": "Payment"}]
    [record] = world.records()["payments"]
    assert (record["reference"], record["note"], record["amount"], record["status"]) == (
        "DB1",
        "pi_1",
        "45.25",
        "live",
    )


def test_a_payment_without_a_line_succeeds_and_pays_nothing(world: World) -> None:
    invoice = world.invoice("120.00")
    row = world.pay(invoice, 120.0, Line=[]).json()["Payment"]
    assert row["UnappliedAmt"] == 120
    assert world.records()["invoices"][0]["status"] == "open"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"TotalAmt": 500.0, "Line": None}, "ok"),
        ({"PaymentRefNum": "X" * 22}, "2050"),
        ({"DepositToAccountRef": {"value": "4"}}, "6000"),  # an income account
        ({"DepositToAccountRef": {"value": "77"}}, "2500"),
        ({"PaymentMethodRef": {"value": "77"}}, "2500"),
        ({"CustomerRef": {"value": "77"}}, "2500"),
        ({"CustomerRef": {}}, "2020"),
        ({"TotalAmt": "120.00"}, "2010"),
        ({"TotalAmt": 1.0}, "6000"),
    ],
)
def test_a_payment_is_checked(world: World, more: dict[str, Any], code: str) -> None:
    response = world.pay(world.invoice("120.00"), 120.0, **more)
    assert ("ok" if response.status_code == 200 else fault(response)) == code
    assert len(world.records()["payments"]) == (1 if code == "ok" else 0)


def test_more_than_the_balance_is_6000_and_a_strangers_invoice_620(world: World) -> None:
    invoice = world.invoice("120.00")
    assert fault(world.pay(invoice, 120.01)) == "6000"
    stranger = world.customer("Stranger")
    assert fault(world.pay(invoice, 120.0, CustomerRef={"value": stranger})) == "620"
    assert world.records()["payments"] == []


def test_the_same_requestid_repeats_the_first_answer_until_it_is_forgotten(world: World) -> None:
    invoice = world.invoice("240.00")
    first = world.pay(invoice, 120.0, "key-1").json()["Payment"]["Id"]
    assert world.pay(invoice, 120.0, "key-1").json()["Payment"]["Id"] == first
    assert len(world.records()["payments"]) == 1
    world.clock.pass_(hours=25)
    assert world.pay(invoice, 120.0, "key-1").json()["Payment"]["Id"] != first
    assert fault(world.pay(invoice, 1.0, "k" * 51)) == "2130"


def test_deleting_and_voiding_payments_opens_the_invoice(world: World) -> None:
    invoice = world.invoice("120.00")
    row = world.pay(invoice, 120.0).json()["Payment"]
    stale = world.call("POST", "payment", params={"operation": "delete"}, json={"Id": row["Id"], "SyncToken": "7"})
    assert fault(stale) == "5010"
    body = {"Id": row["Id"], "SyncToken": row["SyncToken"]}
    gone = world.call("POST", "payment", params={"operation": "delete"}, json=body)
    assert gone.json()["Payment"] == {"domain": "QBO", "status": "Deleted", "Id": row["Id"]}
    assert world.records()["invoices"][0]["balance"] == "120.00"

    second = world.pay(invoice, 120.0).json()["Payment"]
    body = {"Id": second["Id"], "SyncToken": second["SyncToken"], "sparse": True}
    void = world.call("POST", "payment", params={"operation": "update", "include": "void"}, json=body)
    assert (void.json()["Payment"]["TotalAmt"], void.json()["Payment"]["PrivateNote"]) == (0, "Voided")
    assert world.records()["invoices"][0]["status"] == "open"


def test_a_voided_invoice_has_nothing_owed_and_leaves_its_payment_unapplied(world: World) -> None:
    invoice = world.invoice("120.00", note="first job")
    world.control("payments", invoice=invoice, amount="20.00")
    token = world.call("GET", f"invoice/{invoice}").json()["Invoice"]["SyncToken"]
    void = world.call("POST", "invoice", params={"operation": "void"}, json={"Id": invoice, "SyncToken": token})
    row = void.json()["Invoice"]
    assert (row["TotalAmt"], row["Balance"], row["LinkedTxn"]) == (0, 0, [])
    assert row["PrivateNote"].startswith("Voided")
    records = world.records()
    assert (records["invoices"][0]["status"], records["payments"][0]["unapplied"]) == ("voided", "20.00")


def test_closed_books_refuse_with_or_without_a_password(world: World) -> None:
    invoice = world.invoice("120.00")
    world.control("settings", close_date="2026-11-23")
    assert fault(world.pay(invoice, 120.0, TxnDate="2026-11-23")) == "6200"
    world.control("settings", close_password=True)
    assert fault(world.pay(invoice, 120.0, TxnDate="2026-11-23")) == "6210"
    assert world.pay(invoice, 120.0, TxnDate="2026-11-24").status_code == 200


def test_a_credit_memo_is_applied_by_an_empty_payment(world: World) -> None:
    customer = world.customer()
    invoice = world.invoice("120.00", customer)
    world.control("creditmemos", customer=customer, amount="20.00", invoice=invoice)
    assert world.records()["invoices"][0]["balance"] == "100.00"


def test_a_foreign_payment_must_name_its_currency(world: World) -> None:
    world.control("settings", multicurrency=True)
    invoice = world.invoice("100.00", world.customer(currency="EUR"), exchange_rate="1.1")
    assert fault(world.pay(invoice, 100.0)) == "2020"
    assert fault(world.pay(invoice, 100.0, CurrencyRef={"value": "USD"})) == "6000"
    paid = world.pay(invoice, 100.0, CurrencyRef={"value": "EUR"}).json()["Payment"]
    assert paid["ExchangeRate"] == 1  # the documented default, and a trap


# ------------------------------------------------------------------------------------------------------- limits


def test_the_501st_call_of_a_minute_is_throttled(world: World) -> None:
    world.control("settings", per_minute=3)
    statuses = [world.call("GET", "preferences").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    world.clock.pass_(seconds=61)
    assert world.call("GET", "preferences").status_code == 200


def test_a_throttle_comes_in_three_shapes(world: World) -> None:
    seen = []
    for form in ("json", "gateway", "xml"):
        world.control("settings", throttle_next=1, throttle_form=form)
        response = world.call("GET", "preferences")
        assert response.status_code == 429
        assert "errorCode=003001" in response.text
        seen.append(response.text[:7])
    assert seen == ['{"Fault', '{"warni', "<?xml v"]


# ------------------------------------------------------------------------------------------------------ sign-in


def basic(secret: str = "sandbox-secret") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"sandbox-client:{secret}".encode()).decode()}


def token_call(world: World, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
    return world.http.post(
        f"{world.base_url}/oauth2/v1/tokens/bearer", data=form, headers={**basic(), **(headers or {})}
    )


def sign_in(world: World) -> Any:
    world.control("tokens", consent_at_once=REALM)
    query = {
        "client_id": "sandbox-client",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": REDIRECT,
        "state": "s1",
    }
    response = world.http.get(f"{world.base_url}/connect/oauth2", params=query)
    assert response.status_code == 302
    landed = parse_qs(urlsplit(response.headers["location"]).query)
    assert (landed["state"], landed["realmId"]) == (["s1"], [REALM])
    answer = token_call(world, grant_type="authorization_code", code=landed["code"][0], redirect_uri=REDIRECT)
    assert answer.status_code == 200
    again = token_call(world, grant_type="authorization_code", code=landed["code"][0], redirect_uri=REDIRECT)
    assert again.json()["error"] == "invalid_grant"
    return answer.json()


def refresh(world: World, value: str, **headers: str) -> httpx.Response:
    return token_call(world, headers, grant_type="refresh_token", refresh_token=value)


def test_a_sign_in_gives_tokens_that_work_for_an_hour(world: World) -> None:
    tokens = sign_in(world)
    assert (tokens["expires_in"], tokens["x_refresh_token_expires_in"]) == (3600, 8726400)
    assert "x_refresh_token_hard_expires_in" not in tokens
    world.token = tokens["access_token"]
    assert world.call("GET", f"companyinfo/{REALM}").json()["CompanyInfo"]["CompanyName"] == "Sandbox Company"
    world.clock.pass_(seconds=3601)
    assert world.call("GET", "preferences").status_code == 401


def test_the_refresh_value_changes_once_a_day_and_the_old_one_kills_the_connection(world: World) -> None:
    old = sign_in(world)["refresh_token"]
    world.clock.pass_(hours=1)
    assert refresh(world, old).json()["refresh_token"] == old
    world.clock.pass_(hours=24)
    winner = refresh(world, old).json()
    assert winner["refresh_token"] != old
    loser = refresh(world, old)
    assert (loser.status_code, loser.json()["error"]) == (400, "invalid_grant")
    world.token = winner["access_token"]
    assert world.call("GET", "preferences").status_code == 401
    assert refresh(world, winner["refresh_token"]).status_code == 400


def test_a_refresh_token_unused_for_a_hundred_days_is_dead(world: World) -> None:
    value = sign_in(world)["refresh_token"]
    world.clock.pass_(days=102)
    assert refresh(world, value).json()["error"] == "invalid_grant"


def test_the_hard_expiry_is_told_only_on_request(world: World) -> None:
    value = sign_in(world)["refresh_token"]
    asked = refresh(world, value, **{"x-include-refresh-token-hard-expires-in": "true"}).json()
    assert asked["x_refresh_token_hard_expires_in"] == 5 * 365 * 86400


def test_wrong_keys_are_invalid_client_and_harm_no_connection(world: World) -> None:
    value = sign_in(world)["refresh_token"]
    wrong = token_call(world, basic("wrong"), grant_type="refresh_token", refresh_token=value)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert refresh(world, value).status_code == 200


def test_a_revoked_connection_is_dead(world: World) -> None:
    tokens = sign_in(world)
    revoke = f"{world.base_url}/v2/oauth2/tokens/revoke"
    assert world.http.post(revoke, json={"token": tokens["refresh_token"]}, headers=basic()).status_code == 200
    world.token = tokens["access_token"]
    assert world.call("GET", "preferences").status_code == 401
    assert refresh(world, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_sign_in_page_names_each_company_unless_told_to_answer_by_itself(world: World) -> None:
    query = {
        "client_id": "sandbox-client",
        "response_type": "code",
        "scope": "x",
        "redirect_uri": REDIRECT,
        "state": "s",
    }
    page = world.http.get(f"{world.base_url}/connect/oauth2", params=query)
    assert page.status_code == 200
    assert f"realmId={OTHER}" in page.text
    del query["state"]
    assert world.http.get(f"{world.base_url}/connect/oauth2", params=query).status_code == 400


# ----------------------------------------------------------------------------------------------------- webhooks


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    inbox: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.inbox.put((self.headers["intuit-signature"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_webhooks_come_signed_as_an_array_of_cloud_events(world: World) -> None:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        customer = world.customer()
        world.control("settings", webhook_url=f"http://127.0.0.1:{server.server_port}/hook", webhook_verifier="v")
        invoice = world.invoice("5.00", customer)
        signed, body = Receiver.inbox.get(timeout=10)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
    assert base64.b64decode(signed) == hmac.new(b"v", body, hashlib.sha256).digest()
    [event] = json.loads(body)
    assert (event["type"], event["intuitentityid"], event["intuitaccountid"]) == (
        "qbo.invoice.created.v1",
        invoice,
        REALM,
    )


def test_a_receiver_that_is_away_breaks_nothing(world: World) -> None:
    world.control("settings", webhook_url="http://127.0.0.1:9/nobody")
    world.invoice()
    assert world.records()["invoices"][0]["status"] == "open"


# ------------------------------------------------------------------------------------------------------ control


def test_people_act_by_the_control_routes_and_the_records_tell(world: World) -> None:
    invoice = world.invoice("120.00", number="INV-7")
    payment = world.control("payments", invoice=invoice, amount="20.00", reference="cheque 5")["Id"]
    assert world.records()["invoices"][0]["status"] == "part paid"
    world.control(f"payments/{payment}/delete")
    world.control(f"invoices/{invoice}/delete")
    records = world.records()
    assert [(row["number"], row["status"]) for row in records["invoices"]] == [("INV-7", "deleted")]
    assert [(row["reference"], row["status"]) for row in records["payments"]] == [("cheque 5", "deleted")]


def test_the_realms_keep_apart(world: World) -> None:
    world.invoice()
    other = world.http.get(f"{world.base_url}/_sandbox/records", params={"realm": OTHER}).json()
    assert (other["name"], other["invoices"]) == ("Other", [])


def test_a_control_call_with_a_mistake_is_answered_with_a_sentence(world: World) -> None:
    response = world.http.post(f"{world.base_url}/_sandbox/settings", json={"lagg": 5})
    assert response.status_code == 400
    assert "lagg" in response.json()["error"]
