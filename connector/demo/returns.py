"""Before the month ends some money goes back: the owner refunds a part, and a bank disputes a payment, which is won."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from connector.demo import till
from connector.demo.cast import NORTHSIDE, PARTS, SALTBUSH, Business
from connector.demo.doors import Doors
from connector.demo.stage import Stage
from connector.demo.summary import TITLES
from connector.demo.verdict import Expectation
from connector.domain.message import plain_amount
from connector.domain.money import Money

REFUNDED: Final = "N-1025"
GIVEN_BACK: Final = Money.of("60.00", "USD")
DISPUTED: Final = "INV-2101"
PATIENCE: Final = 30.0  # seconds for each entry; Stripe's news is read every second
LOOK: Final = 0.2  # seconds between two looks at a ledger
_LIVE: Final = frozenset(("live", "AUTHORISED", "PAID"))  # QuickBooks' word of the stand-in, and Xero's two


@dataclass(frozen=True, slots=True)
class Went:
    """What a ledger had on record of money that went back: while it was gone, and at the end."""

    what: str
    wanted: tuple[Money, ...]
    entered: tuple[Money, ...]

    @property
    def expectation(self) -> Expectation:
        """It was there, once, over the whole amount."""
        told = ", ".join(plain_amount(one) for one in self.entered) or "nothing"
        broken = () if self.entered == self.wanted else (f"the ledger has {told}",)
        return Expectation(f"{self.what}.", broken)


def play(stage: Stage, doors: Doors, alive: Callable[[], None]) -> list[Went]:
    """Refund and dispute, and wait until the ledgers say what Stripe says; returns what they had on record.

    Raises:
        DuebirdError: the daemon or a stand-in ended.
    """
    stage.headline("Some money goes back")
    disputed = next(one.amount for one in PARTS[SALTBUSH.id] if one.number == DISPUTED)
    stage.event(f"{NORTHSIDE.name}: {till.refund(doors, REFUNDED, str(GIVEN_BACK.amount))}", "magenta", mark="$")
    till.dispute(doors, DISPUTED)
    stage.event(f"A bank disputes {plain_amount(disputed)} for {DISPUTED}: Stripe takes it out of the balance.", "red")
    refunded = _awaited(doors, NORTHSIDE, (GIVEN_BACK,), alive)
    _tell(stage, NORTHSIDE, f"{plain_amount(GIVEN_BACK)} entered as a refund; {REFUNDED} stays paid.", refunded)
    taken = _awaited(doors, SALTBUSH, (disputed,), alive)
    _tell(stage, SALTBUSH, f"{plain_amount(disputed)} entered as gone; {DISPUTED} stays paid.", taken)
    stage.event(till.decide(doors, DISPUTED, won=True), "green", mark="$")
    back = _awaited(doors, SALTBUSH, (), alive)
    if not back:
        _tell(stage, SALTBUSH, f"the entry over {plain_amount(disputed)} is taken out again.", (disputed,))
    return [
        Went("What was refunded is in the books, once", (GIVEN_BACK,), refunded),
        Went("What was disputed was in the books while Stripe was without it", (disputed,), taken),
        Went("What was won is no longer entered as gone", (), back),
    ]


def _tell(stage: Stage, business: Business, what: str, entered: tuple[Money, ...]) -> None:
    if entered:
        stage.event(f"{TITLES[business.ledger]}: {what}", "green", mark="=")


def _awaited(
    doors: Doors, business: Business, wanted: tuple[Money, ...], alive: Callable[[], None]
) -> tuple[Money, ...]:
    """What the ledger has entered as gone back, once that is what is wanted, or time is up."""
    until = time.monotonic() + PATIENCE
    while True:
        found = tuple(_entered(doors, business))
        if found == wanted or time.monotonic() > until:
            return found
        time.sleep(LOOK)
        alive()


def _entered(doors: Doors, business: Business) -> Iterator[Money]:
    """Live entries of refunds and disputes in its ledger, by the stand-in's own record."""
    if business.ledger == "quickbooks":
        for one in doors.get("quickbooks", "records")["entries"]:
            if one["kind"] == "RefundReceipt" and one["status"] in _LIVE:
                yield Money.of(one["amount"], business.currency)
        return
    for one in doors.get("xero", "records")["refunds"]:
        if one["Status"] in _LIVE:
            yield Money.of(one["Amount"], one["CurrencyCode"])
