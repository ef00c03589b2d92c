"""The made-up names under which both sides of the wire know the bench's companies and customers."""

from __future__ import annotations

TWILIO_ACCOUNT = "AC" + "b" * 32
TWILIO_TOKEN = "bench-token"


def realm_of(number: int) -> str:
    return f"91303553773{number:05d}"


def bearer_of(number: int) -> str:
    return f"bench-bearer-{number}"


def company_of(number: int) -> str:
    return f"company-{number}"


def stripe_account_of(number: int) -> str:
    return f"acct_1Bench{number:05d}"


def stripe_key_of(number: int) -> str:
    return f"rk_test_bench_{number:05d}"


def sender_of(number: int) -> str:
    return f"+1555{number:07d}"


def mobile_of(customer: int) -> str:
    """A valid US mobile for each customer, up to a million."""
    return f"+1212{2_000_000 + customer:07d}"
