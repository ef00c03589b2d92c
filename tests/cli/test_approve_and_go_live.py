"""`approve`, `refuse` and `go-live` at the desk of a bookkeeper whose companies are in draft."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.desk import NORTH, SALT, Desk, desk


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[Desk]:
    """Two companies in draft; three texts wait, one customer never agreed."""
    with desk(tmp_path / "desk") as here:
        config = here.house.config
        config.write_text(config.read_text().replace("draft_first = false", "draft_first = true"))
        here.bill(NORTH, 0, "Dana Reed", number="N-1")
        here.bill(NORTH, 1, "Sam Whitfield", number="TWIN")
        here.bill(NORTH, 2, "Nobody Asked Inc", agrees=False, number="N-3")
        here.bill(SALT, 2, "Salty Pty", number="TWIN")
        here.work()
        yield here


def texts(here: Desk) -> list[str]:
    return [one["body"] for one in here.house.doors.get("twilio", "records")["messages"]]


def test_the_whole_way_from_draft_to_live(drafts: Desk) -> None:
    here = drafts
    assert texts(here) == []
    assert "plink_" not in str(here.house.doors.get("stripe", "records"))
    listed = here.type("approve", "--json").json
    assert sorted((one["company"], one["invoice"]) for one in listed) == [
        (NORTH.id, "N-1"),
        (NORTH.id, "TWIN"),
        (SALT.id, "TWIN"),
    ]
    first = next(one for one in listed if one["invoice"] == "N-1")
    assert first["words"].endswith("[payment link]")
    assert first["segments"] == 1
    assert NORTH.mobiles[0] not in str(listed)
    screen = here.type("approve")
    assert "invoice N-1 of Dana Reed, 120.00" in screen.words
    assert "issued text to" in screen.words
    assert "[payment link]" in screen.words
    status = here.type("status", "--company", NORTH.id)
    assert "nothing goes out that you have not approved" in status.words
    assert "2 texts wait for your approval" in status.words
    preview = here.type("preview", "--company", NORTH.id)
    assert preview.out.count("Waits for your approval: duebird approve") == 2
    assert texts(here) == []

    done = here.type("approve", "n-1")
    assert done.code == 0
    assert done.words.startswith("Approved: 1 text to 1 customer: Dana Reed.")
    here.work()
    assert len(texts(here)) == 1
    life = here.type("show", "N-1").words
    assert "Put before you: the issued text over $120.00 to +1•••••" in life
    assert f"Approved by {getpass.getuser()}: the issued text over $120.00" in life
    assert f"Times of {NORTH.zone}" in life
    assert re.search(r"[A-Z][a-z]{2} \d\d [A-Z][a-z]{2} \d\d:\d\d:\d\d Approved by", life), "with its day and time"

    refused = here.type("refuse", "TWIN", "--company", NORTH.id)
    assert refused.words == "Refused: 1 text to 1 customer: Sam Whitfield."
    here.work()
    assert len(texts(here)) == 1
    assert "you refused this text" in here.type("show", "TWIN", "--company", NORTH.id).words
    assert here.type("preview", "--company", NORTH.id).words.count("you refused this text") == 1
    assert here.type("approve", "TWIN", "--company", NORTH.id).code == 0, "a refusal may be taken back"
    here.work()
    assert len(texts(here)) == 2

    live = here.type("go-live", SALT.id, "--yes", "--json").json
    assert (live["live"], live["texts"], live["people"], live["segments"]) == (True, 1, 1, 1)
    assert [one["texts"] for one in live["days"]] == [{"issued": 1}]
    here.work()
    assert len(texts(here)) == 3
    assert "nothing goes out that you" not in here.type("status", "--company", SALT.id).words
    assert here.type("approve").words == "No text waits for your approval."
    back = here.type("go-live", SALT.id, "--back")
    assert back.words == f"{SALT.id} is in draft: nothing goes out that you have not approved."
    assert here.type("go-live", SALT.id, "--back").words == f"{SALT.id} was in draft."


def test_going_live_says_the_numbers_first_and_changes_nothing_unasked(drafts: Desk) -> None:
    said = drafts.type("go-live", NORTH.id)
    assert said.code == 2
    assert "2 texts (2 issued)" in said.words
    assert "2 texts to 2 numbers, 2 segments in all." in said.words
    assert "No more than 60 an hour and 200 a day go out, by the caps in the settings." in said.words
    assert "1 without a text: no consent on record for this number" in said.words
    assert "Nothing was changed. Add --yes" in said.err
    drafts.work()
    assert texts(drafts) == []


def test_all_are_approved_with_yes_and_not_without(drafts: Desk) -> None:
    asked = drafts.type("approve", "--all")
    assert asked.code == 2
    assert asked.err.startswith("Approve 3 texts to 3 customers: ")
    drafts.work()
    assert texts(drafts) == []
    assert drafts.type("approve", "--all", "--yes", "--company", SALT.id).code == 0
    drafts.work()
    assert len(texts(drafts)) == 1
    rest = drafts.type("approve", "--all", "--yes", "--json").json
    assert [one["company"] for one in rest["approved"]] == [NORTH.id, NORTH.id]
    assert drafts.type("approve", "--all", "--yes", "--json").json == {"approved": []}
    drafts.work()
    assert len(texts(drafts)) == 3


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("approve", "N-3"), 1, "No text about N-3 waits for your approval. Of it is known: no consent on record"),
        (("approve", "N-99"), 1, "No invoice N-99 is on record. Nothing was changed."),
        (("approve", "N-1", "N-99"), 1, "No invoice N-99 is on record. Nothing was changed."),
        (("approve", "TWIN"), 1, "TWIN may be any of these:"),
        (("approve", "N-1", "--all"), 2, "Name invoices, or use --all: not both."),
        (("approve", "--company", "nobody"), 2, 'There is no company "nobody"'),
        (("refuse", "N-3"), 1, "No text about N-3 waits for your approval."),
        (("refuse",), 2, "Missing argument"),
        (("go-live",), 2, "There are several companies, and none was named."),
        (("go-live", "--back"), 2, "There are several companies, and none was named."),
        (("go-live", "nobody", "--yes"), 2, 'There is no company "nobody"'),
    ],
)
def test_what_cannot_be_approved_says_why_and_changes_nothing(
    shared: Desk, typed: tuple[str, ...], code: int, said: str
) -> None:
    answer = shared.type(*typed)
    assert answer.code == code, answer.err
    assert said in " ".join(answer.err.split())
    assert len(shared.type("approve", "--json").json) == 3


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk") / "desk") as here:
        config = here.house.config
        config.write_text(config.read_text().replace("draft_first = false", "draft_first = true"))
        here.bill(NORTH, 0, "Dana Reed", number="N-1")
        here.bill(NORTH, 1, "Sam Whitfield", number="TWIN")
        here.bill(NORTH, 2, "Nobody Asked Inc", agrees=False, number="N-3")
        here.bill(SALT, 2, "Salty Pty", number="TWIN")
        here.work()
        yield here


def test_a_company_that_is_never_in_draft_is_not_taken_back(tmp_path: Path) -> None:
    with desk(tmp_path / "desk") as here:
        here.work()
        said = here.type("go-live", NORTH.id, "--back")
        assert said.code == 1
        assert "has draft_first = false" in said.err
