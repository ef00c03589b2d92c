"""A total time for an answer: the libraries' time-outs are for each read, and one byte every 29 seconds satisfies them.

Goes in below requests and urllib3, where the socket is read, so that headers count as well as the body.
"""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from socket import socket
from typing import TYPE_CHECKING, Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from connector.ports.calls import CallKind

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A page of a thousand invoices is three megabytes: two minutes on a line of 25 kB/s. A write's answer is a few
# kilobytes, and what a lease is good for counts on its end (`connector.domain.lease.CALL`): it gets no more than one.
READS: Final = 4

_ends_at: ContextVar[float | None] = ContextVar("_ends_at", default=None)


@contextmanager
def whole_answer(kind: CallKind, read_timeout: float) -> Iterator[None]:
    """Within it, an answer that is not there as a whole in time raises the libraries' own read time-out.

    Args:
        kind: a write's answer has `read_timeout` seconds, a read's `READS` times as many.
        read_timeout: seconds.
    """
    mark = _ends_at.set(time.monotonic() + read_timeout * (READS if kind is CallKind.READ else 1))
    try:
        yield
    finally:
        _ends_at.reset(mark)


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
        ends_at = _ends_at.get()
        if ends_at is not None:
            self.fp = io.BufferedReader(_Timed(sock, self.fp.detach(), ends_at))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


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
