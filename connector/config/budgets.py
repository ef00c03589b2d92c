"""Whether the chosen intervals fit what the services allow, with the arithmetic.

A daemon never runs over a budget: it slows down before. These warnings say beforehand that it will have to.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise
from typing import Any, Final

from connector.config.describe import settings_of
from connector.config.document import Company, Document, KeyPath
from connector.config.findings import Findings
from connector.config.settings import DaemonSettings

HOUR: Final = 3600
DAY: Final = 86_400
MONTH: Final = 30 * DAY  # Stripe counts 30 days; Intuit's calendar months differ by less than our margin

LOOK_CALLS: Final = {"xero": 1.5, "quickbooks": 1}  # one list of Xero a look, three every fourth; one CDC call
# https://developer.xero.com/documentation/guides/oauth2/limits/
XERO_CALLS_A_MINUTE: Final = 60
XERO_SHARE: Final = 0.8  # a booking needs about three calls: a fifth of the day is kept for them
# Intuit's free Builder tier, over all companies of one app.
# https://blogs.intuit.com/2026/01/08/understanding-builder-tier-api-limits-for-you-and-your-customers
INTUIT_READS_A_MONTH: Final = 500_000


def budgets(document: Document, found: Findings) -> None:
    """Warn where the intervals alone would spend a service's allowance."""
    by_app: defaultdict[str, list[Company]] = defaultdict(list)
    for company in document.companies:
        if not company.enabled:
            continue
        _order(company, found)
        if "base_url" not in company.section("stripe"):
            _stripe(company, found)
        if "base_url" in company.section("ledger"):
            continue
        if company.kind == "xero":
            _xero(company, found)
        if company.kind == "quickbooks" and company.section("ledger").get("environment") != "sandbox":
            by_app[str(company.section("ledger").get("client_id"))].append(company)
    for companies in by_app.values():
        _intuit(companies, found)


def interval(company: Company, name: str) -> tuple[float, KeyPath]:
    """Seconds of an interval that holds for a company, and where it stands; a faulty one counts as the default."""
    own: Any = company.section("polling").get(name)
    if _is_interval(own):
        return float(own), company.path("polling", name)
    key = "sweep" if name == "sweep" else f"poll_{name}"
    shared = company.document.value(("daemon", key))
    default = float(settings_of(DaemonSettings)[key].default)
    return float(shared) if _is_interval(shared) else default, ("daemon", key)


def _is_interval(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 1


def _allowance(company: Company, section: str, key: str, default: int) -> int:
    value = company.section(section).get(key, default)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


def _order(company: Company, found: Findings) -> None:
    names = ("quick", "slow", "idle")
    for faster, slower in pairwise(names):
        (short, path), (long, other) = interval(company, faster), interval(company, slower)
        if short > long:
            at = path if path[0] == "company" or other[0] == "daemon" else other
            found.warn(
                at,
                f"makes the {faster} interval ({short:g} s) longer than the {slower} one ({long:g} s)",
                "Quick is for while something is afoot, slow for while links are out, idle for while none is.",
            )


def _stripe(company: Company, found: Findings) -> None:
    reads = _allowance(company, "stripe", "monthly_reads", 10_000)
    slow, path = interval(company, "slow")
    needed = MONTH / slow
    if needed > reads:
        found.warn(
            path,
            f"means {needed:,.0f} reads at Stripe in 30 days ({MONTH:,} s / {slow:g} s), and {reads:,} are allowed; "
            "Duebird will look less often than you ask",
            f"Write {math.ceil(MONTH / reads)} or more; or raise stripe.monthly_reads if Stripe allows more.",
        )
    _quick(company, found, service="Stripe", calls=1, a_day=reads / 30)


def _xero(company: Company, found: Findings) -> None:
    allowed = _allowance(company, "ledger", "daily_calls", 1000)
    calls = LOOK_CALLS["xero"]
    slow, path = interval(company, "slow")
    needed = calls * DAY / slow
    if needed > allowed * XERO_SHARE:
        found.warn(
            path,
            f"means {needed:,.0f} calls to Xero a day ({calls} x {DAY:,} s / {slow:g} s), and {allowed:,} are allowed, "
            "of which a fifth is kept for bookings; Duebird will look less often than you ask",
            f"Write {math.ceil(calls * DAY / (allowed * XERO_SHARE))} or more; "
            "or raise ledger.daily_calls to 5000 if the Xero app is above the Starter tier.",
        )
    _quick(company, found, service="Xero", calls=calls, a_day=allowed)
    quick, path = interval(company, "quick")
    if calls * 60 / quick > XERO_CALLS_A_MINUTE:
        found.warn(
            path,
            f"means {calls * 60 / quick:,.0f} calls to Xero a minute, and {XERO_CALLS_A_MINUTE} are allowed",
            f"Write {calls * 60 // XERO_CALLS_A_MINUTE} or more.",
        )


def _quick(company: Company, found: Findings, *, service: str, calls: float, a_day: float) -> None:
    """An hour of quick looks should fit into a day's allowance."""
    quick, path = interval(company, "quick")
    needed = calls * HOUR / quick
    if needed > a_day:
        minutes = a_day * quick / calls / 60
        found.warn(
            path,
            f"means {needed:,.0f} calls to {service} in an hour, and a day's share is {a_day:,.0f}: after "
            f"{minutes:.0f} minutes a day Duebird will look less often than you ask",
            f"Write {math.ceil(calls * HOUR / a_day)} or more.",
        )


def _intuit(companies: list[Company], found: Findings) -> None:
    needed = sum(MONTH / interval(company, "slow")[0] for company in companies)
    allowed = _allowance(companies[0], "ledger", "monthly_reads", INTUIT_READS_A_MONTH)
    if needed > allowed:
        fit = math.ceil(len(companies) * MONTH / allowed)
        found.warn(
            interval(companies[0], "slow")[1],
            f"means {needed:,.0f} reads at Intuit a month for the {len(companies)} QuickBooks companies of one app, "
            f"and {allowed:,} are allowed for all of them together; Duebird will look less often",
            f"Write {fit} or more, or give some companies longer intervals in [company.polling].",
        )
