"""What is on record of the claim on a company, in the database and in the journal beside it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from connector.domain.lease import Claim, Held, Marked
from connector.errors import ConfigProblem, DatabaseTrouble
from state.journal import Journal, beside
from tests.state.house import NOW, House, attention

OURS = Claim(3, 40, "life-1", "till-7", "till", held=True, at=NOW)
NEXT = replace(OURS, mark=41)


def test_what_is_meant_is_on_record_with_what_stood_before(house: House) -> None:
    assert house.queries.lease("acme") is None
    house.store.lease_meant("acme", Held("life-1", NEXT, OURS), 2, NOW)
    found = house.queries.lease("acme")
    assert found is not None
    assert (found.held, found.tries, found.elsewhere) == (Held("life-1", NEXT, OURS), 2, None)
    assert house.queries.lease("other") is None


def test_somebody_elses_claim_is_kept_beside_ours_and_shown(house: House) -> None:
    other = replace(NEXT, instance="laptop-1", host="laptop")
    house.store.lease_meant("acme", Held("life-1", NEXT, OURS), 0, NOW)
    house.store.lease_lost("acme", other, attention("acme/elsewhere/laptop-1"), NOW)
    found = house.queries.lease("acme")
    assert found is not None
    assert (found.held.claim, found.elsewhere) == (NEXT, other)
    assert house.queries.glance("acme", {}).elsewhere == other
    assert len(house.queries.attention("acme")) == 1


def test_a_recovery_begins_a_life_in_which_nothing_is_claimed(house: House) -> None:
    house.store.lease_meant("acme", Held("life-1", NEXT, OURS), 3, NOW)
    house.store.lease_begins_anew("acme", "life-2", NOW)
    found = house.queries.lease("acme")
    assert found is not None
    assert (found.held, found.tries) == (Held("life-2", None), 0)


def test_a_recovery_is_ordered_once_and_told_once(house: House) -> None:
    assert house.store.recovery_needed("acme", "a backup was put back", NOW)
    assert not house.store.recovery_needed("acme", "again", NOW)
    hold = house.queries.recovering("acme")
    assert hold is not None
    assert hold.why == "a backup was put back"
    shown = house.queries.glance("acme", {}).recovery
    assert shown is not None
    assert shown.why == "a backup was put back"
    assert len(house.queries.attention("acme")) == 1
    assert house.queries.facts("acme", [], NOW).paused


def test_the_journal_is_beside_the_state_folder_and_only_its_owners(tmp_path: Path) -> None:
    journal = Journal(beside(tmp_path / "state"))
    assert journal.folder == tmp_path / "state.journal"
    assert journal.marked("acme") is None
    assert not journal.folder.exists()
    journal.mark("acme", Marked("life-1", 1, 1))
    journal.mark("acme", Marked("life-1", 1, 2))
    journal.mark("other", Marked("life-9", 4, 5))
    assert journal.marked("acme") == Marked("life-1", 1, 2)
    assert sorted(one.name for one in journal.folder.iterdir()) == ["lease-acme.json", "lease-other.json"]
    if os.name == "posix":
        assert journal.folder.stat().st_mode & 0o777 == 0o700
        assert (journal.folder / "lease-acme.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps other users out by itself")
def test_a_journal_that_others_can_look_into_is_refused_with_the_command(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state.journal")
    journal.mark("acme", Marked("life-1", 1, 1))
    journal.folder.chmod(0o755)
    with pytest.raises(ConfigProblem, match="chmod 700"):
        journal.marked("acme")
    with pytest.raises(ConfigProblem, match="chmod 700"):
        journal.mark("acme", Marked("life-1", 1, 2))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"lineage": "a", "epoch": "x", "mark": 1}'])
def test_a_journal_that_cannot_be_read_is_trouble_and_not_an_empty_one(tmp_path: Path, content: str) -> None:
    journal = Journal(tmp_path / "state.journal")
    journal.mark("acme", Marked("life-1", 1, 1))
    (journal.folder / "lease-acme.json").write_text(content)
    with pytest.raises(DatabaseTrouble, match="duebird recover acme"):
        journal.marked("acme")


def test_a_journal_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "state.journal")
    journal.mark("acme", Marked("life-1", 1, 1))
    (journal.folder / ".lease-acme.json.new").mkdir()  # in the way of the new version
    with pytest.raises(DatabaseTrouble, match="could not be written"):
        journal.mark("acme", Marked("life-1", 1, 2))
    assert journal.marked("acme") == Marked("life-1", 1, 1)
