"""Refunds through the whole program, over the stand-ins of both ledgers and of Stripe: only the fee remains."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import NORTH, SALT, desk
from tests.cli.test_check import findings
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


def entering(text: str) -> str:
    return text.replace(
        "[company.notices]",
        '[company.payments]\nrefunds = "book"\nrefund_account = "Sales"\nsurplus = "credit"\n\n[company.notices]',
    )


@EACH
def test_refunds_that_are_entered_leave_the_fee_alone_and_are_undone_by_the_command_their_item_names(
    shop: Shop, tmp_path: Path
) -> None:
    with desk(tmp_path / "office") as office:
        house = office.house
        house.write_config(entering)
        house.connect()  # again, for the permission that credit notes need
        house.doors.post("stripe", "settings", fee_delay_seconds=0)
        said = findings(office.type("check", shop.id, "--json"))
        assert said["Refunds"][:2] == ("ok", '"Sales"')
        invoice = office.bill(shop, 0, "Maya Lindqvist", number="A-1")
        office.work()
        house.doors.pay(house.link_to(shop.mobiles[0]), "card")
        office.work()
        (payment,) = {word for word in office.type("show", "A-1").words.split() if word.startswith("pi_")}
        house.doors.post("stripe", "refund", payment_intent=payment, amount=2000)
        made = house.doors.post("stripe", "dispute", payment_intent=payment, amount=5000)
        office.work()
        assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
        assert house.is_paid(invoice)
        told = office.type("attention", "--json").json
        assert len([one for one in told if "left your Stripe account" in one["happened"]]) == 2
        facts = stated(office, shop)
        assert (facts["payments"], facts["ledger_closing"]) == ("120.00", "50.00")
        assert set(causes(facts)) == {("not_booked", "fee")}
        house.doors.post("stripe", "dispute_end", dispute=made["id"], won=True)
        office.work()
        facts = stated(office, shop)
        assert facts["ledger_closing"] == "100.00"
        assert set(causes(facts)) == {("not_booked", "fee")}
        refund = next(one for one in told if "(refund " in one["happened"])
        undo = refund["not_done"].rpartition("taken out: ")[2].split()
        undone = office.type(*undo[1:])
        assert (undone.code, "its invoice stays paid" in undone.out) == (0, True)
        office.work()
        assert stated(office, shop)["ledger_closing"] == "120.00"
        assert office.type("undo", payment).code == 0
        office.work()
        again = office.type("rebook", payment)
        assert again.code == 0
        assert "unless you have undone that entry yourself: 20.00" in again.words
        office.work()
        office.work()
        assert [float(amount) for amount in house.bookings(invoice)] == [120.0]
        assert stated(office, shop)["ledger_closing"] == "120.00", "what he has undone himself stays his"


@EACH
def test_a_payment_of_which_a_part_went_back_is_booked_again_with_the_entry_of_that_part(
    shop: Shop, tmp_path: Path
) -> None:
    with desk(tmp_path / "office") as office:
        house = office.house
        house.write_config(entering)
        house.connect()  # again, for the permission that credit notes need
        house.doors.post("stripe", "settings", fee_delay_seconds=0)
        invoice = office.bill(shop, 0, "Maya Lindqvist", number="A-1")
        office.work()
        house.doors.pay(house.link_to(shop.mobiles[0]), "card")
        office.work()
        (payment,) = {word for word in office.type("show", "A-1").words.split() if word.startswith("pi_")}
        house.doors.post("stripe", "refund", payment_intent=payment, amount=2000)
        office.work()
        assert stated(office, shop)["ledger_closing"] == "100.00"
        assert office.type("undo", payment).code == 0
        office.work()
        office.work()
        assert house.bookings(invoice) == []
        house.write_config()  # as whoever does not have refunds entered
        refused = office.type("rebook", payment)
        assert refused.code == 1
        assert "Stripe does not have 20.00" in refused.err
        assert "Or write refunds = 'book' first" in " ".join(refused.err.split())
        house.write_config(entering)
        again = office.type("rebook", payment)
        assert (again.code, "After that what went back is entered" in again.words) == (0, True)
        assert "20.00 USD (refund re_" in again.words or "20.00 AUD (refund re_" in again.words
        office.work()
        assert [float(amount) for amount in house.bookings(invoice)] == [120.0]


@EACH
def test_a_payment_that_went_back_whole_is_not_booked_again_by_any_setting(shop: Shop, tmp_path: Path) -> None:
    with desk(tmp_path / "office") as office:
        house = office.house
        house.write_config(entering)
        invoice = office.bill(shop, 0, "Maya Lindqvist", number="A-1")
        office.work()
        house.doors.pay(house.link_to(shop.mobiles[0]), "card")
        office.work()
        (payment,) = {word for word in office.type("show", "A-1").words.split() if word.startswith("pi_")}
        assert office.type("undo", payment).code == 0
        office.work()
        house.doors.post("stripe", "refund", payment_intent=payment)
        refused = office.type("rebook", payment)
        assert (refused.code, "refunds = 'book' first" in refused.err) == (1, False)
        assert "Stripe does not have 120.00" in refused.err
        assert house.bookings(invoice) == []
