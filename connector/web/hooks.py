"""POST /hooks/COMPANY/SERVICE: the app that takes webhooks. Everything else is 404, and every refusal is empty.

Refusals: 401 signature, 404 no such door, 408 body too slow, 413 body too long, 429 too many bad requests from there,
431 too many headers, 503 not durable (the service tries again). Never a 5xx for what a stranger sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.incoming import MOST_BYTES, Forged, Heard, Incoming
from connector.ports.calls import Clock
from connector.web.doors import Doors, OpenDoor
from connector.web.intake import Intake, Nudges, Paced, Wanted
from connector.web.listener import HEAD_BYTES
from connector.web.noise import Noise

log = logging.getLogger(__name__)

HEADERS: Final = 64  # a proxy adds some ten to the services' fifteen
# A body a little too long is read to its end and thrown away, so that its sender hears why; a huge one is cut off.
DRAINED: Final = 8 * MOST_BYTES
BODY_WITHIN: Final = 5.0  # seconds
# Intuit gives 3 s, Xero 5, Stripe and Twilio more. A body that is there is answered well inside the shortest.
DURABLE_WITHIN: Final = 2.0
WRITERS: Final = 2  # threads; the database has one writer anyway
WAITING: Final = 100  # facts waiting for a slow database; more are sent back to try again


class Hooks:
    """The doors, and what stands behind them. `doors` is replaced whole when the settings are read again."""

    def __init__(self, doors: Doors, intake: Intake, nudges: Nudges, clock: Clock) -> None:
        self.doors = doors
        self._intake, self._nudges, self._clock = intake, nudges, clock
        self._paced = Paced(nudges.look, clock.elapsed)
        self._noise = Noise(clock.elapsed)
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="web-writer")
        self._waiting = 0

    def app(self) -> Starlette:
        """The app."""
        made = Starlette(
            routes=[Route("/hooks/{company}/{door:path}", self._post, methods=["POST"])],
            exception_handlers={404: self._nothing_here, 405: self._nothing_here},
        )
        made.router.redirect_slashes = False
        return made

    def close(self) -> None:
        """End the threads, after what they have in hand."""
        self._writers.shutdown(wait=True)

    async def _nothing_here(self, request: Request, error: Exception) -> Response:
        del error
        return self._bad(request, 404)

    async def _post(self, request: Request) -> Response:
        try:
            door, heard = await self._genuine(request)
        except _Refused as refused:
            return self._bad(request, refused.status, str(refused))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Exception as error:  # noqa: BLE001  a stranger's bytes must not look like our failure
            log.error("a webhook could not be read: %s", type(error).__name__)  # noqa: TRY400  a trace quotes bodies
            return self._bad(request, 400)
        try:
            await self._durable(door, heard)
        except Exception as error:  # noqa: BLE001  whatever kept it from being durable: the service has to try again
            log.error("%s: a webhook could not be stored: %s", door, type(error).__name__)  # noqa: TRY400  as above
            return Response(status_code=503)
        return Response(heard.answer, media_type="text/xml") if heard.answer else Response()

    async def _genuine(self, request: Request) -> tuple[OpenDoor, Heard]:
        """What a request says, once its signature fits.

        Raises:
            _Refused: with the status to answer.
        """
        door = self.doors.get((request.path_params["company"], request.path_params["door"]))
        if door is None:
            raise _Refused(404)
        raw = request.headers.raw
        if len(raw) > HEADERS or sum(len(name) + len(value) for name, value in raw) > HEAD_BYTES:
            raise _Refused(431)
        try:
            async with asyncio.timeout(BODY_WITHIN):
                body = await _body(request)
        except TimeoutError:
            raise _Refused(408) from None
        try:
            return door, door.read(self._incoming(request, door, body), door.secret, door.settings)
        except Forged as forged:
            raise _Refused(401, f"{door}: a request was refused: {forged}") from None

    def _incoming(self, request: Request, door: OpenDoor, body: bytes) -> Incoming:
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        query = request.url.query
        return Incoming(f"{door.url}?{query}" if query else door.url, headers, body, self._clock.now())

    async def _durable(self, door: OpenDoor, heard: Heard) -> None:
        """Store it, in a thread; the daemon is nudged when that is done, however late.

        Raises:
            Exception: it is not stored within two seconds. Should it be later, the service's next try is a repeat.
        """
        if heard == Heard(answer=heard.answer):
            return
        if self._waiting >= WAITING:
            raise TimeoutError
        loop = asyncio.get_running_loop()
        self._waiting += 1
        stored = self._writers.submit(partial(self._intake.take, door, heard, self.doors, self._clock.now()))
        stored.add_done_callback(partial(self._soon, loop))
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(stored)), DURABLE_WITHIN)

    def _soon(self, loop: asyncio.AbstractEventLoop, stored: Future[Wanted]) -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended: what is stored waits
            loop.call_soon_threadsafe(self._stored, stored)

    def _stored(self, stored: Future[Wanted]) -> None:
        self._waiting -= 1
        if stored.exception() is None:
            self._nudge(stored.result())

    def _nudge(self, wanted: Wanted) -> None:
        loop = asyncio.get_running_loop()
        for company in wanted.work:
            self._nudges.work(company)
        for company in wanted.look:
            self._paced.look(company, loop.call_later)

    def _bad(self, request: Request, status: int, words: str = "") -> Response:
        if self._noise.too_much(request.client.host if request.client else ""):
            return Response(status_code=429)
        if words:
            log.warning("%s", words)
        return Response(status_code=status)


class _Refused(Exception):
    """A request that is turned away. Its words are for the log."""

    def __init__(self, status: int, words: str = "") -> None:
        super().__init__(words)
        self.status = status


async def _body(request: Request) -> bytes:
    """The whole body.

    Raises:
        _Refused: it is too long.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > DRAINED:
            break
        if size <= MOST_BYTES:
            parts.append(part)
    if size > MOST_BYTES:
        raise _Refused(413)
    return b"".join(parts)
