"""A QuickBooks company for the tests of entries: the port, and the books behind it, which must balance at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.quickbooks.records import QuickBooksRecords
from adapters.sandbox.quickbooks import RealmSettings
from adapters.sandbox.quickbooks.control import records
from adapters.sandbox.quickbooks.journal import ageing, balances, receivables
from connector.domain.money import Money
from connector.ports.entries import (
    CreditRequest,
    Entries,
    Entry,
    ExpenseRequest,
    ReversalManner,
    ReversalRequest,
    TransferRequest,
)
from connector.ports.ledger import Booking, BookingRequest
from tests.contract.rows.quickbooks import REALM, QuickBooksHarness, harness, settings

DAY = date(2026, 11, 23)
NOTHING = Decimal(0)
REFERENCE = "DB2ZZZZZZZZZZZZZZZZZZ"  # 21 characters, the longest there is


class Desk:
    """The port, and the books behind it."""

    def __init__(self, h: QuickBooksHarness) -> None:
        self.h, self.books = h, h.books
        self.ledger = QuickBooksRecords(settings(h.twin.base_url), REALM, h.tokens, h.wire)
        self.entries: Entries = self.ledger
        self.clearing, self.bank = h.payment_account_id, h.books.account("Checking")
        self.fees, self.sales = h.books.account("Stripe fees"), h.books.account("Sales")

    def held(self, name: str = "Stripe clearing") -> Decimal:
        """What the books' own journal says, in the account's currency."""
        return balances(self.books)[self.books.account(name)][1]

    def live(self, *kinds: str) -> list[tuple[str, str]]:
        """(reference or note, amount) of what stands in the books, payments aside."""
        return [
            (one["reference"] or one["note"], one["amount"])
            for one in records(self.books)["entries"]
            if one["status"] == "live" and (not kinds or one["kind"] in kinds)
        ]

    def paid(self, amount: str = "120.00", currency: str = "USD", **more: Any) -> tuple[str, Booking]:
        """An invoice, and the booking of its payment."""
        money = Money.of(amount, currency)
        customer = self.h.books.add_customer("Rosa Diaz", currency=currency)
        ledger_id = self.h.issue(customer, money)
        request = BookingRequest(
            ledger_id, customer, money, DAY, self.clearing, f"DB1{customer}", "Stripe pi_1", f"b{ledger_id}", **more
        )
        return customer, self.ledger.book(request)

    def writes(self) -> list[str]:
        """The writes so far, by path."""
        return [
            one.path.rsplit("/", 1)[-1]
            for one in self.h.twin.requests
            if one.method == "POST" and not one.path.endswith("/query")
        ]


def opened(realm: RealmSettings | None = None) -> Iterator[Desk]:
    with harness(realm) as h:
        desk = Desk(h)
        yield desk
        assert sum(home for home, _ in balances(desk.books).values()) == 0
        owed = {customer: buckets["total"] for customer, buckets in ageing(desk.books, DAY).items()}
        assert {customer: amount for customer, amount in owed.items() if amount} == receivables(desk.books)


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def expense(desk: Desk, **more: Any) -> ExpenseRequest:
    known = ExpenseRequest(usd("3.78"), desk.clearing, desk.fees, None, DAY, REFERENCE, "Stripe txn_1", "key-1")
    return replace(known, **more)


def transfer(desk: Desk, **more: Any) -> TransferRequest:
    known = TransferRequest(usd("96.22"), desk.clearing, desk.bank, DAY, REFERENCE, "Stripe po_1", "key-1")
    return replace(known, **more)


def credit(desk: Desk, **more: Any) -> CreditRequest:
    customer = more.pop("customer_id", None) or desk.h.add_customer("Rosa Diaz")
    known = CreditRequest(customer, usd("120.00"), desk.clearing, DAY, REFERENCE, "Stripe pi_2", "key-1")
    return replace(known, **more)


def reversal(desk: Desk, manner: ReversalManner, paid: tuple[str, Booking], **more: Any) -> ReversalRequest:
    customer, booking = paid
    known = ReversalRequest(
        manner=manner,
        booking_id=booking.booking_id,
        ledger_id=booking.ledger_id or "",
        customer_id=customer,
        amount=booking.applied,
        account_id=desk.clearing,
        income_account_id=desk.sales,
        tax_code=None,
        booked_on=DAY,
        reference=REFERENCE,
        note="Stripe re_1",
        idempotency_key="key-1",
    )
    return replace(known, **more)


def row_of(desk: Desk, entity: str, entry: Entry) -> dict[str, Any]:
    """The entry as the books hold it."""
    row: dict[str, Any] = desk.books.row(entity, entry.entry_id)
    return row
