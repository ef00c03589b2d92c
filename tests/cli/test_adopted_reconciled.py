"""A payment that another tool has booked, through the whole program: adopted, and the books balance but for the fee."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import NORTH, SALT, Desk, desk
from tests.cli.test_reconcile import causes, enter_fee, stated
from tests.cli.test_refunds_reconciled import entering
from tests.e2e.house import Invoice, Shop


def adopted(office: Desk, shop: Shop) -> tuple[Invoice, str]:
    """An invoice that is paid on its link, and booked by another tool; and the payment."""
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
    return invoice, payment


@pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])
def test_an_adopted_entry_is_counted_as_its_payment_and_the_audit_finds_nothing(shop: Shop, tmp_path: Path) -> None:
    with desk(tmp_path / "office") as office:
        house = office.house
        invoice, _ = adopted(office, shop)
        assert [float(one) for one in house.bookings(invoice)] == [120.0]
        assert "booked already by somebody else in the ledger; not booked again" in office.type("show", "A-1").words
        assert office.type("attention").out == "Nothing needs you.\n"
        facts = stated(office, shop)
        assert (facts["payments"], facts["ledger_closing"], facts["matched"]) == ("120.00", "120.00", 1)
        assert causes(facts) == [("not_booked", "fee")]
        assert facts["recognised"] == []  # by its id, not by its amount and day
        audited = office.type("audit", "--company", shop.id)
        assert audited.code == 0, audited.out + audited.err


@pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])
def test_a_refund_of_an_adopted_payment_is_entered_and_nothing_but_the_fee_is_left(shop: Shop, tmp_path: Path) -> None:
    with desk(tmp_path / "office") as office:
        house = office.house
        house.write_config(entering)
        house.connect()  # again, for the permission that credit notes need
        invoice, payment = adopted(office, shop)
        house.doors.post("stripe", "refund", payment_intent=payment, amount=2000)
        office.work()
        assert [float(one) for one in house.bookings(invoice)] == [120.0]
        facts = stated(office, shop)
        assert (facts["payments"], facts["ledger_closing"]) == ("120.00", "100.00")
        assert causes(facts) == [("not_booked", "fee")]
        enter_fee(office, shop, facts["difference"])
        facts = stated(office, shop)
        assert (facts["difference"], facts["unmatched"], facts["settled"]) == ("0.00", [], True)
        audited = office.type("audit", "--company", shop.id)
        assert audited.code == 0, audited.out + audited.err
