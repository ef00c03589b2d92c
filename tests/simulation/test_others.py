"""The judge of what others book: each payment is in the books once, whoever has entered it."""

from __future__ import annotations

import pytest

from connector.domain.money import Money
from tests.simulation.others import Theirs
from tests.simulation.purse import Purse
from tests.simulation.test_cleared import PAID, Scene

PURSE = Purse(others=True)


@pytest.fixture(name="helped")
def fixture_helped() -> Scene:
    return Scene(PURSE)


def books(scene: Scene, amount: Money = PAID) -> str:
    """Somebody else enters the payment."""
    entry = scene.town.ledger.pay_by_hand(scene.invoice, amount, note="card")
    scene.town.others.entries[entry] = Theirs(entry, scene.payment, scene.invoice)
    return entry


def raised(scene: Scene) -> None:
    """The invoice owes the payment twice, so that the ledger takes it twice."""
    scene.town.ledger.edit_amount(scene.invoice, PAID + PAID)


def test_what_somebody_else_has_booked_is_in_the_books(helped: Scene) -> None:
    books(helped)
    assert helped.said() == []


def test_a_cheque_stands_for_no_payment(helped: Scene) -> None:
    helped.town.ledger.pay_by_hand(helped.invoice, PAID, reference="cheque 12")
    assert f"of {helped.payment} 0.00 USD is in the clearing account" in helped.said()[0]


def test_a_payment_that_is_booked_although_it_long_stood_there_is_seen_whatever_was_told(helped: Scene) -> None:
    raised(helped)
    entry = books(helped)
    helped.waits(hours=1)
    helped.books_payment()
    [found] = helped.said(helped.payment)
    assert f"{helped.payment} was booked on" in found
    assert f"though {entry} stood for it" in found


@pytest.mark.parametrize("how", ["just before", "after", "off the invoice", "deleted"])
def test_nobody_can_know_of_an_entry_that_is_made_at_the_same_time_or_does_not_stand_there(
    helped: Scene, how: str
) -> None:
    raised(helped)
    if how == "after":
        helped.books_payment()
    entry = books(helped)
    helped.waits(minutes=5 if how == "just before" else 60)
    if how == "deleted":
        helped.town.ledger.delete_booking(entry)
    if how == "off the invoice":
        helped.town.ledger.void(helped.invoice)
        helped.invoice = helped.town.ledger.issue(helped.customer, PAID)
    if how != "after":
        helped.books_payment()
    assert helped.said() == []


def test_a_part_by_each_hand_is_all_of_it(helped: Scene) -> None:
    half = Money.of("60.00", "USD")
    books(helped, half)
    helped.waits(hours=1)
    helped.books_payment(half)
    assert helped.said() == []
