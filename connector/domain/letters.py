"""Letters: e-mails to the owner about replies, and about what waits for a person. Their words, and when they go.

A letter may come twice (a crash between the server's yes and our note of it), which a text never may: so nothing that
goes to a customer takes this way. Nor does any law of texts bind it; it goes at any hour.
"""

from __future__ import annotations

import hashlib
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

# Kinds of items that stop texts or connections, or are about money: they are worth a letter at once. All others are
# about one customer or one invoice, and can wait for the next morning.
URGENT: Final = frozenset(
    (
        *("connection", "setup", "journal", "clock", "elsewhere", "claim-gone", "sender", "shared-sender"),
        *("catch-up", "failing", "flood", "gone", "recovered", "effect"),
        *(
            "credit",
            "credited",
            "debit-failed",
            "payment",
            "payment-unreadable",
            "recovered-refunds",
            "returned",
            "reversed",
            "stranger",
            "unapplied",
            "unsettled",
        ),
    )
)
# Of the mail server itself: that it is out of reach can hardly be mailed, and is no news once it is not.
OF_MAIL: Final = "mail"
URGENT_GAP: Final = timedelta(minutes=15)  # a trouble seldom comes alone: what follows at once comes in one letter
WAITS: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
GIVEN_UP_AFTER: Final = timedelta(days=3)  # a weekend with a server that is down; by then `duebird attention` was read
TOLD_AFTER: Final = 3  # tries, some twenty minutes: a server that is restarted is nobody's matter
LONGEST_SUBJECT: Final = 120  # what mail programs show of one
LONGEST_WORDS: Final = 2000  # of a reply: ten texts long
SHOWN: Final = 20  # items of one letter; the rest is a command away
MONDAY: Final = 0


class About(StrEnum):
    """Which items are mailed: none; all, in one letter a day; the same, and what is urgent at once."""

    OFF = "off"
    DAILY = "daily"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail to the owner. `key` names the fact it tells, so that one fact is one letter."""

    key: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Matter:
    """An open item of `duebird attention`."""

    key: str
    opened_at: datetime
    happened: str
    not_done: str
    command: str

    @property
    def mark(self) -> str:
        """Names this opening of it: an item that is opened again is news again."""
        return hashlib.sha256(f"{self.key}|{self.opened_at.isoformat()}".encode()).hexdigest()[:12]

    @property
    def kind(self) -> str:
        """What it is about, by its key."""
        return [*self.key.split("/"), "", ""][1]


@dataclass(frozen=True, slots=True)
class Said:
    """A reply as a letter tells it. `who`: the customer, "" where not known. `at`: where the company is."""

    text_id: str
    who: str
    number: str
    words: str
    at: datetime
    about: str
    not_done: str
    command: str


def line(text: str, longest: int = LONGEST_SUBJECT) -> str:
    """One line without anything that steers a terminal, a mail program or a header; cut to `longest` characters."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    flat = " ".join(plain.split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def of_reply(business: str, said: Said) -> Letter:
    """The letter about one reply. Its words come without card numbers from the caller."""
    words = line(said.words, LONGEST_WORDS)
    number = f" ({said.number})" if said.who else said.number
    last = f"The last text to this number was about invoice {line(said.about)}.\n" if said.about else ""
    body = (
        f"{line(said.who)}{number} wrote to {line(business)} on {said.at:%A, %d %B %Y, %H:%M} ({said.at.tzname()}):\n\n"
        f"{_quoted(words)}\n\n{last}{said.not_done}\n\n{said.command}\n\n"
        "Duebird answers nobody. This address is not read: write to the customer yourself.\n"
    )
    return Letter(f"reply/{said.text_id}", line(f"{said.who or said.number} replied: {words}"), body)


def _quoted(words: str) -> str:
    return "\n".join(f"> {one}" for one in textwrap.wrap(words, 72)) or "> (no words)"


# ---------------------------------------------------------------------------------------------------------- items


def urgent_letter(
    business: str, items: Iterable[Matter], told: frozenset[str], last_at: datetime | None, now: datetime
) -> Letter | None:
    """What is urgent and not mailed yet (`told`, by mark), in one letter; None where nothing is, or it is too soon."""
    fresh = [one for one in items if one.kind in URGENT and one.mark not in told]
    if not fresh or (last_at is not None and timedelta() <= now - last_at < URGENT_GAP):
        return None
    more = f" (and {len(fresh) - 1} more)" if len(fresh) > 1 else ""
    subject = line(f"{business} needs you{more}: {fresh[0].happened.removeprefix(f'{business}: ')}")
    return Letter(f"urgent/{now.isoformat()}", subject, _listed(business, fresh, 0))


def digest_is_due(last: date | None, here: datetime, at: int) -> bool:
    """Whether today's letter is to be thought of. `here`: now, where the company is. `at`: minute of its day."""
    return last != here.date() and here.hour * 60 + here.minute >= at


def digest(business: str, items: Sequence[Matter], told: frozenset[str], today: date) -> Letter | None:
    """The letter of a day: what is new since the last (`told`, by mark), and how much is left of before.

    None where there is nothing new; on Mondays only where nothing is open at all.
    """
    fresh = [one for one in items if one.mark not in told]
    if not fresh and not (items and today.weekday() == MONDAY):
        return None
    listed = fresh or items
    subject = f"{business}: {len(fresh)} new, {len(items)} open for you" if fresh else f"{business}: {len(items)} open"
    return Letter(f"digest/{today}", line(subject), _listed(business, listed, len(items) - len(listed)))


def _listed(business: str, items: Sequence[Matter], older: int) -> str:
    shown = [
        f"{number}. {line(one.happened, LONGEST_WORDS)}\n   {line(one.not_done, LONGEST_WORDS)}\n"
        f"   {line(one.command, LONGEST_WORDS)}\n"
        for number, one in enumerate(items[:SHOWN], 1)
    ]
    rest = len(items) - len(shown) + older
    more = f"{rest} more wait for you.\n\n" if rest else ""
    return (
        f"What waits for you at {line(business)}:\n\n" + "\n".join(shown) + f"\n{more}All of them: duebird attention\n"
    )


def next_try(tries: int, now: datetime) -> datetime:
    """When to try a letter again after so many tries."""
    return now + WAITS[min(tries, len(WAITS)) - 1]


def is_given_up(made_at: datetime, now: datetime) -> bool:
    """Whether it has waited too long to be news."""
    return now - made_at > GIVEN_UP_AFTER
