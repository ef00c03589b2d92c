"""Stripe's webhooks: genuine or not, and the hint in one.

https://docs.stripe.com/webhooks#verify-manually. Written here rather than taken from the SDK: its check lets a
time-stamp of tomorrow pass, and importing it takes longer than a webhook may.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from adapters.incoming import Forged, Heard, Incoming, mac, readable_json
from adapters.stripe.settings import StripeSettings
from adapters.stripe.translate import KINDS, hint_from
from connector.ports.processor import Hint

HEADER: Final = "stripe-signature"
TOLERANCE: Final = 300  # seconds, both ways: Stripe's own figure. Each retry has a fresh stamp, so older is a replay.
MOST_PARTS: Final = 16  # one stamp, two signatures while a secret is rolled, and schemes to come

_EVENT: Final = re.compile(r"evt_[A-Za-z0-9_]{1,120}", re.ASCII)
_OBJECT: Final = re.compile(r"[a-z]{2,12}_[A-Za-z0-9_]{1,160}", re.ASCII)


def heard(request: Incoming, secret: str, settings: StripeSettings) -> Heard:
    """The event as a hint; nothing where its kind does not concern us.

    Raises:
        Forged: no signature fits, or it was made more than five minutes from now.
    """
    del settings
    _check(request.headers.get(HEADER, ""), secret, request.body, request.received_at)
    event = readable_json(request.body)
    if isinstance(event, dict) and event.get("type") not in KINDS:
        return Heard()
    hint = _hint(event, request.body)
    # Signed and yet unreadable (a shape of the future): the list of events will tell.
    return Heard(hints=(hint,), work=True) if hint else Heard(look=True)


def _check(header: str, secret: str, body: bytes, now: datetime) -> None:
    parts = [part.partition("=") for part in header.split(",")]
    if len(parts) > MOST_PARTS:
        raise Forged("the signature has too many parts")
    stamps = [value for name, _, value in parts if name.strip() == "t"]
    if len(stamps) != 1 or not re.fullmatch(r"\d{1,12}", stamps[0], re.ASCII):
        raise Forged("the signature has no time")
    expected = mac(secret, stamps[0].encode() + b"." + body, "sha256").hex().encode()
    fits = False
    for name, _, value in parts:
        if name.strip() == "v1":
            fits |= hmac.compare_digest(value.strip().encode("utf-8", "replace"), expected)
    if not fits:
        raise Forged("the signature does not fit the body and webhook_secret")
    if abs(int(stamps[0]) - now.timestamp()) > TOLERANCE:
        raise Forged("it was signed more than 5 minutes from now by this machine's clock")


def _hint(event: Any, body: bytes) -> Hint | None:
    try:
        hint = replace(hint_from(event), raw=body.decode())
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
        return None
    good = isinstance(hint.event_id, str) and _EVENT.fullmatch(hint.event_id) and _OBJECT.fullmatch(hint.object_id)
    return hint if good else None
