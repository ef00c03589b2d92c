"""Failure points: named places between two steps, where a test may end, delay or disturb the program.

In use nothing happens at them: `reach` looks at one name and returns. No setting and no variable of the environment
can change that; only a program that imports this module and calls `armed` can, no module of ours does, and a company
with a live account is not assembled meanwhile. See docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

# Gets the point's name. What it raises is raised at the point.
Hook = Callable[[str], None]


class Boundary(StrEnum):
    """How far an effect has come, at a point of its own: `notice.claimed`."""

    PLANNED = "planned"  # on record, durably
    REREAD = "reread"  # the truth was read again, and still wants it
    ASKED = "asked"  # the service was asked whether it is done already, and says no
    CLAIMED = "claimed"  # on record as in flight, durably
    CALLING = "calling"  # the next thing is the call
    ANSWERED = "answered"  # the answer is in hand and nowhere else
    CONCLUDED = "concluded"  # on record as done, durably, with what follows from it
    FOLLOWED = "followed"  # nothing is left to do for it
    DOUBTED = "doubted"  # a life before this one left it in flight; on record as in doubt, durably
    FOUND = "found"  # it was looked for and seen at the service; not on record yet


class Place(StrEnum):
    """Points that belong to no effect."""

    CLAIM_SEEN = "claim.seen"  # what stands at the processor was read
    CLAIM_MEANT = "claim.meant"  # what is to stand there is in the database and in the journal, durably
    CLAIM_ANSWERED = "claim.answered"  # it stands there, and only the answer in hand says so
    LETTING_GO = "claim.letting_go"  # that it is let go is on record, durably
    LET_GO = "claim.let_go"  # it stands at the processor
    REFRESH_MARKED = "tokens.marked"  # that a refresh begins is on the disk
    REFRESH_ANSWERED = "tokens.answered"  # the new tokens are in hand and nowhere else
    REFRESH_SAVED = "tokens.saved"  # they are on the disk, and nobody has used them
    PAYMENT_STORED = "payment.stored"  # on record, durably, and not allocated yet


_ALL: Final = frozenset(Boundary)
# A link needs no evidence: made again under its key it is the same link. Taking one down is harmless to repeat, so
# nothing is read before and nothing looked for after. An effect of any other kind has every point.
STEPS: Final = {
    "link": _ALL - {Boundary.ASKED},
    "retirement": _ALL - {Boundary.REREAD, Boundary.ASKED, Boundary.FOUND},
    "notice": _ALL,
    "request": _ALL,
    "receipt": _ALL,
    "owner": _ALL,
    "booking": _ALL,
    "credit": _ALL,
    "reversal": _ALL,
    "refund": _ALL,
    # Nothing is read again for these: what Stripe has taken, paid out or exchanged never changes.
    "fee": _ALL - {Boundary.REREAD},
    "payout": _ALL - {Boundary.REREAD},
    "exchange": _ALL - {Boundary.REREAD},
}
POINTS: Final = frozenset(f"{what}.{step}" for what, steps in STEPS.items() for step in steps) | frozenset(Place)
_WHAT: Final = {
    "create_link": "link",
    "retire_link": "retirement",
    "book_payment": "booking",
    "book_credit": "credit",
    "reverse_booking": "reversal",
    "book_refund": "refund",
    "book_fee": "fee",
    "book_payout": "payout",
    "book_exchange": "exchange",
}

_hook: Hook | None = None


def reach(point: Boundary | Place, kind: str = "", purpose: str | None = None) -> None:
    """Say that the program has come to a point: of an effect of that kind, for a text with its purpose."""
    if _hook is not None:
        _hook(f"{_WHAT.get(kind, purpose)}.{point}" if kind else str(point))


def are_armed() -> bool:
    """Whether something happens at the points of this process."""
    return _hook is not None


@contextmanager
def armed(hook: Hook) -> Iterator[None]:
    """While inside, `hook` is called at every point, in the thread that reaches it. For tests alone."""
    global _hook  # noqa: PLW0603  one look at a module's name is all that a point may cost
    before, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = before
