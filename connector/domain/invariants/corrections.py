"""Invariants 8 and 9: refunds and fees stand in the ledger as often, and with the amount, that they should.

This version books neither, so that the right number of such entries is none: what carries our reference and is no
payment has slipped in. `ENTRIES_A_REFUND` and `ENTRIES_A_FEE` are what changes when they are booked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connector.domain.invariants.finding import Finding, NotCheckable, Violation, of_entry, of_payment, of_refund
from connector.domain.invariants.reading import OUR_REFERENCE, Reading
from connector.domain.records import EntryKind

REFUNDS: Final = 8
FEES: Final = 9
ENTRIES_A_REFUND: Final = 0
ENTRIES_A_FEE: Final = 0
_FEE_KINDS: Final = frozenset({EntryKind.EXPENSE, EntryKind.TRANSFER})


def check_refunds(reading: Reading) -> Iterator[Finding]:
    """Reversals with our reference beyond what a refund may have, and refunds that a person must see to."""
    yield from _beyond(reading, frozenset({EntryKind.REVERSAL}), REFUNDS, ENTRIES_A_REFUND, "refunds")
    refunds = reading.records.processor.refunds
    if refunds is None:
        yield NotCheckable(REFUNDS, "Refunds at the processor were not read.")
        return
    ours = {one.payment_id: one for one in reading.payments}
    behind = {payment.payment_id: reference for reference, payment in reading.payment_behind.items()}
    for refund in refunds:
        payment = ours.get(refund.payment_id)
        if payment is None:
            continue
        entries = [one for one in reading.bookings_by_reference.get(behind[payment.payment_id], []) if one.live]
        if entries:
            why = (
                f"{refund.amount} of the payment {payment.payment_id} was given back, and the ledger still has the "
                "payment. Duebird books no refunds: see that the refund is in the books too."
            )
            yield NotCheckable(REFUNDS, why, (of_refund(refund), of_payment(payment), *map(of_entry, entries)))


def check_fees(reading: Reading) -> Iterator[Finding]:
    """Entries for fees and payouts with our reference beyond what there may be."""
    yield from _beyond(reading, _FEE_KINDS, FEES, ENTRIES_A_FEE, "fees and payouts")


def _beyond(reading: Reading, kinds: frozenset[EntryKind], number: int, allowed: int, what: str) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for entry in reading.records.ledger.entries:
        if entry.kind not in kinds or not entry.live or not OUR_REFERENCE.match(entry.reference):
            continue
        seen[entry.reference] = seen.get(entry.reference, 0) + 1
        if seen[entry.reference] > allowed:
            sentence = (
                f"The ledger holds an entry of {entry.amount} with our reference, and {what} are not booked by us."
            )
            harm = "The books show an amount that nothing at the processor explains."
            yield Violation(number, sentence, (of_entry(entry),), harm)
