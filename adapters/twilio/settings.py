"""Settings of a company's Twilio sender."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from adapters.settings_base import ServiceSettings
from connector.pointers import SecretPointer


class TwilioSettings(ServiceSettings):
    """The Twilio account and sender of one company. Each company is its own sender: carriers ask for that."""

    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$", description="Account SID.", examples=["AC" + "0" * 32])
    api_key_sid: str | None = Field(
        default=None, pattern=r"^SK[0-9a-fA-F]{32}$", description="SID of an API key; better than the auth token."
    )
    api_key_secret: SecretPointer | None = Field(
        default=None, description="Secret of that API key.", examples=["env:ACME_TWILIO_KEY_SECRET"]
    )
    auth_token: SecretPointer | None = Field(
        default=None,
        description="Auth token: instead of an API key, or beside it where webhooks are used (it alone signs them).",
        examples=["env:ACME_TWILIO_AUTH_TOKEN"],
    )
    from_number: str | None = Field(
        default=None, pattern=r"^\+[1-9]\d{6,14}$", description="Number to send from.", examples=["+15550100001"]
    )
    messaging_service_sid: str | None = Field(
        default=None,
        pattern=r"^MG[0-9a-fA-F]{32}$",
        description="Messaging service to send through, instead of one number.",
    )
    base_url: str | None = Field(default=None, description="Address of the API, for a stand-in. Loopback only.")
    messaging_base_url: str | None = Field(
        default=None, description="Address of the Messaging API, for a stand-in. Loopback only."
    )
    pricing_base_url: str | None = Field(
        default=None, description="Address of the Pricing API, for a stand-in. Loopback only."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.from_number is None) == (self.messaging_service_sid is None):
            raise ValueError("give either from_number or messaging_service_sid, not both and not neither")
        if (self.api_key_sid is None) != (self.api_key_secret is None):
            raise ValueError("api_key_sid and api_key_secret go together")
        if self.api_key_sid is None and self.auth_token is None:
            raise ValueError("give api_key_sid with api_key_secret, or auth_token")
        return self
