"""The stand-in's books after any sequence of work: the trial balance is nothing, the ageing is what is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sandbox.xero.books import Account, Books, Invoice, Refused, TenantSeed
from adapters.sandbox.xero.documents import OVERPAYMENT, BankTransaction, Credit
from adapters.sandbox.xero.journal import ZERO

T = TypeVar("T")
TODAY = date(2026, 11, 23)
RATES = {"NZD": Decimal(1), "EUR": Decimal("1.955"), "USD": Decimal("1.7137")}


@dataclass(frozen=True)
class Step:
    """One act: what, on which of the records there are, how much (cents), in which currency, at which rate."""

    act: str
    which: int
    cents: int
    currency: str
    stretch: Decimal

    @property
    def amount(self) -> Decimal:
        return Decimal(self.cents).scaleb(-2)

    @property
    def rate(self) -> Decimal:
        return RATES[self.currency] * (self.stretch if self.currency != "NZD" else 1)


class Office:
    """One organisation and everything that may happen in it. An act that Xero would refuse changes nothing."""

    def __init__(self) -> None:
        self.books = Books(TenantSeed(), lambda: datetime(2026, 11, 23, 8, tzinfo=UTC))
        self.contact = self.books.add_contact("Ada")
        self.euros = self.books.add_account(Account("Stripe EUR", "BANK", None, "EUR"))
        self.acts: dict[str, Callable[[Step], object]] = {
            "issue": self.issue,
            "edit": lambda s: self.books.edit(self.invoice(s), amount=s.amount),
            "void": lambda s: self.books.void(self.invoice(s)),
            "pay": self.pay,
            "pay all": lambda s: self.books.pay(self.invoice(s), self.invoice(s).due, account=self.account(s)),
            "unpay": lambda s: self.books.delete_payment(_of(list(self.books.payments.values()), s)),
            "credit": lambda s: self.books.credit(self.invoice(s), min(s.amount, self.invoice(s).due)),
            "note": self.note,
            "void note": lambda s: self.books.banking.void_credit_note(_of(list(self.books.credit_notes.values()), s)),
            "overpay": self.overpay,
            "fee": lambda s: self.move("SPEND", s),
            "fee back": lambda s: self.move("RECEIVE", s),
            "unmove": lambda s: self.books.banking.delete_move(_of(list(self.books.bank_transactions.values()), s)),
            "allocate": self.allocate,
            "unallocate": lambda s: self.books.banking.delete_allocation(
                _of([a for c in self.credits() for a in c.allocations], s)
            ),
            "refund": lambda s: self.books.banking.refund(
                self.credit(s), self.account(s), min(s.amount, self.credit(s).remaining), rate=s.rate
            ),
            "unrefund": lambda s: self.books.banking.delete_refund(_of(list(self.books.refunds.values()), s)),
            "payout": self.payout,
            "unpayout": lambda s: self.books.banking.delete_transfer(_of(list(self.books.transfers.values()), s)),
        }

    def do(self, step: Step) -> None:
        try:
            self.acts[step.act](step)
        except (Refused, IndexError):
            return

    def pay(self, step: Step) -> None:
        invoice = self.invoice(step)
        rate = invoice.rate * step.stretch if invoice.currency != "NZD" else None
        self.books.pay(invoice, min(step.amount, invoice.due), account=self.account(step), rate=rate)

    def allocate(self, step: Step) -> None:
        credit = self.credit(step)
        invoice = _of([i for i in self.books.invoices.values() if i.currency == credit.currency and i.due], step)
        self.books.banking.allocate(credit, invoice, min(step.amount, credit.remaining, invoice.due))

    def invoice(self, step: Step) -> Invoice:
        return _of(list(self.books.invoices.values()), step)

    def credits(self) -> list[Credit]:
        overpaid = [row for row in self.books.bank_transactions.values() if row.overpayment_id]
        return [*self.books.credit_notes.values(), *overpaid]

    def credit(self, step: Step) -> Credit:
        return _of(self.credits(), step)

    def account(self, step: Step) -> Account:
        return self.euros if step.which % 3 == 2 and step.currency == "EUR" else self.books.clearing_account

    def issue(self, step: Step) -> None:
        tax = (step.amount * 3 / 23).quantize(Decimal("0.01")) if step.which % 2 else ZERO
        self.books.issue(self.contact, step.amount, currency=step.currency, rate=step.rate, tax=tax)

    def note(self, step: Step) -> None:
        banking = self.books.banking
        thirds = [step.amount / 3 if step.which % 2 else step.amount, step.amount]
        lines = [banking.line("x", one, self.books.account("Sales"), tax_type="OUTPUT2") for one in thirds]
        banking.issue_credit_note(self.contact, lines, currency=step.currency, rate=step.rate)

    def overpay(self, step: Step) -> None:
        banking = self.books.banking
        lines = [banking.line("x", step.amount, self.books.control("ACCREC"), amounts_are="NoTax")]
        account, currency = self.account(step), step.currency
        banking.move(OVERPAYMENT, self.contact, account, lines, currency=currency, rate=step.rate)

    def move(self, kind: str, step: Step) -> BankTransaction:
        banking = self.books.banking
        lines = [banking.line("x", step.amount, self.books.account("Bank Fees"), tax_type="INPUT2")]
        rate = step.rate if self.account(step) is self.euros else None
        return banking.move(kind, self.contact, self.account(step), lines, rate=rate)

    def payout(self, step: Step) -> None:
        books = self.books
        books.banking.transfer(books.clearing_account, books.account("Business Bank Account"), step.amount)


def _of(rows: Sequence[T], step: Step) -> T:
    """One of the rows; IndexError where there are none."""
    return rows[step.which % max(len(rows), 1)]


def begun() -> list[Step]:
    """In every currency something is owed and something is owed back, so that most acts find what they need."""
    acts = ("issue", "issue", "overpay", "note", "pay")
    return [Step(act, n, 12345, currency, Decimal(1)) for currency in RATES for n, act in enumerate(acts)]


def chosen(dice: Random, acts: list[str]) -> Step:
    return Step(
        dice.choice(acts),
        dice.randrange(60),
        dice.choice((1, 33, 34, 100, 1000, 12345)),
        dice.choice(list(RATES)),
        dice.choice((Decimal(1), Decimal("1.031"), Decimal("0.97"))),
    )


def account_by_records(office: Office, account: Account) -> Decimal:
    """What the records themselves say moved on a bank account, in its own currency."""
    books = office.books
    paid = sum((p.bank_amount for p in books.payments.values() if p.account is account and p.status != "DELETED"), ZERO)
    back = sum((r.bank_amount for r in books.refunds.values() if r.account is account and r.status != "DELETED"), ZERO)
    moved = sum(
        (
            row.bank_amount if row.incoming else -row.bank_amount
            for row in books.bank_transactions.values()
            if row.account is account and row.live
        ),
        ZERO,
    )
    there = [row for row in books.transfers.values() if row.status != "DELETED"]
    out = sum((row.amount for row in there if row.source is account), ZERO)
    into = sum((row.amount for row in there if row.target is account), ZERO)
    return paid - back + moved - out + into


@settings(max_examples=60, deadline=None)  # of some 60 acts each: every act succeeds dozens of times
@given(st.randoms(use_true_random=False))
def test_after_any_work_the_books_balance_and_the_ageing_is_what_is_open(dice: Random) -> None:
    office = Office()
    books = office.books
    for step in [*begun(), *(chosen(dice, sorted(office.acts)) for _ in range(45))]:
        office.do(step)
        assert sum(books.journal.balances(TODAY).values(), ZERO) == 0
        open_now = {identifier: amount for identifier, _, _, amount in books.banking.ageing()}
        posted = {
            document: own
            for document in [*books.invoices, *(c.document for c in office.credits())]
            if (own := books.journal.open_of(document)[1])
        }
        assert posted == open_now
    for account in books.accounts.values():
        if account.kind == "BANK":
            assert books.journal.own_balance(account) == account_by_records(office, account)
    settled = [i for i in books.invoices.values() if i.live and i.due == 0]
    assert all(books.journal.open_of(i.invoice_id)[0] == 0 for i in settled), "cents stay on what is settled"


def test_work_that_is_all_taken_back_leaves_nothing() -> None:
    office = Office()
    books = office.books
    invoice = books.issue(office.contact, Decimal(100), currency="EUR", rate=Decimal("1.8"))
    payment = books.pay(invoice, Decimal(60), rate=Decimal("1.95"))
    fee = office.move("SPEND", Step("fee", 0, 345, "NZD", Decimal(1)))
    books.delete_payment(payment)
    books.void(invoice)
    books.banking.delete_move(fee)
    assert {amount for amount in books.journal.balances().values() if amount} == set()
    assert len(books.journal.postings) == 6  # nothing is ever removed
