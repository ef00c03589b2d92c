"""An HTTP server in a thread of its own, with a bound on everything a stranger could make grow."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, cast

import h11
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

# At once; a busy day of one company brings some ten requests a minute, and each is there whole within milliseconds.
# With bodies that is 20 MB at most. For one more, whoever has let us wait longest for the rest of a request is dropped:
# lines held open by a stranger must not shut the services out, nor be answered as if the failure were ours.
CONNECTIONS: Final = 64
BACKLOG: Final = 128  # connections not taken yet
LIFE: Final = 10.0  # seconds of a connection, whatever happens on it: the services give up after 3 to 15
# Request line and headers; the longest genuine ones have 2 kB. The server stops reading there, give or take what came
# in one piece; the app counts again.
HEAD_BYTES: Final = 16_384
STOPPING: Final = 4.0  # seconds for requests in hand, above the 2.5 s one may take
JOINING: Final = 10.0  # seconds; a server that does not end by then is left to die with the process


class Impatient(H11Protocol):
    """One request a connection, and ten seconds for it: a line held open costs the one who holds it more than us."""

    _ending: asyncio.TimerHandle | None = None
    began = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent has it
        """Start the clock of the connection, and make room for it."""
        super().connection_made(transport)
        self.began = self.loop.time()
        self._ending = self.loop.call_later(LIFE, transport.abort)
        held = [one for one in self.connections if isinstance(one, Impatient) and not one.transport.is_closing()]
        if len(held) > CONNECTIONS:
            slowest = min((one for one in held if one.is_incomplete), key=lambda one: one.began)  # self is one
            slowest.transport.abort()

    @property
    def is_incomplete(self) -> bool:
        """Whether we still wait for a part of its request."""
        return self.conn.their_state in {h11.IDLE, h11.SEND_BODY}

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
            backlog=BACKLOG,
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
        made.listen(BACKLOG)  # now, so that an address that is taken is told now
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
