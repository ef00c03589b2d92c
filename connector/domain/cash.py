"""Which fees and payouts of the processor are to be booked in the ledger, which wait, and which a person must see.

A fee is booked once for each change of the balance, a payout once for each payout. What each is called in the ledger
stands in `connector.domain.clearing`, so that a reconciliation finds what was booked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
    a fee given back, a payout that took money from the bank, or one that the bank sent back. `returned`: it is the
    return of a payout whose transfer is in the ledger, and an entry of its own.
    """

    key: str
    kind: EntryKind
    subject: str  # the balance change of a fee, the payout of a payout: the processor's own id
    reference: str
    amount: Money
    incoming: bool
    booked_on: date
    returned: bool = False


class Transfer(StrEnum):
    """How far the transfer of a payout has come."""

    MADE = "made"  # it is in the ledger
    IN_DOUBT = "in_doubt"  # it may be in the ledger, and is looked for
    TO_COME = "to_come"  # planned, or refused: it is not in the ledger


class Unbookable(StrEnum):
    """Why a person must see it."""

    OTHER_CURRENCY = "other_currency"  # it is not in the clearing account's currency
    SENT_BACK = "sent_back"  # the bank sent a payout back that a person has entered, or nobody
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
    """What follows.

    `waiting` are payouts that are on their way, or whose return waits for what is in doubt, each with its change: both
    are to be asked again. `dropped` are payouts that came to nothing before their transfer was made.
    """

    bookings: tuple[CashBooking, ...]
    for_hand: tuple[ForHand, ...]
    waiting: Mapping[str, str]
    dropped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Waits:
    """A payout whose change is to be asked for again; `arriving`: because it did not arrive yet."""

    payout_id: str
    arriving: bool = True


@dataclass(frozen=True, slots=True)
class _Dropped:
    """A payout whose transfer must not be made any more."""

    payout_id: str


_Found = CashBooking | ForHand | _Waits | _Dropped | None


# Stripe's longest way to a bank is fourteen days, for a first payout of a country of high risk:
# https://docs.stripe.com/payouts#payout-schedule
LATE: Final = timedelta(days=15)
# After a month of knowing, a person has decided; and each payout asked for costs two calls an hour.
WATCHED: Final = timedelta(days=45)

CAME_TO_NOTHING: Final = "the payout came to nothing before it was booked"
GONE: Final = frozenset({PayoutState.FAILED, PayoutState.CANCELLED})  # the money is in the balance again
_OURS: Final = frozenset({ChangeKind.PAYOUT, ChangeKind.PAYOUT_FAILURE})


def cash_key(identity: BooksIdentity, kind: EntryKind, subject: str) -> str:
    """The key of the effect that books it: from the processor's object and whose books they are, nothing else."""
    return natural_key(identity, EffectKind.BOOK_FEE if kind is EntryKind.EXPENSE else EffectKind.BOOK_PAYOUT, subject)


def return_key(identity: BooksIdentity, payout_id: str) -> str:
    """The key of the effect that books a payout back which the bank sent back; there is one return of a payout."""
    return natural_key(identity, EffectKind.BOOK_PAYOUT, payout_id, "returned")


def plan_cash(
    changes: Iterable[BalanceChange],
    payouts: Mapping[str, Payout],
    transfers: Mapping[str, Transfer],
    identity: BooksIdentity,
    zone: ZoneInfo,
    rules: CashRules,
    today: date,
) -> CashPlan:
    """What follows from these changes.

    `payouts` as they stand now, those that matter; `transfers` of those that have one, or had one planned. `today` is
    the company's day, by which a payout is late that should have arrived.

    A payout that failed before it was booked needs no entry: the two changes of the balance cancel each other out.
    One that was booked and came back is booked back; its first transfer stays, because the bank's line of it does.
    """
    bookings: dict[str, CashBooking] = {}
    for_hand: dict[tuple[Unbookable, str], ForHand] = {}
    waiting: dict[str, str] = {}
    dropped: set[str] = set()
    for entry in plan_entries(changes, identity, zone):
        if not rules.want(entry):
            continue
        found = _found(entry, payouts, transfers, identity, zone, rules)
        if isinstance(found, CashBooking):
            bookings[found.key] = found
        elif isinstance(found, ForHand):
            for_hand[found.why, found.subject] = found
        elif isinstance(found, _Dropped):
            dropped.add(found.payout_id)
        elif found is not None:
            late = _late(entry, found, today)
            if late is not None:
                for_hand[late.why, late.subject] = late
            if today - entry.booked_on < WATCHED:
                waiting[found.payout_id] = entry.change.change_id
    return CashPlan(tuple(bookings.values()), tuple(for_hand.values()), waiting, frozenset(dropped))


def _late(entry: PlannedEntry, waits: _Waits, today: date) -> ForHand | None:
    late = waits.arriving and today - entry.booked_on >= LATE
    return _for_hand(Unbookable.LATE, entry, waits.payout_id) if late else None


def _found(
    entry: PlannedEntry,
    payouts: Mapping[str, Payout],
    transfers: Mapping[str, Transfer],
    identity: BooksIdentity,
    zone: ZoneInfo,
    rules: CashRules,
) -> _Found:
    if entry.kind is EntryKind.EXPENSE:
        return _fee(entry, identity, rules)
    payout_id = entry.change.payout_id
    if payout_id is None:
        return _for_hand(Unbookable.NAMELESS, entry, entry.change.change_id)
    payout, transfer = payouts.get(payout_id), transfers.get(payout_id)
    if entry.cause is ChangeKind.PAYOUT_FAILURE:
        return _return(entry, payout_id, payout, transfer, identity, zone, rules)
    return _payout(entry, payout_id, payout, transfer, identity, rules)


def _fee(entry: PlannedEntry, identity: BooksIdentity, rules: CashRules) -> CashBooking | ForHand:
    if entry.amount.currency != rules.currency:
        return _for_hand(Unbookable.OTHER_CURRENCY, entry, entry.change.change_id)
    return _booking(entry, entry.change.change_id, identity)


def _payout(
    entry: PlannedEntry,
    payout_id: str,
    payout: Payout | None,
    transfer: Transfer | None,
    identity: BooksIdentity,
    rules: CashRules,
) -> _Found:
    """A payout itself. What came to nothing has a change of its own for that."""
    if payout is not None and payout.state in GONE:
        return _Dropped(payout_id) if transfer is Transfer.TO_COME else None
    if transfer is not None:
        return None
    if payout is None or payout.state is not PayoutState.PAID:
        return _Waits(payout_id)
    if entry.amount.currency != rules.currency:
        return _for_hand(Unbookable.OTHER_CURRENCY, entry, payout_id)
    return _booking(entry, payout_id, identity)


def _return(
    entry: PlannedEntry,
    payout_id: str,
    payout: Payout | None,
    transfer: Transfer | None,
    identity: BooksIdentity,
    zone: ZoneInfo,
    rules: CashRules,
) -> _Found:
    """The change by which a payout came back. One that somebody else must have entered is for a person."""
    if transfer is Transfer.MADE:
        return replace(_booking(entry, payout_id, identity), key=return_key(identity, payout_id), returned=True)
    if transfer is Transfer.IN_DOUBT:
        return _Waits(payout_id, arriving=False)
    if transfer is Transfer.TO_COME:
        return _Dropped(payout_id)
    sent_on = payout.created_at.astimezone(zone).date() if payout is not None else entry.booked_on
    before = rules.payouts_from is not None and sent_on < rules.payouts_from
    if before or entry.amount.currency != rules.currency:
        return _for_hand(Unbookable.SENT_BACK, entry, payout_id)
    return None


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
