"""Facts about entries whose day the books are closed for."""

from __future__ import annotations

from datetime import datetime

from state.facts import Attention, Facts, put_attention
from state.tables import EffectRow


class ClosedFacts(Facts):
    """An entry that is to stand on another day than its own."""

    def entry_moved(
        self, company: str, key: str, request: str, told: Attention | None, now: datetime, *, why: str, fresh_slot: bool
    ) -> EffectRow:
        """It is to be made with these values, of another day, and the owner is told; returns the effect as it is then.

        `fresh_slot`: it may have been tried with others, and was certainly not made.
        """
        with self.database.record() as connection:
            row = self.effects.changed(connection, key, request, now, why, fresh_slot=fresh_slot)
            if told is not None:
                put_attention(connection, company, told, now)
            return row

    def first_open_day_ordered(self, key: str, request: str, now: datetime) -> EffectRow:
        """A person wants an entry that was refused on the first open day."""
        with self.database.record() as connection:
            why = "ordered by a person, on the first open day"
            return self.effects.changed(connection, key, request, now, why, fresh_slot=True)
