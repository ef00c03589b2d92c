"""Row of the messenger suite: the Twilio adapter against its sandbox twin over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from adapters.clock import ManualClock
from adapters.sandbox.base import Fault, Served
from adapters.sandbox.twilio import Account, Number, Service, TwilioTwin
from adapters.twilio.messenger import TwilioMessenger
from adapters.twilio.records import TwilioRecords
from adapters.twilio.settings import TwilioSettings
from connector.domain.phone import Phone
from connector.ports.calls import CallKind, CallSeen, Wire
from connector.ports.messenger import Messenger
from connector.ports.records import MessengerReader

ACCOUNT = "AC" + "a" * 32
SERVICE = "MG" + "b" * 32
KEY = "SK" + "c" * 32
SENDER = "+15550100001"
SECOND_SENDER = "+442079460001"
TWIML_BIN = "https://handler.twilio.com/twiml/EH" + "0" * 32


class WatchedMeter:
    """A budget without end that remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[CallSeen] = []
        self.pauses: list[tuple[str, datetime]] = []

    def before(self, service: str, kind: CallKind) -> None:
        pass

    def after(self, call: CallSeen) -> None:
        self.seen.append(call)

    def pause(self, service: str, until: datetime) -> None:
        self.pauses.append((service, until))


class TwilioWorld:
    """A company's account at the twin, its customers and their carriers."""

    def __init__(self, served: Served, twin: TwilioTwin, *, through_service: bool, read_timeout: float = 5.0) -> None:
        self.twin = twin
        self.served = served
        self.account = Account(ACCOUNT, "made-up-token", api_keys={KEY: "made-up-secret"})
        self.account.numbers = {number: Number(number) for number in (SENDER, SECOND_SENDER)}
        self.service = Service(SERVICE, numbers=[SENDER, SECOND_SENDER], inbound_request_url=TWIML_BIN)
        if through_service:
            self.account.services[SERVICE] = self.service
        twin.world.accounts[ACCOUNT] = self.account
        self.clock = ManualClock(datetime.now(UTC))
        self.meter = WatchedMeter()
        self.wire = Wire("acme", self.clock, self.meter, connect_timeout=2.0, read_timeout=read_timeout)
        sender = {"messaging_service_sid": SERVICE} if through_service else {"from_number": SENDER}
        self.settings = TwilioSettings.model_validate(
            {"account_sid": ACCOUNT, "api_key_sid": KEY, "api_key_secret": "env:UNUSED", **sender}
        )
        self.adapter = self.connect()
        self.messenger: Messenger = self.adapter
        self.reader: MessengerReader = self.reading()

    def connect(self, base_url: str | None = None) -> TwilioMessenger:
        settings = self.settings.model_copy(update={"base_url": base_url or self.served.base_url})
        return TwilioMessenger(settings, KEY, "made-up-secret", self.wire)

    def reading(self) -> TwilioRecords:
        settings = self.settings.model_copy(update={"base_url": self.served.base_url})
        return TwilioRecords(settings, KEY, "made-up-secret", self.wire)

    # --------------------------------------------------------------------------------------------- MessengerHarness

    def reply(self, sender: Phone, body: str) -> None:
        known = [message.sender for message in self.account.by_to.get(sender.e164, [])]
        self.twin.world.receive(sender.e164, known[-1] if known else SENDER, body, self.twin.clock.now())

    def deliver(self, text_id: str) -> None:
        self.twin.world.set_status(self.account, self.account.by_sid[text_id], "delivered", self.twin.clock.now())

    def fail_delivery(self, text_id: str, error_code: str) -> None:
        message = self.account.by_sid[text_id]
        self.twin.world.set_status(self.account, message, "undelivered", self.twin.clock.now(), int(error_code))

    def texts_in_world(self, to: Phone) -> list[str]:
        return [m.body for m in self.account.by_to.get(to.e164, []) if m.direction == "outbound-api"]

    def make_landline(self, number: Phone) -> None:
        self.twin.world.landlines.add(number.e164)

    def let_time_pass(self, by: timedelta) -> None:
        self.twin.clock.offset += by
        self.clock.advance(by)

    def refuse_next_connection(self) -> None:
        """Point the client at a port where nobody listens, until one call has failed there."""
        shut = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        shut.bind(("127.0.0.1", 0))
        client = self.adapter.client
        transport = client.http_client
        dead = f"http://127.0.0.1:{shut.getsockname()[1]}"
        transport._origins |= {dead}
        domains = (client.api, client.messaging, client.pricing)
        for domain in domains:
            domain.base_url = dead
        seen = self.meter.after

        def heal(call: CallSeen) -> None:
            seen(call)
            for domain in domains:
                domain.base_url = self.served.base_url
            shut.close()
            del self.meter.after  # the class's own comes back

        self.meter.after = heal  # type: ignore[method-assign]  # for one call

    def lose_next_write_answer(self) -> None:
        self.twin.faults.append(Fault("drop_after", method="POST"))

    def throttle_next_call(self) -> None:
        self.twin.world.habits.throttle_next = 1

    def revoke_access(self) -> None:
        self.account.auth_token = "another-token"
        self.account.api_keys.clear()


@contextmanager
def world(*, through_service: bool, read_timeout: float = 5.0) -> Iterator[TwilioWorld]:
    """A running twin with one company on it."""
    twin = TwilioTwin()
    with Served(twin) as served:
        yield TwilioWorld(served, twin, through_service=through_service, read_timeout=read_timeout)


@contextmanager
def harness() -> Iterator[TwilioWorld]:
    """For the messenger suite."""
    with world(through_service=True) as made:
        yield made
