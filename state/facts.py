"""What the writers of facts share: the values they take, and rows that belong to several facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from connector.domain.approval import Ask
from connector.domain.dunning import Reason
from connector.domain.effect import NewEffect
from state import books
from state.database import Database
from state.effects import EffectLog, TextFacts
from state.names import DISPUTE, PROMISE, REPLY
from state.rows import change, first, scalar, table_of
from state.tables import AttentionRow, CursorRow, HoldRow


@dataclass(frozen=True, slots=True)
class Planned:
    """An effect to be recorded, with what the log keeps of a text."""

    effect: NewEffect
    text: TextFacts | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about one receivable."""

    ledger_id: str
    reason: Reason
    review_at: datetime | None
    planned: tuple[Planned, ...] = ()
    ask: Ask | None = None  # to be put before the owner


@dataclass(frozen=True, slots=True)
class Attention:
    """Something only a person can settle. `key` names the fact, so that it is shown once.

    `matter`: the beginning of `key` up to a date, where the same is found anew each day: while an item of it is open
    there is no second one, and one that a person has closed is told again the next day if it is still so.
    """

    key: str
    subject: str
    happened: str
    not_done: str
    command: str
    matter: str = ""
    again: str = ""  # what is added to the open item of the same matter, instead of nothing


@dataclass(frozen=True, slots=True)
class HoldFact:
    """Something to be left alone from now on. `until`: through that civil day of the company's, None: for good."""

    scope: str
    subject: str
    why: str
    until: date | None = None


BY_FACTS: Final = "the facts"  # who closed an item that was mended; should it break again, it is opened again


class Facts:
    """A writer of facts. Times come from the caller, who has them from the injected clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.effects = EffectLog(database)


_CURSOR: Final = table_of(CursorRow)
_CURSOR_MOVED: Final = (
    update(_CURSOR)
    .where(_CURSOR.c.company == bindparam("whose"), _CURSOR.c.name == bindparam("which"))
    .values(value=bindparam("value"), moved_at=bindparam("moved_at"))
)
_CURSOR_NEW: Final = insert(_CURSOR)


def put_cursor(connection: Connection, company: str, name: str, value: str, now: datetime) -> None:
    """Remember how far a list was read, within a fact of the caller."""
    moved = {"value": value, "moved_at": now}
    if not change(connection, _CURSOR_MOVED, {"whose": company, "which": name, **moved}):
        change(connection, _CURSOR_NEW, {"company": company, "name": name, **moved})


_ATTENTION: Final = table_of(AttentionRow)
_ITEM_KNOWN: Final = select(_ATTENTION.c.closed_at, _ATTENTION.c.closed_by).where(
    _ATTENTION.c.key == bindparam("wanted")
)
_ITEM_SAYS: Final = select(_ATTENTION.c.happened).where(_ATTENTION.c.key == bindparam("wanted"))
_ITEM_ADDED: Final = (
    update(_ATTENTION).where(_ATTENTION.c.key == bindparam("wanted")).values(happened=bindparam("says"))
)
_ITEM_CLOSED: Final = (
    update(_ATTENTION)
    .where(
        _ATTENTION.c.key == bindparam("which"),
        _ATTENTION.c.company == bindparam("whose"),
        _ATTENTION.c.closed_at.is_(None),
    )
    .values(closed_at=bindparam("now"), closed_by=bindparam("by"))
)
LONGEST_ITEM: Final = 2000  # characters: some ten texts, a screen of them
AND_MORE: Final = " … and more: `duebird show` has them all."
_ITEM_NEW: Final = insert(_ATTENTION)
_ITEM_AGAIN: Final = (
    update(_ATTENTION)
    .where(_ATTENTION.c.key == bindparam("wanted"))
    .values(
        {name: bindparam(name) for name in ("company", "subject", "happened", "not_done", "command", "opened_at")}
        | {"closed_at": None, "closed_by": None}
    )
)


def close_item(connection: Connection, company: str, key: str, by: str, now: datetime) -> bool:
    """Take an item off the list, within a fact of the caller; False where there is no such open item."""
    return change(connection, _ITEM_CLOSED, {"whose": company, "which": key, "now": now, "by": by}) == 1


def put_attention(connection: Connection, company: str, attention: Attention, now: datetime) -> bool:
    """Put something before a person, within a fact of the caller; False where it is or was there.

    What a person has settled stays settled. What had mended itself and is broken again is shown again.
    """
    known = first(connection, _ITEM_KNOWN, wanted=attention.key)
    if known is not None and (known.closed_at is None or known.closed_by != BY_FACTS):
        return False
    if attention.matter and (open_item := _open_item(connection, company, attention.matter)) is not None:
        if attention.again:
            _add(connection, open_item, attention.again)
        return False
    values = {
        "company": company,
        "subject": attention.subject,
        "happened": attention.happened,
        "not_done": attention.not_done,
        "command": attention.command,
        "opened_at": now,
    }
    if known is None:
        change(connection, _ITEM_NEW, {"key": attention.key, **values})
    else:
        change(connection, _ITEM_AGAIN, {"wanted": attention.key, **values})
    return True


def _open_item(connection: Connection, company: str, matter: str) -> str | None:
    """The key of the open item of that matter."""
    about = _ATTENTION.c.key.startswith(f"{matter}/", autoescape=True)
    question = select(_ATTENTION.c.key).where(_ATTENTION.c.company == company, _ATTENTION.c.closed_at.is_(None), about)
    return connection.execute(question).scalar()


def _add(connection: Connection, key: str, words: str) -> None:
    """To an item that is open; a very long conversation is shown from its beginning, and told to go on."""
    known = str(scalar(connection, _ITEM_SAYS, wanted=key))
    if known.endswith(AND_MORE):
        return
    said = f"{known} {words}"
    change(connection, _ITEM_ADDED, {"wanted": key, "says": said if len(said) <= LONGEST_ITEM else known + AND_MORE})


_HOLD: Final = table_of(HoldRow)
_HOLD_AGAIN: Final = (
    update(_HOLD)
    .where(*(_HOLD.c[name] == bindparam(f"held_{name}") for name in ("company", "scope", "subject")))
    .values({name: bindparam(name) for name in ("why", "since", "until")})
)
_HOLD_NEW: Final = insert(_HOLD)


def put_hold(
    connection: Connection,
    company: str,
    scope: str,
    subject: str,
    why: str,
    now: datetime,
    until: date | None = None,
) -> None:
    """Leave something alone from now on, within a fact of the caller. `until`: through that day, None: for good."""
    held = {"held_company": company, "held_scope": scope, "held_subject": subject}
    values = {"why": why, "since": now, "until": until}
    if not change(connection, _HOLD_AGAIN, {**held, **values}):
        change(connection, _HOLD_NEW, {"company": company, "scope": scope, "subject": subject, **values})


def review_scope(connection: Connection, company: str, scope: str, subject: str, now: datetime) -> None:
    """Decide again on what a hold or its end concerns."""
    if scope in {"invoice", DISPUTE, PROMISE}:
        books.review(connection, company, subject, now)
    elif scope == REPLY:
        books.review_phone(connection, company, subject, now)
    else:
        books.review_customer(connection, company, subject, now)
