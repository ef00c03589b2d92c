"""One record's trouble stays its own: what every loop over records does with an error that belongs to one of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from connector.errors import Bug, DatabaseTrouble, DuebirdError, NeedsReauthorisation, Throttled, Transient

log = logging.getLogger(__name__)

IN_A_ROW = 5  # so many records out of reach one after the other: the service is, not the records


def as_trouble(error: Exception, what: str) -> DuebirdError:
    """Any error as one of ours, so that a surprise in one record is handled like a refusal. It is logged in full.

    Raises:
        DatabaseTrouble: nothing can be recorded, so nothing may be done: that is never one record's own trouble.
    """
    if isinstance(error, DatabaseTrouble):
        raise error
    if isinstance(error, DuebirdError):
        return error
    log.error("%s: unexpected error", what, exc_info=error)
    return Bug(
        f"an unexpected error ({type(error).__name__})",
        advice="The log has the details. Please report it: this is a fault of Duebird.",
    )


class Isolation:
    """Guards a loop over records. `Throttled` and a dead connection end it; so do several out of reach in a row.

    Several threads may share one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.last: DuebirdError | None = None  # why the loop should end, or the last record's own trouble
        self._in_a_row = 0

    @property
    def over(self) -> bool:
        """The service is out of reach: the rest waits for the next run."""
        return isinstance(self.last, Throttled | NeedsReauthorisation) or self._in_a_row >= IN_A_ROW

    @contextmanager
    def record(self, what: str) -> Iterator[list[DuebirdError]]:
        """Work on one record. The list holds its trouble afterwards, if there was any."""
        troubles: list[DuebirdError] = []
        try:
            yield troubles
        except Exception as error:  # noqa: BLE001  a surprise in one record must not stop those behind it
            trouble = as_trouble(error, what)
            troubles.append(trouble)
            with self._lock:
                self.last = trouble if not self.over else self.last
                self._in_a_row = self._in_a_row + 1 if isinstance(trouble, Transient) else 0
            log.warning("%s: %s", what, trouble)
        else:
            with self._lock:
                self._in_a_row = 0
