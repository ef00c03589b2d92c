"""Decide on every receivable whose time for a decision has come, and record what follows."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from connector.domain.approval import waits_long
from connector.domain.calendar import local_day
from connector.domain.consent import ConsentState
from connector.domain.dunning import ConsentRule, Reason
from connector.domain.effect import EffectKind, EffectStatus, NewEffect
from connector.domain.gates import broken_promise, may_text
from connector.domain.joint import whole
from connector.domain.joint_notice import decide_together, together
from connector.domain.plan import Decision, decide
from connector.domain.situation import OpenEffect, Situation, parts_owed
from connector.errors import DuebirdError, NeedsReauthorisation, Transient
from connector.failpoints import Boundary, reach
from connector.flows.brakes import CLOCK_MAY_ERR
from connector.flows.company import Company, Counts
from connector.flows.handover import hand_over
from connector.flows.poll import read_customers
from connector.flows.situation import situations
from connector.flows.trouble import as_trouble
from state.effects import TextFacts
from state.names import RULES
from state.store import Attention, Decided, Planned
from state.tables import EffectRow

BATCH: Final = (
    200  # decisions in one database transaction: some 50 ms of it, so that the CLI beside it never waits long
)
UNHELPFUL_FOR: Final = timedelta(hours=6)  # a record that stands in a text's way is read again once a day, not more
CUSTOMERS_AGAIN: Final = timedelta(minutes=2)  # while the ledger cannot be asked
BROKEN_AGAIN: Final = timedelta(hours=6)
SIBLINGS: Final = 400  # more open invoices of the customers of one batch than one text each could name
BATCHES_A_RUN: Final = 50  # 10,000 decisions a run; the rest is still due and comes in the next


def by_present_rules(company: Company) -> Counts:
    """Decide what is due, and anew whatever was decided by other rules. Once a pass: its rules do not change."""
    _mind_the_rules(company)
    return run_once(company)


def run_once(company: Company) -> Counts:
    """Decide what is due. Effects are only recorded here; `perform` attempts them."""
    counts = Counts()
    held_up: DuebirdError | None = None
    for _ in range(BATCHES_A_RUN):
        ids = company.queries.due_for_review(company.id, company.clock.now(), BATCH)
        if not ids or company.stop_asked():
            break
        try:
            held_up = _batch(company, ids, counts) or held_up
        except Exception as error:  # noqa: BLE001  a surprise in one decision must not stop those behind it
            as_trouble(error, f"{company.id}: decisions")
            for ledger_id in ids:
                held_up = _alone(company, ledger_id, counts) or held_up
        if len(ids) < BATCH:
            break
    if held_up is not None:
        raise held_up
    return counts


def _mind_the_rules(company: Company) -> None:
    """Decisions that were made by other rules are made anew: nothing else would bring most of them up again."""
    rules = hashlib.sha256(f"{company.policy.fingerprint}|{company.words!r}".encode()).hexdigest()
    known = company.queries.cursor(company.id, RULES)
    if known is None or known.value != rules:
        company.store.review_all_open(company.id, rules, company.clock.now())


def _alone(company: Company, ledger_id: str, counts: Counts) -> DuebirdError | None:
    """Decide about one; what cannot be decided is put off, and a person is told."""
    now = company.clock.now()
    try:
        return _batch(company, [ledger_id], counts)
    except Exception as error:  # noqa: BLE001  see above
        trouble = as_trouble(error, f"{company.id}: decision about {ledger_id}")
    known = company.queries.receivable(company.id, ledger_id)
    label = (known.number if known else None) or ledger_id
    company.store.decided(company.id, [Decided(ledger_id, Reason.BROKEN, now + BROKEN_AGAIN)], now)
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/decision/{ledger_id}/{now:%Y-%m-%d}",
            subject=ledger_id,
            happened=f"{company.policy.business}, invoice {label}: no decision could be made: {trouble.message}.",
            not_done="Its customer gets no text about it until that is mended.",
            command=f"duebird show {ledger_id} --company {company.id}",
        ),
        now,
    )
    counts.add("decisions that failed")
    return None


def _batch(company: Company, ids: list[str], counts: Counts) -> DuebirdError | None:
    """Decide about these. Returns why some had to be put off: their customers could not be read."""
    now = company.clock.now()
    found, held_up = _with_customers(company, ids, now)
    common = company.queries.common_links_under_way(company.id)
    found = {ledger_id: _awaiting(one, common) for ledger_id, one in found.items()}
    joint = _joint(company, found, common, now) if company.policy.joint else {}
    decisions = []
    late: list[Situation] = []
    planned_for: Counter[str] = Counter()
    asked: set[str] = set()
    for ledger_id in dict.fromkeys([*joint, *ids]):
        if ledger_id not in found:
            continue
        situation = found[ledger_id]
        if situation.phone is not None:
            # Two receivables of one customer in one batch: the second sees the first one's text.
            extra = planned_for[situation.phone.e164]
            lately = (*situation.notices_this_week, *[now] * extra)
            situation = replace(
                situation,
                notices_today=situation.notices_today + extra,
                notices_this_week=lately,
                may_be_asked=situation.may_be_asked and situation.phone.e164 not in asked,
                was_asked=situation.was_asked or situation.phone.e164 in asked,
            )
        decision = joint.get(ledger_id) or decide(situation, company.policy, company.words, now)
        planned = _planned(decision)
        if any(one.text and one.text.leader is None for one in planned) and situation.phone is not None:
            planned_for[situation.phone.e164] += 1
            if decision.reason is Reason.ASKED:
                asked.add(situation.phone.e164)
        _tell_of(company, situation, decision, now)
        if decision.reason is Reason.AWAITING_APPROVAL and decision.ask is None and waits_long(situation.words, now):
            late.append(situation)
        decisions.append(Decided(ledger_id, decision.reason, decision.review_at, planned, decision.ask))
    if late:
        _tell_waiting(company, late, now)
    counts.add("decisions", len(decisions))
    counts.add("effects planned", company.store.decided(company.id, decisions, now))
    for one in (one for decided in decisions for one in decided.planned):
        reach(Boundary.PLANNED, one.effect.kind, one.text.purpose if one.text else None)
    return held_up


def _awaiting(situation: Situation, common: Mapping[str, EffectRow]) -> Situation:
    """With the link for several that another one leads and that is being made: a second one could be paid as well."""
    row = common.get(situation.receivable.ledger_id)
    if row is None or row.subject == situation.receivable.ledger_id:
        return situation
    awaited = OpenEffect(row.key, EffectKind.CREATE_LINK, row.status == EffectStatus.UNCERTAIN)
    return replace(situation, open_effects=(*situation.open_effects, awaited))


def _joint(
    company: Company, found: dict[str, Situation], common: Mapping[str, EffectRow], now: datetime
) -> dict[str, Decision]:
    """What is decided about receivables that go into one text, by their ledger id; `found` gets those of them it lacks.

    Whoever gets a text now gets it about everything that could be texted about now, whenever its own turn was to be.
    """
    policy = company.policy
    gates = {one: may_text(situation, policy, now) for one, situation in found.items()}
    owners = {found[one].receivable.customer_id for one, gate in gates.items() if gate.open}
    if not owners:
        return {}
    others = [one for one in company.queries.siblings(company.id, owners) if one not in found][:SIBLINGS]
    known = situations(company, others, now) if others else {}
    known = {ledger_id: _awaiting(one, common) for ledger_id, one in known.items()}
    gates |= {one: may_text(situation, policy, now) for one, situation in known.items()}
    decided: dict[str, Decision] = {}
    for members in together([((known | found)[one], gate) for one, gate in gates.items()], policy):
        step = gates[members[0].receivable.ledger_id].step
        if step is None or company.processor.problem_with(whole(parts_owed(members))):
            continue
        decided |= decide_together(members, step, policy, company.words, now) or {}
    found |= {one: known[one] for one in decided if one in known}
    return decided


def _tell_of(company: Company, situation: Situation, decision: Decision, now: datetime) -> None:
    """Put before a person what this decision leaves to one."""
    if decision.problem:
        _no_words(company, situation, decision.problem, now)
    if (promised := broken_promise(situation, local_day(now, company.policy.zone))) is not None:
        _tell_broken_promise(company, situation, promised, now)
    if decision.reason is Reason.HANDED_OVER:
        hand_over(company, situation)


def _with_customers(
    company: Company, ids: list[str], now: datetime
) -> tuple[dict[str, Situation], DuebirdError | None]:
    """The situations, with customers read where they matter; without those whose customer could not be asked for."""
    found = situations(company, ids, now)
    # Only now is a customer worth a call: the receivable is owed and a step is due, but nobody is known to text.
    needy = {one.receivable.ledger_id: one.receivable.customer_id for one in _needy(company, found, now)}
    if not needy:
        return found, None
    try:
        read = read_customers(company, list(needy.values()), fresh_for=UNHELPFUL_FOR)
    except (Transient, NeedsReauthorisation) as error:
        company.store.review_later(company.id, list(needy), now + CUSTOMERS_AGAIN)
        return {one: situation for one, situation in found.items() if one not in needy}, error
    return (situations(company, ids, now) if read else found), None


def _needy(company: Company, found: Mapping[str, Situation], now: datetime) -> list[Situation]:
    """Those that fail on what the customer's record says, or on there being none: it may say more by now.

    Not every ledger tells of every change: Xero does not when a contact joins a group.
    """
    by_marker = company.policy.consent_rule is ConsentRule.LEDGER_MARKER
    return [
        one
        for one in found.values()
        if (
            one.customer is None
            or one.phone is None
            or not one.customer.active
            or (by_marker and one.consent is ConsentState.NONE)
        )
        and may_text(one, company.policy, now).reason in _SAYS_THE_CUSTOMER
    ]


_SAYS_THE_CUSTOMER: Final = frozenset(
    {Reason.NO_CUSTOMER, Reason.CUSTOMER_INACTIVE, Reason.NO_MOBILE, Reason.BAD_MOBILE, Reason.NO_CONSENT}
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


def _tell_broken_promise(company: Company, situation: Situation, promised: date, now: datetime) -> None:
    """Told once, by its key. It stays on record until the invoice is settled: a clock that is ahead ends no promise.

    By such a clock nothing is told either, as long as the services say that it is one.
    """
    if company.clock_error() > CLOCK_MAY_ERR:
        return
    receivable = situation.receivable
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/promise/{receivable.ledger_id}/{promised}",
            subject=receivable.ledger_id,
            happened=f"{company.policy.business}, invoice {receivable.label}: {receivable.customer_name} promised to "
            f"pay by {promised}, and {receivable.balance} is still owed.",
            not_done="Its notices go on from here.",
            command=f"duebird show {receivable.ledger_id} --company {company.id}; for another day: "
            f"duebird promise {receivable.ledger_id} --until DATE --company {company.id}",
        ),
        now,
    )


def _tell_waiting(company: Company, late: Sequence[Situation], now: datetime) -> None:
    """One item, however many wait: the list is a command away."""
    first = late[0].receivable
    more = f", and {len(late) - 1} more" if len(late) > 1 else ""
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/approval/{now:%Y-%m-%d}",
            matter=f"{company.id}/approval",
            subject="texts",
            happened=f"{company.policy.business}: a text has waited for your approval for more than a day: invoice "
            f"{first.label} of {first.customer_name}{more}.",
            not_done="It was not sent. When its days are over it is not sent at all.",
            command=f"duebird approve --company {company.id}",
        ),
        now,
    )


def _planned(decision: Decision) -> tuple[Planned, ...]:
    return tuple(Planned(one, text_facts(one)) for one in decision.effects)


def text_facts(effect: NewEffect) -> TextFacts | None:
    """What the log keeps of a text, read from its frozen request."""
    if effect.kind is not EffectKind.SEND_TEXT:
        return None
    request: Mapping[str, Any] = json.loads(effect.request)
    to, purpose = request["to"], request["purpose"]
    return TextFacts(to, purpose, request.get("step"), request.get("with"), len(request.get("also", ())))
