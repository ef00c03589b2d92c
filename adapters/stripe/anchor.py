"""The claim on a company's books as a product in its Stripe account. See https://docs.stripe.com/api/products.

A product may have an id of our choosing, which is there once in an account, and holds metadata. It is made inactive:
nobody can buy it, and it stands apart in the dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import stripe

from adapters.stripe.settings import StripeSettings
from adapters.stripe.wire import SERVICE, StripeWire
from connector.domain.lease import Claim
from connector.errors import Bug, Rejected, RejectedBecause
from connector.ports.calls import Wire

_ID: Final = re.compile(r"[A-Za-z0-9_]+")
_MEANING: Final = (
    "Duebird notes here which computer texts and books for you, so that two of them never do it both. Leave it as it "
    "is: it costs nothing, and nobody can buy it."
)


class StripeAnchor:
    """The port `Anchor` onto one Stripe account.

    Args:
        settings: of this account.
        key: the secret itself, read from where `settings.key` points. It needs Products: Write.
        wire: the company's clock, budget of calls and time-outs.
    """

    def __init__(self, settings: StripeSettings, key: str, wire: Wire) -> None:
        self._stripe = StripeWire(settings, key, wire)

    def read(self, anchor_id: str) -> Claim | None:
        """The claim as it stands. https://docs.stripe.com/api/products/retrieve.

        Raises:
            Rejected: INVALID, somebody has changed it; SETUP where it is there, but the key is of the other mode.
        """
        _check(anchor_id)
        try:
            found = self._stripe.read(
                "read which computer works on these books", lambda client: client.v1.products.retrieve(anchor_id)
            )
        except Rejected as refusal:
            if refusal.because is RejectedBecause.NOT_FOUND:
                return None
            raise
        return None if found.get("deleted") else _claim(found)

    def create(self, anchor_id: str, name: str, claim: Claim, idempotency_key: str) -> Claim:
        """Make the product. https://docs.stripe.com/api/products/create.

        Raises:
            Rejected: EXISTS or KEY_REUSED; nothing was done.
            Uncertain: look.
        """
        _check(anchor_id)
        params: dict[str, Any] = {
            "id": anchor_id,
            "name": name,
            "description": _MEANING,
            "active": False,
            "metadata": claim.words(),
        }
        options: stripe.RequestOptions = {"idempotency_key": idempotency_key}
        made = self._stripe.write(
            "note that this computer works on these books",
            lambda client: client.v1.products.create(params, options),  # type: ignore[arg-type] # built as a plain dict
        )
        return _claim(made)

    def replace(self, anchor_id: str, claim: Claim, idempotency_key: str) -> Claim:
        """Write another claim over it. https://docs.stripe.com/api/products/update.

        Raises:
            Rejected: NOT_FOUND or KEY_REUSED; nothing was done.
            Uncertain: look.
        """
        _check(anchor_id)
        options: stripe.RequestOptions = {"idempotency_key": idempotency_key}
        changed = self._stripe.write(
            "note that this computer works on these books",
            lambda client: client.v1.products.update(anchor_id, {"metadata": claim.words()}, options),
        )
        return _claim(changed)


def _claim(product: Mapping[str, Any]) -> Claim:
    try:
        return Claim.of_words(product.get("metadata") or {})
    except ValueError as error:
        raise Rejected(
            f"Somebody has changed the product {product.get('id')} in Stripe, in which Duebird notes which computer "
            f"works on these books ({error}). Nothing is texted or booked while that is so.",
            because=RejectedBecause.INVALID,
            service=SERVICE,
            advice="Make sure that Duebird runs on one computer only. Then delete that product in the Stripe "
            "dashboard, under Product catalog: it is made anew.",
        ) from error


def _check(anchor_id: str) -> None:
    """An empty id would ask for the whole list instead, and the SDK would not notice."""
    if not _ID.fullmatch(anchor_id):
        raise Bug("the id of the claim is empty or malformed; nothing was asked", service=SERVICE)
