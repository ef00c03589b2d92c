"""Webhooks in the CloudEvents form, signed, sent by a thread of their own so that no handler waits for them.

https://blogs.intuit.com/2025/11/12/upcoming-change-to-webhooks-payload-structure
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
import uuid

import httpx

from adapters.sandbox.quickbooks.books import Books

WAITING = 10_000  # events held for a slow receiver before new ones are dropped
PATIENCE = 3.0  # Intuit gives a receiver three seconds


class Webhooks:
    """Posts events to the address in a realm's settings, if there is one. Losing some is part of the bargain."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[str, bytes, str]] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None

    def tell(self, books: Books, kind: str, entity_id: str, what: str) -> None:
        """Say that something happened; never raises and never waits."""
        url = books.settings.webhook_url
        if not url or kind not in {"Invoice", "Payment", "CreditMemo", "Customer"}:
            return
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
            "type": f"qbo.{kind.lower()}.{what}.v1",
            "datacontenttype": "application/json",
            "time": books.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z",
            "intuitentityid": entity_id,
            "intuitaccountid": books.realm_id,
            "data": {},
        }
        body = json.dumps([event]).encode()
        try:
            self._queue.put_nowait((url, body, signature(body, books.settings.webhook_verifier)))
        except queue.Full:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._post_all, name="sandbox-quickbooks-webhooks", daemon=True)
            self._thread.start()

    def _post_all(self) -> None:
        with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
            while True:
                url, body, signed = self._queue.get()
                headers = {"intuit-signature": signed, "content-type": "application/json"}
                try:
                    client.post(url, content=body, headers=headers)
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue  # a receiver that is away misses it; polling is the net under webhooks


def signature(body: bytes, verifier: str) -> str:
    """What stands in the `intuit-signature` header."""
    return base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest()).decode()
