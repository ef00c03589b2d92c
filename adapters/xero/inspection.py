"""What `duebird check` looks at in a Xero organisation, and what to click when it is wrong. Reads only."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Protocol

from connector.errors import DuebirdError, NeedsReauthorisation
from connector.ports.calls import AccessTokens
from connector.ports.findings import Finding, Weight
from connector.ports.ledger import LedgerAccount, LedgerProfile

# Scopes of apps made since 2 March 2026, and the wider one of older apps, either of which lets payments be booked.
# https://developer.xero.com/documentation/guides/oauth2/scopes
WRITE_SCOPES = frozenset({"accounting.payments", "accounting.transactions"})

# Any of them lets the lines of a bank account be read.
CLEARING_SCOPES = frozenset(
    {"accounting.banktransactions", "accounting.banktransactions.read", "accounting.transactions"}
)

# Either lets an overpayment, a fee or a payout be booked.
CREDIT_SCOPES = frozenset({"accounting.banktransactions", "accounting.transactions"})
NOTE_SCOPES = frozenset({"accounting.invoices", "accounting.transactions"})

_READS = {
    "Invoices": "accounting.invoices.read",
    "Contacts": "accounting.contacts.read",
    "Payments": "accounting.payments",
}


class _Books(Protocol):
    def profile(self) -> LedgerProfile: ...
    def payment_accounts(self) -> Sequence[LedgerAccount]: ...


def inspect_books(
    books: _Books, account_id: str | None, may_list: Callable[[str], None], tokens: AccessTokens
) -> list[Finding]:
    """All findings; a connection that does not work ends the look, since every other answer would be the same."""
    try:
        profile = books.profile()
    except DuebirdError as error:
        return [Finding(Weight.PROBLEM, "Connection", error.message, error.advice or "Try again in some minutes.")]
    findings = [
        Finding(Weight.OK, "Connection", f"{profile.name}, books in {profile.base_currency}"),
        *(_permission(kind, may_list) for kind in _READS),
        _write_permission(tokens),
        *_clearing_permission(tokens),
        *_account(books, account_id, profile),
    ]
    if profile.timezone is None:
        findings.append(
            Finding(
                Weight.WARNING,
                "Time zone",
                "Xero's zone of this organisation is not known to Duebird.",
                "Set the company's `timezone` in the configuration, for example 'Pacific/Auckland'.",
            )
        )
    if profile.closed_through is not None:
        findings.append(
            Finding(
                Weight.OK,
                "Lock date",
                f"Nothing can be booked on or before {profile.closed_through}. What becomes of a payment of that time "
                "is closed_period under [company.payments].",
            )
        )
    return findings


def _permission(kind: str, may_list: Callable[[str], None]) -> Finding:
    subject = f"Reading {kind.lower()}"
    try:
        may_list(kind)
    except NeedsReauthorisation as error:
        fix = f"Run `duebird connect` again and grant {_READS[kind]}."
        return Finding(Weight.PROBLEM, subject, error.message, fix)
    except DuebirdError as error:
        return Finding(Weight.PROBLEM, subject, error.message, error.advice or "Try again in some minutes.")
    return Finding(Weight.OK, subject, "allowed")


def _write_permission(tokens: AccessTokens) -> Finding:
    """Only the token itself tells, without writing, whether payments may be booked."""
    scopes = granted_scopes(tokens.current())
    if scopes is None:
        return Finding(
            Weight.WARNING,
            "Booking payments",
            "The access token does not say whether payments may be booked; the first booking will show.",
        )
    if scopes & WRITE_SCOPES:
        return Finding(Weight.OK, "Booking payments", "allowed")
    return Finding(
        Weight.PROBLEM,
        "Booking payments",
        "The connection may read payments, not make them.",
        "Run `duebird connect` again and grant accounting.payments.",
    )


def _clearing_permission(tokens: AccessTokens) -> list[Finding]:
    """Asked for since there is `duebird reconcile`: older connections lack it, and nothing else needs it."""
    scopes = granted_scopes(tokens.current())
    if scopes is None or scopes & CLEARING_SCOPES:
        return []
    return [
        Finding(
            Weight.WARNING,
            "Reading the clearing account",
            "The connection may not read what stands in it; `duebird reconcile` does not work.",
            "Run `duebird connect` again.",
        )
    ]


def credit_permission(access_token: str) -> list[Finding]:
    """Whether customers' credits may be booked; asked only where the settings want them."""
    scopes = granted_scopes(access_token)
    if scopes is None or scopes & CREDIT_SCOPES:
        return []
    return [
        Finding(
            Weight.PROBLEM,
            "Booking credits",
            'surplus = "credit" is set, and the connection may not book customers\' credits; they would wait.',
            "Run `duebird connect` again and grant accounting.banktransactions.",
        )
    ]


def cash_permission(access_token: str) -> list[Finding]:
    """Whether fees, payouts and exchange differences may be booked; asked only where the settings want them."""
    scopes = granted_scopes(access_token)
    if scopes is None or scopes & CREDIT_SCOPES:
        return []
    return [
        Finding(
            Weight.PROBLEM,
            "Booking fees and payouts",
            "fee_account, payout_account or exchange_account is set, and the connection may not book bank "
            "transactions; they would wait.",
            "Run `duebird connect` again and grant accounting.banktransactions.",
        )
    ]


def refund_permission(access_token: str) -> list[Finding]:
    """Whether credit notes may be made; asked only where the settings want refunds entered."""
    scopes = granted_scopes(access_token)
    if scopes is None or scopes & NOTE_SCOPES:
        return []
    return [
        Finding(
            Weight.PROBLEM,
            "Booking refunds",
            'refunds = "book" is set, and the connection may not make credit notes; refunds would wait.',
            "Run `duebird connect` again and grant accounting.invoices.",
        )
    ]


def granted_scopes(access_token: str) -> frozenset[str] | None:
    """The scopes named in a Xero access token (a JWT, read but not verified); None where it is of another form."""
    parts = access_token.split(".")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        scopes = json.loads(base64.urlsafe_b64decode(padded))["scope"]
    except (IndexError, ValueError, KeyError, TypeError):
        return None
    return frozenset(scopes if isinstance(scopes, list) else str(scopes).split())


def _account(books: _Books, account_id: str | None, profile: LedgerProfile) -> list[Finding]:
    """The payment account: named, there, active, taking payments, in a currency that fits."""
    subject = "Payment account"
    try:
        accounts = books.payment_accounts()
    except DuebirdError as error:
        return [Finding(Weight.PROBLEM, subject, error.message, error.advice or "Try again in some minutes.")]
    names = ", ".join(sorted(a.name for a in accounts if a.active)) or "none"
    if account_id is None:
        fix = f"Set `payment_account` of this company to one of: {names}."
        return [Finding(Weight.PROBLEM, subject, "No payment account is set.", fix)]
    account = next((a for a in accounts if a.account_id == account_id), None)
    if account is None:
        fix = (
            "In Xero open Accounting > Chart of accounts, open the account and tick 'Enable payments to this account', "
            f"or set `payment_account` to one of: {names}."
        )
        return [Finding(Weight.PROBLEM, subject, "It takes no payments, or is not there.", fix)]
    if not account.active:
        fix = f"Restore it in Xero (Accounting > Chart of accounts > Archived), or use one of: {names}."
        return [Finding(Weight.PROBLEM, subject, f"'{account.name}' is archived.", fix)]
    if account.currency not in {None, profile.base_currency}:
        seen = f"'{account.name}' is in {account.currency}; the books are in {profile.base_currency}."
        fix = (
            "Only invoices in the account's currency or in that of the books can be paid into it. Use another account."
        )
        return [Finding(Weight.WARNING, subject, seen, fix)]
    return [Finding(Weight.OK, subject, f"'{account.name}'")]
