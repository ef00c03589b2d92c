"""At which rate foreign money is booked, so that the clearing account gets what the processor got, to the cent.

So for what went back of a payment: the clearing account gives what the processor's balance gave, which is another rate
than that of the payment when it is another day.

A ledger is told an amount in the currency of the invoice and a rate, and reckons the amount in its own currency from
both. So the rate is worked back from what the processor made of the money. What comes of the difference to the rate of
the invoice is a gain or loss that the ledger books itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from connector.domain.balance import BalanceChange, ChangeKind
from connector.domain.money import Money, decimals_of

# A processor's entry comes within an hour of the payment; after a day nothing says that it will come at all, and an
# invoice that stays open for ever is worse than a rate that is not the processor's.
PATIENCE: Final = timedelta(hours=24)
LONGEST: Final = timedelta(days=30)  # so long it is asked for after that, daily: what it differs by is then entered
SOONEST: Final = timedelta(minutes=2)
RAREST: Final = timedelta(hours=1)
FEWEST: Final = 4  # digits of a rate: what hits the cent with few is not spoilt by a ledger that keeps no more


@dataclass(frozen=True, slots=True)
class RateRule:
    """How a ledger takes a rate: with so many digits after the point at most, and of what for one of what.

    `inverse`: units of the foreign currency for one of the books', else the other way round.
    """

    decimals: int
    inverse: bool = False

    def worth(self, amount: Money, told: Decimal) -> Decimal:
        """What the ledger makes of an amount by the rate it is told, not rounded."""
        return amount.amount / told if self.inverse else amount.amount * told

    def candidates(self, amount: Money, worth: Money) -> Iterator[Decimal]:
        """Rates to tell, those with few digits first; of each number of digits the two next to the exact one."""
        exact = amount.amount / worth.amount if self.inverse else worth.amount / amount.amount
        for digits in range(min(FEWEST, self.decimals), self.decimals + 1):
            for rounding in (ROUND_FLOOR, ROUND_CEILING):
                told = exact.quantize(Decimal(1).scaleb(-digits), rounding)
                if told:
                    yield told


@dataclass(frozen=True, slots=True)
class Rate:
    """`value` is units of the books' currency for one of the amount's. `rest` is what it leaves of `worth`, or beyond.

    `rest` is zero but where the ledger's digits do not reach: then this is the nearest that they do.
    """

    value: Decimal
    worth: Money
    rest: Money


def rate_for(rule: RateRule, amount: Money, worth: Money) -> Rate | None:
    """The rate at which `amount` becomes `worth` in the ledger, both above zero; None where they are not.

    It also hits where a ledger rounds halves another way: no worth is taken that lies on one.
    """
    if not (amount.is_positive and worth.is_positive):
        return None
    half = Money.from_minor(1, worth.currency).amount / 2
    off: dict[Decimal, Decimal] = {}
    for told in rule.candidates(amount, worth):
        off[told] = abs(rule.worth(amount, told) - worth.amount)
        if off[told] < half:
            return Rate(_value(rule, told), worth, Money.zero(worth.currency))
    nearest = min(off, key=off.__getitem__)
    return Rate(_value(rule, nearest), worth, worth - _rounded(rule.worth(amount, nearest), worth.currency))


def _value(rule: RateRule, told: Decimal) -> Decimal:
    return 1 / told if rule.inverse else told


def _rounded(exact: Decimal, currency: str) -> Money:
    return Money(exact.quantize(Decimal(1).scaleb(-decimals_of(currency)), ROUND_HALF_UP), currency)


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry of a part of a payment, a refund or a dispute. `before`: how much of that its earlier ones are over."""

    amount: Money
    before: Money


def share(piece: Piece, whole: Money, worth: Money) -> Money:
    """How much of what the whole became is this piece's: of a payment, a refund or a dispute.

    The pieces of a whole, laid end to end, share all of it: nothing is rounded away between them.
    """
    end = piece.before + piece.amount
    return _up_to(end, whole, worth) - _up_to(piece.before, whole, worth)


def _up_to(end: Money, whole: Money, worth: Money) -> Money:
    """In whole minor units, halves upwards."""
    return Money.from_minor((2 * worth.minor * end.minor + whole.minor) // (2 * whole.minor), worth.currency)


class OwnRate(StrEnum):
    """Why an entry is made at the ledger's own rate."""

    UNKNOWN = "unknown"  # the processor has not said within a day what it made of the money
    OTHER_BALANCE = "other_balance"  # the money is in another currency than the clearing account
    TOO_LITTLE = "too_little"  # it came to less than the smallest unit of the clearing account's currency


_LEAVES: Final = frozenset({ChangeKind.REFUND, ChangeKind.DISPUTE})


def terms_of(change: BalanceChange | None, piece: Piece, clearing: str, rule: RateRule) -> Rate | OwnRate:
    """At which rate an entry over a piece of something is made; the arguments as in `worth_in`."""
    worth = worth_in(change, piece, clearing)
    if isinstance(worth, OwnRate):
        return worth
    return rate_for(rule, piece.amount, worth) or OwnRate.TOO_LITTLE


def worth_in(change: BalanceChange | None, piece: Piece, clearing: str) -> Money | OwnRate:
    """How much of what the processor made of something is this piece's. `clearing`: the clearing account's currency.

    `change`: by which the payment came into the balance, or the refund or dispute left it; None where the processor
    has not said it.
    """
    if change is None or change.source_amount is None:
        return OwnRate.UNKNOWN
    whole, worth = change.source_amount, change.amount
    if change.kind in _LEAVES:
        whole, worth = Money.zero(whole.currency) - whole, Money.zero(worth.currency) - worth
    if not worth.is_positive or whole.currency != piece.amount.currency or whole < piece.before + piece.amount:
        return OwnRate.UNKNOWN
    if change.currency != clearing:
        return OwnRate.OTHER_BALANCE
    return share(piece, whole, worth)


def next_look(age: timedelta) -> timedelta | None:
    """After how long to ask again what became of money of that age; None: there is no more waiting."""
    if age >= PATIENCE:
        return None
    return min(max(age / 2, SOONEST), RAREST)
