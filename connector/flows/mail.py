"""Letters to the owner: write those about what waits for a person, hand over those that are due.

Apart from the passes: a mail server that hangs keeps no text and no booking waiting. A letter is noted as tried before
it is handed over and as taken after; a crash between the two hands it over a second time, under the same id.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.letters import (
    OF_MAIL,
    TOLD_AFTER,
    About,
    Letter,
    Matter,
    digest,
    digest_is_due,
    is_given_up,
    next_try,
    urgent_letter,
)
from connector.errors import DuebirdError, Rejected, RejectedBecause, Transient, Uncertain
from connector.flows.company import Counts
from connector.flows.trouble import as_trouble
from connector.ports.calls import Clock
from connector.ports.mail import Mail, Post
from state.names import MAILED_AT_ONCE, MAILED_DAILY
from state.queries import Queries
from state.store import Attention, Store
from state.tables import LetterRow

log = logging.getLogger(__name__)

LETTERS_A_RUN: Final = 20  # a few seconds each; the rest is still due a minute later
LONGEST: Final = 100  # tries: where a person must mend something, the longest wait from the beginning
ITEMS: Final = 200  # as many as `duebird attention` shows


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What mailing needs of a company, and no service of its business: it works while all of those are out of reach."""

    company: str
    business: str
    zone: ZoneInfo  # the company's
    post: Post
    store: Store
    queries: Queries
    clock: Clock
    about: About = About.OFF
    digest_at: int = 480  # minute of the company's day
    stop_asked: Callable[[], bool] = lambda: False


def run_once(box: Mailbox) -> Counts:
    """Write what is to be told, and hand over what is due."""
    counts = Counts()
    if box.about is not About.OFF:
        _write(box, counts)
    for row in box.queries.letters_due(box.company, box.clock.now(), LETTERS_A_RUN):
        if box.stop_asked() or not _hand_over(box, row, counts):
            break
    return counts


# ---------------------------------------------------------------------------------------------------------- write


def _write(box: Mailbox, counts: Counts) -> None:
    now = box.clock.now()
    here = now.astimezone(box.zone)
    cursors = box.queries.cursors(box.company, MAILED_AT_ONCE, MAILED_DAILY)
    at_once, daily = cursors.get(MAILED_AT_ONCE), cursors.get(MAILED_DAILY)
    items = [
        Matter(one.key, one.opened_at, one.happened, one.not_done, one.command)
        for one in box.queries.newest_items(box.company, ITEMS)
    ]
    letters: list[Letter] = []
    told: dict[str, str] = {}
    if box.about is About.URGENT:
        last_at = at_once.moved_at if at_once else None
        urgent = urgent_letter(box.business, items, _marks(at_once.value if at_once else None), last_at, now)
        if urgent is not None:
            letters.append(urgent)
            told[MAILED_AT_ONCE] = _told(items, now)
    if digest_is_due(_day(daily.value if daily else None), here, box.digest_at):
        of_today = digest(box.business, items, _marks(daily.value if daily else None), here.date())
        letters += [of_today] if of_today is not None else []
        told[MAILED_DAILY] = _told(items, here)
    if told:
        box.store.letters_written(box.company, letters, told, now)
        counts.add("letters written", len(letters))


def _told(items: list[Matter], at: datetime) -> str:
    return json.dumps({"on": at.date().isoformat(), "told": [one.mark for one in items]})


def _marks(value: str | None) -> frozenset[str]:
    return frozenset(json.loads(value)["told"]) if value else frozenset()


def _day(value: str | None) -> date | None:
    return date.fromisoformat(json.loads(value)["on"]) if value else None


# ------------------------------------------------------------------------------------------------------ hand over


def _hand_over(box: Mailbox, row: LetterRow, counts: Counts) -> bool:
    """One letter; whether the next may be tried: a server that is down is asked once a run, not twenty times."""
    now = box.clock.now()
    if is_given_up(row.made_at, now):
        _give_up(box, row, row.error or "it could not be handed over in time", now)
        return True
    tries = box.store.letter_tried(box.company, row, now)
    mail = Mail(f"{box.company}/{row.key}", row.subject, row.body, now)
    try:
        box.post.send(mail)
    except Exception as error:  # noqa: BLE001  whatever it is, it must neither end the job nor stay unseen
        return _failed(box, row, tries, as_trouble(error, f"{box.company}: a letter to the owner"))
    box.store.letter_taken(box.company, row.key, box.clock.now())
    counts.add("letters taken")
    return True


def _failed(box: Mailbox, row: LetterRow, tries: int, trouble: DuebirdError) -> bool:
    now = box.clock.now()
    if isinstance(trouble, Rejected) and trouble.because is RejectedBecause.BLOCKED:
        _give_up(box, row, trouble.message, now)
        return True
    log.warning("%s: a letter to the owner was not taken: %s", box.company, trouble.message)
    passing = isinstance(trouble, Transient | Uncertain)
    told = None if passing and tries < TOLD_AFTER else _item(box, trouble.message, trouble.advice, now)
    again = next_try(tries if passing else LONGEST, now)
    box.store.letter_failed(box.company, row.key, trouble.message, again, told, now)
    return False


def _give_up(box: Mailbox, row: LetterRow, why: str, now: datetime) -> None:
    told = _item(box, f"“{row.subject}” was given up: {why}", "", now)
    box.store.letter_failed(box.company, row.key, why, None, told, now)


def _item(box: Mailbox, happened: str, advice: str, now: datetime) -> Attention:
    matter = f"{box.company}/{OF_MAIL}"
    return Attention(
        key=f"{matter}/{now:%Y-%m-%d}",
        matter=matter,
        subject="mail",
        happened=f"{box.business}: e-mail to you fails. {happened}",
        not_done="What it should have told you is in this list all the same. Texts and bookings go on as ever.",
        command=f"{advice} Then: duebird check {box.company}".strip(),
    )
