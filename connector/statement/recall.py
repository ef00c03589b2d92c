"""What Duebird remembers of a month's payments, for whoever reconciles it. Reads the database, and nothing else."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from connector.domain.already import is_by_others
from connector.domain.balance import ChangeKind
from connector.domain.clearing import credit_reference, reference_of
from connector.domain.effect import BooksIdentity, booking_reference
from connector.domain.refund_entries import MOST_AGAIN, entry_reference
from connector.domain.reversal import Cause
from connector.statement.values import OnRecord, Till
from state.books import receivable_of
from state.queries import Queries
from state.tables import PaymentRow


def recall(queries: Queries, company: str, identity: BooksIdentity, till: Till) -> OnRecord:
    """Which payments are ours, how bookings of parts and credits are called, and what their invoices are called.

    An entry by somebody else that stands for a payment is known by its id: it carries no reference of ours.
    """
    rows = queries.payments(company)
    paid_out = (one for inside in till.insides.values() for one in inside.changes)
    moved = {one.payment_id for one in (*till.changes, *paid_out) if one.payment_id}
    known = _of_what_went_back(rows, identity, till)
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
    known |= {entry: booking_reference(identity, payment) for entry, payment in _adopted(queries, company)}
    for difference in queries.exchange_differences(company):
        values = json.loads(difference.request)
        known[values["reference"]] = known.get(values["of_reference"], values["of_reference"])
    ours = frozenset(one.payment_id for one in rows)
    return OnRecord(known, ours, {one: tuple(labels) for one, labels in invoices.items()})


def _adopted(queries: Queries, company: str) -> Iterator[tuple[str, str]]:
    """Entries by somebody else, each with the payment it stands for."""
    for row in queries.adopted_bookings(company):
        if row.remote_id is not None and is_by_others(row.request, row.remote_id):
            yield row.remote_id, json.loads(row.request)["payment_id"]


def _of_what_went_back(rows: Sequence[PaymentRow], identity: BooksIdentity, till: Till) -> dict[str, str]:
    """By the reference of each entry that a refund or dispute may have, that of its change.

    A dispute that was won and is lost after all has another change for its next entry.
    """
    parts: defaultdict[str, list[PaymentRow]] = defaultdict(list)
    for row in rows:
        parts[row.payment_id].append(row)
    known: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for change in till.changes:
        refund = change.kind is ChangeKind.REFUND
        object_id = change.refund_id if refund else change.dispute_id if change.kind is ChangeKind.DISPUTE else None
        for row in parts[change.payment_id or ""] if object_id else []:
            part, cause = row.ledger_id if row.shared else None, Cause.REFUND if refund else Cause.DISPUTE
            for maker in (booking_reference, credit_reference):
                of_reference = maker(identity, row.payment_id, part)
                for again in range(seen[object_id or ""], MOST_AGAIN):
                    own = entry_reference(identity, row.payment_id, cause, object_id or "", of_reference, again)
                    known[own] = reference_of(identity, change)
        seen[object_id or ""] += 1
    return known
