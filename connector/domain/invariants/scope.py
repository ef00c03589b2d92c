"""Invariants 11 and 12: we touch only what is ours, and what is ours belongs to this company and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connector.domain.clearing import credit_reference
from connector.domain.effect import booking_reference
from connector.domain.invariants.finding import (
    Finding,
    LookAt,
    NotCheckable,
    Violation,
    counted,
    of_entry,
    of_link,
    of_payment,
    of_request,
    of_text,
)
from connector.domain.invariants.reading import OUR_REFERENCE, Reading
from connector.domain.joint import PARTS_KEY
from connector.domain.lease import anchor_id
from connector.domain.records import INVOICE_KEY, TENANT_KEY, LinkRecord, PaymentRecord, RequestRecord, Service

ONLY_OURS: Final = 11
NO_CROSSING: Final = 12
MEDDLED: Final = "Duebird changed something that is not its own."
CROSSED: Final = "Money or a text may have reached the wrong business or the wrong person."


def check_only_ours(reading: Reading) -> Iterator[Finding]:
    """Entries made by a client without our reference, and writes about an object that is not ours."""
    for entry in reading.records.ledger.entries:
        if entry.by_us and not OUR_REFERENCE.match(entry.reference):
            sentence = f"An entry of {entry.amount} was made without a reference that names its payment."
            yield Violation(ONLY_OURS, sentence, (of_entry(entry),), MEDDLED)
    requests = reading.records.requests
    if requests is None:
        why = "The services keep no list of requests, so a change to somebody else's object cannot be seen from here."
        yield NotCheckable(ONLY_OURS, why)
        return
    ours = {one.link_id for one in reading.links}
    claim_id = anchor_id(reading.records.identity)
    for request in requests:
        if request.writing and not _is_ours(request, ours, claim_id):
            sentence = f"A request ({request.method}) was about something that does not carry our reference."
            yield Violation(ONLY_OURS, sentence, (of_request(request),), MEDDLED)


def _is_ours(request: RequestRecord, links: set[str], claim_id: str) -> bool:
    if request.service is Service.LEDGER:
        return request.method in {"book", "make_credit"} and OUR_REFERENCE.fullmatch(request.subject) is not None
    if request.service is Service.PROCESSOR:
        if request.method == "write_claim":
            return request.subject == claim_id
        return request.subject in links if request.method == "retire_link" else request.method == "create_link"
    return request.method == "send"


def check_crossing(reading: Reading) -> Iterator[Finding]:
    """Objects whose company, account, mode, invoice or recipient is not the one they name."""
    records = reading.records
    wrong = [
        (records.ledger.tenant_id != records.identity.tenant_id, Service.LEDGER, "books", records.ledger.tenant_id),
        (
            records.processor.account_id != records.identity.processor_account,
            Service.PROCESSOR,
            "account",
            records.processor.account_id,
        ),
    ]
    for differs, service, what, object_id in wrong:
        if differs:
            sentence = f"The {what} read are not those that this company's references are made from."
            yield Violation(NO_CROSSING, sentence, (LookAt(service, what, object_id),), CROSSED)
    for link in reading.links:
        if not _carries_its_key(reading, link):
            sentence = "A payment link carries a reference that its company, invoice and amount do not give."
            yield Violation(NO_CROSSING, sentence, (of_link(link),), CROSSED)
    yield from _payments(reading)
    yield from _recipients(reading)


def _carries_its_key(reading: Reading, link: LinkRecord) -> bool:
    if link.amount is not None:
        return reading.key_of(link, link.amount) == link.reference
    invoice = reading.invoices.get(link.ledger_id)
    if invoice is None or not invoice.standings.whole:
        return bool(link.reference)  # what it asked when it was made cannot be told
    return any(reading.key_of(link, one.balance) == link.reference for one in invoice.standings.states)


def _payments(reading: Reading) -> Iterator[Finding]:
    records = reading.records
    links = {one.link_id: one for one in records.processor.links}
    for payment in reading.payments:
        link = links.get(payment.link_id)
        if link is not None and _marks(link) != _marks(payment):
            sentence = f"The payment {payment.payment_id} names another reference or invoice than its payment link."
            yield Violation(NO_CROSSING, sentence, (of_payment(payment), of_link(link)), CROSSED)
        entries = reading.entries_behind(payment)
        if payment.live != records.rules.live and any(one.live for one in entries):
            modes = ("live", "test") if payment.live else ("test", "live")
            sentence = f"A {modes[0]} payment ({payment.payment_id}) is in the books of a company in {modes[1]} mode."
            yield Violation(NO_CROSSING, sentence, (of_payment(payment), *map(of_entry, entries)), CROSSED)
    # A payment that names another company's books, in this company's books.
    strangers = {
        reference(records.identity, one.payment_id): one
        for one in records.processor.payments
        if one.metadata.get(TENANT_KEY) != records.identity.tenant_id
        for reference in (booking_reference, credit_reference)
    }
    for reference, entries in (*reading.bookings_by_reference.items(), *reading.credits_by_reference.items()):
        stranger = strangers.get(reference)
        if stranger is not None and any(one.live for one in entries):
            sentence = f"The payment {stranger.payment_id} names other books than those in which it is booked."
            yield Violation(NO_CROSSING, sentence, (of_payment(stranger), *map(of_entry, entries)), CROSSED)


def _marks(one: LinkRecord | PaymentRecord) -> tuple[str, str | None, str | None]:
    return one.reference, one.metadata.get(INVOICE_KEY), one.metadata.get(PARTS_KEY)


def _recipients(reading: Reading) -> Iterator[Finding]:
    unread = 0
    for notice in reading.notices:
        invoice = notice.invoice
        if invoice is None or invoice.phones is None:
            unread += 1
        elif notice.text.to not in invoice.phones:
            shown = (of_text(notice.text), of_link(notice.link))
            if invoice.phones_whole:
                sentence = f"A text about invoice {invoice.label} went to {notice.text.to}, not its customer's number."
                yield Violation(NO_CROSSING, sentence, shown, CROSSED)
            else:
                why = (
                    f"A text about invoice {invoice.label} went to {notice.text.to}, which is not its customer's "
                    "number now. It may have been then: the ledger does not tell."
                )
                yield NotCheckable(NO_CROSSING, why, shown)
    if unread:
        why = f"Of {counted(unread, 'text')} the customer's number was not read, so it was not compared."
        yield NotCheckable(NO_CROSSING, why)
