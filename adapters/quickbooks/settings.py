"""Settings of a QuickBooks Online company."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from adapters.settings_base import ServiceSettings
from connector.pointers import SecretPointer


class QuickBooksSettings(ServiceSettings):
    """One QuickBooks Online company (realm), read and written through one Intuit app."""

    kind: Literal["quickbooks"] = Field(description="This company's books are in QuickBooks Online.")
    realm_id: str | None = Field(
        default=None,
        pattern=r"^\d{5,25}$",
        description="The company id. `duebird connect` reads it from the sign-in; "
        "write it here to insist on one company.",
        examples=["9130355377388383"],
    )
    client_id: SecretPointer = Field(description="Client ID of your Intuit app.", examples=["env:INTUIT_CLIENT_ID"])
    client_secret: SecretPointer = Field(
        description="Client secret of your Intuit app.", examples=["env:INTUIT_CLIENT_SECRET"]
    )
    environment: Literal["production", "sandbox"] = Field(
        default="production", description="'sandbox' reaches Intuit's test companies with development keys."
    )
    redirect_uri: str = Field(
        default="http://localhost:8484/callback",
        description="As registered in the Intuit app. Production keys need an https address of yours; "
        "the page need not exist, you paste the address you landed on.",
    )
    webhook_verifier: SecretPointer | None = Field(
        default=None,
        description="Verifier token of your Intuit app's webhooks, where you have a public address.",
        examples=["env:INTUIT_WEBHOOK_VERIFIER"],
    )
    payment_account: str | None = Field(
        default=None,
        description="Clearing account for card money, by name or id: type Bank or Other Current Asset.",
        examples=["Stripe clearing"],
    )
    payment_method: str | None = Field(
        default=None, description="Payment method to put on the entry, by name.", examples=["Credit Card"]
    )
    mobile_field: Literal["mobile", "mobile_or_primary"] = Field(
        default="mobile",
        description="Which phone of a customer may be texted. Primary phones are often landlines.",
    )
    monthly_reads: int = Field(
        default=500_000,
        ge=1000,
        description="Reads in 30 days that Intuit allows your app, over all its companies: 500,000 on the free tier. "
        "Duebird gives each QuickBooks company of this file an equal share.",
    )
    base_url: str | None = Field(default=None, description="Address of the API, for a stand-in. Loopback only.")
    authorize_url: str | None = Field(default=None, description="Address of the sign-in page, for a stand-in.")
    token_url: str | None = Field(default=None, description="Address of the token service, for a stand-in.")
    revoke_url: str | None = Field(default=None, description="Address that ends a connection, for a stand-in.")
