"""Facts about a company's sender: who else sends from it, and which countries' carriers refuse it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, update

from connector.domain.dunning import Reason
from connector.domain.receivable import ReceivableState
from state import asked
from state.facts import Attention, Facts, put_attention, put_hold
from state.names import COUNTRY, SENDER
from state.rows import change, records, table_of
from state.tables import HoldRow, ReceivableRow

_HOLD, _RECEIVABLE = table_of(HoldRow), table_of(ReceivableRow)
_LIFTED: Final = delete(_HOLD).where(
    _HOLD.c.company == bindparam("whose"), _HOLD.c.scope == bindparam("what"), _HOLD.c.subject == bindparam("which")
)
_DECIDED_ANEW: Final = (
    update(_RECEIVABLE)
    .where(
        _RECEIVABLE.c.company == bindparam("whose"),
        _RECEIVABLE.c.state == ReceivableState.OPEN.value,
        _RECEIVABLE.c.reason == bindparam("why"),
    )
    .values(review_at=bindparam("at"))
)


class SenderFacts(Facts):
    """What was seen of the sender."""

    def sender_shared(self, company: str, told: Mapping[str, Attention], now: datetime) -> bool:
        """It is also the sender of exactly these companies: until none is left nothing is texted from it.

        `told`: what a person reads, by the other company. Returns whether that is other than before.
        """
        with self.database.record() as connection:
            known = _subjects(connection, company, SENDER)
            for other, attention in told.items():
                put_hold(connection, company, SENDER, other, "both companies text from it", now)
                put_attention(connection, company, attention, now)
            self._lift(connection, company, SENDER, set(known) - set(told), now)
        return set(known) != set(told)

    def country_closed(self, company: str, country: str, why: str, now: datetime) -> None:
        """Carriers of that country refuse the sender: it texts nobody there until it is opened again."""
        with self.database.record() as connection:
            put_hold(connection, company, COUNTRY, country, why, now)

    def countries_opened(self, company: str, before: datetime, now: datetime) -> list[str]:
        """Text again to the countries that were closed before then; which they were."""
        with self.database.record() as connection:
            known = _subjects(connection, company, COUNTRY)
            opened = sorted(country for country, since in known.items() if since <= before)
            self._lift(connection, company, COUNTRY, opened, now)
        return opened

    @staticmethod
    def _lift(connection: Connection, company: str, scope: str, subjects: set[str] | list[str], now: datetime) -> None:
        why = Reason.SENDER_SHARED if scope == SENDER else Reason.SENDER_UNREGISTERED
        for subject in subjects:
            change(connection, _LIFTED, {"whose": company, "what": scope, "which": subject})
        if subjects:
            change(connection, _DECIDED_ANEW, {"whose": company, "why": why.value, "at": now})


def _subjects(connection: Connection, company: str, scope: str) -> dict[str, datetime]:
    rows = records(connection, HoldRow, asked.ON_SENDER, company=company)
    return {row.subject: row.since for row in rows if row.scope == scope}
