"""Invariant 3: who said STOP, in whatever words, gets nothing more until they say otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from connector.domain.consent import ReplyMeaning, meaning
from connector.domain.invariants.finding import Finding, NotCheckable, Violation, of_reply, of_request, of_text
from connector.domain.invariants.reading import Reading
from connector.domain.records import ReplyRecord, RequestRecord, Service, TextRecord

NUMBER: Final = 3
HARM: Final = "Texting somebody who said STOP breaks the law in most places, and can cost a fine for each text."
# Replies are read anew when the last reading is a minute old, and the call that sends may take half a minute.
HEARD_WITHIN: Final = timedelta(seconds=90)
REVOKING: Final = frozenset({ReplyMeaning.STOP, ReplyMeaning.REVOCATION_BY_MEANING, ReplyMeaning.WRONG_NUMBER})
REFUSED: Final = "rejected:opted_out"


def check(reading: Reading) -> Iterator[Finding]:
    """Texts to a number after its STOP could be read, and numbers that were tried again after such a refusal."""
    said: defaultdict[str, list[tuple[ReplyRecord, ReplyMeaning]]] = defaultdict(list)
    for reply in sorted(reading.records.messenger.replies, key=lambda one: one.readable_at):
        found = meaning(reply.body)
        if found in REVOKING or found is ReplyMeaning.START:
            said[reply.sender.e164].append((reply, found))
    for text in reading.our_texts:
        if text.to.e164 in said:
            yield from _after_a_stop(reading, text, said[text.to.e164])
    yield from _refusals(reading)


def _after_a_stop(
    reading: Reading, text: TextRecord, said: list[tuple[ReplyRecord, ReplyMeaning]]
) -> Iterator[Finding]:
    before = [one for one in said if one[0].received_at <= text.moment]
    if not before or before[-1][1] not in REVOKING:
        return
    # Several words of stop in a row: the first of them counts.
    stop = before[-1]
    for one in reversed(before):
        if one[1] not in REVOKING:
            break
        stop = one
    reply, found = stop
    if text.moment <= reply.readable_at + HEARD_WITHIN:
        return
    shown = (of_reply(reply), of_text(text))
    agreed = _agreed_since(reading, text, reply.received_at)
    if agreed is None and found is not ReplyMeaning.STOP:
        why = (
            f"{text.to} asked in own words for no more texts, and got one later. Whether they agreed anew in between, "
            "on paper or by word of mouth, stands at none of the services: see the consent register."
        )
        yield NotCheckable(NUMBER, why, shown)
    elif not agreed:
        yield Violation(NUMBER, f"A text went to {text.to} after that person asked for no more texts.", shown, HARM)


def _agreed_since(reading: Reading, text: TextRecord, since: datetime) -> bool | None:
    agreements = reading.records.agreements
    if agreements is None:
        return None
    return any(one.phone == text.to and since < one.at <= text.moment for one in agreements)


def _refusals(reading: Reading) -> Iterator[Finding]:
    requests = reading.records.requests
    if requests is None:
        why = "A text that the service refused because of a STOP leaves no trace there, so retries cannot be seen."
        yield NotCheckable(NUMBER, why)
        return
    refused: defaultdict[str, list[RequestRecord]] = defaultdict(list)
    opened = {
        one.sender.e164: one for one in reading.records.messenger.replies if meaning(one.body) is ReplyMeaning.START
    }
    for one in requests:
        if one.service is Service.MESSENGER and one.outcome == REFUSED:
            refused[one.subject].append(one)
    for number, tries in refused.items():
        if len(tries) > 1 and number not in opened:
            shown = tuple(of_request(one) for one in tries)
            sentence = f"{len(tries)} texts were tried to one number that the service refuses because of its STOP."
            yield Violation(NUMBER, sentence, shown, HARM)
