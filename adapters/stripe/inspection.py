"""What `duebird check` says about a Stripe account and its key. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import stripe

from adapters.stripe.wire import StripeWire
from connector.errors import DuebirdError, NeedsReauthorisation, Rejected, RejectedBecause
from connector.ports.findings import Finding, Weight
from connector.ports.processor import ProcessorAccount

_WHERE: Final = "Stripe > Developers > API keys"
_PROBES: Final[tuple[tuple[str, Callable[[stripe.StripeClient], Any]], ...]] = (
    ("Payment Links", lambda client: client.v1.payment_links.list({"limit": 1})),
    ("Products", lambda client: client.v1.products.list({"limit": 1})),
    ("Checkout Sessions", lambda client: client.v1.checkout.sessions.list({"limit": 1})),
    ("Events", lambda client: client.v1.events.list({"limit": 1})),
    ("PaymentIntents", lambda client: client.v1.payment_intents.list({"limit": 1})),
    ("Charges", lambda client: client.v1.charges.list({"limit": 1})),
    ("Refunds", lambda client: client.v1.refunds.list({"limit": 1})),
    ("Disputes", lambda client: client.v1.disputes.list({"limit": 1})),
    ("Balance", lambda client: client.v1.balance.retrieve()),
    ("Balance transaction sources", lambda client: client.v1.balance_transactions.list({"limit": 1})),
    ("Payouts", lambda client: client.v1.payouts.list({"limit": 1})),
)
# An id that no account has, so that nothing can change: with the permission Stripe misses the object (404), without it
# it names the permission (403).
_NOTHING: Final = "duebird_check"
_WRITE_PROBES: Final[tuple[tuple[str, Callable[[stripe.StripeClient], Any]], ...]] = (
    ("Payment Links", lambda client: client.v1.payment_links.update(f"plink_{_NOTHING}", {"active": False})),
    ("Checkout Sessions", lambda client: client.v1.checkout.sessions.expire(f"cs_{_NOTHING}")),
    ("Products", lambda client: client.v1.products.update(f"prod_{_NOTHING}", {"active": False})),
    ("Prices", lambda client: client.v1.prices.update(f"price_{_NOTHING}", {"active": False})),
)


def findings(wire: StripeWire, account: Callable[[], ProcessorAccount], *, live: bool) -> list[Finding]:
    """The key, the account, and each permission that can be tried without writing."""
    found = [_kind_of(wire.key), _mode(live=live)]
    try:
        found += _account(account())
    except NeedsReauthorisation as refusal:
        if "permission" not in refusal.message:  # the key itself is dead: every other call would say the same
            return [*found, Finding(Weight.PROBLEM, "Stripe key", refusal.message, refusal.advice)]
        found.append(
            Finding(
                Weight.WARNING,
                "Stripe account",
                f"{refusal.message} Its name, and whether it can charge, are not known.",
                f"{_WHERE}: give the key read permission on the account, or look at the dashboard yourself.",
            )
        )
    except DuebirdError as failure:
        return [*found, Finding(Weight.PROBLEM, "Stripe account", failure.message, failure.advice)]
    found += [_permission(wire, name, call) for name, call in _PROBES]
    return [*found, *(_writing(wire, name, call) for name, call in _WRITE_PROBES)]


def _kind_of(key: str) -> Finding:
    if key.startswith("rk_"):
        return Finding(Weight.OK, "Stripe key", "a restricted key")
    if key.startswith("sk_"):
        return Finding(
            Weight.WARNING,
            "Stripe key",
            "a full secret key, which may also pay out, refund and read everything",
            f"{_WHERE} > Create restricted key, with the permissions the configuration reference lists.",
        )
    return Finding(
        Weight.PROBLEM,
        "Stripe key",
        "neither a restricted (rk_) nor a secret (sk_) key",
        f"{_WHERE}: copy the restricted key, not the publishable one.",
    )


def _mode(*, live: bool) -> Finding:
    if live:
        return Finding(Weight.OK, "Stripe mode", "live: real money")
    return Finding(Weight.WARNING, "Stripe mode", "test: no real money moves", "Use an rk_live_ key to be paid.")


def _account(account: ProcessorAccount) -> list[Finding]:
    named = (
        Finding(Weight.OK, "Stripe account", f"{account.name} ({account.account_id}, {account.country})")
        if account.name
        else Finding(
            Weight.WARNING,
            "Stripe account",
            f"{account.account_id} has no business name, so payers would see none",
            "Stripe > Settings > Business > Public details.",
        )
    )
    charging = (
        Finding(Weight.OK, "Stripe charges", "enabled")
        if account.charges_enabled
        else Finding(
            Weight.PROBLEM,
            "Stripe charges",
            "not enabled: nobody can pay",
            "Finish the account's activation in the Stripe dashboard.",
        )
    )
    return [named, charging]


def _permission(wire: StripeWire, name: str, call: Callable[[stripe.StripeClient], Any]) -> Finding:
    subject = f"Stripe permission: {name}"
    try:
        wire.read(f"read {name}", call)
    except NeedsReauthorisation as refusal:
        return Finding(Weight.PROBLEM, subject, refusal.message, f"{_WHERE}: edit the key, {name}: read.")
    except DuebirdError as failure:
        return _untried(subject, failure)
    return Finding(Weight.OK, subject, "read is allowed")


def _writing(wire: StripeWire, name: str, call: Callable[[stripe.StripeClient], Any]) -> Finding:
    subject = f"Stripe permission: {name}: write"
    try:
        wire.write(f"write {name}", call)
    except NeedsReauthorisation as refusal:
        return Finding(Weight.PROBLEM, subject, refusal.message, f"{_WHERE}: edit the key, {name}: write.")
    except DuebirdError as failure:
        missed = isinstance(failure, Rejected) and failure.because is RejectedBecause.NOT_FOUND
        if not missed:
            return _untried(subject, failure)
    return Finding(Weight.OK, subject, "write is allowed, as far as can be told without writing")


def _untried(subject: str, failure: DuebirdError) -> Finding:
    return Finding(Weight.WARNING, subject, f"could not be tried: {failure.message}", "Run `duebird check` again.")
