"""`promise` and `dispute`, as their user types them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.desk import NORTH, SALT, Desk, desk


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk") / "desk") as found:
        found.bill(NORTH, 0, "Dana Reed", number="N-1")
        found.bill(NORTH, 1, "Sam Whitfield", number="TWIN")
        found.bill(SALT, 2, "Salty Pty", number="TWIN")
        found.work()
        yield found


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def test_a_promise_is_recorded_shown_and_dropped(here: Desk) -> None:
    day = in_days(5)
    said = here.type("promise", "n-1", "--until", day, "--why", "on the phone")
    assert said.code == 0
    assert f"Promised for {day}: invoice N-1 of Dana Reed. No notices about it through that day." in said.words
    assert f"payment is promised for {day}" in here.type("show", "N-1").words
    assert "on the phone" in here.type("show", "N-1").words
    facts = here.type("promise", "N-1", "--until", in_days(6), "--json").json
    assert (facts["company"], facts["done"], facts["until"]) == (NORTH.id, "promised", in_days(6))
    assert here.type("promise", "N-1", "--drop").words == "No promise any more: invoice N-1 of Dana Reed."
    assert here.type("promise", "N-1", "--drop").code == 1


def test_a_dispute_is_recorded_shown_and_dropped(here: Desk) -> None:
    said = here.type("dispute", "TWIN", "--company", NORTH.id, "--why", "wrong hours")
    assert said.code == 0
    assert "In dispute: invoice TWIN of Sam Whitfield. No notices about it until: duebird dispute" in said.words
    assert "in dispute, since" in here.type("show", "TWIN", "--company", NORTH.id).words
    dropped = here.type("dispute", "TWIN", "--company", NORTH.id, "--drop", "--json").json
    assert dropped["done"] == "dropped"


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("promise", "N-1"), 2, "Say either --until DATE or --drop."),
        (("promise", "N-1", "--until", "2026-12-04", "--drop"), 2, "Say either --until DATE or --drop."),
        (("promise", "N-1", "--until", "friday"), 2, "friday is not a date. Write it like 2026-12-04."),
        (("promise", "N-1", "--until", "2020-01-01"), 2, "2020-01-01 is over. Nothing was changed."),
        (("promise", "N-1", "--until", "2062-01-01"), 2, "more than a year away. Nothing was changed."),
        (("promise", "N-9", "--drop"), 1, "No invoice N-9 is on record. Nothing was changed."),
        (("promise", "TWIN", "--drop"), 1, "Several invoices are called TWIN."),
        (("promise", "N-1", "--drop"), 1, "Nothing is promised for it here. Nothing was changed."),
        (("dispute", "N-1", "--drop"), 1, "Not in dispute: invoice N-1 of Dana Reed. Nothing was changed."),
        (("dispute", "N-9"), 1, "No invoice N-9 is on record."),
        (("dispute",), 2, "Missing argument"),
    ],
)
def test_what_cannot_be_recorded_says_why_and_changes_nothing(
    here: Desk, typed: tuple[str, ...], code: int, said: str
) -> None:
    answer = here.type(*typed)
    assert answer.code == code, answer.err
    assert said in " ".join(answer.err.split())
