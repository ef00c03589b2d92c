"""Reading both sides of a reconciliation. Only reads; each list is bounded, and nothing is concluded from a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from connector.domain.balance import BalanceChange
from connector.domain.calendar import start_of_day
from connector.domain.money import Money
from connector.errors import Rejected, RejectedBecause, Transient
from connector.ports.entries import AccountReader
from connector.ports.ledger import LedgerAccount
from connector.ports.treasury import Treasury
from connector.statement.values import (
    Books,
    ClearingLine,
    Far,
    OnRecord,
    Statement,
    Subject,
    Till,
    named_of,
    sought_far,
)

# A reading takes a second or two: that something moves in five of them in a row is no chance, but a busy hour.
TRIES: Final = 5
# A ledger whose lines never add up is read three times, some ten calls; why it does not is for a person to find.
TRIES_OF_BOOKS: Final = 3
# A payment that lay with somebody, or was booked anew after an undo, is entered in another month; a quarter is enough.
FAR: Final = timedelta(days=92)
PAGES: Final = 60  # of about a thousand changes: more than a treasury hands over at all

Say = Callable[[str], None]


def read_till(subject: Subject, treasury: Treasury, say: Say) -> Till:
    """The balance before and after its changes, again where the two are not alike.

    Raises:
        DuebirdError: Stripe could not be read to its end, or its balance moved each time it was read.
    """
    since = start_of_day(subject.read_from, subject.zone)
    say("the balance at Stripe")
    before = _held(treasury)
    for _ in range(TRIES):
        say("payments, fees and payouts at Stripe")
        changes, unreadable = _changes(treasury, subject, subject.read_from)
        after = _held(treasury)
        if before == after:
            say("payouts")
            return Till(after, changes, unreadable, tuple(treasury.payouts_since(since)))
        before = after
    raise Transient(
        f"{subject.name}: the balance at Stripe moved each of {TRIES} times it was read, so nothing was concluded.",
        service="processor",
        advice="Ask again in some minutes.",
    )


def _held(treasury: Treasury) -> Mapping[str, Money]:
    """Pending money becoming available is no change."""
    return {currency: one.total for currency, one in treasury.balance().items()}


def _changes(treasury: Treasury, subject: Subject, first: date) -> tuple[tuple[BalanceChange, ...], tuple[str, ...]]:
    since = start_of_day(first, subject.zone)
    found: dict[str, BalanceChange] = {}
    unreadable: dict[str, None] = {}
    cursor: str | None = None
    for _ in range(PAGES):
        page = treasury.changes_since(since, cursor)
        found |= {one.change_id: one for one in page.changes}
        unreadable |= dict.fromkeys(page.unreadable)
        cursor = page.cursor
        if cursor is None:
            return tuple(found.values()), tuple(unreadable)
    raise Rejected(
        f"{subject.name}: Stripe's balance moved more often since {first} than Duebird reads. Nothing was concluded.",
        because=RejectedBecause.BUSINESS_RULE,
        service="processor",
        advice="Ask for a later month: add --month.",
    )


def read_books(subject: Subject, ledger: AccountReader, account: LedgerAccount, say: Say) -> Books:
    """The clearing account, again where its lines do not add up to its balance: an entry came between.

    Where they never do, the statement says so.

    Raises:
        DuebirdError: the ledger could not be read.
    """
    read = _books(subject, ledger, account, say)
    for _ in range(1, TRIES_OF_BOOKS):
        inside = (one.amount for one in read.lines if subject.month.first <= one.booked_on <= subject.last)
        if sum(inside, read.opening) == read.closing:
            break
        read = _books(subject, ledger, account, say)
    return read


def _books(subject: Subject, ledger: AccountReader, account: LedgerAccount, say: Say) -> Books:
    say(f'the account "{account.name}"')
    opening = ledger.account_balance(account.account_id, subject.month.first - timedelta(days=1))
    lines = ledger.account_entries(account.account_id, subject.read_from, subject.read_to)
    closing = ledger.account_balance(account.account_id, subject.last)
    return Books(account.name, opening, tuple(map(ClearingLine.of, lines)), closing)


def read_far(
    statement: Statement,
    on_record: OnRecord,
    treasury: Treasury,
    ledger: AccountReader,
    account: LedgerAccount,
    say: Say,
) -> Far:
    """Up to a quarter away, what belongs to what has no counterpart nearer by: at most two readings of each side.

    Where nothing is sought nothing is read. Only what carries a sought reference of ours is handed over.

    Raises:
        DuebirdError: the ledger or Stripe could not be read.
    """
    subject, sought = statement.subject, sought_far(statement, on_record)
    lines: list[ClearingLine] = []
    if sought.entries:
        say(f'the account "{account.name}", a quarter before and after')
        spans = (
            (subject.month.first - FAR, subject.read_from - timedelta(days=1)),
            (subject.read_to + timedelta(days=1), min(subject.month.last + FAR, subject.today)),
        )
        for first, last in spans:
            if first <= last:
                lines += map(ClearingLine.of, ledger.account_entries(account.account_id, first, last))
    changes: tuple[BalanceChange, ...] = ()
    if sought.lines:
        say("payments, fees and payouts at Stripe, a quarter before")
        before = start_of_day(subject.read_from, subject.zone)
        found, _ = _changes(treasury, subject, subject.month.first - FAR)
        changes = tuple(one for one in found if one.created_at < before)
    return Far(tuple(one for one in lines if named_of(one, on_record) in sought.entries), changes)
