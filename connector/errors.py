"""What can go wrong with an outside call, by what the caller may do next.

Every error is a sentence for the person who runs Duebird. `service` names the provider, `code` its own code.
An adapter raises one of these and nothing else; a flow never looks at a provider's exception.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class DuebirdError(Exception):
    """Base of all. `message` says what happened; `advice` what to do or look at next, with the command."""

    def __init__(self, message: str, *, service: str = "", code: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.service = service
        self.code = code
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class Transient(DuebirdError):
    """Certainly *not* done, and likely to work later: the same effect may be tried again.

    `retry_after` is the provider's own word, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        code: str = "",
        advice: str = "",
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message, service=service, code=code, advice=advice)
        self.retry_after = retry_after


class Throttled(Transient):
    """Refused because of a rate or budget limit; everything for that connection pauses, not the one call."""


class Uncertain(DuebirdError):
    """The service may or may not have acted: time-out after sending, broken connection, any 5xx on a write.

    Never repeat blindly: look at the service first.
    """


class RejectedBecause(StrEnum):
    """Why a service said no for good, as far as the caller must act differently on it."""

    OPTED_OUT = "opted_out"  # the recipient told the carrier or the service to stop
    UNREACHABLE_NUMBER = "unreachable_number"  # landline, unknown, invalid
    BLOCKED = "blocked"  # filtered or blocked; the content or the sender must change
    NOT_FOUND = "not_found"
    EXISTS = "exists"  # what was to be made under an id of our choosing is there already
    AMOUNT = "amount"  # below the minimum, above the maximum, above what is owed
    CLOSED_PERIOD = "closed_period"
    BUSINESS_RULE = "business_rule"  # the provider's own rule, in its own words
    SETUP = "setup"  # something in the account or our settings must change
    KEY_REUSED = "key_reused"  # an idempotency key came back with other values
    INVALID = "invalid"  # our request was malformed: a bug, or an unexpected value


class Rejected(DuebirdError):
    """The service said no, for good, and did nothing. A person is told."""

    def __init__(
        self,
        message: str,
        *,
        because: RejectedBecause,
        service: str = "",
        code: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(message, service=service, code=code, advice=advice)
        self.because = because


class NeedsReauthorisation(DuebirdError):
    """The connection is dead until a person connects again, or the key lacks a permission."""


class CursorExpired(DuebirdError):
    """A list cannot be continued from where we were; the caller reads the whole again."""


class DatabaseTrouble(DuebirdError):
    """The database cannot be used. No outside call may be made: what came of it could not be recorded."""


class AlreadyRunning(DuebirdError):
    """Another daemon works on this state. Nothing was started."""


class ConfigProblem(DuebirdError):
    """The configuration cannot work. The message holds every problem found, each with its path and its fix."""


class Mistyped(DuebirdError):
    """What a person gave a command cannot be used. Nothing was done."""


class Bug(DuebirdError):
    """An assertion about our own code failed. Nothing was sent."""
