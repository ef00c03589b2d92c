"""Stripe's SDK, hardened: our session, no retries of its own, no telemetry, no logging, and our errors.

What the SDK does by itself was read and run at 16.1.0: it follows redirects (which turn a POST into a GET), waits 80
seconds, prints parameters under STRIPE_LOG, and names no code on 409 and 429 (`error.error.code` has it).
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import requests
import stripe
from stripe import _util as stripe_util

from adapters.stripe.settings import StripeSettings
from adapters.transport import MeteredSession, never_sent, patiently, retry_after
from connector.errors import (
    CursorExpired,
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.calls import Wire

SERVICE: Final = "stripe"
# What the shapes in `translate` were read from, and what a repeat under an idempotency key must keep: a newer library
# must change neither. https://docs.stripe.com/api/versioning
API_VERSION: Final = "2026-10-28.endive"
# Stripe names no time to wait. Its limits are per second; five of them let every other caller of the account through.
PAUSE: Final = timedelta(seconds=5)
QUOTED: Final = 300  # characters of Stripe's own words in an error: its longest sentences fit, a page of HTML does not
_PERMISSION: Final = re.compile(r"'((?:rak_)?[a-z_]+_(?:read|write))'")
_UNDECIDED: Final = frozenset((HTTPStatus.CONFLICT, HTTPStatus.FAILED_DEPENDENCY))  # the first try may still run
# How Stripe begins to say that a thing of that kind, or in that state, cannot be asked for that.
_AGAINST_THE_RULES: Final = ("Only Checkout Sessions", "Balance transaction history can only be filtered on automatic")
_SETUP_CODES: Final = frozenset(("testmode_charges_only", "account_invalid", "account_closed", "livemode_mismatch"))

Call = Callable[[stripe.StripeClient], Any]


class _Client(stripe.HTTPClient):
    """The SDK's HTTP layer on our session, one a thread. What the session raises comes through unwrapped."""

    name = "requests"

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._mine = threading.local()

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Make one call."""
        session: MeteredSession | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = MeteredSession(self._wire, SERVICE)
        response = session.request(method, url, headers=dict(headers or {}), data=post_data)
        return response.content, response.status_code, response.headers

    def close(self) -> None:
        """Close this thread's connections."""
        session: MeteredSession | None = getattr(self._mine, "session", None)
        if session is not None:
            session.close()


class StripeWire:
    """One account's client. `read` repeats what failed for a moment; `write` makes one attempt."""

    def __init__(self, settings: StripeSettings, key: str, wire: Wire) -> None:
        _quieten()
        self.key = key
        self._wire = wire
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": settings.base_url.rstrip("/")} if settings.base_url else None,
            max_network_retries=0,
            http_client=_Client(wire),
        )

    def read(self, what: str, call: Call) -> dict[str, Any]:
        """Make a GET and give the answer as plain JSON. `what` completes "Could not ..."."""
        return patiently(lambda: self._once(what, call, writing=False), self._wire.clock.sleep, self._wire.patience)

    def write(self, what: str, call: Call) -> dict[str, Any]:
        """Make a POST, once."""
        return self._once(what, call, writing=True)

    def _once(self, what: str, call: Call, *, writing: bool) -> dict[str, Any]:
        try:
            answer = call(self._client)
        except DuebirdError:
            raise
        except Exception as error:
            # Anything at all: on an answer that is not Stripe's the SDK stumbles in its own ways.
            told = explained(error, what, writing=writing)
            if isinstance(told, Throttled):
                self._wire.meter.pause(SERVICE, self._wire.clock.now() + (told.retry_after or PAUSE))
            raise told from error
        # The JSON itself: the SDK's objects are no dicts and turn some fields into Decimals.
        data = getattr(getattr(answer, "last_response", None), "data", None)
        if not isinstance(data, dict) or not isinstance(data.get("object"), str):
            raise _unclear(what, "the answer was not Stripe's", writing=writing)
        return data


def _quieten() -> None:
    """Keep keys, names and amounts out of logs and telemetry, whatever the environment says."""
    stripe.enable_telemetry = False
    stripe.log = None
    stripe_util.STRIPE_LOG = None  # else STRIPE_LOG=debug prints every parameter and answer
    logging.getLogger("stripe").setLevel(logging.WARNING)


def explained(error: Exception, what: str, *, writing: bool) -> DuebirdError:
    """Our error for one of the SDK's or of requests. https://docs.stripe.com/error-low-level."""
    if isinstance(error, requests.RequestException):
        return _no_answer(error, what, writing=writing)
    if isinstance(error, stripe.StripeError) and error.http_status == HTTPStatus.TOO_MANY_REQUESTS:
        return _slowed(error, what)  # whoever said it: nothing was done
    if not isinstance(error, stripe.StripeError) or error.error is None or error.http_status is None:
        # No error object of Stripe's: a proxy's page, a hotel's, a redirect, or half an answer.
        status = getattr(error, "http_status", None)
        return _unclear(what, f"the answer ({status or 'no status'}) was not Stripe's", writing=writing)
    status = error.http_status
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _refused_key(error, what)
    if status in _UNDECIDED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unclear(what, f"Stripe answered {status} ({_words(error)})", writing=writing, code=_code(error))
    return _rejected(error, what)


def _no_answer(error: requests.RequestException, what: str, *, writing: bool) -> DuebirdError:
    untrusted = isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)
    if untrusted:
        return Transient(
            f"Could not {what}: the certificate of whoever answered for Stripe is not valid. Nothing was sent.",
            service=SERVICE,
            advice="Look for a proxy, a hotel network, or a wrong date on this machine.",
        )
    if never_sent(error):
        return Transient(f"Could not {what}: Stripe could not be reached. Nothing was sent.", service=SERVICE)
    return _unclear(what, f"no answer came ({type(error).__name__})", writing=writing)


def _unclear(what: str, why: str, *, writing: bool, code: str = "") -> DuebirdError:
    if writing:
        return Uncertain(
            f"It is not known whether Stripe did this: {what}; {why}.",
            service=SERVICE,
            code=code,
            advice="Duebird looks at Stripe before it tries again.",
        )
    return Transient(f"Could not {what}: {why}.", service=SERVICE, code=code)


def _refused_key(error: stripe.StripeError, what: str) -> NeedsReauthorisation:
    named = _PERMISSION.search(error.user_message or "")
    if error.http_status == HTTPStatus.FORBIDDEN:
        lack = f"the key lacks the permission '{named.group(1)}'" if named else _words(error)
        return NeedsReauthorisation(
            f"Could not {what}: {lack}.",
            service=SERVICE,
            code=_code(error) or (named.group(1) if named else ""),
            advice="In Stripe, under Developers > API keys, edit the restricted key; then run `duebird check`.",
        )
    expired = _code(error) == "api_key_expired"
    return NeedsReauthorisation(
        f"Could not {what}: the Stripe key {'has expired' if expired else 'is not valid, or was revoked'}.",
        service=SERVICE,
        code=_code(error),
        advice="Make a restricted key in Stripe, put it where `key` of this company points, and run `duebird check`.",
    )


def _slowed(error: stripe.StripeError, what: str) -> Transient:
    """A limit of the account, or (without the reason header) a lock on the one object.

    https://docs.stripe.com/rate-limits
    """
    headers = requests.structures.CaseInsensitiveDict(error.headers or {})
    code = _code(error)
    limited = error.error is None or code == "rate_limit" or "Stripe-Rate-Limited-Reason" in headers
    if not limited or code == "lock_timeout":
        return Transient(
            f"Could not {what}: Stripe is busy with the same object. Nothing was done.", service=SERVICE, code=code
        )
    return Throttled(
        f"Could not {what}: Stripe asks for fewer calls. Nothing was done.",
        service=SERVICE,
        code=headers.get("Stripe-Rate-Limited-Reason", code),
        retry_after=retry_after(headers) or PAUSE,
    )


def _rejected(error: stripe.StripeError, what: str) -> DuebirdError:
    code, words = _code(error), error.user_message or ""
    if "aged out of our retention policy" in words:
        return CursorExpired("Stripe keeps that event no longer.", service=SERVICE, code=code)
    advice = ""
    if isinstance(error, stripe.IdempotencyError):
        because = RejectedBecause.KEY_REUSED
    elif code == "resource_already_exists":
        because = RejectedBecause.EXISTS
    elif code in {"amount_too_small", "amount_too_large"}:
        because = RejectedBecause.AMOUNT
    elif _other_mode(words):  # never NOT_FOUND: a live link would be taken for one that is gone
        because = RejectedBecause.SETUP
        advice = "The key is of the other mode (test or live) than the object: see `key` of this company."
    elif error.http_status == HTTPStatus.NOT_FOUND:
        because = RejectedBecause.NOT_FOUND
    elif code in _SETUP_CODES:
        because = RejectedBecause.SETUP
        advice = "See the notices in the Stripe dashboard, then run `duebird check`."
    elif words.startswith(_AGAINST_THE_RULES) or error.http_status == HTTPStatus.PAYMENT_REQUIRED:
        because = RejectedBecause.BUSINESS_RULE
    else:
        because = RejectedBecause.INVALID
    return Rejected(
        f"Could not {what}: Stripe refused ({_words(error)}). Nothing was done.",
        because=because,
        service=SERVICE,
        code=code,
        advice=advice,
    )


def _other_mode(words: str) -> bool:
    """Whether a 404 means that the object is there, but in the other of test and live mode."""
    return "a similar object exists in" in words


def _code(error: stripe.StripeError) -> str:
    return str(getattr(error.error, "code", None) or "")


def _words(error: stripe.StripeError) -> str:
    said = (error.user_message or "no reason given").strip().rstrip(".")
    asked = f"; request {error.request_id}" if error.request_id else ""
    return f"{said[:QUOTED]}{asked}"
