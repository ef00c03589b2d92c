"""python-quickbooks, made safe: time-outs, one attempt, status and headers kept, tokens read anew on every call.

The SDK has no time-out, drops HTTP status and headers, calls a 429 a validation error and shares one session between
threads. What is left of it here: paths, parameters, headers, exact decimals.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from http.client import HTTPException
from typing import Any

import requests
from quickbooks import QuickBooks
from quickbooks.exceptions import QuickbooksException

from adapters.broken_text import mended, suspect
from adapters.quickbooks.faults import PAUSE, SERVICE, Errand, error_of, not_reached, read_answer, unknown
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.transport import MeteredSession, never_sent, patiently, retry_after, server_time
from connector.errors import Throttled
from connector.ports.calls import AccessTokens, CallKind, Wire

Row = dict[str, Any]

MINOR_VERSION = 75  # 1 to 74 were switched off on 2025-08-01
HOSTS = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}


class _Session(MeteredSession):
    """What the SDK wants of a session: `request` and `access_token`."""

    access_token = ""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire, SERVICE, _kind_of)
        self.auth = _as_it_is


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An `auth` that adds nothing: without one, requests lets a ~/.netrc overwrite our Authorization header."""
    return request


class _Client(QuickBooks):  # type: ignore[misc]  # the SDK has no types
    """The SDK's client with one place where every answer is judged. One per thread."""

    session: _Session

    def __init__(self, tokens: AccessTokens, wire: Wire, **_: Any) -> None:
        self._tokens = tokens
        self._wire = wire
        self.errand = Errand("do something", "")
        self.tid = ""
        self.answered_at: datetime | None = None
        self.suspect = False  # the answer may hold half a character

    def process_request(
        self, request_type: str, url: str, headers: Any = None, params: Any = None, data: Any = ""
    ) -> requests.Response:
        """One call; a 401, which did nothing, is repeated once with a new token. Everything but a clean 200 raises."""

        def once(token: str) -> requests.Response:
            self.session.access_token = token
            response: requests.Response = super(_Client, self).process_request(
                request_type, url, dict(headers or {}), params, data
            )
            response.encoding = "utf-8"  # else requests guesses it from three megabytes
            return response

        token = self._tokens.current()
        response = once(token)
        answer = read_answer(response.status_code, response.text, response.headers)
        if answer.refuses_token:
            response = once(self._tokens.renewed(token))
            answer = read_answer(response.status_code, response.text, response.headers)
        self.tid = answer.tid
        self.answered_at = server_time(response.headers)
        self.suspect = suspect(response.text)
        if answer.ok:
            return response
        error = error_of(answer, self.errand)
        if isinstance(error, Throttled):
            wait = max(PAUSE, retry_after(response.headers) or PAUSE)
            error.retry_after = wait
            self._wire.meter.pause(SERVICE, self._wire.clock.now() + wait)
        raise error


class QuickBooksWire:
    """The calls the ledger makes, each as plain JSON. Reads are patient, writes are made once.

    Raises, from every method: `Transient`, `Throttled`, `NeedsReauthorisation`, `Rejected`; `Uncertain` from writes;
    `faults.Gone` from `read` alone.
    """

    def __init__(self, settings: QuickBooksSettings, realm_id: str, tokens: AccessTokens, wire: Wire) -> None:
        base = (settings.base_url or HOSTS[settings.environment]).rstrip("/")
        self._base = base if base.endswith("/v3") else f"{base}/v3"
        self._realm = realm_id
        self._tokens = tokens
        self._wire = wire
        self._here = threading.local()

    def query(self, text: str, errand: Errand) -> Row:
        """One page of a query. It is a POST, and a read all the same."""
        return self._patient(errand, lambda client: client.query(text))

    def rows(self, entity: str, text: str, errand: Errand) -> list[Row]:
        """The rows of one page; QuickBooks leaves the key away where there are none."""
        found = self.query(text, errand).get("QueryResponse", {}).get(entity, [])
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def changed(self, entities: tuple[str, ...], since: str, errand: Errand) -> Row:
        """Change data capture. `since` is text ending in Z: the SDK drops the zone of a datetime."""
        return self._patient(errand, lambda client: client.change_data_capture(",".join(entities), since))

    def read(self, entity: str, entity_id: str, errand: Errand) -> Row:
        """One entity by id. Raises `Gone` where QuickBooks has it no more."""
        errand = replace(errand, by_id=True)
        answer = self._patient(errand, lambda client: client.get_single_object(entity, pk=entity_id))
        return _part(answer, entity, errand)

    def whole(self, path: str, errand: Errand) -> Row:
        """A read of `companyinfo/REALM` or `preferences`, with the answer's own `time`."""
        return self._patient(
            errand, lambda client: client.get(f"{client.api_url}/company/{client.company_id}/{path}", {})
        )

    def create(
        self, entity: str, body: Mapping[str, Any], request_id: str, errand: Errand
    ) -> tuple[Row, datetime | None]:
        """Create one entity, in one attempt, from our own dictionary: the SDK's objects send defaults nobody wrote.

        Also returns QuickBooks' own time of the answer, by its Date header.
        """
        text = json.dumps(body, sort_keys=True)  # byte-identical on a repeat
        answer = self._call(errand, lambda client: client.create_object(entity, text, request_id=request_id))
        return _part(answer, entity, errand), self._client().answered_at

    def report(self, name: str, params: Mapping[str, str], errand: Errand) -> Row:
        """A report, as JSON; a read."""
        return self._patient(errand, lambda client: client.get_report(name, dict(params)))

    def change(self, entity: str, body: Mapping[str, Any], errand: Errand, *, void: bool = False) -> Row:
        """Write some fields of an entity, or void it, in one attempt. `body` has its Id, SyncToken and `sparse`."""
        params = {"operation": "update", "include": "void"} if void else {}
        text = json.dumps(body, sort_keys=True, default=as_read)
        answer = self._call(errand, lambda client: client.update_object(entity, text, params=dict(params)))
        return _part(answer, entity, errand)

    def delete(self, entity: str, body: Mapping[str, Any], errand: Errand) -> None:
        """Delete an entity by its Id and SyncToken, in one attempt."""
        text = json.dumps(body, sort_keys=True)
        self._call(errand, lambda client: client.delete_object(entity, text))

    def _patient(self, errand: Errand, call: Callable[[_Client], Any]) -> Row:
        return patiently(lambda: self._call(errand, call), self._wire.clock.sleep, self._wire.patience)

    def _call(self, errand: Errand, call: Callable[[_Client], Any]) -> Row:
        client = self._client()
        client.errand = errand
        try:
            result = call(client)
        except (OSError, HTTPException) as error:  # requests' own errors are OSErrors
            raise (not_reached(errand) if never_sent(error) else unknown(errand, "did not answer")) from error
        except (QuickbooksException, TypeError, KeyError, UnicodeError) as error:
            raise unknown(errand, f"gave an answer that could not be read (intuit_tid {client.tid})") from error
        if not isinstance(result, dict):
            raise unknown(errand, f"gave an answer that could not be read (intuit_tid {client.tid})")
        return mended(result) if client.suspect else result

    def _client(self) -> _Client:
        client: _Client | None = getattr(self._here, "client", None)
        if client is None:
            # Without an auth_client the SDK's constructor makes no call.
            client = _Client(
                tokens=self._tokens,
                wire=self._wire,
                company_id=self._realm,
                minorversion=MINOR_VERSION,
                use_decimal=True,
            )
            client.api_url_v3 = self._base
            client.session = _Session(self._wire)
            self._here.client = client
        return client


def as_read(value: Any) -> Any:
    """An exact number that came from QuickBooks, on its way back there."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    # A float only on its way out: it came as a JSON number, and prints as the same digits.
    return int(value) if value == value.to_integral_value() else float(value)


def _part(answer: Row, entity: str, errand: Errand) -> Row:
    part = answer.get(entity)
    if not isinstance(part, dict):
        raise unknown(errand, f"gave an answer without a {entity} in it")
    return part


def _kind_of(method: str, url: str) -> CallKind:
    reads = method == "GET" or url.partition("?")[0].endswith("/query")
    return CallKind.READ if reads else CallKind.WRITE
