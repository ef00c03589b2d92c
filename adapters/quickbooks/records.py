"""What a QuickBooks company holds, read for `duebird audit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.quickbooks import translate
from adapters.quickbooks.entries import QuickBooksEntries
from adapters.quickbooks.faults import SERVICE, Errand
from adapters.quickbooks.ledger import PAGE, unreadable
from adapters.quickbooks.translate import OUR_BEGINNING, Unreadable, instant, quoted, zulu
from adapters.quickbooks.wire import Row
from connector.domain.receivable import Receivable
from connector.domain.records import EntryKind, EntryRecord
from connector.errors import Rejected, RejectedBecause
from connector.ports.ledger import BookingState

GROUP: Final = 100  # ids in one query: some 1,500 characters, well within what a query's address may have
PAGES: Final = 20  # 20,000 payments in the time asked about; more is no small office


class QuickBooksRecords(QuickBooksEntries):
    """One company (realm), to be read."""

    def receivables(self, ledger_ids: Sequence[str]) -> Sequence[Receivable]:
        """Invoices by id, 100 a call. Deleted ones are left out; voided ones are there."""
        found: list[Receivable] = []
        for start in range(0, len(ledger_ids), GROUP):
            group = ", ".join(quoted(one) for one in ledger_ids[start : start + GROUP])
            text = f"SELECT * FROM Invoice WHERE Id IN ({group}) MAXRESULTS {GROUP}"  # noqa: S608  # QuickBooks' query language; every id is quoted
            for row in self._wire.rows("Invoice", text, Errand("read invoices", "Nothing was changed.")):
                try:
                    found.append(translate.receivable(row, self._home()))
                except Unreadable as problem:
                    raise unreadable(f"Invoice id {row.get('Id')}", problem) from problem
        return found

    def entries_since(self, since: datetime) -> Sequence[EntryRecord]:
        """Payments, on invoices or not, made at or after `since` whose reference begins as ours do, 1,000 a call.

        A deleted payment is in no query of QuickBooks; a voided one is. The order never changes while it is read.
        """
        errand = Errand("list its payments", "Nothing was changed.")
        found: dict[str, EntryRecord] = {}
        for page in range(PAGES):
            text = (
                f"SELECT * FROM Payment WHERE MetaData.CreateTime >= {quoted(zulu(since))} "  # noqa: S608  # QuickBooks' query language; the value is quoted
                f"ORDERBY MetaData.CreateTime ASC STARTPOSITION {page * PAGE + 1} MAXRESULTS {PAGE}"
            )
            rows = self._wire.rows("Payment", text, errand)
            for row in rows:
                if str(row.get("PaymentRefNum") or "").startswith(OUR_BEGINNING):
                    entry = self._record(row)
                    found[entry.entry_id] = entry
            if len(rows) < PAGE:
                return list(found.values())
        raise Rejected(
            f"QuickBooks has more than {PAGES * PAGE:,} payments since {since:%Y-%m-%d}; not all were read.",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="Ask for a shorter time: add --since with a later date.",
        )

    def _record(self, row: Row) -> EntryRecord:
        booking = self._booking(row, None)
        deposit = row.get("DepositToAccountRef")
        changed = row.get("MetaData")
        live = booking.state is BookingState.LIVE
        ended = instant(changed.get("LastUpdatedTime")) if isinstance(changed, dict) and not live else None
        return EntryRecord(
            entry_id=booking.booking_id,
            kind=EntryKind.PAYMENT,
            ledger_id=booking.ledger_id,
            amount=booking.applied + booking.unapplied,
            booked_on=booking.booked_on,
            reference=booking.reference,
            note=booking.note,
            account_id=str(deposit.get("value")) if isinstance(deposit, dict) else None,
            made_at=translate.created_at(row),
            live=live,
            ended_at=ended,
        )
