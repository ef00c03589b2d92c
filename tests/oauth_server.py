"""A sign-in service on loopback that rotates its tokens as Intuit and as Xero do. Tests read their truth from it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.sandbox.base import Twin, TwinClock

CANARY = "canary"  # in every secret this server or its tests make up: to be found nowhere but in the encrypted files
CLIENT_ID = "app-one"
CLIENT_SECRET = f"{CANARY}-client-secret"
REALM = "9130355377388383"
USER = "0f0e0d0c-1111-2222-3333-444455556666"
BAKERY = "70784a63-d24b-46a9-a4db-0e70a274b056"
SMITHY = "11111111-d24b-46a9-a4db-0e70a274b056"
GRACE = timedelta(minutes=30)


@dataclass
class Consent:
    """One 'yes' of one person, and the refresh tokens that came of it."""

    realm: str | None = None
    event: str = ""
    live: str = ""  # the newest refresh token
    made_at: datetime | None = None  # of the newest value
    replaced: dict[str, datetime] = field(default_factory=dict)  # old value -> when it was replaced
    alive: bool = True


class OAuthServer(Twin):
    """Plays the sign-in page (a person who says yes at once), the token service, and Xero's list of connections."""

    name: ClassVar[str] = "oauth"

    def __init__(self, manners: str, *, pkce: bool = False) -> None:
        super().__init__(TwinClock())
        self.manners = manners  # "intuit" or "xero"
        self.pkce = pkce
        self.realm = REALM
        self.says_no = False
        self.value_lives = timedelta(hours=24)  # Intuit changes the value of a refresh token about daily
        self.access_seconds = 3600 if manners == "intuit" else 1800
        self.organisations: list[dict[str, Any]] = [_organisation(BAKERY, "Bakery Ltd")]
        self.consents: list[Consent] = []
        self.codes: dict[str, tuple[Consent, str]] = {}  # code -> its consent and challenge
        self.access_tokens: dict[str, Consent | None] = {}
        self.refreshes = 0  # that were carried out
        self.revoked: list[str] = []
        self.with_user_claim = True
        self.books_name = "Bakery Inc"  # of every QuickBooks company here

    # ------------------------------------------------------------------------------------------------ provider's

    def provider_routes(self) -> list[Route]:
        return [
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
            Route("/v3/company/{realm}/companyinfo/{same}", self._company),
            Route("/connections", self._connections),
            Route("/connections/{id}", self._drop, methods=["DELETE"]),
        ]

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        if self.says_no:
            answer = {"error": "access_denied", "state": asked["state"]}
        else:
            code = f"{CANARY}-code-{secrets.token_hex(8)}"
            consent = Consent(event=secrets.token_hex(4))
            self.codes[code] = (consent, asked.get("code_challenge", ""))
            answer = {"code": code, "state": asked["state"]}
            if self.manners == "intuit":
                consent.realm = answer["realmId"] = self.realm
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        form = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        if not self._knows(request, form):
            return _error("invalid_client", 401 if self.manners == "intuit" else 400)
        if form["grant_type"] == "authorization_code":
            return self._exchanged(form, request)
        if form["grant_type"] == "client_credentials":
            return JSONResponse({"access_token": self._new_access(None), "expires_in": 1800, "token_type": "Bearer"})
        return self._refreshed(form["refresh_token"], request)

    def _knows(self, request: Request, form: dict[str, str]) -> bool:
        if self.pkce:
            return form.get("client_id") == CLIENT_ID and "authorization" not in request.headers
        pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {pair}"

    def _exchanged(self, form: dict[str, str], request: Request) -> Response:
        consent, challenge = self.codes.pop(form["code"], (None, ""))
        if consent is None:
            return _error("invalid_grant")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if challenge and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return _error("invalid_grant")
        self.consents.append(consent)
        self._rotate(consent)
        return self._tokens(consent, request)

    def _refreshed(self, token: str, request: Request) -> Response:
        for consent in self.consents:
            if token == consent.live and consent.alive:
                break
            if token in consent.replaced and consent.alive:
                if self.manners == "xero" and self.clock.now() - consent.replaced[token] <= GRACE:
                    break
                if self.manners == "intuit":
                    consent.alive = False  # taken for an attack: the newer token dies with the older
                return _error("invalid_grant")
        else:
            return _error("invalid_grant")
        self.refreshes += 1
        aged = consent.made_at is None or self.clock.now() - consent.made_at >= self.value_lives
        if self.manners == "xero" or aged:
            self._rotate(consent)
        return self._tokens(consent, request)

    def _rotate(self, consent: Consent) -> None:
        if consent.live:
            consent.replaced[consent.live] = self.clock.now()
        consent.live, consent.made_at = f"{CANARY}-refresh-{secrets.token_hex(8)}", self.clock.now()

    def _tokens(self, consent: Consent, request: Request) -> Response:
        answer: dict[str, Any] = {
            "access_token": self._new_access(consent),
            "refresh_token": consent.live,
            "expires_in": self.access_seconds,
            "token_type": "bearer",
        }
        if self.manners == "intuit":
            answer["x_refresh_token_expires_in"] = 8726400
            if request.headers.get("x-include-refresh-token-hard-expires-in") == "true":
                answer["x_refresh_token_hard_expires_in"] = 157680000
        return JSONResponse(answer)

    def _new_access(self, consent: Consent | None) -> str:
        claims = {"jti": f"{CANARY}-{secrets.token_hex(8)}"}
        if consent is not None and self.manners == "xero" and self.with_user_claim:
            claims |= {"xero_userid": USER, "authentication_event_id": consent.event}
        token = ".".join(("eyJhbGciOiJub25lIn0", _b64(json.dumps(claims)), f"{CANARY}signature"))
        self.access_tokens[token] = consent
        return token

    async def _revoke(self, request: Request) -> Response:
        body = await request.body()
        form = json.loads(body) if self.manners == "intuit" else {k: v[0] for k, v in parse_qs(body.decode()).items()}
        if not self._knows(request, form):
            return _error("invalid_client", 401)
        for consent in self.consents:
            if form["token"] == consent.live and consent.alive:
                consent.alive = False
                self.revoked.append(consent.realm or "")
                return Response(status_code=200)
        return _error("invalid_request")

    async def _company(self, request: Request) -> Response:
        """A QuickBooks company, to a token of that company alone."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        consent = self.access_tokens.get(token)
        if consent is None or not consent.alive or consent.realm != request.path_params["realm"]:
            fault = {
                "message": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
                "code": "3100",
            }
            return JSONResponse({"fault": {"error": [fault], "type": "AUTHORIZATION"}}, 403)
        return JSONResponse({"CompanyInfo": {"CompanyName": self.books_name}, "time": "2026-11-23T04:00:00-08:00"})

    async def _connections(self, request: Request) -> Response:
        if not self._bears(request):
            return JSONResponse({"Title": "Unauthorized", "Status": 401}, 401)
        return JSONResponse(self.organisations)

    async def _drop(self, request: Request) -> Response:
        if not self._bears(request):
            return JSONResponse({"Title": "Unauthorized", "Status": 401}, 401)
        left = [one for one in self.organisations if one["id"] != request.path_params["id"]]
        gone, self.organisations = len(left) < len(self.organisations), left
        return Response(status_code=204 if gone else 404)

    def _bears(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        consent = self.access_tokens.get(token, Consent(alive=False))
        return consent is None or consent.alive

    # --------------------------------------------------------------------------------------------------- people's

    def consent(self) -> Consent:
        """Somebody has signed in before the test begins."""
        consent = Consent(realm=REALM if self.manners == "intuit" else None)
        self.consents.append(consent)
        self._rotate(consent)
        return consent

    def token_calls(self) -> int:
        """Calls that reached the token service, answered or not."""
        return sum(seen.path == "/token" for seen in self.requests)

    def let_pass(self, time: timedelta) -> None:
        self.clock.offset += time

    def add_organisation(self, tenant_id: str, name: str, event: str = "older") -> None:
        self.organisations.append(_organisation(tenant_id, name, event))


def _organisation(tenant_id: str, name: str, event: str = "older") -> dict[str, Any]:
    return {
        "id": f"connection-{tenant_id[:8]}",
        "authEventId": event,
        "tenantId": tenant_id,
        "tenantType": "ORGANISATION",
        "tenantName": name,
    }


def _error(word: str, status: int = 400) -> Response:
    return JSONResponse({"error": word, "error_description": f"{CANARY} described"}, status)


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
