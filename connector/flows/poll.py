"""Read the ledger: what changed, once a day everything open, and the customers whose receivables may be texted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from connector.domain.phone import Phone, parse_mobile
from connector.domain.receivable import Customer
from connector.errors import CursorExpired, Rejected
from connector.flows.company import Company, Counts
from connector.ports import ChangePage, Quarantined
from state.store import LEDGER_CURSOR, SWEEP_PAGE, SWEPT_AT, Attention

PAGES_A_RUN: Final = 20  # of 1,000 rows: a backlog of 20,000 changes a run; the rest comes in the next, seconds later
SWEEP_PAGES_A_RUN: Final = 120  # 120,000 open receivables in one go, so that a sweep has one consistent start
REREADS_A_RUN: Final = 50  # single reads cost one metered call each
CUSTOMER_FRESH_FOR: Final = timedelta(hours=24)  # a number changes seldom; it is read again before a text anyway
CUSTOMERS_A_CALL: Final = 100


def run_once(company: Company) -> Counts:
    """One reading. The first one is the baseline: everything open is stored, nothing is texted for it by itself."""
    counts = Counts()
    cursor = company.queries.cursor(company.id, LEDGER_CURSOR)
    now = company.clock.now()
    if cursor is None:
        # The cursor is taken before the sweep, so that a change during the sweep is seen after it.
        fresh = company.ledger.start_cursor()
        _sweep(company, counts)
        company.store.set_cursor(company.id, LEDGER_CURSOR, fresh, now)
        return counts
    try:
        _changes(company, cursor.value, counts)
    except CursorExpired:
        fresh = company.ledger.start_cursor()
        _sweep(company, counts)
        company.store.set_cursor(company.id, LEDGER_CURSOR, fresh, company.clock.now())
        counts.add("cursors renewed")
        return counts
    swept = company.queries.cursor(company.id, SWEPT_AT)
    unfinished = company.queries.cursor(company.id, SWEEP_PAGE)
    started = datetime.fromisoformat(swept.value) if swept else None
    if started is None or now - started >= company.sweep_every or (unfinished is not None and unfinished.value):
        _sweep(company, counts)
    return counts


def _changes(company: Company, cursor: str, counts: Counts) -> None:
    for _ in range(PAGES_A_RUN):
        page = company.ledger.changes(cursor)
        _store_page(company, page, counts)
        if not page.more or page.cursor == cursor or company.stop_asked():
            return
        cursor = page.cursor


def _store_page(company: Company, page: ChangePage, counts: Counts) -> None:
    now = company.clock.now()
    # Only those touched that the page does not carry anyway, and that we know: a payment on an invoice of long ago
    # concerns nobody here.
    carried = {one.ledger_id for one in page.receivables} | set(page.deleted)
    touched = [one for one in page.touched if one not in carried]
    known = sorted(company.queries.known(company.id, touched)) if touched else []
    for ledger_id in known[:REREADS_A_RUN]:
        reread(company, ledger_id)
        counts.add("receivables re-read")
    changed = company.store.changes_read(company.id, page, with_phones(company, page.customers), now)
    for ledger_id in known[REREADS_A_RUN:]:
        company.store.review_now(company.id, ledger_id, now)
    counts.add("receivables changed", len(changed))
    _quarantine(company, page.quarantined, counts)


def _sweep(company: Company, counts: Counts) -> None:
    """Read all open receivables; then look, one by one, at those we thought open that were not among them."""
    now = company.clock.now()
    left_at = company.queries.cursor(company.id, SWEEP_PAGE)
    page = (left_at.value or None) if left_at else None
    started = company.queries.cursor(company.id, SWEPT_AT)
    since = datetime.fromisoformat(started.value) if started and page else now
    company.store.set_cursor(company.id, SWEPT_AT, since.isoformat(), now)
    for _ in range(SWEEP_PAGES_A_RUN):
        found = company.ledger.open_receivables(page)
        changed = company.store.receivables_read(company.id, found.receivables, company.clock.now())
        counts.add("receivables changed", len(changed))
        _quarantine(company, found.quarantined, counts)
        page = found.next_page
        company.store.set_cursor(company.id, SWEEP_PAGE, page or "", company.clock.now())
        if page is None:
            break
        if company.stop_asked():
            return
    else:
        return  # goes on from the stored page in the next run
    for ledger_id in company.queries.open_unread_since(company.id, since, REREADS_A_RUN):
        reread(company, ledger_id)
        counts.add("receivables re-read")
    counts.add("sweeps")


def reread(company: Company, ledger_id: str) -> None:
    """Read one receivable as it stands now and store it."""
    found = company.ledger.receivable(ledger_id)
    now = company.clock.now()
    if found is None:
        company.store.receivable_gone(company.id, ledger_id, now)
    else:
        company.store.receivables_read(company.id, [found], now)


def read_customers(company: Company, customer_ids: Sequence[str], *, fresh_for: timedelta = CUSTOMER_FRESH_FOR) -> int:
    """Read those customers that we do not know or have not read for a while; returns how many."""
    now = company.clock.now()
    known = company.queries.customers(company.id, customer_ids)
    wanted = [one for one in dict.fromkeys(customer_ids) if one not in known or now - known[one].read_at >= fresh_for]
    for start in range(0, len(wanted), CUSTOMERS_A_CALL):
        some = wanted[start : start + CUSTOMERS_A_CALL]
        try:
            read = company.ledger.customers(some)
        except Rejected:
            continue  # one odd id must not stop the rest; its receivables say "no customer record"
        company.store.customers_read(company.id, with_phones(company, read), company.clock.now())
    return len(wanted)


def with_phones(company: Company, customers: Sequence[Customer]) -> list[tuple[Customer, Phone | None]]:
    """Each customer with the number its mobile field means, in the customer's country or else the company's."""
    return [
        (one, parse_mobile(one.mobile, one.country or company.policy.country) if one.mobile else None)
        for one in customers
    ]


def _quarantine(company: Company, records: Sequence[Quarantined], counts: Counts) -> None:
    for one in records:
        counts.add("records unreadable")
        company.store.attend(
            company.id,
            Attention(
                key=f"{company.id}/unreadable/{one.ledger_id}",
                subject=one.ledger_id,
                happened=f"Record {one.ledger_id} of the ledger could not be read: {one.problem}",
                not_done="Its customer gets no text from Duebird.",
                command=f"duebird show {one.ledger_id} --company {company.id}",
            ),
            company.clock.now(),
        )
