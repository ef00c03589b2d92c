"""What entries in another currency leave between clearing account and balance: found, and planned to be entered once.

Looked for once an hour, where an entry was made or taken out, and where money came again without one. It is entered as
a fee is, by `connector.flows.cash`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from connector.domain.balance import BalanceChange
from connector.domain.calendar import local_day, start_of_day
from connector.domain.effect import EffectKind, NewEffect, canonical
from connector.domain.exchange import PATIENCE
from connector.domain.exchange_difference import (
    changes_behind,
    difference_note,
    exchange_key,
    exchange_reference,
    moved_by,
    of_making,
    of_taking_out,
)
from connector.domain.money import Money
from connector.domain.reversal import Cause
from connector.errors import Rejected
from connector.failpoints import Boundary, reach
from connector.flows import came_again
from connector.flows.cash_terms import terms
from connector.flows.company import Cash, Company, Counts
from connector.flows.exchange import clearing_of, frozen_rate, piece_of, worth_of
from state.books import receivable_of
from state.names import EXCHANGE_SINCE
from state.store import Attention
from state.tables import EffectRow

# An entry that was taken out by the owner's word has no money behind it that moved; of a bank debit that came back the
# processor's two lists say nothing.
_WITHOUT: Final = frozenset({Cause.UNDO, Cause.DEBIT})


@dataclass(frozen=True, slots=True)
class _Left:
    """`amount`: what the balance moved by beyond the entry. `of_reference`: the entry that was made, or taken out."""

    amount: Money
    booked_on: date
    of_reference: str
    entry_id: str


def run_once(company: Company) -> Counts:
    """Plan what the entries done since the last look have left, as often as `Cash.every` says."""
    counts, now, cash = Counts(), company.clock.now(), company.cash
    row = company.queries.cursor(company.id, EXCHANGE_SINCE)
    since = datetime.fromisoformat(row.value) if row and row.value else None
    if cash is None or cash.exchange_account_id is None:
        if since is not None:
            company.store.set_cursor(company.id, EXCHANGE_SINCE, "", now)
        return counts
    if since is None:
        since = start_of_day(cash.book_from, company.policy.zone) if cash.book_from else now
    elif row and timedelta() <= now - row.moved_at < cash.every:
        return counts
    wanted, told, waiting = list[NewEffect](), list[Attention](), list[datetime]()
    for one in company.queries.entries_done(company.id, since, now):
        left = _left(company, cash, one)
        done = one.finished_at or now
        if left is not None and left.amount.amount:
            wanted.append(_effect(company, cash, one, left))
        elif left is None and now - done < PATIENCE:
            waiting.append(done)
        elif left is None:
            told.append(_unknown(company, one))
    again = came_again.look(company, cash, since, now)
    wanted, told, waiting = wanted + again.wanted, told + again.told, waiting + again.waiting
    counts.add("differences of exchange planned", _record(company, wanted, told, min([*waiting, now])))
    return counts


def _record(company: Company, wanted: Sequence[NewEffect], told: Sequence[Attention], since: datetime) -> int:
    planned = company.store.differences_found(company.id, wanted, told, since, company.clock.now())
    for one in wanted:
        reach(Boundary.PLANNED, one.kind)
    return planned


def _left(company: Company, cash: Cash, row: EffectRow) -> _Left | None:
    """What that entry has left, which is mostly nothing; None: the processor has not said it yet.

    Raises:
        DuebirdError: the processor could not be asked.
    """
    values: Mapping[str, Any] = json.loads(row.request)
    if row.kind == EffectKind.REVERSE_BOOKING:
        return _by_reversal(company, cash, values)
    rate, worth = frozen_rate(values), worth_of(values, clearing_of(company))
    day = date.fromisoformat(values["booked_on"])
    amount = Money.zero(cash.currency)
    if rate is not None and worth is not None:
        amount = of_making(_amount(values), rate, worth, leaves=row.kind == EffectKind.BOOK_REFUND)
    return _Left(amount, day, values["reference"], row.remote_id or "")


def _by_reversal(company: Company, cash: Cash, values: Mapping[str, Any]) -> _Left | None:
    """What an entry has left that was taken out, at the rate at which it was made."""
    day, entry_id, cause = date.fromisoformat(values["booked_on"]), values["entry_id"], Cause(values["cause"])
    nothing = _Left(Money.zero(cash.currency), day, values["of_reference"], entry_id)
    made = company.store.effects.get(values["booking"])
    frozen: Mapping[str, Any] = json.loads(made.request) if made is not None and made.remote_id == entry_id else {}
    rate = frozen_rate(frozen)
    if made is None or rate is None or cause in _WITHOUT:
        return nothing
    changes = changes_behind(_changes(cash, values["payment_id"]), cause, values["object_id"])
    moved = moved_by(_amount(frozen), rate, cash.currency)
    paid = sum(one.amount for one in company.queries.payment_parts(company.id, values["payment_id"]))
    taken = moved if cause is Cause.CAME_BACK else Money.zero(cash.currency) - moved
    whole = None if cause is Cause.CAME_BACK else Money.from_minor(-paid, values["currency"])
    left = of_taking_out(piece_of(company, made, frozen), taken, changes, whole=whole)
    if left is None:
        return None
    last = max(one.created_at for one in changes)
    return _Left(left, local_day(last, company.policy.zone), values["of_reference"], entry_id)


def _changes(cash: Cash, payment_id: str) -> Sequence[BalanceChange]:
    """Empty where nobody can make sense of them, which is asked again all the same: it may be mended."""
    with suppress(Rejected):
        return cash.treasury.changes_back(payment_id)
    return ()


def _amount(values: Mapping[str, Any]) -> Money:
    return Money.of(values["amount"], values["currency"])


def _effect(company: Company, cash: Cash, row: EffectRow, left: _Left) -> NewEffect:
    key = exchange_key(company.identity, row.key, left.entry_id)
    payment_id = json.loads(row.request)["payment_id"]
    size = Money(abs(left.amount.amount), left.amount.currency)
    values: dict[str, object] = {
        "payment_id": payment_id,
        "of_reference": left.of_reference,
        "amount": str(size.amount),
        "currency": size.currency,
        "booked_on": left.booked_on.isoformat(),
        "reference": exchange_reference(key),
        "incoming": left.amount.amount > 0,
        **terms(cash, EffectKind.BOOK_EXCHANGE),
        "note": difference_note(payment_id, left.of_reference),
    }
    how = "taken out of the ledger" if row.kind == EffectKind.REVERSE_BOOKING else "made"
    why = (
        f"the entry {left.entry_id} of the payment {payment_id} was {how}, and Stripe's balance moved by {left.amount} "
        "beyond that"
    )
    return NewEffect(key, EffectKind.BOOK_EXCHANGE, row.subject, canonical(values), why)


def _unknown(company: Company, row: EffectRow) -> Attention:
    """What the owner is told once it has not been said for a day."""
    values = json.loads(row.request)
    known = company.queries.receivable(company.id, row.subject)
    invoice = receivable_of(known).label if known else row.subject
    return Attention(
        key=f"{company.id}/exchange-difference/{row.key}",
        subject=row.subject,
        happened=f"{company.policy.business}, invoice {invoice}: the entry {values['entry_id']} of {_amount(values)} "
        f"({values['payment_id']}) was taken out of the ledger as it was made, and Stripe has not said within a day at "
        "which rate the money moved.",
        not_done="No difference of exchange was entered. If the clearing account does not hold what Stripe holds, "
        "enter the difference by hand.",
        command=f"duebird reconcile {company.id}",
    )
