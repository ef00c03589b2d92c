"""What `duebird check` asks Twilio: credentials, account, balance, sender, registration, replies. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from adapters.twilio import senders
from adapters.twilio.registration import HIDDEN, Read
from adapters.twilio.settings import TwilioSettings
from connector.domain.phone import Phone, region_of
from connector.errors import DuebirdError, NeedsReauthorisation, Rejected
from connector.ports.findings import Finding, Weight
from connector.ports.messenger import SegmentPrice

Price = Callable[[str], SegmentPrice | None]

_LOW: Final = Decimal(5)  # some 300 texts in North America, fewer elsewhere: a day's work, and time to top up
_FEW: Final = 100  # texts: where one costs more, five dollars are gone within the morning


def inspect(client: Any, settings: TwilioSettings, read: Read, price: Price) -> Sequence[Finding]:
    """All findings; the later ones are left out where the credentials do not work."""
    try:
        balance = read(client.api.v2010.account.balance.fetch)
    except NeedsReauthorisation as error:
        return (Finding(Weight.PROBLEM, "Twilio credentials", error.message, error.advice),)
    except Rejected:
        balance = None  # subaccounts have none of their own
    except DuebirdError as error:
        return (Finding(Weight.PROBLEM, "Twilio", error.message, error.advice),)
    findings = [Finding(Weight.OK, "Twilio credentials", "accepted"), *_account(client, settings, read)]
    try:
        findings += [_balance(balance, _home(settings), price), *senders.look(client, settings, read).findings]
    except DuebirdError as error:
        findings.append(Finding(Weight.PROBLEM, "Sender", error.message, error.advice))
    findings.append(
        Finding(
            Weight.OK,
            "Countries",
            "which countries may be texted cannot be asked by program",
            "Customers abroad? Tick their countries in the Console under Messaging > Settings > Geo permissions.",
        )
    )
    return tuple(findings)


def _account(client: Any, settings: TwilioSettings, read: Read) -> list[Finding]:
    """Kind and state of the account, where the credentials may read it: a standard API key may not.

    https://www.twilio.com/docs/iam/api/account
    """
    try:
        account = read(client.api.v2010.accounts(settings.account_sid).fetch)
    except HIDDEN:
        return []
    if account.status != "active":
        fix = "See Admin > Account billing in the Twilio Console, and what Twilio wrote to you."
        return [Finding(Weight.PROBLEM, "Account", f"it is {account.status}: Twilio sends nothing", fix)]
    if account.type == "Trial":
        seen = "a trial account: it texts only numbers that you verified at Twilio, and puts words of its own first"
        fix = "Upgrade it in the Twilio Console under Admin > Account billing before you text customers."
        return [Finding(Weight.WARNING, "Account", seen, fix)]
    return [Finding(Weight.OK, "Account", "active and paid")]


def _home(settings: TwilioSettings) -> str:
    """The country whose price says what the balance is worth: that of the number, North America's where none."""
    number = settings.from_number
    return (region_of(Phone(number)) if number else None) or "US"


def _balance(balance: Any, country: str, price: Price) -> Finding:
    try:
        amount = Decimal(balance.balance)
    except (AttributeError, InvalidOperation, TypeError):
        return Finding(
            Weight.OK, "Balance", "not shown for this account", "Look at the main account's balance now and then."
        )
    seen = f"{amount:.2f} {balance.currency}"
    top_up = "Top up in the Twilio Console under Admin > Account billing, and switch on auto-recharge there."
    if amount <= 0:
        return Finding(Weight.PROBLEM, "Balance", f"{seen}: Twilio sends nothing", top_up)
    texts = _texts(amount, str(balance.currency), price(country))
    if texts is not None:
        seen = f"{seen}, enough for some {texts:,} texts of one segment to {country}"
    low = amount < _LOW or (texts is not None and texts < _FEW)
    return Finding(Weight.WARNING, "Balance", seen, top_up) if low else Finding(Weight.OK, "Balance", seen)


def _texts(amount: Decimal, currency: str, price: SegmentPrice | None) -> int | None:
    """How many texts that pays at list price, None where the price is not known in that currency."""
    if price is None or price.currency != currency or price.amount <= 0:
        return None
    return int(amount / price.amount)
