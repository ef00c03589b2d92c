"""An audit: what the live services hold of one company, read in few calls and held against the invariants.

It believes nothing that Duebird remembers, so that whatever was lost or doubled shows. It only reads.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connector.domain.calendar import start_of_day
from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity
from connector.domain.invariants import Finding, check
from connector.domain.invariants.reading import addresses_in
from connector.domain.phone import Phone, parse_mobile
from connector.domain.receivable import Customer, Receivable
from connector.domain.records import (
    TENANT_KEY,
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
    TextRecord,
    Timeline,
)
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause
from connector.ports.processor import Payment, PaymentState
from connector.ports.records import LedgerReader, MessengerReader, ProcessorReader

# A bank debit that is booked today was begun up to so long ago (`connector.domain.invariants.money`).
PAYMENTS_BEFORE: Final = timedelta(days=8)
# A checkout page can be paid on for a day, so a payment that is under way has been so a day after it was opened.
PAGE_LIVES: Final = timedelta(hours=24)
GROUP: Final = 100  # ids asked for at once, between two words of progress
# Each 40 of them are a call at Xero, which allows 1,000 a day: 125 calls. More is a matter of a shorter time.
MOST_INVOICES: Final = 5000

Say = Callable[[str], None]

FIXED_CALLS: Final = 9  # accounts twice, one page of each list, the books' own name
A_PAGE: Final = 100  # links, payments and ids a call; texts come by the thousand


def calls_expected(texts: int, open_invoices: int) -> int:
    """About how many calls an audit will make, from what Duebird has on record: a figure to be shown, not relied on."""
    pages_of_texts, pages_of_invoices = texts // A_PAGE, open_invoices // A_PAGE
    # Nearly each text has a link of its own, half of them a payment; invoices and their customers are read by id.
    return FIXED_CALLS + 2 * pages_of_texts + 2 * (1 + pages_of_invoices)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose accounts are audited, by which settings, and from when on. `since` and `now` are UTC."""

    company: str
    ledger_kind: str
    tenant_id: str
    policy: Policy
    since: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Audit:
    """What was read, and what was found in it."""

    records: Records
    findings: tuple[Finding, ...]


def audit(
    subject: Subject, ledger: LedgerReader, processor: ProcessorReader, messenger: MessengerReader, say: Say
) -> Audit:
    """Read everything and check it. `say` is told what is being read.

    Raises:
        DuebirdError: a service could not be read to its end. Nothing is concluded from a part.
    """
    account = processor.account()
    say("payment links")
    listed = processor.our_links()
    if not listed.whole:
        raise Rejected(
            "The account has more payment links than Duebird reads, so nothing was concluded.",
            because=RejectedBecause.BUSINESS_RULE,
            service="processor",
            advice="Deactivated links of years ago cannot be left out; report this to the Duebird project.",
        )
    say("payments")
    earlier = subject.since - PAYMENTS_BEFORE
    payments = processor.payments_since(earlier)
    refunds = _refunds(processor, earlier, say)
    say("texts")
    texts = messenger.texts_since(subject.since)
    say("replies")
    # A STOP counts for ever: replies are read from the beginning.
    replies = messenger.inbound(min(subject.since, start_of_day(subject.policy.start_on, subject.policy.zone)))
    say("bookings")
    tenant = ledger.profile().tenant_id
    entries = ledger.entries_since(subject.since)
    links = _of_tenant(listed.links, subject.tenant_id)
    wanted = _invoices_wanted(links, payments, entries, texts, subject.tenant_id)
    invoices = _invoices(ledger, wanted, subject, say)
    records = Records(
        company=subject.company,
        identity=BooksIdentity(subject.ledger_kind, subject.tenant_id, account.account_id),
        rules=subject.policy,
        at=subject.now,
        since=subject.since,
        payments_since=earlier,
        ledger=LedgerRecords(tenant, invoices, tuple(entries)),
        processor=ProcessorRecords(
            account.account_id,
            account.live,
            listed.links,
            tuple(_payment(one, subject.now) for one in payments),
            refunds,
        ),
        messenger=MessengerRecords(
            tuple(texts),
            tuple(ReplyRecord(one.text_id, one.sender, one.body, one.received_at, one.received_at) for one in replies),
        ),
    )
    return Audit(records, check(records, healthy=True))


def _refunds(processor: ProcessorReader, since: datetime, say: Say) -> tuple[RefundRecord, ...] | None:
    say("refunds")
    try:
        return tuple(processor.refunds_since(since))
    except NeedsReauthorisation:
        return None  # a restricted key need not be allowed to; the invariant says that it was not read


def _of_tenant(links: Iterable[LinkRecord], tenant_id: str) -> list[LinkRecord]:
    return [one for one in links if one.metadata.get(TENANT_KEY) == tenant_id]


def _invoices_wanted(
    links: Sequence[LinkRecord],
    payments: Sequence[Payment],
    entries: Sequence[EntryRecord],
    texts: Sequence[TextRecord],
    tenant_id: str,
) -> list[str]:
    """Invoices on which something of this time hangs: an open link, a text, a payment, a booking."""
    carried = {url for text in texts for url in addresses_in(text.body)}
    wanted = dict.fromkeys(one.ledger_id for one in links if one.active or one.url in carried)
    ours = (one for one in payments if one.metadata.get(TENANT_KEY) == tenant_id)
    wanted |= dict.fromkeys(_payment(one, one.created_at).ledger_id for one in ours)
    wanted |= dict.fromkeys(one.ledger_id or "" for one in entries)
    found = [one for one in wanted if one]
    if len(found) > MOST_INVOICES:
        raise Rejected(
            f"{len(found):,} invoices would have to be read, and {MOST_INVOICES:,} is the most at once. "
            "Nothing was concluded.",
            because=RejectedBecause.BUSINESS_RULE,
            service="ledger",
            advice="Ask for a shorter time: add --since with a later date.",
        )
    return found


def _invoices(ledger: LedgerReader, wanted: Sequence[str], subject: Subject, say: Say) -> tuple[InvoiceRecord, ...]:
    standings: list[Receivable] = []
    for start in range(0, len(wanted), GROUP):
        say(f"invoices, {start:,} of {len(wanted):,}")
        standings += ledger.receivables(wanted[start : start + GROUP])
    ids = list(dict.fromkeys(one.customer_id for one in standings))
    customers: dict[str, Customer] = {}
    for start in range(0, len(ids), GROUP):
        say(f"customers, {start:,} of {len(ids):,}")
        customers |= {one.customer_id: one for one in ledger.customers(ids[start : start + GROUP])}
    return tuple(
        InvoiceRecord(
            one.ledger_id,
            Timeline.now_only(one, min(one.updated_at, subject.now)),
            _phones(customers.get(one.customer_id), subject.policy),
            customers=(customers[one.customer_id],) if one.customer_id in customers else (),
        )
        for one in standings
    )


def _phones(customer: Customer | None, policy: Policy) -> tuple[Phone, ...] | None:
    if customer is None:
        return None
    found = parse_mobile(customer.mobile, customer.country or policy.country) if customer.mobile else None
    return (found,) if found else ()


def _payment(payment: Payment, now: datetime) -> PaymentRecord:
    return PaymentRecord(
        payment_id=payment.payment_id,
        link_id=payment.link_id,
        amount=payment.amount,
        reference=payment.reference,
        metadata=payment.metadata,
        live=payment.live,
        states=_states(payment, now),
    )


def _states(payment: Payment, now: datetime) -> Timeline[PaidState]:
    """How it stood over time, as far as the processor tells: when it succeeded; since when, of others, only at most."""
    if payment.state is PaymentState.SUCCEEDED:
        return Timeline.now_only(PaidState.SUCCEEDED, payment.paid_at or now)
    if payment.state is PaymentState.PENDING:
        return Timeline.now_only(PaidState.PENDING, min(payment.created_at + PAGE_LIVES, now))
    return Timeline.now_only(PaidState.FAILED, now)


def command_for(records: Records, finding: Finding) -> str:
    """What to type to see what Duebird itself has on record of a finding."""
    ledger_id = next((one for look in finding.look_at if (one := _invoice_behind(records, look.object_id))), None)
    if ledger_id is None:
        return f"duebird attention --company {records.company}"
    known = {one.ledger_id: one.standings.latest.number for one in records.ledger.invoices}
    return f"duebird show {shlex.quote(known.get(ledger_id) or ledger_id)} --company {records.company}"


def _invoice_behind(records: Records, object_id: str) -> str | None:
    """The invoice an object has to do with."""
    if any(one.ledger_id == object_id for one in records.ledger.invoices):
        return object_id
    for link in records.processor.links:
        if link.link_id == object_id:
            return link.ledger_id or None
    for payment in records.processor.payments:
        if payment.payment_id == object_id:
            return payment.ledger_id or None
    for entry in records.ledger.entries:
        if entry.entry_id == object_id:
            return entry.ledger_id
    by_url = {one.url: one.ledger_id for one in records.processor.links}
    text = next((one for one in records.messenger.texts if one.text_id == object_id), None)
    return next((by_url[url] for url in addresses_in(text.body) if url in by_url), None) if text else None
