"""Several receivables of one customer in one text: which go together, and what is recorded for it. Pure.

One text with one link and one sum is kinder than three on three days. It counts as the notice of each of them: the
occasion of each is spent, under the same key as if it had gone out alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from connector.domain.approval import SAMPLE_LINK
from connector.domain.calendar import local_day
from connector.domain.dunning import Policy, Reason, Step
from connector.domain.effect import EffectKind, NewEffect, canonical
from connector.domain.gates import Gate, needs_approval, tomorrow
from connector.domain.instalments import is_divided
from connector.domain.joint import MOST_PARTS, whole
from connector.domain.link_effects import create_joint_link, retire_key, retire_link
from connector.domain.message import MessageProblem
from connector.domain.plan import Decision, JointFacts, Words, link_fits, notice_key, says_how_to_stop
from connector.domain.situation import LinkFact, Situation, parts_owed


def together(found: Iterable[tuple[Situation, Gate]], policy: Policy) -> list[tuple[Situation, ...]]:
    """Those that one text can be about, at most eight each, the one that was due first leading; one text a number.

    Of one customer at one number, in one currency, at the same step; each may be texted about now by itself, and none
    waits for the owner's word: words that were approved go out as they were shown. One that is asked for in instalments
    goes alone: its text says which of them it asks.
    """
    groups: defaultdict[tuple[str, str, str, Step], list[Situation]] = defaultdict(list)
    for situation, gate in found:
        if not gate.open or gate.step is None or situation.phone is None:
            continue
        if not needs_approval(situation, policy, gate.step) and not is_divided(situation.receivable, policy):
            receivable = situation.receivable
            key = (receivable.customer_id, situation.phone.e164, receivable.balance.currency, gate.step)
            groups[key].append(situation)
    order = list(Step)
    by_number: dict[str, tuple[Situation, ...]] = {}
    for (_, number, _, _), members in sorted(groups.items(), key=lambda one: -order.index(one[0][3])):
        if len(members) > 1:  # of several steps the latest: it has waited longest
            by_number.setdefault(number, tuple(sorted(members, key=_first_due)[:MOST_PARTS]))
    return list(by_number.values())


def _first_due(situation: Situation) -> tuple[date, str]:
    receivable = situation.receivable
    return receivable.due_on or receivable.issued_on, receivable.ledger_id


def decide_together(
    members: Sequence[Situation], step: Step, policy: Policy, words: Words, now: datetime
) -> dict[str, Decision] | None:
    """The decision about each of them, by its ledger id; None where each had better be decided about by itself."""
    lead = members[0]
    common = joint_link(members, policy)
    link = create_joint_link(members, policy, words) if common is None else None
    # Before anything is given up for it: where it cannot be, what each of them can get alone is better than nothing.
    if link is not None and (link.key in lead.refused or not _has_words(members, policy, words, now)):
        return None
    retire = {
        retire_key(one, link): (one, link)
        for one in members
        for link in one.live_links
        if common is None or link.link_id != common.link_id
    }
    if retire:
        stuck = any(key in one.refused for key, (one, _) in retire.items())
        return None if stuck else _changing(members, [retire_link(*one, policy, words) for one in retire.values()])
    if link is not None:
        return _linking(members, link)
    try:
        text, shadows = joint_notice(members, step, policy, words, now)
    except MessageProblem as problem:
        again = tomorrow(policy.zone, now)
        return {one.receivable.ledger_id: Decision((), Reason.NO_WORDS, again, str(problem)) for one in members}
    effects = {lead.receivable.ledger_id: text} | {one.subject: one for one in shadows}
    return {subject: Decision((effect,), Reason.GO, None) for subject, effect in effects.items()}


def joint_link(members: Sequence[Situation], policy: Policy) -> LinkFact | None:
    """The live link that asks just what is owed on all of these, if there is one."""
    ids = frozenset(one.receivable.ledger_id for one in members)
    for link in members[0].live_links:
        same = [_of_id(one, link.link_id) for one in members] if link.joint == ids else [None]
        if all(other is not None and link_fits(one, policy, other) for one, other in zip(members, same, strict=False)):
            return link
    return None


def _of_id(situation: Situation, link_id: str) -> LinkFact | None:
    return next((one for one in situation.live_links if one.link_id == link_id), None)


def _changing(members: Sequence[Situation], retire: Sequence[NewEffect]) -> dict[str, Decision]:
    return {
        one.receivable.ledger_id: Decision(
            tuple(effect for effect in retire if effect.subject == one.receivable.ledger_id), Reason.LINK_CHANGING, None
        )
        for one in members
    }


def _linking(members: Sequence[Situation], link: NewEffect) -> dict[str, Decision]:
    """The first one gets the link; the others wait for it, and are decided about again when it is there."""
    waiting = {one.receivable.ledger_id: Decision((), Reason.IN_PROGRESS, None) for one in members}
    return waiting | {link.subject: Decision((link,), Reason.GO, None)}


def _has_words(members: Sequence[Situation], policy: Policy, words: Words, now: datetime) -> bool:
    """Whether a text can be made of them: asked before the links they have are given up for a common one."""
    sample = LinkFact("", SAMPLE_LINK, whole(parts_owed(members)))
    try:
        joint_body(members, sample, policy, words, now)
    except MessageProblem:
        return False
    return True


def joint_notice(
    members: Sequence[Situation], step: Step, policy: Policy, words: Words, now: datetime
) -> tuple[NewEffect, tuple[NewEffect, ...]]:
    """The text as it would be planned now, and what stands for it with each of the others. A common link must be live.

    Raises:
        MessageProblem: no text can be made of these values.
    """
    lead, phone, link = members[0], members[0].phone, joint_link(members, policy)
    assert phone is not None and link is not None, "the gates, and the link just found, saw to it"  # noqa: S101, PT018
    request: dict[str, object] = {
        "to": phone.e164,
        "body": joint_body(members, link, policy, words, now),
        "purpose": "notice",
        "step": step.value,
        "link_id": link.link_id,
        "evidence": link.url,
    }
    key = notice_key(lead, step)
    others = [one.receivable.ledger_id for one in members[1:]]
    values = canonical({**request, "also": others})
    text = NewEffect(key, EffectKind.SEND_TEXT, lead.receivable.ledger_id, values, f"notice: {step.value}, joint")
    why = f"notice: {step.value}, joint with invoice {lead.receivable.label}"
    shadows = tuple(
        NewEffect(
            notice_key(one, step),
            EffectKind.SEND_TEXT,
            one.receivable.ledger_id,
            canonical({**request, "with": key}),
            why,
        )
        for one in members[1:]
    )
    return text, shadows


def joint_body(members: Sequence[Situation], link: LinkFact, policy: Policy, words: Words, now: datetime) -> str:
    """What the text says, with that link.

    Raises:
        MessageProblem: no text can be made of these values.
    """
    customer = members[0].customer
    assert customer is not None, "the gates saw to it"  # noqa: S101
    return words.joint(
        JointFacts(
            business=policy.business,
            given_name=customer.given_name,
            amount=whole(parts_owed(members)),
            invoices=tuple(one.receivable.number or "" for one in members),
            today=local_day(now, policy.zone),
            link=link.url,
            says_stop=says_how_to_stop(policy, members[0].texts_had),
            language=customer.language,
            markers=customer.markers,
            country=customer.country,
        )
    )
