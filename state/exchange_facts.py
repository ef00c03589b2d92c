"""Facts about entries whose rate of exchange is decided before they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.domain.effect import NewEffect
from state.facts import BY_FACTS, Attention, Facts, close_item, put_attention, put_cursor
from state.tables import EffectRow


class ExchangeFacts(Facts):
    """An entry in another currency than the clearing account's."""

    def entry_exchanged(
        self, company: str, key: str, request: str, told: Attention | None, now: datetime, *, why: str, fresh_slot: bool
    ) -> EffectRow:
        """It is to be made with these values, of that rate, and the owner is told; returns the effect as it is then.

        `fresh_slot`: it may have been tried with others, and was certainly not made.
        """
        with self.database.record() as connection:
            row = self.effects.changed(connection, key, request, now, why, fresh_slot=fresh_slot)
            if told is not None:
                put_attention(connection, company, told, now)
            return row

    def differences_found(
        self,
        company: str,
        wanted: Sequence[NewEffect],
        told: Sequence[Attention],
        mended: Sequence[str],
        place: Mapping[str, str],
        now: datetime,
    ) -> int:
        """Differences are planned to be entered, with what a person must see, and where the looks have come to.

        `mended`: items that are settled by it. `place`: values of cursors, by name. Returns how many are new.
        """
        with self.database.record() as connection:
            planned = self.effects.plan_all(connection, company, [(one, None) for one in wanted], now)
            for item in told:
                put_attention(connection, company, item, now)
            for key in mended:
                close_item(connection, company, key, BY_FACTS, now)
            for name, value in place.items():
                put_cursor(connection, company, name, value, now)
        return planned
