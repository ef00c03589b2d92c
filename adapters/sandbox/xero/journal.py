"""The double entry behind every record: postings that are only ever added to, in the currency of the books.

Voiding or deleting a record posts the same lines with the other sign on the same day, as Xero's Journals show it.
https://developer.xero.com/documentation/api/accounting/journals
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.sandbox.xero.books import Account

ZERO = Decimal(0)
CENTS = Decimal("0.01")


def home(amount: Decimal, rate: Decimal) -> Decimal:
    """In the currency of the books. A rate is home units for one unit of the other currency (1 EUR = 1.95 NZD)."""
    return (amount * rate).quantize(CENTS, ROUND_HALF_UP)


def told_rate(rate: Decimal) -> Decimal:
    """As Xero's API tells a rate: the other way round, with six decimals."""
    return (1 / rate).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def rate_told(told: Decimal | float | None) -> Decimal | None:
    """A rate of Xero's API as the journal takes it."""
    return None if told is None else 1 / Decimal(str(told))


@dataclass(frozen=True)
class Line:
    """A debit (positive) or credit of one account.

    `amount` is the same money in `currency`. On Accounts Receivable and Payable `document` is the invoice, credit note
    or overpayment whose open balance it changes.
    """

    account: Account
    base: Decimal
    amount: Decimal
    currency: str
    document: str = ""

    def turned(self) -> Line:
        return replace(self, base=-self.base, amount=-self.amount)


@dataclass(frozen=True)
class Posting:
    """One journal: the lines of one event, which add up to nothing."""

    number: int
    source: str
    kind: str
    day: date
    made: datetime
    lines: tuple[Line, ...]


@dataclass
class Journal:
    """All postings of one organisation, oldest first."""

    postings: list[Posting] = field(default_factory=list)
    _standing: dict[str, list[Posting]] = field(default_factory=lambda: defaultdict(list))
    _open: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def post(self, source: str, kind: str, day: date, made: datetime, lines: Iterable[Line]) -> None:
        """Add one posting for the record `source`; raises ValueError when its sides differ."""
        kept = tuple(line for line in lines if line.base or line.amount)
        if kept:
            self._standing[source].append(self._add(source, kind, day, made, kept))

    def reverse(self, source: str, made: datetime) -> None:
        """Take back all that stands for that record."""
        for posting in self._standing.pop(source, []):
            self._add(source, posting.kind, posting.day, made, tuple(line.turned() for line in posting.lines))

    def _add(self, source: str, kind: str, day: date, made: datetime, lines: tuple[Line, ...]) -> Posting:
        if sum((line.base for line in lines), ZERO) != 0:
            raise ValueError(f"{kind} of {source} does not balance: {[(li.account.name, li.base) for li in lines]}")
        posting = Posting(len(self.postings) + 1, source, kind, day, made, lines)
        self.postings.append(posting)
        for line in lines:
            if line.document:
                base, amount = self.open_of(line.document)
                self._open[line.document] = (base + line.base, amount + line.amount)
        return posting

    def open_of(self, document: str) -> tuple[Decimal, Decimal]:
        """What stands open on a document: (home currency, its own currency); a credit is negative."""
        return self._open.get(document, (ZERO, ZERO))

    def lines(self, since: date | None = None, until: date | None = None) -> Iterable[tuple[Posting, Line]]:
        """Lines of the days from `since` to `until`, both included."""
        for posting in self.postings:
            if (since is None or posting.day >= since) and (until is None or posting.day <= until):
                for line in posting.lines:
                    yield posting, line

    def balances(self, until: date | None = None, since: date | None = None) -> dict[str, Decimal]:
        """Home-currency balance by account id; a debit is positive. All together they are nothing."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for _, line in self.lines(since, until):
            found[line.account.account_id] += line.base
        return dict(found)

    def own_balance(self, account: Account, until: date | None = None) -> Decimal:
        """Balance of an account in its own currency."""
        return sum((line.amount for _, line in self.lines(None, until) if line.account is account), ZERO)
