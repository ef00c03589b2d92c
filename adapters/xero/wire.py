"""xero-python 15.2.0 behind a hardened client: time-outs, no retries, no redirects, one token per client.

What the SDK does by itself and must not (read in its source, and run against a local server):
no time-out by default and a float silently ignored; urllib3's `Retry(3)` under GET *and* PUT, so that one lost
answer sends a payment four times; a sleep of up to hours inside the call on 429 with Retry-After; a Configuration
that is one object for the process, with one token in it; models that fail a page of 1,000 for one unknown word.
So: the SDK builds addresses, headers and bodies; this module sends; `adapters.xero.translate` reads.

Heavy (it imports the SDK): imported only where a ledger is built.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.rest import RESTClientObject

from adapters.broken_text import mended, suspect
from adapters.connections import POOLS, watched
from adapters.transport import is_web_page, never_sent, retry_after, server_time
from adapters.xero.translate import problems_in, refusal
from connector.errors import (
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.calls import AccessTokens, CallKind, CallSeen, Wire

SERVICE = "xero"
DEFAULT_BASE_URL = "https://api.xero.com/api.xro/2.0"  # Xero OpenAPI, `servers`

# Five calls at once is the limit of an organisation; such a jam clears in a moment, and no Retry-After comes with it.
# https://developer.xero.com/documentation/guides/oauth2/limits/
CONCURRENT_PAUSE = timedelta(seconds=2)
MINUTE_PAUSE = timedelta(seconds=60)  # a minute window without Retry-After is over by then
DAY_PAUSE = timedelta(hours=1)  # a day window without Retry-After: asking 24 times cannot hurt, hammering can
OFFLINE_PAUSE = timedelta(minutes=5)  # "The Organisation is offline": Xero's own advice
TEXT_SEEN = 200  # characters of an answer that is no JSON: the sentence above has 27, a web page says it in its title

_WHERE_TO_LOOK = (
    "Look at the invoice's payments and the clearing account in Xero before booking it again; "
    "Duebird does so by itself."
)
_CONNECT = "Run `duebird connect` for this company."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, decoded where it is JSON. `json` is None for anything else, and `text` then how it begins."""

    status: int
    headers: Mapping[str, str]
    json: Any
    text: str = ""

    @property
    def rows_of(self) -> Mapping[str, Any]:
        """The envelope, empty where there is none (304)."""
        return self.json if isinstance(self.json, dict) else {}


class _QuietRest(RESTClientObject):  # type: ignore[misc]  # the SDK has no types
    """The SDK's sender with our manners. It hands out urllib3's answer whatever its status; `XeroWire` judges it."""

    def __init__(self, configuration: Any, wire: Wire) -> None:
        super().__init__(configuration)
        self._wire = wire
        self.pool_manager.pool_classes_by_scheme = POOLS

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
        post_params: Any = None,
        _preload_content: bool = True,  # noqa: FBT001, FBT002 -- the SDK's signature
        _request_timeout: Any = None,
    ) -> urllib3.BaseHTTPResponse:
        """Make one call. `body` is JSON text already, so that a Decimal keeps its digits."""
        del post_params, _preload_content, _request_timeout
        kind = CallKind.READ if method == "GET" else CallKind.WRITE
        self._wire.meter.before(SERVICE, kind)
        try:
            with self._wire.lane, watched(self._wire, SERVICE, kind):
                response: urllib3.BaseHTTPResponse = self.pool_manager.request(
                    method,
                    url,
                    fields=query_params if method == "GET" else None,
                    body=body.encode() if isinstance(body, str) else None,
                    headers=headers,
                    timeout=urllib3.Timeout(connect=self._wire.connect_timeout, read=self._wire.read_timeout),
                    retries=False,
                    redirect=False,
                )
        except (HTTPError, OSError):
            self._wire.meter.after(CallSeen(SERVICE, kind, None))
            raise
        left = response.headers.get("X-DayLimit-Remaining", "")
        self._wire.meter.after(
            CallSeen(
                SERVICE,
                kind,
                response.status,
                server_time(response.headers),
                int(left) if left.isdigit() else None,
            )
        )
        return response


class _Client:
    """One SDK client of one thread, with a token of its own that nobody else can reach."""

    def __init__(self, base_url: str, wire: Wire) -> None:
        self.token = ""
        configuration = Configuration()  # a shallow copy of the process's first one...
        configuration.oauth2_token = OAuth2Token()  # ...whose token would otherwise be everybody's
        address = urlsplit(base_url)
        if not proxy_bypass(address.hostname or ""):
            configuration.proxy = getproxies().get(address.scheme)  # the SDK looks at no environment
        configuration.ssl_ca_cert = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
        client = ApiClient(configuration, oauth2_token_getter=self._live_token)
        client.rest_client = _QuietRest(configuration, wire)
        client.set_default_header("Accept-Encoding", "gzip")  # the SDK asks for none; egress is metered
        self.api = AccountingApi(client, base_url=base_url)

    def _live_token(self) -> dict[str, Any]:
        """Without expires_at and refresh_token, so that the SDK never refreshes by itself."""
        return {"access_token": self.token, "token_type": "Bearer", "scope": None, "expires_in": None}


Call = Callable[[Any], Any]  # takes an AccountingApi, returns urllib3's answer


class XeroWire:
    """Calls to one organisation, each one attempt, each ending in an `Answer` or one of our errors."""

    def __init__(self, base_url: str | None, tokens: AccessTokens, wire: Wire) -> None:
        self._base_url = (base_url or DEFAULT_BASE_URL).rstrip("/")
        self._tokens = tokens
        self._wire = wire
        self._local = threading.local()  # the SDK's token object is not safe to share between threads

    def read(self, call: Call) -> Answer:
        """Make a read; 200 with JSON, or 304.

        Raises:
            Transient: no answer, a 5xx, or an answer that is not Xero's (a captive portal).
            Throttled: the organisation's limit; everything for it pauses.
            NeedsReauthorisation: a person must connect again.
            Rejected: NOT_FOUND for a 404, INVALID or another reason for a 400.
        """
        answer = self._send(call, write=False)
        if answer.status == 304:  # noqa: PLR2004 -- "nothing modified"; undocumented, and harmless
            return answer
        if not isinstance(answer.json, dict):
            raise Transient(
                "Xero answered with something that is not JSON; a proxy or a sign-in page may be in between.",
                service=SERVICE,
                code=str(answer.status),
            )
        return answer

    def write(self, call: Call) -> Answer:
        """Make a write, once.

        Raises:
            Uncertain: sent, and no answer that can be trusted.
            Transient: certainly not sent. Throttled, NeedsReauthorisation, Rejected: certainly not done.
        """
        answer = self._send(call, write=True)
        if not isinstance(answer.json, dict):
            raise Uncertain(
                "Xero's answer to a write was not JSON, so it is not known whether it was carried out.",
                service=SERVICE,
                code=str(answer.status),
                advice=_WHERE_TO_LOOK,
            )
        return answer

    def _send(self, call: Call, *, write: bool) -> Answer:
        client = self._client()
        client.token = self._tokens.current()
        answer = self._attempt(client, call, write=write)
        if answer.status == 401 and not is_web_page(answer.text) and _token_expired(answer):  # noqa: PLR2004
            client.token = self._tokens.renewed(client.token)
            answer = self._attempt(client, call, write=write)
        error = self._judge(answer, write=write)
        if error is not None:
            raise error
        return answer

    def _attempt(self, client: _Client, call: Call, *, write: bool) -> Answer:
        try:
            response = call(client.api)
        except (HTTPError, OSError) as error:
            if never_sent(error):
                raise Transient("Xero could not be reached; nothing was sent.", service=SERVICE) from error
            if write:
                raise Uncertain(
                    "The connection to Xero broke after a write was sent, so it is not known whether it was done.",
                    service=SERVICE,
                    advice=_WHERE_TO_LOOK,
                ) from error
            raise Transient("The connection to Xero broke before an answer came.", service=SERVICE) from error
        decoded = _decode(response.data)
        text = "" if decoded is not None else response.data[:TEXT_SEEN].decode("utf-8", "replace")
        return Answer(response.status, response.headers, decoded, text)

    def _client(self) -> _Client:
        client: _Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = _Client(self._base_url, self._wire)
        return client

    def _judge(self, answer: Answer, *, write: bool) -> DuebirdError | None:
        """The error an answer stands for, None when it is a success."""
        status = answer.status
        if 200 <= status < 300 or (status == 304 and not write):  # noqa: PLR2004
            return None
        if status == 429:  # noqa: PLR2004
            return self._throttled(answer)
        # a page for people comes from something in between, and Xero may or may not have been asked
        between = status in {401, 403} and is_web_page(answer.text)
        if 400 <= status < 500 and status != 408 and not between:  # noqa: PLR2004 -- 408 is a time-out, whoever says it
            return _refused(answer, write=write)
        if write:
            return Uncertain(
                f"Xero answered a write with status {status}, so it is not known whether it was carried out.",
                service=SERVICE,
                code=str(status),
                advice=_WHERE_TO_LOOK,
            )
        return _not_available(answer)

    def _throttled(self, answer: Answer) -> Throttled:
        """Pause everything of this organisation until Xero's own time; never sleep here."""
        which = answer.headers.get("X-Rate-Limit-Problem", "").lower()
        usual = {"concurrent": CONCURRENT_PAUSE, "day": DAY_PAUSE}.get(which, MINUTE_PAUSE)
        wait = retry_after(answer.headers) or usual
        until: datetime = self._wire.clock.now() + wait
        self._wire.meter.pause(SERVICE, until)
        return Throttled(
            f"Xero's limit of calls ({which or 'unnamed'}) is reached; nothing was done, and Duebird pauses this "
            f"organisation until {until:%H:%M:%S} UTC.",
            service=SERVICE,
            code=f"429 {which}".strip(),
            retry_after=wait,
        )


def _decode(raw: bytes) -> Any:
    """JSON with exact decimals; None where it is no JSON."""
    try:
        decoded = json.loads(raw, parse_float=Decimal)
    except ValueError:
        return None
    return mended(decoded) if suspect(raw) else decoded


def _missing_scope(answer: Answer) -> bool:
    """Xero's own spelling lacks an i; match both."""
    said = answer.headers.get("WWW-Authenticate", "").lower()
    return "insufficient_scope" in said or "insufficent_scope" in said


def _detail(answer: Answer) -> str:
    return str(answer.rows_of.get("Detail") or "")


def _token_expired(answer: Answer) -> bool:
    """Whether a fresh token may help: not for a missing permission, nor for an organisation that was disconnected."""
    return not _missing_scope(answer) and "AuthenticationUnsuccessful" not in _detail(answer)


def _unauthorised(answer: Answer) -> NeedsReauthorisation:
    code = str(answer.status)
    if _missing_scope(answer):
        return NeedsReauthorisation(
            "The Xero connection lacks a permission (scope) that Duebird needs; nothing was done.",
            service=SERVICE,
            code=f"{code} insufficient_scope",
            advice=f"{_CONNECT} Leave every permission ticked on Xero's page.",
        )
    return NeedsReauthorisation(
        "Xero no longer accepts this connection: the organisation was disconnected, or the user lost access.",
        service=SERVICE,
        code=code,
        advice=_CONNECT,
    )


def _not_available(answer: Answer) -> Transient:
    """A read that Xero, or something before it, did not answer now."""
    status = answer.status
    if status == 503 and "offline" in answer.text.lower():  # noqa: PLR2004
        return Transient(
            "Xero has taken this organisation offline for a while. Nothing was changed.",
            service=SERVICE,
            code="offline",
            advice="Nothing need be done: Duebird asks again in some minutes.",
            retry_after=OFFLINE_PAUSE,
        )
    if status in {401, 403}:
        return Transient(
            f"A web page that says no stands between us and Xero (status {status}). Nothing was changed.",
            service=SERVICE,
            code=str(status),
            advice="Duebird tries again by itself. If it stays so, look at this machine's firewall or proxy.",
        )
    return Transient(f"Xero is not available now (status {status}).", service=SERVICE, code=str(status))


def _refused(answer: Answer, *, write: bool) -> DuebirdError:
    """A 4xx other than 429: certainly not done, but for a key that was used with another request."""
    status = answer.status
    if status == 400:  # noqa: PLR2004
        return refusal(answer.json, write=write)
    if status in {401, 403}:
        return _unauthorised(answer)
    if status == 404:  # noqa: PLR2004
        because, message = RejectedBecause.NOT_FOUND, "Xero has no such record; nothing was done."
    else:
        because = RejectedBecause.BUSINESS_RULE if status in {409, 412} else RejectedBecause.INVALID
        message = f"Xero refused the call with status {status}; nothing was done."
    return Rejected(message, because=because, service=SERVICE, code=str(status))


def check_elements(answer: Answer, kind: str) -> Mapping[str, Any]:
    """The one element of a write's answer, after looking for errors inside a 200.

    Raises:
        Rejected: the element says that it was refused.
        Uncertain: the answer holds no such element.
    """
    rows = answer.rows_of.get(kind)
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise Uncertain(
            "Xero's answer to a write does not say what became of it.", service=SERVICE, advice=_WHERE_TO_LOOK
        )
    if problems_in(rows[0]):
        raise refusal({"Elements": rows}, write=True)
    return dict(rows[0])
