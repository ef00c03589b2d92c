"""Settings of what becomes of payments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from connector.settings import Contradiction, Means, StrictSettings


class PaymentSettings(StrictSettings):
    """What becomes of money that comes in."""

    surplus: Literal["ask", "credit"] = Field(
        default="ask",
        description="Money that its invoice does not take: paid twice, after a cheque, after you voided the invoice. "
        "'ask': such a payment is left alone as a whole, and you decide. 'credit': what fits is booked, and the rest "
        "is booked as the customer's credit, in QuickBooks an unapplied payment, in Xero an overpayment; you are told "
        "of each. Duebird never refunds.",
    )
    refunds: Literal["ask", "reopen", "book"] = Field(
        default="ask",
        description="A payment whose money went back: a refund, a dispute, a bank debit that the bank returned later. "
        "'ask': you are told, and nothing is changed in the ledger. 'reopen': once all of its money is gone for good, "
        "the booking is taken out of the ledger again (QuickBooks: voided; Xero: removed), its invoice is owed again "
        "and gets no reminder until you release it; you are told of each. Of whatever is not all, or not for good, you "
        "are told and nothing is changed. 'book': what went back, a part too, is an entry of its own, out of the "
        "clearing account, as soon as Stripe does not have the money (QuickBooks: a refund receipt; Xero: a credit "
        "note with its payment), and is taken out again if the money comes back; the invoice stays paid, and you are "
        "told of each. That needs refund_account. Duebird never refunds.",
        examples=["book"],
    )
    refund_account: str | None = Field(
        default=None,
        min_length=1,
        description="Income account that a refund takes down, by name, number or id; for refunds = 'book'. In "
        "QuickBooks one that a service (Sales > Products and services) books to, which then stands on the receipt.",
        examples=["Sales"],
    )
    refund_tax_code: str | None = Field(
        default=None,
        min_length=1,
        description="Tax on what is refunded, where your country has one: in Xero the tax type, such as 'OUTPUT'; in "
        "QuickBooks the id of the tax code. The refund includes it. Left out: no tax.",
        examples=["OUTPUT"],
    )
    closed_period: Literal["ask", "first_open_day"] = Field(
        default="ask",
        description="A payment, refund, fee or payout of a day for which the books are closed (QuickBooks: closing "
        "date; Xero: lock dates). 'ask': it is left alone, and you decide. 'first_open_day': it is booked on the first "
        "day that is open, with a note of its own day, and you are told.",
    )
    fee_account: str | None = Field(
        default=None,
        min_length=1,
        description="Expense account to which Stripe's fees are booked, by name, number or id: every fee of the Stripe "
        "account, one entry each, out of the clearing account. Left out: you enter them.",
        examples=["Stripe fees"],
    )
    fee_tax_code: str | None = Field(
        default=None,
        min_length=1,
        description="Tax on those fees, where your country has one: in Xero the tax type, such as 'INPUT'; in "
        "QuickBooks the id of the tax code. The fee includes it. Left out: no tax.",
        examples=["INPUT"],
    )
    payout_account: str | None = Field(
        default=None,
        min_length=1,
        description="Bank account that Stripe pays out to, by name, number or id: each payout that is paid is booked "
        "as one transfer from the clearing account, to the cent of the bank's line. Left out: you enter them.",
        examples=["Business checking"],
    )
    exchange_account: str | None = Field(
        default=None,
        min_length=1,
        description="Income or expense account for gains and losses on exchange, by name, number or id: what is left "
        "in the clearing account of payments in another currency, because money came back at another rate than it left "
        "at or because no rate of the ledger hits the cent, is entered against it. In QuickBooks one of the type "
        "Income, Other Income, Expense or Other Expense; in Xero none of Xero's own, such as Realised Currency Gains, "
        "which take no entries. Left out: you enter it.",
        examples=["Exchange differences"],
    )
    book_from: Annotated[date, Means("a date without quotes, such as 2026-12-01")] | None = Field(
        default=None,
        description="First day whose fees, payouts, refunds and exchange differences are booked. Left out: from when "
        "on Duebird first runs with fee_account, payout_account, exchange_account or refunds = 'book'. Only name an "
        "earlier day if nobody has entered them since: else they would stand there twice.",
        examples=[date(2026, 12, 1)],
    )

    @property
    def books_cash(self) -> bool:
        """Whether fees or payouts are booked."""
        return self.fee_account is not None or self.payout_account is not None

    @property
    def books_exchange(self) -> bool:
        """Whether differences of rates are entered."""
        return self.exchange_account is not None

    @property
    def books_moves(self) -> bool:
        """Whether fees, payouts or differences of rates are: money that moves on clearing beside the customers'."""
        return self.books_cash or self.books_exchange

    @property
    def books_refunds(self) -> bool:
        """Whether money that went back is entered as such."""
        return self.refunds == "book"

    def contradictions(self) -> Iterator[Contradiction]:
        """What is said of something that is not booked, or not said of something that is."""
        yield from self._of_refunds()
        if self.fee_tax_code is not None and self.fee_account is None:
            yield Contradiction(
                "fee_tax_code",
                "is given, but no fee_account, so that no fee is booked",
                "Add fee_account, or remove fee_tax_code.",
            )
        if self.book_from is not None and not (self.books_moves or self.books_refunds):
            yield Contradiction(
                "book_from",
                "is given, but none of fee_account, payout_account, exchange_account and refunds = 'book', so that "
                "nothing is booked",
                "Add one of the four, or remove book_from.",
            )

    def _of_refunds(self) -> Iterator[Contradiction]:
        if self.books_refunds and self.refund_account is None:
            yield Contradiction(
                "refunds",
                "is 'book', but no refund_account says which income a refund takes down",
                "Add refund_account, or choose another word for refunds.",
            )
        for name in ("refund_account", "refund_tax_code"):
            if getattr(self, name) is not None and not self.books_refunds:
                yield Contradiction(
                    name,
                    "is given, but refunds is not 'book', so that no refund is booked",
                    f"Write refunds = 'book', or remove {name}.",
                )
