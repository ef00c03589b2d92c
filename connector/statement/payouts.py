"""What each payout contains: the payments, fees and refunds whose sum came to the bank.

Stripe says it of automatic payouts only. Nothing is worked out for the others: which payments are in one that was asked
for by hand is not known to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from connector.domain.balance import BalanceChange, ChangeKind, Payout
from connector.domain.calendar import local_day
from connector.domain.clearing import PlannedEntry, plan_entries
from connector.domain.message import signed_amount
from connector.domain.money import Money
from connector.errors import Rejected
from connector.ports.treasury import Treasury
from connector.statement.matters import words_of_entry
from connector.statement.values import Inside, Statement, Subject

MOST: Final = 62  # payouts that are looked into for one statement: two a day; each is a call to Stripe, or a few
BY_HAND: Final = "asked for by hand: Stripe does not say what is in it"
_NOT_YET: Final = "Stripe has not put together yet what is in it: ask again tomorrow"
_TOO_MANY: Final = f"not read: there are more than {MOST} payouts in these days"


@dataclass(frozen=True, slots=True)
class Listed:
    """One payout of a statement with what it contains. `sent`: what came to the bank, below zero what came from it.

    `remark` says why nothing, or not all, is listed; "" where `entries` add up to `sent`.
    """

    payout: Payout
    day: date
    sent: Money
    entries: tuple[PlannedEntry, ...]
    remark: str


def sent_in(subject: Subject, changes: Iterable[BalanceChange]) -> tuple[str, ...]:
    """Ids of the payouts that were sent in the days looked at, oldest first."""
    found = (
        one.payout_id
        for one in changes
        if one.kind is ChangeKind.PAYOUT
        and one.payout_id
        and subject.month.first <= local_day(one.created_at, subject.zone) <= subject.last
    )
    return tuple(dict.fromkeys(found))


def read_insides(payouts: Sequence[Payout], wanted: Sequence[str], treasury: Treasury) -> dict[str, Inside]:
    """What is in each of those payouts, as far as Stripe says it.

    Raises:
        DuebirdError: Stripe could not be read.
    """
    known = {one.payout_id: one for one in payouts}
    found: dict[str, Inside] = {}
    asked = 0
    for payout in (known[one] for one in wanted if one in known):
        if not payout.automatic:
            found[payout.payout_id] = Inside((), BY_HAND)
        elif not payout.itemised:
            found[payout.payout_id] = Inside((), _NOT_YET)
        elif asked == MOST:
            found[payout.payout_id] = Inside((), _TOO_MANY)
        else:
            asked += 1
            found[payout.payout_id] = _read(payout.payout_id, treasury)
    return found


def _read(payout_id: str, treasury: Treasury) -> Inside:
    try:
        return Inside(tuple(treasury.changes_of_payout(payout_id)))
    except Rejected as refusal:
        return Inside((), refusal.message)


def listed(statement: Statement) -> tuple[Listed, ...]:
    """The payouts of the statement in its currency, oldest first, each with what it contains."""
    return tuple(
        _listed(statement, statement.payouts[one], inside)
        for one, inside in statement.insides.items()
        if statement.payouts[one].amount.currency == statement.currency
    )


def _listed(statement: Statement, payout: Payout, inside: Inside) -> Listed:
    zone = statement.subject.zone
    entries = plan_entries(inside.changes, statement.identity, zone)
    total = sum((one.amount for one in entries), Money.zero(statement.currency))
    remark = inside.unknown
    if not remark and total != payout.amount:
        remark = f"Stripe lists {signed_amount(total)} of it so far: ask again tomorrow"
    return Listed(payout, local_day(payout.created_at, zone), payout.amount, entries, remark)


def heading(one: Listed) -> str:
    """A payout in words: its id, when it comes to the bank, and what the bank calls it."""
    payout = one.payout
    trace = f", the bank's reference {payout.trace}" if payout.trace else ""
    failure = f", sent back: {payout.failure}" if payout.failure else ""
    came = f"payout {payout.payout_id} of {signed_amount(one.sent)}, at the bank on {payout.arrives_on:%d %b %Y}"
    return f"{came}{trace}{failure}"


def rows_of(statement: Statement, one: Listed) -> tuple[tuple[PlannedEntry, str], ...]:
    """Each thing in it, with its words: `payment pi_1, invoice 1001`."""
    return tuple((entry, words_of_entry(statement, entry)) for entry in one.entries)


def plain_payouts(statement: Statement) -> list[Mapping[str, object]]:
    """For programs: amounts as text of exactly their digits."""
    return [
        {
            "payout": one.payout.payout_id,
            "day": one.day,
            "amount": str(one.sent.amount),
            "arrives_on": one.payout.arrives_on,
            "automatic": one.payout.automatic,
            "remark": one.remark,
            "contains": [
                {
                    "day": entry.booked_on,
                    "what": words,
                    "amount": str(entry.amount.amount),
                    "reference": entry.reference,
                    "change": entry.change.change_id,
                }
                for entry, words in rows_of(statement, one)
            ],
        }
        for one in listed(statement)
    ]
