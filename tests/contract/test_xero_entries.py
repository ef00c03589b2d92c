"""Fees, payouts, credits and reversals in Xero, judged by double entry in the stand-in's own books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.oauth.client import XERO_ENTRY_SCOPES, XERO_SCOPES
from adapters.sandbox.base import Fault
from adapters.sandbox.xero.books import Account, Invoice
from adapters.xero.entries import XeroEntries
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Bug, NeedsReauthorisation, Rejected, RejectedBecause, Throttled, Uncertain
from connector.ports.entries import (
    CreditRequest,
    Entries,
    Entry,
    ExpenseRequest,
    ReversalManner,
    ReversalRequest,
    TransferRequest,
)
from tests.contract.rows.xero import XeroHarness, harness
from tests.contract.xero_steps import FOREVER, SECOND, asking, calls, issue
from tests.xero_spec import check_request, document

DAY = date(2026, 11, 24)
NZD = "NZD"


def nzd(amount: str) -> Money:
    return Money.of(amount, NZD)


@dataclass
class Clearing:
    """A paid invoice of 100.00, whose money stands in clearing, and the entries that may follow."""

    h: XeroHarness
    invoice: Invoice
    booking_id: str

    @property
    def entries(self) -> XeroEntries:
        return self.h.ledger

    @property
    def port(self) -> Entries:
        return self.h.ledger

    def account(self, name: str) -> str:
        return self.h.twin.books.account(name).account_id

    def expense(self, **changes: Any) -> ExpenseRequest:
        request = ExpenseRequest(
            amount=nzd("3.45"),
            account_id=self.h.payment_account_id,
            expense_account_id=self.account("Bank Fees"),
            tax_code=None,
            booked_on=DAY,
            reference="DBFEE0000000000000001",
            note="Stripe fee txn_1",
            idempotency_key="fee-1",
        )
        return replace(request, **changes)

    def payout(self, **changes: Any) -> TransferRequest:
        request = TransferRequest(
            amount=nzd("90.00"),
            from_account_id=self.h.payment_account_id,
            to_account_id=self.account("Business Bank Account"),
            booked_on=DAY,
            reference="DBPAYOUT00000000000A1",
            note="Stripe payout po_1",
            idempotency_key="payout-1",
        )
        return replace(request, **changes)

    def credit(self, **changes: Any) -> CreditRequest:
        request = CreditRequest(
            customer_id=self.invoice.contact.contact_id,
            amount=nzd("25.00"),
            account_id=self.h.payment_account_id,
            booked_on=DAY,
            reference="DBCREDIT00000000000A1",
            note="Stripe pi_2",
            idempotency_key="credit-1",
        )
        return replace(request, **changes)

    def reversal(self, **changes: Any) -> ReversalRequest:
        request = ReversalRequest(
            manner=ReversalManner.REFUND,
            booking_id=self.booking_id,
            ledger_id=self.invoice.invoice_id,
            customer_id=self.invoice.contact.contact_id,
            amount=nzd("40.00"),
            account_id=self.h.payment_account_id,
            income_account_id=self.account("Sales"),
            tax_code=None,
            booked_on=DAY,
            reference="DBREFUND00000000000A1",
            note="Stripe re_1",
            idempotency_key="refund-1",
        )
        return replace(request, **changes)

    def balances(self) -> dict[str, Decimal]:
        """By account name, in the books of the stand-in; asserts that they add up to nothing."""
        books = self.h.twin.books
        found = books.journal.balances()
        assert sum(found.values(), Decimal(0)) == 0
        return {books.accounts[key].name: amount for key, amount in found.items() if amount}

    def in_clearing(self) -> Decimal:
        """What the books hold there; the port must say the same of it, both ways."""
        books = self.h.twin.books
        self.balances()
        held = books.journal.own_balance(books.clearing_account)
        far = date(2027, 12, 31)
        account = self.h.payment_account_id
        lines = self.entries.account_entries(account, date(2026, 1, 1), far)
        assert sum((line.amount for line in lines), nzd("0.00")) == Money(held, NZD)
        assert self.entries.account_balance(account, far) == Money(held, NZD)
        return held

    def kinds(self) -> list[tuple[str, Decimal]]:
        lines = self.entries.account_entries(self.h.payment_account_id, date(2026, 1, 1), date(2027, 12, 31))
        return sorted((line.kind, line.amount.amount) for line in lines)


@pytest.fixture
def c() -> Iterator[Clearing]:
    with harness() as h:
        invoice = issue(h, "100.00")
        booking = h.ledger.book(asking(h, invoice))
        yield Clearing(h, invoice, booking.booking_id)


Make = Callable[[Clearing], Entry]
MAKERS: dict[str, tuple[EntryKind, Make, str, Decimal]] = {
    "fee": (
        EntryKind.EXPENSE,
        lambda c: c.entries.make_expense(c.expense()),
        "DBFEE0000000000000001",
        Decimal("96.55"),
    ),
    "fee given back": (
        EntryKind.EXPENSE,
        lambda c: c.entries.make_expense(c.expense(incoming=True)),
        "DBFEE0000000000000001",
        Decimal("103.45"),
    ),
    "payout": (
        EntryKind.TRANSFER,
        lambda c: c.entries.make_transfer(c.payout()),
        "DBPAYOUT00000000000A1",
        Decimal("10.00"),
    ),
    "credit": (
        EntryKind.CREDIT,
        lambda c: c.entries.make_credit(c.credit()),
        "DBCREDIT00000000000A1",
        Decimal("125.00"),
    ),
    "refund": (
        EntryKind.REVERSAL,
        lambda c: c.entries.reverse(c.reversal()),
        "DBREFUND00000000000A1",
        Decimal("60.00"),
    ),
}
every_entry = pytest.mark.parametrize(("kind", "make", "reference", "left"), list(MAKERS.values()), ids=list(MAKERS))


# ------------------------------------------------------------------------------------------------ each kind of entry


@every_entry
def test_an_entry_is_made_once_found_by_its_reference_and_taken_back(
    c: Clearing, kind: EntryKind, make: Make, reference: str, left: Decimal
) -> None:
    before = c.balances()
    made = make(c)
    assert (made.kind, made.reference, made.live, made.booked_on) == (kind, reference, True, DAY)
    assert c.in_clearing() == left
    assert list(c.port.entries_with_reference(kind, reference)) == [made]
    assert list(c.entries.entries_with_reference(kind, "DBOTHER")) == []

    c.entries.take_back(kind, made.entry_id, "by mistake")

    assert c.balances() == before
    assert {one.live for one in c.entries.entries_with_reference(kind, reference)} <= {False}
    c.entries.take_back(kind, made.entry_id, "again")  # harmless
    assert c.in_clearing() == 100


@every_entry
def test_an_entry_asked_for_again_after_a_lost_answer_is_one(
    c: Clearing, kind: EntryKind, make: Make, reference: str, left: Decimal
) -> None:
    c.h.lose_next_write_answer()
    with pytest.raises(Uncertain):
        make(c)
    make(c)
    assert c.in_clearing() == left
    assert len(c.entries.entries_with_reference(kind, reference)) == 1


@every_entry
def test_an_entry_in_a_locked_period_is_refused_and_nothing_is_booked(
    c: Clearing, kind: EntryKind, make: Make, reference: str, left: Decimal
) -> None:
    del left
    before = c.balances()
    c.h.close_books_through(DAY)
    with pytest.raises(Rejected) as caught:
        make(c)
    assert caught.value.because is RejectedBecause.CLOSED_PERIOD
    assert c.balances() == before
    assert list(c.entries.entries_with_reference(kind, reference)) == []


@every_entry
def test_a_throttled_entry_says_so_and_leaves_nothing(
    c: Clearing, kind: EntryKind, make: Make, reference: str, left: Decimal
) -> None:
    del kind, reference, left
    before = c.balances()
    limit = {"X-Rate-Limit-Problem": "minute", "Retry-After": "12"}
    c.h.twin.faults.append(Fault("status", method="PUT", status=429, headers=limit, times=FOREVER))
    with pytest.raises(Throttled):
        make(c)
    assert c.balances() == before


@every_entry
def test_an_entry_whose_answer_cannot_be_read_is_not_known(
    c: Clearing, kind: EntryKind, make: Make, reference: str, left: Decimal
) -> None:
    del kind, reference, left
    answer = (
        '{"BankTransactions": [{}], "BankTransfers": [{}], "CreditNotes": [{"CreditNoteID": "x"}], "Payments": [{}]}'
    )
    c.h.twin.faults.append(Fault("status", method="PUT", status=200, body=answer, times=FOREVER))
    with pytest.raises(Uncertain):
        make(c)


def test_every_request_is_one_that_xeros_description_knows(c: Clearing) -> None:
    document()
    for kind, make, reference, _ in MAKERS.values():
        made = make(c)
        c.entries.entries_with_reference(kind, reference)
        c.entries.take_back(kind, made.entry_id, "")
        c.h.twin.clock.offset += timedelta(minutes=7)  # the fee and the fee given back share a key
    c.in_clearing()
    c.entries.reverse(c.reversal(manner=ReversalManner.VOID, amount=nzd("100.00")))
    sent = calls(c.h)
    assert len(sent) > 30
    for seen in sent:
        check_request(seen)
    written = {seen.path.split("/")[3] for seen in sent if seen.method != "GET"}
    assert written == {"BankTransactions", "BankTransfers", "CreditNotes", "Payments"}


def test_the_clearing_account_tells_every_line_by_its_kind(c: Clearing) -> None:
    for _, make, _, _ in MAKERS.values():
        make(c)
        c.h.twin.clock.offset += timedelta(minutes=7)
    assert c.kinds() == [
        ("credit", Decimal("25.00")),
        ("expense", Decimal("-3.45")),
        ("expense", Decimal("3.45")),
        ("payment", Decimal("100.00")),
        ("reversal", Decimal("-40.00")),
        ("transfer", Decimal("-90.00")),
    ]
    assert c.in_clearing() == Decimal("-5.00")


# -------------------------------------------------------------------------------------------------- fees and payouts


def test_a_fee_has_its_tax_inside_and_its_payee(c: Clearing) -> None:
    c.entries.make_expense(c.expense(tax_code="INPUT2"))
    (row,) = c.h.twin.books.bank_transactions.values()
    assert (row.contact.name, row.total, row.tax) == ("Stripe", Decimal("3.45"), Decimal("0.45"))
    assert row.reference == "DBFEE0000000000000001 Stripe fee txn_1"
    c.entries.make_expense(c.expense(payee="Stripe NZ", idempotency_key="fee-2", reference="DBFEE2"))
    assert [row.contact.name for row in c.h.twin.books.bank_transactions.values()] == ["Stripe", "Stripe NZ"]


@pytest.mark.parametrize(
    "change",
    [
        {"account_id": SECOND},
        {"amount": Money.of("3.45", "EUR")},
        {"expense_account_id": SECOND},
        {"tax_code": "VAT99"},
    ],
)
def test_a_fee_on_a_wrong_account_or_tax_is_refused_as_a_matter_of_settings(
    c: Clearing, change: dict[str, Any]
) -> None:
    with pytest.raises(Rejected) as caught:
        c.entries.make_expense(c.expense(**change))
    assert caught.value.because is RejectedBecause.SETUP
    assert caught.value.advice
    assert c.in_clearing() == 100


def test_no_fee_is_booked_to_a_bank_account_and_no_payout_from_another_kind_of_account(c: Clearing) -> None:
    with pytest.raises(Rejected) as caught:
        c.entries.make_expense(c.expense(expense_account_id=c.account("Business Bank Account")))
    assert caught.value.because is RejectedBecause.SETUP
    with pytest.raises(Rejected, match="no active bank account"):
        c.entries.make_transfer(c.payout(from_account_id=c.account("Owner A Funds Introduced")))
    assert calls(c.h, "PUT")[1:] == []  # the payment of the beginning


def test_a_code_that_was_changed_in_xero_is_read_anew_after_a_refusal(c: Clearing) -> None:
    c.entries.make_expense(c.expense())
    c.h.twin.books.account("Bank Fees").code = "405"
    request = c.expense(reference="DBFEE2", idempotency_key="fee-2")
    with pytest.raises(Rejected) as caught:
        c.entries.make_expense(request)
    assert caught.value.because is RejectedBecause.SETUP
    assert c.entries.make_expense(replace(request, idempotency_key="fee-3")).live


def test_a_key_that_is_too_long_is_our_own_mistake(c: Clearing) -> None:
    with pytest.raises(Bug):
        c.entries.make_expense(c.expense(idempotency_key="x" * 129))


# ------------------------------------------------------------------------------------------------- credit and refunds


def test_a_credit_stands_open_at_the_customer(c: Clearing) -> None:
    c.entries.make_credit(c.credit())
    ((_, contact, _, amount),) = c.h.twin.books.banking.ageing()
    assert contact.name == "Barney Rubble"
    assert amount == -25


def test_a_credit_can_be_refunded_whole_or_in_part_and_then_cannot_be_taken_back(c: Clearing) -> None:
    credit = c.entries.make_credit(c.credit())
    asked = c.reversal(of_kind=EntryKind.CREDIT, booking_id=credit.entry_id, amount=nzd("10.00"))
    refund = c.entries.reverse(asked)
    assert c.entries.reverse(asked) == refund
    assert c.in_clearing() == 115
    assert refund.kind is EntryKind.REVERSAL
    with pytest.raises(Rejected) as caught:
        c.entries.take_back(EntryKind.CREDIT, credit.entry_id, "")
    assert caught.value.because is RejectedBecause.BUSINESS_RULE
    with pytest.raises(Rejected) as caught:
        c.entries.reverse(replace(asked, reference="DBMORE", idempotency_key="k", amount=nzd("15.01")))
    assert caught.value.because is RejectedBecause.AMOUNT
    assert c.in_clearing() == 115


def test_a_credit_can_be_voided(c: Clearing) -> None:
    credit = c.entries.make_credit(c.credit())
    c.entries.reverse(
        c.reversal(
            manner=ReversalManner.VOID, of_kind=EntryKind.CREDIT, booking_id=credit.entry_id, amount=nzd("25.00")
        )
    )
    assert c.in_clearing() == 100


def test_a_void_opens_the_invoice_again_and_may_be_asked_for_twice(c: Clearing) -> None:
    asked = c.reversal(manner=ReversalManner.VOID, amount=nzd("100.00"))
    for _ in range(2):
        entry = c.entries.reverse(asked)
        assert (entry.entry_id, entry.kind, entry.live) == (c.booking_id, EntryKind.REVERSAL, True)
        assert c.in_clearing() == 0
        assert c.invoice.status == "AUTHORISED"
    with pytest.raises(Rejected, match="cannot be brought back"):
        c.entries.take_back(EntryKind.REVERSAL, entry.entry_id, "")


def test_a_void_whose_answer_is_lost_is_finished_by_asking_again(c: Clearing) -> None:
    asked = c.reversal(manner=ReversalManner.VOID, amount=nzd("100.00"))
    c.h.lose_next_write_answer()
    with pytest.raises(Uncertain):
        c.entries.reverse(asked)
    assert c.entries.reverse(asked).live
    assert c.in_clearing() == 0


def test_a_part_of_a_payment_cannot_be_voided_and_nothing_is_sent(c: Clearing) -> None:
    with pytest.raises(Rejected) as caught:
        c.entries.reverse(c.reversal(manner=ReversalManner.VOID))
    assert caught.value.because is RejectedBecause.AMOUNT
    assert calls(c.h, "POST") == []


def test_what_is_matched_with_a_bank_line_is_left_alone_with_the_way_out(c: Clearing) -> None:
    payout = c.entries.make_transfer(c.payout())
    c.h.twin.books.payments[c.booking_id].reconciled = True
    c.h.twin.books.transfers[payout.entry_id].to_reconciled = True
    with pytest.raises(Rejected, match="matched with a bank line"):
        c.entries.reverse(c.reversal(manner=ReversalManner.VOID, amount=nzd("100.00")))
    with pytest.raises(Rejected, match="matched with a bank line"):
        c.entries.take_back(EntryKind.TRANSFER, payout.entry_id, "")
    assert c.in_clearing() == 10


def test_a_refund_leaves_the_invoice_paid_and_takes_income_and_tax_down(c: Clearing) -> None:
    c.entries.reverse(c.reversal(amount=nzd("46.00"), tax_code="OUTPUT2"))
    assert c.invoice.status == "PAID"
    assert c.balances() == {"Stripe clearing": 54, "Sales": -60, "GST": 6}


@pytest.mark.parametrize("path", ["CreditNotes", "Payments"])
@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
@pytest.mark.parametrize("minutes", [0, 7])
def test_a_refund_that_breaks_off_anywhere_is_finished_and_never_doubled(
    c: Clearing, path: str, action: Any, minutes: int
) -> None:
    c.h.twin.faults.append(Fault(action, method="PUT", path=path))
    with pytest.raises(Uncertain):
        c.entries.reverse(c.reversal())
    c.h.twin.clock.offset += timedelta(minutes=minutes)  # keys are forgotten after six

    c.entries.reverse(c.reversal())

    assert c.in_clearing() == 60
    assert len(c.h.twin.books.credit_notes) == len(c.h.twin.books.refunds) == 1
    assert c.h.twin.books.banking.ageing() == []


@pytest.mark.parametrize("path", ["CreditNotes", "Payments"])
def test_a_refund_is_one_even_while_lists_do_not_show_fresh_writes(c: Clearing, path: str) -> None:
    c.h.twin.world.switches.lag_seconds = 60
    c.h.twin.faults.append(Fault("drop_after", method="PUT", path=path))
    with pytest.raises(Uncertain):
        c.entries.reverse(c.reversal())
    for _ in range(2):
        c.entries.reverse(c.reversal())
    assert len(c.h.twin.books.credit_notes) == len(c.h.twin.books.refunds) == 1
    assert c.balances()["Stripe clearing"] == 60


def test_half_a_refund_is_not_found_as_a_whole_one(c: Clearing) -> None:
    c.h.twin.faults.append(Fault("drop_before", method="PUT", path="Payments"))
    with pytest.raises(Uncertain):
        c.entries.reverse(c.reversal())
    assert len(c.h.twin.books.credit_notes) == 1
    assert list(c.entries.entries_with_reference(EntryKind.REVERSAL, "DBREFUND00000000000A1")) == []


def test_a_refund_refused_half_way_says_that_the_credit_note_stands(c: Clearing) -> None:
    euros = c.h.twin.books.add_account(Account("Stripe EUR", "BANK", None, "EUR"))
    with pytest.raises(Rejected, match="credit note of the refund stands") as caught:
        c.entries.reverse(c.reversal(account_id=euros.account_id))
    assert caught.value.because is RejectedBecause.SETUP
    c.entries.reverse(c.reversal(idempotency_key="refund-2"))
    assert c.in_clearing() == 60
    assert len(c.h.twin.books.credit_notes) == 1


def test_a_refund_that_a_person_deleted_is_not_made_again(c: Clearing) -> None:
    c.entries.reverse(c.reversal())
    books = c.h.twin.books
    (refund,), (note,) = books.refunds.values(), books.credit_notes.values()
    books.banking.delete_refund(refund)
    with pytest.raises(Rejected, match="deleted in Xero by somebody"):
        c.entries.reverse(c.reversal())
    del books.refunds[refund.payment_id]  # as if it had never been
    books.banking.void_credit_note(note)
    with pytest.raises(Rejected, match="voided in Xero by somebody"):
        c.entries.reverse(c.reversal())
    assert c.in_clearing() == 100


def test_a_refund_without_an_income_account_is_refused_as_a_matter_of_settings(c: Clearing) -> None:
    with pytest.raises(Rejected) as caught:
        c.entries.reverse(c.reversal(income_account_id=None))
    assert caught.value.because is RejectedBecause.SETUP
    assert c.h.twin.books.credit_notes == {}


# -------------------------------------------------------------------------------------------- currencies and balances


def test_a_euro_credit_and_its_refund_stand_in_clearing_at_their_rates(c: Clearing) -> None:
    euros = Money.of("10.00", "EUR")
    credit = c.entries.make_credit(c.credit(amount=euros, exchange_rate=Decimal("1.80")))
    assert credit.amount == euros
    assert c.in_clearing() == 118
    c.entries.reverse(
        c.reversal(of_kind=EntryKind.CREDIT, booking_id=credit.entry_id, amount=euros, exchange_rate=Decimal("1.95"))
    )
    assert c.in_clearing() == Decimal("98.50")
    assert c.balances()["Realised Currency Gains"] == Decimal("1.50")


def test_a_clearing_account_in_euros_is_counted_in_euros(c: Clearing) -> None:
    books = c.h.twin.books
    euros = books.add_account(Account("Stripe EUR", "BANK", None, "EUR"))
    invoice = books.issue(c.invoice.contact, Decimal(100), currency="EUR", rate=Decimal("1.80"))
    c.entries.book(
        asking(c.h, invoice, account_id=euros.account_id, exchange_rate=Decimal("1.95"), idempotency_key="e")
    )
    fee = Money.of("3.00", "EUR")
    c.entries.make_expense(c.expense(account_id=euros.account_id, amount=fee, exchange_rate=Decimal("1.90")))
    assert c.entries.account_balance(euros.account_id, date(2027, 1, 1)) == Money.of("97.00", "EUR")
    assert not [seen for seen in calls(c.h) if "Reports" in seen.path]
    assert sum(books.journal.balances().values()) == 0


def test_a_balance_is_that_of_the_day_and_without_the_report_it_is_added_up(c: Clearing) -> None:
    c.entries.make_expense(c.expense())
    account = c.h.payment_account_id
    asked = [(DAY - timedelta(days=2), "0.00"), (DAY - timedelta(days=1), "100.00"), (DAY, "96.55")]
    for day, amount in asked:
        assert c.entries.account_balance(account, day) == nzd(amount)
    assert len([seen for seen in calls(c.h) if "Reports" in seen.path]) == 3

    refusal = {"WWW-Authenticate": "insufficent_scope"}
    c.h.twin.faults.append(Fault("status", path="Reports", status=401, headers=refusal, times=FOREVER))
    for day, amount in asked:
        assert c.entries.account_balance(account, day) == nzd(amount)
    c.h.twin.faults.clear()
    c.h.twin.faults.append(Fault("status", path="Reports", status=200, body='{"Reports": [{"Rows": []}]}'))
    assert c.entries.account_balance(account, DAY) == nzd("96.55")
    c.h.revoke_access()
    with pytest.raises(NeedsReauthorisation):
        c.entries.account_balance(account, DAY)


def test_what_others_entered_stands_on_the_account_under_its_own_name(c: Clearing) -> None:
    books = c.h.twin.books
    line = books.banking.line("Petty cash", Decimal("7.00"), books.account("Sales"))
    books.banking.move("RECEIVE", c.invoice.contact, books.clearing_account, [line], booked_on=DAY)
    bill = books.issue(c.invoice.contact, Decimal("8.00"), kind="ACCPAY")
    books.pay(bill, Decimal("8.00"), paid_on=DAY)
    assert c.kinds() == [("ACCPAYPAYMENT", Decimal("-8.00")), ("expense", Decimal("7.00")), ("payment", Decimal(100))]
    assert c.in_clearing() == 99
    (booking,) = c.entries.entries_with_reference(EntryKind.PAYMENT, "DBK2M9QX4T1")
    assert booking.entry_id == c.booking_id


def test_an_account_of_another_kind_has_no_balance_to_tell(c: Clearing) -> None:
    with pytest.raises(Rejected, match="no active bank account") as caught:
        c.entries.account_balance(c.account("Sales"), DAY)
    assert caught.value.because is RejectedBecause.SETUP


@pytest.mark.parametrize("kind", list(EntryKind))
def test_an_entry_that_xero_does_not_know_cannot_be_taken_back(c: Clearing, kind: EntryKind) -> None:
    with pytest.raises(Rejected) as caught:
        c.entries.take_back(kind, SECOND, "")
    assert caught.value.because is RejectedBecause.NOT_FOUND


def test_calls_are_as_few_as_promised(c: Clearing) -> None:
    c.entries.make_expense(c.expense())

    def spent(work: Callable[[], object]) -> int:
        before = len(calls(c.h))
        work()
        return len(calls(c.h)) - before

    assert spent(lambda: c.entries.make_transfer(c.payout())) == 1
    assert spent(lambda: c.entries.make_credit(c.credit())) == 1
    assert spent(lambda: c.entries.reverse(c.reversal())) == 4
    assert spent(lambda: c.entries.account_entries(c.h.payment_account_id, DAY, DAY)) == 3
    c.entries.account_balance(c.h.payment_account_id, DAY)
    assert spent(lambda: c.entries.account_balance(c.h.payment_account_id, DAY)) == 1
    assert spent(lambda: c.entries.reverse(c.reversal(manner=ReversalManner.VOID, amount=nzd("100.00")))) == 2


def test_the_permissions_named_for_entries_are_enough_and_without_them_a_person_is_asked(c: Clearing) -> None:
    scopes = frozenset({*XERO_SCOPES, *XERO_ENTRY_SCOPES})
    c.h.tokens.texts = [c.h.twin.seed_token("enough", scopes=scopes)]
    for kind, make, reference, _ in MAKERS.values():
        made = make(c)
        assert c.entries.entries_with_reference(kind, reference)
        c.entries.take_back(kind, made.entry_id, "")
        c.h.twin.clock.offset += timedelta(minutes=7)
    assert c.in_clearing() == 100
    assert [seen.status for seen in calls(c.h) if "Reports" in seen.path] == [200]

    c.h.tokens.texts = [c.h.twin.seed_token("poor", scopes=frozenset(XERO_SCOPES))]
    with pytest.raises(NeedsReauthorisation, match="lacks a permission"):
        c.entries.make_expense(c.expense(reference="DBFEE2", idempotency_key="fee-2"))


def test_the_account_of_receivables_is_the_one_that_xero_marks_however_it_is_called(c: Clearing) -> None:
    own = c.h.twin.books.accounts[c.account("Accounts Receivable")]
    own.name = "Trade debtors"
    assert [(one.name, one.currency) for one in c.entries.receivable_accounts()] == [("Trade debtors", None)]


def test_accounts_of_xeros_own_are_not_offered_and_take_no_entry(c: Clearing) -> None:
    own = c.account("Realised Currency Gains")
    for offered in (c.entries.expense_accounts(), c.entries.exchange_accounts()):
        assert own not in {one.account_id for one in offered}
    with pytest.raises(Rejected, match="not a valid code"):
        c.entries.make_expense(c.expense(expense_account_id=own))
    assert "Realised Currency Gains" not in c.balances()
