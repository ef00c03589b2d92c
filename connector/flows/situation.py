"""From what is remembered to the values a decision rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.domain.calendar import local_day
from connector.domain.consent import standing_apart_from_marker
from connector.domain.dunning import Policy, Reason, Step
from connector.domain.effect import EffectKind, EffectStatus
from connector.domain.gates import A_WEEK
from connector.domain.hours import home_of
from connector.domain.instalments import amounts, is_divided, rests
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.places import places_of
from connector.domain.receivable import Customer, Receivable
from connector.domain.situation import LinkFact, OpenEffect, Situation
from connector.flows.company import Company
from connector.flows.poll import store_reread
from state.books import customer_of, receivable_of
from state.effects import CLOSED_BY_PERSON
from state.queries import Facts, is_open, step_is_spent
from state.tables import LinkRow, PaymentRow

# Further than anything counts that looks back: a week's texts to one number.
NOTICES_LOOK_BACK = timedelta(days=8)


def situations(
    company: Company, ledger_ids: Sequence[str], now: datetime, *, ignoring: str | None = None
) -> dict[str, Situation]:
    """The situations of these receivables, as last known. `ignoring`: the effect being performed right now."""
    asks = bool(company.policy.ask_always or company.policy.ask_first_time)
    since = now - NOTICES_LOOK_BACK
    facts = company.queries.facts(company.id, ledger_ids, since, approving=asks, asking=company.policy.ask)
    return {one: _situation(company, facts, one, now, ignoring) for one in ledger_ids if one in facts.receivables}


def reread_situation(company: Company, ledger_id: str, *, ignoring: str) -> Situation:
    """The situation of one receivable that is known, with the receivable as the ledger has it now."""
    found = company.ledger.receivable(ledger_id)
    situation = situations(company, [ledger_id], company.clock.now(), ignoring=ignoring)[ledger_id]
    if situation.receivable == found:
        return situation
    store_reread(company, ledger_id, found)
    return situations(company, [ledger_id], company.clock.now(), ignoring=ignoring)[ledger_id]


def _situation(company: Company, facts: Facts, ledger_id: str, now: datetime, ignoring: str | None) -> Situation:
    row = facts.receivables[ledger_id]
    receivable = receivable_of(row)
    customer_row = facts.customers.get(row.customer_id)
    customer = customer_of(customer_row) if customer_row else None
    phone = Phone(customer_row.phone) if customer_row and customer_row.phone else None
    effects = [
        one for one in facts.effects.get(ledger_id, []) if ignoring is None or ignoring not in (one.key, one.leader)
    ]
    links = facts.links.get(ledger_id, [])
    payments = facts.payments.get(ledger_id, [])
    spent = frozenset(Step(effect.step) for effect in effects if effect.step and step_is_spent(effect))
    return Situation(
        identity=company.identity,
        receivable=receivable,
        customer=customer,
        phone=phone,
        consent=standing_apart_from_marker(facts.consents.get(phone.e164, []) if phone else []),
        admitted=row.admitted,
        held=ledger_id in facts.held_invoices or row.customer_id in facts.held_customers,
        unreachable=phone is not None and phone.e164 in facts.unreachable,
        sender_shared=facts.sender_shared,
        closed_countries=frozenset(facts.closed_countries),
        live_links=tuple(
            _link(link, used=any(one.link_id == link.link_id for one in payments))
            for link in links
            if link.retired_at is None
        ),
        # Not their number: one of them may have been lost with an older database, and its name must not come again.
        links_made=max((link.generation for link in links if not link.joint), default=0),
        joint_links_made=max((link.generation for link in links if _leads(link)), default=0),
        payment_pending=any(one.state == "pending" for one in payments),
        payment_arrived=_arrived(receivable, payments),
        refused=frozenset(
            effect.key
            for effect in effects
            if effect.status == EffectStatus.REJECTED or effect.outcome == CLOSED_BY_PERSON
        ),
        open_effects=tuple(
            OpenEffect(effect.key, EffectKind(effect.kind), effect.status == EffectStatus.UNCERTAIN)
            for effect in effects
            if is_open(effect) and effect.purpose in {None, "notice"}
        ),
        steps_done=spent,
        notices_today=_today(facts, phone, customer, company.policy, now, ignoring),
        notices_this_week=_week(facts, phone, now, ignoring),
        last_notice_at=_last(facts, phone, {effect.key for effect in effects}),
        texts_had=facts.texts_had.get(phone.e164, 0) if phone else 0,
        may_be_asked=phone is not None and not _is_known(facts, phone),
        was_asked=phone is not None and phone.e164 in facts.asked,
        paused=facts.paused,
        draft=facts.draft and company.policy.draft_first,
        words=tuple(facts.words.get(ledger_id, ())),
        disputed=ledger_id in facts.disputed,
        promised_on=facts.promised.get(ledger_id),
        waited_for_promise=row.reason == Reason.PROMISED,
        replied_until=facts.replied.get(phone.e164) if phone else None,
        uncharged_because=company.processor.problem_with(receivable.balance) if receivable.is_owed else None,
        uncharged=_uncharged(company, receivable),
    )


def _uncharged(company: Company, receivable: Receivable) -> frozenset[Money]:
    policy = company.policy
    if not (receivable.is_owed and is_divided(receivable, policy)):
        return frozenset()
    asked = amounts(receivable, policy) | rests(receivable, policy)
    return frozenset(one for one in asked if company.processor.problem_with(one))


def _is_known(facts: Facts, phone: Phone) -> bool:
    """Whether anything is on record of a number: what it said, that it was asked, or that it had a text."""
    return phone.e164 in facts.asked or bool(facts.consents.get(phone.e164) or facts.texts_had.get(phone.e164))


def being_paid(receivable: Receivable, payments: Sequence[PaymentRow]) -> bool:
    """Whether nothing more is to be paid on it: nothing is owed, or money is under way or has come."""
    pending = any(one.state == "pending" for one in payments)
    return not receivable.is_owed or pending or _arrived(receivable, payments)


def _arrived(receivable: Receivable, payments: Sequence[PaymentRow]) -> bool:
    """Whether money has come that the balance does not show: not booked yet, or booked and taken out again.

    Once it shows, what is still owed is owed: the invoice was raised later, or only a part was paid.
    """
    # Whoever reversed a booking has said what it means for the invoice: that is held until the owner lets it go.
    succeeded = [one for one in payments if one.state == "succeeded" and one.verdict != "reversed"]
    if any(one.verdict != "booked" for one in succeeded):
        return True
    booked = sum(one.amount for one in succeeded if one.currency == receivable.balance.currency)
    return booked > 0 and receivable.is_owed and booked + receivable.balance.minor > receivable.total.minor


def _leads(row: LinkRow) -> bool:
    return row.joint is not None and row.joint.split(" ")[0] == row.ledger_id


def _link(row: LinkRow, *, used: bool) -> LinkFact:
    amount = Money.from_minor(row.amount, row.currency)
    joint = frozenset(row.joint.split(" ")) if row.joint else frozenset[str]()
    return LinkFact(row.link_id, row.url, amount, used, texted=row.texted_at is not None, joint=joint)


def _today(
    facts: Facts, phone: Phone | None, customer: Customer | None, policy: Policy, now: datetime, ignoring: str | None
) -> int:
    if phone is None or not facts.notices.get(phone.e164):
        return 0
    zones = {place.zone for place in places_of(phone, customer, home_of(policy))}
    return sum(
        1
        for key, at in facts.notices[phone.e164]
        if key != ignoring and any(local_day(at, zone) == local_day(now, zone) for zone in zones)
    )


def _week(facts: Facts, phone: Phone | None, now: datetime, ignoring: str | None) -> tuple[datetime, ...]:
    if phone is None:
        return ()
    found = ((key, at) for key, at in facts.notices.get(phone.e164, []) if at > now - A_WEEK)
    return tuple(sorted(at for key, at in found if key != ignoring))


def _last(facts: Facts, phone: Phone | None, keys: set[str]) -> datetime | None:
    """When the latest notice about a receivable went out, or was planned, by the keys of its effects."""
    if phone is None:
        return None
    told = (*facts.notices.get(phone.e164, ()), *facts.joined.get(phone.e164, ()))
    return max((at for key, at in told if key in keys), default=None)
