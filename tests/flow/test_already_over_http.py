"""What somebody else has booked, over HTTP: in the stand-ins for QuickBooks and Xero, as their own clients enter it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.sandbox.quickbooks.control import pay_by_hand
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.settlement import Surplus
from connector.flows.already import OUTCOME, said_of
from state.tables import EffectRow
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.till import Till, in_clearing, open_till


@pytest.fixture(name="till", params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    zone = ZoneInfo(
        "UTC"
    )  # in which the stand-in for Xero issues its invoices: by the hour it is a day later elsewhere
    with open_till(request.param, tmp_path, Till, surplus=Surplus.CREDIT, zone=zone) as made:
        yield made


def paid(till: Till, total: str = "240.00") -> tuple[str, str]:
    """A payment of 120.00 that is not booked yet, on an invoice that was raised to `total` after its link went out."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    invoice = till.h.issue(till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164), till.amount("120.00"))
    till.run(2)
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    if total != "120.00":
        till.h.edit_amount(invoice, till.amount(total))
    office.wait(minutes=1)
    return invoice, payment


def enter(till: Till, invoice: str, said: str) -> str:
    """What another client enters for 120.00, to the clearing account; QuickBooks has a memo, Xero only a reference."""
    h = till.h
    if isinstance(h, quickbooks.QuickBooksHarness):
        account = till.office.policy.payment_account_id or ""
        return str(pay_by_hand(h.books, invoice, Decimal(120), reference="Stripe", note=said, account=account)["Id"])
    books = h.twin.books  # type: ignore[attr-defined]  # of the stand-in, whose harness says more than the port's
    account = books.accounts[till.office.policy.payment_account_id]
    entered: str = books.pay(books.invoices[invoice], Decimal(120), reference=said, account=account).payment_id
    return entered


def bookings(till: Till, invoice: str) -> list[Money]:
    return [amount for _, amount in till.h.bookings_in_world(invoice)]


def booking(till: Till, invoice: str) -> EffectRow:
    effects = till.office.company.queries.effects_of("acme", invoice)
    return next(one for one in effects if one.kind == "book_payment")


def say(till: Till, row: EffectRow, entry: str | None) -> None:
    said = said_of(row, entry)
    store, now = till.office.company.store, till.office.clock.now()
    if said is None:
        store.effects.order_retry(row.key, now)
    else:
        store.entry_recognised(row.key, said, now, why="ordered by a person", ordered=True)


def test_an_entry_that_names_the_payment_is_adopted_and_a_lost_memory_adopts_it_again(till: Till) -> None:
    before = in_clearing(till)
    invoice, payment = paid(till)
    entry = enter(till, invoice, f"{payment} by card")
    till.run(3)

    def assert_right() -> None:
        assert bookings(till, invoice) == [till.amount("120.00")]
        assert till.owed(invoice) == till.amount("120.00")
        assert in_clearing(till) - before == Decimal(120)
        row = booking(till, invoice)
        assert (row.status, row.remote_id, row.outcome) == ("done", entry, OUTCOME)
        assert len(till.office.texts()) == 2
        assert till.office.attention() == []

    assert_right()
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    assert bookings(till, invoice) == [till.amount("120.00")]
    assert booking(till, invoice).remote_id == entry
    assert len(till.office.texts()) == 2


def test_an_invoice_paid_by_this_very_payment_is_no_surplus(till: Till) -> None:
    assert till.office.policy.surplus is Surplus.CREDIT
    before = in_clearing(till)
    invoice, payment = paid(till, "120.00")
    enter(till, invoice, payment)
    till.run(3)
    assert bookings(till, invoice) == [till.amount("120.00")]
    assert till.credits(payment) == []
    assert in_clearing(till) - before == Decimal(120)
    assert till.office.attention() == []


def test_an_entry_without_a_name_is_asked_about_and_adopted_by_the_owners_word(till: Till) -> None:
    invoice, payment = paid(till)
    entry = enter(till, invoice, "paid online")
    till.run(3)
    assert bookings(till, invoice) == [till.amount("120.00")]
    [item] = till.office.company.queries.attention("acme")
    assert payment in item.happened
    assert entry in item.happened
    row = booking(till, invoice)
    assert f"duebird retry {row.key} --already-booked {entry} --company acme" in item.not_done
    say(till, row, entry)
    till.office.wait(minutes=1)
    till.run(2)
    assert bookings(till, invoice) == [till.amount("120.00")]
    assert booking(till, invoice).remote_id == entry
    assert till.office.attention() == []


def test_an_entry_without_a_name_that_is_another_matter_leaves_the_payment_to_be_booked(till: Till) -> None:
    before = in_clearing(till)
    invoice, payment = paid(till)
    enter(till, invoice, "paid online")
    till.run(3)
    say(till, booking(till, invoice), None)
    till.office.wait(minutes=1)
    till.run(2)
    assert bookings(till, invoice) == [till.amount("120.00")] * 2
    assert till.owed(invoice) == till.amount("0.00")
    assert in_clearing(till) - before == Decimal(240)
    row = booking(till, invoice)
    assert (row.status, json.loads(row.request)["payment_id"]) == ("done", payment)


def test_a_payment_through_the_ledgers_own_stripe_service_is_another_payment_and_ours_a_surplus(till: Till) -> None:
    """It names a payment of its own in the reference: the invoice was paid twice, on two pages."""
    invoice, payment = paid(till, "120.00")
    till.office.clock.advance(timedelta(minutes=1))
    enter(till, invoice, "pi_3QzzSomebodyElsesPayment")
    till.run(3)
    assert bookings(till, invoice) == [till.amount("120.00")]
    assert till.credits(payment) == [till.amount("120.00")]


def test_a_charge_id_that_may_be_of_any_payment_is_asked_about(till: Till) -> None:
    invoice, payment = paid(till, "120.00")
    enter(till, invoice, "ch_3QzzOfSomePayment")
    till.run(3)
    assert till.credits(payment) == []
    assert [payment in one for one in till.office.attention()] == [True]
