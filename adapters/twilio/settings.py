"""Settings of a company's Twilio sender."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from adapters.settings_base import ServiceSettings
from connector.pointers import SecretPointer
from connector.settings import Contradiction


class TwilioSettings(ServiceSettings):
    """The Twilio account and sender of one company. Each company is its own sender: carriers ask for that."""

    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$", description="Account SID.", examples=["AC" + "0" * 32])
    api_key_sid: str | None = Field(
        default=None,
        pattern=r"^SK[0-9a-fA-F]{32}$",
        description="SID of an API key; better than the auth token.",
        examples=["SK" + "0" * 32],
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
        examples=["MG" + "0" * 32],
    )
    base_url: str | None = Field(default=None, description="Address of the API, for a stand-in. Loopback only.")
    messaging_base_url: str | None = Field(
        default=None,
        description="Address of the Messaging API, for a stand-in; base_url where that is given. Loopback only.",
    )
    pricing_base_url: str | None = Field(
        default=None,
        description="Address of the Pricing API, for a stand-in; base_url where that is given. Loopback only.",
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """One sender, and one complete way to sign in."""
        if (self.from_number is None) == (self.messaging_service_sid is None):
            both = self.from_number is not None
            yield Contradiction(
                "from_number",
                "is given together with messaging_service_sid"
                if both
                else "is missing, and so is messaging_service_sid",
                "Give exactly one of from_number and messaging_service_sid.",
            )
        if (self.api_key_sid is None) != (self.api_key_secret is None):
            missing = "api_key_secret" if self.api_key_secret is None else "api_key_sid"
            yield Contradiction(missing, "is missing", "api_key_sid and api_key_secret go together: give both.")
        if self.api_key_sid is None and self.api_key_secret is None and self.auth_token is None:
            yield Contradiction(
                "api_key_sid",
                "is missing, and so is auth_token: Duebird could not sign in to Twilio",
                "Give api_key_sid with api_key_secret (better), or auth_token.",
            )
