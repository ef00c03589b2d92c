"""What every ledger's `Entries` must do, said against what stands in its clearing account afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import cast

import pytest

from adapters.memory.cash_world import BANK, FEES, SALES, CashWorld
from adapters.memory.entries import MemoryEntries
from connector.domain.money import Money
from connector.domain.receivable import ReceivableState
from connector.domain.records import EntryKind
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Throttled, Uncertain
from connector.ports.entries import (
    CreditRequest,
    Entries,
    Entry,
    ExpenseRequest,
    ReversalManner,
    ReversalRequest,
    TransferRequest,
)
from tests.contract.harness import LedgerHarness
from tests.contract.ledger_steps import issue, request, standing, usd
from tests.contract.rows import memory_ledger, xero

LONG_AGO = timedelta(days=400)


@dataclass
class Books:
    """A ledger with its other entries, and an invoice of 120.00 that was paid into clearing."""

    h: LedgerHarness
    entries: Entries
    bank: str
    fees: str
    sales: str
    ledger_id: str = ""
    booking_id: str = ""
    customer_id: str = ""
    day: date = date(2026, 1, 1)

    def begin(self) -> None:
        self.ledger_id = issue(self.h)
        wanted = request(self.h, self.ledger_id)
        self.customer_id, self.day = wanted.customer_id, wanted.booked_on
        self.booking_id = self.h.ledger.book(wanted).booking_id

    def money(self, amount: str) -> Money:
        return usd(self.h, amount)

    def expense(self) -> ExpenseRequest:
        return ExpenseRequest(
            amount=self.money("3.78"),
            account_id=self.h.payment_account_id,
            expense_account_id=self.fees,
            tax_code=None,
            booked_on=self.day,
            reference="DBFEE0000000000000001",
            note="Stripe txn_1",
            idempotency_key="key-fee",
        )

    def transfer(self) -> TransferRequest:
        return TransferRequest(
            amount=self.money("100.00"),
            from_account_id=self.h.payment_account_id,
            to_account_id=self.bank,
            booked_on=self.day,
            reference="DBPAYOUT00000000000A1",
            note="Stripe po_1",
            idempotency_key="key-payout",
        )

    def credit(self) -> CreditRequest:
        return CreditRequest(
            customer_id=self.customer_id,
            amount=self.money("25.00"),
            account_id=self.h.payment_account_id,
            booked_on=self.day,
            reference="DBCREDIT00000000000A1",
            note="Stripe pi_2",
            idempotency_key="key-credit",
        )

    def reversal(self) -> ReversalRequest:
        return ReversalRequest(
            manner=ReversalManner.REFUND,
            booking_id=self.booking_id,
            ledger_id=self.ledger_id,
            customer_id=self.customer_id,
            amount=self.money("20.00"),
            account_id=self.h.payment_account_id,
            income_account_id=self.sales,
            tax_code=None,
            booked_on=self.day,
            reference="DBREFUND00000000000A1",
            note="Stripe re_1",
            idempotency_key="key-refund",
        )

    def in_clearing(self) -> Money:
        """The balance, which must be what the lines add up to."""
        account, far = self.h.payment_account_id, self.day + LONG_AGO
        balance = self.entries.account_balance(account, far)
        lines = self.entries.account_entries(account, self.day - LONG_AGO, far)
        assert sum((line.amount for line in lines), self.money("0.00")) == balance
        return balance


@contextmanager
def _memory() -> Iterator[Books]:
    h = memory_ledger.MemoryLedgerHarness()
    h.client = entries = MemoryEntries(CashWorld(h.world))
    h.ledger = entries
    yield Books(h, entries, BANK.account_id, FEES.account_id, SALES.account_id)


@contextmanager
def _xero() -> Iterator[Books]:
    with xero.harness() as h:
        books = h.twin.books
        bank, fees, sales = (books.account(name).account_id for name in ("Business Bank Account", "Bank Fees", "Sales"))
        yield Books(cast("LedgerHarness", h), h.ledger, bank, fees, sales)


@pytest.fixture(params=[_memory, _xero], ids=["memory", "xero"])
def b(request: pytest.FixtureRequest) -> Iterator[Books]:
    with request.param() as books:
        books.begin()
        yield books


Make = Callable[[Books], Entry]
MAKERS: dict[str, tuple[EntryKind, Make, str, str]] = {
    "fee": (EntryKind.EXPENSE, lambda b: b.entries.make_expense(b.expense()), "DBFEE0000000000000001", "116.22"),
    "fee given back": (
        EntryKind.EXPENSE,
        lambda b: b.entries.make_expense(replace(b.expense(), incoming=True)),
        "DBFEE0000000000000001",
        "123.78",
    ),
    "payout": (EntryKind.TRANSFER, lambda b: b.entries.make_transfer(b.transfer()), "DBPAYOUT00000000000A1", "20.00"),
    "credit": (EntryKind.CREDIT, lambda b: b.entries.make_credit(b.credit()), "DBCREDIT00000000000A1", "145.00"),
    "refund": (EntryKind.REVERSAL, lambda b: b.entries.reverse(b.reversal()), "DBREFUND00000000000A1", "100.00"),
}
every_entry = pytest.mark.parametrize(("kind", "make", "reference", "left"), list(MAKERS.values()), ids=list(MAKERS))


def test_the_accounts_of_fees_are_those_a_fee_can_be_booked_to(b: Books) -> None:
    listed = {one.account_id: one for one in b.entries.expense_accounts()}
    assert listed[b.fees].active
    assert not {b.h.payment_account_id, b.bank, b.sales} & set(listed)
    assert b.entries.make_expense(b.expense()).live


def test_the_accounts_of_refunds_are_the_income_that_a_refund_can_take_down(b: Books) -> None:
    listed = {one.account_id: one for one in b.entries.refund_accounts()}
    assert listed[b.sales].active
    assert not {b.h.payment_account_id, b.bank, b.fees} & set(listed)
    assert b.entries.reverse(b.reversal()).live


def test_the_accounts_of_exchange_differences_are_income_and_expense_and_each_takes_one(b: Books) -> None:
    listed = {one.account_id: one for one in b.entries.exchange_accounts() if one.active}
    assert {b.fees, b.sales} <= set(listed)
    assert not {b.h.payment_account_id, b.bank} & set(listed)
    for number, account_id in enumerate(sorted(listed)):
        for incoming in (False, True):
            asked = replace(b.expense(), expense_account_id=account_id, incoming=incoming)
            made = replace(asked, reference=f"DBX{number}{incoming}", idempotency_key=f"key-{number}-{incoming}")
            assert b.entries.make_expense(made).live


@every_entry
def test_an_entry_moves_clearing_and_is_found_by_its_reference(
    b: Books, kind: EntryKind, make: Make, reference: str, left: str
) -> None:
    made = make(b)
    assert (made.kind, made.reference, made.booked_on, made.live) == (kind, reference, b.day, True)
    assert b.in_clearing() == b.money(left)
    assert list(b.entries.entries_with_reference(kind, reference)) == [made]
    others = set(EntryKind) - {kind}
    assert not any(b.entries.entries_with_reference(other, reference) for other in others)


@every_entry
def test_the_same_request_again_leaves_one_entry(
    b: Books, kind: EntryKind, make: Make, reference: str, left: str
) -> None:
    assert make(b) == make(b)
    assert b.in_clearing() == b.money(left)
    assert len(b.entries.entries_with_reference(kind, reference)) == 1


@every_entry
def test_a_lost_answer_is_uncertain_and_the_request_again_leaves_one_entry(
    b: Books, kind: EntryKind, make: Make, reference: str, left: str
) -> None:
    b.h.lose_next_write_answer()
    with pytest.raises(Uncertain):
        make(b)
    make(b)
    assert b.in_clearing() == b.money(left)
    assert len(b.entries.entries_with_reference(kind, reference)) == 1


@every_entry
def test_an_entry_taken_back_leaves_clearing_as_it_was(
    b: Books, kind: EntryKind, make: Make, reference: str, left: str
) -> None:
    del left
    made = make(b)
    for _ in range(2):  # the second time is harmless
        b.entries.take_back(kind, made.entry_id, "a mistake")
        assert b.in_clearing() == b.money("120.00")
    assert not any(one.live for one in b.entries.entries_with_reference(kind, reference))


@every_entry
def test_nothing_is_booked_or_taken_back_in_a_closed_period(
    b: Books, kind: EntryKind, make: Make, reference: str, left: str
) -> None:
    made = make(b)
    b.h.close_books_through(b.day)
    with pytest.raises(Rejected) as refused:
        b.entries.take_back(kind, made.entry_id, "a mistake")
    assert refused.value.because is RejectedBecause.CLOSED_PERIOD
    assert b.in_clearing() == b.money(left)
    with pytest.raises(Rejected) as refused:
        b.entries.make_expense(replace(b.expense(), reference="DBMORE", idempotency_key="more"))
    assert refused.value.because is RejectedBecause.CLOSED_PERIOD
    assert b.in_clearing() == b.money(left)
    assert len(b.entries.entries_with_reference(kind, reference)) == 1


@every_entry
def test_no_call_gets_through_a_limit_or_a_dead_connection(
    b: Books, kind: EntryKind, make: Make, reference: str, left: str
) -> None:
    del kind, reference, left
    b.h.throttle_next_call()
    with pytest.raises(Throttled):
        make(b)
    b.h.revoke_access()
    with pytest.raises((NeedsReauthorisation, Throttled)):  # a ledger may still be pausing
        make(b)


def test_money_cannot_be_booked_on_an_account_that_holds_none(b: Books) -> None:
    acts: list[Callable[[str], Entry]] = [
        lambda wrong: b.entries.make_expense(replace(b.expense(), account_id=wrong)),
        lambda wrong: b.entries.make_transfer(replace(b.transfer(), to_account_id=wrong)),
        lambda wrong: b.entries.make_credit(replace(b.credit(), account_id=wrong)),
        lambda wrong: b.entries.reverse(replace(b.reversal(), account_id=wrong)),
    ]
    for act in acts:
        for wrong in ("no-such-account", b.fees):
            with pytest.raises(Rejected) as refused:
                act(wrong)
            assert refused.value.because is RejectedBecause.SETUP
    with pytest.raises(Rejected) as refused:
        b.entries.reverse(replace(b.reversal(), income_account_id=None))
    assert refused.value.because is RejectedBecause.SETUP
    assert b.in_clearing() == b.money("120.00")


def test_a_void_opens_the_invoice_again_once_and_takes_only_the_whole(b: Books) -> None:
    part = replace(b.reversal(), manner=ReversalManner.VOID)
    with pytest.raises(Rejected) as refused:
        b.entries.reverse(part)
    assert refused.value.because is RejectedBecause.AMOUNT
    whole = replace(part, amount=b.money("120.00"))
    first = b.entries.reverse(whole)
    assert b.entries.reverse(whole) == first
    assert (first.entry_id, first.kind) == (b.booking_id, EntryKind.REVERSAL)
    assert b.in_clearing() == b.money("0.00")
    assert standing(b.h, b.ledger_id).state is ReceivableState.OPEN
    with pytest.raises(Rejected) as refused:
        b.entries.take_back(EntryKind.REVERSAL, first.entry_id, "")
    assert refused.value.because is RejectedBecause.BUSINESS_RULE


def test_a_void_that_names_a_reference_takes_back_only_the_entry_that_carries_it(b: Books) -> None:
    [booked] = b.h.ledger.bookings_on(b.ledger_id)
    whole = replace(b.reversal(), manner=ReversalManner.VOID, amount=b.money("120.00"))
    with pytest.raises(Rejected) as refused:
        b.entries.reverse(replace(whole, of_reference="DBANOTHERPAYMENT00000", idempotency_key="other"))
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    assert b.in_clearing() == b.money("120.00")
    assert b.entries.reverse(replace(whole, of_reference=booked.reference)).entry_id == booked.booking_id
    assert b.in_clearing() == b.money("0.00")
    assert b.entries.reverse(replace(whole, of_reference=booked.reference)).entry_id == booked.booking_id


def test_a_refund_leaves_the_invoice_paid(b: Books) -> None:
    b.entries.reverse(b.reversal())
    assert standing(b.h, b.ledger_id).state is ReceivableState.PAID


def test_a_credit_is_refunded_up_to_what_is_left_of_it_and_is_then_in_use(b: Books) -> None:
    credit = b.entries.make_credit(b.credit())
    asked = replace(b.reversal(), of_kind=EntryKind.CREDIT, booking_id=credit.entry_id)
    refund = b.entries.reverse(asked)
    assert b.in_clearing() == b.money("125.00")
    with pytest.raises(Rejected) as refused:
        b.entries.reverse(replace(asked, reference="DBMORE", idempotency_key="more", amount=b.money("5.01")))
    assert refused.value.because is RejectedBecause.AMOUNT
    with pytest.raises(Rejected) as refused:
        b.entries.take_back(EntryKind.CREDIT, credit.entry_id, "")
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    b.entries.take_back(EntryKind.REVERSAL, refund.entry_id, "")
    b.entries.reverse(
        replace(asked, reference="DBVOID", manner=ReversalManner.VOID, amount=b.money("25.00"), idempotency_key="v")
    )
    assert b.in_clearing() == b.money("120.00")


def test_each_tax_says_whether_an_expense_or_a_refund_may_have_it(b: Books) -> None:
    found = {one.code_id: one for one in b.entries.tax_codes()}
    assert found["INPUT"].active
    assert found["INPUT"].on_expenses
    assert found["INPUT"].name
    assert not found["OUTPUT"].on_expenses
    assert (found["INPUT"].on_sales, found["OUTPUT"].on_sales) == (False, True)


def test_a_payment_can_be_taken_back_by_its_id(b: Books) -> None:
    b.entries.take_back(EntryKind.PAYMENT, b.booking_id, "a mistake")
    assert b.in_clearing() == b.money("0.00")
    assert standing(b.h, b.ledger_id).state is ReceivableState.OPEN


@pytest.mark.parametrize("kind", list(EntryKind))
def test_an_entry_that_is_not_there_cannot_be_taken_back(b: Books, kind: EntryKind) -> None:
    with pytest.raises(Rejected) as refused:
        b.entries.take_back(kind, "00000000-0000-0000-0000-000000000000", "")
    assert refused.value.because is RejectedBecause.NOT_FOUND


def test_the_account_tells_each_line_with_its_kind_sign_and_day(b: Books) -> None:
    b.entries.make_expense(b.expense())
    b.entries.make_transfer(replace(b.transfer(), booked_on=b.day + timedelta(days=1)))
    b.entries.make_credit(b.credit())
    b.entries.reverse(b.reversal())
    account = b.h.payment_account_id

    def told(since: date, until: date) -> list[tuple[str, Money]]:
        lines = b.entries.account_entries(account, since, until)
        return sorted(((line.kind, line.amount) for line in lines), key=lambda one: one[0])

    assert told(b.day, b.day) == [
        ("credit", b.money("25.00")),
        ("expense", b.money("-3.78")),
        ("payment", b.money("120.00")),
        ("reversal", b.money("-20.00")),
    ]
    assert told(b.day + timedelta(days=1), b.day + timedelta(days=9)) == [("transfer", b.money("-100.00"))]
    assert b.entries.account_balance(account, b.day) == b.money("121.22")
    assert b.entries.account_balance(account, b.day + timedelta(days=1)) == b.money("21.22")
    assert b.entries.account_balance(b.bank, b.day + timedelta(days=1)) == b.money("100.00")
    assert b.entries.account_balance(account, b.day - timedelta(days=1)) == b.money("0.00")
