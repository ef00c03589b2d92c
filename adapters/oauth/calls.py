"""The calls to token services. One attempt each, no redirects, nothing kept, no secret in any error.

They are not metered: token calls count against no read budget of either service.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from adapters.oauth.client import Grant, OAuthClient, all_scopes
from connector.errors import DuebirdError, NeedsReauthorisation, Throttled, Transient, Uncertain
from connector.ports.calls import TokenSet, Wire

INVALID_GRANT: Final = "invalid_grant"
NOT_SENT: Final = "not_sent"
LONGEST_LIFE: Final = 100 * 366 * 24 * 3600  # seconds; a life of a century is a misreading, not a life
BIGGEST_ANSWER: Final = 256 * 1024  # bytes; a token answer has some 3 KB, a list of 100 organisations 40 KB
# Our own keys or settings are wrong. Nothing is wrong with the connection, so it is kept.
OUR_FAULT: Final = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type", "invalid_request"}
)
# Among them what an answer says of scopes that the app may not ask for.
NOT_FOR_THIS_APP: Final = frozenset({"unauthorized_client", "invalid_scope"})


@dataclass(frozen=True, slots=True)
class XeroConnection:
    """One organisation a Xero user let our app into. `connection_id` is for ending it, `tenant_id` for calls."""

    connection_id: str
    tenant_id: str
    name: str
    consent_id: str  # of the sign-in it was chosen in


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    def values(self) -> Any:
        """The body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def error(self) -> str:
        """The OAuth error word, "" where there is none; never anything that is not a plain word."""
        values = self.values()
        word = values.get("error") if isinstance(values, dict) else None
        return word if isinstance(word, str) and re.fullmatch(r"[a-z_]{1,60}", word) else ""


def exchange_code(client: OAuthClient, code: str, verifier: str | None, wire: Wire) -> TokenSet:
    """Trade the code of a redirect for tokens. It can be used once, within minutes.

    Raises:
        NeedsReauthorisation: refused; says whether the code or our keys are at fault.
        Transient: not done. Uncertain: the answer was lost, and the code with it.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    if verifier is not None:
        form["code_verifier"] = verifier
    try:
        tokens = _token_call(client, form, wire)
    except NeedsReauthorisation as error:
        if error.code != INVALID_GRANT:
            raise
        raise NeedsReauthorisation(
            f"{client.title} did not take the code of this sign-in: it is older than a few minutes, or was used "
            "before. Nothing was connected.",
            service=client.service,
            code=INVALID_GRANT,
            advice=f"Start again: duebird connect {wire.company}",
        ) from error
    if tokens.refresh_token is None:
        raise NeedsReauthorisation(
            f"{client.title} gave no refresh token, so the connection would end within the hour. It was not kept.",
            service=client.service,
            advice=f"Look whether the app may ask for lasting access ({client.portal}), "
            f"then: duebird connect {wire.company}",
        )
    return tokens


def refresh(client: OAuthClient, refresh_token: str, wire: Wire) -> TokenSet:
    """Ask for a new access token, and take the new refresh token that comes with it. One attempt.

    Raises:
        NeedsReauthorisation: `invalid_grant` when the connection is dead; another code when our keys are wrong.
        Transient: not done, or a failure of the service (code 5xx), after which the old token is kept.
        Uncertain: the answer was lost.
    """
    return _token_call(client, {"grant_type": "refresh_token", "refresh_token": refresh_token}, wire)


def client_credentials(client: OAuthClient, wire: Wire) -> TokenSet:
    """An access token for a custom connection. Asking again is harmless; there is no refresh token.

    Its scopes are chosen in the app: where that has none of the wished ones, asking for them would be refused whole.
    """
    try:
        return _token_call(client, {"grant_type": "client_credentials", "scope": all_scopes(client)}, wire)
    except NeedsReauthorisation as refusal:
        if refusal.code not in NOT_FOR_THIS_APP or not client.wished:
            raise
    return _token_call(client, {"grant_type": "client_credentials", "scope": " ".join(client.scopes)}, wire)


def revoke(client: OAuthClient, token: str, wire: Wire) -> None:
    """End everything this sign-in allowed. A token that is dead already is fine.

    Raises:
        NeedsReauthorisation: our keys are wrong.
        Transient: not known to be done; harmless to ask again.
    """
    with _http(wire) as http:
        if client.service == "quickbooks":  # JSON there, a form by RFC 7009
            request = http.build_request("POST", client.revoke_url, json={"token": token}, headers=_basic(client))
        else:
            body = {"token": token} if client.client_secret else {"token": token, "client_id": client.client_id}
            request = http.build_request("POST", client.revoke_url, data=body, headers=_basic(client))
        answer = _repeatable(client, http, request, wire)
    if answer.status >= httpx.codes.BAD_REQUEST and answer.error() in OUR_FAULT - {"invalid_request"}:
        raise _refusal(client, answer, wire)
    if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status == httpx.codes.TOO_MANY_REQUESTS:
        raise _refusal(client, answer, wire)


def xero_connections(client: OAuthClient, access_token: str, wire: Wire) -> list[XeroConnection]:
    """The organisations this user let us into, by all consents. Practices and other tenants are left out.

    Raises:
        NeedsReauthorisation: the token is refused. Transient: not answered; harmless to ask again.
    """
    with _http(wire) as http:
        request = http.build_request("GET", client.connections_url, headers=_bearer(access_token))
        answer = _repeatable(client, http, request, wire)
    rows = answer.values()
    if answer.status != httpx.codes.OK or not isinstance(rows, list):
        raise _refusal(client, answer, wire, bearer=True)
    return [
        XeroConnection(
            str(row["id"]), str(row["tenantId"]), str(row.get("tenantName") or ""), str(row.get("authEventId") or "")
        )
        for row in rows
        if row.get("tenantType", "ORGANISATION") == "ORGANISATION"
    ]


def drop_xero_connection(client: OAuthClient, access_token: str, connection_id: str, wire: Wire) -> None:
    """Leave one organisation; the user's others stay. One that is gone already is fine.

    Raises:
        NeedsReauthorisation: the token is refused. Transient: not known to be done; harmless to ask again.
    """
    with _http(wire) as http:
        address = f"{client.connections_url.rstrip('/')}/{connection_id}"
        answer = _repeatable(client, http, http.build_request("DELETE", address, headers=_bearer(access_token)), wire)
    if answer.status not in {httpx.codes.NO_CONTENT, httpx.codes.OK, httpx.codes.NOT_FOUND}:
        raise _refusal(client, answer, wire, bearer=True)


def _refusal(client: OAuthClient, answer: _Answer, wire: Wire, *, bearer: bool = False) -> DuebirdError:
    """The error for an answer that is not the one asked for.

    A bare 401 or 403 ends the sign-in only where a bearer token was shown. At the token address it is what a
    proxy or a firewall on the way says, and no reason to call a connection dead.
    """
    word, status = answer.error(), answer.status
    if word == INVALID_GRANT or (bearer and status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}):
        return NeedsReauthorisation(
            f"{client.title} does not accept the sign-in of company '{wire.company}' any more.",
            service=client.service,
            code=word or str(status),
            advice=f"Sign in again: duebird connect {wire.company}",
        )
    if word in OUR_FAULT:
        return NeedsReauthorisation(
            f"{client.title} does not accept this app's own keys or settings ({word}), asked for company "
            f"'{wire.company}'. The connection was not dropped; it works again once they are right.",
            service=client.service,
            code=word,
            advice=f"Compare client_id, client_secret and grant with {client.portal}, "
            f"then type: duebird check {wire.company}",
        )
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Throttled(
            f"{client.title} asked us to sign in less often. Nothing was lost.",
            service=client.service,
            code=str(status),
            retry_after=_retry_after(answer.headers),
        )
    return Transient(
        f"The sign-in service of {client.title} has trouble (HTTP {status}). The connection is kept.",
        service=client.service,
        code=str(status),
        advice="Duebird tries again by itself.",
        retry_after=_retry_after(answer.headers),
    )


def _token_call(client: OAuthClient, form: dict[str, str], wire: Wire) -> TokenSet:
    asked_at = wire.clock.now()  # before the call: what is left of a token is never overrated
    if client.client_secret is None:
        form = {**form, "client_id": client.client_id}
    with _http(wire) as http:
        headers = {**client.token_headers, **_basic(client)}
        request = http.build_request("POST", client.token_url, data=form, headers=headers)
        answer = _send(client, http, request, wire)
    if answer.status != httpx.codes.OK:
        raise _refusal(client, answer, wire)
    values = answer.values()
    if not isinstance(values, dict) or not isinstance(values.get("access_token"), str) or not values["access_token"]:
        raise _lost(client, "an answer that is no token")
    return _token_set(client, values, asked_at)


def _token_set(client: OAuthClient, values: dict[str, Any], asked_at: datetime) -> TokenSet:
    token = values.get("refresh_token")
    token = token if isinstance(token, str) and token and client.grant is not Grant.CLIENT_CREDENTIALS else None
    rolling = _seconds(values.get("x_refresh_token_expires_in")) or client.refresh_life
    hard = _seconds(values.get("x_refresh_token_hard_expires_in"))
    return TokenSet(
        access_token=values["access_token"],
        access_expires_at=asked_at + (_seconds(values.get("expires_in")) or client.access_life),
        refresh_token=token,
        refresh_expires_at=asked_at + rolling if token else None,
        hard_expires_at=asked_at + hard if hard else None,
        obtained_at=asked_at,
    )


def _http(wire: Wire) -> httpx.Client:
    """A fresh client for each call: token calls are half an hour apart, and a kept line would be a dead one."""
    times = httpx.Timeout(wire.read_timeout, connect=wire.connect_timeout)
    return httpx.Client(timeout=times, follow_redirects=False, headers={"Accept": "application/json"})


def _send(client: OAuthClient, http: httpx.Client, request: httpx.Request, wire: Wire) -> _Answer:
    """Send it once and read the answer, within `read_timeout` even when it comes drop by drop."""
    started = wire.clock.elapsed()
    body = b""
    try:
        response = http.send(request, stream=True)
        for piece in response.iter_bytes():
            body += piece
            if len(body) > BIGGEST_ANSWER or wire.clock.elapsed() - started > wire.read_timeout:
                raise _lost(client, "an answer too long or too slow to read")
        return _Answer(response.status_code, body, dict(response.headers))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise Transient(
            f"The sign-in service of {client.title} could not be reached. Nothing was asked of it.",
            service=client.service,
            code=NOT_SENT,
            advice="Duebird tries again by itself; if it stays so, look at this machine's internet connection.",
        ) from error
    except httpx.HTTPError as error:
        raise _lost(client, f"no answer ({type(error).__name__})") from error


def _repeatable(client: OAuthClient, http: httpx.Client, request: httpx.Request, wire: Wire) -> _Answer:
    """For calls that are harmless to repeat: a lost answer is a passing failure."""
    try:
        return _send(client, http, request, wire)
    except Uncertain as error:
        raise Transient(error.message, service=client.service, advice="It is safe to try again.") from error


def _lost(client: OAuthClient, seen: str) -> Uncertain:
    return Uncertain(
        f"The sign-in service of {client.title} was asked and gave {seen}.",
        service=client.service,
        advice="It may have acted.",
    )


def _basic(client: OAuthClient) -> dict[str, str]:
    if client.client_secret is None:
        return {}
    pair = f"{client.client_id}:{client.client_secret}".encode()
    return {"Authorization": "Basic " + base64.b64encode(pair).decode("ascii")}


def _bearer(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}


def _seconds(value: Any) -> timedelta | None:
    """A positive number of seconds, None for anything else."""
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    return timedelta(seconds=value) if isinstance(value, (int, float)) and 0 < value < LONGEST_LIFE else None


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    return _seconds(headers.get("retry-after"))
