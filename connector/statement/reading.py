"""Reading both sides of a reconciliation. Only reads; each list is bounded, and nothing is concluded from a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from connector.domain.balance import BalanceChange
from connector.domain.calendar import start_of_day
from connector.domain.money import Money
from connector.errors import Rejected, RejectedBecause, Transient
from connector.ports.entries import AccountReader
from connector.ports.ledger import LedgerAccount
from connector.ports.treasury import Treasury
from connector.statement.payouts import read_insides, sent_in
from connector.statement.values import Books, ClearingLine, Subject, Till

# A reading takes a second or two: that something moves in five of them in a row is no chance, but a busy hour.
TRIES: Final = 5
# A ledger whose lines never add up is read three times, some ten calls; why it does not is for a person to find.
TRIES_OF_BOOKS: Final = 3
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
        changes, unreadable = _changes(treasury, subject)
        after = _held(treasury)
        if before == after:
            say("payouts, and what is in them")
            payouts = tuple(treasury.payouts_since(since))
            insides = read_insides(payouts, sent_in(subject, changes), treasury)
            return Till(after, changes, unreadable, payouts, insides)
        before = after
    raise Transient(
        f"{subject.name}: the balance at Stripe moved each of {TRIES} times it was read, so nothing was concluded.",
        service="processor",
        advice="Ask again in some minutes.",
    )


def _held(treasury: Treasury) -> Mapping[str, Money]:
    """Pending money becoming available is no change."""
    return {currency: one.total for currency, one in treasury.balance().items()}


def _changes(treasury: Treasury, subject: Subject) -> tuple[tuple[BalanceChange, ...], tuple[str, ...]]:
    since = start_of_day(subject.read_from, subject.zone)
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
        f"{subject.name}: Stripe's balance moved more often since {subject.read_from} than Duebird reads. "
        "Nothing was concluded.",
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
