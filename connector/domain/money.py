"""Amounts: a Decimal and its currency, never apart, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

# Digits after the point by ISO 4217; every currency not named here has two.
# https://www.iso.org/iso-4217-currency-codes.html
_NO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_CODE = re.compile(r"[A-Z]{3}")
_MOST_DIGITS = 18  # of the minor amount: a database counts in 64 bits, and no business is owed a quadrillion


def decimals_of(currency: str) -> int:
    """How many digits ISO 4217 gives `currency` after the decimal point."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency.

    `amount` is in major units (12.50 euros is `Decimal("12.50")`) and is brought to the currency's own number
    of decimals; a value that does not fit exactly is refused. `currency` is an ISO 4217 code in capitals.

    Raises:
        ValueError: the amount is not exact in this currency, not finite, of more than 18 digits in minor units, or
            the code is not three capitals.
        TypeError: the amount is not a Decimal (a float here would be a bug that costs money).
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"an amount must be a Decimal, not {type(self.amount).__name__}")
        if not _CODE.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is not a currency code such as 'USD'")
        if not self.amount.is_finite():
            raise ValueError("an amount must be a finite number")
        decimals = decimals_of(self.currency)
        if self.amount.adjusted() + decimals >= _MOST_DIGITS:
            raise ValueError(f"{self.amount:.3g} {self.currency} has more digits than any amount of money")
        exact = self.amount.quantize(Decimal(1).scaleb(-decimals))
        if exact != self.amount:
            raise ValueError(
                f"{self.amount} {self.currency} has more decimals than the {decimals} that {self.currency} has"
            )
        object.__setattr__(self, "amount", exact or abs(exact))  # a zero has no sign

    @classmethod
    def of(cls, amount: str | int, currency: str) -> Money:
        """Read an amount written in major units, such as `Money.of("12.50", "EUR")`.

        Raises:
            ValueError: it is none, or as the class says.
        """
        if isinstance(amount, str) and ("_" in amount or not amount.isascii()):
            raise ValueError(f"{amount!r} is not an amount")  # Decimal reads both, and people do not write them
        try:
            return cls(Decimal(amount), currency)
        except InvalidOperation as error:
            raise ValueError(f"{amount!r} is not an amount") from error

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """Read an amount in minor units as ISO 4217 counts them: 1250 in EUR is 12.50, 1250 in JPY is 1250."""
        return cls(Decimal(minor).scaleb(-decimals_of(currency)), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in that currency."""
        return cls(Decimal(0), currency)

    @property
    def minor(self) -> int:
        """The amount in the minor units of ISO 4217 (a processor's own rules stand in its adapter)."""
        return int(self.amount.scaleb(decimals_of(self.currency)))

    @property
    def is_positive(self) -> bool:
        """More than nothing."""
        return self.amount > 0

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self} and {other} are in different currencies")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
