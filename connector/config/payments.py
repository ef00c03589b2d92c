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
    refunds: Literal["ask", "reopen"] = Field(
        default="ask",
        description="A payment whose money went back: a refund, a dispute, a bank debit that the bank returned later. "
        "'ask': you are told, and nothing is changed in the ledger. 'reopen': once all of its money is gone for good, "
        "the booking is taken out of the ledger again (QuickBooks: voided; Xero: removed), its invoice is owed again "
        "and gets no reminder until you release it; you are told of each. Of whatever is not all, or not for good, you "
        "are told and nothing is changed. Duebird never refunds.",
    )
