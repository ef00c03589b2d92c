"""The stand-in itself: routes, the payer's page, and a few words for tests in the same process."""

from __future__ import annotations

import json
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.sandbox.base import Fault, SeenRequest, Twin, TwinClock
from adapters.sandbox.stripe import page, people
from adapters.sandbox.stripe.control import Control
from adapters.sandbox.stripe.door import handle
from adapters.sandbox.stripe.forms import Obj, parse_form
from adapters.sandbox.stripe.webhooks import Postman
from adapters.sandbox.stripe.world import Books, World

DEFAULT_ACCOUNT = "acct_1SandboxBusiness"
DEFAULT_KEY = "rk_test_sandbox_duebird"

# What Duebird asks its owner to tick. The names of payment links, checkout sessions, charges, events and the account
# are Stripe's (https://docs.stripe.com/keys/permissions-reference); the others follow their pattern.
ALL_NEEDED = (
    "payment_links_write",
    "product_write",
    "plan_write",
    "checkout_session_write",
    "event_read",
    "charge_read",
    "payment_intent_read",
    "dispute_read",
    "payout_read",
    "balance_read",
    "balance_transaction_source_read",
    "connected_account_read",
    "webhook_write",
)


class StripeTwin(Twin):
    """Stripe with one account and one restricted test key to begin with; more come through `/_sandbox/keys`."""

    name: ClassVar[str] = "stripe"

    def __init__(self, clock: TwinClock | None = None, *, seed: int | None = None) -> None:
        super().__init__(clock)
        self.world = World(self.clock, seed)
        self.postman = Postman(self.world)
        self.world.deliver = self.postman.deliver
        self.control = Control(self.world, self.postman)
        self.add_account(DEFAULT_ACCOUNT, "Riverside Plumbing", {DEFAULT_KEY: ALL_NEEDED})

    def add_account(self, account_id: str, name: str, keys: dict[str, tuple[str, ...] | None]) -> None:
        """An account and its keys with their permissions; None for a full secret key."""
        self.control.keys(
            {
                "account": account_id,
                "name": name,
                "keys": [
                    {"secret": secret, "permissions": None if permissions is None else list(permissions)}
                    for secret, permissions in keys.items()
                ],
            }
        )

    def throttle(self, reason: str | None = "endpoint-rate", times: int = 1) -> None:
        """Answer the next calls with 429; without a reason it is an object lock (https://docs.stripe.com/rate-limits)."""
        if reason is None:
            body = {"error": {"type": "invalid_request_error", "code": "lock_timeout", "message": "Lock timeout."}}
            headers = {"Stripe-Should-Retry": "true"}
        else:
            message = "Request rate limit exceeded."
            body = {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": message}}
            headers = {"Stripe-Rate-Limited-Reason": reason, "Request-Id": self.world.new_id("req_", 14)}
        headers["Content-Type"] = "application/json"
        self.faults.append(
            Fault("status", path="^/v1/", times=times, status=429, body=json.dumps(body), headers=headers)
        )

    def provider_routes(self) -> list[Route]:
        return [
            Route("/v1/{rest:path}", self._api, methods=["GET", "POST", "DELETE"]),
            Route("/pay/{token}", self._pay, methods=["GET", "POST"]),
            Route("/pay/{token}/{session_id}", self._after, methods=["GET", "POST"]),
        ]

    def control_routes(self) -> list[Route]:
        return self.control.routes()

    def response_headers(self, request: SeenRequest) -> dict[str, str]:
        return {"Request-Id": self.world.new_id("req_", 14)} if request.path.startswith("/v1/") else {}

    async def _api(self, request: Request) -> Response:
        return await handle(self.world, self.base_url, request)

    # -------------------------------------------------------------------------------------------------- pages

    def _found(self, token: str) -> tuple[Books, Obj, str] | None:
        for books in self.world.all_books():
            if token in books.tokens:
                name = self.world.accounts[books.account_id].name
                return books, books.payment_links[books.tokens[token]], name
        return None

    async def _pay(self, request: Request) -> Response:
        self.world.catch_up()
        found = self._found(request.path_params["token"])
        if found is None:
            return HTMLResponse(page.unknown(), 404)
        books, link, business = found
        if request.method == "GET":
            made = people.open_page(self.world, books, link)
            if made is None:
                return HTMLResponse(page.dead(business, link))
            return HTMLResponse(self._offer(books, link, business, made))
        return await self._press(request, books, link)

    async def _press(self, request: Request, books: Books, link: Obj) -> Response:
        given = parse_form((await request.body()).decode())
        one = books.sessions.get(str(given.get("session", "")))
        method = given.get("method")
        if one is None or one["payment_link"] != link["id"] or method not in {"card", "bank", "declined"}:
            return HTMLResponse(page.unknown(), 400)
        result = people.pay(self.world, books, one, method)
        tail = "?declined=1" if result == "declined" else ""
        return RedirectResponse(f"{link['url']}/{one['id']}{tail}", 303)

    async def _after(self, request: Request) -> Response:
        self.world.catch_up()
        found = self._found(request.path_params["token"])
        one = found[0].sessions.get(request.path_params["session_id"]) if found else None
        if found is None or one is None or one["payment_link"] != found[1]["id"]:
            return HTMLResponse(page.unknown(), 404)
        books, link, business = found
        if request.method == "POST":
            return await self._press(request, books, link)
        if one["status"] == "open":
            declined = "declined" in request.query_params
            return HTMLResponse(self._offer(books, link, business, one, declined=declined))
        line = books.line_items[link["id"]][0]
        intent = books.payment_intents.get(one["payment_intent"] or "")
        return HTMLResponse(page.outcome(business, line, link, one, intent))

    @staticmethod
    def _offer(books: Books, link: Obj, business: str, one: Obj, *, declined: bool = False) -> str:
        line = books.line_items[link["id"]][0]
        product = books.products.get(line["price"]["product"])
        return page.offer(business, line, product, one, declined=declined)


__all__ = ["ALL_NEEDED", "DEFAULT_ACCOUNT", "DEFAULT_KEY", "StripeTwin"]
