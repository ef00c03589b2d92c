"""Looking a second time, and reading lists to their end, with bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

from connector.ports.ledger import ChangePage, Ledger, OpenPage

T = TypeVar("T")

LOOKS = 3
PAGES = 50  # far more than any suite fills; a list that does not end is a failure, not a wait


def look_again(harness: object, look: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Look until it is good, three times at most: lists may lag a fresh write.

    Between looks five seconds of the service's time pass where the harness can let them. Returns the last picture,
    good or not, so that the test's own assertion says what was wrong with it.
    """
    picture = look()
    for _ in range(LOOKS - 1):
        if good(picture):
            break
        let_pass(harness, timedelta(seconds=5))
        picture = look()
    return picture


def let_pass(harness: object, by: timedelta) -> None:
    """Let the service's time pass where the harness can: a ledger's need not be able to."""
    let_time_pass = getattr(harness, "let_time_pass", None)
    if let_time_pass is not None:
        let_time_pass(by)


class Changes:
    """All pages of changes since a cursor, put together."""

    def __init__(self, ledger: Ledger, cursor: str) -> None:
        self.pages = list(_change_pages(ledger, cursor))
        self.receivables = {one.ledger_id: one for page in self.pages for one in page.receivables}
        self.customers = {one.customer_id: one for page in self.pages for one in page.customers}
        self.deleted = {one for page in self.pages for one in page.deleted}
        self.touched = {one for page in self.pages for one in page.touched}
        self.cursor = self.pages[-1].cursor

    @property
    def noticed(self) -> set[str]:
        """Every invoice that these pages name in any way."""
        return set(self.receivables) | self.deleted | self.touched


def _change_pages(ledger: Ledger, cursor: str) -> Iterator[ChangePage]:
    for _ in range(PAGES):
        page = ledger.changes(cursor)
        yield page
        cursor = page.cursor
        if not page.more:
            return
    raise AssertionError(f"the changes did not end within {PAGES} pages")


def open_pages(ledger: Ledger) -> Iterator[OpenPage]:
    """A whole sweep of open receivables."""
    token: str | None = None
    for _ in range(PAGES):
        page = ledger.open_receivables(token)
        yield page
        token = page.next_page
        if token is None:
            return
    raise AssertionError(f"the sweep did not end within {PAGES} pages")
