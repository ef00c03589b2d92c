"""Questions about money that are not asked in each pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connector.domain.already import NAMED
from connector.domain.effect import EffectKind, EffectStatus
from state import asked
from state.letter_views import LetterViews
from state.rows import records, records_of, select_of, select_some, table_of
from state.tables import AttentionRow, EffectRow, HintRow

_EFFECT = table_of(EffectRow).c
_ADOPTED: Final = select_of(
    EffectRow,
    _EFFECT.kind == EffectKind.BOOK_PAYMENT.value,
    _EFFECT.status == EffectStatus.DONE.value,
    _EFFECT.request.contains(f'"{NAMED}":'),
)
_ITEM_KEYS: Final = select_some(AttentionRow, "key", only="key")


class MoneyViews(LetterViews):
    """What was adopted, and what was heard and told of a payment."""

    def adopted_bookings(self, company: str) -> list[EffectRow]:
        """Bookings that are done and name an entry of somebody else's in their frozen values."""
        with self._db.ask() as connection:
            return records(connection, EffectRow, _ADOPTED, company=company)

    def hints_about(self, company: str, object_ids: Sequence[str]) -> list[HintRow]:
        """Every event of those objects, worked on or not. Reads through all events."""
        with self._db.ask() as connection:
            return records_of(connection, HintRow, asked.HINTS_ABOUT, company, object_ids)

    def told_before(self, company: str, keys: Sequence[str]) -> set[str]:
        """Which of those items of attention were ever put before a person, settled or not."""
        with self._db.ask() as connection:
            found = records_of(connection, AttentionRow, _ITEM_KEYS, company, keys)
        return {one.key for one in found}
