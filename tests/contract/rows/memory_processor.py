"""The processor in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from adapters.clock import ManualClock
from adapters.memory.anchor import MemoryAnchor
from adapters.memory.faults import FaultKind
from adapters.memory.processor import MemoryProcessor
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.reading import MemoryProcessorReader
from adapters.memory.treasury import MemoryTreasury
from connector.domain.money import Money
from connector.ports.anchor import Anchor
from connector.ports.processor import PaymentProcessor
from connector.ports.records import ProcessorReader
from connector.ports.treasury import Treasury
from tests.contract.treasury_harness import TreasuryHarness

PORT = "processor"
START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class MemoryProcessorHarness:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world = StripeLikeWorld(self.clock)
        self.client = MemoryProcessor(self.world)
        self.processor: PaymentProcessor = self.client
        self.anchor: Anchor = MemoryAnchor(self.world, faults=self.client.faults)
        self.treasury: Treasury = MemoryTreasury(self.world, faults=self.client.faults)
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

    def show_other_currency(self, payment_id: str, shown: Money) -> None:
        self.world.balance.shown[payment_id] = shown

    def settle_at(self, currency: str, rate: str) -> None:
        self.world.balance.rates[currency] = Decimal(rate)

    def fail_refund(self, refund_id: str) -> None:
        with self.world.moment():
            self.world.balance.fail_refund(refund_id)

    def dispute(self, payment_id: str, amount: Money | None = None) -> str:
        with self.world.moment():
            return self.world.balance.dispute(payment_id, amount)

    def end_dispute(self, dispute_id: str, *, won: bool) -> None:
        with self.world.moment():
            self.world.balance.end_dispute(dispute_id, won=won)

    def bounce(self, payment_id: str) -> None:
        with self.world.moment():
            self.world.balance.bounce(payment_id)

    def charge_account(self, amount: Money) -> None:
        with self.world.moment():
            self.world.balance.charge(amount, "Radar for Fraud Teams")

    def pay_out(self, currency: str = "USD") -> str | None:
        with self.world.moment():
            return self.world.balance.pay_out(currency)

    def send(self, amount: Money, *, instant: bool) -> str:
        with self.world.moment():
            return self.world.balance.send(amount, instant=instant)

    def fail_payout(self, payout_id: str) -> None:
        with self.world.moment():
            self.world.balance.fail_payout(payout_id)

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
def harness() -> Iterator[TreasuryHarness]:
    yield MemoryProcessorHarness()
