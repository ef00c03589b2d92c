"""The register is one chain, in the database and in the journal, whoever writes and whatever is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from connector.domain.consent import ConsentMethod, ConsentState
from connector.domain.consent_chain import BEGINNING
from connector.ports.messenger import InboundText
from state.consent_check import Verified, verify
from state.consent_journal import ConsentJournal
from state.database import Database
from state.migrate import configuration, migrate
from state.place import DATABASE_NAME
from state.queries import Queries
from state.store import Store
from tests.state.house import NOW, PHONE, House, consent
from tests.state.test_consent_journal import Installation


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.database.close()


def say(here: Installation, *sources: str, state: ConsentState = ConsentState.GRANTED) -> None:
    here.store.consents_recorded("acme", [consent(one, state) for one in sources], NOW)


def seen(here: Installation) -> Verified:
    return verify(here.database, here.journal, "acme")


def sentences(here: Installation) -> list[str]:
    return [one.sentence for one in seen(here).flaws]


def by_hand(here: Installation, statement: str) -> None:
    """What somebody does who opens the database with another program."""
    with here.database.record() as connection:
        connection.execute(text(statement))


def test_whatever_comes_in_is_one_chain_in_both(here: Installation) -> None:
    say(here, "form 1", "form 2")
    here.store.consents_recorded("other", [consent("form 1")], NOW)
    reply = InboundText("SM1", PHONE, "STOP", NOW)
    heard = replace(consent("inbound:SM1", ConsentState.REVOKED), method=ConsentMethod.REPLY)
    here.store.inbound_read("acme", [(reply, "stop")], [heard, heard], NOW, NOW)
    found = seen(here)
    assert found.flaws == ()
    assert [one.place for one in found.entries] == [1, 2, 3]
    assert [one.entered_at for one in found.entries] == [NOW] * 3
    assert [one.place for one in verify(here.database, here.journal, "other").entries] == [1]
    assert [one.entry for one in here.journal.entries() if one.company == "acme"] == list(found.entries)


def test_many_writers_at_once_make_no_second_course(house: House, tmp_path: Path) -> None:
    """Two programs, each with threads of its own, as daemon and commands are."""
    journal = ConsentJournal(tmp_path / "beside")
    others = [Database(str(house.database.url.render_as_string(hide_password=False))) for _ in range(2)]
    stores = [Store(database, ConsentJournal(tmp_path / "beside")) for database in others]
    with ThreadPoolExecutor(6) as pool:
        told = [
            pool.submit(stores[number % 2].consents_recorded, "acme", [consent(f"row {number}")], NOW)
            for number in range(60)
        ]
        assert sum(one.result() for one in told) == 60
    found = verify(house.database, journal, "acme")
    assert found.flaws == ()
    assert [one.place for one in found.entries] == list(range(1, 61))
    assert {one.record.source for one in found.entries} == {f"row {number}" for number in range(60)}
    for one in others:
        one.close()


@pytest.mark.parametrize("writes_first", [False, True])
def test_an_older_backup_is_told_and_then_brought_up_to_the_journal_entry_by_entry(
    here: Installation, tmp_path: Path, *, writes_first: bool
) -> None:
    say(here, "form 1")
    backup = tmp_path / "backup"
    here.database.copy_to(backup)
    say(here, "form 2")
    say(here, "phone", state=ConsentState.REVOKED)
    whole = seen(here).entries
    here.database.close()
    shutil.copy(backup, tmp_path / "state1" / DATABASE_NAME)
    here.open(str(here.database.url))
    assert [one.split(" (")[0] for one in sentences(here)] == ["The journal is ahead of the register by 2: Entry 2"]
    assert "; Entry 3 (+1•••••0123, 23 Nov 2026 17:00 UTC). An older backup" in sentences(here)[0]
    if writes_first:
        say(here, "form 4")
        assert here.store.consents_kept("acme", NOW) == 0
    else:
        assert here.store.consents_kept("acme", NOW) == 2
    assert seen(here).entries[:3] == whole
    assert seen(here).flaws == ()


def test_a_lost_database_gets_the_very_same_chain_from_the_journal(here: Installation) -> None:
    say(here, "form 1", "form 2")
    head = seen(here).head
    here.lose()
    assert sentences(here)[0].startswith("The journal is ahead of the register by 2")
    assert here.store.consents_kept("acme", NOW + timedelta(days=1)) == 2
    assert (seen(here).head, seen(here).flaws) == (head, ())


def test_a_lost_journal_is_told_and_written_again(here: Installation) -> None:
    say(here, "form 1", "form 2")
    here.journal.path.unlink()
    assert sentences(here)[0].startswith("The journal lacks 2 of the register: Entry 1")
    here.store.consents_kept("acme", NOW)
    assert seen(here).flaws == ()


def test_an_entry_taken_out_of_the_database_is_named_and_goes_back_to_its_place(here: Installation) -> None:
    say(here, "form 1", "form 2", "form 3")
    whole = seen(here).entries
    by_hand(here, "DELETE FROM consents WHERE place = 2")
    assert sentences(here)[0].startswith("Entry 2 is missing from the register. The journal still has: Entry 2")
    here.lose_trust()
    assert here.store.consents_kept("acme", NOW) == 1
    assert seen(here).entries == whole
    assert seen(here).flaws == ()


def test_a_stop_turned_into_a_consent_by_hand_is_named_and_is_a_stop_all_the_same(here: Installation) -> None:
    say(here, "form 1")
    say(here, "phone", state=ConsentState.REVOKED)
    by_hand(here, "UPDATE consents SET state = 'granted' WHERE place = 2")
    here.lose_trust()
    assert here.store.consents_kept("acme", NOW) == 1
    assert here.standing() is ConsentState.REVOKED
    told = "was changed after it was written. The journal has it as it was written: revoked by form."
    assert [one for one in sentences(here) if one.endswith(told)] == [
        f"Entry 2 (+1•••••0123, 23 Nov 2026 17:00 UTC) {told}"
    ]


def test_a_line_changed_in_the_journal_is_told(here: Installation) -> None:
    say(here, "form 1", "form 2")
    content = here.journal.path.read_bytes()
    here.journal.path.write_bytes(content.replace(b"form 2", b"form 9"))
    assert any("was changed in the journal" in one for one in sentences(here))
    assert any(one.startswith("The journal lacks 1 of the register: Entry 2") for one in sentences(here))


def test_what_was_told_while_the_journal_was_away_and_its_own_go_into_one_chain(
    here: Installation, tmp_path: Path
) -> None:
    """The worst day: an older backup is put back, and the disk with the journal comes later than the next word."""
    say(here, "form 1")
    backup = tmp_path / "backup"
    here.database.copy_to(backup)
    say(here, "phone", state=ConsentState.REVOKED)
    here.database.close()
    shutil.copy(backup, tmp_path / "state1" / DATABASE_NAME)
    aside = here.journal.path.parent.rename(tmp_path / "aside")
    here.journal.path.parent.write_bytes(b"a file where the folder should be")
    here.open(str(here.database.url))
    say(here, "form 3")
    here.journal.path.parent.unlink()
    aside.rename(here.journal.path.parent)
    assert here.store.consents_kept("acme", NOW) == 1
    assert here.standing() is ConsentState.REVOKED
    assert [one.record.source for one in seen(here).entries] == ["form 1", "form 3", "phone"]
    assert seen(here).flaws == ()  # the journal's second entry stands under the number three now, and nothing is lost


def test_an_earlier_head_is_found_only_in_a_register_that_still_begins_so(here: Installation) -> None:
    say(here, "form 1", "form 2")
    head = seen(here).head
    say(here, "form 3")
    assert seen(here).place_of(head) == 2
    assert seen(here).place_of(head[:12]) == 2
    assert seen(here).place_of(BEGINNING) == 0
    assert seen(here).place_of("f" * 64) is None
    by_hand(here, "UPDATE consents SET wording = 'x' WHERE place = 1")
    assert seen(here).place_of(head) is None


def test_a_database_of_before_is_chained_as_it_stands_and_its_journal_goes_on(url: str, tmp_path: Path) -> None:
    command.upgrade(configuration(url), "0003")
    old = Database(url)
    with old.record() as connection:
        for number in range(5):
            connection.execute(
                text(
                    "INSERT INTO consents (company, phone, state, wording, method, recorded_at, recorded_by, evidence, "
                    "source) VALUES (:company, '+12125550123', 'granted', 'Ja, bitte ✓', 'form', :at, 'x', '', :source)"
                ),
                {"company": "ab"[number % 2], "source": f"row {number}", "at": "2026-11-23 17:00:00.000007"}
                | ({} if old.is_sqlite else {"at": NOW}),
            )
    old.close()
    folder = tmp_path / "beside"
    folder.mkdir(mode=0o700)
    (folder / "consents.jsonl").write_text(
        '{"company": "a", "phone": "+12125550123", "state": "granted", "method": "form", "recorded_by": "x", '
        '"recorded_at": "2026-11-23T17:00:00+00:00", "wording": "", "evidence": "", "source": "row 0"}\n',
        encoding="utf-8",
    )
    migrate(url)
    database = Database(url)
    store, journal = Store(database, ConsentJournal(folder)), ConsentJournal(folder)
    for company, places in (("a", [1, 2, 3]), ("b", [1, 2])):
        found = verify(database, journal, company)
        assert [one.place for one in found.entries] == places
        assert all(one.is_true and one.entered_at is None for one in found.entries)
        assert store.consents_kept(company, NOW) == 0
        assert verify(database, journal, company).flaws == ()
    assert verify(database, journal, "a").loose == 1
    store.consents_recorded("a", [consent("row 9")], NOW)
    assert [one.record.source for one in Queries(database).register("a")] == ["row 0", "row 2", "row 4", "row 9"]
    assert verify(database, journal, "a").flaws == ()
    database.close()
    command.downgrade(configuration(url), "0003")
    migrate(url)


def test_what_only_an_old_line_of_the_journal_knows_is_told_anew(here: Installation) -> None:
    here.journal.path.parent.mkdir(mode=0o700)
    here.journal.path.write_text(
        '{"company": "acme", "phone": "+12125550123", "state": "revoked", "method": "verbal", "recorded_by": "owner", '
        '"recorded_at": "2026-11-23T17:00:00+00:00", "wording": "", "evidence": "", "source": "phone"}\n',
        encoding="utf-8",
    )
    assert here.store.consents_kept("acme", NOW) == 1
    assert here.standing() is ConsentState.REVOKED
    assert (seen(here).flaws, seen(here).loose) == ((), 1)
