"""THE decision: from one receivable's situation to the effects to record, or the reason for none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from connector.domain.approval import SAMPLE_LINK, Ask, last_word
from connector.domain.calendar import local_day
from connector.domain.dunning import Policy, Reason, Step
from connector.domain.effect import EffectKind, NewEffect, canonical, natural_key
from connector.domain.gates import Gate, may_ask, may_text, tomorrow
from connector.domain.instalments import Instalment, amounts, asks_of
from connector.domain.link_effects import create_link, retire_link
from connector.domain.link_page import Reader
from connector.domain.message import MessageProblem
from connector.domain.money import Money
from connector.domain.receivable import Customer
from connector.domain.situation import LinkFact, Situation


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What the words of a notice are made from."""

    step: Step
    business: str
    given_name: str | None
    amount: Money
    invoice: str | None
    today: date  # in the company's zone
    due_on: date | None
    link: str
    says_stop: bool  # it says how to stop
    language: str | None = None  # the ledger's word for the customer's, with `markers` and `country`
    markers: frozenset[str] = frozenset()
    country: str | None = None
    instalment: Instalment | None = None  # which one `amount` is, where the invoice is divided


@dataclass(frozen=True, slots=True)
class JointFacts:
    """What the words of a joint notice are made from. `amount`: of all `invoices` together."""

    business: str
    given_name: str | None
    amount: Money
    invoices: tuple[str, ...]
    today: date  # in the company's zone
    link: str
    says_stop: bool
    language: str | None = None
    markers: frozenset[str] = frozenset()
    country: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What the words about a booked payment are made from."""

    business: str
    customer: str
    given_name: str | None
    amount: Money
    invoice: str | None
    today: date
    says_stop: bool = False
    language: str | None = None
    markers: frozenset[str] = frozenset()
    country: str | None = None
    rest: Money | None = None  # what is still owed on an invoice that is paid in instalments


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the words of a request for consent are made from."""

    business: str
    language: str | None = None
    markers: frozenset[str] = frozenset()


class Words(Protocol):
    """Makes the body of a text from values; pure."""

    def reader(self, customer: Customer | None) -> Reader:
        """Who reads what is written to that customer; of one who is not known, the company's own language."""
        ...

    def request(self, facts: RequestFacts) -> str:
        """The one request for consent.

        Raises:
            MessageProblem: no text can be made of these values.
        """
        ...

    def notice(self, facts: NoticeFacts) -> str:
        """The body of a notice, link last.

        Raises:
            MessageProblem: no text can be made of these values; the message says what to change.
        """
        ...

    def joint(self, facts: JointFacts) -> str:
        """The body of a joint notice, link last.

        Raises:
            MessageProblem: no text can be made of these values; the message says what to change.
        """
        ...

    def receipt(self, facts: ReceiptFacts) -> str:
        """What a customer gets once the payment is booked.

        Raises:
            MessageProblem: no text can be made of these values.
        """
        ...

    def paid(self, facts: ReceiptFacts) -> str:
        """What the owner gets once the payment is booked.

        Raises:
            MessageProblem: no text can be made of these values.
        """
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """Effects to record now, the reason that is shown to people, and when to decide again."""

    effects: tuple[NewEffect, ...]
    reason: Reason
    review_at: datetime | None
    problem: str = ""  # with NO_WORDS: what to change, for a person
    ask: Ask | None = None  # to be put before the owner, who was not asked about just this yet


def decide(situation: Situation, policy: Policy, words: Words, now: datetime) -> Decision:
    """Decide about one receivable. At most one link change or one text comes out of it at a time."""
    gate = may_text(situation, policy, now)
    step = gate.step if gate.open else None
    fitting = [link for link in situation.live_links if link_fits(situation, policy, link, step)]
    # At most one may stay: two that fit could both be paid.
    unfit = [link for link in situation.live_links if link not in fitting[:1]]
    retire = tuple(retire_link(situation, link, policy, words) for link in unfit)
    retire = tuple(effect for effect in retire if all(effect.key != one.key for one in situation.open_effects))
    if retire:
        stuck = all(effect.key in situation.refused for effect in retire)
        reason = gate.reason if not gate.open else Reason.REFUSED if stuck else Reason.LINK_CHANGING
        return Decision(retire, reason, gate.review_at)
    if not gate.open or gate.step is None:
        return _withheld(situation, policy, words, gate, now)
    if all(one.joint for one in fitting):
        return _linked(situation, policy, words, gate, fitting)
    try:
        text = notice(situation, policy, words, gate.step, now)
    except MessageProblem as problem:
        # Tomorrow's words may be others: another step, another date.
        return Decision((), Reason.NO_WORDS, gate.review_at or tomorrow(policy.zone, now), str(problem))
    return Decision((text,), Reason.GO, None)


def _linked(situation: Situation, policy: Policy, words: Words, gate: Gate, fitting: Sequence[LinkFact]) -> Decision:
    """A link first, for this one alone."""
    if fitting:  # it asks for other receivables too, and this text is about one
        return Decision((retire_link(situation, fitting[0], policy, words),), Reason.LINK_CHANGING, gate.review_at)
    assert gate.step is not None, "an open gate has its step"  # noqa: S101
    link = create_link(situation, policy, words, gate.step)
    if link.key in situation.refused:
        return Decision((), Reason.REFUSED, gate.review_at)
    return Decision((link,), Reason.GO, None)


def _withheld(situation: Situation, policy: Policy, words: Words, gate: Gate, now: datetime) -> Decision:
    """No notice now. The owner may have to be asked for it, or the customer for consent."""
    if gate.reason is Reason.AWAITING_APPROVAL:
        return _asking(situation, policy, words, gate, now)
    asks = policy.ask and policy.two_way and gate.reason is Reason.NO_CONSENT
    return _ask(situation, policy, words, now, gate) if asks else Decision((), gate.reason, gate.review_at)


def _ask(situation: Situation, policy: Policy, words: Words, now: datetime, gate: Gate) -> Decision:
    if not situation.may_be_asked:
        # Texted before and no consent on record: the register was lost, and its owner must enter again who agreed.
        return Decision((), Reason.ASKED if situation.was_asked else gate.reason, gate.review_at)
    timing = may_ask(situation, policy, now)
    if not timing.open:
        return Decision((), timing.reason, timing.review_at)
    try:
        return Decision((request(situation, policy, words),), Reason.ASKED, gate.review_at)
    except MessageProblem as problem:
        return Decision((), Reason.NO_WORDS, gate.review_at, str(problem))


def request(situation: Situation, policy: Policy, words: Words) -> NewEffect:
    """The request for consent as it would be planned now: once for ever for a number, whatever the invoice.

    Raises:
        MessageProblem: it cannot be worded.
    """
    phone, customer = situation.phone, situation.customer
    assert phone is not None and customer is not None, "the gates saw to it"  # noqa: S101, PT018
    body = words.request(RequestFacts(policy.business, customer.language, customer.markers))
    values: dict[str, object] = {"to": phone.e164, "body": body, "purpose": "request"}
    key = natural_key(situation.identity, "request", phone.e164)
    return NewEffect(
        key, EffectKind.SEND_TEXT, situation.receivable.ledger_id, canonical(values), "request for consent"
    )


def link_fits(situation: Situation, policy: Policy, link: LinkFact, step: Step | None = None) -> bool:
    """Whether it asks what that step asks of this receivable, and nobody is paying or has paid.

    `step` is None where no text is due now: what any step asks may then stay as it is.
    """
    receivable = situation.receivable
    asked = asks_of(situation, policy, step) if step is not None else None
    return (
        receivable.is_owed
        and (link.amount == asked.amount if asked is not None else link.amount in amounts(receivable, policy))
        and not link.used
        and not situation.payment_pending
        and not situation.payment_arrived
    )


def _carries_only(situation: Situation, policy: Policy, link: LinkFact, step: Step) -> bool:
    return not link.joint and link_fits(situation, policy, link, step)


def says_how_to_stop(policy: Policy, texts_had: int) -> bool:
    """Whether the next text to a number says it: the first, and then every so many; never where nobody can reply."""
    return policy.two_way and texts_had % policy.stop_every == 0


def _asking(situation: Situation, policy: Policy, words: Words, gate: Gate, now: datetime) -> Decision:
    """A notice that waits for the owner, shown with today's words; no link is made for it before."""
    assert gate.step is not None and situation.phone is not None, "the gates saw to it"  # noqa: S101, PT018
    asked_for = asks_of(situation, policy, gate.step)
    assert asked_for is not None, "a step that asks nothing has no text"  # noqa: S101
    amount = asked_for.amount
    fitting = [link for link in situation.live_links if _carries_only(situation, policy, link, gate.step)]
    dressed = replace(situation, live_links=tuple(fitting) or (LinkFact("", SAMPLE_LINK, amount),))
    try:
        text = notice(dressed, policy, words, gate.step, now)
    except MessageProblem as problem:
        return Decision((), Reason.NO_WORDS, tomorrow(policy.zone, now), str(problem))
    asked = last_word(situation.words, gate.step, amount, situation.phone) is not None
    ask = None if asked else Ask(gate.step, amount, situation.phone, str(json.loads(text.request)["body"]))
    return Decision((), gate.reason, gate.review_at, ask=ask)


def notice_key(situation: Situation, step: Step) -> str:
    """The occasion of a notice: this receivable, this step, once for ever, whatever the amount becomes."""
    return natural_key(situation.identity, "notice", situation.receivable.ledger_id, step)


def notice(situation: Situation, policy: Policy, words: Words, step: Step, now: datetime) -> NewEffect:
    """The text of this step as it would be planned now. The gates must be open, and a fitting link live.

    Raises:
        MessageProblem: no text can be made of these values.
    """
    receivable = situation.receivable
    phone, customer = situation.phone, situation.customer
    asked = asks_of(situation, policy, step)
    assert phone is not None and customer is not None and asked is not None, "the gates saw to it"  # noqa: S101, PT018
    link = next(one for one in situation.live_links if _carries_only(situation, policy, one, step))
    body = words.notice(
        NoticeFacts(
            step=step,
            business=policy.business,
            given_name=customer.given_name,
            amount=asked.amount,
            invoice=receivable.number,
            today=local_day(now, policy.zone),
            due_on=receivable.due_on,
            link=link.url,
            says_stop=says_how_to_stop(policy, situation.texts_had),
            language=customer.language,
            markers=customer.markers,
            country=customer.country,
            instalment=asked if asked.is_part else None,
        )
    )
    request: dict[str, object] = {
        "to": phone.e164,
        "body": body,
        "purpose": "notice",
        "step": step.value,
        "link_id": link.link_id,
        "evidence": link.url,  # what to look for among the texts already sent
    }
    key = notice_key(situation, step)
    return NewEffect(key, EffectKind.SEND_TEXT, receivable.ledger_id, canonical(request), f"notice: {step.value}")
