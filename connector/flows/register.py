"""The consent register: whether it is still what was once written. Where it is not, texts wait for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from connector.domain.consent_chain import Flaw
from connector.flows.company import Company, Counts
from state.store import Attention

SAID: Final = 3  # flaws that the item spells out; `consent verify` has them all


def run_once(company: Company) -> Counts:
    """Look; at start and once a day, for it reads all of it. What the journal still has was put back before.

    Stops texts once for the same flaws: whoever lets them go on has seen these.

    Raises:
        DatabaseTrouble: register or journal are out of reach.
    """
    counts, now = Counts(), company.clock.now()
    flaws = company.store.register_flaws(company.id, now)
    if not flaws:
        return counts
    told = _told(company, flaws)
    if company.queries.paused(company.id):  # for another reason, which stays
        company.store.attend(company.id, told, now)
    else:
        why = "the consent register is not as it was written"
        counts.add("registers that stopped texts", int(company.store.pause_once(company.id, why, now, told)))
    return counts


def _told(company: Company, flaws: Sequence[Flaw]) -> Attention:
    mark = hashlib.sha256("\n".join(one.sentence for one in flaws).encode()).hexdigest()[:12]
    more = f" And {len(flaws) - SAID} more." if len(flaws) > SAID else ""
    found = " ".join(one.sentence for one in flaws[:SAID]) + more
    return Attention(
        key=f"{company.id}/register/{mark}",
        subject="consents",
        happened=f"{company.policy.business}: the consent register is not as it was written. {found}",
        not_done="No text goes out until you say so: nobody could prove that it was permitted. Payments are booked all "
        "the same.",
        command=f"duebird consent verify --company {company.id}   (then see who can write to the database, enter anew "
        f"what is wrong in it by duebird consent add or revoke, and let texts go on: duebird resume {company.id})",
    )
