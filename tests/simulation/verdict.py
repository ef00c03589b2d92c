"""The verdict of the invariants, the very ones of `duebird audit`, on what the services of a simulated company hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from adapters.memory.records import records_of
from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity
from connector.domain.invariants import INVARIANTS, broken, check
from connector.domain.records import Agreement, Records
from connector.domain.records import Shown as ShownToOwner
from tests.simulation.judge import Shown
from tests.simulation.town import Town
from tests.simulation.weather import LONGEST_LAG

_SENTENCES: Final = {one.number: one.sentence for one in INVARIANTS}


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a company is judged: whose books they are, and its settings as its owner wrote them."""

    company: str
    identity: BooksIdentity
    policy: Policy


def records(town: Town, rules: Rules, shown: Shown | None) -> Records:
    """What the three worlds hold. `shown`: what the owner is shown, None while that may still change."""
    told = " ".join(shown.attention).replace(",", " ").replace("(", " ").replace(")", " ").split() if shown else []
    held = frozenset(told) & {one.payment_id for one in town.processor.all_payments()}
    return records_of(
        rules.company,
        rules.identity,
        rules.policy,
        town.ledger,
        town.processor,
        town.carrier,
        shown=ShownToOwner(held, tuple(shown.open_effects)) if shown else None,
        agreements=tuple(
            Agreement(one.phone, one.agreed_at) for one in town.people if one.phone and one.agreed_at is not None
        ),
        lists_lag=timedelta(seconds=LONGEST_LAG),
        cash=town.cash,
    )


def verdict(town: Town, rules: Rules, shown: Shown | None) -> list[str]:
    """Every invariant that does not hold, by its number and sentence, and what shows it.

    `shown` None: in the middle of a run, where only what never heals is held against it.
    """
    return [
        f"invariant {one.number} ({_SENTENCES[one.number]}) {one.sentence} "
        + ", ".join(f"{at.what} {at.object_id}" for at in one.look_at)
        for one in broken(check(records(town, rules, shown), healthy=shown is not None))
    ]
