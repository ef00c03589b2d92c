"""What stands before every accounting call: the rate limits, and the memory of Idempotency-Keys.

https://developer.xero.com/documentation/guides/oauth2/limits/
https://developer.xero.com/documentation/guides/idempotent-requests/idempotency
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

IDEMPOTENCY_LIFE = timedelta(minutes=6)
APP_MINUTE = 10_000


@dataclass
class Limits:
    """Of one organisation; None is no limit. The minute limit is off, because a demonstration calls in bursts."""

    concurrent: int | None = 5
    minute: int | None = None
    day: int | None = 5000
    running: int = 0
    _minute_from: datetime | None = None
    _minute_used: int = 0
    _day_from: datetime | None = None
    _day_used: int = 0

    def refuse(self, now: datetime) -> tuple[str, int | None] | None:
        """Count one call; (X-Rate-Limit-Problem, Retry-After) when it must not pass. Windows are fixed."""
        if self._minute_from is None or now >= self._minute_from + timedelta(minutes=1):
            self._minute_from, self._minute_used = now, 0
        if self._day_from is None or now >= self._day_from + timedelta(days=1):
            self._day_from, self._day_used = now, 0
        if self.concurrent is not None and self.running >= self.concurrent:
            return "concurrent", None
        if self.day is not None and self._day_used >= self.day:
            return "day", int((self._day_from + timedelta(days=1) - now).total_seconds()) + 1
        if self.minute is not None and self._minute_used >= self.minute:
            return "minute", int((self._minute_from + timedelta(minutes=1) - now).total_seconds()) + 1
        self._minute_used += 1
        self._day_used += 1
        return None

    def headers(self) -> dict[str, str]:
        """What is left, on every answer; a limit that is off is not mentioned."""
        left = {"X-AppMinLimit-Remaining": str(APP_MINUTE - self._minute_used)}
        if self.minute is not None:
            left["X-MinLimit-Remaining"] = str(self.minute - self._minute_used)
        if self.day is not None:
            left["X-DayLimit-Remaining"] = str(self.day - self._day_used)
        return left


@dataclass
class Remembered:
    """The first answer to a key, errors too."""

    at: datetime
    request: tuple[str, str, str]  # method, address, body
    status: int
    body: bytes
    media_type: str


@dataclass
class IdempotencyMemory:
    """Keys of one organisation. Forgotten six minutes after the first call: the key then creates again."""

    _held: dict[str, Remembered] = field(default_factory=dict)

    def find(self, key: str, now: datetime) -> Remembered | None:
        held = self._held.get(key)
        if held is not None and now >= held.at + IDEMPOTENCY_LIFE:
            del self._held[key]
            return None
        return held

    def keep(self, key: str, answer: Remembered) -> None:
        self._held[key] = answer
