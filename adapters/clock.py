"""The real clock and one that a test moves by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_BOOTTIME: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)  # Linux only


class SystemClock:
    """The machine's clock. `elapsed` counts sleep where the platform can (Linux: CLOCK_BOOTTIME)."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds that never jump; a suspended laptop's hours are counted, unlike `time.monotonic()` on Linux."""
        return time.clock_gettime(_BOOTTIME) if _BOOTTIME is not None else time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class ManualClock:
    """A clock that stands still until moved. `sleep` moves it, so that waiting costs a test nothing."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Where it stands."""
        return self._now

    def elapsed(self) -> float:
        """Seconds moved forward so far; `jump` does not count."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move forward."""
        self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by
        self._elapsed += by.total_seconds()

    def jump(self, to: datetime) -> None:
        """Set the wall clock as a wrong NTP server would: no time passes."""
        self._now = to.astimezone(UTC)
