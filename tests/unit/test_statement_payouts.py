"""What each payout contains, on a statement: read where Stripe says it, and told where it does not."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from adapters.memory.treasury import MemoryTreasury
from connector.domain.balance import Payout
from connector.domain.money import Money
from connector.errors import Rejected, RejectedBecause
from connector.statement import payouts
from connector.statement.page import html_page
from connector.statement.payouts import Listed, listed, plain_payouts, read_insides
from connector.statement.reading import read_till
from connector.statement.tables import csv_file, plain
from connector.statement.values import Inside, Statement
from tests.unit.memory_steps import usd
from tests.unit.test_statement import PAID, PAID_OUT, REFUNDED, SENT_PAYOUT, Shop, right, stated


def containing(inside: Inside, payout: Payout = SENT_PAYOUT) -> Statement:
    return stated([PAID, PAID_OUT], right(PAID, PAID_OUT), insides={"po_1": inside}, payouts=(payout,))


def only(found: Statement) -> Listed:
    [one] = listed(found)
    return one


def test_a_payout_lists_payments_and_fees_that_add_up_to_it() -> None:
    one = only(containing(Inside((PAID,))))
    assert [entry.amount for entry in one.entries] == [usd("120.00"), usd("-3.78")]
    assert (one.sent, one.remark) == (usd("116.22"), "")


def test_where_not_all_of_it_is_listed_yet_the_statement_says_how_much_is() -> None:
    one = only(containing(Inside((PAID, REFUNDED))))
    assert one.remark == "Stripe lists $96.22 of it so far: ask again tomorrow"


def test_a_payout_in_another_currency_than_the_clearing_account_is_not_listed() -> None:
    assert listed(containing(Inside((PAID,)), replace(SENT_PAYOUT, amount=Money.of("9.00", "EUR")))) == ()


def test_page_table_and_program_tell_the_same_of_it() -> None:
    found = containing(Inside((PAID,)))
    page = html_page(found, "1.0").decode()
    assert "What each payout contains" in page
    assert "Payout po_1 of $116.22, at the bank on 16 Nov 2026" in page
    rows = list(csv.DictReader(io.StringIO(csv_file(found).decode("utf-8-sig"))))
    inside = [(row["id"], row["amount"]) for row in rows if row["part"] == "in_payout"]
    assert inside == [("po_1 txn_1", "120.00"), ("po_1 txn_1", "-3.78")]
    assert [row["amount"] for row in rows if row["part"] == "payout"] == ["116.22"]
    [one] = plain_payouts(found)
    assert plain(found)["payout_contents"] == [one]
    assert (one["payout"], one["amount"], one["remark"], one["automatic"]) == ("po_1", "116.22", "", True)
    assert isinstance(one["contains"], list)
    assert [each["amount"] for each in one["contains"]] == ["120.00", "-3.78"]


def test_of_one_that_was_asked_for_by_hand_the_statement_says_that_it_cannot_be_had() -> None:
    by_hand = replace(SENT_PAYOUT, automatic=False, trace="TRACE1", failure="The account is closed.")
    found = containing(Inside((), payouts.BY_HAND), by_hand)
    page = html_page(found, "1.0").decode()
    assert "Asked for by hand: Stripe does not say what is in it." in page
    assert "the bank&#x27;s reference TRACE1, sent back: The account is closed." in page
    [row] = [row for row in csv.reader(io.StringIO(csv_file(found).decode("utf-8-sig"))) if row[0] == "payout"]
    assert row[2].endswith("; asked for by hand: Stripe does not say what is in it")


def test_a_statement_without_payouts_says_nothing_of_them() -> None:
    assert "What each payout contains" not in html_page(stated([PAID], right(PAID)), "1.0").decode()


# ---------------------------------------------------------------------------------------------------------- reading


def test_what_is_in_the_payouts_of_the_days_looked_at_is_read_with_the_balance() -> None:
    shop = Shop()
    shop.pay()
    with shop.stripe.moment():
        automatic = shop.stripe.balance.pay_out("USD")
    shop.pay()
    with shop.stripe.moment():
        by_hand = shop.stripe.balance.send(usd("5.00"))
    assert automatic is not None
    insides = read_till(shop.about, MemoryTreasury(shop.stripe), lambda _: None).insides
    assert list(insides) == [automatic, by_hand]
    assert sum((one.net for one in insides[automatic].changes), usd("0.00")) == usd("116.22")
    assert insides[by_hand] == Inside((), payouts.BY_HAND)


class Counting(MemoryTreasury):
    """An account whose payouts contain nothing, or cannot be looked into."""

    asked = 0
    refuses = False

    def changes_of_payout(self, payout_id: str) -> tuple[()]:
        self.asked += 1
        if self.refuses:
            raise Rejected(f"{payout_id} is too long to read.", because=RejectedBecause.BUSINESS_RULE)
        return ()


def sent(many: int) -> list[Payout]:
    return [replace(SENT_PAYOUT, payout_id=f"po_{number}", itemised=True) for number in range(many)]


def test_no_more_payouts_are_looked_into_than_a_statement_may() -> None:
    treasury, made = Counting(Shop().stripe), sent(payouts.MOST + 1)
    found = read_insides(made, [*(one.payout_id for one in made), "po_unknown"], treasury)
    assert (len(found), treasury.asked) == (payouts.MOST + 1, payouts.MOST)
    assert "more than 62 payouts" in found[made[-1].payout_id].unknown


def test_one_that_stripe_has_not_put_together_and_one_that_it_refuses_to_tell_say_so() -> None:
    treasury, [made] = Counting(Shop().stripe), sent(1)
    assert "ask again tomorrow" in read_insides([replace(made, itemised=False)], ["po_0"], treasury)["po_0"].unknown
    assert treasury.asked == 0
    treasury.refuses = True
    assert read_insides([made], ["po_0"], treasury)["po_0"].unknown == "po_0 is too long to read."


@pytest.mark.parametrize("day", [1, 30])
def test_only_payouts_of_the_days_looked_at_are_looked_into(day: int) -> None:
    about = Shop().about
    inside = about.now.replace(day=day)
    changes = [replace(PAID_OUT, created_at=inside), replace(PAID_OUT, created_at=inside.replace(month=10))]
    assert payouts.sent_in(about, changes) == (("po_1",) if inside <= about.now else ())
