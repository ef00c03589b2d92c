"""Time that passes for everybody alike, and the clocks of machines, which may be set wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapters.clock import ManualClock


class MachineClock:
    """The clock of one computer. `offset` is by how much it is wrong; `elapsed` never is."""

    def __init__(self, true: ManualClock) -> None:
        self.true = true
        self.offset = timedelta()

    def now(self) -> datetime:
        return self.true.now() + self.offset

    def elapsed(self) -> float:
        return self.true.elapsed()

    def sleep(self, seconds: float) -> None:
        self.true.sleep(seconds)
