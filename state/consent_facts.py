"""The consent register and its journal: neither may forget what the other knows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlmodel import Session, func, select

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone
from connector.errors import ConfigProblem, DatabaseTrouble
from state.consent_journal import ConsentJournal, Stamp, same_entry, unknown
from state.database import Database
from state.facts import Facts, put_consent
from state.tables import ConsentRow


class ConsentFacts(Facts):
    """What people agreed to and took back. Entries are only ever added."""

    def __init__(self, database: Database, journal: ConsentJournal | None = None) -> None:
        """`journal`: what outlives the database; None for a copy to look at, which nobody is texted by."""
        super().__init__(database)
        self._journal = journal
        self._agreed: dict[str, tuple[Stamp | None, int]] = {}  # how both stood when they were last the same

    def consents_recorded(self, company: str, records: Sequence[ConsentRecord], now: datetime) -> int:
        """Add to the consent register; returns how many entries are new."""
        self._journal_first(company, records)
        with self.database.write() as session:
            return sum(put_consent(session, company, record, now) for record in records)

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
        with self.database.read() as session:
            rows = session.exec(select(ConsentRow).where(ConsentRow.company == company)).all()
        registered = [_record(row) for row in rows]
        self._journal.append(company, unknown(registered, {same_entry(one) for one in kept}))
        lost = unknown(kept, {same_entry(one) for one in registered})
        if lost:
            with self.database.write() as session:
                for record in lost:
                    put_consent(session, company, record, now)
        self._agreed[company] = (self._journal.stamp(), self._last_entry(company))
        return len(lost)

    def _journal_first(self, company: str, records: Sequence[ConsentRecord]) -> None:
        """Append what is new. Where that fails the register still hears it, and `consents_kept` stops the texts."""
        if self._journal is None or not records:
            return
        with self.database.read() as session:
            fresh = [one for one in records if not _is_known(session, company, one)]
        with suppress(DatabaseTrouble, ConfigProblem):
            self._journal.append(company, unknown(fresh, set()))

    def _last_entry(self, company: str) -> int:
        with self.database.read() as session:
            return session.exec(select(func.max(ConsentRow.entry)).where(ConsentRow.company == company)).one() or 0


def _is_known(session: Session, company: str, record: ConsentRecord) -> bool:
    statement = select(ConsentRow.entry).where(
        ConsentRow.company == company,
        ConsentRow.phone == record.phone.e164,
        ConsentRow.state == record.state,
        ConsentRow.source == record.source,
    )
    return session.exec(statement).first() is not None


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
