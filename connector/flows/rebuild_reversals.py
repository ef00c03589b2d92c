"""Of a rebuild: entries of ours that were taken out of the ledger again, and refunds nobody was told of meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from connector.domain.calendar import local_day, start_of_day
from connector.domain.clearing import credit_reference
from connector.domain.effect import NewEffect, booking_reference, canonical
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.records import EntryKind, EntryRecord
from connector.domain.reversal import Cause
from connector.domain.settlement import Refunds
from connector.errors import NeedsReauthorisation, Rejected, Uncertain
from connector.flows import credit, given_back, refunded, returned, reversal
from connector.flows.book import plan_booking
from connector.flows.company import Company, Counts
from connector.flows.exchange_left import FOUND
from connector.flows.rebuild_cash import REACH
from connector.flows.rebuild_reading import Findings, go_on, standings
from state.adopting import Found
from state.books import receivable_of
from state.tables import PaymentRow

BY: Final = "somebody, as the ledger shows it after a recovery"
WHY: Final = "found in the ledger, taken out again, when the memory was rebuilt"


def adopt(
    company: Company,
    payments: Sequence[PaymentRow],
    live: Mapping[str, EntryRecord],
    gone: Mapping[str, EntryRecord],
    findings: Findings,
) -> None:
    """Put on record what was once booked for those payments and is out of the ledger, so that none is booked again.

    `live` and `gone`: what stands in the ledger, and what was voided or deleted there, by our reference. A payment of
    which anything stands is not reversed.
    """
    ended = [(one, entry) for one in payments if (entry := _entry_of(company, one, live, gone)) is not None]
    invoices = standings(company, [one.ledger_id for one, _ in ended], findings)
    for payment, entry in ended:
        go_on(company)
        row = company.queries.receivable(company.id, payment.ledger_id)
        receivable = invoices.get(payment.ledger_id) or (receivable_of(row) if row is not None else None)
        if receivable is not None:  # else nobody knows what it was for: settlement holds the payment
            findings.count("bookings taken out again", _found(company, payment, receivable, entry))


def _entry_of(
    company: Company, payment: PaymentRow, live: Mapping[str, EntryRecord], gone: Mapping[str, EntryRecord]
) -> EntryRecord | None:
    part = payment.ledger_id if payment.shared else None
    references = [maker(company.identity, payment.payment_id, part) for maker in (booking_reference, credit_reference)]
    if any(one in live for one in references):
        return None
    return next((gone[one] for one in references if one in gone), None)


def _found(company: Company, payment: PaymentRow, receivable: Receivable, entry: EntryRecord) -> bool:
    booked = _booking(company, payment, receivable, entry)
    undone = reversal.planned(company.identity, booked, cause=Cause.UNDO, by=BY, entry_id=entry.entry_id).effect
    wanted = replace(undone, request=canonical({**json.loads(undone.request), FOUND: True}))
    made = entry.made_at or payment.paid_at or payment.created_at
    told = reversal.told(
        company.id,
        company.policy.business,
        payment.ledger_id,
        receivable,
        wanted.key,
        json.loads(wanted.request),
    )
    return company.store.reversal_found(
        company.id,
        payment.payment_id,
        [Found(booked, entry.entry_id, made), Found(wanted, entry.entry_id, entry.ended_at or made)],
        told,
        company.clock.now(),
        holds=reversal.may_be_owed(receivable),
        why=WHY,
    )


def _booking(company: Company, payment: PaymentRow, receivable: Receivable, entry: EntryRecord) -> NewEffect:
    """What was booked: all of the payment, since a voided entry does not tell how much it was."""
    paid = Money.from_minor(payment.amount, payment.currency)
    part = payment.ledger_id if payment.shared else None
    if not entry.reference.startswith(credit_reference(company.identity, payment.payment_id, part)):
        return plan_booking(company, payment, receivable).effect
    values = credit.values_of(company, payment, receivable, paid, Money.zero(paid.currency))
    return credit.planned(company, payment.ledger_id, values).effect


def _first_day(company: Company) -> None:
    """Since when refunds are entered: at least since the first entry of one that stands in the clearing account."""
    today = local_day(company.clock.now(), company.policy.zone)
    lines = company.ledger.account_entries(company.policy.payment_account_id or "", today - REACH, today)
    days = [one.booked_on for one in lines if one.kind == EntryKind.REVERSAL and OUR_REFERENCE.match(one.reference)]
    if days:
        first = start_of_day(min(days), company.policy.zone)
        refunded.begin(company.store, company.queries, company.id, company.clock.now(), first)


def look_at_returned(company: Company, since: datetime, findings: Findings) -> None:
    """What went back while nobody listened: the events of that time are not read any more.

    Raises:
        DuebirdError: the processor could not be asked.
    """
    try:
        found = given_back.listed(company, since)
    except (NeedsReauthorisation, Rejected, Uncertain):
        return  # said already, with the payments
    concerned = [*(one.payment_id for one in found.refunds), *(one.payment_id for one in found.disputes)]
    concerned += [one.payment_id for one in given_back.debits(company, since)]
    if company.policy.refunds is Refunds.BOOK:
        _first_day(company)
    counts = Counts()
    for payment_id in dict.fromkeys(concerned):
        go_on(company)
        parts = company.queries.payment_parts(company.id, payment_id)
        if parts:
            returned.look(company, parts, counts)
    for what in (returned.REVERSED, refunded.ENTERED, refunded.FOUND):
        findings.count(what, counts[what])
