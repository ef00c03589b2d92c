"""Where the reading of changes stands. Opaque to everybody else: a JSON text with a place in each of three lists.

Rules, and why:
- page one is asked again and again with a later If-Modified-Since, not page two: in a list ordered by the time of
  change, a row that is touched between two pages moves to the end, and the first row of page two is never seen;
- only where a single second holds more changes than a page (a bulk import), so that page one would never end, the
  rows of that second are read in overlapping windows: see `adapters.xero.place`;
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

from adapters.xero.place import BEGINNING, ListPlace
from connector.errors import CursorExpired

OVERLAP = timedelta(minutes=5)  # no lag is promised; users report seconds, minutes at worst
STEP_BACK = timedelta(seconds=1)  # If-Modified-Since is accurate to the second; whether it is inclusive is not written
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
    window: ListPlace = BEGINNING  # within the first pending list; not at its beginning only in a crowded second

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
                ListPlace.of(held["window"]),
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
                "window": self.window.as_json(),
            }
        )

    def begun(self) -> Cursor:
        """Itself in the middle of a poll, else the beginning of the next one."""
        if self.pending:
            return self
        polls = (self.polls + 1) % OTHERS_EVERY
        return replace(self, polls=polls, pending=(Kind.INVOICES,) if polls else tuple(Kind))

    def after_last(self, newest: datetime | None, now_at_xero: datetime | None) -> Cursor:
        """The first pending list is read to its end; `newest` is the time of its newest row.

        Where nothing happened for `OVERLAP`, the next question starts just before the newest row, else earlier.
        """
        kind, *others = self.pending
        asked_from = self.asked_from[kind]
        if newest is not None:
            settled = (now_at_xero or newest) - OVERLAP
            asked_from = max(asked_from, _second(min(newest - STEP_BACK, settled)))
        return replace(
            self, asked_from={**self.asked_from, kind: asked_from}, pending=tuple(others), window=ListPlace()
        )

    def after_full(self, newest: datetime | None, ids: Sequence[str]) -> Cursor:
        """A full page of the first pending list is read: on from just before its last row, or within its second."""
        kind = self.pending[0]
        upto = self.asked_from[kind] if newest is None else _second(newest - STEP_BACK)
        if upto <= self.asked_from[kind]:
            return replace(self, window=self.window.after(ids))
        return replace(self, asked_from={**self.asked_from, kind: upto}, window=BEGINNING)

    def after_gap(self) -> Cursor:
        """A window did not follow on the one before: the crowded second is read from its beginning.

        Raises:
            CursorExpired: that was tried too often.
        """
        window = self.window.again()
        if window is None:
            raise CursorExpired(
                "Xero's list of changes moves faster than it can be read, so reading on would miss some. "
                "All open invoices are read anew.",
                service="xero",
            )
        return replace(self, window=window)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(UTC)
