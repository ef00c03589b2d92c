"""The consent register and its journal: one chain of entries, and neither may forget what the other knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.consent_chain import BEGINNING, Entry, Flaw, fits, flaws_of, linked, same_fact, tail_of
from connector.domain.phone import Phone
from connector.errors import ConfigProblem, DatabaseTrouble
from state import books
from state.consent_journal import ConsentJournal, Kept, Stamp
from state.database import Database
from state.facts import Facts
from state.rows import change, first, records, records_of, select_of, select_some, table_of
from state.tables import ConsentRow

_CONSENT: Final = table_of(ConsentRow)
_REGISTER: Final = select_of(ConsentRow).order_by(_CONSENT.c.place)
_TAIL: Final = (
    select_of(ConsentRow)
    .with_only_columns(_CONSENT.c.place, _CONSENT.c.entry_hash)
    .order_by(_CONSENT.c.place.desc())
    .limit(1)
)
_FACTS: Final = select_some(ConsentRow, "phone", only="phone state source")
_NEW: Final = insert(_CONSENT)
PHONES_AT_ONCE: Final = 500  # well below what either database takes in one list

Tail = tuple[int, str]


class ConsentFacts(Facts):
    """What people agreed to and took back. Entries are only ever added, each behind the one before it."""

    def __init__(self, database: Database, journal: ConsentJournal | None = None) -> None:
        """`journal`: what outlives the database; None for a copy to look at, which nobody is texted by."""
        super().__init__(database)
        self._journal = journal
        self._agreed: dict[str, tuple[Stamp | None, Tail]] = {}  # how both stood when they were last the same

    def consents_recorded(self, company: str, heard: Sequence[ConsentRecord], now: datetime) -> int:
        """Add to the consent register; returns how many entries are new."""
        with self.database.record() as connection:
            return self._add(connection, company, heard, now)

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
        with self.database.ask() as connection:
            tail = _tail(connection, company)
        if self._agreed.get(company) == (self._journal.stamp(), tail):
            return 0
        with self.database.record() as connection:
            return self._agree(connection, self._journal, company, now)

    def register_flaws(self, company: str, now: datetime) -> tuple[Flaw, ...]:
        """What does not hold in the register, after each of it and its journal got back what only the other had.

        Reads both whole. A second writer may be between the two: what looks wrong is looked at again while nobody
        writes.

        Raises:
            DatabaseTrouble: either cannot be read, or the journal not written.
            ConfigProblem: others can look into the journal.
        """
        if self._journal is None:
            return ()
        with self.database.ask() as connection:
            entries = register_of(connection, company)
        if not flaws_of(entries, self._journal.chained(company)):
            return ()
        with self.database.record() as connection:
            self._agree(connection, self._journal, company, now)
            return flaws_of(register_of(connection, company), self._journal.chained(company))

    def _add(self, connection: Connection, company: str, heard: Sequence[ConsentRecord], now: datetime) -> int:
        """Add within a fact of the caller: to the journal first, so that nothing the register has can be lost with it.

        Inside the fact, because facts are written one at a time, by however many threads and programs: so each entry
        follows on the last, in the file too. Where the journal fails the register still hears it, and `consents_kept`
        stops the texts.
        """
        if not _unknown(connection, company, heard):
            return 0
        if self._journal is not None:
            with suppress(DatabaseTrouble, ConfigProblem):
                if self._agreed.get(company) != (self._journal.stamp(), _tail(connection, company)):
                    self._agree(connection, self._journal, company, now)
        fresh = _unknown(connection, company, heard)
        entries = linked(company, _tail(connection, company), [(one, now) for one in fresh])
        if self._journal is not None and entries:
            with suppress(DatabaseTrouble, ConfigProblem):
                self._journal.append(entries)
                if company in self._agreed:
                    self._agreed[company] = self._journal.stamp(), tail_of(entries)
        _put(connection, entries, now)
        return len(entries)

    def _agree(self, connection: Connection, journal: ConsentJournal, company: str, now: datetime) -> int:
        """Bring each what only the other has, within a fact of the caller; how many the register lacked.

        An entry that fits its old place goes there as it was. What fits nowhere (told before there was a chain, or to a
        register that took another course since) is told anew, at the end.
        """
        self._agreed.pop(company, None)
        kept = [one for one in journal.entries() if one.company == company]
        found = {one.place: one for one in register_of(connection, company)}
        facts = {same_fact(one.record) for one in found.values()}
        back = []
        for one in sorted((one.entry for one in kept if one.entry is not None), key=_place):
            if same_fact(one.record) not in facts and fits(one, found):
                found[one.place] = one
                facts.add(same_fact(one.record))
                back.append(one)
        tail = tail_of([found[place] for place in sorted(found)])
        anew = linked(company, tail, _to_tell(kept, facts, now))
        _put(connection, [*back, *anew], now)
        journaled = {one.entry.entry_hash for one in kept if one.entry is not None and one.entry.is_true}
        whole = [*(found[place] for place in sorted(found)), *anew]
        journal.append([one for one in whole if one.entry_hash not in journaled])
        self._agreed[company] = journal.stamp(), tail_of(whole)
        return len(back) + len(anew)


def _to_tell(
    kept: Iterable[Kept], known: set[tuple[str, str, str]], now: datetime
) -> list[tuple[ConsentRecord, datetime]]:
    """What the journal says and the register does not, each once, with when it first came into a register."""
    found = {}
    for one in kept:
        fact = same_fact(one.record)
        if fact not in known and fact not in found:
            found[fact] = one.record, (one.entry.entered_at if one.entry else None) or now
    return list(found.values())


def _unknown(connection: Connection, company: str, heard: Iterable[ConsentRecord]) -> list[ConsentRecord]:
    """Those that the register has not, each once."""
    found = {same_fact(one): one for one in reversed(list(heard))}
    wanted = list(dict.fromkeys(phone for phone, _, _ in found))
    for start in range(0, len(wanted), PHONES_AT_ONCE):
        some = wanted[start : start + PHONES_AT_ONCE]
        for row in records_of(connection, ConsentRow, _FACTS, company, some):
            found.pop((row.phone, row.state, row.source), None)
    return list(reversed(found.values()))


def _tail(connection: Connection, company: str) -> Tail:
    last = first(connection, _TAIL, company=company)
    return (last.place, last.entry_hash) if last else (0, BEGINNING)


def register_of(connection: Connection, company: str) -> list[Entry]:
    """All of a company's register, in its order."""
    return [entry_of(row) for row in records(connection, ConsentRow, _REGISTER, company=company)]


def _put(connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
    change(connection, _NEW, [_values(one) for one in entries])
    for company, phone in dict.fromkeys((one.company, one.record.phone.e164) for one in entries):
        books.review_phone(connection, company, phone, now)


def _place(entry: Entry) -> int:
    return entry.place


def _values(entry: Entry) -> dict[str, object]:
    record = entry.record
    return {
        "company": entry.company,
        "phone": record.phone.e164,
        "state": record.state.value,
        "wording": record.wording,
        "method": record.method.value,
        "recorded_at": record.recorded_at,
        "recorded_by": record.recorded_by,
        "evidence": record.evidence,
        "source": record.source,
        "place": entry.place,
        "previous_hash": entry.previous_hash,
        "entry_hash": entry.entry_hash,
        "entered_at": entry.entered_at,
    }


def entry_of(row: ConsentRow) -> Entry:
    """The value a row holds."""
    return Entry(row.company, row.place, row.previous_hash, row.entry_hash, consent_of(row), row.entered_at)


def consent_of(row: ConsentRow) -> ConsentRecord:
    """What was said, without its place in the register."""
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
