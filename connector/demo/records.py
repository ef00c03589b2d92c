"""What the four stand-ins have on record, as plain values. Nothing here comes from Duebird's own database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from connector.demo.cast import BUSINESSES, Business
from connector.demo.doors import Doors, Service
from connector.domain.money import Money

_XERO_WORDS: Final = {"AUTHORISED": "open", "PAID": "paid", "VOIDED": "voided", "DELETED": "deleted", "DRAFT": "draft"}
_NOT_RETURNED: Final = frozenset(("failed", "canceled"))


@dataclass(frozen=True, slots=True)
class Text:
    """A text at Twilio. `inbound`: a person wrote to a business; `automatic`: Twilio's own answer to a STOP."""

    sid: str
    sender: str
    to: str
    body: str
    at: datetime
    status: str
    inbound: bool = False
    automatic: bool = False

    @property
    def link(self) -> str:
        """The payment link it carries, "" where it carries none."""
        last = self.body.rsplit(maxsplit=1)[-1] if self.body.strip() else ""
        return last if last.startswith(("http://", "https://")) else ""

    @property
    def words(self) -> str:
        """All of it but the link."""
        return self.body.removesuffix(self.link).strip()


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice in a ledger. `status`: open, part paid, paid, voided, deleted, draft."""

    business: str
    ledger_id: str
    number: str
    customer: str
    total: Money
    balance: Money
    status: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A payment entry in a ledger. `said` is all its reference and note say: ours name Stripe's payment."""

    business: str
    entry_id: str
    ledger_id: str  # of the invoice
    amount: Money
    said: str
    at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A payment link at Stripe."""

    business: str
    link_id: str
    url: str
    ledger_id: str
    number: str
    active: bool


@dataclass(frozen=True, slots=True)
class Paid:
    """A completed page at Stripe. `state`: succeeded, pending or failed."""

    business: str
    payment_id: str
    session_id: str
    link_id: str
    ledger_id: str
    number: str
    amount: Money
    method: str
    state: str
    returned: Money  # what was refunded of it and did not fail; disputes are not counted


@dataclass(frozen=True, slots=True)
class OptOut:
    """Somebody wrote STOP to a sender, and Twilio has noted it."""

    number: str
    sender: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Calls:
    """How often a service was called."""

    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class Records:
    """Everything, at one moment. Texts, entries and payments stand in the order they were made in."""

    texts: tuple[Text, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    entries: tuple[Entry, ...] = ()
    links: tuple[Link, ...] = ()
    paid: tuple[Paid, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    calls: dict[str, Calls] = field(default_factory=dict)

    def invoice(self, number: str) -> Invoice | None:
        """By its number."""
        return next((one for one in self.invoices if one.number == number), None)

    def link_at(self, url: str) -> Link | None:
        """By its address."""
        return next((one for one in self.links if one.url == url), None)

    def notices(self, number: str) -> list[Text]:
        """Texts that carry a link of that invoice."""
        urls = {one.url for one in self.links if names(one.number, number)}
        return [one for one in self.texts if one.link in urls]

    def payments(self, number: str) -> list[Paid]:
        """What was paid at Stripe for that invoice."""
        return [one for one in self.paid if names(one.number, number)]

    def entries_on(self, invoice: Invoice) -> list[Entry]:
        """Live payment entries on that invoice."""
        wanted = (invoice.business, invoice.ledger_id)
        return [one for one in self.entries if one.live and (one.business, one.ledger_id) == wanted]


def names(numbers: str, number: str) -> bool:
    """Whether an invoice is among those that a payment link names."""
    return number in numbers.split(", ")


def read_records(doors: Doors, *, with_calls: bool = False) -> Records:
    """Ask all four stand-ins what they have on record.

    Raises:
        DoorProblem: one of them does not answer.
    """
    invoices, entries, links, paid = [], [], [], []
    texts, opt_outs = _twilio(doors.get("twilio", "records"))
    stripe = doors.get("stripe", "records")["accounts"]
    for business in BUSINESSES:
        kept = stripe[business.seed.stripe_account]["test"]
        links += list(_links(business, kept))
        paid += list(_payments(business, kept))
    for business in BUSINESSES:  # after Stripe: an entry seen here has its payment above, if it has one
        service: Service = "quickbooks" if business.ledger == "quickbooks" else "xero"
        books = doors.get(service, "records")
        found, booked = (_quickbooks if service == "quickbooks" else _xero)(business, books)
        invoices += found
        entries += booked
    calls = {name: _calls(doors, name) for name in doors.addresses} if with_calls else {}
    return Records(tuple(texts), tuple(invoices), tuple(entries), tuple(links), tuple(paid), tuple(opt_outs), calls)


def _calls(doors: Doors, service: str) -> Calls:
    asked = doors.get(service, "requests")["requests"]  # type: ignore[arg-type]  # one of the four
    # Pages that people opened are no calls of ours; neither is signing in, which is done once.
    ours = [one for one in asked if not one["path"].startswith(("/pay/", "/connect", "/oauth2", "/identity"))]
    # QuickBooks takes long questions as the body of a POST.
    reads = sum(one["method"] == "GET" or one["path"].endswith("/query") for one in ours)
    return Calls(reads, len(ours) - reads)


def _twilio(kept: dict[str, Any]) -> tuple[list[Text], list[OptOut]]:
    texts = [
        Text(
            sid=one["sid"],
            sender=one["from"],
            to=one["to"],
            body=one["body"],
            at=datetime.fromisoformat(one["created_at"]),
            status=one["status"],
            inbound=one["direction"] == "inbound",
            automatic=one["direction"] == "outbound-reply",
        )
        for one in kept["messages"]
    ]
    opt_outs = [OptOut(one["number"], one["sender"], datetime.fromisoformat(one["at"])) for one in kept["opt_outs"]]
    return texts, opt_outs


def _links(business: Business, kept: dict[str, Any]) -> Iterator[Link]:
    for one in kept["links"]:
        said = one["metadata"]
        yield Link(
            business.id,
            one["id"],
            one["url"],
            said.get("duebird_invoice", ""),
            said.get("duebird_number", ""),
            active=one["active"],
        )


def _payments(business: Business, kept: dict[str, Any]) -> Iterator[Paid]:
    intents = {one["id"]: one for one in kept["payment_intents"]}
    charges = {one["payment_intent"]: one for one in kept["charges"]}
    returned: Counter[str] = Counter()
    for one in kept["refunds"]:
        returned[one["payment_intent"]] += one["amount"] if one["status"] not in _NOT_RETURNED else 0
    for one in kept["sessions"]:
        if one["status"] != "complete":
            continue
        intent = intents[one["payment_intent"]]
        state = {"succeeded": "succeeded", "processing": "pending"}.get(intent["status"], "failed")
        currency = one["currency"].upper()
        yield Paid(
            business.id,
            intent["id"],
            one["id"],
            one["payment_link"],
            one["metadata"].get("duebird_invoice", ""),
            one["metadata"].get("duebird_number", ""),
            Money.from_minor(one["amount_total"], currency),
            "card" if charges[intent["id"]]["payment_method_details"]["type"] == "card" else "bank account",
            state,
            Money.from_minor(returned[intent["id"]], currency),
        )


def _quickbooks(business: Business, kept: dict[str, Any]) -> tuple[list[Invoice], list[Entry]]:
    invoices = [
        Invoice(
            business.id,
            one["id"],
            one["number"] or one["id"],
            one["customer"],
            Money.of(one["total"], one["currency"]),
            Money.of(one["balance"], one["currency"]),
            one["status"],
        )
        for one in kept["invoices"]
    ]
    entries = [
        Entry(
            business.id,
            one["id"],
            line["invoice"],
            Money.of(line["amount"], one["currency"]),
            f"{one['reference']} {one['note']}".strip(),
            datetime.fromisoformat(one["created_at"]),
            live=one["status"] == "live",
        )
        for one in kept["payments"]
        for line in one["lines"]
        if line["kind"] == "Invoice"
    ]
    return invoices, entries


def _xero(business: Business, kept: dict[str, Any]) -> tuple[list[Invoice], list[Entry]]:
    invoices = [
        Invoice(
            business.id,
            one["InvoiceID"],
            one["InvoiceNumber"],
            one["ContactName"],
            Money.of(one["Total"], one["CurrencyCode"]),
            Money.of(one["AmountDue"], one["CurrencyCode"]),
            "part paid"
            if one["Status"] == "AUTHORISED" and one["AmountDue"] != one["Total"]
            else _XERO_WORDS.get(one["Status"], one["Status"].lower()),
        )
        for one in kept["invoices"]
    ]
    entries = [
        Entry(
            business.id,
            one["PaymentID"],
            one["InvoiceID"],
            Money.of(one["Amount"], one["CurrencyCode"]),
            one["Reference"],
            datetime.fromisoformat(one["CreatedAt"]).astimezone(UTC),
            live=one["Status"] == "AUTHORISED",
        )
        for one in kept["payments"]
    ]
    return invoices, entries
