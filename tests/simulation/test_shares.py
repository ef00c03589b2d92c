"""What may be asked of an invoice that is paid in instalments: all of it, or what is lacking of its first shares."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from adapters.clock import ManualClock
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.processor import MemoryProcessor
from connector.domain.money import Money
from connector.ports.messenger import TextRequest
from connector.ports.processor import LinkRequest
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.judge import judge
from tests.simulation.purse import Purse
from tests.simulation.shares import count, may_be_asked
from tests.simulation.steady import SteadyTown
from tests.simulation.town import START, Town

PURSE = Purse(instalments=(30, 70), instalments_from=Decimal(100))


def dollars(*amounts: str) -> list[Money]:
    return [Money.of(one, "USD") for one in amounts]


def town_with(total: str, *, due_on: date | None = date(2026, 11, 2)) -> tuple[Town, str]:
    """A town with one invoice of that total, and its id."""
    town = SteadyTown("0", ManualClock(START), START + timedelta(days=45), Tally(), PURSE)
    return town, town.ledger.issue(town.people[0].customer_id, Money.of(total, "USD"), due_on=due_on)


def asked(town: Town, invoice: str) -> list[Money]:
    return list(may_be_asked(town, town.ledger.standing(invoice)))


def text(town: Town, invoice: str, amount: str) -> list[str]:
    """Ask that amount by text. What the judge says of it."""
    metadata = {"duebird_invoice": invoice, "duebird_instalment": "USD 1 2"}
    request = LinkRequest("ref", Money.of(amount, "USD"), "", "", "", "", "", metadata, "key")
    url = MemoryProcessor(town.processor).create_link(request).url
    phone = town.people[0].phone
    assert phone is not None
    MemoryMessenger(town.carrier).send(TextRequest(phone, f"{amount}. Pay online: {url}", timedelta(hours=1)))
    return [one for one in judge(town, None) if "could be asked" in one]


def test_all_that_is_owed_and_the_first_share_may_be_asked() -> None:
    assert asked(*town_with("200.00")) == dollars("200.00", "60.00")


def test_half_a_cent_is_rounded_up() -> None:
    town, invoice = town_with("100.05")
    town.purse = Purse(instalments=(50, 50))
    assert asked(town, invoice) == dollars("100.05", "50.03")


def test_what_was_paid_counts_from_the_front() -> None:
    town, invoice = town_with("200.00")
    town.ledger.pay_by_hand(invoice, Money.of("20.00", "USD"), reference="cheque 1")
    assert asked(town, invoice) == dollars("180.00", "40.00")
    town.ledger.pay_by_hand(invoice, Money.of("40.00", "USD"), reference="cheque 2")
    assert asked(town, invoice) == dollars("140.00")


def test_a_small_invoice_and_one_without_a_due_date_are_asked_whole() -> None:
    assert asked(*town_with("99.99")) == dollars("99.99")
    assert asked(*town_with("200.00", due_on=None)) == dollars("200.00")


def test_a_text_may_ask_a_share_and_nothing_else_of_it() -> None:
    town, invoice = town_with("200.00")
    assert text(town, invoice, "60.00") == []
    tally = Tally()
    count(town, tally)
    assert (tally.reached[Sometimes.SHARE_ASKED], tally.reached[Sometimes.PAID_IN_SHARES]) == (1, 0)


def test_a_text_that_asks_another_amount_than_a_share_is_seen() -> None:
    town, invoice = town_with("200.00")
    [found] = text(town, invoice, "59.99")
    assert f"asks 59.99 USD for {invoice}, of which ['200.00 USD', '60.00 USD'] could be asked" in found


def test_a_share_that_was_paid_is_not_to_be_asked_again() -> None:
    town, invoice = town_with("200.00")
    town.ledger.pay_by_hand(invoice, Money.of("60.00", "USD"), reference="cheque 1")
    clock = town.clock
    clock.advance(timedelta(hours=1))
    assert len(text(town, invoice, "60.00")) == 1
