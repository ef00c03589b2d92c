"""Signing in at the stand-in for Xero, its notices, and the people played in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.sandbox.xero import TenantSeed
from adapters.sandbox.xero.twin import CLIENT_SECRET, CUSTOM_CLIENT, PKCE_CLIENT, WEB_CLIENT
from tests.twins.xero_desk import OTHER_TENANT, REDIRECT, Desk, opened


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as made:
        yield made


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
