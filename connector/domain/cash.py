"""Which fees and payouts of the processor are to be booked in the ledger, which wait, and which a person must see.

A fee is booked once for each change of the balance, a payout once for each payout. What each is called in the ledger
stands in `connector.domain.clearing`, so that a reconciliation finds what was booked here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.balance import BalanceChange, ChangeKind, Payout, PayoutState
from connector.domain.clearing import PlannedEntry, plan_entries
from connector.domain.effect import BooksIdentity, EffectKind, natural_key
from connector.domain.money import Money
from connector.domain.records import EntryKind


@dataclass(frozen=True, slots=True)
class CashRules:
    """What a company books of its fees and payouts.

    `currency` is that of the clearing account. Each of the two is booked from a day of the company's on: what was
    before it, somebody has entered. None: it is not booked.
    """

    currency: str
    fees_from: date | None
    payouts_from: date | None

    def want(self, entry: PlannedEntry) -> bool:
        """Whether that is to be booked: fees of its day, or a payout and its return."""
        if entry.kind is EntryKind.EXPENSE:
            return self.fees_from is not None and entry.booked_on >= self.fees_from
        return self.payouts_from is not None and entry.cause in _OURS and entry.booked_on >= self.payouts_from


@dataclass(frozen=True, slots=True)
class CashBooking:
    """One fee (EXPENSE) or payout (TRANSFER) to be booked, once for its `key`.

    `amount` is above zero, in the clearing account's currency. `incoming`: money into the clearing account, which is
    a fee given back, or a payout that took money from the bank.
    """

    key: str
    kind: EntryKind
    subject: str  # the balance change of a fee, the payout of a payout: the processor's own id
    reference: str
    amount: Money
    incoming: bool
    booked_on: date


class Unbookable(StrEnum):
    """Why a person must see it."""

    OTHER_CURRENCY = "other_currency"  # it is not in the clearing account's currency
    SENT_BACK = "sent_back"  # the payout was booked, and then the bank sent it back
    NAMELESS = "nameless"  # the processor does not say which payout it is of
    LATE = "late"  # the payout is neither paid nor given up, or nobody knows, for longer than a bank takes


@dataclass(frozen=True, slots=True)
class ForHand:
    """What is not booked and must not be passed over; `amount` is signed as in the balance."""

    why: Unbookable
    kind: EntryKind
    subject: str
    amount: Money
    booked_on: date


@dataclass(frozen=True, slots=True)
class CashPlan:
    """`waiting` are payouts that are on their way, each with its change: their state is to be asked again."""

    bookings: tuple[CashBooking, ...]
    for_hand: tuple[ForHand, ...]
    waiting: Mapping[str, str]


# Stripe's longest way to a bank is fourteen days, for a first payout of a country of high risk:
# https://docs.stripe.com/payouts#payout-schedule
LATE: Final = timedelta(days=15)
# After a month of knowing, a person has decided; and each payout asked for costs two calls an hour.
WATCHED: Final = timedelta(days=45)

GONE: Final = frozenset({PayoutState.FAILED, PayoutState.CANCELLED})  # the money is in the balance again
_OURS: Final = frozenset({ChangeKind.PAYOUT, ChangeKind.PAYOUT_FAILURE})


def cash_key(identity: BooksIdentity, kind: EntryKind, subject: str) -> str:
    """The key of the effect that books it: from the processor's object and whose books they are, nothing else."""
    return natural_key(identity, EffectKind.BOOK_FEE if kind is EntryKind.EXPENSE else EffectKind.BOOK_PAYOUT, subject)


def plan_cash(
    changes: Iterable[BalanceChange],
    payouts: Mapping[str, Payout],
    booked: Collection[str],
    identity: BooksIdentity,
    zone: ZoneInfo,
    rules: CashRules,
    today: date,
) -> CashPlan:
    """What follows from these changes; `payouts` as they stand now, `booked` those that were booked as paid before.

    `today` is the company's day, by which a payout is late that should have arrived.

    A payout that failed before it was booked needs no entry: the two changes of the balance cancel each other out.
    One that was booked and came back is for a person, because the transfer may be matched with a bank line by now.
    """
    bookings: dict[str, CashBooking] = {}
    for_hand: dict[tuple[Unbookable, str], ForHand] = {}
    waiting: dict[str, str] = {}
    for entry in plan_entries(changes, identity, zone):
        if not rules.want(entry):
            continue
        found: CashBooking | ForHand | str | None
        if entry.kind is EntryKind.EXPENSE:
            found = _fee(entry, identity, rules)
        else:
            found = _payout(entry, payouts, booked, identity, rules)
        if isinstance(found, CashBooking):
            bookings[found.key] = found
        elif isinstance(found, ForHand):
            for_hand[found.why, found.subject] = found
        elif found is not None:
            if today - entry.booked_on >= LATE:
                for_hand[Unbookable.LATE, found] = _for_hand(Unbookable.LATE, entry, found)
            if today - entry.booked_on < WATCHED:
                waiting[found] = entry.change.change_id
    return CashPlan(tuple(bookings.values()), tuple(for_hand.values()), waiting)


def _fee(entry: PlannedEntry, identity: BooksIdentity, rules: CashRules) -> CashBooking | ForHand:
    if entry.amount.currency != rules.currency:
        return _for_hand(Unbookable.OTHER_CURRENCY, entry, entry.change.change_id)
    return _booking(entry, entry.change.change_id, identity)


def _payout(
    entry: PlannedEntry,
    payouts: Mapping[str, Payout],
    booked: Collection[str],
    identity: BooksIdentity,
    rules: CashRules,
) -> CashBooking | ForHand | str | None:
    """A text is the id of a payout whose state must be asked again."""
    payout_id = entry.change.payout_id
    if payout_id is None:
        return _for_hand(Unbookable.NAMELESS, entry, entry.change.change_id)
    payout = payouts.get(payout_id)
    if payout_id in booked:
        back = entry.cause is ChangeKind.PAYOUT_FAILURE or (payout is not None and payout.state in GONE)
        return _for_hand(Unbookable.SENT_BACK, entry, payout_id) if back else None
    if entry.cause is ChangeKind.PAYOUT_FAILURE or (payout is not None and payout.state in GONE):
        return None
    if payout is None or payout.state is not PayoutState.PAID:
        return payout_id
    if entry.amount.currency != rules.currency:
        return _for_hand(Unbookable.OTHER_CURRENCY, entry, payout_id)
    return _booking(entry, payout_id, identity)


def _booking(entry: PlannedEntry, subject: str, identity: BooksIdentity) -> CashBooking:
    kind = EntryKind.EXPENSE if entry.kind is EntryKind.EXPENSE else EntryKind.TRANSFER
    size = Money(abs(entry.amount.amount), entry.amount.currency)
    incoming = entry.amount.amount > 0
    return CashBooking(
        cash_key(identity, kind, subject), kind, subject, entry.reference, size, incoming, entry.booked_on
    )


def _for_hand(why: Unbookable, entry: PlannedEntry, subject: str) -> ForHand:
    kind = EntryKind.EXPENSE if entry.kind is EntryKind.EXPENSE else EntryKind.TRANSFER
    return ForHand(why, kind, subject, entry.amount, entry.booked_on)
