"""Facts about bookings whose payment somebody else may have booked."""

from __future__ import annotations

from datetime import datetime

from state.facts import Facts
from state.tables import EffectRow


class AlreadyFacts(Facts):
    """What is recognised in the ledger, and what a person says of it."""

    def entry_recognised(self, key: str, request: str, now: datetime, *, why: str, ordered: bool = False) -> EffectRow:
        """The booking has these frozen values now, which name the entry; returns the effect as it is then.

        `ordered`: by a person, about a booking that was refused.
        """
        with self.database.record() as connection:
            return self.effects.changed(connection, key, request, now, why, fresh_slot=ordered)
