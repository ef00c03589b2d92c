"""A client of the books in memory, behind the `Ledger` port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from adapters.memory.client import Client
from adapters.memory.ledger_world import ChangeKind, LedgerWorld
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.errors import Rejected, RejectedBecause
from connector.ports.findings import Finding, Weight
from connector.ports.ledger import (
    Booking,
    BookingRequest,
    ChangePage,
    LedgerAccount,
    LedgerProfile,
    OpenPage,
    Quarantined,
)

CUSTOMERS_A_CALL = 100  # as the port says


class MemoryLedger(Client[LedgerWorld]):
    """The `Ledger` port onto a `LedgerWorld`. Lists may lag by its faults; reads by id are fresh."""

    port = "ledger"

    def profile(self) -> LedgerProfile:
        """Name, currency, zone and closed period of the books."""
        return self._read("profile", (), lambda: self.world.profile)

    def closed_through(self) -> date | None:
        """The last day that is closed."""
        return self._read("closed_through", (), lambda: self.world.profile.closed_through)

    def payment_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts a payment could be booked to."""
        return self._read("payment_accounts", (), lambda: tuple(self.world.accounts))

    def start_cursor(self) -> str:
        """A cursor for the last change that lists show now."""
        return self._list("start_cursor", (), lambda seen: self.world.cursor_at(self.world.visible_end(seen)))

    def changes(self, cursor: str) -> ChangePage:
        """One page of changes, with some before the cursor again.

        Raises:
            CursorExpired: the cursor is older than the world's `reach`.
        """
        return self._list("changes", (cursor,), lambda seen: self._page_of_changes(cursor, seen))

    def open_receivables(self, page: str | None) -> OpenPage:
        """One page of open receivables in the order they were issued, which nothing changes."""
        return self._list("open_receivables", (page,), lambda seen: self._page_of_open(page, seen))

    def receivable(self, ledger_id: str) -> Receivable | None:
        """The receivable as it stands now, None when deleted or unknown."""
        return self._read("receivable", (ledger_id,), lambda: self._one(ledger_id))

    def customers(self, customer_ids: Sequence[str]) -> Sequence[Customer]:
        """Those customers, with inherited mobiles."""
        wanted = tuple(customer_ids)
        return self._read("customers", (wanted,), lambda: self._customers(wanted))

    def bookings_on(self, ledger_id: str) -> Sequence[Booking]:
        """Entries on the invoice, deleted ones too. Read through the invoice, so it does not lag by itself."""
        return self._read("bookings_on", (ledger_id,), lambda: self._bookings("bookings_on", ledger_id))

    def bookings_with_reference(self, reference: str) -> Sequence[Booking]:
        """Entries that carry the reference; lags with the lists."""
        return self._list(
            "bookings_with_reference",
            (reference,),
            lambda seen: self._as_of(self.world.ids_by_reference(reference), seen),
        )

    def book(self, request: BookingRequest) -> Booking:
        """Make one payment entry. One attempt.

        Raises:
            Uncertain: it may have been made.
            Rejected: AMOUNT, CLOSED_PERIOD, NOT_FOUND, BUSINESS_RULE, SETUP, KEY_REUSED or INVALID.
        """
        return self._write("book", (request,), lambda: self.world.book(request))

    def inspect(self, account_id: str | None) -> Sequence[Finding]:
        """Whether the connection works and payments can be booked to that account."""
        return self._read("inspect", (account_id,), lambda: self._findings(account_id))

    def _one(self, ledger_id: str) -> Receivable | None:
        if ledger_id in self.world.unreadable:
            raise Rejected(
                f"Invoice {ledger_id} could not be read: it holds a value nobody expected. Nothing was done.",
                because=RejectedBecause.INVALID,
                service=self.service,
            )
        history = self.world.invoices.get(ledger_id)
        if history is None or history.latest.state is ReceivableState.DELETED:
            return None
        return history.latest

    def _customers(self, wanted: tuple[str, ...]) -> tuple[Customer, ...]:
        if len(wanted) > CUSTOMERS_A_CALL:
            raise Rejected(
                f"More than {CUSTOMERS_A_CALL} customers were asked for in one call.",
                because=RejectedBecause.INVALID,
                service=self.service,
            )
        found = (self.world.customer_as_read(one, self.world.now()) for one in wanted)
        return tuple(one for one in found if one is not None)

    def _bookings(self, method: str, ledger_id: str) -> tuple[Booking, ...]:
        horizon = self.world.now() - self.faults.lag(method, lists=False)
        return self._as_of(self.world.ids_on(ledger_id), horizon)

    def _as_of(self, booking_ids: Sequence[str], horizon: datetime) -> tuple[Booking, ...]:
        found = (self.world.entries[one].as_of(horizon) for one in booking_ids)
        return tuple(one.booking for one in found if one is not None)

    def _page_of_changes(self, cursor: str, horizon: datetime) -> ChangePage:
        world = self.world
        position = world.position_of(cursor)
        end = max(position, world.visible_end(horizon))
        upto = min(position + world.page_size, end)
        start = position
        while start > max(0, position - world.page_size) and world.journal_times[start - 1] > horizon - world.overlap:
            start -= 1
        ids: dict[ChangeKind, dict[str, None]] = {kind: {} for kind in ChangeKind}  # dicts keep the order, sets do not
        for change in world.journal[start:upto]:
            ids[change.kind][change.record_id] = None
        found = (world.invoices[one].as_of(horizon) for one in ids[ChangeKind.INVOICE] if one not in world.unreadable)
        rows = [row for row in found if row is not None and row.state is not ReceivableState.DELETED]
        listed = {row.ledger_id for row in rows}
        read = (world.customer_as_read(one, horizon) for one in ids[ChangeKind.CUSTOMER])
        return ChangePage(
            receivables=tuple(rows),
            customers=tuple(one for one in read if one is not None),
            deleted=tuple(ids[ChangeKind.DELETED]),
            touched=tuple(one for one in ids[ChangeKind.ON_INVOICE] if one not in listed),
            quarantined=tuple(_unreadable(one) for one in ids[ChangeKind.INVOICE] if one in world.unreadable),
            cursor=world.cursor_at(upto),
            more=upto < end,
        )

    def _page_of_open(self, page: str | None, horizon: datetime) -> OpenPage:
        world = self.world
        place = int(page) if page else 0
        rows: list[Receivable] = []
        broken: list[Quarantined] = []
        while place < len(world.invoice_order) and len(rows) + len(broken) < world.page_size:
            ledger_id = world.invoice_order[place]
            row = world.invoices[ledger_id].as_of(horizon)
            place += 1
            if row is None or not row.is_owed:
                continue
            if ledger_id in world.unreadable:
                broken.append(_unreadable(ledger_id))
            else:
                rows.append(row)
        return OpenPage(tuple(rows), tuple(broken), str(place) if place < len(world.invoice_order) else None)

    def _findings(self, account_id: str | None) -> tuple[Finding, ...]:
        name = self.world.profile.name
        found = [Finding(Weight.OK, "Connection", f"{name} answers.")]
        account = next((one for one in self.world.accounts if one.account_id == account_id), None)
        if account_id is not None and (account is None or not account.takes_payments or not account.active):
            fix = "Name an active account of type Bank as payment_account."
            found.append(Finding(Weight.PROBLEM, "Payment account", "It does not take payments.", fix))
        elif account is not None:
            found.append(Finding(Weight.OK, "Payment account", f"{account.name} takes payments."))
        return tuple(found)


def _unreadable(ledger_id: str) -> Quarantined:
    return Quarantined(ledger_id, "it holds a value nobody expected")
