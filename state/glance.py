"""What `duebird status` shows, read with SQLite's own driver: loading the ORM takes longer than all the rest of it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from connector.domain.lease import Claim
from state.names import ALL, DRAFT, RECOVERY, TEXTS
from state.place import BUSY_TIMEOUT_MS, trouble


@dataclass(frozen=True, slots=True)
class Pause:
    """The stop of all texts of a company."""

    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Glance:
    """How things stand in one company. Times are UTC.

    `cursors`: how far each list was read, its value and when it was moved. `calls`: (reads, writes) by service.
    """

    books: str | None
    cursors: Mapping[str, tuple[str, datetime]]
    pause: Pause | None
    recovery: Pause | None  # its memory is to be rebuilt first
    elsewhere: Claim | None  # another installation works on the company
    counts: Mapping[str, int]
    attention: int
    last_text_at: datetime | None
    calls: Mapping[str, tuple[int, int]]
    draft: Pause | None = None  # it has not gone live


class Glances(Protocol):
    """Whoever can tell how things stand."""

    def glance(self, company: str, calls_since: Mapping[str, datetime]) -> Glance:
        """One company; `calls_since`: the services to count calls of, each from an instant on."""
        ...

    def daemon(self) -> dict[str, object] | None:
        """The daemon that works on a database several machines can reach: its process and host; None where none is."""
        ...


class FileGlances:
    """Reads the file of an installation on SQLite. Writes nothing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def glance(self, company: str, calls_since: Mapping[str, datetime]) -> Glance:
        """See `Glances`.

        Raises:
            DatabaseTrouble: the file cannot be read.
        """
        try:
            return self._glance(company, calls_since)
        except sqlite3.Error as error:
            raise trouble(error) from error

    def daemon(self) -> dict[str, object] | None:
        """See `Glances`: of a file, the lock beside it tells."""
        return None

    def _glance(self, company: str, calls_since: Mapping[str, datetime]) -> Glance:
        books = self._one("SELECT ledger_name FROM companies WHERE company = ?", company)
        # A file of the version before has no such table until the daemon has brought it up to date.
        has_leases = self._one("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'leases'")
        elsewhere = self._one("SELECT elsewhere FROM leases WHERE company = ?", company) if has_leases else None
        cursors = self._connection.execute("SELECT name, value, moved_at FROM cursors WHERE company = ?", (company,))
        count = "SELECT count(*) FROM "
        last = self._one("SELECT max(sent_at) FROM texts WHERE company = ?", company)
        return Glance(
            books=books[0] if books else None,
            cursors={name: (value, _instant(moved_at)) for name, value, moved_at in cursors},
            pause=self._hold(company, TEXTS),
            recovery=self._hold(company, RECOVERY),
            draft=self._hold(company, DRAFT),
            elsewhere=claim_of(elsewhere[0]) if elsewhere else None,
            counts={
                "open": self._count(f"{count} receivables WHERE company = ? AND state = 'open'", company),
                "texts": self._count(f"{count} texts WHERE company = ?", company),
                "booked": self._count(f"{count} payments WHERE company = ? AND verdict = 'booked'", company),
                "uncertain": self._count(f"{count} effects WHERE company = ? AND status = 'uncertain'", company),
                "planned": self._count(f"{count} effects WHERE company = ? AND status = 'planned'", company),
                "awaiting_approval": self._count(
                    f"{count} receivables WHERE company = ? AND state = 'open' AND reason = 'awaiting_approval'",
                    company,
                ),
            },
            attention=self._count(f"{count} attention WHERE company = ? AND closed_at IS NULL", company),
            last_text_at=_instant(last[0]) if last and last[0] else None,
            calls={service: self._calls(company, service, since) for service, since in calls_since.items()},
        )

    def _hold(self, company: str, scope: str) -> Pause | None:
        found = self._one(
            "SELECT since, why FROM holds WHERE company = ? AND scope = ? AND subject = ?", company, scope, ALL
        )
        return Pause(_instant(found[0]), found[1]) if found else None

    def _calls(self, company: str, service: str, since: datetime) -> tuple[int, int]:
        reads, writes = self._one(
            "SELECT coalesce(sum(reads), 0), coalesce(sum(writes), 0) FROM calls "
            "WHERE company = ? AND service = ? AND hour >= ?",
            company,
            service,
            since.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"),
        ) or (0, 0)
        return int(reads), int(writes)

    def _count(self, question: str, company: str) -> int:
        found = self._one(question, company)
        return int(found[0]) if found else 0

    def _one(self, question: str, *values: str) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._connection.execute(question, values).fetchone()
        return found


def claim_of(words: str | None) -> Claim | None:
    """As `leases` holds it."""
    return Claim.of_words(json.loads(words)) if words is not None else None


def _instant(stored: str) -> datetime:
    """As `state.tables.UtcDateTime` stores it."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


@contextmanager
def file_glances(database: Path) -> Iterator[FileGlances]:
    """Open an installation's file to look at it. `mode=rw`: a crash's half-written pages must be taken back first.

    Raises:
        DatabaseTrouble: it cannot be opened.
    """
    try:
        connection = sqlite3.connect(
            f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None
        )
    except sqlite3.Error as error:
        raise trouble(error) from error
    with contextlib.closing(connection):
        yield FileGlances(connection)
