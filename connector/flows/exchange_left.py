"""What one entry in another currency has left between clearing account and balance: asked of its frozen values first.

Only where they do not tell is the processor asked what it made of the money, and the ledger what the entry moved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from connector.domain.already import is_by_others
from connector.domain.balance import BalanceChange
from connector.domain.calendar import local_day
from connector.domain.effect import EffectKind, EffectStatus, canonical
from connector.domain.exchange import OwnRate, worth_in
from connector.domain.exchange_difference import (
    changes_behind,
    exchange_key,
    exchange_reference,
    found_key,
    moved_by,
    moved_in,
    of_making,
    of_taking_out,
)
from connector.domain.money import Money
from connector.domain.reversal import Cause
from connector.errors import Rejected
from connector.flows.attempts import Attempt, was_in_doubt
from connector.flows.company import Cash, Company
from connector.flows.exchange import change_of, clearing_of, frozen_rate, own_rate, piece_of, worth_of
from connector.ports.entries import AccountLine
from state.tables import EffectRow

MOVED: Final = "moved"  # in the frozen values of a reversal: what its entry moved the clearing account by until then
FOUND: Final = "found"  # likewise: a rebuild found it out of the ledger, so nobody knows why
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Left:
    """`amount`: what the balance moved by beyond the entry. `of_reference`: the entry that was made, or taken out."""

    amount: Money
    booked_on: date
    of_reference: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What is not known of it, for people. `for_good`: nobody will say it any more."""

    why: str
    for_good: bool = False


STRIPE_IS_SILENT: Final = Unsaid("Stripe has not said what it made of the money")
_LEDGER: Final = Unsaid("the ledger does not show it in the clearing account")
_NOWHERE: Final = Unsaid("what it stood for in the clearing account is not known any more", for_good=True)


class Account:
    """The clearing account over the days of some entries, read when it is first asked for."""

    def __init__(self, company: Company, cash: Cash, rows: Sequence[EffectRow]) -> None:
        self._company, self._cash = company, cash
        self._days = [date.fromisoformat(json.loads(one.request)["booked_on"]) for one in rows]
        self._days += [local_day(one.finished_at or one.planned_at, company.policy.zone) for one in rows]
        self._lines: Sequence[AccountLine] | None = None

    def moved(self, entry_id: str, reference: str) -> Money | None:
        """What that entry of ours moves it by, below zero for money out; None where it does not show it.

        Raises:
            DuebirdError: the ledger could not be asked.
        """
        if self._lines is None:
            self._lines = self._read()
        ours = [one for one in self._lines if one.reference.startswith(reference)]
        return moved_in([(one.entry_id, one.amount) for one in ours], entry_id)

    def _read(self) -> Sequence[AccountLine]:
        """A day more on either side: somebody may have moved an entry by one. Empty where it is too much to read."""
        first, last = min(self._days) - _DAY, max(self._days) + _DAY
        with suppress(Rejected):
            return self._company.ledger.account_entries(self._cash.account_id, first, last)
        return ()


def entry_of(row: EffectRow, values: Mapping[str, Any]) -> str:
    """The ledger's id of the entry that an effect has made or taken out."""
    return str(values["entry_id"]) if row.kind == EffectKind.REVERSE_BOOKING else row.remote_id or ""


def left_of(company: Company, cash: Cash, row: EffectRow, account: Account) -> Left | Unsaid:
    """What an entry has left that was made or taken out, which is mostly nothing, and none that is entered already.

    Raises:
        DuebirdError: the processor or the ledger could not be asked.
    """
    values: Mapping[str, Any] = json.loads(row.request)
    taken_out, entry_id = row.kind == EffectKind.REVERSE_BOOKING, entry_of(row, values)
    of_reference = values["of_reference" if taken_out else "reference"]
    nothing = Left(Money.zero(cash.currency), date.fromisoformat(values["booked_on"]), of_reference, entry_id)
    if values["currency"] == cash.currency or _entered(company, row.key, entry_id) is not None:
        return nothing
    if taken_out:
        return _by_reversal(company, cash, row, nothing)
    amount = _by_making(company, cash, row, account)
    return amount if isinstance(amount, Unsaid) else replace(nothing, amount=amount)


def _entered(company: Company, effect_key: str, entry_id: str) -> EffectRow | None:
    """The difference that this effect has left by this entry, once that is on record, also by a rebuild."""
    key = exchange_key(company.identity, effect_key, entry_id)
    for one in (key, found_key(company.identity, exchange_reference(key))):
        row = company.store.effects.get(one)
        if row is not None and row.status != EffectStatus.CANCELLED:
            return row
    return None


def _by_making(company: Company, cash: Cash, row: EffectRow, account: Account) -> Money | Unsaid:
    values: Mapping[str, Any] = json.loads(row.request)
    leaves, none = row.kind == EffectKind.BOOK_REFUND, Money.zero(cash.currency)
    rate, worth = frozen_rate(values), worth_of(values, clearing_of(company))
    rest = of_making(_amount(values), rate, worth, leaves=leaves) if rate is not None and worth is not None else None
    if rest == none or (rest is None and not _is_asked_for(company, cash, row, values)):
        return none
    out = _reversal_of(company, row)
    if out is not None and _is_of_no_money(row.kind, out):
        return none
    if rest is not None:
        return rest
    change = change_of(cash.treasury, values)
    made_of = worth_in(change, piece_of(company, row, values), cash.currency)
    if isinstance(made_of, OwnRate):
        return none if made_of is OwnRate.OTHER_BALANCE else STRIPE_IS_SILENT
    moved = _frozen_move(out, cash) if out is not None else account.moved(row.remote_id or "", values["reference"])
    if moved is None:
        return _LEDGER
    return (none - made_of if leaves else made_of) - moved


def _is_asked_for(company: Company, cash: Cash, row: EffectRow, values: Mapping[str, Any]) -> bool:
    """Whether it is at a rate of the ledger's own, which is compared: not of money that is kept in another currency."""
    if clearing_of(company) != cash.currency or is_by_others(row.request, row.remote_id):
        return False
    return own_rate(values) is not OwnRate.OTHER_BALANCE


def _reversal_of(company: Company, made: EffectRow) -> Mapping[str, Any] | None:
    """The frozen values of what took that entry out again; None where it was not taken out by us."""
    for one in company.queries.effects_of(company.id, made.subject):
        if one.kind == EffectKind.REVERSE_BOOKING and one.status == EffectStatus.DONE:
            values: Mapping[str, Any] = json.loads(one.request)
            if values["entry_id"] == made.remote_id:
                return values
    return None


def _is_of_no_money(kind: str, reversal: Mapping[str, Any]) -> bool:
    """Whether an entry of that kind was taken out without money of its own that moved.

    By the owner's word; or what was entered of a refund, together with the booking: the booking's counts all of it.
    """
    cause = Cause(reversal["cause"])
    return cause is Cause.UNDO or (kind == EffectKind.BOOK_REFUND and cause is not Cause.CAME_BACK)


def _by_reversal(company: Company, cash: Cash, row: EffectRow, nothing: Left) -> Left | Unsaid:
    """What an entry has left that was taken out, at the rate at which it was made."""
    values: Mapping[str, Any] = json.loads(row.request)
    made, cause = company.store.effects.get(values["booking"]), Cause(values["cause"])
    if made is not None and _is_of_no_money(made.kind, values):
        return _by_undoing(company, row, values, nothing)
    if made is None or made.remote_id != nothing.entry_id:
        return _NOWHERE  # it was booked again meanwhile, under other values
    frozen: Mapping[str, Any] = json.loads(made.request)
    rate, taken = frozen_rate(frozen), _frozen_move(values, cash)
    if rate is not None:
        size = moved_by(_amount(frozen), rate, cash.currency)
        taken = Money.zero(cash.currency) - size if made.kind == EffectKind.BOOK_REFUND else size
    elif not _is_asked_for(company, cash, made, frozen):
        return nothing
    if taken is None:
        return _NOWHERE
    changes = changes_behind(_changes(cash, values["payment_id"], cause), cause, values["object_id"])
    paid = sum(one.amount for one in company.queries.payment_parts(company.id, values["payment_id"]))
    whole = None if cause is Cause.CAME_BACK else Money.from_minor(-paid, values["currency"])
    back = Money.zero(cash.currency) - taken
    left = of_taking_out(piece_of(company, made, frozen), back, changes, whole=whole)
    if left is None:
        return STRIPE_IS_SILENT
    last = max(one.created_at for one in changes)
    return replace(nothing, amount=left, booked_on=local_day(last, company.policy.zone))


def _by_undoing(company: Company, row: EffectRow, values: Mapping[str, Any], nothing: Left) -> Left:
    """What was entered for the making of the entry goes out with it: else it would stand there alone."""
    made = _entered(company, values["booking"], nothing.entry_id)
    if made is None or FOUND in values or made.status == EffectStatus.REJECTED:
        return nothing
    entered = json.loads(made.request)
    amount = Money.of(entered["amount"], entered["currency"])
    size = Money.zero(amount.currency) - amount if entered["incoming"] else amount
    return replace(nothing, amount=size, booked_on=local_day(row.finished_at or row.planned_at, company.policy.zone))


def _changes(cash: Cash, payment_id: str, cause: Cause) -> Sequence[BalanceChange]:
    """Empty where nobody can make sense of them, which is asked again all the same: it may be mended."""
    with suppress(Rejected):
        failed = cash.treasury.change_of_failed_debit(payment_id) if cause is Cause.DEBIT else None
        return (*cash.treasury.changes_back(payment_id), *([failed] if failed is not None else []))
    return ()


def _frozen_move(values: Mapping[str, Any], cash: Cash) -> Money | None:
    return Money.of(values[MOVED], cash.currency) if MOVED in values else None


def _amount(values: Mapping[str, Any]) -> Money:
    return Money.of(values["amount"], values["currency"])


# ------------------------------------------------------------------------------------------- before it is taken out


def remembered(attempt: Attempt) -> Attempt:
    """A reversal, with what its entry moves the clearing account by on record where nothing but the ledger tells.

    Afterwards it may not: QuickBooks shows a voided payment over nothing.

    Raises:
        DuebirdError: the ledger could not be asked.
    """
    company, row, cash = attempt.company, attempt.row, attempt.company.cash
    values: Mapping[str, Any] = json.loads(row.request)
    if cash is None or cash.exchange_account_id is None or values["currency"] == cash.currency:
        return attempt
    made = company.store.effects.get(values["booking"])
    if made is None or MOVED in values or _is_of_no_money(made.kind, values) or was_in_doubt(attempt):
        return attempt
    frozen = json.loads(made.request)
    if frozen_rate(frozen) is not None or not _is_asked_for(company, cash, made, frozen):
        return attempt
    moved = Account(company, cash, [made]).moved(values["entry_id"], values["of_reference"])
    if moved is None:
        return attempt
    why = f"until now its entry moves the clearing account by {moved}"
    known = company.store.entry_exchanged(
        company.id,
        row.key,
        canonical({**values, MOVED: str(moved.amount)}),
        None,
        company.clock.now(),
        why=why,
        fresh_slot=row.attempts > 0,
    )
    return replace(attempt, row=known)
