"""Fees and payouts of the processor, from its balance into the ledger: read, planned, booked once, looked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from connector.domain.balance import BalanceChange, ChangeKind, Payout
from connector.domain.calendar import local_day
from connector.domain.cash import (
    CAME_TO_NOTHING,
    GONE,
    WATCHED,
    CashBooking,
    CashRules,
    ForHand,
    Transfer,
    Unbookable,
    plan_cash,
)
from connector.domain.clearing import payout_reference
from connector.domain.effect import EffectKind, NewEffect, canonical
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import closed, lease
from connector.flows.attempts import RETURNED, Attempt, effect_item, look_again
from connector.flows.cash_back import is_return, returned_item, transfer_of, transfer_rows, transfer_stands
from connector.flows.cash_place import Place
from connector.flows.cash_terms import account_of, by_present_settings, terms
from connector.flows.company import Cash, Company, Counts
from connector.ports.entries import Entry, ExpenseRequest, TransferRequest
from state.names import BALANCE_PLACE, LONG_AGO
from state.queries import Queries
from state.store import Attention, Store
from state.tables import EffectRow

OVERLAP: Final = timedelta(hours=2)  # a change may surface behind newer ones, up to an hour late; twice that
PAGES_A_RUN: Final = 5  # about 5,000 changes; the rest in the next pass, from where these ended
SINGLY: Final = 10  # more payouts than that are read as a list, a hundred a call
PAYOUTS_A_RUN: Final = 50  # of those on their way, two calls each; more than two weeks of several a day

_UNMADE: Final = frozenset({None, Transfer.TO_COME})  # whose payouts are to be asked for
_SAID: Final = {
    Unbookable.OTHER_CURRENCY: "is not in the currency of the clearing account",
    Unbookable.SENT_BACK: "was sent back by the bank, and Duebird did not book it: it is of before the first day from "
    "which payouts are booked, or in another currency than the clearing account",
    Unbookable.NAMELESS: "does not say which payout it is of",
    Unbookable.LATE: "is not paid: Stripe says that it is still on its way, or has no such payout any more",
}
_NOT_DONE: Final = {
    Unbookable.OTHER_CURRENCY: "Nothing was booked or changed in the ledger for that. Enter it by hand.",
    Unbookable.SENT_BACK: "Nothing was booked or changed in the ledger for that. If somebody has entered the payout, "
    "enter its return by hand.",
    Unbookable.NAMELESS: "Nothing was booked or changed in the ledger for that. Enter it by hand.",
}


@dataclass(slots=True)
class _Read:
    changes: list[BalanceChange] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    page: str | None = None


def run_once(company: Company) -> Counts:
    """Plan what the balance's new changes ask for, as often as `Cash.every` says; between that it makes no call."""
    counts, now, cash = Counts(), company.clock.now(), company.cash
    if cash is None:
        return counts
    if not cash.reads_balance:  # exchange differences alone
        switched_off(company.store, company.queries, company.id, now)
        return counts
    row = company.queries.cursor(company.id, BALANCE_PLACE)
    before = Place.of(row.value) if row else Place()
    place = before.for_rules(
        fees=cash.fees_account_id is not None,
        payouts=cash.bank_account_id is not None,
        book_from=cash.book_from,
        today=local_day(now, company.policy.zone),
        zone=company.policy.zone,
    )
    if row and place == before and place.page is None and timedelta() <= now - row.moved_at < cash.every:
        return counts
    if place != before:
        # Before the first call, and as if read long ago: a service that does not answer must not put off the first day.
        company.store.set_cursor(company.id, BALANCE_PLACE, place.text, LONG_AGO)
    found = _read(cash, place)
    asked = _again(cash, place, found)
    counts.add("fees and payouts planned", _record(company, cash, place, found, asked))
    return counts


def _read(cash: Cash, place: Place) -> _Read:
    found = _Read(page=place.page)
    for _ in range(PAGES_A_RUN):
        page = cash.treasury.changes_since(place.since or LONG_AGO, found.page)
        found.changes += page.changes
        found.unreadable += page.unreadable
        found.page = page.cursor
        if page.cursor is None:
            break
    return found


def _again(cash: Cash, place: Place, found: _Read) -> list[str]:
    """Payouts on their way whose turn it is to be asked for; their changes join those that were read."""
    asked = list(place.waiting)[:PAYOUTS_A_RUN]
    for payout_id in asked:
        try:
            change = cash.treasury.change(place.waiting[payout_id])
        except Rejected as refusal:
            found.unreadable.append(f"of payout {payout_id}: {refusal.message}")
            continue
        if change is not None:
            found.changes.append(change)
    return asked


def _record(company: Company, cash: Cash, place: Place, found: _Read, asked: Sequence[str]) -> int:
    """Decide, and record what is to be done with how far it was read."""
    now, zone = company.clock.now(), company.policy.zone
    payout_ids = list(dict.fromkeys(one.payout_id for one in found.changes if one.payout_id and _is_payout(one)))
    rows = transfer_rows(company, payout_ids)
    transfers = {one: transfer for one, row in rows.items() if (transfer := transfer_of(row)) is not None}
    payouts = _payouts(cash, [one for one in payout_ids if transfers.get(one) in _UNMADE], found.changes)
    rules = CashRules(cash.currency, place.fees_from, place.payouts_from)
    transfers |= _standing(company, payouts)
    plan = plan_cash(found.changes, payouts, transfers, company.identity, zone, rules, local_day(now, zone))
    unasked = {one: change_id for one, change_id in place.waiting.items() if one not in asked}
    waiting = {**unasked, **{one: plan.waiting[one] for one in plan.waiting if one not in unasked}}
    effects = [_effect(cash, one, rows.get(one.subject)) for one in plan.bookings]
    items = [_for_hand(company, one) for one in plan.for_hand] + [_unread(company, one) for one in found.unreadable]
    still = {one.subject for one in plan.for_hand if one.why is Unbookable.LATE}
    settled = [_item(company, Unbookable.LATE, one) for one in asked if one not in still]
    dropped = [rows[one] for one in sorted(plan.dropped)]
    settled += [effect_item(company, one) for one in dropped]
    after = replace(_moved_on(place, found, now), waiting=waiting)
    keys = [one.key for one in dropped]
    planned = company.store.cash_read(company.id, effects, items, after.text, now, settled, keys)
    for one in effects:
        reach(Boundary.PLANNED, one.kind)
    return planned


def _moved_on(place: Place, found: _Read, now: datetime) -> Place:
    """Where the next reading begins.

    One in many parts ends with the newest change of its last part, but what surfaced late while it went on may be of
    a part that was read by then: the next begins before its own beginning.
    """
    begun = place.begun or now
    if found.page is not None:
        return replace(place, page=found.page, begun=begun)
    newest = max((one.created_at for one in found.changes), default=None)
    if newest is None:
        return replace(place, page=None, begun=None)
    since = max(place.since or LONG_AGO, min(newest, begun) - OVERLAP)
    return replace(place, since=since, page=None, begun=None)


def switched_off(store: Store, queries: Queries, company_id: str, now: datetime) -> None:
    """Note that neither is wanted: what comes from now on is for the owner, also once it is wanted again."""
    row = queries.cursor(company_id, BALANCE_PLACE)
    place = Place.of(row.value) if row else Place()
    if place.fees_from or place.payouts_from:
        off = replace(place, fees_from=None, payouts_from=None, waiting={})
        store.set_cursor(company_id, BALANCE_PLACE, off.text, now)


def _is_payout(change: BalanceChange) -> bool:
    return change.kind in {ChangeKind.PAYOUT, ChangeKind.PAYOUT_FAILURE}


def _payouts(cash: Cash, payout_ids: Sequence[str], changes: Sequence[BalanceChange]) -> dict[str, Payout]:
    """Those payouts as they stand; one that cannot be read is one of unknown state."""
    if len(payout_ids) > SINGLY:
        oldest = min(one.created_at for one in changes if one.payout_id in payout_ids)
        # A payout is made with its change, or some seconds before it.
        return {one.payout_id: one for one in cash.treasury.payouts_since(oldest - OVERLAP)}
    found = {}
    for payout_id in payout_ids:
        with suppress(Rejected):
            payout = cash.treasury.payout(payout_id)
            if payout is not None:
                found[payout_id] = payout
    return found


def _standing(company: Company, payouts: Mapping[str, Payout]) -> dict[str, Transfer]:
    """Payouts that came to nothing and stand in the ledger all the same: a memory that is lost has no other trace."""
    gone = [one.payout_id for one in payouts.values() if one.state in GONE]
    wanted = {one: payout_reference(company.identity, one) for one in gone}
    found = {one: company.ledger.entries_with_reference(EntryKind.TRANSFER, text) for one, text in wanted.items()}
    return {one: Transfer.MADE for one, entries in found.items() if any(entry.live for entry in entries)}


def _effect(cash: Cash, one: CashBooking, transfer: EffectRow | None) -> NewEffect:
    """`transfer`: that of the payout which is returned, as far as it is on record: money comes from where it went."""
    fee = one.kind is EntryKind.EXPENSE
    kind = EffectKind.BOOK_FEE if fee else EffectKind.BOOK_PAYOUT
    went = json.loads(transfer.request) if transfer is not None and one.returned else {}
    values: dict[str, object] = {
        "amount": str(one.amount.amount),
        "currency": one.amount.currency,
        "booked_on": one.booked_on.isoformat(),
        "reference": one.reference,
        "incoming": one.incoming,
        **terms(cash, kind),
        **{name: went[name] for name in ("account_id", "other_account_id") if name in went},
        "note": f"Duebird {one.subject}",
    }
    why = f"Stripe's {'fee' if fee else 'payout'} {one.subject} of {one.amount}"
    if one.returned:
        values |= {RETURNED: True, "note": f"Duebird {one.subject}, sent back by the bank"}
        why = f"{why} was sent back by the bank"
    return NewEffect(one.key, kind, one.subject, canonical(values), why)


def _item(company: Company, why: Unbookable, subject: str) -> str:
    return f"{company.id}/cash/{why}/{subject}"


def _for_hand(company: Company, one: ForHand) -> Attention:
    what = "fee" if one.kind is EntryKind.EXPENSE else "payout"
    late = one.why is Unbookable.LATE
    until = one.booked_on + WATCHED
    return Attention(
        key=_item(company, one.why, one.subject),
        subject=one.subject,
        happened=f"{company.policy.business}: Stripe's {what} {one.subject} ({one.amount}, {one.booked_on}) "
        f"{_SAID[one.why]}.",
        not_done=f"It is not in the ledger. Duebird looks for it until {until} and books it once it is paid; after "
        "that, enter it by hand. Look at it in the Stripe dashboard under Balances > Payouts, and at your bank."
        if late
        else _NOT_DONE[one.why],
        command=f"duebird reconcile {company.id} --month {one.booked_on:%Y-%m}",
    )


def _unread(company: Company, words: str) -> Attention:
    return Attention(
        key=f"{company.id}/cash/unreadable/{words[:60]}",
        subject="balance",
        happened=f"{company.policy.business}: a movement of the balance at Stripe could not be read: {words}",
        not_done="Neither it nor its fee is booked in the ledger.",
        command=f"duebird reconcile {company.id}",
    )


def book(attempt: Attempt) -> str:
    """Perform an effect of these kinds, and BOOK_EXCHANGE: never before the ledger was asked whether it is there."""
    company, row = attempt.company, attempt.row
    kind, reference = _kind(row), str(json.loads(row.request)["reference"])
    found = _evidence(company.ledger.entries_with_reference(kind, reference))
    if found is not None and (found.live or not row.slot):
        company.store.effects.start(row.key, company.clock.now(), company.owner)
        if not found.live:
            raise _deleted(found)
        note = "found in the ledger; not booked again"
        # Not tried before: a life before this one booked it, and told.
        told = returned_item(company, row) if row.attempts else None
        company.store.cash_booked(row.key, found.entry_id, company.clock.now(), note, told)
        reach(Boundary.CONCLUDED, row.kind)
        return "adopted"
    cash, why = company.cash, _wanted_no_more(company, row)
    if cash is None or why:
        company.store.effect_cancelled(company.id, row.key, company.clock.now(), why)
        return "cancelled"
    if is_return(row) and not transfer_stands(attempt):
        return "postponed"
    reach(Boundary.ASKED, row.kind)
    attempt = replace(attempt, row=by_present_settings(attempt, cash))
    row = closed.in_open_period(attempt)
    lease.begin(attempt)
    try:
        made = _make(company, row)
    except Rejected as refusal:
        return closed.refused(attempt, row, refusal)
    reach(Boundary.ANSWERED, row.kind)
    company.store.cash_booked(row.key, made.entry_id, company.clock.now(), "", returned_item(company, row))
    reach(Boundary.CONCLUDED, row.kind)
    return "done"


def look(company: Company, row: EffectRow) -> str:
    """Look for one in doubt. After two looks, ten minutes after the attempt, it did not happen."""
    reference = str(json.loads(row.request)["reference"])
    found = _evidence(company.ledger.entries_with_reference(_kind(row), reference))
    now = company.clock.now()
    if found is not None and found.live:
        reach(Boundary.FOUND, row.kind)
        note = "found in the ledger when looked for"
        company.store.cash_booked(row.key, found.entry_id, now, note, returned_item(company, row))
        reach(Boundary.CONCLUDED, row.kind)
        return "found"
    again = look_again(row, row.claimed_at or now, now)
    if again is not None:
        company.store.effects.looked(row.key, again)
        return "not found yet"
    company.store.effects.postpone(row.key, now, now, "not in the ledger after two looks: certainly not done")
    return "planned again"


def _make(company: Company, row: EffectRow) -> Entry:
    values = json.loads(row.request)
    amount, booked_on = Money.of(values["amount"], values["currency"]), date.fromisoformat(values["booked_on"])
    account, other, key = values["account_id"], values["other_account_id"], f"{row.key}-{row.slot}"
    if row.kind != EffectKind.BOOK_PAYOUT:
        return company.ledger.make_expense(
            ExpenseRequest(
                amount,
                account,
                other,
                values["tax_code"],
                booked_on,
                values["reference"],
                values["note"],
                key,
                payee=values["payee"],
                incoming=values["incoming"],
            )
        )
    ends = (other, account) if values["incoming"] else (account, other)
    return company.ledger.make_transfer(
        TransferRequest(amount, *ends, booked_on, values["reference"], values["note"], key)
    )


def _evidence(entries: Sequence[Entry]) -> Entry | None:
    return min(entries, key=lambda one: not one.live, default=None)


def _kind(row: EffectRow) -> EntryKind:
    return EntryKind.TRANSFER if row.kind == EffectKind.BOOK_PAYOUT else EntryKind.EXPENSE


def _wanted_no_more(company: Company, row: EffectRow) -> str:
    """Why it is not to be booked any more, "" where it is. What was tried before may have come to nothing since."""
    cash = company.cash
    if cash is None or account_of(cash, EffectKind(row.kind)) is None:
        return "the settings do not ask for it any more, and it is not in the ledger"
    if row.kind == EffectKind.BOOK_PAYOUT and not is_return(row) and (row.attempts or row.slot):
        payout = cash.treasury.payout(row.subject)
        if payout is not None and payout.state in GONE:
            return CAME_TO_NOTHING
    return ""


def _deleted(found: Entry) -> Rejected:
    return Rejected(
        f"The entry {found.entry_id} of {found.amount} was deleted in the ledger by somebody.",
        because=RejectedBecause.BUSINESS_RULE,
        advice="Duebird does not book again what a person has deleted.",
    )
