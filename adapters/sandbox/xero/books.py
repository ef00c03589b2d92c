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

from adapters.sandbox.xero.documents import Allocation, BankTransaction, BankTransfer, CreditNote, Refund
from adapters.sandbox.xero.journal import CENTS, ZERO, Journal, Line, home

PHONE_TYPES = ("DDI", "DEFAULT", "FAX", "MOBILE")  # a contact always has these four rows, mostly empty
# Per cent by TaxType. Real organisations have their own; these are New Zealand's, and words every country has.
TAX_RATES = {
    "NONE": ZERO,
    "INPUT": Decimal(15),
    "INPUT2": Decimal(15),
    "OUTPUT": Decimal(15),
    "OUTPUT2": Decimal(15),
    "ZERORATEDINPUT": ZERO,
    "ZERORATEDOUTPUT": ZERO,
    "EXEMPTINPUT": ZERO,
    "EXEMPTEXPENSES": ZERO,
    "BASEXCLUDED": ZERO,
}


class Refused(Exception):
    """A validation error, in Xero's words."""


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Account:
    """An account of the chart of accounts. `system`: what Xero itself uses it for; then nobody's line may name it."""

    name: str
    kind: str
    code: str | None
    currency: str | None = None
    takes_payments: bool = False
    status: str = "ACTIVE"
    system: str | None = None
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
    """A payment on one invoice, in its currency. `bank_amount` is the same money in the account's."""

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
    bank_amount: Decimal = ZERO
    payment_id: str = field(default_factory=new_id)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        return self.payment_id


@dataclass
class Invoice:
    """A sales invoice (or, with kind ACCPAY, a bill). `tax` is the part of `amount` that is GST or VAT."""

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
    tax: Decimal = ZERO
    allocations: list[Allocation] = field(default_factory=list)
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
    def credited(self) -> Decimal:
        """What credit notes and overpayments took off it."""
        return sum((a.amount for a in self.allocations if not a.deleted), ZERO)

    @property
    def live(self) -> bool:
        return self.status in {"AUTHORISED", "PAID"}

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
    """The records of one organisation. `on_change` hears ("INVOICE", id, "CREATE" or "UPDATE") of each change.

    Every record stands in the journal too; `banking` holds the rules of money that moves without an invoice.
    """

    def __init__(self, seed: TenantSeed, now: Callable[[], datetime]) -> None:
        from adapters.sandbox.xero.banking import Banking  # it needs the records of this module

        self.seed = seed
        self._now = now
        self.period_lock_date: date | None = None
        self.end_of_year_lock_date: date | None = None
        self.contacts: dict[str, Contact] = {}
        self.invoices: dict[str, Invoice] = {}
        self.payments: dict[str, Payment] = {}
        self.refunds: dict[str, Refund] = {}
        self.bank_transactions: dict[str, BankTransaction] = {}
        self.transfers: dict[str, BankTransfer] = {}
        self.credit_notes: dict[str, CreditNote] = {}
        self.journal = Journal()
        self._references: list[tuple[str, str]] = []  # (reference, payment id), sorted
        self.revision = 0  # moves with every change, so that a list may be remembered between its pages
        self.on_change: Callable[[str, str, str], None] = lambda *_: None
        self._numbers = 0
        self._names: dict[str, Contact] = {}
        self.accounts: dict[str, Account] = {account.account_id: account for account in _chart(seed.base_currency)}
        self.banking = Banking(self)

    def account(self, name: str) -> Account:
        """The account of that name."""
        return next(a for a in self.accounts.values() if a.name == name)

    @property
    def clearing_account(self) -> Account:
        return self.account("Stripe clearing")

    @property
    def closed_through(self) -> date | None:
        return max((d for d in (self.period_lock_date, self.end_of_year_lock_date) if d), default=None)

    def closed(self, day: date) -> str | None:
        """Why nothing may be booked on that day; None where it may."""
        if self.end_of_year_lock_date is not None and day <= self.end_of_year_lock_date:
            return "The document date cannot be before the end of year lock date"
        if self.period_lock_date is not None and day <= self.period_lock_date:
            return "The document date cannot be before the period lock date"
        return None

    def moment(self) -> datetime:
        return self._now()

    def today(self) -> date:
        return self._now().date()

    def stamp(self, category: str, identifier: str, kind: str = "UPDATE") -> datetime:
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
        contact.updated = self.stamp("CONTACT", contact.contact_id, "CREATE")
        self.contacts[contact.contact_id] = self._names[name] = contact
        return contact

    def edit_contact(self, contact: Contact, **changes: Any) -> None:
        mobile = changes.pop("mobile", None)
        if mobile is not None:
            contact.phones["MOBILE"] = {"PhoneNumber": mobile}
        for name, value in changes.items():
            setattr(contact, name, value)
        contact.updated = self.stamp("CONTACT", contact.contact_id)

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
        invoice.updated = self.stamp("INVOICE", invoice.invoice_id, "CREATE")
        self.invoices[invoice.invoice_id] = invoice
        self._post_invoice(invoice)
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
        self.settle(invoice)
        if changes.keys() & {"amount", "tax", "status", "issued_on", "rate"}:
            self._post_invoice(invoice)
        stamp = self.stamp("INVOICE", invoice.invoice_id)
        if not unseen:
            invoice.updated = stamp

    def void(self, invoice: Invoice) -> None:
        if invoice.live_payments or invoice.credited:
            raise Refused("This document cannot be edited as it has a payment or credit note allocated to it.")
        invoice.status = "DELETED" if invoice.status in {"DRAFT", "SUBMITTED"} else "VOIDED"
        self.journal.reverse(invoice.invoice_id, self._now())
        invoice.updated = self.stamp("INVOICE", invoice.invoice_id)

    def credit(self, invoice: Invoice, amount: Decimal) -> None:
        """A credit note of that amount, put on the invoice, as the owner does it in one go."""
        if invoice.status != "AUTHORISED" or amount > invoice.due:
            raise Refused("The amount to allocate exceeds the amount outstanding on this document")
        lines = [self.banking.line("Goodwill", amount, self.account("Sales"))]
        note = self.banking.issue_credit_note(
            invoice.contact, lines, currency=invoice.currency, rate=invoice.rate, booked_on=self.today()
        )
        self.banking.allocate(note, invoice, amount)

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
        elif account.currency not in {None, self.seed.base_currency, invoice.currency}:
            reasons.append("The currency of the account must be that of the invoice or of the organisation")
        if closed := self.closed(paid_on):
            reasons.append(closed)
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
        stamp = self.stamp("INVOICE", invoice.invoice_id)
        payment = Payment(
            invoice, account, amount, paid_on, reference, rate or invoice.rate, reconciled, stamp, created=stamp
        )
        payment.kind = "ACCRECPAYMENT" if invoice.kind == "ACCREC" else "ACCPAYPAYMENT"
        payment.bank_amount = self.in_account(amount, invoice.currency, payment.rate, account)
        self._post_payment(payment)
        invoice.payments.append(payment)
        self.payments[payment.payment_id] = payment
        bisect.insort(self._references, (reference, payment.payment_id))
        self.settle(invoice)
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
        if closed := self.closed(payment.paid_on):
            raise Refused(closed)
        payment.status = "DELETED"
        self.journal.reverse(payment.payment_id, self._now())
        self.settle(payment.invoice)
        payment.updated = payment.invoice.updated = self.stamp("INVOICE", payment.invoice.invoice_id)

    # ------------------------------------------------------------------------------------------- double entry

    def in_account(self, amount: Decimal, currency: str, rate: Decimal, account: Account) -> Decimal:
        """The same money in the account's currency, which is that of the document or of the books."""
        same = currency == (account.currency or self.seed.base_currency)
        return amount if same else home(amount, rate)

    def control(self, kind: str) -> Account:
        """Where what is owed stands: to us, or by us."""
        return self.account("Accounts Receivable" if kind == "ACCREC" else "Accounts Payable")

    def taken(self, document: str, amount: Decimal, rate: Decimal) -> Decimal:
        """Home-currency worth of a part of a document's open balance; with the last part goes all that is left."""
        base, own = self.journal.open_of(document)
        if abs(own) == amount:
            return abs(base)
        return home(amount, rate)

    def gain(self, base: Decimal) -> list[Line]:
        """A realised currency gain (a credit, so negative) or loss."""
        return [Line(self.account("Realised Currency Gains"), base, base, self.seed.base_currency)] if base else []

    def _post_invoice(self, row: Invoice) -> None:
        self.journal.reverse(row.invoice_id, self._now())
        if not row.live:
            return
        sign = 1 if row.kind == "ACCREC" else -1
        income = self.account("Sales" if row.kind == "ACCREC" else "Purchases")
        gross, tax = home(row.amount, row.rate), home(row.tax, row.rate)
        lines = [
            Line(self.control(row.kind), sign * gross, sign * row.amount, row.currency, row.invoice_id),
            Line(income, -sign * (gross - tax), -sign * (gross - tax), self.seed.base_currency),
            Line(self.account("GST"), -sign * tax, -sign * tax, self.seed.base_currency),
        ]
        self.journal.post(row.invoice_id, row.kind, row.issued_on, self._now(), lines)
        base, own = self.journal.open_of(row.invoice_id)
        if base and not own:  # an edit to what is already paid, in another currency: the cents that are left over
            left = [Line(self.control(row.kind), -base, ZERO, row.currency, row.invoice_id), *self.gain(base)]
            self.journal.post(row.invoice_id, row.kind, row.issued_on, self._now(), left)

    def _post_payment(self, row: Payment) -> None:
        """Before the invoice counts the payment: what it takes off is told by what is open."""
        sign = 1 if row.invoice.kind == "ACCREC" else -1
        taken = self.taken(row.invoice.invoice_id, row.amount, row.invoice.rate)
        banked = self.base_of(row.amount, row.bank_amount, row.invoice.currency, row.rate, row.account)
        bank_currency = row.account.currency or self.seed.base_currency
        lines = [
            Line(row.account, sign * banked, sign * row.bank_amount, bank_currency),
            Line(
                self.control(row.invoice.kind),
                -sign * taken,
                -sign * row.amount,
                row.invoice.currency,
                row.invoice.invoice_id,
            ),
            *self.gain(sign * (taken - banked)),
        ]
        self.journal.post(row.payment_id, row.kind, row.paid_on, self._now(), lines)

    def base_of(self, amount: Decimal, banked: Decimal, currency: str, rate: Decimal, account: Account) -> Decimal:
        """Home-currency worth of money that moved on a bank account."""
        if account.currency in {None, self.seed.base_currency}:
            return banked
        return home(amount, rate) if currency != self.seed.base_currency else amount

    @staticmethod
    def settle(invoice: Invoice) -> None:
        if invoice.status in {"AUTHORISED", "PAID"}:
            invoice.status = "PAID" if invoice.due <= 0 else "AUTHORISED"


def _chart(base: str) -> tuple[Account, ...]:
    """The accounts of Xero's Demo Company that matter here."""
    return (
        Account("Business Bank Account", "BANK", "090", base),
        Account("Stripe clearing", "BANK", None, base),
        Account("Sales", "REVENUE", "200"),
        Account("Purchases", "DIRECTCOSTS", "300"),
        Account("Bank Fees", "EXPENSE", "404"),
        Account("Realised Currency Gains", "EXPENSE", "498", system="REALISEDCURRENCYGAIN"),
        Account("Accounts Receivable", "CURRENT", "610", system="DEBTORS"),
        Account("Accounts Payable", "CURRLIAB", "800", system="CREDITORS"),
        Account("GST", "CURRLIAB", "820"),
        Account("Owner A Funds Introduced", "EQUITY", "970", takes_payments=True),
    )


def visible(rows: Iterable[Any], hidden_after: datetime | None) -> list[Any]:
    """Rows a list shows: with a lag, those touched after that moment are not in it yet."""
    return [row for row in rows if hidden_after is None or row.updated <= hidden_after]
