"""How long a connection still lasts, for `duebird status`. Light; makes no call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connector.ports.calls import TokenSet
from connector.ports.findings import Weight

# Every pass over a company keeps its sign-in alive: so near this end nothing has run for it in weeks, because the
# daemon is not running or the company is switched off.
IDLE_WARNING: Final = timedelta(weeks=2)
HARD_WARNING: Final = timedelta(weeks=8)  # the one who may sign in can be on leave for a month


@dataclass(frozen=True, slots=True)
class TokenAge:
    """One end a connection runs towards. Times are UTC; `warn_from` is when `status` starts to speak of it."""

    what: str  # "access", "idle", "hard"
    ends_at: datetime
    warn_from: datetime | None
    weight: Weight
    meaning: str


def ages(tokens: TokenSet, now: datetime) -> list[TokenAge]:
    """Access token, end when unused, end for good; as far as the connection has them."""
    found = [
        TokenAge("access", tokens.access_expires_at, None, Weight.OK, "renewed by itself"),
        _age("idle", tokens.refresh_expires_at, IDLE_WARNING, "unless Duebird runs for this company before then", now),
        _age("hard", tokens.hard_expires_at, HARD_WARNING, "somebody must sign in again before then", now),
    ]
    return [age for age in found if age is not None]


def _age(what: str, ends_at: datetime | None, warning: timedelta, meaning: str, now: datetime) -> TokenAge | None:
    if ends_at is None:
        return None
    warn_from = ends_at - warning
    weight = Weight.PROBLEM if now >= ends_at else Weight.WARNING if now >= warn_from else Weight.OK
    return TokenAge(what, ends_at, warn_from, weight, meaning)
