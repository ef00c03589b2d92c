"""The game over real books with more people in it: invoices in instalments, joint ones, and what others enter."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from adapters.sandbox.quickbooks.control import pay_by_hand
from adapters.sandbox.quickbooks.payments import create_payment
from tests.flow.books_game import PART, WHOLE, ZERO, Bill, Game, Paid
from tests.flow.test_already_booked import booking, say
from tests.flow.test_cash_over_http import BANKS

DIVIDED: Final = Decimal("300.00")
SHARES: Final = (30, 70)
FROM: Final = Decimal(250)  # what is owed less than that is asked for at once
SECOND: Final = Decimal("80.00")
DUE: Final = 3  # days; two texts in two days would be too soon


class WideGame(Game):
    """A game with acts that need settings of their own: shares of an invoice, one text about several."""

    # ------------------------------------------------------------------------------------------------- instalments

    def deposit(self) -> None:
        """The first share of an invoice is asked, and paid."""
        phone, customer = self.agreed()
        due = self.till.office.clock.now().date() + timedelta(days=DUE)
        invoice = self.till.h.issue(customer, self.money(DIVIDED), due_on=due)
        one = self.pay(self.opened(Bill(invoice, customer, phone, "", "", DIVIDED)))
        assert one.amount == Decimal("90.00")

    def rest_paid(self) -> None:
        """On the page that is texted when it is due, for what is owed by then."""
        bill = self.asked_for_the_rest()
        if bill is not None:
            self.pay(bill)

    def rest_paid_beside_a_cheque(self) -> None:
        bill = self.asked_for_the_rest()
        if bill is not None:
            self.cheque(bill, min(PART, self.left_of(bill)))
            self.pay(bill)

    def rest_paid_twice(self) -> None:
        bill = self.asked_for_the_rest()
        if bill is not None:
            second = self._open(bill.link)
            self.pay(bill)
            self.pay(bill, second)

    def cheque_between(self) -> None:
        bill = self.divided()
        if bill is not None:
            self.cheque(bill, min(PART, self.left_of(bill)))
            self.wait(minutes=2)  # what is entered since a payment might be that payment

    def raised_between(self) -> None:
        bill = self.divided()
        if bill is not None:
            self.edit(bill, "400.00")

    def lowered_between(self) -> None:
        """To what is not divided any more."""
        bill = self.divided()
        if bill is not None:
            self.edit(bill, "240.00")

    def divided(self) -> Bill | None:
        """An invoice of which a share is paid, and more is owed."""
        found = [one for one in self.bills if one.amount > FROM and ZERO < self.left_of(one) < one.amount]
        found = [one for one in found if one.amount - self.left_of(one) <= Decimal("240.00")]
        self.idle += not found
        return self.dice.choice(found) if found else None

    def left_of(self, bill: Bill) -> Decimal:
        """What is owed on an invoice of which all that was paid is in the books."""
        return self.till.owed(bill.invoice).amount

    def asked_for_the_rest(self) -> Bill | None:
        """A divided invoice whose customer has opened the page of the text about its rest."""
        bill, office = self.divided(), self.till.office
        if bill is None:
            return None
        self.wait(days=DUE)
        self.till.run(2)
        newest = [one for one in office.texts(bill.phone) if "http" in one][-1]
        page = self.stripe.open_page(office.link_in(newest))
        if page is None:  # asked before, and taken down since: each step asks once
            self.idle += 1
            return None
        bill.link, bill.page = office.link_in(newest), page
        return bill

    # -------------------------------------------------------------------------------------- several in one payment

    def joint(self) -> Paid:
        """A customer with two invoices pays both on the page of one text."""
        phone, customer = self.agreed()
        first, second = (self.till.h.issue(customer, self.money(one)) for one in (WHOLE, SECOND))
        lead = self.opened(Bill(first, customer, phone, "", ""))
        other = Bill(second, customer, phone, lead.page, lead.link, SECOND)
        self.bills.append(other)
        one = self.pay(lead)
        assert one.amount == WHOLE + SECOND
        one.beside = (other, SECOND)
        return one

    def joint_paid(self) -> None:
        self.joint()

    def joint_booked_by_a_tool(self) -> None:
        one = self.joint()
        self.enter(one, one.payment)

    def joint_entered_by_a_person(self) -> None:
        self.entered_without_a_name(self.joint())

    # ------------------------------------------------------------------------------------------ what others enter

    def booked_by_a_tool(self) -> None:
        """It names the payment, and was faster."""
        one = self.pay(self.texted())
        self.enter(one, one.payment)

    def booked_by_a_tool_where_it_fits_twice(self) -> None:
        one = self.pay(self.texted())
        self.edit(one.bill, "240.00")
        self.enter(one, one.payment)

    def booked_in_part_by_a_tool(self) -> None:
        one = self.pay(self.texted())
        self.enter(one, one.payment, PART)

    def one_of_two_booked_by_a_tool(self) -> None:
        """Of an invoice that was paid twice; the other payment has no place on it any more."""
        bill = self.texted()
        second = self._open(bill.link)
        self.pay(bill)
        one = self.pay(bill, second)
        self.enter(one, one.payment)

    def entered_by_a_person(self) -> None:
        self.entered_without_a_name(self.pay(self.texted()))

    def like_one_that_a_person_entered(self) -> None:
        """A cheque over the same amount, of the same hour; what is paid by card has no place any more."""
        self.like_another(self.pay(self.texted()))

    def like_one_that_a_person_entered_where_both_fit(self) -> None:
        one = self.pay(self.texted())
        self.edit(one.bill, "240.00")
        self.like_another(one)

    def answered(self) -> None:
        """The owner says of an entry that it is the payment, or that it is another matter; as it is."""
        one = self.one_of([paid for paid in self.payments if paid.asked])
        if one is not None:
            self.answer(one)

    def answer(self, one: Paid) -> None:
        office = self.till.office
        for bill, _ in one.parts:
            row = booking(office, bill.invoice, one.payment)
            assert row.status == "rejected", f"nobody is asked about {one}"
            say(office, row, self.entry_of(bill, one.theirs) if one.theirs else None)
        one.asked = False
        one.stands = True
        self.news(one)

    def memory_lost(self) -> None:
        """The answers are gone with it. Where entries of ours hang on them, the owner gives them again at once."""
        super().memory_lost()
        for one in self.payments:
            if self.adopted_entered and one.asked and one.theirs:
                self.answer(one)

    def entered_without_a_name(self, one: Paid) -> None:
        """It is this payment, and nobody can see it by that."""
        self.enter(one, self.some_reference())
        one.asked = True

    def like_another(self, one: Paid) -> None:
        self.by_hand(one.bill, one.amount, self.some_reference(), BANKS[self.kind])
        one.bill.cheques += one.amount
        one.asked, one.stands = True, False

    def some_reference(self) -> str:
        return f"card-{len(self.payments)}"

    def enter(self, one: Paid, reference: str, amount: Decimal | None = None) -> None:
        """Somebody books the payment, or a part of it, where Stripe's money is; `amount`: other than what was paid."""
        one.theirs, one.entered = reference, amount or one.amount
        if one.beside is not None and self.kind == "quickbooks":
            self.over_several(one, reference)
            return
        for bill, part in one.parts:
            self.by_hand(bill, amount or part, reference, "Stripe clearing")

    def by_hand(self, bill: Bill, amount: Decimal, reference: str, account: str) -> None:
        h = self.till.h
        if self.kind == "quickbooks":
            pay_by_hand(h.books, bill.invoice, amount, reference=reference, account=h.books.account(account))
        else:
            books = h.twin.books
            books.pay(books.invoices[bill.invoice], amount, account=books.account(account), reference=reference)

    def over_several(self, one: Paid, reference: str) -> None:
        """QuickBooks has one entry for a payment of several invoices; in Xero each has its own."""
        books = self.till.h.books
        lines = [
            {"Amount": part, "LinkedTxn": [{"TxnId": bill.invoice, "TxnType": "Invoice"}]} for bill, part in one.parts
        ]
        body = {
            "CustomerRef": {"value": one.bill.customer},
            "TotalAmt": one.amount,
            "PaymentRefNum": reference,
            "Line": lines,
            "DepositToAccountRef": {"value": books.account("Stripe clearing")},
        }
        create_payment(books, body, by_person=True)

    def entry_of(self, bill: Bill, reference: str) -> str:
        """The ledger's id of somebody else's entry."""
        [found] = [one for one in self.till.ledger.bookings_on(bill.invoice) if one.reference == reference]
        return str(found.booking_id)
