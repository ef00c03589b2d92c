"""The messenger port on Twilio. https://www.twilio.com/docs/messaging/api/message-resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from twilio.base.exceptions import TwilioException

from adapters.transport import patiently
from adapters.twilio import checks, senders, translate
from adapters.twilio.settings import TwilioSettings
from adapters.twilio.wire import SERVICE, connect, unreadable
from connector.domain.phone import Phone, region_of
from connector.errors import Bug, NeedsReauthorisation, Rejected, RejectedBecause
from connector.ports.calls import Wire
from connector.ports.findings import Finding
from connector.ports.messenger import (
    InboundText,
    LineType,
    NumberSeen,
    SegmentPrice,
    SenderSeen,
    SentText,
    TextRequest,
)

T = TypeVar("T")

_TO_PAGE: Final = 100  # one person gets a handful of texts a month: the first page nearly always ends the search
_TO_PAGES: Final = 20  # 2,000 texts to one person since the asked time would be a runaway, not a search
IN_PAGE: Final = 1000  # Twilio's largest: fewest calls
IN_PAGES: Final = 20  # 20,000 replies on one number within the days asked about
_POOL_PAGES: Final = 5  # 5,000 senders; Twilio allows 400 in a service
_POOL_FOR: Final = 3600.0  # seconds; senders change a few times a year, and a poll runs every few seconds
_PRICE_FOR: Final = 86_400.0  # seconds; price lists change a few times a year
OUT_OF_ORDER: Final = timedelta(hours=1)  # "newest first" is not promised by which of a text's times
_OVERLAP: Final = timedelta(days=1)  # the filter knows days only, and Twilio's list may lag and sort late rows in


class TwilioMessenger:
    """One company's sender at Twilio: a number, a messaging service, or a name.

    `username` and `password` are an API key and its secret, or the account SID and the auth token.
    """

    def __init__(self, settings: TwilioSettings, username: str, password: str, wire: Wire) -> None:
        self._settings = settings
        self._wire = wire
        self.client = connect(settings, username, password, wire)
        self._messages = self.client.messages
        self._pool: tuple[float, tuple[str, ...]] | None = None
        self._prices: dict[str, tuple[float, SegmentPrice | None]] = {}

    def send(self, request: TextRequest) -> SentText:
        """Send one text, in one attempt. Twilio has no idempotency key: a second call is a second text.

        Raises:
            Uncertain: it may have gone out (lost answer, server error, an answer that is not Twilio's).
            Rejected: it did not go out and will not; `because` says why.
            Transient, Throttled, NeedsReauthorisation: it did not go out.
            Bug: the time it may wait has run out already.
        """
        if request.valid_for <= timedelta():
            raise Bug("A text was to be sent after its time had run out. It was not sent.", service=SERVICE)
        sender = (
            {"messaging_service_sid": self._settings.messaging_service_sid}
            if self._settings.messaging_service_sid
            else {"from_": self._settings.from_}
        )
        try:
            made = self._messages.create(
                to=request.to.e164,
                body=request.body,
                validity_period=translate.wait_seconds(request.valid_for),
                message_intent="notifications",
                **sender,
            )
            return translate.sent_text(_fields(made))
        except (TwilioException, ValueError, KeyError, TypeError, AttributeError) as error:
            raise unreadable(writes=True) from error

    def sent_to(self, to: Phone, since: datetime) -> Sequence[SentText]:
        """Texts made through the API for that number at or after `since`, newest first.

        Asked without a date filter: `DateSent` is empty until a text is sent, which would hide the very row looked
        for. A new text may be missing from the list for minutes.
        """
        start = translate.whole_second(since)
        found: list[SentText] = []
        first = partial(self._messages.page, to=to.e164, page_size=_TO_PAGE)
        for fields in self._rows(first, _TO_PAGES):
            created = fields.get("date_created")
            if isinstance(created, datetime) and created < start:
                if created < start - OUT_OF_ORDER:
                    break
                continue
            if translate.is_ours(fields):
                found.append(self._readable(translate.sent_text, fields))
        return tuple(found)

    def sent_text(self, text_id: str) -> SentText | None:
        """One text as it stands now; None where the account has no such text."""
        try:
            message = self._read(lambda: _fields(self._messages(text_id).fetch()))
        except Rejected as error:
            if error.because is RejectedBecause.NOT_FOUND:
                return None
            raise
        return self._readable(translate.sent_text, message)

    def inbound(self, since: datetime) -> Sequence[InboundText]:
        """What came in at or after `since` on every number of the sender, oldest first.

        Twilio filters by day; the day before is read too, and what is older than `since` cut off here.
        """
        start = translate.whole_second(since)
        day = f"{start - _OVERLAP:%Y-%m-%d}"  # text, because the SDK would send a date as an instant
        found: dict[str, InboundText] = {}
        for number in self._numbers():
            first = partial(self._messages.page, to=number, date_sent_after=day, page_size=IN_PAGE)
            for fields in self._rows(first, IN_PAGES):
                text = self._readable(translate.inbound_text, fields) if translate.is_inbound(fields) else None
                if text and text.received_at >= start:
                    found[text.text_id] = text
        return tuple(sorted(found.values(), key=lambda text: (text.received_at, text.text_id)))

    def price_per_segment(self, country: str) -> SegmentPrice | None:
        """List price of one outbound segment, the dearest carrier's; kept for a day. A key may lack this right."""
        now = self._wire.clock.elapsed()
        kept = self._prices.get(country)
        if kept and now - kept[0] < _PRICE_FOR:
            return kept[1]
        try:
            listed = self._read(lambda: _fields(self.client.pricing.v1.messaging.countries(country).fetch()))
            price = translate.segment_price(listed)
        except (Rejected, NeedsReauthorisation):  # only the list price is missing; sending is another matter
            price = None
        self._prices[country] = (now, price)
        return price

    def looked_up(self, number: Phone, agreed_on: date | None) -> NumberSeen:
        """Line type, and where a US number has a consent with a day, whether it changed hands since.

        https://www.twilio.com/docs/lookup/v2-api
        """
        asked = ["line_type_intelligence"] if self._settings.lookup else []
        more = {}
        if self._settings.lookup_reassigned and agreed_on is not None and region_of(number) == "US":
            asked.append("reassigned_number")
            more["last_verified_date"] = f"{agreed_on:%Y%m%d}"
        if not asked:
            return NumberSeen(LineType.UNKNOWN)
        numbers = self.client.lookups.v2.phone_numbers
        found = self._read(lambda: _fields(numbers(number.e164).fetch(fields=",".join(asked), **more)))
        return translate.number_seen(found)

    def inspect(self) -> Sequence[Finding]:
        """Read-only look at credentials, sender, replies and balance."""
        return checks.inspect(self.client, self._settings, self._read, self.price_per_segment)

    def sender(self) -> SenderSeen:
        """The sender alone: registration, replies, and what else sends from the same."""
        return senders.look(self.client, self._settings, self._read)

    # -------------------------------------------------------------------------------------------------- reading

    def _numbers(self) -> tuple[str, ...]:
        """The numbers people may reply to: none where a name sends."""
        if not self._settings.two_way:
            return ()
        service = self._settings.messaging_service_sid
        if service is None:
            return (str(self._settings.from_number),)
        now = self._wire.clock.elapsed()
        if self._pool is None or now - self._pool[0] >= _POOL_FOR:
            senders = self.client.messaging.v1.services(service)
            pages = ((senders.phone_numbers.page, "phone_number"), (senders.short_codes.page, "short_code"))
            found = [
                str(fields[name])
                for page, name in pages
                for fields in self._rows(partial(page, page_size=IN_PAGE), _POOL_PAGES)
                if fields.get(name)
            ]
            self._pool = (now, tuple(found))
        return self._pool[1]

    def _rows(self, first: Callable[[], Any], pages: int) -> Iterator[dict[str, Any]]:
        """Rows of a list, page by page, each page read with patience.

        Raises:
            Rejected: the list does not end within `pages`; a part of it must not pass for the whole.
        """
        follow = first
        for _ in range(pages):
            page = self._read(partial(_page, follow))
            if page is None:
                return
            yield from page.rows
            follow = page.follow
        raise Rejected(
            "Twilio's list of texts is longer than Duebird reads, so it was not relied on.",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="Look in the Twilio Console under Monitor > Logs > Messaging for what floods this number.",
        )

    def _read(self, read: Callable[[], T]) -> T:
        def once() -> T:
            try:
                return read()
            except (TwilioException, ValueError, KeyError, TypeError, AttributeError) as error:
                raise unreadable(writes=False) from error

        return patiently(once, self._wire.clock.sleep, self._wire.patience)

    @staticmethod
    def _readable(translation: Callable[[dict[str, Any]], T], fields: dict[str, Any]) -> T:
        try:
            return translation(fields)
        except ValueError as error:
            raise unreadable(writes=False) from error


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of a list, its rows read already, and how to ask for the next."""

    rows: tuple[dict[str, Any], ...]
    follow: Callable[[], Any]


def _page(ask: Callable[[], Any]) -> _Page | None:
    page = ask()
    return None if page is None else _Page(tuple(_fields(row) for row in page), page.next_page)


def _fields(instance: Any) -> dict[str, Any]:
    """The SDK's instance as the plain fields Twilio answered with."""
    return {name: value for name, value in vars(instance).items() if not name.startswith("_")}
