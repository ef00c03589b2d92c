"""What an owner wants of the money in his books, and a log of what he typed about single payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Final

from adapters.memory.cash_world import BANK, FEES, SALES
from adapters.memory.ledger_world import CLEARING
from connector.domain.closed_period import ClosedPeriod
from connector.domain.settlement import Refunds, Surplus
from connector.flows.company import Cash
from connector.ports.ledger import LedgerAccount
from connector.ports.treasury import Treasury

# The first days of fees and payouts: the day they are switched on, that same one by name, one in the first weeks.
_FROM: Final = (None, date(2026, 10, 5), date(2026, 10, 5), date(2026, 10, 14))
_BOOKS: Final = 0.45  # of companies enter what goes back
_HELP: Final = 0.3  # of companies have somebody else who books payments too
_ABROAD: Final = 0.25  # of companies bill some customers in another currency
_ENTERS: Final = 0.5  # of these have an account for what another rate gains or loses
# Of the town's books only: what exchange leaves is entered there, and nothing else.
GAINS: Final = LedgerAccount("gains", "Exchange gains", "7100", "Income", None, takes_payments=False, active=True)
_SHARES: Final[tuple[tuple[int, ...], ...]] = ((), (), (30, 70), (25, 25, 50))
# Above what the last invoice of a run is of: that is paid at once.
_DIVIDED_FROM: Final = (Decimal(100), Decimal(100), Decimal(200))
_EVERY: Final = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=8))  # from one look at the balance to the next


@dataclass(frozen=True, slots=True)
class Purse:
    """Drawn from the seed, the same on every computer. Without a seed: as if money went only one way."""

    fees: bool = False
    payouts: bool = False
    book_from: date | None = None
    every: timedelta = _EVERY[0]
    surplus: Surplus = Surplus.ASK
    refunds: Refunds = Refunds.ASK
    closed_period: ClosedPeriod = ClosedPeriod.ASK
    instalments: tuple[int, ...] = ()  # per cent
    instalments_from: Decimal = Decimal(0)
    moves: bool = False  # money goes back, is paid out and comes back, and books are closed
    abroad: bool = False  # some customers are billed in another currency
    exchange: bool = False  # what another rate gains or loses is entered
    others: bool = False  # somebody else books some payments first

    @staticmethod
    def of(seed: str) -> Purse:
        """That of a seed."""
        dice = Random(f"{seed}/purse")
        books = Random(f"{seed}/refunds").random() < _BOOKS  # apart, so that all else in a seed stays as it is
        fees, payouts = dice.choice(
            ((True, True), (True, True), (True, True), (True, False), (False, True), (False,) * 2)
        )
        return Purse(
            fees=fees,
            payouts=payouts,
            book_from=dice.choice(_FROM) if fees or payouts else None,
            every=dice.choice(_EVERY),
            surplus=dice.choice((Surplus.ASK, Surplus.CREDIT, Surplus.CREDIT)),
            refunds=(dice.choice((Refunds.ASK, Refunds.REOPEN, Refunds.REOPEN)), Refunds.BOOK)[books],
            closed_period=dice.choice(tuple(ClosedPeriod)),
            instalments=(shares := Random(f"{seed}/shares")).choice(_SHARES),
            instalments_from=shares.choice(_DIVIDED_FROM),
            moves=dice.random() < 0.85,
            others=Random(f"{seed}/others").random() < _HELP,
            abroad=(abroad := Random(f"{seed}/abroad").random() < _ABROAD),
            exchange=abroad and Random(f"{seed}/exchange").random() < _ENTERS,
        )

    @property
    def notices(self) -> str:
        """The owner's file about instalments, under its notices."""
        if not self.instalments:
            return ""
        return f'instalments = {list(self.instalments)}\ninstalments_from = "{self.instalments_from}"'

    @property
    def settings(self) -> str:
        """The owner's file about it."""
        lines = [
            "[company.payments]",
            f'surplus = "{self.surplus}"',
            f'refunds = "{self.refunds}"',
            f'refund_account = "{SALES.name}"' if self.refunds is Refunds.BOOK else "",
            f'closed_period = "{self.closed_period}"',
            f'fee_account = "{FEES.name}"' if self.fees else "",
            f'payout_account = "{BANK.name}"' if self.payouts else "",
            f'exchange_account = "{GAINS.name}"' if self.exchange else "",
            f"book_from = {self.book_from}" if self.book_from else "",
        ]
        return "\n".join(lines)

    @property
    def refund_account_id(self) -> str | None:
        """The income that an entry of money that went back takes down; None: none is made."""
        return SALES.account_id if self.refunds is Refunds.BOOK else None

    def cash(self, treasury: Treasury) -> Cash | None:
        """Where fees, payouts and what exchange leaves go; None: nowhere."""
        if not (self.fees or self.payouts or self.exchange):
            return None
        return Cash(
            treasury,
            "USD",
            CLEARING.account_id,
            FEES.account_id if self.fees else None,
            BANK.account_id if self.payouts else None,
            GAINS.account_id if self.exchange else None,
            book_from=self.book_from,
            every=self.every,
        )


class Order(StrEnum):
    """What the owner typed about a payment or an invoice."""

    UNDO = "undo"
    UNDO_REFUND = "undo of what was entered of a refund"
    REBOOK = "rebook"
    CREDIT = "credit"
    RELEASE = "release"
    OPEN_DAY = "retry --first-open-day"


@dataclass(frozen=True, slots=True)
class Ordered:
    """One command of his. `at` is the true time; a name is "" where the command does not say it."""

    at: datetime
    what: Order
    payment_id: str = ""
    ledger_id: str = ""
