"""The sandbox's own door: plays the people with phones, the carriers and the owner of the account."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.sandbox.base import CONTROL
from adapters.sandbox.twilio.shapes import record_json
from adapters.sandbox.twilio.world import Account, Number, Service

if TYPE_CHECKING:
    from adapters.sandbox.twilio.twin import TwilioTwin


class Control:
    """JSON in, JSON out. Bad input is answered 400 or 404 with `error`."""

    def __init__(self, twin: TwilioTwin) -> None:
        self._twin = twin
        self._world = twin.world

    def routes(self) -> list[Route]:
        return [
            Route(f"{CONTROL}/inbound", self._inbound, methods=["POST"]),
            Route(f"{CONTROL}/messages/{{sid}}/status", self._status, methods=["POST"]),
            Route(f"{CONTROL}/landlines", self._landlines, methods=["GET", "POST"]),
            Route(f"{CONTROL}/accounts", self._accounts, methods=["POST"]),
            Route(f"{CONTROL}/settings", self._settings, methods=["GET", "POST"]),
            Route(f"{CONTROL}/records", self._records, methods=["GET"]),
        ]

    async def _inbound(self, request: Request) -> Response:
        """A person texts: {from, body, to?}. Without `to` the number that last texted that person."""
        wish = await request.json()
        number = wish.get("to") or self._last_sender(wish["from"])
        owner = self._world.owner_of(number) if number else None
        if number is None or owner is None:
            return JSONResponse({"error": "no account has that number; give `to`"}, 404)
        logged = self._world.receive(wish["from"], number, wish["body"], self._twin.clock.now())
        for message in logged:
            if message.direction == "inbound":
                self._twin.postman.inbound(owner, message)
        return JSONResponse({"logged": [record_json(message) for message in logged]})

    def _last_sender(self, person: str) -> str | None:
        sent = [m for account in self._world.accounts.values() for m in account.by_to.get(person, [])]
        if sent:
            return max(sent, key=lambda m: m.order).sender
        return next((number for account in self._world.accounts.values() for number in account.numbers), None)

    async def _status(self, request: Request) -> Response:
        """The carrier reports: {status, error_code?}."""
        wish = await request.json()
        sid = request.path_params["sid"]
        account = next((a for a in self._world.accounts.values() if sid in a.by_sid), None)
        if account is None:
            return JSONResponse({"error": "no such message"}, 404)
        message = account.by_sid[sid]
        code = wish.get("error_code")
        self._world.set_status(account, message, wish["status"], self._twin.clock.now(), int(code) if code else None)
        self._twin.postman.status(account, message)
        return JSONResponse(record_json(message))

    async def _landlines(self, request: Request) -> Response:
        """{numbers: [...]} become landlines."""
        if request.method == "POST":
            self._world.landlines.update((await request.json())["numbers"])
        return JSONResponse({"numbers": sorted(self._world.landlines)})

    async def _accounts(self, request: Request) -> Response:
        """Make an account or change it: what is not given stays. A new `auth_token` locks the old one out.

        {sid, auth_token, friendly_name, api_keys: {SK: secret}, test, trial, verified: [], balance,
        numbers: [{e164, sms, sms_url, verification, ...}], status, names_allowed,
        services: [{sid, numbers: [], inbound_request_url, campaign_status, campaign_errors, ...}]}
        """
        wish: dict[str, Any] = await request.json()
        account = self._world.accounts.setdefault(
            wish["sid"], Account(wish["sid"], wish.get("auth_token", "made-up-token"))
        )
        for name in ("auth_token", "friendly_name", "api_keys", "test", "trial", "status", "names_allowed"):
            if name in wish:
                setattr(account, name, wish[name])
        account.verified.update(wish.get("verified", ()))
        if "balance" in wish:
            account.balance = Decimal(str(wish["balance"]))
        for number in wish.get("numbers", ()):
            account.numbers[number["e164"]] = Number(**number)
        for service in wish.get("services", ()):
            account.services[service["sid"]] = Service(**service)
        return JSONResponse({"sid": account.sid})

    async def _settings(self, request: Request) -> Response:
        """Read or change the habits; see `world.Habits` for the names."""
        habits = self._world.habits
        if request.method == "POST":
            wish = await request.json()
            unknown = set(wish) - set(asdict(habits))
            if unknown:
                return JSONResponse({"error": f"unknown: {', '.join(sorted(unknown))}"}, 400)
            for name, value in wish.items():
                setattr(habits, name, value)
        return JSONResponse(asdict(habits))

    async def _records(self, request: Request) -> Response:
        """Everything that went either way, oldest first, and who opted out. `?account=` and `?to=` narrow it."""
        wanted, to = request.query_params.get("account"), request.query_params.get("to")
        accounts = [a for a in self._world.accounts.values() if wanted in {None, a.sid}]
        for account in accounts:
            for message in account.messages:
                self._twin.advance(account, message)
        messages = sorted((m for a in accounts for m in a.messages), key=lambda m: m.order)
        return JSONResponse(
            {
                "messages": [record_json(m) for m in messages if to in {None, m.to}],
                "opt_outs": [
                    {"account_sid": a.sid, "sender": sender, "number": person, "at": at.isoformat()}
                    for a in accounts
                    for (scope, person), at in a.opted_out.items()
                    for sender in a.senders_of(scope)
                ],
                "dropped_inbound": self._world.dropped,
            }
        )
