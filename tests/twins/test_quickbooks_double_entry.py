"""The QuickBooks stand-in keeps books that balance, whatever is done to them in whatever order."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sandbox.quickbooks import Books, RealmSettings
from adapters.sandbox.quickbooks.control import add_invoice
from adapters.sandbox.quickbooks.entries import create_entry, delete_entry, void_by_person
from adapters.sandbox.quickbooks.journal import ageing, balances, journal, receivables
from adapters.sandbox.quickbooks.payments import (
    apply_anew,
    create_payment,
    delete_invoice,
    delete_payment,
    give_credit,
    void_invoice,
    void_payment,
)
from adapters.sandbox.quickbooks.shapes import Refused

HOME = "USD"
RATES = (Decimal("1.1"), Decimal("1.0837"), Decimal("0.9913"))


@dataclass
class House:
    """One company and the hands that write in its books. What QuickBooks refuses must leave no trace."""

    books: Books = field(default_factory=lambda: Books("1", RealmSettings(multicurrency=True)))
    customers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.customers = [(self.books.add_customer(f"{c} customer", currency=c), c) for c in (HOME, "EUR")]
        self.euro_bank = self.books.add_account("Euro bank", "Bank", "EUR")
        self.bank, self.fees = self.books.account("Checking"), self.books.account("Stripe fees")

    def pick(self, kind: str, place: int) -> str:
        ids = [version.row["Id"] for version in self.books.all(kind) if not version.deleted]
        if not ids:
            raise Refused("610", "there is none yet")
        return str(ids[place % len(ids)])

    def currency(self, place: int) -> tuple[str, dict[str, Any]]:
        customer, code = self.customers[place % 2]
        rate = RATES[place % 3] if code != HOME else Decimal(1)
        return customer, {"CurrencyRef": {"value": code}, "ExchangeRate": rate}

    def invoice(self, place: int, amount: Decimal) -> None:
        customer, currency = self.currency(place)
        add_invoice(
            self.books,
            {
                "customer": customer,
                "amount": amount,
                "exchange_rate": currency["ExchangeRate"],
                "due_date": "2026-11-01",
            },
        )

    def taxed(self, place: int, amount: Decimal) -> None:
        customer, currency = self.currency(place)
        line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
        tax = {"TotalTax": (amount / 5).quantize(Decimal("0.01"))}
        body = {"CustomerRef": {"value": customer}, "Line": [line, line], "TxnTaxDetail": tax, **currency}
        self.books.create_invoice(body)

    def pay(self, place: int, amount: Decimal) -> None:
        """Part of an invoice, all of it, or more than it takes."""
        row = self.books.row("Invoice", self.pick("Invoice", place))
        applied = min(amount, row["Balance"])
        line = {"Amount": applied, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": "Invoice"}]}
        account = [self.books.clearing_account, None, self.euro_bank][place % 3]
        body = {
            "CustomerRef": row["CustomerRef"],
            "TotalAmt": amount,
            "Line": [line] if applied else [],
            "CurrencyRef": row["CurrencyRef"],
            "ExchangeRate": RATES[place % 3],
        }
        create_payment(self.books, body | ({"DepositToAccountRef": {"value": account}} if account else {}))

    def apply(self, place: int, amount: Decimal) -> None:
        """What is left of a payment on another invoice, or nothing of it on any."""
        payment = self.books.row("Payment", self.pick("Payment", place))
        row = self.books.row("Invoice", self.pick("Invoice", place))
        applied = min(amount, row["Balance"], payment["TotalAmt"])
        line = {"Amount": applied, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": "Invoice"}]}
        apply_anew(self.books, payment["Id"], {"Line": [line] if place % 4 and applied > 0 else []})

    def credit(self, place: int, amount: Decimal) -> None:
        row = self.books.row("Invoice", self.pick("Invoice", place))
        applied = row["Id"] if amount <= row["Balance"] and place % 2 else None
        give_credit(self.books, row["CustomerRef"]["value"], amount, applied, row["ExchangeRate"])

    def spend(self, place: int, amount: Decimal) -> None:
        _, currency = self.currency(place)
        self.books.settings.tax_percent["20"] = "20"
        detail = {"AccountRef": {"value": self.fees}, "TaxCodeRef": {"value": "20" if place % 2 else "NON"}}
        line = {
            "Amount": amount,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }
        tax = "TaxInclusive" if place % 3 else "TaxExcluded"
        account = {"value": [self.books.clearing_account, self.euro_bank][place % 2]}
        body = {"PaymentType": "Cash", "AccountRef": account, "Line": [line, line], "GlobalTaxCalculation": tax}
        create_entry(self.books, "Purchase", {**body, **currency})

    def pay_back(self, place: int, amount: Decimal) -> None:
        """An expense against what a customer has to get."""
        customer, currency = self.currency(place)
        kind = "AccountBasedExpenseLineDetail"
        owed = self.books.receivables_account(currency["CurrencyRef"]["value"])
        body = {"PaymentType": "Cash", "AccountRef": {"value": self.books.clearing_account}}
        payee = {"type": "Customer", "value": customer}
        line = {"Amount": amount, "DetailType": kind, kind: {"AccountRef": {"value": owed}}}
        create_entry(self.books, "Purchase", {**body, "EntityRef": payee, "Line": [line], **currency})

    def transfer(self, place: int, amount: Decimal) -> None:
        source, target = (self.books.clearing_account, self.bank)[:: 1 if place % 2 == 0 else -1]
        ends = {"FromAccountRef": {"value": source}, "ToAccountRef": {"value": target}}
        create_entry(self.books, "Transfer", {**ends, "Amount": amount, "CurrencyRef": {"value": HOME}})

    def refund(self, place: int, amount: Decimal) -> None:
        customer, currency = self.currency(place)
        item = {"ItemRef": {"value": self.books.service_item}}
        line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": item}
        account = {"DepositToAccountRef": {"value": self.books.clearing_account}}
        create_entry(
            self.books, "RefundReceipt", {"CustomerRef": {"value": customer}, "Line": [line], **account, **currency}
        )

    def bank_it(self, place: int, amount: Decimal) -> None:
        waiting = {"Amount": 1, "LinkedTxn": [{"TxnId": self.pick("Payment", place), "TxnType": "Payment"}]}
        fee = {"Amount": -amount, "DepositLineDetail": {"AccountRef": {"value": self.fees}}}
        lines = [waiting] if place % 2 else [waiting, fee]
        body = {"DepositToAccountRef": {"value": self.bank}, "Line": lines, "CurrencyRef": {"value": HOME}}
        create_entry(self.books, "Deposit", body)

    def adjust(self, place: int, amount: Decimal) -> None:
        entity = {"Entity": {"Type": "Customer", "EntityRef": {"value": self.customers[0][0]}}}
        kinds = ("Debit", "Credit")[:: 1 if place % 2 == 0 else -1]
        sides = [
            {
                "PostingType": kinds[0],
                "AccountRef": {"value": self.books.account("Accounts Receivable (A/R)")},
                **entity,
            },
            {"PostingType": kinds[1], "AccountRef": {"value": self.books.account("Opening Balance Equity")}},
        ]
        lines = [{"Amount": amount, "JournalEntryLineDetail": side} for side in sides]
        create_entry(self.books, "JournalEntry", {"Line": lines, "CurrencyRef": {"value": HOME}})

    def void(self, place: int, amount: Decimal) -> None:
        acts = (void_invoice, void_payment)
        kind = ("Invoice", "Payment")[place % 2]
        acts[place % 2](self.books, self.pick(kind, int(amount)))

    def remove(self, place: int, amount: Decimal) -> None:
        kinds = ("Invoice", "Payment", "CreditMemo", "Deposit", "Purchase", "RefundReceipt", "Transfer")
        kind = kinds[place % len(kinds)]
        entity_id = self.pick(kind, int(amount))
        if kind == "Invoice":
            delete_invoice(self.books, entity_id)
        elif kind == "Payment":
            delete_payment(self.books, entity_id)
        else:
            delete_entry(self.books, kind, entity_id)

    def void_on_the_form(self, place: int, amount: Decimal) -> None:
        kind = ("Purchase", "RefundReceipt", "Transfer")[place % 3]
        void_by_person(self.books, kind, self.pick(kind, int(amount)))

    def edit(self, place: int, amount: Decimal) -> None:
        self.books.edit_invoice(self.pick("Invoice", place), amount=amount)


DEEDS = (
    *(House.invoice, House.taxed, House.pay, House.credit, House.spend, House.transfer, House.refund, House.bank_it),
    *(House.pay_back, House.apply),
    *(House.adjust, House.void, House.remove, House.void_on_the_form, House.edit),
)
AMOUNTS = st.integers(1, 100_000).map(lambda cents: Decimal(cents) / 100)


def owed_by_the_forms(books: Books) -> dict[str, Decimal]:
    aged = ageing(books, date(2026, 12, 1))
    return {customer: buckets["total"] for customer, buckets in aged.items() if buckets["total"]}


def what_stands(books: Books) -> list[Any]:
    return [version.row for kind in books.records for version in books.all(kind)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 12), AMOUNTS), min_size=5, max_size=40))
def test_books_balance_and_ageing_agrees_with_the_forms_after_any_deeds(deeds: list[tuple[Any, int, Decimal]]) -> None:
    house = House()
    for place in (0, 1):
        house.invoice(place, Decimal("80.00"))  # so that there is something to pay from the start
    for deed, place, amount in deeds:
        before = what_stands(house.books)
        try:
            deed(house, place, amount)
        except Refused:
            assert what_stands(house.books) == before
        for one in journal(house.books):
            assert sum(posting.home for posting in one.postings) == 0, one
    held = balances(house.books)
    assert sum(home for home, _ in held.values()) == 0
    assert owed_by_the_forms(house.books) == receivables(house.books)


def test_deeds_of_every_kind_are_accepted_so_that_the_property_says_something() -> None:
    house = House()
    done = set()
    for deed in (*DEEDS, *DEEDS):
        for place in range(13):
            with suppress(Refused):
                deed(house, place, Decimal("5.00"))
                done.add(deed)
    assert done == set(DEEDS)


# ------------------------------------------------------------------------------------------------- what is booked


def held(house: House, name: str) -> Decimal:
    return balances(house.books)[house.books.account(name)][0]


def test_a_foreign_invoice_paid_at_another_rate_books_the_difference() -> None:
    house = House()
    customer, _ = house.customers[1]
    add_invoice(house.books, {"customer": customer, "amount": "100.00", "exchange_rate": "1.10"})
    invoice = house.pick("Invoice", 0)
    line = {"Amount": Decimal(100), "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
    body = {
        "CustomerRef": {"value": customer},
        "TotalAmt": Decimal(100),
        "CurrencyRef": {"value": "EUR"},
        "DepositToAccountRef": {"value": house.books.clearing_account},
        "Line": [line],
    }
    create_payment(house.books, {**body, "ExchangeRate": Decimal("1.15")})
    assert held(house, "Accounts Receivable (A/R) - EUR") == 0
    assert held(house, "Stripe clearing") == Decimal("115.00")
    assert held(house, "Exchange Gain or Loss") == Decimal("-5.00")  # a gain, on the credit side
    assert held(house, "Sales") == Decimal("-110.00")


def test_a_foreign_payment_without_a_rate_is_booked_one_to_one() -> None:
    house = House()
    customer, _ = house.customers[1]
    body = {"CustomerRef": {"value": customer}, "TotalAmt": Decimal(100), "CurrencyRef": {"value": "EUR"}}
    create_payment(house.books, body)
    assert held(house, "Undeposited Funds") == Decimal(100)


def test_a_foreign_invoice_paid_in_parts_leaves_no_cent_behind() -> None:
    house = House()
    customer, _ = house.customers[1]
    add_invoice(house.books, {"customer": customer, "amount": "100.00", "exchange_rate": "1.0837"})
    for _ in range(3):
        house.pay(1, Decimal("33.33"))
    house.pay(1, Decimal("0.01"))
    assert held(house, "Accounts Receivable (A/R) - EUR") == 0


def test_tax_on_a_sale_is_owed_and_not_earned() -> None:
    house = House()
    house.taxed(0, Decimal("50.00"))
    assert held(house, "Accounts Receivable (A/R)") == Decimal("110.00")
    assert (held(house, "Sales"), held(house, "Sales tax payable")) == (Decimal(-100), Decimal(-10))


@pytest.mark.parametrize(("deed", "name"), [(House.spend, "Stripe fees"), (House.transfer, "Checking")])
def test_what_leaves_clearing_arrives_elsewhere_and_comes_back_when_deleted(deed: Any, name: str) -> None:
    house = House()
    deed(house, 0, Decimal("7.50"))
    gone = held(house, "Stripe clearing")
    assert gone == -held(house, name) < 0
    kind = "Purchase" if deed is House.spend else "Transfer"
    delete_entry(house.books, kind, house.pick(kind, 0))
    assert held(house, "Stripe clearing") == held(house, name) == 0
