"""Sign-in and tokens as Intuit keeps them: values that change once a day, and no mercy for the old one.

https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from adapters.sandbox.base import TwinClock, json_response

ACCESS_LIFE = timedelta(seconds=3600)
REFRESH_LIFE = timedelta(seconds=8_726_400)  # 100 days and one, as Intuit answers it
HARD_LIFE = timedelta(days=5 * 365)
ROTATION = timedelta(hours=24)
CODE_LIFE = timedelta(minutes=5)


@dataclass
class Grant:
    """One consent of one company: its refresh token and whether it lives."""

    realm_id: str
    refresh_token: str
    value_since: datetime
    refreshed_at: datetime
    consented_at: datetime
    alive: bool = True


class TokenDesk:
    """Who may call, with what. Times are the twin's."""

    def __init__(self, clock: TwinClock, client_id: str, client_secret: str) -> None:
        self.clock = clock
        self.client_id = client_id
        self.client_secret = client_secret
        self.consents_at_once: str | None = None  # a realm id: the sign-in page redirects straight back
        self.codes: dict[str, tuple[str, str, datetime]] = {}  # code -> realm, redirect_uri, issued
        self.grants: list[Grant] = []
        self.access: dict[str, tuple[str, datetime, Grant | None]] = {}  # token -> realm, expiry, grant
        self.retired: dict[str, Grant] = {}  # earlier refresh values

    def seed(self, realm_id: str, token: str | None = None, life: timedelta = timedelta(days=3650)) -> str:
        """A bearer token for tests, without a sign-in."""
        token = token or secrets.token_urlsafe(24)
        self.access[token] = (realm_id, self.clock.now() + life, None)
        return token

    def disconnect(self, realm_id: str) -> None:
        """What a user does inside QuickBooks: every token of that company is dead."""
        for grant in self.grants:
            if grant.realm_id == realm_id:
                grant.alive = False
        self.access = {token: held for token, held in self.access.items() if held[0] != realm_id}

    def realm_of(self, header: str | None) -> str | None:
        """The company whose bearer token this is; None where it is unknown, over or dead."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or token not in self.access:
            return None
        realm_id, expires, grant = self.access[token]
        if expires <= self.clock.now() or (grant is not None and not grant.alive):
            return None
        return realm_id

    # ------------------------------------------------------------------------------------------------ the pages

    def authorize(self, request: Request, realms: dict[str, str]) -> Response:
        """The sign-in page: straight back where a test asked for it, else a link for each company."""
        query = request.query_params
        if query.get("client_id") != self.client_id or query.get("response_type") != "code":
            return HTMLResponse("<h1>Sorry, but this app isn't working</h1>", 400)
        if not query.get("state") or not query.get("redirect_uri") or not query.get("scope"):
            return HTMLResponse("<h1>Required parameter missing</h1>", 400)
        if self.consents_at_once:
            return RedirectResponse(self._consent(self.consents_at_once, query["redirect_uri"], query["state"]), 302)
        links = "".join(
            f'<p><a href="{escape(self._consent(realm_id, query["redirect_uri"], query["state"]))}">'
            f"Connect {escape(name)}</a></p>"
            for realm_id, name in realms.items()
        )
        return HTMLResponse(f"<!doctype html><h1>QuickBooks (sandbox)</h1>{links}")

    def _consent(self, realm_id: str, redirect_uri: str, state: str) -> str:
        code = secrets.token_urlsafe(18)
        self.codes[code] = (realm_id, redirect_uri, self.clock.now())
        separator = "&" if "?" in redirect_uri else "?"
        return redirect_uri + separator + urlencode({"code": code, "state": state, "realmId": realm_id})

    async def token(self, request: Request) -> Response:
        """The token endpoint."""
        if not self._knows_client(request):
            return json_response({"error": "invalid_client"}, 401)
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") == "authorization_code":
            grant = self._exchange(form)
        elif form.get("grant_type") == "refresh_token":
            grant = self._refresh(form.get("refresh_token", ""))
        else:
            return json_response({"error": "unsupported_grant_type"}, 400)
        if grant is None:
            problem = {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}
            return json_response(problem, 400)
        return json_response(self._tokens(grant, request))

    def _knows_client(self, request: Request) -> bool:
        scheme, _, packed = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(packed, validate=True).decode()
        except ValueError:
            return False
        return given == f"{self.client_id}:{self.client_secret}"

    def _exchange(self, form: dict[str, str]) -> Grant | None:
        realm_id, redirect_uri, issued = self.codes.pop(form.get("code", ""), ("", "", None))
        now = self.clock.now()
        if issued is None or redirect_uri != form.get("redirect_uri") or now - issued > CODE_LIFE:
            return None
        grant = Grant(realm_id, secrets.token_urlsafe(24), now, now, now)
        self.grants.append(grant)
        return grant

    def _refresh(self, value: str) -> Grant | None:
        now = self.clock.now()
        if value in self.retired:
            self.retired[value].alive = False  # an old value looks like theft: the winner's tokens die too
            return None
        grant = next((one for one in self.grants if one.refresh_token == value), None)
        if grant is None or not grant.alive:
            return None
        if now - grant.refreshed_at > REFRESH_LIFE or now - grant.consented_at > HARD_LIFE:
            grant.alive = False
            return None
        grant.refreshed_at = now
        if now - grant.value_since >= ROTATION:
            self.retired[value] = grant
            grant.refresh_token = secrets.token_urlsafe(24)
            grant.value_since = now
        return grant

    def _tokens(self, grant: Grant, request: Request) -> dict[str, Any]:
        now = self.clock.now()
        token = secrets.token_urlsafe(24)
        self.access[token] = (grant.realm_id, now + ACCESS_LIFE, grant)
        answer: dict[str, Any] = {
            "token_type": "bearer",
            "access_token": token,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "refresh_token": grant.refresh_token,
            "x_refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in") == "true":
            hard = grant.consented_at + HARD_LIFE - now
            answer["x_refresh_token_hard_expires_in"] = int(hard.total_seconds())
        return answer

    async def revoke(self, request: Request) -> Response:
        """End a connection, by its refresh or its access token."""
        if not self._knows_client(request):
            return json_response({"error": "invalid_client"}, 401)
        given = (await request.json()).get("token", "")
        held = self.access.get(given)
        grant = held[2] if held else next((one for one in self.grants if one.refresh_token == given), None)
        if grant is None or not grant.alive:
            return json_response({"error": "invalid_request"}, 400)
        grant.alive = False
        return Response(status_code=200)
