"""The daily net: what events, cursors and clocks may have let fall is found from the objects themselves."""

from __future__ import annotations

from typing import Final

from connector.flows import settle
from connector.flows.brakes import CLOCK_MAY_ERR
from connector.flows.company import Company, Counts
from connector.flows.trouble import Isolation

PENDING_A_RUN: Final = 100  # bank debits under way; one read each


def run_once(company: Company) -> Counts:
    """Ask again for every payment under way, and drop what no decision needs any more."""
    counts = Counts()
    guard = Isolation()
    for row in company.queries.pending_payments(company.id, PENDING_A_RUN):
        if company.stop_asked():
            return counts
        with guard.record(f"{company.id}: payment {row.payment_id}"):
            payment = company.processor.payment_of_session(row.session_id)
            if payment is not None:
                settle.note_payment(company, payment, counts)
        if guard.over:
            break
    if company.clock_error() <= CLOCK_MAY_ERR:  # by one that is ahead, everything looks long over
        company.store.housekeeping(company.id, company.clock.now())
    if guard.over and guard.last is not None:
        raise guard.last
    return counts
