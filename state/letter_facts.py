"""Letters to the owner: written with what they tell, handed over after, dropped when nobody needs them any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from connector.domain.letters import OF_MAIL, Letter, next_try
from state.facts import BY_FACTS, Attention, Facts, put_attention, put_cursor
from state.rows import change, table_of
from state.tables import AttentionRow, LetterRow

_LETTER, _ITEM = table_of(LetterRow), table_of(AttentionRow)
_NEW: Final = insert(_LETTER)
_KNOWN: Final = select(_LETTER.c.key).where(
    _LETTER.c.company == bindparam("whose"), _LETTER.c.key.in_(bindparam("wanted", expanding=True))
)
_SINCE: Final = (
    select(func.count())
    .select_from(_LETTER)
    .where(_LETTER.c.company == bindparam("whose"), _LETTER.c.made_at >= bindparam("since"))
)
_THIS: Final = (_LETTER.c.company == bindparam("whose"), _LETTER.c.key == bindparam("which"))
_TRIED: Final = update(_LETTER).where(*_THIS).values({name: bindparam(name) for name in ("try_at", "tries")})
_FAILED: Final = update(_LETTER).where(*_THIS).values({name: bindparam(name) for name in ("try_at", "error")})
_TAKEN: Final = update(_LETTER).where(*_THIS).values(try_at=None, sent_at=bindparam("sent_at"), error="")
_DROPPED: Final = delete(_LETTER).where(
    _LETTER.c.company == bindparam("whose"), _LETTER.c.made_at < bindparam("before"), _LETTER.c.try_at.is_(None)
)
_MAIL_WORKS: Final = (
    update(_ITEM)
    .where(
        _ITEM.c.company == bindparam("whose"), _ITEM.c.closed_at.is_(None), _ITEM.c.key.startswith(bindparam("matter"))
    )
    .values(closed_at=bindparam("at"), closed_by=BY_FACTS)
)
# A hundred a day are twenty conversations; more is a machine that answers, and `duebird attention` has them all.
LETTERS_A_DAY: Final = 100
KEPT: Final = timedelta(days=30)  # for whoever asks whether a letter went out


def put_letters(connection: Connection, company: str, letters: Sequence[Letter], now: datetime) -> None:
    """Write letters, within a fact of the caller; what was written before is not written again."""
    if not letters:
        return
    known = set(connection.execute(_KNOWN, {"whose": company, "wanted": [one.key for one in letters]}).scalars())
    room = LETTERS_A_DAY - int(
        connection.execute(_SINCE, {"whose": company, "since": now - timedelta(days=1)}).scalar_one()
    )
    fresh = [one for one in letters if one.key not in known][: max(room, 0)]
    change(
        connection,
        _NEW,
        [
            {
                "company": company,
                "key": one.key,
                "subject": one.subject,
                "body": one.body,
                "made_at": now,
                "try_at": now,
                "tries": 0,
                "sent_at": None,
                "error": "",
            }
            for one in fresh
        ],
    )


class LetterFacts(Facts):
    """What became of letters."""

    def letters_written(self, company: str, letters: Sequence[Letter], told: Mapping[str, str], now: datetime) -> None:
        """Write letters about open items, and with them what has been told by now (cursors, by name)."""
        with self.database.record() as connection:
            put_letters(connection, company, letters, now)
            for name, value in told.items():
                put_cursor(connection, company, name, value, now)

    def letter_tried(self, company: str, letter: LetterRow, now: datetime) -> int:
        """Before it is handed over: after a crash in between it waits like any other. Returns its tries."""
        tries = letter.tries + 1
        with self.database.record() as connection:
            at = {"try_at": next_try(tries, now), "tries": tries}
            change(connection, _TRIED, {"whose": company, "which": letter.key, **at})
        return tries

    def letter_taken(self, company: str, key: str, now: datetime) -> None:
        """The mail server has it. What was shown of trouble with the server is over."""
        with self.database.record() as connection:
            change(connection, _TAKEN, {"whose": company, "which": key, "sent_at": now})
            change(connection, _DROPPED, {"whose": company, "before": now - KEPT})
            change(connection, _MAIL_WORKS, {"whose": company, "matter": f"{company}/{OF_MAIL}/", "at": now})

    def letter_failed(
        self, company: str, key: str, error: str, try_at: datetime | None, told: Attention | None, now: datetime
    ) -> None:
        """It was not taken. `try_at` None: it is given up. `told`: what a person is to know."""
        with self.database.record() as connection:
            change(connection, _FAILED, {"whose": company, "which": key, "try_at": try_at, "error": error})
            if told is not None:
                put_attention(connection, company, told, now)
