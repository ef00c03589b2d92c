"""Foreign entries at the processor's rate: asked for before the write, frozen on record, then sent.

For bookings, credits, and the entries of refunds and disputes. It costs one call an entry, and none where the invoice
is in the currency of the clearing account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from connector.domain.balance import BalanceChange
from connector.domain.effect import canonical
from connector.domain.exchange import LONGEST, OwnRate, Piece, Rate, RateRule, next_look, terms_of
from connector.domain.exchange import rate_for as rate_of_amounts
from connector.domain.money import Money
from connector.domain.reversal import Cause
from connector.errors import Rejected
from connector.flows.attempts import Attempt, was_in_doubt
from connector.flows.company import Company
from connector.ports.treasury import Treasury
from state.facts import Attention
from state.tables import EffectRow

# How each ledger takes a rate. Xero: six decimals, units of the other currency for one of the books'
# (https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml, CurrencyRate). QuickBooks says no limit;
# a JSON number keeps fifteen digits, and ten of them behind the point move no cent of a hundred million.
RULES: Final = {"quickbooks": RateRule(10), "xero": RateRule(6, inverse=True)}
_PLAIN: Final = RULES["quickbooks"]
_DECIDED: Final = "exchange"  # in the frozen values: what came of asking; while it is not there, nobody has asked
_SAID: Final = {
    OwnRate.UNKNOWN: "Stripe has not said within a day what it made of the money",
    OwnRate.OTHER_BALANCE: "Stripe keeps the money in another currency than that of the clearing account",
    OwnRate.TOO_LITTLE: "its part came to less than the smallest amount of the clearing account's currency",
}
_DIGITS: Final = "no rate of as many digits as the ledger takes comes to the same cent"
_NEAREST: Final = "It is booked at the nearest rate."
_OWN: Final = "It is booked at the ledger's own rate."
_OFF: Final = (
    "Nothing was corrected: by the difference the clearing account does not hold what Stripe holds. The statement of "
    "the month names each."
)
_LATER: Final = (
    f"What it differs by was not entered yet: that is done once Stripe has said it, which is asked for {LONGEST.days} "
    "days."
)


def at_processors_rate(attempt: Attempt) -> Attempt | None:
    """The attempt, with the rate at which it is to be made on record; None: it was put off until Stripe has said it.

    What was in doubt before is repeated as it was: only under its own key and values the ledger would tell an entry
    that was made after all.

    Raises:
        DuebirdError: the processor could not be asked.
    """
    company, row = attempt.company, attempt.row
    values: Mapping[str, Any] = json.loads(row.request)
    treasury = company.treasury
    if treasury is None or not _is_exchanged(company, values) or was_in_doubt(attempt):
        return attempt
    change = change_of(treasury, values)
    now = company.clock.now()
    again = next_look(now - _since(company, row, values)) if change is None else None
    if again is not None:
        why = "Stripe has not said yet what it made of the money in the currency of the clearing account"
        company.store.effects.postpone(row.key, now + again, now, why)
        return None
    terms = terms_of(change, piece_of(company, row, values), clearing_of(company), rule_of(company))
    decided = {**values, **_frozen(terms, change)}
    told = _told(attempt, values, terms, change)
    why = f"to be booked at {decided['exchange_rate'] or 'the own rate of the ledger'}"
    frozen = company.store.entry_exchanged(
        company.id, row.key, canonical(decided), told, now, why=why, fresh_slot=row.attempts > 0
    )
    return replace(attempt, row=frozen)


def rate_for(company: Company, amount: Money, worth: Money) -> Rate | None:
    """The rate at which an entry over `amount` moves the clearing account by `worth`; None where it needs none.

    Both are above zero. `worth` is what the processor's balance moved by, in the currency of the clearing account.
    """
    if amount.currency == worth.currency:
        return None
    return rate_of_amounts(rule_of(company), amount, worth)


def frozen_rate(values: Mapping[str, Any]) -> Decimal | None:
    """What was decided for an entry; None: the ledger's own rate, and so of one that is older than the deciding."""
    rate = values.get("exchange_rate")
    return Decimal(rate) if rate else None


def own_rate(values: Mapping[str, Any]) -> OwnRate | None:
    """Why an entry was made at the ledger's own rate; None where nobody had asked, or it was not."""
    why = values.get(_DECIDED, {}).get("own_rate")
    return OwnRate(why) if why else None


def worth_of(values: Mapping[str, Any], clearing: str) -> Money | None:
    """What the processor made of an entry, above zero, as it was decided; None where it was not asked, or not told."""
    worth = values.get(_DECIDED, {}).get("worth")
    return Money.of(worth, clearing) if worth else None


def rule_of(company: Company) -> RateRule:
    """How the company's ledger takes a rate."""
    return RULES.get(company.identity.ledger_kind, _PLAIN)


def clearing_of(company: Company) -> str:
    """The currency of the clearing account; "" where it is not that of the books, and takes only its own."""
    return company.policy.clearing_currency or ""


def _since(company: Company, row: EffectRow, values: Mapping[str, Any]) -> datetime:
    """From when on the processor may have said it: the payment, or the plan to enter what went back."""
    if values.get("object_id"):
        return row.planned_at
    parts = company.queries.payment_parts(company.id, values["payment_id"])
    return min(one.paid_at or one.created_at for one in parts)


def _is_exchanged(company: Company, values: Mapping[str, Any]) -> bool:
    return clearing_of(company) not in {"", values["currency"]} and _DECIDED not in values


def change_of(treasury: Treasury, values: Mapping[str, Any]) -> BalanceChange | None:
    """By what an entry's money came in or left; None: it is not there, or nobody can make sense of it.

    Which is asked again all the same: it may be mended.

    Raises:
        DuebirdError: the processor could not be asked.
    """
    with suppress(Rejected):
        if values.get("cause") == Cause.REFUND:
            return treasury.change_of_refund(values["object_id"])
        if values.get("cause") == Cause.DISPUTE:
            return treasury.change_of_dispute(values["object_id"])
        return treasury.change_of_payment(values["payment_id"])
    return None


def piece_of(company: Company, row: EffectRow, values: Mapping[str, Any]) -> Piece:
    """Where an entry lies in its whole.

    In a payment: its receivables in the order of their ids, of each first what is booked. In a refund or dispute: in
    the order in which its entries were planned.
    """
    currency = values["currency"]
    amount = Money.of(values["amount"], currency)
    if values.get("object_id"):
        return Piece(amount, Money.of(values.get("before", "0"), currency))
    parts = company.queries.payment_parts(company.id, values["payment_id"])
    earlier = sum(one.amount for one in parts if one.ledger_id < row.subject)
    return Piece(amount, Money.from_minor(earlier, currency) + Money.of(values.get("booked", "0"), currency))


def _frozen(terms: Rate | OwnRate, change: BalanceChange | None) -> dict[str, object]:
    if isinstance(terms, OwnRate):
        return {"exchange_rate": None, _DECIDED: {"own_rate": terms.value}}
    of = change.change_id if change else ""
    return {"exchange_rate": str(terms.value), _DECIDED: {"change": of, "worth": str(terms.worth.amount)}}


def _told(
    attempt: Attempt, values: Mapping[str, Any], terms: Rate | OwnRate, change: BalanceChange | None
) -> Attention | None:
    """What the owner must know of an entry that does not bring the clearing account just what Stripe has.

    What a rate leaves is entered where he has named an account for it.

    One item a cause: what comes of the same cause later is added to it while it is open.
    """
    company = attempt.company
    entered = company.cash is not None and company.cash.exchange_account_id is not None
    if isinstance(terms, Rate) and (entered or not terms.rest.amount):
        return None
    amount = Money.of(values["amount"], values["currency"])
    back = f"{values['cause']} {values['object_id']} of the " if values.get("object_id") else ""
    this = f"{amount} ({back}payment {values['payment_id']}, invoice {attempt.invoice}{_has(terms, change)})"
    later = entered and terms is not OwnRate.OTHER_BALANCE
    matter = f"{company.id}/exchange/{'digits' if isinstance(terms, Rate) else terms}"
    return Attention(
        key=f"{matter}/{attempt.row.key}",
        matter=matter,
        subject="exchange",
        happened=f"{company.policy.business}: money in another currency than the clearing account could not be "
        f"booked at Stripe's rate, since {_DIGITS if isinstance(terms, Rate) else _SAID[terms]}: {this}",
        not_done=f"{_NEAREST if isinstance(terms, Rate) else _OWN} {_LATER if later else _OFF}",
        command=f"duebird reconcile {company.id}",
        again=f"; {this}",
    )


def _has(terms: Rate | OwnRate, change: BalanceChange | None) -> str:
    """What Stripe made of it, or what the entry lacks of that."""
    if isinstance(terms, Rate):
        return f", {terms.rest} of {terms.worth} is left"
    return f", {change.amount} at Stripe" if change is not None else ""
