"""A company with open webhook doors, served over real HTTP, and senders who sign as the services do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from connector.config import Loaded, load_text
from connector.domain.effect import BooksIdentity
from connector.web.doors import doors_of
from connector.web.hooks import Hooks
from connector.web.intake import Intake, Nudges
from connector.web.listener import Listener
from tests.flow.office import Office
from tests.unit.config_text import ENVIRON, QUICKBOOKS, XERO, company

PUBLIC = "https://hooks.acme.example"
STRIPE_SECRET = "whsec_made_up_for_tests"
TWILIO_TOKEN = "twilio-auth-token"
VERIFIER = "intuit-verifier-token"
XERO_KEY = "xero-webhook-key"
SENDER = "+15552000001"
REALM, OTHER_REALM = "9130355377388383", "4620816365000000000"
TENANT = "70784a63-d24b-46a9-a4db-0e70a274b056"

_ENVIRON = {
    **ENVIRON,
    "STRIPE_HOOK": STRIPE_SECRET,
    "INTUIT_VERIFIER": VERIFIER,
    "XERO_HOOK": XERO_KEY,
    "GAMMA_STRIPE": "rk_live_gamma001",
    "QUIET_STRIPE": "rk_live_quiet001",
}


def settings(public_url: str = PUBLIC) -> Loaded:
    """acme and gamma share an Intuit app, beta is at Xero, quiet wants no webhooks but has a Twilio token."""
    verifier = 'webhook_verifier = "env:INTUIT_VERIFIER"\n'
    parts = [
        f'[daemon]\nwebhook_listen = "127.0.0.1:8766"\npublic_url = "{public_url}"\n',
        company(
            ledger=QUICKBOOKS + verifier,
            stripe='key = "env:ACME_STRIPE"\nwebhook_secret = "env:STRIPE_HOOK"',
            twilio=f'from_number = "{SENDER}"',
        ),
        company("beta", ledger=XERO + 'webhook_key = "env:XERO_HOOK"\n', stripe='key = "env:BETA_STRIPE"').replace(
            SENDER, "+15552000002"
        ),
        company("gamma", ledger=QUICKBOOKS + verifier, stripe='key = "env:GAMMA_STRIPE"').replace(
            SENDER, "+15552000003"
        ),
        company("quiet", ledger=XERO, stripe='key = "env:QUIET_STRIPE"').replace(SENDER, "+15552000004"),
    ]
    return load_text("".join(parts), Path("duebird.toml"), _ENVIRON)


class Reception:
    """The doors of an office, open on a loopback port. `worked` and `looked` say whom the daemon was told of."""

    def __init__(self, office: Office, loaded: Loaded | None = None) -> None:
        self.office = office
        self.worked: list[str] = []
        self.looked: list[str] = []
        store, queries = office.company.store, office.company.queries
        for name, kind, tenant in (
            ("acme", "quickbooks", REALM),
            ("gamma", "quickbooks", OTHER_REALM),
            ("beta", "xero", TENANT),
        ):
            store.bind_company(name, BooksIdentity(kind, tenant, f"acct_{name}"), name, office.clock.now())
        self.hooks = Hooks(
            doors_of(loaded or settings()),
            Intake(store, queries),
            Nudges(work=self.worked.append, look=self.looked.append),
            office.clock,
        )
        self.listener = Listener(self.hooks.app(), "127.0.0.1", 0, "webhook_listen")
        self.base_url = f"http://127.0.0.1:{self.listener.port}"
        self.http = httpx.Client(base_url=self.base_url, timeout=10, trust_env=False)

    def __enter__(self) -> Self:
        self.listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self.listener.stop()
        self.hooks.close()

    def post(self, door: str, body: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.http.post(f"/hooks/{door}", content=body, headers=dict(headers or {}))

    # ------------------------------------------------------------------------------------------------- senders

    def stripe(self, event: Any, *, secret: str = STRIPE_SECRET, at: float = 0, company: str = "acme") -> int:
        """Post an event signed now, or `at` seconds from now."""
        body = event if isinstance(event, bytes) else json.dumps(event, indent=2).encode()
        header = stripe_signature(body, int(self.office.clock.now().timestamp() + at), secret)
        return self.post(f"{company}/stripe", body, {"Stripe-Signature": header}).status_code

    def twilio(self, door: str, form: Mapping[str, str], *, token: str = TWILIO_TOKEN) -> httpx.Response:
        headers = {
            "X-Twilio-Signature": twilio_signature(f"{PUBLIC}/hooks/{door}", form, token),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self.post(door, urlencode(form).encode(), headers)

    def text(self, body: str, *, sid: str = "SM" + "1" * 32, **more: str) -> httpx.Response:
        form = {"MessageSid": sid, "From": "+12125550123", "To": SENDER, "Body": body, "NumMedia": "0", **more}
        return self.twilio("acme/twilio/inbound", form)

    def intuit(self, body: Any, *, verifier: str = VERIFIER, company: str = "acme") -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.post(f"{company}/quickbooks", raw, {"intuit-signature": sha256_base64(verifier, raw)}).status_code

    def xero(self, body: Any, *, key: str = XERO_KEY) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.post("beta/xero", raw, {"x-xero-signature": sha256_base64(key, raw)})

    # ------------------------------------------------------------------------------------------------- records

    def stored(self) -> list[str]:
        """Everything that a webhook could have left in the database."""
        from sqlmodel import select

        from state.tables import AttentionRow, ConsentRow, HintRow, InboundRow, PaymentRow

        tables: tuple[Any, ...] = (AttentionRow, ConsentRow, HintRow, InboundRow, PaymentRow)
        with self.office.database.read() as session:
            return [repr(row) for table in tables for row in session.exec(select(table)).all()]

    def hints(self) -> list[str]:
        rows = self.office.company.queries.unworked_hints("acme", self.office.clock.now(), 500)
        return [row.event_id for row in rows]


def stripe_signature(body: bytes, at: int, secret: str = STRIPE_SECRET) -> str:
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()},v0=00"


def twilio_signature(url: str, form: Mapping[str, str], token: str = TWILIO_TOKEN, algorithm: str = "sha1") -> str:
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), algorithm).digest()).decode()


def sha256_base64(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def paid(session_id: str = "cs_live_a1", event_id: str = "evt_1") -> dict[str, Any]:
    """An event that says a payment page was paid."""
    return {
        "id": event_id,
        "object": "event",
        "type": "checkout.session.completed",
        "created": 1_795_000_000,
        "livemode": True,
        "data": {"object": {"id": session_id, "object": "checkout.session", "payment_status": "paid"}},
    }
