"""THE decision: from one receivable's situation to the effects to record, or the reason for none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from connector.domain.asking import MARK, request_words
from connector.domain.calendar import local_day, start_of_day, zones_of
from connector.domain.consent import ConsentState
from connector.domain.consent_law import NUMBER_GIVEN
from connector.domain.dunning import ConsentRule, Policy, Reason, Step, current_step
from connector.domain.effect import BooksIdentity, EffectKind, NewEffect, canonical, natural_key
from connector.domain.message import MessageProblem
from connector.domain.money import Money
from connector.domain.phone import Phone, region_of
from connector.domain.receivable import Customer, Receivable, ReceivableState

_STATE_REASONS: Final = {
    ReceivableState.PAID: Reason.PAID,
    ReceivableState.VOIDED: Reason.VOIDED,
    ReceivableState.DELETED: Reason.DELETED,
    ReceivableState.DRAFT: Reason.DRAFT,
}


@dataclass(frozen=True, slots=True)
class LinkFact:
    """A payment link we made for this receivable and have not seen retired."""

    link_id: str
    url: str
    amount: Money
    used: bool = False  # somebody completed it: it takes no second payment, even if that one failed later
    texted: bool = False  # a text has carried it: it may have been paid on


@dataclass(frozen=True, slots=True)
class OpenEffect:
    """An effect on this receivable that is not concluded."""

    key: str
    kind: EffectKind
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the decision about one receivable rests on, as last known. Times are UTC."""

    identity: BooksIdentity
    receivable: Receivable
    customer: Customer | None
    phone: Phone | None  # parsed from the customer's mobile
    consent: ConsentState
    admitted: bool = False  # the owner let in an invoice of before the start date
    held: bool = False
    unreachable: bool = False  # the service said this number cannot receive texts
    live_links: tuple[LinkFact, ...] = ()
    links_made: int = 0
    payment_pending: bool = False
    payment_arrived: bool = False  # succeeded, and the balance in the ledger does not show it yet
    may_be_asked: bool = False  # nothing is on record of this number, not even that it was asked
    refused: frozenset[str] = field(default_factory=frozenset)  # keys of effects a service refused or a person closed
    open_effects: tuple[OpenEffect, ...] = ()
    steps_done: frozenset[Step] = field(default_factory=frozenset)
    notices_today: int = 0  # to this number, over all its receivables, in the recipient's day
    texted_before: bool = False  # this number has had a text from this company
    uncharged_because: str | None = None  # the processor cannot charge this amount
    paused: bool = False


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
    first_text: bool


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What the words about a booked payment are made from."""

    business: str
    customer: str
    given_name: str | None
    amount: Money
    invoice: str
    today: date


class Words(Protocol):
    """Makes the body of a text from values; pure."""

    def notice(self, facts: NoticeFacts) -> str:
        """The body of a notice, link last.

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
        """What the owner gets once the payment is booked; plain values, nothing that could not be said."""
        ...


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a text may go out now; if not, why, and when to look again (None: only when something changes)."""

    reason: Reason
    review_at: datetime | None = None
    step: Step | None = None

    @property
    def open(self) -> bool:
        """It may."""
        return self.reason is Reason.GO


@dataclass(frozen=True, slots=True)
class Decision:
    """Effects to record now, the reason that is shown to people, and when to decide again."""

    effects: tuple[NewEffect, ...]
    reason: Reason
    review_at: datetime | None
    problem: str = ""  # with NO_WORDS: what to change, for a person


def decide(situation: Situation, policy: Policy, words: Words, now: datetime) -> Decision:
    """Decide about one receivable. At most one link change or one text comes out of it at a time."""
    fitting = [link for link in situation.live_links if _link_fits(situation, link)]
    # At most one may stay: two that fit could both be paid.
    unfit = [link for link in situation.live_links if link not in fitting[:1]]
    retire = tuple(_retire(situation, link) for link in unfit)
    retire = tuple(effect for effect in retire if all(effect.key != one.key for one in situation.open_effects))
    gate = may_text(situation, policy, now)
    if retire:
        stuck = all(effect.key in situation.refused for effect in retire)
        reason = gate.reason if not gate.open else Reason.REFUSED if stuck else Reason.LINK_CHANGING
        return Decision(retire, reason, gate.review_at)
    if not gate.open or gate.step is None:
        asks = policy.ask and gate.reason is Reason.NO_CONSENT
        return _ask(situation, policy, now, gate) if asks else Decision((), gate.reason, gate.review_at)
    if not fitting:
        link = _create_link(situation, policy)
        if link.key in situation.refused:
            return Decision((), Reason.REFUSED, gate.review_at)
        return Decision((link,), Reason.GO, None)
    try:
        text = notice(situation, policy, words, gate.step, now)
    except MessageProblem as problem:
        # Tomorrow's words may be others: another step, another date.
        return Decision((), Reason.NO_WORDS, gate.review_at or tomorrow(policy.zone, now), str(problem))
    return Decision((text,), Reason.GO, None)


def may_text(situation: Situation, policy: Policy, now: datetime, *, ignoring: str | None = None) -> Gate:
    """Every gate a notice must pass, in the order in which the reason is most useful to a person.

    `ignoring` is the key of the effect being performed: it must not stand in its own way.
    """
    for gate in (_owed, _allowed_by_owner, _not_being_paid):
        if (reason := gate(situation, policy)) is not None:
            return Gate(reason)
    timing = _step(situation, policy, now)
    if not timing.open:
        # Whoever has said STOP gets nothing at any step: a person wants to read that, not that a step has had its turn.
        stopped = situation.consent is ConsentState.REVOKED
        return Gate(Reason.OPTED_OUT, timing.review_at) if stopped else timing
    for gate in (_reachable, _agreed):
        if (reason := gate(situation, policy)) is not None:
            return Gate(reason, tomorrow(policy.zone, now))
    if any(one.key != ignoring for one in situation.open_effects):
        return Gate(Reason.IN_PROGRESS)
    if situation.paused:
        return Gate(Reason.PAUSED)
    return _welcome_now(situation, policy, timing, now)


def may_ask(situation: Situation, policy: Policy, now: datetime, *, ignoring: str | None = None) -> Gate:
    """Every gate that the request for consent must pass: those of the notice it makes way for, but for the consent."""
    if may_text(situation, policy, now, ignoring=ignoring).reason is not Reason.NO_CONSENT:
        return Gate(Reason.ASKED)
    return may_text(replace(situation, consent=ConsentState.GRANTED), policy, now, ignoring=ignoring)


def _ask(situation: Situation, policy: Policy, now: datetime, gate: Gate) -> Decision:
    if not situation.may_be_asked:
        return Decision((), Reason.ASKED, gate.review_at)
    timing = may_ask(situation, policy, now)
    if not timing.open:
        return Decision((), timing.reason, timing.review_at)
    try:
        return Decision((request(situation, policy),), Reason.ASKED, gate.review_at)
    except MessageProblem as problem:
        return Decision((), Reason.NO_WORDS, gate.review_at, str(problem))


def request(situation: Situation, policy: Policy) -> NewEffect:
    """The request for consent as it would be planned now: once for ever for a number, whatever the invoice.

    Raises:
        MessageProblem: it cannot be worded.
    """
    phone = situation.phone
    assert phone is not None, "the gates saw to it"  # noqa: S101
    values: dict[str, object] = {
        "to": phone.e164,
        "body": request_words(policy.business),
        "purpose": "request",
        "evidence": MARK,
    }
    key = natural_key(situation.identity, "request", phone.e164)
    return NewEffect(
        key, EffectKind.SEND_TEXT, situation.receivable.ledger_id, canonical(values), "request for consent"
    )


def may_thank(situation: Situation, policy: Policy) -> Reason | None:
    """Why a receipt must not go to the customer, None where it may: as for a notice, agreed and not held back."""
    return Reason.HELD if situation.held else _agreed(situation, policy)


def _owed(situation: Situation, policy: Policy) -> Reason | None:
    receivable = situation.receivable
    if receivable.state in _STATE_REASONS:
        return _STATE_REASONS[receivable.state]
    if not receivable.is_owed:
        return Reason.NOTHING_OWED
    if receivable.issued_on < policy.start_on and not situation.admitted:
        return Reason.BASELINE
    return None


def _allowed_by_owner(situation: Situation, policy: Policy) -> Reason | None:
    receivable = situation.receivable
    if situation.held:
        return Reason.HELD
    if {receivable.customer_id, receivable.customer_name} & policy.excluded_customers:
        return Reason.EXCLUDED
    comparable = policy.minimum_in in {None, receivable.balance.currency}
    if comparable and receivable.balance.amount < policy.minimum:
        return Reason.BELOW_MINIMUM
    if policy.skip_payable_elsewhere and receivable.payable_elsewhere:
        return Reason.PAYABLE_ELSEWHERE
    if policy.require_sent and receivable.sent_by_ledger is False:
        return Reason.NOT_SENT_YET
    return Reason.UNCHARGEABLE if situation.uncharged_because else None


def _not_being_paid(situation: Situation, policy: Policy) -> Reason | None:
    del policy
    if situation.payment_pending:
        return Reason.PAYMENT_PENDING
    return Reason.PAYMENT_ARRIVED if situation.payment_arrived else None


def _step(situation: Situation, policy: Policy, now: datetime) -> Gate:
    today = local_day(now, policy.zone)
    promised = situation.receivable.promised_on
    if promised is not None and promised >= today:
        return Gate(Reason.PROMISED, start_of_day(promised + timedelta(days=1), policy.zone))
    current = current_step(situation.receivable, policy.steps, today)
    later = start_of_day(current.next_start, policy.zone) if current.next_start else None
    if current.step is None:
        return Gate(Reason.NO_STEP_NOW, later)
    # An earlier step after a later one would go backwards: the due date may have been put before the issue date.
    order = list(Step)
    if any(order.index(done) >= order.index(current.step) for done in situation.steps_done):
        return Gate(Reason.STEP_DONE, later)
    return Gate(Reason.GO, later, current.step)


def _reachable(situation: Situation, policy: Policy) -> Reason | None:
    del policy
    customer = situation.customer
    if customer is None:
        return Reason.NO_CUSTOMER
    if not customer.active:
        return Reason.CUSTOMER_INACTIVE
    if not customer.mobile:
        return Reason.NO_MOBILE
    if situation.phone is None:
        return Reason.BAD_MOBILE
    return Reason.UNREACHABLE if situation.unreachable else None


def _agreed(situation: Situation, policy: Policy) -> Reason | None:
    if situation.consent is ConsentState.REVOKED:
        return Reason.OPTED_OUT
    if situation.consent is ConsentState.GRANTED:
        return None
    if policy.consent_rule is ConsentRule.NUMBER_GIVEN:
        # By the number's country, not the company's: the law is that of whoever is texted.
        known = situation.phone is not None and region_of(situation.phone) in NUMBER_GIVEN
        return None if known else Reason.NO_CONSENT
    marked = (
        policy.consent_rule is ConsentRule.LEDGER_MARKER
        and situation.customer is not None
        and policy.consent_marker is not None
        # One ledger lower-cases its markers, the other keeps them as typed; people mean the same.
        and policy.consent_marker.casefold() in {marker.casefold() for marker in situation.customer.markers}
    )
    return None if marked else Reason.NO_CONSENT


def _welcome_now(situation: Situation, policy: Policy, timing: Gate, now: datetime) -> Gate:
    assert situation.phone is not None, "the gate before this one saw to it"  # noqa: S101
    zones = zones_of(situation.phone, policy.zone)
    if situation.notices_today >= policy.max_per_number_per_day:
        next_day = max(start_of_day(local_day(now, zone) + timedelta(days=1), zone) for zone in zones)
        return Gate(Reason.DAILY_CAP, policy.window.next_opening(next_day, zones) or next_day)
    if not policy.window.is_open(now, zones):
        # None: no hour suits every zone the number may be in. Clock changes and settings may alter that.
        return Gate(Reason.OUTSIDE_WINDOW, policy.window.next_opening(now, zones) or tomorrow(policy.zone, now))
    return timing


def tomorrow(zone: ZoneInfo, now: datetime) -> datetime:
    """Look again tomorrow: a marker or a number may be added where the ledger does not report the change."""
    return start_of_day(local_day(now, zone) + timedelta(days=1), zone)


def _link_fits(situation: Situation, link: LinkFact) -> bool:
    return (
        situation.receivable.is_owed
        and link.amount == situation.receivable.balance
        and not link.used
        and not situation.payment_pending
        and not situation.payment_arrived
    )


def notice_key(situation: Situation, step: Step) -> str:
    """The occasion of a notice: this receivable, this step, once for ever, whatever the amount becomes."""
    return natural_key(situation.identity, "notice", situation.receivable.ledger_id, step)


def _retire(situation: Situation, link: LinkFact) -> NewEffect:
    receivable = situation.receivable
    message, why = _farewell(situation, link)
    request: Mapping[str, object] = {"link_id": link.link_id, "message": message}
    key = natural_key(situation.identity, "retire", link.link_id)
    return NewEffect(key, EffectKind.RETIRE_LINK, receivable.ledger_id, canonical(dict(request)), why)


def _farewell(situation: Situation, link: LinkFact) -> tuple[str, str]:
    """What whoever opens the link later reads, and why it comes down. Who has just paid is not told to pay again."""
    receivable = situation.receivable
    if situation.payment_pending:
        return f"A payment for invoice {receivable.label} is under way. Thank you.", "a payment is under way"
    if situation.payment_arrived or link.used:
        return f"A payment for invoice {receivable.label} has been made. Thank you.", "a payment was made on it"
    why = f"the link asks {link.amount}; the invoice is {receivable.state} with {receivable.balance} owed"
    if receivable.state is ReceivableState.PAID:
        return f"Invoice {receivable.label} is paid. Thank you.", why
    return f"Invoice {receivable.label} has changed or is settled. Please use the newest text, or contact us.", why


def _create_link(situation: Situation, policy: Policy) -> NewEffect:
    receivable = situation.receivable
    generation = situation.links_made + 1
    amount = receivable.balance
    key = natural_key(situation.identity, "link", receivable.ledger_id, generation, amount.minor, amount.currency)
    day = receivable.due_on
    due = f"Due {day.day} {day:%B} {day.year}. " if day else ""  # in words: 3/4 is another day in another country
    request: dict[str, object] = {
        "reference": key,
        "amount": str(amount.amount),
        "currency": amount.currency,
        "title": f"Invoice {receivable.label}",
        "description": f"{due}{policy.business}",
        "receipt_line": f"{policy.business}: invoice {receivable.label}",
        "inactive_message": f"Invoice {receivable.label} has been paid or has changed. Thank you.",
        "after_payment": f"Thank you. {policy.business} has been told that invoice {receivable.label} is paid.",
        "metadata": {
            "duebird_invoice": receivable.ledger_id,
            "duebird_tenant": situation.identity.tenant_id,
            "duebird_generation": str(generation),
            "duebird_number": receivable.label[:200],
        },
        "generation": generation,
    }
    why = f"a notice is due and no link asks {amount}"
    return NewEffect(key, EffectKind.CREATE_LINK, receivable.ledger_id, canonical(request), why)


def notice(situation: Situation, policy: Policy, words: Words, step: Step, now: datetime) -> NewEffect:
    """The text of this step as it would be planned now. The gates must be open, and a fitting link live.

    Raises:
        MessageProblem: no text can be made of these values.
    """
    receivable = situation.receivable
    phone, customer = situation.phone, situation.customer
    assert phone is not None and customer is not None, "the gates saw to it"  # noqa: S101, PT018
    link = next(one for one in situation.live_links if _link_fits(situation, one))
    body = words.notice(
        NoticeFacts(
            step=step,
            business=policy.business,
            given_name=customer.given_name,
            amount=receivable.balance,
            invoice=receivable.number,
            today=local_day(now, policy.zone),
            due_on=receivable.due_on,
            link=link.url,
            first_text=not situation.texted_before,
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
