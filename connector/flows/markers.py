"""Note in the consent register when a customer's marker in the ledger was first seen, and when it went."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from connector.domain.consent import Marker, marker_news
from connector.domain.dunning import ConsentRule
from connector.domain.phone import Phone
from connector.domain.receivable import Customer
from connector.flows.company import Company


def note(company: Company, read: Sequence[tuple[Customer, Phone | None]]) -> None:
    """Before these customers are stored: nobody may be texted on a marker that the register does not know of.

    Where the rule is another nothing is asked and nothing is written.
    """
    name = company.policy.consent_marker
    if company.policy.consent_rule is not ConsentRule.LEDGER_MARKER or name is None or not read:
        return
    before = company.queries.customers(company.id, [one.customer_id for one, _ in read])
    phones = {phone.e164 for _, phone in read if phone} | {row.phone for row in before.values() if row.phone}
    if not phones:
        return
    carry = _who_carry(company, name, read, phones)
    known = company.queries.consents_of(company.id, phones)
    whose: dict[str, str] = {row.phone: row.name for row in before.values() if row.phone}
    whose |= {phone.e164: one.name for one, phone in read if phone}
    now = company.clock.now()
    news = [
        one
        for phone in sorted(phones)
        if (
            one := marker_news(
                Phone(phone), known[phone], Marker(name, phone in carry, carry.get(phone) or whose[phone]), now
            )
        )
    ]
    if news:
        company.store.consents_recorded(company.id, news, now)


def _who_carry(
    company: Company, name: str, read: Sequence[tuple[Customer, Phone | None]], phones: Collection[str]
) -> dict[str, str]:
    """The numbers that carry it, with the customer: of several customers with one number any will do."""
    fresh = {one.customer_id for one, _ in read}
    stored = [
        (row.phone, row.name, json.loads(row.markers))
        for row in company.queries.holders(company.id, phones)
        if row.customer_id not in fresh
    ]
    anew = [(phone.e164, one.name, one.markers) for one, phone in read if phone]
    return {
        phone: customer
        for phone, customer, markers in [*stored, *anew]
        if phone and name.casefold() in {one.casefold() for one in markers}
    }
