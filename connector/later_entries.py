"""The entries that follow a payment: its fee, its payout, what is too much, what goes back. Stripe says the amounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connector.accounts import exchange_account, fee_account, payout_account, refund_account
from connector.config import CompanySettings
from connector.ports.ledger import LedgerAccount
from connector.ports.records import WholeLedger

RECEIVABLES: Final = "Accounts receivable"  # where the ledger does not tell how it calls it


@dataclass(frozen=True, slots=True)
class LaterEntry:
    """One entry to come: when it is made, between which accounts, over what. `tax`: a tax code in it, else empty."""

    when: str
    debit: str
    credit: str
    amount: str
    tax: str = ""


def receivables_of(accounts: Sequence[LedgerAccount], currency: str) -> str:
    """How the ledger calls the account of what is owed in that currency, as far as only one can be meant.

    No entry of ours names it: a payment goes to that of its invoice.
    """
    found = [one.name for one in accounts if one.active and one.currency in {None, currency}]
    return found[0] if len(found) == 1 else RECEIVABLES


def later_entries(
    settings: CompanySettings,
    ledger: WholeLedger,
    accounts: Sequence[LedgerAccount],
    clearing: LedgerAccount,
    receivables: str,
) -> tuple[LaterEntry, ...]:
    """Those that the settings want, in the order in which they come.

    `accounts`: the ledger's that take payments. `receivables`: the name of the account of what customers owe.

    Raises:
        ConfigProblem: an account that the settings name is not there, or will not do.
        DuebirdError: the ledger could not be asked.
    """
    return tuple(_wanted(settings, ledger, accounts, clearing, receivables))


def _wanted(
    settings: CompanySettings,
    ledger: WholeLedger,
    accounts: Sequence[LedgerAccount],
    clearing: LedgerAccount,
    receivables: str,
) -> Iterator[LaterEntry]:
    said = settings.payments
    if said.surplus == "credit":
        yield LaterEntry("when more is paid than is owed", clearing.name, receivables, "the rest, as his credit")
    if said.fee_account is not None:
        fees = fee_account(settings, ledger.expense_accounts())
        yield LaterEntry(
            "once Stripe has said its fee, up to some hours later",
            fees.name,
            clearing.name,
            "the fee",
            said.fee_tax_code or "",
        )
    if said.payout_account is not None:
        bank = payout_account(settings, accounts, clearing, ledger.profile().base_currency)
        yield LaterEntry("once Stripe has paid out", bank.name, clearing.name, "the payout, as on the bank's statement")
    if said.books_refunds:
        income = refund_account(settings, ledger.refund_accounts())
        yield LaterEntry(
            "when it is refunded or disputed; taken out again if that money comes back",
            income.name,
            clearing.name,
            "what Stripe has given back",
            said.refund_tax_code or "",
        )
    if said.exchange_account is not None:
        gains = exchange_account(settings, ledger.exchange_accounts())
        yield LaterEntry(
            "where an entry in another currency leaves a difference to what Stripe made of it",
            gains.name,
            clearing.name,
            "the difference; of a gain the other way round",
        )
