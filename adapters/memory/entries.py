"""A client of the books in memory, behind the ports `Ledger` and `Entries`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from adapters.memory.cash_world import CashWorld
from adapters.memory.faults import Faults
from adapters.memory.ledger import MemoryLedger
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.ports.calls import CallMeter
from connector.ports.entries import (
    AccountLine,
    CreditRequest,
    Entry,
    ExpenseRequest,
    ReversalRequest,
    TaxCode,
    TransferRequest,
)
from connector.ports.ledger import LedgerAccount


class MemoryEntries(MemoryLedger):
    """Both ports onto a `CashWorld` and the `LedgerWorld` it stands beside."""

    def __init__(
        self,
        cash: CashWorld,
        *,
        faults: Faults | None = None,
        meter: CallMeter | None = None,
        service: str | None = None,
    ) -> None:
        super().__init__(cash.ledger, faults=faults, meter=meter, service=service)
        self.cash = cash

    def expense_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of kind Expense."""
        return self._read("expense_accounts", (), lambda: self._accounts_of("Expense"))

    def exchange_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of either kind."""
        return self._read("exchange_accounts", (), lambda: self._accounts_of("Expense", "Income"))

    def tax_codes(self) -> Sequence[TaxCode]:
        """Those of the world."""
        return self._read("tax_codes", (), lambda: tuple(self.cash.tax_codes))

    def refund_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of kind Income."""
        return self._read("refund_accounts", (), lambda: self._accounts_of("Income"))

    def receivable_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of kind Accounts Receivable."""
        return self._read("receivable_accounts", (), lambda: self._accounts_of("Accounts Receivable"))

    def _accounts_of(self, *kinds: str) -> list[LedgerAccount]:
        return [one for one in self.cash.accounts.values() if one.kind in kinds]

    def entries_with_reference(self, kind: EntryKind, reference: str) -> Sequence[Entry]:
        """Entries that carry the reference; lags with the lists."""
        return self._list(
            "entries_with_reference", (kind, reference), lambda seen: self._with_reference(kind, reference, seen)
        )

    def _with_reference(self, kind: EntryKind, reference: str, horizon: datetime) -> tuple[Entry, ...]:
        if kind is EntryKind.PAYMENT:
            return tuple(self.cash.payments_with(reference, horizon))
        found = (history.as_of(horizon) for history in self.cash.entries.values())
        entries = (one.entry for one in found if one is not None)
        return tuple(one for one in entries if one.kind is kind and one.reference == reference)

    def make_expense(self, request: ExpenseRequest) -> Entry:
        """Book a fee. One attempt."""
        return self._write("make_expense", (request,), lambda: self.cash.expense(request))

    def make_transfer(self, request: TransferRequest) -> Entry:
        """Book a payout. One attempt."""
        return self._write("make_transfer", (request,), lambda: self.cash.transfer(request))

    def make_credit(self, request: CreditRequest) -> Entry:
        """Book money on no invoice. One attempt."""
        return self._write("make_credit", (request,), lambda: self.cash.credit(request))

    def reverse(self, request: ReversalRequest) -> Entry:
        """Book money that went back, or find that it is booked. One attempt."""
        return self._write("reverse", (request,), lambda: self.cash.reverse(request))

    def take_back(self, kind: EntryKind, entry_id: str, note: str) -> None:
        """Delete one entry."""
        self._write("take_back", (kind, entry_id, note), lambda: self.cash.take_back(kind, entry_id))

    def account_entries(self, account_id: str, since: date, until: date) -> Sequence[AccountLine]:
        """Lines of those days, oldest first."""

        def read() -> tuple[AccountLine, ...]:
            lines = [line for line in self.cash.lines(account_id) if since <= line.booked_on <= until]
            return tuple(sorted(lines, key=lambda line: (line.booked_on, line.entry_id)))

        return self._read("account_entries", (account_id, since, until), read)

    def account_balance(self, account_id: str, on: date) -> Money:
        """What stands in the account at the end of that day."""
        return self._read("account_balance", (account_id, on), lambda: self.cash.balance(account_id, on))
