"""What Duebird remembers of a month's payments, for whoever reconciles it. Reads the database, and nothing else."""

from __future__ import annotations

from collections import defaultdict

from connector.domain.clearing import credit_reference
from connector.domain.effect import BooksIdentity, booking_reference
from connector.statement.values import OnRecord, Till
from state.books import receivable_of
from state.queries import Queries


def recall(queries: Queries, company: str, identity: BooksIdentity, till: Till) -> OnRecord:
    """Which payments are ours, how bookings of parts and credits are called, and what their invoices are called."""
    rows = queries.payments(company)
    paid_out = (one for inside in till.insides.values() for one in inside.changes)
    moved = {one.payment_id for one in (*till.changes, *paid_out) if one.payment_id}
    known: dict[str, str] = {}
    invoices: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        whole, part = booking_reference(identity, row.payment_id), row.ledger_id if row.shared else None
        known[credit_reference(identity, row.payment_id, part)] = whole
        if row.shared:
            known[booking_reference(identity, row.payment_id, part)] = whole
        if row.payment_id in moved:
            receivable = queries.receivable(company, row.ledger_id)
            label = receivable_of(receivable).label if receivable is not None else row.ledger_id
            invoices[row.payment_id].append(label)
    ours = frozenset(one.payment_id for one in rows)
    return OnRecord(known, ours, {one: tuple(labels) for one, labels in invoices.items()})
