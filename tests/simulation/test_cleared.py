"""The judge of the money: each cent that is not where it should be is seen, and books that balance are let be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.clock import ManualClock
from adapters.memory.cash_world import BANK, FEES, SALES
from adapters.memory.entries import MemoryEntries
from adapters.memory.ledger_world import CLEARING
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.processor import MemoryProcessor
from connector.domain.balance import ChangeKind, RefundState
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.settlement import Refunds
from connector.ports.entries import CreditRequest, ExpenseRequest, ReversalManner, ReversalRequest, TransferRequest
from connector.ports.ledger import BookingRequest
from connector.ports.messenger import TextRequest
from connector.ports.processor import LinkRequest
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.cleared import cleared, count
from tests.simulation.judge import Shown
from tests.simulation.purse import Order, Ordered, Purse
from tests.simulation.steady import SteadyTown
from tests.simulation.town import START

PAID = Money.of("120.00", "USD")
FEE = Money.of("3.78", "USD")  # of a card payment of that
TODAY = START.date()
PURSE = Purse(fees=True, payouts=True, refunds=Refunds.REOPEN)


class Scene:
    """One invoice that was paid by card, and hands that enter things as Duebird would. `rate`: Stripe's of then."""

    def __init__(self, purse: Purse = PURSE, paid: Money = PAID, rate: Decimal = Decimal(1)) -> None:
        self.clock = ManualClock(START)
        self.town = SteadyTown("0", self.clock, START + timedelta(days=45), Tally(), purse)
        self.books = MemoryEntries(self.town.cash)
        customer = self.town.people[0].customer_id
        self.town.processor.balance.rates[paid.currency] = rate
        self.paid = paid
        self.invoice = self.town.ledger.issue(customer, paid)
        metadata = {"duebird_invoice": self.invoice}
        request = LinkRequest("ref", paid, "", "", "", "", "", metadata, "key")
        self.url = MemoryProcessor(self.town.processor).create_link(request).url
        payment = self.town.processor.pay(self.url)
        assert payment is not None
        self.payment = payment
        self.waits(hours=1)
        [self.change] = self.town.processor.balance.changes

    def waits(self, **time: float) -> datetime:
        self.clock.advance(timedelta(**time))
        with self.town.processor.moment() as now:
            return now

    @property
    def customer(self) -> str:
        return self.town.people[0].customer_id

    def books_payment(
        self, amount: Money | None = None, *, note: str = "", key: str = "b", rate: Decimal | None = None
    ) -> str:
        request = BookingRequest(
            self.invoice,
            self.customer,
            amount or self.paid,
            TODAY,
            CLEARING.account_id,
            f"DB{key}",
            note or f"Duebird {self.payment} invoice INV-1",
            key,
            exchange_rate=rate,
        )
        return self.books.book(request).booking_id

    def books_fee(self, amount: Money = FEE, *, key: str = "f", day: date = TODAY, note: str = "") -> None:
        self.books.make_expense(
            ExpenseRequest(
                amount,
                CLEARING.account_id,
                FEES.account_id,
                None,
                day,
                f"DBF{key}",
                f"Duebird {self.change}{note}",
                key,
                payee=None,
                incoming=False,
            )
        )

    def books_all(self) -> None:
        self.books_payment()
        self.books_fee()

    def pays_out(self) -> str:
        with self.town.processor.moment():
            payout = self.town.processor.balance.pay_out("USD")
        assert payout is not None
        return payout

    def books_payout(self, payout: str, key: str = "p") -> None:
        ends = (CLEARING.account_id, BANK.account_id)
        self.books.make_transfer(TransferRequest(PAID - FEE, *ends, TODAY, f"DBP{key}", f"Duebird {payout}", key))

    def books_refund(
        self,
        of: str,
        named: str,
        amount: Money,
        *,
        key: str = "r",
        day: date = TODAY,
        rate: Decimal | None = None,
    ) -> str:
        made = self.books.reverse(
            ReversalRequest(
                manner=ReversalManner.REFUND,
                booking_id=of,
                ledger_id=self.invoice,
                customer_id=self.customer,
                amount=amount,
                account_id=CLEARING.account_id,
                income_account_id=SALES.account_id,
                tax_code=None,
                booked_on=day,
                reference=f"DBR{key}",
                note=f"Duebird {self.payment} refund {named}",
                idempotency_key=key,
                exchange_rate=rate,
            )
        )
        return made.entry_id

    def takes_out(self, rate: Decimal | None = None) -> None:
        self.books.take_back(EntryKind.PAYMENT, self.books_payment(rate=rate), "")

    def orders(self, what: Order) -> None:
        self.town.ordered.append(Ordered(self.waits(hours=1), what, self.payment, self.invoice))

    def reminds(self) -> None:
        phone = self.town.people[0].phone
        assert phone is not None
        words = f"Your invoice INV-1: $120.00. Pay online: {self.url}"
        MemoryMessenger(self.town.carrier).send(TextRequest(phone, words, timedelta(hours=1)))

    def said(self, *told: str) -> list[str]:
        return list(cleared(self.town, Shown(told, (), told)))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_books_that_hold_what_the_processor_holds_are_not_held_against_anybody(scene: Scene) -> None:
    scene.books_all()
    scene.books_payout(scene.pays_out())
    assert scene.said() == []
    assert scene.town.cash.balance() == Money.zero("USD")
    tally = Tally()
    count(scene.town, tally)
    assert tally.reached[Sometimes.CLEARED] == 1


@pytest.mark.parametrize("what", ["payment", "fee", "payout"])
def test_what_is_not_booked_is_seen_unless_the_owner_was_told_of_that_very_one(scene: Scene, what: str) -> None:
    payout = scene.pays_out()
    for name, act in (
        ("payment", scene.books_payment),
        ("fee", scene.books_fee),
        ("payout", lambda: scene.books_payout(payout)),
    ):
        if name != what:
            act()
    missing = {"payment": scene.payment, "fee": scene.change, "payout": payout}[what]
    [found] = scene.said("of pi_99 and txn_99 you know")
    assert f"of {missing} 0.00 USD is in the clearing account" in found
    assert "nobody was told" in found
    assert scene.said(f"{missing} could not be booked") == []


def test_a_cent_too_little_is_seen(scene: Scene) -> None:
    scene.books_payment(PAID - Money.from_minor(1, "USD"))
    scene.books_fee()
    assert "119.99 USD is in the clearing account and 120.00 USD" in scene.said()[0]


def test_a_fee_that_stands_twice_is_seen_although_it_was_told(scene: Scene) -> None:
    scene.books_all()
    scene.books_fee(key="again")
    [found] = scene.said(scene.change)
    assert found == f"{scene.change} stands in the clearing account 2 times"


def test_an_entry_that_names_nothing_at_the_processor_is_seen(scene: Scene) -> None:
    scene.books_all()
    scene.books.make_credit(
        CreditRequest(scene.customer, PAID, CLEARING.account_id, TODAY, "DBC", "Duebird po_77", "c", None)
    )
    assert any("names nothing at Stripe" in one for one in scene.said("po_77"))


def test_fees_of_before_the_first_day_are_the_owners_own(scene: Scene) -> None:
    scene.town.purse = replace(PURSE, book_from=date(2026, 11, 1))
    scene.books_payment()
    assert scene.said() == []


def test_a_payout_of_before_the_first_day_is_the_owners_own_also_when_it_comes_back(scene: Scene) -> None:
    scene.town.purse = replace(PURSE, book_from=date(2026, 10, 7))
    scene.books_payment()
    payout = scene.pays_out()
    scene.waits(days=3)
    with scene.town.processor.moment():
        scene.town.processor.balance.fail_payout(payout)
    assert scene.said() == []


@pytest.mark.parametrize("what", ["begins later", "begins on that day", "had begun before"])
def test_fees_of_before_a_lost_memory_that_had_booked_none_are_the_owners_own(scene: Scene, what: str) -> None:
    scene.books_payment()
    if what == "had begun before":
        scene.books_fee(key="another", note=" of pi_0")
        [entry] = scene.town.cash.entries
        scene.town.cash.delete(entry)
    begins = TODAY + timedelta(days=what != "begins on that day")
    said = f"Stripe's fees: none was found in the ledger. They are booked from {begins} on; what was before"
    seen = list(cleared(scene.town, Shown((), (), (), (said,))))
    assert bool(seen) == (what != "begins later")


def test_an_entry_on_another_day_is_seen_unless_the_books_were_closed_for_its_own_and_it_says_so(scene: Scene) -> None:
    scene.books_payment()
    later = TODAY + timedelta(days=2)
    scene.books_fee(day=later, note=f", of {TODAY}, books closed through {later - timedelta(days=1)}")
    assert f"of {TODAY} is on {later}" in scene.said()[0]
    scene.town.dealings.closings.append(later - timedelta(days=1))
    assert scene.said() == []


# ------------------------------------------------------------------------------------------------------- reversals


def test_an_entry_that_is_taken_out_for_nothing_is_seen(scene: Scene) -> None:
    scene.takes_out()
    assert any("was taken out" in one and one.endswith("for nothing") for one in scene.said(scene.payment))


@pytest.mark.parametrize("how", ["refund", "two refunds", "lost", "bounced", "undo"])
def test_an_entry_whose_money_is_gone_for_good_or_that_the_owner_undid_may_be_taken_out(scene: Scene, how: str) -> None:
    world, half = scene.town.processor, Money.of("60.00", "USD")
    with world.moment():
        if how == "refund":
            world.refund(scene.payment)
        elif how == "two refunds":
            world.refund(scene.payment, half)
            world.refund(scene.payment, half)
        elif how == "lost":
            world.balance.end_dispute(world.balance.dispute(scene.payment), won=False)
        elif how == "bounced":
            world.balance.bounce(scene.payment)
        else:
            scene.orders(Order.UNDO)
    scene.waits(hours=1)
    scene.takes_out()
    assert not any("was taken out" in one for one in scene.said(scene.payment))


def test_an_entry_may_be_taken_out_minutes_after_its_money_is_gone(scene: Scene) -> None:
    with scene.town.processor.moment():
        scene.town.processor.balance.bounce(scene.payment)
    scene.waits(minutes=5)
    scene.takes_out()
    assert not any("was taken out" in one for one in scene.said(scene.payment))


@pytest.mark.parametrize("how", ["a part", "in dispute", "failed since", "the owner is to be asked"])
def test_an_entry_may_not_be_taken_out_while_money_is_there_or_may_come_back(scene: Scene, how: str) -> None:
    world = scene.town.processor
    with world.moment():
        if how == "in dispute":
            world.balance.dispute(scene.payment)
        else:
            refund = world.refund(scene.payment, Money.of("60.00", "USD") if how == "a part" else None)
            if how == "failed since":
                world.balance.fail_refund(refund)
    if how == "the owner is to be asked":
        scene.town.purse = replace(PURSE, refunds=Refunds.ASK)
    scene.waits(hours=1)
    scene.takes_out()
    assert any(one.endswith("for nothing") for one in scene.said(scene.payment))


def test_a_reminder_after_a_reversal_is_seen_until_the_owner_lets_reminders_go_on(scene: Scene) -> None:
    scene.orders(Order.UNDO)
    scene.takes_out()
    scene.waits(hours=1)
    scene.reminds()
    assert any(f"is about {scene.invoice}, of which an entry was taken out" in one for one in scene.said(scene.payment))
    scene.town.carrier.texts.clear()
    scene.orders(Order.RELEASE)
    scene.waits(hours=1)
    scene.reminds()
    assert not any("is about" in one for one in scene.said(scene.payment))


def test_what_is_tried_without_end_is_seen(scene: Scene) -> None:
    scene.books_all()
    for _ in range(60):
        scene.books_fee()
    assert any("61 calls of make_expense" in one for one in scene.said())


def test_a_fee_of_the_processors_own_is_expected_too(scene: Scene) -> None:
    scene.books_all()
    with scene.town.processor.moment():
        scene.town.processor.balance.enter(ChangeKind.FEE, Money.of("-2.00", "USD"))
    assert "-2.00 USD at Stripe" in scene.said()[0]


# -------------------------------------------------------------------------- where what goes back has its own entries


BOOKS = replace(PURSE, refunds=Refunds.BOOK)
PART = Money.of("50.00", "USD")


def entered(scene: Scene, named: str, amount: Money) -> str:
    """The books as they should be, with one entry of what went back. Returns its id."""
    booking = scene.books_payment()
    for change_id, history in scene.town.processor.balance.changes.items():
        if history.latest.fee != Money.zero("USD"):
            scene.change = change_id
            scene.books_fee(history.latest.fee, key=change_id)
    return scene.books_refund(booking, named, amount)


@pytest.fixture(name="entering")
def fixture_entering() -> Scene:
    return Scene(BOOKS)


@pytest.mark.parametrize("what", ["refund", "pending refund", "open dispute", "lost dispute"])
def test_what_went_back_is_to_be_entered_for_as_long_as_the_processor_does_not_have_it(
    entering: Scene, what: str
) -> None:
    world = entering.town.processor
    with world.moment() as now:
        named = (
            world.balance.dispute(entering.payment, PART) if "dispute" in what else world.refund(entering.payment, PART)
        )
        if what == "pending refund":
            history = world.balance.refunds[named]
            history.add(now, replace(history.latest, state=RefundState.PENDING))
        elif what == "lost dispute":
            world.balance.end_dispute(named, won=False)
    entered(entering, named, PART)
    assert entering.said() == []
    tally = Tally()
    count(entering.town, tally)
    assert [tally.reached[one] for one in (Sometimes.REFUND_ENTERED, Sometimes.CLEARED_OF_REFUNDS)] == [1, 1]
    assert tally.reached[Sometimes.CLEARED_IN_BETWEEN] == (what in {"pending refund", "open dispute"})


def test_a_refund_that_is_not_entered_is_seen_although_the_owner_was_told_that_others_were(entering: Scene) -> None:
    refund = entering.town.processor.refund(entering.payment, PART)
    entering.books_all()
    told = f"acme/refund-entered/DBRx 50.00 USD of the payment {entering.payment} left your Stripe account"
    [found] = entering.said(told)
    assert f"of {entering.payment} 120.00 USD is in the clearing account and 70.00 USD" in found
    assert entering.said(f"acme/refund-by-hand/{refund} {entering.payment}") == []


def test_a_refund_that_is_entered_twice_is_seen_although_it_was_told(entering: Scene) -> None:
    refund = entering.town.processor.refund(entering.payment, PART)
    entered(entering, refund, PART)
    [booking] = entering.town.ledger.entries
    entering.books_refund(booking, refund, PART, key="again")
    assert f"{refund} is entered 2 times out of {booking}" in entering.said(entering.payment)


def test_an_entry_whose_money_came_back_is_seen_also_where_the_sum_hides_it(entering: Scene) -> None:
    world = entering.town.processor
    with world.moment():
        failed = world.refund(entering.payment, PART)
        world.balance.fail_refund(failed)
        world.refund(entering.payment, PART)
    entered(entering, failed, PART)
    [found] = entering.said()
    assert found == f"of {failed} 50.00 USD is entered and 0.00 USD is away, and nobody was told"
    assert entering.said(f"acme/closed {entering.payment} stays") == []


@pytest.mark.parametrize("how", ["for nothing", "came back", "undone", "undone whole"])
def test_an_entry_of_a_refund_is_taken_out_when_its_money_came_back_or_by_the_owners_word(
    entering: Scene, how: str
) -> None:
    world = entering.town.processor
    refund = world.refund(entering.payment, PART)
    entry = entered(entering, refund, PART)
    if how == "came back":
        with world.moment():
            world.balance.fail_refund(refund)
    elif how != "for nothing":
        entering.orders(Order.UNDO_REFUND if how == "undone" else Order.UNDO)
    entering.books.take_back(EntryKind.REVERSAL, entry, "")
    seen = [one for one in entering.said(entering.payment) if one.endswith("for nothing")]
    assert len(seen) == (how == "for nothing")


@pytest.mark.parametrize("how", ["refunded", "refund undone", "bounced"])
def test_the_booking_stays_whatever_went_back_but_for_a_debit_that_bounced(entering: Scene, how: str) -> None:
    world = entering.town.processor
    with world.moment():
        if how == "bounced":
            world.balance.bounce(entering.payment)
        else:
            world.refund(entering.payment)
    if how == "refund undone":
        entering.orders(Order.UNDO_REFUND)
    entering.takes_out()
    seen = [one for one in entering.said(entering.payment) if one.endswith("for nothing")]
    assert len(seen) == (how != "bounced")


def test_what_went_back_before_the_first_day_is_the_owners_own(entering: Scene) -> None:
    entering.town.purse = replace(BOOKS, book_from=date(2026, 11, 1))
    entering.town.processor.refund(entering.payment, PART)
    entering.books_payment()
    assert entering.said() == []


def test_an_entry_of_a_refund_on_another_day_is_seen(entering: Scene) -> None:
    refund = entering.town.processor.refund(entering.payment, PART)
    entering.books_all()
    [booking] = entering.town.ledger.entries
    entering.books_refund(booking, refund, PART, day=TODAY + timedelta(days=1))
    assert any(f"is on {TODAY + timedelta(days=1)}" in one for one in entering.said())
