"""A company of the configuration: its settings, and what its services allow it. Light: `status` imports it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connector.config import CompanySettings, Loaded
from connector.domain.cadence import Limit
from connector.errors import ConfigProblem

MONTH: Final = timedelta(days=30)
DATABASE_URL: Final = "DUEBIRD_DATABASE_URL"  # environment variable: a database other than the state folder's file


def company_settings(loaded: Loaded, company_id: str) -> CompanySettings:
    """The settings of a company.

    Raises:
        ConfigProblem: there is no such company; names those there are.
    """
    found = loaded.settings.company(company_id)
    if found is None:
        ids = ", ".join(one.id for one in loaded.settings.companies)
        raise ConfigProblem(
            f'There is no company "{company_id}" in {loaded.path}. Nothing was done.', advice=f"There are: {ids}."
        )
    return found


def limits(loaded: Loaded, settings: CompanySettings) -> tuple[Limit, ...]:
    """What each service allows this company. Twilio's reads are free; its limits are on calls at one time."""
    ledger = settings.ledger
    if ledger.kind == "xero":
        of_ledger = Limit("xero", ledger.daily_calls, timedelta(days=1), writes_count=True)
    else:
        sharing = [one for one in loaded.settings.companies if one.enabled and one.ledger.kind == "quickbooks"]
        share = ledger.monthly_reads // max(len(sharing), 1)
        of_ledger = Limit("quickbooks", share, MONTH, writes_count=False)
    return of_ledger, Limit("stripe", settings.stripe.monthly_reads, MONTH, writes_count=False)
