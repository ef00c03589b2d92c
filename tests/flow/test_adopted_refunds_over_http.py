"""Refunds of payments that somebody else has booked, in the stand-ins for both ledgers, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connector.domain.phone import Phone
from connector.domain.settlement import Refunds
from connector.ports.entries import ExpenseRequest
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import settle, told_of
from tests.flow.test_already_over_http import enter
from tests.flow.test_refund_entries_over_http import RefundTill, assert_balanced, refund
from tests.flow.till import in_clearing, open_till


@pytest.fixture(name="till", params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RefundTill]:
    with open_till(request.param, tmp_path, RefundTill, refunds=Refunds.BOOK, zone=ZoneInfo("UTC")) as made:
        yield made


def adopted(till: RefundTill, account: str | None = None) -> tuple[str, str, str, str]:
    """An invoice, its customer, its payment, and the entry by another client that names it, in `account`."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    customer = till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)
    invoice = till.h.issue(customer, till.amount("120.00"))
    till.run(2)
    payment = office.stripe_world.pay(office.link_in(office.texts()[-1]))
    assert payment is not None
    office.wait(minutes=1)
    if account is not None:
        ours, office.policy = office.policy, replace(office.policy, payment_account_id=account)
        entry = enter(till, invoice, payment)
        office.policy = ours
    else:
        entry = enter(till, invoice, payment)
    settle(office, 3)
    assert [amount for _, amount in till.h.bookings_in_world(invoice)] == [till.amount("120.00")]
    return invoice, customer, payment, entry


def test_a_part_and_the_rest_are_entered_and_what_failed_is_taken_out_again(till: RefundTill) -> None:
    before = in_clearing(till)
    invoice, customer, payment, _ = adopted(till)
    assert_balanced(till, before, customer, held="120.00")
    first = refund(till, payment, "20.00")
    assert_balanced(till, before, customer, held="100.00")
    refund(till, payment, "100.00")
    assert_balanced(till, before, customer, held="0.00")
    with till.office.stripe_world.moment():
        till.office.stripe_world.balance.fail_refund(first)
    settle(till.office)
    assert_balanced(till, before, customer, held="20.00")
    assert [amount for _, amount in till.h.bookings_in_world(invoice)] == [till.amount("120.00")]


def test_an_emptied_installation_enters_nothing_again(till: RefundTill) -> None:
    before = in_clearing(till)
    _, customer, payment, _ = adopted(till)
    refund(till, payment, "20.00")
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    till.office.company.store.resume("acme", till.office.clock.now())
    settle(till.office, 3)
    assert_balanced(till, before, customer, held="100.00")
    refund(till, payment, "30.00")
    assert_balanced(till, before, customer, held="70.00")


def test_what_another_tool_has_entered_of_the_refund_is_not_entered_twice(till: RefundTill) -> None:
    before = in_clearing(till)
    _, _, payment, _ = adopted(till)
    named = till.office.stripe_world.refund(payment, till.amount("20.00"))
    request = ExpenseRequest(
        till.amount("20.00"),
        till.h.payment_account_id,
        till.ledger.expense_accounts()[0].account_id,
        None,
        till.office.company.clock.now().date(),
        "TOOL7",
        f"Refund {named}",
        "a-tool-of-somebody-else",
    )
    theirs = till.ledger.make_expense(request)
    settle(till.office)
    assert in_clearing(till) - before == Decimal("100.00")
    [said] = told_of(till.office, "somebody else has entered it already, as it seems")
    assert theirs.entry_id in said


def test_of_an_entry_in_another_account_nothing_is_entered(till: RefundTill) -> None:
    before = in_clearing(till)
    clearing = till.office.policy.payment_account_id
    other = next(
        one.account_id
        for one in till.ledger.payment_accounts()
        if one.takes_payments and one.active and one.account_id != clearing
    )
    _, _, payment, entry = adopted(till, other)
    assert in_clearing(till) == before
    named = refund(till, payment, "20.00")
    assert in_clearing(till) == before
    [said] = told_of(till.office, named)
    assert f"the entry {entry}, by which somebody else has booked it, is in another account" in said
