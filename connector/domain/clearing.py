"""What must stand in the clearing account for each change of the processor's balance.

The law: the clearing account holds what the processor holds. Every balance change has one entry for its gross amount
and one for its fee, where it has one; the sum of all planned amounts is the sum of all nets, which is the balance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.balance import BalanceChange, ChangeKind
from connector.domain.effect import BooksIdentity, booking_reference, natural_key
from connector.domain.money import Money
from connector.domain.records import EntryKind

# 'DB', a letter that says what it is for, and 18 characters: within the ledgers' 21, as for payments. 90 bits: among a
# million entries the chance of two alike is about 1 in 10^15. The letter is for people: one booking in thirty-two has
# it by chance, so what an entry is follows from its kind in the ledger.
_DIGITS: Final = 18

# What each change is in the ledger; None: nobody but a person can say.
_KINDS: Final[dict[ChangeKind, EntryKind | None]] = {
    ChangeKind.PAYMENT: EntryKind.PAYMENT,
    ChangeKind.PAYMENT_FAILURE: EntryKind.REVERSAL,
    ChangeKind.REFUND: EntryKind.REVERSAL,
    ChangeKind.REFUND_FAILURE: EntryKind.REVERSAL,
    ChangeKind.DISPUTE: EntryKind.REVERSAL,
    ChangeKind.DISPUTE_REVERSAL: EntryKind.REVERSAL,
    ChangeKind.FEE: EntryKind.EXPENSE,
    ChangeKind.PAYOUT: EntryKind.TRANSFER,
    ChangeKind.PAYOUT_FAILURE: EntryKind.TRANSFER,
    ChangeKind.OTHER: None,
}


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """One entry that must stand in the ledger, and the change it is for.

    `amount` is what it does to the clearing account, above zero for money in. A REVERSAL above zero takes an earlier
    one back (a refund that failed, a dispute that was won), and so does a TRANSFER (a payout that the bank sent back).
    `booked_on` is the company's day of the change.
    """

    kind: EntryKind | None  # None: nobody but a person can say what it is in the books
    cause: ChangeKind  # FEE also for the fee of a payment
    reference: str
    amount: Money
    booked_on: date
    change: BalanceChange


_LETTERS: Final[dict[ChangeKind, str]] = {
    ChangeKind.PAYMENT_FAILURE: "R",
    ChangeKind.REFUND: "R",
    ChangeKind.REFUND_FAILURE: "R",
    ChangeKind.DISPUTE: "R",
    ChangeKind.DISPUTE_REVERSAL: "R",
    ChangeKind.FEE: "F",
    ChangeKind.PAYOUT: "P",
    ChangeKind.PAYOUT_FAILURE: "P",
    ChangeKind.OTHER: "O",
}


def fee_reference(identity: BooksIdentity, change_id: str) -> str:
    """What the entry of a fee carries: there is one for each balance change, whatever the change is."""
    return _reference(identity, ChangeKind.FEE, change_id)


def refund_reference(identity: BooksIdentity, refund_id: str) -> str:
    """What the reversal for a refund carries: one for each refund, however many a payment has."""
    return _reference(identity, ChangeKind.REFUND, refund_id)


def payout_reference(identity: BooksIdentity, payout_id: str) -> str:
    """What the transfer of a payout carries."""
    return _reference(identity, ChangeKind.PAYOUT, payout_id)


def credit_reference(identity: BooksIdentity, payment_id: str, part: str | None = None) -> str:
    """What the customer's credit carries that a payment, or its part for one receivable, has become."""
    key = natural_key(identity, "credit", payment_id, *([part] if part is not None else []))
    return f"DBC{key[:_DIGITS]}"


def _reference(identity: BooksIdentity, kind: ChangeKind, subject: str) -> str:
    return f"DB{_LETTERS[kind]}{natural_key(identity, kind.value, subject)[:_DIGITS]}"


def reference_of(identity: BooksIdentity, change: BalanceChange) -> str:
    """What the entry for the gross amount of a change carries.

    Keyed on the object where there is one change of that kind for each, so that the object alone names its entry; on
    the change where an object may have several (a dispute, a debit that was tried again and bounced again).
    """
    if change.kind is ChangeKind.PAYMENT:
        return booking_reference(identity, change.payment_id or change.source_id or change.change_id)
    own = {
        ChangeKind.REFUND: change.refund_id,
        ChangeKind.REFUND_FAILURE: change.refund_id,
        ChangeKind.PAYOUT: change.payout_id,
        ChangeKind.PAYOUT_FAILURE: change.payout_id,
    }
    return _reference(identity, change.kind, own.get(change.kind) or change.change_id)


def entries_of(change: BalanceChange, identity: BooksIdentity, zone: ZoneInfo) -> tuple[PlannedEntry, ...]:
    """The entries for one change: gross, and its fee apart. Nothing is planned for nothing.

    A fee of the processor's own is one entry, whatever of it is called amount and what fee.
    """
    day = change.created_at.astimezone(zone).date()
    gross = change.net if change.kind is ChangeKind.FEE else change.amount
    fee = Money.zero(change.currency) - change.fee
    planned = [
        PlannedEntry(_KINDS[change.kind], change.kind, reference_of(identity, change), gross, day, change),
        PlannedEntry(EntryKind.EXPENSE, ChangeKind.FEE, fee_reference(identity, change.change_id), fee, day, change),
    ]
    return tuple(one for one in (planned[:1] if change.kind is ChangeKind.FEE else planned) if one.amount.amount)


def plan_entries(changes: Iterable[BalanceChange], identity: BooksIdentity, zone: ZoneInfo) -> tuple[PlannedEntry, ...]:
    """The entries for many changes, in their order; a change that was read twice counts once."""
    return tuple(_planned({one.change_id: one for one in changes}.values(), identity, zone))


def _planned(changes: Iterable[BalanceChange], identity: BooksIdentity, zone: ZoneInfo) -> Iterator[PlannedEntry]:
    for change in changes:
        yield from entries_of(change, identity, zone)
