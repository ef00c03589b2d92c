"""Invariants 8 and 9: refunds, fees and payouts stand in the ledger as often as they should.

A reversal takes the payment's own entry out and leaves none of its own; where refunds are entered, each has an entry
with a reference of its own. Of that, of a fee and of a payout there is one entry at most; whether it is of the right
amount is told by `connector.domain.reconciliation`, which reads the processor's balance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from connector.domain.invariants.finding import Finding, NotCheckable, Violation, of_entry, of_payment, of_refund
from connector.domain.invariants.reading import OUR_REFERENCE, Reading
from connector.domain.records import EntryKind, EntryRecord, PaymentRecord

REFUNDS: Final = 8
FEES: Final = 9


def check_refunds(reading: Reading) -> Iterator[Finding]:
    """Entries of refunds with our reference, each there once, and refunds that a person must see to."""
    yield from _more_than_once(reading, {EntryKind.REVERSAL: "A refund"}, REFUNDS)
    refunds = reading.records.processor.refunds
    if refunds is None:
        yield NotCheckable(REFUNDS, "Refunds at the processor were not read.")
        return
    ours: defaultdict[str, list[PaymentRecord]] = defaultdict(list)
    for one in reading.payments:
        ours[one.payment_id].append(one)
    for refund in refunds:
        parts = ours.get(refund.payment_id, [])
        entries = [entry for part in parts for entry in reading.entries_behind(part) if entry.live]
        if entries:
            payment = parts[0]
            why = (
                f"{refund.amount} of the payment {payment.payment_id} was given back, and the ledger still has the "
                "payment. See that the refund is in the books too: `duebird attention` says what was not done about it."
            )
            yield NotCheckable(REFUNDS, why, (of_refund(refund), of_payment(payment), *map(of_entry, entries)))


def check_fees(reading: Reading) -> Iterator[Finding]:
    """Entries for fees and payouts with our reference: one for each."""
    yield from _more_than_once(reading, _OF_THE_BALANCE, FEES)


_OF_THE_BALANCE: Final = {EntryKind.EXPENSE: "A fee", EntryKind.TRANSFER: "A payout"}


def _more_than_once(reading: Reading, kinds: Mapping[EntryKind, str], number: int) -> Iterator[Finding]:
    found: defaultdict[tuple[EntryKind, str], list[EntryRecord]] = defaultdict(list)
    for entry in reading.records.ledger.entries:
        ours = OUR_REFERENCE.match(entry.reference)
        if ours and entry.live and entry.kind in kinds:
            found[entry.kind, ours.group()].append(entry)
    for (kind, reference), entries in found.items():
        if len(entries) > 1:
            sentence = f"{kinds[kind]} stands in the ledger {len(entries)} times, as {reference}."
            harm = "The clearing account holds less than the processor: the same amount left it more than once."
            yield Violation(number, sentence, tuple(map(of_entry, entries)), harm)
