"""When texts go out that want to go at certain times, where only so many may in an hour and in a day."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from datetime import datetime, timedelta

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)


class Pace:
    """Caps over any hour and any 24 hours, and the texts that count. `had`: those of the last day; None: no cap."""

    def __init__(self, per_hour: int | None, per_day: int | None, had: Iterable[datetime] = ()) -> None:
        self._caps = [(cap, span) for cap, span in ((per_hour, AN_HOUR), (per_day, A_DAY)) if cap is not None]
        self._times = sorted(had)

    def first(self, wanted: datetime) -> datetime:
        """The first instant from `wanted` on at which the caps leave room."""
        at = wanted
        # Each turn passes the end of some text's hour or day, so there are at most twice as many as texts.
        while waits := [one for cap, span in self._caps if (one := self._free_again(at, cap, span)) is not None]:
            at = max(waits)
        return at

    def count(self, at: datetime) -> None:
        """A text goes out then."""
        insort(self._times, at)

    def _free_again(self, at: datetime, cap: int, span: timedelta) -> datetime | None:
        """When the cap leaves room again; None where it does at `at`."""
        first, end = bisect_right(self._times, at - span), bisect_right(self._times, at)
        return self._times[end - cap] + span if end - first >= cap else None
