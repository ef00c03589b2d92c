"""Where the reading of changes stands. Opaque to everybody else: a JSON text with a place in each of three lists.

Rules, and why:
- page one is asked again and again with a later If-Modified-Since, never page two: in a list ordered by the time of
  change, a row that is touched between two pages moves to the end, and the first row of page two is never seen;
- the next question starts at a time that Xero said, never at ours, so that clocks may differ;
- while rows may still be arriving in the list (a write is not promised to show at once), the next question starts
  before the newest row. How long ago that row is, is told by Xero's own clock in the same answer.
https://developer.xero.com/documentation/api/accounting/requests-and-responses
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from connector.errors import CursorExpired, Transient

OVERLAP = timedelta(minutes=5)  # no lag is promised; users report seconds, minutes at worst
STEP_BACK = timedelta(seconds=1)  # If-Modified-Since is accurate to the second; whether it is inclusive is not written
PAGE_SIZE = 1000  # the most Xero gives
SWEEP_OVERLAP = 50  # rows; Xero takes 60 calls a minute, so no more can be paid between two pages seconds apart
SWEEP_RESTARTS = 3
OTHERS_EVERY = 4  # polls of invoices to one that reads contacts and payments too; see `XeroLedger.changes`


class Kind(StrEnum):
    """The lists that are polled."""

    INVOICES = "invoices"
    CONTACTS = "contacts"
    PAYMENTS = "payments"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where each list is to be asked from next, and which lists this poll has still to read.

    `polls` counts towards the next look at contacts and payments; zero is a poll of everything. `told` are deleted
    payments that stand near the end of their list and were told of, so that asking again from a little earlier does
    not make the caller read the same invoices for ever.
    """

    asked_from: Mapping[Kind, datetime]
    pending: tuple[Kind, ...]
    polls: int = 0
    told: tuple[str, ...] = ()

    @classmethod
    def starting_at(cls, now_at_xero: datetime) -> Cursor:
        """The present moment, with room for rows that are not in the lists yet. The first poll reads every list."""
        start = (now_at_xero - OVERLAP).replace(microsecond=0)
        return cls(dict.fromkeys(Kind, start), tuple(Kind))

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises `CursorExpired` where the text is not one of ours: a sweep then starts anew."""
        try:
            held = json.loads(text)
            return cls(
                {kind: _moment(held["from"][kind]) for kind in Kind},
                tuple(Kind(one) for one in held["pending"]),
                int(held["polls"]),
                tuple(str(one) for one in held["told"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise CursorExpired(
                "The place in Xero's list of changes cannot be read; the open invoices are read anew.", service="xero"
            ) from error

    def __str__(self) -> str:
        return json.dumps(
            {
                "from": {kind: moment.isoformat() for kind, moment in self.asked_from.items()},
                "pending": self.pending,
                "polls": self.polls,
                "told": self.told,
            }
        )

    def begun(self) -> Cursor:
        """Itself in the middle of a poll, else the beginning of the next one."""
        if self.pending:
            return self
        polls = (self.polls + 1) % OTHERS_EVERY
        return replace(self, polls=polls, pending=(Kind.INVOICES,) if polls else tuple(Kind))

    def after(self, upto: datetime, *, full: bool) -> Cursor:
        """The first pending list is read up to `upto`; it stays pending where its page was full."""
        kind, *others = self.pending
        asked_from = {**self.asked_from, kind: upto}
        return replace(self, asked_from=asked_from, pending=self.pending if full else tuple(others))


def next_from(asked_from: datetime, newest: datetime | None, now_at_xero: datetime | None, *, full: bool) -> datetime:
    """The time to ask from after a page that began at `asked_from` and whose newest row is `newest`.

    Raises:
        CursorExpired: a full page that did not advance: over a thousand changes within one second.
    """
    if full:
        upto = asked_from if newest is None else (newest - STEP_BACK).replace(microsecond=0)
        if upto <= asked_from:
            raise CursorExpired(
                "Xero lists more changes for one second than fit on a page, so reading on would miss some. "
                "All open invoices are read anew.",
                service="xero",
            )
        return upto
    if newest is None:
        return asked_from
    settled = (now_at_xero or newest) - OVERLAP
    return max(asked_from, min(newest - STEP_BACK, settled).replace(microsecond=0))


@dataclass(frozen=True, slots=True)
class SweepPlace:
    """Where a reading of all open invoices stands, in a list of fixed order from which rows vanish when paid.

    A row that vanishes from a page already read moves every later row up by one: plain page numbers would skip the
    first row of the next page. So windows overlap by `SWEEP_OVERLAP` rows, and the next one must show at least one
    of the rows that ended the last one (`tail`); else too much vanished, and the sweep starts again.
    """

    rows_read: int = 0
    tail: tuple[str, ...] = ()
    restarts: int = 0

    @classmethod
    def read(cls, text: str | None) -> SweepPlace:
        """The beginning where there is no text."""
        if text is None:
            return cls()
        held = json.loads(text)
        return cls(held["rows_read"], tuple(held["tail"]), held["restarts"])

    def __str__(self) -> str:
        return json.dumps({"rows_read": self.rows_read, "tail": self.tail, "restarts": self.restarts})

    def window(self) -> tuple[int, int]:
        """(page, pageSize) of a window that begins at most `SWEEP_OVERLAP` rows (and a few) before where we stand."""
        target = self.rows_read - SWEEP_OVERLAP
        if target <= 0:
            return 1, PAGE_SIZE
        pages_before = -(-target // PAGE_SIZE)
        return pages_before + 1, target // pages_before

    def joins(self, ids: Sequence[str]) -> bool:
        """Whether a page follows on what was read without a gap."""
        return not self.tail or not set(self.tail).isdisjoint(ids)

    def after(self, ids: Sequence[str]) -> SweepPlace:
        """Where we stand after the page of `window`."""
        page, size = self.window()
        return SweepPlace((page - 1) * size + len(ids), tuple(ids[-SWEEP_OVERLAP:]), self.restarts)

    def again(self) -> SweepPlace:
        """From the beginning.

        Raises:
            Transient: it was begun anew too often.
        """
        if self.restarts >= SWEEP_RESTARTS:
            raise Transient(
                "Xero's list of open invoices changes faster than it can be read; the next sweep tries again.",
                service="xero",
            )
        return SweepPlace(restarts=self.restarts + 1)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(UTC)
