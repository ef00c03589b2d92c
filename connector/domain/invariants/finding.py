"""What a look at the records finds: something broken, or something that cannot be told from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.domain.records import (
    EntryRecord,
    InvoiceRecord,
    LinkRecord,
    PaymentRecord,
    RefundRecord,
    ReplyRecord,
    RequestRecord,
    Service,
    TextRecord,
)

if TYPE_CHECKING:
    from connector.domain.invariants.reading import Reading


@dataclass(frozen=True, slots=True)
class LookAt:
    """One object at a service. `what` is the plain word for it, `words` what to recognise it by."""

    service: Service
    what: str
    object_id: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold: `sentence` for a bookkeeper, what to look at, and whom it harms."""

    number: int
    sentence: str
    look_at: tuple[LookAt, ...]
    harm: str


@dataclass(frozen=True, slots=True)
class NotCheckable:
    """Something that these records cannot settle, with what a person could look at, if anything."""

    number: int
    why: str
    look_at: tuple[LookAt, ...] = ()


Finding = Violation | NotCheckable
Check = Callable[["Reading"], Iterator[Finding]]


def counted(count: int, one: str) -> str:
    """As in "1 text" and "3 texts"."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def broken(findings: Iterable[Finding]) -> tuple[Violation, ...]:
    """The violations among them."""
    return tuple(one for one in findings if isinstance(one, Violation))


def of_invoice(invoice: InvoiceRecord) -> LookAt:
    """An invoice, as something to look at."""
    standing = invoice.standings.latest
    words = f"{standing.label}, {standing.state}, {standing.balance} owed of {standing.total}"
    return LookAt(Service.LEDGER, "invoice", invoice.ledger_id, words)


def of_entry(entry: EntryRecord) -> LookAt:
    """An entry of the ledger, as something to look at."""
    ended = "" if entry.live else ", deleted"
    return LookAt(Service.LEDGER, entry.kind.value, entry.entry_id, f"{entry.amount}, {entry.reference}{ended}")


def of_link(link: LinkRecord) -> LookAt:
    """A payment link, as something to look at."""
    asks = f"asks {link.amount}, " if link.amount else ""
    return LookAt(Service.PROCESSOR, "payment link", link.link_id, asks + ("open" if link.active else "closed"))


def of_payment(payment: PaymentRecord) -> LookAt:
    """A payment at the processor, as something to look at."""
    words = f"{payment.amount}, {payment.states.latest} {payment.settled_since:%Y-%m-%d %H:%M} UTC"
    return LookAt(Service.PROCESSOR, "payment", payment.payment_id, words)


def of_refund(refund: RefundRecord) -> LookAt:
    """A refund, as something to look at."""
    return LookAt(Service.PROCESSOR, "refund", refund.refund_id, f"{refund.amount} on {refund.payment_id}")


def of_text(text: TextRecord) -> LookAt:
    """A text, as something to look at; the number is masked."""
    return LookAt(Service.MESSENGER, "text", text.text_id, f"to {text.to}, {text.created_at:%Y-%m-%d %H:%M} UTC")


def of_reply(reply: ReplyRecord) -> LookAt:
    """A text that came in, as something to look at; the number is masked."""
    words = f"from {reply.sender}, {reply.received_at:%Y-%m-%d %H:%M} UTC"
    return LookAt(Service.MESSENGER, "reply", reply.text_id, words)


def of_request(request: RequestRecord) -> LookAt:
    """A request, as something to look at."""
    subject = (
        request.subject if not request.subject.startswith("+") else f"{request.subject[:2]}•••••{request.subject[-4:]}"
    )
    return LookAt(
        request.service,
        "request",
        subject,
        f"{request.method} at {request.at:%Y-%m-%d %H:%M:%S} UTC: {request.outcome}",
    )
