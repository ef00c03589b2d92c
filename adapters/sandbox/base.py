"""What the four stand-ins share: serving on loopback, a request log, and a door for faults.

A twin plays the provider's side of the wire. It imports none of Duebird's engine, so that a shared mistake cannot
hide. All its state changes happen on one event loop, so a handler needs no locks as long as it does not await
between reading and writing its state.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar, Literal, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTROL = "/_sandbox"  # everything under it is ours; the rest is the provider's
REQUESTS_KEPT = 200_000  # a bench of 2,000 invoices makes some 20,000 calls; ten of them fit

FaultAction = Literal["status", "drop_before", "drop_after", "delay_before", "delay_after", "hold_before", "garbage"]


@dataclass
class Fault:
    """One rule of the fault door: what happens to the next `times` requests that match, after `skip` of them.

    `drop_before` closes the connection without acting; `drop_after` acts, then closes it without an answer;
    `delay_after` acts, then answers late; `hold_before` acts once the faults are cleared, at the latest after
    `seconds`; `status` answers `status` with `body` without acting; `garbage` answers 200 with HTML, as a captive
    portal does.
    """

    action: FaultAction
    method: str = ".*"
    path: str = ".*"
    times: int = 1
    skip: int = 0
    status: int = 500
    seconds: float = 0.0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    hits: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is one of its own; counts it."""
        if self.times <= 0 or not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        self.hits += 1
        return True


@dataclass
class SeenRequest:
    """One request as it reached the twin, with the answer's status (0: the connection was dropped)."""

    at: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int = 0


Watch = Callable[[SeenRequest], None]


class TwinClock:
    """The twin's own time: the machine's, moved by an offset that tests may set."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


class Twin(ABC):
    """A stateful stand-in for one provider. Subclasses give `name`, `provider_routes` and `control_routes`."""

    name: ClassVar[str]

    def __init__(self, clock: TwinClock | None = None) -> None:
        self.clock = clock or TwinClock()
        self.faults: list[Fault] = []
        self.requests: deque[SeenRequest] = deque(maxlen=REQUESTS_KEPT)
        self.base_url = ""  # set when served
        self.watch: Watch | None = None  # sees each request before it is acted upon

    @abstractmethod
    def provider_routes(self) -> list[Route]:
        """What the provider answers to."""

    def control_routes(self) -> list[Route]:
        """Routes below `/_sandbox` that play people: issue an invoice, pay, reply STOP, read the records."""
        return []

    def response_headers(self, request: SeenRequest) -> dict[str, str]:
        """Headers the provider puts on every answer."""
        del request
        return {}

    def app(self) -> App:
        routes = [
            *self.control_routes(),
            Route(f"{CONTROL}/requests", self._requests, methods=["GET", "DELETE"]),
            Route(f"{CONTROL}/faults", self._faults, methods=["GET", "POST", "DELETE"]),
            Route(f"{CONTROL}/clock", self._clock, methods=["GET", "POST"]),
            *self.provider_routes(),
        ]
        return _Door(self, Starlette(routes=routes))

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.requests.clear()
            return JSONResponse({"requests": []})
        return JSONResponse({"requests": [asdict(seen) for seen in self.requests]})

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            self.faults.append(Fault(**await request.json()))
        elif request.method == "DELETE":
            self.faults.clear()
        return JSONResponse({"faults": [asdict(fault) for fault in self.faults]})

    async def _clock(self, request: Request) -> Response:
        if request.method == "POST":
            self.clock.offset = timedelta(seconds=(await request.json())["offset_seconds"])
        return JSONResponse({"now": self.clock.now().isoformat()})


class _Door:
    """Outermost ASGI layer: logs provider requests and lets the fault door act on them."""

    def __init__(self, twin: Twin, inner: App) -> None:
        self._twin = twin
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._inner(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return  # no service acts on half a request
        seen = SeenRequest(
            at=self._twin.clock.now().isoformat(),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode(),
            headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            body=body.decode("utf-8", "replace"),
        )
        self._twin.requests.append(seen)
        if self._twin.watch is not None:
            self._twin.watch(seen)
        fault = next((f for f in self._twin.faults if f.takes(seen.method, seen.path)), None)
        await self._answer(seen, fault, scope, _replay(body), send)

    async def _answer(self, seen: SeenRequest, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        action = fault.action if fault else None
        if fault and action == "drop_before":
            _close(send)
            return
        if fault and action == "delay_before":
            await asyncio.sleep(fault.seconds)
        if fault and action == "hold_before":
            await self._held(fault)
        if fault and action in {"status", "garbage"}:
            response = (
                Response("<html>Welcome to the hotel</html>", media_type="text/html")
                if action == "garbage"
                else Response(fault.body, fault.status, fault.headers)
            )
            seen.status = response.status_code
            await response(scope, receive, send)
            return

        held: list[MutableMapping[str, Any]] = []

        async def hold(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                extra = {
                    "date": format_datetime(self._twin.clock.now(), usegmt=True),
                    **self._twin.response_headers(seen),
                }
                message["headers"] = [
                    *message.get("headers", []),
                    *((k.encode(), v.encode()) for k, v in extra.items()),
                ]
            held.append(message)

        await self._inner(scope, receive, hold)
        if fault and action == "drop_after":
            seen.status = 0
            _close(send)
            return
        if fault and action == "delay_after":
            await asyncio.sleep(fault.seconds)
        for message in held:
            await send(message)

    async def _held(self, fault: Fault) -> None:
        deadline = time.monotonic() + fault.seconds
        while any(one is fault for one in self._twin.faults) and time.monotonic() < deadline:  # noqa: ASYNC110  faults are a plain list, changed from any thread
            await asyncio.sleep(0.01)


def _close(send: Send) -> None:
    """Close the connection without an answer. ASGI has no word for it; uvicorn's `send` knows its transport."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body; None where the caller was gone before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class Served:
    """A twin answering on a loopback port from a thread of its own, until `stop`."""

    def __init__(self, twin: Twin, port: int = 0) -> None:
        self.twin = twin
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # asyncio sets TCP_NODELAY only so
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        twin.base_url = self.base_url
        config = uvicorn.Config(
            twin.app(), log_level="critical", access_log=False, lifespan="off", date_header=False, timeout_keep_alive=60
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name=f"sandbox-{twin.name}", daemon=True
        )

    def start(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 10  # a server that needs longer than this to bind is broken
        while not self._server.started:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the {self.twin.name} stand-in did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON with Decimals written as numbers of exactly their digits."""
    try:
        text = json.dumps(value, default=_plain, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a character, which services write as an escape
        text = json.dumps(value, default=_plain).encode()
    return Response(text, status, headers, media_type="application/json")


def _plain(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
