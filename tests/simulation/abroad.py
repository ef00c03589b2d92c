"""Money of other currencies: who is billed in which, and what the processor makes of it from day to day."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from connector.domain.money import Money, decimals_of

if TYPE_CHECKING:
    from tests.simulation.town import Town

HOME: Final = "USD"
# Of one of the currency so many dollars, about; no digit of a day's rate is round.
_ABOUT: Final = {"EUR": Decimal("1.0837"), "JPY": Decimal("0.006673")}
_MOVES: Final = 0.07  # at most, up or down from there: a refund a week later is another amount
_BILLED: Final = 0.7  # of the customers of a company that has some abroad
_A_RATE_HOLDS: Final = (8, 40)  # hours


class Abroad:
    """All of one town, from the seed. Its ledger has no rate of its own: what is told none is booked one for one."""

    def __init__(self, seed: str, town: Town) -> None:
        self._dice = Random(f"{seed}/abroad/town")
        self._town = town
        self._currency: dict[str, str] = {}
        if town.purse.abroad:
            self._new_rates()

    def settles(self, customer_id: str) -> None:
        """A customer of the company; some are billed in a currency of their own."""
        if self._town.purse.abroad and self._dice.random() < _BILLED:
            self._currency[customer_id] = self._dice.choice(sorted(_ABOUT))

    def bill(self, customer_id: str, minor: int) -> Money:
        """So many of the smallest units of whatever that customer is billed in."""
        return Money.from_minor(minor, self._currency.get(customer_id, HOME))

    def _new_rates(self) -> None:
        """What the processor gives from now on."""
        dice, town = self._dice, self._town
        for currency, about in _ABOUT.items():
            of_today = about * Decimal(1 + dice.uniform(-_MOVES, _MOVES))
            town.processor.balance.rates[currency] = of_today.quantize(about.scaleb(-2))
        moment = town.clock.now() + timedelta(hours=dice.uniform(*_A_RATE_HOLDS))
        if moment < town.end:
            town.at(moment, self._new_rates, silent=True)


def worth(amount: Money, rate: Decimal | None) -> Money:
    """What an entry over `amount` moves an account of the books by; without a rate one for one."""
    if amount.currency == HOME:
        return amount
    exact = amount.amount * (rate if rate is not None else Decimal(1))
    return Money(exact.quantize(Decimal(1).scaleb(-decimals_of(HOME)), ROUND_HALF_UP), HOME)
