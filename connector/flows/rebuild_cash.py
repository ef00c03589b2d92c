"""Of a rebuild: from which day fees and payouts were booked, where the owner has named none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from connector.domain.calendar import local_day, start_of_day
from connector.domain.exchange_difference import is_difference
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.records import EntryKind
from connector.flows.cash_place import Place
from connector.flows.company import Company
from connector.flows.rebuild_reading import Findings
from state.names import BALANCE_PLACE, REBUILD
from state.recovery_facts import progress_of

# Whoever books fees or payouts has some within two months; earlier ones are in the ledger by then, or for a person.
REACH: Final = timedelta(days=62)
_CALLED: Final = {EntryKind.EXPENSE: "Stripe's fees", EntryKind.TRANSFER: "Stripe's payouts"}


def first_days(company: Company, findings: Findings) -> None:
    """Find in the clearing account since when they are booked, and read the balance from there on.

    Each is then planned anew, and found in the ledger before it would be booked. Nothing is to be found where the place
    in the balance is on record, or the owner's first day stands in the settings. A kind without a line there begins on
    the day on which the rebuild began, however long that takes, and the owner reads that earlier ones are his.

    Raises:
        DuebirdError: the ledger could not be read.
    """
    cash, zone = company.cash, company.policy.zone
    if cash is None or not cash.reads_balance:
        return
    if cash.book_from is not None or company.queries.cursor(company.id, BALANCE_PLACE) is not None:
        return
    today = local_day(company.clock.now(), zone)
    lines = company.ledger.account_entries(cash.account_id, today - REACH, today)
    ours = [one for one in lines if OUR_REFERENCE.match(one.reference) and not is_difference(one.reference)]
    days: dict[str, date] = {}
    for line in ours:
        days[line.kind] = min(line.booked_on, days.get(line.kind, line.booked_on))
    findings.count("fees and payouts", sum(one.kind in {EntryKind.EXPENSE, EntryKind.TRANSFER} for one in ours))
    begun = begun_on(company)
    wanted = {EntryKind.EXPENSE: cash.fees_account_id, EntryKind.TRANSFER: cash.bank_account_id}
    for kind in [one for one, account_id in wanted.items() if account_id is not None and one not in days]:
        days[kind] = begun
        findings.miss(
            f"{_CALLED[kind]}: none was found in the ledger. They are booked from {begun} on; what was before, and is "
            "not in your books, is yours to enter."
        )
    fees, payouts = days.get(EntryKind.EXPENSE), days.get(EntryKind.TRANSFER)
    first = min(one for one in (fees, payouts) if one is not None)
    place = replace(Place(start_of_day(first, zone)), fees_from=fees, payouts_from=payouts)
    company.store.set_cursor(company.id, BALANCE_PLACE, place.text, company.clock.now())


def begun_on(company: Company) -> date:
    """The company's day on which this rebuild began."""
    progress = progress_of(company.queries.cursor(company.id, REBUILD))
    return local_day(progress.begun_at if progress is not None else company.clock.now(), company.policy.zone)
