"""What must hold of the records the services hold and no invariant says, because only a simulation can know it.

The invariants of `duebird audit` are asked by `tests.simulation.verdict`. Here is the rest: who has agreed to texts,
what was owed at the very moment of a text, which day a booking must bear, and that life goes on in the end. It looks
at the worlds and at what people did, never at our database; only what the owner is shown comes from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.memory.carrier_world import TextRecord
from adapters.memory.ledger_world import LedgerEntry
from adapters.memory.processor_world import LinkRecord
from connector.domain.asking import is_request
from connector.domain.joint import Part, parts_in, whole, written
from connector.domain.phone import Phone
from connector.domain.receivable import ReceivableState
from tests.simulation.cleared import cleared
from tests.simulation.kept import kept
from tests.simulation.shares import may_be_asked
from tests.simulation.subjects import LINK_HOST, OWNER
from tests.simulation.town import START, ZONE, Town

# From the last look at the truth to the text itself: a claim lasts 90 s at most, and the call that sends, 30.
MOMENT: Final = timedelta(minutes=2)
MOST_TRIES: Final = 60  # of one booking in a run; a dozen a day is the bar, and outages last a day at most
TEXTS_OF_THE_LAST: Final = 2  # a notice and a receipt


@dataclass(frozen=True, slots=True)
class Shown:
    """What the owner is shown at the end, and what was still open on record then."""

    attention: Sequence[str]  # what happened, and the keys
    open_effects: Sequence[str]  # neither done, nor closed, nor shown to anybody
    standing: Sequence[str] = ()  # of the attention, what waits for him, or what he has put away himself
    not_found: Sequence[str] = ()  # what a recovery says that it could not find


def judge(town: Town, shown: Shown | None) -> list[str]:
    """Every broken promise, in words. `shown` is None while it may still be mended: then only what never heals."""
    found = [*_texts(town), *kept(town), *_bookings(town), *cleared(town, shown)]
    if shown is not None:
        found += [] if _stopped_twice(town, shown) else _last_ones(town)
        found += [f"a fault of our own: {one}" for one in shown.attention if "unexpected error" in one]
    return found


def _texts(town: Town) -> Iterator[str]:
    asked = {id(call.args[0]): call.at for call in town.carrier.requests if call.method == "send"}
    for history in town.carrier.texts.values():
        record = history.latest
        at = asked[id(record.request)]
        name = f"text {record.text.text_id} at {at:%m-%d %H:%M:%S}"
        requests = is_request(record.text.body)
        if requests and (not town.asks or _has_agreed(town, record, at)):
            yield f"{name} asks somebody for consent who need not be asked, or may not be"
        if record.text.to != OWNER and not requests and not _has_agreed(town, record, at):
            yield f"{name} went to somebody who has not agreed"
        if LINK_HOST in record.text.body:
            yield from (f"{name} {problem}" for problem in _notice(town, _link_in(town, record.text.body), at))


def _has_agreed(town: Town, record: TextRecord, at: datetime) -> bool:
    mine = [one for one in town.people if one.phone == record.text.to]
    return any(one.agreed_at is not None or (one.said_yes_at is not None and one.said_yes_at <= at) for one in mine)


def _notice(town: Town, link: LinkRecord, at: datetime) -> Iterator[str]:
    metadata = link.link.metadata
    parts = parts_in(metadata) or (Part(metadata["duebird_invoice"], link.request.amount),)
    for part in parts:
        yield from _about(town, part, at)
    customers = {town.ledger.invoices[one.ledger_id].latest.customer_id for one in parts}
    if len(customers) > 1 or whole(parts) != link.request.amount:
        yield f"asks {link.request.amount} of {len(customers)} customers for {written(parts)}"


def _about(town: Town, part: Part, at: datetime) -> Iterator[str]:
    ledger_id = part.ledger_id
    history = town.ledger.invoices[ledger_id]
    if history.latest.issued_on < START.date():
        yield "is about an invoice of before the start"
    ends = (history.as_of(at - MOMENT), history.as_of(at))
    meanwhile = (one for since, one in history.states() if at - MOMENT < since <= at)
    amounts = {asked for one in (*ends, *meanwhile) if one is not None for asked in may_be_asked(town, one)}
    if part.amount not in amounts:
        yield f"asks {part.amount} for {ledger_id}, of which {sorted(map(str, amounts))} could be asked"


def _link_in(town: Town, body: str) -> LinkRecord:
    url = body[body.index(LINK_HOST) :].split(maxsplit=1)[0]
    return next(one.latest for one in town.processor.links.values() if one.latest.link.url == url)


def _bookings(town: Town) -> Iterator[str]:
    """The day of a booking is the one on which the money came, and none was tried without end."""
    payments = {one.payment_id: one for one in town.processor.all_payments()}
    for entry in town.ledger.all_entries():
        payment = payments.get(_payment_of(entry))
        if entry.by_hand or payment is None or payment.paid_at is None:
            continue  # of somebody else's, on a day of theirs; or an invariant says what is wrong with it
        own, booking = payment.paid_at.astimezone(ZONE).date(), entry.booking
        if booking.booked_on != own and not town.dealings.first_open(booking.booked_on, own, booking.note):
            yield f"payment {payment.payment_id} of {payment.paid_at} is booked on {entry.booking.booked_on}"
    tries = Counter(call.args[0].reference for call in town.ledger.requests if call.method == "book")
    yield from (f"{times} calls to book {one}" for one, times in tries.items() if times > MOST_TRIES)


def _payment_of(entry: LedgerEntry) -> str:
    return next((word for word in entry.booking.note.split() if word.startswith("pi_")), "")


def _stopped_twice(town: Town, shown: Shown) -> bool:
    """Whether carriers' reports of old texts stopped all texts on two days of peace, each time until the owner's word.

    Where the hours for texts are three a day, the last customer is then left no time to pay.
    """
    stops = (one.split()[0].rpartition("/") for one in shown.attention if "/failing/" in one.split()[0])
    return sum(day >= f"{town.peace:%Y-%m-%d}" for _, _, day in stops) > 1


def _last_ones(town: Town) -> Iterator[str]:
    """What began when nothing went wrong any more has gone all the way: text, payment, booking, receipt."""
    for person in town.people:
        standing = [one.latest for one in town.ledger.invoices.values() if one.latest.customer_id == person.customer_id]
        if not standing or standing[0].customer_name != "Last Customer" or person.phone is None:
            continue
        texts = _texts_to(town, person.phone)
        if standing[0].state is not ReceivableState.PAID or texts != TEXTS_OF_THE_LAST:
            yield f"the last customer's {standing[0].ledger_id} is {standing[0].state} after {texts} texts"


def _texts_to(town: Town, phone: Phone) -> int:
    return len(town.carrier.texts_to(phone))
