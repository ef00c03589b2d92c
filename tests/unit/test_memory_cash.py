"""The other entries of the books in memory: what people do, other currencies, lag, and what is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from adapters.clock import ManualClock
from adapters.memory.cash_world import BANK, FEES, CashWorld
from adapters.memory.entries import MemoryEntries
from adapters.memory.faults import FaultKind
from adapters.memory.ledger_world import CLEARING, LedgerWorld
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Rejected, RejectedBecause, Uncertain
from connector.ports.entries import CreditRequest, ExpenseRequest, ReversalManner, ReversalRequest, TransferRequest
from tests.unit.memory_steps import START, usd

DAY = date(2026, 11, 23)


class Till:
    """A company's books in dollars, and one client of them."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.world = LedgerWorld(self.clock)
        self.cash = CashWorld(self.world)
        self.entries = MemoryEntries(self.cash)
        self.customer_id = self.world.add_customer("Rosa Diaz")

    def fee(self, key: str = "k", amount: Money | None = None, rate: Decimal | None = None) -> ExpenseRequest:
        return ExpenseRequest(
            amount=amount or usd("3.00"),
            account_id=CLEARING.account_id,
            expense_account_id=FEES.account_id,
            tax_code=None,
            booked_on=DAY,
            reference="DBFEE1",
            note="txn_1",
            idempotency_key=key,
            exchange_rate=rate,
        )

    def credit(self) -> CreditRequest:
        return CreditRequest(self.customer_id, usd("25.00"), CLEARING.account_id, DAY, "DBCREDIT1", "pi_1", "c")

    def reversal(self, booking_id: str) -> ReversalRequest:
        return ReversalRequest(
            manner=ReversalManner.REFUND,
            booking_id=booking_id,
            ledger_id="",
            customer_id=self.customer_id,
            amount=usd("5.00"),
            account_id=CLEARING.account_id,
            income_account_id="acc4",
            tax_code=None,
            booked_on=DAY,
            reference="DBREFUND1",
            note="re_1",
            idempotency_key="r",
        )


def test_what_people_enter_and_delete_stands_on_the_account() -> None:
    till = Till()
    spent = till.cash.enter(usd("-8.00"), note="petty cash")
    till.cash.enter(usd("20.00"), BANK.account_id)
    assert till.cash.balance() == usd("-8.00")
    assert [one.by_hand for one in till.cash.all_entries()] == [True, True]
    till.cash.delete(spent)
    assert till.cash.balance() == usd("0.00")
    assert len(till.cash.all_entries()) == 1
    assert len(till.cash.all_entries(live_only=False)) == 2


def test_a_foreign_amount_counts_at_its_rate_and_without_one_for_one_for_one() -> None:
    till = Till()
    euros = Money.of("10.00", "EUR")
    till.entries.make_expense(till.fee("a", euros, Decimal("1.125")))
    till.entries.make_expense(replace(till.fee("b", euros), reference="DBFEE2"))
    assert till.cash.balance() == usd("-21.25")


def test_a_key_is_forgotten_after_six_minutes_and_so_whoever_repeats_must_look() -> None:
    till = Till()
    till.entries.make_expense(till.fee())
    till.clock.advance(timedelta(minutes=6, seconds=1))
    assert len(till.entries.entries_with_reference(EntryKind.EXPENSE, "DBFEE1")) == 1
    till.entries.make_expense(till.fee())
    assert till.cash.balance() == usd("-6.00")


def test_a_fresh_entry_stays_out_of_lists_that_lag() -> None:
    till = Till()
    till.entries.faults.lag_seconds = 30
    till.entries.make_expense(till.fee())
    assert list(till.entries.entries_with_reference(EntryKind.EXPENSE, "DBFEE1")) == []
    till.clock.advance(timedelta(seconds=31))
    assert len(till.entries.entries_with_reference(EntryKind.EXPENSE, "DBFEE1")) == 1


def test_an_entry_may_be_committed_after_its_caller_gave_up() -> None:
    till = Till()
    till.entries.faults.program(FaultKind.COMMIT_LATE)
    with pytest.raises(Uncertain):
        till.entries.make_expense(till.fee())
    till.clock.advance(timedelta(minutes=10))
    assert till.cash.balance() == usd("-3.00")


def test_a_refund_that_somebody_deleted_is_not_made_again() -> None:
    till = Till()
    credit = till.entries.make_credit(till.credit())
    asked = replace(till.reversal(credit.entry_id), of_kind=EntryKind.CREDIT)
    refund = till.entries.reverse(asked)
    till.cash.delete(refund.entry_id)
    with pytest.raises(Rejected) as refused:
        till.entries.reverse(asked)
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    assert till.cash.balance() == usd("25.00")
    assert till.cash.remaining(credit.entry_id) == usd("25.00")


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"amount": usd("0.00")}, RejectedBecause.AMOUNT),
        ({"reference": "D" * 22}, RejectedBecause.INVALID),
        ({"expense_account_id": "acc99"}, RejectedBecause.SETUP),
    ],
)
def test_what_cannot_be_booked_is_refused(change: dict[str, object], because: RejectedBecause) -> None:
    till = Till()
    with pytest.raises(Rejected) as refused:
        till.entries.make_expense(replace(till.fee(), **change))  # type: ignore[arg-type]  # one field of its own kind
    assert refused.value.because is because
    assert till.cash.all_entries() == []


def test_a_credit_of_nobody_and_the_void_of_nothing_are_not_found() -> None:
    till = Till()
    with pytest.raises(Rejected) as refused:
        till.entries.make_credit(replace(till.credit(), customer_id="nobody"))
    assert refused.value.because is RejectedBecause.NOT_FOUND
    with pytest.raises(Rejected) as refused:
        till.entries.reverse(replace(till.reversal("pay99"), manner=ReversalManner.VOID))
    assert refused.value.because is RejectedBecause.NOT_FOUND


def test_a_transfer_leaves_one_account_and_reaches_the_other() -> None:
    till = Till()
    payout = TransferRequest(usd("9.00"), CLEARING.account_id, BANK.account_id, DAY, "DBPAYOUT1", "po_1", "p")
    till.entries.make_transfer(payout)
    assert (till.cash.balance(), till.cash.balance(BANK.account_id)) == (usd("-9.00"), usd("9.00"))
    assert till.cash.balance(BANK.account_id, DAY - timedelta(days=1)) == usd("0.00")


def test_a_payment_that_somebody_moved_or_made_smaller_is_not_voided() -> None:
    till = Till()
    invoice = till.world.issue(till.customer_id, usd("25.00"))
    booking = till.world.pay_by_hand(invoice, usd("25.00"), reference="DB1")
    asked = replace(
        till.reversal(booking),
        manner=ReversalManner.VOID,
        amount=usd("25.00"),
        ledger_id=invoice,
        of_reference="DB1",
    )
    for wrong in (replace(asked, of_reference="DB2"), replace(asked, ledger_id="another")):
        with pytest.raises(Rejected) as refused:
            till.entries.reverse(wrong)
        assert refused.value.because is RejectedBecause.BUSINESS_RULE
    till.world.edit_booking(booking, usd("20.00"))
    with pytest.raises(Rejected) as refused:
        till.entries.reverse(asked)
    assert refused.value.because is RejectedBecause.AMOUNT
    assert till.world.standing(invoice).balance == usd("5.00")
