"""The judge of what exchange leaves: it is entered once, to the cent, in its account, or the owner knows why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from adapters.memory.cash_world import FEES
from adapters.memory.ledger_world import CLEARING
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.settlement import Refunds
from connector.ports.entries import ExpenseRequest
from tests.simulation.cells import Hit, Sometimes
from tests.simulation.others import Theirs
from tests.simulation.purse import GAINS, Order, Purse
from tests.simulation.subjects import evidence_of, what
from tests.simulation.test_abroad import EUROS, FORTY, LATER, RATE, counted, gives_back
from tests.simulation.test_cleared import TODAY, Scene

DEARER = Decimal("1.2040")
PURSE = Purse(refunds=Refunds.BOOK, abroad=True, exchange=True)
LEFT = Money.of("3.48", "USD")  # forty euros came again as 48.16, and had left as 44.68


def request(scene: Scene, of: str, amount: Money = LEFT, **more: object) -> ExpenseRequest:
    made = ExpenseRequest(
        amount=amount,
        account_id=CLEARING.account_id,
        expense_account_id=GAINS.account_id,
        tax_code=None,
        booked_on=TODAY,
        reference=f"DBX{of}",
        note=f"Duebird {scene.payment} difference of exchange, entry {of}",
        idempotency_key=f"x{of}",
        payee=None,
        incoming=True,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # as the tests name them


def enters(scene: Scene, of: str = "DBRr", amount: Money = LEFT, **more: object) -> None:
    scene.books.make_expense(request(scene, of, amount, **more))


def left_behind(purse: Purse = PURSE) -> Scene:
    """A refund that was entered and taken out again, since it failed; the rate is another one each day."""
    scene = Scene(purse, EUROS, RATE)
    refund = gives_back(scene)
    booking = scene.books_payment(rate=RATE)
    entry = scene.books_refund(booking, refund, FORTY, rate=LATER)
    comes_again(scene, refund)
    scene.books.take_back(EntryKind.REVERSAL, entry, "")
    return scene


def comes_again(scene: Scene, refund: str) -> None:
    balance = scene.town.processor.balance
    balance.rates["EUR"] = DEARER
    with scene.town.processor.moment():
        balance.fail_refund(refund)


@pytest.fixture(name="left")
def fixture_left() -> Scene:
    return left_behind()


def test_what_exchange_leaves_is_right_once_it_is_entered(left: Scene) -> None:
    [found] = left.said()
    assert (
        found == f"{left.payment} moves clearing by 108.37 USD and Stripe's balance by 111.85 USD, and nobody was told"
    )
    enters(left)
    assert left.said() == []
    assert counted(left, Sometimes.EXCHANGE_ENTERED) == 1
    assert counted(left, Sometimes.EXCHANGE_CLEARED) == 1
    assert counted(left, Sometimes.EXCHANGE_LEFT) == 0


def test_what_is_not_entered_is_right_where_the_owner_was_told_of_that(left: Scene) -> None:
    assert left.said(f"acme/exchange-difference/KEY {left.payment} was taken out, and Stripe has not said") == []
    assert len(left.said(f"acme/refund-entered/KEY {left.payment}")) == 1
    assert len(left.said(f"acme/refund.failed/evt_1 {left.payment} was to be given back, which failed")) == 1


def test_being_told_of_a_difference_explains_no_amount_that_is_missing(left: Scene) -> None:
    [booking] = left.town.ledger.entries
    left.books.take_back(EntryKind.PAYMENT, booking, "")
    told = f"acme/exchange-difference/KEY {left.payment} was taken out, and Stripe has not said"
    assert any(f"of {left.payment} 0.00 EUR is in the clearing account" in one for one in left.said(told))


@pytest.mark.parametrize("amount", ["3.47", "3.49", "44.68"])
def test_another_amount_than_is_left_is_seen_also_where_the_owner_was_told(left: Scene, amount: str) -> None:
    enters(left, amount=Money.of(amount, "USD"))
    [found] = left.said(f"acme/exchange-difference/KEY {left.payment}")
    assert found.endswith("is entered as exchanged, and the entry DBRr has left 0.00, 3.48")


def test_the_other_sign_is_seen(left: Scene) -> None:
    enters(left, incoming=False)
    assert any(one.startswith("-3.48 USD") and "has left 0.00, 3.48" in one for one in left.said())


def test_a_second_entry_of_the_same_is_seen_under_its_reference_and_under_another(left: Scene) -> None:
    enters(left)
    enters(left, idempotency_key="again")
    said = left.said(left.payment)
    assert "DBXDBRr stands in the clearing account 2 times" in said
    assert any(one.endswith("the entry DBRr has left 0.00") for one in said)
    enters(left, idempotency_key="more", reference="DBXother")
    assert sum("has left 0.00" in one for one in left.said(left.payment)) == 2


@pytest.mark.parametrize("why", ["no account", "another account"])
def test_an_entry_that_the_owner_does_not_want_there_is_seen(left: Scene, why: str) -> None:
    account = GAINS if why == "no account" else FEES
    if why == "no account":
        left.town.purse = replace(PURSE, exchange=False)
    enters(left, expense_account_id=account.account_id)
    [found] = left.said()
    assert found == f"3.48 USD of {left.payment} is entered as exchanged against {account.account_id}"


def test_a_day_on_which_nothing_moved_is_seen_unless_the_books_were_closed_for_it(left: Scene) -> None:
    later = TODAY + timedelta(days=2)
    closed = later - timedelta(days=1)
    note = request(left, "DBRr").note
    enters(left, booked_on=later, note=f"{note}, of {TODAY}, books closed through {closed}")
    assert f"is entered as exchanged on {later}, when nothing moved" in left.said()[0]
    left.town.dealings.closings.append(closed)
    assert left.said() == []


@pytest.mark.parametrize("digits", [RATE, Decimal("1.0838")])
def test_what_a_rate_of_few_digits_leaves_may_be_entered_and_nothing_where_it_leaves_none(digits: Decimal) -> None:
    scene = Scene(PURSE, EUROS, RATE)
    scene.books_payment(rate=digits)
    enters(scene, "DBb", Money.of("0.01", "USD"), incoming=False)
    assert any("DBb has left" in one for one in scene.said()) == (digits == RATE)


def test_a_payment_that_is_out_has_left_what_all_of_it_moved() -> None:
    scene = Scene(replace(PURSE, refunds=Refunds.REOPEN), EUROS, RATE)
    scene.town.processor.balance.rates["EUR"] = LATER
    scene.town.processor.refund(scene.payment)
    scene.takes_out(rate=RATE)
    [found] = scene.said()
    assert "moves clearing by 0.00 USD and Stripe's balance by -3.33 USD" in found
    enters(scene, "DBb", Money.of("3.33", "USD"), incoming=False)
    assert scene.said() == []


# ------------------------------------------------------------------------------------- what the product cannot enter


def test_what_the_owner_took_out_himself_is_his_to_correct(left: Scene) -> None:
    left.orders(Order.UNDO_REFUND)
    assert left.said() == []


def test_what_somebody_else_booked_is_at_a_rate_of_his_own(left: Scene) -> None:
    other = left.town.ledger.issue(left.customer, EUROS)
    entry = left.town.ledger.pay_by_hand(other, EUROS)
    left.town.others.entries[entry] = Theirs(entry, left.payment, other)
    assert left.said() == []


def test_what_was_taken_out_before_the_first_day_is_the_owners(left: Scene) -> None:
    left.town.purse = replace(PURSE, book_from=date(2026, 10, 6))
    assert left.said() == []


def test_what_is_held_of_a_payment_leaves_what_the_owner_knows_of() -> None:
    scene = Scene(PURSE, EUROS, RATE)
    booking = scene.books_payment(FORTY, rate=RATE)
    scene.town.processor.balance.rates["EUR"] = LATER
    with scene.town.processor.moment():
        dispute = scene.town.processor.balance.dispute(scene.payment)
    scene.books_refund(booking, dispute, FORTY, rate=LATER)
    assert [one for one in scene.said() if "moves clearing by" in one] == []


def test_what_came_again_without_an_entry_of_it_is_entered_with_the_payments_own() -> None:
    scene = Scene(PURSE, EUROS, RATE)
    refund = gives_back(scene)
    scene.books_payment(rate=RATE)
    comes_again(scene, refund)
    [found] = scene.said()
    assert "moves clearing by 108.37 USD and Stripe's balance by 111.85 USD" in found
    assert scene.said(f"acme/exchange-difference/{refund} {scene.payment} came again, with no entry of Duebird's") == []
    enters(scene, "DBb")
    assert scene.said() == []
    enters(scene, "DBb", reference="DBXother", idempotency_key="other")
    assert any("has left" in one for one in scene.said(scene.payment))


def test_what_a_debit_that_bounced_has_left_is_to_be_entered_too() -> None:
    scene = Scene(PURSE, EUROS, RATE)
    scene.town.processor.balance.rates["EUR"] = LATER
    with scene.town.processor.moment():
        scene.town.processor.balance.bounce(scene.payment)
    scene.takes_out(rate=RATE)
    [said] = scene.said()
    assert f"{scene.payment} moves clearing by 0.00 USD and Stripe's balance by -3.33 USD, and nobody was told" == said


# ---------------------------------------------------------------------------------------------- of which effect it is


def test_a_call_that_enters_a_difference_is_no_fee(left: Scene) -> None:
    assert what("ledger", "make_expense", (request(left, "DBRr"),)) is Hit.EXCHANGE
    assert what("ledger", "make_expense", (request(left, "DBRr", reference="DBF1"),)) is Hit.FEE
    assert evidence_of("ledger", "entries_with_reference", (EntryKind.EXPENSE, "DBX1")) is Hit.EXCHANGE
    assert evidence_of("ledger", "entries_with_reference", (EntryKind.EXPENSE, "DBF1")) is Hit.FEE
