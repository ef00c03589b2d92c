"""A game over real books: what people, Stripe and banks do to a company, and what its ledger must hold after each.

The books are a stand-in for QuickBooks or Xero over HTTP, which keeps double entry; Stripe and Twilio are in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final

from adapters.memory.faults import Crash
from adapters.sandbox.base import Fault, FaultAction
from adapters.sandbox.quickbooks.control import pay_by_hand
from adapters.sandbox.quickbooks.journal import ageing, receivables
from adapters.sandbox.xero.reports import trial_balance
from connector.domain.balance import ChangeKind, PayoutState, RefundState
from connector.domain.effect import booking_reference
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.settlement import Refunds
from connector.failpoints import armed
from tests.flow.restoring import put_back
from tests.flow.reversing import rebook, undo, verdict
from tests.flow.test_cash_over_http import BANKS, FEES, CashTill
from tests.flow.test_reopened import set_refund

ZERO: Final = Decimal(0)
WHOLE: Final = Decimal("120.00")
PART: Final = Decimal("50.00")
# Three hours: a text in doubt is looked for over one, the balance is read once an hour, late news waits for one.
PASSES, BETWEEN = 9, 20
SALES: Final = "Sales"
RECEIVABLE: Final = {"quickbooks": "Accounts Receivable (A/R)", "xero": "Accounts Receivable"}


@dataclass
class Bill:
    """An invoice, and what its books must hold of it. `page`: one that its customer has opened."""

    invoice: str
    customer: str
    phone: Phone
    page: str
    link: str
    amount: Decimal = WHOLE
    cheques: Decimal = ZERO


@dataclass
class Paid:
    """A payment. `stands`: it is to stand in the books; `ordered`: the owner has said so, whatever Stripe holds.

    `refunds` are those that reached the payer, `dispute` one that is open. `theirs` is what somebody else's entry of it
    carries, and `entered` how much that entry is over: then there is to be none of ours. `asked`: the owner is to say
    whether somebody else's entry is this payment. `beside`: its other invoice, and how much of it is for that.
    `of_credit`: how much of each refund or dispute is taken from what he had too much, as far as it is entered.
    """

    payment: str
    bill: Bill
    amount: Decimal
    debit: bool = False
    refunds: dict[str, Decimal] = field(default_factory=dict)
    lost: dict[str, Decimal] = field(default_factory=dict)
    bounced: Decimal = ZERO
    dispute: str = ""
    disputed: Decimal = ZERO
    stands: bool = True
    ordered: bool = False
    theirs: str = ""
    entered: Decimal = ZERO
    asked: bool = False
    beside: tuple[Bill, Decimal] | None = None
    of_credit: dict[str, Decimal] = field(default_factory=dict)

    @property
    def booked(self) -> Decimal:
        """How much of it is to be in the books."""
        if not self.stands:
            return ZERO
        return self.entered if self.theirs else self.amount

    @property
    def parts(self) -> list[tuple[Bill, Decimal]]:
        """Its invoices, and how much of it is for each."""
        if self.beside is None:
            return [(self.bill, self.amount)]
        return [(self.bill, self.amount - self.beside[1]), self.beside]

    @property
    def gone(self) -> Decimal:
        return sum((*self.refunds.values(), *self.lost.values()), self.bounced)

    @property
    def left(self) -> Decimal:
        """What could still go back; nothing while a bank decides about it."""
        return ZERO if self.dispute else self.amount - self.gone

    @property
    def away_by(self) -> dict[str, Decimal]:
        """The refunds and disputes that have its money, also where a bank may still give it again."""
        return {**self.refunds, **self.lost, **({self.dispute: self.disputed} if self.dispute else {})}

    @property
    def away(self) -> Decimal:
        """What Stripe does not have of it any more."""
        return sum(self.away_by.values(), self.bounced)

    def out(self) -> None:
        """It is to stand in the books no more: the owner's last word on it is of a time before."""
        self.stands = self.ordered = False


class Game:
    """Acts are methods; each draws what it acts upon, and does nothing where there is none."""

    adopted_entered = True  # what goes back of a payment that somebody else has booked is entered too

    def __init__(self, till: CashTill, dice: Random) -> None:
        self.till, self.dice = till, dice
        self.stripe = till.office.stripe_world
        self.kind = till.office.company.identity.ledger_kind
        self.enters = till.office.policy.refunds is Refunds.BOOK  # what goes back; else all of it reopens the invoice
        self.bills: list[Bill] = []
        self.payments: list[Paid] = []
        self.played: list[str] = []
        self.idle = 0  # acts that found nothing to act upon
        self.credited: dict[str, Decimal] = {}  # by payment, as last looked for in the books

    # ----------------------------------------------------------------------------------------------- what customers do

    def texted(self) -> Bill:
        """A new customer who got the text about his invoice and opened the page."""
        phone, customer = self.agreed()
        invoice = self.till.h.issue(customer, self.money(WHOLE))
        return self.opened(Bill(invoice, customer, phone, "", ""))

    def agreed(self) -> tuple[Phone, str]:
        """A new customer who may be texted."""
        number = len(self.bills)
        phone = Phone(f"+1212555{100 + number:04}")
        self.till.office.agree(phone)
        return phone, self.customer(f"Customer {number}", phone)

    def customer(self, name: str, phone: Phone) -> str:
        return str(self.till.h.add_customer(name, mobile=phone.e164))

    def opened(self, bill: Bill) -> Bill:
        """The text about a new bill has gone out, and its page is open."""
        self.till.run(2)
        [text] = self.till.office.texts(bill.phone)
        bill.link = self.till.office.link_in(text)
        bill.page = self._open(bill.link)
        self.bills.append(bill)
        return bill

    def money(self, amount: Decimal, bill: Bill | None = None) -> Money:
        """In the currency of that bill."""
        del bill  # all are in that of the books
        return self.till.amount(str(amount))

    def _open(self, link: str) -> str:
        page = self.stripe.open_page(link)
        assert page is not None
        return page

    def pay(self, bill: Bill, page: str = "") -> Paid:
        payment = self.stripe.pay_page(page or bill.page)
        assert payment is not None
        amount = self.stripe.payments[payment].latest.amount.amount
        self.payments.append(Paid(payment, bill, amount))
        return self.payments[-1]

    def paid_by_card(self) -> None:
        self.pay(self.texted())

    def paid_by_debit(self) -> None:
        bill = self.texted()
        page = self.stripe.start_debit(bill.link)
        assert page is not None
        self.till.run()
        self.stripe.finish_debit(page, succeeds=True)
        payment = self.stripe.pages[page].latest.payment_id
        assert payment is not None
        self.payments.append(Paid(payment, bill, WHOLE, debit=True))

    def paid_twice(self) -> None:
        bill = self.texted()
        second = self._open(bill.link)
        self.pay(bill)
        self.pay(bill, second)

    def paid_beside_a_cheque(self) -> None:
        bill = self.texted()
        self.cheque(bill, PART)
        self.pay(bill)

    def paid_after_a_cheque(self) -> None:
        bill = self.texted()
        self.cheque(bill, WHOLE)
        self.wait(minutes=2)  # what is entered since a payment might be that payment
        self.pay(bill)

    # --------------------------------------------------------------------------------------- what the owner's people do

    def cheque(self, bill: Bill, amount: Decimal) -> None:
        """It goes straight to the bank."""
        h = self.till.h
        if self.kind == "quickbooks":
            pay_by_hand(h.books, bill.invoice, amount, reference="cheque 17", account=h.books.account("Checking"))
        else:
            books = h.twin.books
            books.pay(books.invoices[bill.invoice], amount, account=books.account(BANKS["xero"]), reference="cheque 17")
        bill.cheques += amount

    def edit(self, bill: Bill, amount: str) -> None:
        bill.amount = Decimal(amount)
        self.till.h.edit_amount(bill.invoice, self.money(bill.amount, bill))

    def lowered_and_paid(self) -> None:
        """On the page for what was owed before."""
        bill = self.texted()
        self.edit(bill, "100.00")
        self.pay(bill)

    def raised_and_paid(self) -> None:
        bill = self.texted()
        self.edit(bill, "150.00")
        self.pay(bill)

    def raised_once_paid(self) -> None:
        one = self.one_of([paid for paid in self.payments if paid.stands and paid.bill.amount == WHOLE])
        if one is not None:
            self.edit(one.bill, "150.00")

    def voided_and_paid(self) -> None:
        bill = self.texted()
        self.till.h.void(bill.invoice)
        bill.amount = ZERO
        self.pay(bill)

    def undone(self) -> None:
        one = self.one_of([paid for paid in self.payments if paid.stands and not paid.theirs])
        if one is not None:
            assert undo(self.till.office, one.payment) > 0
            one.stands, one.ordered = False, True

    def booked_again(self) -> None:
        one = self.one_of([paid for paid in self.payments if not paid.stands and not paid.asked])
        if one is not None and verdict(self.till.office, one.payment) == "reversed":
            rebook(self.till.office, one.payment)
            one.stands = one.ordered = True

    def one_of(self, payments: list[Paid]) -> Paid | None:
        self.idle += not payments
        return self.dice.choice(payments) if payments else None

    # -------------------------------------------------------------------------------------------- what goes back again

    def refunded(self) -> None:
        self.give_back(WHOLE)

    def refunded_in_part(self) -> None:
        self.give_back(PART)

    def give_back(self, most: Decimal) -> None:
        one = self.one_of([paid for paid in self.payments if paid.left > 0])
        if one is not None:
            self.refund(one, min(most, one.left))

    def refund(self, one: Paid, amount: Decimal) -> str:
        refund = self.stripe.refund(one.payment, self.money(amount, one.bill))
        one.refunds[refund] = amount
        self.news(one)
        return refund

    def news(self, one: Paid) -> None:
        """Money went back, or a bank has decided; somebody else's entry is not taken out."""
        if one.gone >= one.amount and not self.enters and not one.theirs:
            one.out()

    def refund_begun(self) -> None:
        """It takes its money at once, and has not arrived."""
        one = self.one_of([paid for paid in self.payments if paid.left > 0])
        if one is not None:
            refund = self.refund(one, min(PART, one.left))
            set_refund(self.till.office, refund, RefundState.PENDING, "refund.updated")

    def refund_arrived(self) -> None:
        begun = [name for name, one in self.stripe.balance.refunds.items() if one.latest.state is RefundState.PENDING]
        self.idle += not begun
        if begun:
            set_refund(self.till.office, self.dice.choice(begun), RefundState.SUCCEEDED, "refund.updated")

    def refund_failed(self) -> None:
        one = self.one_of([paid for paid in self.payments if paid.refunds and not paid.dispute])
        if one is not None:
            refund = self.dice.choice(sorted(one.refunds))
            with self.stripe.moment():
                self.stripe.balance.fail_refund(refund)
            del one.refunds[refund]

    def disputed(self) -> None:
        one = self.one_of([paid for paid in self.payments if paid.left > 0])
        if one is not None:
            one.disputed = one.left
            with self.stripe.moment():
                one.dispute = self.stripe.balance.dispute(one.payment, self.money(one.left, one.bill))

    def dispute_won(self) -> None:
        self.decided(won=True)

    def dispute_lost(self) -> None:
        self.decided(won=False)

    def decided(self, *, won: bool) -> None:
        one = self.one_of([paid for paid in self.payments if paid.dispute])
        if one is not None:
            with self.stripe.moment():
                self.stripe.balance.end_dispute(one.dispute, won=won)
            one.lost |= {} if won else {one.dispute: one.disputed}
            one.dispute = ""
            self.news(one)

    def bounced(self) -> None:
        """A bank takes a debit back that had succeeded."""
        one = self.one_of([paid for paid in self.payments if paid.debit and paid.left == paid.amount])
        if one is not None:
            with self.stripe.moment():
                self.stripe.balance.bounce(one.payment)
            one.bounced = one.amount
            one.out()

    # ------------------------------------------------------------------------------------------------ what Stripe does

    def fee_taken(self) -> None:
        self._charged("-7.13")

    def fee_given_back(self) -> None:
        self._charged("2.50")

    def _charged(self, amount: str) -> None:
        with self.stripe.moment():
            self.stripe.balance.charge(self.till.amount(amount), "Radar")

    def paid_out(self) -> None:
        """All that is there; what is missing is drawn from the bank."""
        with self.stripe.moment():
            self.stripe.balance.pay_out(self.till.h.home_currency)

    def sent(self) -> None:
        with self.stripe.moment():
            self.stripe.balance.send(self.till.amount("11.00"))

    def sent_at_once(self) -> None:
        with self.stripe.moment():
            self.stripe.balance.send(self.till.amount("20.00"), instant=True)

    def sent_back_within_the_hour(self) -> None:
        with self.stripe.moment():
            self.stripe.balance.fail_payout(self.stripe.balance.send(self.till.amount("13.00")))

    def payout_sent_back(self) -> None:
        """Days after it was booked."""
        paid = [name for name, one in self.stripe.balance.payouts.items() if one.latest.state is PayoutState.PAID]
        self.idle += not paid
        if paid:
            with self.stripe.moment():
                self.stripe.balance.fail_payout(self.dice.choice(sorted(paid)))

    # ------------------------------------------------------------------------------------------------- what goes wrong

    def disturb(self, action: FaultAction) -> None:
        """The next write to the ledger is lost on its way, on its way back, or answered by an error."""
        self.till.h.twin.faults.append(Fault(action, method="POST|PUT", status=503))

    def settle(self, dies_after: int = 0) -> None:
        """Enough passes for whatever is looked for over hours; the program dies at that many points from now on."""
        left = dies_after

        def die(point: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.played.append(f"(dies at {point})")
                raise Crash

        with armed(die):
            for _ in range(PASSES):
                self.wait(minutes=BETWEEN)
                try:
                    self.till.run()
                except Crash:
                    self.restart(crashed=True)
        self.till.h.twin.faults.clear()

    def wait(self, **time: float) -> None:
        """At the ledger it is as late: it says when somebody has entered something."""
        self.till.office.wait(**time)
        behind = self.till.office.clock.now() - self.till.h.twin.clock.now()
        if self.kind == "quickbooks":
            self.till.h.clock.advance(behind)
        else:
            self.till.h.twin.clock.offset += behind

    def restart(self, *, crashed: bool = False) -> None:
        self.till.office.restart(crashed=crashed)
        self.till.connect()

    def memory_lost(self) -> None:
        """The database is gone; whoever looks at what was rebuilt lets the texts go on."""
        put_back(self.till.office, self.till.office.folder, None)
        self.till.connect()
        self.settle()
        self.till.office.company.store.resume("acme", self.till.office.clock.now())
        for one in self.payments:  # the owner's answers are gone too: of an entry without a name he is asked again
            one.asked = one.asked or (bool(one.theirs) and one.theirs != one.payment)

    # ---------------------------------------------------------------------------------------------- what must hold then

    def assert_right(self) -> None:
        self.assert_payments_stand_once()
        stands = self.till.stands()  # the trial balance is nothing
        fees, bank, owed = (stands.pop(one[self.kind], ZERO) for one in (FEES, BANKS, RECEIVABLE))
        clearing, sales = (stands.pop(one, ZERO) for one in ("Stripe clearing", SALES))
        assert stands == {}, "nothing is on any other account"
        assert -sales == self._income()
        assert fees == self._charged_by_stripe()
        assert bank == sum((one.cheques for one in self.bills), ZERO) + self._sent_to_the_bank()
        assert owed == sum(self._owed().values(), ZERO)
        self.assert_ageing_agrees()
        assert clearing == self.at_stripe() + sum(self.told_of().values(), ZERO)
        others = {one.payment for one in self.payments if one.asked or (one.theirs and self.back(one) != one.away)}
        others |= {one.payment for one in self.payments if one.entered != one.amount and one.theirs}
        differ = self.told_of().keys() - others
        assert not (self.enters and differ), "where all that goes back is entered there is no difference"

    def assert_payments_stand_once(self) -> None:
        """Each as booking, credit, or both, to its whole amount; each of our references on one entry that stands."""
        for one in self.payments:
            assert sum(self._entries(one), ZERO) == one.booked, one
        far = self.till.office.clock.now().date() + timedelta(days=400)
        lines = self.till.ledger.account_entries(self.till.h.payment_account_id, self.till.office.policy.start_on, far)
        found = Counter(
            (one.reference, one.kind) for one in lines if one.reference.startswith("DB") and one.amount.minor
        )
        assert [name for name, count in found.items() if count > 1] == []

    def _entries(self, one: Paid) -> list[Decimal]:
        """What stands of it: somebody else's entry, or ours, and never both."""
        if one.theirs:
            assert self._carrying(one, self._reference) == self.till.credits(one.payment) == [], one
            self.credited[one.payment] = ZERO
            return self._carrying(one, lambda *_: one.theirs)
        credits_ = [amount.amount for amount in self.till.credits(one.payment)]
        self.credited[one.payment] = sum(credits_, ZERO)
        own = self._carrying(one, self._reference)
        assert len(own) <= len(one.parts), one
        assert len(credits_) <= 1, one
        return own + credits_

    def _carrying(self, one: Paid, reference: Callable[[Paid, Bill], str]) -> list[Decimal]:
        """What stands on its invoices with that reference."""
        found = []
        for bill, _ in one.parts:
            booked = self.till.h.bookings_in_world(bill.invoice)
            own = [amount.amount for carried, amount in booked if carried == reference(one, bill) and amount.minor]
            assert len(own) <= 1, one
            found += own
        return found

    def _reference(self, one: Paid, bill: Bill) -> str:
        identity = self.till.office.company.identity
        return booking_reference(identity, one.payment, bill.invoice if one.beside else None)

    def _income(self) -> Decimal:
        """What was invoiced, less what went back of that; what went back of a credit was no income."""
        lost = [self.back(one) - self._out_of_credit(one) for one in self.payments]
        return sum((one.amount for one in self.bills), ZERO) - sum(lost, ZERO)

    def _out_of_credit(self, one: Paid) -> Decimal:
        """How much went back of what he had too much: that goes first, and what is entered stays where it is."""
        away = one.away_by if self.back(one) else {}
        one.of_credit = {name: taken for name, taken in one.of_credit.items() if name in away}
        for name in [entered for entered in away if entered not in one.of_credit]:
            room = self.credited[one.payment] - sum(one.of_credit.values(), ZERO)
            one.of_credit[name] = min(away[name], room)
        return sum(one.of_credit.values(), ZERO)

    def back(self, one: Paid) -> Decimal:
        """What is entered of what went back."""
        if not (self.enters and one.stands):
            return ZERO
        return self.back_of_theirs(one) if one.theirs else one.away

    def back_of_theirs(self, one: Paid) -> Decimal:
        """Out of somebody else's entry: as much as that is over, once it is certain that it is the payment."""
        return min(one.away, one.entered) if self.adopted_entered and not one.asked else ZERO

    def _charged_by_stripe(self) -> Decimal:
        changes = [one.latest for one in self.stripe.balance.changes.values()]
        return sum((-one.net.amount if one.kind is ChangeKind.FEE else one.fee.amount for one in changes), ZERO)

    def _sent_to_the_bank(self) -> Decimal:
        payouts = [one.latest for one in self.stripe.balance.payouts.values()]
        return sum((one.amount.amount for one in payouts if one.state is PayoutState.PAID), ZERO)

    def _owed(self) -> dict[str, Decimal]:
        """What each customer is to owe; below zero is a credit."""
        owed: dict[str, Decimal] = defaultdict(Decimal)
        for bill in self.bills:
            owed[bill.customer] += bill.amount - bill.cheques
        for one in self.payments:
            owed[one.bill.customer] -= one.booked - self._out_of_credit(one)
        return owed

    def assert_ageing_agrees(self) -> None:
        """Journal, report by age, open invoices and the adapter say the same of each customer."""
        expected = {customer: amount for customer, amount in self._owed().items() if amount}
        h, today = self.till.h, self.till.office.clock.now().date()
        aged: dict[str, Decimal] = defaultdict(Decimal)
        if self.kind == "quickbooks":
            assert receivables(h.books) == expected
            aged.update({customer: row["total"] for customer, row in ageing(h.books, today).items()})
        else:
            for _, contact, _, amount in h.twin.books.banking.ageing():
                aged[contact.contact_id] += amount
            [total] = trial_balance(h.twin.books, today)["Rows"][-1]["Rows"]
            assert total["Cells"][3] == total["Cells"][4]
        assert {customer: amount for customer, amount in aged.items() if amount} == expected
        for bill in self.bills:
            if bill.amount:
                assert self.till.owed(bill.invoice).amount >= 0

    def at_stripe(self) -> Decimal:
        return sum((one.total.amount for one in self.stripe.balance.held().values()), ZERO)

    def told_of(self) -> dict[str, Decimal]:
        """By payment: what clearing holds more of it than Stripe, which the owner knows of."""
        known = " ".join(f"{one.happened}" for one in self.till.office.company.queries.attention("acme"))
        found = {}
        for one in self.payments:
            changes = [change.latest for change in self.stripe.balance.changes.values()]
            held = sum((change.amount.amount for change in changes if change.payment_id == one.payment), ZERO)
            if more := one.booked - self.back(one) - held:
                assert one.ordered or one.payment in known, f"nobody was told of {one}"
                found[one.payment] = more
        return found
