"""Planted defects: the company with one of its collaborators replaced by one that breaks the protocol in one way.

A simulator that finds nothing proves nothing until it has found these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count, islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from adapters.memory.carrier_world import STOP_WORDS
from connector.domain.approval import Verdict
from connector.domain.asking import is_request
from connector.domain.balance import DisputeState, PayoutState
from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.dunning import PAST_DUE
from connector.domain.effect import EffectKind
from connector.domain.exchange_difference import is_difference
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.reversal import Cause
from connector.domain.settlement import Refunds, Surplus
from connector.errors import Transient, Uncertain
from connector.flows import credit
from connector.flows.company import Company
from connector.ports.processor import LinkRequest, Payment, PaymentState, RetiredLink
from state.queries import Facts
from tests.simulation.abroad import HOME
from tests.simulation.machine import least_of
from tests.simulation.purse import Purse
from tests.simulation.run import Run, simulate
from tests.simulation.town import START, has_loose_books
from tests.simulation.weather import loses_answers

Mutant = Callable[[Company], Company]


class _Instead:
    """Everything as the real one, but for the methods named."""

    def __init__(self, real: Any, **methods: Any) -> None:
        self._real = real
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _other(company: Company, part: str, **methods: Any) -> Company:
    """The company with some methods of one part replaced."""
    changed: dict[str, Any] = {part: _Instead(getattr(company, part), **methods)}
    return replace(company, **changed)


def _effects(company: Company, **methods: Any) -> Company:
    return _other(company, "store", effects=_Instead(company.store.effects, **methods))


def _policy(**rules: Any) -> Mutant:
    return lambda company: replace(company, policy=replace(company.policy, **rules))


def _steps_too_early(company: Company) -> Company:
    """Each reminder past the due date a day before its time; the owner's own settings say otherwise."""
    early = tuple(
        replace(one, offset_days=one.offset_days - 1) if one.step in PAST_DUE else one for one in company.policy.steps
    )
    return _policy(steps=early)(company)


def _facts(change: Callable[[Facts], None]) -> Mutant:
    """What is remembered is handed out changed."""

    def mutant(company: Company) -> Company:
        def facts(*args: Any, **more: Any) -> Facts:
            found = company.queries.facts(*args, **more)
            change(found)
            return found

        return _other(company, "queries", facts=facts)

    return mutant


# ---------------------------------------------------------------------------------------------- unknown is repeated


def _certain(act: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Whoever got no answer takes it for a no."""

    def certain(request: Any) -> Any:
        try:
            return act(request)
        except Uncertain as lost:
            raise Transient("taken for a no", service=lost.service) from lost

    return certain


def _no_answer_is_no_text(company: Company) -> Company:
    return _other(company, "messenger", send=_certain(company.messenger.send))


def _texts_repeated_unseen(company: Company) -> Company:
    return _other(company, "messenger", send=_certain(company.messenger.send), sent_to=lambda *_: ())


def _no_answer_is_no_booking(company: Company) -> Company:
    return _other(company, "ledger", book=_under_fresh_keys(company))


def _under_fresh_keys(company: Company) -> Callable[[Any], Any]:
    fresh = count()

    def book(request: Any) -> Any:
        key = f"{request.idempotency_key}-{next(fresh)}-{company.clock.elapsed()}"
        return _certain(company.ledger.book)(replace(request, idempotency_key=key))

    return book


def _bookings_repeated_unseen(company: Company) -> Company:
    blind = {"bookings_on": lambda _: (), "bookings_with_reference": lambda _: ()}
    return _other(company, "ledger", book=_under_fresh_keys(company), receivable=_owing_as_first_read(company), **blind)


def _owing_as_first_read(company: Company) -> Callable[[str], Any]:
    """The truth of the first look is kept for the truth of now."""
    first: dict[str, Any] = {}

    def receivable(ledger_id: str) -> Any:
        if ledger_id not in first:
            first[ledger_id] = company.ledger.receivable(ledger_id)
        return first[ledger_id]

    return receivable


def _doubt_is_repeated(company: Company) -> Company:
    def doubt(key: str, look_at: Any, now: Any, note: str) -> Any:
        company.store.effects.postpone(key, look_at, now, note)
        return company.store.effects.get(key)

    changed = _effects(company, doubt=doubt)
    return _other(changed, "messenger", sent_to=lambda *_: ())


def _links_under_fresh_keys(company: Company) -> Company:
    fresh = count()

    def create(request: LinkRequest) -> Any:
        key = f"{request.idempotency_key}-{next(fresh)}-{company.clock.elapsed()}"
        return company.processor.create_link(replace(request, idempotency_key=key))

    return _other(company, "processor", create_link=create, links_with_reference=lambda _: ())


def _nothing_is_looked_up(company: Company) -> Company:
    return _effects(company, unsettled=lambda *_: [])


# -------------------------------------------------------------------------------------------- the world is not asked


def _stale_before_texts(company: Company) -> Company:
    return _other(company, "ledger", receivable=_owing_as_first_read(company))


def _replies_unread(company: Company) -> Company:
    return _other(company, "messenger", inbound=lambda _: ())


def _only_keywords_stop(company: Company) -> Company:
    def inbound(since: Any) -> Any:
        return [one for one in company.messenger.inbound(since) if one.body.upper() in STOP_WORDS]

    return _other(company, "messenger", inbound=inbound)


def _payments_unseen(company: Company) -> Company:
    nothing = {"payment_of_session": lambda _: None, "payments_since": lambda _: (), "payments_on": lambda _: ()}
    return _other(company, "processor", **nothing)


def _as_paid(payment: Payment | None) -> Any:
    if payment is None or payment.state is not PaymentState.PENDING:
        return payment
    return replace(payment, state=PaymentState.SUCCEEDED, paid_at=payment.created_at)


def _pending_is_paid(company: Company) -> Company:
    real = company.processor
    return _other(
        company,
        "processor",
        payment_of_session=lambda session: _as_paid(real.payment_of_session(session)),
        payments_since=lambda since: [_as_paid(one) for one in real.payments_since(since)],
        payments_on=lambda link: [_as_paid(one) for one in real.payments_on(link)],
    )


def _links_stay_up(company: Company) -> Company:
    def retire(link_id: str, _message: str) -> Any:
        link = company.processor.link(link_id)
        assert link is not None
        return RetiredLink(link, (), 0)

    return _other(company, "processor", retire_link=retire)


def _transaction_across_calls(company: Company) -> Company:
    def receivable(ledger_id: str) -> Any:
        with company.store.database.read():
            return company.ledger.receivable(ledger_id)

    return _other(company, "ledger", receivable=receivable)


# ------------------------------------------------------------------------------------------------- wrong values sent


def _amount_doubled(company: Company) -> Company:
    def create(request: LinkRequest) -> Any:
        return company.processor.create_link(replace(request, amount=request.amount + request.amount))

    return _other(company, "processor", create_link=create)


def _sent_twice(company: Company) -> Company:
    def send(request: Any) -> Any:
        company.messenger.send(request)
        return company.messenger.send(request)

    return _other(company, "messenger", send=send)


def _text_waits_too_long(company: Company) -> Company:
    def send(request: Any) -> Any:
        return company.messenger.send(replace(request, valid_for=timedelta(hours=14)))

    return _other(company, "messenger", send=send)


def _a_unit_less(amount: Money) -> Money:
    return amount - Money.from_minor(1, amount.currency)


def _booked_a_cent_short(company: Company) -> Company:
    def book(request: Any) -> Any:
        return company.ledger.book(replace(request, amount=_a_unit_less(request.amount)))

    return _other(company, "ledger", book=book)


def _booked_today(company: Company) -> Company:
    def book(request: Any) -> Any:
        return company.ledger.book(replace(request, booked_on=company.clock.now().date()))

    return _other(company, "ledger", book=book)


def _joint_on_the_first(company: Company) -> Company:
    """All of a payment for several invoices counts for the first of them."""

    def read(whose: str, payment: Payment, ledger_id: str, now: Any, **more: Any) -> bool:
        alone = replace(payment, link_id=f"{payment.link_id}, and nothing is known of it")
        return company.store.payment_read(whose, alone, ledger_id, now, hints=more.get("hints", ()))

    return _other(company, "store", payment_read=read)


def _held_unseen(company: Company) -> Company:
    def held(whose: str, payment_id: str, on: str, attention: Any, now: Any, **more: Any) -> None:
        company.store.payment_held(whose, payment_id, on, replace(attention, happened="", key="nothing"), now, **more)

    return _other(company, "store", payment_held=held)


# ------------------------------------------------------------------------------------------------ memory is misread


def _revocations_forgotten(found: Facts) -> None:
    for phone, records in found.consents.items():
        found.consents[phone] = [one for one in records if one.state is not ConsentState.REVOKED]


def _everybody_agreed(found: Facts) -> None:
    for customer in found.customers.values():
        if customer.phone and not found.consents.get(customer.phone):
            record = ConsentRecord(Phone(customer.phone), ConsentState.GRANTED, ConsentMethod.FORM, START, "nobody")
            found.consents[customer.phone] = [record]


def _pending_forgotten(company: Company) -> Company:
    """In both places: a link that took a payment is down, and where only the text forgets it no other link is made."""

    def forget(found: Facts) -> None:
        for ledger_id, payments in found.payments.items():
            found.payments[ledger_id] = [one for one in payments if one.state != "pending"]

    def owing(company_id: str, ledger_id: str) -> Any:
        known, payments, links = company.queries.owing(company_id, ledger_id)
        return known, [one for one in payments if one.state != "pending"], links

    return _other(_facts(forget)(company), "queries", owing=owing)


def _numbers_mixed_up(found: Facts) -> None:
    for customer_id, customer in found.customers.items():
        if customer.phone == "+12125550101":
            wrong: Any = _Instead(customer, phone="+12125550100")
            found.customers[customer_id] = wrong
            # Whose number it is has agreed as well, else consent alone would stop the text.
            found.consents.setdefault("+12125550100", found.consents.get("+12125550101", []))


def _promises_ignored(found: Facts) -> None:
    found.promised.clear()
    found.replied.clear()


def _disputes_ignored(found: Facts) -> None:
    found.disputed.clear()


def _refusals_are_approvals(found: Facts) -> None:
    for ledger_id, words in found.words.items():
        found.words[ledger_id] = [replace(one, verdict=Verdict.APPROVED) for one in words]


# -------------------------------------------------------------------------------------------------- nobody is asked


def _requests_unseen(company: Company) -> Company:
    """Whoever asked for consent does not find his own requests at the messaging service."""

    def without(listed: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: [one for one in listed(*args) if not is_request(one.body)]

    real = company.messenger
    return _other(company, "messenger", sent_to=without(real.sent_to), texts_since=without(real.texts_since))


def _all_in_english(company: Company) -> Company:
    return _other(company, "words", notice=lambda facts: company.words.notice(replace(facts, language=None)))


# ------------------------------------------------------------------------------------- the money does not stand right


def _fees_under_fresh_references(company: Company) -> Company:
    fresh = count()

    def make(request: Any) -> Any:
        key = f"{next(fresh)}{company.clock.elapsed():.0f}"
        return company.ledger.make_expense(replace(request, reference=f"DBF{key}", idempotency_key=key))

    return _other(company, "ledger", make_expense=make)


def _entries_unseen(company: Company) -> Company:
    """Whoever enters fees, payouts and the like does not find his own entries in the ledger."""
    return _other(company, "ledger", entries_with_reference=lambda *_: ())


def _fees_dated_today(company: Company) -> Company:
    def make(request: Any) -> Any:
        return company.ledger.make_expense(replace(request, booked_on=company.clock.now().date()))

    return _other(company, "ledger", make_expense=make)


def _differences_turned_round(company: Company) -> Company:
    """What another rate gained is entered as lost."""

    def make(request: Any) -> Any:
        turned = replace(request, incoming=not request.incoming) if is_difference(request.reference) else request
        return company.ledger.make_expense(turned)

    return _other(company, "ledger", make_expense=make)


def _differences_repeated_unseen(company: Company) -> Company:
    """No answer is taken for no entry, and what stands in the ledger is not found."""
    fresh = count()

    def make(request: Any) -> Any:
        if not is_difference(request.reference):
            return company.ledger.make_expense(request)
        key = f"{request.idempotency_key}-{next(fresh)}-{company.clock.elapsed()}"
        return _certain(company.ledger.make_expense)(replace(request, idempotency_key=key))

    def found(kind: Any, reference: str) -> Any:
        return () if is_difference(reference) else company.ledger.entries_with_reference(kind, reference)

    return _other(company, "ledger", make_expense=make, entries_with_reference=found)


def _differences_left(company: Company) -> Company:
    """What an entry that is taken out leaves is looked for nowhere."""

    def done(*args: Any) -> Any:
        return [one for one in company.queries.entries_done(*args) if one.kind != EffectKind.REVERSE_BOOKING]

    return _other(company, "queries", entries_done=done)


def _came_again_unheard(company: Company) -> Company:
    """What went and came again before an entry was made of it is looked for nowhere."""
    return _other(company, "queries", heard_again=lambda *_: [])


def _treasury(company: Company, **methods: Any) -> Company:
    if company.cash is None:
        return company
    treasury: Any = _Instead(company.cash.treasury, **methods)
    return replace(company, cash=replace(company.cash, treasury=treasury))


def _on_its_way_is_paid(company: Company) -> Company:
    """Of a payout it is not asked how it stands."""

    def payout(payout_id: str) -> Any:
        found = company.cash.treasury.payout(payout_id) if company.cash else None
        return replace(found, state=PayoutState.PAID) if found and found.state is PayoutState.IN_TRANSIT else found

    return _treasury(company, payout=payout)


def _first_page_only(company: Company) -> Company:
    """Of many changes of the balance the first ones are read."""

    def changes(since: Any, cursor: str | None = None) -> Any:
        assert company.cash is not None
        return replace(company.cash.treasury.changes_since(since, cursor), cursor=None)

    return _treasury(company, changes_since=changes)


def _foreign_money_at_no_rate(company: Company) -> Company:
    """What the processor made of foreign money is not asked."""
    return replace(company, treasury=None)


def _refunds_at_the_payments_rate(company: Company) -> Company:
    def of_refund(refund_id: str) -> Any:
        real: Any = company.treasury
        left = real.change_of_refund(refund_id)
        came = real.change_of_payment(left.payment_id) if left is not None else None
        if came is None or came.source_amount is None:
            return left
        minor = round(came.amount.minor * left.source_amount.minor / came.source_amount.minor)
        amount = Money.from_minor(minor, came.currency)
        return replace(left, amount=amount, net=amount - left.fee)

    return _other(company, "treasury", change_of_refund=of_refund)


def _others_unseen(company: Company) -> Company:
    """What somebody else has entered on an invoice is not looked at."""

    def ours(ledger_id: str) -> Any:
        return [one for one in company.ledger.bookings_on(ledger_id) if OUR_REFERENCE.match(one.reference)]

    return _other(company, "ledger", bookings_on=ours)


def _open_dispute_is_lost(company: Company) -> Company:
    """Money that is taken for now counts as gone for good."""

    def returned(payment_id: str) -> Any:
        found = company.processor.returned(payment_id)
        lost = {DisputeState.OPEN: DisputeState.LOST}
        return replace(
            found, disputes=tuple(replace(one, state=lost.get(one.state, one.state)) for one in found.disputes)
        )

    return _other(company, "processor", returned=returned)


def _part_is_whole(company: Company) -> Company:
    """Whatever is refunded counts as all of the payment."""

    def returned(payment_id: str) -> Any:
        found = company.processor.returned(payment_id)
        parts = company.queries.payment_parts(company.id, payment_id)
        paid = Money.from_minor(sum(one.amount for one in parts), parts[0].currency if parts else HOME)
        return replace(found, refunds=tuple(replace(one, amount=paid) for one in found.refunds))

    return _other(company, "processor", returned=returned)


def _refunds_untold(company: Company) -> Company:
    def attend(whose: str, item: Any, now: Any) -> Any:
        return False if "/charge." in item.key or "/refund." in item.key else company.store.attend(whose, item, now)

    return _other(company, "store", attend=attend)


def _came_back_stays_entered(company: Company) -> Company:
    """Of a refund that failed, or a dispute that was won, the entry stays."""

    def planned(whose: str, wanted: Any, now: Any, **more: Any) -> Any:
        kept = [one for one in wanted if json.loads(one.effect.request).get("cause") != Cause.CAME_BACK]
        return company.store.reversals_planned(whose, kept, now, **more)

    def entered(*args: Any, **more: Any) -> None:
        company.store.refund_entered(*args, **{**more, "follow": ()})

    return _other(company, "store", reversals_planned=planned, refund_entered=entered)


def _reminded_after_a_reversal(company: Company) -> Company:
    def reversed_(*args: Any, **more: Any) -> None:
        company.store.booking_reversed(*args, **{**more, "holds": False})

    return _other(company, "store", booking_reversed=reversed_)


def _credit_before_its_booking(company: Company) -> Company:
    """What is more than is owed becomes a credit at once, whatever becomes of the booking."""

    def allocated(whose: str, payment_id: str, wanted: Any, now: Any, **more: Any) -> None:
        company.store.payment_allocated(whose, payment_id, wanted, now, **more)
        values = json.loads(wanted.effect.request)
        if "credit" in values:
            effect = credit.planned(company, wanted.effect.subject, values["credit"])
            company.store.reversals_planned(whose, [effect], now)

    return _other(company, "store", payment_allocated=allocated)


def _credits_a_cent_short(company: Company) -> Company:
    def make(request: Any) -> Any:
        return company.ledger.make_credit(replace(request, amount=_a_unit_less(request.amount)))

    return _other(company, "ledger", make_credit=make)


MUTANTS: Final[dict[str, Mutant]] = {
    "no answer is taken for no text": _no_answer_is_no_text,
    "texts are repeated, unlooked for": _texts_repeated_unseen,
    "no answer is taken for no booking": _no_answer_is_no_booking,
    "bookings are repeated, unlooked for": _bookings_repeated_unseen,
    "what is in doubt is repeated": _doubt_is_repeated,
    "links are made under fresh keys": _links_under_fresh_keys,
    "what is in doubt is never looked up": _nothing_is_looked_up,
    "the invoice is not read again": _stale_before_texts,
    "replies are not read": _replies_unread,
    "only keywords count as stop": _only_keywords_stop,
    "payments are not seen": _payments_unseen,
    "a pending debit counts as paid": _pending_is_paid,
    "links are not taken down": _links_stay_up,
    "a database transaction spans a call": _transaction_across_calls,
    "a link asks the double": _amount_doubled,
    "a text is sent twice": _sent_twice,
    "a text may wait into the night": _text_waits_too_long,
    "a payment for several invoices is taken for the first one's": _joint_on_the_first,
    "a booking is a cent short": _booked_a_cent_short,
    "a booking is dated today": _booked_today,
    "a held payment is shown to nobody": _held_unseen,
    "opt-outs are forgotten": _facts(_revocations_forgotten),
    "everybody counts as agreed": _facts(_everybody_agreed),
    "pending payments are forgotten": _pending_forgotten,
    "two customers' numbers are mixed up": _facts(_numbers_mixed_up),
    "the daily cap is off": _policy(max_per_number_per_day=99),
    "the weekly cap is off": _policy(max_per_number_per_week=99),
    "the law of a place is off": _policy(by_law=False),
    "holidays are days like others": _policy(keep_holidays=False),
    "reminders come a day too early": _steps_too_early,
    "the hours for texts are off": _policy(window=Window(0, 24 * 60, ALL_WEEK)),
    "the company's zone is wrong": _policy(zone=ZoneInfo("Asia/Tokyo")),
    "old invoices are new ones": _policy(start_on=date(2000, 1, 1)),
    "promises are ignored": _facts(_promises_ignored),
    "disputes are ignored": _facts(_disputes_ignored),
    "approvals are skipped": _policy(draft_first=False, ask_always=frozenset()),
    "what was refused goes out": _facts(_refusals_are_approvals),
    "requests are repeated after a lost memory": _requests_unseen,
    "everybody is written to in English": _all_in_english,
    "fees are booked under fresh references": _fees_under_fresh_references,
    "fees and payouts are entered again after a lost memory": _entries_unseen,
    "a fee is dated today": _fees_dated_today,
    "a payout on its way counts as paid": _on_its_way_is_paid,
    "one page of the balance is read": _first_page_only,
    "an open dispute counts as lost": _open_dispute_is_lost,
    "a refund of a part counts as all": _part_is_whole,
    "refunds and disputes are told to nobody": _refunds_untold,
    "entries of others are not looked at": _others_unseen,
    "foreign money is booked at no rate": _foreign_money_at_no_rate,
    "a refund is entered at the rate of its payment": _refunds_at_the_payments_rate,
    "a difference of exchange has the other sign": _differences_turned_round,
    "differences of exchange are repeated, unlooked for": _differences_repeated_unseen,
    "an entry taken out leaves its difference": _differences_left,
    "what came again without an entry leaves its difference": _came_again_unheard,
    "an entry stays though its money came back": _came_back_stays_entered,
    "other shares are asked than those of the settings": _policy(instalments=(50, 50)),
    "reminders go on after a reversal": _reminded_after_a_reversal,
    "a credit does not wait for its booking": _credit_before_its_booking,
    "a credit is a cent short": _credits_a_cent_short,
}
# Those that show only where a memory is lost.
AT_A_WORLDS_END: Final = frozenset(
    {"requests are repeated after a lost memory", "fees and payouts are entered again after a lost memory"}
)


def _credits(seed: str) -> bool:
    """Whether more than is owed becomes a credit by itself; nowhere else is there one behind a booking."""
    return Purse.of(seed).surplus is Surplus.CREDIT


def _books_twice(seed: str) -> bool:
    """Whether the books take a payment twice, from a machine that tries again while the first try may still be made.

    Whatever was made by then is found and not made again, so that a try must come through late, after the second one.
    """
    soon = least_of(seed) < timedelta(minutes=1).total_seconds()
    return soon and has_loose_books(seed) and loses_answers(seed)


def _bills_abroad(seed: str) -> bool:
    return Purse.of(seed).abroad


def _enters_what_exchange_leaves(seed: str) -> bool:
    """Whether there is any: without a rule of the owner's for what goes back, no entry is ever taken out for it."""
    purse = Purse.of(seed)
    return purse.exchange and purse.moves and purse.refunds is not Refunds.ASK


def _enters_it_through_lost_answers(seed: str) -> bool:
    return _enters_what_exchange_leaves(seed) and loses_answers(seed)


# Those that can show in few towns only: the others are not played, and do not count.
ONLY_WHERE: Final[dict[str, Callable[[str], bool]]] = {
    "no answer is taken for no booking": _books_twice,
    "entries of others are not looked at": lambda seed: Purse.of(seed).others,
    "a credit does not wait for its booking": _credits,
    "foreign money is booked at no rate": _bills_abroad,
    "a refund is entered at the rate of its payment": _bills_abroad,
    "a difference of exchange has the other sign": _enters_what_exchange_leaves,
    "differences of exchange are repeated, unlooked for": _enters_it_through_lost_answers,
    "an entry taken out leaves its difference": _enters_what_exchange_leaves,
    "what came again without an entry leaves its difference": _enters_what_exchange_leaves,
}


def seeds_to_find(name: str, seeds: Iterable[str], most: int) -> tuple[str, str]:
    """The first seed that finds the defect, and what it saw; "" where none of the first `most` that can did.

    A seed that breaks a promise without the defect too has found something else.
    """
    seed, can_show = "", ONLY_WHERE.get(name)
    for seed in islice(filter(can_show, seeds) if can_show else seeds, most):
        planted = Run(seed, mutate=MUTANTS[name], worlds_end=name in AT_A_WORLDS_END)
        outcome = simulate(planted)
        if outcome.broken and not simulate(replace(planted, mutate=None)).broken:
            return seed, outcome.broken[0]
    return seed, ""
