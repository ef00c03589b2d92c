"""What a statement is made of: everything that was read, and how it is put together. Nothing here calls anybody."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from connector.domain.balance import BalanceChange, Payout
from connector.domain.calendar import local_day
from connector.domain.clearing import PlannedEntry, plan_entries
from connector.domain.effect import BooksIdentity
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.reconciliation import NEAR, Cause, Item, Line, Reconciliation, opening_of, reconcile
from connector.domain.records import EntryKind
from connector.errors import Rejected, RejectedBecause
from connector.ports.entries import AccountLine

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Month:
    """A civil month, as `2026-11`."""

    year: int
    number: int

    @classmethod
    def read(cls, words: str) -> Self:
        """What somebody typed.

        Raises:
            ValueError: it is no month written like that.
        """
        found = _MONTH.fullmatch(words)
        if found is None:
            raise ValueError(f"{words} is no month")
        first = date(int(found[1]), int(found[2]), 1)
        return cls(first.year, first.month)

    @classmethod
    def of(cls, day: date) -> Self:
        """The month of a day."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose books are reconciled, and of which month. `now` is UTC; the days are those of `zone`, the company's."""

    company: str
    name: str
    ledger_kind: str
    zone: ZoneInfo
    month: Month
    now: datetime

    @property
    def today(self) -> date:
        """The company's day."""
        return local_day(self.now, self.zone)

    @property
    def last(self) -> date:
        """The last day that is looked at: today, in a month that is not over."""
        return min(self.month.last, self.today)

    @property
    def read_from(self) -> date:
        """Some days more are read on both sides, so that what was booked a little earlier is recognised."""
        return self.month.first - NEAR

    @property
    def read_to(self) -> date:
        """The same at the end."""
        return self.month.last + NEAR


@dataclass(frozen=True, slots=True)
class ClearingLine:
    """A line of the clearing account; `named` is the ledger's own word for an entry of a kind we do not make."""

    entry_id: str
    kind: EntryKind | None
    named: str
    booked_on: date
    amount: Money
    reference: str
    note: str

    @classmethod
    def of(cls, line: AccountLine) -> Self:
        """A line as the ledger gives it."""
        kind = next((one for one in EntryKind if one.value == line.kind), None)
        return cls(line.entry_id, kind, str(line.kind), line.booked_on, line.amount, line.reference, line.note)


@dataclass(frozen=True, slots=True)
class Books:
    """The clearing account: its lines from `read_from` to `read_to`, and its balances around the month.

    `opening` is at the end of the day before the month, `closing` at the end of its last day that is looked at; both as
    the ledger tells them.
    """

    account_name: str
    opening: Money
    lines: tuple[ClearingLine, ...]
    closing: Money


@dataclass(frozen=True, slots=True)
class Till:
    """The processor's balance: what it holds now by currency, and every change from `read_from` until now.

    `unreadable` says which changes could not be read.
    """

    held: Mapping[str, Money]
    changes: tuple[BalanceChange, ...]
    unreadable: tuple[str, ...]
    payouts: tuple[Payout, ...]


@dataclass(frozen=True, slots=True)
class Far:
    """What carries our references further from the month than `read_from` and `read_to`, on both sides.

    Read only for what has no counterpart nearer by, and counted in no figure: it says which month the other side is in.
    """

    lines: tuple[ClearingLine, ...] = ()
    changes: tuple[BalanceChange, ...] = ()


NOTHING_FAR: Final = Far()


@dataclass(frozen=True, slots=True)
class Sought:
    """Our references of what has no counterpart: planned entries without their line, and lines without their entry."""

    entries: frozenset[str]
    lines: frozenset[str]


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What Duebird itself remembers; empty, and `ours` None, where there is nothing on record any more.

    `known` and `ours` are as in `reconcile`. `invoices`: what the invoices of a payment are called, by payment id.
    """

    known: Mapping[str, str]
    ours: frozenset[str] | None
    invoices: Mapping[str, tuple[str, ...]]


PAYMENTS_ONLY: Final[Mapping[EntryKind, date]] = {EntryKind.PAYMENT: date.min}
NOTHING_ON_RECORD: Final = OnRecord({}, None, {})


@dataclass(frozen=True, slots=True)
class Statement:
    """The clearing account of a month held against the balance.

    `entries` and `lines` are those of the days looked at. `told` is the closing balance as the ledger tells it.
    `live` is False for an account's test mode, in which no money is real.
    `apart` are the processor's closing balances in other currencies, which stand in no figure. `booked`: what Duebird
    books by itself, and from which day on.
    """

    subject: Subject
    identity: BooksIdentity
    live: bool
    account_name: str
    found: Reconciliation
    told: Money
    entries: tuple[PlannedEntry, ...]
    lines: tuple[ClearingLine, ...]
    payouts: Mapping[str, Payout]
    invoices: Mapping[str, tuple[str, ...]]
    unreadable: tuple[str, ...]
    apart: tuple[Money, ...]
    booked: Mapping[EntryKind, date]

    def books(self, entry: PlannedEntry) -> bool:
        """Whether Duebird books that by itself; everything else, and what was before, a person enters."""
        since = self.booked.get(entry.kind) if entry.kind is not None else None
        return since is not None and entry.booked_on >= since

    @property
    def currency(self) -> str:
        """In which everything is reckoned."""
        return self.found.closing.currency

    @property
    def processor_account(self) -> str:
        """Whose balance it is, and whether it is only played."""
        return self.identity.processor_account + ("" if self.live else " (test mode: no real money)")

    @property
    def difference(self) -> Money:
        """What the clearing account holds beyond the processor; nothing when the books balance."""
        return self.told - self.found.closing

    @property
    def untold(self) -> Money:
        """What the ledger's own balance holds beyond its lines: an opening balance, or lines that it lists late."""
        return self.told - self.found.ledger_closing

    @property
    def recognised(self) -> tuple[Item, ...]:
        """What is right in the balance, and was entered in another way than Duebird enters it."""
        unmatched = self.found.unmatched
        return tuple(one for one in self.found.items if one not in unmatched)

    @property
    def settled(self) -> bool:
        """Nothing is left to look at."""
        doubts = (self.difference.amount, self.found.unmatched, self.unreadable, self.apart, self.untold.amount)
        return not any(doubts)


def sought_far(statement: Statement, on_record: OnRecord) -> Sought:
    """What is worth looking for further away: what Duebird books and did not find, and our entries without money."""
    entries, lines = set[str](), set[str]()
    for item in statement.found.unmatched:
        if item.cause in {Cause.NOT_BOOKED, Cause.AMOUNT_DIFFERS}:
            entries |= {one.reference for one in item.entries if statement.books(one)}
        if item.cause in {Cause.NOT_AT_PROCESSOR, Cause.NOT_AT_PROCESSOR_YET, Cause.AMOUNT_DIFFERS}:
            lines |= {named_of(one, on_record) for one in item.lines} - {""}
    return Sought(frozenset(entries), frozenset(lines))


def named_of(line: Line, on_record: OnRecord) -> str:
    """The planned reference that a line of ours is for; "" of a line that carries none."""
    known = on_record.known.get(line.entry_id) or on_record.known.get(line.reference)
    found = OUR_REFERENCE.match(line.reference)
    return known or (found.group() if found else "")


def statement_of(
    subject: Subject,
    identity: BooksIdentity,
    books: Books,
    till: Till,
    on_record: OnRecord = NOTHING_ON_RECORD,
    *,
    far: Far = NOTHING_FAR,
    live: bool = True,
    booked: Mapping[EntryKind, date] = PAYMENTS_ONLY,
) -> Statement:
    """Hold one against the other.

    Raises:
        Rejected: SETUP, the processor has no balance in the currency of the clearing account.
    """
    currency = books.opening.currency
    if currency not in till.held and all(one.currency != currency for one in till.changes):
        raise _nothing_alike(subject, books, till)
    planned = plan_entries(till.changes, identity, subject.zone)
    first, last = subject.month.first, subject.last
    near = [one for one in planned if one.booked_on <= subject.read_to]
    named = {named_of(one, on_record) for one in books.lines}
    away = [
        *(one for one in planned if one.booked_on > subject.read_to),
        *plan_entries(far.changes, identity, subject.zone),
    ]
    held = till.held.get(currency, Money.zero(currency))
    found = reconcile(
        first=first,
        last=last,
        today=subject.today,
        opening=opening_of(held, planned, first),
        ledger_opening=books.opening,
        entries=[*near, *(one for one in away if one.reference in named)],
        lines=[*books.lines, *far.lines],
        known=on_record.known,
        ours=on_record.ours,
    )
    return Statement(
        subject,
        identity,
        live,
        books.account_name,
        found,
        books.closing,
        tuple(one for one in near if first <= one.booked_on <= last and one.amount.currency == currency),
        tuple(one for one in books.lines if first <= one.booked_on <= last),
        {one.payout_id: one for one in till.payouts},
        on_record.invoices,
        till.unreadable,
        _apart(subject, till, planned, currency),
        booked,
    )


def _apart(subject: Subject, till: Till, planned: Sequence[PlannedEntry], currency: str) -> tuple[Money, ...]:
    """Balances in other currencies that held something at the end of the last day, or moved in these days."""
    moved = {one.amount.currency for one in planned if subject.month.first <= one.booked_on <= subject.last}
    after = subject.last + timedelta(days=1)
    others = sorted((till.held.keys() | moved) - {currency})
    sums = [opening_of(till.held.get(one, Money.zero(one)), planned, after) for one in others]
    return tuple(one for one in sums if one.amount or one.currency in moved)


def _nothing_alike(subject: Subject, books: Books, till: Till) -> Rejected:
    held = ", ".join(sorted(till.held)) or "no currency"
    return Rejected(
        f'{subject.name}: the clearing account "{books.account_name}" is in {books.opening.currency}, and '
        f"the balance at Stripe is in {held}. The two cannot be compared, so no statement was made.",
        because=RejectedBecause.SETUP,
        service="ledger",
        advice=f"Use a clearing account in {held}: make one in the ledger, and name it in payment_account.",
    )
