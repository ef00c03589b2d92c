"""Whatever is booked, lost, repeated and taken back in Xero: clearing holds what it must, and the books balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from adapters.sandbox.base import Fault
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Uncertain
from connector.ports.entries import (
    CreditRequest,
    Entry,
    ExpenseRequest,
    ReversalManner,
    ReversalRequest,
    TransferRequest,
)
from tests.contract.rows.xero import XeroHarness, harness
from tests.contract.xero_steps import asking, issue

DAY = date(2026, 11, 24)
FAR = date(2027, 12, 31)
STEPS = 14  # a dozen acts meet most pairs of kinds and losses over the seeds below, in a second each
ATTEMPTS = 4  # a faultless one follows at most two that were lost


@dataclass
class Bookkeeping:
    """Books as the engine does: ask; where the outcome is not known, look; where nothing is found, ask again."""

    h: XeroHarness
    dice: Random
    expected: Decimal = Decimal(0)
    made: list[tuple[Entry, Decimal]] = field(default_factory=list)
    payments: list[tuple[str, str, Decimal, str]] = field(default_factory=list)  # booking, invoice, amount, customer
    number: int = 0

    def step(self) -> None:
        self.number += 1
        act = self.dice.choice(
            (self.pay, self.pay, self.fee, self.payout, self.credit, self.refund, self.void, self.undo)
        )
        self.disturb()
        act()
        self.h.twin.faults.clear()

    def disturb(self) -> None:
        """Up to two of the next writes are lost, before or after Xero acted."""
        for action in ("drop_before", "drop_after"):
            if self.dice.random() < 0.4:
                self.h.twin.faults.append(Fault(action, method="PUT|POST", skip=self.dice.randrange(2)))

    def once(self, kind: EntryKind, reference: str, work: Callable[[], Entry]) -> Entry:
        for _ in range(ATTEMPTS):
            try:
                return work()
            except Uncertain:
                self.h.twin.clock.offset += timedelta(minutes=self.dice.choice((0, 7)))
                found = [one for one in self.h.ledger.entries_with_reference(kind, reference) if one.live]
                if found:
                    (entry,) = found
                    return entry
        raise AssertionError("it was never made")

    def amount(self) -> Money:
        return Money(Decimal(self.dice.choice((5, 333, 1999, 12345))).scaleb(-2), "NZD")

    def keep(self, entry: Entry, effect: Decimal) -> None:
        self.made.append((entry, effect))
        self.expected += effect

    def pay(self) -> None:
        amount = self.amount()
        invoice = issue(self.h, str(amount.amount))
        reference = f"DBPAY{self.number}"
        request = asking(self.h, invoice, str(amount.amount), reference=reference, idempotency_key=reference)
        for _ in range(ATTEMPTS):
            try:
                booking_id = self.h.ledger.book(request).booking_id
                break
            except Uncertain:
                found = self.h.ledger.bookings_with_reference(reference)
                if found:
                    booking_id = found[0].booking_id
                    break
        self.payments.append((booking_id, invoice.invoice_id, amount.amount, invoice.contact.contact_id))
        self.expected += amount.amount

    def fee(self) -> None:
        amount, back = self.amount(), self.dice.random() < 0.3
        reference = f"DBFEE{self.number}"
        request = ExpenseRequest(
            amount=amount,
            account_id=self.h.payment_account_id,
            expense_account_id=self.h.twin.books.account("Bank Fees").account_id,
            tax_code=self.dice.choice((None, "INPUT2")),
            booked_on=DAY,
            reference=reference,
            note="txn",
            idempotency_key=reference,
            incoming=back,
        )
        entry = self.once(EntryKind.EXPENSE, reference, lambda: self.h.ledger.make_expense(request))
        self.keep(entry, amount.amount if back else -amount.amount)

    def payout(self) -> None:
        amount, reference = self.amount(), f"DBOUT{self.number}"
        bank = self.h.twin.books.account("Business Bank Account").account_id
        request = TransferRequest(amount, self.h.payment_account_id, bank, DAY, reference, "po", reference)
        entry = self.once(EntryKind.TRANSFER, reference, lambda: self.h.ledger.make_transfer(request))
        self.keep(entry, -amount.amount)

    def credit(self) -> None:
        amount, reference = self.amount(), f"DBCRED{self.number}"
        customer = issue(self.h, "1.00").contact.contact_id
        request = CreditRequest(customer, amount, self.h.payment_account_id, DAY, reference, "pi", reference)
        entry = self.once(EntryKind.CREDIT, reference, lambda: self.h.ledger.make_credit(request))
        self.keep(entry, amount.amount)

    def refund(self) -> None:
        if self.payments:
            booking_id, invoice_id, paid, customer = self.dice.choice(self.payments)
            part = self.dice.choice((paid, Decimal("0.05")))
            entry = self.reversed(ReversalManner.REFUND, booking_id, invoice_id, customer, part)
            self.keep(entry, -part)

    def void(self) -> None:
        if self.payments:
            chosen = self.payments.pop(self.dice.randrange(len(self.payments)))
            self.reversed(ReversalManner.VOID, chosen[0], chosen[1], chosen[3], chosen[2])
            self.expected -= chosen[2]

    def reversed(
        self, manner: ReversalManner, booking_id: str, invoice_id: str, customer: str, amount: Decimal
    ) -> Entry:
        reference = f"DBBACK{self.number}"
        request = ReversalRequest(
            manner=manner,
            booking_id=booking_id,
            ledger_id=invoice_id,
            customer_id=customer,
            amount=Money(amount, "NZD"),
            account_id=self.h.payment_account_id,
            income_account_id=self.h.twin.books.account("Sales").account_id,
            tax_code=None,
            booked_on=DAY,
            reference=reference,
            note="re",
            idempotency_key=reference,
        )
        return self.once(EntryKind.REVERSAL, reference, lambda: self.h.ledger.reverse(request))

    def undo(self) -> None:
        if self.made:
            entry, effect = self.made.pop(self.dice.randrange(len(self.made)))
            for _ in range(ATTEMPTS):
                try:
                    self.h.ledger.take_back(entry.kind, entry.entry_id, "a mistake")
                    break
                except Uncertain:
                    continue
            self.expected -= effect

    def check(self) -> None:
        books = self.h.twin.books
        assert sum(books.journal.balances().values()) == 0
        assert books.journal.own_balance(books.clearing_account) == self.expected
        assert self.h.ledger.account_balance(self.h.payment_account_id, FAR) == Money(self.expected, "NZD")
        lines = self.h.ledger.account_entries(self.h.payment_account_id, date(2026, 1, 1), FAR)
        assert sum((line.amount for line in lines), Money.zero("NZD")) == Money(self.expected, "NZD")
        # a refund taken back leaves no credit note behind, and one that stands has its payment
        assert all(note.remaining == 0 for note in books.credit_notes.values())


@pytest.mark.parametrize("seed", range(12))
def test_clearing_holds_what_was_booked_whatever_was_lost_or_taken_back_on_the_way(seed: int) -> None:
    with harness() as h:
        work = Bookkeeping(h, Random(seed))  # noqa: S311 -- no secret: the same seed is the same day
        for _ in range(STEPS):
            work.step()
            work.check()
        assert work.number == STEPS
