"""The register as a bookkeeper asks for it: by name, as a list, and whether it is still what was written."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from state.place import DATABASE_NAME
from tests.cli.desk import Desk, desk
from tests.e2e.house import NORTH, SALT


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Three customers of one company whose numbers are known: two agreed, one has nothing on record."""
    with desk(tmp_path_factory.mktemp("register") / "house") as made:
        made.bill(NORTH, 0, "Jane Roe", number="R-1")
        made.bill(NORTH, 1, "Omar Said", number="R-2")
        made.bill(NORTH, 2, "Zoë Ångström", agrees=False, number="R-3")
        made.work()
        yield made


def register(office: Desk, *words: str) -> str:
    said = office.type("consent", *words, "--company", NORTH.id)
    assert said.code == 0, said.err
    return said.words


def test_the_list_names_customers_and_says_where_each_stands(office: Desk) -> None:
    register(office, "revoke", NORTH.mobiles[1], "--evidence", "told Dana")
    listed = register(office, "list")
    assert "Jane Roe agrees to texts" in listed
    assert "Omar Said wants no texts" in listed
    assert NORTH.mobiles[0] not in listed
    only = office.type("consent", "list", "--state", "revoked", "--company", NORTH.id, "--json").json[NORTH.id]
    assert [row["customer"] for row in only["shown"]] == ["Omar Said"]
    assert "Jane Roe" in register(office, "list", "--find", "jane")
    assert "Jane Roe" in register(office, "list", "--find", NORTH.mobiles[0][-4:])
    assert "0 numbers like that" in register(office, "list", "--find", "nobody of that name")
    assert "and 1 more. To see them: --limit 2" in register(office, "list", "--limit", "1")
    wrong = office.type("consent", "list", "--state", "maybe")
    assert (wrong.code, "Use one of: granted, revoked, none." in wrong.err) == (2, True)


def test_a_customer_can_be_named_in_place_of_the_number(office: Desk) -> None:
    said = office.type(
        "consent", "add", "Zoë Ångström", "--company", NORTH.id, "--method", "verbal", "--wording", "Yes, text me"
    )
    assert said.code == 0, said.err
    shown = register(office, "show", "Zoë Ångström")
    assert "agrees to texts" in shown
    assert "granted by verbal: “Yes, text me”; recorded by owner; entered" in shown
    assert NORTH.mobiles[2] not in shown
    assert register(office, "show", NORTH.mobiles[2]) == shown


def test_two_customers_of_one_name_are_asked_about(office: Desk) -> None:
    for which in (3, 4):
        office.bill(NORTH, which, "John Smith", number=f"J-{which}")
    office.work()
    said = office.type("consent", "revoke", "john smith", "--company", NORTH.id)
    assert said.code == 2
    assert f"{NORTH.id} has several customers john smith. Nothing was recorded." in said.err
    assert "Name one by its id, or write the number." in said.err
    one = said.err.splitlines()[1].split(":")[0].strip()
    assert "gets no more texts" in register(office, "revoke", one, "--evidence", "wrote")


def test_whom_nobody_knows_is_no_number_and_no_customer(office: Desk) -> None:
    said = office.type("consent", "add", "Nobody At All", "--company", NORTH.id)
    assert said.code == 2
    assert "or name a customer as the ledger does." in said.err


def test_a_whole_register_is_said_to_be_whole_and_goes_on_from_its_head(office: Desk) -> None:
    said = register(office, "verify")
    assert "the consent register is whole" in said
    head = office.type("consent", "verify", "--company", NORTH.id, "--json").json[NORTH.id]["head"]
    register(office, "add", NORTH.mobiles[0], "--evidence", "again")
    assert "1 entry came after it" in register(office, "verify", "--expect", head.upper())
    wrong = office.type("consent", "verify", "--company", NORTH.id, "--expect", "f" * 64, "--json")
    assert (wrong.code, wrong.json[NORTH.id]["expected_head_at_entry"]) == (3, None)
    words = office.type("consent", "verify", "--company", NORTH.id, "--expect", "f" * 64)
    assert "No entry has the head ffffffffffff..." in words.err
    assert office.type("consent", "verify", "--expect", "abc", "--company", NORTH.id).code == 2
    assert office.type("consent", "verify", "--expect", head).code == 2  # of which company?


def test_one_command_makes_the_folder_for_an_auditor(office: Desk, tmp_path: Path) -> None:
    said = office.type("consent", "proof", "Jane Roe", "--company", NORTH.id, "--out", str(tmp_path / "jane"))
    assert (said.code, said.err) == (0, "")
    assert "It holds whole phone numbers and what people wrote." in said.words
    page = (tmp_path / "jane" / "proof.html").read_text(encoding="utf-8")
    assert office.house.notices(NORTH.mobiles[0])[0] in html.unescape(page)
    assert "Omar" not in page
    head = re.search(r"Head of the register: ([0-9a-f]{64})", said.out)
    assert head
    assert office.type("consent", "verify", "--company", NORTH.id, "--expect", head[1]).code == 0
    everybody = office.type(
        "consent", "proof", "--all", "--company", NORTH.id, "--out", str(tmp_path / "all"), "--json"
    )
    assert everybody.json["head"] == head[1]
    assert everybody.json["files"][0] == "proof.html"
    assert everybody.json["numbers"] >= 2  # Jane and Omar; other tests of the house may have added theirs
    again = office.type("consent", "proof", "--all", "--company", NORTH.id, "--out", str(tmp_path / "all"))
    assert (again.code, "exists already. Nothing was written." in again.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("", 2, "Name one customer, or add --all."),
        ("Jane --all", 2, "Name one customer, or add --all."),
        ("--all --from 2026-03-02 --to 2026-03-01", 2, "--from 2026-03-02 is after --to 2026-03-01"),
        ("Nobody", 2, "or name a customer as the ledger does."),
    ],
)
def test_what_cannot_be_proved_is_said_before_anything_is_written(
    office: Desk, tmp_path: Path, words: str, code: int, told: str
) -> None:
    said = office.type("consent", "proof", *words.split(), "--company", NORTH.id, "--out", str(tmp_path / "no"))
    assert said.code == code
    assert told in said.err
    assert not (tmp_path / "no").exists()


def test_what_was_changed_by_hand_is_named_with_exit_code_3(office: Desk) -> None:
    with closing(sqlite3.connect(office.house.state / DATABASE_NAME)) as file:
        file.execute("UPDATE consents SET wording = 'Anything' WHERE company = ? AND place = 1", (NORTH.id,))
        file.commit()
    said = office.type("consent", "verify")
    assert said.code == 3
    assert f"{NORTH.id}: the consent register of" in said.err
    assert "Entry 1 (+1•••••" in said.err
    assert "was changed after it was written. The journal has it as it was written" in said.err
    assert "duebird recover" in said.err
    assert f"{SALT.id}: the consent register is whole" in said.out
