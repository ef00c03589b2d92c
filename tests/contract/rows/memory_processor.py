"""The processor in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from adapters.clock import ManualClock
from adapters.memory.anchor import MemoryAnchor
from adapters.memory.faults import FaultKind
from adapters.memory.processor import MemoryProcessor
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.reading import MemoryProcessorReader
from connector.domain.money import Money
from connector.ports.anchor import Anchor
from connector.ports.processor import PaymentProcessor
from connector.ports.records import ProcessorReader
from tests.contract.harness import ProcessorHarness

PORT = "processor"
START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class MemoryProcessorHarness:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world = StripeLikeWorld(self.clock)
        self.client = MemoryProcessor(self.world)
        self.processor: PaymentProcessor = self.client
        self.anchor: Anchor = MemoryAnchor(self.world, faults=self.client.faults)
        self.reader: ProcessorReader = MemoryProcessorReader(self.world, faults=self.client.faults)

    def pay(self, link_url: str) -> str | None:
        return self.world.pay(link_url)

    def open_page(self, link_url: str) -> str | None:
        return self.world.open_page(link_url)

    def pay_session(self, session_id: str) -> str | None:
        return self.world.pay_page(session_id)

    def start_debit(self, link_url: str) -> str | None:
        return self.world.start_debit(link_url)

    def finish_debit(self, session_id: str, *, succeeds: bool) -> None:
        self.world.finish_debit(session_id, succeeds=succeeds)

    def refund(self, payment_id: str, amount: Money) -> None:
        self.world.refund(payment_id, amount)

    def live_links_in_world(self) -> list[str]:
        return [record.link.link_id for record in self.world.live_links()]

    def claims_in_world(self) -> dict[str, dict[str, str]]:
        return {place: named.claim.words() for place, named in self.world.claims.items()}

    def delete_claim(self, anchor_id: str) -> None:
        del self.world.claims[anchor_id]

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
def harness() -> Iterator[ProcessorHarness]:
    yield MemoryProcessorHarness()
