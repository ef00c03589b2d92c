"""Invariants 6 and 7: payments and bookings match one to one, and no invoice is overpaid by us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from connector.domain.invariants.finding import (
    Finding,
    LookAt,
    NotCheckable,
    Violation,
    of_entry,
    of_invoice,
    of_payment,
)
from connector.domain.invariants.reading import Reading, reference_of
from connector.domain.money import Money
from connector.domain.records import EntryRecord, InvoiceRecord, PaidState, PaymentRecord
from connector.domain.settlement import rest_in_words

BIJECTION: Final = 6
OVERSHOOT: Final = 7
TWICE: Final = "The books show money that came once as if it had come twice."
PHANTOM: Final = "The books show money that never came, and the invoice looks paid."
LOST: Final = "The money is there and the books do not show it: the customer may be asked again."
WRONG: Final = "The books do not say what was paid: the bank line of the payout will not match."
# Between Duebird's last look at the invoice and its entry: some calls of at most 30 s each, and what a ledger carries
# out after we gave up comes within ten minutes. Who makes the invoice smaller just then, makes a credit of the rest.
DECIDED_WITHIN: Final = timedelta(minutes=15)
# A booking of about the time from which payments were read may belong to an older one: a bank debit takes so long.
DEBITS_TAKE: Final = timedelta(days=8)


def check_bijection(reading: Reading) -> Iterator[Finding]:
    """Entries without their payment or beyond the first of it, and payments that are not in the books to the cent.

    What a payment's money is in the books is its booking, a credit of its customer, or both together.
    """
    for entries, behind in (
        (reading.bookings_by_reference, reading.payment_behind),
        (reading.credits_by_reference, reading.credit_behind),
    ):
        for reference in sorted(entries):
            yield from _of_reference(reading, reference, entries[reference], behind.get(reference))
    for payment in reading.payments:
        yield from _to_the_cent(reading, payment)
        if payment.succeeded and payment.live == reading.records.rules.live:
            yield from _booked(reading, payment)


def _of_reference(
    reading: Reading, reference: str, entries: list[EntryRecord], payment: PaymentRecord | None
) -> Iterator[Finding]:
    if together := _at_one_time(entries):
        sentence = f"{len(together)} payments in the ledger carry the reference {reference}, which stands for one."
        shown = tuple(of_entry(one) for one in together)
        yield Violation(BIJECTION, sentence, (*shown, *_shown(payment)), TWICE)
    for entry in entries:
        yield from _behind(reading, entry, payment)


def _at_one_time(entries: list[EntryRecord]) -> list[EntryRecord]:
    """Entries that were live beside another one; of the deleted ones that is told by their times, where known."""
    live = [one for one in entries if one.live]
    if len(live) > 1:
        return live
    ended = [one for one in entries if not one.live and one.made_at and one.ended_at]
    for one in ended:
        beside = [
            other
            for other in entries
            if other is not one
            and other.made_at is not None
            and one.made_at is not None
            and one.ended_at is not None
            and one.made_at <= other.made_at < one.ended_at
        ]
        if beside:
            return [one, *beside]
    return []


def _behind(reading: Reading, entry: EntryRecord, payment: PaymentRecord | None) -> Iterator[Finding]:
    """What must stand behind one booking."""
    since = reading.records.payments_since
    if payment is None:
        if not entry.live:
            return
        if since is not None and entry.booked_on < (since + DEBITS_TAKE).date():
            why = (
                f"The payment behind booking {entry.entry_id} is older than what was read; ask with an earlier --since."
            )
            yield NotCheckable(BIJECTION, why, (of_entry(entry),))
            return
        sentence = (
            f"The ledger holds a payment of {entry.amount} with our reference, and there is none at the processor."
        )
        yield Violation(BIJECTION, sentence, (of_entry(entry),), PHANTOM)
        return
    shown = (of_entry(entry), of_payment(payment))
    if not _had_succeeded(payment, entry.made_at):
        sentence = f"The ledger holds a payment of {entry.amount} for {payment.payment_id}, which had not succeeded."
        yield Violation(BIJECTION, sentence, shown, PHANTOM)
    if entry.live and entry.ledger_id is not None and entry.ledger_id != payment.ledger_id:
        sentence = f"{payment.payment_id} was paid for another invoice than the one on which the ledger has it."
        yield Violation(BIJECTION, sentence, shown, WRONG)


def _to_the_cent(reading: Reading, payment: PaymentRecord) -> Iterator[Finding]:
    """That what stands in the books of a payment, if anything does, is all of it and no more."""
    live = {reference_of(one): one for one in reversed(reading.entries_behind(payment)) if one.live}
    there = list(live.values())
    if not there or _together(there, payment.amount) == payment.amount:
        return
    shown = (of_payment(payment), *map(of_entry, there))
    held = reading.records.shown
    if not _rest_is_due(reading, there, payment):
        amounts = " and ".join(str(one.amount) for one in there)
        sentence = f"{payment.payment_id} is {payment.amount} at the processor and {amounts} in the ledger."
        yield Violation(BIJECTION, sentence, shown, WRONG)
    elif reading.healthy and held is None:
        why = (
            f"Of a payment of {payment.amount} ({payment.payment_id}) {there[0].amount} is in the ledger. `duebird "
            "attention` should list it; if you have booked the rest by hand or given it back, all is well."
        )
        yield NotCheckable(BIJECTION, why, shown)
    elif reading.healthy and held is not None and payment.payment_id not in held.held:
        sentence = f"Of a payment of {payment.amount} ({payment.payment_id}) only {there[0].amount} is in the ledger."
        yield Violation(BIJECTION, sentence, shown, LOST)


def _together(entries: list[EntryRecord], like: Money) -> Money | None:
    """What they come to; None where they are not in the currency of `like`."""
    if any(one.amount.currency != like.currency for one in entries):
        return None
    return sum((one.amount for one in entries), Money.zero(like.currency))


def _rest_is_due(reading: Reading, there: list[EntryRecord], payment: PaymentRecord) -> bool:
    """Whether one half of a payment stands alone: a booking that says that the rest is a credit, or only the credit."""
    total = _together(there, payment.amount)
    if len(there) != 1 or total is None or payment.amount < total:
        return False
    return reading.is_credit(there[0]) or rest_in_words(payment.amount - total) in there[0].note


def _had_succeeded(payment: PaymentRecord, when: datetime | None) -> bool:
    """Whether the money had come; times of services have whole seconds."""
    if when is None or not payment.states.knows(when):
        return payment.succeeded
    return PaidState.SUCCEEDED in payment.states.during(when, when + timedelta(seconds=1))


def _booked(reading: Reading, payment: PaymentRecord) -> Iterator[Finding]:
    """That a payment is in the books; only demanded once there was time."""
    entries = reading.entries_behind(payment)
    if any(one.live for one in entries) or not reading.healthy:
        return
    if payment.payment_id in reading.given_back:
        return  # all of it has gone back: its booking was taken out again, or was never needed
    shown_to_owner = reading.records.shown
    if shown_to_owner is not None and payment.payment_id in shown_to_owner.held:
        return
    invoice = reading.invoices.get(payment.ledger_id)
    theirs = _by_others(reading, payment)
    if any(reading.names_payment(one, payment) for one in theirs):
        return  # somebody else has booked it, and Duebird has not booked it a second time
    whole = _whole_elsewhere(reading, payment)
    shown = (
        of_payment(payment),
        *(of_entry(one) for one in (*entries, *theirs, *whole)),
        *((of_invoice(invoice),) if invoice else ()),
    )
    if theirs or whole or (shown_to_owner is None and _something_else(reading, invoice, payment)):
        why = (
            f"A payment of {payment.amount} ({payment.payment_id}) is not in the ledger by our reference, and "
            f"something else on {'another of its invoices' if whole and not theirs else 'its invoice'} may be it, by "
            "somebody else's hand. `duebird show` says whether it is."
        )
        yield NotCheckable(BIJECTION, why, shown)
        return
    takes = invoice is not None and _takes(invoice, payment.amount)
    if shown_to_owner is not None or (takes and not entries):
        sentence = f"A payment of {payment.amount} ({payment.payment_id}) has come and is not in the ledger."
        yield Violation(BIJECTION, sentence, shown, LOST)
        return
    because = "its booking was deleted by somebody" if entries else "its invoice does not take it as it stands now"
    why = (
        f"A payment of {payment.amount} ({payment.payment_id}) is not in the ledger: {because}. `duebird attention` "
        "should list it; if you have booked it by hand or given it back, all is well."
    )
    yield NotCheckable(BIJECTION, why, shown)


def _by_others(reading: Reading, payment: PaymentRecord) -> list[EntryRecord]:
    """Live entries without our reference on the invoice that name the payment, or are over just as much."""
    return [
        one
        for one in reading.of_others_on.get(payment.ledger_id, [])
        if reading.names_payment(one, payment) or (one.amount == payment.amount and not _was_before(one, payment))
    ]


def _whole_elsewhere(reading: Reading, payment: PaymentRecord) -> list[EntryRecord]:
    """Of a payment for several invoices: live entries without our reference on the others that may hold this part too.

    They name the payment and are over more than their own part, or are over just all of it.
    """
    parts = [one for one in reading.payments if one.payment_id == payment.payment_id]
    paid = sum((one.amount for one in parts), Money.zero(payment.amount.currency))
    return [
        one
        for part in parts
        if part.ledger_id != payment.ledger_id
        for one in reading.of_others_on.get(part.ledger_id, [])
        if one.amount.currency == paid.currency
        and (
            (reading.names_payment(one, payment) and part.amount < one.amount)
            or (one.amount == paid and not _was_before(one, payment))
        )
    ]


def _was_before(entry: EntryRecord, payment: PaymentRecord) -> bool:
    return entry.made_at is not None and entry.made_at < payment.settled_since - DECIDED_WITHIN


def _something_else(reading: Reading, invoice: InvoiceRecord | None, payment: PaymentRecord) -> bool:
    """Whether an invoice that takes a payment has as much off it, or more, otherwise than by bookings of ours."""
    if invoice is None or not _takes(invoice, payment.amount):
        return False
    off = invoice.standings.latest.total - invoice.standings.latest.balance
    mine = [one.amount for one in reading.bookings_on.get(invoice.ledger_id, []) if one.live]
    return not off < sum((one for one in mine if one.currency == off.currency), payment.amount)


def _takes(invoice: InvoiceRecord, amount: Money) -> bool:
    standing = invoice.standings.latest
    return standing.is_owed and standing.balance.currency == amount.currency and not standing.balance < amount


def check_overshoot(reading: Reading) -> Iterator[Finding]:
    """Invoices on which our bookings were, together, more than the invoice was over when they were made."""
    for invoice in reading.records.ledger.invoices:
        mine = reading.bookings_on.get(invoice.ledger_id, [])
        yield from _over(invoice, sorted(mine, key=lambda one: (one.made_at is None, one.made_at, one.entry_id)))


def _over(invoice: InvoiceRecord, mine: list[EntryRecord]) -> Iterator[Finding]:
    for count, entry in enumerate(mine, 1):
        when = entry.made_at
        there = [one for one in mine[:count] if one.live or (one.ended_at and when and one.ended_at > when)]
        known = when is not None and invoice.standings.knows(when)
        seen = invoice.standings.during(when - DECIDED_WITHIN, when) if known and when is not None else ()
        total = max((one.total for one in seen or (invoice.standings.latest,)), key=lambda one: one.minor)
        if sum(one.amount.amount for one in there if one.amount.currency == total.currency) <= total.amount:
            continue
        shown = (of_invoice(invoice), *(of_entry(one) for one in there))
        if not seen and (when is None or invoice.standings.begins > when):
            why = f"More is booked on invoice {invoice.label} than it is over; perhaps it was made smaller since."
            yield NotCheckable(OVERSHOOT, why, shown)
        else:
            sentence = f"Duebird booked more on invoice {invoice.label} than it was over."
            yield Violation(OVERSHOOT, sentence, shown, WRONG)
        return


def _shown(payment: PaymentRecord | None) -> tuple[LookAt, ...]:
    return (of_payment(payment),) if payment else ()
