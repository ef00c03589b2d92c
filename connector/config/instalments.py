"""Settings of invoices that are asked for in instalments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from pydantic import Field

from connector.config.values import Amount, ListOf
from connector.settings import Contradiction, Means

ALL: Final = 100  # per cent
NOTICES: Final = ("issued", "upcoming", "due", "overdue", "overdue_2", "overdue_3")

Shares = Annotated[
    tuple[Annotated[int, Field(ge=1, le=99), Means("a whole number from 1 to 99")], ...],
    ListOf,
    Field(
        max_length=len(NOTICES),
        description="Percentages of an invoice's total that are asked one after the other, together 100: [30, 70] is a "
        "deposit of 30 % and the rest. The first notice that is on asks the first of them, each later one also the "
        "next. Its text says which it is. Left out: each notice asks all that is owed.",
        examples=[[30, 70]],
    ),
]
DividedFrom = Annotated[
    Amount,
    Field(
        description="With instalments: invoices of a smaller total are asked for at once; in the currency of "
        "minimum_amount. An invoice without a due date is never divided.",
        examples=["500.00"],
    ),
]


def contradictions_of(shares: object, divided_from: object, switches: Sequence[object]) -> Iterator[Contradiction]:
    """Shares that are not all of an invoice, or more of them than notices. `switches`: which of `NOTICES` are on.

    Values that no share can have are told of elsewhere; a list is what the file has, in a section with another fault.
    """
    if not isinstance(shares, list | tuple) or len(shares) > len(NOTICES) or not all(map(_is_share, shares)):
        return
    notices = sum(one is True for one in switches)
    if divided_from and not shares:
        yield Contradiction(
            "instalments_from",
            "is given, but no instalments, so that no invoice is divided",
            "Add instalments, such as [30, 70], or remove instalments_from.",
        )
    if shares and sum(shares) != ALL:
        yield Contradiction(
            "instalments",
            f"come to {sum(shares)} %, not {ALL}",
            f"Write percentages that are {ALL} together, such as [30, 70] or [25, 25, 50].",
        )
    elif len(shares) == 1:
        yield Contradiction(
            "instalments", "is a single one, which is the whole invoice", "Write two or more, or remove it."
        )
    elif len(shares) > notices:
        yield Contradiction(
            "instalments",
            f"are {len(shares)}, and only {notices} notices are on: the last one would never be asked",
            f"Write at most {notices} of them, or switch on more notices.",
        )


def _is_share(value: object) -> bool:
    return type(value) is int and 0 < value < ALL
