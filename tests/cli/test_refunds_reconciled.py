"""A refund through the whole program, over the stand-ins of both ledgers and of Stripe: only its fee remains."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import NORTH, SALT, desk
from tests.cli.test_reconcile import causes, enter_fee, stated
from tests.e2e.house import Shop

EACH = pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])


def reopening(text: str) -> str:
    return text.replace("[company.notices]", '[company.payments]\nrefunds = "reopen"\n\n[company.notices]')


@EACH
@pytest.mark.parametrize("how", ["refund", "dispute"])
def test_after_a_refund_or_a_lost_dispute_the_books_balance_but_for_the_fee_and_with_it_to_the_cent(
    shop: Shop, how: str, tmp_path: Path
) -> None:
    with desk(tmp_path / "office") as office:
        house = office.house
        house.write_config(reopening)
        house.doors.post("stripe", "settings", fee_delay_seconds=0)
        invoice = office.bill(shop, 0, "Maya Lindqvist", number="A-1")
        office.work()
        house.doors.pay(house.link_to(shop.mobiles[0]), "card")
        office.work()
        assert house.is_paid(invoice)
        (payment,) = {word for word in office.type("show", "A-1").words.split() if word.startswith("pi_")}
        if how == "refund":
            house.doors.post("stripe", "refund", payment_intent=payment)
        else:
            made = house.doors.post("stripe", "dispute", payment_intent=payment)
            house.doors.post("stripe", "dispute_end", dispute=made["id"], won=False)
        office.work()
        assert house.bookings(invoice) == []
        (told,) = office.type("attention", "--json").json
        assert f"payment {payment}) was taken out of the ledger" in told["happened"]
        facts = stated(office, shop)
        assert (facts["payments"], facts["ledger_closing"]) == ("120.00", "0.00")
        assert set(causes(facts)) == {("not_booked", "fee")}
        enter_fee(office, shop, facts["difference"])
        facts = stated(office, shop)
        assert (facts["difference"], facts["unmatched"], facts["settled"]) == ("0.00", [], True)
