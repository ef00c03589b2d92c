"""The lines and the balance of an account, by QuickBooks' General Ledger report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from adapters.sandbox.base import Fault
from adapters.sandbox.quickbooks import RealmSettings
from adapters.sandbox.quickbooks.control import with_amounts
from adapters.sandbox.quickbooks.entries import create_entry, void_by_person
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Bug, Rejected, RejectedBecause, Uncertain
from connector.ports.entries import (
    Entry,
    ReversalManner,
)
from connector.ports.ledger import Booking
from tests.contract.quickbooks_desk import DAY, Desk, credit, expense, opened, reversal, transfer, usd


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from opened()


@pytest.fixture
def multi() -> Iterator[Desk]:
    yield from opened(RealmSettings(multicurrency=True))


def test_an_account_in_another_currency_tells_its_lines_and_balance_in_that(multi: Desk) -> None:
    euro_clearing = multi.books.add_account("Stripe EUR", "Bank", "EUR")
    customer = multi.books.add_customer("Léa", currency="EUR")
    more = {"account_id": euro_clearing, "amount": Money.of("10.00", "EUR"), "exchange_rate": Decimal("1.1")}
    multi.entries.make_credit(credit(multi, customer_id=customer, **more))
    [line] = multi.entries.account_entries(euro_clearing, DAY, DAY)
    assert line.amount == Money.of("10.00", "EUR")
    assert multi.entries.account_balance(euro_clearing, DAY) == Money.of("10.00", "EUR")
    assert multi.entries.account_balance(euro_clearing, DAY - timedelta(days=1)) == Money.of("0.00", "EUR")


def test_an_account_that_is_gone_or_no_id_is_told(multi: Desk) -> None:
    with pytest.raises(Rejected) as refused:
        multi.entries.account_balance("99999", DAY)
    assert refused.value.because is RejectedBecause.SETUP
    with pytest.raises(Bug):
        multi.entries.account_balance("../1", DAY)


# ------------------------------------------------------------------------------------------------ the clearing account


def month(desk: Desk) -> None:
    """A payment, its fee, a refund of a part, a fee given back, and the payout of the rest."""
    paid = desk.paid()
    desk.entries.make_expense(expense(desk, reference="DB2FEE", idempotency_key="f1"))
    part = reversal(desk, ReversalManner.REFUND, paid, amount=usd("20.00"), reference="DB3RE", idempotency_key="r1")
    desk.entries.reverse(part)
    back = expense(desk, amount=usd("0.50"), incoming=True, reference="DB4BACK", idempotency_key="f2")
    desk.entries.make_expense(back)
    desk.entries.make_transfer(transfer(desk, amount=usd("96.72"), reference="DB5PO", idempotency_key="t1"))


def test_after_a_payout_of_all_clearing_holds_nothing_and_its_lines_say_why(desk: Desk) -> None:
    month(desk)
    assert desk.held() == 0
    assert desk.entries.account_balance(desk.clearing, DAY) == usd("0.00")
    lines = desk.entries.account_entries(desk.clearing, DAY, DAY)
    assert [(one.kind, str(one.amount.amount), one.reference[:5]) for one in lines] == [
        (EntryKind.PAYMENT, "120.00", "DB1" + lines[0].reference[3:5]),
        (EntryKind.EXPENSE, "-3.78", "DB2FE"),
        (EntryKind.REVERSAL, "-20.00", "DB3RE"),
        (EntryKind.EXPENSE, "0.50", "DB4BA"),
        (EntryKind.TRANSFER, "-96.72", "DB5PO"),
    ]
    assert desk.held("Stripe fees") == Decimal("3.28")


def test_what_a_person_enters_by_hand_is_a_line_of_no_kind_of_ours(desk: Desk) -> None:
    sides = [("Debit", desk.clearing), ("Credit", desk.sales)]
    lines = [
        {"Amount": "50.00", "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}}}
        for side, account in sides
    ]
    create_entry(desk.books, "JournalEntry", with_amounts({"Line": lines, "TxnDate": "2026-11-20", "DocNumber": "J1"}))
    given = {"Amount": Decimal(5), "DepositLineDetail": {"AccountRef": {"value": desk.sales}}}
    create_entry(desk.books, "Deposit", {"DepositToAccountRef": {"value": desk.clearing}, "Line": [given]})
    first, second = desk.entries.account_entries(desk.clearing, date(2026, 11, 1), DAY)
    assert (first.kind, first.amount, first.reference) == ("Journal Entry", usd("50.00"), "J1")
    assert (second.kind, second.amount) == ("Deposit", usd("5.00"))


def test_lines_and_balance_go_by_the_day_they_are_booked_to(desk: Desk) -> None:
    for number in range(3):
        day = DAY - timedelta(days=number)
        more = {"reference": f"DB7{number}", "idempotency_key": f"k{number}"}
        desk.entries.make_expense(expense(desk, booked_on=day, **more))
    yesterday = DAY - timedelta(days=1)
    assert [one.reference for one in desk.entries.account_entries(desk.clearing, yesterday, DAY)] == ["DB71", "DB70"]
    assert desk.entries.account_balance(desk.clearing, yesterday) == usd("-7.56")
    assert desk.entries.account_balance(desk.clearing, DAY + timedelta(days=9)) == usd("-11.34")
    assert list(desk.entries.account_entries(desk.clearing, DAY, yesterday)) == []


@pytest.mark.parametrize("days", [1, 100, 900])
def test_an_account_that_lies_still_is_not_taken_for_an_empty_one(desk: Desk, days: int) -> None:
    desk.books.settings.report_hides_still_accounts = True
    desk.entries.make_expense(expense(desk))
    assert desk.entries.account_balance(desk.clearing, DAY + timedelta(days=days)) == usd("-3.78")


def test_an_account_on_which_nothing_was_ever_booked_holds_nothing(desk: Desk) -> None:
    assert desk.entries.account_balance(desk.bank, DAY) == usd("0.00")
    assert list(desk.entries.account_entries(desk.bank, DAY, DAY)) == []


def test_a_report_that_is_cut_off_is_asked_for_in_halves_and_comes_whole(desk: Desk) -> None:
    for number in range(10):
        more = {"reference": f"DB7{number}", "idempotency_key": f"k{number}", "booked_on": DAY - timedelta(days=number)}
        desk.entries.make_expense(expense(desk, **more))
    desk.books.settings.report_rows_most = 2
    lines = desk.entries.account_entries(desk.clearing, DAY - timedelta(days=30), DAY)
    assert [one.reference for one in lines] == [f"DB7{number}" for number in reversed(range(10))]


def test_more_lines_in_a_day_than_a_report_holds_are_not_half_told(desk: Desk) -> None:
    for number in range(3):
        desk.entries.make_expense(expense(desk, reference=f"DB7{number}", idempotency_key=f"k{number}"))
    desk.books.settings.report_rows_most = 2
    with pytest.raises(Rejected, match="more lines"):
        desk.entries.account_entries(desk.clearing, DAY, DAY)


def test_what_would_take_too_many_reports_is_refused_and_not_half_told(desk: Desk) -> None:
    for number in range(40):
        more = {"reference": f"DB7{number}", "idempotency_key": f"k{number}", "booked_on": DAY - timedelta(days=number)}
        desk.entries.make_expense(expense(desk, **more))
    desk.books.settings.report_rows_most = 1
    with pytest.raises(Rejected, match="more lines"):
        desk.entries.account_entries(desk.clearing, DAY - timedelta(days=39), DAY)


def test_a_voided_entry_is_not_among_the_lines(desk: Desk) -> None:
    made = desk.entries.make_expense(expense(desk))
    void_by_person(desk.books, "Purchase", made.entry_id)
    assert list(desk.entries.account_entries(desk.clearing, DAY, DAY)) == []


def test_a_report_that_cannot_be_read_names_the_problem(desk: Desk) -> None:
    body = '{"Header":{},"Columns":{"Column":[{"ColType":"tx_date"}]},"Rows":{}}'
    desk.h.twin.faults.append(Fault("status", path="/reports/", status=200, body=body))
    with pytest.raises(Rejected, match="has no column"):
        desk.entries.account_balance(desk.clearing, DAY)


# ------------------------------------------------------------------------------------------------------ any deeds


@dataclass
class Ledgered:
    """What was done through the port, and what clearing must hold for it."""

    desk: Desk
    made: list[tuple[EntryKind, str, Decimal]] = field(default_factory=list)
    paid: list[tuple[str, Booking]] = field(default_factory=list)
    count: int = 0

    @property
    def expected(self) -> Decimal:
        return sum((moves for *_, moves in self.made), Decimal(0))

    def named(self) -> dict[str, str]:
        self.count += 1
        return {"reference": f"DB2Q{self.count}", "idempotency_key": f"q{self.count}"}

    def keep(self, kind: EntryKind, entry_id: str, moves: Decimal) -> None:
        self.made.append((kind, entry_id, moves))

    def once(self, kind: EntryKind, reference: str, attempt: Callable[[], Entry]) -> Entry:
        """As the engine does it: after a lost answer look, and only what is not there is asked for again."""
        for _ in range(3):
            try:
                return attempt()
            except Uncertain:
                for entry in self.desk.entries.entries_with_reference(kind, reference):
                    return entry
        raise AssertionError(f"{reference} was neither made nor found")

    def fee(self, amount: Decimal, *, incoming: bool = False) -> None:
        request = expense(self.desk, amount=Money(amount, "USD"), incoming=incoming, **self.named())
        entry = self.once(EntryKind.EXPENSE, request.reference, lambda: self.desk.entries.make_expense(request))
        self.keep(EntryKind.EXPENSE, entry.entry_id, amount if incoming else -amount)

    def fee_back(self, amount: Decimal) -> None:
        self.fee(amount, incoming=True)

    def payout(self, amount: Decimal) -> None:
        request = transfer(self.desk, amount=Money(amount, "USD"), **self.named())
        entry = self.once(EntryKind.TRANSFER, request.reference, lambda: self.desk.entries.make_transfer(request))
        self.keep(EntryKind.TRANSFER, entry.entry_id, -amount)

    def surplus(self, amount: Decimal) -> None:
        request = credit(self.desk, amount=Money(amount, "USD"), **self.named())
        entry = self.once(EntryKind.CREDIT, request.reference, lambda: self.desk.entries.make_credit(request))
        self.keep(EntryKind.CREDIT, entry.entry_id, amount)

    def payment(self, amount: Decimal) -> None:
        self.desk.h.twin.faults.clear()  # bookings are tested elsewhere
        self.paid.append(self.desk.paid(str(amount)))
        self.keep(EntryKind.PAYMENT, self.paid[-1][1].booking_id, amount)

    def refund(self, amount: Decimal) -> None:
        if self.paid:
            more = {"amount": Money(amount, "USD"), **self.named()}
            request = reversal(self.desk, ReversalManner.REFUND, self.paid[-1], **more)
            entry = self.once(EntryKind.REVERSAL, request.reference, lambda: self.desk.entries.reverse(request))
            self.keep(EntryKind.REVERSAL, entry.entry_id, -amount)

    def void(self, amount: Decimal) -> None:
        del amount
        if self.paid:
            customer, booking = self.paid.pop()
            request = reversal(self.desk, ReversalManner.VOID, (customer, booking), **self.named())
            self.once(EntryKind.REVERSAL, request.reference, lambda: self.desk.entries.reverse(request))
            self.made = [one for one in self.made if one[1] != booking.booking_id]

    def undo(self, amount: Decimal) -> None:
        if self.made:
            kind, entry_id, _ = self.made.pop(int(amount) % len(self.made))
            for _ in range(3):  # harmless to repeat: a note, a void, and one more
                with suppress(Uncertain):
                    self.desk.entries.take_back(kind, entry_id, "undone")
                    break
            self.paid = [one for one in self.paid if one[1].booking_id != entry_id]


DEEDS = (
    *(Ledgered.fee, Ledgered.fee_back, Ledgered.payout, Ledgered.surplus),
    *(Ledgered.payment, Ledgered.refund, Ledgered.void, Ledgered.undo),
)


WRITES = r"/(?:purchase|deposit|transfer|payment|refundreceipt)$"


@effort(max_examples=15, deadline=None)  # a served stand-in and up to sixty calls each
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(1, 50_000), st.integers(0, 3)), min_size=4, max_size=12))
def test_clearing_holds_what_was_booked_after_any_deeds_and_lost_answers(deeds: list[tuple[Any, int, int]]) -> None:
    for desk in opened(RealmSettings(requestid_hours=-1)):  # forgotten at once, as was reported of it: looking must do
        done = Ledgered(desk)
        for deed, cents, lost in deeds:
            desk.h.twin.faults[:] = [Fault("drop_after", method="POST", path=WRITES, skip=lost)] if lost < 2 else []
            deed(done, Decimal(cents) / 100)
            desk.h.twin.faults.clear()
            assert desk.held() == done.expected
        assert desk.entries.account_balance(desk.clearing, DAY).amount == done.expected
        lines = desk.entries.account_entries(desk.clearing, DAY, DAY)
        assert sum((one.amount.amount for one in lines), Decimal(0)) == done.expected
        assert {one.entry_id for one in lines} == {entry_id for _, entry_id, _ in done.made}
