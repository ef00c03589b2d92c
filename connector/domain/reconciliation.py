"""The clearing account held against the processor's balance, line by line.

Whatever is unlike is an item with its likely cause, so that the difference is always the sum of what was carried over
and of the items: nothing is left that nobody can point at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from connector.domain.balance import ChangeKind
from connector.domain.clearing import PlannedEntry
from connector.domain.matching import EVER, NEAR, Cause, Days, Group, Line, grouped, named_ours
from connector.domain.money import Money

# The processor's entry may come an hour after the payment, and ours a pass after that: over midnight, the day before.
FRESH: Final = timedelta(days=1)
# Between an invoice and its payment a rate moves by less, and a slip in an amount is mostly by more.
RATES_MOVE: Final = Decimal("0.2")


@dataclass(frozen=True, slots=True)
class Item:
    """What belongs together and is not simply alike. `difference`: what the ledger has of it beyond the processor."""

    cause: Cause
    entries: tuple[PlannedEntry, ...]
    lines: tuple[Line, ...]
    difference: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """What the processor did in these days; what it took is below zero."""

    payments: Money  # less bank debits that bounced
    fees: Money
    refunds: Money  # less those that failed
    disputes: Money  # less those that were won
    payouts: Money  # less those that the bank sent back
    other: Money

    @property
    def total(self) -> Money:
        """What the balance moved by."""
        return self.payments + self.fees + self.refunds + self.disputes + self.payouts + self.other


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """From `first` to `last`, both included, in one currency.

    `closing` and `ledger_closing` are the processor's balance and the clearing account at the end of `last`. `matched`
    counts what is alike on both sides.
    """

    first: date
    last: date
    opening: Money
    ledger_opening: Money
    totals: Totals
    closing: Money
    ledger_closing: Money
    matched: int
    items: tuple[Item, ...]

    @property
    def difference(self) -> Money:
        """What the clearing account holds beyond the processor; zero when the books balance."""
        return self.ledger_closing - self.closing

    @property
    def carried(self) -> Money:
        """The part of the difference that stood there before `first`."""
        return self.ledger_opening - self.opening

    @property
    def unmatched(self) -> tuple[Item, ...]:
        """The items that make up the rest of the difference."""
        return tuple(one for one in self.items if one.cause not in _RIGHT)


_RIGHT: Final = frozenset({Cause.BOOKED_NET, Cause.ONE_SUM, Cause.BY_HAND})


def reconcile(
    *,
    first: date,
    last: date,
    today: date,
    opening: Money,
    ledger_opening: Money,
    entries: Iterable[PlannedEntry],
    lines: Iterable[Line],
    known: Mapping[str, str] | None = None,
    ours: Collection[str] | None = None,
) -> Reconciliation:
    """Hold the clearing account against the balance in the currency of `opening`.

    Args:
        first: the first day looked at.
        last: the last one.
        today: the company's day now, to tell what is late from what is on its way.
        opening: the processor's balance at the beginning of `first`.
        ledger_opening: that of the clearing account.
        entries: what must stand in the ledger, from `plan_entries`, of all currencies: what is kept in another one is
            told from what is not there at all. Give some days more on both sides than are looked
            at, so that what is booked a little earlier or later is recognised; they count in no figure.
        lines: of the clearing account, of the same days, in its currency.
        known: entry ids and references of lines that our records know to be for the entry with that planned reference:
            one of several bookings of a payment, a credit for its surplus, an entry of somebody's that was adopted.
        ours: ids of the payments that our records know; None where they are not at hand.

    Raises:
        ValueError: a line, or the opening of the ledger, is in another currency.
    """
    zero = Money.zero(opening.currency)
    days = Days(first, last)
    everything = list(entries)
    planned = [one for one in everything if one.amount.currency == opening.currency]
    apart = frozenset(one.reference for one in everything if one.amount.currency != opening.currency)
    booked = list(lines)
    totals = _totals((one for one in planned if days.hold(one.booked_on)), zero)
    entered = sum((one.amount for one in booked if days.hold(one.booked_on)), zero)
    view = _View(days, today, zero, ours, apart)
    groups = [one for one in grouped(planned, booked, known or {}, days, zero) if any(map(days.hold, one.dates()))]
    items = [one for one in (_item(group, view) for group in groups) if one is not None]
    return Reconciliation(
        first,
        last,
        opening,
        ledger_opening,
        totals,
        opening + totals.total,
        ledger_opening + entered,
        len(groups) - len(items),
        tuple(items),
    )


def opening_of(held: Money, entries: Iterable[PlannedEntry], first: date) -> Money:
    """The processor's balance at the beginning of `first`, worked back from what it holds now.

    Processors tell no balance of the past. `held` is available and pending together, and `entries` are for every change
    from `first` until it was read: read it before and after the changes, and again where the two are not the same.
    """
    later = (one.amount for one in entries if one.booked_on >= first and one.amount.currency == held.currency)
    return held - sum(later, Money.zero(held.currency))


def _totals(entries: Iterable[PlannedEntry], zero: Money) -> Totals:
    sums = dict.fromkeys(("payments", "fees", "refunds", "disputes", "payouts", "other"), zero)
    for one in entries:
        sums[_HEADINGS[one.cause]] += one.amount
    return Totals(**sums)


_HEADINGS: Final = {
    ChangeKind.PAYMENT: "payments",
    ChangeKind.PAYMENT_FAILURE: "payments",
    ChangeKind.REFUND: "refunds",
    ChangeKind.REFUND_FAILURE: "refunds",
    ChangeKind.DISPUTE: "disputes",
    ChangeKind.DISPUTE_REVERSAL: "disputes",
    ChangeKind.FEE: "fees",
    ChangeKind.PAYOUT: "payouts",
    ChangeKind.PAYOUT_FAILURE: "payouts",
    ChangeKind.OTHER: "other",
}


# ---------------------------------------------------------------------------------------------------- why it is unlike


@dataclass(frozen=True, slots=True)
class _View:
    """From where it is looked at."""

    days: Days
    today: date
    zero: Money
    ours: Collection[str] | None
    apart: Collection[str]  # references of what the processor keeps in other currencies

    def fresh(self, group: Group) -> bool:
        return all(self.today - day <= FRESH for day in group.dates())

    def of_others(self, entry: PlannedEntry) -> bool:
        sold = _HEADINGS[entry.change.kind] in _OF_A_PAYMENT
        return sold and self.ours is not None and entry.change.payment_id not in self.ours


_OF_A_PAYMENT: Final = frozenset({"payments", "refunds", "disputes"})


def _item(group: Group, view: _View) -> Item | None:
    """What to say of a group; None where both sides are alike in these days."""
    difference = group.beyond(view.days, view.zero)
    cause = _cause(group, view) if difference.amount else group.found
    return Item(cause, tuple(group.entries), tuple(group.lines), difference) if cause is not None else None


def _cause(group: Group, view: _View) -> Cause:
    beyond = group.beyond(EVER, view.zero)
    if not beyond.amount:
        return Cause.OTHER_PERIOD
    if not group.lines:
        return _not_booked(group, view)
    if not group.entries:
        return _not_planned(group, view)
    # Without one of its lines the group would be right: that one was not needed.
    if beyond in [one.amount for one in group.lines]:
        return Cause.BOOKED_TWICE
    return Cause.OTHER_RATE if _is_of_another_rate(group, beyond) else Cause.AMOUNT_DIFFERS


def _is_of_another_rate(group: Group, beyond: Money) -> bool:
    """The processor exchanged it, and the entry is about as much, or as many units of the one currency as of the other.

    The latter is what QuickBooks makes of a foreign payment that comes without a rate.
    """
    change = group.entries[0].change
    if len(group.entries) != 1 or group.entries[0].cause is ChangeKind.FEE:
        return False
    if change.source_amount is None or change.exchange_rate is None:
        return False
    planned = group.entries[0].amount.amount
    return abs(beyond.amount) < RATES_MOVE * abs(planned) or beyond.amount + planned == change.source_amount.amount


def _not_booked(group: Group, view: _View) -> Cause:
    if any(one.kind is None for one in group.entries):
        return Cause.UNKNOWN_MOVEMENT
    if any(view.of_others(one) for one in group.entries):
        return Cause.OTHER_SALE
    return Cause.NOT_BOOKED_YET if view.fresh(group) else Cause.NOT_BOOKED


def _not_planned(group: Group, view: _View) -> Cause:
    if group.reference in view.apart:
        return Cause.OTHER_BALANCE
    if named_ours(group.lines[0].reference) is None:
        return Cause.NOT_OURS
    return Cause.NOT_AT_PROCESSOR_YET if view.fresh(group) else Cause.NOT_AT_PROCESSOR


__all__ = [
    "FRESH",
    "NEAR",
    "Cause",
    "Item",
    "Line",
    "Reconciliation",
    "Totals",
    "opening_of",
    "reconcile",
]
