"""What entries in another currency leave between clearing account and balance: found, and planned to be entered once.

Looked for once an hour, where an entry was made or taken out, and where money came again without one. It is entered as
a fee is, by `connector.flows.cash`. What nobody can say yet is looked for again: hourly for a day, then daily, for a
month at most.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from connector.domain.calendar import start_of_day
from connector.domain.effect import EffectKind, EffectStatus, NewEffect, canonical
from connector.domain.exchange import LONGEST, PATIENCE
from connector.domain.exchange_difference import difference_note, exchange_key, exchange_reference
from connector.domain.money import Money
from connector.failpoints import Boundary, reach
from connector.flows import came_again
from connector.flows.cash_terms import terms
from connector.flows.company import Cash, Company, Counts
from connector.flows.exchange import own_rate
from connector.flows.exchange_left import STRIPE_IS_SILENT, Account, Left, Unsaid, entry_of, left_of
from state.names import EXCHANGE_NEWS, EXCHANGE_SINCE, EXCHANGE_WAITING, LONG_AGO
from state.store import Attention
from state.tables import EffectRow

DAILY: Final = timedelta(hours=24)
BATCH: Final = 500  # entries that are looked at together, with one commit
BATCHES: Final = 20  # in a look; the rest is there in the next, an hour later
MOST: Final = 500  # that wait at once: beyond that the place in the log waits, and nothing is forgotten


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Effects of which something is not known yet, by key. `looked_at`: when the old ones among them were looked at."""

    looked_at: datetime
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, company: Company) -> _Waiting:
        """As it is on record."""
        row = company.queries.cursor(company.id, EXCHANGE_WAITING)
        if row is None or not row.value:
            return cls(LONG_AGO)
        looked_at, *keys = row.value.split()
        return cls(datetime.fromisoformat(looked_at), tuple(keys))

    @property
    def text(self) -> str:
        """For the record."""
        return " ".join((self.looked_at.isoformat(), *self.keys))


@dataclass(slots=True)
class _Found:
    """What one look came to. `later`: effects that are looked at again."""

    wanted: list[NewEffect] = field(default_factory=list)
    told: list[Attention] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    later: list[EffectRow] = field(default_factory=list)


def run_once(company: Company) -> Counts:
    """Plan what the entries done since the last look have left, as often as `Cash.every` says."""
    counts, now, cash = Counts(), company.clock.now(), company.cash
    row = company.queries.cursor(company.id, EXCHANGE_SINCE)
    since = datetime.fromisoformat(row.value) if row and row.value else None
    if cash is None or cash.exchange_account_id is None:
        if since is not None:
            forgotten = dict.fromkeys((EXCHANGE_SINCE, EXCHANGE_WAITING, EXCHANGE_NEWS), "")
            company.store.differences_found(company.id, [], [], [], forgotten, now)
        return counts
    if since is None:
        since = start_of_day(cash.book_from, company.policy.zone) if cash.book_from else now
    elif row and timedelta() <= now - row.moved_at < cash.every:
        return counts
    _look_at_news(company, cash, since, counts)
    _look_at_all(company, cash, since, counts)
    return counts


def _look_at_news(company: Company, cash: Cash, since: datetime, counts: Counts) -> None:
    """What came again without an entry; news of which not all is known yet is read again, for a day at most.

    `since`: from when on, where no news was read yet.
    """
    now, row = company.clock.now(), company.queries.cursor(company.id, EXCHANGE_NEWS)
    since = datetime.fromisoformat(row.value) if row and row.value else since
    again = came_again.look(company, cash, since, now)
    place = {EXCHANGE_NEWS: min([*again.waiting, now]).isoformat()}
    counts.add(
        "differences of exchange planned",
        company.store.differences_found(company.id, again.wanted, again.told, [], place, now),
    )
    for one in again.wanted:
        reach(Boundary.PLANNED, one.kind)


def _look_at_all(company: Company, cash: Cash, since: datetime, counts: Counts) -> None:
    """What waits, and what was done since, some at a time: what was found of each is on record before the next."""
    now, before, found = company.clock.now(), _Waiting.of(company), _Found()
    all_of_them = not timedelta() <= now - before.looked_at < DAILY
    again = _to_look_at_again(company, before, found, now, all_of_them=all_of_them)
    looked_at = now if all_of_them else before.looked_at
    for rows, until in batches(company, since, now):
        _look(company, cash, [*again, *rows], before, found)
        counts.add("differences of exchange planned", _record(company, found, until, looked_at))
        if len(found.later) > MOST:
            break
        again, found = [], _Found(later=found.later)


def batches(company: Company, since: datetime, now: datetime) -> Iterator[tuple[list[EffectRow], datetime]]:
    """Entries that were made or taken out from then on, some at a time, each time with from when on there are others.

    The last time that is now. What is more than a look may take is there in the next.
    """
    for _ in range(BATCHES):
        rows = company.queries.entries_done(company.id, since, now, BATCH)
        if not rows:
            break
        since = _done_at(rows[-1]) + timedelta.resolution
        yield rows, since
    else:
        return
    yield [], now


def _to_look_at_again(
    company: Company, before: _Waiting, found: _Found, now: datetime, *, all_of_them: bool
) -> list[EffectRow]:
    """Those that wait and are due by now; the others go on waiting."""
    due = list[EffectRow]()
    for one in _still_done(company, before.keys):
        is_due = all_of_them or now - _done_at(one) < PATIENCE
        (due if is_due else found.later).append(one)
    return due


def _look(company: Company, cash: Cash, some: Iterable[EffectRow], before: _Waiting, found: _Found) -> None:
    rows = {one.key: one for one in some}
    account = Account(company, cash, list(rows.values()))
    for one in rows.values():
        left = left_of(company, cash, one, account)
        if isinstance(left, Unsaid):
            _wait(company, one, left, found)
        elif left.amount.amount:
            found.wanted.append(_effect(company, cash, one, left))
        if isinstance(left, Left) and one.key in before.keys:
            found.mended.append(_item(company, one))


def _still_done(company: Company, keys: Iterable[str]) -> Iterator[EffectRow]:
    """Those of them that are in the ledger; one that is ordered again comes up anew once it is done."""
    for key in keys:
        row = company.store.effects.get(key)
        if row is not None and row.status == EffectStatus.DONE:
            yield row


def _done_at(row: EffectRow) -> datetime:
    return row.finished_at or row.planned_at


def _wait(company: Company, row: EffectRow, left: Unsaid, found: _Found) -> None:
    """What is to be done about what is not known: it is looked for again, and after a day the owner is told.

    Who was told when it was booked, of Stripe's silence, is told once that is given up.
    """
    told_then = left is STRIPE_IS_SILENT and own_rate(json.loads(row.request)) is not None
    age = company.clock.now() - _done_at(row)
    gives_up = left.for_good or age >= LONGEST
    if not gives_up:
        found.later.append(row)
    if gives_up or (age >= PATIENCE and not told_then):
        found.told.append(_unknown(company, row, left, gives_up=gives_up))


def _record(company: Company, found: _Found, until: datetime, looked_at: datetime) -> int:
    """Plan what was found, and note that all entries up to then were looked at: but for those that found no room."""
    now = company.clock.now()
    later = sorted({one.key: one for one in found.later}.values(), key=_done_at)
    since = min([until, *(_done_at(one) for one in later[MOST:])])
    waiting = _Waiting(looked_at, tuple(one.key for one in later[:MOST]))
    place = {EXCHANGE_SINCE: since.isoformat(), EXCHANGE_WAITING: waiting.text}
    planned = company.store.differences_found(company.id, found.wanted, found.told, found.mended, place, now)
    for one in found.wanted:
        reach(Boundary.PLANNED, one.kind)
    return planned


def _effect(company: Company, cash: Cash, row: EffectRow, left: Left) -> NewEffect:
    key = exchange_key(company.identity, row.key, left.entry_id)
    payment_id = json.loads(row.request)["payment_id"]
    size = Money(abs(left.amount.amount), left.amount.currency)
    values: dict[str, object] = {
        "payment_id": payment_id,
        "of_reference": left.of_reference,
        "amount": str(size.amount),
        "currency": size.currency,
        "booked_on": left.booked_on.isoformat(),
        "reference": exchange_reference(key),
        "incoming": left.amount.amount > 0,
        **terms(cash, EffectKind.BOOK_EXCHANGE),
        "note": difference_note(payment_id, left.of_reference),
    }
    how = "taken out of the ledger" if row.kind == EffectKind.REVERSE_BOOKING else "made"
    why = (
        f"the entry {left.entry_id} of the payment {payment_id} was {how}, and Stripe's balance moved by {left.amount} "
        "beyond that"
    )
    return NewEffect(key, EffectKind.BOOK_EXCHANGE, row.subject, canonical(values), why)


def _item(company: Company, row: EffectRow) -> str:
    return f"{company.id}/exchange-difference/{row.key}"


def _unknown(company: Company, row: EffectRow, left: Unsaid, *, gives_up: bool) -> Attention:
    """What the owner is told once it has not been known for a day, and once it is not asked for any more."""
    values = json.loads(row.request)
    invoice = company.label(row.subject)
    amount = Money.of(values["amount"], values["currency"])
    how = "taken out of the ledger" if row.kind == EffectKind.REVERSE_BOOKING else "made at the ledger's own rate"
    time = "" if left.for_good else f" within {LONGEST.days} days" if gives_up else " within a day"
    goes_on = f"Duebird asks daily for {LONGEST.days} days, and enters the difference once it is known."
    return Attention(
        key=_item(company, row) + ("/given-up" if gives_up else ""),
        subject=row.subject,
        happened=f"{company.policy.business}, invoice {invoice}: the entry {entry_of(row, values)} of {amount} "
        f"({values['payment_id']}) was {how}, and {left.why}{time}.",
        not_done="No difference of exchange was entered. "
        + (
            "If the clearing account does not hold what Stripe holds, enter the difference by hand."
            if gives_up
            else goes_on
        ),
        command=f"duebird reconcile {company.id}",
    )
