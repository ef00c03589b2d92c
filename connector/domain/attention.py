"""When something that waited for a person has been mended: the facts say so, and nobody must tick it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mended:
    """What has worked, and when last. Times are UTC; services by their names, as in `quickbooks`."""

    answered: Mapping[str, datetime] = field(default_factory=dict)  # a call was carried out
    wrote: Mapping[str, datetime] = field(default_factory=dict)  # a call that changes something was
    clock_agreed_at: datetime | None = None  # the services' time and the machine's were the same
    delivered_at: datetime | None = None  # when the latest text that reached its phone was sent
    taken_back: frozenset[str] = frozenset()  # invoices by id that were a person's to see to, and are no more
    all_released: bool = False  # no customer is held any more whose number may have a new owner
    caps_allow: bool = False  # the hourly and daily caps allow another notice


def is_mended(key: str, opened_at: datetime, mended: Mended) -> bool:
    """Whether what the item tells of is over. Items about a payment or reply are a person's alone."""
    _, kind, *rest = [*key.split("/"), "", ""]
    subject = rest[0]
    if kind == "connection":
        return _after(mended.answered.get(subject), opened_at)
    if kind == "setup":
        # A refusal names its service; a text that was taken and then not delivered only the carrier's code.
        return _after(mended.delivered_at if subject.isdigit() else mended.wrote.get(subject), opened_at)
    if kind == "journal":  # a text can only have arrived because it is in reach again
        return _after(mended.delivered_at, opened_at)
    if kind == "clock":
        return _after(mended.clock_agreed_at, opened_at)
    if kind == "handover":
        return subject in mended.taken_back
    return {"cap": mended.caps_allow, "reassigned": mended.all_released}.get(kind, False)


def _after(at: datetime | None, opened_at: datetime) -> bool:
    return at is not None and at > opened_at
