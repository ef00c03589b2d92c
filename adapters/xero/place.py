"""Where the reading of a long list stands, of which rows vanish while it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PAGE_SIZE = 1000  # the most Xero gives
ROWS_OVERLAP = 50  # rows; Xero takes 60 calls a minute, so no more can vanish between two pages seconds apart
RESTARTS = 3  # a list that loses fifty rows between two pages three times over is being worked on; come back later


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A place in a list of fixed order, whose rows leave their place (paid, or touched and moved to the end).

    A row that leaves a page already read moves every later row up by one: plain page numbers would skip the first
    row of the next page. So windows overlap by `ROWS_OVERLAP` rows, and the next one must show at least one of the
    rows that ended the last one (`tail`); else too much left, and the reading starts again.
    """

    rows_read: int = 0
    tail: tuple[str, ...] = ()
    restarts: int = 0

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> ListPlace:
        """From what `as_json` gave."""
        return cls(int(held["rows_read"]), tuple(str(one) for one in held["tail"]), int(held["restarts"]))

    def as_json(self) -> dict[str, Any]:
        """For a cursor or a page token."""
        return {"rows_read": self.rows_read, "tail": self.tail, "restarts": self.restarts}

    def window(self) -> tuple[int, int]:
        """(page, pageSize) of a window that begins at most `ROWS_OVERLAP` rows (and a few) before where we stand."""
        target = self.rows_read - ROWS_OVERLAP
        if target <= 0:
            return 1, PAGE_SIZE
        pages_before = -(-target // PAGE_SIZE)
        return pages_before + 1, target // pages_before

    def joins(self, ids: Sequence[str]) -> bool:
        """Whether a page follows on what was read without a gap."""
        return not self.tail or not set(self.tail).isdisjoint(ids)

    def after(self, ids: Sequence[str]) -> ListPlace:
        """Where we stand after the page of `window`."""
        page, size = self.window()
        return ListPlace((page - 1) * size + len(ids), tuple(ids[-ROWS_OVERLAP:]), self.restarts)

    def again(self) -> ListPlace | None:
        """From the beginning; None when it was begun anew too often."""
        return ListPlace(restarts=self.restarts + 1) if self.restarts < RESTARTS else None


BEGINNING = ListPlace()
