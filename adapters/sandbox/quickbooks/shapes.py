"""What QuickBooks' answers look like: envelopes, the three kinds of fault, XML when JSON was not asked for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

from starlette.responses import Response

from adapters.sandbox.base import json_response

Row = dict[str, Any]
FaultForm = Literal["json", "gateway", "xml"]

NAMESPACE = "http://schema.intuit.com/finance/v3"


class Refused(Exception):
    """An answer that says no. `form` "gateway" is the lower-case shape that the layer before the books uses."""

    def __init__(
        self,
        code: str,
        message: str,
        detail: str = "",
        *,
        status: int = 400,
        element: str = "",
        kind: str = "ValidationFault",
        form: FaultForm = "json",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail or message
        self.status = status
        self.element = element
        self.kind = kind
        self.form = form

    def answer(self, time: str, *, xml: bool) -> Response:
        """The HTTP answer, in XML where the caller did not ask for JSON or the form says so."""
        if self.form == "xml" or (xml and self.form == "json"):
            text = (
                f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse time="{time}" '
                f'xmlns="{NAMESPACE}"><Fault type="{self.kind}"><Error code="{self.code}">'
                f"<Message>{escape(self.message)}</Message><Detail>{escape(self.detail)}</Detail>"
                "</Error></Fault></IntuitResponse>"
            )
            return Response(text, self.status, media_type="application/xml")
        if self.form == "gateway":
            error = {"message": self.message, "detail": self.detail, "code": self.code, "element": None}
            return json_response(
                {
                    "warnings": None,
                    "intuitObject": None,
                    "fault": {"error": [error], "type": self.kind},
                    "report": None,
                    "queryResponse": None,
                    "batchItemResponse": [],
                    "attachableResponse": [],
                    "syncErrorResponse": None,
                    "requestId": None,
                    "time": 0,
                    "status": None,
                    "cdcresponse": [],
                },
                self.status,
            )
        fault = {"Message": self.message, "Detail": self.detail, "code": self.code, "element": self.element}
        return json_response({"Fault": {"Error": [fault], "type": self.kind}, "time": time}, self.status)


def not_authenticated(detail: str) -> Refused:
    return Refused(
        "3200",
        "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        detail,
        status=401,
        kind="AUTHENTICATION",
        form="gateway",
    )


def not_authorised() -> Refused:
    return Refused(
        "3100",
        "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
        "The application is not authorised for this company",
        status=403,
        kind="AUTHORIZATION",
        form="gateway",
    )


def throttled(form: FaultForm) -> Refused:
    return Refused(
        "3001",
        "message=ThrottleExceeded; errorCode=003001; statusCode=429",
        "The request limit was reached.",
        status=429,
        kind="THROTTLING",
        form=form,
    )


def not_found(kind: str, entity_id: str) -> Refused:
    return Refused(
        "610",
        "Object Not Found",
        f"Object Not Found : Something you're trying to use has been made inactive. {kind} {entity_id}",
    )


def stale(who: str = "another user") -> Refused:
    return Refused(
        "5010",
        "Stale Object Error",
        f"Stale Object Error : You and {who} were working on this at the same time.",
    )


def missing(element: str) -> Refused:
    return Refused(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {element} is missing in the request",
        element=element,
    )


def bad_reference(element: str, value: str) -> Refused:
    return Refused(
        "2500",
        "Invalid Reference Id",
        f"Invalid Reference Id : {element} element id {value} not found",
        element=element,
    )


def business_rule(detail: str) -> Refused:
    return Refused(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {detail}",
    )


def local_text(moment: datetime, offset: timedelta) -> str:
    """A moment as the company writes it: whole seconds and its own offset."""
    return moment.astimezone(timezone(offset)).replace(microsecond=0).isoformat()


def read_time(text: str, offset: timedelta) -> datetime:
    """A time as callers write it; without a zone it is the company's local time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("4001", "Invalid query", f"QueryValidationError: Invalid date {text}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone(offset))


def to_xml(value: Row, time: str) -> str:
    """The same answer as XML, which is what comes without `Accept: application/json`."""
    body = "".join(_element(key, inner) for key, inner in value.items() if key != "time")
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"<IntuitResponse xmlns={quoteattr(NAMESPACE)} time={quoteattr(time)}>{body}</IntuitResponse>"
    )


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(k, v) for k, v in value.items())}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def number(value: Any, element: str) -> Decimal:
    """An amount of a request. Strings are refused: that QuickBooks takes them everywhere is not established."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Refused(
            "2010", "Request has invalid or unsupported property", f"Property {element} is no number", element=element
        )
    return Decimal(value)
