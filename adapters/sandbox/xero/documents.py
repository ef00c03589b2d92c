"""Bank transactions, transfers, credit notes, and what is allocated and paid back of a customer's credit.

https://developer.xero.com/documentation/api/accounting/banktransactions, .../banktransfers, .../creditnotes,
.../overpayments
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from adapters.sandbox.xero.journal import ZERO

if TYPE_CHECKING:
    from adapters.sandbox.xero.books import Account, Contact, Invoice

OVERPAYMENT = "RECEIVE-OVERPAYMENT"


@dataclass
class LineItem:
    """A line of a bank transaction or credit note. `net` and `tax` in the document's currency."""

    description: str
    account: Account
    tax_type: str
    unit_amount: Decimal
    quantity: Decimal
    line_amount: Decimal  # as entered: with or without tax, as the document says
    tax: Decimal
    net: Decimal
    line_id: str


@dataclass
class Allocation:
    """So much of a credit put on an invoice."""

    allocation_id: str
    credit: Credit
    invoice: Invoice
    amount: Decimal
    day: date
    deleted: bool = False


@dataclass
class Refund:
    """A payment of a credit back to the customer. In lists it is a payment, of a type of its own."""

    credit: Credit
    account: Account
    amount: Decimal
    paid_on: date
    reference: str
    rate: Decimal
    bank_amount: Decimal
    reconciled: bool
    updated: datetime
    payment_id: str
    status: str = "AUTHORISED"

    @property
    def identifier(self) -> str:
        return self.payment_id

    @property
    def kind(self) -> str:
        return "ARCREDITPAYMENT" if isinstance(self.credit, CreditNote) else "AROVERPAYMENTPAYMENT"


@dataclass
class Credit:
    """What a customer may still use or have back: a credit note, or an overpayment."""

    contact: Contact
    booked_on: date
    lines: list[LineItem]
    amounts_are: str  # LineAmountTypes
    currency: str
    rate: Decimal
    reference: str
    updated: datetime
    status: str = "AUTHORISED"
    allocations: list[Allocation] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    @property
    def live(self) -> bool:
        return self.status in {"AUTHORISED", "PAID"}

    @property
    def document(self) -> str:
        """The id under which it stands open."""
        raise LookupError("a credit of no kind")

    @property
    def used(self) -> Decimal:
        allocated = sum((a.amount for a in self.allocations if not a.deleted), ZERO)
        return allocated + sum((r.amount for r in self.refunds if r.status == "AUTHORISED"), ZERO)

    @property
    def remaining(self) -> Decimal:
        return self.total - self.used if self.live else ZERO


@dataclass
class CreditNote(Credit):
    """A sales credit note (ACCRECCREDIT)."""

    number: str = ""
    credit_note_id: str = ""

    @property
    def identifier(self) -> str:
        return self.credit_note_id

    @property
    def document(self) -> str:
        return self.credit_note_id


@dataclass
class BankTransaction(Credit):
    """Money spent or received; a received overpayment is a credit as well.

    `bank_amount` is the total in the bank account's currency.
    """

    kind: str = "SPEND"
    account: Account = field(kw_only=True)
    bank_amount: Decimal = ZERO
    reconciled: bool = False
    transaction_id: str = ""
    overpayment_id: str | None = None

    @property
    def identifier(self) -> str:
        return self.transaction_id

    @property
    def document(self) -> str:
        return self.overpayment_id or ""

    @property
    def incoming(self) -> bool:
        return self.kind.startswith("RECEIVE")

    @property
    def shown_status(self) -> str:
        """Of the bank transaction; that of the overpayment is `status`."""
        return "AUTHORISED" if self.live else "DELETED"


@dataclass
class BankTransfer:
    """Money between two bank accounts of one currency."""

    source: Account
    target: Account
    amount: Decimal
    booked_on: date
    reference: str
    updated: datetime
    created: datetime
    transfer_id: str
    from_transaction_id: str
    to_transaction_id: str
    status: str = "AUTHORISED"
    from_reconciled: bool = False
    to_reconciled: bool = False

    @property
    def identifier(self) -> str:
        return self.transfer_id

    @property
    def sides(self) -> tuple[TransferSide, TransferSide]:
        """As lists of bank transactions show it; for reading only."""
        return (
            TransferSide(self, "SPEND-TRANSFER", self.from_transaction_id, self.source, self.from_reconciled),
            TransferSide(self, "RECEIVE-TRANSFER", self.to_transaction_id, self.target, self.to_reconciled),
        )


@dataclass
class TransferSide:
    """One end of a transfer, in the form of a bank transaction. It names no contact and carries no reference."""

    transfer: BankTransfer
    kind: str
    transaction_id: str
    account: Account
    reconciled: bool
    contact: None = None
    reference: str = ""

    @property
    def identifier(self) -> str:
        return self.transaction_id

    @property
    def shown_status(self) -> str:
        return self.transfer.status

    @property
    def total(self) -> Decimal:
        return self.transfer.amount

    @property
    def booked_on(self) -> date:
        return self.transfer.booked_on

    @property
    def updated(self) -> datetime:
        return self.transfer.updated
