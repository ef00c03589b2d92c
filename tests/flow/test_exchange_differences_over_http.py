"""Differences of exchange over HTTP, in both stand-ins of ledgers: clearing is Stripe's balance; the books add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.faults import FaultKind
from adapters.sandbox.base import Fault
from connector.domain.money import Money
from connector.domain.settlement import Refunds, Surplus
from tests.contract.rows import xero
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_foreign_money_over_http import multicurrency
from tests.flow.test_foreign_refunds_over_http import BILLED, PART, ForeignRefundTill, paid
from tests.flow.till import in_clearing, open_till

LARGE = Money.of("30000.00", "EUR")
BOTH = pytest.mark.parametrize("opens", [multicurrency, xero.harness], ids=["QuickBooks", "Xero"])


@dataclass
class DifferenceTill(ForeignRefundTill):
    """One in whose books differences of exchange are entered, beside fees and payouts."""

    def connect(self) -> None:
        super().connect()
        cash = self.office.company.cash
        assert cash is not None
        self.office.company = replace(self.office.company, cash=replace(cash, exchange_account_id=cash.fees_account_id))

    def differences(self) -> int:
        found = self.office.company.queries.exchange_differences("acme")
        return len(found)

    def open_refund(self, amount: Money) -> str:
        named = self.office.stripe_world.refund(self.payment(), amount)
        self.later()
        return named

    def assert_alike(self) -> None:
        """Clearing holds what Stripe holds, to the cent, and the books add up."""
        assert in_clearing(self) == self.office.stripe_world.balance.held()[self.h.home_currency].total.amount
        self.stands()  # adds up to nothing

    def fail_refund(self, named: str) -> None:
        with self.office.stripe_world.moment():
            self.office.stripe_world.balance.fail_refund(named)


def opened(opens: Any, folder: Path, refunds: Refunds) -> Any:
    return open_till(opens, folder, DifferenceTill, refunds=refunds)


@pytest.fixture(name="till", params=[multicurrency, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DifferenceTill]:
    with opened(request.param, tmp_path, Refunds.BOOK) as made:
        yield made


@pytest.mark.parametrize("factor", ["1.0431", "0.9317"])
def test_a_refund_that_failed_at_another_rate_is_put_right_to_the_cent(till: DifferenceTill, factor: str) -> None:
    paid(till)
    named = till.open_refund(PART)
    till.exchange_at(factor)
    till.fail_refund(named)
    till.later()
    till.assert_balanced()
    assert till.differences() == 1


def test_a_dispute_that_was_won_at_another_rate_is_put_right_to_the_cent(till: DifferenceTill) -> None:
    paid(till)
    named = till.dispute(till.payment(), PART)
    till.later()
    till.exchange_at("1.0431")
    with till.office.stripe_world.moment():
        till.office.stripe_world.balance.end_dispute(named, won=True)
    till.later()
    till.assert_balanced()
    assert till.differences() == 1


@BOTH
def test_a_booking_voided_for_its_refund_is_put_right_to_the_cent(opens: Any, tmp_path: Path) -> None:
    with opened(opens, tmp_path, Refunds.REOPEN) as till:
        paid(till)
        till.exchange_at("1.0431")
        till.open_refund(BILLED)
        till.assert_balanced()
        assert till.differences() == 1


@BOTH
def test_a_bank_debit_that_was_taken_back_is_put_right_to_the_cent(opens: Any, tmp_path: Path) -> None:
    with opened(opens, tmp_path, Refunds.REOPEN) as till:
        till.bill(BILLED)
        till.run(2)
        stripe = till.office.stripe_world
        page = stripe.start_debit(till.office.link_in(till.office.texts()[0]), method="us_bank_account")
        assert page is not None
        till.later(1)
        stripe.finish_debit(page, succeeds=True)
        till.later()
        till.assert_balanced()
        till.exchange_at("1.0431")
        with stripe.moment():
            stripe.balance.bounce(till.payment())
        till.later()
        till.assert_balanced()
        assert till.differences() == 1


def test_a_refund_that_failed_before_its_entry_was_made_is_put_right_to_the_cent(till: DifferenceTill) -> None:
    paid(till)
    named = till.office.stripe_world.refund(till.payment(), PART)
    till.exchange_at("1.0431")
    till.fail_refund(named)
    till.later()
    till.assert_balanced()
    assert till.differences() == 1


@BOTH
def test_a_dispute_that_was_won_while_no_entry_is_made_of_it_is_put_right_to_the_cent(
    opens: Any, tmp_path: Path
) -> None:
    with opened(opens, tmp_path, Refunds.REOPEN) as till:
        paid(till)
        named = till.dispute(till.payment(), BILLED)
        till.later()
        till.exchange_at("1.0431")
        with till.office.stripe_world.moment():
            till.office.stripe_world.balance.end_dispute(named, won=True)
        till.later()
        till.assert_balanced()
        assert till.differences() == 1


def test_a_lost_answer_and_a_lost_memory_leave_one_entry(till: DifferenceTill) -> None:
    paid(till)
    named = till.open_refund(PART)
    till.exchange_at("1.0431")
    till.fail_refund(named)
    fault = Fault("drop_after", method="POST|PUT", path=r"(?i)/(banktransactions|deposit)\b")
    till.h.twin.faults.append(fault)
    till.later()
    assert fault.hits == 1
    till.assert_balanced()
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    till.assert_balanced()
    assert till.differences() == 1


@BOTH
@pytest.mark.parametrize("voided", [False, True])
def test_what_was_booked_at_the_ledgers_own_rate_is_put_right_to_the_cent(
    opens: Any, tmp_path: Path, *, voided: bool
) -> None:
    with opened(opens, tmp_path, Refunds.REOPEN) as till:
        till.bill(BILLED)
        till.office.stripe_faults.program(FaultKind.REFUSE, "change_of_payment", times=100)
        till.pay(till.open_pages(1))
        till.later(14)  # a day and more
        till.office.stripe_faults.clear()
        till.later()
        till.assert_alike()
        assert till.differences() == 1
        if voided:
            till.exchange_at("1.0431")
            till.open_refund(BILLED)
            till.later()
            till.assert_alike()
            assert till.differences() == 2


@pytest.mark.parametrize("lost", [False, True])
def test_a_refund_entered_at_the_ledgers_own_rate_is_put_right_to_the_cent(till: DifferenceTill, *, lost: bool) -> None:
    paid(till)
    till.exchange_at("1.0431")
    till.office.stripe_faults.program(FaultKind.REFUSE, "change_of_refund", times=100)
    till.open_refund(PART)
    till.later(12)
    till.office.stripe_faults.clear()
    till.later()
    till.assert_alike()
    assert till.differences() == 1
    if lost:
        put_back(till.office, till.office.folder, None)
        till.connect()
        until_calm(till.office)
        till.later()
        till.assert_alike()
        assert till.differences() == 1


def test_a_credit_in_xero_at_its_own_rate_is_put_right_to_the_cent(tmp_path: Path) -> None:
    with open_till(xero.harness, tmp_path, DifferenceTill, surplus=Surplus.CREDIT) as till:
        till.bill(BILLED)
        till.office.stripe_faults.program(FaultKind.REFUSE, "change_of_payment", times=100)
        till.pay(till.open_pages(2))
        till.later(13)
        till.office.stripe_faults.clear()
        till.later()
        till.assert_alike()
        assert till.differences() == 2


@BOTH
@pytest.mark.parametrize("entered", [False, True])
def test_after_a_lost_memory_the_ledgers_own_rate_is_put_right_once(
    opens: Any, tmp_path: Path, *, entered: bool
) -> None:
    with opened(opens, tmp_path, Refunds.BOOK) as till:
        till.bill(BILLED)
        till.office.stripe_faults.program(FaultKind.REFUSE, "change_of_payment", times=100)
        till.pay(till.open_pages(1))
        till.later(12)  # a day and a minute
        till.office.stripe_faults.clear()
        till.later(3 if entered else 0)
        assert till.differences() == entered
        put_back(till.office, till.office.folder, None)
        till.connect()
        until_calm(till.office)
        till.later()
        till.assert_alike()
        assert till.differences() == 1


@BOTH
def test_thirty_thousand_euros_are_in_the_clearing_account_to_the_cent(opens: Any, tmp_path: Path) -> None:
    with opened(opens, tmp_path, Refunds.BOOK) as till:
        till.bill(LARGE)
        till.pay(till.open_pages(1))
        till.later()
        till.assert_balanced()
        assert in_clearing(till) > 0
        assert till.differences() == (till.office.company.identity.ledger_kind == "xero")
