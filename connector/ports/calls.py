"""What every adapter shares: the clock, tokens, the budget of calls, and the wire that holds them."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import BoundedSemaphore
from typing import Protocol

from connector.errors import Throttled, Transient


class Clock(Protocol):
    """The only source of 'now'."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    def elapsed(self) -> float:
        """Seconds on a clock that never jumps and counts sleep, for time-outs and cut-offs."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True)
class TokenSet:
    """An OAuth connection's tokens. Times are UTC. Its text form shows no token.

    `refresh_expires_at` is the rolling end, `hard_expires_at` the day no refresh can pass.
    """

    access_token: str
    access_expires_at: datetime
    refresh_token: str | None
    refresh_expires_at: datetime | None
    hard_expires_at: datetime | None = None
    obtained_at: datetime | None = None
    refresh_started_at: datetime | None = None  # written before a refresh, so that a lost answer is seen

    def __repr__(self) -> str:
        return f"TokenSet(access until {self.access_expires_at:%Y-%m-%d %H:%M}Z)"


class TokenStore(Protocol):
    """Custody of tokens at rest. `connection` names one sign-in, such as `quickbooks:9130`."""

    def load(self, connection: str) -> TokenSet | None:
        """The newest tokens, None when not connected."""
        ...

    def save(self, connection: str, tokens: TokenSet) -> None:
        """Make them durable before returning."""
        ...

    def forget(self, connection: str) -> None:
        """Remove them."""
        ...

    def exclusive(self, connection: str) -> AbstractContextManager[None]:
        """One refresher at a time, across processes."""
        ...


class AccessTokens(Protocol):
    """What a ledger adapter asks for a bearer token; the refreshing stands in `adapters.oauth`."""

    def current(self) -> str:
        """A token good for at least the next minute, refreshed when needed.

        Raises:
            NeedsReauthorisation: a person must connect again.
            Transient: the token service could not be reached.
        """
        ...

    def renewed(self, refused: str) -> str:
        """A token other than `refused`, which the service answered with 401. Ask once a call, not in a loop."""
        ...


class CallKind(StrEnum):
    """Reads and writes are budgeted apart: writes keep priority."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class CallSeen:
    """One call that was made, for the budget and for `status`."""

    service: str
    kind: CallKind
    status: int | None  # None: no answer
    server_time: datetime | None = None  # the Date header: our clock is held against it
    day_remaining: int | None = None  # where the service says so (Xero)


class CallMeter(Protocol):
    """The budget of calls of one company. Adapters ask before and tell after each call."""

    def before(self, service: str, kind: CallKind) -> None:
        """Go ahead, or raise `Throttled` when the budget of that service is used up or it is pausing."""
        ...

    def after(self, call: CallSeen) -> None:
        """Count it."""
        ...

    def pause(self, service: str, until: datetime) -> None:
        """The service asked us to wait: everything of this company on that service waits, not the one call."""
        ...


class CutOff:
    """Until when what this thread has begun may leave; each thread has its own.

    Between the last look at the truth and the first byte of a request a computer may wait for a free line, or be shut
    for a night. What was right before that may be wrong after it: then the request must not leave.
    """

    def __init__(self) -> None:
        self._mine = threading.local()

    def begin(self, clock: Clock, seconds: float) -> None:
        """Writes of this thread must have left within so many seconds; what is left to none leaves none."""
        self._mine.clock = clock
        self._mine.ends = clock.elapsed() + seconds
        # Not every computer's monotonic clock counts sleep; the wall clock does, so the earlier of the two decides.
        self._mine.ends_at = clock.now() + timedelta(seconds=seconds)

    def end(self) -> None:
        """What was begun is over: the next write of this thread may leave whenever it does."""
        self._mine.clock = None

    def look(self, service: str) -> None:
        """Directly before the first byte of a write.

        Raises:
            Transient: it is too late. Nothing was sent.
        """
        clock: Clock | None = getattr(self._mine, "clock", None)
        if clock is not None and (clock.elapsed() > self._mine.ends or clock.now() > self._mine.ends_at):
            raise Transient(
                "This computer was busy or asleep between its last look and the request, so nothing was sent: "
                "all is looked at again first.",
                service=service,
            )


class Patience(Protocol):
    """Whether a command that only reads, and nothing else waits for, sits out a pause that a service asks for."""

    def sits_out(self, told: Throttled) -> bool:
        """Wait as long as the service said, and give True; False: it is not waited for."""
        ...


CALLS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Wire:
    """What every adapter shares: whose calls they are, the clock, the budget, and time-outs in seconds."""

    company: str
    clock: Clock
    meter: CallMeter
    connect_timeout: float = 5.0  # a host that does not accept in 5 s is down, not slow
    read_timeout: float = 30.0  # the services' own server limits are 15-26 s (Twilio) to 120 s (Intuit)
    # Entered around each call. Xero allows an organisation five calls at once and Intuit a company ten; one is left
    # for a person's command beside the daemon.
    lane: AbstractContextManager[object] = field(default_factory=lambda: BoundedSemaphore(CALLS_AT_ONCE))
    cut_off: CutOff = field(default_factory=CutOff)  # one for all wires of a company
    patience: Patience | None = None  # None, as in the daemon: no call waits for a pause, the whole company does
