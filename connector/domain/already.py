"""Whether a payment stands in the ledger already, entered by somebody else: a person, or another tool. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, Protocol, TypeVar

from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money

# In the frozen values of a booking: the ledger's id of the entry by somebody else that stands for its payment.
NAMED: Final = "already"
# There too: the entries a person was asked about, each with the slot of then; a later slot is that person's answer.
ASKED: Final = "asked_about"
_ELSEWHERE: Final = "/elsewhere"  # behind the id of one that was not on the receivable, but on another of its payment
NEAR: Final = timedelta(days=7)  # people book by the bank's day, which is that of a payout
CLOCKS: Final = timedelta(minutes=1)  # by how much the clocks of two services may differ
# QuickBooks cuts a reference at 21 characters: one that is as long as this and begins a payment's id is that id, cut.
CUT: Final = 15
_WORD: Final = re.compile(r"[A-Za-z0-9_]+")
_PAYMENT_ID: Final = "pi_"


class Entered(Protocol):
    """A payment entry as a ledger gives it; `connector.ports.ledger.Booking` says what each of these is."""

    @property
    def booking_id(self) -> str:
        """The ledger's id."""
        ...

    @property
    def applied(self) -> Money:
        """What it takes off the receivable."""
        ...

    @property
    def unapplied(self) -> Money:
        """What it leaves as a credit."""
        ...

    @property
    def total(self) -> Money | None:
        """All that it is over, on whatever it is; None where those two are all."""
        ...

    @property
    def booked_on(self) -> date:
        """The civil day it is booked to."""
        ...

    @property
    def reference(self) -> str:
        """What stands in its reference field."""
        ...

    @property
    def note(self) -> str:
        """What stands in its memo."""
        ...

    @property
    def entered_at(self) -> datetime | None:
        """When it was entered, UTC."""
        ...


E_co = TypeVar("E_co", bound=Entered, covariant=True)
J_co = TypeVar("J_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment of ours, as far as an entry may tell of it.

    `names`: ids of the processor's that stand for this payment alone. `others`: those of other payments on the same
    receivable. `amount`: of one for several receivables, the part for this one. `paid_at`: UTC, the earliest moment at
    which somebody may have booked it; `paid_on`: the company's civil day of that. `whole`: of one for several
    receivables, all of it; None where it is for this one alone.
    """

    payment_id: str
    names: frozenset[str]
    others: frozenset[str]
    amount: Money
    paid_at: datetime
    paid_on: date
    whole: Money | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere(Generic[E_co]):
    """An entry on other receivables of a payment for several: which those are, and what of the payment is for them."""

    entry: E_co
    on: tuple[str, ...]
    due: Money


class Match(StrEnum):
    """Whether an entry by somebody else stands for a payment."""

    CERTAIN = "certain"  # it names the payment
    LIKELY = "likely"  # it may: only a person can tell
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judgement(Generic[J_co]):
    """`entries`: the one that stands for the payment; or those that may."""

    match: Match
    entries: tuple[J_co, ...] = ()


def judge(
    entries: Iterable[E_co], paid: Paid, *, taken: Collection[str], ruled_out: Collection[str]
) -> Judgement[E_co]:
    """Judge the live entries on the receivable of a payment, whoever made them. Its customer is that of the receivable.

    An entry with a reference of ours is never somebody else's. One that names this payment and no other stands for it,
    whatever it is over. Where two do, or one names several payments, a person must say; and also where one names none
    and is over the same amount, entered since the payment and booked to a day within a week of it.

    Args:
        entries: live ones; deleted ones stand for nothing.
        paid: the payment.
        taken: ids of entries that stand for other payments.
        ruled_out: ids of entries of which a person has said that they are another matter.
    """
    free = [one for one in entries if not {one.booking_id} & {*taken, *ruled_out} and _may_be(one, paid)]
    naming = [one for one in free if not paid.names.isdisjoint(_words(one))]
    certain = [one for one in naming if not _names_another(one, paid)]
    if len(certain) == len(naming) == 1:
        return Judgement(Match.CERTAIN, tuple(certain))
    alike = naming or [one for one in free if _is_alike(one, paid)]
    return Judgement(Match.LIKELY, tuple(alike)) if alike else Judgement(Match.NONE)


def judge_elsewhere(
    found: Iterable[Elsewhere[E_co]], paid: Paid, *, taken: Collection[str], ruled_out: Collection[str]
) -> Judgement[Elsewhere[E_co]]:
    """Judge the live entries on the other receivables of a payment for several: whether one holds this part as well.

    One that names the payment and no other, and is over more than the parts it lies on, does, whatever a person has
    said of it: it is for the owner to put that right in the ledger. One that names it among others, or names none and
    is over all of the payment, may.

    Args:
        found: each entry once.
        paid: the payment, as it is for the receivable on which none of them is.
        taken: ids of entries that stand for other payments.
        ruled_out: ids of entries of which a person has said that they are another matter.
    """
    free = [
        one
        for one in found
        if one.entry.booking_id not in taken and _may_be(one.entry, paid) and one.due < total_of(one.entry)
    ]
    naming = [one for one in free if not paid.names.isdisjoint(_words(one.entry))]
    certain = tuple(one for one in naming if not _names_another(one.entry, paid))
    if certain:
        return Judgement(Match.CERTAIN, certain)
    alike = naming or [one for one in free if total_of(one.entry) == paid.whole and _is_near(one.entry, paid)]
    asked = tuple(one for one in alike if f"{one.entry.booking_id}{_ELSEWHERE}" not in ruled_out)
    return Judgement(Match.LIKELY, asked) if asked else Judgement(Match.NONE)


def total_of(entry: Entered) -> Money:
    """All that an entry is over, on whatever it is."""
    return entry.total if entry.total is not None else entry.applied + entry.unapplied


def _may_be(entry: Entered, paid: Paid) -> bool:
    return not OUR_REFERENCE.match(entry.reference) and entry.applied.currency == paid.amount.currency


def _words(entry: Entered) -> set[str]:
    return set(_WORD.findall(f"{entry.reference} {entry.note}"))


def _names_another(entry: Entered, paid: Paid) -> bool:
    """By a payment's id that is not ours, or by any id of another payment on this receivable."""
    return any(one in paid.others or _is_another_id(one, paid) for one in _words(entry))


def _is_another_id(word: str, paid: Paid) -> bool:
    cut = len(word) >= CUT and paid.payment_id.startswith(word)
    return word.startswith(_PAYMENT_ID) and word != paid.payment_id and not cut


def _is_alike(entry: Entered, paid: Paid) -> bool:
    """Over as much as is for the receivable, or as was paid for all of them."""
    amounts = {entry.applied, entry.applied + entry.unapplied}
    return not amounts.isdisjoint({paid.amount, paid.whole}) and _is_near(entry, paid)


def _is_near(entry: Entered, paid: Paid) -> bool:
    """It names no other payment, and was entered since, to a day that is not far off."""
    if _names_another(entry, paid):
        return False
    if abs(entry.booked_on - paid.paid_on) > NEAR:
        return False
    if entry.entered_at is None:
        return entry.booked_on >= paid.paid_on
    return entry.entered_at >= paid.paid_at - CLOCKS


# ------------------------------------------------------------------------------------------------- in frozen values


def adopted(request: str) -> str:
    """The entry by somebody else that stands for the payment of a booking with those frozen values; "" where none."""
    found: str = json.loads(request).get(NAMED, "")
    return found


def is_by_others(request: str, remote_id: str | None) -> bool:
    """Whether the entry that stands for a booking is somebody else's: `remote_id` is what it was concluded with."""
    return bool(remote_id) and adopted(request) == remote_id


def with_entry(values: Mapping[str, Any], entry_id: str) -> dict[str, Any]:
    """The frozen values of a booking for which that entry stands."""
    return {**values, NAMED: entry_id}


def without_entry(values: Mapping[str, Any]) -> dict[str, Any]:
    """The frozen values of a booking that is to be looked at anew, whatever was said to stand for it.

    Of the entry that was to stand for it nobody has said that it is another matter.
    """
    named = values.get(NAMED)
    asked = {one: slot for one, slot in values.get(ASKED, {}).items() if one not in {named, f"{named}{_ELSEWHERE}"}}
    rest = {name: one for name, one in values.items() if name not in {NAMED, ASKED}}
    return {**rest, ASKED: asked} if asked else rest


def with_question(values: Mapping[str, Any], entries: Iterable[Entered], slot: int) -> dict[str, Any]:
    """The frozen values of a booking about which a person is asked, in that slot."""
    return {**values, ASKED: {**values.get(ASKED, {}), **{one.booking_id: slot for one in entries}}}


def with_question_elsewhere(values: Mapping[str, Any], entries: Iterable[Entered], slot: int) -> dict[str, Any]:
    """The same, about entries on other receivables of its payment. On this one each would be another question."""
    return {**values, ASKED: {**values.get(ASKED, {}), **{f"{one.booking_id}{_ELSEWHERE}": slot for one in entries}}}


def was_asked(values: Mapping[str, Any], entry_id: str) -> bool:
    """Whether a person was asked about that entry."""
    return entry_id in values.get(ASKED, {})


def answered(values: Mapping[str, Any], slot: int) -> dict[str, int]:
    """The entries that a person was asked about in an earlier slot and has ruled out, by ordering the booking anew."""
    asked: Mapping[str, int] = values.get(ASKED, {})
    return {one: then for one, then in asked.items() if then < slot}
