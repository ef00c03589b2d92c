"""A ledger's webhook only says whose books to look at."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapters.sandbox.base import Served
from adapters.sandbox.xero import TenantSeed, XeroTwin
from connector.web.intake import LOOK_GAP, Paced
from tests.web.reception import OTHER_REALM, REALM, TENANT, VERIFIER, XERO_KEY, Reception, sha256_base64


def cloud_event(realm: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "1",
        "type": "qbo.invoice.updated.v1",
        "time": "2026-11-23T17:00:00.123456789Z",
        "intuitentityid": "145",
        "intuitaccountid": realm,
        "data": {},
    }


def notification(realm: str) -> dict[str, Any]:
    entity = {"name": "Invoice", "id": "145", "operation": "Update", "lastUpdated": "2026-11-23T17:00:00Z"}
    return {"realmId": realm, "dataChangeEvent": {"entities": [entity]}}


@pytest.mark.parametrize("body", [[cloud_event(REALM)], {"eventNotifications": [notification(REALM)]}])
def test_both_forms_of_intuits_body_lead_to_a_look(reception: Reception, body: Any) -> None:
    assert reception.intuit(body) == 200
    assert (reception.looked, reception.stored()) == (["acme"], [])


def test_one_address_of_an_app_serves_all_its_companies(reception: Reception) -> None:
    assert reception.intuit([cloud_event(OTHER_REALM), cloud_event("1234567890"), cloud_event(OTHER_REALM)]) == 200
    assert reception.looked == ["gamma"]


def test_books_of_nobody_here_lead_to_no_look(reception: Reception) -> None:
    assert reception.intuit([cloud_event("1234567890")]) == 200
    assert reception.looked == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[1, null, []]", b"\xff", b'{"eventNotifications": 5}', b"[" * 99_999])
def test_a_signed_body_of_another_form_breaks_nothing(reception: Reception, body: bytes) -> None:
    assert reception.intuit(body) == 200
    assert reception.stored() == []


def test_intuits_signature_must_fit_the_very_bytes(reception: Reception) -> None:
    signed = {"intuit-signature": sha256_base64(VERIFIER, b"[]")}
    assert reception.post("acme/quickbooks", b"[ ]", signed).status_code == 401
    assert reception.post("acme/quickbooks", b"[]", {}).status_code == 401
    assert reception.intuit([cloud_event(REALM)], verifier="guessed") == 401
    assert reception.looked == []


def test_xeros_intent_to_receive_is_passed(reception: Reception) -> None:
    intent = {"events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "S0m3r4ndom"}
    right, wrong = reception.xero(intent), reception.xero(intent, key="another-key")
    assert (right.status_code, right.content) == (200, b"")
    assert (wrong.status_code, wrong.content) == (401, b"")
    assert "set-cookie" not in right.headers
    assert "set-cookie" not in wrong.headers
    assert reception.looked == []


def test_a_notice_of_xero_leads_to_a_look_at_that_organisation(reception: Reception) -> None:
    event = {"resourceId": "1", "eventCategory": "INVOICE", "eventType": "UPDATE", "tenantId": TENANT.upper()}
    assert reception.xero({"events": [event]}).status_code == 200
    assert reception.looked == ["beta"]


def test_xeros_stand_in_finds_that_we_pass_and_is_heard(reception: Reception) -> None:
    twin = XeroTwin(tenants=[TenantSeed("Saltbush", TENANT, "AUD", "AU", "AUSEASTERNSTANDARDTIME")])
    with Served(twin):
        twin.world.webhooks.subscribe(f"{reception.base_url}/hooks/beta/xero", XERO_KEY)
        twin.books.issue(twin.books.add_contact("Barney Rubble"), Decimal("80.00"))
        twin.world.webhooks.wait()
        assert twin.world.webhooks.receiver_passed is True
        assert {delivery.status for delivery in twin.world.webhooks.deliveries} == {200, 401}
    assert reception.looked == ["beta"]


# ------------------------------------------------------------------------------------------------------- pacing


class Timers:
    """A clock and the actions put off to later."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self.waiting.append((self.now + seconds, action))

    def advance(self, seconds: float) -> None:
        self.now += seconds
        due = [action for at, action in self.waiting if at <= self.now]
        self.waiting = [(at, action) for at, action in self.waiting if at > self.now]
        for action in due:
            action()


def test_a_hundred_notices_in_a_minute_are_two_looks_and_the_last_is_not_lost() -> None:
    timers, looked = Timers(), list[str]()
    paced = Paced(looked.append, lambda: timers.now)
    for _ in range(100):
        paced.look("acme", timers.later)
        timers.advance(0.5)
    assert looked == ["acme"]
    timers.advance(LOOK_GAP)
    assert looked == ["acme", "acme"]
    timers.advance(10 * LOOK_GAP)
    assert looked == ["acme", "acme"]


def test_one_companys_notices_do_not_hold_up_anothers() -> None:
    timers, looked = Timers(), list[str]()
    paced = Paced(looked.append, lambda: timers.now)
    for company in ("acme", "beta", "acme", "beta"):
        paced.look(company, timers.later)
    assert looked == ["acme", "beta"]
