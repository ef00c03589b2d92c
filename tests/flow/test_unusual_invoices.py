"""Invoices that are not simply paid in full, over HTTP in the stand-ins for both ledgers, which keep double entry.

In the end of each story the customer owes what the story says, by the double entry of the books.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.quickbooks.control import add_invoice
from adapters.sandbox.quickbooks.payments import give_credit
from connector.domain.phone import Phone
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.till import Till, open_till, owes


@pytest.fixture(params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    with open_till(request.param, tmp_path, Till) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Till]:
    """QuickBooks, for what Xero does not have."""
    with open_till(quickbooks.harness, tmp_path, Till) as made:
        yield made


def somebody(till: Till) -> str:
    till.office.agree(Phone(MOBILE.e164))
    return till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)


def credited(till: Till, customer: str, invoice: str, amount: str) -> None:
    """The bookkeeper enters a credit memo or note and applies it."""
    harness: Any = till.h
    if isinstance(harness, quickbooks.QuickBooksHarness):
        give_credit(harness.books, customer, Decimal(amount), invoice)
    else:
        books = harness.twin.books
        books.credit(books.invoices[invoice], Decimal(amount))


def issue(till: Till, customer: str) -> str:
    """An invoice over 120.00, due in a fortnight."""
    due = till.office.clock.now().date() + timedelta(days=14)
    return till.h.issue(customer, till.amount("120.00"), due_on=due)


def asked(till: Till) -> list[str]:
    """What the open payment pages ask."""
    return [str(one.request.amount) for one in till.office.stripe_world.live_links()]


def pays(till: Till) -> None:
    office = till.office
    assert office.stripe_world.pay(office.link_in(office.texts()[-1])) is not None
    office.wait(minutes=1)
    till.run(3)


def until_the_next_step(till: Till) -> None:
    till.office.wait(days=15)
    till.run(4)


def test_of_an_invoice_with_a_payment_in_advance_the_rest_is_asked_and_booked(till: Till) -> None:
    customer = somebody(till)
    invoice = issue(till, customer)
    till.h.pay_by_hand(invoice, till.amount("50.00"))
    till.run(2)
    assert asked(till) == [str(till.amount("70.00"))]
    pays(till)
    assert till.owed(invoice) == till.amount("0.00")
    assert owes(till.h, customer) == 0
    assert till.office.attention() == []


def test_a_discount_for_paying_early_is_a_credit_that_changes_the_link_before_anybody_pays_too_much(till: Till) -> None:
    customer = somebody(till)
    invoice = issue(till, customer)
    till.run(2)
    [first] = till.office.texts()
    credited(till, customer, invoice, "2.40")
    till.office.wait(minutes=5)
    till.run(3)
    assert asked(till) == []
    assert till.office.stripe_world.open_page(till.office.link_in(first)) is None
    until_the_next_step(till)
    assert asked(till) == [str(till.amount("117.60"))]
    pays(till)
    assert owes(till.h, customer) == 0


def test_tax_that_a_customer_withholds_is_asked_for_no_more_once_it_is_entered_as_a_credit(till: Till) -> None:
    customer = somebody(till)
    invoice = issue(till, customer)
    till.run(2)
    till.h.pay_by_hand(invoice, till.amount("108.00"))  # by bank, less ten per cent for the tax office
    credited(till, customer, invoice, "12.00")
    till.office.wait(minutes=5)
    till.run(3)
    assert asked(till) == []
    until_the_next_step(till)
    assert len(till.office.texts()) == 1
    assert owes(till.h, customer) == 0


def test_tax_that_is_withheld_and_not_entered_is_asked_for_as_the_books_say(till: Till) -> None:
    customer = somebody(till)
    invoice = issue(till, customer)
    till.run(2)
    till.h.pay_by_hand(invoice, till.amount("108.00"))
    until_the_next_step(till)
    assert asked(till) == [str(till.amount("12.00"))]
    assert len(till.office.texts()) == 2


def test_the_payment_of_a_sub_customers_invoice_is_booked_on_the_sub_customer(desk: Till) -> None:
    parent = somebody(desk)
    job = desk.h.add_customer("Kitchen", parent_id=parent)
    invoice = desk.h.issue(job, desk.amount("120.00"))
    desk.run(2)
    pays(desk)
    assert desk.owed(invoice) == desk.amount("0.00")
    assert owes(desk.h, job) == owes(desk.h, parent) == 0
    assert isinstance(desk.h, quickbooks.QuickBooksHarness)
    [payment] = [one.row for one in desk.h.books.all("Payment")]
    assert payment["CustomerRef"]["value"] == job


def test_a_deposit_taken_with_the_form_is_not_asked_for_again(desk: Till) -> None:
    customer = somebody(desk)
    assert isinstance(desk.h, quickbooks.QuickBooksHarness)
    add_invoice(desk.h.books, {"customer": customer, "amount": "120.00", "deposit": "40.00"})
    assert owes(desk.h, customer) == Decimal(80)
    desk.run(2)
    assert asked(desk) == [str(desk.amount("80.00"))]
    pays(desk)
    assert owes(desk.h, customer) == 0


def test_where_quickbooks_does_not_take_the_deposit_off_the_balance_nobody_is_texted_and_the_owner_is_told(
    desk: Till,
) -> None:
    customer = somebody(desk)
    assert isinstance(desk.h, quickbooks.QuickBooksHarness)
    made = add_invoice(desk.h.books, {"customer": customer, "amount": "120.00", "deposit": "40.00"})
    desk.h.books.change("Invoice", str(made["Id"]), Balance=Decimal("120.00"))
    desk.run(2)
    assert desk.office.texts() == []
    [told] = desk.office.attention()
    assert "deposit" in told
    desk.office.wait(days=1)
    desk.run(2)
    assert desk.office.texts() == []
