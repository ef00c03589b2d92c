"""Steps that both halves of the ledger's suite take."""

from __future__ import annotations

from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.ports.ledger import Booking, BookingRequest
from tests.contract.harness import LedgerHarness
from tests.contract.looking import Changes, look_again

REFERENCE = "DB0000000000000000001"  # 21 characters, the longest there is


def usd(h: LedgerHarness, amount: str) -> Money:
    """So much in the currency of the books."""
    return Money.of(amount, h.home_currency)


def issue(h: LedgerHarness, amount: str = "120.00") -> str:
    """An invoice to a customer of its own; once a test."""
    return h.issue(h.add_customer("Rosa Diaz", mobile="+12025550143"), usd(h, amount))


def standing(h: LedgerHarness, ledger_id: str) -> Receivable:
    """The invoice as the port reads it now."""
    found = h.ledger.receivable(ledger_id)
    assert found is not None
    return found


def request(h: LedgerHarness, ledger_id: str, amount: str = "120.00", reference: str = REFERENCE) -> BookingRequest:
    """A booking on the day the invoice was issued."""
    invoice = standing(h, ledger_id)
    return BookingRequest(
        ledger_id=ledger_id,
        customer_id=invoice.customer_id,
        amount=usd(h, amount),
        booked_on=invoice.issued_on,
        account_id=h.payment_account_id,
        reference=reference,
        note=f"Stripe pi_{reference}",
        idempotency_key=f"key-{reference}",
    )


def found_by_reference(h: LedgerHarness, reference: str = REFERENCE) -> list[Booking]:
    """Bookings under our reference, at a second look if need be."""
    return look_again(h, lambda: list(h.ledger.bookings_with_reference(reference)), bool)


def noticed(h: LedgerHarness, cursor: str, ledger_id: str) -> Changes:
    """Changes since the cursor, at a second look if they do not name that invoice yet."""
    return look_again(h, lambda: Changes(h.ledger, cursor), lambda seen: ledger_id in seen.noticed)
