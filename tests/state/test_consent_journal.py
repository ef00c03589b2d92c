"""What people agreed to and took back outlives the database, in a file beside the state folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.consent import ConsentState, standing
from connector.errors import ConfigProblem, DatabaseTrouble
from state.consent_journal import ConsentJournal
from state.database import Database
from state.journal import beside
from state.migrate import migrate
from state.place import sqlite_url
from state.queries import Queries
from state.store import Store
from tests.state.house import NOW, PHONE, consent


class Installation:
    """One database and one journal; `lose` empties the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = ConsentJournal(beside(folder / "state"))
        self.number = 0
        self.lose()

    def lose(self) -> None:
        self.number += 1
        url = sqlite_url(self.folder / f"state{self.number}")
        migrate(url)
        self.open(url)

    def open(self, url: str) -> None:
        self.database = Database(url)
        self.store, self.queries = Store(self.database, self.journal), Queries(self.database)

    def lose_trust(self) -> None:
        """As after a start: nothing is taken for agreed that was not compared."""
        self.store = Store(self.database, self.journal)

    def standing(self) -> ConsentState:
        return standing(self.queries.consent("acme", PHONE.e164))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.database.close()


def granted_then_revoked(here: Installation) -> None:
    here.store.consents_recorded("acme", [consent(source="form")], NOW)
    told = replace(consent("phone", ConsentState.REVOKED), recorded_at=NOW + timedelta(hours=1))
    here.store.consents_recorded("acme", [told], NOW)


def test_an_opt_out_told_by_word_of_mouth_is_put_back_after_the_database_is_lost(here: Installation) -> None:
    granted_then_revoked(here)
    here.lose()
    assert here.standing() is ConsentState.NONE
    assert here.store.consents_kept("acme", NOW) == 2
    assert here.standing() is ConsentState.REVOKED
    assert here.store.consents_kept("acme", NOW) == 0


def test_entries_of_before_there_was_a_journal_are_written_to_it(here: Installation) -> None:
    Store(here.database).consents_recorded("acme", [consent(source="form")], NOW)
    assert here.journal.entries() == []
    assert here.store.consents_kept("acme", NOW) == 0
    assert [one.company for one in here.journal.entries()] == ["acme"]


def test_the_same_entry_twice_is_one_line(here: Installation) -> None:
    for _ in range(2):
        here.store.consents_recorded("acme", [consent(source="form")] * 2, NOW)
    assert len(here.journal.entries()) == 1


def test_half_a_line_after_a_power_cut_costs_no_other_entry(here: Installation) -> None:
    granted_then_revoked(here)
    content = here.journal.path.read_bytes()
    here.journal.path.write_bytes(content[:-40])
    assert len(here.journal.entries()) == 1
    here.store.consents_kept("acme", NOW)  # the register still has the second
    assert len(here.journal.entries()) == 2
    here.lose()
    here.store.consents_kept("acme", NOW)
    assert here.standing() is ConsentState.REVOKED


def test_it_is_its_owners_alone(here: Installation) -> None:
    granted_then_revoked(here)
    assert here.journal.path.stat().st_mode & 0o777 == 0o600
    assert here.journal.path.parent.stat().st_mode & 0o777 == 0o700
    here.journal.path.parent.chmod(0o755)
    here.store.consents_recorded("acme", [consent("inbound:2", ConsentState.REVOKED)], NOW)
    assert here.standing() is ConsentState.REVOKED  # heard all the same
    with pytest.raises(ConfigProblem, match="chmod 700"):
        here.store.consents_kept("acme", NOW)


def test_a_stop_is_on_record_although_the_journal_is_out_of_reach_and_texts_are_then_refused(
    here: Installation,
) -> None:
    here.journal.path.parent.parent.mkdir(exist_ok=True)
    here.journal.path.parent.write_bytes(b"a file where the folder should be")
    here.store.consents_recorded("acme", [consent("inbound:1", ConsentState.REVOKED)], NOW)
    assert here.standing() is ConsentState.REVOKED
    with pytest.raises(DatabaseTrouble, match="journal of consents") as refused:
        here.store.consents_kept("acme", NOW)
    assert refused.value.code == "journal"
    here.journal.path.parent.unlink()
    here.store.consents_kept("acme", NOW)
    assert len(here.journal.entries()) == 1
