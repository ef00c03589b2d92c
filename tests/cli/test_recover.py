"""A database lost or damaged over four stand-ins: what `duebird recover` says, and what the stand-ins end up with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.cli.frame import EXIT_FOUND
from tests.cli.desk import NORTH, SALT, Desk, desk


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "office") as made:
        yield made


def notices(office: Desk) -> dict[str, int]:
    return {mobile: len(office.house.notices(mobile)) for shop in (NORTH, SALT) for mobile in shop.mobiles}


def recovered(office: Desk, company: str) -> Any:
    return office.type("recover", company, "--json").json[company]


def test_a_wiped_installation_repeats_nothing_books_what_was_paid_and_asks_before_it_texts(office: Desk) -> None:
    for shop in (NORTH, SALT):
        office.bill(shop, 0, "Maya Lindqvist")
        office.bill(shop, 1, "Sam Ode")
    office.work()
    before = notices(office)
    assert sum(before.values()) == 4
    office.house.lose_the_database()
    for shop in (NORTH, SALT):  # paid while nobody remembers
        office.house.doors.pay(office.house.link_to(shop.mobiles[0]), "card")
        office.bill(shop, 2, "Ivo Novak", number=f"{shop.id[0].upper()}-7001")
        ordered = office.type("recover", shop.id, "--begin")
        assert ordered.code == EXIT_FOUND, ordered.err
        assert "Until then nothing is done" in ordered.words

    office.type("run", "--once")

    for shop in (NORTH, SALT):
        facts = recovered(office, shop.id)
        assert facts["state"] == "waits for your word", facts
        assert facts["found"]["payment links not on record"] == 2
        assert facts["found"]["texts not on record"] == 2
        assert [one["customer"] for one in facts["would_be_texted"]] == ["Ivo Novak"]
        assert facts["would_be_texted"][0]["phone"] not in shop.mobiles, "masked"
    assert notices(office) == before, "nobody is texted before the owner says so"
    said = office.type("recover", NORTH.id)
    assert "2 payment links (2 not on record)" in said.words
    assert "1 customer would be texted once you resume" in said.words
    assert "duebird resume northside" in said.words

    office.type("resume")
    office.type("run", "--once")
    after = notices(office)
    assert sum(after.values()) == sum(before.values()) + 2
    audited = office.type("audit")
    assert audited.code == 0, audited.out
    assert office.type("recover", NORTH.id).code == 0


def test_a_damaged_database_is_refused_by_other_commands_and_set_aside_by_this_one(office: Desk) -> None:
    office.bill(NORTH, 0, "Maya Lindqvist")
    office.work()
    before = notices(office)
    file = office.house.state / "duebird.sqlite3"
    spoilt = b"this is a letter, not a database\n" * 400
    file.write_bytes(spoilt)
    refused = office.type("pause")
    assert refused.code != 0
    assert file.read_bytes() == spoilt

    said = office.type("recover")

    assert said.code == EXIT_FOUND, said.err
    assert [one.read_bytes() for one in office.house.state.glob("*.damaged-*Z")] == [spoilt]
    office.type("run", "--once")
    assert recovered(office, NORTH.id)["found"]["texts not on record"] == 1
    assert notices(office) == before
