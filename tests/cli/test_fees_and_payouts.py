"""Fees and payouts over the stand-ins: what stands in the books afterwards, and what `duebird check` says before."""

from __future__ import annotations

import json
import re
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
EXCHANGE = {NORTH.id: "Exchange Gain or Loss", SALT.id: "Sales"}  # of the types that will do, one of each
RECEIVABLES = {NORTH.id: "Accounts Receivable (A/R)", SALT.id: "Accounts Receivable"}
BANKS = {NORTH.id: "Checking", SALT.id: "Business Bank Account"}


def wanted(house: House, **more: str) -> Callable[[str], str]:
    """A configuration that books fees and payouts of today on, in both companies; `more`: other values, as TOML, where
    {fees} is the account of fees.
    """

    def said(shop: Shop) -> dict[str, str]:
        return {
            "fee_account": f'"{FEES[shop.id]}"',
            "payout_account": f'"{BANKS[shop.id]}"',
            "book_from": house.today(shop).isoformat(),
            **{name: value.format(fees=FEES[shop.id]) for name, value in more.items()},
        }

    return payments(said)


def payments(said: Callable[[Shop], dict[str, str]]) -> Callable[[str], str]:
    """A configuration in which each company's `[company.payments]` says that, as TOML."""

    def change(text: str) -> str:
        first, *companies = text.split("[[company]]")
        for number, shop in enumerate(SHOPS):
            lines = "".join(f"{name} = {value}\n" for name, value in said(shop).items())
            companies[number] += f"\n[company.payments]\n{lines}"
        return "[[company]]".join([first, *companies])

    return change


def exchange_alone(account: str | None = None) -> Callable[[str], str]:
    """One that wants exchange differences and nothing else; of that account, where it is no good one."""
    return payments(lambda shop: {"exchange_account": f'"{account or EXCHANGE[shop.id]}"'})


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
    rows = [row for rows in here.house.doors.get(shop.ledger, "records").values() for row in rows]
    of_cash = [text for text in map(json.dumps, rows) if "pi_" not in text]  # a payment's own may begin so by chance
    named = sorted({one for text in of_cash for one in re.findall(r"DB[FP]\w+", text)})
    assert len(named) == 2
    for reference, called in zip(named, ("a fee", "a payout"), strict=True):
        refused = here.type("undo", reference)
        assert refused.code == 1
        assert f"{reference} is the entry of {called}" in refused.err
        assert "Take it out in the ledger itself" in refused.err
    here.work()
    assert trial_balance(here, shop) == after


@EACH
def test_the_preview_names_the_accounts_between_which_everything_then_moves(here: Desk, shop: Shop) -> None:
    more = {"surplus": '"credit"', "refunds": '"book"', "refund_account": '"Sales"'}
    more["exchange_account"] = '"{fees}"'
    here.house.write_config(wanted(here.house, **more))
    here.house.connect()  # again, for the permission that Xero's credit notes need
    here.house.write_config()
    here.bill(shop, 0, "Maya Lindqvist", number="E-1")
    here.work()
    here.house.write_config(wanted(here.house, **more))  # the balance is read in the next pass, and then once an hour
    before = trial_balance(here, shop)
    [shown] = here.type("preview", "--entries", "--company", shop.id, "--json").json[shop.id]
    credit, fee, payout, refund, exchange = shown["later"]
    assert exchange["debit"] == FEES[shop.id]
    clearing = "Stripe clearing"
    assert (credit["debit"], credit["credit"]) == (clearing, RECEIVABLES[shop.id])
    words = here.type("preview", "--entries", "--company", shop.id).words
    assert f"Debit {FEES[shop.id]} the fee Credit {clearing} the same, once Stripe has said its fee" in words
    assert "Not booked by Duebird" not in words

    here.house.doors.pay(here.house.link_to(shop.mobiles[0]), "card")
    pay_out(here, shop)
    here.work()
    [payment] = {word for word in here.type("show", "E-1").words.split() if word.startswith("pi_")}
    here.house.doors.post("stripe", "refund", payment_intent=payment, amount=2000)
    here.work()
    here.work()
    after = trial_balance(here, shop)
    moved = {name: after.get(name, Decimal(0)) - before.get(name, Decimal(0)) for name in before | after}
    assert moved[fee["debit"]] == Decimal("3.78")
    assert moved[payout["debit"]] == Decimal("116.22")
    assert moved[refund["debit"]] == Decimal("20.00")
    assert moved[clearing] == Decimal("-20.00"), "as much as Stripe is without"
    assert {one["credit"] for one in (fee, payout, refund)} == {clearing}


def paid_before_it_was_switched_on(desk: Desk, shop: Shop) -> str:
    """A payment that is booked, of which the balance was not read yet: it is read once an hour. Its id at Stripe."""
    desk.house.write_config()
    desk.bill(shop, 0, "Maya Lindqvist", number="A-1")
    desk.work()
    desk.house.doors.pay(desk.house.link_to(shop.mobiles[0]), "card")
    desk.work()
    (payment,) = {word for word in desk.type("show", "A-1").words.split() if word.startswith("pi_")}
    return payment


def fees_booked(desk: Desk, shop: Shop) -> Decimal:
    """What stands on the account of fees once the owner has switched it on; each entry once."""
    desk.house.write_config(wanted(desk.house))
    desk.work()
    after = trial_balance(desk, shop)
    assert sum(after.values()) == 0
    desk.work()
    assert trial_balance(desk, shop) == after
    return after.get(FEES[shop.id], Decimal(0))


@EACH
@pytest.mark.parametrize("returned", [False, True], ids=["kept", "given back"])
def test_the_fee_of_a_dispute_is_a_fee_like_others_also_where_it_is_given_back(
    here: Desk, shop: Shop, *, returned: bool
) -> None:
    payment, doors = paid_before_it_was_switched_on(here, shop), here.house.doors
    doors.post("stripe", "settings", won_disputes_return_fees=returned)
    dispute = doors.post("stripe", "dispute", payment_intent=payment)
    doors.post("stripe", "dispute_end", dispute=dispute["id"], won=True)
    assert fees_booked(here, shop) == (Decimal("3.78") if returned else Decimal("18.78"))
    facts = stated(here, shop)
    assert (facts["difference"], facts["disputes"]) == ("0.00", "0.00")


@EACH
def test_fees_that_come_back_with_a_refund_are_taken_off_the_fees(here: Desk, shop: Shop) -> None:
    payment, doors = paid_before_it_was_switched_on(here, shop), here.house.doors
    doors.post("stripe", "settings", refunds_return_fees=True)
    doors.post("stripe", "refund", payment_intent=payment, amount=6000)
    assert fees_booked(here, shop) == Decimal("1.89")
    facts = stated(here, shop)
    assert (facts["fees"], facts["refunds"]) == ("-1.89", "-60.00")
    assert [one["what"].split()[0] for one in facts["unmatched"]] == ["refund"]


@EACH
def test_a_payout_that_the_bank_sends_back_is_booked_back_and_the_statement_has_both(here: Desk, shop: Shop) -> None:
    paid_before_it_was_switched_on(here, shop)
    payout = pay_out(here, shop)
    fees_booked(here, shop)
    here.house.doors.post("stripe", "payout_fail", payout=payout["id"])
    here.house.write_config()  # off and on again: the balance is read at once, from the first day
    here.work()
    assert fees_booked(here, shop) == Decimal("3.78")
    after = trial_balance(here, shop)
    assert BANKS[shop.id] not in after
    assert after["Stripe clearing"] == Decimal("116.22")
    facts = stated(here, shop)
    assert (facts["difference"], facts["settled"], facts["payouts"]) == ("0.00", True, "0.00")
    (item,) = here.type("attention", "--json").json
    assert f"payout {payout['id']} (116.22" in item["happened"]
    assert "sent back by the bank" in item["happened"]


def test_a_fee_of_a_closed_day_waits_and_is_ordered_by_the_command_that_its_item_names(here: Desk) -> None:
    paid_before_it_was_switched_on(here, NORTH)
    [realm] = here.house.sandbox.quickbooks.realms.values()
    realm.settings.close_date = "2999-12-31"
    assert fees_booked(here, NORTH) == Decimal(0)
    (item,) = here.type("attention", "--json").json
    assert "3.78 USD (fee of balance change txn_" in item["happened"]
    assert "the books are closed through 2999-12-31" in item["happened"]
    ordered = here.type(*item["command"].split()[1:], "--first-open-day")
    assert (ordered.code, ordered.err) == (0, "")
    here.type("run", "--once")
    (item,) = here.type("attention", "--json").json  # never on a day to come
    realm.settings.close_date = None
    here.type(*item["command"].split()[1:])
    assert fees_booked(here, NORTH) == Decimal("3.78")
    assert here.type("attention").out == "Nothing needs you.\n"


@EACH
def test_a_payout_by_hand_is_booked_and_the_statement_says_that_its_contents_cannot_be_had(
    here: Desk, shop: Shop
) -> None:
    here.house.write_config()  # the balance is read once an hour: the first time once the payout is in it
    paid_by_card(here, shop)
    here.work()
    account, currency = shop.seed.stripe_account, {NORTH.id: "usd", SALT.id: "aud"}[shop.id]
    sent = {"account": account, "currency": currency, "amount": 5000, "instant": True}
    payout = here.house.doors.post("stripe", "payout", **sent)["payout"]
    here.house.write_config(wanted(here.house))
    here.work()
    facts = stated(here, shop)
    assert (facts["difference"], facts["settled"]) == ("0.00", True)
    (listed,) = facts["payout_contents"]
    assert (listed["payout"], listed["contains"]) == (payout["id"], [])
    assert listed["remark"] == "asked for by hand: Stripe does not say what is in it"
    assert "asked for by hand: Stripe does not say what is in it" in here.type("reconcile", shop.id).words


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


def test_check_names_the_tax_on_fees_or_those_that_would_do(here: Desk) -> None:
    here.house.write_config(wanted(here.house, fee_tax_code='"INPUT"'))
    said = findings(here.type("check", SALT.id, "--json"))
    assert said["Tax on fees"][:2] == ("ok", '"Input (15%)"')
    weight, seen, fix = findings(here.type("check", NORTH.id, "--json"))["Tax on fees"]
    assert (weight, fix) == ("problem", "The ledger has none: leave fee_tax_code out.")
    assert '"INPUT" (payments.fee_tax_code) is no tax code of the ledger' in seen
    here.house.write_config(wanted(here.house, fee_tax_code='"OUTPUT"'))
    weight, seen, fix = findings(here.type("check", SALT.id, "--json"))["Tax on fees"]
    assert weight == "problem"
    assert '("Output (15%)") is no tax that an expense may have. No fee would be booked.' in seen
    assert 'INPUT ("Input (15%)")' in fix
    assert "OUTPUT" not in fix


def test_check_names_the_tax_on_refunds_or_those_that_would_do(here: Desk) -> None:
    book = {"refunds": '"book"', "refund_account": '"Sales"'}
    here.house.write_config(wanted(here.house, **book, refund_tax_code='"OUTPUT"'))
    said = findings(here.type("check", SALT.id, "--json"))
    assert said["Tax on refunds"][:2] == ("ok", '"Output (15%)"')
    weight, seen, fix = findings(here.type("check", NORTH.id, "--json"))["Tax on refunds"]
    assert (weight, fix) == ("problem", 'Write one that would do: NON ("0% tax").')
    assert '"OUTPUT" (payments.refund_tax_code) is no tax code of the ledger' in seen
    here.house.write_config(wanted(here.house, **book, refund_tax_code='"INPUT"'))
    weight, seen, fix = findings(here.type("check", SALT.id, "--json"))["Tax on refunds"]
    assert weight == "problem"
    assert '("Input (15%)") is no tax that a refund may have. No refund would be booked.' in seen
    assert 'OUTPUT ("Output (15%)")' in fix
    assert "INPUT" not in fix


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


@EACH
def test_check_names_the_account_of_exchange_differences_also_where_nothing_else_is_wanted(
    here: Desk, shop: Shop
) -> None:
    here.house.write_config(exchange_alone())
    said = findings(here.type("check", shop.id, "--json"))
    assert said["Exchange differences"][:2] == ("ok", f'"{EXCHANGE[shop.id]}"')
    assert not {"Fees", "Payouts", "Fees and payouts from", "Booking fees and payouts"} & set(said)


@EACH
def test_where_exchange_differences_alone_are_wanted_no_fee_and_no_payout_is_booked(here: Desk, shop: Shop) -> None:
    here.house.write_config(exchange_alone())
    paid_by_card(here, shop)
    here.work()
    pay_out(here, shop)
    here.work()
    after = trial_balance(here, shop)
    assert after["Stripe clearing"] == Decimal("120.00")
    assert not {FEES[shop.id], BANKS[shop.id]} & set(after)
    assert {one["cause"] for one in stated(here, shop)["unmatched"]} == {"not_booked"}


def test_an_account_of_xeros_own_takes_no_exchange_differences_and_check_says_what_will(here: Desk) -> None:
    here.house.write_config(exchange_alone("Realised Currency Gains"))
    weight, seen, fix = findings(here.type("check", SALT.id, "--json"))["Exchange differences"]
    assert weight == "problem"
    assert '"Realised Currency Gains" (payments.exchange_account) is no income or expense account' in seen
    assert '"Sales"' in fix
    assert '"Realised Currency Gains"' not in fix
    assert "Xero's own accounts of currency gains take no entries: add one of the type Expense or Revenue." in fix


def test_an_account_that_is_no_income_and_no_expense_is_named_with_those_that_would_do(here: Desk) -> None:
    here.house.write_config(exchange_alone("Checking"))
    weight, seen, fix = findings(here.type("check", NORTH.id, "--json"))["Exchange differences"]
    assert weight == "problem"
    assert f'Company "{NORTH.id}": "Checking" (payments.exchange_account) is no income or expense account' in seen
    assert f'"{EXCHANGE[NORTH.id]}"' in fix
    assert "Xero" not in fix
    ran = here.type("run", "--once")
    assert "payments.exchange_account" in " ".join((ran.out + ran.err).split())


def test_exchange_differences_need_xeros_permission_for_bank_transactions(tmp_path: Path) -> None:
    with opened(tmp_path / "house", sign_in_first=True) as desk:
        desk.house.write_config(exchange_alone())
        weight, seen, fix = findings(desk.type("check", SALT.id, "--json"))["Booking fees and payouts"]
        assert weight == "problem"
        assert "exchange_account is set" in seen
        assert "accounting.banktransactions" in fix
