"""One client's line to a world: the budget is asked, the call logged, its fault played out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from adapters.memory.budget import MemoryMeter
from adapters.memory.faults import Crash, Fault, FaultKind, Faults
from adapters.memory.world import DONE, World
from connector.errors import (
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.calls import CallKind, CallMeter, CallSeen, CutOff

T = TypeVar("T")
W = TypeVar("W", bound=World)

# What the budget is told a call ended with; no answer is None.
_STATUS: dict[type[DuebirdError], int | None] = {
    Throttled: 429,
    NeedsReauthorisation: 401,
    Transient: None,
    Uncertain: None,
}


class Client(Generic[W]):
    """What the ports in memory share. `service` is the name under which calls are counted."""

    port: ClassVar[str]

    def __init__(
        self,
        world: W,
        *,
        faults: Faults | None = None,
        meter: CallMeter | None = None,
        service: str | None = None,
    ) -> None:
        self.world = world
        self.faults = faults if faults is not None else Faults()
        self.service = service if service is not None else self.port
        self.cut_off = CutOff()
        self._meter: CallMeter = meter if meter is not None else MemoryMeter(world)

    def _read(self, method: str, args: tuple[Any, ...], act: Callable[[], T]) -> T:
        return self._call(CallKind.READ, method, args, act)

    def _list(self, method: str, args: tuple[Any, ...], act: Callable[[datetime], T]) -> T:
        """A read that may show an old picture; `act` is given the moment up to which it sees."""
        lag = self.faults.lag(method, lists=True)
        return self._call(CallKind.READ, method, args, lambda: act(self.world.now() - lag))

    def _write(self, method: str, args: tuple[Any, ...], act: Callable[[], T]) -> T:
        return self._call(CallKind.WRITE, method, args, act)

    def _call(self, kind: CallKind, method: str, args: tuple[Any, ...], act: Callable[[], T]) -> T:
        self._meter.before(self.service, kind)
        if kind is CallKind.WRITE:
            self.cut_off.look(self.service)
        status: int | None = 200
        try:
            with self.world.moment():
                return self._logged(kind, method, args, act)
        except DuebirdError as error:
            status = _STATUS.get(type(error), 400)
            raise
        except Crash:
            status = None
            raise
        finally:
            self._meter.after(CallSeen(self.service, kind, status, self.world.now()))

    def _logged(self, kind: CallKind, method: str, args: tuple[Any, ...], act: Callable[[], T]) -> T:
        number = self.world.see(self.port, method, args)
        fault = self.faults.draw(self.port, method, args, writing=kind is CallKind.WRITE)
        fate = DONE
        try:
            return act() if fault is None else self._faulty(fault, kind, act)
        except Rejected as error:
            fate = f"rejected:{error.because}"
            raise
        except (DuebirdError, Crash) as error:
            fate = type(error).__name__.lower()
            raise
        finally:
            self.world.conclude(number, fate if fault is None else fault.kind)

    def _faulty(self, fault: Fault, kind: CallKind, act: Callable[[], T]) -> T:
        match fault.kind:
            case FaultKind.CRASH_BEFORE:
                raise Crash
            case FaultKind.CRASH_AFTER:
                with suppress(Rejected):
                    act()
                raise Crash
            case FaultKind.REFUSE:
                raise Rejected(
                    "The service refuses this for a reason of its own. Nothing was done.",
                    because=RejectedBecause.BUSINESS_RULE,
                    service=self.service,
                )
            case FaultKind.DEAD:
                raise NeedsReauthorisation(
                    "The service no longer accepts this connection. Nothing was done.", service=self.service
                )
            case FaultKind.THROTTLE:
                raise self._throttled()
            case FaultKind.FAIL_BEFORE:
                raise Transient("The service could not be reached. Nothing was done.", service=self.service)
        if kind is CallKind.READ:
            raise Transient("The service did not answer. Nothing was changed by asking.", service=self.service)
        if fault.kind is FaultKind.LOSE_ANSWER:
            with suppress(Rejected):
                act()
        elif fault.kind is FaultKind.COMMIT_LATE:
            self.world.later(self.faults.lateness(fault), act, commit=True)
        raise Uncertain("The service did not answer; it may have acted.", service=self.service)

    def _throttled(self) -> Throttled:
        wait = timedelta(seconds=self.faults.retry_after_seconds)
        self._meter.pause(self.service, self.world.now() + wait)
        return Throttled("The service asked us to wait. Nothing was done.", service=self.service, retry_after=wait)
