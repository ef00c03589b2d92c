"""`duebird numbers`, as a bookkeeper reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.desk import NORTH, SALT, Desk, desk


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A landline, none at all, a slip, and two customers with one number."""
    with desk(tmp_path_factory.mktemp("numbers")) as made:
        house = made.house
        for name, mobile, number in (
            ("Abe Landline", "+44 20 7946 0958", "N-1"),
            ("No Phone Ltd", None, "N-2"),
            ("Slip & Sons", "503-555-01", "N-3"),
        ):
            house.issue(NORTH, house.customer(NORTH, mobile, name=name, agrees=False), number=number)
        made.bill(NORTH, 0, "Dana Reed", number="N-4")
        made.bill(NORTH, 0, "Dana's Mother", number="N-5")
        made.bill(SALT, 0, "Kim", number="S-1")
        made.work()
        yield made


def test_the_list_says_what_is_the_matter_what_it_blocks_and_where_to_mend_it(here: Desk) -> None:
    said = here.type("numbers", "--company", NORTH.id)
    assert said.code == 0
    for words in (
        "3 customers cannot be texted",
        "no mobile number",
        "a landline",
        "not a whole phone number: 503-555-01",
        "N-3 (",
        "In QuickBooks: Sales > Customers > Slip & Sons > Edit > Mobile",
        "others have the same number",
        "Also that of Dana's Mother",
    ):
        assert words in said.words
    assert "7946" not in said.out, "what could be dialled is masked"


def test_a_company_whose_numbers_are_well_is_told_so(here: Desk) -> None:
    assert "can be texted" in here.type("numbers", "--company", SALT.id).words


def test_programs_read_amounts_and_invoices(here: Desk) -> None:
    said = {one["customer"]: one for one in here.type("numbers", "--json").json}
    assert set(said) == {"Abe Landline", "No Phone Ltd", "Slip & Sons", "Dana Reed", "Dana's Mother"}
    slip = said["Slip & Sons"]
    assert (slip["fault"], slip["blocks"], slip["number_in_ledger"]) == ("malformed", True, "503-555-01")
    [invoice] = slip["invoices"]
    assert (invoice["invoice"], invoice["currency"]) == ("N-3", "USD")
    assert said["Dana Reed"]["same_number"] == ["Dana's Mother"]
    assert said["Dana Reed"]["blocks"] is False


def test_a_longer_list_says_how_to_see_the_rest(here: Desk) -> None:
    said = here.type("numbers", "--company", NORTH.id, "--limit", "2")
    assert "There are 3 more. See them with --limit 5." in said.words


def test_one_item_a_company_tells_of_all_of_them(here: Desk) -> None:
    told = [one for one in here.type("attention", "--json").json if "/numbers/" in one["key"]]
    assert [one["company"] for one in told] == [NORTH.id]
    assert "3 customers with 3 open invoices cannot be texted" in told[0]["happened"]
    assert told[0]["command"] == f"duebird numbers --company {NORTH.id}"
