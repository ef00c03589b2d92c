"""Invariant 1: for each invoice and step at most one text; for each payment at most one word of thanks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from connector.domain.calendar import local_day
from connector.domain.dunning import Step, current_step
from connector.domain.invariants.finding import Finding, NotCheckable, Violation, of_invoice, of_payment, of_text
from connector.domain.invariants.reading import Notice, Reading
from connector.domain.records import InvoiceRecord, TextRecord

NUMBER: Final = 1
HARM: Final = "A customer was asked twice for the same thing: it reads as a mistake or as pressure."
# Between Duebird's last look at the invoice and the moment of the text: a call takes 30 s at most, and what a service
# accepts after we gave up comes within ten minutes. Which step was due is asked for that whole while.
DECIDED_WITHIN: Final = timedelta(minutes=15)


def check(reading: Reading) -> Iterator[Finding]:
    """Texts that no two steps of one invoice account for."""
    by_invoice: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in reading.notices:
        if notice.text.counts:
            by_invoice[notice.link.ledger_id].append(notice)
    for ledger_id in sorted(by_invoice):
        yield from _of_invoice(reading, by_invoice[ledger_id])
    yield from _courtesies(reading)
    yield from _requests(reading)


def _requests(reading: Reading) -> Iterator[Finding]:
    """One request for consent to a number, once for ever, and none to whom a notice had been sent before."""
    asked: defaultdict[str, list[TextRecord]] = defaultdict(list)
    for text in reading.requests:
        if text.counts:
            asked[text.to.e164].append(text)
    for number, requests in asked.items():
        if len(requests) > 1:
            sentence = f"{len(requests)} requests for consent went to {requests[0].to}; there may be one, ever."
            yield Violation(NUMBER, sentence, tuple(of_text(one) for one in requests), HARM)
        before = [one.text for one in reading.notices if one.text.to.e164 == number and one.text.counts]
        if before and before[0].moment < requests[0].moment:
            sentence = f"{requests[0].to} was asked for consent after a notice had gone there already."
            yield Violation(NUMBER, sentence, (of_text(before[0]), of_text(requests[0])), HARM)


def _of_invoice(reading: Reading, notices: list[Notice]) -> Iterator[Finding]:
    label = notices[0].invoice.label if notices[0].invoice else notices[0].link.ledger_id
    shown = tuple(of_text(one.text) for one in notices)
    turns = [_turns(reading, one) for one in notices]
    for notice, (steps, sure) in zip(notices, turns, strict=True):
        if sure and not steps:
            sentence = f"A text about invoice {label} went out on a day on which no notice was due."
            yield Violation(NUMBER, sentence, (of_text(notice.text),), HARM)
    most = sum(1 for one in reading.records.rules.steps if one.step is not Step.HANDOVER)
    if len(notices) > most:
        sentence = f"{len(notices)} texts about invoice {label} went out; there are {most} occasions for one."
        yield Violation(NUMBER, sentence, shown, HARM)
    elif not _distinct([steps for steps, _ in turns if steps]):
        if all(sure for _, sure in turns) or _same_words(notices):
            sentence = f"{len(notices)} texts about invoice {label} went out for the same reason."
            yield Violation(NUMBER, sentence, shown, HARM)
        else:
            why = (
                f"Two texts about invoice {label} would have the same reason by its present dates. It was changed "
                "since, so perhaps its dates were others then: read both."
            )
            yield NotCheckable(NUMBER, why, shown)
    elif _same_words(notices) and not all(sure for _, sure in turns):
        sentence = f"The same words about invoice {label} went out twice."
        yield Violation(NUMBER, sentence, shown, HARM)


def _turns(reading: Reading, notice: Notice) -> tuple[frozenset[Step], bool]:
    """Which steps were due when this text was decided on, and whether that is sure."""
    rules = reading.records.rules
    if notice.invoice is None:
        return frozenset(one.step for one in rules.steps if one.step is not Step.HANDOVER), False
    end = notice.text.moment
    begin = end - DECIDED_WITHIN
    standings = notice.invoice.standings
    sure = standings.knows(begin)
    known = standings.during(begin, end) if sure else standings.states
    days = {local_day(begin, rules.zone), local_day(end, rules.zone)}
    found = {current_step(one, rules.steps, day).step for one in known for day in days}
    return frozenset(one for one in found if one is not None and one is not Step.HANDOVER), sure


def _distinct(choices: Sequence[frozenset[Step]]) -> bool:
    """Whether each text can have had a step of its own."""
    if not choices:
        return True
    first, rest = choices[0], choices[1:]
    return any(_distinct([one - {step} for one in rest]) for step in sorted(first))


def _same_words(notices: list[Notice]) -> bool:
    """Whether words came twice: each occasion has its own, and a new link is other words."""
    return max(Counter(one.text.body.strip() for one in notices).values()) > 1


def _courtesies(reading: Reading) -> Iterator[Finding]:
    alike: defaultdict[tuple[str, str], list[tuple[TextRecord, InvoiceRecord | None]]] = defaultdict(list)
    for text, invoice in reading.courtesies:
        if text.counts:
            alike[text.to.e164, text.body.strip()].append((text, invoice))
    unnamed: list[TextRecord] = []
    for same in alike.values():
        invoice = same[0][1]
        if len(same) == 1:
            continue
        if invoice is None:
            unnamed += [text for text, _ in same]
            continue
        paid = [one for one in reading.payments_of.get(invoice.ledger_id, []) if one.succeeded]
        if len(same) > len(paid):
            sentence = (
                f"The same words about a payment on invoice {invoice.label} went out {len(same)} times; "
                f"{len(paid)} payments came."
            )
            shown = (*(of_text(text) for text, _ in same), *(of_payment(one) for one in paid), of_invoice(invoice))
            yield Violation(NUMBER, sentence, shown, "Somebody was thanked twice, and may think that he paid twice.")
    if unnamed:
        why = "Texts with the same words name no invoice, so their reason cannot be told."
        yield NotCheckable(NUMBER, why, tuple(of_text(text) for text in unnamed))
