"""Of a rebuild: from which day fees and payouts were booked, where the owner has named none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from connector.domain.calendar import local_day, start_of_day
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.records import EntryKind
from connector.flows.cash_place import Place
from connector.flows.company import Company
from connector.flows.rebuild_reading import Findings
from state.names import BALANCE_PLACE

# Whoever books fees or payouts has some within two months; earlier ones are in the ledger by then, or for a person.
REACH: Final = timedelta(days=62)


def first_days(company: Company, findings: Findings) -> None:
    """Find in the clearing account since when they are booked, and read the balance from there on.

    Each is then planned anew, and found in the ledger before it would be booked. Nothing is to be found where the place
    in the balance is on record, or the owner's first day stands in the settings.

    Raises:
        DuebirdError: the ledger could not be read.
    """
    cash, zone = company.cash, company.policy.zone
    if cash is None or cash.book_from is not None or company.queries.cursor(company.id, BALANCE_PLACE) is not None:
        return
    today = local_day(company.clock.now(), zone)
    lines = company.ledger.account_entries(cash.account_id, today - REACH, today)
    ours = [one for one in lines if OUR_REFERENCE.match(one.reference)]
    days: dict[str, date] = {}
    for line in ours:
        days[line.kind] = min(line.booked_on, days.get(line.kind, line.booked_on))
    fees, payouts = days.get(EntryKind.EXPENSE), days.get(EntryKind.TRANSFER)
    findings.count("fees and payouts", sum(one.kind in {EntryKind.EXPENSE, EntryKind.TRANSFER} for one in ours))
    known = [one for one in (fees, payouts) if one is not None]
    if not known:
        return
    place = replace(Place(start_of_day(min(known), zone)), fees_from=fees, payouts_from=payouts)
    company.store.set_cursor(company.id, BALANCE_PLACE, place.text, company.clock.now())
