"""The worlds in memory as records for the invariants: with every moment at which something could be read there."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from adapters.memory.carrier_world import CarrierWorld
from adapters.memory.carrier_world import TextRecord as SeenText
from adapters.memory.cash_world import CashEntry, CashWorld
from adapters.memory.ledger_world import LedgerEntry, LedgerWorld
from adapters.memory.processor_world import LinkRecord as SeenLink
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.world import History, SeenCall
from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity
from connector.domain.lease import Claim
from connector.domain.phone import parse_mobile
from connector.domain.receivable import Customer
from connector.domain.records import (
    Agreement,
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
    RefundRecord,
    ReplyRecord,
    RequestRecord,
    Service,
    Shown,
    TextFate,
    TextRecord,
    Timeline,
)
from connector.ports.entries import CreditRequest
from connector.ports.ledger import BookingRequest, BookingState
from connector.ports.messenger import DeliveryState, TextRequest
from connector.ports.processor import LinkRequest, Payment

_FATES = {
    DeliveryState.ACCEPTED: TextFate.ON_ITS_WAY,
    DeliveryState.SENT: TextFate.ON_ITS_WAY,
    DeliveryState.DELIVERED: TextFate.ARRIVED,
    DeliveryState.UNDELIVERED: TextFate.LOST,
    DeliveryState.FAILED: TextFate.NEVER_SENT,
    DeliveryState.CANCELLED: TextFate.NEVER_SENT,
}
# A simulation asks for the same few numbers thousands of times, and parsing one takes a millisecond.
_parsed = lru_cache(maxsize=1000)(parse_mobile)
_WRITES = frozenset(("book", "make_credit", "create_link", "retire_link", "send", "write_claim"))


def records_of(
    company: str,
    identity: BooksIdentity,
    policy: Policy,
    ledger: LedgerWorld,
    processor: StripeLikeWorld,
    carrier: CarrierWorld,
    *,
    shown: Shown | None = None,
    agreements: tuple[Agreement, ...] | None = None,
    lists_lag: timedelta = timedelta(),
    cash: CashWorld | None = None,
) -> Records:
    """Everything the three worlds hold, for `connector.domain.invariants.check`.

    Args:
        company: The company's id in the settings.
        identity: Whose books and whose money the references are made from.
        policy: The settings.
        ledger: The books. What is due in a world by now has happened before it is read.
        processor: The processor's account.
        carrier: The messaging account.
        shown: What the owner has been told, where the caller knows.
        agreements: What was agreed other than by text, where the caller knows.
        lists_lag: How long a reply is missing from the lists at most.
        cash: What is in the books beside payments.
    """
    with ledger.moment() as at, processor.moment(), carrier.moment():
        requests = [*ledger.requests, *processor.requests, *carrier.requests]
        return Records(
            company=company,
            identity=identity,
            rules=policy,
            at=at,
            ledger=LedgerRecords(ledger.profile.tenant_id, _invoices(ledger, policy), _entries(ledger, cash)),
            processor=ProcessorRecords(
                processor.account.account_id,
                processor.account.live,
                tuple(link_of(one) for one in processor.links.values()),
                tuple(_payment(one) for one in processor.payments.values()),
                tuple(
                    RefundRecord(one.refund_id, one.payment_id, one.amount, one.made_at) for one in processor.refunds
                ),
            ),
            messenger=MessengerRecords(_texts(carrier), _replies(carrier, lists_lag), ours_alone=True),
            requests=tuple(_request(one) for one in sorted(requests, key=lambda one: one.at)),
            agreements=agreements,
            shown=shown,
        )


def _invoices(world: LedgerWorld, policy: Policy) -> tuple[InvoiceRecord, ...]:
    found = []
    for ledger_id, history in world.invoices.items():
        states = _customers(world, history.latest.customer_id)
        numbers = sorted({(one.mobile, one.country or policy.country) for one in states if one.mobile})
        parsed = (_parsed(number, country) for number, country in numbers)
        phones = tuple(one for one in parsed if one is not None)
        found.append(InvoiceRecord(ledger_id, _timeline(history), phones, phones_whole=True, customers=tuple(states)))
    return tuple(found)


def _customers(world: LedgerWorld, customer_id: str) -> list[Customer]:
    """Every state of a customer and of those above it, whose number it may have had."""
    found: list[Customer] = []
    above: str | None = customer_id
    seen: set[str] = set()
    while above is not None and above in world.customers and above not in seen:
        seen.add(above)
        found += [value for _, value in world.customers[above].states()]
        above = world.customers[above].latest.parent_id
    return found


def _entries(world: LedgerWorld, cash: CashWorld | None) -> tuple[EntryRecord, ...]:
    beside = credits_of(cash, world.now()) if cash is not None else []
    return (*(entry_of(history) for history in world.entries.values()), *beside)


def credits_of(cash: CashWorld, horizon: datetime) -> list[EntryRecord]:
    """Customers' credits that were there at `horizon`, as they stand now."""
    there = (one for one in cash.entries.values() if one.as_of(horizon) is not None)
    return [_credit(one) for one in there if one.latest.entry.kind is EntryKind.CREDIT]


def _credit(history: History[CashEntry]) -> EntryRecord:
    held, entry = history.latest, history.latest.entry
    ended = next((at for at, one in history.states() if not one.entry.live), None)
    return EntryRecord(
        entry_id=entry.entry_id,
        kind=EntryKind.CREDIT,
        ledger_id=None,
        amount=entry.amount,
        booked_on=entry.booked_on,
        reference=entry.reference,
        note=entry.note,
        account_id=entry.account_id,
        made_at=held.made_at,
        live=entry.live,
        ended_at=ended,
        by_us=not held.by_hand,
    )


def entry_of(history: History[LedgerEntry]) -> EntryRecord:
    """A payment entry with what it was made for, even where that has ended since."""
    # As it stood at the moment it was made: what is over what was owed is written there in a second stroke.
    made_at = next(at for at, _ in history.states())
    first, last = history.as_of(made_at) or history.latest, history.latest
    live = last.booking.state is BookingState.LIVE
    return EntryRecord(
        entry_id=last.booking.booking_id,
        kind=EntryKind.PAYMENT,
        ledger_id=first.booking.ledger_id,
        amount=first.booking.applied + first.booking.unapplied,
        booked_on=last.booking.booked_on,
        reference=last.booking.reference,
        note=last.booking.note,
        account_id=last.account_id,
        made_at=last.made_at,
        live=live,
        ended_at=None if live else _ended(history),
        by_us=not last.by_hand,
    )


def _ended(history: History[LedgerEntry]) -> datetime:
    return next(at for at, value in history.states() if value.booking.state is not BookingState.LIVE)


def link_of(history: History[SeenLink]) -> LinkRecord:
    """A link with when it was made and closed."""
    record = history.latest
    closed = next((at for at, value in history.states() if not value.link.active), None)
    return LinkRecord(
        link_id=record.link.link_id,
        url=record.link.url,
        reference=record.link.reference,
        metadata=record.link.metadata,
        amount=record.request.amount,
        active=record.link.active,
        made_at=record.made_at,
        retired_at=closed,
    )


def _payment(history: History[Payment]) -> PaymentRecord:
    payment = history.latest
    states = list(history.states())
    return PaymentRecord(
        payment_id=payment.payment_id,
        link_id=payment.link_id,
        amount=payment.amount,
        reference=payment.reference,
        metadata=payment.metadata,
        live=payment.live,
        states=Timeline(tuple(at for at, _ in states), tuple(PaidState(value.state.value) for _, value in states)),
    )


def _texts(world: CarrierWorld) -> tuple[TextRecord, ...]:
    asked = {id(one.args[0]): one.at for one in world.requests if one.method == "send"}
    return tuple(text_of(history, asked) for history in world.texts.values())


def text_of(history: History[SeenText], asked: dict[int, datetime]) -> TextRecord:
    """A text; `asked` knows, by the request's identity, when it was asked for."""
    record = history.latest
    handed_on = next((at for at, one in history.states() if one.text.state is DeliveryState.SENT), None)
    return TextRecord(
        text_id=record.text.text_id,
        to=record.text.to,
        body=record.text.body,
        created_at=next(at for at, _ in history.states()),
        fate=_FATES[record.text.state],
        asked_at=asked.get(id(record.request)),
        valid_for=record.request.valid_for,
        handed_on_at=handed_on,
        price=record.text.price,
        price_currency=record.text.price_currency,
    )


def _replies(world: CarrierWorld, lag: timedelta) -> tuple[ReplyRecord, ...]:
    return tuple(
        ReplyRecord(one.text_id, one.sender, one.body, one.received_at, one.received_at + lag) for one in world.received
    )


def _request(call: SeenCall) -> RequestRecord:
    subject, occasion = _subject(call.args)
    return RequestRecord(
        service=Service(call.port),
        method=call.method,
        at=call.at,
        writing=call.method in _WRITES,
        subject=subject,
        occasion=occasion,
        outcome=call.fate,
    )


def _subject(args: tuple[Any, ...]) -> tuple[str, str]:
    """What a call was about, and what tells it from another one about the same."""
    match args:
        case (str(one), Claim() as claim, *_):
            return one, str(claim.mark)
        case (BookingRequest() | CreditRequest() as entry, *_):
            return entry.reference, entry.ledger_id if isinstance(entry, BookingRequest) else entry.customer_id
        case (LinkRequest() as link, *_):
            return link.reference, ""
        case (TextRequest() as text, *_):
            return text.to.e164, text.body
        case (str(one), *_):
            return one, ""
    return "", ""


def _timeline(history: History[Any]) -> Timeline[Any]:
    states = list(history.states())
    return Timeline(tuple(at for at, _ in states), tuple(value for _, value in states))
