"""Twilio's client with our manners: time-outs, one attempt, no redirects, metered, quiet, errors told apart here.

The SDK alone waits for ever, logs bodies and numbers, reads credentials from the environment, loses the headers of
a refusal and raises other classes from `list` than from `create`. So every answer that is not a readable success is
turned into one of our errors before the SDK sees it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from adapters.transport import MeteredSession, never_sent, retry_after
from adapters.twilio.codes import because, explain, is_known
from adapters.twilio.settings import TwilioSettings
from adapters.twilio.translate import without_numbers
from connector.errors import (
    Bug,
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.calls import Wire

SERVICE: Final = "twilio"

# Without a Retry-After: the limit is on requests under way at once, which ends within seconds. A header that asks
# for more than an hour is not believed: a company must not fall silent for a day over one odd answer.
_PAUSE: Final = timedelta(seconds=10)
_LONGEST_PAUSE: Final = timedelta(hours=1)

# Routers and load balancers forget a quiet connection after one to six minutes; a text sent into such a one would
# get no answer and be in doubt. A new connection costs a tenth of a second.
_QUIET: Final = 30.0

_CREDENTIALS: Final = frozenset((20003, 20008))  # wrong or suspended; test credentials where live ones are needed
_TOO_MANY: Final = 20429
_QUEUE_FULL: Final = 21611  # refused for now, not for good

_LOOK = "Nothing was repeated. Whether it went out shows in the Twilio Console under Monitor > Logs > Messaging."
_SIGN_IN = (
    "No text was sent. Check account_sid and the API key or auth token in the settings against the Twilio Console "
    "(Account > API keys & tokens), and that the account is not suspended."
)


class Transport(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """What the SDK sends requests through. Raises our errors, as `connector.ports` asks of an adapter."""

    def __init__(self, wire: Wire, origins: frozenset[str]) -> None:
        super().__init__(pool_connections=False, timeout=wire.read_timeout)
        self._wire = wire
        self._origins = origins
        self._local = threading.local()

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,  # noqa: FBT001, FBT002  the SDK's signature
    ) -> Response:
        """Make one call and hand back a success whose body is JSON; anything else is raised as one of our errors."""
        del timeout, allow_redirects  # ours are set for every call
        writes = method.upper() != "GET"
        if _origin(url) not in self._origins:  # a page may name the next one's address: credentials stay at home
            raise Bug("A list at Twilio continued at a foreign address. It was not followed.", service=SERVICE)
        try:
            answer = self._session().request(method.upper(), url, params=params, data=data, headers=headers, auth=auth)
        except requests.RequestException as error:
            raise lost(error, writes=writes) from error
        if not answer.ok or answer.is_redirect or not _is_json(answer.text):
            raise self._refusal(answer, writes=writes)
        return Response(answer.status_code, answer.text, answer.headers)

    def _session(self) -> MeteredSession:
        """This thread's own session, on fresh connections where it has been quiet."""
        now = self._wire.clock.elapsed()
        session: MeteredSession | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = MeteredSession(self._wire, SERVICE)
        elif now - self._local.used_at > _QUIET:
            session.close()
        self._local.used_at = now
        return session

    def _refusal(self, answer: requests.Response, *, writes: bool) -> DuebirdError:
        error = refused(answer.status_code, answer.headers, answer.text, writes=writes)
        if isinstance(error, Throttled):
            wait = error.retry_after or _PAUSE
            self._wire.meter.pause(SERVICE, self._wire.clock.now() + wait)
        return error


def connect(settings: TwilioSettings, username: str, password: str, wire: Wire) -> Client:
    """The SDK's client for one company's account. Makes no call."""
    bases = {
        "api": settings.base_url or "https://api.twilio.com",
        "messaging": settings.messaging_base_url or settings.base_url or "https://messaging.twilio.com",
        "lookups": settings.lookups_base_url or settings.base_url or "https://lookups.twilio.com",
        "pricing": settings.pricing_base_url or settings.base_url or "https://pricing.twilio.com",
    }
    client = Client(
        username,
        password,
        account_sid=settings.account_sid,
        http_client=Transport(wire, frozenset(_origin(base) for base in bases.values())),
        environment={"read": "nothing"},  # an empty mapping would mean os.environ
    )
    for domain, base in bases.items():
        getattr(client, domain).base_url = base
    return client


def lost(error: requests.RequestException, *, writes: bool) -> DuebirdError:
    """No answer came: certainly not sent, or unknown."""
    kind = type(error).__name__
    if never_sent(error):
        return Transient(
            f"Twilio could not be reached ({kind}); nothing was sent.",
            service=SERVICE,
            advice="It is tried again by itself. If it lasts, check this machine's internet connection.",
        )
    if not writes:
        return Transient(f"Twilio did not answer a question ({kind}); nothing was changed.", service=SERVICE)
    return Uncertain(
        f"Twilio's answer to a text was lost ({kind}), so the text may have gone out.", service=SERVICE, advice=_LOOK
    )


def refused(status: int, headers: Mapping[str, str], text: str, *, writes: bool) -> DuebirdError:
    """Our error for an answer that is no success. Twilio's own code decides, then the HTTP status."""
    body = _mapping(text)
    code = _code(body)
    label = str(code or status)
    if status == requests.codes.too_many_requests or code == _TOO_MANY:
        after = retry_after(headers)
        return Throttled(
            "Twilio asked for a pause; nothing was sent.",
            service=SERVICE,
            code=label,
            retry_after=min(after, _LONGEST_PAUSE) if after is not None else None,
        )
    if status >= requests.codes.server_error or status < requests.codes.bad_request or body is None:
        return _unknown(status, label, writes=writes)
    denied = status in {requests.codes.unauthorized, requests.codes.forbidden} and not is_known(code)
    if denied or code in _CREDENTIALS:
        return NeedsReauthorisation("Twilio refused the credentials.", service=SERVICE, code=label, advice=_SIGN_IN)
    return _no(status, code, body, writes=writes)


def _no(status: int, code: int | None, body: Mapping[str, Any], *, writes: bool) -> DuebirdError:
    """A refusal of this one request, in Twilio's own words where the table has none for the code."""
    label = str(code or status)
    advice = explain(code)
    if code == _QUEUE_FULL:
        return Transient(f"{advice.meaning} Nothing was sent.", service=SERVICE, code=label)
    if status == requests.codes.not_found and not writes:
        return Rejected(
            "Twilio does not have what was asked for.", because=RejectedBecause.NOT_FOUND, service=SERVICE, code=label
        )
    words = str(body.get("message") or body.get("detail") or "no reason given.")
    meaning = advice.meaning if is_known(code) else f"{without_numbers(words).rstrip('.')}."
    return Rejected(
        f"Twilio refused the text: {meaning} Nothing was sent." if writes else f"Twilio refused a question: {meaning}",
        because=because(code),
        service=SERVICE,
        code=label,
        advice=advice.todo if code else "",
    )


def unreadable(*, writes: bool) -> DuebirdError:
    """A success that is not of the documented shape."""
    return _unknown(requests.codes.ok, "unreadable", writes=writes)


def _unknown(status: int, label: str, *, writes: bool) -> DuebirdError:
    """A server error, or an answer that is not Twilio's (a proxy's page, a hotel's portal)."""
    if writes:
        return Uncertain(
            f"Twilio's answer to a text could not be understood (HTTP {status}), so the text may have gone out.",
            service=SERVICE,
            code=label,
            advice=_LOOK,
        )
    return Transient(
        f"Twilio's answer to a question could not be understood (HTTP {status}); nothing was changed.",
        service=SERVICE,
        code=label,
        advice="See https://status.twilio.com if it lasts.",
    )


def _code(body: Mapping[str, Any] | None) -> int | None:
    value = (body or {}).get("code")
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None


def _mapping(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _is_json(text: str) -> bool:
    return _mapping(text) is not None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
