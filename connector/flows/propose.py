"""Decide on every receivable whose time for a decision has come, and record what follows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from connector.domain.dunning import Reason
from connector.domain.effect import EffectKind, NewEffect
from connector.domain.plan import Decision, Situation, decide
from connector.flows.company import Company, Counts
from connector.flows.poll import read_customers
from connector.flows.situation import situations
from state.effects import TextFacts
from state.store import Attention, Decided, Planned

BATCH: Final = (
    200  # decisions in one database transaction: some 50 ms of it, so that the CLI beside it never waits long
)
BATCHES_A_RUN: Final = 50  # 10,000 decisions a run; the rest is still due and comes in the next


def run_once(company: Company) -> Counts:
    """Decide what is due. Effects are only recorded here; `perform` attempts them."""
    counts = Counts()
    for _ in range(BATCHES_A_RUN):
        ids = company.queries.due_for_review(company.id, company.clock.now(), BATCH)
        if not ids or company.stop_asked():
            break
        _batch(company, ids, counts)
    return counts


def _batch(company: Company, ids: list[str], counts: Counts) -> None:
    now = company.clock.now()
    found = situations(company, ids, now)
    # Only now is a customer worth a call: the receivable is owed and a step is due, but nobody is known to text.
    missing = [one.receivable.customer_id for one in found.values() if _needs_customer(company, one, now)]
    if missing and read_customers(company, missing):
        found = situations(company, ids, now)
    decisions = []
    planned_for: Counter[str] = Counter()
    for ledger_id in ids:
        if ledger_id not in found:
            continue
        situation = found[ledger_id]
        if situation.phone is not None:
            # Two receivables of one customer in one batch: the second sees the first one's text.
            extra = planned_for[situation.phone.e164]
            situation = replace(situation, notices_today=situation.notices_today + extra)
        decision = decide(situation, company.policy, company.words, now)
        if any(one.kind is EffectKind.SEND_TEXT for one in decision.effects) and situation.phone is not None:
            planned_for[situation.phone.e164] += 1
        if decision.problem:
            _no_words(company, situation, decision.problem, now)
        decisions.append(Decided(ledger_id, decision.reason, decision.review_at, _planned(decision)))
    counts.add("decisions", len(decisions))
    counts.add("effects planned", company.store.decided(company.id, decisions, now))


def _needs_customer(company: Company, situation: Situation, now: datetime) -> bool:
    return situation.customer is None and (
        decide(situation, company.policy, company.words, now).reason is Reason.NO_CUSTOMER
    )


def _no_words(company: Company, situation: Situation, problem: str, now: datetime) -> None:
    receivable = situation.receivable
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/words/{receivable.ledger_id}/{receivable.version}",
            subject=receivable.ledger_id,
            happened=f"{company.policy.business}, invoice {receivable.label}: no text can be made. {problem}",
            not_done="The customer gets no text about it until that is mended.",
            command=f"duebird preview --company {company.id}",
        ),
        now,
    )


def _planned(decision: Decision) -> tuple[Planned, ...]:
    return tuple(Planned(one, text_facts(one)) for one in decision.effects)


def text_facts(effect: NewEffect) -> TextFacts | None:
    """What the log keeps of a text, read from its frozen request."""
    if effect.kind is not EffectKind.SEND_TEXT:
        return None
    request: Mapping[str, str] = json.loads(effect.request)
    return TextFacts(request["to"], request["purpose"], request.get("step"))
