"""What a QuickBooks answer that is not the wanted one means, in the words of `connector.errors`.

Decided on the HTTP status and the fault's code, never on the SDK's exception class: it calls a 429 a validation
error. Codes: https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.broken_text import mended
from adapters.transport import is_web_page
from connector.errors import (
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)

SERVICE = "quickbooks"
PAUSE = timedelta(seconds=60)  # Intuit: after a 429 wait 60 seconds; a Retry-After header is not promised
DETAIL_SHOWN = 300  # a fault's text is one or two sentences; more is a stack trace

_OK = 200
_UNAUTHORISED = 401
_FORBIDDEN = 403
_TIMED_OUT = 408
_TOO_MANY = 429
_SERVER = 500

THROTTLED = 3001
NOT_FOUND = 610
SERVER_ERROR = 10000
DEAD = frozenset((120, 3100, 3200))  # the consenting user is gone, the app is not authorised, the token is bad
LATER = frozenset((130, 140, 150))  # wrong cluster, company locked, maintenance
CLOSED = frozenset((6200, 6210))
SETUP = frozenset((2500, 5020, 5030, 6190))  # stale reference, permission, plan, subscription ended
OURS = frozenset((2010, 2020, 2030, 2050, 2130, 2170, 4000, 4001))  # malformed: a bug or an unexpected value
BUSINESS_RULE = 6000
STALE = 5010  # somebody else wrote between our reading and our writing
# What an earlier attempt of ours left there: its request, or the number of an entry, which only we write.
KNOWN = {600: "the request", 6140: "the number of the request"}

_XML_CODE = re.compile(r'errorCode=0*(\d+)|<Error code="(\d+)"')
_XML_TEXT = re.compile(r"<Detail>(.*?)</Detail>|<Message>(.*?)</Message>", re.DOTALL)
_ABOUT_AMOUNT = re.compile(r"amount|balance", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a call is for, in the words its errors will use: "book 55.00 USD on invoice id 70"."""

    words: str
    undone: str  # what a refusal means: "No payment was booked."
    writes: bool = False
    by_id: bool = False  # a read of one entity, which may be gone
    advice: str = ""  # after a refusal by a rule of the books; "": it was about booking a payment on an invoice


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: status, the first fault in it, and Intuit's trace id for support."""

    status: int
    code: int | None
    text: str
    tid: str
    page: bool = False  # a web page: of something between Intuit and us

    @property
    def ok(self) -> bool:
        """A plain 200 without a fault inside."""
        return self.status == _OK and self.code is None

    @property
    def refuses_token(self) -> bool:
        """401, which did nothing, or its fault under another status. What a firewall says is nothing of Intuit's."""
        if self.page:
            return False
        return self.status == _UNAUTHORISED or self.code == 3200  # noqa: PLR2004  # the same fault, named above in DEAD


class Gone(Exception):
    """Fault 610 on a read by id: the adapter turns it into None and lets nobody see it."""


def read_answer(status: int, body: str, headers: Mapping[str, str]) -> Answer:
    """Find the fault in an answer. Upper case, lower case (the gateway's) and XML occur for the same thing."""
    tid = headers.get("intuit_tid", "")
    if status == _OK and '"Fault"' not in body and '"fault"' not in body:
        return Answer(status, None, "", tid)  # the usual case, not parsed twice
    try:
        value = mended(json.loads(body))
    except ValueError:
        return _unread(status, body, tid)
    error = _first_error(value)
    if error is None:
        return Answer(status, None, "", tid)
    words = [str(error.get(key) or "") for key in ("Detail", "detail", "Message", "message")]
    text = next((word for word in words if word), "")
    code = str(error.get("code") or "")
    return Answer(status, int(code) if code.isdigit() else SERVER_ERROR, text[:DETAIL_SHOWN], tid)


def _first_error(value: Any) -> dict[str, Any] | None:
    fault = (value.get("Fault") or value.get("fault")) if isinstance(value, dict) else None
    errors = (fault.get("Error") or fault.get("error")) if isinstance(fault, dict) else None
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return errors[0]
    return {} if fault else None


def _unread(status: int, body: str, tid: str) -> Answer:
    code = _XML_CODE.search(body)
    if code is None:
        return Answer(status, None, "", tid, page=is_web_page(body))
    text = _XML_TEXT.search(body)
    words = next((group for group in text.groups() if group), "") if text else ""
    return Answer(status, int(code[1] or code[2]), words[:DETAIL_SHOWN], tid)


def error_of(answer: Answer, errand: Errand) -> DuebirdError | Gone:
    """The error that says what the caller may do next. Call it only for an answer that is not `ok`."""
    code = answer.code
    if answer.status == _TOO_MANY or code == THROTTLED:
        return Throttled(
            f"QuickBooks asked us to slow down and did not {errand.words}. {errand.undone}",
            service=SERVICE,
            code=str(code or answer.status),
            retry_after=PAUSE,
        )
    if code is not None and code in (SETUP | CLOSED):
        return _rejected(answer, errand)  # these also come under 403 and say what they are
    if answer.page and answer.status in {_UNAUTHORISED, _FORBIDDEN}:
        return unknown(errand, f"is hidden behind a web page that says no ({_trace(answer)})", str(answer.status))
    if answer.refuses_token or answer.status == _FORBIDDEN or code in DEAD:
        return _dead(answer, errand)
    if answer.status >= _SERVER or answer.status == _TIMED_OUT or code == SERVER_ERROR:
        return unknown(errand, f"answered with an error of its own ({_trace(answer)})", str(code or answer.status))
    return _refused(answer, errand)


def _refused(answer: Answer, errand: Errand) -> DuebirdError | Gone:
    """A fault of the books themselves: nothing was done, but for the one that speaks of an earlier request."""
    code = answer.code
    if code in LATER:
        return Transient(
            f"QuickBooks is not available for this company just now ({answer.text}) and did not {errand.words}. "
            f"{errand.undone}",
            service=SERVICE,
            code=str(code),
        )
    if code == STALE:
        return Transient(
            f"Somebody changed it in QuickBooks at the same moment, so it did not {errand.words}. {errand.undone}",
            service=SERVICE,
            code=str(code),
        )
    if code in KNOWN and errand.writes:
        return Uncertain(
            f"QuickBooks says it already knows {KNOWN[code]} to {errand.words}, without saying what came of it.",
            service=SERVICE,
            code=str(code),
        )
    if code == NOT_FOUND and errand.by_id:
        return Gone()
    if code is None:
        return unknown(errand, f"gave an answer that could not be read ({_trace(answer)})", str(answer.status))
    return _rejected(answer, errand)


def unknown(errand: Errand, what: str, code: str = "") -> DuebirdError:
    """No usable answer: a read may be repeated, a write has to be looked for."""
    if errand.writes:
        return Uncertain(
            f"QuickBooks {what} when asked to {errand.words}: whether it did so is not known.",
            service=SERVICE,
            code=code,
        )
    return Transient(f"QuickBooks {what} when asked to {errand.words}. {errand.undone}", service=SERVICE, code=code)


def not_reached(errand: Errand) -> Transient:
    """No connection was made, so nothing was asked."""
    return Transient(
        f"QuickBooks could not be reached to {errand.words}. {errand.undone}",
        service=SERVICE,
        advice="Check the internet connection of this machine if this goes on.",
    )


def _dead(answer: Answer, errand: Errand) -> NeedsReauthorisation:
    return NeedsReauthorisation(
        f"QuickBooks no longer lets Duebird into this company and did not {errand.words}. {errand.undone}",
        service=SERVICE,
        code=str(answer.code or answer.status),
        advice="Connect again with `duebird connect COMPANY`, as a user who may see the whole company.",
    )


def _rejected(answer: Answer, errand: Errand) -> Rejected:
    code = answer.code or 0
    because, advice = _reason(code, answer.text)
    if errand.advice and because in {RejectedBecause.AMOUNT, RejectedBecause.BUSINESS_RULE}:
        advice = errand.advice
    return Rejected(
        f"QuickBooks refused to {errand.words}: {answer.text or 'it gave no reason'} (code {code}). {errand.undone}",
        because=because,
        service=SERVICE,
        code=str(code),
        advice=advice,
    )


def _reason(code: int, text: str) -> tuple[RejectedBecause, str]:
    if code in CLOSED:
        return RejectedBecause.CLOSED_PERIOD, "Book it on a day after the closing date, or reopen the period."
    if code == NOT_FOUND:
        return RejectedBecause.NOT_FOUND, "Look in QuickBooks whether the invoice or the account still exists."
    if code in SETUP:
        return RejectedBecause.SETUP, "Run `duebird check`: it says which setting does not fit."
    if code in OURS:
        return RejectedBecause.INVALID, "Please report this with the code; trying again will not help."
    if code == BUSINESS_RULE and _ABOUT_AMOUNT.search(text):
        return RejectedBecause.AMOUNT, "Compare the invoice's open balance in QuickBooks with the payment."
    return (
        RejectedBecause.BUSINESS_RULE,
        "Look at the invoice in QuickBooks and book the payment by hand if it is right.",
    )


def _trace(answer: Answer) -> str:
    said = f"HTTP {answer.status}" + (f", code {answer.code}" if answer.code is not None else "")
    return f"{said}, intuit_tid {answer.tid}" if answer.tid else said
