"""Refunds and disputes of foreign payments over HTTP, in both stand-ins of ledgers: clearing is Stripe's balance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.faults import Crash
from adapters.sandbox.base import Fault
from connector.domain.money import Money
from connector.domain.settlement import Refunds, Surplus
from connector.failpoints import armed
from tests.contract.rows import xero
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_foreign_money_over_http import ForeignTill, multicurrency
from tests.flow.till import in_clearing, open_till

BILLED = Money.of("1234.56", "EUR")
PART, REST = Money.of("234.57", "EUR"), Money.of("999.99", "EUR")


@dataclass
class ForeignRefundTill(ForeignTill):
    """One in whose books refunds are entered too, against the income of sales."""

    def connect(self) -> None:
        super().connect()
        [sales] = [one for one in self.ledger.refund_accounts() if one.name.startswith("Sales")]
        self.office.policy = replace(self.office.policy, refund_account_id=sales.account_id)
        self.office.company = replace(self.office.company, policy=self.office.policy)

    def exchange_at(self, factor: str) -> None:
        """From now on a euro is worth so much of what it was."""
        rates = self.office.stripe_world.balance.rates
        rates["EUR"] = (rates["EUR"] * Decimal(factor)).quantize(Decimal("0.000001"))

    def payment(self) -> str:
        return str(self.office.company.queries.payments("acme")[0].payment_id)

    def dispute(self, payment: str, amount: Money) -> str:
        with self.office.stripe_world.moment():
            return self.office.stripe_world.balance.dispute(payment, amount)

    def assert_balanced(self) -> None:
        """Clearing holds what Stripe holds, the books add up, and nothing is left at another rate."""
        assert in_clearing(self) == self.office.stripe_world.balance.held()[self.h.home_currency].total.amount
        self.stands()  # adds up to nothing
        assert [one for one in self.office.attention() if "Stripe's rate" in one] == []


@pytest.fixture(name="till", params=[multicurrency, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ForeignRefundTill]:
    more: dict[str, Any] = {"surplus": Surplus.CREDIT, "refunds": Refunds.BOOK}
    with open_till(request.param, tmp_path, ForeignRefundTill, **more) as made:
        yield made


def paid(till: ForeignRefundTill, times: int = 1) -> None:
    till.bill(BILLED)
    till.pay(till.open_pages(times))
    till.later()
    till.assert_balanced()


def test_a_part_is_refunded_and_the_rest_disputed_each_at_a_rate_of_its_own(till: ForeignRefundTill) -> None:
    paid(till)
    payment = till.payment()
    till.exchange_at("1.0431")
    till.office.stripe_world.refund(payment, PART)
    till.later()
    till.assert_balanced()
    till.exchange_at("0.9317")
    named = till.dispute(payment, REST)
    till.later()
    till.assert_balanced()
    with till.office.stripe_world.moment():
        till.office.stripe_world.balance.end_dispute(named, won=True)
    till.later()
    till.assert_balanced()


def test_a_credit_is_refunded_at_what_it_took(till: ForeignRefundTill) -> None:
    paid(till, 2)
    till.exchange_at("1.0431")
    for one in till.office.company.queries.payments("acme"):
        till.office.stripe_world.refund(one.payment_id, PART)
        till.later()
        till.assert_balanced()


@pytest.mark.parametrize("step", ["asked", "calling", "answered"])
def test_a_crash_around_the_call_leaves_one_entry_at_the_same_rate(till: ForeignRefundTill, step: str) -> None:
    paid(till)
    till.exchange_at("1.0431")
    till.office.stripe_world.refund(till.payment(), PART)
    till.office.wait(minutes=1)
    struck: list[str] = []

    def die(point: str) -> None:
        if point == f"refund.{step}" and not struck:
            struck.append(point)
            raise Crash

    with armed(die), pytest.raises(Crash):
        till.run()
    till.office.restart(crashed=True)
    till.connect()
    till.later()
    assert struck
    till.assert_balanced()


def test_a_lost_answer_and_a_lost_memory_leave_one_entry_at_the_same_rate(till: ForeignRefundTill) -> None:
    paid(till)
    till.exchange_at("1.0431")
    till.office.stripe_world.refund(till.payment(), PART)
    fault = Fault("drop_after", method="POST|PUT", path=r"(?i)/(payments|refundreceipt)\b")
    till.h.twin.faults.append(fault)
    till.later()
    assert fault.hits == 1
    till.assert_balanced()
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    till.assert_balanced()
