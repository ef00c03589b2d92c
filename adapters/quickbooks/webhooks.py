"""Intuit's webhooks: genuine or not, and which companies changed. Ids only; the look that follows reads the rest.

https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks; one address serves all companies of an app.
"""

from __future__ import annotations

from typing import Any, Final

from adapters.incoming import Forged, Heard, Incoming, mac, readable_json, signed_base64
from adapters.quickbooks.settings import QuickBooksSettings

HEADER: Final = "intuit-signature"


def heard(request: Incoming, secret: str, settings: QuickBooksSettings) -> Heard:
    """The companies (realms) in which something changed.

    Raises:
        Forged: the signature does not fit.
    """
    del settings
    if not signed_base64(request.headers.get(HEADER), mac(secret, request.body, "sha256")):
        raise Forged("the signature does not fit the body and webhook_verifier")
    body = readable_json(request.body)
    # CloudEvents since 2026, a list: https://blogs.intuit.com/2025/11/12/upcoming-change-to-webhooks-payload-structure
    if isinstance(body, list):
        return _realms(body, "intuitaccountid")
    if isinstance(body, dict) and isinstance(body.get("eventNotifications"), list):
        return _realms(body["eventNotifications"], "realmId")
    return Heard(look=True)


def _realms(rows: list[Any], name: str) -> Heard:
    realms = frozenset(str(row.get(name)) for row in rows if isinstance(row, dict))
    return Heard(look=bool(realms), tenants=realms)
