"""The messaging service, its carriers, and the people with phones.

Rules as at Twilio: no idempotency; STOP blocks at the service, and a send to such a number is refused at once,
leaving nothing in the log. https://help.twilio.com/articles/223134027 and https://www.twilio.com/docs/api/errors/21610
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from adapters.memory.failures import advice_on
from adapters.memory.world import History, World
from connector.domain.phone import Phone
from connector.errors import Rejected, RejectedBecause
from connector.ports.calls import Clock
from connector.ports.messenger import (
    DeliveryState,
    InboundText,
    LineType,
    NumberSeen,
    SegmentPrice,
    SenderSeen,
    SentText,
    TextRequest,
)

# Whole message, any case: https://help.twilio.com/articles/223134027
STOP_WORDS = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"))
START_WORDS = frozenset(("START", "YES", "UNSTOP"))
FINAL = frozenset((DeliveryState.DELIVERED, DeliveryState.UNDELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED))
GSM_SEGMENT = 160
WAITED_TOO_LONG = "30036"  # https://www.twilio.com/docs/api/errors/30036


@dataclass(frozen=True, slots=True)
class TextRecord:
    """A text with the request that made it."""

    text: SentText
    request: TextRequest


class CarrierWorld(World):
    """One messaging account. Methods named after what people and carriers do are theirs, not a client's."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, key_memory=timedelta(0))  # there are no idempotency keys at the service
        self.texts: dict[str, History[TextRecord]] = {}
        self.received: list[InboundText] = []
        self.opted_out: set[str] = set()
        self.landlines: set[str] = set()
        self.blocked: set[str] = set()  # numbers whose carrier filters us: the text is taken, then not delivered
        self.preface = ""  # what the service puts before every text: trial accounts have one
        self.prices: dict[str, SegmentPrice] = {
            "US": SegmentPrice(Decimal("0.0083"), "USD")
        }  # ISO 3166 alpha-2 -> one segment
        self.sender = SenderSeen(frozenset({"+12125550100"}))  # as whoever looks at the account sees it
        self.lines: dict[str, LineType] = {}  # what a look-up says; mobiles are not listed
        self.new_hands: dict[str, date] = {}  # since when a number is somebody else's
        self.looked_up: list[tuple[str, date | None]] = []  # every look-up is paid for
        self._texts_to: dict[str, list[str]] = {}

    # ------------------------------------------------------------------------------------------ people's acts

    def reply(self, sender: Phone, body: str) -> str:
        """Somebody texts us. Stop words block the number here, start words open it. Returns the text's id."""
        with self.moment() as now:
            word = body.strip().upper()
            if word in STOP_WORDS:
                self.opted_out.add(sender.e164)
            elif word in START_WORDS:
                self.opted_out.discard(sender.e164)
            text = InboundText(self.new_id("SMin"), sender, body, now.replace(microsecond=0))
            self.received.append(text)
            return text.text_id

    def take(self, text_id: str) -> None:
        """The carrier takes the text."""
        self._progress(text_id, DeliveryState.SENT)

    def deliver(self, text_id: str) -> None:
        """The phone has it; or, where it waited longer than it was valid, it is dropped."""
        with self.moment() as now:
            record = self.texts[text_id].latest
            if now > record.text.created_at + record.request.valid_for:
                self._progress(text_id, DeliveryState.FAILED, WAITED_TOO_LONG)
            else:
                self._progress(text_id, DeliveryState.DELIVERED)

    def fail(self, text_id: str, error_code: str) -> None:
        """The carrier could not deliver it."""
        self._progress(text_id, DeliveryState.UNDELIVERED, error_code)

    # -------------------------------------------------------------------------------------- for checkers

    def texts_to(self, to: Phone) -> list[SentText]:
        """Every text accepted for that number, oldest first."""
        with self.moment():
            return [self.texts[one].latest.text for one in self._texts_to.get(to.e164, [])]

    def all_texts(self) -> list[SentText]:
        """Every text accepted, oldest first."""
        with self.moment():
            return [history.latest.text for history in self.texts.values()]

    # ---------------------------------------------------------------------------------- the service's side

    def send(self, request: TextRequest) -> SentText:
        """Accept a text, or refuse it and leave nothing."""
        if request.to.e164 in self.opted_out:
            raise _refused("The recipient replied STOP.", RejectedBecause.OPTED_OUT, "21610")
        if request.to.e164 in self.landlines:
            raise _refused("The number is a landline.", RejectedBecause.UNREACHABLE_NUMBER, "21614")
        if not request.body:
            raise _refused("The text is empty.", RejectedBecause.INVALID, "21602")
        text = SentText(
            text_id=self.new_id("SMout"),
            to=request.to,
            body=f"{self.preface}{request.body}",
            state=DeliveryState.ACCEPTED,
            created_at=self.now().replace(microsecond=0),
            segments=-(-len(request.body) // GSM_SEGMENT),
        )
        self.texts[text.text_id] = History(self.now(), TextRecord(text, request))
        self._texts_to.setdefault(request.to.e164, []).append(text.text_id)
        if request.to.e164 in self.blocked:
            self._progress(text.text_id, DeliveryState.UNDELIVERED, "30007")
        return text

    def look_up(self, number: Phone, agreed_on: date | None) -> NumberSeen:
        """A look-up, paid for."""
        self.looked_up.append((number.e164, agreed_on))
        since = self.new_hands.get(number.e164)
        reassigned = None if agreed_on is None else since is not None and agreed_on < since
        return NumberSeen(self.lines.get(number.e164, LineType.MOBILE), reassigned)

    def ids_to(self, to: Phone) -> list[str]:
        """Ids of texts to that number, oldest first."""
        return self._texts_to.get(to.e164, [])

    def _progress(self, text_id: str, state: DeliveryState, error_code: str | None = None) -> None:
        with self.moment() as now:
            history = self.texts[text_id]
            record = history.latest
            if record.text.state not in FINAL:
                text = replace(record.text, state=state, error_code=error_code, advice=advice_on(error_code))
                history.add(now, replace(record, text=text))


def since_second(moment: datetime) -> datetime:
    """Times at the service have whole seconds; a filter must not cut off the second it starts in."""
    return moment.replace(microsecond=0)


def _refused(message: str, because: RejectedBecause, code: str) -> Rejected:
    return Rejected(f"{message} Nothing was sent.", because=because, service="messenger", code=code)
