"""A budget of calls that counts everything and refuses what it is told to."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Protocol

from connector.errors import Throttled
from connector.ports.calls import CallKind, CallSeen


class _TellsTime(Protocol):
    def now(self) -> datetime: ...


class MemoryMeter:
    """A `CallMeter` in memory: unlimited until `limits` names a service; a pause lasts until its instant (UTC)."""

    def __init__(self, clock: _TellsTime, limits: dict[str, int] | None = None) -> None:
        self.limits = dict(limits or {})  # service -> calls it still may see in all
        self.calls: list[CallSeen] = []
        self.asked: Counter[tuple[str, CallKind]] = Counter()
        self.refused: Counter[tuple[str, CallKind]] = Counter()
        self.paused_until: dict[str, datetime] = {}
        self._clock = clock

    def before(self, service: str, kind: CallKind) -> None:
        """Count the question; raise `Throttled` while the service pauses or when its limit is used up."""
        until = self.paused_until.get(service)
        if until is not None and self._clock.now() < until:
            self.refused[service, kind] += 1
            raise Throttled(
                f"{service} asked us to wait. Nothing was sent.",
                service=service,
                retry_after=until - self._clock.now(),
            )
        limit = self.limits.get(service)
        if limit is not None and self.asked[service, CallKind.READ] + self.asked[service, CallKind.WRITE] >= limit:
            self.refused[service, kind] += 1
            raise Throttled(f"The budget of calls to {service} is used up. Nothing was sent.", service=service)
        self.asked[service, kind] += 1

    def after(self, call: CallSeen) -> None:
        """Keep it."""
        self.calls.append(call)

    def pause(self, service: str, until: datetime) -> None:
        """Refuse calls to that service until then; a shorter pause does not end a longer one."""
        current = self.paused_until.get(service)
        self.paused_until[service] = until if current is None else max(until, current)

    def made(self, service: str, kind: CallKind | None = None) -> int:
        """How many calls were made to that service, of one kind or of both."""
        return sum(1 for call in self.calls if call.service == service and kind in {None, call.kind})
