"""An HTTP server in a thread of its own, with a bound on everything a stranger could make grow."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from connector.errors import ConfigProblem

App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]

AT_ONCE: Final = 64  # requests; a busy day of one company brings some ten a minute
CONNECTIONS: Final = 2 * AT_ONCE  # more are dropped unread; each holds 64 kB at most
LIFE: Final = 10.0  # seconds of a connection, whatever happens on it: the services give up after 3 to 15
# Request line and headers; the longest genuine ones have 2 kB. The server stops reading there, give or take what came
# in one piece; the app counts again.
HEAD_BYTES: Final = 16_384
STOPPING: Final = 4.0  # seconds for requests in hand, above the 2.5 s one may take
JOINING: Final = 10.0  # seconds; a server that does not end by then is left to die with the process


class Impatient(H11Protocol):
    """One request a connection, and ten seconds for it: a line held open costs the one who holds it more than us."""

    _ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent has it
        """Start the clock of the connection."""
        if len(self.connections) >= CONNECTIONS:
            transport.abort()
        super().connection_made(transport)
        self._ending = self.loop.call_later(LIFE, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop it."""
        if self._ending is not None:
            self._ending.cancel()
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Listener:
    """Serves an app on one address from `start` to `stop`."""

    def __init__(self, app: App, host: str, port: int, setting: str) -> None:
        """Take the address; port 0 is any free one. `setting` is where the address comes from, for messages.

        Raises:
            ConfigProblem: it cannot be had.
        """
        self._socket = _bound(host, port, setting)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            cast("Any", app),
            http=Impatient,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,  # our own handlers mask what must not be logged
            log_level="critical",
            access_log=False,
            proxy_headers=False,  # anybody can write X-Forwarded-For
            server_header=False,
            date_header=False,
            headers=[("connection", "close")],
            limit_concurrency=AT_ONCE,
            backlog=CONNECTIONS,
            h11_max_incomplete_event_size=HEAD_BYTES,
            timeout_graceful_shutdown=int(STOPPING),
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name=f"web-{setting}", daemon=True
        )

    def start(self) -> None:
        """Serve; returns once it answers."""
        self._thread.start()
        self._server.ready.wait(JOINING)

    def stop(self) -> None:
        """Take no more requests, finish those in hand, let go of the address."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(JOINING)
        self._socket.close()


def _bound(host: str, port: int, setting: str) -> socket.socket:
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only on sockets that name their protocol
        made = socket.socket(family, kind, socket.IPPROTO_TCP)
    except OSError as error:
        raise _cannot(f"{host}:{port}", setting, error) from error
    try:
        if os.name == "posix":  # elsewhere it would let two programs have one address
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
        made.listen(CONNECTIONS)  # now, so that an address that is taken is told now
    except OSError as error:
        made.close()
        raise _cannot(f"{host}:{port}", setting, error) from error
    return made


def _cannot(address: str, setting: str, error: OSError) -> ConfigProblem:
    return ConfigProblem(
        f"Duebird cannot listen on {address} (daemon.{setting}): {error.strerror or type(error).__name__}. "
        "Nothing was started.",
        advice="Close the program that uses it, choose another port, or remove the setting: nothing is lost without.",
    )
