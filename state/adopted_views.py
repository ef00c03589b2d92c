"""Questions about bookings for which somebody else's entry stands."""

from __future__ import annotations

from typing import Final

from connector.domain.already import NAMED
from connector.domain.effect import EffectKind, EffectStatus
from state.letter_views import LetterViews
from state.rows import records, select_of, table_of
from state.tables import EffectRow

_EFFECT = table_of(EffectRow).c
_ADOPTED: Final = select_of(
    EffectRow,
    _EFFECT.kind == EffectKind.BOOK_PAYMENT.value,
    _EFFECT.status == EffectStatus.DONE.value,
    _EFFECT.request.contains(f'"{NAMED}":'),
)


class AdoptedViews(LetterViews):
    """What was adopted."""

    def adopted_bookings(self, company: str) -> list[EffectRow]:
        """Bookings that are done and name an entry of somebody else's in their frozen values."""
        with self._db.ask() as connection:
            return records(connection, EffectRow, _ADOPTED, company=company)
