"""By how much the processor's balance moved beyond what an entry in another currency moved the clearing account by.

Two things leave such a difference: a rate that has not digits enough to hit the cent, and an entry that is taken out of
the ledger as it was made, while the processor exchanged the money back at another day's rate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from connector.domain.balance import BalanceChange, ChangeKind
from connector.domain.effect import BooksIdentity, natural_key
from connector.domain.exchange import Piece, share
from connector.domain.money import Money, decimals_of
from connector.domain.reversal import Cause

_PREFIX: Final = "DBX"
_DIGITS: Final = 18  # as in `connector.domain.clearing`
# What was moved to the first open day of a closed period says so after a comma.
_NOTE: Final = re.compile(r"Duebird (\S+) difference of exchange, entry ([^\s,]+)")
_CAME_AGAIN: Final = re.compile(r", \w+ (\S+) came again")
_AWAY: Final = frozenset({ChangeKind.REFUND, ChangeKind.DISPUTE, ChangeKind.PAYMENT_FAILURE})
_AGAIN: Final = frozenset({ChangeKind.REFUND_FAILURE, ChangeKind.DISPUTE_REVERSAL})


def exchange_key(identity: BooksIdentity, effect_key: str, entry_id: str) -> str:
    """Names for ever the effect that enters what this effect has left, by this entry of the ledger."""
    return natural_key(identity, "book_exchange", effect_key, entry_id)


def exchange_reference(key: str) -> str:
    """What that entry carries."""
    return f"{_PREFIX}{key[:_DIGITS]}"


def found_key(identity: BooksIdentity, reference: str) -> str:
    """That of one that is found in the ledger while what has left it is not on record."""
    return natural_key(identity, "book_exchange", reference)


def is_difference(reference: str) -> bool:
    """Whether a line of the clearing account is such an entry, which has the form of a fee."""
    return reference.startswith(_PREFIX)


def difference_note(payment_id: str, of_reference: str) -> str:
    """What that entry says of itself: whose it is, also to a memory that has lost everything."""
    return f"Duebird {payment_id} difference of exchange, entry {of_reference}"


def came_again_key(identity: BooksIdentity, object_id: str) -> str:
    """Names for ever the effect that enters what a refund or dispute has left that went and came without an entry."""
    return natural_key(identity, "book_exchange", object_id)


def came_again_note(payment_id: str, of_reference: str, words: str) -> str:
    """What that entry says of itself. `of_reference`: of the payment's own entry. `words`: of the refund or dispute."""
    return f"{difference_note(payment_id, of_reference)}, {words} came again"


def came_again_in(note: str) -> str | None:
    """The refund or dispute that such a note names; None: it is another one."""
    found = _CAME_AGAIN.search(note)
    return found[1] if found else None


def named_in(note: str) -> tuple[str, str] | None:
    """The payment and the reference of the entry that such a note names; None: it is none, or was changed."""
    found = _NOTE.search(note)
    return (found[1], found[2]) if found else None


def moved_by(amount: Money, rate: Decimal, clearing: str) -> Money:
    """What an entry over `amount` moves the clearing account by, at so many units of its currency for one."""
    digits = Decimal(1).scaleb(-decimals_of(clearing))
    return Money((amount.amount * rate).quantize(digits, ROUND_HALF_UP), clearing)


def moved_in(lines: Sequence[tuple[str, Money]], entry_id: str) -> Money | None:
    """What an entry moves the clearing account by, out of those that carry its reference, each with its id.

    Some ledgers name the line by another id than the entry: then by the one that there is. None: not to be told.
    """
    own = [amount for named, amount in lines if named == entry_id]
    if not own and len({named for named, _ in lines}) == 1:
        own = [amount for _, amount in lines]
    return sum(own[1:], own[0]) if own else None


def of_making(amount: Money, rate: Decimal, worth: Money, *, leaves: bool) -> Money:
    """What the processor's balance moved by beyond an entry that was made. `leaves`: money that went back."""
    rest = worth - moved_by(amount, rate, worth.currency)
    return Money.zero(worth.currency) - rest if leaves else rest


def changes_behind(changes: Sequence[BalanceChange], cause: Cause, object_id: str) -> tuple[BalanceChange, ...]:
    """Of all by which a payment's money went back and came again, those that an entry was taken out for.

    An entry of a refund or dispute goes out because its own money came again; a payment's, because all of it is away.
    What went and came again meanwhile had no part in that, and has a difference of its own.
    """
    if cause is Cause.CAME_BACK:
        return tuple(one for one in changes if one.kind in _AGAIN and object_id in {one.refund_id, one.dispute_id})
    moved = [one for one in changes if one.kind in _AWAY | _AGAIN]
    return tuple(one for one in moved if not _is_back(changes_of(moved, _object(one))))


def of_taking_out(piece: Piece, taken: Money, changes: Sequence[BalanceChange], *, whole: Money | None) -> Money | None:
    """What the processor's balance moved by beyond an entry that was taken out; None: it has not said all of it.

    Args:
        piece: the entry, in what it was a part of.
        taken: by how much taking it out has moved the clearing account; below zero for money out.
        changes: those behind it, from `changes_behind`.
        whole: how much must have gone in the currency of the entry, below zero; None: as much as `changes` say.
    """
    sources = [one.source_amount for one in changes if one.source_amount is not None]
    known = len(sources) == len(changes) and {one.currency for one in sources} == {piece.amount.currency}
    if not known or {one.currency for one in changes} != {taken.currency}:
        return None
    moved = sum(sources, _none(piece.amount))
    if (whole is not None and moved != whole) or _size(moved) < piece.before + piece.amount:
        return None
    worth = sum((one.amount for one in changes), _none(taken))
    size = share(piece, _size(moved), _size(worth))
    return (size if worth.amount >= 0 else _none(size) - size) - taken


def changes_of(changes: Sequence[BalanceChange], object_id: str) -> tuple[BalanceChange, ...]:
    """Those by which the money of one refund or dispute went and came again, oldest first."""
    mine = (one for one in changes if one.kind in _AWAY | _AGAIN and _object(one) == object_id)
    return tuple(sorted(mine, key=lambda one: one.created_at))


def netted(changes: Sequence[BalanceChange], clearing: str) -> Money | None:
    """What the balance gained or lost by money that went and came again; None: not all of that is said.

    `changes`: those of one refund or dispute. What is kept in another balance than that of `clearing` moves none of it.
    """
    if not _is_back(changes):
        return None
    return sum((one.amount for one in changes if one.currency == clearing), Money.zero(clearing))


def _is_back(changes: Sequence[BalanceChange]) -> bool:
    """Whether as much came again as had gone, by all that is said of it."""
    sources = [one.source_amount for one in changes if one.source_amount is not None]
    known = len(sources) == len(changes) and len({one.currency for one in sources}) <= 1
    return known and not sum(one.amount for one in sources)


def _object(change: BalanceChange) -> str:
    return change.refund_id or change.dispute_id or ""


def _none(of: Money) -> Money:
    return Money.zero(of.currency)


def _size(of: Money) -> Money:
    return Money(abs(of.amount), of.currency)
