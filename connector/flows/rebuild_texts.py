"""Of a rebuild: the texts that went out, and what people wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from connector.domain.asking import is_request
from connector.domain.calendar import local_day
from connector.domain.dunning import NOTICES, Step
from connector.domain.effect import EffectKind, EffectStatus, NewEffect, canonical, natural_key
from connector.domain.invariants.reading import addresses_in
from connector.domain.rebuilding import turns_of
from connector.domain.receivable import Receivable
from connector.domain.records import TextRecord
from connector.flows.company import Company
from connector.flows.listen import inbox_of, replies_heard
from connector.flows.poll import read_customers
from connector.flows.rebuild_reading import GROUP, Findings, far_back, go_on, standings
from connector.flows.requests import hear_again
from state.adopting import Found
from state.effects import TextFacts
from state.recovery_facts import FoundText
from state.tables import EffectRow, LinkRow

# A notice is of use for a week after its day, and its invoice may have been given a later day since: terms of payment
# are three months at most. Where there are more texts than that at the service, as far back as any send looks.
TEXTS_REACH: Final = (timedelta(days=100), timedelta(days=35))
# As far back as a number is searched before it is asked; where there are more texts than that, the days of an answer.
REQUESTS_REACH: Final = (timedelta(days=400), *TEXTS_REACH)
# A STOP counts for ever; thirteen months is what messaging services keep. Where that is too much to read, less.
REPLIES_REACH: Final = (timedelta(days=400), timedelta(days=120), timedelta(days=35))
NEWS: Final = timedelta(days=7)  # a reply older than that was read by the owner, or needs no answer any more
REPLIES_AT_ONCE: Final = 500
WHY_SPENT: Final = "counts as sent: its time had come before a text about this invoice, when the memory was rebuilt"


def texts(company: Company, findings: Findings) -> None:
    """Notices that went out, known by the payment link in them. Receipts carry none: see `book` for why none repeats.

    Raises:
        DuebirdError: the messaging service or the ledger could not be read.
    """
    listed = far_back(company, "texts", TEXTS_REACH, company.messenger.texts_since, findings)
    by_url: defaultdict[str, list[LinkRow]] = defaultdict(list)
    for row in company.queries.links(company.id):
        by_url[row.url].append(row)  # of a joint link one for each of its receivables
    about: defaultdict[str, list[tuple[TextRecord, LinkRow]]] = defaultdict(list)
    for text in listed:
        for link in next((by_url[url] for url in addresses_in(text.body) if url in by_url), ()):
            about[link.ledger_id].append((text, link))
    ids = sorted(about)
    for start in range(0, len(ids), GROUP):
        go_on(company)
        group = ids[start : start + GROUP]
        invoices = standings(company, group, findings)
        # Whose number it is must be known before what people wrote is understood.
        read_customers(company, company.queries.owners(company.id, group))
        effects = _notices(company, group)
        for ledger_id in group:
            _store(company, ledger_id, about[ledger_id], invoices.get(ledger_id), effects[ledger_id], findings)
    findings.count("texts", sum(len(one) for one in about.values()))


def _notices(company: Company, ledger_ids: Sequence[str]) -> Mapping[str, list[EffectRow]]:
    found: defaultdict[str, list[EffectRow]] = defaultdict(list)
    for row in company.store.effects.of_subjects(company.id, ledger_ids):
        if row.kind == EffectKind.SEND_TEXT and row.purpose == "notice" and row.step:
            found[row.subject].append(row)
    return found


def _store(
    company: Company,
    ledger_id: str,
    carried: Sequence[tuple[TextRecord, LinkRow]],
    receivable: Receivable | None,
    effects: Sequence[EffectRow],
    findings: Findings,
) -> None:
    known = {row.text_id for row in company.queries.texts_of(company.id, ledger_id)}
    known |= {one.remote_id for one in effects if one.leader and one.remote_id}
    new = [(text, link) for text, link in carried if text.text_id not in known]
    if not new:
        return
    policy = company.policy
    doubtful = {EffectStatus.IN_FLIGHT, EffectStatus.UNCERTAIN}
    turns = turns_of(
        receivable,
        [local_day(text.created_at, policy.zone) for text, _ in new],
        policy.steps,
        taken={Step(str(one.step)) for one in effects if one.status == EffectStatus.DONE},
        in_doubt={Step(str(one.step)) for one in effects if one.status in doubtful},
    )
    found = [
        FoundText(text, _found(company, ledger_id, step, text, link), link.url)
        for (text, link), step in zip(new, turns.of_texts, strict=True)
        if step is not None
    ]
    # A text about several is on record with the first of them; with the others stands that it went out.
    sent = [one for one in found if one.sent.text is None or one.sent.text.leader is None]
    joined = [one.sent for one in found if one not in sent]
    done = {one.step for one in effects if one.status == EffectStatus.DONE}
    rest = [step for step in NOTICES if step in turns.spent and step not in turns.of_texts and step not in done]
    last, link = new[-1]
    spent = [_found(company, ledger_id, step, last, link, sent=False) for step in rest]
    stored = company.store.texts_found(company.id, sent, joined, spent, WHY_SPENT, company.clock.now())
    findings.count("texts not on record", stored)
    if len(found) < len(new):
        findings.miss(f"Invoice {ledger_id} has more texts at the messaging service than there are occasions for one.")


def _found(
    company: Company, ledger_id: str, step: Step, text: TextRecord, link: LinkRow, *, sent: bool = True
) -> Found:
    request: dict[str, object] = {
        "to": text.to.e164,
        "body": text.body,
        "purpose": "notice",
        "step": step.value,
        "link_id": link.link_id,
        "evidence": link.url,
    }
    key = natural_key(company.identity, "notice", ledger_id, step)
    first, *others = (link.joint or ledger_id).split(" ")
    leader = natural_key(company.identity, "notice", first, step) if first != ledger_id else None
    joint: dict[str, object] = {"with": leader} if leader else {"also": others} if others else {}
    effect = NewEffect(key, EffectKind.SEND_TEXT, ledger_id, canonical({**request, **joint}), f"notice: {step.value}")
    return Found(
        effect,
        text.text_id if sent else None,
        text.created_at,
        TextFacts(text.to.e164, "notice", step.value, leader, 0 if leader else len(others)),
    )


def requests(company: Company, findings: Findings) -> None:
    """Requests for consent that went out: each number counts as asked for ever, and a YES to one may yet be heard.

    One that a list does not show yet is found before its number would be asked again.

    Raises:
        DuebirdError: the messaging service could not be read.
    """
    listed = far_back(company, "texts", REQUESTS_REACH, company.messenger.texts_since, findings)
    first: dict[str, TextRecord] = {}
    for text in listed:
        if is_request(text.body):
            first.setdefault(text.to.e164, text)
    phones = sorted(first)
    for start in range(0, len(phones), GROUP):
        go_on(company)
        group = phones[start : start + GROUP]
        known = company.queries.requests_to(company.id, group)
        new = [first[phone] for phone in group if phone not in known]
        # Before they are on record: a crash between the two finds them again.
        for text in new:
            heard = hear_again(company, text.to, text.text_id, text.body, text.created_at)
            findings.count("consents by a YES", heard)
        asked = [FoundText(text, _asked(company, text)) for text in new]
        stored = company.store.texts_found(company.id, asked, [], [], WHY_SPENT, company.clock.now())
        findings.count("requests not on record", stored)
    findings.count("requests for consent", len(first))


def _asked(company: Company, text: TextRecord) -> Found:
    """It says nothing of an invoice, and whose the number was then is not known: it stands by itself."""
    key = natural_key(company.identity, "request", text.to.e164)
    request: dict[str, object] = {"to": text.to.e164, "body": text.body, "purpose": "request"}
    effect = NewEffect(key, EffectKind.SEND_TEXT, text.text_id, canonical(request), "request for consent")
    return Found(effect, text.text_id, text.created_at, TextFacts(text.to.e164, "request"))


def consents(company: Company, findings: Findings) -> None:
    """What people said to a person is in the journal beside the database, and nowhere else.

    Raises:
        DatabaseTrouble: it is out of reach.
    """
    findings.count("consents and opt-outs put back", company.store.consents_kept(company.id, company.clock.now()))


def replies(company: Company, findings: Findings) -> None:
    """What people wrote, as far back as the service keeps it: every STOP counts again.

    Raises:
        DuebirdError: the messaging service could not be read.
    """
    begun = company.clock.now()
    found = far_back(company, "replies", REPLIES_REACH, company.messenger.inbound, findings)
    inbox = inbox_of(company)
    for start in range(0, len(found), REPLIES_AT_ONCE):
        go_on(company)
        counts = replies_heard(
            inbox, found[start : start + REPLIES_AT_ONCE], None, company.clock.now(), tell_since=begun - NEWS
        )
        findings.count("opt-outs", counts["opt-outs"])
    # Only now is it known how far was looked; the next look overlaps by a day.
    replies_heard(inbox, [], begun, company.clock.now())
    findings.count("replies", len(found))
