"""Signed delivery of events to webhook endpoints on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import httpx

from adapters.sandbox.stripe.forms import Obj
from adapters.sandbox.stripe.world import Books, World, wants

ATTEMPTS = 3  # a sandbox tries three times, https://docs.stripe.com/webhooks#automatic-retries
TIMEOUT = 10.0  # seconds; a loopback receiver that needs longer has failed
PAUSE = 0.5  # seconds between tries, for Stripe's hours
LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass
class Delivery:
    """One try. `status` 0: no answer."""

    event_id: str
    kind: str
    url: str
    status: int


def signature(secret: str, timestamp: int, payload: str) -> str:
    """The Stripe-Signature header (https://docs.stripe.com/webhooks#verify-manually)."""
    digest = hmac.new(secret.encode(), f"{timestamp}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Postman:
    """Delivers in the background; a stand-in never calls anything but this machine."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()
        self.deliveries: list[Delivery] = []

    def records(self) -> list[Obj]:
        return [asdict(one) for one in self.deliveries]

    def deliver(self, books: Books, event: Obj) -> None:
        """Send an event to every endpoint that asked for its type."""
        for endpoint in books.webhook_endpoints.values():
            if not wants(endpoint, event["type"]) or urlsplit(endpoint["url"]).hostname not in LOOPBACK:
                continue
            task = asyncio.get_running_loop().create_task(
                self._send(endpoint["url"], books.secrets[endpoint["id"]], event)
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, url: str, secret: str, event: Obj) -> None:
        payload = json.dumps(event, indent=2)
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE)
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": signature(secret, self._world.seconds(), payload),
                "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            }
            try:
                async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
                    status = (await client.post(url, content=payload, headers=headers)).status_code
            except httpx.HTTPError:
                status = 0
            self.deliveries.append(Delivery(event["id"], event["type"], url, status))
            if 200 <= status < 300:
                event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
                return
