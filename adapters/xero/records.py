"""What a Xero organisation holds, read for `duebird audit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from adapters.xero import translate
from adapters.xero.ledger import IDS_A_CALL, RECEIPTS_ONLY, XeroLedger, is_full, readable, rows_of
from adapters.xero.place import PAGE_SIZE
from adapters.xero.wire import SERVICE
from connector.domain.receivable import Receivable
from connector.domain.records import EntryKind, EntryRecord
from connector.errors import Rejected, RejectedBecause
from connector.ports.ledger import BookingState

OUR_BEGINNING: Final = "DB"  # of each reference of ours
PAGES: Final = 20  # some 20,000 payments of ours in the time asked about, at the cost of 20 of a day's 1,000 calls
# The null test comes first because Xero evaluates the text test on rows without a reference too.
OURS_ONLY: Final = f'{RECEIPTS_ONLY} AND Reference!=null AND Reference.StartsWith("DB")'


class XeroRecords(XeroLedger):
    """One organisation, to be read."""

    def receivables(self, ledger_ids: Sequence[str]) -> Sequence[Receivable]:
        """Sales invoices by id, 40 a call, voided and deleted ones too."""
        found: list[Receivable] = []
        for start in range(0, len(ledger_ids), IDS_A_CALL):
            group = list(ledger_ids[start : start + IDS_A_CALL])
            answer = self._read(
                lambda api, group=group: api.get_invoices(  # type: ignore[misc]  # bound now, not when it is repeated
                    self._tenant_id, i_ds=group, page=1, page_size=IDS_A_CALL, _preload_content=False
                )
            )
            found += [
                readable(translate.receivable, row, f"invoice {translate.text_of(row, 'InvoiceNumber')}")
                for row in rows_of(answer, "Invoices")
                if translate.is_sale(row)
            ]
        return found

    def entries_since(self, since: datetime) -> Sequence[EntryRecord]:
        """Receipts with a reference of ours that were made or changed at or after `since`, deleted ones too.

        Xero does not keep when a payment was made, only when it was last changed; `made_at` is None.
        """
        found: dict[str, EntryRecord] = {}
        for page in range(1, PAGES + 1):
            answer = self._read(
                lambda api, page=page: api.get_payments(  # type: ignore[misc]  # bound now, not when it is repeated
                    self._tenant_id,
                    if_modified_since=translate.if_modified_since(since),
                    where=OURS_ONLY,
                    order="UpdatedDateUTC ASC",
                    page=page,
                    page_size=PAGE_SIZE,
                    _preload_content=False,
                )
            )
            rows = rows_of(answer, "Payments")
            for row in rows:
                entry = readable(_entry, row, f"payment {translate.text_of(row, 'PaymentID')}")
                found[entry.entry_id] = entry
            if not is_full(answer, rows, page):
                return list(found.values())
        raise Rejected(
            f"Xero has more than {PAGES * PAGE_SIZE:,} payments of ours since {since:%Y-%m-%d}; not all were read.",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="Ask for a shorter time: add --since with a later date.",
        )


def _entry(row: Mapping[str, Any]) -> EntryRecord:
    booking = translate.booking(row)
    account = row.get("Account")
    live = booking.state is BookingState.LIVE
    return EntryRecord(
        entry_id=booking.booking_id,
        kind=EntryKind.PAYMENT,
        ledger_id=booking.ledger_id,
        amount=booking.applied + booking.unapplied,
        booked_on=booking.booked_on,
        reference=booking.reference,
        note=booking.note,
        account_id=translate.text_of(account, "AccountID") or None if isinstance(account, dict) else None,
        made_at=None,
        live=live,
        ended_at=None if live else translate.moment(row.get("UpdatedDateUTC")),
    )
