"""The end of the play: Stripe pays out, Duebird books it, and clearing accounts are held against Stripe's balances."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connector.config import Loaded
from connector.demo import till
from connector.demo.cast import BUSINESSES, Business
from connector.demo.doors import Doors
from connector.demo.stage import Stage
from connector.demo.summary import TITLES
from connector.demo.verdict import Expectation
from connector.domain.message import plain_amount, signed_amount
from connector.reconciling import statement_for
from connector.statement.values import Statement

PATIENCE: Final = 30.0  # seconds until fees and payouts must be booked; the balance is looked at every four
LOOK: Final = 1.0  # seconds between two statements, of some twenty calls each


@dataclass(frozen=True, slots=True)
class Held:
    """A business, and its statement of the month so far."""

    business: Business
    statement: Statement

    def as_json(self) -> dict[str, str]:
        """For programs."""
        statement = self.statement
        return {
            "company": self.business.id,
            "refunded": str(statement.found.totals.refunds.amount),
            "paid_out": str(statement.found.totals.payouts.amount),
            "closing_at_stripe": str(statement.found.closing.amount),
            "closing_in_ledger": str(statement.told.amount),
            "difference": str(statement.difference.amount),
            "currency": statement.currency,
        }


def settle_up(
    stage: Stage, doors: Doors, loaded: Loaded, now: Callable[[], datetime], alive: Callable[[], None]
) -> list[Held]:
    """Let Stripe pay out to both businesses; returns their statements once nothing is left to look at, or time is up.

    Raises:
        DuebirdError: the daemon or a stand-in ended.
    """
    for business in BUSINESSES:
        stage.event(till.pay_out(doors, business), "magenta", mark="$")
    until = time.monotonic() + PATIENCE
    while True:
        held = [Held(one, statement_for(loaded, one.id, None, now(), _nothing)[0]) for one in BUSINESSES]
        if all(one.statement.settled for one in held) or time.monotonic() > until:
            return held
        time.sleep(LOOK)
        alive()


def _nothing(step: str) -> None:
    """The reading takes a blink here."""


def tell(stage: Stage, held: list[Held]) -> None:
    """The statements, in a few lines each."""
    stage.headline("Does the clearing account hold what Stripe holds?")
    for one in held:
        found, ledger = one.statement.found, TITLES[one.business.ledger]
        sums = found.totals
        stage.say(
            f"{one.business.name}: payments {plain_amount(sums.payments)}, fees {signed_amount(sums.fees)}, gone back "
            f"{signed_amount(sums.refunds + sums.disputes)}, paid out {signed_amount(sums.payouts)}. "
            f"Stripe holds {plain_amount(found.closing)}, "
            f'"{one.statement.account_name}" in {ledger} {plain_amount(one.statement.told)}: '
            f"difference {signed_amount(one.statement.difference)}."
        )


def expected(held: list[Held]) -> list[Expectation]:
    """One sentence for each business."""
    return [
        Expectation(
            f"Stripe and the clearing account of {one.business.name} agree.",
            () if one.statement.settled else tuple(_why(one.statement)),
        )
        for one in held
    ]


def _why(statement: Statement) -> list[str]:
    items = [f"{one.cause}: {signed_amount(one.difference)}" for one in statement.found.unmatched]
    return [f"it holds {signed_amount(statement.difference)} more than Stripe", *items]
