"""Which entries must stand in the ledger for money that went back, where the owner wants it booked. Pure.

The law: the clearing account holds what the processor holds, at any moment. A refund takes its money when it is made,
whatever becomes of it later, and gives it back when it fails or is cancelled; a dispute takes it when it is opened, and
gives it back when it is won. So each has its entries for as long as the processor does not have its money, and no
longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from connector.domain.balance import DisputeState, RefundState
from connector.domain.clearing import refund_reference
from connector.domain.effect import BooksIdentity, booking_reference, natural_key
from connector.domain.money import Money
from connector.domain.reversal import Cause, Returned

MOST_AGAIN: Final = 3  # entries of one refund or dispute, one after the other; whatever goes on is a person's
_AWAY: Final = frozenset({RefundState.PENDING, RefundState.SUCCEEDED})
_HELD: Final = frozenset({DisputeState.OPEN, DisputeState.LOST})


@dataclass(frozen=True, slots=True)
class Away:
    """Money of a payment that the processor does not have any more, and why: one refund, or one dispute."""

    object_id: str
    cause: Cause  # REFUND or DISPUTE
    amount: Money
    since: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry that stands in the ledger for the payment, a booking or a credit, by our reference."""

    reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Piece:
    """How much of one refund or dispute one entry takes: of the money that stands there as `of_reference`."""

    object_id: str
    of_reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What follows.

    `wanted` are pieces to be booked, each with what it is for. `back`: pieces that stand, and whose money came back.
    `uncovered`: what of a refund or dispute no entry of the payment takes. `again`: what is away, and whose entry was
    taken out before so that only a person enters it anew.
    """

    wanted: tuple[tuple[Away, Piece], ...] = ()
    back: tuple[Piece, ...] = ()
    uncovered: tuple[Away, ...] = ()
    again: tuple[Away, ...] = ()


def away(returned: Returned) -> tuple[Away, ...]:
    """The refunds and disputes whose money the processor does not have, in the order in which they were made.

    Of a debit that the bank took back there are none: all of it is gone, and none of it was ever the owner's.
    """
    if returned.debit_failed:
        return ()
    found = [
        Away(one.refund_id, Cause.REFUND, one.amount, one.created_at) for one in returned.refunds if one.state in _AWAY
    ]
    found += [
        Away(one.dispute_id, Cause.DISPUTE, one.amount, one.created_at)
        for one in returned.disputes
        if one.state in _HELD
    ]
    return tuple(sorted(found, key=lambda one: (one.since, one.object_id)))


def plan_refunds(
    returned: Returned, booked: Sequence[Booked], standing: Sequence[Piece], ended: Collection[str] = ()
) -> RefundPlan:
    """Decide from what is away and what stands.

    Args:
        returned: as the processor answers now.
        booked: the payment's entries that stand, in the order in which money is taken from them.
        standing: pieces that are booked, or about to be.
        ended: refunds and disputes of which an entry was taken out of the ledger before, and is a person's now.

    Raises:
        ValueError: an amount is in another currency than the rest: nobody can add them up.
    """
    gone = away(returned)
    still = {one.object_id for one in gone}
    kept = [one for one in standing if one.object_id in still]
    room = {one.reference: one.amount for one in booked}
    for one in kept:
        if one.of_reference in room:
            room[one.of_reference] -= one.amount
    wanted: list[tuple[Away, Piece]] = []
    uncovered, again = [], []
    for each in gone:
        own = [one for one in kept if one.object_id == each.object_id]
        if each.object_id in ended:
            again += [] if own else [each]
            continue
        pieces, left = _divided(each, own, room)
        wanted += [(each, one) for one in pieces]
        uncovered += [replace(each, amount=left)] if left.is_positive else []
    back = tuple(one for one in standing if one.object_id not in still)
    return RefundPlan(tuple(wanted), back, tuple(uncovered), tuple(again))


def _divided(each: Away, own: Sequence[Piece], room: dict[str, Money]) -> tuple[list[Piece], Money]:
    """The pieces that are still to be made of it, from whatever has room and no piece of it yet; and what is left."""
    left = sum((Money.zero(each.amount.currency) - one.amount for one in own), each.amount)
    taken = {one.of_reference for one in own}
    pieces = []
    for reference in [one for one in room if one not in taken]:
        amount = min(left, room[reference])
        if amount.is_positive:
            pieces.append(Piece(each.object_id, reference, amount))
            room[reference] -= amount
            left -= amount
    return pieces, left


def laid(wanted: Sequence[tuple[Away, Piece]], standing: Sequence[Piece]) -> Iterator[tuple[Away, Piece, Money]]:
    """Each piece with how much of its refund or dispute is before it: what stands of that, and what is wanted first."""
    taken = list(standing)
    for each, piece in wanted:
        own = [one.amount for one in taken if one.object_id == each.object_id]
        yield each, piece, sum(own, Money.zero(each.amount.currency))
        taken.append(piece)


def refund_key(identity: BooksIdentity, object_id: str, of_reference: str, again: int = 0) -> str:
    """Names the entry of one refund or dispute, of the money that stands as `of_reference`, for ever.

    `again`: how often an entry of it was taken out before. What a ledger has deleted is never made anew by its name.
    """
    return natural_key(identity, "refund_entry", object_id, of_reference, *([str(again)] if again else []))


def entry_reference(
    identity: BooksIdentity, payment_id: str, cause: Cause, object_id: str, of_reference: str, again: int = 0
) -> str:
    """What that entry carries in the ledger.

    Of a refund of what is booked on one invoice, the reference by which a reconciliation looks for the refund; all
    others, of which there may be several, have their own, and the reconciliation is told which they are.
    """
    if cause is Cause.REFUND and not again and of_reference == booking_reference(identity, payment_id):
        return refund_reference(identity, object_id)
    return f"DBR{refund_key(identity, object_id, of_reference, again)[:18]}"
