"""Whether it was kept what owner and customers said: promises, disputes, approvals, drafts, languages, one request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.asking import is_request
from connector.domain.calendar import start_of_day
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.manners import BUILT_IN_SPANISH, OWN_SPANISH, PAY, Said, Talk, Topic, What
from tests.simulation.subjects import LINK_HOST, OWNER
from tests.simulation.town import ZONE, Town

# Until a reply must be known: lists lag by 90 s, texts go out on replies read two minutes ago at most, and a claim and
# a call take two more.
HEARD_WITHIN: Final = timedelta(minutes=6)
WAIT: Final = 3  # days that a promise in a reply holds notices back by itself
WEST: Final = ZoneInfo("America/Los_Angeles")  # of those where customers live: there a day may not have begun yet
FARTHEST: Final = timedelta(days=31)  # further away it is not taken by itself


@dataclass(frozen=True, slots=True)
class Notice:
    """A text with a link, as it was asked for."""

    name: str
    at: datetime
    ledger_id: str
    phone: str
    amount: int
    body: str

    @property
    def words(self) -> str:
        """Without its link."""
        return _words(self.body)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A time in which no notice may go out: about an invoice, or to a number."""

    since: datetime
    until: datetime
    why: str
    ledger_id: str = ""
    phone: str = ""

    def forbids(self, notice: Notice) -> bool:
        """Whether it should not have gone out."""
        about = self.ledger_id == notice.ledger_id if self.ledger_id else self.phone == notice.phone
        return about and self.since < notice.at < self.until


def kept(town: Town) -> Iterator[str]:
    """Every word that was not kept."""
    notices = list(_notices(town))
    quiet = [_while_owed(town, one) for one in (*_by_hand(town), *_by_reply(town, notices))]
    for notice in notices:
        yield from (f"{notice.name} {one.why}" for one in quiet if one.forbids(notice))
        yield from _in_language(town, notice)
    yield from _approved(town, notices)
    asked = Counter(one.latest.text.to for one in town.carrier.texts.values() if is_request(one.latest.text.body))
    yield from (f"{phone} was asked for consent {times} times" for phone, times in asked.items() if times > 1)


def _while_owed(town: Town, one: Quiet) -> Quiet:
    """What is settled needs neither promise nor dispute. If it is owed again, that waits for a word of its own."""
    history = town.ledger.invoices.get(one.ledger_id)
    states = history.states() if history is not None else ()
    settled = next((at for at, standing in states if at > one.since and not standing.is_owed), one.until)
    return replace(one, until=min(one.until, settled))


def count(town: Town, tally: Tally) -> None:
    """What of it there was."""
    notices = list(_notices(town))
    says = Counter(one.what for one in town.said)
    tally.reached[Sometimes.REFUSED_NOTICE] += says[What.REFUSED]
    tally.reached[Sometimes.WENT_LIVE] += says[What.LIVE]
    tally.reached[Sometimes.PROMISED] += says[What.PROMISED]
    tally.reached[Sometimes.DISPUTED] += says[What.DISPUTED]
    approved = {(one.ledger_id, _words(one.body)) for one in town.said if one.what is What.APPROVED}
    tally.reached[Sometimes.APPROVED_NOTICE] += sum((one.ledger_id, one.words) in approved for one in notices)
    by_reply = list(_by_reply(town, notices))
    tally.reached[Sometimes.PROMISE_IN_REPLY] += sum("promised" in one.why for one in by_reply)
    tally.reached[Sometimes.DISPUTE_IN_REPLY] += sum("disputed" in one.why for one in by_reply)
    tally.reached[Sometimes.IN_LANGUAGE] += sum(_language(town, one.phone) is not None for one in notices)
    tally.reached[Sometimes.OWN_WORDS] += sum(OWN_SPANISH in one.body for one in notices)


def _notices(town: Town) -> Iterator[Notice]:
    asked = {id(call.args[0]): call.at for call in town.carrier.requests if call.method == "send"}
    links = {one.latest.link.url: one.latest for one in town.processor.links.values()}
    for history in town.carrier.texts.values():
        record = history.latest
        body = record.text.body
        if LINK_HOST in body and record.text.to != OWNER:
            at = asked[id(record.request)]
            link = links[body[body.index(LINK_HOST) :].split(maxsplit=1)[0]]
            name = f"text {record.text.text_id} at {at:%m-%d %H:%M:%S}"
            about, amount = link.link.metadata["duebird_invoice"], link.request.amount.minor
            yield Notice(name, at, about, record.text.to.e164, amount, body)


def _words(body: str) -> str:
    return body.rpartition(" ")[0]


def _end_of(day: date) -> datetime:
    return start_of_day(day + timedelta(days=1), ZONE)


# ------------------------------------------------------------------------------------------- promises and disputes


def _next(said: Iterable[Said], since: datetime, *what: What, ledger_id: str = "", phone: str = "") -> datetime | None:
    """When the owner next said one of that about the invoice or number; two things may be said in one moment."""
    about = (one.at for one in said if one.what in what and (one.ledger_id, one.phone) == (ledger_id, phone))
    return next((at for at in about if at >= since), None)


def _by_hand(town: Town) -> Iterator[Quiet]:
    for place, one in enumerate(town.said, 1):
        about, later = one.ledger_id, town.said[place:]
        if one.what is What.PROMISED and one.until is not None:
            ends = _next(later, one.at, What.PROMISED, What.NO_PROMISE, ledger_id=about) or _end_of(one.until)
            why = f"went out although {about} was promised for {one.until}"
            yield Quiet(one.at, min(ends, _end_of(one.until)), why, about)
        elif one.what is What.DISPUTED:
            ends = _next(later, one.at, What.NO_DISPUTE, ledger_id=about) or town.end
            yield Quiet(one.at, ends, f"went out although {about} was in dispute", about)


def _by_reply(town: Town, notices: list[Notice]) -> Iterator[Quiet]:
    for talk in town.talks.values():
        heard, phone = talk.at + HEARD_WITHIN, talk.phone.e164
        about = _texted_and_open(town, notices, talk)
        if talk.topic is not Topic.PROMISE:
            for one in about:
                ends = _next(town.said, talk.at, What.NO_DISPUTE, ledger_id=one) or town.end
                ends = min(ends, _settled_at(town, one, talk.at))
                yield Quiet(heard, ends, f"went out although {one} was disputed in a reply at {talk.at}", one)
        elif talk.day is not None and town.manners.takes_promises and talk.day <= talk.at.date() + FARTHEST:
            for one in about:
                ends = _next(town.said, talk.at, What.PROMISED, What.NO_PROMISE, ledger_id=one) or _end_of(talk.day)
                why = f"went out although {one} was promised for {talk.day} in a reply"
                yield Quiet(heard, min(ends, _end_of(talk.day)), why, one)
        elif about:
            waits = _end_of(talk.at.astimezone(WEST).date() + timedelta(days=WAIT))
            ends = _next(town.said, talk.at, What.ANSWERED, phone=phone) or waits
            yield Quiet(
                heard, min(ends, waits), f"went out although its number promised to pay at {talk.at}", "", phone
            )


def _texted_and_open(town: Town, notices: list[Notice], talk: Talk) -> list[str]:
    """Invoices that the number had been texted about, and that were owed."""
    about = dict.fromkeys(one.ledger_id for one in notices if one.phone == talk.phone.e164 and one.at < talk.at)
    standing = {one: town.ledger.invoices[one].as_of(talk.at) for one in about}
    return [one for one, value in standing.items() if value is not None and value.is_owed]


def _settled_at(town: Town, ledger_id: str, since: datetime) -> datetime:
    """When nothing was owed on it any more: what is heard only then holds nothing, and the owner reads it."""
    states = town.ledger.invoices[ledger_id].states()
    return next((at for at, value in states if at > since and not value.is_owed), town.end)


# ---------------------------------------------------------------------------------------------- the owner's approval


def _approved(town: Town, notices: list[Notice]) -> Iterator[str]:
    """What he was shown, and what of it he let go; while the company was in draft everything else waits as well."""
    for one in (said for said in town.said if said.what in {What.SHOWN, What.REFUSED}):
        let_go = [said.at for said in _same(town, one) if said.what is What.APPROVED]
        for notice in notices:
            if (notice.ledger_id, notice.words) != (one.ledger_id, _words(one.body)) or notice.at <= one.at:
                continue
            if not any(at <= notice.at for at in let_go) and not _asked_no_more(town, one, notice.at):
                yield f"{notice.name} went out although it was {one.what} and never approved"
    if town.manners.drafts:
        yield from _in_draft(town, notices)


def _same(town: Town, one: Said) -> Iterator[Said]:
    about = (one.ledger_id, one.step, one.amount, one.phone)
    return (said for said in town.said if (said.ledger_id, said.step, said.amount, said.phone) == about)


def _live_at(town: Town) -> datetime:
    return next((one.at for one in town.said if one.what is What.LIVE), town.end)


def _asked_no_more(town: Town, one: Said, at: datetime) -> bool:
    """Whether by then nobody asked about that step: the company went live, and it is none of the steps asked about."""
    return town.manners.drafts and one.step not in town.manners.ask_always and _live_at(town) <= at


def _in_draft(town: Town, notices: list[Notice]) -> Iterator[str]:
    live_at = _live_at(town)
    asked = {id(call.args[0]): call.at for call in town.carrier.requests if call.method == "send"}
    for record in (one.latest for one in town.carrier.texts.values()):
        if LINK_HOST not in record.text.body and record.text.to != OWNER and asked[id(record.request)] < live_at:
            yield f"text {record.text.text_id} went out while the company was in draft"
    sent: Counter[str] = Counter()
    for notice in sorted((one for one in notices if one.at < live_at), key=lambda one: one.at):
        sent[notice.ledger_id] += 1
        steps = {
            said.step
            for said in town.said
            if said.what is What.APPROVED and said.ledger_id == notice.ledger_id and said.at <= notice.at
        }
        if len(steps) < sent[notice.ledger_id]:
            yield f"{notice.name} went out in draft: {sent[notice.ledger_id]} texts, {len(steps)} approved steps"


# ---------------------------------------------------------------------------------------------------------- language


def _language(town: Town, phone: str) -> str | None:
    """That of whoever has the number; two customers of one number may have two."""
    found = {one.language for one in town.people if one.phone is not None and one.phone.e164 == phone}
    return found.pop() if len(found) == 1 else None


def _in_language(town: Town, notice: Notice) -> Iterator[str]:
    customer_id = town.ledger.invoices[notice.ledger_id].latest.customer_id
    language = next(one.language for one in town.people if one.customer_id == customer_id)
    if not any(f" {one} " in f" {notice.body}" for one in PAY[language]):
        yield f"{notice.name} is not written in the customer's language ({language}): {notice.body}"
    if town.manners.own_words and language == "es" and BUILT_IN_SPANISH in notice.body:
        yield f"{notice.name} is not in the owner's own words: {notice.body}"
