"""What a Twilio account holds of ours, read for `duebird audit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from adapters.twilio import translate
from adapters.twilio.messenger import IN_PAGE, IN_PAGES, OUT_OF_ORDER, TwilioMessenger
from adapters.twilio.translate import Fields
from connector.domain.records import TextFate, TextRecord
from connector.ports.messenger import DeliveryState

FATES: Final = {
    DeliveryState.ACCEPTED: TextFate.ON_ITS_WAY,
    DeliveryState.SENT: TextFate.ON_ITS_WAY,
    DeliveryState.DELIVERED: TextFate.ARRIVED,
    DeliveryState.UNDELIVERED: TextFate.LOST,
    DeliveryState.FAILED: TextFate.NEVER_SENT,
    DeliveryState.CANCELLED: TextFate.NEVER_SENT,
}


class TwilioRecords(TwilioMessenger):
    """One sender, to be read."""

    def texts_since(self, since: datetime) -> Sequence[TextRecord]:
        """Texts made through the API by the company's number or messaging service, 1,000 a call.

        Asked without a date filter, which would hide what is not sent yet. A messaging service's texts have no number
        at first, so that the whole account is listed there and others' left out here. Twilio does not tell how long a
        text might have waited.
        """
        start = translate.whole_second(since)
        service = self._settings.messaging_service_sid
        sender = {} if service else {"from_": self._settings.from_}
        found: list[TextRecord] = []
        for fields in self._rows(partial(self._messages.page, page_size=IN_PAGE, **sender), IN_PAGES):
            created = fields.get("date_created")
            if isinstance(created, datetime) and created < start - OUT_OF_ORDER:
                break
            if translate.is_ours(fields) and (service is None or fields.get("messaging_service_sid") == service):
                text = self._readable(_text, fields)
                if text.created_at >= start:
                    found.append(text)
        return sorted(found, key=lambda one: (one.created_at, one.text_id))


def _text(fields: Fields) -> TextRecord:
    text = translate.sent_text(fields)
    handed_on = fields.get("date_sent")
    return TextRecord(
        text_id=text.text_id,
        to=text.to,
        body=text.body,
        created_at=text.created_at,
        fate=FATES[text.state],
        handed_on_at=handed_on.astimezone(UTC) if isinstance(handed_on, datetime) else None,
        price=text.price,
        price_currency=text.price_currency,
    )
