"""A YES to a request for consent: what it is recorded as, and one that was read before its request was on record."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.domain.asking import ANSWERED_WITHIN, says_yes
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState, redact_cards
from connector.domain.phone import Phone
from connector.flows.company import Company
from connector.ports.messenger import InboundText


def may_answer(sent_at: datetime, received_at: datetime) -> bool:
    """Whether a text that came then may be the answer to a request of that time."""
    return timedelta() <= received_at - sent_at <= ANSWERED_WITHIN


def agreed(text: InboundText, request_id: str, request_body: str) -> ConsentRecord:
    """What a YES to that request is in the register: a consent to its very words."""
    return ConsentRecord(
        phone=text.sender,
        state=ConsentState.GRANTED,
        wording=request_body,
        method=ConsentMethod.ANSWER,
        recorded_at=text.received_at,
        recorded_by="the customer",
        evidence=f"text {text.text_id} ({redact_cards(text.body).strip()[:40]}) in answer to text {request_id}",
        # Not the source of a START: read while the request was in doubt, the same YES stands there as one.
        source=f"answer:{text.text_id}",
    )


def hear_again(company: Company, phone: Phone, request_id: str, request_body: str, sent_at: datetime) -> int:
    """Record a YES that was read while nobody knew that the request had gone out; how many entries are new.

    Asked where a request is found at the messaging service: in doubt until then, or lost with an older memory.
    """
    answers = [
        InboundText(row.text_id, phone, row.body, row.received_at)
        for row in company.queries.replies_of(company.id, phone.e164)
        if says_yes(row.body) and may_answer(sent_at, row.received_at)
    ]
    records = [agreed(one, request_id, request_body) for one in answers]
    return company.store.consents_recorded(company.id, records, company.clock.now()) if records else 0
