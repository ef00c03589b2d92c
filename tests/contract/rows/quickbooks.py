"""The QuickBooks adapter against its sandbox twin, over HTTP on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

from adapters.clock import ManualClock
from adapters.quickbooks.ledger import QuickBooksLedger
from adapters.quickbooks.records import QuickBooksRecords
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.sandbox.base import Fault, Served, TwinClock
from adapters.sandbox.quickbooks import Books, QuickBooksTwin, RealmSettings
from adapters.sandbox.quickbooks.control import add_invoice, pay_by_hand
from adapters.sandbox.quickbooks.payments import delete_invoice, delete_payment, void_invoice
from connector.domain.money import Money
from connector.errors import NeedsReauthorisation, Throttled
from connector.ports.calls import CallKind, CallSeen, Wire
from connector.ports.ledger import Ledger
from connector.ports.records import LedgerReader
from tests.ports import free_port

PORT = "ledger"
REALM = "9130355377388383"
START = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # noon at the company


class FollowingClock(TwinClock):
    """The twin's time is the test's."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now() + self.offset


@dataclass
class Meter:
    """A budget without a limit that remembers what it was told, refuses while paused, and can cut the next call.

    The cut is real: for one call the way to the service leads through a proxy at a port where nobody listens.
    """

    clock: ManualClock
    seen: list[CallSeen] = field(default_factory=list)
    paused_until: datetime | None = None
    cut_next: bool = False
    _cut: list[object] = field(default_factory=list)

    def before(self, service: str, kind: CallKind) -> None:
        del kind
        if self.paused_until is not None and self.clock.now() < self.paused_until:
            raise Throttled(f"{service} is pausing", service=service)
        if self.cut_next:
            self.cut_next = False
            proxy = f"http://127.0.0.1:{free_port()}"
            self._patch = patch.dict(os.environ, {"http_proxy": proxy, "no_proxy": "", "NO_PROXY": ""})
            self._patch.start()
            self._cut.append(proxy)

    def after(self, call: CallSeen) -> None:
        self.seen.append(call)
        if self._cut:
            self._cut.clear()
            self._patch.stop()

    def pause(self, service: str, until: datetime) -> None:
        del service
        self.paused_until = until

    def count(self, kind: CallKind) -> int:
        return sum(1 for call in self.seen if call.kind is kind)


@dataclass
class Tokens:
    """Access tokens in the order they are handed out; renewing the last one is refused."""

    texts: list[str]
    renewals: int = 0

    def current(self) -> str:
        return self.texts[0]

    def renewed(self, refused: str) -> str:
        self.renewals += 1
        if len(self.texts) == 1 or self.texts[0] != refused:
            raise NeedsReauthorisation("QuickBooks ended the connection.", service="quickbooks")
        self.texts.pop(0)
        return self.texts[0]


def settings(base_url: str, **more: object) -> QuickBooksSettings:
    return QuickBooksSettings.model_validate(
        {
            "kind": "quickbooks",
            "client_id": "env:INTUIT_CLIENT_ID",
            "client_secret": "env:INTUIT_CLIENT_SECRET",
            "base_url": base_url,
            **more,
        }
    )


class QuickBooksHarness:
    """One realm and its people, who act on the books directly."""

    def __init__(self, twin: QuickBooksTwin, clock: ManualClock) -> None:
        self.twin = twin
        self.clock = clock
        self.books: Books = twin.realms[REALM]
        self.meter = Meter(clock)
        self.tokens = Tokens([twin.seed_token(REALM)])
        self.wire = Wire("acme", clock, self.meter, connect_timeout=2, read_timeout=5)
        self.adapter = self.connect()
        self.ledger: Ledger = self.adapter
        self.reader: LedgerReader = QuickBooksRecords(settings(twin.base_url), REALM, self.tokens, self.wire)
        self.home_currency = self.books.settings.home_currency
        self.payment_account_id = self.books.clearing_account

    def connect(self, **more: object) -> QuickBooksLedger:
        """Another adapter on the same company, with other settings."""
        return QuickBooksLedger(settings(self.twin.base_url, **more), REALM, self.tokens, self.wire)

    def add_customer(self, name: str, *, mobile: str | None = None, parent_id: str | None = None) -> str:
        return self.books.add_customer(name, mobile=mobile, parent=parent_id)

    def issue(self, customer_id: str, amount: Money, *, number: str | None = None, due_on: date | None = None) -> str:
        row = add_invoice(
            self.books,
            {
                "customer": customer_id,
                "amount": str(amount.amount),
                "currency": amount.currency,
                "number": number,
                "due_date": due_on.isoformat() if due_on else None,
            },
        )
        return str(row["Id"])

    def edit_amount(self, ledger_id: str, amount: Money) -> None:
        self.books.edit_invoice(ledger_id, amount=amount.amount)

    def void(self, ledger_id: str) -> None:
        void_invoice(self.books, ledger_id)

    def delete(self, ledger_id: str) -> None:
        delete_invoice(self.books, ledger_id)

    def pay_by_hand(self, ledger_id: str, amount: Money) -> str:
        return str(pay_by_hand(self.books, ledger_id, amount.amount, reference="cheque 17")["Id"])

    def delete_booking(self, booking_id: str) -> None:
        delete_payment(self.books, booking_id)

    def close_books_through(self, day: date) -> None:
        self.books.settings.close_date = day.isoformat()

    def bookings_in_world(self, ledger_id: str) -> list[tuple[str, Money]]:
        return [
            (version.row.get("PaymentRefNum", ""), Money(line["Amount"], self.currency_of(version.row)))
            for version in self.books.all("Payment")
            if not version.deleted
            for line in version.row["Line"]
            if any(linked["TxnId"] == ledger_id for linked in line["LinkedTxn"])
        ]

    def currency_of(self, row: dict[str, dict[str, str]]) -> str:
        return row.get("CurrencyRef", {}).get("value", self.home_currency)

    def let_time_pass(self, by: timedelta) -> None:
        self.clock.advance(by)

    def refuse_next_connection(self) -> None:
        self.meter.cut_next = True

    def lose_next_write_answer(self) -> None:
        self.twin.faults.append(Fault("drop_after", method="POST", path="/payment$"))

    def throttle_next_call(self) -> None:
        self.books.settings.throttle_next = 1

    def revoke_access(self) -> None:
        self.twin.tokens.disconnect(REALM)


@contextmanager
def harness(realm: RealmSettings | None = None) -> Iterator[QuickBooksHarness]:
    clock = ManualClock(START)
    twin = QuickBooksTwin({REALM: realm or RealmSettings()}, clock=FollowingClock(clock))
    with Served(twin):
        yield QuickBooksHarness(twin, clock)
