"""The ledger's accounts that the settings name: of fees, refunds and exchange differences, and the bank of payouts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from connector.config import CompanySettings
from connector.errors import ConfigProblem
from connector.flows.company import Cash
from connector.ports.entries import TaxCode
from connector.ports.ledger import LedgerAccount
from connector.ports.records import WholeLedger
from connector.ports.treasury import Treasury

NAMED: Final = 10  # accounts in a message; more would hide what it says


def named(accounts: Sequence[LedgerAccount], wanted: str) -> list[LedgerAccount]:
    """Those of that id, code or name; in whatever case."""
    key = wanted.strip().casefold()
    return [
        one for one in accounts if key in {one.account_id.casefold(), (one.code or "").casefold(), one.name.casefold()}
    ]


def exchanges_into(clearing: LedgerAccount, home: str) -> str | None:
    """The currency into which the ledger reckons a foreign payment on its way to the clearing account, by its rate.

    That of the books, `home`. None where the account is in another one: then it takes payments in that one alone.
    """
    return home if clearing.currency in {None, home} else None


def cash_of(
    settings: CompanySettings,
    ledger: WholeLedger,
    treasury: Treasury,
    clearing: LedgerAccount,
    accounts: Sequence[LedgerAccount],
    every: timedelta,
) -> Cash | None:
    """Where the settings want fees, payouts and exchange differences booked; None where none, which costs no call.

    `accounts`: those that take payments. `every`: how often the balance is looked at.

    Raises:
        ConfigProblem: an account is not there, or will not do.
        DuebirdError: the ledger could not be asked.
    """
    said = settings.payments
    if not said.books_moves:
        return None
    home = ledger.profile().base_currency
    fees = fee_account(settings, ledger.expense_accounts()) if said.fee_account is not None else None
    bank = payout_account(settings, accounts, clearing, home) if said.payout_account is not None else None
    exchange = exchange_account(settings, ledger.exchange_accounts()) if said.books_exchange else None
    if settings.ledger.kind == "xero":
        clearing_of_xero(settings, clearing)
    return Cash(
        treasury,
        clearing.currency or home,
        clearing.account_id,
        fees_account_id=fees.account_id if fees else None,
        bank_account_id=bank.account_id if bank else None,
        exchange_account_id=exchange.account_id if exchange else None,
        tax_code=said.fee_tax_code,
        payee="Stripe",
        book_from=said.book_from,
        every=every,
    )


def clearing_of_xero(settings: CompanySettings, clearing: LedgerAccount) -> LedgerAccount:
    """The clearing account, as Xero needs it for fees, payouts and exchange differences.

    Raises:
        ConfigProblem: it is no bank account.
    """
    if clearing.kind == "BANK":
        return clearing
    raise ConfigProblem(
        f'Company "{settings.id}": fees, payouts and exchange differences cannot be booked, because "{clearing.name}" '
        "(ledger.payment_account) is no bank account in Xero, and Xero moves money between bank accounts only.",
        advice="In Xero: Accounting > Bank accounts > Add bank account, without a feed; then name it as "
        "payment_account.",
    )


def fee_account(settings: CompanySettings, accounts: Sequence[LedgerAccount]) -> LedgerAccount:
    """The expense account of Stripe's fees.

    Raises:
        ConfigProblem: it is not among the ledger's expense accounts; lists those.
    """
    good = [one for one in accounts if one.active]
    return _the_one(settings, "payments.fee_account", str(settings.payments.fee_account), good, "expense account")


def fee_tax_code(settings: CompanySettings, codes: Sequence[TaxCode]) -> TaxCode:
    """The tax on fees.

    Raises:
        ConfigProblem: the ledger has no such code, or no expense may have it; names those that would do.
    """
    good = [one for one in codes if one.active and one.on_expenses]
    return _the_tax(settings, "fee_tax_code", codes, good, ("an expense", "fee"))


def refund_tax_code(settings: CompanySettings, codes: Sequence[TaxCode]) -> TaxCode:
    """The tax on refunds.

    Raises:
        ConfigProblem: the ledger has no such code, or no refund may have it; names those that would do.
    """
    good = [one for one in codes if one.active and one.on_sales]
    return _the_tax(settings, "refund_tax_code", codes, good, ("a refund", "refund"))


def _the_tax(
    settings: CompanySettings, name: str, codes: Sequence[TaxCode], good: Sequence[TaxCode], words: tuple[str, str]
) -> TaxCode:
    """`words`: what may not have it, and what would not be booked."""
    wanted, (bearer, entry) = str(getattr(settings.payments, name)), words
    found = [one for one in good if one.code_id == wanted]
    if found:
        return found[0]
    there = next((one for one in codes if one.code_id == wanted), None)
    why = "is no tax code of the ledger, or not an active one"
    if there is not None:
        why = f'("{there.name}") is no tax that {bearer} may have' if there.active else "is not active any more"
    names = ", ".join(f'{one.code_id} ("{one.name}")' for one in good[:NAMED])
    raise ConfigProblem(
        f'Company "{settings.id}": "{wanted}" (payments.{name}) {why}. No {entry} would be booked.',
        advice=f"Write one that would do: {names}." if names else f"The ledger has none: leave {name} out.",
    )


def refund_account_id(settings: CompanySettings, ledger: WholeLedger) -> str | None:
    """The id of the income account of refunds; None where the settings want none booked, which costs no call.

    Raises:
        ConfigProblem: it is not among those that a refund can take down.
        DuebirdError: the ledger could not be asked.
    """
    if not settings.payments.books_refunds:
        return None
    return refund_account(settings, ledger.refund_accounts()).account_id


def refund_account(settings: CompanySettings, accounts: Sequence[LedgerAccount]) -> LedgerAccount:
    """The income account that refunds take down.

    Raises:
        ConfigProblem: it is not among `accounts`; lists those.
    """
    what = "income account" + (" that a service books to" if settings.ledger.kind == "quickbooks" else "")
    good = [one for one in accounts if one.active]
    return _the_one(settings, "payments.refund_account", str(settings.payments.refund_account), good, what)


def exchange_account(settings: CompanySettings, accounts: Sequence[LedgerAccount]) -> LedgerAccount:
    """The account of gains and losses on exchange.

    Raises:
        ConfigProblem: it is not among `accounts`; lists those.
    """
    wanted, good = str(settings.payments.exchange_account), [one for one in accounts if one.active]
    remark = ""
    if settings.ledger.kind == "xero":
        remark = " Xero's own accounts of currency gains take no entries: add one of the type Expense or Revenue."
    return _the_one(settings, "payments.exchange_account", wanted, good, "income or expense account", remark)


def payout_account(
    settings: CompanySettings, accounts: Sequence[LedgerAccount], clearing: LedgerAccount, home: str
) -> LedgerAccount:
    """The bank account that Stripe pays out to.

    Raises:
        ConfigProblem: it is not among the ledger's bank accounts of the clearing account's currency; lists those.
    """
    currency = clearing.currency or home
    good = [
        one
        for one in accounts
        if one.active
        and one.kind.casefold() == "bank"
        and one.account_id != clearing.account_id
        and (one.currency or home) == currency
    ]
    what = f"bank account in {currency} beside the clearing account"
    return _the_one(settings, "payments.payout_account", str(settings.payments.payout_account), good, what)


def _the_one(
    settings: CompanySettings, setting: str, wanted: str, good: Sequence[LedgerAccount], what: str, remark: str = ""
) -> LedgerAccount:
    found = named(good, wanted)
    if len(found) == 1:
        return found[0]
    names = ", ".join(f'"{one.name}"' for one in good[:NAMED]) or "none yet: make one in the ledger"
    why = f"is more than one {what}" if found else f"is no {what} of the ledger"
    raise ConfigProblem(
        f'Company "{settings.id}": "{wanted}" ({setting}) {why}. Nothing was booked.',
        advice=f"Write the name or number of one that would do: {names}.{remark}",
    )
