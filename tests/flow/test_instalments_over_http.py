"""The life of a divided invoice over HTTP, in the stand-ins for QuickBooks and Xero, which keep double entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.domain.phone import Phone
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.till import Till, in_clearing, open_till, owes


@pytest.fixture(name="till", params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    # The stand-in for Xero works by the day of UTC: to an office further west its invoices would be tomorrow's.
    rules: dict[str, Any] = {"instalments": (30, 70), "instalments_from": Decimal(200), "zone": ZoneInfo("UTC")}
    with open_till(request.param, tmp_path, Till, **rules) as made:
        yield made


def deposit_asked(till: Till) -> tuple[str, str]:
    """An invoice of 500.00 whose first notice has gone out; with its customer."""
    till.office.agree(Phone(MOBILE.e164))
    customer = till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)
    due = till.office.clock.now().date() + timedelta(days=14)
    invoice = till.h.issue(customer, till.amount("500.00"), due_on=due)
    till.run(2)
    return invoice, customer


def until_due(till: Till, started: datetime) -> None:
    """To the day on which the invoice of `deposit_asked` is due."""
    till.office.clock.advance(started + timedelta(days=14, minutes=10) - till.office.clock.now())


def pay(till: Till) -> None:
    """Whoever holds the newest notice pays what its page asks."""
    notice = next(one for one in reversed(till.office.texts()) if "http" in one)
    assert till.office.stripe_world.pay(till.office.link_in(notice)) is not None
    till.office.wait(minutes=1)
    till.run(3)


def test_the_deposit_is_booked_on_the_invoice_and_the_rest_at_the_next_step(till: Till) -> None:
    before, started = in_clearing(till), till.office.clock.now()
    invoice, customer = deposit_asked(till)
    [first] = till.office.texts()
    assert "part 1 of 2" in first
    pay(till)
    assert till.owed(invoice) == till.amount("350.00")
    assert in_clearing(till) - before == Decimal("150.00")
    assert "350.00 is left to pay" in till.office.texts()[-1]
    until_due(till, started)
    till.run(3)
    assert "part 2 of 2" in till.office.texts()[-1]
    pay(till)
    assert till.owed(invoice) == till.amount("0.00")
    assert owes(till.h, customer) == 0
    assert in_clearing(till) - before == Decimal("500.00")
    assert len(till.office.texts()) == 4
    assert till.office.stripe_world.live_links() == []


def test_a_deposit_that_came_by_cheque_is_not_asked_again_and_a_lost_memory_asks_nothing_twice(till: Till) -> None:
    started = till.office.clock.now()
    invoice, _ = deposit_asked(till)
    till.h.pay_by_hand(invoice, till.amount("150.00"))
    till.office.wait(minutes=5)
    till.run(3)
    assert till.office.stripe_world.live_links() == []
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    till.office.company.store.resume("acme", till.office.clock.now())
    till.run(2)
    assert len(till.office.texts()) == 1
    until_due(till, started)
    till.run(4)
    [link] = till.office.stripe_world.live_links()
    assert link.request.amount == till.amount("350.00")
    pay(till)
    assert till.owed(invoice) == till.amount("0.00")
