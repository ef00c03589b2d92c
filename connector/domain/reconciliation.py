"""The clearing account held against the processor's balance, line by line.

Whatever is unlike is an item with its likely cause, so that the difference is always the sum of what was carried over
and of the items: nothing is left that nobody can point at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol

from connector.domain.balance import ChangeKind
from connector.domain.clearing import PlannedEntry
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.records import EntryKind

# A bank shows a payout up to some days later, and people book by the bank; amounts of small firms repeat within weeks.
NEAR: Final = timedelta(days=7)
# The processor's entry may come an hour after the payment, and ours a pass after that: over midnight, the day before.
FRESH: Final = timedelta(days=1)


class Line(Protocol):
    """One line of the clearing account, as a ledger gives it. `amount` is above zero for money in."""

    @property
    def entry_id(self) -> str:
        """The ledger's id of the entry it belongs to."""
        ...

    @property
    def kind(self) -> EntryKind | None:
        """What the entry is; None where it is none that Duebird makes."""
        ...

    @property
    def booked_on(self) -> date:
        """The civil day it is booked to."""
        ...

    @property
    def amount(self) -> Money:
        """What it does to the account."""
        ...

    @property
    def reference(self) -> str:
        """What stands in its reference field."""
        ...


class Cause(StrEnum):
    """Why something on one side is not on the other in the same way: the likely reason, which a person confirms."""

    NOT_BOOKED = "not_booked"
    NOT_BOOKED_YET = "not_booked_yet"  # of today or yesterday: the next pass books it
    OTHER_SALE = "other_sale"  # on the same account, and on no link of ours: whoever sold it books it
    UNKNOWN_MOVEMENT = "unknown_movement"  # the processor moved money for what only a person can name
    NOT_AT_PROCESSOR = "not_at_processor"  # our entry, and no such money
    NOT_AT_PROCESSOR_YET = "not_at_processor_yet"  # of today or yesterday: the processor's entry can come an hour later
    OTHER_BALANCE = "other_balance"  # our entry, whose money the processor keeps in another currency
    NOT_OURS = "not_ours"  # somebody else's entry in the clearing account
    BOOKED_TWICE = "booked_twice"
    AMOUNT_DIFFERS = "amount_differs"
    OTHER_PERIOD = "other_period"  # on both sides, one of them outside these days
    BOOKED_NET = "booked_net"  # income and fee are not apart; the balance is right
    ONE_SUM = "one_sum"  # several fees entered together; the balance is right
    BY_HAND = "by_hand"  # matched by amount and day, since it carries no reference of ours; the balance is right


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


@dataclass(slots=True)
class _Group:
    """Planned entries and lines that belong together, by `reference` where they have one of ours."""

    reference: str = ""
    entries: list[PlannedEntry] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    found: Cause | None = None  # how they came together, where not by reference

    def dates(self) -> list[date]:
        """The days of everything in it."""
        return [*(one.booked_on for one in self.entries), *(one.booked_on for one in self.lines)]

    def beyond(self, days: _Days, zero: Money) -> Money:
        """What the ledger holds beyond the processor in those days."""
        planned = sum((one.amount for one in self.entries if days.hold(one.booked_on)), zero)
        return sum((one.amount for one in self.lines if days.hold(one.booked_on)), zero) - planned


@dataclass(frozen=True, slots=True)
class _Days:
    first: date
    last: date

    def hold(self, day: date) -> bool:
        return self.first <= day <= self.last


_EVER: Final = _Days(date.min, date.max)


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
    days = _Days(first, last)
    everything = list(entries)
    planned = [one for one in everything if one.amount.currency == opening.currency]
    apart = frozenset(one.reference for one in everything if one.amount.currency != opening.currency)
    booked = list(lines)
    totals = _totals((one for one in planned if days.hold(one.booked_on)), zero)
    entered = sum((one.amount for one in booked if days.hold(one.booked_on)), zero)
    view = _View(days, today, zero, ours, apart)
    groups = [one for one in _grouped(planned, booked, known or {}, view) if any(map(days.hold, one.dates()))]
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


# ----------------------------------------------------------------------------------------------- what belongs together


def _grouped(
    planned: Sequence[PlannedEntry], booked: Sequence[Line], known: Mapping[str, str], view: _View
) -> list[_Group]:
    by_reference: dict[str, _Group] = {}
    strays: dict[Money, list[_Group]] = {}  # what names nothing stays alone: two entries that say "fee" are two
    for entry in planned:
        by_reference.setdefault(entry.reference, _Group(entry.reference)).entries.append(entry)
    for line in booked:
        named = known.get(line.entry_id) or known.get(line.reference) or _ours(line.reference)
        if named is not None:
            by_reference.setdefault(named, _Group(named)).lines.append(line)
        else:
            strays.setdefault(line.amount, []).append(_Group(lines=[line]))
    groups = list(by_reference.values())
    _join_what_was_voided(groups, view.zero)
    _pair_net(groups, strays)
    _pair_by_hand(groups, strays)
    _pair_sums(groups, strays, view.days)
    return [one for one in (*groups, *(stray for some in strays.values() for stray in some)) if one.dates()]


def _ours(reference: str) -> str | None:
    """The reference of ours that a line begins with; ledgers put their own words behind it."""
    found = OUR_REFERENCE.match(reference)
    return found.group() if found else None


def _join_what_was_voided(groups: Sequence[_Group], zero: Money) -> None:
    """Put together what balances as a whole only: a payment voided for its refund stands nowhere, and so does that."""
    of_payment: dict[str, list[_Group]] = {}
    for group in groups:
        for entry in group.entries[:1]:
            if entry.cause is not ChangeKind.FEE and entry.change.payment_id and group.beyond(_EVER, zero).amount:
                of_payment.setdefault(entry.change.payment_id, []).append(group)
    for first, *others in of_payment.values():
        if not sum((one.beyond(_EVER, zero) for one in others), first.beyond(_EVER, zero)).amount:
            for other in others:
                _join(first, other)


def _pair_net(groups: Sequence[_Group], strays: Mapping[Money, list[_Group]]) -> None:
    """Recognise a payment that somebody entered less its fee, as it comes to the bank."""
    of_change: dict[str, list[_Group]] = {}
    for group in groups:
        if len(group.entries) == 1 and not group.lines and group.entries[0].change.payment_id:
            of_change.setdefault(group.entries[0].change.change_id, []).append(group)
    for gross, *fees in of_change.values():
        stray = _nearest(strays, gross.entries[0], gross.entries[0].change.net) if fees else None
        if stray is not None:
            gross.found = Cause.BOOKED_NET
            for other in (*fees, stray):
                _join(gross, other)


def _pair_by_hand(groups: Sequence[_Group], strays: Mapping[Money, list[_Group]]) -> None:
    """Recognise what somebody entered without a reference, by amount and day."""
    for group in groups:
        if len(group.entries) == 1 and not group.lines:
            stray = _nearest(strays, group.entries[0], group.entries[0].amount)
            if stray is not None:
                group.found = Cause.BY_HAND
                _join(group, stray)


def _pair_sums(groups: Sequence[_Group], strays: Mapping[Money, list[_Group]], days: _Days) -> None:
    """Recognise fees that somebody entered as one sum, for the month or payout by payout.

    A sum is of all fees of these days in their order, from where the sum before it ended; no others are tried, since
    among many small amounts some always make up a given one.
    """
    fees = sorted((one for one in groups if _is_missing_fee(one, days)), key=lambda one: one.entries[0].booked_on)
    sums = [one for some in strays.values() for one in some if _may_be_fees(one, days)]
    for stray in sorted(sums, key=lambda one: one.lines[0].booked_on):
        count = _how_many(fees, stray.lines[0].amount)
        if count:
            fees[0].found = Cause.ONE_SUM
            for other in (*fees[1:count], stray):
                _join(fees[0], other)
            fees = fees[count:]


def _is_missing_fee(group: _Group, days: _Days) -> bool:
    entries = group.entries
    return (
        len(entries) == 1 and not group.lines and entries[0].cause is ChangeKind.FEE and days.hold(entries[0].booked_on)
    )


def _may_be_fees(stray: _Group, days: _Days) -> bool:
    return any(_may_be(one.kind, EntryKind.EXPENSE) and one.booked_on >= days.first for one in stray.lines)


def _how_many(fees: Sequence[_Group], amount: Money) -> int:
    """How many of the first of them come to that amount; 0 where no number does."""
    total = Money.zero(amount.currency)
    for count, fee in enumerate(fees, 1):
        total += fee.entries[0].amount
        if total == amount:
            return count
    return 0


def _nearest(strays: Mapping[Money, list[_Group]], entry: PlannedEntry, amount: Money) -> _Group | None:
    """The line of that amount whose day is nearest, among those that nobody has recognised yet."""

    def away(stray: _Group) -> timedelta:
        return abs(stray.lines[0].booked_on - entry.booked_on)

    fitting = [
        one
        for one in strays.get(amount, ())
        if one.lines and away(one) <= NEAR and _may_be(one.lines[0].kind, entry.kind)
    ]
    return min(fitting, key=away, default=None)


def _may_be(line: EntryKind | None, entry: EntryKind | None) -> bool:
    """Whether a person may have entered one as the other: fees and payouts are not taken for customers' money."""
    if line is None or entry is None or line is entry:
        return True
    return not {line, entry} & {EntryKind.EXPENSE, EntryKind.TRANSFER}


def _join(group: _Group, other: _Group) -> None:
    group.entries += other.entries
    group.lines += other.lines
    other.entries, other.lines = [], []


# ---------------------------------------------------------------------------------------------------- why it is unlike


@dataclass(frozen=True, slots=True)
class _View:
    """From where it is looked at."""

    days: _Days
    today: date
    zero: Money
    ours: Collection[str] | None
    apart: Collection[str]  # references of what the processor keeps in other currencies

    def fresh(self, group: _Group) -> bool:
        return all(self.today - day <= FRESH for day in group.dates())

    def of_others(self, entry: PlannedEntry) -> bool:
        sold = _HEADINGS[entry.change.kind] in _OF_A_PAYMENT
        return sold and self.ours is not None and entry.change.payment_id not in self.ours


_OF_A_PAYMENT: Final = frozenset({"payments", "refunds", "disputes"})


def _item(group: _Group, view: _View) -> Item | None:
    """What to say of a group; None where both sides are alike in these days."""
    difference = group.beyond(view.days, view.zero)
    cause = _cause(group, view) if difference.amount else group.found
    return Item(cause, tuple(group.entries), tuple(group.lines), difference) if cause is not None else None


def _cause(group: _Group, view: _View) -> Cause:
    beyond = group.beyond(_EVER, view.zero)
    if not beyond.amount:
        return Cause.OTHER_PERIOD
    if not group.lines:
        return _not_booked(group, view)
    if not group.entries:
        return _not_planned(group, view)
    # Without one of its lines the group would be right: that one was not needed.
    return Cause.BOOKED_TWICE if beyond in [one.amount for one in group.lines] else Cause.AMOUNT_DIFFERS


def _not_booked(group: _Group, view: _View) -> Cause:
    if any(one.kind is None for one in group.entries):
        return Cause.UNKNOWN_MOVEMENT
    if any(view.of_others(one) for one in group.entries):
        return Cause.OTHER_SALE
    return Cause.NOT_BOOKED_YET if view.fresh(group) else Cause.NOT_BOOKED


def _not_planned(group: _Group, view: _View) -> Cause:
    if group.reference in view.apart:
        return Cause.OTHER_BALANCE
    if _ours(group.lines[0].reference) is None:
        return Cause.NOT_OURS
    return Cause.NOT_AT_PROCESSOR_YET if view.fresh(group) else Cause.NOT_AT_PROCESSOR
