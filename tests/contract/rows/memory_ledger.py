"""The ledger in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from adapters.clock import ManualClock
from adapters.memory.faults import FaultKind
from adapters.memory.ledger import MemoryLedger
from adapters.memory.ledger_world import CLEARING, LedgerWorld
from adapters.memory.reading import MemoryLedgerReader
from connector.domain.money import Money
from connector.ports.ledger import Ledger
from connector.ports.records import LedgerReader
from tests.contract.harness import LedgerHarness

PORT = "ledger"
START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class MemoryLedgerHarness:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world = LedgerWorld(self.clock, page_size=50)
        self.client = MemoryLedger(self.world)
        self.ledger: Ledger = self.client
        self.reader: LedgerReader = MemoryLedgerReader(self.world, faults=self.client.faults)
        self.home_currency = "USD"
        self.payment_account_id = CLEARING.account_id

    def add_customer(self, name: str, *, mobile: str | None = None, parent_id: str | None = None) -> str:
        return self.world.add_customer(name, mobile=mobile, parent_id=parent_id)

    def issue(self, customer_id: str, amount: Money, *, number: str | None = None, due_on: date | None = None) -> str:
        return self.world.issue(customer_id, amount, number=number, due_on=due_on)

    def edit_amount(self, ledger_id: str, amount: Money) -> None:
        self.world.edit_amount(ledger_id, amount)

    def void(self, ledger_id: str) -> None:
        self.world.void(ledger_id)

    def delete(self, ledger_id: str) -> None:
        self.world.delete(ledger_id)

    def pay_by_hand(self, ledger_id: str, amount: Money) -> str:
        return self.world.pay_by_hand(ledger_id, amount)

    def delete_booking(self, booking_id: str) -> None:
        self.world.delete_booking(booking_id)

    def close_books_through(self, day: date) -> None:
        self.world.close_books_through(day)

    def bookings_in_world(self, ledger_id: str) -> list[tuple[str, Money]]:
        return [(one.booking.reference, one.booking.applied) for one in self.world.entries_on(ledger_id)]

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
def harness() -> Iterator[LedgerHarness]:
    yield MemoryLedgerHarness()
