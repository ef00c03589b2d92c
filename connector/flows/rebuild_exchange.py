"""Of a rebuild: differences of exchange that stand in the ledger, put on record with the payment of each.

And from when on entries are looked at again for what they have left, so that what was not entered yet is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from connector.domain.calendar import local_day, start_of_day
from connector.domain.effect import EffectKind, NewEffect, canonical
from connector.domain.exchange_difference import (
    came_again_in,
    came_again_key,
    exchange_key,
    exchange_reference,
    found_key,
    is_difference,
    named_in,
)
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.flows.cash_terms import terms
from connector.flows.company import Cash, Company
from connector.flows.exchange_difference import batches
from connector.flows.exchange_left import FOUND, entry_of
from connector.flows.rebuild_cash import REACH, begun_on
from connector.flows.rebuild_reading import Findings, go_on
from connector.ports.entries import AccountLine
from state.adopting import Found
from state.names import EXCHANGE_SINCE
from state.tables import EffectRow


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
    done = _done(company)
    keys, known = _keys(company, done), _known(company)
    for line in ours:
        go_on(company)
        if line.reference not in known:
            _found(company, cash, line, keys, findings)
    findings.count("differences of exchange", len(ours))
    if cash.exchange_account_id is not None:
        _look_again(company, cash, [one.booked_on for one in ours], findings)
        _name_those_taken_out(company, cash, done, findings)


def _look_again(company: Company, cash: Cash, days: Sequence[date], findings: Findings) -> None:
    """From when on entries are looked at: since the first day of which there is one, as far back as they are read.

    An older memory knows it.
    """
    if company.queries.cursor(company.id, EXCHANGE_SINCE) is not None:
        return
    now, zone = company.clock.now(), company.policy.zone
    first = cash.book_from or min(days, default=None)
    if first is None:
        first = begun_on(company)
        findings.miss(
            f"Differences of exchange: none was found in the ledger. They are entered from {first} on; what was "
            "before, and is not in your books, is yours to enter."
        )
    since = max(start_of_day(first, zone), start_of_day(local_day(now, zone) - REACH, zone))
    company.store.set_cursor(company.id, EXCHANGE_SINCE, since.isoformat(), now)


def _name_those_taken_out(company: Company, cash: Cash, done: Sequence[EffectRow], findings: Findings) -> None:
    """What was out of the ledger already: nobody knows what it stood for. Where no difference names it, it is told."""
    named = {json.loads(one.request)["of_reference"] for one in company.queries.exchange_differences(company.id)}
    for row in done:
        values = json.loads(row.request)
        foreign = row.kind == EffectKind.REVERSE_BOOKING and FOUND in values and values["currency"] != cash.currency
        if foreign and values["of_reference"] not in named:
            amount = Money.of(values["amount"], values["currency"])
            findings.miss(
                f"The entry {values['entry_id']} of {amount} (payment {values['payment_id']}) was taken out of the "
                "ledger before. Whether that left a difference of exchange is not known, and none was entered; the "
                "statement shows it."
            )


def _known(company: Company) -> set[str]:
    return {json.loads(one.request)["reference"] for one in company.queries.exchange_differences(company.id)}


def _done(company: Company) -> list[EffectRow]:
    """Entries that were made or taken out within the reach of a rebuild, as they are on record by now."""
    now, zone = company.clock.now(), company.policy.zone
    since = start_of_day(local_day(now, zone) - REACH, zone)
    return [row for rows, _ in batches(company, since, now) for row in rows]


def _keys(company: Company, done: Sequence[EffectRow]) -> dict[str, str]:
    """By the reference it would carry, the key of each difference that an entry on record may have left."""
    keys = {}
    for row in done:
        key = exchange_key(company.identity, row.key, entry_of(row, json.loads(row.request)))
        keys[exchange_reference(key)] = key
    return keys


def _key_by_note(company: Company, line: AccountLine) -> str:
    """That of what came again without an entry; else one of its own reference."""
    object_id = came_again_in(line.note)
    key = came_again_key(company.identity, object_id or "")
    if exchange_reference(key) == line.reference:
        return key
    return found_key(company.identity, line.reference)


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
