"""Of a rebuild: links and payments at the processor, bookings in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from connector.domain.effect import EffectKind, NewEffect, canonical, natural_key
from connector.domain.instalments import asked_in
from connector.domain.invariants.reading import reference_of
from connector.domain.joint import parts_in, whole
from connector.domain.link_page import farewell_of
from connector.domain.money import Money
from connector.domain.rebuilding import OwnLink, own_link, says_ours
from connector.domain.receivable import Receivable
from connector.domain.records import INVOICE_KEY, EntryRecord, LinkRecord
from connector.domain.reversal import Returned
from connector.domain.settlement import Refunds
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Uncertain
from connector.flows import given_back, rebuild_credits, rebuild_reversals, settle
from connector.flows.book import credit_after, plan_booking
from connector.flows.book import reference_of as reference_behind
from connector.flows.company import Company, Counts
from connector.flows.rebuild_reading import GROUP, Findings, far_back, go_on, standings
from connector.flows.trouble import Isolation
from connector.ports.processor import PaymentLink
from state.adopting import Found
from state.books import customer_of, receivable_of
from state.recovery_facts import FoundLink
from state.store import Attention, Planned
from state.tables import LinkRow, PaymentRow

# A year of trade and a month: whoever pays an invoice later than that writes first. Where an account holds more than is
# read at once, less; what was paid before that was booked or seen by a person long ago.
PAYMENTS_REACH: Final = (timedelta(days=400), timedelta(days=120), timedelta(days=35))
REFUNDS_REACH: Final = given_back.REFUNDS_REACH  # an owner books a refund within a month, or has somebody who asks
ENTRIES_BEFORE: Final = timedelta(days=1)  # clocks of two services differ, and lists filter by day
EVENTS_LATE: Final = timedelta(minutes=10)  # those of the last minutes may tell of what the list did not show yet
NAMED: Final = 10
_IN_THE_BOOKS: Final = frozenset({"booked", "credited"})


# --------------------------------------------------------------------------------------------------------- links


@dataclass(slots=True)
class _Known:
    """Links on record, to tell a second one of the same reference."""

    by_id: set[str] = field(default_factory=set)
    by_reference: dict[str, str] = field(default_factory=dict)


def links(company: Company, findings: Findings) -> None:
    """Every link of ours, open or closed, so that generations go on counting and none is made twice.

    Raises:
        DuebirdError: the processor or the ledger could not be read.
    """
    listed = company.processor.our_links()
    if not listed.whole:
        findings.miss("The account has more payment links than are read at once; the oldest were left out.")
    marked = [one for one in listed.links if says_ours(company.identity, one)]
    # An active one is the one to keep where there are two of one reference; then the newest.
    marked.sort(key=lambda one: not one.active)
    invoices = standings(company, [one.metadata[INVOICE_KEY] for one in marked], findings)
    known = _Known()
    for row in company.queries.links(company.id):
        known.by_id.add(row.link_id)
        known.by_reference[row.reference] = row.link_id
    for start in range(0, len(marked), GROUP):
        go_on(company)
        _store(company, marked[start : start + GROUP], invoices, known, findings)


def _store(
    company: Company,
    group: Sequence[LinkRecord],
    invoices: dict[str, Receivable],
    known: _Known,
    findings: Findings,
) -> None:
    found, extra = [], []
    for link in group:
        own = _verified(company, link, invoices)
        if own is None:
            findings.miss(f"The payment link {link.link_id} carries Duebird's marks but is not one of its own.")
            continue
        if known.by_reference.setdefault(link.reference, link.link_id) != link.link_id:
            extra += [_take_down(company, own)] if link.active else []
            continue
        found.append(_found_link(company, own))
    new = company.store.links_found(company.id, found, extra, company.clock.now())
    findings.count("payment links", len(found))
    findings.count("payment links not on record", new)


def _verified(company: Company, link: LinkRecord, invoices: dict[str, Receivable]) -> OwnLink | None:
    """Most links ask all of their invoice, or what is owed on it; only of others is the amount worth a call."""
    if parts_in(link.metadata):
        return own_link(company.identity, link, ())  # it says itself what it asks
    receivable = invoices.get(link.metadata[INVOICE_KEY])
    guesses = [receivable.total, receivable.balance] if receivable is not None else []
    guesses += (asked_in(link.metadata) or ())[:1]  # of an instalment it says itself what it asks
    own = own_link(company.identity, link, guesses)
    if own is not None:
        return own
    row = company.queries.link(company.id, link.link_id)
    if row is not None:
        return own_link(company.identity, link, [Money.from_minor(row.amount, row.currency)])
    asked = company.processor.amount_of_link(link.link_id)
    return own_link(company.identity, link, [asked] if asked is not None else [])


def _found_link(company: Company, own: OwnLink) -> FoundLink:
    link = own.record
    amount = whole(own.parts)
    values: dict[str, object] = {
        "reference": link.reference,
        "amount": str(amount.amount),
        "currency": amount.currency,
        "generation": own.generation,
        "metadata": dict(link.metadata),
    }
    why = f"a link of ours at the processor that asks {amount}"
    effect = NewEffect(link.reference, EffectKind.CREATE_LINK, own.ledger_id, canonical(values), why)
    return FoundLink(
        PaymentLink(link.link_id, link.url, link.active, link.reference, link.metadata),
        own.parts,
        own.generation,
        Found(effect, link.link_id, link.made_at or company.clock.now()),
    )


def _take_down(company: Company, own: OwnLink) -> NewEffect:
    """A second link of one reference: both could be paid."""
    owner = company.queries.owner(company.id, own.ledger_id)
    reader = company.words.reader(customer_of(owner) if owner else None)
    message = farewell_of(reader, company.policy.business, "replaced", None, len(own.parts))
    why = "there is another link for the same state of this invoice"
    return _retirement(company, own.record.link_id, own.ledger_id, message, why)


def _retirement(company: Company, link_id: str, ledger_id: str, message: str, why: str) -> NewEffect:
    key = natural_key(company.identity, "retire", link_id)
    request: dict[str, object] = {"link_id": link_id, "message": message}
    return NewEffect(key, EffectKind.RETIRE_LINK, ledger_id, canonical(request), why)


def of_no_invoice(company: Company) -> None:
    """Open links of invoices that somebody has deleted in the ledger: no reading brings those up again.

    To be called when all that is open has been read.

    Raises:
        DuebirdError: the ledger could not be asked.
    """
    live = [one for one in company.queries.links(company.id) if one.retired_at is None]
    ids = {one.ledger_id for one in live}
    unknown = sorted(ids - company.queries.known(company.id, sorted(ids)))
    gone = {one for one in unknown if company.ledger.receivable(one) is None}
    extra = {one.link_id: _withdrawn(company, one) for one in live if one.ledger_id in gone}
    company.store.links_found(company.id, [], list(extra.values()), company.clock.now())


def _withdrawn(company: Company, row: LinkRow) -> NewEffect:
    """Whose invoice it was is not known any more: the page speaks the company's own language."""
    parts = len(row.joint.split()) if row.joint else 1
    wording = "withdrawn" if parts == 1 else "one_of_several"
    message = farewell_of(company.words.reader(None), company.policy.business, wording, None, parts)
    return _retirement(company, row.link_id, row.ledger_id, message, "the ledger has no such invoice any more")


# ------------------------------------------------------------------------------------------------------ payments


def payments(company: Company, findings: Findings) -> None:
    """Every payment on a link of ours, from the objects themselves: events are kept for a month only.

    Raises:
        DuebirdError: the processor could not be read.
    """
    begun = company.clock.now()
    found = far_back(company, "payments", PAYMENTS_REACH, company.processor.payments_since, findings)
    guard, counts = Isolation(), Counts()
    ours = 0
    for payment in found:
        go_on(company)
        with guard.record(f"{company.id}: payment {payment.payment_id}") as troubles:
            ours += settle.note_payment(company, payment, counts)
        for trouble in troubles:
            findings.miss(f"The payment {payment.payment_id} of {payment.amount} was not stored: {trouble.message}")
    # Events of before tell nothing more than these objects. What has happened since will be told from there on; on a
    # clock that is ahead, "since" would be a day to come.
    company.store.hints_read(company.id, [], begun - EVENTS_LATE - company.clock_error(), begun)
    findings.count("payments", ours)
    _went_back(company, findings)


def _went_back(company: Company, findings: Findings) -> None:
    """One item for all: which of them a person has seen to is not known any more."""
    now = company.clock.now()
    since = now - REFUNDS_REACH - company.clock_error()
    try:
        found = given_back.listed(company, since)
        bounced = [one for one in given_back.debits(company, since) if _came_back(company, one)]
    except (NeedsReauthorisation, Rejected, Uncertain) as trouble:
        findings.miss(f"Refunds and disputes could not be read: {trouble.message}")
        return
    # A refund of before was seen to by a person; a dispute or a debit may end long after.
    made = Returned(tuple(one for one in found.refunds if one.created_at >= since), found.disputes)
    findings.count("refunds", len(made.refunds))
    findings.count("disputes", len(made.disputes))
    findings.count("bank debits that came back", len(bounced))
    said = [
        f"{what}: {_some(words)}."
        for what, words in (
            ("money that went back lately at Stripe, or may", given_back.in_words(made, bounced)),
            ("refunds that failed lately at Stripe, so that you have the money", given_back.failed_in_words(made)),
        )
        if words
    ]
    if not said:
        return
    times = [one.created_at for one in made.refunds] + [one.created_at for one in made.disputes]
    times += [one.created_at for one in bounced]
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/recovered-refunds/{max(times):%Y-%m-%dT%H:%M:%S}",
            subject="refunds",
            happened=f"{company.policy.business}: {' And '.join(said)}",
            not_done="Whether it is in your ledger is not known after the recovery.",
            command="Compare it with your ledger, in the Stripe dashboard under Transactions.",
        ),
        now,
    )


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return f"{', '.join(words[:NAMED])}{more}"


def _came_back(company: Company, payment: PaymentRow) -> bool:
    go_on(company)
    return company.processor.returned(payment.payment_id).debit_failed


# ------------------------------------------------------------------------------------------------------ bookings


def bookings(company: Company, findings: Findings) -> None:
    """Entries in the ledger that carry our reference: those payments are booked, and are not booked again.

    What a list does not show yet is found all the same: before each booking the invoice itself is looked at. One that
    was taken out again is a reversal; and what went back at the processor meanwhile is worked on by the owner's rule.

    Raises:
        DuebirdError: the ledger or the processor could not be read.
    """
    _bookings(company, findings)
    if company.policy.refunds is not Refunds.ASK:
        rebuild_reversals.look_at_returned(
            company, company.clock.now() - REFUNDS_REACH - company.clock_error(), findings
        )


def _bookings(company: Company, findings: Findings) -> None:
    known, lately = company.queries.payments(company.id), company.clock.now() - REFUNDS_REACH - company.clock_error()
    open_ones = [one for one in known if _may_be_booked(one)]
    # An older memory does not know what was taken out of the ledger since.
    standing = [one for one in known if one.verdict in _IN_THE_BOOKS and one.created_at >= lately]
    if not open_ones and not standing:
        return
    since = min(one.created_at for one in (*open_ones, *standing)) - ENTRIES_BEFORE
    try:
        entries = company.ledger.entries_since(since)
    except Rejected as refusal:
        if refusal.because is not RejectedBecause.BUSINESS_RULE:
            raise
        findings.miss("The ledger has more payments than are read at once; each invoice is looked at by itself.")
        return
    by_reference = {reference_of(one): one for one in entries if one.live}
    gone = {reference_of(one): one for one in entries if not one.live}
    booked = [
        (one, by_reference[reference])
        for one in open_ones
        if (reference := reference_behind(company, one)) in by_reference
    ]
    credited = rebuild_credits.among(company, open_ones, by_reference)
    concerned = [*booked, *((one, None) for one in open_ones if rebuild_credits.key_of(one) in credited)]
    invoices = standings(company, [one.ledger_id for one, _ in concerned], findings)
    for payment, found, follow in _adopted(company, booked, credited, invoices):
        go_on(company)
        new = company.store.booking_found(company.id, payment.payment_id, found, company.clock.now(), follow)
        findings.count("bookings not on record", new)
    findings.count("bookings", len(booked))
    on_invoices = {rebuild_credits.key_of(one): entry for one, entry in booked}
    rebuild_credits.adopt(company, open_ones, on_invoices, credited, invoices, findings)
    rebuild_reversals.adopt(company, [*open_ones, *standing], by_reference, gone, findings)


def _may_be_booked(payment: PaymentRow) -> bool:
    return payment.state == "succeeded" and payment.verdict not in {*_IN_THE_BOOKS, "reversed"}


def _adopted(
    company: Company,
    booked: Sequence[tuple[PaymentRow, EntryRecord]],
    credited: Mapping[rebuild_credits.Key, EntryRecord],
    invoices: dict[str, Receivable],
) -> Iterator[tuple[PaymentRow, Found, tuple[Planned, ...]]]:
    """With each the credit that is to follow it, where it says itself that it is of a part only."""
    for payment, entry in booked:
        row = company.queries.receivable(company.id, payment.ledger_id)
        receivable = invoices.get(payment.ledger_id) or (receivable_of(row) if row is not None else None)
        if receivable is None:
            continue  # deleted since: settlement looks at it, and a person
        part = rebuild_credits.part_of(payment, entry, credited.get(rebuild_credits.key_of(payment)))
        planned = plan_booking(company, payment, receivable, part)
        at = entry.made_at or payment.paid_at or payment.created_at
        yield payment, Found(planned.effect, entry.entry_id, at), credit_after(company, planned.effect)
