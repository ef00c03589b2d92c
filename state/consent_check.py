"""Looking whether the consent register and its journal are what was once written. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from connector.domain.consent_chain import BEGINNING, Entry, Flaw, flaws_of, tail_of
from state.consent_facts import register_of
from state.consent_journal import ConsentJournal
from state.database import Database


@dataclass(frozen=True, slots=True)
class Verified:
    """A company's register as it stands. `loose`: lines of its journal of before the register was chained."""

    entries: tuple[Entry, ...]
    flaws: tuple[Flaw, ...]
    loose: int

    @property
    def head(self) -> str:
        """The hash of the last entry: whoever keeps it can tell later whether anything before it was changed."""
        return tail_of(self.entries)[1]

    def place_of(self, head: str) -> int | None:
        """The place of the entry whose hash begins so, 0 for the head of an empty register; None: there is none.

        What follows a broken link is no continuation: only an unbroken chain up to there counts.
        """
        if BEGINNING.startswith(head):
            return 0
        place, previous = 0, BEGINNING
        for one in self.entries:
            if one.place != place + 1 or one.previous_hash != previous or not one.is_true:
                return None
            if one.entry_hash.startswith(head):
                return one.place
            place, previous = one.place, one.entry_hash
        return None


def verify(database: Database, journal: ConsentJournal, company: str) -> Verified:
    """Compare a company's register with the hashes it carries, and with the journal.

    Raises:
        DatabaseTrouble: either cannot be read.
    """
    with database.ask() as connection:
        entries = register_of(connection, company)
    kept = [one for one in journal.entries() if one.company == company]
    chained = [one.entry for one in kept if one.entry is not None]
    return Verified(tuple(entries), flaws_of(entries, chained), len(kept) - len(chained))
