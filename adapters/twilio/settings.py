"""Settings of a company's Twilio sender."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from adapters.settings_base import ServiceSettings
from connector.pointers import SecretPointer
from connector.settings import Contradiction

SENDERS: Final = ("from_number", "messaging_service_sid", "sender_name")  # what a company sends from: one of them


def name_mark(account_sid: str, name: str) -> str:
    """What a name as sender is known by: the same name of another account is another sender at Twilio."""
    return f"{account_sid}/{name}".lower()


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
    sender_name: str | None = Field(
        default=None,
        max_length=11,
        pattern=r"^[0-9 +&_-]*[A-Za-z][A-Za-z0-9 +&_-]*$",
        description="Name to send from, instead of a number, in countries that allow it (not the US or Canada). "
        "Nobody can reply to a name, so nobody can answer STOP: say in `words` how else to say no.",
        examples=["AcmePlumb"],
    )
    lookup: bool = Field(
        default=False,
        description="Ask Twilio Lookup once for each number that is about to be texted what kind of line it is, and "
        "leave out landlines. About a cent a number, again after 90 days.",
    )
    lookup_reassigned: bool = Field(
        default=False,
        description="Ask Twilio Lookup also whether a US number changed hands since the consent; then its texts wait "
        "for your word. Some cents a number, again after 90 days.",
    )
    base_url: str | None = Field(default=None, description="Address of the API, for a stand-in. Loopback only.")
    messaging_base_url: str | None = Field(
        default=None,
        description="Address of the Messaging API, for a stand-in; base_url where that is given. Loopback only.",
    )
    lookups_base_url: str | None = Field(
        default=None,
        description="Address of the Lookup API, for a stand-in; base_url where that is given. Loopback only.",
    )
    pricing_base_url: str | None = Field(
        default=None,
        description="Address of the Pricing API, for a stand-in; base_url where that is given. Loopback only.",
    )

    @property
    def two_way(self) -> bool:
        """Whether people can reply to what is sent, and so answer STOP. A name as sender goes one way."""
        return self.sender_name is None

    @property
    def from_(self) -> str | None:
        """What texts come from as Twilio's API takes it in `From`; None for a messaging service, which chooses."""
        return self.from_number or self.sender_name

    @property
    def mark(self) -> str:
        """What this sender is known by: who has the same sends from the same."""
        if self.sender_name is not None:
            return name_mark(self.account_sid, self.sender_name)
        return self.from_number or str(self.messaging_service_sid).lower()

    def contradictions(self) -> Iterator[Contradiction]:
        """One sender, and one complete way to sign in."""
        given = [name for name in SENDERS if getattr(self, name) is not None]
        if len(given) != 1:
            yield Contradiction(
                given[0] if given else "from_number",
                f"is given together with {' and '.join(given[1:])}"
                if given
                else "is missing, and so are messaging_service_sid and sender_name",
                f"Give exactly one of {', '.join(SENDERS[:-1])} and {SENDERS[-1]}.",
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
