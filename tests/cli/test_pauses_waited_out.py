"""Commands that only read wait out a short pause that a service asks for, instead of giving up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.sandbox.base import Fault
from tests.cli.desk import NORTH, SALT, Desk, desk
from tests.e2e.house import Shop

EACH = pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])
LEDGERS = {NORTH.id: "/v3/", SALT.id: "/api.xro/"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("pauses") / "office") as made:
        for shop in (NORTH, SALT):
            made.bill(shop, 0, "Maya Lindqvist", number="E-1")
        made.work()
        yield made


def slowed_down(office: Desk, service: str, path: str, seconds: int) -> Fault:
    """It asks for a pause at the next request."""
    fault = Fault("status", method="GET", path=path, status=429, headers={"Retry-After": str(seconds)})
    office.house.twins()[service].faults.append(fault)
    return fault


@EACH
@pytest.mark.parametrize("words", [("check",), ("preview", "--company"), ("preview", "--entries", "--company")])
def test_a_short_pause_is_waited_out(office: Desk, shop: Shop, words: tuple[str, ...]) -> None:
    faults = [slowed_down(office, "stripe", "/v1/", 1)]
    if shop is SALT:  # of QuickBooks a pause takes a minute, whatever it says
        faults.append(slowed_down(office, "xero", LEDGERS[shop.id], 1))
    said = office.type(*words, shop.id)
    assert {one.hits for one in faults} == {1}
    assert said.code == 0, f"{said.out}{said.err}"
    assert "slow down" not in f"{said.out}{said.err}"


def test_what_is_no_short_pause_is_told_at_once(office: Desk) -> None:
    faults = [slowed_down(office, "quickbooks", LEDGERS[NORTH.id], 3600), slowed_down(office, "stripe", "/v1/", 3600)]
    said = office.type("check", NORTH.id)
    assert [one.hits for one in faults] == [1, 1]
    assert said.code == 1
    assert "slow down" in said.words
