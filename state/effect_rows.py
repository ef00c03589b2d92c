"""What the effect log writes of an effect, of a text and of a move, as values of columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.domain.effect import PRIORITY, EffectStatus, NewEffect


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the log keeps of a text beside its request, to count and find it: to whom, what for, which step.

    `followers`: how many other receivables it is about. `leader`: of what stands with one of those for the text, the
    key of the text itself.
    """

    phone: str
    purpose: str
    step: str | None = None
    leader: str | None = None
    followers: int = 0


def planned(company: str, effect: NewEffect, text: TextFacts | None, now: datetime) -> dict[str, object]:
    """The row of an effect that was never tried."""
    return {
        "key": effect.key,
        "company": company,
        "kind": effect.kind.value,
        "subject": effect.subject,
        "request": effect.request,
        "reason": effect.reason,
        "status": EffectStatus.PLANNED.value,
        "priority": PRIORITY[effect.kind],
        "due_at": now,
        "planned_at": now,
        "attempts": 0,
        "slot": 0,
        "looks": 0,
        **of_text(text),
    }


def of_text(text: TextFacts | None) -> dict[str, object]:
    """The columns of a text; of anything else they are empty."""
    return {
        "phone": text.phone if text else None,
        "purpose": text.purpose if text else None,
        "step": text.step if text else None,
        "leader": text.leader if text else None,
        "followers": text.followers or None if text else None,
    }


def event(key: str, before: EffectStatus, after: EffectStatus, now: datetime, note: str = "") -> dict[str, object]:
    """The event of a move."""
    return {"key": key, "at": now, "before": before.value, "after": after.value, "note": note}


def planning(effect: NewEffect, now: datetime) -> dict[str, object]:
    """The event of a plan, with the values that were frozen then."""
    return {
        "key": effect.key,
        "at": now,
        "before": None,
        "after": EffectStatus.PLANNED.value,
        "note": effect.reason,
        "request": effect.request,
    }
