"""One organisation's records, and the rules Xero holds them to.

Amounts are Decimals in the document's currency. Calendar days are dates; `updated` is UTC.
Refusal texts are those third parties quote; Xero publishes none.
"""

from __future__ import annotations

import bisect
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

PHONE_TYPES = ("DDI", "DEFAULT", "FAX", "MOBILE")  # a contact always has these four rows, mostly empty
ZERO = Decimal(0)
CENTS = Decimal("0.01")


class Refused(Exception):
    """A validation error, in Xero's words."""


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Account:
    """An account of the chart of accounts."""

    name: str
    kind: str
    code: str | None
    currency: str | None = None
    takes_payments: bool = False
    status: str = "ACTIVE"
    account_id: str = field(default_factory=new_id)

    @property
    def payable(self) -> bool:
        return self.status == "ACTIVE" and (self.kind == "BANK" or self.takes_payments)


@dataclass
class Contact:
    """A customer. `phones` holds rows by PhoneType."""

    name: str
    updated: datetime
    phones: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    addresses: list[dict[str, str]] = field(default_factory=list)
    first_name: str = ""
    status: str = "ACTIVE"
    merged_to: str | None = None
    contact_id: str = field(default_factory=new_id)
    raw: dict[str, Any] = field(default_factory=dict)  # laid over the row as sent: nulls, unknown words

    @property
    def identifier(self) -> str:
        return self.contact_id


@dataclass
class Payment:
    """A payment on one invoice, in its currency."""

    invoice: Invoice
    account: Account
    amount: Decimal
    paid_on: date
    reference: str
    rate: Decimal
    reconciled: bool
    updated: datetime
    created: datetime
    status: str = "AUTHORISED"
    kind: str = "ACCRECPAYMENT"
    payment_id: str = field(default_factory=new_id)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        return self.payment_id


@dataclass
class Invoice:
    """A sales invoice (or, with kind ACCPAY, a bill)."""

    contact: Contact
    number: str
    amount: Decimal
    currency: str
    issued_on: date
    due_on: date | None
    updated: datetime
    kind: str = "ACCREC"
    status: str = "AUTHORISED"
    reference: str = ""
    rate: Decimal = Decimal(1)
    sent: bool = True
    expected_on: date | None = None
    credited: Decimal = ZERO
    payments: list[Payment] = field(default_factory=list)
    invoice_id: str = field(default_factory=new_id)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        return self.invoice_id

    @property
    def live_payments(self) -> list[Payment]:
        return [p for p in self.payments if p.status == "AUTHORISED"]

    @property
    def paid(self) -> Decimal:
        return sum((p.amount for p in self.live_payments), ZERO)

    @property
    def due(self) -> Decimal:
        return ZERO if self.status in {"VOIDED", "DELETED"} else self.amount - self.paid - self.credited


@dataclass(frozen=True)
class TenantSeed:
    """What an organisation starts with."""

    name: str = "Demo Company (NZ)"
    tenant_id: str = "70784a63-d24b-46a9-a4db-0e70a274b056"
    base_currency: str = "NZD"
    country: str = "NZ"
    timezone: str = "NEWZEALANDSTANDARDTIME"


class Books:
    """The records of one organisation. `on_change` hears ("INVOICE", id, "CREATE" or "UPDATE") of each change."""

    def __init__(self, seed: TenantSeed, now: Callable[[], datetime]) -> None:
        self.seed = seed
        self._now = now
        self.period_lock_date: date | None = None
        self.end_of_year_lock_date: date | None = None
        self.contacts: dict[str, Contact] = {}
        self.invoices: dict[str, Invoice] = {}
        self.payments: dict[str, Payment] = {}
        self._references: list[tuple[str, str]] = []  # (reference, payment id), sorted
        self.revision = 0  # moves with every change, so that a list may be remembered between its pages
        self.on_change: Callable[[str, str, str], None] = lambda *_: None
        self._numbers = 0
        self._names: dict[str, Contact] = {}
        self.accounts: dict[str, Account] = {
            account.account_id: account
            for account in (
                Account("Business Bank Account", "BANK", "090", seed.base_currency),
                Account("Stripe clearing", "BANK", None, seed.base_currency),
                Account("Sales", "REVENUE", "200"),
                Account("Accounts Receivable", "CURRENT", "610"),
                Account("Owner A Funds Introduced", "EQUITY", "970", takes_payments=True),
            )
        }

    @property
    def clearing_account(self) -> Account:
        return next(a for a in self.accounts.values() if a.name == "Stripe clearing")

    @property
    def closed_through(self) -> date | None:
        return max((d for d in (self.period_lock_date, self.end_of_year_lock_date) if d), default=None)

    def _stamp(self, category: str, identifier: str, kind: str = "UPDATE") -> datetime:
        self.revision += 1
        self.on_change(category, identifier, kind)
        now = self._now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)  # Xero keeps milliseconds

    def add_account(self, account: Account) -> Account:
        self.accounts[account.account_id] = account
        return account

    def add_contact(self, name: str, *, mobile: str | None = None, **fields: Any) -> Contact:
        namesake = self._names.get(name)
        if namesake is not None and namesake.name == name and namesake.status == "ACTIVE":
            raise Refused("The contact name must be unique across all active contacts.")
        contact = Contact(name, self._now(), **fields)
        if mobile is not None:
            contact.phones["MOBILE"] = {"PhoneNumber": mobile}
        contact.updated = self._stamp("CONTACT", contact.contact_id, "CREATE")
        self.contacts[contact.contact_id] = self._names[name] = contact
        return contact

    def edit_contact(self, contact: Contact, **changes: Any) -> None:
        mobile = changes.pop("mobile", None)
        if mobile is not None:
            contact.phones["MOBILE"] = {"PhoneNumber": mobile}
        for name, value in changes.items():
            setattr(contact, name, value)
        contact.updated = self._stamp("CONTACT", contact.contact_id)

    def issue(
        self,
        contact: Contact,
        amount: Decimal,
        *,
        currency: str | None = None,
        due_on: date | None = None,
        issued_on: date | None = None,
        number: str | None = None,
        status: str = "AUTHORISED",
        **fields: Any,
    ) -> Invoice:
        self._numbers += 1
        today = self._now().date()
        invoice = Invoice(
            contact=contact,
            number=number or f"INV-{self._numbers:04d}",
            amount=amount,
            currency=currency or self.seed.base_currency,
            issued_on=issued_on or today,
            due_on=due_on or (None if status == "DRAFT" else (issued_on or today) + timedelta(days=14)),
            updated=self._now(),
            status=status,
            **fields,
        )
        invoice.updated = self._stamp("INVOICE", invoice.invoice_id, "CREATE")
        self.invoices[invoice.invoice_id] = invoice
        return invoice

    def edit(self, invoice: Invoice, **changes: Any) -> None:
        """Change fields as the owner would.

        Documented blind spot: DueDate or SentToContact of a part-paid invoice does not move UpdatedDateUTC.
        https://developer.xero.com/documentation/api/accounting/requests-and-responses
        """
        if "amount" in changes and changes["amount"] < invoice.paid + invoice.credited:
            raise Refused("The total cannot be less than what was paid or credited.")
        unseen = set(changes) <= {"due_on", "sent"} and invoice.paid > 0 and invoice.due > 0
        for name, value in changes.items():
            setattr(invoice, name, value)
        self._settle(invoice)
        stamp = self._stamp("INVOICE", invoice.invoice_id)
        if not unseen:
            invoice.updated = stamp

    def void(self, invoice: Invoice) -> None:
        if invoice.live_payments:
            raise Refused("This document cannot be edited as it has a payment or credit note allocated to it.")
        invoice.status = "DELETED" if invoice.status in {"DRAFT", "SUBMITTED"} else "VOIDED"
        invoice.updated = self._stamp("INVOICE", invoice.invoice_id)

    def credit(self, invoice: Invoice, amount: Decimal) -> None:
        if invoice.status != "AUTHORISED" or amount > invoice.due:
            raise Refused("The amount to allocate exceeds the amount outstanding on this document")
        invoice.credited += amount
        self._settle(invoice)
        invoice.updated = self._stamp("INVOICE", invoice.invoice_id)

    def refusals(self, invoice: Invoice | None, account: Account | None, amount: Decimal, paid_on: date) -> list[str]:
        """Every reason why this payment cannot be made."""
        reasons: list[str] = []
        if invoice is None:
            return ["Invoice could not be found"]
        if invoice.status != "AUTHORISED":
            reasons.append("Payments can only be made against Authorised documents")
        elif amount > invoice.due:
            reasons.append("Payment amount exceeds the amount outstanding on this document")
        if amount <= 0 or amount != amount.quantize(CENTS):
            reasons.append("Payment amount must be greater than zero and have at most two decimal places")
        if account is None or not account.payable:
            reasons.append("Account could not be found or is not valid for payments")
        if self.closed_through is not None and paid_on <= self.closed_through:
            reasons.append("The document date cannot be before the period lock date")
        return reasons

    def pay(
        self,
        invoice: Invoice,
        amount: Decimal,
        *,
        account: Account | None = None,
        paid_on: date | None = None,
        reference: str = "",
        rate: Decimal | None = None,
        reconciled: bool = False,
    ) -> Payment:
        """Book a payment on an invoice; raises `Refused`."""
        account = account or self.clearing_account
        paid_on = paid_on or self._now().date()
        reasons = self.refusals(invoice, account, amount, paid_on)
        if reasons:
            raise Refused(reasons[0])
        stamp = self._stamp("INVOICE", invoice.invoice_id)
        payment = Payment(
            invoice, account, amount, paid_on, reference, rate or invoice.rate, reconciled, stamp, created=stamp
        )
        invoice.payments.append(payment)
        self.payments[payment.payment_id] = payment
        bisect.insort(self._references, (reference, payment.payment_id))
        self._settle(invoice)
        invoice.updated = stamp
        return payment

    def payments_starting(self, prefix: str) -> list[Payment]:
        """Payments whose reference begins so, without looking at all of them: a bench has thousands."""
        found: list[Payment] = []
        for place in range(bisect.bisect_left(self._references, (prefix, "")), len(self._references)):
            reference, payment_id = self._references[place]
            if not reference.startswith(prefix):
                break
            found.append(self.payments[payment_id])
        return found

    def delete_payment(self, payment: Payment) -> None:
        if payment.status == "DELETED":
            raise Refused("This payment has already been deleted")
        if payment.reconciled:
            raise Refused("This payment cannot be deleted as it is reconciled")
        payment.status = "DELETED"
        self._settle(payment.invoice)
        payment.updated = payment.invoice.updated = self._stamp("INVOICE", payment.invoice.invoice_id)

    @staticmethod
    def _settle(invoice: Invoice) -> None:
        if invoice.status in {"AUTHORISED", "PAID"}:
            invoice.status = "PAID" if invoice.due <= 0 else "AUTHORISED"


def visible(rows: Iterable[Any], hidden_after: datetime | None) -> list[Any]:
    """Rows a list shows: with a lag, those touched after that moment are not in it yet."""
    return [row for row in rows if hidden_after is None or row.updated <= hidden_after]
