"""Look at the company's own sender: at start, and then once a day.

What is certain stops texts: another company that sends from the same. What is only seen (a registration that is gone,
replies that are dropped) is told, and stops nothing until a carrier has refused a text.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from connector.errors import Rejected
from connector.flows.company import Company, Counts
from connector.ports.findings import Finding, Weight
from connector.ports.messenger import SenderSeen
from state.facts import BY_FACTS
from state.store import Attention

LOOK_EVERY: Final = timedelta(hours=24)  # registrations change in days; some five reads, which cost nothing
LOOK_AGAIN: Final = timedelta(hours=1)  # after a look that failed
# A registration that was approved just now takes carriers a while; a look within the hour would open too early.
CLOSED_FOR: Final = timedelta(hours=1)
SENDER_ITEM: Final = "sender"
SHARED_ITEM: Final = "shared-sender"
ITEMS_A_RUN: Final = 200  # as many as a person is shown


def run_once(company: Company) -> Counts:
    """Look, where it is time; a look that fails leaves everything as it was known, and is made again in an hour."""
    counts, now = Counts(), company.clock.now()
    if not company.sender_looks.are_due(now):
        return counts
    company.sender_looks.next_at = now + LOOK_AGAIN
    try:
        seen = company.messenger.sender()
    except Rejected:
        return counts  # the key may not see it, or no such thing can be asked there: `check` says so
    company.sender_looks.next_at = now + LOOK_EVERY
    counts.add("senders looked at")
    shared = _shared(company, seen, now)
    problems = {
        f"{company.id}/{SENDER_ITEM}/{_slug(one)}": one for one in seen.findings if one.weight is Weight.PROBLEM
    }
    for matter, finding in problems.items():
        company.store.attend(company.id, _told(company, matter, finding, now), now)
    if seen.registered:
        counts.add("countries opened", len(company.store.countries_opened(company.id, now - CLOSED_FOR, now)))
    _close_the_mended(company, {*shared, *problems}, now)
    return counts


def _shared(company: Company, seen: SenderSeen, now: datetime) -> set[str]:
    """Refuse to text from what another company sends from. Each of the two finds it out, and each stops itself."""
    others = sorted(other for other, mark in company.apart_from.items() if mark in seen.marks)
    told = {other: _third_party(company, other, now) for other in others}
    company.store.sender_shared(company.id, told, now)
    return {f"{company.id}/{SHARED_ITEM}/{other}" for other in others}


def _third_party(company: Company, other: str, now: datetime) -> Attention:
    matter = f"{company.id}/{SHARED_ITEM}/{other}"
    return Attention(
        key=f"{matter}/{now:%Y-%m-%d}",
        matter=matter,
        subject="sender",
        happened=f"{company.policy.business}: its texts would come from the sender of another company, {other} (the "
        "same number, name or messaging service). Texting about another business's invoices is third-party debt "
        "collection, which US and Canadian law forbid by text, and a STOP to one would not stop the other.",
        not_done="Neither of the two texts anybody until that is settled. Payments are booked all the same.",
        command="Give each a number or messaging service of its own in the settings (two names of one legal business: "
        f"shares_sender = true in both), start Duebird again, and look: duebird check {company.id}",
    )


def _told(company: Company, matter: str, finding: Finding, now: datetime) -> Attention:
    return Attention(
        key=f"{matter}/{now:%Y-%m-%d}",
        matter=matter,
        subject="sender",
        happened=f"{company.policy.business}: {finding.subject}: {finding.seen}.",
        not_done="Nothing was stopped because of it yet: texts still go out, and may not arrive or not be answered.",
        command=f"{finding.fix} Then: duebird check {company.id}",
    )


def _close_the_mended(company: Company, standing: set[str], now: datetime) -> None:
    ours = tuple(f"{company.id}/{kind}/" for kind in (SENDER_ITEM, SHARED_ITEM))
    for item in company.queries.attention(company.id, ITEMS_A_RUN):
        if item.key.startswith(ours) and item.key.rpartition("/")[0] not in standing:
            company.store.attention_closed(company.id, item.key, BY_FACTS, now)


def _slug(finding: Finding) -> str:
    return re.sub(r"[^a-z0-9]+", "-", finding.subject.lower())
