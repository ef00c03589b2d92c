"""A month in which all went well, as the services hold it, and small ways to change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity, booking_reference, natural_key
from connector.domain.invariants import Finding, NotCheckable, Violation, check
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Receivable, ReceivableState
from connector.domain.records import (
    EntryKind,
    EntryRecord,
    InvoiceRecord,
    LedgerRecords,
    LinkRecord,
    MessengerRecords,
    PaidState,
    PaymentRecord,
    ProcessorRecords,
    Records,
    ReplyRecord,
    RequestRecord,
    Service,
    Shown,
    TextFate,
    TextRecord,
    Timeline,
)

BOOKS = BooksIdentity("memory", "books-1", "acct_1")
RULES = Policy(
    business="Acme Plumbing",
    zone=ZoneInfo("America/New_York"),
    country="US",
    start_on=date(2026, 11, 1),
    by_law=False,
    keep_holidays=False,
    payment_account_id="acc1",
    live=False,
)
DANA, OWNER, STRANGER = Phone("+12125550123"), Phone("+12125550199"), Phone("+12125550777")
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday, 12:00 in New York: the invoice is issued
TEXTED = NOON + timedelta(minutes=2)
PAID = NOON + timedelta(hours=2)
BOOKED = PAID + timedelta(minutes=1)
TAKEN_DOWN = PAID
LATER = NOON + timedelta(days=3)
OWED = Money.of("120.00", "USD")
ZERO = Money.zero("USD")
URL = "https://pay.example/plink_1"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def standing(**fields: Any) -> Receivable:
    values: dict[str, Any] = {
        "ledger_id": "inv1",
        "number": "INV-1",
        "customer_id": "cust1",
        "customer_name": "Dana Reed",
        "total": OWED,
        "balance": OWED,
        "issued_on": date(2026, 11, 23),
        "due_on": date(2026, 12, 7),
        "state": ReceivableState.OPEN,
        "version": "1",
        "updated_at": NOON,
    }
    return Receivable(**(values | fields))


def settled(**fields: Any) -> Receivable:
    return standing(balance=ZERO, state=ReceivableState.PAID, version="2", **fields)


def invoice(*states: tuple[datetime, Receivable], whole: bool = True, **fields: Any) -> InvoiceRecord:
    line = Timeline(tuple(at for at, _ in states), tuple(one for _, one in states), whole)
    values: dict[str, Any] = {"phones": (DANA,), "phones_whole": True} | fields
    return InvoiceRecord(line.latest.ledger_id, line, **values)


def key_of(ledger_id: str = "inv1", generation: int = 1, amount: Money = OWED) -> str:
    return natural_key(BOOKS, "link", ledger_id, generation, amount.minor, amount.currency)


def link(name: str = "plink_1", *, generation: int = 1, ledger_id: str = "inv1", **fields: Any) -> LinkRecord:
    amount = fields.get("amount", OWED) or OWED
    values: dict[str, Any] = {
        "link_id": name,
        "url": f"https://pay.example/{name}",
        "reference": key_of(ledger_id, generation, amount),
        "metadata": metadata(ledger_id, generation),
        "amount": amount,
        "active": False,
        "made_at": NOON + minutes(1),
        "retired_at": TAKEN_DOWN,
    }
    return LinkRecord(**(values | fields))


def metadata(ledger_id: str = "inv1", generation: int = 1, tenant: str = "books-1") -> dict[str, str]:
    return {"duebird_invoice": ledger_id, "duebird_tenant": tenant, "duebird_generation": str(generation)}


def payment(name: str = "pi_1", *states: tuple[datetime, PaidState], **fields: Any) -> PaymentRecord:
    line = states or ((PAID, PaidState.SUCCEEDED),)
    values: dict[str, Any] = {
        "payment_id": name,
        "link_id": "plink_1",
        "amount": OWED,
        "reference": key_of(),
        "metadata": metadata(),
        "live": False,
        "states": Timeline(tuple(at for at, _ in line), tuple(one for _, one in line)),
    }
    return PaymentRecord(**(values | fields))


def entry(name: str = "pay1", of: str = "pi_1", **fields: Any) -> EntryRecord:
    values: dict[str, Any] = {
        "entry_id": name,
        "kind": EntryKind.PAYMENT,
        "ledger_id": "inv1",
        "amount": OWED,
        "booked_on": date(2026, 11, 23),
        "reference": booking_reference(BOOKS, of),
        "note": f"Duebird {of} invoice INV-1",
        "account_id": "acc1",
        "made_at": BOOKED,
        "by_us": True,
    }
    return EntryRecord(**(values | fields))


def text(name: str = "SM1", at: datetime = TEXTED, **fields: Any) -> TextRecord:
    values: dict[str, Any] = {
        "text_id": name,
        "to": DANA,
        "body": f"Hi Dana, here is your invoice INV-1 from Acme: $120.00. Pay online: {URL}",
        "created_at": at,
        "fate": TextFate.ARRIVED,
        "asked_at": at,
        "valid_for": timedelta(hours=4),
    }
    return TextRecord(**(values | fields))


def thanks(name: str = "SM2", at: datetime = BOOKED, **fields: Any) -> TextRecord:
    body = "Hi Dana, thank you! Acme received your payment of $120.00 for invoice INV-1."
    return text(name, at, **({"body": body} | fields))


def reply(body: str, at: datetime, sender: Phone = DANA, **fields: Any) -> ReplyRecord:
    values: dict[str, Any] = {
        "text_id": f"SMin{at:%d%H%M%S}",
        "sender": sender,
        "body": body,
        "received_at": at,
        "readable_at": at,
    }
    return ReplyRecord(**(values | fields))


def request(service: Service, method: str, subject: str, at: datetime = TEXTED, **fields: Any) -> RequestRecord:
    values: dict[str, Any] = {"writing": True, "occasion": "", "outcome": "done"}
    return RequestRecord(service=service, method=method, subject=subject, at=at, **(values | fields))


REQUESTS = (
    request(Service.PROCESSOR, "create_link", key_of(), NOON + minutes(1)),
    request(Service.MESSENGER, "send", DANA.e164, TEXTED, occasion="notice"),
    request(Service.LEDGER, "book", booking_reference(BOOKS, "pi_1"), BOOKED),
    request(Service.LEDGER, "bookings_on", "inv1", BOOKED, writing=False),
    request(Service.PROCESSOR, "retire_link", "plink_1", BOOKED + minutes(1)),
    request(Service.MESSENGER, "send", DANA.e164, BOOKED, occasion="receipt"),
)

GOOD = Records(
    company="acme",
    identity=BOOKS,
    rules=RULES,
    at=LATER,
    ledger=LedgerRecords("books-1", (invoice((NOON, standing()), (BOOKED, settled())),), (entry(),)),
    processor=ProcessorRecords("acct_1", live=False, links=(link(),), payments=(payment(),), refunds=()),
    messenger=MessengerRecords((text(), thanks()), (), ours_alone=True),
    requests=REQUESTS,
    agreements=(),
    shown=Shown(),
)


def with_invoices(*found: InvoiceRecord, of: Records = GOOD) -> Records:
    return replace(of, ledger=replace(of.ledger, invoices=found))


def with_entries(*found: EntryRecord, of: Records = GOOD) -> Records:
    return replace(of, ledger=replace(of.ledger, entries=found))


def with_links(*found: LinkRecord, of: Records = GOOD) -> Records:
    return replace(of, processor=replace(of.processor, links=found))


def with_payments(*found: PaymentRecord, of: Records = GOOD) -> Records:
    return replace(of, processor=replace(of.processor, payments=found))


def with_texts(*found: TextRecord, of: Records = GOOD) -> Records:
    return replace(of, messenger=replace(of.messenger, texts=found))


def with_replies(*found: ReplyRecord, of: Records = GOOD) -> Records:
    return replace(of, messenger=replace(of.messenger, replies=found))


def with_requests(*found: RequestRecord, of: Records = GOOD) -> Records:
    return replace(of, requests=(*REQUESTS, *found))


def with_rules(of: Records = GOOD, **rules: Any) -> Records:
    return replace(of, rules=replace(of.rules, **rules))


def unpaid(of: Records = GOOD) -> Records:
    """The same month before anybody paid."""
    open_link = link(active=True, retired_at=None)
    bare = with_payments(
        of=with_links(open_link, of=with_entries(of=with_invoices(invoice((NOON, standing())), of=of)))
    )
    return with_texts(text(), of=bare)


def found(records: Records, number: int, *, healthy: bool = True) -> list[Finding]:
    return [one for one in check(records, healthy=healthy) if one.number == number]


def violations(records: Records, number: int, *, healthy: bool = True) -> list[str]:
    return [one.sentence for one in found(records, number, healthy=healthy) if isinstance(one, Violation)]


def doubts(records: Records, number: int, *, healthy: bool = True) -> list[str]:
    return [one.why for one in found(records, number, healthy=healthy) if isinstance(one, NotCheckable)]


Case = tuple[str, Callable[[], Records]]


def amount(text: str) -> Money:
    return Money(Decimal(text), "USD")
