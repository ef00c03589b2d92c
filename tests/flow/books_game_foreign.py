"""The game over real books with foreign money: each movement at the rate of its day, at Stripe and in the ledger."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

from adapters.sandbox.quickbooks.control import add_invoice
from adapters.sandbox.quickbooks.journal import ageing, journal, receivables
from adapters.sandbox.xero.reports import trial_balance
from connector.domain.balance import ChangeKind
from connector.domain.exchange import Piece, share
from connector.domain.money import Money
from connector.domain.phone import Phone
from tests.flow.books_game import RECEIVABLE, SALES, ZERO, Bill, Game, Paid
from tests.flow.test_cash_over_http import BANKS, FEES, CashTill
from tests.flow.test_foreign_money_over_http import GAINS, INVOICED_AT

# What an invoice is over, and what a cheque on it; the last digit of three decimals is 0, as Stripe wants it.
BILLED: Final = {"EUR": ("1234.57", "217.31"), "JPY": ("98765", "12347"), "KWD": ("123.450", "21.310")}
CENT: Final = Decimal("0.01")


class ForeignGame(Game):
    """A game whose customers all have currencies other than that of the books; refunds are entered."""

    # Against which account exchange differences are entered, so that clearing has none left; "": they are not entered.
    differences_account = ""

    def __init__(self, till: CashTill, dice: Random) -> None:
        super().__init__(till, dice)
        self.rates: dict[str, Decimal] = {}  # of the ledger, by invoice
        self.bill_in: dict[str, str] = {}  # the currency of each
        self.code = ""  # that of the next one

    # ------------------------------------------------------------------------------------------------------- the acts

    def another_day(self) -> None:
        """Stripe exchanges at other rates from now on."""
        rates = self.stripe.balance.rates
        for code in sorted(rates):
            moved = rates[code] * Decimal(self.dice.randint(93_000, 107_000)) / 100_000
            rates[code] = moved.quantize(Decimal("0.000001"), ROUND_HALF_UP)

    def texted(self) -> Bill:
        self.code = code = self.dice.choice(sorted(BILLED))
        phone, customer = self.agreed()
        rate = Decimal(INVOICED_AT[code]) * Decimal(self.dice.randint(95, 105)) / 100
        amount = Decimal(BILLED[code][0])
        h = self.till.h
        if self.kind == "xero":
            books = h.twin.books
            row = books.issue(books.contacts[customer], amount, currency=code, rate=rate)
            invoice = str(row.invoice_id)
        else:
            asked = {"customer": customer, "amount": str(amount), "currency": code, "exchange_rate": str(rate)}
            invoice = str(add_invoice(h.books, asked)["Id"])
        self.rates[invoice], self.bill_in[invoice] = rate, code
        bill = self.opened(Bill(invoice, customer, phone, "", "", amount))
        self.another_day()
        return bill

    def customer(self, name: str, phone: Phone) -> str:
        """Of the currency that is next."""
        if self.kind == "xero":
            return super().customer(name, phone)  # there an invoice has a currency, and no customer
        return str(self.till.h.books.add_customer(name, mobile=phone.e164, currency=self.code))

    def money(self, amount: Decimal, bill: Bill | None = None) -> Money:
        assert bill is not None
        return Money(amount, self.bill_in[bill.invoice])

    def part_of(self, bill: Bill) -> Decimal:
        return Decimal(BILLED[self.bill_in[bill.invoice]][1])

    def paid_beside_a_cheque(self) -> None:
        bill = self.texted()
        self.cheque(bill, self.part_of(bill))
        self.pay(bill)

    def paid_after_it_was_raised(self) -> None:
        bill = self.texted()
        self.edit(bill, str(bill.amount + self.part_of(bill)))
        self.pay(bill)

    def refunded_in_part(self) -> None:
        self.another_day()
        one = self.one_of([paid for paid in self.payments if paid.left > 0])
        if one is not None:
            self.refund(one, min(self.part_of(one.bill), one.left))

    def refunded(self) -> None:
        self.another_day()
        one = self.one_of([paid for paid in self.payments if paid.left > 0])
        if one is not None:
            self.refund(one, one.left)

    def refund_failed(self) -> None:
        self.another_day()
        super().refund_failed()

    def disputed(self) -> None:
        self.another_day()
        super().disputed()

    def decided(self, *, won: bool) -> None:
        self.another_day()
        super().decided(won=won)

    # -------------------------------------------------------------------------------------------- what must hold then

    def assert_right(self) -> None:
        self.assert_payments_stand_once()
        stands = self.till.stands()  # the trial balance is nothing
        fees, bank, clearing = (stands.pop(one, ZERO) for one in (FEES[self.kind], BANKS[self.kind], "Stripe clearing"))
        owed = sum((stands.pop(one) for one in sorted(stands) if one.startswith(RECEIVABLE[self.kind])), ZERO)
        sales = stands.pop(SALES, ZERO)
        assert stands.keys() <= {GAINS[self.kind], self.differences_account}, "nothing is on any other account"
        assert fees == self._charged_by_stripe()
        assert bank == self._sent_to_the_bank() + sum((self._at_home(one, one.cheques) for one in self.bills), ZERO)
        assert -sales == self._income_at_home()
        self.assert_owed(owed)
        assert clearing == self.at_stripe() + sum(self.differences().values(), ZERO)
        assert [one for one in self.till.office.attention() if "Stripe's rate" in one] == []

    def _at_home(self, bill: Bill, amount: Decimal) -> Decimal:
        """By the ledger's rate of an invoice."""
        return (amount * self.rates[bill.invoice]).quantize(CENT, ROUND_HALF_UP)

    def _income_at_home(self) -> Decimal:
        """What was invoiced at the rates of the invoices, less what went back of that at Stripe's."""
        gone = [self._from_income(one) for one in self.payments]
        return sum((self._at_home(one, one.amount) for one in self.bills), ZERO) - sum(gone, ZERO)

    def _from_income(self, one: Paid) -> Decimal:
        """What of a payment's refunds and disputes went down with the income; first goes what was a credit."""
        self._out_of_credit(one)
        found = ZERO
        for name, amount in one.away_by.items():
            whole, first = self.money(amount, one.bill), self.money(one.of_credit[name], one.bill)
            worth = Money.from_minor(-self._moved(name)[0].minor, self.till.h.home_currency)
            found += worth.amount - share(Piece(first, first - first), whole, worth).amount
        return found

    def _moved(self, name: str) -> list[Money]:
        """What a refund or dispute moved at Stripe, in the currency of the books: out, and back again perhaps."""
        changes = [one.latest for one in self.stripe.balance.changes.values()]
        return [one.amount for one in changes if name in {one.refund_id, one.dispute_id}]

    def assert_owed(self, owed: Decimal) -> None:
        """Of each customer in his currency; at home the journal agrees with the open forms."""
        expected = {customer: amount for customer, amount in self._owed().items() if amount}
        h, today, own = self.till.h, self.till.office.clock.now().date(), defaultdict[str, Decimal](Decimal)
        if self.kind == "quickbooks":
            for posting in (each for one in journal(h.books) for each in one.postings if each.customer):
                own[posting.customer or ""] += posting.own
            aged = {customer: row["total"] for customer, row in ageing(h.books, today).items() if row["total"]}
            assert receivables(h.books) == aged
            assert sum(aged.values(), ZERO) == owed
        else:
            for _, contact, _, amount in h.twin.books.banking.ageing():
                own[contact.contact_id] += amount
            [total] = trial_balance(h.twin.books, today)["Rows"][-1]["Rows"]
            assert total["Cells"][3] == total["Cells"][4]
        assert {customer: amount for customer, amount in own.items() if amount} == expected

    def differences(self) -> dict[str, Decimal]:
        """By payment: what clearing holds more of it than Stripe, since it came back at another rate than it went.

        Nothing where such differences are entered too.
        """
        if self.differences_account:
            return {}
        found = {}
        for one in self.payments:
            left = sorted({*self._names_of(one)} - one.away_by.keys())
            if more := -sum((moved.amount for name in left for moved in self._moved(name)), ZERO):
                found[one.payment] = more
        return found

    def _names_of(self, one: Paid) -> list[str]:
        """Every refund and dispute there ever was of a payment."""
        kinds = {ChangeKind.REFUND, ChangeKind.DISPUTE}
        changes = [change.latest for change in self.stripe.balance.changes.values()]
        own = [change for change in changes if change.payment_id == one.payment and change.kind in kinds]
        return [change.refund_id or change.dispute_id or "" for change in own]
