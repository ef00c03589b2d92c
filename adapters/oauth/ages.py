"""How long a connection still lasts, for `duebird status`. Light; makes no call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connector.ports import TokenSet, Weight

IDLE_WARNING: Final = timedelta(weeks=2)  # the daemon refreshes at least monthly: so near the end it is not running
HARD_WARNING: Final = timedelta(weeks=8)  # the one who may sign in can be on leave for a month
# At most 60 days (Xero) between refreshes: after four weeks there are still four in which to succeed.
KEEP_ALIVE_AFTER: Final = timedelta(weeks=4)


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
        _age("idle", tokens.refresh_expires_at, IDLE_WARNING, "unless Duebird runs before then", now),
        _age("hard", tokens.hard_expires_at, HARD_WARNING, "somebody must sign in again before then", now),
    ]
    return [age for age in found if age is not None]


def keep_alive_due(tokens: TokenSet, now: datetime) -> bool:
    """Whether a connection nobody used should be refreshed so that it does not die of idleness."""
    if tokens.refresh_token is None:
        return False
    return tokens.obtained_at is None or now - tokens.obtained_at >= KEEP_ALIVE_AFTER


def _age(what: str, ends_at: datetime | None, warning: timedelta, meaning: str, now: datetime) -> TokenAge | None:
    if ends_at is None:
        return None
    warn_from = ends_at - warning
    weight = Weight.PROBLEM if now >= ends_at else Weight.WARNING if now >= warn_from else Weight.OK
    return TokenAge(what, ends_at, warn_from, weight, meaning)
