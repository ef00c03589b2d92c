"""Settings of what becomes of payments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from connector.settings import StrictSettings


class PaymentSettings(StrictSettings):
    """What becomes of money that comes in."""

    surplus: Literal["ask", "credit"] = Field(
        default="ask",
        description="Money that its invoice does not take: paid twice, after a cheque, after you voided the invoice. "
        "'ask': such a payment is left alone as a whole, and you decide. 'credit': what fits is booked, and the rest "
        "is booked as the customer's credit, in QuickBooks an unapplied payment, in Xero an overpayment; you are told "
        "of each. Duebird never refunds.",
    )
    closed_period: Literal["ask", "first_open_day"] = Field(
        default="ask",
        description="A payment of a day for which the books are closed (QuickBooks: closing date; Xero: lock dates). "
        "'ask': it is left alone, and you decide. 'first_open_day': it is booked on the first day that is open, with a "
        "note of its own day, and you are told.",
    )
