"""What is known of a service's sign-in before any call: addresses, keys, lifetimes. Light.

Sources: developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0 (and its
faq and set-redirect-uri pages), developer.xero.com/documentation/guides/oauth2/{auth-flow,pkce-flow,
custom-connections,token-types,scopes}.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode, urlsplit

from adapters.quickbooks.settings import QuickBooksSettings
from adapters.xero.settings import XeroSettings
from connector.pointers import SecretPointer

Resolve = Callable[[SecretPointer], str]

# A call may wait 30 s for its answer and the port promises a minute; the token must outlive both.
ACCESS_MARGIN: Final = timedelta(seconds=90)

TITLES: Final = {"quickbooks": "QuickBooks", "xero": "Xero"}  # as people call them
QUICKBOOKS_SCOPES: Final = ("com.intuit.quickbooks.accounting",)
# Apps made since 2026-03-02 get granular scopes only; the old accounting.transactions is refused for them.
XERO_SCOPES: Final = (
    "accounting.invoices.read",
    "accounting.payments",
    "accounting.contacts.read",
    "accounting.settings.read",
)
# What stands in the clearing account, read only: for `duebird reconcile`. Wished for: nothing else needs it, and custom
# connections were made without it.
XERO_CLEARING_SCOPES: Final = ("accounting.banktransactions.read", "accounting.reports.banksummary.read")
# For customers' credits, fees and payouts: bank transactions in Xero. Wished for where the settings want them.
XERO_BANK_SCOPES: Final = ("accounting.banktransactions",)
# For credit notes, by which refunds are entered. Wished for where the settings want them.
XERO_NOTE_SCOPES: Final = ("accounting.invoices",)
# For entries beside the payment, as `extra_scopes`: fees, credits and payouts; credit notes of refunds; the balance of
# the clearing account in one call. Which granular scope opens bank transfers is told by third parties only.
XERO_ENTRY_SCOPES: Final = (
    "accounting.banktransactions",
    "accounting.invoices",
    "accounting.reports.banksummary.read",
)


class Grant(StrEnum):
    """How tokens are had."""

    CODE = "code"  # a person signs in; we have a secret
    PKCE = "pkce"  # a person signs in; no secret, the code is bound to this program by a challenge
    CLIENT_CREDENTIALS = "client_credentials"  # nobody signs in: Xero's custom connection


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """One registered app at one service, as far as signing in needs it. Its text form shows no secret.

    `wished` are scopes that are asked for too, and done without where the app may not ask for them.
    """

    service: str  # "quickbooks", "xero"
    title: str  # one of TITLES
    grant: Grant
    authorize_url: str
    token_url: str
    revoke_url: str
    client_id: str
    client_secret: str | None = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]
    portal: str  # where a person sees the app's keys
    connections_url: str = ""  # where the service lists what was consented to; "" where it has no such list
    wished: tuple[str, ...] = ()
    token_headers: Mapping[str, str] = field(default_factory=dict)
    access_margin: timedelta = ACCESS_MARGIN
    access_life: timedelta = timedelta(minutes=30)  # where the answer does not say
    refresh_life: timedelta = timedelta(days=60)  # unused for longer, it is dead; where the answer does not say
    reuse_old_token_for: timedelta = timedelta()  # after a rotation whose answer was lost

    @property
    def listens_here(self) -> bool:
        """Whether the redirect comes to this machine, so that a listener can take it."""
        place = urlsplit(self.redirect_uri)
        return place.scheme == "http" and place.hostname in {"localhost", "127.0.0.1", "::1"}


def quickbooks_client(settings: QuickBooksSettings, resolve: Resolve) -> OAuthClient:
    """Intuit: authorization code with a secret, whatever the environment; one consent is one company.

    The refresh token lives 100 days from its last use. Its value changes about once a day, and from then on the
    old value is treated as dead: there is no documented grace. The end that no refresh passes (five years) is
    told only when asked for by header.
    """
    return OAuthClient(
        service="quickbooks",
        title=TITLES["quickbooks"],
        grant=Grant.CODE,
        authorize_url=settings.authorize_url or "https://appcenter.intuit.com/connect/oauth2",
        token_url=settings.token_url or "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        revoke_url=settings.revoke_url or "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
        client_id=resolve(settings.client_id).strip(),
        client_secret=resolve(settings.client_secret).strip(),
        redirect_uri=settings.redirect_uri,
        scopes=QUICKBOOKS_SCOPES,
        portal="developer.intuit.com, 'Keys & credentials' of your app",
        token_headers={"x-include-refresh-token-hard-expires-in": "true"},
        access_life=timedelta(hours=1),
        refresh_life=timedelta(days=100),
    )


def xero_client(settings: XeroSettings, resolve: Resolve, extra_scopes: tuple[str, ...] = ()) -> OAuthClient:
    """Xero: PKCE, code with a secret, or a custom connection.

    The refresh token changes with every refresh and lives 60 days, which the answer does not say. The old one works
    for another 30 minutes, meant for lost answers only. Scopes add up over consents.

    Args:
        settings: of the organisation.
        resolve: reads a secret.
        extra_scopes: beyond reading invoices and writing payments, such as accounting.banktransactions for fees.
    """
    grant = Grant(settings.grant)
    offline = () if grant is Grant.CLIENT_CREDENTIALS else ("offline_access",)  # without it, dead after 30 minutes
    needs_secret = grant is not Grant.PKCE and settings.client_secret is not None
    return OAuthClient(
        service="xero",
        title=TITLES["xero"],
        grant=grant,
        authorize_url=settings.authorize_url or "https://login.xero.com/identity/connect/authorize",
        token_url=settings.token_url or "https://identity.xero.com/connect/token",
        revoke_url=settings.revoke_url or "https://identity.xero.com/connect/revocation",
        client_id=resolve(settings.client_id).strip(),
        client_secret=resolve(settings.client_secret).strip() if needs_secret and settings.client_secret else None,
        redirect_uri=settings.redirect_uri,
        scopes=(*offline, *XERO_SCOPES, *extra_scopes),
        wished=XERO_CLEARING_SCOPES,
        portal="developer.xero.com/app/manage, 'Configuration' of your app",
        connections_url=settings.connections_url or "https://api.xero.com/connections",
        reuse_old_token_for=timedelta(minutes=30),
    )


def all_scopes(client: OAuthClient) -> str:
    """What is needed and what is wished for, as it is asked for."""
    return " ".join(dict.fromkeys((*client.scopes, *client.wished)))


def authorisation_address(client: OAuthClient, state: str, code_challenge: str | None = None) -> str:
    """The address a person opens to say yes. `state` comes back with the answer; it must be random and used once."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": all_scopes(client),
        "state": state,
    }
    if code_challenge is not None:
        asked |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    joint = "&" if urlsplit(client.authorize_url).query else "?"
    return f"{client.authorize_url}{joint}{urlencode(asked)}"


def new_verifier() -> str:
    """A fresh PKCE verifier (RFC 7636): 64 bytes of randomness in 86 characters, of the 128 allowed."""
    return secrets.token_urlsafe(64)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()
