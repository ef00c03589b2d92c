"""Fees and payouts of the processor, from its balance into the ledger: read, planned, booked once, looked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from connector.domain.balance import BalanceChange, ChangeKind, Payout
from connector.domain.cash import CashBooking, ForHand, Unbookable, cash_key, plan_cash
from connector.domain.effect import EffectKind, EffectStatus, NewEffect, canonical
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import lease
from connector.flows.attempts import Attempt, look_again
from connector.flows.company import Cash, Company, Counts
from connector.ports.entries import Entry, ExpenseRequest, TransferRequest
from state.names import BALANCE_SINCE
from state.store import Attention
from state.tables import EffectRow

# Nobody waits for a fee in the books: once an hour is one call more an hour, and an idle pass makes none.
EVERY: Final = timedelta(hours=1)
OVERLAP: Final = timedelta(hours=2)  # a change may surface behind newer ones, up to an hour late; twice that
FIRST_REACH: Final = timedelta(days=7)  # on first contact, and never before the day from which the owner wants it
PAGES_A_RUN: Final = 5  # about 5,000 changes; the rest an hour later, from where these ended

_SAID: Final = {
    Unbookable.OTHER_CURRENCY: "is not in the currency of the clearing account",
    Unbookable.SENT_BACK: "was booked in the ledger, and was sent back by the bank since",
    Unbookable.NAMELESS: "does not say which payout it is of",
}


def run_once(company: Company) -> Counts:
    """Plan what the balance's new changes ask for. Once an hour; between that it makes no call."""
    counts, now, cash = Counts(), company.clock.now(), company.cash
    if cash is None:
        return counts
    cursor = company.queries.cursor(company.id, BALANCE_SINCE)
    if cursor is not None and timedelta() <= now - cursor.moved_at < EVERY:
        return counts
    since = min(datetime.fromisoformat(cursor.value), now) if cursor else now - FIRST_REACH
    changes, unreadable = _read(cash, since)
    payout_ids = list(dict.fromkeys(one.payout_id for one in changes if one.payout_id and _is_payout(one)))
    booked = _booked(company, payout_ids)
    unknown = [one for one in payout_ids if one not in booked]
    payouts: dict[str, Payout] = {one: found for one in unknown if (found := cash.treasury.payout(one)) is not None}
    plan = plan_cash(changes, payouts, booked, company.identity, company.policy.zone, cash.rules)
    newest = max((one.created_at for one in changes), default=since + OVERLAP)
    waiting = [one.created_at for one in changes if one.payout_id in plan.waiting]
    again = min([max(since, newest - OVERLAP), *waiting])  # a payout on its way is read again until it is there
    effects = [_effect(company, cash, one) for one in plan.bookings]
    items = [_for_hand(company, one) for one in plan.for_hand] + [_unread(company, one) for one in unreadable]
    counts.add("fees and payouts planned", company.store.cash_read(company.id, effects, items, again, now))
    for one in effects:
        reach(Boundary.PLANNED, one.kind)
    return counts


def _is_payout(change: BalanceChange) -> bool:
    return change.kind in {ChangeKind.PAYOUT, ChangeKind.PAYOUT_FAILURE}


def _read(cash: Cash, since: datetime) -> tuple[list[BalanceChange], list[str]]:
    changes: list[BalanceChange] = []
    unreadable: list[str] = []
    page = cash.treasury.changes_since(since)
    for _ in range(PAGES_A_RUN):
        changes += page.changes
        unreadable += page.unreadable
        if page.cursor is None:
            break
        page = cash.treasury.changes_since(since, page.cursor)
    return changes, unreadable


def _booked(company: Company, payout_ids: Sequence[str]) -> frozenset[str]:
    """Those whose entry is made or under way; also one in doubt, which may be there."""
    left = {EffectStatus.CANCELLED, EffectStatus.REJECTED}
    rows = company.store.effects.of_subjects(company.id, payout_ids) if payout_ids else []
    return frozenset(one.subject for one in rows if one.kind == EffectKind.BOOK_PAYOUT and one.status not in left)


def _effect(company: Company, cash: Cash, one: CashBooking) -> NewEffect:
    fee = one.kind is EntryKind.EXPENSE
    values: dict[str, object] = {
        "amount": str(one.amount.amount),
        "currency": one.amount.currency,
        "booked_on": one.booked_on.isoformat(),
        "reference": one.reference,
        "incoming": one.incoming,
        "account_id": cash.account_id,
        "other_account_id": cash.fees_account_id if fee else cash.bank_account_id,
        "tax_code": cash.tax_code if fee else None,
        "payee": cash.payee if fee else None,
        "note": f"Duebird {one.subject}",
    }
    kind = EffectKind.BOOK_FEE if fee else EffectKind.BOOK_PAYOUT
    what = "fee" if fee else "payout"
    return NewEffect(
        cash_key(company.identity, one.kind, one.subject),
        kind,
        one.subject,
        canonical(values),
        f"Stripe's {what} {one.subject} of {one.amount}",
    )


def _for_hand(company: Company, one: ForHand) -> Attention:
    what = "fee" if one.kind is EntryKind.EXPENSE else "payout"
    return Attention(
        key=f"{company.id}/cash/{one.why}/{one.subject}",
        subject=one.subject,
        happened=f"{company.policy.business}: Stripe's {what} {one.subject} ({one.amount}, {one.booked_on}) "
        f"{_SAID[one.why]}.",
        not_done="Nothing was booked or changed in the ledger for that. Enter it by hand.",
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
    """Perform a BOOK_FEE or BOOK_PAYOUT effect: never before the ledger was asked whether it is there already."""
    company, row = attempt.company, attempt.row
    _still_wanted(company)
    kind, reference = _kind(row), str(json.loads(row.request)["reference"])
    found = _evidence(company.ledger.entries_with_reference(kind, reference))
    if found is not None and (found.live or not row.slot):
        company.store.effects.start(row.key, company.clock.now(), company.owner)
        if not found.live:
            raise _deleted(found)
        company.store.cash_booked(row.key, found.entry_id, company.clock.now(), "found in the ledger; not booked again")
        reach(Boundary.CONCLUDED, row.kind)
        return "adopted"
    reach(Boundary.ASKED, row.kind)
    lease.begin(attempt)
    made = _make(company, row)
    reach(Boundary.ANSWERED, row.kind)
    company.store.cash_booked(row.key, made.entry_id, company.clock.now(), "")
    reach(Boundary.CONCLUDED, row.kind)
    return "done"


def look(company: Company, row: EffectRow) -> str:
    """Look for one in doubt. After two looks, ten minutes after the attempt, it did not happen."""
    reference = str(json.loads(row.request)["reference"])
    found = _evidence(company.ledger.entries_with_reference(_kind(row), reference))
    now = company.clock.now()
    if found is not None and found.live:
        reach(Boundary.FOUND, row.kind)
        company.store.cash_booked(row.key, found.entry_id, now, "found in the ledger when looked for")
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
    if row.kind == EffectKind.BOOK_FEE:
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
    return EntryKind.EXPENSE if row.kind == EffectKind.BOOK_FEE else EntryKind.TRANSFER


def _still_wanted(company: Company) -> None:
    if company.cash is None:
        raise Rejected(
            "Fees and payouts are not booked any more, by the settings; this one was planned before.",
            because=RejectedBecause.SETUP,
            advice=f"duebird check {company.id}",
        )


def _deleted(found: Entry) -> Rejected:
    return Rejected(
        f"The entry {found.entry_id} of {found.amount} was deleted in the ledger by somebody.",
        because=RejectedBecause.BUSINESS_RULE,
        advice="Duebird does not book again what a person has deleted.",
    )
