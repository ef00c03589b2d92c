"""The records with what belongs together brought together: which text is about which invoice, whose entry is whose."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from connector.domain.asking import is_request
from connector.domain.clearing import credit_reference
from connector.domain.effect import booking_reference, natural_key
from connector.domain.instalments import asked_in
from connector.domain.joint import Part, link_key, parts_in, whole
from connector.domain.message import clean_name
from connector.domain.money import Money
from connector.domain.records import (
    GENERATION_KEY,
    INVOICE_KEY,
    TENANT_KEY,
    EntryKind,
    EntryRecord,
    InvoiceRecord,
    LinkRecord,
    PaymentRecord,
    Records,
    TextRecord,
)

# What `booking_reference` makes: two letters and 19 of base 32.
OUR_REFERENCE: Final = re.compile(r"DB[A-Z2-7]{19}")
WORD: Final = re.compile(r"[\w-]+")
ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that carries a payment link of ours, and the invoice of that link where the ledger still has it.

    A text about several invoices is a notice of each.
    """

    text: TextRecord
    link: LinkRecord
    invoice: InvoiceRecord | None


class Reading:
    """Records, indexed once for all invariants. `healthy`: all faults ended long ago, so that work must be finished.

    Only what carries this company's reference is ours: links and payments by their metadata, entries by their
    reference, texts by the link in them. A text without a link is ours where nobody else sends through the account,
    or where it names an invoice of ours and went to its customer or to the owner.
    """

    def __init__(self, records: Records, *, healthy: bool) -> None:
        self.records = records
        self.healthy = healthy

    @cached_property
    def invoices(self) -> dict[str, InvoiceRecord]:
        """By the ledger's id."""
        return {one.ledger_id: one for one in self.records.ledger.invoices}

    @cached_property
    def links(self) -> tuple[LinkRecord, ...]:
        """Ours: they name this company's books. A joint one stands here once for each of its receivables."""
        tenant = self.records.identity.tenant_id
        ours = (one for one in self.records.processor.links if one.metadata.get(TENANT_KEY) == tenant)
        return tuple(
            part
            for link in map(self._as_told, ours)
            for part in ([replace(link, on=one.ledger_id, amount=one.amount) for one in self._joint(link)] or [link])
        )

    def _joint(self, link: LinkRecord | PaymentRecord) -> tuple[Part, ...]:
        """What a joint link, or a payment on one, says of its receivables, where that is the very thing it was made."""
        parts, generation = parts_in(link.metadata), link.metadata.get(GENERATION_KEY, "")
        if not parts or not generation.isdecimal() or parts[0].ledger_id != link.metadata.get(INVOICE_KEY):
            return ()
        ours = link_key(self.records.identity, int(generation), parts) == link.reference
        return parts if ours and link.amount in {None, whole(parts)} else ()

    def _as_told(self, link: LinkRecord) -> LinkRecord:
        """The link of an instalment with the amount it says, where that was not read and its reference agrees."""
        told = asked_in(link.metadata) if link.amount is None else None
        return replace(link, amount=told[0]) if told and self.key_of(link, told[0]) == link.reference else link

    @cached_property
    def links_of(self) -> dict[str, list[LinkRecord]]:
        """Our links by the invoice they are for."""
        found: defaultdict[str, list[LinkRecord]] = defaultdict(list)
        for link in self.links:
            found[link.ledger_id].append(link)
        return dict(found)

    @cached_property
    def link_at(self) -> dict[str, list[LinkRecord]]:
        """Our links by their address; a joint one for each of its receivables."""
        found: defaultdict[str, list[LinkRecord]] = defaultdict(list)
        for link in self.links:
            found[link.url].append(link)
        return dict(found)

    @cached_property
    def payments(self) -> tuple[PaymentRecord, ...]:
        """Ours: they name this company's books. One on a joint link stands here once for each of its receivables."""
        tenant = self.records.identity.tenant_id
        ours = (one for one in self.records.processor.payments if one.metadata.get(TENANT_KEY) == tenant)
        return tuple(
            part
            for paid in ours
            for part in ([replace(paid, on=one.ledger_id, amount=one.amount) for one in self._joint(paid)] or [paid])
        )

    @cached_property
    def payments_of(self) -> dict[str, list[PaymentRecord]]:
        """Our payments by the invoice they are for."""
        found: defaultdict[str, list[PaymentRecord]] = defaultdict(list)
        for payment in self.payments:
            found[payment.ledger_id].append(payment)
        return dict(found)

    @cached_property
    def given_back(self) -> frozenset[str]:
        """Payments of ours of which refunds gave everything back: they may be out of the books again."""
        paid: defaultdict[str, int] = defaultdict(int)
        back: defaultdict[str, int] = defaultdict(int)
        for payment in self.payments:
            paid[payment.payment_id] += payment.amount.minor
        for refund in self.records.processor.refunds or ():
            back[refund.payment_id] += refund.amount.minor
        return frozenset(one for one, minor in paid.items() if back[one] >= minor)

    @cached_property
    def payment_behind(self) -> dict[str, PaymentRecord]:
        """Our payments by the reference their booking must carry."""
        return {self.reference_behind(one): one for one in self.payments}

    def reference_behind(self, payment: PaymentRecord) -> str:
        """The reference that the booking of a payment, or of its part for one receivable, must carry."""
        return booking_reference(self.records.identity, payment.payment_id, payment.on or None)

    @cached_property
    def credit_behind(self) -> dict[str, PaymentRecord]:
        """Our payments by the reference that a credit from them must carry."""
        identity = self.records.identity
        return {credit_reference(identity, one.payment_id, one.on or None): one for one in self.payments}

    def entries_behind(self, payment: PaymentRecord) -> list[EntryRecord]:
        """What the ledger has of a payment, or of its part for one receivable: its booking, then its credit."""
        credit = credit_reference(self.records.identity, payment.payment_id, payment.on or None)
        booked = self.bookings_by_reference.get(self.reference_behind(payment), [])
        return [*booked, *self.credits_by_reference.get(credit, [])]

    @cached_property
    def _receipts(self) -> tuple[EntryRecord, ...]:
        """Customers' money in the ledger with a reference of our form, on an invoice or not.

        Not every ledger tells the two apart: what an entry was made as follows from its reference, where we know the
        payment behind it.
        """
        kinds = {EntryKind.PAYMENT, EntryKind.CREDIT}
        found = (one for one in self.records.ledger.entries if one.kind in kinds and OUR_REFERENCE.match(one.reference))
        return tuple(found)

    def is_credit(self, entry: EntryRecord) -> bool:
        """Whether it is a credit of ours, and no booking."""
        reference = reference_of(entry)
        as_told = entry.kind is EntryKind.CREDIT and reference not in self.payment_behind
        return as_told or reference in self.credit_behind

    @cached_property
    def bookings(self) -> tuple[EntryRecord, ...]:
        """Payments on invoices that carry a reference of our form."""
        return tuple(one for one in self._receipts if not self.is_credit(one))

    @cached_property
    def credits_by_reference(self) -> dict[str, list[EntryRecord]]:
        """Customers' credits of ours, by our reference."""
        found: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in self._receipts:
            if self.is_credit(entry):
                found[reference_of(entry)].append(entry)
        return dict(found)

    @cached_property
    def bookings_on(self) -> dict[str, list[EntryRecord]]:
        """Our entries by the invoice they are on."""
        found: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in self.bookings:
            found[entry.ledger_id or ""].append(entry)
        return dict(found)

    @cached_property
    def of_others_on(self) -> dict[str, list[EntryRecord]]:
        """Live payments in the ledger that carry no reference of ours, by the invoice they are on."""
        found: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in self.records.ledger.entries:
            ours = OUR_REFERENCE.match(entry.reference)
            if entry.kind is EntryKind.PAYMENT and entry.live and entry.ledger_id is not None and not ours:
                found[entry.ledger_id].append(entry)
        return dict(found)

    @staticmethod
    def names_payment(entry: EntryRecord, payment: PaymentRecord) -> bool:
        """Whether an entry says that it is of this payment, by the processor's id."""
        return payment.payment_id in WORD.findall(f"{entry.reference} {entry.note}")

    @cached_property
    def bookings_by_reference(self) -> dict[str, list[EntryRecord]]:
        """Our entries by our reference."""
        found: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in self.bookings:
            found[reference_of(entry)].append(entry)
        return dict(found)

    @cached_property
    def notices(self) -> tuple[Notice, ...]:
        """Texts that carry a link of ours, oldest first."""
        found = []
        for text in sorted(self.records.messenger.texts, key=lambda one: (one.moment, one.text_id)):
            links = next((self.link_at[url] for url in addresses_in(text.body) if url in self.link_at), ())
            found += [Notice(text, link, self.invoices.get(link.ledger_id)) for link in links]
        return tuple(found)

    @cached_property
    def notice_texts(self) -> tuple[TextRecord, ...]:
        """Each of those texts once, oldest first."""
        return tuple({one.text.text_id: one.text for one in self.notices}.values())

    @cached_property
    def courtesies(self) -> tuple[tuple[TextRecord, InvoiceRecord | None], ...]:
        """Our texts without a link (receipts, word to the owner), with the invoice they name."""
        carrying = {one.text.text_id for one in self.notices}
        ours = {*self.links_of, *self.payments_of}
        named = [one for one in self.records.ledger.invoices if one.ledger_id in ours and one.standings.latest.number]
        by_label = {one.label: one for one in named}
        odd = [one for one in named if not WORD.fullmatch(one.label)]  # "INV 77": no word by itself
        found = []
        for text in self.records.messenger.texts:
            if text.text_id in carrying or addresses_in(text.body):
                continue
            plain = (by_label[word] for word in WORD.findall(text.body) if word in by_label)
            several = (one for one in odd if names(text.body, one.label))
            invoice = next((one for one in (*plain, *several) if self._concerns(text, one)), None)
            if invoice is not None or self.records.messenger.ours_alone:
                found.append((text, invoice))
        return tuple(found)

    def _concerns(self, text: TextRecord, invoice: InvoiceRecord) -> bool:
        """Whether somebody got it who has to do with the invoice: other programs' texts may hold the same number."""
        return (
            self.records.messenger.ours_alone
            or text.to in {self.records.rules.owner_phone, self.records.rules.forward_to}
            or text.to in (invoice.phones or ())
        )

    @cached_property
    def requests(self) -> tuple[TextRecord, ...]:
        """Our requests for consent, known by their words and the business's name, oldest first."""
        business = clean_name(self.records.rules.business)
        found = (one for one in self.records.messenger.texts if is_request(one.body) and business in one.body)
        return tuple(sorted(found, key=lambda one: (one.moment, one.text_id)))

    @cached_property
    def our_texts(self) -> tuple[TextRecord, ...]:
        """Every text that is ours as far as can be told."""
        if self.records.messenger.ours_alone:
            return self.records.messenger.texts
        return (*self.notice_texts, *(text for text, _ in self.courtesies), *self.requests)

    def key_of(self, link: LinkRecord, amount: Money) -> str:
        """The reference that a link must carry which asks this amount, by the facts it names."""
        if link.on:  # what a joint link asks stands in it, and was held against its reference when it was taken apart
            asked = {one.ledger_id: one.amount for one in parts_in(link.metadata)}
            return link.reference if asked[link.on] == amount else ""
        generation = link.metadata.get(GENERATION_KEY, "")
        parts = (link.ledger_id, int(generation) if generation.isdecimal() else 0, amount.minor, amount.currency)
        return natural_key(self.records.identity, "link", *parts)


def reference_of(entry: EntryRecord) -> str:
    """Our reference in an entry, without what the ledger or a person put behind it."""
    found = OUR_REFERENCE.match(entry.reference)
    return found[0] if found else entry.reference


def addresses_in(body: str) -> list[str]:
    """Every web address in a text, without the full stop of a sentence."""
    return [one.rstrip(".,;:!?)") for one in ADDRESS.findall(body)]


def names(body: str, label: str) -> bool:
    """Whether a text names this invoice: its number with nothing of a word before or behind it."""
    return re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", body) is not None
