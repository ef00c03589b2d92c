"""Shared manners of every outside call: time-outs, budget, no redirects, the one retry policy, classification.

Heavy (it imports requests): adapters import it where they build their client, not at the top of their settings.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
import tenacity

from adapters.connections import TimedAdapter, watched
from connector.errors import Throttled, Transient
from connector.ports.calls import CallKind, CallSeen, Patience, Wire

T = TypeVar("T")

READ_ATTEMPTS = 3  # a blip lasts seconds; what three tries over some four seconds cannot mend waits for the next cycle
READ_WAIT = tenacity.wait_random_exponential(multiplier=0.5, max=3.0)


class MeteredSession(requests.Session):
    """A session with our time-outs, no redirects, no hidden retries, and every call counted.

    One per thread: requests does not promise that a session may be shared.
    """

    def __init__(self, wire: Wire, service: str, kind_of: Callable[[str, str], CallKind] | None = None) -> None:
        super().__init__()
        self._wire = wire
        self._service = service
        self._kind_of = kind_of or _kind_by_method
        self.trust_env = True  # proxies and the machine's own certificate bundle
        self.mount("https://", TimedAdapter())
        self.mount("http://", TimedAdapter())

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Make one call; raises what requests raises.

        Raises:
            Throttled: the budget says no; the call was not made.
            Transient: it is a write whose time to leave has passed; nothing was sent.
        """
        verb = method.decode() if isinstance(method, bytes) else method
        address = url.decode() if isinstance(url, bytes) else url
        kind = self._kind_of(verb.upper(), address)
        kwargs["timeout"] = (self._wire.connect_timeout, self._wire.read_timeout)
        kwargs["allow_redirects"] = False  # a redirect would turn a POST into a GET, or carry a token elsewhere
        self._wire.meter.before(self._service, kind)
        try:
            with self._wire.lane, watched(self._wire, self._service, kind):
                response = super().request(method, url, *args, **kwargs)
        except requests.RequestException:
            self._wire.meter.after(CallSeen(self._service, kind, None))
            raise
        self._wire.meter.after(
            CallSeen(
                self._service,
                kind,
                response.status_code,
                server_time(response.headers),
                _int(response.headers.get("X-DayLimit-Remaining")),
            )
        )
        return response


def never_sent(error: BaseException) -> bool:
    """Whether a failed call certainly did not reach the service: no connection was ever made, or none was trusted.

    Walks the causes, because requests wraps urllib3's error. A read time-out or a reset is *not* such a case.
    """
    from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

    seen: set[int] = set()
    queue: list[BaseException] = [error]
    while queue:
        one = queue.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (requests.ConnectTimeout, ConnectTimeoutError, NewConnectionError, NameResolutionError)):
            return True
        if isinstance(one, ssl.SSLCertVerificationError):  # the handshake ended before the request was written
            return True
        queue += [
            inner
            for inner in (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
            if isinstance(inner, BaseException)
        ]
    return False


def patiently(read: Callable[[], T], sleep: Callable[[float], None], patience: Patience | None = None) -> T:
    """Run a *read* up to three times. Only `Transient` is repeated, and never what says itself when to come back.

    `Throttled` pauses everything; and a service that is out for minutes is not back in the seconds of three tries.
    With `patience`, which bounds itself, a pause is sat out and the read made anew.
    """
    while True:
        try:
            return _thrice(read, sleep)
        except Throttled as told:
            if patience is None or not patience.sits_out(told):
                raise


def _thrice(read: Callable[[], T], sleep: Callable[[float], None]) -> T:
    for attempt in tenacity.Retrying(
        retry=tenacity.retry_if_exception(_may_pass_soon),
        stop=tenacity.stop_after_attempt(READ_ATTEMPTS),
        wait=READ_WAIT,
        sleep=sleep,
        reraise=True,
    ):
        with attempt:
            return read()
    raise AssertionError("tenacity either returns or raises")


def _may_pass_soon(error: BaseException) -> bool:
    return isinstance(error, Transient) and not isinstance(error, Throttled) and error.retry_after is None


def is_web_page(text: str) -> bool:
    """Whether a body is a page for people: of a firewall, a hotel's sign-in, a proxy. No API of ours answers so."""
    start = text[:200].lstrip().lower()
    return start.startswith("<!doctype html") or "<html" in start


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The service's own clock from the Date header, None where it is missing or unreadable."""
    try:
        return parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The Retry-After header in its seconds form, None where there is none (the date form is not used by ours)."""
    seconds = _int(headers.get("Retry-After"))
    return timedelta(seconds=seconds) if seconds is not None else None


def _int(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None


def _kind_by_method(method: str, url: str) -> CallKind:
    del url
    return CallKind.READ if method in {"GET", "HEAD"} else CallKind.WRITE
