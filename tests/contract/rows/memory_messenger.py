"""The messaging service in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from adapters.clock import ManualClock
from adapters.memory.carrier_world import CarrierWorld
from adapters.memory.faults import FaultKind
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.reading import MemoryMessengerReader
from connector.domain.phone import Phone
from connector.ports.messenger import Messenger
from connector.ports.records import MessengerReader
from tests.contract.harness import MessengerHarness

PORT = "messenger"
START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class MemoryMessengerHarness:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world = CarrierWorld(self.clock)
        self.client = MemoryMessenger(self.world)
        self.messenger: Messenger = self.client
        self.reader: MessengerReader = MemoryMessengerReader(self.world, faults=self.client.faults)

    def reply(self, sender: Phone, body: str) -> None:
        self.world.reply(sender, body)

    def deliver(self, text_id: str) -> None:
        self.world.deliver(text_id)

    def fail_delivery(self, text_id: str, error_code: str) -> None:
        self.world.fail(text_id, error_code)

    def texts_in_world(self, to: Phone) -> list[str]:
        return [text.body for text in self.world.texts_to(to)]

    def make_landline(self, number: Phone) -> None:
        self.world.landlines.add(number.e164)

    def let_time_pass(self, by: timedelta) -> None:
        self.clock.advance(by)

    def refuse_next_connection(self) -> None:
        self.client.faults.program(FaultKind.FAIL_BEFORE)

    def lose_next_write_answer(self) -> None:
        self.client.faults.program(FaultKind.LOSE_ANSWER)

    def throttle_next_call(self) -> None:
        self.client.faults.program(FaultKind.THROTTLE)

    def revoke_access(self) -> None:
        self.client.faults.revoked = True


@contextmanager
def harness() -> Iterator[MessengerHarness]:
    yield MemoryMessengerHarness()
