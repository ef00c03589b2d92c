"""Read the ledger: what changed, once a day everything open, and the customers whose receivables may be texted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from connector.domain.phone import Phone, parse_mobile
from connector.domain.receivable import Customer, Receivable
from connector.errors import CursorExpired, Rejected, Transient
from connector.flows import brakes, markers
from connector.flows.company import Company, Counts
from connector.flows.trouble import Isolation
from connector.ports.ledger import ChangePage, Quarantined
from state.books import receivable_of
from state.names import LEDGER_CURSOR, OPEN_AT_SWEEP, SINGLE_READS, SWEEP_PAGE, SWEPT_AT
from state.store import Attention

PAGES_A_RUN: Final = 20  # of 1,000 rows: a backlog of 20,000 changes a run; the rest comes in the next, seconds later
SWEEP_PAGES_A_RUN: Final = 120  # 120,000 open receivables in one go, so that a sweep has one consistent start
REREADS_A_RUN: Final = 50  # single reads cost one metered call each
FROM_THE_START: Final = "from the start"  # a sweep is ordered, and has read no page yet
RENEWED_AT_MOST_EVERY: Final = timedelta(hours=1)  # a full reading costs a hundred calls; more often is a loop
REREAD_NOTED: Final = timedelta(hours=1)  # that nothing changed is written down once an hour
CUSTOMER_FRESH_FOR: Final = timedelta(hours=24)  # a number changes seldom; it is read again before a text anyway
CUSTOMERS_A_CALL: Final = 100
WAITS: Final = "full readings that wait for their turn"


def run_once(company: Company) -> Counts:
    """One reading. The first one is the baseline: everything open is stored, nothing is texted for it by itself.

    Raises:
        CursorExpired: the ledger lets go of our place again and again; another full reading would not help.
    """
    counts = Counts()
    known = company.queries.cursors(company.id, LEDGER_CURSOR, SWEPT_AT, SWEEP_PAGE)
    cursor, swept, unfinished = (known.get(name) for name in (LEDGER_CURSOR, SWEPT_AT, SWEEP_PAGE))
    age = company.clock.now() - datetime.fromisoformat(swept.value) if swept else None
    if cursor is not None:
        try:
            _changes(company, cursor.value, counts)
        except CursorExpired:
            if age is not None and timedelta() <= age < RENEWED_AT_MOST_EVERY:
                raise
            start_anew(company)
            counts.add("cursors renewed")
            unfinished = company.queries.cursor(company.id, SWEEP_PAGE)
    # A sweep "of the future" was made by a clock that was ahead.
    if age is None or not timedelta() <= age < company.sweep_every or (unfinished is not None and unfinished.value):
        with company.turns.take() as ours:
            if ours and cursor is None:
                start_anew(company)
            if ours:
                _sweep(company, counts)
            counts.add(WAITS, not ours)
    waiting = company.queries.cursor(company.id, SINGLE_READS)
    if waiting is not None and waiting.value:
        _single_reads(company, counts)
    return counts


def start_anew(company: Company) -> None:
    """A new place in the changes, taken before everything open is read: a change during that is seen after it.

    The sweep is ordered in the same stroke.
    """
    fresh = company.ledger.start_cursor()
    now = company.clock.now()
    company.store.set_cursors(company.id, {SWEEP_PAGE: FROM_THE_START, LEDGER_CURSOR: fresh}, now)


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
    # Read one by one after this page is stored: those that cannot be read must not keep the place from moving.
    if known:
        company.store.receivables_unread(company.id, known, now)
    customers = with_phones(company, page.customers)
    markers.note(company, customers)
    changed = company.store.changes_read(company.id, page, customers, now)
    counts.add("receivables changed", len(changed))
    _quarantine(company, page.quarantined, counts)


def _sweep(company: Company, counts: Counts) -> None:
    """Read all open receivables; those we thought open that were not among them are then read one by one."""
    now = company.clock.now()
    known = company.queries.cursors(company.id, SWEEP_PAGE, SWEPT_AT)
    left_at, started = known.get(SWEEP_PAGE), known.get(SWEPT_AT)
    page = left_at.value if left_at and left_at.value != FROM_THE_START else None
    page = page or None
    since = datetime.fromisoformat(started.value) if started and page else now
    if page is None:
        company.store.set_cursors(company.id, {SWEEP_PAGE: FROM_THE_START, SWEPT_AT: since.isoformat()}, now)
    for _ in range(SWEEP_PAGES_A_RUN):
        found = company.ledger.open_receivables(page)
        changed = company.store.receivables_read(company.id, found.receivables, company.clock.now())
        counts.add("receivables changed", len(changed))
        _quarantine(company, found.quarantined, counts)
        page = found.next_page
        if page is None:
            break
        company.store.set_cursor(company.id, SWEEP_PAGE, page, company.clock.now())
        if company.stop_asked():
            return
    else:
        return  # goes on from the stored page in the next run
    # That the sweep is done, and what is still to be done, together.
    company.store.set_cursors(company.id, {SINGLE_READS: "pending", SWEEP_PAGE: ""}, company.clock.now())
    counts.add("sweeps")


def _single_reads(company: Company, counts: Counts) -> None:
    """Those that a list only pointed at, or should have shown and did not. The rest comes in the next run."""
    swept = company.queries.cursor(company.id, SWEPT_AT)
    since = datetime.fromisoformat(swept.value) if swept else company.clock.now()
    waiting = company.queries.open_unread_since(company.id, since, REREADS_A_RUN)
    guard = Isolation()
    for ledger_id in waiting:
        if company.stop_asked():
            return
        with guard.record(f"{company.id}: invoice {ledger_id}") as troubles:
            reread(company, ledger_id, noted=True)
            counts.add("receivables re-read")
        if guard.over and guard.last is not None:
            raise guard.last
        for trouble in troubles:
            told = _unreadable(company, ledger_id, trouble.message)
            if not isinstance(trouble, Transient):
                company.store.receivable_unreadable(company.id, ledger_id, told, company.clock.now())
                counts.add("records unreadable")
    if len(waiting) < REREADS_A_RUN and guard.last is None:
        company.store.set_cursor(company.id, SINGLE_READS, "", company.clock.now())
        _look_who_is_left(company, since)


def _look_who_is_left(company: Company, swept_at: datetime) -> None:
    """Once after each full reading: whether it left anything of what was open after the one before."""
    before = company.queries.cursor(company.id, OPEN_AT_SWEEP)
    if before is not None and swept_at <= before.moved_at <= company.clock.now():  # not by a clock that was ahead
        return
    left = company.queries.count_open(company.id)
    if before is not None:
        brakes.ask_where_they_went(company, int(before.value), left)
    company.store.set_cursor(company.id, OPEN_AT_SWEEP, str(left), company.clock.now())


def reread(company: Company, ledger_id: str, *, noted: bool = False) -> Receivable | None:
    """Read one receivable as it stands now; what changed is stored, and with `noted` also that it was read.

    Returns it as it is on record then, None where we never knew it.
    """
    found = company.ledger.receivable(ledger_id)
    now = company.clock.now()
    if found is not None and not noted and company.queries.has_just_this(company.id, found, now - REREAD_NOTED, now):
        return found
    store_reread(company, ledger_id, found)
    known = company.queries.receivable(company.id, ledger_id)
    return receivable_of(known) if known else None


def store_reread(company: Company, ledger_id: str, found: Receivable | None) -> None:
    """Store a receivable that was read by itself; `found` is None where the ledger has it no more."""
    now = company.clock.now()
    if found is None:
        company.store.receivable_gone(company.id, ledger_id, now)
    else:
        company.store.receivables_read(company.id, [found], now)


def read_customers(company: Company, customer_ids: Sequence[str], *, fresh_for: timedelta = CUSTOMER_FRESH_FOR) -> int:
    """Read those customers that we do not know or have not read for a while; returns how many."""
    now = company.clock.now()
    known = company.queries.customers(company.id, customer_ids)
    wanted = [
        one
        for one in dict.fromkeys(customer_ids)
        # Read "in the future": by a clock that was ahead.
        if one not in known or not timedelta() <= now - known[one].read_at < fresh_for
    ]
    for start in range(0, len(wanted), CUSTOMERS_A_CALL):
        some = wanted[start : start + CUSTOMERS_A_CALL]
        try:
            read = company.ledger.customers(some)
        except Rejected:
            continue  # one odd id must not stop the rest; its receivables say "no customer record"
        found = with_phones(company, read)
        markers.note(company, found)
        company.store.customers_read(company.id, found, company.clock.now())
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
        company.store.attend(company.id, _unreadable(company, one.ledger_id, one.problem), company.clock.now())


def _unreadable(company: Company, ledger_id: str, problem: str) -> Attention:
    return Attention(
        key=f"{company.id}/unreadable/{ledger_id}",
        subject=ledger_id,
        happened=f"Record {ledger_id} of the ledger could not be read: {problem}",
        not_done="Its customer gets no text from Duebird, and a payment on it waits.",
        command=f"duebird show {ledger_id} --company {company.id}",
    )
