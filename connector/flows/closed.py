"""Entries meet closed books: each is made on an open day, or a person decides; never only an error.

For every kind of entry whose frozen values have a `booked_on` and a `note`. How fresh: the closing date is read before
the first entry of a pass, for all of that pass. Who closes the books meanwhile is seen by the ledger, which refuses; a
refusal is certainly no entry: the date is read anew, and decided by the same rule. It costs one call a pass, and none
where nothing is booked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from connector.domain.calendar import local_day
from connector.domain.closed_period import ClosedPeriod, day_of_entry, first_open_day, moved_in_words
from connector.domain.effect import EffectKind, canonical
from connector.domain.money import Money
from connector.errors import Rejected, RejectedBecause
from connector.flows.attempts import Attempt, was_in_doubt
from connector.flows.company import Company
from state.facts import Attention
from state.tables import EffectRow

ORDERED: Final = "first_open_day"  # in the frozen values: a person ordered it for this entry, whatever the settings say
ENTRIES: Final = frozenset(  # whose day may be moved
    {
        EffectKind.BOOK_PAYMENT,
        EffectKind.BOOK_CREDIT,
        EffectKind.BOOK_REFUND,
        EffectKind.BOOK_FEE,
        EffectKind.BOOK_PAYOUT,
        EffectKind.BOOK_EXCHANGE,
    }
)
_OWN: Final = "own_day"  # in the frozen values of an entry that was moved: its own day and note
_OWN_NOTE: Final = "own_note"


def in_open_period(attempt: Attempt) -> EffectRow:
    """The effect, with a day that is open now; changed on record before anything is called.

    What was in doubt before is repeated as it was: only under its own key and values the ledger would tell an entry
    that was made after all. If its day is closed by now, the ledger refuses it, and `refused` goes on from there.

    Raises:
        Rejected: a person must decide.
    """
    company, row = attempt.company, attempt.row
    if was_in_doubt(attempt):
        return row
    closed = company.closing.as_known(company.ledger)
    day = day_for(company, _values(row), closed)
    if day is None:
        company.store.effects.start(row.key, company.clock.now(), company.owner)
        raise _held(attempt, closed)
    if day == _booked_on(row):
        return row
    return _put_on(attempt, day, closed, fresh_slot=row.attempts > 0)


def refused(attempt: Attempt, row: EffectRow, refusal: Rejected) -> str:
    """The ledger refused the write. If that is because of a day that was closed meanwhile, it is decided anew.

    `row`: as it was tried. What it refuses on a day that is open by its own word is for a person, as any refusal.

    Raises:
        Rejected: a person must decide.
    """
    if refusal.because is not RejectedBecause.CLOSED_PERIOD:
        raise refusal
    closed = attempt.company.closing.anew(attempt.company.ledger)
    day = day_for(attempt.company, _values(row), closed)
    if day is None:
        raise _held(attempt, closed)
    if day == _booked_on(row):
        raise refusal
    _put_on(attempt, day, closed, fresh_slot=True)
    return "put on an open day"


def ordered(row: EffectRow) -> str:
    """The frozen values of an entry that a person wants on the first open day."""
    return canonical({**_values(row), ORDERED: True})


def _values(row: EffectRow) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(row.request)
    return values


def _booked_on(row: EffectRow) -> date:
    return date.fromisoformat(_values(row)["booked_on"])


def _own_day(values: Mapping[str, Any]) -> date:
    return date.fromisoformat(values.get(_OWN, values["booked_on"]))


def day_for(company: Company, values: Mapping[str, Any], closed: date | None) -> date | None:
    """The day for an entry with those frozen values; None: a person must decide. `closed`: as the ledger says now."""
    may_move = company.policy.closed_period is ClosedPeriod.FIRST_OPEN_DAY or values.get(ORDERED, False)
    today = local_day(company.clock.now(), company.policy.zone)
    return day_of_entry(_own_day(values), closed, today, may_move=may_move)


def redated(values: Mapping[str, Any], day: date, closed: date | None) -> dict[str, Any]:
    """The frozen values of an entry, put on that day; back on its own day they are as they were planned."""
    own, note = _own_day(values), values.get(_OWN_NOTE, values["note"])
    plain = {name: value for name, value in values.items() if name not in {_OWN, _OWN_NOTE}}
    if day == own or closed is None:
        return {**plain, "booked_on": own.isoformat(), "note": note}
    said = f"{note}, {moved_in_words(own, closed)}"
    return {**plain, "booked_on": day.isoformat(), "note": said, _OWN: own.isoformat(), _OWN_NOTE: note}


def _put_on(attempt: Attempt, day: date, closed: date | None, *, fresh_slot: bool) -> EffectRow:
    company, row = attempt.company, attempt.row
    values = redated(_values(row), day, closed)
    told = _moved(attempt, values, closed) if closed is not None and _OWN in values else None
    why = f"to be booked on {day}: the books are closed through {closed}" if told else f"to be booked on {day}, its own"
    return company.store.entry_moved(
        company.id, row.key, canonical(values), told, company.clock.now(), why=why, fresh_slot=fresh_slot
    )


def _what(attempt: Attempt, values: Mapping[str, Any]) -> str:
    """What is to be booked: how much, and the processor's own id of it. A fee or payout is of no payment."""
    named = f"payment {values['payment_id']}" if _is_of_payment(values) else attempt.thing
    return f"{Money.of(values['amount'], values['currency'])} ({named})"


def _is_of_payment(values: Mapping[str, Any]) -> bool:
    return "payment_id" in values


def _moved(attempt: Attempt, values: Mapping[str, Any], closed: date) -> Attention:
    """One item for all that one closing moves: what comes after is added to it while it is open."""
    company = attempt.company
    on = f" for invoice {attempt.invoice}" if _is_of_payment(values) else ""
    this = f"{_what(attempt, values)} of {values[_OWN]}{on}, as {values['booked_on']}"
    matter = f"{company.id}/closed-period"
    return Attention(
        key=f"{matter}/{closed}/{attempt.row.key}",
        matter=matter,
        subject="closed-period",
        happened=f"{company.policy.business}: the books are closed through {closed}, so that the first open day was "
        f"taken, with a note in the entry: {this}",
        not_done="Nothing was entered in the closed period. If an entry belongs there, open the books and change the "
        "day of the entry in the ledger.",
        command=f"duebird show {attempt.row.subject} --company {company.id}"
        if on
        else f"duebird reconcile {company.id} --month {values['booked_on'][:7]}",
        again=f"; {this}",
    )


def _held(attempt: Attempt, closed: date | None) -> Rejected:
    """A person must decide: what is told of it, with both ways on."""
    company, row = attempt.company, attempt.row
    values = _values(row)
    own = _own_day(values)
    back = "Open the books in the ledger and order it with the command below, or enter it by hand."
    first = first_open_day(closed) if closed is not None else own
    if first <= local_day(company.clock.now(), company.policy.zone):
        back = (
            f"To have it booked as of {first}, the first open day: duebird retry {row.key} --first-open-day --company "
            f"{company.id} Or open the books in the ledger and order it with the command below."
        )
    return Rejected(
        f"{_what(attempt, values)} is of {own}, and the books are closed through {closed}.",
        because=RejectedBecause.CLOSED_PERIOD,
        advice=f"{_where_the_money_is(row.kind)}{back}",
    )


def _where_the_money_is(kind: str) -> str:
    """Of a payment, or of what went back of one: whatever the books lack, the money is not lost."""
    if kind == EffectKind.BOOK_REFUND:
        return "The money has left your Stripe account. "
    return "The money is in your Stripe account. " if kind in {EffectKind.BOOK_PAYMENT, EffectKind.BOOK_CREDIT} else ""
