"""Of a rebuild: customers' credits of ours in the ledger, and payments of which only a part was booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.domain.clearing import credit_reference
from connector.domain.effect import EffectStatus, natural_key
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.records import EntryRecord
from connector.domain.settlement import part_on_record
from connector.flows import credit
from connector.flows.company import Company
from connector.flows.rebuild_reading import Findings, go_on
from state.adopting import Found
from state.books import receivable_of
from state.store import Attention
from state.tables import PaymentRow

Key = tuple[str, str]  # a payment and its receivable


def key_of(payment: PaymentRow) -> Key:
    """What tells a payment's parts apart."""
    return payment.payment_id, payment.ledger_id


def among(
    company: Company, payments: Sequence[PaymentRow], by_reference: Mapping[str, EntryRecord]
) -> dict[Key, EntryRecord]:
    """The credits that stand in the ledger for those payments."""
    found = {}
    for one in payments:
        reference = credit_reference(company.identity, one.payment_id, one.ledger_id if one.shared else None)
        if reference in by_reference:
            found[key_of(one)] = by_reference[reference]
    return found


def part_of(payment: PaymentRow, booked: EntryRecord, credited: EntryRecord | None) -> Money:
    """How much of a payment its booking stands for: all, unless the rest is a credit or its note says it is to be."""
    paid = Money.from_minor(payment.amount, payment.currency)
    there = booked.amount
    if credited is not None and there.currency == paid.currency and there < paid:
        return there
    return part_on_record(there, booked.note, paid)


def adopt(
    company: Company,
    payments: Sequence[PaymentRow],
    booked: Mapping[Key, EntryRecord],
    credited: Mapping[Key, EntryRecord],
    invoices: Mapping[str, Receivable],
    findings: Findings,
) -> None:
    """Put the credits on record, after the bookings; a payment that the books only show a part of is for a person."""
    for payment in payments:
        entry = credited.get(key_of(payment))
        row = company.queries.receivable(company.id, payment.ledger_id)
        receivable = invoices.get(payment.ledger_id) or (receivable_of(row) if row is not None else None)
        if entry is None or receivable is None:
            continue  # settlement looks at it, and asks the ledger before it books anything
        go_on(company)
        paid = Money.from_minor(payment.amount, payment.currency)
        other = booked.get(key_of(payment))
        if other is not None and part_of(payment, other, entry) == paid:
            findings.miss(
                f"The payment {payment.payment_id} of {paid} is booked as a whole, and {entry.entry_id} is a credit of "
                f"{entry.amount} from it. One of them is too much; take it out of the ledger."
            )
        elif other is None and entry.amount != paid:
            _half(company, payment, receivable, entry, paid)
        else:
            _found(company, payment, receivable, entry, other)
            findings.count("credits", 1)


def _found(
    company: Company, payment: PaymentRow, receivable: Receivable, entry: EntryRecord, booked: EntryRecord | None
) -> None:
    paid = Money.from_minor(payment.amount, payment.currency)
    part = booked.amount if booked is not None else Money.zero(paid.currency)
    values = credit.values_of(company, payment, receivable, paid - part, part)
    effect = credit.planned(company, payment.ledger_id, values).effect
    at = entry.made_at or payment.paid_at or payment.created_at
    item = credit.held_key(company.id, payment.payment_id, payment.ledger_id if payment.shared else "")
    company.store.credit_found(
        company.id,
        payment.payment_id,
        Found(effect, entry.entry_id, at),
        company.clock.now(),
        whole=booked is None,
        settles=item,
        instead_of=_open_booking(company, payment) if booked is None else None,
    )


def _open_booking(company: Company, payment: PaymentRow) -> str | None:
    """The booking that an older memory still has in mind: all of its money is a credit."""
    key = natural_key(company.identity, "booking", payment.payment_id, payment.ledger_id)
    row = company.store.effects.get(key)
    waiting = row is not None and row.status in {EffectStatus.PLANNED, EffectStatus.UNCERTAIN}
    return key if waiting else None


def _half(company: Company, payment: PaymentRow, receivable: Receivable, entry: EntryRecord, paid: Money) -> None:
    told = Attention(
        key=credit.held_key(company.id, payment.payment_id, payment.ledger_id if payment.shared else ""),
        subject=payment.ledger_id,
        happened=f"{company.policy.business}: of a payment of {paid} ({payment.payment_id}) for invoice "
        f"{receivable.label}, {entry.amount} is a credit of {receivable.customer_name} in the ledger "
        f"({entry.entry_id}); the booking of the rest was taken out by somebody.",
        not_done="The rest is not booked and not refunded. The money is in your Stripe account.",
        command=f"duebird show {payment.ledger_id} --company {company.id}",
    )
    company.store.payment_held(
        company.id,
        payment.payment_id,
        payment.ledger_id,
        told,
        company.clock.now(),
        instead_of=_open_booking(company, payment),
        why="a part of it is a credit in the ledger",
    )
