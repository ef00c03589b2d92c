"""The judge of foreign money: entries move the clearing account by what the processor's balance moved, to the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.settlement import Refunds
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.cleared import count
from tests.simulation.purse import Purse
from tests.simulation.test_cleared import Scene

EUROS = Money.of("100.00", "EUR")
FORTY = Money.of("40.00", "EUR")
RATE, LATER = Decimal("1.0837"), Decimal("1.1170")
PURSE = Purse(refunds=Refunds.BOOK, abroad=True)


@pytest.fixture(name="abroad")
def fixture_abroad() -> Scene:
    return Scene(PURSE, EUROS, RATE)


def counted(scene: Scene, what: Sometimes) -> int:
    tally = Tally()
    count(scene.town, tally)
    return tally.reached[what]


def gives_back(scene: Scene) -> str:
    """Forty euros, another day."""
    scene.town.processor.balance.rates["EUR"] = LATER
    return scene.town.processor.refund(scene.payment, FORTY)


def test_a_booking_at_what_the_processor_made_of_it_is_right(abroad: Scene) -> None:
    abroad.books_payment(rate=RATE)
    assert abroad.said() == []
    assert counted(abroad, Sometimes.EXCHANGED_TO_THE_CENT) == 1


@pytest.mark.parametrize("rate", [None, LATER, Decimal("1.0838")])
def test_a_booking_at_another_rate_is_seen_unless_the_owner_was_told_of_that(
    abroad: Scene, rate: Decimal | None
) -> None:
    abroad.books_payment(rate=rate)
    [found] = abroad.said(f"acme/payment/{abroad.payment} something else of {abroad.payment}")
    assert "100.00 of 100.00 EUR of pi_" in found
    assert "moved Stripe by 108.37 USD" in found
    assert abroad.said(f"acme/exchange/unknown/KEY could not be booked at Stripe's rate: {abroad.payment}") == []


def test_being_told_of_a_rate_explains_no_amount_that_is_missing(abroad: Scene) -> None:
    told = f"acme/exchange/unknown/KEY could not be booked at Stripe's rate: {abroad.payment}"
    [found] = abroad.said(told)
    assert f"of {abroad.payment} 0.00 EUR is in the clearing account and 100.00 EUR at Stripe" in found


def test_pieces_of_a_payment_come_to_what_it_became_and_each_to_its_share(abroad: Scene) -> None:
    two_thirds, rest = Money.of("66.67", "EUR"), Money.of("33.33", "EUR")
    abroad.books_payment(two_thirds, rate=Decimal("1.0837"), key="a")
    abroad.books_payment(rest, rate=Decimal("1.0837"), key="b")
    assert abroad.said() == []
    [first, _] = abroad.town.ledger.entries.values()
    first.add(abroad.clock.now(), replace(first.latest, exchange_rate=Decimal("1.08385")))
    assert "moves clearing by 108.38" in abroad.said()[0]


def test_what_went_back_is_right_at_what_it_took_and_at_nothing_else(abroad: Scene) -> None:
    refund = gives_back(abroad)
    booking = abroad.books_payment(rate=RATE)
    entry = abroad.books_refund(booking, refund, FORTY, rate=LATER)
    assert abroad.said() == []
    assert counted(abroad, Sometimes.EXCHANGED_BACK) == 1
    abroad.books.take_back(EntryKind.REVERSAL, entry, "")
    abroad.books_refund(booking, refund, FORTY, rate=RATE, key="other")
    [found] = [one for one in abroad.said() if "moved Stripe" in one]
    assert f"-40.00 of -40.00 EUR of {refund} moves clearing by -43.35" in found


def test_what_comes_back_at_another_rate_is_left_over_and_nothing_else(abroad: Scene) -> None:
    refund = gives_back(abroad)
    abroad.town.processor.balance.rates["EUR"] = RATE
    with abroad.town.processor.moment():
        abroad.town.processor.balance.fail_refund(refund)
    abroad.books_payment(rate=RATE)
    assert abroad.said() == []
    assert counted(abroad, Sometimes.EXCHANGE_LEFT) == 1
