"""Small worlds in memory to start a unit test from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from adapters.clock import ManualClock
from adapters.memory.ledger import MemoryLedger
from adapters.memory.ledger_world import CLEARING, LedgerWorld
from adapters.memory.processor import MemoryProcessor
from adapters.memory.processor_world import StripeLikeWorld
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.ports.ledger import BookingRequest
from connector.ports.processor import LinkRequest

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ROSA = Phone("+12025550143")


def usd(amount: str) -> Money:
    """So many dollars."""
    return Money.of(amount, "USD")


class Books:
    """A ledger with one invoice over 240 dollars."""

    def __init__(self, **world: Any) -> None:
        self.clock = ManualClock(START)
        self.world = LedgerWorld(self.clock, **world)
        self.ledger = MemoryLedger(self.world)
        self.faults = self.ledger.faults
        self.customer_id = self.world.add_customer("Rosa Diaz", mobile=ROSA.e164)
        self.ledger_id = self.world.issue(self.customer_id, usd("240.00"))

    def request(self, amount: str = "120.00", key: str = "k1") -> BookingRequest:
        return BookingRequest(
            self.ledger_id,
            self.customer_id,
            usd(amount),
            date(2026, 11, 23),
            CLEARING.account_id,
            "DB1",
            "pi_1",
            key,
        )

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def amounts(self) -> list[Money]:
        return [entry.booking.applied for entry in self.world.entries_on(self.ledger_id)]


def link_request(key: str = "k1", amount: str = "120.00") -> LinkRequest:
    return LinkRequest("DB1", usd(amount), "Invoice 1", "", "", "Paid.", "Thanks.", {"invoice": "1"}, key)


class Account:
    """A processor's account."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world = StripeLikeWorld(self.clock)
        self.processor = MemoryProcessor(self.world)
        self.faults = self.processor.faults
