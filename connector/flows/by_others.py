"""Entries by somebody else that stand for a payment: how much of it each has in our clearing account, asked now."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from connector.domain.calendar import local_day
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.flows import reversal
from connector.flows.company import Company
from connector.ports.entries import AccountLine
from connector.ports.ledger import Booking, BookingState
from state.tables import EffectRow, PaymentRow

_DAY: Final = timedelta(days=1)
_ID: Final = re.compile(r"\b(?:pi|re|pyr|dp|du)_[A-Za-z0-9]+")  # of a payment, a refund, a dispute
_GONE: Final = "is not on the invoice any more"
_UNTOLD: Final = "is in an account that the ledger does not name"
_ELSEWHERE: Final = "is in another account than the one in which Duebird books what Stripe takes"


@dataclass(frozen=True, slots=True)
class Theirs:
    """One such entry, and the booking it was adopted for.

    `amount`: what of the payment it has in our clearing account. `why`: where that is nothing, the reason, for people.
    `is_gone`: it is not on the invoice any more, so that the payment may be out of the books.
    """

    row: EffectRow
    amount: Money
    why: str = ""
    is_gone: bool = False


def theirs_of(company: Company, parts: Sequence[PaymentRow]) -> list[Theirs]:
    """Ask the ledger where the adopted entries of a payment stand: their owner may have moved one since.

    Raises:
        DuebirdError: the ledger could not be asked.
    """
    on = {one.ledger_id: one for one in parts}
    rows = reversal.adopted_rows(company.queries, company.id, parts)
    return [_theirs(company, one, on[one.subject]) for one in rows]


def _theirs(company: Company, row: EffectRow, part: PaymentRow) -> Theirs:
    paid = Money.from_minor(part.amount, part.currency)
    found = _entry(company, row.subject, row.remote_id or "")
    fault = _fault(company, found)
    if found is None or fault:
        why = f"the entry {row.remote_id}, by which somebody else has booked it, {fault}"
        return Theirs(row, Money.zero(paid.currency), why, is_gone=found is None)
    return Theirs(row, min(paid, found.applied + found.unapplied))


def _entry(company: Company, ledger_id: str, entry_id: str) -> Booking | None:
    listed = company.ledger.bookings_on(ledger_id)
    return next((one for one in listed if one.booking_id == entry_id and one.state is BookingState.LIVE), None)


def _fault(company: Company, found: Booking | None) -> str:
    if found is None:
        return _GONE
    if found.account_id is None:
        return _UNTOLD
    return "" if found.account_id == company.policy.payment_account_id else _ELSEWHERE


def fault_of(company: Company, row: EffectRow) -> str:
    """Why what went back is not to be entered out of the entry that a refund's effect names; "" where nothing is.

    Who books payments by another tool may have its refunds booked by that too, so the clearing account is looked at.

    Raises:
        DuebirdError: the ledger could not be asked.
    """
    values = json.loads(row.request)
    fault = _fault(company, _entry(company, row.subject, values["entry_id"]))
    if fault:
        return f"the payment's own entry {values['entry_id']}, by somebody else, {fault}"
    first, today = date.fromisoformat(values["booked_on"]), local_day(company.clock.now(), company.policy.zone)
    lines = company.ledger.account_entries(values["account_id"], first - _DAY, max(first, today) + _DAY)
    found = sorted(one.entry_id for one in lines if _is_that(one, values))
    if not found:
        return ""
    return f"somebody else has entered it already, as it seems (entry {' or '.join(found)} in the clearing account)"


def _is_that(line: AccountLine, values: Mapping[str, Any]) -> bool:
    """Whether that line is, or may be, the refund or dispute: it names it; or is as much, and names no other."""
    if OUR_REFERENCE.match(line.reference) or not line.amount.amount < 0:
        return False
    ids = {one for one in _ID.findall(f"{line.reference} {line.note}") if one != values["payment_id"]}
    if ids:
        return values["object_id"] in ids
    return line.amount == Money.of(f"-{values['amount']}", values["currency"]) and line.kind != EntryKind.TRANSFER
