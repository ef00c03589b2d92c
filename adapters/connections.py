"""Connections that look at the time: before the first byte of a write leaves, and while an answer comes.

Goes in below requests and urllib3. Above them nobody knows how long a call waits for its line; and their time-outs are
for each read, which one byte every 29 seconds satisfies.
"""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from socket import socket
from typing import TYPE_CHECKING, Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from connector.ports.calls import CallKind, Wire

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A page of a thousand invoices is three megabytes: two minutes on a line of 25 kB/s. A write's answer is a few
# kilobytes, and what a lease is good for counts on its end (`connector.domain.lease.CALL`): it gets no more than one.
READS: Final = 4


@dataclass(frozen=True, slots=True)
class _Call:
    """The call that this thread makes now. `ends_at`: of `time.monotonic`, when the whole answer must be there."""

    ends_at: float
    look: Callable[[], None]  # raises where it is too late to leave


_current: ContextVar[_Call | None] = ContextVar("_current", default=None)


@contextmanager
def watched(wire: Wire, service: str, kind: CallKind) -> Iterator[None]:
    """One call of this thread: a write must leave in time, and an answer be there as a whole in time.

    A write's answer has the wire's `read_timeout`, a read's `READS` times as long; after that the libraries' own read
    time-out is raised.

    Raises:
        Transient: a write whose time to leave has passed; nothing was sent.
    """
    writes = kind is CallKind.WRITE

    def look() -> None:
        if writes:
            wire.cut_off.look(service)

    look()  # the lane may have been busy for long: then not even a connection is needed
    mark = _current.set(_Call(time.monotonic() + wire.read_timeout * (1 if writes else READS), look))
    try:
        yield
    finally:
        _current.reset(mark)


class _Timed(io.RawIOBase):
    """A socket's reading side that gives up when the whole has taken too long."""

    def __init__(self, sock: socket, raw: io.RawIOBase, ends_at: float) -> None:
        self._sock = sock
        self._raw = raw
        self._ends_at = ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        usual = self._sock.gettimeout()
        self._sock.settimeout(left if usual is None else min(usual, left))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(usual)  # the connection may be used again

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        call = _current.get()
        if call is not None:
            self.fp = io.BufferedReader(_Timed(sock, self.fp.detach(), call.ends_at))


class _Connection(HTTPConnection):
    response_class = _Response

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Write a request, if its time to leave has not passed while the connection was made."""
        if self.sock is None:
            self.connect()
        call = _current.get()
        if call is not None:
            call.look()
        super().request(*args, **kwargs)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


# For urllib3's `PoolManager.pool_classes_by_scheme`.
POOLS: Final = {"http": _Pool, "https": _SecurePool}


class TimedAdapter(HTTPAdapter):
    """For a session of requests; repeats nothing by itself."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools whose connections watch the time."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Likewise through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager
