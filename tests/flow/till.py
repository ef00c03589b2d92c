"""An office whose books are a stand-in for QuickBooks or Xero, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from adapters.sandbox.quickbooks.journal import receivables
from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.clearing import credit_reference
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.records import EntryKind
from tests.contract.harness import LedgerHarness
from tests.contract.rows import quickbooks
from tests.flow.office import Office

Harness = Callable[[], AbstractContextManager[Any]]


@dataclass
class Till:
    """An office whose books are a stand-in, over HTTP; processor and messenger are in memory."""

    office: Office
    h: LedgerHarness
    ledger: Any

    def connect(self) -> None:
        """Let the company work on those books: at the start, and after each restart."""
        office = self.office
        profile = self.ledger.profile()
        kind = type(self.ledger).__module__.split(".")[1]
        office.policy = replace(
            office.policy, payment_account_id=self.h.payment_account_id, clearing_currency=self.h.home_currency
        )
        identity = BooksIdentity(kind, profile.tenant_id, "acct_memory")
        office.company = replace(office.company, ledger=self.ledger, policy=office.policy, identity=identity)

    def run(self, times: int = 1) -> None:
        for _ in range(times):
            self.office.run()

    def amount(self, text: str) -> Money:
        return Money.of(text, self.h.home_currency)

    def owed(self, ledger_id: str) -> Money:
        found = self.ledger.receivable(ledger_id)
        assert found is not None
        return Money(found.balance.amount, found.balance.currency)

    def credits(self, payment_id: str) -> list[Money]:
        """What stands in the books as a credit from that payment, as the ledger itself answers."""
        reference = credit_reference(self.office.company.identity, payment_id)
        found = self.ledger.entries_with_reference(EntryKind.CREDIT, reference)
        return [one.amount for one in found if one.live]


T = TypeVar("T", bound=Till)


@contextmanager
def open_till(open_harness: Harness, tmp_path: Path, kind: type[T], **policy: Any) -> Iterator[T]:
    """Its first look is behind it: whatever is issued from now on is texted about.

    Its day is the stand-in's, at any hour at which the tests are run: elsewhere an invoice of today is one of tomorrow.
    """
    with open_harness() as h:
        office = Office(
            tmp_path / "state",
            start=h.clock.now(),
            baseline=False,
            **{"zone": ZoneInfo("UTC"), **policy},
            window=Window(0, 24 * 60, ALL_WEEK),
            start_on=(h.clock.now() - timedelta(days=30)).date(),
        )
        made = kind(office, h, h.reader)
        made.connect()
        made.run()
        try:
            yield made
        finally:
            office.close()


def owes(h: Any, customer: str) -> Decimal:
    """What a customer owes by the double entry of the books; below zero is what he may still use."""
    if isinstance(h, quickbooks.QuickBooksHarness):
        return receivables(h.books).get(customer, Decimal(0))
    open_ones = h.twin.books.banking.ageing()
    return sum((amount for _, contact, _, amount in open_ones if contact.contact_id == customer), Decimal(0))


def in_clearing(till: Till) -> Decimal:
    today = datetime.now(UTC).date() + timedelta(days=400)
    found: Money = till.ledger.account_balance(till.h.payment_account_id, today)
    return found.amount
