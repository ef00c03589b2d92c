"""Refunds and disputes as entries, in the stand-ins for both ledgers, over HTTP: the books balance after each act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.sandbox.quickbooks.journal import ageing, balances
from connector.domain.phone import Phone
from connector.domain.settlement import Refunds, Surplus
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import settle, told_of, verdict
from tests.flow.till import Till, in_clearing, open_till, owes

ZERO = Decimal("0.00")


class RefundTill(Till):
    """One in whose books refunds are entered, against the income of sales."""

    def connect(self) -> None:
        super().connect()
        [sales] = [one for one in self.ledger.refund_accounts() if one.name.startswith("Sales")]
        self.office.policy = replace(self.office.policy, refund_account_id=sales.account_id)
        self.office.company = replace(self.office.company, policy=self.office.policy)


@pytest.fixture(params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RefundTill]:
    more: dict[str, Any] = {"surplus": Surplus.CREDIT, "refunds": Refunds.BOOK, "joint": True}
    more["zone"] = ZoneInfo("UTC")  # the stand-in for Xero lives in the present, and issues on the day of UTC
    with open_till(request.param, tmp_path, RefundTill, **more) as made:
        yield made


def paid(till: Till, *amounts: str, cheque: str = "") -> tuple[list[str], str, str]:
    """Invoices of a customer, the customer, and one payment over all of them, booked as far as it fits."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    customer = till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)
    invoices = [till.h.issue(customer, till.amount(one)) for one in amounts or ("120.00",)]
    till.run(2)
    page = office.stripe_world.open_page(office.link_in(office.texts()[-1]))
    assert page is not None
    if cheque:
        till.h.pay_by_hand(invoices[0], till.amount(cheque))
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office, 3)
    assert [till.owed(one) for one in invoices] == [till.amount("0.00")] * len(invoices)
    return invoices, customer, payment


def at_stripe(till: Till) -> Decimal:
    """What Stripe holds of payments and what went back, before its fees."""
    changes = [one.latest for one in till.office.stripe_world.balance.changes.values()]
    return sum((one.amount.amount for one in changes), Decimal(0))


def assert_balanced(till: Till, before: Decimal, customer: str, *, held: str, owed: str = "0.00") -> None:
    """Clearing holds what Stripe holds, debit is credit, and nobody owes what he does not owe."""
    assert in_clearing(till) - before == at_stripe(till) == Decimal(held)
    assert owes(till.h, customer) == Decimal(owed)
    h: Any = till.h
    if isinstance(h, quickbooks.QuickBooksHarness):
        books, today = h.books, till.office.clock.now().date()
        assert sum(home for home, _ in balances(books).values()) == 0
        assert ageing(books, today).get(customer, {}).get("total", ZERO) == Decimal(owed)
    else:
        assert sum(h.twin.books.journal.balances().values()) == 0


def refund(till: Till, payment: str, amount: str) -> str:
    named = till.office.stripe_world.refund(payment, till.amount(amount))
    settle(till.office)
    return named


def test_parts_the_whole_and_one_that_failed(till: RefundTill) -> None:
    before = in_clearing(till)
    _, customer, payment = paid(till)
    assert_balanced(till, before, customer, held="120.00")
    first = refund(till, payment, "20.00")
    assert_balanced(till, before, customer, held="100.00")
    refund(till, payment, "100.00")
    assert_balanced(till, before, customer, held="0.00")
    with till.office.stripe_world.moment():
        till.office.stripe_world.balance.fail_refund(first)
    settle(till.office)
    assert_balanced(till, before, customer, held="20.00")
    assert verdict(till.office, payment) == "booked"
    assert told_of(till.office, "was taken out of the ledger")


@pytest.mark.parametrize(("won", "held"), [(True, "120.00"), (False, "0.00")], ids=["won", "lost"])
def test_a_dispute_from_its_opening_to_its_end(till: RefundTill, won: bool, held: str) -> None:  # noqa: FBT001
    before = in_clearing(till)
    _, customer, payment = paid(till)
    balance = till.office.stripe_world.balance
    with till.office.stripe_world.moment():
        named = balance.dispute(payment)
    settle(till.office)
    assert_balanced(till, before, customer, held="0.00")
    with till.office.stripe_world.moment():
        balance.end_dispute(named, won=won)
    settle(till.office)
    assert_balanced(till, before, customer, held=held)


def test_a_payment_for_several_invoices(till: RefundTill) -> None:
    before = in_clearing(till)
    _, customer, payment = paid(till, "120.00", "80.00")
    refund(till, payment, "150.00")
    assert_balanced(till, before, customer, held="50.00")
    refund(till, payment, "50.00")
    assert_balanced(till, before, customer, held="0.00")


def test_a_credit_and_then_the_booking_and_an_emptied_installation_enters_nothing_again(till: RefundTill) -> None:
    start = in_clearing(till)
    _, customer, payment = paid(till, cheque="50.00")
    before = start if in_clearing(till) - start == Decimal("120.00") else start + Decimal("50.00")
    assert till.credits(payment) == [till.amount("50.00")]
    assert_balanced(till, before, customer, held="120.00", owed="-50.00")
    named = refund(till, payment, "70.00")
    assert_balanced(till, before, customer, held="50.00")
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    till.office.company.store.resume("acme", till.office.clock.now())
    settle(till.office)
    assert_balanced(till, before, customer, held="50.00")
    with till.office.stripe_world.moment():
        till.office.stripe_world.balance.fail_refund(named)
    settle(till.office)
    assert_balanced(till, before, customer, held="120.00", owed="-50.00")
