"""Entries of a ledger beside the payment on an invoice: fees, payouts, credits, reversals, and the account they are on.

What a ledger makes of each stands in its adapter. Every entry of ours carries our reference (at most 21 characters,
A-Z 0-9), by which it is looked for before it is made again. A frozen request is sent byte for byte the same each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.ports.ledger import LedgerAccount


class ReversalManner(StrEnum):
    """How money that went back to the customer is shown in the ledger; the owner's choice."""

    VOID = "void"  # the payment entry is taken back: the invoice is owed again
    REFUND = "refund"  # the payment stays, and money leaves clearing to the customer: the invoice stays paid


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax as the ledger knows it. `code_id` is the ledger's own word for it, as an entry names it."""

    code_id: str
    name: str
    active: bool
    on_expenses: bool  # whether an expense may have it
    on_sales: bool  # whether income, and so a refund of it, may have it


@dataclass(frozen=True, slots=True)
class ExpenseRequest:
    """A fee of the processor, which leaves the clearing account. `amount` includes tax, and is never negative.

    `account_id` is the clearing account, in whose currency `amount` is. `tax_code` is the ledger's own word, None for
    no tax. `incoming`: a fee given back. `exchange_rate` is home units for one unit of `amount.currency`, None in the
    home currency, or where the ledger shall take its rate of the day.
    """

    amount: Money
    account_id: str
    expense_account_id: str
    tax_code: str | None
    booked_on: date
    reference: str
    note: str
    idempotency_key: str
    payee: str | None = None
    incoming: bool = False
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """A payout: money from one account to another of the same currency. `exchange_rate` as in `ExpenseRequest`."""

    amount: Money
    from_account_id: str
    to_account_id: str
    booked_on: date
    reference: str
    note: str
    idempotency_key: str
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CreditRequest:
    """Money received that is on no invoice: the customer's credit, standing in the clearing account."""

    customer_id: str
    amount: Money
    account_id: str
    booked_on: date
    reference: str
    note: str
    idempotency_key: str
    payment_method_id: str | None = None
    exchange_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """Money that went back: a refund, or a dispute.

    `booking_id` is the entry whose money it was, of kind `of_kind`: a payment on the invoice `ledger_id`, or a credit.
    `income_account_id` and `tax_code` say what a refund of a payment takes down; both are unused for the rest.
    `of_reference` is our reference as that entry must carry it: one that does not, or that somebody has changed, is not
    voided. "" where the caller has looked.
    """

    manner: ReversalManner
    booking_id: str
    ledger_id: str
    customer_id: str
    amount: Money
    account_id: str
    income_account_id: str | None
    tax_code: str | None
    booked_on: date
    reference: str
    note: str
    idempotency_key: str
    exchange_rate: Decimal | None = None
    of_kind: EntryKind = EntryKind.PAYMENT
    of_reference: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the ledger holds it. `amount` is never negative; `incoming` tells a fee given back from a fee."""

    entry_id: str
    kind: EntryKind
    amount: Money
    account_id: str
    booked_on: date
    reference: str
    note: str
    live: bool
    incoming: bool = False


@dataclass(frozen=True, slots=True)
class AccountLine:
    """What one live entry, ours or anybody's, does to an account: `amount` is signed, in the account's currency.

    `kind` is a value of `EntryKind` where it is one of those, else the ledger's own name of it.
    """

    entry_id: str
    kind: str
    booked_on: date
    amount: Money
    reference: str
    note: str


class AccountReader(Protocol):
    """The lines and balances of accounts, to be read: handed out where nothing may be written."""

    def payment_accounts(self) -> Sequence[LedgerAccount]:
        """As in `Ledger`."""
        ...

    def account_entries(self, account_id: str, since: date, until: date) -> Sequence[AccountLine]:
        """As in `Entries`."""
        ...

    def account_balance(self, account_id: str, on: date) -> Money:
        """As in `Entries`."""
        ...


class Entries(Protocol):
    """A set of books, as far as money moves in it otherwise than by a payment on an invoice.

    Every writing method makes one attempt, and raises:
        Uncertain: look with `entries_with_reference` before anything else.
        Rejected: `because` AMOUNT, CLOSED_PERIOD, NOT_FOUND, BUSINESS_RULE or SETUP.
    """

    def expense_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts that a fee can be booked to, inactive ones too."""
        ...

    def exchange_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of income and expense to which a difference of rates can be booked, inactive ones too."""
        ...

    def tax_codes(self) -> Sequence[TaxCode]:
        """Taxes that lines may have, inactive ones as far as the ledger lists them."""

    def refund_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of income that a refund of a payment can take down, inactive ones too."""
        ...

    def receivable_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts that hold what customers owe, inactive ones too; no entry of ours names one."""
        ...

    def entries_with_reference(self, kind: EntryKind, reference: str) -> Sequence[Entry]:
        """Entries of that kind that carry our reference, taken-back ones as far as the ledger shows them.

        Lists may lag a fresh write. A reversal that is half made is not among them: `reverse` finishes it.
        """
        ...

    def make_expense(self, request: ExpenseRequest) -> Entry:
        """Book a fee, or one given back."""
        ...

    def make_transfer(self, request: TransferRequest) -> Entry:
        """Book a payout."""
        ...

    def make_credit(self, request: CreditRequest) -> Entry:
        """Book money received that is on no invoice."""
        ...

    def reverse(self, request: ReversalRequest) -> Entry:
        """Book money that went back. It looks first, so it may be called again, and finishes what is half made.

        A void of what is void already changes nothing. One that was matched with the bank, stands in a closed period,
        or was changed by somebody (its amount, its invoice) is refused; NOT_FOUND where somebody deleted it for good.

        Where a ledger needs two calls for it, a part may stand whatever it raises, `Transient` included: call it again
        until it answers, or a person has looked.
        """
        ...

    def take_back(self, kind: EntryKind, entry_id: str, note: str) -> None:
        """Void or delete one entry of ours; harmless to repeat."""
        ...

    def account_entries(self, account_id: str, since: date, until: date) -> Sequence[AccountLine]:
        """Every live line on that account of the days from `since` to `until`, both included, oldest first."""
        ...

    def account_balance(self, account_id: str, on: date) -> Money:
        """What stands in that account at the end of that day, in its own currency."""
        ...
