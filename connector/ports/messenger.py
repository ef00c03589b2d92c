"""Who carries the texts, behind a port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connector.domain.phone import Phone
from connector.ports.findings import Finding


class DeliveryState(StrEnum):
    """How far a text has come. The order is the order of progress; a later look never goes back."""

    ACCEPTED = "accepted"
    SENT = "sent"  # the carrier took it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # final: it did not arrive
    FAILED = "failed"  # final: it was not sent
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A text to be sent. `valid_for`: how long it may wait in a queue, so that it cannot arrive at night."""

    to: Phone
    body: str
    valid_for: timedelta


class FailureKind(StrEnum):
    """What a failed delivery means for the next text to that number."""

    OPTED_OUT = "opted_out"  # the person said stop: never again until they say otherwise
    SOFT_OPT_OUT = "soft_opt_out"  # blocked by the person or the carrier: stop, and show it to a person
    UNREGISTERED = "unregistered"  # the recipient's carriers refuse the sender until it is registered there
    BAD_NUMBER = "bad_number"  # landline, unknown, inactive
    FILTERED = "filtered"  # the carrier dislikes the content or the sender; two in a row stop the company
    SETUP = "setup"  # something in the account must change before any text can arrive
    LATER = "later"  # passing; the same text may be worth another try, as far as policy allows one
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryAdvice:
    """Why a text was not delivered and what a person must do. `todo` is empty where nothing can be done."""

    code: str
    kind: FailureKind
    meaning: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class SegmentPrice:
    """List price of one segment. Not `Money`: such prices are fractions of a cent."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class SentText:
    """A text as the messaging service holds it. `price` is per text, None until known.

    `advice` is set where it failed or was not delivered, or where the service gave an error code.
    """

    text_id: str
    to: Phone
    body: str
    state: DeliveryState
    created_at: datetime
    error_code: str | None = None
    segments: int | None = None
    price: Decimal | None = None
    price_currency: str | None = None
    advice: DeliveryAdvice | None = None


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text somebody sent to one of our numbers."""

    text_id: str
    sender: Phone
    body: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SenderSeen:
    """A company's sender as the service shows it.

    `marks` are the numbers, services and names it consists of or shares opt-outs and registration with: another
    company whose own mark is among them sends from the same.
    """

    marks: frozenset[str]
    findings: Sequence[Finding] = ()
    registered: bool = True  # nothing that a country's carriers ask for is missing, as far as could be seen


class LineType(StrEnum):
    """What kind of line a number is, as a look-up says."""

    MOBILE = "mobile"
    INTERNET = "internet"  # an app's number: people do text with these
    LANDLINE = "landline"  # fixed, also over the internet: nobody reads texts there
    OTHER = "other"  # pager, toll-free, premium, voicemail: nobody's own phone
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NumberSeen:
    """What a look-up says of a number. `reassigned`: it changed hands since that day; None where that is not known."""

    line: LineType
    reassigned: bool | None = None

    @property
    def textable(self) -> bool:
        """Whether a text to it may be read by whose number it is."""
        return self.line not in {LineType.LANDLINE, LineType.OTHER}


class Messenger(Protocol):
    """Twilio, behind a port."""

    def send(self, request: TextRequest) -> SentText:
        """Send one text. One attempt; there is no idempotency at the service, so look before you call.

        Raises:
            Uncertain: it may have gone out. Look with `sent_to`.
            Rejected: `because` OPTED_OUT, UNREACHABLE_NUMBER, BLOCKED, SETUP or INVALID; nothing went out.
        """
        ...

    def sent_to(self, to: Phone, since: datetime) -> Sequence[SentText]:
        """Texts to that number made at or after `since`, newest first. Lists may lag: absence proves little."""
        ...

    def sent_text(self, text_id: str) -> SentText | None:
        """One text as it stands now."""
        ...

    def inbound(self, since: datetime) -> Sequence[InboundText]:
        """What came in at or after `since`, on every number of the sender, oldest first. Overlap and drop repeats."""
        ...

    def price_per_segment(self, country: str) -> SegmentPrice | None:
        """List price of one outbound segment to that country (ISO 3166 alpha-2), None where it cannot be told."""
        ...

    def looked_up(self, number: Phone, agreed_on: date | None) -> NumberSeen:
        """What kind of line it is, and whether it changed hands since the day of the consent. It costs money.

        Only what the settings order is asked, and only where it can be told.

        Raises:
            Transient, Throttled, NeedsReauthorisation, Rejected: nothing is known; a text need not wait for it.
        """
        ...

    def sender(self) -> SenderSeen:
        """Read-only look at the sender alone, as it is taken once a day.

        Raises:
            Transient, Throttled, NeedsReauthorisation, Rejected: it could not be seen, which says nothing about it.
        """
        ...

    def inspect(self) -> Sequence[Finding]:
        """Read-only look at the sender, also whether replies (STOP) would be seen, for `duebird check`."""
        ...
