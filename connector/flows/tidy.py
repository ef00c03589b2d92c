"""Take off a person's list what has been mended meanwhile: connections, accounts, the clock, caps, invoices."""

from __future__ import annotations

from connector.domain.attention import Mended, is_mended
from connector.domain.dunning import Reason
from connector.flows import brakes
from connector.flows.company import Company, Counts
from connector.flows.lookup import WHY_HELD
from state.facts import BY_FACTS

ITEMS_A_RUN = 200  # as many as a person is shown; the rest comes when those are gone


def run_once(company: Company) -> Counts:
    """Close what the facts have settled. Makes no call. Should it break again, it is shown again."""
    counts = Counts()
    items = company.queries.attention(company.id, ITEMS_A_RUN)
    if not items:
        return counts
    now = company.clock.now()
    mended = Mended(
        answered=company.answers().answered,
        wrote=company.answers().wrote,
        clock_agreed_at=company.answers().clock_agreed_at,
        delivered_at=company.queries.last_delivered_at(company.id),
        # Asked only where one of them is about the caps: two counts a pass.
        taken_back=_taken_back(company, [item.subject for item in items if "/handover/" in item.key]),
        all_released=any("/reassigned/" in item.key for item in items) and not _still_held(company),
        caps_allow=any("/cap/" in item.key for item in items) and brakes.caps_allow(company, now),
    )
    for item in items:
        if is_mended(item.key, item.opened_at, mended):
            company.store.attention_closed(company.id, item.key, BY_FACTS, now)
            counts.add("matters mended")
    return counts


def _still_held(company: Company) -> bool:
    """Whether a customer still waits for the owner's word on whose number it is."""
    return any(one.scope == "customer" and one.why == WHY_HELD for one in company.queries.holds(company.id))


def _taken_back(company: Company, handed_over: list[str]) -> frozenset[str]:
    """Of these invoices those that are paid, changed, promised or held by now. Asked only where there are any."""
    if not handed_over:
        return frozenset()
    reasons = company.queries.reasons(company.id, handed_over)
    return frozenset(one for one in handed_over if reasons.get(one) != Reason.HANDED_OVER)
