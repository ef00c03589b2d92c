"""What must hold of the records the services hold, whatever befell us: a second opinion, written for this alone.

It looks at the worlds and at what people did, never at our database; only what the owner is shown comes from there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.memory.carrier_world import STOP_WORDS, TextRecord
from adapters.memory.ledger_world import LedgerEntry
from adapters.memory.processor_world import LinkRecord
from connector.domain.consent import ReplyMeaning, meaning
from connector.domain.phone import Phone
from connector.domain.receivable import Receivable, ReceivableState
from connector.ports.ledger import BookingState
from connector.ports.processor import PaymentState
from tests.simulation.subjects import LINK_HOST, OWNER
from tests.simulation.town import START, ZONE, Town

# From the last look at the truth to the text itself: a few calls of at most 30 s each, replies up to two minutes old,
# and lists that lag 90 s. Six minutes hold all of that.
MOMENT: Final = timedelta(minutes=6)
STEPS: Final = ("issued", "due")
# What is carried out after we gave up on it counts its time in the queue from then; so late it may be at worst.
LATE: Final = timedelta(seconds=500)
CLOCK_MAY_ERR: Final = timedelta(minutes=2)  # a clock that wrong is still trusted with the hours for texts
OPENS, CLOSES = 8, 20  # hours of the local day
SUNDAY: Final = 6
BY_MEANING: Final = frozenset({ReplyMeaning.REVOCATION_BY_MEANING, ReplyMeaning.WRONG_NUMBER})
MOST_TRIES: Final = 60  # of one booking in a run; a dozen a day is the bar, and outages last a day at most


@dataclass(frozen=True, slots=True)
class Shown:
    """What the owner is shown at the end, and what was still open on record then."""

    attention: Sequence[str]  # what happened, and the keys
    open_effects: Sequence[str]  # neither done, nor closed, nor shown to anybody


def judge(town: Town, shown: Shown | None) -> list[str]:
    """Every broken promise, in words. `shown` is None while it may still be mended: then only what never heals."""
    found = [*_texts(town), *_bookings(town)]
    if shown is not None:
        found += [*_settled(town, shown), *_links(town, shown), *_last_ones(town)]
        found += [f"left open: {one}" for one in shown.open_effects]
        found += [f"a fault of our own: {one}" for one in shown.attention if "unexpected error" in one]
    return found


def _texts(town: Town) -> Iterator[str]:
    records = [history.latest for history in town.carrier.texts.values()]
    asked = {id(call.args[0]): call.at for call in town.carrier.requests if call.method == "send"}
    occasions: Counter[tuple[str, str]] = Counter()
    days: Counter[tuple[str, str]] = Counter()
    bodies: Counter[tuple[str, str]] = Counter()
    for record in records:
        text = record.text
        name = f"text {text.text_id} at {text.created_at:%m-%d %H:%M:%S}"
        yield from (f"{name} {problem}" for problem in _hours(record))
        # Held against the instant it was asked for: what the service carries out minutes later, nobody can call back.
        at = asked[id(record.request)]
        yield from (f"{name} {problem}" for problem in _stopped(town, record, at))
        if LINK_HOST not in text.body:
            bodies[text.to.e164, text.body] += 1
            continue
        link = _link_in(town, text.body)
        ledger_id = link.link.metadata["duebird_invoice"]
        yield from (f"{name} {problem}" for problem in _notice(town, record, link, ledger_id, at))
        occasions[ledger_id, "any"] += 1
        steps = {_step(town, ledger_id, text.created_at - MOMENT), _step(town, ledger_id, text.created_at)}
        if len(steps) == 1:  # else its dates were changed while it was sent
            occasions[ledger_id, steps.pop()] += 1
        days[text.to.e164, f"{text.created_at.astimezone(ZONE):%Y-%m-%d}"] += 1
    yield from (
        f"{times} notices ({step}) of {one}"
        for (one, step), times in occasions.items()
        if times > (len(STEPS) if step == "any" else 1)
    )
    yield from (f"{times} notices to {one} in a day" for one, times in days.items() if times > 1)
    yield from _courtesies(town, bodies)


def _courtesies(town: Town, bodies: Counter[tuple[str, str]]) -> Iterator[str]:
    """A receipt and the owner's text name no payment, so that as many may say the same as payments can have."""
    for (to, body), times in bodies.items():
        most = sum(
            1
            for one in town.processor.all_payments()
            if one.state is PaymentState.SUCCEEDED
            and f"{_number(town, one.metadata['duebird_invoice'])}" in body.replace(".", " ").split()
        )
        if times > most:
            yield f"{times} texts to {to} say {body!r}, of {most} payments"


def _number(town: Town, ledger_id: str) -> str | None:
    return town.ledger.standing(ledger_id).number


def _hours(record: TextRecord) -> Iterator[str]:
    """It was sent, and could only arrive, by day."""
    local = record.text.created_at.astimezone(ZONE)
    latest = (record.text.created_at + record.request.valid_for).astimezone(ZONE)
    opens, closes = local.replace(hour=OPENS, minute=0, second=0), local.replace(hour=CLOSES, minute=0, second=0)
    if (
        not opens - CLOCK_MAY_ERR <= local < closes + CLOCK_MAY_ERR
        or local.weekday() == SUNDAY
        or latest > closes + MOMENT + LATE
    ):
        yield f"could reach {record.text.to} between {local:%a %H:%M} and {latest:%H:%M}"


def _stopped(town: Town, record: TextRecord, at: datetime) -> Iterator[str]:
    to = record.text.to
    if to == OWNER:
        return
    person = [one for one in town.people if one.phone == to]
    if not any(one.agreed_at is not None for one in person):
        yield "went to somebody who has not agreed"
    for phone, words, said_at in town.spoken:
        stops = words.upper() in STOP_WORDS or meaning(words) in BY_MEANING
        if phone == to and stops and said_at + MOMENT < at:
            yield f"went to somebody who wrote {words!r} at {said_at:%m-%d %H:%M:%S}"


def _notice(town: Town, record: TextRecord, link: LinkRecord, ledger_id: str, at: datetime) -> Iterator[str]:
    before = town.ledger.invoices[ledger_id].as_of(at - MOMENT)
    now = town.ledger.invoices[ledger_id].as_of(at)
    if now is not None and now.issued_on < START.date():
        yield "is about an invoice of before the start"
    if before is not None and not before.is_owed and (now is None or not now.is_owed):
        yield f"is about {ledger_id}, which was {before.state} with {before.balance} owed"
    amounts = {one.balance for one in (before, now) if one is not None}
    if link.request.amount not in amounts:
        yield f"asks {link.request.amount} for {ledger_id}, of which {sorted(map(str, amounts))} was owed"
    people = {one.customer_id for one in town.people if one.phone == record.text.to}
    if now is not None and now.customer_id not in people:
        yield f"is about {ledger_id} of {now.customer_id}, and went to somebody else"
    for history in town.processor.payments.values():
        payment = history.as_of(at - MOMENT)
        if payment is None or payment.metadata["duebird_invoice"] != ledger_id:
            continue
        if payment.state is PaymentState.PENDING and history.as_of(at) == payment:
            yield f"is about {ledger_id}, on which {payment.payment_id} is pending"
        covers = before is not None and payment.amount == before.balance
        if payment.state is PaymentState.SUCCEEDED and covers and not _booked(town, payment.payment_id):
            yield f"is about {ledger_id}, which {payment.payment_id} has paid"


def _booked(town: Town, payment_id: str) -> list[LedgerEntry]:
    return [one for one in town.ledger.all_entries() if not one.by_hand and payment_id in one.booking.note.split()]


def _link_in(town: Town, body: str) -> LinkRecord:
    url = body[body.index(LINK_HOST) :].split(maxsplit=1)[0]
    return next(one.latest for one in town.processor.links.values() if one.latest.link.url == url)


def _step(town: Town, ledger_id: str, at: datetime) -> str:
    """Which notice a text must have been, by the calendar alone."""
    invoice = town.ledger.invoices[ledger_id].as_of(at)
    if invoice is None or invoice.due_on is None:
        return "issued"
    return "due" if at.astimezone(ZONE).date() >= invoice.due_on else "issued"


def _bookings(town: Town) -> Iterator[str]:
    """At every instant: at most one booking of a payment, and none without a payment."""
    payments = {one.payment_id: one for one in town.processor.all_payments()}
    made: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in town.ledger.all_entries():
        if not entry.by_hand:
            made[next((word for word in entry.booking.note.split() if word.startswith("pi_")), "?")].append(entry)
    for payment_id, entries in made.items():
        payment = payments.get(payment_id)
        if len(entries) > 1:
            yield f"payment {payment_id} is booked {len(entries)} times"
        if payment is None or payment.state is not PaymentState.SUCCEEDED:
            yield f"{payment_id} is booked and was never received"
            continue
        for entry in entries:
            amount = entry.booking.applied + entry.booking.unapplied
            on = entry.booking.ledger_id
            if amount != payment.amount or on not in {None, payment.metadata["duebird_invoice"]}:
                yield f"payment {payment_id} of {payment.amount} is booked as {amount} on {on}"
            if payment.paid_at is not None and entry.booking.booked_on != payment.paid_at.astimezone(ZONE).date():
                yield f"payment {payment_id} of {payment.paid_at} is booked on {entry.booking.booked_on}"
    tries = Counter(call.args[0].reference for call in town.ledger.requests if call.method == "book")
    yield from (f"{times} calls to book {one}" for one, times in tries.items() if times > MOST_TRIES)


def _settled(town: Town, shown: Shown) -> Iterator[str]:
    """In the end every payment is in the books, or the owner knows of it."""
    for payment in town.processor.all_payments():
        if payment.state is not PaymentState.SUCCEEDED:
            continue
        live = [one for one in _booked(town, payment.payment_id) if one.booking.state is BookingState.LIVE]
        told = any(payment.payment_id in one for one in shown.attention)
        if not live and not told:
            yield f"payment {payment.payment_id} of {payment.amount} is neither booked nor shown to anybody"


def _links(town: Town, shown: Shown) -> Iterator[str]:
    active: defaultdict[str, list[LinkRecord]] = defaultdict(list)
    for link in town.processor.live_links():
        active[link.link.metadata["duebird_invoice"]].append(link)
    for ledger_id, links in active.items():
        invoice = town.ledger.standing(ledger_id)
        told = any(ledger_id in one.split() or f"{invoice.number}:" in one.split() for one in shown.attention)
        if len(links) > 1 and not told:
            yield f"{len(links)} links for {ledger_id} can be paid"
        if not told and any(_outdated(link, invoice) for link in links):
            yield f"a link asks {links[0].request.amount} for {ledger_id}: {invoice.state}, {invoice.balance} owed"


def _outdated(link: LinkRecord, invoice: Receivable) -> bool:
    return invoice.state is not ReceivableState.OPEN or link.request.amount != invoice.balance


def _last_ones(town: Town) -> Iterator[str]:
    """What began when nothing went wrong any more has gone all the way: text, payment, booking, receipt."""
    for person in town.people:
        standing = [one.latest for one in town.ledger.invoices.values() if one.latest.customer_id == person.customer_id]
        if not standing or standing[0].customer_name != "Last Customer" or person.phone is None:
            continue
        texts = _texts_to(town, person.phone)
        if standing[0].state is not ReceivableState.PAID or texts != 2:
            yield f"the last customer's {standing[0].ledger_id} is {standing[0].state} after {texts} texts"


def _texts_to(town: Town, phone: Phone) -> int:
    return len(town.carrier.texts_to(phone))
