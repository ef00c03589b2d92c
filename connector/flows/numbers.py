"""Customers whose number keeps them from being texted: one item a company for the owner; the list for a command."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connector.domain.dunning import Reason
from connector.domain.numbers import NumberTrouble, Owed, number_troubles
from connector.domain.phone import Phone
from connector.flows.company import Company, Counts
from state.books import customer_of, receivable_of
from state.facts import BY_FACTS
from state.queries import Queries
from state.store import Attention

# Invoices that get no text whatever the number: for these nobody need look for one.
NO_MATTER: Final = tuple(
    reason.value
    for reason in (
        Reason.BASELINE,
        Reason.EXCLUDED,
        Reason.BELOW_MINIMUM,
        Reason.PAYABLE_ELSEWHERE,
        Reason.UNCHARGEABLE,
    )
)
ITEM: Final = "numbers"
NAMED: Final = 5  # customers, and invoices of each; the list has all


def run_once(company: Company) -> Counts:
    """Once a day: say in one item how many customers cannot be texted. Told again each month, or when it was mended."""
    counts, now = Counts(), company.clock.now()
    looked = look(company.queries, company.id, company.policy.country)
    blocked = [one for one in looked.troubles if one.blocks]
    matter = f"{company.id}/{ITEM}"
    told = _told(company, matter, blocked, now) if blocked else None
    for item in company.queries.attention(company.id):
        if item.key.startswith(f"{matter}/") and (told is None or item.happened != told.happened):
            company.store.attention_closed(company.id, item.key, BY_FACTS, now)
    if told is not None:
        company.store.attend(company.id, told, now)
    return counts


@dataclass(frozen=True, slots=True)
class Looked:
    """The list. `unread`: how many customers owe something and were not read yet, since no text to them was due."""

    troubles: list[NumberTrouble]
    unread: int


def look(queries: Queries, company: str, country: str) -> Looked:
    """The list, from what is on record. `country`: the company's."""
    found = queries.numbers(company, NO_MATTER)
    customers = {
        row.customer_id: (customer_of(row), Phone(row.phone) if row.phone else None) for row in found.customers
    }
    same: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in found.customers:
        if row.phone and row.active:
            same[row.phone].append((row.customer_id, row.name))
    owed = [
        (one.customer_id, Owed(one.label, one.balance, one.due_on or one.issued_on))
        for one in map(receivable_of, found.receivables)
    ]
    return Looked(
        number_troubles(customers, owed, {row.phone: row.code for row in found.unreachable}, same, country),
        unread=len({customer_id for customer_id, _ in owed} - set(customers)),
    )


def _invoices(one: NumberTrouble) -> str:
    """Those of one customer, by their numbers."""
    said = ", ".join(owed.label for owed in one.invoices[:NAMED])
    return f"{said} and {len(one.invoices) - NAMED} more" if len(one.invoices) > NAMED else said


def _told(company: Company, matter: str, blocked: list[NumberTrouble], now: datetime) -> Attention:
    many = f"{len(blocked)} customers" if len(blocked) > 1 else "1 customer"
    invoices = sum(len(one.invoices) for one in blocked)
    on = f"{invoices} open invoices" if invoices > 1 else "1 open invoice"
    whose = hashlib.sha256("|".join(sorted(one.customer_id for one in blocked)).encode()).hexdigest()[:8]
    first = ", ".join(f"{one.name} ({_invoices(one)})" for one in blocked[:NAMED])
    more = f" and {len(blocked) - NAMED} more" if len(blocked) > NAMED else ""
    return Attention(
        # Another customer among them is news, though a person has seen to the others this month.
        key=f"{matter}/{now:%Y-%m}-{whose}",
        matter=matter,
        subject="numbers",
        happened=f"{company.policy.business}: {many} with {on} cannot be texted, because of the phone number in the "
        f"ledger: {first}{more}.",
        not_done="They get no texts from Duebird. Payments are booked all the same.",
        command=f"duebird numbers --company {company.id}",
    )
