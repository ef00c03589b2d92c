"""The configuration of the play, as its owners would have written it."""

from __future__ import annotations

import socket
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from adapters.sandbox import world
from connector.config.toml import toml_value
from connector.demo.cast import BUSINESSES, MINIMUM, START_DAYS_AGO, Business, customers_of
from connector.demo.night import DAY, night

# Every second all day long: nobody's phone rings here, and nobody wants to wait for a minute to see a payment booked.
# The budgets are raised to match, or Duebird would slow down to keep within what the real services allow.
_TOP: Final = """\
# Written by `duebird demo`: the four services are stand-ins on this computer, the secrets are made up.
state_dir = "state"

[daemon]
poll_quick = 1
poll_slow = 1
poll_idle = 1
jitter = 0.0
"""
_COMPANY: Final = """
[[company]]
id = {id}
name = {name}
text_name = {text_name}
country = {country}
timezone = {zone}
start_on = {start_on}

[company.ledger]
{ledger}
payment_account = "Stripe clearing"

[company.stripe]
key = {stripe_key}
base_url = {stripe_url}
monthly_reads = 1_000_000_000

[company.twilio]
account_sid = {account_sid}
auth_token = "file:secrets/twilio"
from_number = {number}
base_url = {twilio_url}
messaging_base_url = {twilio_url}
pricing_base_url = {twilio_url}

[company.payments]
# Stripe's fees and payouts are booked too: then the clearing account holds what Stripe holds.
fee_account = {fees}
payout_account = {bank}
# And what goes back to a customer is an entry of its own.
refunds = "book"
refund_account = {income}

[company.approval]
# Whether nothing goes out at first that the owner has not approved.
draft_first = {draft}

[company.notices]
# As wide as the hour of the play allows, and shut where one customer lives.
window_start = {opens}
window_end = {closes}
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# What the owner does not want texts about.
minimum_amount = {minimum}
excluded_customers = {left_out}
require_sent_by_ledger = {only_sent}
# Here nobody has a phone, and somebody plays at whatever hour.
public_holidays = true
hours_by_law = false
"""
_PLAYED_WITH: Final = """\
# One a day and three a week are what a business wants; here invoice after invoice is issued to the same customer.
max_texts_per_number_per_day = 20
max_texts_per_number_per_week = 100
"""
_QUICKBOOKS: Final = """\
kind = "quickbooks"
environment = "sandbox"
client_id = "file:secrets/intuit-id"
client_secret = "file:secrets/intuit-secret"
redirect_uri = {redirect_uri}
base_url = {url}
authorize_url = {authorize}
token_url = {token}
revoke_url = {revoke}"""
_XERO: Final = """\
kind = "xero"
grant = "pkce"
client_id = "file:secrets/xero-id"
redirect_uri = {redirect_uri}
daily_calls = 1_000_000
base_url = {url}
connections_url = {connections}
authorize_url = {authorize}
token_url = {token}
revoke_url = {revoke}"""


def today_of(business: Business, now: datetime) -> date:
    """The civil date where that business is."""
    return now.astimezone(ZoneInfo(business.zone)).date()


def config_text(addresses: dict[str, str], now: datetime) -> str:
    """The whole file. `addresses`: of the stand-ins; `now`: the present instant, UTC."""
    redirect_uri = f"http://localhost:{_free_port()}/callback"
    return _TOP + "".join(_company_text(business, addresses, redirect_uri, now) for business in BUSINESSES)


def _company_text(business: Business, addresses: dict[str, str], redirect_uri: str, now: datetime) -> str:
    at = addresses[business.ledger]
    form, ours = (
        (
            _QUICKBOOKS,
            {
                "url": at,
                "authorize": f"{at}/connect/oauth2",
                "token": f"{at}/oauth2/v1/tokens/bearer",
                "revoke": f"{at}/v2/oauth2/tokens/revoke",
            },
        )
        if business.ledger == "quickbooks"
        else (
            _XERO,
            {
                "url": f"{at}/api.xro/2.0",
                "connections": f"{at}/connections",
                "authorize": f"{at}/identity/connect/authorize",
                "token": f"{at}/connect/token",
                "revoke": f"{at}/connect/revocation",
            },
        )
    )
    away = any(one.away for one in customers_of(business))
    dark = night(now, ZoneInfo(business.zone)) if away else None
    ledger = {name: toml_value(value) for name, value in (ours | {"redirect_uri": redirect_uri}).items()}
    values = {
        "id": business.id,
        "name": business.name,
        "text_name": business.short,
        "country": business.country,
        "zone": business.zone,
        "start_on": today_of(business, now) - timedelta(days=START_DAYS_AGO),
        "stripe_key": f"file:secrets/{business.id}-stripe",
        "stripe_url": addresses["stripe"],
        "account_sid": world.TWILIO_ACCOUNT,
        "number": business.seed.number,
        "twilio_url": addresses["twilio"],
        "draft": business.draft,
        "fees": business.fees,
        "bank": business.bank,
        "income": business.income,
        "opens": _clock(dark.opens if dark else 0),
        "closes": _clock(dark.closes if dark else DAY),
        "minimum": MINIMUM,
        "left_out": [one.name for one in customers_of(business) if one.left_out],
        "only_sent": business.strict,
    }
    text = _COMPANY.format(ledger=form.format(**ledger), **{name: toml_value(value) for name, value in values.items()})
    text += "" if business.strict else _PLAYED_WITH
    return text + (f"owner_notice = {toml_value(business.owner)}\n" if business.owner else "")


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _free_port() -> int:
    """A port nobody listens on at this moment, for the answer of the sign-in pages."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
