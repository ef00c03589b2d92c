"""The gates: everything that keeps a text from going out, in the order in which the reason helps a person most."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.approval import LONG, Verdict, last_word
from connector.domain.calendar import local_day, start_of_day
from connector.domain.consent import ConsentState
from connector.domain.consent_law import NUMBER_GIVEN
from connector.domain.dunning import DAYS_BETWEEN, PAST_DUE, ConsentRule, Policy, Reason, Step, current_step
from connector.domain.hours import hours_of
from connector.domain.phone import region_of
from connector.domain.receivable import Customer, ReceivableState
from connector.domain.senders import sender_stop
from connector.domain.situation import Situation

A_WEEK: Final = timedelta(days=7)


_STATE_REASONS: Final = {
    ReceivableState.PAID: Reason.PAID,
    ReceivableState.VOIDED: Reason.VOIDED,
    ReceivableState.DELETED: Reason.DELETED,
    ReceivableState.DRAFT: Reason.DRAFT,
}


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
        stopped = situation.consent is ConsentState.REVOKED and timing.reason is not Reason.HANDED_OVER
        return Gate(Reason.OPTED_OUT, timing.review_at) if stopped else timing
    for gate in (_reachable, _agreed, _sendable):
        if (reason := gate(situation, policy)) is not None:
            return Gate(reason, tomorrow(policy.zone, now))
    if any(one.key != ignoring for one in situation.open_effects):
        return Gate(Reason.IN_PROGRESS)
    if situation.paused:
        return Gate(Reason.PAUSED)
    # Before the hours: whoever approves in the evening need not get up at eight. The hours are still asked after it.
    return _approved(situation, policy, timing, now) or _welcome_now(situation, policy, timing, now)


def may_ask(situation: Situation, policy: Policy, now: datetime, *, ignoring: str | None = None) -> Gate:
    """Every gate that the request for consent must pass: those of the notice it makes way for, but for the consent."""
    if may_text(situation, policy, now, ignoring=ignoring).reason is not Reason.NO_CONSENT:
        return Gate(Reason.ASKED)
    if situation.draft:
        return Gate(Reason.IN_DRAFT)  # going live has all decided anew
    # The owner approves notices; requests, by having them switched on.
    freely = replace(policy, ask_always=frozenset(), ask_first_time=frozenset())
    return may_text(replace(situation, consent=ConsentState.GRANTED), freely, now, ignoring=ignoring)


def may_thank(situation: Situation, policy: Policy) -> Reason | None:
    """Why a receipt must not go to the customer, None where it may: as for a notice, agreed and not held back."""
    if situation.held:
        return Reason.HELD
    stop = _agreed(situation, policy) or _sendable(situation, policy)
    return stop or (Reason.IN_DRAFT if situation.draft else None)


def needs_approval(situation: Situation, policy: Policy, step: Step) -> bool:
    """Whether the owner is to be asked before this notice: in draft always, then as the settings say of the step."""
    if situation.draft or step in policy.ask_always:
        return True
    return step in policy.ask_first_time and situation.texts_had == 0


def promised_on(situation: Situation) -> date | None:
    """The day payment is promised for: the later one, where the ledger and we have two.

    Nobody is reminded before a day that somebody has accepted.
    """
    days = [day for day in (situation.receivable.promised_on, situation.promised_on) if day is not None]
    return max(days, default=None)


def broken_promise(situation: Situation, today: date) -> date | None:
    """The day a promise ran out unkept, None where none did; `today` is the company's.

    A day that stood in the ledger long before us is nothing to tell: only one that we waited for.
    """
    day = promised_on(situation)
    if day is None or day >= today or not situation.receivable.is_owed:
        return None
    if situation.payment_pending or situation.payment_arrived:
        return None
    return day if situation.promised_on is not None or situation.waited_for_promise else None


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
    if situation.held or situation.disputed:
        return Reason.HELD if situation.held else Reason.DISPUTED
    if _excluded(situation, policy):
        return Reason.EXCLUDED
    comparable = policy.minimum_in in {None, receivable.balance.currency}
    if comparable and receivable.balance.amount < policy.minimum:
        return Reason.BELOW_MINIMUM
    if policy.skip_payable_elsewhere and receivable.payable_elsewhere:
        return Reason.PAYABLE_ELSEWHERE
    if policy.require_sent and receivable.sent_by_ledger is False:
        return Reason.NOT_SENT_YET
    return Reason.UNCHARGEABLE if situation.uncharged_because else None


def _excluded(situation: Situation, policy: Policy) -> bool:
    receivable, customer = situation.receivable, situation.customer
    if {receivable.customer_id, receivable.customer_name} & policy.excluded_customers:
        return True
    return customer is not None and _carries(customer, policy.excluded_groups)


def _not_being_paid(situation: Situation, policy: Policy) -> Reason | None:
    del policy
    if situation.payment_pending:
        return Reason.PAYMENT_PENDING
    return Reason.PAYMENT_ARRIVED if situation.payment_arrived else None


def _step(situation: Situation, policy: Policy, now: datetime) -> Gate:
    today = local_day(now, policy.zone)
    for until, reason in ((promised_on(situation), Reason.PROMISED), (situation.replied_until, Reason.REPLIED)):
        over = _over_at(until, situation, policy) if until is not None else now
        if over > now:
            return Gate(reason, over)
    current = current_step(situation.receivable, policy.steps, today)
    later = start_of_day(current.next_start, policy.zone) if current.next_start else None
    if current.step is Step.HANDOVER:
        return Gate(Reason.HANDED_OVER)
    if current.step is None:
        return Gate(Reason.NO_STEP_NOW, later)
    # An earlier step after a later one would go backwards: the due date may have been put before the issue date.
    order = list(Step)
    if any(order.index(done) >= order.index(current.step) for done in situation.steps_done):
        return Gate(Reason.STEP_DONE, later)
    if current.step in PAST_DUE and situation.last_notice_at is not None:
        # The text of the due day waited for a weekend to pass, and the reminder's day is here already.
        free = local_day(situation.last_notice_at, policy.zone) + timedelta(days=DAYS_BETWEEN)
        if today < free:
            return Gate(Reason.TOO_SOON, start_of_day(free, policy.zone))
    return Gate(Reason.GO, later, current.step)


def _over_at(day: date, situation: Situation, policy: Policy) -> datetime:
    """When a day is over, for the company and wherever its customer may be: west of us it still lasts."""
    zones = {policy.zone}
    if situation.phone is not None:
        zones |= {place.zone for place in hours_of(policy, situation.phone, situation.customer).places}
    return max(start_of_day(day + timedelta(days=1), zone) for zone in zones)


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


def _sendable(situation: Situation, policy: Policy) -> Reason | None:
    assert situation.phone is not None, "nobody is asked about who has no number"  # noqa: S101
    shared, closed = situation.sender_shared, situation.closed_countries
    return sender_stop(policy, situation.phone, shared=shared, closed=closed)


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
        and _carries(situation.customer, {policy.consent_marker})
    )
    return None if marked else Reason.NO_CONSENT


def _approved(situation: Situation, policy: Policy, timing: Gate, now: datetime) -> Gate | None:
    """What the owner has not approved waits; None where it may go, or nobody need be asked."""
    assert timing.step is not None and situation.phone is not None, "the gates before saw to it"  # noqa: S101, PT018
    if not needs_approval(situation, policy, timing.step):
        return None
    word = last_word(situation.words, timing.step, situation.receivable.balance, situation.phone)
    if word is not None and word.verdict is Verdict.APPROVED:
        return None
    if word is not None and word.verdict is Verdict.REFUSED:
        return Gate(Reason.NOT_APPROVED, timing.review_at, timing.step)
    long = (word.at if word is not None else now) + LONG
    # Then once a day: its step may be over, its customer archived, and what is shown to the owner must be so.
    return Gate(Reason.AWAITING_APPROVAL, long if long > now else tomorrow(policy.zone, now), timing.step)


def _carries(customer: Customer, markers: Collection[str]) -> bool:
    """Whether one of them is on the customer. One ledger lower-cases its own, another keeps them as they were typed."""
    carried = {marker.casefold() for marker in customer.markers}
    return any(marker.casefold() in carried for marker in markers)


def _welcome_now(situation: Situation, policy: Policy, timing: Gate, now: datetime) -> Gate:
    assert situation.phone is not None, "the gate before this one saw to it"  # noqa: S101
    hours = hours_of(policy, situation.phone, situation.customer)
    key = situation.receivable.ledger_id
    if situation.notices_today >= policy.max_per_number_per_day:
        next_day = max(
            start_of_day(local_day(now, zone) + timedelta(days=1), zone) for zone in (one.zone for one in hours.places)
        )
        return Gate(Reason.DAILY_CAP, hours.turn(next_day, key) or next_day)
    recent = sorted(at for at in situation.notices_this_week if at > now - A_WEEK)
    if len(recent) >= policy.max_per_number_per_week:
        free = recent[-policy.max_per_number_per_week] + A_WEEK
        return Gate(Reason.WEEKLY_CAP, hours.turn(free, key) or free)
    if not hours.is_open(now):
        # None: no hour suits every place the number may be in, or all are holidays. Clock changes may alter that.
        return Gate(Reason.OUTSIDE_WINDOW, hours.turn(now, key) or tomorrow(policy.zone, now))
    return timing


def tomorrow(zone: ZoneInfo, now: datetime) -> datetime:
    """Look again tomorrow: a marker or a number may be added where the ledger does not report the change."""
    return start_of_day(local_day(now, zone) + timedelta(days=1), zone)
