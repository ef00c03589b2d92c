"""Invariant 5: nobody is reminded of what is paid, voided, or being paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from connector.domain.invariants.finding import (
    Finding,
    NotCheckable,
    Violation,
    counted,
    of_invoice,
    of_payment,
    of_text,
)
from connector.domain.invariants.reading import Notice, Reading
from connector.domain.records import InvoiceRecord, PaidState, PaymentRecord

NUMBER: Final = 5
HARM: Final = "A customer who has paid was asked to pay, and may pay twice."
# Invoice and payments are read again right before each text: a few calls of at most 30 s each lie between.
READ_WITHIN: Final = timedelta(minutes=2)


def check(reading: Reading) -> Iterator[Finding]:
    """Notices that went out although nothing was to be paid any more, as could be read at the services then."""
    untold: list[Notice] = []
    for notice in reading.notices:
        begin, end = notice.text.moment - READ_WITHIN, notice.text.moment
        for payment in reading.payments_of.get(notice.link.ledger_id, []):
            if _being_paid(reading, payment, notice, begin, end):
                label = notice.invoice.label if notice.invoice else notice.link.ledger_id
                sentence = f"A text about invoice {label} went out while a payment on it was there or under way."
                yield Violation(NUMBER, sentence, (of_payment(payment), of_text(notice.text)), HARM)
        if notice.invoice is None or not notice.invoice.standings.knows(begin):
            untold.append(notice)
        elif _settled(notice.invoice, begin, end):
            label, shown = notice.invoice.label, (of_invoice(notice.invoice), of_text(notice.text))
            if notice.invoice.standings.whole:
                sentence = f"A text about invoice {label} went out when nothing was owed on it any more."
                yield Violation(NUMBER, sentence, shown, HARM)
            else:
                # Not every ledger moves an invoice's time of change when a payment is entered.
                why = (
                    f"The ledger has not changed invoice {label} since before a text about it, and nothing is owed on "
                    "it. See in the ledger whether the payment came before that text."
                )
                yield NotCheckable(NUMBER, why, shown)
    if untold:
        why = (
            f"The ledger tells how an invoice stands now, not how it stood before. {counted(len(untold), 'text')} "
            "could be held against the payments at the processor only."
        )
        yield NotCheckable(NUMBER, why)


def _settled(invoice: InvoiceRecord, begin: datetime, end: datetime) -> bool:
    """Nothing was owed at any moment of that while."""
    states = invoice.standings.during(begin, end)
    return bool(states) and not any(one.is_owed for one in states)


def _being_paid(reading: Reading, payment: PaymentRecord, notice: Notice, begin: datetime, end: datetime) -> bool:
    if payment.states.begins > begin:
        return False
    states = set(payment.states.during(begin, end))
    if PaidState.FAILED in states:
        return False
    if states == {PaidState.PENDING}:
        return True
    # It has come. Once a person or Duebird has it in the books, or it was given back, the ledger's balance decides.
    return not _accounted_for(reading, payment, notice, end)


def _accounted_for(reading: Reading, payment: PaymentRecord, notice: Notice, end: datetime) -> bool:
    if any(one.made_at is None or one.made_at <= end for one in reading.entries_behind(payment)):
        return True
    refunds = reading.records.processor.refunds or ()
    if any(one.payment_id == payment.payment_id and one.made_at <= end for one in refunds):
        return True
    return any(
        one.ledger_id == notice.link.ledger_id
        and one.amount == payment.amount
        and (one.made_at is None or payment.states.begins <= one.made_at <= end)
        for one in reading.records.ledger.entries
        if not one.by_us
    )
