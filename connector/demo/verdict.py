"""Whether texts and books agree: a list of sentences over the stand-ins' records, each true or broken. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from connector.demo.cast import Part
from connector.demo.records import Invoice, Records, Text

OURS: Final = "Duebird"  # stands in the note of every entry that Duebird makes


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that must be so, and every place where it is not."""

    sentence: str
    broken: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """It is so."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who may be texted: numbers in E.164 form of those who agreed, and of owners who want to hear of payments."""

    customers: frozenset[str]
    owners: frozenset[str]


def judge(records: Records, agreed: Agreed, parts: Iterable[Part] = ()) -> list[Expectation]:
    """Everything that must be true of the records; with `parts`, also that each invoice fared as the play says."""
    laws: list[tuple[str, Callable[[Records, Agreed], Iterator[str]]]] = [
        ("Nobody was texted twice for the same reason.", _texted_twice),
        ("Nobody was texted who had not agreed.", _texted_without_consent),
        ("Nobody was texted after saying STOP.", _texted_after_stop),
        ("Nobody was asked to pay what was already paid.", _texted_after_payment),
        ("Every payment that succeeded is in the books, once, in full.", _not_booked_once),
        ("Nothing is in the books that was not paid.", _booked_without_payment),
        ("No payment link is open for an invoice on which nothing is owed.", _link_left_open),
    ]
    found = [Expectation(sentence, tuple(look(records, agreed))) for sentence, look in laws]
    return [*found, *(_as_planned(records, part) for part in parts)]


def doubles(records: Records) -> int:
    """Texts beyond the first of their reason, and entries beyond the first of their payment."""
    texts = Counter(reason for text in _outgoing(records) if (reason := _reason(records, text)))
    booked = Counter(
        payment.payment_id for payment in records.paid for entry in records.entries if payment.payment_id in entry.said
    )
    return sum(count - 1 for counted in (texts, booked) for count in counted.values())


def _outgoing(records: Records) -> list[Text]:
    """Texts that Duebird sent: not those of people, nor Twilio's own answers."""
    return [one for one in records.texts if not one.inbound and not one.automatic]


def _reason(records: Records, text: Text) -> tuple[str, ...]:
    """What a text is about: the invoice and the step for a notice, else its exact words."""
    if not text.link:
        return (text.sender, text.to, text.body)
    link = records.link_at(text.link)
    about = (link.business, link.ledger_id) if link else (text.link,)
    return (text.to, *about, "reminder" if "reminder" in text.words else "new")


def _texted_twice(records: Records, agreed: Agreed) -> Iterator[str]:
    del agreed
    counts = Counter(_reason(records, text) for text in _outgoing(records))
    for text in _outgoing(records):
        times = counts.pop(_reason(records, text), 0)
        if times > 1:
            yield f"{text.to} was texted {times} times: {text.words}"


def _texted_without_consent(records: Records, agreed: Agreed) -> Iterator[str]:
    for text in _outgoing(records):
        if text.to not in agreed.customers | agreed.owners:
            yield f"{text.to} never agreed: {text.words}"


def _texted_after_stop(records: Records, agreed: Agreed) -> Iterator[str]:
    del agreed
    for stop in records.opt_outs:
        for text in _outgoing(records):
            if (text.to, text.sender) == (stop.number, stop.sender) and text.at > stop.at:
                yield f"{text.to} had said STOP: {text.words}"


def _texted_after_payment(records: Records, agreed: Agreed) -> Iterator[str]:
    del agreed
    for text in _outgoing(records):
        link = records.link_at(text.link) if text.link else None
        if text.link and link is None:
            yield f"{text.to} got a link that Stripe does not know: {text.link}"
        invoice = _named(records, link.business, link.ledger_id) if link else None
        if invoice is None:
            continue
        before = sum(entry.amount.amount for entry in records.entries_on(invoice) if entry.at < text.at)
        if before >= invoice.total.amount:
            yield f"{invoice.number} was paid when {text.to} was asked to pay it"


def _not_booked_once(records: Records, agreed: Agreed) -> Iterator[str]:
    del agreed
    for payment in records.paid:
        if payment.state != "succeeded":
            continue
        booked = [entry for entry in records.entries if entry.live and payment.payment_id in entry.said]
        what = f"{payment.amount} for {payment.number} ({payment.payment_id})"
        if len(booked) != 1:
            yield f"{what} is in the books {len(booked)} times"
        for entry in booked:
            if (entry.business, entry.ledger_id) != (payment.business, payment.ledger_id):
                yield f"{what} is booked on another invoice"
            if entry.amount != payment.amount:
                yield f"{what} is booked as {entry.amount}"


def _booked_without_payment(records: Records, agreed: Agreed) -> Iterator[str]:
    del agreed
    succeeded = [one.payment_id for one in records.paid if one.state == "succeeded"]
    for entry in records.entries:
        ours = OURS in entry.said or "pi_" in entry.said
        if entry.live and ours and not any(payment_id in entry.said for payment_id in succeeded):
            yield f"entry {entry.entry_id} of {entry.amount} ({entry.said}) has no payment behind it"


def _link_left_open(records: Records, agreed: Agreed) -> Iterator[str]:
    del agreed
    for link in records.links:
        invoice = _named(records, link.business, link.ledger_id)
        if link.active and invoice is not None and not invoice.balance.is_positive:
            yield f"{link.url} can still be paid, though nothing is owed on {link.number}"


def _named(records: Records, business: str, ledger_id: str) -> Invoice | None:
    return next((one for one in records.invoices if (one.business, one.ledger_id) == (business, ledger_id)), None)


def _as_planned(records: Records, part: Part) -> Expectation:
    """One text where one belongs and none where none does; paid and booked where the play says so."""
    invoice = records.invoice(part.number)
    if invoice is None:
        return Expectation(_plan(part), (f"{part.number} is not in the ledger",))
    wrong: list[str] = []
    texts = len(records.notices(part.number))
    if texts != int(part.is_texted):
        wrong.append(f"{part.number}: {texts} texts went out, {int(part.is_texted)} expected")
    paid = [one.amount for one in records.payments(part.number) if one.state == "succeeded"]
    if paid != ([part.owed] if part.is_paid_online else []):
        wrong.append(f"{part.number}: paid online: {', '.join(map(str, paid)) or 'nothing'}")
    if invoice.status != settled_as(part):
        wrong.append(f"{part.number}: the ledger says {invoice.status}, {settled_as(part)} expected")
    return Expectation(_plan(part), tuple(wrong))


def settled_as(part: Part) -> str:
    """What the ledger must say of an invoice in the end."""
    if part.is_paid_online or part.act == "cheque" or part.before == "paid":
        return "paid"
    return part.before or "open"


def _plan(part: Part) -> str:
    texted = "is texted once" if part.is_texted else "is not texted"
    return f"{part.customer.name} {texted} about {part.number}, and the ledger says {settled_as(part)}."
