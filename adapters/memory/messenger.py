"""A client of the messaging service in memory, behind the `Messenger` port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from adapters.memory.carrier_world import CarrierWorld, since_second
from adapters.memory.client import Client
from connector.domain.phone import Phone
from connector.ports.findings import Finding, Weight
from connector.ports.messenger import InboundText, NumberSeen, SegmentPrice, SenderSeen, SentText, TextRequest


class MemoryMessenger(Client[CarrierWorld]):
    """The `Messenger` port onto a `CarrierWorld`. Lists may lag by its faults; reads by id are fresh."""

    port = "messenger"

    def send(self, request: TextRequest) -> SentText:
        """Send one text. One attempt; a second call sends a second one.

        Raises:
            Uncertain: it may have gone out.
            Rejected: OPTED_OUT, UNREACHABLE_NUMBER or INVALID.
        """
        return self._write("send", (request,), lambda: self.world.send(request))

    def sent_to(self, to: Phone, since: datetime) -> Sequence[SentText]:
        """Texts to that number at or after `since`, newest first; lags with the lists."""
        return self._list("sent_to", (to, since), lambda seen: self._sent_to(to, since, seen))

    def sent_text(self, text_id: str) -> SentText | None:
        """One text as it stands now."""
        return self._read("sent_text", (text_id,), lambda: self._text(text_id))

    def inbound(self, since: datetime) -> Sequence[InboundText]:
        """What came in at or after `since`, oldest first; lags with the lists."""
        return self._list("inbound", (since,), lambda seen: self._inbound(since, seen))

    def price_per_segment(self, country: str) -> SegmentPrice | None:
        """The world's price list."""
        return self._read("price_per_segment", (country,), lambda: self.world.prices.get(country))

    def looked_up(self, number: Phone, agreed_on: date | None) -> NumberSeen:
        """A look-up of the world's."""
        return self._read("looked_up", (number, agreed_on), lambda: self.world.look_up(number, agreed_on))

    def sender(self) -> SenderSeen:
        """What the world says of the account's sender."""
        return self._read("sender", (), lambda: self.world.sender)

    def inspect(self) -> Sequence[Finding]:
        """Always well."""
        return self._read("inspect", (), lambda: (Finding(Weight.OK, "Sender", "Replies are seen."),))

    def _sent_to(self, to: Phone, since: datetime, horizon: datetime) -> tuple[SentText, ...]:
        found = (self.world.texts[one].as_of(horizon) for one in reversed(self.world.ids_to(to)))
        first = since_second(since)
        return tuple(one.text for one in found if one is not None and one.text.created_at >= first)

    def _text(self, text_id: str) -> SentText | None:
        history = self.world.texts.get(text_id)
        return history.latest.text if history else None

    def _inbound(self, since: datetime, horizon: datetime) -> tuple[InboundText, ...]:
        first = since_second(since)
        return tuple(one for one in self.world.received if first <= one.received_at <= horizon)
