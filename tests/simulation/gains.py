"""What another day's rate leaves between the clearing account and the balance: whether it is entered, and nothing else.

Judged from the worlds alone. Where the money of a foreign payment stands in the books as the processor has it, in its
own currency, it must move the clearing account by what it moved the processor's balance by. What excuses a payment from
that has a name in `_EXCUSES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from connector.domain.balance import BalanceChange, ChangeKind
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.ports.ledger import BookingState
from tests.simulation.abroad import HOME
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.purse import GAINS, Order
from tests.simulation.town import START, ZONE

if TYPE_CHECKING:
    from tests.simulation.cleared import Line
    from tests.simulation.town import Town

_NOTHING: Final = Money.zero(HOME)
_CENT: Final = Decimal("0.01")
_UNDOES: Final = frozenset({Order.UNDO, Order.UNDO_REFUND})
_OF_PAYMENTS: Final = frozenset({EntryKind.PAYMENT, EntryKind.CREDIT})
_AWAY: Final = frozenset({ChangeKind.REFUND, ChangeKind.DISPUTE})
Sides = Mapping[str, tuple[Money, Money]]  # by payment: in the clearing account and at the processor, in its currency


def left_over(town: Town, lines: list[Line], both: Sides, told: set[str]) -> Iterator[str]:
    """What is not entered of it, or should not be, and nobody was told."""
    yield from _strange(town, lines)
    for payment_id in _to_balance(town, lines, both):
        books, stripe = _worth(lines, payment_id), _at_stripe(town, payment_id)
        if books != stripe and payment_id not in told:
            yield f"{payment_id} moves clearing by {books} and Stripe's balance by {stripe}, and nobody was told"


def count(town: Town, lines: list[Line], both: Sides, tally: Tally) -> None:
    """What of it there was."""
    entered = {one.subject for one in lines if one.live and one.is_difference}
    tally.reached[Sometimes.EXCHANGE_ENTERED] += len(entered)
    right = [one for one in _to_balance(town, lines, both) if _worth(lines, one) == _at_stripe(town, one)]
    tally.reached[Sometimes.EXCHANGE_CLEARED] += len(entered.intersection(right))


# ------------------------------------------------------------------------------------------------ of single entries


def _strange(town: Town, lines: list[Line]) -> Iterator[str]:
    """Entries that the owner does not want, or not there, on no day of theirs, or over what nothing has left."""
    may_be: dict[str, list[Decimal]] = {}
    for one in (one for one in lines if one.live and one.is_difference):
        what = f"{one.amount} of {one.subject} is entered as exchanged"
        if not town.purse.exchange or one.counter_account_id != GAINS.account_id:
            yield f"{what} against {one.counter_account_id}"
        days = {_day(change.created_at) for change in _changes(town, one.subject)}
        if not any(one.booked_on == own or town.dealings.first_open(one.booked_on, own, one.note) for own in days):
            yield f"{what} on {one.booked_on}, when nothing moved"
        of = one.note.partition(", entry ")[2].partition(",")[0]
        left = may_be.setdefault(of, list(_lefts(town, lines, one.subject, of)))
        found = next((size for size in left if abs(size - one.amount.amount) < _CENT), None)
        if found is None:
            yield f"{what}, and the entry {of} has left {', '.join(f'{size:.2f}' for size in left) or 'nothing'}"
        else:
            left.remove(found)


def _lefts(town: Town, lines: list[Line], payment_id: str, reference: str) -> Iterator[Decimal]:
    """What each entry of that reference has left: of a refund or dispute, or of the payment.

    The payment's own also names what went and came again meanwhile, which may have had no entry.
    """
    mine, by_object = [one for one in lines if one.reference == reference], dict[str, list[BalanceChange]]()
    for change in _changes(town, payment_id):
        by_object.setdefault(_object(change), []).append(change)
    for one in (one for one in mine if one.kind is EntryKind.REVERSAL):
        changes = by_object.get(one.object_id, [])
        went = [change for change in changes if change.kind in _AWAY]
        yield from _of_entry(one, went, [change for change in changes if change.kind not in _AWAY])
    if any(one.kind is EntryKind.REVERSAL for one in mine):
        return
    came = by_object.pop("", [])
    yield from (_sum(changes) for changes in by_object.values() if not sum(map(_source, changes)))
    for one in mine:
        ended = one.ended_at or town.end
        then = [[change for change in changes if change.created_at <= ended] for changes in by_object.values()]
        gone = [change for changes in then if sum(map(_source, changes)) for change in changes]
        yield from _of_entry(one, came[:1], [*came[1:], *gone])


def _of_entry(line: Line, made: list[BalanceChange], ended: list[BalanceChange]) -> Iterator[Decimal]:
    """When it was made, and when it was taken out, by the changes behind each."""
    yield _share(made, line) - line.worth.amount
    if line.ended_at is not None:
        yield _share(ended, line) + line.worth.amount


def _object(change: BalanceChange) -> str:
    """The refund or dispute; "" of the payment itself, and of a debit that the bank took back."""
    return change.refund_id or change.dispute_id or ""


def _source(change: BalanceChange) -> Decimal:
    return (change.source_amount or change.amount).amount


def _sum(changes: list[BalanceChange]) -> Decimal:
    return sum((one.amount.amount for one in changes), Decimal(0))


def _share(changes: list[BalanceChange], line: Line) -> Decimal:
    """By what all of these moved the balance, so much as belongs to the entry."""
    whole = abs(sum((_source(one) for one in changes), Decimal(0)))
    return _sum(changes) * abs(line.amount.amount) / whole if whole else Decimal(0)


# ------------------------------------------------------------------------------------------------------ of payments


def _to_balance(town: Town, lines: list[Line], both: Sides) -> Iterator[str]:
    """Foreign payments whose money stands in the books as the processor has it, and that nothing excuses."""
    if not town.purse.exchange:
        return
    for payment_id in sorted({one.subject for one in lines if one.amount.currency != HOME} & set(both)):
        books, stripe = both[payment_id]
        mine = [one for one in lines if one.subject == payment_id]
        if books == stripe and not any(excuses(town, payment_id, mine) for excuses in _EXCUSES):
            yield payment_id


def _others_booked_it(town: Town, payment_id: str, _lines: list[Line]) -> bool:
    """At a rate of their own."""
    theirs = (one for one in town.others.entries.values() if one.payment_id == payment_id)
    return any(town.ledger.entries[one.entry_id].latest.booking.state is BookingState.LIVE for one in theirs)


def _the_owner_undid(town: Town, payment_id: str, _lines: list[Line]) -> bool:
    """What he has taken out has no money behind it that moved."""
    return any(one.payment_id == payment_id and one.what in _UNDOES for one in town.ordered)


def _was_before_the_first_day(town: Town, _payment_id: str, lines: list[Line]) -> bool:
    first = town.purse.book_from or _day(START)
    return any(one.ended_at is not None and _day(one.ended_at) < first for one in lines)


def _a_part_is_held(town: Town, payment_id: str, lines: list[Line]) -> bool:
    """Of money that is not booked nothing is entered; the owner knows of it."""
    whole = town.processor.payments[payment_id].latest.amount.amount
    return sum(one.amount.amount for one in lines if one.kind in _OF_PAYMENTS) % whole != 0


_EXCUSES: Final[tuple[Callable[[Town, str, list[Line]], bool], ...]] = (
    _others_booked_it,
    _the_owner_undid,
    _was_before_the_first_day,
    _a_part_is_held,
)


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def _changes(town: Town, payment_id: str) -> Iterator[BalanceChange]:
    changes = (one.latest for one in town.processor.balance.changes.values())
    return (one for one in changes if one.payment_id == payment_id)


def _worth(lines: list[Line], payment_id: str) -> Money:
    return sum((one.worth for one in lines if one.live and one.subject == payment_id), _NOTHING)


def _at_stripe(town: Town, payment_id: str) -> Money:
    return sum((one.amount for one in _changes(town, payment_id)), _NOTHING)
