"""Settings of a Xero organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from adapters.settings_base import ServiceSettings
from connector.pointers import SecretPointer
from connector.settings import Contradiction


class XeroSettings(ServiceSettings):
    """One Xero organisation (tenant), read and written through one Xero app."""

    kind: Literal["xero"] = Field(description="This company's books are in Xero.")
    tenant_id: str | None = Field(
        default=None,
        pattern=r"^[0-9a-fA-F-]{36}$",
        description="The organisation's id. `duebird connect` finds it; write it here to insist on one organisation.",
        examples=["70784a63-d24b-46a9-a4db-0e70a274b056"],
    )
    grant: Literal["pkce", "code", "client_credentials"] = Field(
        default="pkce",
        description="'pkce' for a 'mobile or desktop' app (no secret), 'code' for a 'web app', "
        "'client_credentials' for a custom connection.",
    )
    client_id: SecretPointer = Field(description="Client id of your Xero app.", examples=["env:XERO_CLIENT_ID"])
    client_secret: SecretPointer | None = Field(
        default=None,
        description="Client secret; not used with grant = 'pkce'.",
        examples=["env:XERO_CLIENT_SECRET"],
    )
    redirect_uri: str = Field(
        default="http://localhost:8484/callback",
        description="As registered in the Xero app. Xero takes http://localhost, not http://127.0.0.1.",
    )
    webhook_key: SecretPointer | None = Field(
        default=None,
        description="Signing key of your Xero app's webhooks, where you have a public address.",
        examples=["env:XERO_WEBHOOK_KEY"],
    )
    payment_account: str | None = Field(
        default=None,
        description="Clearing account for card money, by name, code or id: a bank account, "
        "or one with 'enable payments to this account'.",
        examples=["Stripe clearing"],
    )
    daily_calls: int = Field(
        default=1000,
        ge=50,
        description="Calls a day Xero allows this organisation: 1000 on the Starter tier, 5000 above it.",
    )
    base_url: str | None = Field(default=None, description="Address of the API, for a stand-in. Loopback only.")
    connections_url: str | None = Field(default=None, description="Address that lists tenants, for a stand-in.")
    authorize_url: str | None = Field(default=None, description="Address of the sign-in page, for a stand-in.")
    token_url: str | None = Field(default=None, description="Address of the token service, for a stand-in.")
    revoke_url: str | None = Field(default=None, description="Address that ends a connection, for a stand-in.")

    def contradictions(self) -> Iterator[Contradiction]:
        """A secret exactly where the grant uses one."""
        if self.grant == "pkce" and self.client_secret is not None:
            yield Contradiction(
                "client_secret",
                "is given, but grant = 'pkce' (which is the default) uses no secret",
                "Remove client_secret; or, for a 'web app', write grant = 'code'; "
                "or, for a custom connection, grant = 'client_credentials'.",
            )
        if self.grant in {"code", "client_credentials"} and self.client_secret is None:
            yield Contradiction(
                "client_secret",
                f"is missing, and grant = '{self.grant}' needs it",
                "Add client_secret, such as 'env:XERO_CLIENT_SECRET'; or use grant = 'pkce' with an app that has none.",
            )
