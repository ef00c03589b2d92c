"""Ask the messaging service about a number, once in 90 days: what kind of line it is, whether it changed hands.

Only where the settings order it, since it costs; only for who has agreed and is about to be texted; and whatever goes
wrong with it, the text goes out: nobody is left out over an answer that did not come.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Final

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone
from connector.errors import DuebirdError
from connector.flows.company import Company
from connector.flows.trouble import as_trouble
from state.sender_facts import Learnt
from state.store import Attention

log = logging.getLogger(__name__)

# Numbers that are given up rest for 90 days in the US before somebody else gets them (47 CFR 52.15(f)(1)(ii), 45 days
# at least), so that one which was well is not a stranger's before that.
KEPT_FOR: Final = timedelta(days=90)
WHY_HELD: Final = "the number may have a new owner since the consent"


def look_up(company: Company, number: Phone) -> bool:
    """Learn of the number what is not known yet; whether the service was asked, so that seconds have passed."""
    if not company.policy.lookup:
        return False
    now = company.clock.now()
    known = company.queries.looked_up_at(company.id, number.e164)
    if known is not None and timedelta() <= now - known < KEPT_FOR:
        return False
    agreed_on = agreed(company.queries.consent(company.id, number.e164))
    try:
        seen = company.messenger.looked_up(number, agreed_on)
    except DuebirdError as error:
        log.warning("%s: %s was not looked up: %s", company.id, number, as_trouble(error, company.id).message)
        return True
    owners = company.queries.customers_with(company.id, number.e164) if seen.reassigned else []
    learnt = Learnt(
        line=seen.line.value,
        reassigned=seen.reassigned,
        code="" if seen.textable else f"lookup:{seen.line}",
        held=tuple(owners),
        why=WHY_HELD,
        told=_new_owner(company, number, owners, agreed_on, now) if seen.reassigned else None,
    )
    company.store.number_looked_up(company.id, number, learnt, now)
    return True


def agreed(records: list[ConsentRecord]) -> date | None:
    """The day (UTC) of the last consent to texts on this number; a START is none by itself."""
    granted = [
        one.recorded_at
        for one in records
        if one.state is ConsentState.GRANTED and one.method is not ConsentMethod.REPLY
    ]
    return max(granted).date() if granted else None


ITEM: Final = "reassigned"


def _new_owner(company: Company, number: Phone, owners: list[str], agreed_on: date | None, now: datetime) -> Attention:
    """One item for all such numbers: what comes after is added to it while it is open."""
    release = " and ".join(f"duebird release {one} --customer --company {company.id}" for one in owners)
    this = f"{number.masked} (consent of {agreed_on}; the same still: {release})"
    matter = f"{company.id}/{ITEM}"
    return Attention(
        key=f"{matter}/{number.e164[-4:]}-{now:%Y-%m-%d}-{'-'.join(owners)[:40]}",
        matter=matter,
        subject="numbers",
        happened=f"{company.policy.business}: numbers that may belong to somebody else since the consent, says a "
        f"look-up; the invoice would reach a stranger: {this}",
        not_done="Nothing is texted to these customers until you say so. The consents stay on record.",
        command="Ask the customer by other means. A new number: type it in the ledger. The same: the command beside it",
        again=f"and {this}",
    )
