"""Effects that a service is found to hold although we do not remember doing them: put on record as done.

Beside `state.effects` and `state.reversal_facts` the only place where effects are written. The legal moves do not bind
here: whatever we remember (refused, cancelled, never heard of), the service has it, and what is done cannot be planned
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy import select as select_columns

from connector.domain.effect import PRIORITY, EffectKind, EffectStatus, NewEffect
from connector.errors import Bug
from state.effects import TextFacts
from state.rows import change, first, table_of
from state.tables import EffectEventRow, EffectRow

_TABLE: Final = table_of(EffectRow)
_KNOWN: Final = select_columns(_TABLE.c.company, _TABLE.c.kind, _TABLE.c.status).where(
    _TABLE.c.key == bindparam("wanted")
)
_NEW: Final = insert(_TABLE)
_DONE: Final = (
    update(_TABLE)
    .where(_TABLE.c.key == bindparam("wanted"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("status", "remote_id", "finished_at", "outcome", "claimed_by", "error")
        }
    )
)
_EVENT: Final = insert(table_of(EffectEventRow))


@dataclass(frozen=True, slots=True)
class Found:
    """An effect that a service holds. `at`: when it was done there as far as that can be told, UTC."""

    effect: NewEffect
    remote_id: str | None
    at: datetime
    text: TextFacts | None = None


def adopt(connection: Connection, company: str, found: Found, note: str) -> bool:
    """Put it on record as done, within a fact of the caller; False where it is so already.

    Raises:
        Bug: its key stands for something else.
    """
    effect = found.effect
    known = first(connection, _KNOWN, wanted=effect.key)
    if known is None:
        change(connection, _NEW, _row(company, found, note))
    else:
        if known.company != company or known.kind != effect.kind.value:
            raise Bug(f"effect {effect.key} stands for two things; nothing was recorded")
        if known.status == EffectStatus.DONE.value:
            return False
        values = {"status": EffectStatus.DONE.value, "remote_id": found.remote_id, "finished_at": found.at}
        cleared = {"outcome": note, "claimed_by": None, "error": None}
        change(connection, _DONE, {"wanted": effect.key} | {f"new_{k}": v for k, v in (values | cleared).items()})
    event = {
        "key": effect.key,
        "at": found.at,
        "before": known.status if known is not None else None,
        "after": EffectStatus.DONE.value,
        "note": note,
        "request": effect.request,
    }
    change(connection, _EVENT, event)
    return True


def _row(company: str, found: Found, note: str) -> dict[str, object]:
    effect = found.effect
    return {
        "key": effect.key,
        "company": company,
        "kind": effect.kind.value,
        "subject": effect.subject,
        "phone": found.text.phone if found.text else None,
        "purpose": found.text.purpose if found.text else None,
        "step": found.text.step if found.text else None,
        "leader": found.text.leader if found.text else None,
        "followers": found.text.followers or None if found.text else None,
        "request": effect.request,
        "reason": effect.reason,
        "status": EffectStatus.DONE.value,
        "priority": PRIORITY[EffectKind(effect.kind)],
        "due_at": found.at,
        "attempts": 1,
        "slot": 0,
        "looks": 0,
        "planned_at": found.at,
        "claimed_at": found.at,  # what counts for the caps of that hour and day
        "finished_at": found.at,
        "remote_id": found.remote_id,
        "outcome": note,
    }
