"""A joint payment link: one page, one sum, several receivables of one customer; and what each of them gets of it.

What a link asks is written into its metadata, so that whoever has lost the memory of it still knows which part of a
payment settles which receivable. A link for a single receivable carries no such list: all of it is that receivable's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connector.domain.effect import BooksIdentity, natural_key
from connector.domain.money import Money

PARTS_KEY: Final = "duebird_parts"
# A metadata value holds 500 characters (https://docs.stripe.com/api/metadata): ten of the longest ids with their
# amounts. A page with more lines than eight is not read on a telephone either.
MOST_PARTS: Final = 8
_MOST_DIGITS: Final = 15  # more than any ledger holds, and no number that takes time to read


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a payment link, and of a payment on it, is for which receivable."""

    ledger_id: str
    amount: Money


def whole(parts: Sequence[Part]) -> Money:
    """What they come to together; all of one currency."""
    amounts = [one.amount for one in parts]
    return Money.from_minor(sum(one.minor for one in amounts), amounts[0].currency)


def written(parts: Sequence[Part]) -> str:
    """`USD 70:12000 71:8000`, in minor units: what the metadata of a joint link says; the first one leads."""
    return " ".join([parts[0].amount.currency, *(f"{one.ledger_id}:{one.amount.minor}" for one in parts)])


def link_key(identity: BooksIdentity, generation: int, parts: Sequence[Part]) -> str:
    """The reference of the link that asks just this: the `generation`-th one of its first receivable."""
    total = whole(parts)
    facts = (parts[0].ledger_id, generation, total.minor, total.currency)
    return natural_key(identity, "link", *facts, *([written(parts)] if len(parts) > 1 else []))


def parts_in(metadata: Mapping[str, str]) -> tuple[Part, ...]:
    """What the metadata of a joint link says; nothing where it is no joint link, or says what we never write.

    Anybody with access to the processor's dashboard can write metadata: believe it only where the link's reference is
    the `link_key` of it.
    """
    currency, *listed = metadata.get(PARTS_KEY, "").split(" ")
    read = [_part(one, currency) for one in listed]
    parts = tuple(one for one in read if one is not None)
    distinct = len({one.ledger_id for one in parts})
    return parts if len(parts) == len(read) == distinct and 1 < distinct <= MOST_PARTS else ()


def _part(words: str, currency: str) -> Part | None:
    ledger_id, _, minor = words.rpartition(":")
    if not ledger_id or not (minor.isascii() and minor.isdigit() and len(minor) <= _MOST_DIGITS):
        return None
    try:
        amount = Money.from_minor(int(minor), currency)
    except ValueError:
        return None
    return Part(ledger_id, amount) if amount.is_positive else None
