"""Fees and payouts over the stand-ins: what stands in the books afterwards, and what `duebird check` says before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.world import SandboxWorld
from tests.cli.desk import NORTH, SALT, Desk
from tests.cli.test_check import findings
from tests.cli.test_reconcile import pay_out, stated
from tests.e2e.house import SHOPS, House, Shop

EACH = pytest.mark.parametrize("shop", SHOPS, ids=["quickbooks", "xero"])
FEES = {NORTH.id: "Stripe fees", SALT.id: "Bank Fees"}
BANKS = {NORTH.id: "Checking", SALT.id: "Business Bank Account"}


def wanted(house: House, **more: str) -> Callable[[str], str]:
    """A configuration that books fees and payouts of today on, in both companies; `more`: other values, as TOML."""

    def change(text: str) -> str:
        first, *companies = text.split("[[company]]")
        for number, shop in enumerate(SHOPS):
            said = {
                "fee_account": f'"{FEES[shop.id]}"',
                "payout_account": f'"{BANKS[shop.id]}"',
                "book_from": house.today(shop).isoformat(),
                **more,
            }
            lines = "".join(f"{name} = {value}\n" for name, value in said.items())
            companies[number] += f"\n[company.payments]\n{lines}"
        return "[[company]]".join([first, *companies])

    return change


@contextmanager
def opened(folder: Path, *, sign_in_first: bool = False) -> Iterator[Desk]:
    """`sign_in_first`: as whoever connected before these settings were there."""
    folder.mkdir(mode=0o700)
    with SandboxWorld() as sandbox:
        house = House(folder, sandbox)
        house.doors.post("stripe", "settings", fee_delay_seconds=0)  # each change stands at once
        try:
            if sign_in_first:
                house.connect()
            house.write_config(wanted(house))
            if not sign_in_first:
                house.connect()
            yield Desk(house)
        finally:
            house.doors.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path / "house") as made:
        yield made


def paid_by_card(desk: Desk, shop: Shop) -> None:
    desk.bill(shop, 0, "Maya Lindqvist")
    desk.work()
    desk.house.doors.pay(desk.house.link_to(shop.mobiles[0]), "card")


def trial_balance(desk: Desk, shop: Shop) -> dict[str, Decimal]:
    if shop is SALT:
        named: dict[str, str] = desk.house.doors.get("xero", "trial-balance")["accounts"]
    else:
        rows = desk.house.doors.get("quickbooks", "trial_balance")["accounts"]
        named = {row["name"]: row["balance"] for row in rows}
    return {name.split(" (")[0]: Decimal(amount) for name, amount in named.items() if Decimal(amount)}


@EACH
def test_a_payment_its_fee_and_its_payout_stand_in_the_books_once_each(here: Desk, shop: Shop) -> None:
    here.house.write_config()  # the owner has not switched it on yet
    paid_by_card(here, shop)
    here.work()
    payout = pay_out(here, shop)
    assert Decimal(payout["amount"]) / 100 == Decimal("116.22")
    here.house.write_config(wanted(here.house))
    (fee, sent) = stated(here, shop)["unmatched"]
    assert {fee["cause"], sent["cause"]} == {"not_booked_yet"}, "the next pass books them"
    here.work()
    after = trial_balance(here, shop)
    assert sum(after.values()) == 0
    assert (after[FEES[shop.id]], after[BANKS[shop.id]]) == (Decimal("3.78"), Decimal("116.22"))
    assert "Stripe clearing" not in after, "it holds what Stripe holds: nothing"
    facts = stated(here, shop)
    assert (facts["closing"], facts["difference"], facts["settled"]) == ("0.00", "0.00", True)
    here.work()
    assert trial_balance(here, shop) == after


def test_a_preview_of_entries_leaves_to_a_person_only_what_is_not_booked(here: Desk) -> None:
    here.bill(NORTH, 0, "Maya Lindqvist", number="E-1")
    here.work()
    words = here.type("preview", "--entries", "--company", NORTH.id).words
    assert "Not booked by Duebird: refunds, disputes and returned bank debits (or set refunds = 'book')." in words


def test_check_names_the_accounts_and_from_when(here: Desk) -> None:
    for shop in SHOPS:
        said = findings(here.type("check", shop.id, "--json"))
        assert said["Fees"][:2] == ("ok", f'"{FEES[shop.id]}"')
        assert said["Payouts"][:2] == ("ok", f'"{BANKS[shop.id]}"')
        assert str(here.house.today(shop)) in said["Fees and payouts from"][1]
        assert "Booking fees and payouts" not in said


@EACH
def test_check_says_which_accounts_would_do_where_one_does_not(here: Desk, shop: Shop) -> None:
    here.house.write_config(wanted(here.house, fee_account='"Sales"', payout_account='"Stripe clearing"'))
    said: Any = findings(here.type("check", shop.id, "--json"))
    assert said["Fees"][0] == said["Payouts"][0] == "problem"
    assert '"Sales" (payments.fee_account) is no expense account of the ledger' in said["Fees"][1]
    assert f'"{FEES[shop.id]}"' in said["Fees"][2]
    assert "beside the clearing account" in said["Payouts"][1]
    assert f'"{BANKS[shop.id]}"' in said["Payouts"][2]


def test_a_xero_connection_of_before_lacks_the_permission_and_check_says_so(tmp_path: Path) -> None:
    with opened(tmp_path / "house", sign_in_first=True) as desk:
        said = findings(desk.type("check", SALT.id, "--json"))
        weight, seen, fix = said["Booking fees and payouts"]
        assert weight == "problem"
        assert "they would wait" in seen
        assert "accounting.banktransactions" in fix
