"""A statement: what Stripe and the books hold of one company and month, read live and held against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from connector import assemble
from connector.assemble_readers import CallCounter, SitsOut, money_readers
from connector.booked_kinds import booked_since
from connector.companies import company_settings, limits
from connector.config import Loaded
from connector.domain.calendar import local_day
from connector.domain.effect import BooksIdentity
from connector.errors import DatabaseTrouble, DuebirdError
from connector.flows.budget import Budget
from connector.statement.reading import read_books, read_far, read_till
from connector.statement.recall import recall
from connector.statement.values import NOTHING_FAR, NOTHING_ON_RECORD, Month, Statement, Subject, statement_of

Say = Callable[[str], None]


def statement_for(
    loaded: Loaded, company_id: str, wanted: Month | None, now: datetime, say: Say
) -> tuple[Statement, Mapping[str, int]]:
    """The statement of that month, None: the present one; and how often each service was called. Only reads.

    `now`: the present instant, UTC. `say` is told of each step.

    Raises:
        ConfigProblem: there is no such clearing account.
        DuebirdError: the month has not come yet, or a service could not be read.
    """
    settings = company_settings(loaded, company_id)
    zone = ZoneInfo(settings.timezone)
    month = wanted or Month.of(local_day(now, zone))
    subject = Subject(company_id, settings.name, settings.ledger.kind, zone, month, now)
    if month.first > subject.today:
        raise DuebirdError(f"{month} has not come yet in {settings.timezone}. Nothing was read.")
    with _on_record(loaded, company_id) as (state, budget):
        counter = CallCounter(budget)
        patience = SitsOut(assemble.system_clock())
        patience.say = say
        parts = money_readers(loaded, company_id, assemble.system_clock(), counter, patience)
        stripe = parts.processor.account()
        identity = BooksIdentity(parts.ledger_kind, parts.tenant_id, stripe.account_id)
        account = assemble.payment_account(settings, parts.ledger.payment_accounts())
        till = read_till(subject, parts.treasury, say)
        books = read_books(subject, parts.ledger, account, say)
        on_record = recall(state.queries, company_id, identity, till) if state is not None else NOTHING_ON_RECORD
        booked = booked_since(settings.payments, state.queries if state is not None else None, company_id, zone)
        hold = partial(statement_of, subject, identity, books, till, on_record, live=stripe.live, booked=booked)
        found = hold()
        far = read_far(found, on_record, parts.treasury, parts.ledger, account, say)
        return (found if far == NOTHING_FAR else hold(far=far)), counter.made


@contextmanager
def _on_record(loaded: Loaded, company_id: str) -> Iterator[tuple[assemble.State | None, Budget | None]]:
    """The database and the company's budget of calls, as of an audit; neither where nothing is on record."""
    try:
        state = assemble.open_state(loaded.state_dir, create=False)
    except DatabaseTrouble:
        yield None, None  # after a loss one wants a statement all the same; it only knows less about each line
        return
    settings = company_settings(loaded, company_id)
    budget = Budget(company_id, limits(loaded, settings), state.queries, state.store, assemble.system_clock())
    try:
        yield state, budget
    finally:
        try:
            budget.flush()
        finally:
            state.close()
