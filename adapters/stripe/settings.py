"""Settings of a company's Stripe account."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from adapters.settings_base import ServiceSettings
from connector.pointers import SecretPointer

LINK_HOST: Final = "buy.stripe.com"  # https://docs.stripe.com/payment-links/customize#custom-domain


class StripeSettings(ServiceSettings):
    """The Stripe account that receives this company's card money."""

    key: SecretPointer = Field(
        description="A restricted key (rk_live_...): write on Payment Links, Products, Prices and Checkout Sessions, "
        "read on Events, Charges, PaymentIntents, Refunds, Disputes, Balance, Balance transaction sources and Payouts.",
        examples=["env:ACME_STRIPE_KEY"],
    )
    webhook_secret: SecretPointer | None = Field(
        default=None,
        description="Signing secret (whsec_...) of a webhook endpoint, where you have a public address.",
        examples=["env:ACME_STRIPE_WEBHOOK_SECRET"],
    )
    monthly_reads: int = Field(
        default=10_000,
        ge=100,
        description="GET calls in 30 days that Duebird may make. Stripe gives small accounts 10,000.",
    )
    link_host: str = Field(
        default=LINK_HOST,
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$",
        description="Host of your payment links; change it only for a custom domain you set up at Stripe. A text with "
        "a link to anywhere else is not sent.",
    )
    base_url: str | None = Field(default=None, description="Address of the API, for a stand-in. Loopback only.")

    @property
    def link_hosts(self) -> frozenset[str]:
        """Where payment links may lead: also Stripe's own, which those of before have."""
        return frozenset((LINK_HOST, self.link_host))
