"""Accounts and tax code of a fee or payout: as the settings name them when it is made, not when it was planned.

So the account of a difference of exchange.

An account that was archived or a code that does not fit is mended in the settings; what waited for that, or was ordered
again, must then go to the mended one.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from connector.domain.effect import EffectKind, EffectStatus, canonical
from connector.flows.attempts import RETURNED, Attempt
from connector.flows.company import Cash, Company
from state.tables import EffectRow

# A ledger carries out in minutes what it carries out at all, and two looks have not found it by then.
SURE: Final = timedelta(hours=1)


def terms(cash: Cash, kind: EffectKind) -> dict[str, object]:
    """What the settings say of where it goes, as it stands in frozen values."""
    return {
        "account_id": cash.account_id,
        "other_account_id": account_of(cash, kind),
        "tax_code": cash.tax_code if kind is EffectKind.BOOK_FEE else None,
        "payee": None if kind is EffectKind.BOOK_PAYOUT else cash.payee,
    }


def account_of(cash: Cash, kind: EffectKind) -> str | None:
    """The account on the other side; None where such entries are not wanted."""
    accounts = {EffectKind.BOOK_FEE: cash.fees_account_id, EffectKind.BOOK_EXCHANGE: cash.exchange_account_id}
    return accounts.get(kind, cash.bank_account_id)


def by_present_settings(attempt: Attempt, cash: Cash) -> EffectRow:
    """The effect as it is to be made now, changed on record before anything is called.

    What may have gone out is repeated as it was, under its own key: only so the ledger would tell an entry that was
    made after all. The return of a payout comes from the account to which it went, unless that was refused.
    """
    company, row = attempt.company, attempt.row
    values = json.loads(row.request)
    present = {**values, **terms(cash, EffectKind(row.kind))}
    if present == values or (RETURNED in values and not row.slot) or _may_have_gone_out(company, row):
        return row
    why = "the settings name other accounts, or another tax code, than when it was planned"
    now = company.clock.now()
    return company.store.cash_changed(row.key, canonical(present), now, why, fresh_slot=row.attempts > 0)


def _may_have_gone_out(company: Company, row: EffectRow) -> bool:
    """Whether its last call is in doubt: neither refused for good since, nor so old that the looks would have shown it.

    A doubt of a time to come was noted on a wrong clock, and is taken for one of now.
    """
    now = company.clock.now()
    for event in reversed(company.store.effects.history(row.key) if row.attempts else []):
        if event.after == EffectStatus.REJECTED:
            return False
        if event.after == EffectStatus.UNCERTAIN:
            return now - event.at < SURE
    return False
