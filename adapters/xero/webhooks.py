"""Xero's webhooks: genuine or not, and which organisations changed. Ids only; the look that follows reads the rest.

https://developer.xero.com/documentation/guides/webhooks/overview. Its "intent to receive" is rightly and wrongly
signed requests without events: 200 to the first, 401 to the others, both empty.
"""

from __future__ import annotations

from typing import Final

from adapters.incoming import Forged, Heard, Incoming, mac, readable_json, signed_base64
from adapters.xero.settings import XeroSettings

HEADER: Final = "x-xero-signature"


def heard(request: Incoming, secret: str, settings: XeroSettings) -> Heard:
    """The organisations (tenants) in which something changed; none in an intent to receive.

    Raises:
        Forged: the signature does not fit.
    """
    del settings
    # The key is used as the text shown, not decoded.
    if not signed_base64(request.headers.get(HEADER), mac(secret, request.body, "sha256")):
        raise Forged("the signature does not fit the body and webhook_key")
    body = readable_json(request.body)
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list):
        return Heard(look=True)
    tenants = frozenset(str(event.get("tenantId")).lower() for event in events if isinstance(event, dict))
    return Heard(look=bool(tenants), tenants=tenants)
