"""Signed notices of changes, and the "intent to receive" that a receiver must pass.

Posted from a thread of their own, so that a receiver can neither delay nor break an answer. There is no PAYMENT
category. https://developer.xero.com/documentation/guides/webhooks/overview
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from adapters.sandbox.base import TwinClock

ANSWER_WITHIN = 5.0  # seconds; Xero gives a receiver no longer
CATEGORIES = frozenset({"CONTACT", "INVOICE", "CREDITNOTE"})


def signature(body: bytes, key: str) -> str:
    """base64(HMAC-SHA256(raw body)), with the key as the text shown."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


@dataclass
class Delivery:
    """One post and what came of it; status None: nobody answered."""

    body: str
    signed_rightly: bool
    status: int | None
    answer_was_empty: bool


@dataclass
class Webhooks:
    """Where notices go. Off until a URL and a key are set."""

    clock: TwinClock
    url: str | None = None
    key: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    receiver_passed: bool | None = None  # the intent to receive; None: not asked yet
    _sequence: int = 0
    _thread: ThreadPoolExecutor | None = None

    def subscribe(self, url: str | None, key: str) -> Future[bool] | None:
        """Send notices there from now on, after asking whether the receiver checks signatures."""
        self.url, self.key, self.receiver_passed = url, key, None
        return self._submit(self._ask_intent) if url else None

    def tell(self, tenant_id: str, category: str, identifier: str, kind: str) -> None:
        """Queue a notice; returns at once."""
        if self.url is None or category not in CATEGORIES:
            return
        self._sequence += 1
        folder = {"INVOICE": "Invoices", "CONTACT": "Contacts", "CREDITNOTE": "CreditNotes"}[category]
        event = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{folder}/{identifier}",
            "resourceId": identifier,
            "eventDateUtc": self.clock.now().replace(tzinfo=None).isoformat(timespec="milliseconds"),  # no Z, as sent
            "eventType": kind,
            "eventCategory": category,
            "tenantId": tenant_id,
            "tenantType": "ORGANISATION",
        }
        self._submit(self._post, _body([event], self._sequence))

    def _submit(self, work: Any, *args: Any) -> Future[Any]:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="xero-webhooks")
        return self._thread.submit(work, *args)

    def wait(self) -> None:
        """Until everything queued has been posted."""
        if self._thread is not None:
            self._thread.submit(lambda: None).result(timeout=60)

    def _ask_intent(self) -> bool:
        right = self._post(_body([], 0))
        wrong = self._post(_body([], 0), signed_rightly=False)
        self.receiver_passed = right.status == 200 and right.answer_was_empty and wrong.status == 401
        return self.receiver_passed

    def _post(self, body: bytes, *, signed_rightly: bool = True) -> Delivery:
        key = self.key if signed_rightly else self.key + "-wrong"
        headers = {"x-xero-signature": signature(body, key), "content-type": "application/json"}
        delivery = Delivery(body.decode(), signed_rightly, None, answer_was_empty=False)
        try:
            answer = httpx.post(self.url or "", content=body, headers=headers, timeout=ANSWER_WITHIN)
        except httpx.HTTPError:
            pass  # the log shows that nobody answered
        else:
            delivery.status = answer.status_code
            delivery.answer_was_empty = not answer.content and "set-cookie" not in answer.headers
        self.deliveries.append(delivery)
        return delivery


def _body(events: list[dict[str, Any]], sequence: int) -> bytes:
    return json.dumps(
        {
            "events": events,
            "firstEventSequence": sequence,
            "lastEventSequence": sequence,
            "entropy": secrets.token_hex(10).upper(),
        }
    ).encode()
