"""Effects: what may be done to the outside world, their legal moves, and the keys that make them happen once."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

KEY_SCHEMA: Final = 1  # part of every key: a later way of deriving keys must not collide with this one


class EffectKind(StrEnum):
    """What is done, to whom."""

    CREATE_LINK = "create_link"
    RETIRE_LINK = "retire_link"
    SEND_TEXT = "send_text"
    BOOK_PAYMENT = "book_payment"
    BOOK_CREDIT = "book_credit"
    REVERSE_BOOKING = "reverse_booking"
    BOOK_REFUND = "book_refund"
    BOOK_FEE = "book_fee"
    BOOK_PAYOUT = "book_payout"
    BOOK_EXCHANGE = "book_exchange"


# Of what is done for good only these are ever done again, after their reversal and by a person's order.
ONCE_MORE: Final = frozenset({EffectKind.BOOK_PAYMENT, EffectKind.BOOK_CREDIT})
# Lower first. Money in and old links down before anything is said to a customer.
PRIORITY: Final[dict[EffectKind, int]] = {
    EffectKind.BOOK_PAYMENT: 0,
    EffectKind.BOOK_CREDIT: 0,
    EffectKind.REVERSE_BOOKING: 0,
    EffectKind.BOOK_REFUND: 0,
    EffectKind.RETIRE_LINK: 1,
    EffectKind.CREATE_LINK: 2,
    EffectKind.SEND_TEXT: 3,
    EffectKind.BOOK_FEE: 4,  # nobody waits for it: no customer must
    EffectKind.BOOK_PAYOUT: 5,
    EffectKind.BOOK_EXCHANGE: 5,
}


class EffectStatus(StrEnum):
    """Where an effect stands. `uncertain` means that only the service knows."""

    PLANNED = "planned"
    IN_FLIGHT = "in_flight"
    UNCERTAIN = "uncertain"
    DONE = "done"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


LEGAL_MOVES: Final[dict[EffectStatus, frozenset[EffectStatus]]] = {
    EffectStatus.PLANNED: frozenset({EffectStatus.IN_FLIGHT, EffectStatus.CANCELLED, EffectStatus.DONE}),
    EffectStatus.IN_FLIGHT: frozenset(
        {EffectStatus.DONE, EffectStatus.REJECTED, EffectStatus.PLANNED, EffectStatus.UNCERTAIN}
    ),
    EffectStatus.UNCERTAIN: frozenset({EffectStatus.DONE, EffectStatus.PLANNED, EffectStatus.CANCELLED}),
    # A person may order a second try of what was refused, after mending the cause.
    EffectStatus.REJECTED: frozenset({EffectStatus.PLANNED, EffectStatus.CANCELLED}),
    EffectStatus.DONE: frozenset(),  # but see ONCE_MORE
    # Cancelled before any attempt, because the world had moved; it may move back. The store refuses this for an
    # effect that a person closed because nobody could know whether it had happened.
    EffectStatus.CANCELLED: frozenset({EffectStatus.PLANNED}),
}
OPEN: Final = frozenset({EffectStatus.PLANNED, EffectStatus.IN_FLIGHT, EffectStatus.UNCERTAIN})


def may_move(before: EffectStatus, after: EffectStatus) -> bool:
    """Whether an effect may go from one status to the other."""
    return after in LEGAL_MOVES[before]


@dataclass(frozen=True, slots=True)
class BooksIdentity:
    """Whose books and whose money: the facts every key starts from. No machine, no time, no randomness.

    An emptied installation that is connected to the same accounts derives the same keys.
    """

    ledger_kind: str
    tenant_id: str
    processor_account: str


def natural_key(identity: BooksIdentity, kind: str, *parts: str | int) -> str:
    """32 characters (A-Z, 2-7) that name one effect for ever: 160 bits of SHA-256 over the canonical facts."""
    facts = [KEY_SCHEMA, identity.processor_account, identity.ledger_kind, identity.tenant_id, kind, *parts]
    canonical = json.dumps(facts, separators=(",", ":"), ensure_ascii=True)
    return base64.b32encode(hashlib.sha256(canonical.encode()).digest()).decode()[:32]


def booking_key(identity: BooksIdentity, payment_id: str, ledger_id: str) -> str:
    """Names the effect that books this payment on that receivable, for ever."""
    return natural_key(identity, "booking", payment_id, ledger_id)


def booking_reference(identity: BooksIdentity, payment_id: str, part: str | None = None) -> str:
    """What a booking carries in the ledger: 'DB' and 19 characters, within the ledgers' 21.

    `part`: the receivable, of a payment that is for several: each has a booking of its own. 95 bits: among a million
    payments the chance of two alike is about 1 in 10^16.
    """
    return "DB" + natural_key(identity, "booking", payment_id, *([part] if part is not None else []))[:19]


@dataclass(frozen=True, slots=True)
class NewEffect:
    """An effect to be recorded: `request` holds the exact values to send, as canonical JSON, frozen here."""

    key: str
    kind: EffectKind
    subject: str  # the receivable's ledger id: at most one effect of a subject is performed at a time
    request: str
    reason: str  # why, for the person who reads `duebird show`


def canonical(values: dict[str, object]) -> str:
    """JSON with one spelling, so that the same values always give the same text."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
