"""What the tests of the Xero adapter do in its world."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from adapters.sandbox.base import SeenRequest
from adapters.sandbox.xero.books import Invoice
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.ports.ledger import BookingRequest, ChangePage
from tests.contract.rows.xero import XeroHarness

SECOND = "11111111-2222-4333-8444-555555555555"
FOREVER = 99  # times a fault strikes: more often than any test calls


def issue(h: XeroHarness, amount: str = "100.00", **fields: Any) -> Invoice:
    books = h.twin.books
    contact = next(iter(books.contacts.values()), None) or books.add_contact("Barney Rubble", mobile="021 555 123")
    return books.issue(contact, Decimal(amount), **fields)


def asking(h: XeroHarness, invoice: Invoice, amount: str = "100.00", **changes: Any) -> BookingRequest:
    request = BookingRequest(
        ledger_id=invoice.invoice_id,
        customer_id=invoice.contact.contact_id,
        amount=Money.of(amount, invoice.currency),
        booked_on=date(2026, 11, 23),
        account_id=h.payment_account_id,
        reference="DBK2M9QX4T1",
        note="pi_3QABC",
        idempotency_key="book-1",
    )
    return replace(request, **changes)


def calls(h: XeroHarness, method: str = ".*") -> list[SeenRequest]:
    return [seen for seen in h.twin.requests if method in {".*", seen.method}]


def poll(h: XeroHarness, cursor: str) -> tuple[list[ChangePage], str]:
    """Pages until there is no more; a poll that does not end fails."""
    pages: list[ChangePage] = []
    for _ in range(50):
        pages.append(h.ledger.changes(cursor))
        cursor = pages[-1].cursor
        if not pages[-1].more:
            return pages, cursor
    raise AssertionError("the poll did not end")


def sweep(h: XeroHarness) -> list[Receivable]:
    found: list[Receivable] = []
    place: str | None = None
    for _ in range(50):
        page = h.ledger.open_receivables(place)
        found += page.receivables
        place = page.next_page
        if place is None:
            return found
    raise AssertionError("the sweep did not end")


def ids(pages: list[ChangePage]) -> set[str]:
    return {row.ledger_id for page in pages for row in page.receivables}
