"""Of a rebuild: differences of exchange that stand in the ledger, put on record with the payment of each."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connector.domain.calendar import local_day, start_of_day
from connector.domain.effect import EffectKind, NewEffect, canonical, natural_key
from connector.domain.exchange_difference import (
    came_again_in,
    came_again_key,
    exchange_key,
    exchange_reference,
    is_difference,
    named_in,
)
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.flows.cash_terms import terms
from connector.flows.company import Cash, Company
from connector.flows.rebuild_cash import REACH
from connector.flows.rebuild_reading import Findings, go_on
from connector.ports.entries import AccountLine
from state.adopting import Found


def adopt(company: Company, findings: Findings) -> None:
    """Put on record what the clearing account holds of them, so that a statement counts each with its payment.

    Each names its payment and the entry that left it. Where what made or took out that entry is on record again, it
    gets the key it had; else one of its own reference, since nothing of before will plan it again.

    Raises:
        DuebirdError: the ledger could not be read.
    """
    cash = company.cash
    if cash is None:
        return
    today = local_day(company.clock.now(), company.policy.zone)
    lines = company.ledger.account_entries(cash.account_id, today - REACH, today)
    ours = [one for one in lines if one.kind == EntryKind.EXPENSE and is_difference(one.reference)]
    if not ours:
        return
    keys, known = _keys(company), _known(company)
    for line in ours:
        go_on(company)
        if line.reference not in known:
            _found(company, cash, line, keys, findings)
    findings.count("differences of exchange", len(ours))


def _known(company: Company) -> set[str]:
    return {json.loads(one.request)["reference"] for one in company.queries.exchange_differences(company.id)}


def _keys(company: Company) -> dict[str, str]:
    """By the reference it would carry, the key of each difference that an entry on record may have left."""
    now, zone = company.clock.now(), company.policy.zone
    since = start_of_day(local_day(now, zone) - REACH, zone)
    keys = {}
    for row in company.queries.entries_done(company.id, since, now):
        taken_out = row.kind == EffectKind.REVERSE_BOOKING
        entry_id = json.loads(row.request)["entry_id"] if taken_out else row.remote_id or ""
        key = exchange_key(company.identity, row.key, entry_id)
        keys[exchange_reference(key)] = key
    return keys


def _key_by_note(company: Company, line: AccountLine) -> str:
    """That of what came again without an entry; else one of its own reference."""
    object_id = came_again_in(line.note)
    key = came_again_key(company.identity, object_id or "")
    if exchange_reference(key) == line.reference:
        return key
    return natural_key(company.identity, "book_exchange", line.reference)


def _found(company: Company, cash: Cash, line: AccountLine, keys: Mapping[str, str], findings: Findings) -> None:
    named = named_in(line.note)
    parts = company.queries.payment_parts(company.id, named[0]) if named else []
    if named is None or not parts:
        findings.miss(
            f"The entry {line.entry_id} of {line.amount} in the clearing account is a difference of exchange "
            f"({line.reference}), and names no payment on record. It stays, and a statement lists it by itself."
        )
        return
    payment_id, of_reference = named
    size = Money(abs(line.amount.amount), line.amount.currency)
    values: dict[str, object] = {
        "payment_id": payment_id,
        "of_reference": of_reference,
        "amount": str(size.amount),
        "currency": size.currency,
        "booked_on": line.booked_on.isoformat(),
        "reference": line.reference,
        "incoming": line.amount.amount > 0,
        **terms(cash, EffectKind.BOOK_EXCHANGE),
        "note": line.note,
    }
    key = keys.get(line.reference) or _key_by_note(company, line)
    why = f"the ledger has a difference of exchange of {line.amount} of the payment {payment_id}"
    effect = NewEffect(key, EffectKind.BOOK_EXCHANGE, parts[0].ledger_id, canonical(values), why)
    at = start_of_day(line.booked_on, company.policy.zone)
    company.store.difference_found(company.id, Found(effect, line.entry_id, at))
