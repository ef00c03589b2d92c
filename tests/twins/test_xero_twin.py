"""The stand-in for Xero, asked as any program would ask it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.sandbox.base import Served
from adapters.sandbox.xero import TenantSeed, XeroTwin
from adapters.sandbox.xero.books import Invoice
from adapters.sandbox.xero.twin import CLIENT_SECRET, CUSTOM_CLIENT, PKCE_CLIENT, WEB_CLIENT
from tests.xero_spec import check_answer, document

REDIRECT = "http://localhost:8484/callback"
OTHER_TENANT = "11111111-2222-4333-8444-555555555555"


@dataclass
class Desk:
    """A program with a token, in front of a served twin."""

    twin: XeroTwin
    http: httpx.Client

    def get(self, path: str, params: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return self.http.get(f"/api.xro/2.0{path}", params=params, headers=_names(headers))

    def put(self, body: Any, params: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return self.http.put("/api.xro/2.0/Payments", json=body, params=params, headers=_names(headers))

    def issue(self, amount: str = "100.00", **fields: Any) -> Invoice:
        books = self.twin.books
        contact = next(iter(books.contacts.values()), None) or books.add_contact("Barney Rubble", mobile="021 123 456")
        return books.issue(contact, Decimal(amount), **fields)

    def payment(self, invoice: Invoice, amount: str, **fields: Any) -> dict[str, Any]:
        return {
            "Invoice": {"InvoiceID": invoice.invoice_id},
            "Account": {"AccountID": self.twin.books.clearing_account.account_id},
            "Date": "2026-11-23",
            "Amount": float(amount),
            "Reference": "K2M9 pi_1",
            **fields,
        }

    def listed(self, path: str, params: dict[str, Any] | None = None, **headers: str) -> list[dict[str, Any]]:
        body = self.get(path, params, **headers).json()
        return list(body[path.strip("/")])


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Served(XeroTwin()) as served:
        twin = served.twin
        assert isinstance(twin, XeroTwin)
        headers = {
            "Authorization": f"Bearer {twin.seed_token()}",
            "xero-tenant-id": twin.books.seed.tenant_id,
            "Accept": "application/json",
        }
        with httpx.Client(base_url=served.base_url, headers=headers) as client:
            yield Desk(twin, client)


# --------------------------------------------------------------------------------- shapes, against the OpenAPI file


def test_every_answer_is_what_the_description_promises(desk: Desk) -> None:
    document()
    books = desk.twin.books
    contact = books.add_contact(
        "Ada",
        mobile="21 555 123",
        groups=["Text me"],
        addresses=[{"AddressType": "STREET", "City": "Napier", "Country": "New Zealand"}],
    )
    invoice = books.issue(contact, Decimal("115.50"), expected_on=date(2026, 12, 24))
    paid = books.issue(contact, Decimal(10))
    books.pay(paid, Decimal(10), reference="by hand")
    books.period_lock_date = date(2026, 1, 31)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("/Organisation", {}),
        ("/Accounts", {}),
        ("/Contacts", {}),
        ("/Contacts", {"page": 1}),
        ("/Invoices", {}),
        ("/Invoices", {"page": 1, "pageSize": 10, "Statuses": "PAID,AUTHORISED"}),
        (f"/Invoices/{invoice.invoice_id}", {}),
        (f"/Invoices/{paid.invoice_id}", {}),
        ("/Payments", {"page": 1}),
    ]
    for path, params in calls:
        answer = desk.get(path, params)
        assert answer.status_code == 200
        check_answer("GET", f"/api.xro/2.0{path}", answer.json())
    made = desk.put({"Payments": [desk.payment(invoice, "15.50")]})
    check_answer("PUT", "/api.xro/2.0/Payments", made.json())
    refused = desk.put({"Payments": [desk.payment(invoice, "500")]})
    check_answer("PUT", "/api.xro/2.0/Payments", refused.json(), refused.status_code)
    payment_id = made.json()["Payments"][0]["PaymentID"]
    gone = desk.http.post(f"/api.xro/2.0/Payments/{payment_id}", json={"Status": "DELETED"})
    check_answer("POST", f"/api.xro/2.0/Payments/{payment_id}", gone.json())


def test_times_are_milliseconds_and_days_are_midnight_utc(desk: Desk) -> None:
    invoice = desk.issue(due_on=date(2026, 10, 18))
    row = desk.listed("/Invoices")[0]
    assert row["DueDate"] == "/Date(1792281600000+0000)/"
    assert row["DueDateString"] == "2026-10-18T00:00:00"
    assert row["UpdatedDateUTC"] == f"/Date({round(invoice.updated.timestamp() * 1000)}+0000)/"


def test_without_a_page_the_rows_are_thin(desk: Desk) -> None:
    invoice = desk.issue()
    desk.twin.books.pay(invoice, Decimal(40))
    assert desk.listed("/Invoices")[0]["Payments"] == []
    full = desk.listed("/Invoices", {"page": 1})[0]
    assert [p["Amount"] for p in full["Payments"]] == [40]
    assert len(full["LineItems"]) == 1


def test_whoever_does_not_ask_for_json_gets_xml(desk: Desk) -> None:
    assert desk.get("/Organisation", Accept="*/*").text.startswith("<Response")


# --------------------------------------------------------------------------------------------------------- lists


def test_a_page_size_above_a_thousand_is_cut(desk: Desk) -> None:
    for _ in range(3):
        desk.issue()
    body = desk.get("/Invoices", {"page": 1, "pageSize": 5000}).json()
    assert body["pagination"] == {"page": 1, "pageSize": 1000, "pageCount": 1, "itemCount": 3}
    second = desk.get("/Invoices", {"page": 2, "pageSize": 2}).json()
    assert len(second["Invoices"]) == 1
    assert second["pagination"]["pageCount"] == 2


def test_lists_filter_by_where_statuses_and_ids(desk: Desk) -> None:
    sale, bill, voided = desk.issue("50"), desk.issue("60", kind="ACCPAY"), desk.issue("70")
    desk.twin.books.void(voided)

    def found(**params: Any) -> list[str]:
        return [row["InvoiceID"] for row in desk.listed("/Invoices", params)]

    assert found(where='Type=="ACCPAY"') == [bill.invoice_id]
    assert found(where='Type=="ACCREC" AND AmountDue > 0') == [sale.invoice_id]
    assert found(Statuses="VOIDED,DELETED") == [voided.invoice_id]
    assert found(IDs=f"{bill.invoice_id},{sale.invoice_id}", order="InvoiceNumber DESC") == [
        bill.invoice_id,
        sale.invoice_id,
    ]
    assert found(where=f'Contact.ContactID==guid("{sale.contact.contact_id}")&&Total>=60') == [
        bill.invoice_id,
        voided.invoice_id,
    ]
    assert found(where="DueDate < DateTime(2020,01,01)") == []


def test_a_filter_that_cannot_be_read_is_a_400(desk: Desk) -> None:
    answer = desk.get("/Invoices", {"where": "Colour==1"})
    assert answer.status_code == 400
    assert answer.json()["Type"] == "QueryParseException"


def test_if_modified_since_takes_only_the_documented_form(desk: Desk) -> None:
    invoice = desk.issue()
    before = (invoice.updated - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    after = (invoice.updated + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    assert len(desk.listed("/Invoices", If_Modified_Since=before)) == 1
    assert desk.listed("/Invoices", If_Modified_Since=after) == []
    assert desk.get("/Invoices", If_Modified_Since="Mon, 23 Nov 2026 08:00:00 GMT").status_code == 400


def test_a_new_due_date_of_a_part_paid_invoice_does_not_move_its_time(desk: Desk) -> None:
    invoice = desk.issue()
    desk.twin.books.pay(invoice, Decimal(40))
    before = desk.listed("/Invoices")[0]["UpdatedDateUTC"]
    desk.twin.clock.offset += timedelta(hours=1)

    edited = desk.http.post(f"/_sandbox/invoices/{invoice.invoice_id}/edit", json={"due_date": "2027-01-01"})

    assert edited.status_code == 200
    row = desk.listed("/Invoices")[0]
    assert row["DueDateString"] == "2027-01-01T00:00:00"
    assert row["UpdatedDateUTC"] == before


def test_a_fresh_write_stays_out_of_lists_while_they_lag(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"lag_seconds": 30})
    invoice = desk.issue()
    assert desk.listed("/Invoices") == []
    assert desk.get(f"/Invoices/{invoice.invoice_id}").status_code == 200
    desk.twin.clock.offset += timedelta(seconds=31)
    assert len(desk.listed("/Invoices")) == 1


def test_archived_contacts_come_only_when_asked_for(desk: Desk) -> None:
    contact = desk.twin.books.add_contact("Old friend", status="ARCHIVED")
    assert desk.listed("/Contacts", {"IDs": contact.contact_id}) == []
    assert len(desk.listed("/Contacts", {"IDs": contact.contact_id, "includeArchived": "true"})) == 1
    assert "Phones" not in desk.listed("/Contacts", {"includeArchived": "true", "summaryOnly": "true"})[0]


# ------------------------------------------------------------------------------------------------------ payments


def test_payments_are_found_by_reference_invoice_and_kind(desk: Desk) -> None:
    invoice = desk.issue()
    made = desk.put({"Payments": [desk.payment(invoice, "30")]}).json()["Payments"][0]
    desk.twin.books.pay(invoice, Decimal(10), reference="other")

    def found(where: str) -> list[str]:
        return [row["PaymentID"] for row in desk.listed("/Payments", {"where": where, "page": 1})]

    assert found('Reference=="K2M9 pi_1"') == [made["PaymentID"]]
    assert found('Reference!=null AND Reference.StartsWith("K2M9")') == [made["PaymentID"]]
    assert len(found(f'Invoice.InvoiceID==guid("{invoice.invoice_id}")')) == 2
    assert len(found('PaymentType=="ACCRECPAYMENT"')) == 2
    assert found('PaymentType=="ACCPAYPAYMENT"') == []


def test_a_payment_in_full_makes_the_invoice_paid_and_deleting_it_opens_it_again(desk: Desk) -> None:
    invoice = desk.issue()
    made = desk.put({"Payments": [desk.payment(invoice, "100")]}).json()["Payments"][0]
    assert (made["Invoice"]["Status"], made["Invoice"]["AmountDue"]) == ("PAID", 0)

    desk.http.post(f"/api.xro/2.0/Payments/{made['PaymentID']}", json={"Status": "DELETED"})

    row = desk.get(f"/Invoices/{invoice.invoice_id}").json()["Invoices"][0]
    assert (row["Status"], row["AmountDue"], row["Payments"]) == ("AUTHORISED", 100, [])
    assert desk.listed("/Payments", {"page": 1})[0]["Status"] == "DELETED"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"Amount": 100.01}, "Payment amount exceeds the amount outstanding on this document"),
        ({"Account": {"Code": "200"}}, "Account could not be found or is not valid for payments"),
        ({"Date": "2026-01-31"}, "The document date cannot be before the period lock date"),
        ({"Invoice": {"InvoiceID": OTHER_TENANT}}, "Invoice could not be found"),
    ],
)
def test_refusals_are_400_with_a_text_in_each_element(desk: Desk, change: dict[str, Any], text: str) -> None:
    desk.twin.books.period_lock_date = date(2026, 1, 31)
    invoice = desk.issue()
    answer = desk.put({"Payments": [desk.payment(invoice, "100", **change)]})
    assert answer.status_code == 400
    assert answer.json()["Type"] == "ValidationException"
    assert answer.json()["Elements"][0]["ValidationErrors"] == [{"Message": text}]
    assert desk.twin.books.payments == {}


def test_only_authorised_invoices_take_payments_and_enabled_accounts_do_too(desk: Desk) -> None:
    draft = desk.issue(status="DRAFT")
    answer = desk.put({"Payments": [desk.payment(draft, "10")]})
    assert "Authorised documents" in answer.text
    other = desk.issue()
    assert desk.put({"Payments": [desk.payment(other, "10", Account={"Code": "970"})]}).status_code == 200


def test_without_summarised_errors_each_element_says_for_itself_inside_a_200(desk: Desk) -> None:
    invoice = desk.issue()
    body = {"Payments": [desk.payment(invoice, "60"), desk.payment(invoice, "500")]}
    assert desk.put(body).status_code == 400
    assert desk.twin.books.payments == {}

    answer = desk.put(body, {"summarizeErrors": "false"})

    good, bad = answer.json()["Payments"]
    assert answer.status_code == 200
    assert good["HasValidationErrors"] is False
    assert bad["HasValidationErrors"] is True
    assert bad["StatusAttributeString"] == "ERROR"
    assert [p.amount for p in desk.twin.books.payments.values()] == [Decimal(60)]


# --------------------------------------------------------------------------------------------------- idempotency


def test_a_key_repeats_its_answer_for_six_minutes_and_then_creates_again(desk: Desk) -> None:
    body = {"Payments": [desk.payment(desk.issue(), "10")]}
    first = desk.put(body, Idempotency_Key="k1").json()["Payments"][0]["PaymentID"]
    assert desk.put(body, Idempotency_Key="k1").json()["Payments"][0]["PaymentID"] == first
    desk.twin.clock.offset += timedelta(minutes=6)
    assert desk.put(body, Idempotency_Key="k1").json()["Payments"][0]["PaymentID"] != first
    assert len(desk.twin.books.payments) == 2


def test_a_key_repeats_an_error_too_and_refuses_another_request(desk: Desk) -> None:
    invoice = desk.issue()
    too_much = {"Payments": [desk.payment(invoice, "500")]}
    assert desk.put(too_much, Idempotency_Key="k1").status_code == 400
    desk.twin.books.edit(invoice, amount=Decimal(900))
    assert "exceeds the amount outstanding" in desk.put(too_much, Idempotency_Key="k1").text

    other = desk.put({"Payments": [desk.payment(invoice, "1")]}, Idempotency_Key="k1")

    assert other.status_code == 400
    assert "is used with a different request" in other.text
    assert desk.put(too_much, Idempotency_Key="x" * 129).status_code == 400
    assert desk.twin.books.payments == {}


# -------------------------------------------------------------------------------------------- limits and refusals


def test_limits_count_down_and_refuse_with_their_name(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"minute_limit": 2, "day_limit": 3})
    first = desk.get("/Organisation")
    assert (first.headers["X-MinLimit-Remaining"], first.headers["X-DayLimit-Remaining"]) == ("1", "2")
    assert first.headers["X-AppMinLimit-Remaining"] == "9999"
    desk.get("/Organisation")

    refused = desk.get("/Organisation")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "minute")
    assert 0 < int(refused.headers["Retry-After"]) <= 61

    desk.twin.clock.offset += timedelta(minutes=1)
    assert desk.get("/Organisation").status_code == 200
    refused = desk.get("/Organisation")
    assert refused.headers["X-Rate-Limit-Problem"] == "day"
    assert int(refused.headers["Retry-After"]) > 80_000


def test_a_sixth_call_at_once_is_refused(desk: Desk) -> None:
    desk.twin.tenant().limits.running = 5  # five that take their time
    refused = desk.get("/Organisation")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in refused.headers
    desk.twin.tenant().limits.running = 4
    assert desk.get("/Organisation").status_code == 200


def test_dead_tokens_missing_scopes_and_other_tenants_are_told_apart(desk: Desk) -> None:
    desk.twin.seed_token("short", life=timedelta(minutes=30))
    desk.twin.seed_token("poor", scopes=frozenset({"accounting.contacts.read"}))
    desk.twin.clock.offset += timedelta(minutes=31)

    def detail(**headers: str) -> tuple[int, str]:
        answer = desk.get("/Organisation", None, **headers)
        return answer.status_code, answer.json()["Detail"].split(":")[0]

    assert detail(Authorization="Bearer nobody") == (401, "AuthenticationUnsuccessful")
    assert detail(Authorization="Bearer short") == (401, "TokenExpired")
    assert detail(xero_tenant_id=OTHER_TENANT) == (403, "AuthenticationUnsuccessful")
    poor = desk.get("/Organisation", Authorization="Bearer poor")
    assert (poor.status_code, poor.headers["WWW-Authenticate"]) == (401, "insufficent_scope")


def test_an_organisation_offline_answers_in_plain_text(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"offline": True})
    answer = desk.get("/Organisation")
    assert (answer.status_code, answer.text) == (503, "The Organisation is offline")


def test_answers_are_compressed_for_those_who_accept_it(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"compress": True})
    for _ in range(5):
        desk.issue()
    answer = desk.get("/Invoices", {"page": 1}, Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["Invoices"]) == 5


# ----------------------------------------------------------------------------------------------------- identity


def _consent(desk: Desk, client_id: str, scope: str, **more: str) -> dict[str, str]:
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT, "scope": scope, "state": "s1"}
    answer = desk.http.get("/identity/connect/authorize", params=query | more)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def _token(desk: Desk, **form: str) -> httpx.Response:
    return httpx.post(f"{desk.twin.base_url}/connect/token", data=form)


def test_pkce_needs_the_verifier_and_a_code_works_once(desk: Desk) -> None:
    verifier = "a" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    scope = "offline_access accounting.payments accounting.settings.read"
    form = {"grant_type": "authorization_code", "client_id": PKCE_CLIENT, "redirect_uri": REDIRECT}

    assert _consent(desk, PKCE_CLIENT, scope) == {"error": "invalid_request", "state": "s1"}
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = _consent(desk, PKCE_CLIENT, scope, **proof)["code"]
    assert _token(desk, **form, code=code, code_verifier="b" * 43).json() == {"error": "invalid_grant"}
    code = _consent(desk, PKCE_CLIENT, scope, **proof)["code"]
    granted = _token(desk, **form, code=code, code_verifier=verifier).json()
    assert _token(desk, **form, code=code, code_verifier=verifier).json() == {"error": "invalid_grant"}

    assert (granted["expires_in"], granted["token_type"]) == (1800, "Bearer")
    assert desk.get("/Organisation", Authorization=f"Bearer {granted['access_token']}").status_code == 200


def test_a_refresh_token_changes_at_each_use_and_the_old_one_has_thirty_minutes(desk: Desk) -> None:
    code = _consent(desk, WEB_CLIENT, "offline_access accounting.payments")["code"]
    app = {"client_id": WEB_CLIENT, "client_secret": CLIENT_SECRET}
    first = _token(desk, grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **app).json()

    def refresh(token: str, **other: str) -> Any:
        return _token(desk, grant_type="refresh_token", refresh_token=token, **(app | other)).json()

    second = refresh(first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert refresh(first["refresh_token"], client_secret="wrong") == {"error": "invalid_client"}
    desk.twin.clock.offset += timedelta(minutes=29)
    assert "access_token" in refresh(first["refresh_token"])
    desk.twin.clock.offset += timedelta(minutes=2)
    assert refresh(first["refresh_token"]) == {"error": "invalid_grant"}
    desk.twin.clock.offset += timedelta(days=61)
    assert refresh(second["refresh_token"]) == {"error": "invalid_grant"}


def test_old_scopes_denied_consent_and_bare_addresses_are_refused(desk: Desk) -> None:
    assert _consent(desk, WEB_CLIENT, "accounting.transactions")["error"] == "invalid_scope"
    desk.http.post("/_sandbox/settings", json={"deny_consent": True})
    assert _consent(desk, WEB_CLIENT, "accounting.payments")["error"] == "access_denied"
    query = {"client_id": WEB_CLIENT, "redirect_uri": "http://127.0.0.1:8484/callback", "response_type": "code"}
    assert desk.http.get("/identity/connect/authorize", params=query).status_code == 400


def test_a_custom_connection_is_bound_to_one_organisation(desk: Desk) -> None:
    desk.twin.add_tenant(TenantSeed("Second Ltd", OTHER_TENANT))
    form = {"grant_type": "client_credentials", "client_id": CUSTOM_CLIENT, "client_secret": CLIENT_SECRET}
    granted = _token(desk, **form).json()
    assert "refresh_token" not in granted
    bearer = f"Bearer {granted['access_token']}"
    assert desk.get("/Organisation", Authorization=bearer, xero_tenant_id="").status_code == 200
    assert desk.get("/Organisation", Authorization=bearer, xero_tenant_id=OTHER_TENANT).status_code == 403
    assert _token(desk, **(form | {"client_id": WEB_CLIENT})).json() == {"error": "unauthorized_client"}


def test_a_connection_can_be_listed_and_ended_alone_and_revoking_ends_all(desk: Desk) -> None:
    desk.twin.add_tenant(TenantSeed("Second Ltd", OTHER_TENANT))
    rows = desk.http.get("/connections").json()
    assert {row["tenantId"] for row in rows} == {desk.twin.books.seed.tenant_id, OTHER_TENANT}
    assert {row["tenantType"] for row in rows} == {"ORGANISATION"}
    second = next(row["id"] for row in rows if row["tenantId"] == OTHER_TENANT)

    assert desk.http.delete(f"/connections/{second}").status_code == 204
    assert desk.get("/Organisation", xero_tenant_id=OTHER_TENANT).status_code == 403
    assert desk.get("/Organisation").status_code == 200

    code = _consent(desk, WEB_CLIENT, "offline_access")["code"]
    app = {"client_id": WEB_CLIENT, "client_secret": CLIENT_SECRET}
    granted = _token(desk, grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **app).json()
    revoked = httpx.post(f"{desk.twin.base_url}/connect/revocation", data={"token": granted["refresh_token"], **app})
    assert revoked.status_code == 200
    assert desk.get("/Organisation").status_code == 401


# ----------------------------------------------------------------------------------------- webhooks and control


class _Receiver(BaseHTTPRequestHandler):
    key = "webhook-key"
    received: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        digest = hmac.new(self.key.encode(), body, hashlib.sha256).digest()
        right = self.headers["x-xero-signature"] == base64.b64encode(digest).decode()
        if right:
            self.received.append(json.loads(body))
        self.send_response(200 if right else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_notices_are_signed_and_a_receiver_must_refuse_wrong_signatures(desk: Desk) -> None:
    received: list[dict[str, Any]] = []
    handler = type("Handler", (_Receiver,), {"received": received})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        desk.http.post("/_sandbox/settings", json={"webhook_url": url, "webhook_key": _Receiver.key})
        invoice = desk.issue()
        desk.twin.world.webhooks.wait()
        server.shutdown()
    assert desk.http.get("/_sandbox/webhooks").json()["receiver_passed"] is True
    events = [event for body in received for event in body["events"]]
    assert [(e["eventCategory"], e["eventType"]) for e in events][-1] == ("INVOICE", "CREATE")
    assert events[-1]["resourceId"] == invoice.invoice_id
    assert not events[-1]["eventDateUtc"].endswith("Z")


def test_a_dead_receiver_breaks_nothing(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"webhook_url": "http://127.0.0.1:9/", "webhook_key": "k"})
    body = {"Payments": [desk.payment(desk.issue(), "10")]}
    assert desk.put(body).status_code == 200
    desk.twin.world.webhooks.wait()
    told = desk.http.get("/_sandbox/webhooks").json()
    assert told["receiver_passed"] is False
    assert {delivery["status"] for delivery in told["deliveries"]} == {None}


def test_people_can_be_played_from_another_process(desk: Desk) -> None:
    def post(path: str, **body: Any) -> httpx.Response:
        return desk.http.post(f"/_sandbox{path}", json=body)

    contact = post("/contacts", name="Fred", mobile="+64 21 555 123").json()["contact_id"]
    issued = post("/invoices", contact=contact, amount="80.00", currency="EUR", due_date="2026-12-01", number="X1")
    assert issued.status_code == 201
    invoice = issued.json()["InvoiceID"]
    paid = post("/payments", invoice=invoice, amount="30.00", reference="cheque").json()
    post(f"/invoices/{invoice}/credit", amount="20.00")
    assert post("/payments", invoice=invoice, amount="31.00").status_code == 409
    assert post(f"/invoices/{invoice}/void").status_code == 409
    post(f"/payments/{paid['PaymentID']}/delete")
    post("/settings", period_lock_date="2026-06-30")
    post("/tokens", seed="another")
    post("/tokens", revoke="another")

    records = desk.http.get("/_sandbox/records").json()
    assert [(r["AmountDue"], r["Status"], r["CurrencyCode"]) for r in records["invoices"]] == [
        ("60.00", "AUTHORISED", "EUR")
    ]
    assert [(r["Reference"], r["Amount"], r["Status"]) for r in records["payments"]] == [("cheque", "30.00", "DELETED")]
    assert desk.get("/Organisation", Authorization="Bearer another").status_code == 401
    assert desk.twin.books.closed_through == date(2026, 6, 30)
    assert post("/invoices/unknown/void").status_code == 404
