"""Hear what happened outside: the processor's events, replies to our texts, how far our texts have come."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from connector.domain.asking import says_yes
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState, ReplyMeaning, meaning, redact_cards
from connector.domain.phone import region_of
from connector.domain.settlement import Refunds
from connector.errors import CursorExpired, DuebirdError, NeedsReauthorisation
from connector.flows import brakes, given_back, returned, settle
from connector.flows.answers import Inbox, follow
from connector.flows.attempts import parked
from connector.flows.company import Company, Counts
from connector.flows.requests import agreed, may_answer
from connector.flows.trouble import Isolation
from connector.ports.messenger import DeliveryAdvice, DeliveryState, FailureKind, InboundText, SentText
from connector.ports.processor import Payment
from state.names import HINTS_SINCE, INBOUND_SINCE, PAYMENTS_SINCE
from state.store import Attention
from state.tables import TextRow

# Events can surface behind one already listed; others who measured it wait 5 s to 60 s. Two minutes of overlap cost
# nothing, repeats are dropped by their id.
HINT_OVERLAP: Final = timedelta(minutes=2)
HINT_SETTLED: Final = timedelta(minutes=1)
# Once a day as far back as that: an event that surfaced later than the overlap is found all the same. Refunds and
# disputes have no other net.
HINT_LATE: Final = timedelta(days=3)
# Events are kept 30 days. After a longer stop those that are still listed are read from here on; the six hours keep a
# list that is too long for one reading from being begun again and again.
HINTS_LISTED: Final = timedelta(days=29)
HINTS_LOST: Final = HINTS_LISTED + timedelta(hours=6)
FIRST_REACH: Final = timedelta(hours=1)  # on first contact: links of ours cannot be older than we are
OBJECTS_EVERY: Final = timedelta(hours=24)  # the net under the events: one listing of completed sessions a day
OBJECTS_REACH: Final = timedelta(days=8)  # before the last look: longer than bank debits take, and than events are late
INBOUND_OVERLAP: Final = timedelta(hours=24)  # lists lag, and are filtered by day anyway; repeats are dropped by id
TEXTS_A_RUN: Final = 200  # one read each

# How long after sending to ask for delivery: carriers report in seconds or never.
DELIVERY_LOOKS: Final = (
    timedelta(seconds=20),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
    timedelta(hours=24),
    timedelta(hours=72),
)
FINAL: Final = frozenset(
    {DeliveryState.DELIVERED, DeliveryState.UNDELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED}
)
_RANK: Final = {state: rank for rank, state in enumerate(DeliveryState)}

REVOKING: Final = frozenset({ReplyMeaning.STOP, ReplyMeaning.REVOCATION_BY_MEANING, ReplyMeaning.WRONG_NUMBER})


def payments_once(company: Company) -> Counts:
    """Store the processor's new events; once a day also look at the objects themselves."""
    counts = Counts()
    now = company.clock.now()
    known = company.queries.cursors(company.id, HINTS_SINCE, PAYMENTS_SINCE)
    cursor, looked = known.get(HINTS_SINCE), known.get(PAYMENTS_SINCE)
    since = min(datetime.fromisoformat(cursor.value), now) if cursor else now - FIRST_REACH
    # From the last such look on: after a longer stop nobody has seen more than the usual reach.
    unseen = min(now, looked.moved_at if looked else now) - OBJECTS_REACH
    daily = looked is None or not timedelta() <= now - looked.moved_at < OBJECTS_EVERY
    try:
        far = daily and cursor is not None
        hints = company.processor.hints(min(since - HINT_OVERLAP, now - HINT_LATE) if far else since - HINT_OVERLAP)
        newest = max((hint.occurred_at for hint in hints), default=since)
        watermark = max(since, min(now - HINT_SETTLED, newest))
        counts.add("events", company.store.hints_read(company.id, hints, watermark, now))
    except CursorExpired:
        _objects(company, min(since - HINT_OVERLAP, unseen), counts)
        watermark = now - (HINTS_LISTED if now - since > HINTS_LOST else HINT_SETTLED)
        # What went back is in no list of payments, and those of its events are gone.
        unheard = given_back.unheard(company, since - HINT_OVERLAP, watermark)
        counts.add("events", company.store.hints_read(company.id, unheard, watermark, now))
        return counts
    if daily:
        _objects(company, unseen, counts)
    return counts


def _objects(company: Company, since: datetime, counts: Counts) -> None:
    guard = Isolation()
    for payment in company.processor.payments_since(since):
        with guard.record(f"{company.id}: payment {payment.payment_id}") as troubles:
            settle.note_payment(company, payment, counts)
        for trouble in troubles:
            company.store.attend(company.id, _odd_payment(company, payment, trouble), company.clock.now())
    _refunds(company, since, counts)
    company.store.set_cursor(company.id, PAYMENTS_SINCE, since.isoformat(), company.clock.now())


def _refunds(company: Company, since: datetime, counts: Counts) -> None:
    """The net under their events, where each must be in the books: an event may surface late, or never."""
    if company.policy.refunds is not Refunds.BOOK:
        return
    try:
        made = company.processor.refunds_since(since)
    except NeedsReauthorisation:
        return  # said with the first refund that there is news of
    guard = Isolation()
    for payment_id in dict.fromkeys(one.payment_id for one in made):
        parts = company.queries.payment_parts(company.id, payment_id)
        if not guard.over and parts and all(one.verdict in returned.STANDS for one in parts):
            with guard.record(f"{company.id}: refunds of {payment_id}"):
                returned.look(company, parts, counts)


def _odd_payment(company: Company, payment: Payment, trouble: DuebirdError) -> Attention:
    return Attention(
        key=f"{company.id}/payment-unreadable/{payment.payment_id}",
        subject=payment.payment_id,
        happened=f"{company.policy.business}: the payment {payment.payment_id} of {payment.amount} could not be "
        f"stored: {trouble.message}",
        not_done="It is not booked in the ledger. It is tried again every day for a week.",
        command=f"Look for {payment.payment_id} in the Stripe dashboard.",
    )


def replies_if_older(company: Company, than: timedelta, counts: Counts) -> None:
    """Read replies unless they were read within that time."""
    read = company.queries.cursor(company.id, INBOUND_SINCE)
    if read is None or not timedelta() <= company.clock.now() - read.moved_at < than:
        counts.merge(replies_once(company))


def replies_once(company: Company) -> Counts:
    """Read what people wrote to us. An opt-out is on record before anything else is done."""
    now = company.clock.now()
    cursor = company.queries.cursor(company.id, INBOUND_SINCE)
    since = min(datetime.fromisoformat(cursor.value), now) if cursor else now
    texts = company.messenger.inbound(since - INBOUND_OVERLAP)
    newest = max((one.received_at for one in texts), default=since)
    return replies_heard(inbox_of(company), texts, max(since, newest), now)


def inbox_of(company: Company) -> Inbox:
    """What storing that company's replies needs."""
    policy = company.policy
    return Inbox(
        company.id,
        policy.business,
        company.store,
        company.queries,
        company.identity,
        policy.zone,
        policy.country,
        take_promises=policy.take_promises,
        forward_to=policy.forward_to,
        mails=policy.mail_replies,
        owners=frozenset(filter(None, (policy.owner_phone, policy.forward_to))),
    )


def replies_heard(
    inbox: Inbox,
    texts: Sequence[InboundText],
    watermark: datetime | None,
    now: datetime,
    *,
    opted_out: Collection[str] = (),
    tell_since: datetime | None = None,
) -> Counts:
    """Store replies and what follows from them, each once. `watermark` None: they came by themselves.

    `opted_out`: ids of texts that the service took for a STOP, whatever their words; a list of texts does not say so.
    Of those of before `tell_since` a person is told only where customers wait for him to read them.
    """
    counts = Counts()
    texts = list({one.text_id: one for one in texts}.values())  # pages that move under a reader show one twice
    known = inbox.queries.known_inbound(inbox.company, [one.text_id for one in texts])
    new = [one for one in texts if one.text_id not in known]
    meanings = [(one, ReplyMeaning.STOP if one.text_id in opted_out else meaning(one.body)) for one in new]
    late = [(one, ReplyMeaning.STOP) for one in texts if one.text_id in known and one.text_id in opted_out]
    records = [record for one, said in [*meanings, *late] if (record := _consent(inbox, one, said)) is not None]
    followed = [(one, follow(inbox, one, said, now)) for one, said in meanings]
    attentions = [
        (one.text_id, what.attention)
        for one, what in followed
        if what.attention is not None and (what.holds or tell_since is None or one.received_at >= tell_since)
    ]
    forwards = [what.forward for _, what in followed if what.forward is not None and tell_since is None]
    letters = [(one.text_id, what.letter) for one, what in followed if what.letter is not None and tell_since is None]
    stored = [(_redacted(one), what.meaning) for one, what in followed]
    if new or records or watermark is not None:
        holds = [hold for _, what in followed for hold in what.holds]
        inbox.store.inbound_read(inbox.company, stored, records, watermark, now, attentions, holds, forwards, letters)
    counts.add("replies", len(new))
    counts.add("opt-outs", sum(1 for record in records if record.state is ConsentState.REVOKED))
    return counts


def _redacted(text: InboundText) -> InboundText:
    body = redact_cards(text.body)
    return InboundText(text.text_id, text.sender, body, text.received_at)


def _consent(inbox: Inbox, text: InboundText, said: ReplyMeaning) -> ConsentRecord | None:
    if said not in REVOKING and says_yes(text.body) and (asked := _request_of(inbox, text)) is not None:
        return agreed(text, *asked)
    if said in REVOKING:
        state = ConsentState.REVOKED
    elif said is ReplyMeaning.START:
        state = ConsentState.GRANTED
    else:
        return None
    return ConsentRecord(
        phone=text.sender,
        state=state,
        wording=redact_cards(text.body)[:500],
        method=ConsentMethod.REPLY,
        recorded_at=text.received_at,
        recorded_by="the customer",
        evidence=f"text {text.text_id}",
        source=f"inbound:{text.text_id}",
    )


def _request_of(inbox: Inbox, text: InboundText) -> tuple[str, str] | None:
    """Id and words of the request for consent that this may answer: one went to that number, and not long ago."""
    asked = inbox.queries.request_to(inbox.company, text.sender.e164)
    if asked is None or not may_answer(asked.sent_at, text.received_at):
        return None
    effect = inbox.store.effects.get(asked.effect_key)
    return (asked.text_id, str(json.loads(effect.request)["body"])) if effect else None


def deliveries_once(company: Company) -> Counts:
    """Ask how far our texts have come, at growing distances; learn from those that did not arrive."""
    counts = Counts()
    guard = Isolation()
    for row in company.queries.texts_to_check(company.id, company.clock.now(), TEXTS_A_RUN):
        if company.stop_asked():
            break
        with guard.record(f"{company.id}: text {row.text_id}") as troubles:
            _delivery(company, row, company.messenger.sent_text(row.text_id), counts)
        if guard.over and guard.last is not None:
            raise guard.last
        if troubles:
            now = company.clock.now()
            company.store.delivery_read(company.id, _unknown_text(row), _next_look(row, now), now)
            counts.add("deliveries that could not be read")
    return counts


def _delivery(company: Company, row: TextRow, answer: SentText | None, counts: Counts) -> None:
    now = company.clock.now()
    found = answer or _unknown_text(row)
    state = max(DeliveryState(row.state), found.state, key=lambda one: _RANK[one])
    final = state in FINAL and (found.price is not None or row.looks >= 2)  # noqa: PLR2004  price comes a little later
    if found.advice is not None and state in FINAL and row.state != state:
        # Before the state: a crash between the two must not swallow an opt-out. Told twice, it is on record once.
        _not_delivered(company, row, found, found.advice, counts)
    company.store.delivery_read(company.id, _at(found, state), None if final else _next_look(row, now), now)
    counts.add("deliveries read")


def _unknown_text(row: TextRow) -> SentText:
    from connector.domain.phone import Phone

    return SentText(row.text_id, Phone(row.phone), "", DeliveryState(row.state), row.sent_at)


def _at(text: SentText, state: DeliveryState) -> SentText:
    from dataclasses import replace

    return replace(text, state=state)


def _next_look(row: TextRow, now: datetime) -> datetime | None:
    # None: three days old, it will not be reported any more
    return next((row.sent_at + wait for wait in DELIVERY_LOOKS if row.sent_at + wait > now), None)


def _not_delivered(company: Company, row: TextRow, found: SentText, advice: DeliveryAdvice, counts: Counts) -> None:
    counts.add("texts not delivered")
    now = company.clock.now()
    if advice.kind in {FailureKind.OPTED_OUT, FailureKind.SOFT_OPT_OUT}:
        record = ConsentRecord(
            phone=found.to,
            state=ConsentState.REVOKED,
            method=ConsentMethod.CARRIER,
            recorded_at=now,
            recorded_by="duebird",
            evidence=f"delivery error {found.error_code}",
            source=f"delivery:{row.text_id}",
        )
        company.store.consents_recorded(company.id, [record], now)
    if advice.kind is FailureKind.BAD_NUMBER:
        company.store.number_unreachable(company.id, found.to, found.error_code or "", now)
        counts.add(BAD_NUMBERS)
    told = advice.kind is FailureKind.BAD_NUMBER and row.purpose != "owner"  # with all such numbers, in one item
    # Only now is it certain: what an account shows of its registration may be young, or of another number.
    closed = region_of(found.to) if advice.kind is FailureKind.UNREGISTERED else None
    if closed:
        company.store.country_closed(company.id, closed, f"delivery error {found.error_code}", now)
    if not told:
        company.store.attend(company.id, _undelivered(company, row, found, advice, closed), now)
    brakes.stop_after_failures(company, row.text_id, advice, now)


def _undelivered(
    company: Company, row: TextRow, found: SentText, advice: DeliveryAdvice, closed: str | None
) -> Attention:
    """One that did not arrive; a fault of the account concerns every text: one item for it, not one a text."""
    day = f"{company.clock.now():%Y-%m-%d}"
    of_account = advice.kind in _OF_THE_ACCOUNT
    resume = f"{advice.todo} Then: duebird resume {company.id}".strip()
    return Attention(
        matter=f"{company.id}/setup/{advice.code}" if of_account else "",
        key=f"{company.id}/setup/{advice.code}/{day}" if of_account else f"{company.id}/undelivered/{row.text_id}",
        subject=row.ledger_id,
        happened=f"{company.policy.business}: a text to {found.to.masked} did not arrive: {advice.meaning}",
        not_done="It is not sent again by itself."
        + (f" Nobody else in {closed} is texted until the sender is registered there." if closed else ""),
        command=resume if closed else advice.todo or f"duebird show {row.ledger_id} --company {company.id}",
    )


BAD_NUMBERS: Final = "numbers that no text reaches"
_OF_THE_ACCOUNT: Final = frozenset({FailureKind.SETUP, FailureKind.UNREGISTERED})


def note_trouble(company: Company, error: DuebirdError) -> None:
    """A service could not be heard; shown to a person where only a person can mend it."""
    from connector.errors import NeedsReauthorisation

    if isinstance(error, NeedsReauthorisation):
        company.store.attend(company.id, parked(company, error), company.clock.now())


__all__: Sequence[str] = (
    "Inbox",
    "deliveries_once",
    "inbox_of",
    "note_trouble",
    "payments_once",
    "replies_heard",
    "replies_if_older",
    "replies_once",
)
