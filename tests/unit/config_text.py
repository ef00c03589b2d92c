"""Configurations for tests: one that works, and ways to change it."""

from __future__ import annotations

from pathlib import Path

from connector.config import InvalidConfig, Loaded, Problem, load_text

ENVIRON = {
    "INTUIT_ID": "intuit-client-id",
    "INTUIT_SECRET": "intuit-client-secret",
    "XERO_ID": "xero-client-id",
    "ACME_STRIPE": "rk_live_acme0001",
    "BETA_STRIPE": "rk_live_beta0001",
    "TEST_STRIPE": "rk_test_acme0001",
    "TWILIO_TOKEN": "twilio-auth-token",
}

QUICKBOOKS = """\
[company.ledger]
kind = "quickbooks"
client_id = "env:INTUIT_ID"
client_secret = "env:INTUIT_SECRET"
redirect_uri = "https://books.acme-plumbing.net/duebird"
"""

XERO = """\
[company.ledger]
kind = "xero"
client_id = "env:XERO_ID"
"""


def company(
    company_id: str = "acme",
    *,
    top: str = "",
    ledger: str = QUICKBOOKS,
    stripe: str = 'key = "env:ACME_STRIPE"',
    twilio: str = 'from_number = "+15552000001"',
    rest: str = "",
) -> str:
    """One [[company]]; `top`, `stripe` and `twilio` are lines of those sections, `rest` comes after them."""
    return f"""
[[company]]
id = "{company_id}"
name = "Acme Plumbing"
country = "US"
timezone = "America/New_York"
start_on = 2026-12-01
{top}
{ledger}
[company.stripe]
{stripe}
[company.twilio]
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "env:TWILIO_TOKEN"
{twilio}
{rest}
"""


HERE = Path("duebird.toml")


def loaded(text: str, *, with_secrets: bool = True) -> Loaded:
    return load_text(text, HERE, ENVIRON, with_secrets=with_secrets)


def problems(text: str, *, with_secrets: bool = True) -> list[Problem]:
    """Every problem of the text, none if it loads."""
    try:
        load_text(text, HERE, ENVIRON, with_secrets=with_secrets)
    except InvalidConfig as error:
        return list(error.problems)
    return []


def paths(text: str) -> list[str]:
    return [problem.path for problem in problems(text)]


def warned(text: str) -> dict[str, str]:
    """Warnings of a text that loads: path -> what is odd."""
    return {warning.path: warning.wrong for warning in loaded(text).warnings}


def the_problem(text: str) -> Problem:
    """The only problem of the text."""
    found = problems(text)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]
