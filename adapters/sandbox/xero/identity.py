"""Xero's identity service: consent, tokens that rotate, connections.

https://developer.xero.com/documentation/guides/oauth2/auth-flow, .../token-types, .../scopes; the 30-minute grace
of a refresh token: https://developer.xero.com/faq/oauth2
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.parse
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.sandbox.base import json_response
from adapters.sandbox.xero.books import new_id
from adapters.sandbox.xero.world import World

CODE_LIFE = timedelta(minutes=5)
ACCESS_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(minutes=30)
FOR_EVER = timedelta(days=36_500)

ALL_SCOPES = frozenset(
    {
        "offline_access",
        "accounting.invoices",
        "accounting.invoices.read",
        "accounting.payments",
        "accounting.payments.read",
        "accounting.contacts",
        "accounting.contacts.read",
        "accounting.settings",
        "accounting.settings.read",
        "accounting.banktransactions",
        "accounting.banktransactions.read",
        "accounting.reports.aged.read",
        "accounting.reports.banksummary.read",
        "accounting.reports.trialbalance.read",
        "openid",
        "profile",
        "email",
    }
)  # those of apps made since 2026-03-02; accounting.transactions is refused


@dataclass
class AccessToken:
    """A bearer token and what it may do."""

    text: str
    expires_at: datetime
    scopes: frozenset[str]
    tenants: frozenset[str] | None = None  # None: whatever the user connected
    revoked: bool = False


@dataclass
class RefreshToken:
    """One refresh token; `rotated_at` is its first use, from which its grace runs."""

    text: str
    client_id: str
    expires_at: datetime
    scopes: frozenset[str]
    rotated_at: datetime | None = None
    revoked: bool = False


@dataclass
class Code:
    """An authorization code, good once and for five minutes."""

    client_id: str
    redirect_uri: str
    challenge: str | None
    scopes: frozenset[str]
    expires_at: datetime


@dataclass
class App:
    """A registered app: without a secret it is a "mobile or desktop" one and must use PKCE."""

    client_id: str
    secret: str | None
    custom: bool = False  # a custom connection: client credentials, bound to the first organisation


@dataclass
class Identity:
    """One user and their consents; one token serves every organisation the user connected."""

    world: World
    user_id: str = field(default_factory=new_id)
    apps: dict[str, App] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, AccessToken] = field(default_factory=dict)
    refresh: dict[str, RefreshToken] = field(default_factory=dict)
    connection_ids: dict[str, str] = field(default_factory=dict)
    auth_event: str = field(default_factory=new_id)

    def routes(self) -> list[Route]:
        return [
            Route("/identity/connect/authorize", self._authorize, methods=["GET"]),
            Route("/connect/token", self._token, methods=["POST"]),
            Route("/connect/revocation", self._revoke, methods=["POST"]),
            Route("/connections", self._connections, methods=["GET"]),
            Route("/Connections", self._connections, methods=["GET"]),  # the SDK writes it so
            Route("/connections/{connection_id}", self._disconnect, methods=["DELETE"]),
        ]

    def mint(
        self, scopes: frozenset[str], life: timedelta, text: str | None = None, tenants: frozenset[str] | None = None
    ) -> AccessToken:
        """An access token, a JWT in form (nobody verifies it here) unless its text is given."""
        expires_at = self.world.clock.now() + life
        claims = {
            "exp": int(expires_at.timestamp()),
            "iss": "https://identity.xero.com",
            "xero_userid": self.user_id,
            "authentication_event_id": self.auth_event,
            "scope": sorted(scopes),
            "jti": secrets.token_hex(16),
        }
        made = ".".join((_b64(b'{"alg":"none"}'), _b64(json.dumps(claims).encode()), secrets.token_urlsafe(12)))
        token = AccessToken(text or made, expires_at, scopes, tenants)
        self.access[token.text] = token
        return token

    async def _authorize(self, request: Request) -> Response:
        query = request.query_params
        app = self.apps.get(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        challenge = query.get("code_challenge")
        if app is None or not redirect_uri:
            return PlainTextResponse("unauthorized_client: unknown client or no redirect_uri", 400)
        if redirect_uri.startswith("http://") and urllib.parse.urlsplit(redirect_uri).hostname != "localhost":
            return PlainTextResponse("invalid_request: redirect_uri must be https, or http://localhost", 400)
        scopes = frozenset(query.get("scope", "").split())
        back = {"state": query["state"]} if "state" in query else {}
        if self.world.switches.deny_consent:
            back["error"] = "access_denied"
        elif not scopes <= ALL_SCOPES:
            back["error"] = "invalid_scope"
        elif query.get("response_type") != "code" or (
            app.secret is None and not (challenge and query.get("code_challenge_method") == "S256")
        ):
            back["error"] = "invalid_request"
        else:
            back["code"] = secrets.token_urlsafe(24)
            self.codes[back["code"]] = Code(
                app.client_id, redirect_uri, challenge, scopes, self.world.clock.now() + CODE_LIFE
            )
        glue = "&" if "?" in redirect_uri else "?"
        return RedirectResponse(f"{redirect_uri}{glue}{urllib.parse.urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        form = dict(urllib.parse.parse_qsl((await request.body()).decode()))
        app = self._client(request, form)
        if app is None:
            return _error("invalid_client")
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self._from_code(app, form)
        if grant == "refresh_token":
            return self._from_refresh(app, form)
        if grant == "client_credentials":
            if not app.custom:
                return _error("unauthorized_client")
            scopes = frozenset(form.get("scope", "").split()) or ALL_SCOPES - {"offline_access"}
            bound = frozenset({self.world.tenant().books.seed.tenant_id})
            return self._answer(self.mint(scopes, ACCESS_LIFE, tenants=bound), None)
        return _error("unsupported_grant_type")

    def _from_code(self, app: App, form: dict[str, str]) -> Response:
        code = self.codes.pop(form.get("code", ""), None)  # single use, whatever comes of it
        if (
            code is None
            or code.client_id != app.client_id
            or code.redirect_uri != form.get("redirect_uri")
            or self.world.clock.now() > code.expires_at
        ):
            return _error("invalid_grant")
        if code.challenge is not None:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if _b64(digest) != code.challenge:
                return _error("invalid_grant")
        self.auth_event = new_id()
        for tenant in self.world.tenants.values():
            tenant.connected = True
        refresh = self._new_refresh(app, code.scopes) if "offline_access" in code.scopes else None
        return self._answer(self.mint(code.scopes, ACCESS_LIFE), refresh)

    def _from_refresh(self, app: App, form: dict[str, str]) -> Response:
        old = self.refresh.get(form.get("refresh_token", ""))
        now = self.world.clock.now()
        if old is None or old.revoked or old.client_id != app.client_id or now > old.expires_at:
            return _error("invalid_grant")
        if old.rotated_at is not None and now > old.rotated_at + GRACE:
            return _error("invalid_grant")
        old.rotated_at = old.rotated_at or now
        return self._answer(self.mint(old.scopes, ACCESS_LIFE), self._new_refresh(app, old.scopes))

    def _new_refresh(self, app: App, scopes: frozenset[str]) -> RefreshToken:
        token = RefreshToken(secrets.token_urlsafe(32), app.client_id, self.world.clock.now() + REFRESH_LIFE, scopes)
        self.refresh[token.text] = token
        return token

    def _answer(self, access: AccessToken, refresh: RefreshToken | None) -> Response:
        body: dict[str, Any] = {
            "access_token": access.text,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(sorted(access.scopes)),
        }
        if refresh is not None:
            body["refresh_token"] = refresh.text
        return json_response(body)

    def _client(self, request: Request, form: dict[str, str]) -> App | None:
        client_id, secret = form.get("client_id", ""), form.get("client_secret")
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        app = self.apps.get(client_id)
        return app if app is not None and (app.secret is None or app.secret == secret) else None

    async def _revoke(self, request: Request) -> Response:
        """Revoking a refresh token ends all of the user's connections."""
        form = dict(urllib.parse.parse_qsl((await request.body()).decode()))
        if self._client(request, form) is None:
            return _error("invalid_client")
        if form.get("token", "") in self.refresh:
            for refresh in self.refresh.values():
                refresh.revoked = True
            for access in self.access.values():
                access.revoked = True
            for tenant in self.world.tenants.values():
                tenant.connected = False
        return Response(status_code=200)

    async def _connections(self, request: Request) -> Response:
        refusal = self.refuse(request, frozenset())
        if refusal is not None:
            return refusal
        stamp = self.world.clock.now().replace(tzinfo=None).isoformat() + "0"
        rows = [
            {
                "id": self.connection_ids.setdefault(tenant_id, new_id()),
                "authEventId": self.auth_event,
                "tenantId": tenant_id,
                "tenantType": "ORGANISATION",
                "tenantName": tenant.books.seed.name,
                "createdDateUtc": stamp,
                "updatedDateUtc": stamp,
            }
            for tenant_id, tenant in self.world.tenants.items()
            if tenant.connected and self.reaches(self.bearer(request), tenant_id)
        ]
        wanted = request.query_params.get("authEventId")
        return json_response([row for row in rows if wanted in {None, row["authEventId"]}])

    async def _disconnect(self, request: Request) -> Response:
        refusal = self.refuse(request, frozenset())
        if refusal is not None:
            return refusal
        for tenant_id, connection_id in self.connection_ids.items():
            if connection_id == request.path_params["connection_id"] and self.world.tenants[tenant_id].connected:
                self.world.tenants[tenant_id].connected = False
                return Response(status_code=204)
        return Response(status_code=404)

    def bearer(self, request: Request) -> AccessToken | None:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        return self.access.get(text) if scheme == "Bearer" else None

    def reaches(self, token: AccessToken | None, tenant_id: str) -> bool:
        return token is not None and (token.tenants is None or tenant_id in token.tenants)

    def refuse(self, request: Request, any_of: frozenset[str]) -> Response | None:
        """401 for no, dead or too weak a token. Xero's own spelling of insufficient_scope lacks an i."""
        token = self.bearer(request)
        if token is None or token.revoked:
            return problem(401, "Unauthorized", "AuthenticationUnsuccessful")
        if self.world.clock.now() >= token.expires_at:
            return problem(401, "Unauthorized", f"TokenExpired: token expired at {token.expires_at:%m/%d/%Y %H:%M:%S}")
        if any_of and not any_of & token.scopes:
            return problem(401, "Unauthorized", "AuthorizationUnsuccessful", {"WWW-Authenticate": "insufficent_scope"})
        return None


def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": new_id()}
    return json_response(body, status, headers)


def _error(name: str) -> Response:
    return json_response({"error": name}, 400)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
