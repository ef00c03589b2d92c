"""What belongs together of clearing account and processor's balance: by reference, else by amount and day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    OTHER_RATE = "other_rate"  # a foreign payment, booked at another rate than the processor exchanged it at
    OTHER_PERIOD = "other_period"  # on both sides, one of them outside these days
    BOOKED_NET = "booked_net"  # income and fee are not apart; the balance is right
    ONE_SUM = "one_sum"  # several fees entered together; the balance is right
    BY_HAND = "by_hand"  # matched by amount and day, since it carries no reference of ours; the balance is right


@dataclass(slots=True)
class Group:
    """Planned entries and lines that belong together, by `reference` where they have one of ours."""

    reference: str = ""
    entries: list[PlannedEntry] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    found: Cause | None = None  # how they came together, where not by reference

    def dates(self) -> list[date]:
        """The days of everything in it."""
        return [*(one.booked_on for one in self.entries), *(one.booked_on for one in self.lines)]

    def beyond(self, days: Days, zero: Money) -> Money:
        """What the ledger holds beyond the processor in those days."""
        planned = sum((one.amount for one in self.entries if days.hold(one.booked_on)), zero)
        return sum((one.amount for one in self.lines if days.hold(one.booked_on)), zero) - planned


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` to `last`, both included."""

    first: date
    last: date

    def hold(self, day: date) -> bool:
        """Whether it is one of them."""
        return self.first <= day <= self.last


EVER: Final = Days(date.min, date.max)


def grouped(
    planned: Sequence[PlannedEntry], booked: Sequence[Line], known: Mapping[str, str], days: Days, zero: Money
) -> list[Group]:
    """Planned entries and lines in groups, each of them in one. For `known` see `reconcile`."""
    by_reference: dict[str, Group] = {}
    strays: dict[Money, list[Group]] = {}  # what names nothing stays alone: two entries that say "fee" are two
    for entry in planned:
        by_reference.setdefault(entry.reference, Group(entry.reference)).entries.append(entry)
    for line in booked:
        named = known.get(line.entry_id) or known.get(line.reference) or named_ours(line.reference)
        if named is not None:
            by_reference.setdefault(named, Group(named)).lines.append(line)
        else:
            strays.setdefault(line.amount, []).append(Group(lines=[line]))
    groups = list(by_reference.values())
    _join_what_was_voided(groups, zero)
    _pair_net(groups, strays)
    _pair_by_hand(groups, strays)
    _pair_sums(groups, strays, days)
    return [one for one in (*groups, *(stray for some in strays.values() for stray in some)) if one.dates()]


def named_ours(reference: str) -> str | None:
    """The reference of ours that a line begins with; ledgers put their own words behind it."""
    found = OUR_REFERENCE.match(reference)
    return found.group() if found else None


def _join_what_was_voided(groups: Sequence[Group], zero: Money) -> None:
    """Put together what balances as a whole only: a payment voided for its refund stands nowhere, and so does that."""
    of_payment: dict[str, list[Group]] = {}
    for group in groups:
        for entry in group.entries[:1]:
            if entry.cause is not ChangeKind.FEE and entry.change.payment_id and group.beyond(EVER, zero).amount:
                of_payment.setdefault(entry.change.payment_id, []).append(group)
    for first, *others in of_payment.values():
        if not sum((one.beyond(EVER, zero) for one in others), first.beyond(EVER, zero)).amount:
            for other in others:
                _join(first, other)


def _pair_net(groups: Sequence[Group], strays: Mapping[Money, list[Group]]) -> None:
    """Recognise a payment that somebody entered less its fee, as it comes to the bank."""
    of_change: dict[str, list[Group]] = {}
    for group in groups:
        if len(group.entries) == 1 and not group.lines and group.entries[0].change.payment_id:
            of_change.setdefault(group.entries[0].change.change_id, []).append(group)
    for gross, *fees in of_change.values():
        stray = _nearest(strays, gross.entries[0], gross.entries[0].change.net) if fees else None
        if stray is not None:
            gross.found = Cause.BOOKED_NET
            for other in (*fees, stray):
                _join(gross, other)


def _pair_by_hand(groups: Sequence[Group], strays: Mapping[Money, list[Group]]) -> None:
    """Recognise what somebody entered without a reference, by amount and day."""
    for group in groups:
        if len(group.entries) == 1 and not group.lines:
            stray = _nearest(strays, group.entries[0], group.entries[0].amount)
            if stray is not None:
                group.found = Cause.BY_HAND
                _join(group, stray)


def _pair_sums(groups: Sequence[Group], strays: Mapping[Money, list[Group]], days: Days) -> None:
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


def _is_missing_fee(group: Group, days: Days) -> bool:
    entries = group.entries
    return (
        len(entries) == 1 and not group.lines and entries[0].cause is ChangeKind.FEE and days.hold(entries[0].booked_on)
    )


def _may_be_fees(stray: Group, days: Days) -> bool:
    return any(_may_be(one.kind, EntryKind.EXPENSE) and one.booked_on >= days.first for one in stray.lines)


def _how_many(fees: Sequence[Group], amount: Money) -> int:
    """How many of the first of them come to that amount; 0 where no number does."""
    total = Money.zero(amount.currency)
    for count, fee in enumerate(fees, 1):
        total += fee.entries[0].amount
        if total == amount:
            return count
    return 0


def _nearest(strays: Mapping[Money, list[Group]], entry: PlannedEntry, amount: Money) -> Group | None:
    """The line of that amount whose day is nearest, among those that nobody has recognised yet."""

    def away(stray: Group) -> timedelta:
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


def _join(group: Group, other: Group) -> None:
    group.entries += other.entries
    group.lines += other.lines
    other.entries, other.lines = [], []
