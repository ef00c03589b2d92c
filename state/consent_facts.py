"""The consent register and its journal: neither may forget what the other knows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import func

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone
from connector.errors import ConfigProblem, DatabaseTrouble
from state.consent_journal import ConsentJournal, Stamp, same_entry, unknown
from state.database import Database
from state.facts import Facts, consent_is_known, put_consent
from state.rows import records, select_of, table_of
from state.tables import ConsentRow

_REGISTER: Final = select_of(ConsentRow)
_LAST_ENTRY: Final = _REGISTER.with_only_columns(func.max(table_of(ConsentRow).c.entry))


class ConsentFacts(Facts):
    """What people agreed to and took back. Entries are only ever added."""

    def __init__(self, database: Database, journal: ConsentJournal | None = None) -> None:
        """`journal`: what outlives the database; None for a copy to look at, which nobody is texted by."""
        super().__init__(database)
        self._journal = journal
        self._agreed: dict[str, tuple[Stamp | None, int]] = {}  # how both stood when they were last the same

    def consents_recorded(self, company: str, heard: Sequence[ConsentRecord], now: datetime) -> int:
        """Add to the consent register; returns how many entries are new."""
        self._journal_first(company, heard)
        with self.database.record() as connection:
            return sum(put_consent(connection, company, record, now) for record in heard)

    def consents_kept(self, company: str, now: datetime) -> int:
        """See that journal and register hold the same, and put back what either lacks; returns how many the latter did.

        Costs a look at the file where nothing was written since the last time. Asked before texts go out: a journal
        out of reach, or one that could not take the last STOP, must stop them.

        Raises:
            DatabaseTrouble: the journal cannot be read or written.
            ConfigProblem: others can look into it.
        """
        if self._journal is None:
            return 0
        if self._agreed.get(company) == (self._journal.stamp(), self._last_entry(company)):
            return 0
        kept = [one.record for one in self._journal.entries() if one.company == company]
        with self.database.ask() as connection:
            registered = [_record(row) for row in records(connection, ConsentRow, _REGISTER, company=company)]
        self._journal.append(company, unknown(registered, {same_entry(one) for one in kept}))
        lost = unknown(kept, {same_entry(one) for one in registered})
        if lost:
            with self.database.record() as connection:
                for record in lost:
                    put_consent(connection, company, record, now)
        self._agreed[company] = (self._journal.stamp(), self._last_entry(company))
        return len(lost)

    def _journal_first(self, company: str, heard: Sequence[ConsentRecord]) -> None:
        """Append what is new. Where that fails the register still hears it, and `consents_kept` stops the texts."""
        if self._journal is None or not heard:
            return
        with self.database.ask() as connection:
            fresh = [one for one in heard if not consent_is_known(connection, company, one)]
        with suppress(DatabaseTrouble, ConfigProblem):
            self._journal.append(company, unknown(fresh, set()))

    def _last_entry(self, company: str) -> int:
        with self.database.ask() as connection:
            return connection.execute(_LAST_ENTRY, {"company": company}).scalar() or 0


def _record(row: ConsentRow) -> ConsentRecord:
    return ConsentRecord(
        phone=Phone(row.phone),
        state=ConsentState(row.state),
        wording=row.wording,
        method=ConsentMethod(row.method),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        evidence=row.evidence,
        source=row.source,
    )
