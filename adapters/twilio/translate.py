"""Between Twilio's field names and our values. Pure: takes mappings of fields, hands out values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from adapters.twilio.codes import explain
from connector.domain.phone import Phone
from connector.ports.messenger import DeliveryState, InboundText, LineType, NumberSeen, SegmentPrice, SentText

Fields = Mapping[str, Any]

# Twilio's own range: the default of ten hours is also the longest wait.
# https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
SHORTEST_WAIT: Final = 1
LONGEST_WAIT: Final = 36_000

_STATES: Final[dict[str, DeliveryState]] = {
    "accepted": DeliveryState.ACCEPTED,
    "scheduled": DeliveryState.ACCEPTED,
    "queued": DeliveryState.ACCEPTED,
    "sending": DeliveryState.ACCEPTED,
    "sent": DeliveryState.SENT,
    "partially_delivered": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.UNDELIVERED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.CANCELLED,
}

_CHANNEL = re.compile(r"^(?:rcs|whatsapp):(?=\+)")
_LONG_NUMBER = re.compile(r"\+?\d{7,}")


def wait_seconds(valid_for: timedelta) -> int:
    """ValidityPeriod for a text: whole seconds, rounded down so that it cannot arrive late, within Twilio's range."""
    return max(SHORTEST_WAIT, min(LONGEST_WAIT, int(valid_for.total_seconds())))


def whole_second(at: datetime) -> datetime:
    """Twilio's times have whole seconds, cut off: a text made at 12:00:00.9 says 12:00:00, so ours are cut too."""
    return at.astimezone(UTC).replace(microsecond=0)


def sent_text(fields: Fields) -> SentText:
    """One outbound message.

    Raises:
        ValueError: it has no id, recipient or date; such a thing is not a message.
    """
    state = _state(str(fields.get("status")), fields.get("date_sent"))
    code = fields.get("error_code")
    advice = None
    if code or state in {DeliveryState.FAILED, DeliveryState.UNDELIVERED}:
        advice = explain(code)
    price = _decimal(fields.get("price"))
    return SentText(
        text_id=_text(fields, "sid"),
        to=phone_of(_text(fields, "to")),
        body=fields.get("body") or "",
        state=state,
        created_at=_time(fields, "date_created"),
        error_code=str(code) if code else None,
        segments=_count(fields.get("num_segments")),
        price=abs(price) if price is not None else None,  # Twilio writes what it takes as a negative number
        price_currency=str(fields["price_unit"]).upper() if price is not None and fields.get("price_unit") else None,
        advice=advice,
    )


def phone_of(address: str) -> Phone:
    """The person behind an address, also where the text went by another channel of the sender (`rcs:+1555...`).

    Raises:
        ValueError: it is no phone number: a short code, or a name.
    """
    return Phone(_CHANNEL.sub("", address))


def is_ours(fields: Fields) -> bool:
    """Sent by a program through the API: not what came in, and not Twilio's own answer to STOP or HELP."""
    return fields.get("direction") == "outbound-api"


def is_inbound(fields: Fields) -> bool:
    """Somebody texted one of the account's numbers."""
    return fields.get("direction") == "inbound"


def inbound_text(fields: Fields) -> InboundText | None:
    """One inbound message; None where the sender is a short code or a name: no customer texts from one."""
    sender = str(fields.get("from_") or "")
    try:
        phone = phone_of(sender)
    except ValueError:
        return None
    return InboundText(
        text_id=_text(fields, "sid"),
        sender=phone,
        body=fields.get("body") or "",
        received_at=_time(fields, "date_created"),
    )


def segment_price(fields: Fields) -> SegmentPrice | None:
    """The dearest price of an outbound segment over a country's carriers: a preview must not promise too little."""
    prices = [
        price
        for carrier in fields.get("outbound_sms_prices") or ()
        for row in carrier.get("prices") or ()
        if (price := _decimal(row.get("current_price"))) is not None
    ]
    unit = fields.get("price_unit")
    return SegmentPrice(max(prices), str(unit).upper()) if prices and unit else None


# https://www.twilio.com/docs/lookup/v2-api/line-type-intelligence#type-property-values
_LINES: Final[dict[str, LineType]] = {
    "mobile": LineType.MOBILE,
    "nonFixedVoip": LineType.INTERNET,
    "landline": LineType.LANDLINE,
    "fixedVoip": LineType.LANDLINE,
    **dict.fromkeys(
        ("pager", "personal", "premium", "sharedCost", "tollFree", "uan", "voicemail"),
        LineType.OTHER,
    ),
}


def number_seen(fields: Fields) -> NumberSeen:
    """A look-up. What it has no word or an error for is not known."""
    line, hands = _part(fields, "line_type_intelligence"), _part(fields, "reassigned_number")
    return NumberSeen(
        _LINES.get(str(line.get("type")), LineType.UNKNOWN),
        {"yes": True, "no": False}.get(str(hands.get("is_number_reassigned"))),
    )


def _part(fields: Fields, name: str) -> Fields:
    """One package of a look-up: an object, which some versions of the SDK keep as such and some make a value of."""
    part = fields.get(name)
    return part if isinstance(part, Mapping) else vars(part) if hasattr(part, "__dict__") else {}


def can_text(capabilities: Mapping[str, Any] | Sequence[str] | None) -> bool:
    """Whether a number can send texts: the two APIs write capabilities as a mapping and as a list."""
    if isinstance(capabilities, Mapping):
        return any(bool(on) for name, on in capabilities.items() if str(name).lower() == "sms")
    return any(str(name).upper() == "SMS" for name in capabilities or ())


def without_numbers(words: str) -> str:
    """Twilio's wording of an error without the phone numbers in it, for messages and logs."""
    return _LONG_NUMBER.sub("(number)", words)


def _state(status: str, date_sent: object) -> DeliveryState:
    """Unknown words are tolerated, as Twilio asks: with a sending date it was sent, else it is on its way."""
    return _STATES.get(status) or (DeliveryState.SENT if date_sent else DeliveryState.ACCEPTED)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"Twilio's answer has no {name}")
    return value


def _time(fields: Fields, name: str) -> datetime:
    value = fields.get(name)
    if not isinstance(value, datetime):
        raise ValueError(f"Twilio's answer has no {name}")  # noqa: TRY004  one error for every unreadable answer
    return value.astimezone(UTC)


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _count(value: object) -> int | None:
    """Segments come as text, and as "0" until a sender is chosen."""
    text = str(value)
    return int(text) or None if text.isascii() and text.isdigit() else None
