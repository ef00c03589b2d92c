"""`duebird check`, as a bookkeeper reads what it says of the sender."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.twilio import Account
from tests.cli.desk import NORTH, SALT, Desk, Said, desk


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "house") as made:
        yield made


def account_of(desk: Desk) -> Account:
    [account] = desk.house.sandbox.twilio.world.accounts.values()
    return account


def findings(said: Said) -> dict[str, tuple[str, str, str]]:
    [of_company] = said.json.values()
    return {one["subject"]: (one["weight"], one["seen"], one["fix"]) for one in of_company}


def test_a_sender_of_its_own_that_is_registered_is_well(here: Desk) -> None:
    said = findings(here.type("check", NORTH.id, "--json"))
    assert {said[one][0] for one in ("Sender", "Own sender", "US registration", "Replies", "Balance")} == {"ok"}
    assert "texts of one segment to US" in said["Balance"][1]


def test_an_unregistered_sender_says_what_happens_and_where_to_mend_it(here: Desk) -> None:
    [service] = account_of(here).services.values()
    service.campaign_status, service.campaign_errors = "FAILED", [{"description": "the website cannot be reached"}]
    said = here.type("check", NORTH.id)
    assert said.code == 1
    for words in ("MEND", "US registration", "the website cannot be reached", "30034", "Regulatory compliance"):
        assert words in said.words


def test_a_sender_that_is_another_companys_too_is_named_for_both(here: Desk) -> None:
    [service] = account_of(here).services.values()
    service.numbers.append(SALT.seed.number)
    for shop, other in ((NORTH, SALT), (SALT, NORTH)):
        said = here.type("check", shop.id)
        assert said.code == 1
        assert f"{other.id} would text from the same" in said.words
        assert "third-party debt collection" in said.words


def test_with_the_services_two_companies_in_one_pool_text_nobody(here: Desk) -> None:
    [service] = account_of(here).services.values()
    service.numbers.append(SALT.seed.number)
    invoice = here.bill(NORTH, 0, "Dana Reed")
    here.work()
    assert not [one for one in account_of(here).messages if one.direction == "outbound-api"]
    told = here.type("attention", "--company", NORTH.id).words
    assert "third-party debt collection" in told
    assert "sender is another company's too" in here.type("show", invoice.number).words
    service.numbers.remove(SALT.seed.number)
    here.work()
    assert [one for one in account_of(here).messages if one.direction == "outbound-api"]
    assert "third-party" not in here.type("attention").out
