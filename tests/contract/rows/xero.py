"""The Xero adapter against its sandbox twin, over HTTP on loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from adapters.clock import ManualClock
from adapters.sandbox.base import Fault, Served
from adapters.sandbox.xero import XeroTwin
from adapters.xero.entries import XeroEntries
from adapters.xero.settings import XeroSettings
from connector.domain.money import Money
from connector.errors import NeedsReauthorisation, Throttled
from connector.ports.calls import CallKind, CallSeen, Wire
from connector.ports.records import LedgerReader

PORT = "ledger"
TOKEN = "sandbox-xero-token"


@dataclass
class Meter:
    """A budget without a limit that remembers what it was told, and refuses while a service pauses."""

    clock: ManualClock
    seen: list[CallSeen] = field(default_factory=list)
    paused_until: dict[str, datetime] = field(default_factory=dict)

    def before(self, service: str, kind: CallKind) -> None:
        del kind
        until = self.paused_until.get(service)
        if until is not None and self.clock.now() < until:
            raise Throttled(f"{service} is pausing", service=service)

    def after(self, call: CallSeen) -> None:
        self.seen.append(call)

    def pause(self, service: str, until: datetime) -> None:
        self.paused_until[service] = until


@dataclass
class Tokens:
    """Access tokens in the order they are handed out; the last one stays. Renewing an only one is refused."""

    texts: list[str]
    renewals: int = 0

    def current(self) -> str:
        return self.texts[0]

    def renewed(self, refused: str) -> str:
        self.renewals += 1
        if len(self.texts) == 1 or self.texts[0] != refused:
            raise NeedsReauthorisation("The connection to Xero has ended.", service="xero", advice="Connect again.")
        self.texts.pop(0)
        return self.texts[0]


def settings(base_url: str) -> XeroSettings:
    return XeroSettings.model_validate({"kind": "xero", "client_id": "env:XERO_CLIENT_ID", "base_url": base_url})


class XeroHarness:
    """One organisation in New Zealand dollars."""

    def __init__(self, twin: XeroTwin) -> None:
        self.twin = twin
        self.clock = ManualClock(datetime.now(UTC))
        self.meter = Meter(self.clock)
        self.tokens = Tokens([twin.seed_token(TOKEN)])
        self.wire = Wire("acme", self.clock, self.meter, connect_timeout=2, read_timeout=5)
        self._reachable = self.ledger_at(twin.api_url)
        self._deaf = socket.socket()
        self._deaf.bind(("127.0.0.1", 0))  # and never listens: connections to it are refused
        self._unreachable = self.ledger_at(f"http://127.0.0.1:{self._deaf.getsockname()[1]}/api.xro/2.0")
        self.reader: LedgerReader = self._reachable
        self._refuse_next = False
        self.unknown_id = "00000000-0000-0000-0000-000000000000"
        self.home_currency = twin.books.seed.base_currency
        self.payment_account_id = twin.books.clearing_account.account_id

    @property
    def ledger(self) -> XeroEntries:
        """The adapter; after `refuse_next_connection` once one whose address refuses connections."""
        refuse, self._refuse_next = self._refuse_next, False
        return self._unreachable if refuse else self._reachable

    def ledger_at(self, base_url: str) -> XeroEntries:
        return XeroEntries(settings(base_url), self.twin.books.seed.tenant_id, self.tokens, self.wire)

    def close(self) -> None:
        self._deaf.close()

    def add_customer(self, name: str, *, mobile: str | None = None, parent_id: str | None = None) -> str:
        """Xero has no sub-customers, so the parent is dropped; names are unique, so a namesake gets a number."""
        del parent_id
        namesakes = sum(contact.name.startswith(name) for contact in self.twin.books.contacts.values())
        unique = f"{name} {namesakes + 1}" if namesakes else name
        return self.twin.books.add_contact(unique, mobile=mobile).contact_id

    def issue(self, customer_id: str, amount: Money, *, number: str | None = None, due_on: date | None = None) -> str:
        books = self.twin.books
        invoice = books.issue(
            books.contacts[customer_id], amount.amount, currency=amount.currency, due_on=due_on, number=number
        )
        return invoice.invoice_id

    def edit_amount(self, ledger_id: str, amount: Money) -> None:
        self.twin.books.edit(self.twin.books.invoices[ledger_id], amount=amount.amount)

    def void(self, ledger_id: str) -> None:
        self.twin.books.void(self.twin.books.invoices[ledger_id])

    def delete(self, ledger_id: str) -> None:
        """An authorised invoice cannot be deleted in Xero, only voided."""
        self.void(ledger_id)

    def pay_by_hand(self, ledger_id: str, amount: Money) -> str:
        return self.twin.books.pay(self.twin.books.invoices[ledger_id], amount.amount, reference="cheque").payment_id

    def delete_booking(self, booking_id: str) -> None:
        self.twin.books.delete_payment(self.twin.books.payments[booking_id])

    def close_books_through(self, day: date) -> None:
        self.twin.books.period_lock_date = day

    def bookings_in_world(self, ledger_id: str) -> list[tuple[str, Money]]:
        invoice = self.twin.books.invoices[ledger_id]
        return [
            (p.reference.partition(" ")[0], Money(Decimal(p.amount), invoice.currency)) for p in invoice.live_payments
        ]

    def refuse_next_connection(self) -> None:
        self._refuse_next = True

    def lose_next_write_answer(self) -> None:
        self.twin.faults.append(Fault("drop_after", method="PUT|POST"))

    def throttle_next_call(self) -> None:
        self.twin.faults.append(
            Fault("status", status=429, headers={"X-Rate-Limit-Problem": "minute", "Retry-After": "12"})
        )

    def revoke_access(self) -> None:
        self.twin.revoke_token(TOKEN)


@contextmanager
def harness() -> Iterator[XeroHarness]:
    with Served(XeroTwin()) as served:
        assert isinstance(served.twin, XeroTwin)
        made = XeroHarness(served.twin)
        try:
            yield made
        finally:
            made.close()
