"""`duebird preview --entries` over the stand-ins: what it says is what a payment then changes in the trial balance."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connector.cli.frame import EXIT_FAILED, EXIT_USAGE
from tests.cli.desk import NORTH, SALT, Desk, desk
from tests.e2e.house import Shop

EACH = pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Two companies, each with one invoice of 120.00 whose link was sent and not paid."""
    with desk(tmp_path_factory.mktemp("entries") / "office") as made:
        for shop in (NORTH, SALT):
            made.bill(shop, 0, "Maya Lindqvist", number="E-1")
        made.work()
        yield made


def balances(office: Desk, shop: Shop) -> dict[str, Decimal]:
    if shop is SALT:
        named = office.house.doors.get("xero", "trial-balance")["accounts"]
    else:
        rows = office.house.doors.get("quickbooks", "trial_balance")["accounts"]
        named = {row["name"]: row["balance"] for row in rows}
    return {name: Decimal(amount) for name, amount in named.items()}


@EACH
def test_a_payment_changes_the_trial_balance_by_the_lines_that_were_shown(office: Desk, shop: Shop) -> None:
    typed: Any = office.type("preview", "--entries", "--company", shop.id, "--json").json
    [shown] = typed[shop.id]
    words = office.type("preview", "--entries", "--company", shop.id, "--invoice", "E-1").words
    assert "Not booked by Duebird: Stripe's fee on the payment" in words
    before = balances(office, shop)
    office.house.doors.pay(office.house.link_to(shop.mobiles[0]), "card")
    office.work()
    after = balances(office, shop)
    moved = {name: after.get(name, Decimal(0)) - before.get(name, Decimal(0)) for name in before | after}
    said = {line["account"]: Decimal(line["debit"] or 0) - Decimal(line["credit"] or 0) for line in shown["postings"]}
    assert {name: amount for name, amount in moved.items() if amount} == said


@EACH
def test_an_invoice_is_found_by_its_number_however_few_are_to_be_shown(office: Desk, shop: Shop) -> None:
    number = f"L-{shop.id}"
    office.bill(shop, 1, "Omar Haddad", number=number)
    newer = office.bill(shop, 2, "Ines Duarte", number=f"M-{shop.id}")
    for named in (number, number.upper(), newer.id):
        said: Any = office.type(
            "preview", "--entries", "--company", shop.id, "--invoice", named, "--limit", "1", "--json"
        ).json
        [shown] = said[shop.id]
        assert shown["customer"] == ("Ines Duarte" if named == newer.id else "Omar Haddad")
    assert len(office.type("preview", "--entries", "--company", shop.id, "--limit", "1", "--json").json[shop.id]) == 1


def test_an_invoice_that_is_not_there_is_said_not_to_be_there(office: Desk) -> None:
    said = office.type("preview", "--entries", "--invoice", "NONE-7")
    assert said.code == EXIT_FAILED
    assert "No open invoice NONE-7" in said.err
    assert office.type("preview", "--invoice", "E-1").code == EXIT_USAGE
