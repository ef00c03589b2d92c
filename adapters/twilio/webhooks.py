"""Twilio's webhooks: genuine or not, what somebody texted us, which text of ours has arrived or failed.

https://www.twilio.com/docs/usage/webhooks/webhooks-security,
https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from adapters.incoming import Forged, Heard, Incoming, mac, signed_base64
from adapters.twilio.settings import TwilioSettings
from adapters.twilio.translate import phone_of
from connector.ports.messenger import InboundText

HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"  # "key=...,algorithm=HMAC_SHA256"
MOST_FIELDS: Final = 200  # a text with ten pictures has some fifty
SILENCE: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'  # TwiML: do not reply

_SID: Final = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}", re.ASCII)
# The words after which no other follows; the ones before are read when their time comes anyway.
_FINAL: Final = frozenset(("delivered", "undelivered", "failed", "canceled", "read"))


def inbound(request: Incoming, secret: str, settings: TwilioSettings) -> Heard:
    """What somebody texted to this company.

    Raises:
        Forged: the signature does not fit. Also a STOP needs one. Taking an unsigned one would only ever reduce
            texting, but anybody could then silence a business towards its customers; a real one is signed, and one
            whose signature is spoilt on the way is found by polling.
    """
    form = _genuine(request, secret)
    if not _to_us(form, settings):
        return Heard(answer=SILENCE)
    try:
        text = InboundText(
            text_id=_sid(form),
            sender=phone_of(form.get("From", "")),
            body=form.get("Body", "").replace("\0", ""),  # PostgreSQL has no room for it, and no phone types it
            received_at=request.received_at,  # the form has no time of its own
        )
    except ValueError:  # a short code, or a shape of the future: the list of messages will tell
        return Heard(work=True, answer=SILENCE)
    # Advanced Opt-Out knows words of the business's own choice; only here Twilio says that one of them was used.
    stopped = frozenset((text.text_id,)) if form.get("OptOutType") == "STOP" else frozenset()
    return Heard(texts=(text,), opted_out=stopped, work=True, answer=SILENCE)


def status(request: Incoming, secret: str, settings: TwilioSettings) -> Heard:
    """Which text of ours has come to its end; its state is then read from Twilio itself.

    Raises:
        Forged: the signature does not fit.
    """
    del settings
    form = _genuine(request, secret)
    if form.get("MessageStatus") not in _FINAL:
        return Heard()
    try:
        return Heard(settled_texts=(_sid(form),), work=True)
    except ValueError:
        return Heard()


def _genuine(request: Incoming, secret: str) -> dict[str, str]:
    """The form of a request that Twilio signed: HMAC over the address and every field's name and value, sorted."""
    algorithm = _algorithm(request.headers.get(SETTINGS_HEADER, ""))
    given = request.headers.get(HEADER)
    if not given:
        raise Forged("it has no signature")
    try:
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Forged("it is not a form") from None
    fields = "".join(name + value for name, value in sorted(set(pairs))).encode("utf-8", "replace")
    fits = False
    for url in _addresses(request.url):
        fits |= signed_base64(given, mac(secret, url.encode() + fields, algorithm))
    if not fits:
        raise Forged("the signature does not fit the address under public_url and the auth token")
    return dict(pairs)


def _algorithm(header: str) -> Literal["sha1", "sha256"]:
    """SHA-1 unless Twilio says otherwise, https://www.twilio.com/docs/usage/webhooks/webhooks-security."""
    for part in header.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm":
            wanted = value.strip().upper()
            if wanted not in {"HMAC_SHA1", "HMAC_SHA256"}:
                raise Forged("it is signed in a way that Duebird does not know")
            return "sha256" if wanted == "HMAC_SHA256" else "sha1"
    return "sha1"


def _addresses(url: str) -> tuple[str, ...]:
    """The address with its port and without: Twilio signs either, as its own libraries allow for."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    named = f"[{host}]" if ":" in host else host
    return tuple(urlunsplit(parts._replace(netloc=netloc)) for netloc in (named, f"{named}:{port}"))


def _to_us(form: dict[str, str], settings: TwilioSettings) -> bool:
    """Whether it came in on this company's sender: one account may serve several, and a START is only for one."""
    if not settings.two_way:
        return False  # nobody can text a name
    if settings.from_number is not None:
        return form.get("To") == settings.from_number
    return form.get("MessagingServiceSid", settings.messaging_service_sid) == settings.messaging_service_sid


def _sid(form: dict[str, str]) -> str:
    sid = form.get("MessageSid", "")
    if not _SID.fullmatch(sid):
        raise ValueError("no message id")
    return sid
