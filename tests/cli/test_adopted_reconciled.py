"""A payment that another tool has booked, through the whole program: adopted, and the books balance but for the fee."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import NORTH, SALT, desk
from tests.cli.test_reconcile import causes, stated
from tests.e2e.house import Shop


@pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])
def test_an_adopted_entry_is_counted_as_its_payment_and_the_audit_finds_nothing(shop: Shop, tmp_path: Path) -> None:
    with desk(tmp_path / "office") as office:
        house = office.house
        house.doors.post("stripe", "settings", fee_delay_seconds=0)
        invoice = office.bill(shop, 0, "Maya Lindqvist", number="A-1")
        office.work()
        house.doors.pay(house.link_to(shop.mobiles[0]), "card")
        accounts = house.doors.get("stripe", "records")["accounts"].values()
        [payment] = [intent["id"] for one in accounts for intent in one["test"]["payment_intents"]]
        said = {"reference": f"Stripe {payment}"}
        if shop is NORTH:
            realm = house.sandbox.quickbooks.realms[shop.seed.books_id]
            said = {"reference": "Stripe", "note": payment, "account": realm.clearing_account}
        house.doors.post(shop.ledger, "payments", invoice=invoice.id, amount="120.00", **said)
        office.work()
        assert [float(one) for one in house.bookings(invoice)] == [120.0]
        assert "booked already by somebody else in the ledger; not booked again" in office.type("show", "A-1").words
        assert office.type("attention").out == "Nothing needs you.\n"
        facts = stated(office, shop)
        assert (facts["payments"], facts["ledger_closing"], facts["matched"]) == ("120.00", "120.00", 1)
        assert causes(facts) == [("not_booked", "fee")]
        assert facts["recognised"] == []  # by its id, not by its amount and day
        audited = office.type("audit", "--company", shop.id)
        assert audited.code == 0, audited.out + audited.err
