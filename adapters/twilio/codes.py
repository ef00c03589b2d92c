"""Twilio's error codes as data: what each means for the next text, and what a person must do.

https://www.twilio.com/docs/api/errors. Twilio asks not to program on the wording, and codes are added without
notice: every reader here has a branch for a code it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connector.errors import RejectedBecause
from connector.ports.messenger import DeliveryAdvice, FailureKind


@dataclass(frozen=True, slots=True)
class _Code:
    kind: FailureKind
    because: RejectedBecause
    meaning: str
    todo: str = ""


_OUT, _SOFT, _BAD = FailureKind.OPTED_OUT, FailureKind.SOFT_OPT_OUT, FailureKind.BAD_NUMBER
_FILTERED, _SETUP, _LATER, _UNKNOWN = (
    FailureKind.FILTERED,
    FailureKind.SETUP,
    FailureKind.LATER,
    FailureKind.UNKNOWN,
)
_R = RejectedBecause

_NUMBER_TODO = "Correct the customer's mobile number in the ledger."
# Such a phone is well: an SMS reaches it. To note it as unreachable would silence it for good.
_FALL_BACK_TODO = "Add a number that can send SMS to the service's Sender pool, or take the channel out of it."
_STATE_TODO = "See https://status.twilio.com if it repeats."

_CODES: Final[dict[int, _Code]] = {
    # refused at once: no text exists
    20404: _Code(_SETUP, _R.SETUP, "Twilio does not know the account.", "Check account_sid in the settings."),
    21211: _Code(_BAD, _R.UNREACHABLE_NUMBER, "The number is not a valid phone number.", _NUMBER_TODO),
    21212: _Code(
        _SETUP,
        _R.SETUP,
        "The sender's number is not valid.",
        "Check from_number in the settings against Phone Numbers > Manage > Active numbers in the Twilio Console.",
    ),
    21408: _Code(
        _SETUP,
        _R.SETUP,
        "The Twilio account may not text that country.",
        "Tick the country in the Twilio Console under Messaging > Settings > Geo permissions.",
    ),
    21602: _Code(_UNKNOWN, _R.INVALID, "The text was empty."),
    21603: _Code(_SETUP, _R.SETUP, "No sender was given.", "Set from_number or messaging_service_sid in the settings."),
    21604: _Code(_UNKNOWN, _R.INVALID, "No recipient was given."),
    21606: _Code(
        _SETUP,
        _R.SETUP,
        "The sender's number cannot send texts, or is not a number of this Twilio account.",
        "Check from_number against Phone Numbers > Manage > Active numbers; its capabilities must include SMS.",
    ),
    21608: _Code(
        _SETUP,
        _R.SETUP,
        "This is a Twilio trial account, which texts verified numbers only.",
        "Upgrade the account in the Twilio Console under Admin > Account billing.",
    ),
    21609: _Code(_SETUP, _R.SETUP, "The status callback address is not valid.", "Correct it in the service."),
    21610: _Code(_OUT, _R.OPTED_OUT, "The person replied STOP. Twilio sends nothing more until they reply START."),
    21611: _Code(_LATER, _R.SETUP, "The sender's queue at Twilio is full."),
    21612: _Code(
        _SETUP,
        _R.SETUP,
        "Twilio has no way from this sender to that number.",
        "Add a number of that country to the messaging service, or leave this customer out.",
    ),
    21614: _Code(_BAD, _R.UNREACHABLE_NUMBER, "The number is not a mobile number.", _NUMBER_TODO),
    21617: _Code(_UNKNOWN, _R.INVALID, "The text is longer than 1600 characters."),
    21703: _Code(
        _SETUP,
        _R.SETUP,
        "No number of the messaging service can send this text.",
        "Open the service under Messaging > Services > Sender pool and add a number that can send SMS.",
    ),
    21704: _Code(
        _SETUP,
        _R.SETUP,
        "The messaging service has no sender.",
        "Open the service under Messaging > Services > Sender pool and add a number.",
    ),
    21705: _Code(
        _SETUP,
        _R.SETUP,
        "Twilio does not know the messaging service.",
        "Check messaging_service_sid against Messaging > Services in the Twilio Console.",
    ),
    21709: _Code(
        _SETUP,
        _R.SETUP,
        "The account may not use an alphanumeric sender.",
        "Add a phone number to the messaging service's sender pool.",
    ),
    35114: _Code(_UNKNOWN, _R.INVALID, "The time it was scheduled for is out of range."),
    35118: _Code(_UNKNOWN, _R.INVALID, "Scheduling needs a messaging service."),
    # found out later: the text exists and is `failed` or `undelivered`
    30001: _Code(_LATER, _R.BUSINESS_RULE, "It waited in the queue past the time it was good for.", _STATE_TODO),
    30002: _Code(
        _SETUP,
        _R.SETUP,
        "Twilio suspended the account before it was sent.",
        "See Admin > Account billing in the Twilio Console; an empty balance suspends an account.",
    ),
    30003: _Code(_LATER, _R.BUSINESS_RULE, "The phone was off or out of reach."),
    30004: _Code(
        _SOFT,
        _R.BLOCKED,
        "The person or the carrier blocks texts from this sender.",
        "Ask the customer by other means whether texts are welcome; nothing is sent meanwhile.",
    ),
    30005: _Code(_BAD, _R.UNREACHABLE_NUMBER, "The number is unknown or no longer in use.", _NUMBER_TODO),
    30006: _Code(_BAD, _R.UNREACHABLE_NUMBER, "The number is a landline or its carrier takes no texts.", _NUMBER_TODO),
    30007: _Code(
        _FILTERED,
        _R.BLOCKED,
        "A carrier filtered it as unwanted.",
        "Check the sender's registration under Messaging > Regulatory compliance and that its sample texts look "
        "like yours, link included.",
    ),
    30008: _Code(_LATER, _R.BUSINESS_RULE, "The carrier gave no reason."),
    30018: _Code(
        _SETUP,
        _R.SETUP,
        "That country wants the sender's name registered first.",
        "Register it under Messaging > Senders > Alphanumeric sender IDs, or use a number of that country.",
    ),
    30022: _Code(_LATER, _R.BUSINESS_RULE, "The carrier's rate for this sender's registration was exceeded."),
    30023: _Code(_LATER, _R.BUSINESS_RULE, "The carrier's daily limit for this sender's registration was reached."),
    30024: _Code(
        _SETUP, _R.SETUP, "The sender is not provisioned with that carrier.", "Ask Twilio support, with the text's id."
    ),
    30027: _Code(_LATER, _R.BUSINESS_RULE, "T-Mobile's daily limit for this company was reached."),
    30032: _Code(
        FailureKind.UNREGISTERED,
        _R.SETUP,
        "The toll-free number is not verified.",
        "Verify it under Messaging > Regulatory compliance > Toll-free verification.",
    ),
    30034: _Code(
        FailureKind.UNREGISTERED,
        _R.SETUP,
        "US carriers refuse it: the sender is not registered to an A2P 10DLC campaign.",
        "Register the company and its campaign under Messaging > Regulatory compliance, and add the number to it.",
    ),
    30035: _Code(_LATER, _R.SETUP, "The number is still being set up with the carriers; that takes hours."),
    30036: _Code(_LATER, _R.BUSINESS_RULE, "It waited in the queue past the time it was good for.", _STATE_TODO),
    30450: _Code(
        _FILTERED,
        _R.BLOCKED,
        "Twilio's protection against SMS pumping blocked it.",
        "Look at Monitor > Insights > SMS pumping protection in the Twilio Console.",
    ),
    63001: _Code(_SETUP, _R.SETUP, "The channel (RCS or WhatsApp) refused the credentials.", "Check the sender."),
    63003: _Code(_SETUP, _R.SETUP, "The channel (RCS or WhatsApp) does not know the recipient.", _FALL_BACK_TODO),
    63005: _Code(_FILTERED, _R.BLOCKED, "The channel (RCS or WhatsApp) refused the content."),
    63007: _Code(_SETUP, _R.SETUP, "The channel (RCS or WhatsApp) has no such sender.", "Check the sender pool."),
    63013: _Code(_FILTERED, _R.BLOCKED, "The text broke a rule of the channel (RCS or WhatsApp)."),
    63016: _Code(_SETUP, _R.SETUP, "WhatsApp takes only templates outside its window.", "Use an SMS sender."),
    63018: _Code(_LATER, _R.BUSINESS_RULE, "The channel's rate was exceeded."),
    63024: _Code(_SETUP, _R.SETUP, "The channel (RCS or WhatsApp) cannot reach the recipient.", _FALL_BACK_TODO),
    63036: _Code(
        _SETUP, _R.SETUP, "The phone has no RCS, and no SMS sender was there to fall back to.", _FALL_BACK_TODO
    ),
}


def explain(code: str | int | None) -> DeliveryAdvice:
    """What a code of an undelivered or refused text means. Never raises: an unknown code is explained as such."""
    text = "" if code is None else str(code)
    known = _CODES.get(int(text)) if text.isascii() and text.isdigit() else None
    if known:
        return DeliveryAdvice(text, known.kind, known.meaning, known.todo)
    if not text:
        return DeliveryAdvice("", _UNKNOWN, "Twilio gave no reason.", "Look at Monitor > Logs in the Twilio Console.")
    return DeliveryAdvice(
        text, _UNKNOWN, f"Twilio's error {text}.", f"It is explained at https://www.twilio.com/docs/api/errors/{text}."
    )


def because(code: int | None) -> RejectedBecause:
    """What a refusal with that code asks of the caller; INVALID where we do not know the code."""
    known = _CODES.get(code or 0)
    return known.because if known else RejectedBecause.INVALID


def is_known(code: int | None) -> bool:
    """Whether the table explains it."""
    return code in _CODES
