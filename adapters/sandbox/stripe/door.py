"""Who may come in, and what a repeat gets: keys, permissions, idempotency, error answers."""

from __future__ import annotations

import base64
import json

from starlette.requests import Request
from starlette.responses import Response

from adapters.sandbox.stripe.api import Endpoint, endpoint_for
from adapters.sandbox.stripe.forms import Obj, StripeProblem, parse_form
from adapters.sandbox.stripe.lists import Call, expanded
from adapters.sandbox.stripe.world import API_VERSION, KEYS_KEPT, Books, Key, Saved, World


def _answer(status: int, body: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, {"Stripe-Version": API_VERSION, **(headers or {})}, media_type="application/json")


def _dumps(value: Obj) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _masked(secret: str) -> str:
    return f"{secret[:8]}{'*' * max(0, len(secret) - 12)}{secret[-4:]}"


def key_of(world: World, request: Request) -> Key:
    """The key of a request, or the 401 it gets (https://docs.stripe.com/api/authentication)."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        value = base64.b64decode(value).decode().partition(":")[0]
    if not value:
        raise StripeProblem(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    key = world.keys.get(value)
    if key is None or key.state == "revoked":
        raise StripeProblem(401, f"Invalid API Key provided: {_masked(value)}")
    if key.state == "expired":
        raise StripeProblem(401, f"Expired API Key provided: {_masked(value)}", code="api_key_expired")
    return key


def _admit(key: Key, endpoint: Endpoint) -> None:
    for permission in endpoint.permissions:
        if not key.may(permission):
            raise StripeProblem(
                403,
                f"The provided key '{_masked(key.secret)}' does not have the required permissions for this endpoint on "
                f"account '{key.account_id}'. Having the 'rak_{permission}' permission would allow this request to "
                "continue.",
            )


def _place(method: str, path: str) -> tuple[Endpoint, str]:
    matched = endpoint_for(method, path)
    if matched is None:
        raise StripeProblem(
            404,
            f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
            "https://support.stripe.com/.",
        )
    return matched


async def handle(world: World, base_url: str, request: Request) -> Response:
    """Answer one request below /v1."""
    world.catch_up()
    method, path = request.method, request.url.path
    body = (await request.body()).decode()
    try:
        key = key_of(world, request)
        account = world.accounts[key.account_id]
        books = account.in_mode(live=key.live)
        if method == "GET":
            books.reads += 1
        else:
            books.writes += 1
        endpoint, arg = _place(method, path)
        _admit(key, endpoint)
        call = Call(world, account, books, arg, {}, base_url, path)
        text = request.url.query if method == "GET" else body
        if method != "POST":
            call.params = parse_form(text)
            return _answer(200, _dumps(expanded(call, endpoint.act(call))))
        return await _post(call, endpoint, text, request.headers.get("idempotency-key"))
    except StripeProblem as problem:
        return _answer(problem.status, _dumps(problem.body()))


async def _post(call: Call, endpoint: Endpoint, text: str, idempotency_key: str | None) -> Response:
    """A write: at most once a key (https://docs.stripe.com/api/idempotent_requests)."""
    echo = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    wanted = ("POST", call.path, text)
    saved = _first_use(call, idempotency_key, wanted)
    if saved is not None:
        return _answer(saved.status, saved.body, {**echo, "Original-Request": "req_1", "Idempotent-Replayed": "true"})
    mine = Saved(wanted, call.world.clock.now())
    if idempotency_key:
        call.books.saved[idempotency_key] = mine
    await call.world.go_on.wait()
    keep, status, body = _carry_out(call, endpoint, text)
    mine.running, mine.status, mine.body = False, status, body
    if idempotency_key and not keep:
        del call.books.saved[idempotency_key]
    return _answer(status, body, echo)


def _first_use(call: Call, key: str | None, wanted: tuple[str, str, str]) -> Saved | None:
    """The stored result of that key, None when the key is new or forgotten."""
    if not key:
        return None
    if len(key) > 255:
        raise StripeProblem(400, "The idempotency key can be at most 255 characters.", kind="idempotency_error")
    saved = call.books.saved.get(key)
    if saved is None or call.world.clock.now() - saved.at >= KEYS_KEPT:
        return None
    if saved.request != wanted:
        same_place = saved.request[:2] == wanted[:2]
        what = "parameters they were first used with" if same_place else "endpoint they were first used with"
        raise StripeProblem(
            400,
            f"Keys for idempotent requests can only be used with the same {what}. Try using a key other than "
            f"'{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    if saved.running:
        raise StripeProblem(
            409,
            "There is currently another in-progress request using this Idempotent Key (that probably means you "
            "submitted twice, and the other request is still going through): "
            f"{key}. Please try again later.",
            code="idempotency_key_in_use",
        )
    return saved


def _carry_out(call: Call, endpoint: Endpoint, text: str) -> tuple[bool, int, str]:
    """Do the work: (whether the result is kept under the key, status, body)."""
    settings = call.world.settings
    broken = settings.fail_writes > 0
    if broken:
        settings.fail_writes -= 1
        if not settings.fail_after_acting:
            return True, 500, _unknown_error()
    try:
        call.params = parse_form(text)
        body = _dumps(expanded(call, endpoint.act(call)))
    except StripeProblem as problem:
        return problem.stored, problem.status, _dumps(problem.body())
    return True, 500 if broken else 200, _unknown_error() if broken else body


def _unknown_error() -> str:
    return _dumps({"error": {"message": "An unknown error occurred", "type": "api_error"}})


def keys_in_use(books: Books) -> list[str]:
    """Idempotency keys whose first request is still being carried out."""
    return [key for key, saved in books.saved.items() if saved.running]
