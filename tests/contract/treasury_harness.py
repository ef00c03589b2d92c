"""What the contract of the balance needs of the world behind it, beside what every processor's harness has."""

from __future__ import annotations

from typing import Protocol

from connector.domain.money import Money
from connector.ports.treasury import Treasury
from tests.contract.harness import ProcessorHarness


class TreasuryHarness(ProcessorHarness, Protocol):
    """A processor's account with its balance, its owner, and the payers' banks."""

    treasury: Treasury

    def show_other_currency(self, payment_id: str, shown: Money) -> None:
        """The payer saw and paid that instead; say so before the payment's entry is in the balance."""
        ...

    def settle_at(self, currency: str, rate: str) -> None:
        """From now on that currency is exchanged: so many US dollars for one."""
        ...

    def fail_refund(self, refund_id: str) -> None: ...
    def dispute(self, payment_id: str, amount: Money | None = None) -> str: ...
    def end_dispute(self, dispute_id: str, *, won: bool) -> None: ...
    def bounce(self, payment_id: str) -> None:
        """A bank debit that had succeeded fails after all."""
        ...

    def charge_account(self, amount: Money) -> None:
        """The processor takes a fee of its own; `amount` is below zero then."""
        ...

    def pay_out(self, currency: str = "USD") -> str | None:
        """The automatic payout of everything, arrived at once."""
        ...

    def send(self, amount: Money, *, instant: bool) -> str:
        """The owner asks for a payout by hand."""
        ...

    def fail_payout(self, payout_id: str) -> None: ...
