"""Twilio's three APIs over HTTP. https://www.twilio.com/docs/messaging/api."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.sandbox.base import Twin, TwinClock
from adapters.sandbox.twilio import shapes
from adapters.sandbox.twilio.control import Control
from adapters.sandbox.twilio.refusals import Refusal
from adapters.sandbox.twilio.sending import create_message
from adapters.sandbox.twilio.webhooks import Postman
from adapters.sandbox.twilio.world import Account, Message, Service, World

_PAGE = 50  # Twilio's default page size
_PAGE_LIMIT = 1000

_Handler = Callable[[Request, Account], Awaitable[Response]]


class TwilioTwin(Twin):
    """A stateful Twilio. People are played through `/_sandbox`, or in-process through `world`."""

    name: ClassVar[str] = "twilio"

    def __init__(self, clock: TwinClock | None = None) -> None:
        super().__init__(clock)
        self.world = World()
        self.postman = Postman(self.world.habits)

    def provider_routes(self) -> list[Route]:
        api = f"{shapes.API}/{{account}}"
        return [
            Route(f"{api}.json", self._for(self._account), methods=["GET"]),
            Route(f"{api}/Balance.json", self._for(self._balance), methods=["GET"]),
            Route(f"{api}/IncomingPhoneNumbers.json", self._for(self._numbers), methods=["GET"]),
            Route(f"{api}/Messages.json", self._for(self._messages), methods=["GET", "POST"]),
            Route(f"{api}/Messages/{{sid}}.json", self._for(self._message), methods=["GET", "POST"]),
            Route("/v1/Services", self._for(self._services), methods=["GET"]),
            Route("/v1/Services/{sid}", self._for(self._service), methods=["GET"]),
            Route("/v1/Services/{sid}/PhoneNumbers", self._for(self._pool), methods=["GET"]),
            Route("/v1/Services/{sid}/ShortCodes", self._for(self._short_codes), methods=["GET"]),
            Route("/v1/Services/{sid}/AlphaSenders", self._for(self._names), methods=["GET"]),
            Route("/v1/Services/{sid}/Compliance/Usa2p", self._for(self._campaigns), methods=["GET"]),
            Route("/v1/Tollfree/Verifications", self._for(self._verifications), methods=["GET"]),
            Route("/v2/PhoneNumbers/{number}", self._for(self._lookup), methods=["GET"]),
            Route("/v1/Messaging/Countries/{iso}", self._for(self._prices), methods=["GET"]),
        ]

    def control_routes(self) -> list[Route]:
        return Control(self).routes()

    def _for(self, handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                account = self._caller(request)
                self._throttle()
                self._forbid(request.url.path)
                return await handler(request, account)
            except Refusal as refusal:
                return refusal.response()

        return handle

    def _throttle(self) -> None:
        if self.world.habits.throttle_next > 0:
            self.world.habits.throttle_next -= 1
            raise Refusal(20429)

    def _forbid(self, path: str) -> None:
        if any(part in path for part in self.world.habits.forbidden):
            raise Refusal(70051)

    def _caller(self, request: Request) -> Account:
        """The account behind the Basic credentials: its own SID and token, or one of its API keys."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal(20003) from None
        wanted = request.path_params.get("account")
        for account in self.world.accounts.values():
            secret = account.auth_token if user == account.sid else account.api_keys.get(user)
            if scheme.lower() == "basic" and secret and hmac.compare_digest(secret, password):
                if wanted is not None and wanted != account.sid:
                    break
                return account
        raise Refusal(20003)

    # ------------------------------------------------------------------------------------------------ accounts

    async def _account(self, request: Request, account: Account) -> Response:
        if base64.b64decode(request.headers["authorization"].partition(" ")[2]).startswith(b"SK"):
            raise Refusal(20003)  # a standard key may not read the account itself
        return JSONResponse(shapes.account_json(account))

    async def _balance(self, request: Request, account: Account) -> Response:
        del request
        return JSONResponse({"account_sid": account.sid, "balance": str(account.balance), "currency": "USD"})

    async def _numbers(self, request: Request, account: Account) -> Response:
        wanted = request.query_params.get("PhoneNumber")
        rows = [
            shapes.number_json(account, number)
            for number in account.numbers.values()
            if number.e164.startswith("+") and wanted in {None, number.e164}  # short codes have a list of their own
        ]
        return JSONResponse(_page_2010(request, rows, "incoming_phone_numbers"))

    # ------------------------------------------------------------------------------------------------ messages

    async def _messages(self, request: Request, account: Account) -> Response:
        if request.method == "POST":
            form = await _form(request)
            message = create_message(self.world, account, form, self.clock.now())
            self._wake_later(account, message)
            return JSONResponse(shapes.message_json(message), 201)
        if account.test:
            raise Refusal(20008)
        return JSONResponse(_page_2010(request, self._listed(request, account), "messages"))

    def _listed(self, request: Request, account: Account) -> list[dict[str, object]]:
        """Newest first, what matches and is visible yet. Unknown parameters are ignored, as at Twilio."""
        query = request.query_params
        pool = account.by_to.get(query["To"], []) if "To" in query else account.messages
        now = self.clock.now()
        visible_until = now - timedelta(seconds=self.world.habits.lag_seconds)
        found = []
        for message in reversed(pool):
            if message.created_at > visible_until or ("From" in query and query["From"] != message.from_):
                continue
            self.advance(account, message)
            if _in_dates(query.multi_items(), message.sent_at):
                found.append(shapes.message_json(message))
        return found

    async def _message(self, request: Request, account: Account) -> Response:
        message = account.by_sid.get(request.path_params["sid"])
        if message is None:
            raise Refusal(20404, request.url.path)
        self.advance(account, message)
        if request.method == "POST":
            form = await _form(request)
            if form.get("Body") == "":
                message.body = ""
                message.updated_at = self.clock.now()
            elif "Body" in form:
                raise Refusal(20001, "Body")  # a text can be emptied, not rewritten
        return JSONResponse(shapes.message_json(message))

    def advance(self, account: Account, message: Message) -> None:
        """Let a text go where time has brought it, and tell its status callback."""
        if shapes.is_open(message) and self.world.advance(account, message, self.clock.now()):
            self.postman.status(account, message)
        elif message.price is None:
            self.world.advance(account, message, self.clock.now())

    def _wake_later(self, account: Account, message: Message) -> None:
        """Callbacks come by themselves, so somebody must look when the time has come."""
        if not (message.status_callback or self.world.habits.status_webhook):
            return
        for seconds in (self.world.habits.sent_after, self.world.habits.delivered_after):
            if seconds is not None:
                asyncio.get_running_loop().call_later(seconds + 0.01, self.advance, account, message)

    # ---------------------------------------------------------------------------------- messaging and pricing

    async def _services(self, request: Request, account: Account) -> Response:
        rows = [shapes.service_json(account, service, self.base_url) for service in account.services.values()]
        return JSONResponse(_page_v1(request, rows, "services", self.base_url))

    async def _service(self, request: Request, account: Account) -> Response:
        return JSONResponse(shapes.service_json(account, _service_of(request, account), self.base_url))

    async def _short_codes(self, request: Request, account: Account) -> Response:
        service = _service_of(request, account)
        rows = [shapes.short_code_json(account, service, code, self.base_url) for code in service.short_codes]
        return JSONResponse(_page_v1(request, rows, "short_codes", self.base_url))

    async def _names(self, request: Request, account: Account) -> Response:
        service = _service_of(request, account)
        rows = [shapes.alpha_sender_json(account, service, name, self.base_url) for name in service.alpha_senders]
        return JSONResponse(_page_v1(request, rows, "alpha_senders", self.base_url))

    async def _campaigns(self, request: Request, account: Account) -> Response:
        service = _service_of(request, account)
        rows = [shapes.campaign_json(account, service, self.base_url)] if service.campaign_status else []
        return JSONResponse(_page_v1(request, rows, "compliance", self.base_url))

    async def _verifications(self, request: Request, account: Account) -> Response:
        query = request.query_params
        rows = [
            shapes.verification_json(account, number, self.base_url)
            for number in account.numbers.values()
            if number.verification is not None
            and query.get("TollfreePhoneNumberSid") in {None, number.sid}
            and query.get("Status") in {None, number.verification}
        ]
        return JSONResponse(_page_v1(request, rows, "verifications", self.base_url))

    async def _pool(self, request: Request, account: Account) -> Response:
        service = _service_of(request, account)
        rows = [shapes.pool_json(account, service, account.numbers[n], self.base_url) for n in service.numbers]
        return JSONResponse(_page_v1(request, rows, "phone_numbers", self.base_url))

    async def _lookup(self, request: Request, account: Account) -> Response:
        del account
        wanted = frozenset(request.query_params.get("Fields", "").split(",")) - {""}
        day = request.query_params.get("LastVerifiedDate")
        if "reassigned_number" in wanted and not (day and len(day) == 8 and day.isdigit()):
            raise Refusal(60600)
        number, habits = request.path_params["number"], self.world.habits
        line = "landline" if number in self.world.landlines else habits.line_types.get(number, "mobile")
        return JSONResponse(shapes.lookup_json(number, wanted, line, day, habits.new_hands.get(number)))

    async def _prices(self, request: Request, account: Account) -> Response:
        del account
        country = request.path_params["iso"]
        if len(country) != 2 or not country.isalpha():
            raise Refusal(20404, request.url.path)
        return JSONResponse(shapes.price_json(country.upper(), self.base_url))


def _service_of(request: Request, account: Account) -> Service:
    service = account.services.get(request.path_params["sid"])
    if service is None:
        raise Refusal(20404, request.url.path)
    return service


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _in_dates(query: list[tuple[str, str]], sent_at: datetime | None) -> bool:
    """`DateSent`, `DateSent>` (at or after) and `DateSent<` (at or before), by day or instant. Unsent: never."""
    for name, value in query:
        if not name.startswith("DateSent"):
            continue
        start, end = _span(value)
        if sent_at is None:
            return False
        if name in {"DateSent", "DateSent>"} and sent_at < start:
            return False
        if name in {"DateSent", "DateSent<"} and sent_at > end:
            return False
    return True


def _span(value: str) -> tuple[datetime, datetime]:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise Refusal(20001, "DateSent") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at, at) if "T" in value else (at, at + timedelta(days=1) - timedelta(microseconds=1))


def _cut(request: Request, rows: list[dict[str, object]]) -> tuple[list[dict[str, object]], int, int, str | None]:
    """One page: rows, page number, page size, and the query of the next page.

    The token names the last row seen, so that new rows do not shift a page under the reader.
    """
    query = dict(request.query_params)
    size = max(1, min(_PAGE_LIMIT, int(query.get("PageSize", _PAGE))))
    number = int(query.get("Page", 0))
    start = 0
    if token := query.get("PageToken"):
        start = next((i + 1 for i, row in enumerate(rows) if row["sid"] == token.removeprefix("PA")), len(rows))
    page = rows[start : start + size]
    more = None
    if start + size < len(rows):
        more = urlencode({**query, "PageSize": size, "Page": number + 1, "PageToken": f"PA{page[-1]['sid']}"})
    return page, number, size, more


def _page_2010(request: Request, rows: list[dict[str, object]], key: str) -> dict[str, object]:
    page, number, size, more = _cut(request, rows)
    path, query = request.url.path, {**request.query_params, "PageSize": str(size)}
    first = {name: value for name, value in query.items() if name != "PageToken"}
    return {
        "end": number * size + len(page) - 1 if page else 0,
        "first_page_uri": f"{path}?{urlencode({**first, 'Page': 0})}",
        "next_page_uri": f"{path}?{more}" if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": None,
        "start": number * size if page else 0,
        "uri": f"{path}?{urlencode({**query, 'Page': number})}",
        key: page,
    }


def _page_v1(request: Request, rows: list[dict[str, object]], key: str, origin: str) -> dict[str, object]:
    page, number, size, more = _cut(request, rows)
    url = f"{origin}{request.url.path}"
    return {
        "meta": {
            "page": number,
            "page_size": size,
            "first_page_url": f"{url}?PageSize={size}&Page=0",
            "previous_page_url": None,
            "next_page_url": f"{url}?{more}" if more else None,
            "key": key,
            "url": f"{url}?PageSize={size}&Page={number}",
        },
        key: page,
    }
