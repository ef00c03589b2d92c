"""Foreign invoices over HTTP, in the stand-ins for QuickBooks and Xero, which keep double entry and exchange gains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.memory.faults import Crash
from adapters.sandbox.base import Fault
from adapters.sandbox.quickbooks import RealmSettings
from adapters.sandbox.quickbooks.control import add_invoice
from connector.domain.balance import ChangeKind
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.settlement import Surplus
from connector.failpoints import armed
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_cash_over_http import CashTill
from tests.flow.till import in_clearing, open_till, owes

# What one unit is worth to Stripe, by the currency of the books; the invoices say something else.
RATES = {
    "USD": {"EUR": "1.083712", "JPY": "0.006673", "KWD": "3.25641"},
    "NZD": {"EUR": "1.953117", "JPY": "0.01142", "KWD": "5.5731"},
}
INVOICED_AT = {"EUR": "1.10", "JPY": "0.0070", "KWD": "3.30"}
AMOUNTS = [Money.of("1234.56", "EUR"), Money.of("98765", "JPY"), Money.of("123.450", "KWD")]
GAINS = {"quickbooks": "Exchange Gain or Loss", "xero": "Realised Currency Gains"}


@dataclass
class ForeignTill(CashTill):
    """One whose Stripe account exchanges what comes in other currencies into that of the books."""

    def connect(self) -> None:
        super().connect()
        office, home = self.office, self.h.home_currency
        balance = office.stripe_world.balance
        balance.home = home
        balance.rates.update({code: Decimal(rate) for code, rate in RATES[home].items()})

    def bill(self, amount: Money) -> tuple[str, str]:
        """A customer of that currency and an invoice, at a rate of its own."""
        self.office.agree(Phone(MOBILE.e164))
        if self.office.company.identity.ledger_kind == "xero":
            books = self.h.twin.books
            contact = books.add_contact("Rosa Diaz", mobile=MOBILE.e164)
            rate = Decimal(INVOICED_AT[amount.currency])
            row = books.issue(contact, amount.amount, currency=amount.currency, rate=rate)
            return str(row.invoice_id), str(contact.contact_id)
        customer = self.h.books.add_customer("Rosa Diaz", mobile=MOBILE.e164, currency=amount.currency)
        asked = {"customer": customer, "amount": str(amount.amount), "currency": amount.currency}
        asked["exchange_rate"] = INVOICED_AT[amount.currency]
        return str(add_invoice(self.h.books, asked)["Id"]), str(customer)

    def open_pages(self, number: int = 1) -> list[str]:
        """Pages of the link that was texted."""
        self.run(2)
        link = self.office.link_in(self.office.texts()[0])
        found = [self.office.stripe_world.open_page(link) for _ in range(number)]
        return [one for one in found if one is not None]

    def pay(self, pages: list[str]) -> None:
        for one in pages:
            assert self.office.stripe_world.pay_page(one) is not None
        self.office.wait(minutes=1)

    def gross(self) -> Decimal:
        """What Stripe made of the payments."""
        found = (one.latest for one in self.office.stripe_world.balance.changes.values())
        paid = [one.amount for one in found if one.kind is ChangeKind.PAYMENT]
        assert {one.currency for one in paid} == {self.h.home_currency}
        return sum((one.amount for one in paid), Decimal(0))

    def assert_right(self, invoice: str, customer: str, *, owing: str = "0") -> None:
        """Booked once, clearing is Stripe's balance, and the books add up, whatever was gained or lost."""
        held = self.office.stripe_world.balance.held()[self.h.home_currency].total
        assert self.gross() > 0
        assert in_clearing(self) == held.amount
        assert len(self.h.bookings_in_world(invoice)) == 1
        assert self.owed(invoice).amount == 0
        assert owes(self.h, customer) == Decimal(owing)
        stands = self.stands()  # adds up to nothing
        assert GAINS[self.office.company.identity.ledger_kind] in stands
        assert [one for one in self.office.attention() if "Stripe's rate" in one] == []


def multicurrency() -> object:
    return quickbooks.harness(RealmSettings(multicurrency=True))


@pytest.fixture(name="till", params=[multicurrency, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ForeignTill]:
    with open_till(request.param, tmp_path, ForeignTill, surplus=Surplus.CREDIT) as made:
        yield made


@pytest.mark.parametrize("amount", AMOUNTS, ids=lambda one: one.currency)
def test_the_clearing_account_holds_what_stripe_holds_and_the_ledger_books_the_difference_of_rates(
    till: ForeignTill, amount: Money
) -> None:
    invoice, customer = till.bill(amount)
    till.pay(till.open_pages())
    till.run(2)
    assert in_clearing(till) == till.gross()
    till.later()
    till.assert_right(invoice, customer)


def test_what_is_too_much_is_a_credit_that_brings_the_rest_of_what_stripe_has(till: ForeignTill) -> None:
    invoice, customer = till.bill(AMOUNTS[0])
    till.pay(till.open_pages(2))
    till.run(3)
    assert in_clearing(till) == till.gross()
    till.later()
    kind = till.office.company.identity.ledger_kind
    worth = till.gross() / 2 if kind == "quickbooks" else AMOUNTS[0].amount  # in the books' currency, or its own
    till.assert_right(invoice, customer, owing=str(-worth))


@pytest.mark.parametrize("step", ["asked", "calling", "answered"])
def test_a_crash_around_the_call_leaves_one_entry_at_the_same_rate(till: ForeignTill, step: str) -> None:
    invoice, customer = till.bill(AMOUNTS[0])
    till.pay(till.open_pages())
    struck: list[str] = []

    def die(point: str) -> None:
        if point == f"booking.{step}" and not struck:
            struck.append(point)
            raise Crash

    with armed(die), pytest.raises(Crash):
        till.run()
    till.office.restart(crashed=True)
    till.connect()
    till.later()
    assert struck
    till.assert_right(invoice, customer)


def test_a_lost_answer_and_a_lost_memory_leave_one_entry_at_the_same_rate(till: ForeignTill) -> None:
    invoice, customer = till.bill(AMOUNTS[0])
    till.pay(till.open_pages())
    fault = Fault("drop_after", method="POST|PUT", path=r"(?i)/payments?\b")
    till.h.twin.faults.append(fault)
    till.later()
    assert fault.hits == 1
    till.assert_right(invoice, customer)
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    till.assert_right(invoice, customer)
