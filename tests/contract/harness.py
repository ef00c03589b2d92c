"""What a contract suite needs of the world behind a port: ways to act as the customer, the owner, the carrier.

Each row of a suite (memory, or adapter over HTTP against its sandbox twin) gives one such harness. A row lives in
`tests/contract/rows/<name>.py` and offers a module-level `harness()` context manager, found by the suites by name.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.ports.anchor import Anchor
from connector.ports.ledger import Ledger
from connector.ports.messenger import Messenger
from connector.ports.processor import PaymentProcessor
from connector.ports.records import LedgerReader, MessengerReader, ProcessorReader


class LedgerHarness(Protocol):
    """A ledger in some world, and that world's people."""

    ledger: Ledger
    reader: LedgerReader
    home_currency: str
    payment_account_id: str

    def add_customer(self, name: str, *, mobile: str | None = None, parent_id: str | None = None) -> str: ...
    def issue(
        self, customer_id: str, amount: Money, *, number: str | None = None, due_on: date | None = None
    ) -> str: ...
    def edit_amount(self, ledger_id: str, amount: Money) -> None: ...
    def void(self, ledger_id: str) -> None: ...
    def delete(self, ledger_id: str) -> None:
        """Remove the invoice; a ledger without deletion of issued invoices voids it."""
        ...

    def pay_by_hand(self, ledger_id: str, amount: Money) -> str:
        """Book a payment as a person would; returns the booking's id."""
        ...

    def delete_booking(self, booking_id: str) -> None: ...
    def close_books_through(self, day: date) -> None: ...
    def bookings_in_world(self, ledger_id: str) -> list[tuple[str, Money]]:
        """(reference, amount) of each live payment on the invoice, read from the world, not through the port."""
        ...

    # faults: each concerns the next matching call only
    def refuse_next_connection(self) -> None:
        """The next call fails before it reaches the service."""
        ...

    def lose_next_write_answer(self) -> None:
        """The next write is carried out, and its answer lost."""
        ...

    def throttle_next_call(self) -> None: ...
    def revoke_access(self) -> None: ...


class ProcessorHarness(Protocol):
    """A processor's account and its payers."""

    processor: PaymentProcessor
    anchor: Anchor
    reader: ProcessorReader

    def pay(self, link_url: str) -> str | None:
        """Open the link and pay by card; returns the payment id, None when the page refuses."""
        ...

    def open_page(self, link_url: str) -> str | None:
        """Open the link without paying; returns the session id, None when the link is dead."""
        ...

    def pay_session(self, session_id: str) -> str | None:
        """Pay on a page that was opened before; None when the page has expired."""
        ...

    def start_debit(self, link_url: str) -> str | None:
        """Pay by bank debit: completed, money not there. Returns the session id."""
        ...

    def finish_debit(self, session_id: str, *, succeeds: bool) -> None: ...
    def refund(self, payment_id: str, amount: Money) -> None:
        """The owner gives money back in the dashboard."""
        ...

    def live_links_in_world(self) -> list[str]:
        """Ids of active links, read from the world."""
        ...

    def claims_in_world(self) -> dict[str, dict[str, str]]:
        """What is written in each claim, by its id, read from the world."""
        ...

    def delete_claim(self, anchor_id: str) -> None:
        """The owner deletes it in the dashboard."""
        ...

    def let_time_pass(self, by: timedelta) -> None: ...
    def refuse_next_connection(self) -> None: ...
    def lose_next_write_answer(self) -> None: ...
    def throttle_next_call(self) -> None: ...
    def revoke_access(self) -> None: ...


class MessengerHarness(Protocol):
    """A messaging account, its carriers and the people with phones."""

    messenger: Messenger
    reader: MessengerReader

    def reply(self, sender: Phone, body: str) -> None:
        """That person texts us. STOP and its kin block the number at the service, as in life."""
        ...

    def deliver(self, text_id: str) -> None: ...
    def fail_delivery(self, text_id: str, error_code: str) -> None: ...
    def texts_in_world(self, to: Phone) -> list[str]:
        """Bodies of texts that were accepted for that number, oldest first, read from the world."""
        ...

    def make_landline(self, number: Phone) -> None: ...
    def let_time_pass(self, by: timedelta) -> None: ...
    def refuse_next_connection(self) -> None: ...
    def lose_next_write_answer(self) -> None: ...
    def throttle_next_call(self) -> None: ...
    def revoke_access(self) -> None: ...
