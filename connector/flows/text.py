"""Send one text: truth re-read, evidence looked for, recorded, sent once, concluded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from connector.domain.asking import is_request
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState, standing
from connector.domain.dunning import SENTENCES, Reason, Step
from connector.domain.effect import EffectStatus
from connector.domain.gates import may_ask, may_text, may_thank
from connector.domain.hours import Hours, courtesy_hours, hours_of
from connector.domain.joint_notice import joint_notice
from connector.domain.link_effects import retire_key, retire_link
from connector.domain.message import MessageProblem
from connector.domain.phone import Phone
from connector.domain.plan import link_fits, notice, request
from connector.domain.senders import sender_stop
from connector.domain.situation import LinkFact, Situation
from connector.errors import Rejected, RejectedBecause
from connector.failpoints import Boundary, reach
from connector.flows import lease
from connector.flows.attempts import Attempt
from connector.flows.brakes import CLOCK_MAY_ERR
from connector.flows.company import Company
from connector.flows.lookup import look_up
from connector.flows.requests import hear_again
from connector.flows.situation import reread_situation, situations
from connector.ports.messenger import SentText, TextRequest
from state.books import customer_of
from state.store import Attention
from state.tables import CustomerRow, EffectRow

# How far back a text of the same occasion is looked for before *every* send, the first one too: an installation that
# lost its memory must still find it. Longer than any notice stays due, and one page of the list for a single number.
EVIDENCE_REACH: Final = timedelta(days=35)
REQUEST_REACH: Final = timedelta(days=400)  # asked once for ever: as far back as messaging services keep texts
FIRST_DELIVERY_LOOK: Final = timedelta(seconds=20)
LONGEST_QUEUE: Final = timedelta(hours=4)  # a text stuck longer would be out of date when it arrives
SHORTEST_QUEUE: Final = timedelta(minutes=5)  # below it a text near the window's end is better sent tomorrow
# One of Saturday evening still goes out on Monday morning; later than that a receipt puzzles more than it helps.
RECEIPT_LATE: Final = timedelta(hours=48)
ASK_AGAIN: Final = timedelta(minutes=15)  # whether a person has let go on what was stopped
STALE: Final = "the ledger did not give the customer's record anew, and what it said before is too old to text on"
TOO_OLD: Final = timedelta(days=8)  # longer than any notice is of use; what waits so long waits for nothing


def send(attempt: Attempt) -> str:
    """Perform a SEND_TEXT effect."""
    company, row = attempt.company, attempt.row
    values: Mapping[str, Any] = json.loads(row.request)
    to = Phone(values["to"])
    now = company.clock.now()
    owner = _owner(company, row)
    stop = _any_stop(company, row, now, owner)
    if stop is None:
        stop = _stop(company, row, values, to, now)
    if stop is None and row.purpose == "notice" and look_up(company, to):
        stop = _notice_stop(company, row, values)  # by what was learnt; and seconds have passed
    if stop is not None:
        return _stopped(company, row, values, stop, now)
    reach(Boundary.REREAD, row.kind, row.purpose)
    if (found := find_sent(company, values)) is not None:
        return _adopted(company, row, found)
    reach(Boundary.ASKED, row.kind, row.purpose)
    wait, left = _not_welcome(company, row, _hours(company, row, to, owner), company.clock.now())
    if wait is not None:
        why, later = wait
        company.store.effects.postpone(row.key, later, company.clock.now(), why)
        return "postponed"
    lease.begin(attempt)
    try:
        sent = company.messenger.send(TextRequest(to, values["body"], min(LONGEST_QUEUE, left)))
    except Rejected as refusal:
        _learn(company, to, refusal, row)
        raise
    reach(Boundary.ANSWERED, row.kind, row.purpose)
    _concluded(company, row, sent, "")
    return "done"


def _stopped(
    company: Company, row: EffectRow, values: Mapping[str, Any], stop: tuple[str, datetime | None], now: datetime
) -> str:
    why, later = stop
    if later is not None:
        company.store.effects.postpone(row.key, later, now, why)
        return "postponed"
    # Begun once, in doubt, and ordered again by a person: it may have gone out all the same. Planned anew for another
    # amount it would be looked for by another link, and never be found.
    if row.attempts and (found := find_sent(company, values)) is not None:
        return _adopted(company, row, found)
    company.store.effect_cancelled(company.id, row.key, now, why)
    return "cancelled"


def _adopted(company: Company, row: EffectRow, found: SentText) -> str:
    company.store.effects.start(row.key, company.clock.now(), company.owner)
    _concluded(company, row, found, "found at the messaging service; not sent again")
    return "adopted"


def _not_welcome(
    company: Company, row: EffectRow, hours: Hours, now: datetime
) -> tuple[tuple[str, datetime] | None, timedelta]:
    """Why the text must wait until when, if it must; and how long it may stay in a queue."""
    error = company.clock_error()
    left = hours.time_left(now) - error
    if left < SHORTEST_QUEUE:
        later = hours.turn(now + left + error, row.key) or now + timedelta(days=1)
        return ("the hours for texts end too soon", later), left
    if not hours.is_open(now - error):
        return ("by the services' clocks it is too early for texts", now + error), left
    return None, left


def _stop(
    company: Company, row: EffectRow, values: Mapping[str, Any], to: Phone, now: datetime
) -> tuple[str, datetime | None] | None:
    """Why it must not go out after all, by what kind of text it is."""
    if row.purpose == "notice":
        return _notice_stop(company, row, values)
    if row.purpose == "request":
        return _request_stop(company, row)
    return _other_stop(company, row, to, now)


def _any_stop(
    company: Company, row: EffectRow, now: datetime, owner: CustomerRow | None
) -> tuple[str, datetime | None] | None:
    """What stops a text of any kind: it waited too long, or nobody knows what time it is, or whom it would reach."""
    if now - row.planned_at > TOO_OLD:
        return "it could not be sent while it was of use", None
    if (error := company.clock_error()) > CLOCK_MAY_ERR:
        _wrong_clock(company, error, now)
        return "this machine's clock is wrong", now + timedelta(minutes=5)
    if owner is not None and abs(now - owner.read_at) > company.policy.fresh_for:
        return STALE, now + ASK_AGAIN
    return None


def _wrong_clock(company: Company, error: timedelta, now: datetime) -> None:
    minutes = int(error.total_seconds() // 60)
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/clock/{now:%Y-%m-%d}",
            matter=f"{company.id}/clock",
            subject="clock",
            happened=f"The clock of this machine is wrong by {minutes} minutes, by what the services say.",
            not_done="No texts go out meanwhile: they could arrive at night, or speak of the wrong day.",
            command="Set the clock, or switch on its setting from the network. Duebird then goes on by itself.",
        ),
        now,
    )


def _notice_stop(company: Company, row: EffectRow, values: Mapping[str, Any]) -> tuple[str, datetime | None] | None:
    """Why a notice must not go out after all, from the ledger, the processor and the register as they are now."""
    situation = reread_situation(company, row.subject, ignoring=row.key)
    others = [reread_situation(company, one, ignoring=row.key) for one in values.get("also", ())]
    link = next((one for one in situation.live_links if one.link_id == values["link_id"]), None)
    if link is None:
        return "its payment link is down", None
    doubted = any(retire_key(situation, link) in one.refused for one in [situation, *others])
    if link.texted or doubted:
        # Nobody can have paid on a link that no text has carried yet; from then on the processor is asked. So it is
        # where taking the link down was refused: an earlier try, whose answer was lost, may have done it.
        for payment in company.processor.payments_on(link.link_id):
            company.store.payment_read(company.id, payment, row.subject, company.clock.now())
        if _is_down(company, situation, link):
            return "its payment link is down", None
        ids = [row.subject, *values.get("also", ())]
        found = situations(company, ids, company.clock.now(), ignoring=row.key)
        situation, *others = [found[one] for one in ids]
    now = company.clock.now()
    for other in others:  # each as if the text were about it alone; what they say together is seen last
        if (stop := _gates_stop(company, row, values, other, now)) is not None:
            return stop
    return _mismatch(company, row, values, [situation, *others], now)


def _is_down(company: Company, situation: Situation, link: LinkFact) -> bool:
    """Whether the link is down although nothing on record says so: by hand, say. Its open pages are then ended too."""
    at_processor = company.processor.link(link.link_id)
    if at_processor is not None and at_processor.active:
        return False
    effect = replace(retire_link(situation, link, company.policy, company.words), reason="it is down at the processor")
    now, known = company.clock.now(), company.store.effects.get(effect.key)
    if known is not None and known.status == EffectStatus.REJECTED:
        company.store.effects.order_retry(effect.key, now, note=effect.reason)
    else:
        company.store.link_found_down(company.id, effect, link.link_id, now)
    return True


def _mismatch(
    company: Company, row: EffectRow, values: Mapping[str, Any], members: Sequence[Situation], now: datetime
) -> tuple[str, datetime | None] | None:
    situation, step = members[0], Step(str(row.step))
    if (stop := _gates_stop(company, row, values, situation, now)) is not None:
        return stop
    # Planned yesterday it says "is due today"; and the due date, the name or the wording may have changed since.
    try:
        if len(members) > 1:
            fresh = joint_notice(members, step, company.policy, company.words, now)[0]
        else:
            fresh = notice(situation, company.policy, company.words, step, now)
    except MessageProblem as problem:
        return str(problem), None
    return None if fresh.request == row.request else ("its words are out of date", None)


def _gates_stop(
    company: Company, row: EffectRow, values: Mapping[str, Any], situation: Situation, now: datetime
) -> tuple[str, datetime | None] | None:
    """Why there must be no text about this receivable."""
    gate = may_text(situation, company.policy, now, ignoring=row.key)
    if not gate.open:
        return SENTENCES[gate.reason], None
    if gate.step != Step(str(row.step)):
        return "another notice is due by now", None
    if situation.phone is None or situation.phone.e164 != values["to"]:
        return "the customer's number has changed", None
    fits = [
        one
        for one in situation.live_links
        if one.link_id == values["link_id"] and link_fits(situation, company.policy, one, gate.step)
    ]
    return None if fits else ("the amount owed has changed", None)


def _request_stop(company: Company, row: EffectRow) -> tuple[str, datetime | None] | None:
    """Why a request for consent must not go out after all. Cancelled it may be planned again; sent, never."""
    situation = reread_situation(company, row.subject, ignoring=row.key)
    now = company.clock.now()
    if not company.policy.ask:
        return "requests for consent are switched off", None
    gate = may_ask(situation, company.policy, now, ignoring=row.key)
    if not gate.open:
        return SENTENCES[gate.reason], None
    try:
        fresh = request(situation, company.policy, company.words)
    except MessageProblem as problem:
        return str(problem), None
    if fresh.key != row.key:
        return "the customer's number has changed", None
    return None if fresh.request == row.request else ("its words are out of date", None)


def _other_stop(company: Company, row: EffectRow, to: Phone, now: datetime) -> tuple[str, datetime | None] | None:
    """Receipts and notices to the owner: fewer gates, the same respect for STOP and for the night."""
    if standing(company.queries.consent(company.id, to.e164)) is ConsentState.REVOKED:
        return "this number has opted out", None  # the owner's too: each further try would only be refused
    if row.purpose == "receipt":
        if now - row.planned_at > RECEIPT_LATE:
            return "too late for a receipt", None
        if (stop := _no_thanks(company, row, to, now)) is not None:
            return stop
    if (reason := _company_stop(company, to)) is not None:
        return SENTENCES[reason], now + ASK_AGAIN if reason in _PASSING else None
    hours = _hours(company, row, to, _owner(company, row))
    if not hours.is_open(now):
        return SENTENCES[Reason.OUTSIDE_WINDOW], hours.turn(now, row.key) or now + timedelta(days=1)
    return None


def _company_stop(company: Company, to: Phone) -> Reason | None:
    """Why nothing goes to that number from this company's sender."""
    if company.queries.paused(company.id):
        return Reason.PAUSED
    shared, closed = company.queries.on_sender(company.id)
    return sender_stop(company.policy, to, shared=bool(shared), closed=closed)


# What a person may settle within the days that a receipt is good for.
_PASSING: Final = frozenset(
    {Reason.PAUSED, Reason.HELD, Reason.IN_DRAFT, Reason.SENDER_SHARED, Reason.SENDER_UNREGISTERED}
)


def _owner(company: Company, row: EffectRow) -> CustomerRow | None:
    """The customer a text is for; None where it is for the company's owner."""
    return company.queries.owner(company.id, row.subject) if row.purpose != "owner" else None


def _hours(company: Company, row: EffectRow, to: Phone, owner: CustomerRow | None) -> Hours:
    """When this text may go out: where its recipient is, and what it is."""
    rule = hours_of if row.purpose in {"notice", "request"} else courtesy_hours
    return rule(company.policy, to, customer_of(owner) if owner else None)


def _no_thanks(company: Company, row: EffectRow, to: Phone, now: datetime) -> tuple[str, datetime | None] | None:
    """Why the customer gets no receipt after all; a hold may yet be released."""
    situation = situations(company, [row.subject], now, ignoring=row.key).get(row.subject)
    if situation is None or situation.phone != to:
        return "the customer's number has changed", None
    reason = may_thank(situation, company.policy)
    if reason is None:
        return None
    return SENTENCES[reason], now + ASK_AGAIN if reason in _PASSING else None


def find_sent(company: Company, values: Mapping[str, Any]) -> SentText | None:
    """The text of this occasion at the messaging service, if it is there.

    A notice is known by its link: any text that carries it and is not on record as another notice's is taken for this
    one, whatever its wording (templates change). So is any request for consent, in whatever language. Other texts are
    known by their whole body; trial accounts put words of the service's own before it.
    """
    asks = values.get("purpose") == "request"
    since = company.clock.now() - (REQUEST_REACH if asks else EVIDENCE_REACH)
    evidence = values.get("evidence")
    for one in company.messenger.sent_to(Phone(values["to"]), since):
        if asks:
            alike = is_request(one.body)
        else:
            alike = evidence in one.body if evidence else one.body.strip().endswith(str(values["body"]).strip())
        if alike and not company.queries.text_is_known(company.id, one.text_id):
            return one
    return None


def concluded_later(company: Company, row: EffectRow, found: SentText) -> None:
    """An effect in doubt whose text was found."""
    _concluded(company, row, found, "found at the messaging service when looked for")


def _concluded(company: Company, row: EffectRow, sent: SentText, note: str) -> None:
    now = company.clock.now()
    if note and row.purpose == "request":
        # Before it is on record as done: a crash between the two finds it again.
        hear_again(company, sent.to, sent.text_id, str(json.loads(row.request)["body"]), sent.created_at)
    # Whether a YES answers a request is told by the service's own clock, and what was found was sent before.
    sent_at = sent.created_at if note or row.purpose == "request" else now
    company.store.text_sent(
        company.id, row.key, sent, now, sent_at=sent_at, check_at=now + FIRST_DELIVERY_LOOK, note=note
    )
    reach(Boundary.CONCLUDED, row.kind, row.purpose)


def _learn(company: Company, to: Phone, refusal: Rejected, row: EffectRow) -> None:
    """A refusal can teach something about the number that must outlive this one text."""
    now = company.clock.now()
    if refusal.because is RejectedBecause.OPTED_OUT:
        record = ConsentRecord(
            phone=to,
            state=ConsentState.REVOKED,
            method=ConsentMethod.CARRIER,
            recorded_at=now,
            recorded_by="duebird",
            evidence=f"the messaging service refused with {refusal.code}: the recipient told it to stop",
            source=f"refused:{row.key}",
        )
        company.store.consents_recorded(company.id, [record], now)
    elif refusal.because is RejectedBecause.UNREACHABLE_NUMBER:
        company.store.number_unreachable(company.id, to, refusal.code, now)
