"""The last table as values: what the stand-ins' records say of each invoice. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connector.demo.cast import BUSINESSES
from connector.demo.records import Invoice, Records
from connector.demo.verdict import Expectation, doubles
from connector.domain.message import plain_amount

TITLES = {"quickbooks": "QuickBooks", "xero": "Xero", "stripe": "Stripe", "twilio": "Twilio"}


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice. `why_not` is Duebird's own word, everything else is the stand-ins'."""

    business: str
    number: str
    customer: str
    texts: int
    thanked: bool
    why_not: str
    paid: str
    ledger_says: str


def rows(records: Records, reasons: dict[str, str] | None) -> list[Row]:
    """Every invoice of both ledgers; `reasons` by invoice number for those that got no text, None: not asked for."""
    return [
        _row(records, invoice, reasons)
        for business in BUSINESSES
        for invoice in records.invoices
        if invoice.business == business.id
    ]


def _row(records: Records, invoice: Invoice, reasons: dict[str, str] | None) -> Row:
    texts = records.notices(invoice.number)
    to = {one.to for one in texts}
    thanked = any(
        one.to in to and not one.link and not one.automatic and invoice.number in one.body for one in records.texts
    )
    return Row(
        business=invoice.business,
        number=invoice.number,
        customer=invoice.customer,
        texts=len(texts),
        thanked=thanked,
        why_not="" if texts or reasons is None else reasons.get(invoice.number, "not seen by Duebird"),
        paid=_paid(records, invoice),
        ledger_says=_ledger_says(invoice),
    )


def _paid(records: Records, invoice: Invoice) -> str:
    online = [
        f"{plain_amount(one.amount)} {'card' if one.method == 'card' else 'bank'}"
        + ("" if one.state == "succeeded" else f" ({one.state})")
        + (f", {plain_amount(one.returned)} of it refunded" if one.returned.is_positive else "")
        for one in records.payments(invoice.number)
    ]
    by_hand = [
        f"{plain_amount(one.amount)} cheque"
        for one in records.entries_on(invoice)
        if not any(payment.payment_id in one.said for payment in records.paid)
    ]
    return ", ".join([*by_hand, *online])


def _ledger_says(invoice: Invoice) -> str:
    if invoice.status in {"open", "part paid"}:
        return f"{plain_amount(invoice.balance)} owed"
    return invoice.status


def as_json(records: Records, table: list[Row], verdict: list[Expectation], seconds: float) -> dict[str, Any]:
    """For programs."""
    return {
        "agrees": all(one.holds for one in verdict),
        "doubles": doubles(records),
        "seconds": round(seconds, 1),
        "invoices": [
            {
                "company": one.business,
                "invoice": one.number,
                "customer": one.customer,
                "texts": one.texts,
                "thanked": one.thanked,
                "why_no_text": one.why_not or None,
                "paid": one.paid or None,
                "ledger_says": one.ledger_says,
            }
            for one in table
        ],
        "calls": {name: {"reads": one.reads, "writes": one.writes} for name, one in records.calls.items()},
        "expectations": [{"sentence": one.sentence, "holds": one.holds, "broken": one.broken} for one in verdict],
    }
