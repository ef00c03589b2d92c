"""Questions about letters to the owner. Asked only where a company has a mail server."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam

from state.register_views import RegisterViews
from state.rows import records, select_of, table_of
from state.tables import AttentionRow, LetterRow

_LETTER, _ITEM = table_of(LetterRow).c, table_of(AttentionRow).c
_DUE: Final = select_of(LetterRow, _LETTER.try_at <= bindparam("now")).order_by(_LETTER.try_at).limit(bindparam("most"))
_ALL: Final = select_of(LetterRow).order_by(_LETTER.made_at.desc(), _LETTER.key).limit(bindparam("most"))
_NEWEST: Final = (
    select_of(AttentionRow, _ITEM.closed_at.is_(None)).order_by(_ITEM.opened_at.desc()).limit(bindparam("most"))
)


class LetterViews(RegisterViews):
    """Letters, and the newest items that may become some."""

    def letters_due(self, company: str, now: datetime, most: int) -> list[LetterRow]:
        """Those whose time has come, the longest waiting first."""
        with self._db.ask() as connection:
            return records(connection, LetterRow, _DUE, company=company, now=now, most=most)

    def letters(self, company: str, most: int) -> list[LetterRow]:
        """The latest, whatever became of them."""
        with self._db.ask() as connection:
            return records(connection, LetterRow, _ALL, company=company, most=most)

    def newest_items(self, company: str, most: int) -> list[AttentionRow]:
        """Open items, the newest first."""
        with self._db.ask() as connection:
            return records(connection, AttentionRow, _NEWEST, company=company, most=most)
