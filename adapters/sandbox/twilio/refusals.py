"""Errors as Twilio words them. https://www.twilio.com/docs/api/errors."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

_WORDS: dict[int, tuple[int, str]] = {
    20001: (400, "Parameter '{what}' is invalid"),
    20003: (401, "Authenticate"),
    20008: (403, "Resource not accessible with Test Account Credentials"),
    20404: (404, "The requested resource {what} was not found"),
    20429: (429, "Too Many Requests"),
    60600: (400, "Invalid request: LastVerifiedDate must be YYYYMMDD"),
    70051: (403, "Authorization Error: the key lacks the permission for this"),
    21211: (400, "Invalid 'To' Phone Number: {what}"),
    21212: (400, "Invalid From Number (caller ID): {what}"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {what}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number {what} is not a message-capable Twilio phone number of this account.",
    ),
    21608: (400, "The number {what} is unverified. Trial accounts cannot send messages to unverified numbers."),
    21609: (400, "The 'StatusCallback' URL {what} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number: {what}, is not currently reachable using the 'From' phone number"),
    21614: (400, "'To' number is not a valid mobile number: {what}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21703: (400, "The Messaging Service does not have a phone number available to send a message"),
    21704: (400, "The Messaging Service contains no phone numbers."),
    21705: (400, "The Messaging Service Sid {what} is invalid"),
}


class Refusal(Exception):
    """Twilio says no, with one of its codes."""

    def __init__(self, code: int, what: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.what = what

    def response(self) -> Response:
        status, words = _WORDS[self.code]
        return JSONResponse(
            {
                "code": self.code,
                "message": words.format(what=self.what),
                "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
                "status": status,
            },
            status,
        )
