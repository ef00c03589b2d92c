"""The same over HTTP, in the stand-ins for QuickBooks and Xero, which keep double entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.quickbooks.journal import receivables
from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.clearing import credit_reference
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.records import EntryKind
from connector.domain.settlement import Surplus
from tests.contract.harness import LedgerHarness
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE, Office
from tests.flow.restoring import put_back, until_calm

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
        office.policy = replace(office.policy, payment_account_id=self.h.payment_account_id)
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


@contextmanager
def open_till(open_harness: Harness, tmp_path: Path) -> Iterator[Till]:
    """Its first look is behind it: whatever is issued from now on is texted about."""
    with open_harness() as h:
        office = Office(
            tmp_path / "state",
            start=h.clock.now(),
            baseline=False,
            surplus=Surplus.CREDIT,
            window=Window(0, 24 * 60, ALL_WEEK),
            start_on=(h.clock.now() - timedelta(days=30)).date(),
        )
        made = Till(office, h, h.reader)
        made.connect()
        made.run()
        try:
            yield made
        finally:
            office.close()


@pytest.fixture(name="till", params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    with open_till(request.param, tmp_path) as made:
        yield made


def paid_twice(till: Till) -> tuple[str, str, list[str]]:
    """An invoice of 120.00 on whose link two people pay."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    customer = till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)
    invoice = till.h.issue(customer, till.amount("120.00"))
    till.run(2)
    [text] = office.texts()
    pages = [office.stripe_world.open_page(office.link_in(text)) for _ in range(2)]
    payments = [office.stripe_world.pay_page(one) for one in pages if one is not None]
    office.wait(minutes=1)
    till.run(3)
    return invoice, customer, [one for one in payments if one is not None]


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


def test_paid_twice_one_is_on_the_invoice_and_the_other_a_credit_of_the_customer(till: Till) -> None:
    before = in_clearing(till)
    invoice, customer, payments = paid_twice(till)
    assert owes(till.h, customer) == Decimal(-120)
    assert till.owed(invoice) == till.amount("0.00")
    assert [one for payment in payments for one in till.credits(payment)] == [till.amount("120.00")]
    assert in_clearing(till) - before == Decimal("240.00")
    [item] = till.office.company.queries.attention("acme")
    called = {"quickbooks": "an unapplied payment in QuickBooks", "xero": "an overpayment in Xero"}
    assert called[till.office.company.identity.ledger_kind] in item.happened
    assert "Rosa Diaz" in item.happened


def test_what_fits_is_booked_and_the_rest_is_a_credit_that_a_lost_memory_finds_again(till: Till) -> None:
    before = in_clearing(till)
    office = till.office
    office.agree(Phone(MOBILE.e164))
    invoice = till.h.issue(till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164), till.amount("120.00"))
    till.run(2)
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    till.h.pay_by_hand(invoice, till.amount("50.00"))
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    office.wait(minutes=1)
    till.run(3)

    def assert_right() -> None:
        assert till.owed(invoice) == till.amount("0.00")
        assert till.credits(payment) == [till.amount("50.00")]
        assert in_clearing(till) - before in {Decimal("120.00"), Decimal("170.00")}  # the cheque is elsewhere, or not

    assert_right()
    put_back(office, office.folder, None)
    till.connect()
    until_calm(office)
    assert_right()
    assert office.company.queries.payments("acme")[0].verdict == "booked"
    credit = next(one for one in office.company.queries.effects_of("acme", invoice) if one.kind == "book_credit")
    assert credit.status == "done"
