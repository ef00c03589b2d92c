"""What the four services' webhooks have in common: a request to be checked, and what a genuine one says.

Checking comes before reading: no byte of a body is parsed until its signature fits. Even then the content is a hint:
money is believed only from an object that was fetched with our own key. A reader must be total: whatever bytes it is
given, it returns or raises `Forged`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from connector.ports.messenger import InboundText
from connector.ports.processor import Hint

MOST_BYTES: Final = 256_000  # Stripe's largest events stay far below; a form or a list of ids has a few kB


class Forged(Exception):
    """Not signed by the service: nothing of it may be believed or kept. The reason holds nothing of the request."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it arrived. `url`: the public address it was sent to, from our settings, never from its headers.

    Header names are in small letters; a header that came twice is joined with ", ", and so fits no signature.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What a genuine webhook says; empty where it concerns nothing of ours.

    `work`: a pass would find something to do with what it reads anyway. `look`: the ledger or the processor has news,
    of these `tenants` (None: of the company the address names). `answer`: what the service wants to hear, as XML.
    """

    hints: tuple[Hint, ...] = ()
    texts: tuple[InboundText, ...] = ()
    opted_out: frozenset[str] = frozenset()  # ids of those texts that the service itself took for a STOP
    settled_texts: tuple[str, ...] = ()  # ids of texts of ours whose fate is decided
    work: bool = False
    look: bool = False
    tenants: frozenset[str] | None = field(default=None)
    answer: str = ""


Reader = Callable[[Incoming, str, Any], Heard]  # the request, the secret, the settings of that service


def mac(secret: str, signed: bytes, algorithm: Literal["sha1", "sha256"]) -> bytes:
    """The HMAC of what was signed."""
    return hmac.new(secret.encode(), signed, hashlib.sha1 if algorithm == "sha1" else hashlib.sha256).digest()


def signed_base64(given: str | None, expected: bytes) -> bool:
    """Whether a base64 signature is the expected one, in constant time."""
    if not given:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), base64.b64encode(expected))


def readable_json(body: bytes) -> Any:
    """The JSON of a body whose signature fits; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # ValueError: also what is not UTF-8
        return None
